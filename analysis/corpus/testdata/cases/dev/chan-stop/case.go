// Package agent runs an agent that may be stopped by many.
//
// Incident #disconnect,#disconnectfixed: eclipse-paho/paho.mqtt.golang#145
// Incident #loop,#loopfixed: openshift-kni/oran-o2ims#617
// Incident #publish,#publishfixed: sipeed/picoclaw#223
package agent

import (
	"context"
	"errors"
	"sync"
)

var errClosed = errors.New("agent: closed")

// A Client is connected.
type Client struct {
	stopRouter chan struct{}
	out        chan string
	mu         sync.Mutex
	closed     bool
	once       sync.Once
}

// Disconnect may be called by the user and by the reader.
func (c *Client) Disconnect() {
	close(c.stopRouter)
	c.teardown()
}

func (c *Client) teardown() {
	close(c.stopRouter) // FAULT chan-close #disconnect panic: close of closed channel
}

// Run reads until the end, and closes in each round.
func Run(ctx context.Context, in <-chan int) {
	done := make(chan struct{})
	for {
		select {
		case <-ctx.Done():
			close(done) // FAULT chan-close #loop panic: close of closed channel
		case v, ok := <-in:
			if !ok {
				return
			}
			_ = v
		}
	}
}

// A Bus carries messages.
type Bus struct {
	in     chan string
	mu     sync.RWMutex
	closed bool
}

// Publish publishes, after Close as well.
func (b *Bus) Publish(m string) {
	b.in <- m // FAULT chan-close #publish panic: send on closed channel
}

// Close ends the bus.
func (b *Bus) Close() {
	close(b.in)
}

// Flush sends what is left to a channel it has just closed.
func Flush(left []string) []string {
	out := make(chan string, len(left)+1)
	for _, l := range left {
		out <- l
	}
	close(out)
	out <- "end" // FAULT chan-close #flush panic: send on closed channel
	return nil
}

// Nil closes a channel that was never made.
func Nil(n int) {
	var done chan struct{}
	if n > 0 {
		close(done) // FAULT chan-close #nil panic: close of nil channel
	}
}

// DisconnectFixed closes once.
func (c *Client) DisconnectFixed() {
	c.once.Do(func() { close(c.out) }) // FINE chan-close #disconnectfixed: once
}

// RunFixed leaves the loop.
func RunFixed(ctx context.Context, in <-chan int) {
	done := make(chan struct{})
	for {
		select {
		case <-ctx.Done():
			close(done) // FINE chan-close #loopfixed: returns after it
			return
		case _, ok := <-in:
			if !ok {
				return
			}
		}
	}
}

// A SafeBus knows whether it is closed.
type SafeBus struct {
	in     chan string
	mu     sync.RWMutex
	closed bool
}

// Publish publishes under the lock.
func (b *SafeBus) Publish(m string) error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.closed {
		return errClosed
	}
	b.in <- m // FINE chan-close #publishfixed: the flag is checked under the lock
	return nil
}

// Close closes once.
func (b *SafeBus) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	b.closed = true
	close(b.in) // FINE chan-close #publishfixed: the flag is checked under the lock
}

// A Quit only closes its quit channel, and never the data.
type Quit struct {
	in   chan string
	quit chan struct{}
	once sync.Once
}

// Publish gives up when it is over.
func (q *Quit) Publish(m string) error {
	select {
	case q.in <- m: // FINE chan-close #quit: nobody closes this one
		return nil
	case <-q.quit:
		return errClosed
	}
}

// Close closes the quit channel.
func (q *Quit) Close() {
	q.once.Do(func() { close(q.quit) }) // FINE chan-close #quit: once
}

// Produce closes what it alone sends on.
func Produce(n int) <-chan int {
	out := make(chan int)
	go func() {
		defer close(out) // FINE chan-close #produce: the only sender closes, at the end
		for i := range n {
			out <- i
		}
	}()
	return out
}

// Remake makes a new channel after each close.
func Remake(rounds int) {
	done := make(chan struct{})
	for range rounds {
		close(done) // FINE chan-close #remake: a new one each round
		done = make(chan struct{})
	}
	_ = done
}

// New makes a client.
func New() *Client {
	return &Client{stopRouter: make(chan struct{}), out: make(chan string, 1)}
}

// NewBus makes a bus.
func NewBus(n int) *Bus { return &Bus{in: make(chan string, n)} }

// NewSafeBus makes a bus.
func NewSafeBus(n int) *SafeBus { return &SafeBus{in: make(chan string, n)} }

// NewQuit makes one.
func NewQuit() *Quit { return &Quit{in: make(chan string), quit: make(chan struct{})} }
