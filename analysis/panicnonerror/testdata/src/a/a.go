package a

import (
	"errors"
	"fmt"
	"time"
)

type state struct{ code int }

func structure() {
	panic(state{3}) // want `panic-non-error: panics with a state`
}

func pointer() {
	panic(&state{3}) // want `panics with a \*state`
}

func number(n int) {
	panic(n) // want `panics with a int`
}

type code int

func named(c code) {
	panic(c) // want `panics with a code`
}

func slice(list []string) {
	panic(list) // want `panic-non-error`
}

type problem struct{ msg string }

func (p *problem) Error() string { return p.msg }

// An error, a text, what has a String method.
func fine(n int) {
	switch n {
	case 0:
		panic(errors.New("none"))
	case 1:
		panic("one")
	case 2:
		panic(fmt.Sprintf("%d", n))
	case 3:
		panic(&problem{"three"})
	case 4:
		panic(time.Duration(n))
	}
}

// The method is that of the pointer.
func value() {
	panic(problem{"value"}) // want `panics with a problem`
}

// Nobody knows what it holds.
func again(f func()) {
	defer func() {
		if r := recover(); r != nil {
			panic(r)
		}
	}()
	f()
}

func generic[T any](v T) { panic(v) }

type bailout struct{}

// The package recovers it.
func unwinds() (ok bool) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(bailout); !ok {
				panic(r)
			}
		}
	}()
	panic(bailout{})
}
