// Package expr evaluates, and compares.
//
// Incident #jsontype: segmentio/parquet-go#243
package expr

import "errors"

type node struct {
	op   byte
	args []*node
}

func eval(n *node) (int, error) {
	if n == nil {
		return 0, errors.New("no node")
	}
	return evalOp(n)
}

func evalOp(n *node) (int, error) {
	sum := 0
	for _, a := range n.args {
		v, err := eval(a) // FINE unbounded-recursion #eval: other nodes, ends at the leaves
		if err != nil {
			return 0, err
		}
		sum += v
	}
	return sum, nil
}

type jsonType struct{}

func (t *jsonType) name() string { return t.String() } // FAULT unbounded-recursion #jsontype fatal: stack overflow

func (t *jsonType) String() string { return t.name() } // ALSO unbounded-recursion: the other half of the circle

type retry struct{ tries int }

func (r *retry) do(f func() error) error {
	if err := f(); err != nil {
		if r.tries--; r.tries > 0 {
			return r.do(f) // FINE unbounded-recursion #retry: counts down
		}
		return err
	}
	return nil
}

type cache struct{ values map[string]int }

func (c *cache) get(key string) int {
	if v, ok := c.values[key]; ok {
		return v
	}
	c.fill(key)
	return c.get(key) // FINE unbounded-recursion #cache: found the second time
}

func (c *cache) fill(key string) { c.values[key] = len(key) }

type wrapped struct{ inner interface{ Close() error } }

// Close closes what it wraps.
func (w *wrapped) Close() error { return w.inner.Close() } // FINE unbounded-recursion #wrapped: of another value

type counter struct{ n int }

// Add adds, for ever.
func (c *counter) Add(n int) *counter {
	c.n += n
	return c.Add(n) // FAULT unbounded-recursion #add fatal: stack overflow
}

func leaf(op byte, args ...*node) *node { return &node{op: op, args: args} }

func newCache() *cache { return &cache{values: make(map[string]int)} }

// Wrap wraps.
func Wrap(c interface{ Close() error }) *wrapped { return &wrapped{inner: c} }
