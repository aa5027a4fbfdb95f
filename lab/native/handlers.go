package main

/*
#include "handlers.h"
*/
import "C"

func init() {
	register("c-own-segv-handler", cOwnHandler)
	register("c-segv-default", cDefaultHandler)
	register("c-segv-blocked-signals", cBlockedSignals)
	register("c-usr1-default", cDefaultUSR1)
}

type account struct{ balance int }

// balance is what reads through a nil pointer in Go code below.
//
//go:noinline
func balance(a *account) int { return a.balance }

// cOwnHandler loads a crash reporter written in C, which takes SIGSEGV from the
// Go runtime. A nil dereference in Go is no panic after that.
func cOwnHandler() {
	C.install_reporter()
	balance(nil)
}

// cDefaultHandler does the same with the default action in place of a handler.
func cDefaultHandler() {
	C.default_segv()
	balance(nil)
}

// cBlockedSignals faults in C where every signal is blocked: the kernel does not
// wait for a handler then.
func cBlockedSignals() { C.read_null_blocked() }

// cDefaultUSR1 resets a signal that the runtime would have ignored.
func cDefaultUSR1() { C.raise_default_usr1() }
