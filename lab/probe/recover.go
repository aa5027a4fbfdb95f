package main

import (
	"fmt"
	"runtime"
	"strings"
)

func init() {
	register("unwinding", unwinding)
	register("recover-places", recoverPlaces)
	register("recover-idle", recoverIdle)
	register("safe-divide", safeDivides)
	register("others-run", othersRun)
	register("gosched-in-panic", goschedInPanic)
}

// caught calls f and says whether a panic came out of it.
func caught(f func()) (value any) {
	defer func() { value = recover() }()
	f()
	return nil
}

// unwinding records the order in which deferred calls run, and what does not run.
func unwinding() {
	var order []string
	ran := func(name string) { order = append(order, name) }
	caught(func() {
		defer ran("outer")
		func() {
			defer ran("middle")
			func() {
				defer ran("inner 1")
				defer ran("inner 2")
				panic("stop")
			}()
			ran("code behind the call")
		}()
	})
	say("order", strings.Join(order, ", "))

	order = nil
	caught(func() {
		defer ran("first")
		defer ran("second")
		defer func() { ran(fmt.Sprint("recovered ", recover())) }()
		defer ran("fourth")
		panic("stop")
	})
	say("order_with_recover", strings.Join(order, ", "))
}

// A place is where recover stands. It says "caught", or "nil" when the panic went
// on to an outer guard.
func place(body func()) string {
	if caught(body) == nil {
		return "caught"
	}
	return "nil"
}

//go:noinline
func recoverInHelper() any { return recover() }

// An inlinable helper, and a deferred call with an argument: see recoverPlaces.
func shortHelper() any { return recover() }

func cleanup(int) { _ = shortHelper() }

// recoverPlaces tries where recover works.
func recoverPlaces() {
	say("deferred_function", place(func() {
		defer func() { _ = recover() }()
		panic("stop")
	}))
	say("plain_code", place(func() {
		_ = recover()
		panic("stop")
	}))
	say("helper", place(func() {
		defer func() { _ = recoverInHelper() }()
		panic("stop")
	}))
	// Deferred with an argument, and both small enough to be inlined: Go 1.22 to
	// 1.25 took the helper for the deferred function (golang/go#73916).
	say("inlined_helper", place(func() {
		defer cleanup(1)
		panic("stop")
	}))
	say("deferred_itself", place(func() {
		defer recover()
		panic("stop")
	}))
	say("other_goroutine", place(func() {
		defer func() {
			done := make(chan bool)
			go func() {
				defer close(done)
				defer func() { _ = recover() }()
			}()
			<-done
		}()
		panic("stop")
	}))
}

// recoverIdle calls recover where nothing panics, and then sees whether a panic
// is still caught as before.
func recoverIdle() {
	first := recover()
	var deferred any = "never called"
	func() {
		defer func() { deferred = recover() }()
	}()
	say("plain", fmt.Sprint(first))
	say("deferred", fmt.Sprint(deferred))
	say("panic_afterwards", fmt.Sprint(caught(func() {
		_ = recover()
		panic("stop")
	})))
	say("allocations", allocations(func() { _ = recover() }))
}

// allocations of one call, as a whole number: what other parts of the runtime
// allocate meanwhile is little against a thousand calls.
func allocations(f func()) uint64 {
	const calls = 1000
	f() // what is made once
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for i := 0; i < calls; i++ {
		f()
	}
	runtime.ReadMemStats(&after)
	return (after.Mallocs - before.Mallocs + calls/2) / calls
}

func safeDivide(a, b int) (quotient int, ok bool) {
	defer func() {
		if recover() != nil {
			quotient, ok = 0, false
		}
	}()
	return a / b, true
}

func safeDivides() {
	q, ok := safeDivide(6, 3)
	say("6/3", fmt.Sprint(q, ok))
	q, ok = safeDivide(1, 0)
	say("1/0", fmt.Sprint(q, ok))
}

// othersRun lets a goroutine answer while another one unwinds: on one processor,
// and from inside a deferred call.
func othersRun() {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	ask, answer := make(chan int), make(chan int)
	go func() {
		for n := range ask {
			answer <- n + 1
		}
	}()
	got := 0
	caught(func() {
		defer func() {
			for i := 0; i < 100; i++ {
				ask <- got
				got = <-answer
			}
		}()
		panic("stop")
	})
	close(ask)
	say("answers_while_unwinding", got)
}

// goschedInPanic yields from a deferred call while its goroutine panics, on one
// processor: only if that has an effect does the other goroutine run before it
// goes on, and only if the scheduler takes it up again does it go on.
func goschedInPanic() {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	ran, resumed := 0, 0
	caught(func() {
		defer func() {
			for i := 0; i < 100; i++ {
				go func() { ran++ }()
				runtime.Gosched()
				resumed++
			}
		}()
		panic("stop")
	})
	say("others_ran", ran)
	say("resumed", resumed)
}
