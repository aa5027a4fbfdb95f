// Package rpc answers calls and turns panics into errors.
//
// Incident #rpc,#rpcfixed: mattn/goreman#155
// Incident #build: alecthomas/participle#17
// Incident #sentry: getsentry/raven-go#194
package rpc

import (
	"errors"
	"fmt"
	"log"
	"runtime/debug"
)

// Call calls a method.
func Call(method func() int) (n int, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = r.(error) // FAULT recover-unchecked-assert #rpc panic: interface conversion
		}
	}()
	return method(), nil
}

// Build builds a grammar.
func Build(build func() string) (out string, err error) {
	defer func() {
		if msg := recover(); msg != nil {
			err = errors.New(msg.(string)) // FAULT recover-unchecked-assert #build panic: interface conversion
		}
	}()
	return build(), nil
}

func capture(err error) { log.Printf("%v\n%s", err, debug.Stack()) }

// Handle tells the tracker.
func Handle(f func()) {
	defer func() {
		if v := recover(); v != nil {
			capture(v.(error)) // FAULT recover-unchecked-assert #sentry panic: interface conversion
		}
	}()
	f()
}

// Fixed makes an error of anything.
func Fixed(method func() int) (n int, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("call: %v\n%s", r, debug.Stack()) // FINE recover-unchecked-assert #rpcfixed: no assertion
		}
	}()
	return method(), nil
}

// Checked looks first.
func Checked(f func()) (err error) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if e, ok := v.(error); ok { // FINE recover-unchecked-assert #checked: comma ok
			err = e
			return
		}
		err = fmt.Errorf("%v\n%s", v, debug.Stack())
	}()
	f()
	return nil
}

// Switched switches on the type.
func Switched(f func()) (err error) {
	defer func() {
		switch v := recover().(type) { // FINE recover-unchecked-assert #switched: a type switch does not panic
		case nil:
		case error:
			err = v
		default:
			err = fmt.Errorf("%v\n%s", v, debug.Stack())
		}
	}()
	f()
	return nil
}

// Known asserted it before.
func Known(f func()) (err error) {
	defer func() {
		v := recover()
		if _, ok := v.(error); ok {
			err = v.(error) // FINE recover-unchecked-assert #known: tested on the line above
		} else if v != nil {
			panic(v)
		}
	}()
	f()
	return nil
}

type bail struct{ err error }

// Bail recovers its own type and passes the rest on, as encoding/json does.
func Bail(f func()) (err error) {
	defer func() {
		if v := recover(); v != nil {
			b, ok := v.(bail)
			if !ok {
				panic(v)
			}
			err = b.err // FINE recover-unchecked-assert #bail: checked
		}
	}()
	f()
	return nil
}

func fail(err error) { panic(bail{err: err}) }
