//go:build go1.23

package main

import (
	"fmt"
	"iter"
	"runtime"
)

func init() {
	register("rangefunc-body-panic", rangefuncBodyPanic)
	register("rangefunc-continued", rangefuncContinued)
	register("rangefunc-iter-swallows", rangefuncIterSwallows)
	register("iter-pull-panic", iterPullPanic)
	register("iter-pull-goexit", iterPullGoexit)
}

// orders is an iterator as it should be: it stops when yield returns false.
func orders(yield func(id int) bool) {
	for id := 1; id <= 3; id++ {
		if !yield(id) {
			return
		}
	}
}

// rangefuncBodyPanic shows that the body of such a loop is a function, called by
// the iterator: its panic goes through the iterator's frames, whose deferred calls
// run.
func rangefuncBodyPanic() {
	for id := range orders {
		if id == 2 {
			panic("order 2 has no customer")
		}
	}
}

// rangefuncContinued has an iterator that does not look at what yield returns, and
// calls the body after the loop is over.
func rangefuncContinued() {
	deaf := func(yield func(int) bool) {
		for id := 1; id <= 3; id++ {
			yield(id)
		}
	}
	for id := range deaf {
		if id == 1 {
			break
		}
	}
}

// rangefuncIterSwallows has an iterator that recovers, as libraries do that call
// unknown code. It catches a panic of the loop body, which is none of its
// business; the loop notices and panics anew.
func rangefuncIterSwallows() {
	careful := func(yield func(int) bool) {
		defer func() {
			if value := recover(); value != nil {
				fmt.Println("iterator: ignored", value)
			}
		}()
		orders(yield)
	}
	for id := range careful {
		if id == 2 {
			panic("order 2 has no customer")
		}
	}
}

// iterPullPanic shows that a sequence behind iter.Pull runs as a coroutine: its
// panic comes out of next, in the goroutine that called it.
func iterPullPanic() {
	next, stop := iter.Pull(func(yield func(string) bool) {
		panic("cursor is closed")
	})
	defer stop()
	next()
}

// iterPullGoexit shows the same of Goexit: it ends the goroutine that called next.
// Here that is main, and nobody is left.
func iterPullGoexit() {
	next, stop := iter.Pull(func(yield func(string) bool) {
		runtime.Goexit()
	})
	defer stop()
	next()
}
