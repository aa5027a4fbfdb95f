package b // want package:"behaviour"

import (
	"log"
	"os"
)

// facts: recovers, only, reports
func Catch() {
	if r := recover(); r != nil {
		log.Println(r)
	}
}

// facts: deep 1 b.Catch, accident, reports
func Deep(name string) { Catch() }

// facts: never-returns, exits
func Die() { os.Exit(1) }

// facts: never-returns, panics
func Fail(text string) { panic("b: " + text) }

// facts: calls 0 goroutine guarded
func Go(f func()) {
	go func() {
		defer Catch()
		f()
	}()
}

// facts: calls 0 caller deferred
func Protect(f func()) { defer f() }
