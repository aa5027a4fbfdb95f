package main

import (
	"bytes"
	"fmt"
	"runtime"
)

func init() {
	register("arguments", arguments)
	register("goexit", goexits)
	register("other-panics", otherPanics)
}

// arguments shows when, and in which goroutine, arguments are evaluated: of a
// call, of a deferred call, of a go statement.
func arguments() {
	var passed any = "never called"
	value := caught(func() {
		func(early any) {
			passed = early
			panic("stop")
		}(recover())
	})
	say("recover_as_argument", fmt.Sprint(passed))
	say("panic_behind_it", fmt.Sprint(value))

	guarded := func(int) {
		defer func() { _ = recover() }()
	}
	if caught(func() { guarded(bad()) }) == nil {
		say("panic_in_argument", "caught by the called function")
	} else {
		say("panic_in_argument", "missed by the called function")
	}

	n := 1
	seen := 0
	func() {
		defer func(early int) { seen = early }(n)
		n = 2
	}()
	if seen == 1 {
		say("deferred_argument", "evaluated by the defer statement")
	} else {
		say("deferred_argument", "evaluated by the deferred call")
	}

	where := make(chan string, 1)
	id := func() string { return goroutineID() }
	done := make(chan bool)
	go func(evaluated string) {
		defer close(done)
		if evaluated == goroutineID() {
			where <- "the new goroutine"
		} else {
			where <- "the caller"
		}
	}(id())
	<-done
	say("go_argument", <-where)
	if caught(func() { go func(int) {}(bad()) }) != nil {
		say("panic_in_go_argument", "the caller's")
	}
}

//go:noinline
func bad() int { panic("stop") }

// goroutineID is the number in the first line of a stack.
func goroutineID() string {
	stack := make([]byte, 64)
	fields := bytes.Fields(stack[:runtime.Stack(stack, false)])
	return string(fields[1])
}

// ended runs f in a goroutine of its own and waits for its end, however it ends.
func ended(f func()) {
	done := make(chan bool)
	go func() {
		defer close(done)
		f()
	}()
	<-done
}

// goexits counts deferred calls at a Goexit and at a panic, and lets the two meet.
func goexits() {
	var ran int
	nest := func(last func()) {
		defer func() { ran++ }()
		func() {
			defer func() { ran++ }()
			func() {
				defer func() { ran++ }()
				last()
			}()
		}()
	}
	ended(func() { nest(runtime.Goexit) })
	say("deferred_at_goexit", fmt.Sprint(ran, " of 3"))

	ran = 0
	ended(func() { caught(func() { nest(func() { panic("stop") }) }) })
	say("deferred_at_panic", fmt.Sprint(ran, " of 3"))

	var value any = "never called"
	ended(func() {
		defer func() { value = recover() }()
		runtime.Goexit()
	})
	say("recover_at_goexit", fmt.Sprint(value))

	// If the panic went on after the Goexit, it would end the process here.
	ended(func() {
		defer runtime.Goexit()
		panic("stop")
	})
	say("goexit_while_panicking", "the panic is gone")

	// A recovered panic of a deferred call does not stop a Goexit.
	resumed := false
	ended(func() {
		func() {
			defer func() { _ = recover() }()
			defer func() { panic("stop") }()
			runtime.Goexit()
		}()
		resumed = true
	})
	say("recover_while_goexit", map[bool]string{true: "the goroutine goes on", false: "the goroutine ends"}[resumed])
}

// otherPanics calls recover while something else panics: another goroutine, or
// the same one for the second time.
func otherPanics() {
	panics, looked := make(chan bool), make(chan bool)
	end := make(chan bool)
	go func() {
		defer close(end)
		defer func() { say("own_goroutine", fmt.Sprint(recover())) }()
		defer func() {
			close(panics)
			<-looked
		}()
		panic("stop")
	}()
	<-panics
	func() {
		defer func() { say("other_goroutine", fmt.Sprint(recover())) }()
	}()
	close(looked)
	<-end

	// The second panic is raised and recovered within a deferred call of the first.
	var inner any
	outer := caught(func() {
		defer func() { inner = caught(func() { panic("second") }) }()
		panic("first")
	})
	say("inner_recover", fmt.Sprint(inner))
	say("panic_that_goes_on", fmt.Sprint(outer))

	// The second panic leaves the deferred call, and takes the place of the first.
	say("after_both", fmt.Sprint(caught(func() {
		defer func() { panic("second") }()
		panic("first")
	})))
}
