// Package pool keeps goroutines of requests.
package pool

import (
	"context"
	"io"
	"net"
	"time"
)

type conn struct {
	raw  net.Conn
	done chan struct{}
}

// Watch looks after one connection for ever.
func (c *conn) Watch(report func(int)) {
	go func() { // FAULT goroutine-no-exit
		n := 0
		for {
			time.Sleep(time.Second)
			n++
			report(n)
		}
	}()
}

// Drain waits on a channel in a loop without an end.
func Drain(c <-chan int, see func(int)) {
	go drain(c, see) // FAULT goroutine-no-exit
}

func drain(c <-chan int, see func(int)) {
	for {
		see(<-c)
	}
}

// Read ends when the connection does.
func (c *conn) Read(see func([]byte)) {
	go func() { // FINE goroutine-no-exit #read: ends with the connection
		buf := make([]byte, 512)
		for {
			n, err := c.raw.Read(buf)
			if err != nil {
				return
			}
			see(buf[:n])
		}
	}()
}

// Label leaves two loops at once.
func (c *conn) Label(ticks <-chan time.Time, flush func() error) {
	go func() { // FINE goroutine-no-exit #label: leaves both loops
	outer:
		for {
			for range 3 {
				select {
				case <-c.done:
					break outer
				case <-ticks:
					if flush() != nil {
						break outer
					}
				}
			}
		}
	}()
}

// Copy ends with the copy.
func Copy(dst io.Writer, src io.Reader) {
	go func() { // FINE goroutine-no-exit #copy: no loop
		_, _ = io.Copy(dst, src)
	}()
}

// Pause ends with the context, in the condition.
func Pause(ctx context.Context, f func()) {
	go func() { // FINE goroutine-no-exit #pause: ends with the context
		for {
			select {
			case <-ctx.Done():
				return
			default:
			}
			f()
			time.Sleep(time.Millisecond)
		}
	}()
}

func open(raw net.Conn) *conn { return &conn{raw: raw, done: make(chan struct{})} }
