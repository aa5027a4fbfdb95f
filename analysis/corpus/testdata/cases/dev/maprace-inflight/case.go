// Package inflight keeps what is under way, for many goroutines.
//
// Incident #inflight,#inflightfixed: fhmq/hmq#108
// Incident #staging: ipni/storetheindex#606
// Incident #adv: jdoupe/govee-exporter#2
// Incident #metadata: fleetdm/fleet#49536
package inflight

import (
	"maps"
	"net/http"
	"sync"
)

// A Client is a client.
type Client struct {
	inflight map[uint16]string
	mu       sync.RWMutex
	safe     map[uint16]string
}

// Start reads and resends in two goroutines.
func (c *Client) Start(in <-chan uint16, stop <-chan struct{}) {
	go func() {
		for id := range in {
			c.inflight[id] = "sent" // FAULT map-race #inflight fatal: concurrent map
		}
	}()
	go c.resend(stop)
}

func (c *Client) resend(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
		}
		for id := range c.inflight { // ALSO map-race: the other side of the same race
			_ = id
		}
	}
}

// Ingest ingests all providers at once.
func Ingest(providers []string, load func(string) int) map[string]int {
	staging := make(map[string]int)
	var wg sync.WaitGroup
	for _, p := range providers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			staging[p] = load(p) // FAULT map-race #staging fatal: concurrent map
		}()
	}
	wg.Wait()
	return staging
}

type exporter struct{ data map[string]float64 }

// ServeHTTP is called by many at once.
func (e *exporter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.data[r.URL.Path]++ // FAULT map-race #adv fatal: concurrent map
	w.WriteHeader(http.StatusNoContent)
}

var defaults = map[string]any{"service": "inflight"}

// Wrap is called by every handler, and writes to the map of all.
func Wrap(w http.ResponseWriter, r *http.Request) {
	defaults["path"] = r.URL.Path // FAULT map-race #metadata fatal: concurrent map
	w.WriteHeader(http.StatusOK)
}

// Put locks.
func (c *Client) Put(id uint16, s string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.safe[id] = s // FINE map-race #inflightfixed: under the lock
}

// Get locks for reading.
func (c *Client) Get(id uint16) string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.safe[id] // FINE map-race #inflightfixed: under the lock
}

// Both starts two goroutines that lock.
func (c *Client) Both() {
	var wg sync.WaitGroup
	for id := range uint16(2) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 1000 {
				c.Put(id, "a")
				c.putLocked(id)
			}
		}()
	}
	wg.Wait()
}

func (c *Client) putLocked(id uint16) {
	c.mu.Lock()
	c.setLocked(id)
	c.mu.Unlock()
}

func (c *Client) setLocked(id uint16) {
	c.safe[id] = "b" // FINE map-race #inflightfixed: the caller holds the lock, the name says so
}

// Own writes to a map of its own in each goroutine.
func Own(parts [][]string) []map[string]int {
	out := make([]map[string]int, len(parts))
	var wg sync.WaitGroup
	for i, p := range parts {
		wg.Add(1)
		go func() {
			defer wg.Done()
			m := make(map[string]int)
			for _, w := range p {
				m[w]++ // FINE map-race #own: a map of its own
			}
			out[i] = m
		}()
	}
	wg.Wait()
	return out
}

// ReadOnly reads in many goroutines.
func ReadOnly(names []string) int {
	known := map[string]int{"a": 1}
	var wg sync.WaitGroup
	for _, n := range names {
		wg.Add(1)
		go func() {
			defer wg.Done()
			_ = known[n] // FINE map-race #readonly: nobody writes
		}()
	}
	wg.Wait()
	return len(known)
}

// Collect writes in one goroutine only.
func Collect(providers []string, load func(string) int) map[string]int {
	type result struct {
		name string
		n    int
	}
	results := make(chan result)
	for _, p := range providers {
		go func() { results <- result{p, load(p)} }()
	}
	out := make(map[string]int)
	for range providers {
		r := <-results
		out[r.name] = r.n // FINE map-race #collect: one goroutine writes
	}
	return out
}

// Before fills the map before the goroutines start.
func Before(names []string) map[string]bool {
	seen := maps.Clone(map[string]bool{"a": true})
	for _, n := range names {
		seen[n] = true // FINE map-race #before: before the goroutines start
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { _ = seen["a"] })
	}
	wg.Wait()
	seen["done"] = true // FINE map-race #before: after they ended
	return seen
}

// Syncs uses a map for many.
func Syncs(names []string) {
	var m sync.Map
	var wg sync.WaitGroup
	for _, n := range names {
		wg.Go(func() { m.Store(n, true) }) // FINE map-race #syncs: a sync.Map
	}
	wg.Wait()
}

// New makes a client.
func New() *Client {
	return &Client{inflight: make(map[uint16]string), safe: make(map[uint16]string)}
}

// Exporter makes the handler.
func Exporter() http.Handler { return &exporter{data: make(map[string]float64)} }
