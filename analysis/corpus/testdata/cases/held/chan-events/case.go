// Package events sends events to clients of a server.
//
// Incident #remove: alexandrevicenzi/go-sse#24
// Incident #reader: edouardparis/lntop#77
// Incident #opcodes,#opcodesfixed: andreykaipov/goobs#176
package events

import (
	"context"
	"sync"
)

// A Server keeps clients.
type Server struct {
	add, remove chan string
	done        chan struct{}
	wg          sync.WaitGroup
}

// Leave takes a client off the list.
func (s *Server) Leave(name string) {
	s.remove <- name // FAULT chan-close #remove panic: send on closed channel
}

// Shutdown ends all.
func (s *Server) Shutdown() {
	close(s.add)
	close(s.remove)
	close(s.done)
}

// Ticker sends to a channel of the user interface.
func Ticker(ctx context.Context, sub chan<- int, next func() (int, bool)) {
	for {
		v, ok := next()
		if !ok {
			return
		}
		select {
		case <-ctx.Done():
			return
		case sub <- v: // FINE chan-close #ticker: only this side sends, and it does not close
		}
	}
}

type ui struct{ sub chan int }

func (u *ui) run(next func() (int, bool)) {
	go func() {
		for {
			v, ok := next()
			if !ok {
				return
			}
			u.sub <- v // FAULT chan-close #reader panic: send on closed channel
		}
	}()
	first := <-u.sub
	_ = first
	close(u.sub)
}

// Opcodes sends until told otherwise, while another goroutine closes.
func Opcodes(read func() bool, stop <-chan struct{}) <-chan bool {
	incoming := make(chan bool, 4)
	go func() {
		<-stop
		close(incoming)
	}()
	// ALSO goroutine-no-exit: nothing ends it but a panic
	go func() {
		for {
			incoming <- read() // FAULT chan-close #opcodes panic: send on closed channel
		}
	}()
	return incoming
}

// OpcodesFixed closes where it sends.
func OpcodesFixed(read func() bool, stop <-chan struct{}) <-chan bool {
	incoming := make(chan bool, 4)
	go func() {
		defer close(incoming) // FINE chan-close #opcodesfixed: the sender closes
		for {
			select {
			case <-stop:
				return
			case incoming <- read():
			}
		}
	}()
	return incoming
}

// Merge closes when all senders are through.
func Merge(ins ...<-chan int) <-chan int {
	out := make(chan int)
	var wg sync.WaitGroup
	for _, in := range ins {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for v := range in {
				out <- v // FINE chan-close #merge: closed after all senders are done
			}
		}()
	}
	go func() {
		wg.Wait()
		close(out) // FINE chan-close #merge: after all senders
	}()
	return out
}

// Either closes on one of two ways.
func Either(fail bool) <-chan int {
	c := make(chan int)
	if fail {
		close(c)
		return c
	}
	go func() {
		c <- 1
		close(c) // FINE chan-close #either: the other way has returned
	}()
	return c
}

func endBoth(a, b chan int) {
	close(a)
	close(b) // FINE chan-close #both: another channel
}

// New makes a server.
func New() *Server {
	return &Server{add: make(chan string), remove: make(chan string, 1), done: make(chan struct{})}
}

func newUI() *ui { return &ui{sub: make(chan int)} }
