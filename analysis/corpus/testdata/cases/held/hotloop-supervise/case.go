// Package supervise keeps subsystems alive.
package supervise

import (
	"context"
	"fmt"
	"log"
	"runtime/debug"
	"time"
)

// Keep runs f for ever.
func Keep(name string, f func()) {
	for { // ALT recover-hot-loop #keep: the loop
		if err := try(f); err != nil { // FAULT recover-hot-loop #keep spin
			log.Printf("%s ended: %v, start again", name, err)
		}
	}
}

func try(f func()) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	f()
	return nil
}

// Again calls itself again after a panic.
func Again(f func()) {
	defer func() {
		if v := recover(); v != nil { // ALT recover-hot-loop #again: the guard
			log.Printf("again: %v\n%s", v, debug.Stack())
			Again(f) // FAULT recover-hot-loop #again spin
		}
	}()
	f()
}

// KeepPaced waits a second.
func KeepPaced(ctx context.Context, name string, f func()) {
	for ctx.Err() == nil {
		if err := try(f); err != nil { // FINE recover-hot-loop #keeppaced: waits before it starts again
			log.Printf("%s ended: %v, start again", name, err)
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
			}
		}
	}
}

// KeepBounded gives up.
func KeepBounded(name string, f func()) error {
	for failures := 0; ; {
		err := try(f) // FINE recover-hot-loop #keepbounded: gives up after five
		if err == nil {
			return nil
		}
		if failures++; failures >= 5 {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
}

// Items tries each item once.
func Items(items []int, f func(int)) (failed int) {
	for _, it := range items {
		if try(func() { f(it) }) != nil { // FINE recover-hot-loop #items: each item once
			failed++
		}
	}
	return failed
}

// Accept serves what comes; accept blocks.
func Accept(accept func() (int, error), serve func(int)) error {
	for {
		conn, err := accept()
		if err != nil {
			return err
		}
		if err := try(func() { serve(conn) }); err != nil { // FINE recover-hot-loop #accept: one connection each round
			log.Print(err)
		}
	}
}
