// Package errgroup waits for goroutines and keeps the first error, as the
// module of this name does.
package errgroup

import "sync"

// A Group is a set of goroutines.
type Group struct {
	wg   sync.WaitGroup
	once sync.Once
	err  error
}

// Go starts f.
func (g *Group) Go(f func() error) {
	g.wg.Add(1)
	go func() {
		defer g.wg.Done()
		if err := f(); err != nil {
			g.once.Do(func() { g.err = err })
		}
	}()
}

// Wait waits for all.
func (g *Group) Wait() error {
	g.wg.Wait()
	return g.err
}
