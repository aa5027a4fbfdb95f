// Package daemon waits for signals in a loop.
//
// Incident #keyrace: nat/keyrace#7
// Incident #probe: megaease/easeprobe#295
package daemon

import (
	"context"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"
)

type server struct {
	sig  chan os.Signal
	done chan struct{}
}

func newServer() *server {
	return &server{sig: make(chan os.Signal), done: make(chan struct{})}
}

// Run runs until a signal comes.
func (s *server) Run(save func()) {
	signal.Notify(s.sig, os.Interrupt, syscall.SIGTERM) // FAULT signal-sync #keyrace
	go func() {
		<-s.sig
		save()
		close(s.done)
	}()
	<-s.done
}

// Probe probes until a signal comes.
func Probe(probe func()) {
	done := make(chan os.Signal)
	defer close(done)
	signal.Notify(done, syscall.SIGHUP, syscall.SIGTERM) // FAULT signal-sync #probe
	for {
		select {
		case <-done:
			return
		case <-time.After(time.Second):
			probe()
		}
	}
}

// All asks for all signals that cannot be had.
func All() chan os.Signal {
	c := make(chan os.Signal, 8)
	signal.Notify(c, syscall.SIGSTOP, syscall.SIGTERM) // FAULT signal-sync #all
	return c
}

// Buffered has room.
func Buffered(ctx context.Context, reload func()) {
	c := make(chan os.Signal, 4)
	signal.Notify(c, syscall.SIGHUP) // FINE signal-sync #buffered: buffered
	defer signal.Stop(c)
	for {
		select {
		case <-ctx.Done():
			return
		case s := <-c:
			log.Print(s)
			reload()
		}
	}
}

type buffered struct{ c chan os.Signal }

// Start makes the channel with room in the constructor.
func Start() *buffered {
	b := &buffered{c: make(chan os.Signal, 1)}
	signal.Notify(b.c, os.Interrupt) // FINE signal-sync #start: buffered
	return b
}

// Reset gives signals back.
func Reset() {
	signal.Reset(os.Interrupt) // FINE signal-sync #reset: nothing is caught
}

// Ignore ignores what can be ignored.
func Ignore() {
	signal.Ignore(syscall.SIGPIPE) // FINE signal-sync #ignore: can be ignored
}
