// Package loops starts goroutines that have no way out.
//
// Incident #orbs: orbs-network/orbs-network-go#198
package loops

import (
	"context"
	"sync"
	"time"
)

// A Session belongs to one connection.
type Session struct {
	pings chan struct{}
	stop  chan struct{}
	once  sync.Once
}

// Open opens a session, whose pinger never ends.
func Open(every time.Duration, ping func()) *Session {
	s := &Session{pings: make(chan struct{}, 1)}
	go func() { // FAULT goroutine-no-exit #open
		t := time.NewTicker(every)
		for {
			<-t.C
			ping()
		}
	}()
	return s
}

// Sync requests blocks.
func Sync(events <-chan int, handle func(int)) {
	go func() { // FAULT goroutine-no-exit #orbs
		for {
			select {
			case e := <-events:
				handle(e)
			case <-time.After(time.Second):
				handle(0)
			}
		}
	}()
}

func (s *Session) spin(work func()) {
	for {
		work()
		time.Sleep(time.Millisecond)
	}
}

// Spin spins.
func (s *Session) Spin(work func()) {
	go s.spin(work) // FAULT goroutine-no-exit #spin
}

// OpenFixed ends with the session.
func OpenFixed(every time.Duration, ping func()) *Session {
	s := &Session{stop: make(chan struct{})}
	go func() { // FINE goroutine-no-exit #openfixed: ends with the session
		t := time.NewTicker(every)
		defer t.Stop()
		for {
			select {
			case <-s.stop:
				return
			case <-t.C:
				ping()
			}
		}
	}()
	return s
}

// Close closes it.
func (s *Session) Close() { s.once.Do(func() { close(s.stop) }) }

// Context ends with the context.
func Context(ctx context.Context, work func()) {
	go func() { // FINE goroutine-no-exit #context: ends with the context
		for ctx.Err() == nil {
			work()
			time.Sleep(time.Millisecond)
		}
	}()
}

// Read ends when the connection does.
func Read(read func() (int, error), see func(int)) {
	go func() { // FINE goroutine-no-exit #read: ends with an error
		for {
			n, err := read()
			if err != nil {
				return
			}
			see(n)
		}
	}()
}

// Range ends when the channel is closed.
func Range(in <-chan int, see func(int)) {
	go func() { // FINE goroutine-no-exit #range: ends with the channel
		for v := range in {
			see(v)
		}
	}()
}
