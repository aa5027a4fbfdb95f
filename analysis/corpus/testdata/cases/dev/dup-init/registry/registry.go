// Package registry keeps counters by name.
package registry

import "sync"

// A Counter counts.
type Counter struct{ name string }

// NewCounter makes a counter.
func NewCounter(name string) *Counter { return &Counter{name} }

var (
	mu   sync.Mutex
	seen = make(map[string]*Counter)
)

// MustRegister panics when the name is taken.
func MustRegister(c *Counter) {
	mu.Lock()
	defer mu.Unlock()
	if seen[c.name] != nil {
		panic("duplicate metrics collector registration attempted")
	}
	seen[c.name] = c
}
