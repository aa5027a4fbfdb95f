package main

import (
	"bytes"
	"regexp"
	"runtime"
	"runtime/pprof"
	"strings"
)

func init() {
	register("defer-stop", deferStop)
	register("defer-growth", deferGrowth)
	register("defer-inner-panic", deferInnerPanic)
	register("defer-profile", deferProfile)
	register("gctrace", gctrace)
	register("collect", collect)
}

// deferStop looks at what ends the deferred calls of a function that returns.
func deferStop() {
	var ran []string
	did := func(what string) func() { return func() { ran = append(ran, what) } }

	// A nil function between two others.
	value := caught(func() {
		defer did("outermost")()
		for i := 0; i < 3; i++ {
			defer []func(){did("1"), nil, did("3")}[i]()
		}
	})
	if value == nil {
		say("nil_function", "skipped")
	} else {
		say("nil_function", "panics")
	}
	say("around_nil_function", strings.Join(ran, ", "))

	// A function without parameters, as a record on the list and open-coded.
	ran = nil
	func() {
		for i := 0; i < 1; i++ {
			defer noArguments(&ran)()
		}
		defer noArguments(&ran)()
	}()
	say("no_arguments", len(ran))

	// Records of a caller stay for the caller.
	ran = nil
	func() {
		for i := 0; i < 2; i++ {
			defer func() { ran = append(ran, "outer") }()
		}
		func() {
			for i := 0; i < 2; i++ {
				defer func() { ran = append(ran, "inner") }()
			}
		}()
		say("at_the_inner_return", strings.Join(ran, ", "))
	}()
	say("at_the_outer_return", strings.Join(ran, ", "))
}

// noArguments returns a function without parameters.
func noArguments(ran *[]string) func() { return func() { *ran = append(*ran, "no arguments") } }

// deferGrowth makes the stack grow, and so move, while deferred calls run: from 8
// KiB to a few MiB.
func deferGrowth() {
	const records = 1000
	lost, wrong := 0, 0
	for try := 0; try < 5; try++ {
		var order []int
		done := make(chan bool)
		go func() { // on a new and small stack
			defer close(done)
			for i := 0; i < records; i++ {
				i := i
				defer func() {
					order = append(order, i)
					if i%100 == 0 {
						grow(1000 + 10*i)
						runtime.GC()
					}
				}()
			}
		}()
		<-done
		lost += records - len(order)
		for i, got := range order {
			if got != records-1-i {
				wrong++
			}
		}
	}
	say("lost", lost)
	say("out_of_order", wrong)
}

//go:noinline
func grow(depth int) byte {
	var frame [256]byte
	if depth == 0 {
		return frame[0]
	}
	return frame[1] + grow(depth-1)
}

// deferInnerPanic has a deferred call that panics while others wait.
func deferInnerPanic() {
	var ran []string
	value := caught(func() {
		defer func() { ran = append(ran, "outer") }()
		func() {
			defer func() { ran = append(ran, "middle") }()
			defer func() {
				ran = append(ran, "inner")
				panic("second")
			}()
			panic("first")
		}()
	})
	say("order", strings.Join(ran, ", "))
	say("recovered", value)
	say("outer_ran", len(ran) == 3)
}

// deferProfile takes a goroutine profile where a deferred call is pending.
func deferProfile() {
	texts := make(chan string)
	go pendingHolder(texts)
	text := <-texts
	say("names_deferring_function", strings.Contains(text, "main.pendingHolder"))
	say("names_deferred_function", strings.Contains(text, "pendingCleanup"))
}

func pendingHolder(texts chan<- string) {
	for i := 0; i < 1; i++ {
		defer pendingCleanup()
	}
	defer pendingCleanup()
	var b bytes.Buffer
	for _, form := range []int{1, 2} {
		if err := pprof.Lookup("goroutine").WriteTo(&b, form); err != nil {
			fail(err)
		}
	}
	texts <- b.String()
}

//go:noinline
func pendingCleanup() { runtime.Gosched() }

// collect makes deferred calls and collects garbage, for gctrace to print.
func collect() {
	for i := 0; i < 10; i++ {
		func() {
			for j := 0; j < 100; j++ {
				defer runtime.KeepAlive(j)
			}
		}()
		runtime.GC()
	}
}

// gctrace reads what GODEBUG=gctrace=1 prints.
func gctrace() {
	_, text, _ := again("collect", "GODEBUG=gctrace=1")
	say("prints_collections", len(regexp.MustCompile(`(?m)^gc [0-9]+ @`).FindAllString(text, -1)) >= 10)
	say("mentions_defer", strings.Contains(strings.ToLower(text), "defer"))
}
