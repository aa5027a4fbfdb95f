// Package errgroup stands for the real one.
package errgroup

// Group runs functions.
type Group struct{}

// Go runs f in a goroutine.
func (g *Group) Go(f func() error) {
	go func() {
		if err := f(); err != nil {
			println(err.Error())
		}
	}()
}

// Wait waits.
func (g *Group) Wait() error { return nil }
