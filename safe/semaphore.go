package safe

import (
	"container/list"
	"context"
	"sync"
)

// A semaphore hands out weight, first come first served: a heavy caller is not
// overtaken by light ones for ever.
type semaphore struct {
	mu         sync.Mutex
	free       int64
	maxWaiting int       // 0: no limit
	waiting    list.List // of *waiter, the first to be served first
	closed     error     // what callers are refused with
}

type waiter struct {
	n     int64
	ready chan struct{} // closed when it has its weight, or err
	err   error
}

// acquire waits until n can be taken.
func (s *semaphore) acquire(ctx context.Context, n int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	done := ctx.Done()
	s.mu.Lock()
	switch {
	case s.closed != nil:
		defer s.mu.Unlock()
		return s.closed
	case s.waiting.Len() == 0 && s.free >= n:
		s.free -= n
		s.mu.Unlock()
		return nil
	case s.maxWaiting > 0 && s.waiting.Len() >= s.maxWaiting:
		s.mu.Unlock()
		return ErrBusy
	}
	w := &waiter{n: n, ready: make(chan struct{})}
	e := s.waiting.PushBack(w)
	s.mu.Unlock()
	select {
	case <-w.ready:
		return w.err
	case <-done:
		s.giveUp(e, w)
		return ctx.Err()
	}
}

// giveUp takes a waiter back, and with it what it was given at the same moment.
func (s *semaphore) giveUp(e *list.Element, w *waiter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-w.ready:
		if w.err == nil {
			s.free += w.n
		}
	default:
		s.waiting.Remove(e)
	}
	s.serve() // a lighter one behind it may fit now
}

func (s *semaphore) release(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free += n
	s.serve()
}

// serve lets in who fits, in order. The lock is held.
func (s *semaphore) serve() {
	for e := s.waiting.Front(); e != nil; e = s.waiting.Front() {
		w := e.Value.(*waiter)
		if w.n > s.free {
			return
		}
		s.free -= w.n
		s.waiting.Remove(e)
		close(w.ready)
	}
}

// close refuses whoever waits, and whoever comes.
func (s *semaphore) close(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = err
	for e := s.waiting.Front(); e != nil; e = s.waiting.Front() {
		w := e.Value.(*waiter)
		w.err = err
		s.waiting.Remove(e)
		close(w.ready)
	}
}
