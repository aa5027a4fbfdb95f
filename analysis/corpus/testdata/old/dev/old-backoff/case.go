// Package reconnect waits between tries, in a module of go1.22.
//
// Incident #tekton: tektoncd/pipeline#5362
package reconnect

import (
	"context"
	"time"
)

type client struct {
	events chan int
	quit   chan struct{}
}

// Run runs until it is told to stop.
func (c *client) Run(ctx context.Context, idle func()) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.quit:
			return
		case <-c.events:
			continue
		case <-time.After(30 * time.Second): // FAULT timer-in-loop #tekton
			idle()
		}
	}
}

// Wait waits in a loop for one of two.
func (c *client) Wait(ready func() bool) bool {
	for !ready() {
		timeout := time.After(time.Minute) // FAULT timer-in-loop
		select {
		case <-c.events:
		case <-timeout:
			return false
		}
	}
	return true
}

// Deadline makes its timer before the loop.
func (c *client) Deadline(ready func() bool) bool {
	timeout := time.After(time.Minute) // FINE timer-in-loop: made once, before the loop
	for !ready() {
		select {
		case <-c.events:
		case <-timeout:
			return false
		}
	}
	return true
}

// Sleep sleeps in a loop.
func (c *client) Sleep(n int) {
	for range n {
		time.Sleep(time.Millisecond) // FINE timer-in-loop: leaves nothing
	}
}

// Ticker uses one ticker.
func (c *client) Ticker(flush func()) {
	t := time.NewTicker(time.Second) // FINE timer-in-loop: one ticker, stopped
	defer t.Stop()
	for {
		select {
		case <-c.quit:
			return
		case <-t.C:
			flush()
		}
	}
}

// New makes a client.
func New() *client { return &client{events: make(chan int), quit: make(chan struct{})} }
