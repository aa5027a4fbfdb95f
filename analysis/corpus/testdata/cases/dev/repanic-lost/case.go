// Package promise runs functions elsewhere and hands their panics on.
//
// Incident #wait: golang/go#53757
package promise

import (
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
)

// A Group waits for its functions.
type Group struct {
	wg   sync.WaitGroup
	once sync.Once
	v    any
}

// Go starts a function.
func (g *Group) Go(f func()) {
	g.wg.Add(1)
	go func() {
		defer g.wg.Done()
		defer func() {
			if v := recover(); v != nil {
				g.once.Do(func() { g.v = v })
			}
		}()
		f()
	}()
}

// Wait waits, and panics as a function did.
func (g *Group) Wait() {
	g.wg.Wait()
	if g.v != nil {
		panic(g.v) // FAULT repanic-stack-lost #wait shown
	}
}

// Call calls f elsewhere with the same ending.
func Call(f func()) {
	failed := make(chan any, 1)
	go func() {
		defer func() { failed <- recover() }()
		f()
	}()
	if v := <-failed; v != nil {
		panic(v) // FAULT repanic-stack-lost #call shown
	}
}

// Later panics after the deferred function returned.
func Later(f func()) {
	var v any
	func() {
		defer func() { v = recover() }()
		f()
	}()
	if v != nil {
		panic(v) // FAULT repanic-stack-lost #later shown
	}
}

// A Panic keeps the stack.
type Panic struct {
	Value any
	Stack []byte
}

func (p *Panic) Error() string { return fmt.Sprintf("%v\n%s", p.Value, p.Stack) }

// CallKept keeps the stack with the value.
func CallKept(f func()) {
	failed := make(chan *Panic, 1)
	go func() {
		defer func() {
			if v := recover(); v != nil {
				failed <- &Panic{v, debug.Stack()}
				return
			}
			failed <- nil
		}()
		f()
	}()
	if p := <-failed; p != nil {
		panic(p) // FINE repanic-stack-lost #kept: carries the stack of the first panic
	}
}

// Same panics again where it recovered.
func Same(f func(), undo func()) {
	defer func() {
		if v := recover(); v != nil {
			undo()
			panic(v) // FINE repanic-stack-lost #same: in the deferred function itself, the runtime prints both
		}
	}()
	f()
}

// AsError returns it instead.
func AsError(f func()) error {
	var v any
	func() {
		defer func() { v = recover() }()
		f()
	}()
	if v != nil {
		return errors.New(fmt.Sprint(v)) // FINE repanic-stack-lost #aserror: nothing panics again
	}
	return nil
}
