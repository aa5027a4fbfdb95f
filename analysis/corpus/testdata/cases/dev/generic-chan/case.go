// Package fan fans values out to generic subscribers.
//
// Incident #genshin: skycoin/skywire#633
package fan

import "sync"

// A Topic has subscribers.
type Topic[T any] struct {
	mu   sync.Mutex
	subs map[int]chan T
	next int
}

// New makes a topic.
func New[T any]() *Topic[T] { return &Topic[T]{subs: make(map[int]chan T)} }

// Subscribe adds a subscriber.
func (t *Topic[T]) Subscribe() (<-chan T, func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	id, c := t.next, make(chan T, 1)
	t.next++
	t.subs[id] = c
	return c, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if _, ok := t.subs[id]; ok {
			delete(t.subs, id)
			close(c) // FINE chan-close #cancel: only while it is in the map, under the lock
		}
	}
}

// Publish sends to all that are there.
func (t *Topic[T]) Publish(v T) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.subs {
		select {
		case c <- v: // FINE chan-close #cancel: closed ones are not in the map
		default:
		}
	}
}

// Last sends the last value to a channel it closed just before.
func Last[T any](values []T) []T {
	c := make(chan T, len(values)+1)
	for _, v := range values {
		c <- v
	}
	close(c)
	var last T
	for v := range c {
		last = v
	}
	c <- last // FAULT chan-close #last panic: send on closed channel
	return nil
}

// Cleanup closes in a deferred call and in the body.
func Cleanup[T any](values []T, see func(T)) {
	c := make(chan T, len(values))
	defer close(c) // FAULT chan-close #cleanup dies: close of closed channel
	for _, v := range values {
		c <- v
	}
	close(c) // ALT chan-close #cleanup: one of the two is too many
	for v := range c {
		see(v)
	}
}

// Error closes on errors, and at the end.
func Error(fail func() bool) <-chan int {
	c := make(chan int, 1)
	if fail() {
		close(c)
	}
	c <- 1 // FAULT chan-close #genshin panic: send on closed channel
	return c
}

// Select closes after it has left the loop.
func Select(in <-chan int, stop <-chan struct{}) <-chan int {
	out := make(chan int, 1)
	for open := true; open; {
		select {
		case v, ok := <-in:
			if !ok {
				open = false
				continue
			}
			out <- v
		case <-stop:
			open = false
		}
	}
	close(out) // FINE chan-close #select: once, after the loop
	return out
}
