// Package async starts what it is configured with.
package async

import (
	"context"
	"sync"
)

type hooks struct {
	before, after func(context.Context)
}

type runner struct {
	hooks hooks
	wg    sync.WaitGroup
	tasks map[string]func()
}

// Option sets an option.
type Option func(*runner)

// WithAfter sets a hook.
func WithAfter(f func(context.Context)) Option {
	return func(r *runner) { r.hooks.after = f }
}

// New makes a runner.
func New(opts ...Option) *runner {
	r := &runner{tasks: map[string]func(){"a": func() {}}}
	for _, o := range opts {
		o(r)
	}
	if r.hooks.after == nil {
		r.hooks.after = func(context.Context) {}
	}
	return r
}

// Finish starts the hook, which New has set.
func (r *runner) Finish(ctx context.Context) {
	go r.hooks.after(ctx) // FINE nil-func-go #finish: New sets it
}

// Zero starts a hook of a value without any.
func Zero(ctx context.Context) {
	h := hooks{before: nil}
	go h.before(ctx) // FAULT nil-func-go #zero dies: nil pointer dereference
}

func lookup(name string) (f func()) {
	if name == "known" {
		f = func() {}
	}
	return f
}

// Unknown starts what is not there.
func Unknown() {
	go lookup("unknown")() // FAULT nil-func-go #unknown fatal: go of nil func value
}

// Known checks.
func Known(name string) bool {
	f := lookup(name)
	if f == nil {
		return false
	}
	go f() // FINE nil-func-go #known: not nil here
	return true
}

// Branch sets it on one way, and starts it on the other.
func Branch(n int) {
	var f func()
	if n > 0 {
		f = func() {}
		f()
	} else {
		go f() // FAULT nil-func-go #branch fatal: go of nil func value
	}
}

// Both sets it on both ways.
func Both(n int) {
	var f func()
	switch {
	case n > 0:
		f = func() {}
	default:
		f = func() { _ = n }
	}
	go f() // FINE nil-func-go #both: set on all ways
}

// Deferred is a panic, and not a fatal error.
func Deferred(cancel context.CancelFunc) {
	if cancel != nil {
		defer cancel() // FINE nil-func-go #deferred: not nil here
	}
}

// Bound starts a method value.
func (r *runner) Bound() {
	f := r.wg.Wait
	go f() // FINE nil-func-go #bound: a method value is not nil
}
