package main

import (
	"fmt"
	"reflect"
)

func init() {
	register("reflect-call", reflectCall)
	register("escape-defer", escapeDefer)
	register("interface-return", interfaceReturn)
	register("capture", capture)
}

// reflectCall panics on either side of a reflect.Call, with guards on either side.
func reflectCall() {
	called := func() (result string) {
		defer func() { result = fmt.Sprint("recovered ", recover()) }()
		panic("stop")
	}
	say("guard_in_called_function", reflect.ValueOf(called).Call(nil)[0])
	say("guard_around_call", fmt.Sprint("recovered ", caught(func() {
		reflect.ValueOf(func() { panic("stop") }).Call(nil)
	})))
	made := reflect.MakeFunc(reflect.TypeOf(func() {}), func([]reflect.Value) []reflect.Value {
		defer func() { say("guard_in_made_function", fmt.Sprint("recovered ", recover())) }()
		panic("stop")
	}).Interface().(func())
	made()
	// Registered by the defer statement, no sooner and no later.
	say("panic_before_defer", fmt.Sprint("recovered outside: ", caught(func() {
		reflect.ValueOf(func(early bool) {
			if early {
				panic("stop")
			}
			defer func() { _ = recover() }()
		}).Call([]reflect.Value{reflect.ValueOf(true)})
	})))
}

var kept *int

// escapeDefer panics before and behind a defer statement, in a function whose
// variable stays on the stack and in one whose variable escapes.
func escapeDefer() {
	stays := func(early bool) {
		n := 0
		if early {
			panic("stop")
		}
		defer func() { n++; _ = recover() }()
		panic("stop")
	}
	escapes := func(early bool) {
		n := 0
		kept = &n
		if early {
			panic("stop")
		}
		defer func() { n++; _ = recover() }()
		panic("stop")
	}
	try := func(f func(bool)) string {
		return fmt.Sprint("before: ", place(func() { f(true) }), ", behind: ", place(func() { f(false) }))
	}
	say("on_stack", try(stays))
	say("on_heap", try(escapes))
}

// A closer is called through its interface, last in a function with a deferred
// recover.
type closer interface{ Close() error }

type file struct{ broken bool }

func (f file) Close() error {
	if f.broken {
		panic("stop")
	}
	return nil
}

//go:noinline
func closeLast(c closer) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("recovered %v", value)
		}
	}()
	return c.Close()
}

func interfaceReturn() {
	say("returns", fmt.Sprint(closeLast(file{})))
	say("panics", fmt.Sprint(closeLast(file{broken: true})))
}

// capture lets a closure and the function around it change a variable in turn.
func capture() {
	n := 1
	double := func() int {
		n *= 2
		return n
	}
	n = 5
	say("closure_sees_later_write", double() == 10)
	say("function_sees_closures_write", n == 10)
	again := func() int { return n }
	double()
	say("closures_share_it", again() == 20)
}
