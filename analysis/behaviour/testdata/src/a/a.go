package a // want package:"behaviour"

import (
	"errors"
	"log"
	"runtime/debug"
	"sync"

	"b"
)

var done int

// facts: nothing
func work() { done++ }

// facts: recovers, only
func take() any { return recover() }

// facts: recovers, only, repanics, reports, stack
func again() {
	if r := recover(); r != nil {
		log.Printf("%v\n%s", r, debug.Stack())
		panic(r)
	}
}

// The recover of a deferred statement runs within the function.
//
// facts: recovers
func builtin() { defer recover() }

// facts: deep 1 a.take, accident
func deep() { _ = take() }

// facts: deep 2 a.take, accident
func deeper() { deep() }

// A guard of its own is for what it runs.
//
// facts: nothing
func guarded() {
	defer func() { _ = recover() }()
	work()
}

// facts: nothing
func spawns() { go take() }

// facts: deep 1 b.Catch, accident, reports
func other() { b.Catch() }

// facts: deep 2 b.Catch, accident, reports
func otherDeep() { b.Deep("x") }

type guard struct{ value any }

// facts: recovers, only
func (g *guard) stop() { g.value = recover() }

// facts: deep 1 (*a.guard).stop, accident
func (g *guard) close() { g.stop() }

// facts: deep 1 (*a.guard).stop, accident
func methodValue(g *guard) {
	stop := g.stop
	stop()
}

type stopper interface{ stop() }

// facts: nothing
func unknown(s stopper) { s.stop() }

// facts: deep 1 a.generic, accident
func usesGeneric() { generic(1) }

// facts: recovers, only
func generic[T any](v T) any { return recover() }

// facts: deep 2 a.once$1
func once() {
	var o sync.Once
	o.Do(func() { _ = recover() })
}

// facts: never-returns, exits
func die() { b.Die() }

// facts: never-returns, panics
func fail() { b.Fail("a") }

// facts: nothing
func mayFail(err error) {
	if err != nil {
		panic(err)
	}
}

// facts: never-returns, panics
func always(err error) {
	if err == nil {
		err = errors.New("none")
	}
	panic(err)
}

// facts: never-returns
func forever(jobs chan func(), err error) {
	if err != nil {
		b.Die()
	}
	panic("no jobs")
}

// facts: calls 0 caller
func run(f func()) { f() }

// facts: calls 0 goroutine
func spawn(f func()) { go f() }

// facts: calls 1 goroutine guarded
func handsOn(name string, f func()) { b.Go(f) }

// facts: calls 0 caller deferred
func protects(f func()) { b.Protect(f) }

// facts: calls 0 caller deferred
func defers[T any](f func(T), v T) {
	defer f(v)
	work()
}

// facts: calls 0 stored
func stores(f func()) { hook = f }

var hook func()

// facts: calls 0 goroutine
func inClosure(f func()) {
	go func() {
		work()
		f()
	}()
}

// facts: calls 0 goroutine
func waits(f func()) {
	var all sync.WaitGroup
	all.Go(f)
}

// guard: works
func guardLiteral() {
	defer func() { _ = recover() }()
	work()
}

// guard: works
func guardOther() {
	defer b.Catch()
	work()
}

// guard: works
func guardMethodValue(g *guard) {
	stop := g.stop
	defer stop()
	work()
}

// guard: works
func guardBest() {
	defer deep()
	defer b.Catch()
	defer again()
	work()
}

// guard: repanics
func guardAgain() {
	defer again()
	work()
}

// guard: disarmed
func guardDeep() {
	defer deep()
	work()
}

// Too far below to be meant.
//
// guard: none
func guardDeeper() {
	defer deeper()
	work()
}

// guard: none
func guardCleanup() {
	defer guarded()
	work()
}

// guard: none
func guardEager() {
	defer log.Println(recover())
	work()
}

// guard: none
func guardNone() { work() }
