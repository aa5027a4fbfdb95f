// Package stream hands values to many subscribers.
//
// Incident #offer: devnw/stream#5
// Incident #accept: XTLS/REALITY#10
package stream

import "errors"

var errClosed = errors.New("stream closed")

// Distribute offers v to every subscriber; some may have gone already.
func Distribute[T any](subscribers []chan<- T, v T) {
	for _, ch := range subscribers {
		offer(ch, v)
	}
}

func offer[T any](ch chan<- T, v T) {
	defer recover() // FAULT recover-builtin-deferred #offer dies: send on closed channel
	ch <- v
}

// A Listener queues accepted connections.
type Listener struct {
	conns chan int
	done  bool
}

// Push queues one connection.
func (l *Listener) Push(conn int) {
	if l.done {
		return
	}
	go func() {
		defer recover() // FAULT recover-builtin-deferred #accept dies: send on closed channel
		l.conns <- conn
	}()
}

// Shut ends the listener.
func (l *Listener) Shut() {
	close(l.conns)
}

// Try offers v and says whether the subscriber was still there.
func Try[T any](ch chan<- T, v T) (err error) {
	defer func() {
		if recover() != nil { // FINE recover-swallow #try: the panic becomes an error
			err = errClosed
		}
	}()
	ch <- v
	return nil
}

// Listen makes a listener.
func Listen(n int) *Listener { return &Listener{conns: make(chan int, n)} }
