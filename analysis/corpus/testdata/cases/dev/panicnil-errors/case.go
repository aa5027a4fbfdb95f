// Package steps runs steps that must not fail.
package steps

import (
	"errors"
	"fmt"
	"io"
)

type step struct {
	name string
	run  func() error
}

// Must panics when a step fails, or so it means to.
func Must(list []step) {
	var failed error
	for _, s := range list {
		if err := s.run(); err != nil {
			fmt.Println(s.name, err)
			panic(failed) // FAULT panic-nil #must panic: panic called with nil argument
		}
	}
}

// Abort has the nil behind a name.
func Abort(code int) {
	var reason error
	if code == 0 {
		return
	}
	panic(reason) // FAULT panic-nil #abort panic: panic called with nil argument
}

// Drain panics with what it has just compared with nil.
func Drain(r io.Reader, buf []byte) int {
	n, err := r.Read(buf)
	if err != nil {
		return n
	}
	if n == 0 {
		panic(err) // FAULT panic-nil #drain panic: panic called with nil argument
	}
	return n
}

// First panics with the first error.
func First(list []step) {
	var first error
	for _, s := range list {
		if err := s.run(); err != nil && first == nil {
			first = err
		}
	}
	if first != nil {
		panic(first) // FINE panic-nil #first: not nil here
	}
}

// Join panics with what errors.Join made, checked.
func Join(errs ...error) {
	err := errors.Join(errs...)
	if err == nil {
		return
	}
	panic(err) // FINE panic-nil #join: returned before when it was nil
}

// Again panics with what it recovered, which is not nil.
func Again(f func()) {
	defer func() {
		if v := recover(); v != nil {
			panic(v) // FINE panic-nil #again: not nil here
		}
	}()
	f()
}

// Param panics with what the caller gave.
func Param(v any) {
	panic(v) // FINE panic-nil: of the caller
}

// Empty panics with an empty struct, which is a value.
func Empty(n int) {
	if n < 0 {
		panic(struct{}{}) // FINE panic-nil: a value
	}
}
