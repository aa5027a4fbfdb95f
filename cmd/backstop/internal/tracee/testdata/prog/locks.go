package main

import (
	"runtime"
	"sync"
	"time"
)

var front, back sync.Mutex

// A shelf has a lock that does not stand first in it.
type shelf struct {
	items int
	mu    sync.RWMutex
}

func init() {
	// cycle: two goroutines that wait for each other's lock, two that do so with
	// locks that are global, three with one read lock among theirs, and one that
	// has locked what it waits for. They have deferred what would let go.
	others["cycle"] = func([]string) {
		var a, b sync.Mutex
		meet := new(sync.WaitGroup)
		meet.Add(7)
		go nested(&a, &b, meet)
		go nested(&b, &a, meet)
		go frontFirst(meet)
		go backFirst(meet)
		s := new(shelf)
		var c, d sync.Mutex
		go nested(&c, &d, meet)
		go func() {
			d.Lock()
			defer d.Unlock()
			meet.Done()
			meet.Wait()
			s.put()
		}()
		go s.look(&c, meet)
		go twice(new(shelf))
		time.Sleep(50 * time.Millisecond)
	}
	// contend: goroutines that wait for locks of one another all the time, and
	// always go on.
	others["contend"] = func([]string) {
		var a, b sync.Mutex
		cond := sync.NewCond(&a)
		s := new(shelf)
		for i := 0; i < 4; i++ {
			go forEver(func() { one(&a); one(&b); one(&a) })
			go forEver(func() { one(&b); one(&a) })
			go forEver(func() { window(&a, &b) })
			go forEver(func() { window(&b, &a) })
			go forEver(func() { awaits(cond) })
			go forEver(func() { s.put(); one(&a); s.put() })
		}
		go forEver(cond.Broadcast)
	}
}

func forEver(f func()) {
	for {
		f()
		runtime.Gosched()
	}
}

//go:noinline
func nested(first, second *sync.Mutex, meet *sync.WaitGroup) {
	first.Lock()
	defer first.Unlock()
	meet.Done()
	meet.Wait()
	second.Lock()
	defer second.Unlock()
}

func frontFirst(meet *sync.WaitGroup) {
	front.Lock()
	defer front.Unlock()
	meet.Done()
	meet.Wait()
	back.Lock()
	defer back.Unlock()
}

func backFirst(meet *sync.WaitGroup) {
	back.Lock()
	defer back.Unlock()
	meet.Done()
	meet.Wait()
	front.Lock()
	defer front.Unlock()
}

//go:noinline
func (s *shelf) put() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.items++
}

func (s *shelf) look(then *sync.Mutex, meet *sync.WaitGroup) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	meet.Done()
	meet.Wait()
	then.Lock()
	defer then.Unlock()
}

//go:noinline
func twice(s *shelf) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put()
}

//go:noinline
func one(m *sync.Mutex) {
	m.Lock()
	defer m.Unlock()
	work()
}

// window lets go of what it has deferred to let go of, for a while.
//
//go:noinline
func window(m, other *sync.Mutex) {
	m.Lock()
	defer m.Unlock()
	m.Unlock()
	one(other)
	m.Lock()
}

//go:noinline
func awaits(c *sync.Cond) {
	c.L.Lock()
	defer c.L.Unlock()
	c.Wait()
	work()
}

//go:noinline
func work() {
	for i := 0; i < 2000; i++ {
		now.Count++
	}
}
