package a

import (
	"net/http"
	"sync"
)

// A lock.
func locked(urls []string) {
	var mu sync.Mutex
	pages := make(map[string]int)
	for _, u := range urls {
		go func() {
			mu.Lock()
			defer mu.Unlock()
			pages[u] = 1
		}()
	}
}

// Each goroutine has its own.
func own(urls []string) {
	for _, u := range urls {
		go func() {
			m := make(map[string]int)
			m[u] = 1
		}()
	}
}

func ownOutside(urls []string) {
	for _, u := range urls {
		m := make(map[string]int)
		go func() { m[u] = 1 }()
	}
}

// Written before the goroutine starts, only read in it.
func before(urls []string) {
	m := make(map[string]int)
	for i, u := range urls {
		m[u] = i
	}
	for _, u := range urls {
		go func() { _ = m[u] }()
	}
}

// Read behind Wait.
func behind(k string) int {
	m := make(map[string]int)
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		m[k] = 1
	}()
	wg.Wait()
	return m[k]
}

func behindReceive(k string) int {
	m := make(map[string]int)
	done := make(chan bool)
	go func() {
		m[k] = 1
		close(done)
	}()
	<-done
	return m[k]
}

// sync.Map.
func syncMap(urls []string) {
	var m sync.Map
	for _, u := range urls {
		go func() { m.Store(u, 1) }()
	}
}

// One goroutine has the map, the others send.
func owner(urls []string) {
	in := make(chan string)
	go func() {
		m := make(map[string]int)
		for u := range in {
			m[u]++
		}
	}()
	for _, u := range urls {
		go func() { in <- u }()
	}
}

// One after the other.
func oneByOne(urls []string) {
	m := make(map[string]int)
	for _, u := range urls {
		done := make(chan bool)
		go func() {
			m[u] = 1
			close(done)
		}()
		<-done
	}
}

// A channel of one is a lock.
func token(urls []string) {
	sem := make(chan struct{}, 1)
	m := make(map[string]int)
	for _, u := range urls {
		go func() {
			sem <- struct{}{}
			m[u] = 1
			<-sem
		}()
	}
}

// Handlers that lock, and maps of one request.
type safe struct {
	mu   sync.Mutex
	hits map[string]int
}

func (s *safe) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m := make(map[string]int)
	m[r.URL.Path]++
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hits[r.URL.Path]++
	s.countLocked(r.URL.Path)
	s.count(r.URL.Path)
	w.Header()["X"] = nil
}

func (s *safe) countLocked(p string) { s.hits[p]++ }

func (s *safe) count(p string) { s.hits[p]++ }

// Read only in handlers.
func (s *server) read(w http.ResponseWriter, r *http.Request) {
	_ = s.hits[r.URL.Path]
}

// The constructor has it alone.
func NewCache() *Cache {
	c := &Cache{m: make(map[string]int)}
	c.m["first"] = 1
	return c
}

// Callers hold the lock.
func (c *Cache) sizeLocked() int { return len(c.m) }

func (c *Cache) evict(k string) { delete(c.m, k) }

// EvictLocked needs the lock.
func (c *Cache) EvictLocked(k string) { delete(c.m, k) }

func (c *Cache) Clean(k string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.evict(k)
}

func init() {
	counts["start"] = 0
}

// A parameter is another object, and nobody else may have it.
type State struct{ pending map[string]int }

type depot struct {
	mu    sync.Mutex
	state *State
}

func (s *depot) add(st *State, k string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st.pending[k] = 1
	st.pending[k+k] = 2
}

func (s *depot) Encode(st *State) (n int) {
	for range st.pending {
		n++
	}
	return n
}

// Taken out with the lock held: nobody else has the map any more.
type balancer struct {
	mu        sync.Mutex
	listeners map[string]func()
}

func (b *balancer) add(k string, stop func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.listeners[k] = stop
	b.listeners[k+k] = stop
}

func (b *balancer) Close() {
	b.mu.Lock()
	listeners := b.listeners
	b.listeners = nil
	b.mu.Unlock()
	for _, stop := range listeners {
		stop()
	}
}
