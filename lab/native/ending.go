package main

/*
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void trap(void) { __builtin_trap(); }
*/
import "C"

func init() {
	register("c-exit", cExit)
	register("c-_exit", cQuickExit)
	register("c-abort", cAbort)
	register("c-raise-abrt", cRaiseAbort)
	register("c-raise-kill", cRaiseKill)
	register("c-trap", cTrap)
}

// cExit ends the process from C: handlers of atexit run, deferred calls do not.
func cExit() { C.exit(7) }

// cQuickExit ends it without even those.
func cQuickExit() { C._exit(8) }

// cAbort is what a failed assert in C does. The Go runtime gets the signal and
// prints a traceback, because the thread is one of its own.
func cAbort() { C.abort() }

// cRaiseAbort sends the signal without abort.
func cRaiseAbort() { C.raise(C.SIGABRT) }

// cRaiseKill sends the one that nobody gets to handle.
func cRaiseKill() { C.raise(C.SIGKILL) }

// cTrap is what a C compiler puts where it knows that code cannot be reached. On
// amd64 it is an illegal instruction.
func cTrap() { C.trap() }
