// Package registry keeps factories and statistics.
//
// Incident #setlabels: keptn/keptn#7409
package registry

import "sync"

// A Factory makes things.
type Factory func() any

// A Registry keeps factories.
type Registry struct {
	mu        sync.RWMutex
	factories map[string]Factory
	stats     map[string]int
}

// New makes a registry, and forgets one of its maps.
func New() *Registry {
	r := &Registry{factories: make(map[string]Factory)}
	r.stats["created"] = 1 // FAULT nil-map #stats panic: assignment to entry in nil map
	return r
}

func find(name string) map[string]string {
	if name == "" {
		return nil
	}
	return map[string]string{"name": name}
}

// Labels adds to what it found, which may be nothing.
func Labels() map[string]string {
	l := find("")
	l["found"] = "no" // FAULT nil-map #setlabels panic: assignment to entry in nil map
	return l
}

type pair struct{ left, right map[int]string }

// Pair fills one side of a pair that has nothing yet.
func Pair(n int) pair {
	p := pair{left: make(map[int]string)}
	for i := range n {
		if i%2 == 0 {
			p.left[i] = "even" // FINE nil-map #pair: made in the literal
			continue
		}
		p.right[i] = "odd" // FAULT nil-map #pair2 panic: assignment to entry in nil map
	}
	return p
}

// Register makes the map when it is first needed.
func (r *Registry) Register(name string, f Factory) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.factories == nil {
		r.factories = make(map[string]Factory)
	}
	r.factories[name] = f // FINE nil-map #register: made above
}

// Reset sets the map to nil, and makes it again.
func (r *Registry) Reset() {
	r.stats = nil
	r.stats = map[string]int{"reset": 1}
	r.stats["again"] = 1 // FINE nil-map #reset: made above
}

// Set adds to the map of the caller.
func Set(m map[string]int, k string) {
	m[k]++ // FINE nil-map #set: of the caller, who made it
}
