// Package errgroup stands for the real one.
package errgroup

import "context"

// Group runs functions.
type Group struct{}

// WithContext makes one.
func WithContext(ctx context.Context) (*Group, context.Context) { return new(Group), ctx }

// SetLimit limits it.
func (g *Group) SetLimit(n int) {}

// Go runs f in a goroutine.
func (g *Group) Go(f func() error) {
	go func() {
		if err := f(); err != nil {
			println(err.Error())
		}
	}()
}

// TryGo is Go, when there is room.
func (g *Group) TryGo(f func() error) bool {
	g.Go(f)
	return true
}

// Wait waits.
func (g *Group) Wait() error { return nil }
