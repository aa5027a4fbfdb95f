// Package stop waits for signals.
//
// Incident #hub: mislav/hub#2656
// Incident #nebula: slackhq/nebula#299
// Incident #caddy,#caddyfixed: caddyserver/caddy#3895
package stop

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// Wait waits for the end.
func Wait(cleanup func()) {
	c := make(chan os.Signal)
	signal.Notify(c, os.Interrupt) // FAULT signal-sync #hub
	<-c
	cleanup()
}

// Reload reloads for ever.
func Reload(load func()) {
	hup := make(chan os.Signal)
	signal.Notify(hup, syscall.SIGHUP) // FAULT signal-sync #nebula
	for range hup {
		load()
	}
}

// Restore restores the terminal.
func Restore(done <-chan struct{}, restore func()) {
	interrupt := make(chan os.Signal, 0)
	go func() {
		select {
		case <-interrupt:
			restore()
		case <-done:
		}
	}()
	signal.Notify(interrupt, os.Interrupt) // FAULT signal-sync #caddy
}

// Never catches what cannot be caught.
func Never() <-chan os.Signal {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt, syscall.SIGKILL) // FAULT signal-sync #never
	return c
}

// Stopped cannot either.
func Stopped() {
	signal.Ignore(syscall.SIGSTOP) // FAULT signal-sync #stopped
}

// WaitFixed has a buffer.
func WaitFixed(cleanup func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM) // FINE signal-sync #caddyfixed: buffered
	<-c
	cleanup()
}

// Context uses NotifyContext.
func Context(ctx context.Context) (context.Context, context.CancelFunc) {
	return signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM) // FINE signal-sync #context: a buffer of its own
}

// Dump takes SIGQUIT on purpose, to answer it with its own text.
func Dump(write func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGQUIT) // FINE signal-sync: intended
	for range c {
		write()
	}
}

// Many has room for many.
func Many(n int) <-chan os.Signal {
	c := make(chan os.Signal, n+1)
	signal.Notify(c, syscall.SIGUSR1) // FINE signal-sync #many: buffered
	return c
}

// Given gets the channel of the caller.
func Given(c chan<- os.Signal) {
	signal.Notify(c, os.Interrupt) // FINE signal-sync #given: who made it is not known here
}

// Kill sends, and does not catch.
func Kill(p *os.Process) error {
	return p.Signal(syscall.SIGKILL) // FINE signal-sync: sends it
}
