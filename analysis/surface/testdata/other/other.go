// Package other is of another module.
package other

import "errors"

// Parse panics when it does not like what it is given.
func Parse(s string) int {
	if s == "" {
		panic("other: empty")
	}
	return len(s)
}

// Safe does not panic.
func Safe(s string) (int, error) {
	if s == "" {
		return 0, errors.New("empty")
	}
	return len(s), nil
}

// A Pool runs functions in goroutines of its own.
type Pool struct{ jobs chan func(int) }

// NewPool starts a pool.
func NewPool() *Pool {
	p := &Pool{jobs: make(chan func(int))}
	go p.work()
	return p
}

func (p *Pool) work() {
	for f := range p.jobs {
		p.one(f)
	}
}

func (p *Pool) one(f func(int)) { f(1) }

// Submit hands a function to the pool.
func (p *Pool) Submit(f func(int)) { p.jobs <- f }

// Each calls f for each.
func Each(n int, f func(int)) {
	for i := range n {
		f(i)
	}
}

// Go runs f in a goroutine and recovers what it panics with.
func Go(f func()) {
	go func() {
		defer func() { _ = recover() }()
		f()
	}()
}
