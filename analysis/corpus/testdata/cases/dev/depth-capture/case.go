// Package worker runs tasks and means to survive their panics.
//
// Incident #capture,#capturefixed: cadence-workflow/cadence#4913
// Incident #nested: temporalio/temporal#3804
package worker

import (
	"fmt"
	"log"
	"runtime/debug"
)

type logger interface{ Error(msg string) }

type std struct{}

func (std) Error(msg string) { log.Print(msg) }

// capturePanic must be deferred.
func capturePanic(l logger, to *error) {
	if v := recover(); v != nil {
		l.Error(fmt.Sprintf("panic: %v\n%s", v, debug.Stack()))
		*to = fmt.Errorf("panic: %v", v)
	}
}

// Task runs one task.
func Task(l logger, run func()) (err error) {
	defer func() {
		capturePanic(l, &err) // FAULT recover-depth #capture dies: task
	}()
	run()
	return nil
}

// Timed runs a task and says how long it took.
func Timed(l logger, run func()) (err error) {
	defer func() {
		log.Print("timed")
		func() { // ALT recover-depth #nested: the call of the function literal is the call too deep, too
			if v := recover(); v != nil { // FAULT recover-depth #nested dies: task
				err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
			}
		}()
	}()
	run()
	return nil
}

// Direct defers the helper itself.
func Direct(l logger, run func()) (err error) {
	defer capturePanic(l, &err) // FINE recover-depth #direct: deferred itself
	run()
	return nil
}

func note(l logger, v any, to *error) {
	if v != nil {
		l.Error(fmt.Sprintf("panic: %v\n%s", v, debug.Stack()))
		*to = fmt.Errorf("panic: %v", v)
	}
}

// Fixed recovers in the deferred function and hands the value over.
func Fixed(l logger, run func()) (err error) {
	defer func() { note(l, recover(), &err) }() // FINE recover-depth #capturefixed: recover is called by the deferred function
	run()
	return nil
}

// Again defers the helper within a deferred function, for the cleanup.
func Again(l logger, run, cleanup func()) (err error) {
	defer capturePanic(l, &err)
	defer func() {
		var inner error
		defer capturePanic(l, &inner) // FINE recover-depth #again: guards the cleanup, which panics here
		cleanup()
	}()
	run()
	return nil
}
