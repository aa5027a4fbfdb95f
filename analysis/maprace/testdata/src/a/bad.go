package a

import (
	"net/http"
	"sync"
)

func loop(urls []string) map[string]int {
	pages := make(map[string]int)
	var wg sync.WaitGroup
	for _, u := range urls {
		wg.Add(1)
		go func() {
			defer wg.Done()
			pages[u] = fetch(u) // want `goroutines of a loop write to pages without a lock`
		}()
	}
	wg.Wait()
	return pages
}

func group(urls []string) {
	var wg sync.WaitGroup
	pages := map[string]int{}
	for _, u := range urls {
		wg.Go(func() {
			pages[u]++ // want `goroutines of a loop write to pages without a lock`
		})
	}
	wg.Wait()
}

func deletes(urls []string, pages map[string]int) {
	for _, u := range urls {
		go func(u string) {
			delete(pages, u) // want `goroutines of a loop write to pages without a lock`
		}(u)
	}
}

func store(pages map[string]int, u string) {
	pages[u] = 1 // want `goroutines of a loop write to pages without a lock`
}

func named(urls []string) {
	pages := make(map[string]int)
	for _, u := range urls {
		go store(pages, u)
	}
}

func readLock(urls []string) {
	var mu sync.RWMutex
	pages := make(map[string]int)
	for _, u := range urls {
		go func() {
			mu.RLock()
			defer mu.RUnlock()
			pages[u] = 1 // want `goroutines of a loop write to pages without a lock`
		}()
	}
}

func afterUnlock(urls []string) {
	var mu sync.Mutex
	n := 0
	pages := make(map[string]int)
	for _, u := range urls {
		go func() {
			mu.Lock()
			n++
			mu.Unlock()
			pages[u] = 1 // want `goroutines of a loop write to pages without a lock`
		}()
	}
}

func meanwhile(k string) int {
	m := make(map[string]int)
	go func() {
		m[k] = 1 // want `this goroutine writes to m while others use it`
	}()
	return m[k]
}

func two(k string) {
	m := make(map[string]int)
	go func() {
		m[k] = 1 // want `this goroutine writes to m while others use it`
	}()
	go func() {
		_ = m[k]
	}()
}

type server struct {
	hits map[string]int
	mu   sync.Mutex
	seen map[string]bool
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.hits[r.URL.Path]++ // want `write to s.hits in a handler without a lock`
	s.remember(r.URL.Path)
}

func (s *server) remember(p string) {
	s.seen[p] = true // want `write to s.seen in a handler without a lock`
}

var counts = map[string]int{}

func handler(w http.ResponseWriter, r *http.Request) {
	counts[r.URL.Path]++ // want `write to counts in a handler without a lock`
}

func register(mux *http.ServeMux) {
	visits := make(map[string]int)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		visits[r.URL.Path]++ // want `write to visits in a handler without a lock`
	})
}

type Cache struct {
	mu sync.Mutex
	m  map[string]int
}

func (c *Cache) Set(k string, v int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.m[k] = v
}

func (c *Cache) Get(k string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.m[k]
}

func (c *Cache) Delete(k string) {
	delete(c.m, k) // want `write to c.m without the lock that others hold`
}

func fetch(string) int { return 1 }

// The field still has the map.
type pool struct {
	mu    sync.Mutex
	conns map[string]func()
}

func (p *pool) add(k string, reset func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns[k] = reset
	p.conns[k+k] = reset
}

func (p *pool) Reset() {
	p.mu.Lock()
	conns := p.conns
	p.mu.Unlock()
	for _, reset := range conns { // want `read of conns without the lock that others hold for it`
		reset()
	}
}
