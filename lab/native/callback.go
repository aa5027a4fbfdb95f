package main

/*
#include "callback.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"os"
	"runtime/cgo"
)

func init() {
	register("c-callback-panic", cCallbackPanic)
	register("c-callback-recover", cCallbackRecover)
	register("c-callback-8mb-array", cCallbackArray)
	register("c-longjmp-over-go", cLongjmp)
	register("c-pthread-exit", cThreadExit)
	register("c-thread-callback-panic", cThreadCallbackPanic)
	register("c-thread-callback-8mb-array", cThreadCallbackArray)
	register("c-thread-segv", cThreadFault)
	register("c-thread-abort", cThreadAbort)
}

// goVisit is what C calls for each order; visit is a handle of a func().
//
//export goVisit
func goVisit(visit C.uintptr_t) { cgo.Handle(visit).Value().(func())() }

func handle(visit func()) C.uintptr_t { return C.uintptr_t(cgo.NewHandle(visit)) }

func refuse() { panic(errors.New("order 17: no such customer")) }

// cCallbackPanic panics in Go that was called by C that was called by Go.
func cCallbackPanic() { C.visit_orders(handle(refuse)) }

// cCallbackRecover does not let the panic out of the callback.
func cCallbackRecover() {
	C.visit_orders(handle(func() {
		defer func() { fmt.Fprintln(os.Stderr, "skipped:", recover()) }()
		refuse()
	}))
}

// cCallbackArray has eight megabytes of local variables in a callback: as much as
// all of the C stack below it. They are on the goroutine's stack, which grows.
func cCallbackArray() { C.visit_orders(handle(sumArray)) }

var sum int

func sumArray() {
	var ledger [8 << 20]byte
	fill(&ledger)
	for _, b := range ledger {
		sum += int(b)
	}
}

//go:noinline
func fill(ledger *[8 << 20]byte) {
	for i := range ledger {
		ledger[i] = 1
	}
}

// cLongjmp leaves a callback by longjmp. Go's frames are not unwound, and the
// runtime still believes to be in the callback.
func cLongjmp() {
	C.visit_or_give_up(handle(func() { C.give_up() }))
}

// cThreadExit ends the thread that runs this goroutine.
func cThreadExit() { C.end_thread() }

// cThreadCallbackPanic panics in a callback on a thread that C made. No goroutine
// of ours is below it.
func cThreadCallbackPanic() { C.visit_on_thread(handle(refuse), 0) }

// cThreadCallbackArray is cCallbackArray on a thread of C whose stack has 256 KiB.
func cThreadCallbackArray() { C.visit_on_thread(handle(sumArray), 256<<10) }

// cThreadFault reads through a null pointer on a thread that C made.
func cThreadFault() { C.fault_on_thread() }

// cThreadAbort calls abort on one.
func cThreadAbort() { C.abort_on_thread() }
