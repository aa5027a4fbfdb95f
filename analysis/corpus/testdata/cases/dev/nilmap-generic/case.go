// Package index indexes things of any kind.
package index

import (
	"cmp"
	"net/http"
	"slices"
	"sync"
)

// A Set is a set.
type Set[K cmp.Ordered] struct {
	mu    sync.Mutex
	items map[K]struct{}
}

// Of makes a set of keys.
func Of[K cmp.Ordered](keys ...K) map[K]int {
	var m map[K]int
	for i, k := range keys {
		m[k] = i // FAULT nil-map #of panic: assignment to entry in nil map
	}
	return m
}

// Group groups by a function.
func Group[K cmp.Ordered, V any](list []V, by func(V) K) (groups map[K][]V) {
	for _, v := range list {
		k := by(v)
		groups[k] = append(groups[k], v) // FAULT nil-map #group panic: assignment to entry in nil map
	}
	return groups
}

// Header makes the header of an answer.
func Header(kind string) http.Header {
	var h http.Header
	if kind == "" {
		return h
	}
	h["Content-Type"] = []string{kind} // FAULT nil-map #header panic: assignment to entry in nil map
	return h
}

type node struct{ children map[string]*node }

func (n *node) add(path ...string) {
	for _, p := range path {
		child := &node{}
		if n.children == nil {
			n.children = make(map[string]*node)
		}
		n.children[p] = child // FINE nil-map #add: made above
		n = child
	}
}

// Last takes away and forgets the map.
func Last(m map[string]int) {
	m = nil
	if len(m) == 0 {
		m["last"] = 1 // FAULT nil-map #last panic: assignment to entry in nil map
	}
}

// Add makes the map when it is first needed.
func (s *Set[K]) Add(k K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.items == nil {
		s.items = make(map[K]struct{})
	}
	s.items[k] = struct{}{} // FINE nil-map #addset: made above
}

// Keys reads.
func (s *Set[K]) Keys() []K {
	keys := make([]K, 0, len(s.items))
	for k := range s.items { // FINE nil-map #addset: reading does not panic
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Lazy makes it by a function.
func Lazy(fill bool) map[string]int {
	var m map[string]int
	get := func() map[string]int {
		if m == nil {
			m = make(map[string]int)
		}
		return m
	}
	if fill {
		get()["a"] = 1 // FINE nil-map #lazy: made by get
	}
	return m
}

// Result uses a map of a function that makes it.
func Result(names []string) map[string]bool {
	seen := newSeen(len(names))
	for _, n := range names {
		seen[n] = true // FINE nil-map #result: made by newSeen
	}
	return seen
}

func newSeen(n int) map[string]bool { return make(map[string]bool, n) }
