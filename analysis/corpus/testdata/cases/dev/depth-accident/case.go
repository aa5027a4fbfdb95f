// Package guard holds guards that work with some releases only: one call too
// deep, with an argument or a result, small enough to be inlined.
//
// Incident #arg: golang/go#74426
// Incident #handler: go-co-op/gocron#535
package guard

import (
	"fmt"
	"os"
)

var onPanic func(name string, v any)

// SetHandler sets what hears of panics.
func SetHandler(f func(name string, v any)) { onPanic = f }

func say() {
	if v := recover(); v != nil {
		fmt.Fprintln(os.Stderr, "RECOVERED", v) // ALSO recover-no-stack: prints no stack
	}
}

func end(code int) {
	say() // FAULT recover-depth #arg dies: boom go=accident
}

// Run defers a function with an argument.
func Run(f func()) {
	defer end(1)
	f()
}

type pool struct{ name string }

func (p *pool) leave() {
	say() // FAULT recover-depth #method dies: boom go=accident
}

// Run runs in the pool.
func (p *pool) Run(f func()) {
	defer p.leave()
	f()
}

func result() int {
	say() // FAULT recover-depth #result dies: boom go=accident
	return 0
}

// Result defers a function with a result.
func Result(f func()) {
	defer result()
	f()
}

func plain() {
	say() // FAULT recover-depth #plain dies: boom go=dead
}

// Plain defers a function with neither, which never works.
func Plain(f func()) {
	defer plain()
	f()
}

func callHandler(name string) {
	if onPanic == nil {
		return
	}
	if v := recover(); v != nil {
		onPanic(name, v)
	}
}

// Job runs a named job.
func Job(name string, f func()) {
	defer func() {
		callHandler(name) // FAULT recover-depth #handler dies: boom go=dead
	}()
	f()
}

// Job2 is as it should be.
func Job2(name string, f func()) {
	defer callHandler(name) // FINE recover-depth #job2: deferred itself, the argument does not matter
	f()
}

func (p *pool) say() { say() }

// Value defers a method value that recovers itself.
func Value(f func()) {
	h := say
	defer h() // FINE recover-depth #value: a function value, called by the runtime
	f()
}
