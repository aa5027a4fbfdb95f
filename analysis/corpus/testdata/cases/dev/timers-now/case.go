// Package pull does the same with a release whose timers are collected.
package pull

import (
	"context"
	"time"
)

// Loop takes what comes.
func Loop(ctx context.Context, in <-chan int, quiet func()) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-in:
		case <-time.After(time.Hour): // FINE timer-in-loop: collected since go1.23
			quiet()
		}
	}
}

// Tick makes a ticker in each round.
func Tick(in <-chan int, flush func()) {
	for range in {
		select {
		case <-time.Tick(time.Minute): // FINE timer-in-loop: collected since go1.23
			flush()
		case <-in:
		}
	}
}
