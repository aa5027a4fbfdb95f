package a

import (
	"errors"
	"fmt"
	"log"
	"runtime"
)

func work()        {}
func call(f func()) { f() }

func atOnce() {
	defer func() {
		err := recover().(error) // want `recover-unchecked-assert: recover returns nil when nothing panicked, and asserting that nil is error panics`
		log.Println(err)
	}()
	work()
}

func named(f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = r.(error) // want `recover-unchecked-assert: a panic with a value that is no error panics again here`
		}
	}()
	f()
	return nil
}

func text(f func()) (msg string) {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		msg = r.(string) // want `no string panics again`
	}()
	f()
	return ""
}

func runtimeError(f func()) {
	defer func() {
		if r := recover(); r != nil {
			log.Println(r.(runtime.Error).Error()) // want `no runtime.Error panics again`
		}
	}()
	f()
}

// It asks for one type and asserts another.
func otherType(f func()) (err error) {
	defer func() {
		r := recover()
		if s, ok := r.(string); ok {
			err = errors.New(s)
		} else if r != nil {
			err = r.(error) // want `no error panics again`
		}
	}()
	f()
	return nil
}

func inSwitch(f func()) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case string:
			err = errors.New(r)
		default:
			err = r.(error) // want `no error panics again`
		}
	}()
	f()
	return nil
}

type pool struct{ last error }

func (p *pool) guard() {
	if r := recover(); r != nil {
		p.last = r.(error) // want `no error panics again`
	}
}

func (p *pool) run(f func()) {
	defer p.guard()
	f()
}

// The helper of the package asserts.
func toError(v any) error {
	return fmt.Errorf("panic: %w", v.(error)) // want `no error panics again`
}

func viaHelper(f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = toError(r)
		}
	}()
	f()
	return nil
}

func captured(f func()) (err error) {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		func() {
			err = r.(error) // want `no error panics again`
		}()
	}()
	f()
	return nil
}

func generic[T any](f func() T) (v T, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = r.(error) // want `no error panics again`
		}
	}()
	return f(), nil
}

func made(dst *error) func() {
	return func() {
		if r := recover(); r != nil {
			*dst = r.(error) // want `no error panics again`
		}
	}
}

func useMade(f func()) (err error) {
	defer made(&err)()
	f()
	return nil
}

// Asked for.
func commaOk(f func()) (err error) {
	defer func() {
		if e, ok := recover().(error); ok {
			err = e
		}
	}()
	f()
	return nil
}

// Asked for before.
func askedBefore(f func()) (err error) {
	defer func() {
		r := recover()
		if _, ok := r.(error); ok {
			err = r.(error)
		}
	}()
	f()
	return nil
}

// Asked for, and left when it is not.
func askedAndLeft(f func()) (err error) {
	defer func() {
		r := recover()
		if _, ok := r.(error); !ok {
			return
		}
		err = r.(error)
	}()
	f()
	return nil
}

// A case of a type switch.
func typeSwitch(f func()) (err error) {
	defer func() {
		r := recover()
		switch r.(type) {
		case error:
			err = r.(error)
		case string:
			err = errors.New(r.(string))
		}
	}()
	f()
	return nil
}

// A runtime error is an error.
func wider(f func()) (err error) {
	defer func() {
		r := recover()
		if _, ok := r.(runtime.Error); ok {
			err = r.(error)
		}
	}()
	f()
	return nil
}

var errStop = errors.New("stop")

// It is the sentinel, which is an error.
func sentinel(f func()) (err error) {
	defer func() {
		r := recover()
		if r == errStop {
			err = r.(error)
		} else if r != nil {
			panic(r)
		}
	}()
	f()
	return nil
}

func isError(v any) bool { _, ok := v.(error); return ok }

// A function asks.
func askedByHelper(f func()) (err error) {
	defer func() {
		if r := recover(); isError(r) {
			err = r.(error)
		}
	}()
	f()
	return nil
}

type parseError struct{ msg string }

func (p parseError) Error() string { return p.msg }

func fail(msg string) { panic(parseError{msg}) }

// The package panics with this type, and everything else shall go on: a panic in
// the guard does that, as Effective Go has it.
func parse() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = r.(parseError)
		}
	}()
	fail("no number")
	return nil
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// All that is panicked with below is an error.
func onlyErrors() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = r.(error)
		}
	}()
	check(errStop)
	return nil
}

// Runtime errors go on, and everything else that is no error may.
func unwinds(f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(runtime.Error); ok {
				panic(r)
			}
			err = r.(error)
		}
	}()
	f()
	return nil
}

// Everything is one of these.
func anything(f func()) (v fmt.Stringer) {
	defer func() {
		if r := recover(); r != nil {
			_ = r.(any)
		}
	}()
	f()
	return nil
}

// The value comes from somewhere else.
func notRecovered(v any, f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = v.(error)
		}
	}()
	f()
	return nil
}

// An error is not any error.
func assertedTwice(f func()) (n int) {
	defer func() {
		if e, ok := recover().(error); ok {
			n = e.(interface{ Code() int }).Code() // want `panics again here`
		}
	}()
	f()
	return 0
}

// A guard that keeps the value in a field.
type keeper struct {
	v   any
	err error
}

func (k *keeper) catch() {
	k.v = recover()
	if k.v != nil {
		k.err = k.v.(error) // want `a panic with a value that is no error panics again here`
	}
}

func (k *keeper) catchOne() {
	k.v = recover()
	if _, ok := k.v.(error); ok {
		k.err = k.v.(error) // it is one
	}
}

func keeps() error {
	var k, l keeper
	func() {
		defer k.catch()
		defer l.catchOne()
		work()
	}()
	return k.err
}
