// Package push pushes with a timeout, in a module of go1.22, whose timers live
// until they fire.
//
// Incident #vault: hashicorp/vault#14814
// Incident #mysql: go-mysql-org/go-mysql#423
package push

import (
	"context"
	"time"
)

// Loop takes what comes, and ticks after a quiet hour.
func Loop(ctx context.Context, in <-chan int, quiet func()) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-in:
		case <-time.After(time.Hour): // FAULT timer-in-loop #vault
			quiet()
		}
	}
}

// Retry reads until it is told to stop.
func Retry(ctx context.Context, read func() bool) {
	for read() {
		select {
		case <-ctx.Done():
			return
		case <-time.After(10 * time.Minute): // FAULT timer-in-loop #mysql
		}
	}
}

// Tick makes a ticker in each round.
func Tick(in <-chan int, flush func()) {
	for range in {
		select {
		case <-time.Tick(time.Minute): // FAULT timer-in-loop
			flush()
		case <-in:
		}
	}
}

// Once waits once.
func Once(in <-chan int) bool {
	select {
	case <-in:
		return true
	case <-time.After(time.Minute): // FINE timer-in-loop: no loop
		return false
	}
}

// Timer uses one timer for all rounds.
func Timer(ctx context.Context, in <-chan int) {
	t := time.NewTimer(time.Hour) // FINE timer-in-loop: one timer, made outside
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-in:
		case <-t.C:
			t.Reset(time.Hour)
		}
	}
}

// Wait waits for the timer alone, which fires before the next round.
func Wait(n int, f func()) {
	for range n {
		<-time.After(time.Millisecond) // FINE timer-in-loop: always waits until it fires
		f()
	}
}

// Stopped stops the timer of each round.
func Stopped(in <-chan int) {
	for range in {
		t := time.NewTimer(time.Minute) // FINE timer-in-loop: stopped in the same round
		select {
		case <-in:
		case <-t.C:
		}
		t.Stop()
	}
}
