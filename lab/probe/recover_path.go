package main

import (
	"runtime"
	"strings"
	"sync/atomic"
)

func init() {
	register("recover-order", recoverOrder)
	register("recover-reach", recoverReach)
	register("recover-schedules", recoverSchedules)
}

// recoverOrder tells what runs after recover, and in which order.
func recoverOrder() {
	var order []string
	note := func(what string) { order = append(order, what) }
	callee := func() {
		defer note("the call deferred before")
		defer func() {
			_ = recover()
			note("the rest of the deferred call")
		}()
		panic("stop")
	}
	callee()
	note("the caller")
	say("order", strings.Join(order, ", "))
}

// recoverReach tells which deferred calls get the value of a panic: of the
// caller, of a sibling that the caller had called before, of another goroutine,
// and of a goroutine started by a deferred call.
func recoverReach() {
	reached := func(value any) string {
		if value == nil {
			return "nil"
		}
		return "the value"
	}
	sibling, other, helper := "", "", ""
	caller := func() (got string) {
		defer func() { got = reached(recover()) }()
		func() { defer func() { sibling = reached(recover()) }() }()
		callee := func() {
			defer func() { // runs while the panic is on
				done := make(chan struct{})
				go func() {
					defer close(done)
					defer func() { other = reached(recover()) }()
				}()
				<-done
				helper = reached(func() any { return recover() }())
			}()
			panic("stop")
		}
		callee()
		return "no panic"
	}
	say("caller", caller())
	say("sibling", sibling)
	say("other_goroutine", other)
	say("helper", helper)
}

// recoverSchedules tells whether another goroutine that is ready gets the one
// processor when a panic is recovered, and for comparison at runtime.Gosched. A
// preemption may come in between by chance, so it counts over many rounds.
func recoverSchedules() {
	runtime.GOMAXPROCS(1)
	const rounds = 1000
	others := func(pause func()) string {
		ran := 0
		for i := 0; i < rounds; i++ {
			var flag atomic.Bool
			done := make(chan struct{})
			go func() {
				flag.Store(true)
				close(done)
			}()
			pause()
			if flag.Load() {
				ran++
			}
			<-done
		}
		switch {
		case ran < rounds/10:
			return "hardly ever"
		case ran > rounds*9/10:
			return "nearly always"
		}
		return "sometimes"
	}
	say("ran_at_gosched", others(runtime.Gosched))
	say("ran_at_recover", others(func() {
		defer func() { _ = recover() }()
		panic("stop")
	}))
}
