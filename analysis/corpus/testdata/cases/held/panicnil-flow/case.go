// Package flow has panics with nothing in them.
//
// Incident #drained: golang/go#25448
package flow

import (
	"errors"
	"fmt"
)

// Drain empties the source.
func Drain(hooks []string, next func() (string, bool)) {
	for range hooks {
		if _, ok := next(); !ok {
			panic(nil) // FAULT panic-nil #drained panic: panic called with nil argument
		}
	}
}

// Check panics with the error it just found to be nil.
func Check(f func() error) {
	err := f()
	if err == nil {
		panic(err) // FAULT panic-nil #check panic: panic called with nil argument
	}
	fmt.Println(err)
}

func explain(code int) (err error) {
	if code > 3 {
		err = fmt.Errorf("code %d", code)
	}
	return err
}

// Exit panics with a variable that is never set.
func Exit(code int) {
	var reason any
	if code != 0 {
		panic(reason) // FAULT panic-nil #exit panic: panic called with nil argument
	}
}

// Must is as it should be.
func Must(f func() error) {
	if err := f(); err != nil {
		panic(err) // FINE panic-nil #must: not nil here
	}
}

// Typed panics with a typed nil pointer, which is a value.
func Typed(e *codeError) {
	if e == nil {
		panic(e) // FINE panic-nil: an interface with a type, not nil
	}
}

type codeError struct{ code int }

// Maybe may be nil or not: nobody knows here.
func Maybe(code int) {
	err := explain(code)
	if errors.Is(err, errUnknown) {
		panic(err) // FINE panic-nil #maybe: errors.Is was true, so it is not nil
	}
}

var errUnknown = errors.New("unknown")

// Reason has a text.
func Reason(code int) {
	var reason any = "no reason"
	if code > 1 {
		panic(reason) // FINE panic-nil: set on the line above
	}
}
