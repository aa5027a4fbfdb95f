// Package store keeps things.
package store

import (
	"fmt"
	"strconv"

	"example.com/shop/must"
)

// A Store is a store.
type Store struct{ open bool }

// Read reads.
//
//go:noinline
func (s *Store) Read(id string) {
	if !s.open {
		panic("store is closed")
	}
}

// Len counts.
func (s *Store) Len() int {
	if s == nil {
		return 0
	}
	return 1
}

// Write writes.
//
//go:noinline
func (s *Store) Write(id string) {
	if !s.open {
		panic("store is closed")
	}
}

// Each calls f for each element.
//
//go:noinline
func Each[T any](list []T, f func(T)) {
	for _, v := range list {
		f(v)
	}
}

// Largest returns the largest element.
//
//go:noinline
func Largest[T int | string](list []T) T {
	largest := list[0]
	for _, v := range list {
		largest = max(largest, v)
	}
	return largest
}

// Tx runs f in a transaction.
//
//go:noinline
func Tx(f func() error) {
	if f == nil {
		return
	}
	if err := f(); err != nil {
		panic(fmt.Errorf("transaction: %w", err))
	}
}

var sum int

// Run dies.
func Run(bug, value string) {
	switch bug {
	case "closed-read":
		new(Store).Read(value)
	case "closed-write":
		new(Store).Write(value)
	case "largest-int":
		Largest([]int(nil))
	case "largest-string":
		Largest([]string(nil))
	case "each":
		Each([]string{"a"}, func(string) { parse(value) })
	case "tx":
		Each([]int{1}, func(n int) { sum += n })
		Tx(func() error {
			return fmt.Errorf("order %s of %s at %s: refused after 1.5s", value, "bob@shop.example", "10.0.0."+value+":5432")
		})
	}
}

//go:noinline
func parse(value string) int { return must.Get(strconv.Atoi("x" + value)) }
