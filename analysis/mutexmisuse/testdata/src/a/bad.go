package a

import (
	"errors"
	"sync"
)

type cache struct {
	mu     sync.Mutex
	rw     sync.RWMutex
	n      int
	closed bool
	m      map[string]int
}

func (c *cache) twice() {
	c.mu.Lock()
	c.n++
	c.mu.Unlock()
	c.mu.Unlock() // want `Unlock of c.mu runs twice`
}

func (c *cache) deferred() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		c.mu.Unlock() // want `Unlock of c.mu runs twice`
		return errors.New("closed")
	}
	return nil
}

func (c *cache) deferredLiteral() {
	c.mu.Lock()
	defer func() {
		c.n++
		c.mu.Unlock()
	}()
	if c.closed {
		c.mu.Unlock() // want `Unlock of c.mu runs twice`
	}
}

func (c *cache) onPath(ok bool) {
	c.mu.Lock()
	if ok {
		c.n++
		c.mu.Unlock()
	}
	c.mu.Unlock() // want `Unlock of c.mu runs twice`
}

func (c *cache) inLoop(items []int) {
	c.mu.Lock()
	for range items {
		c.n++
		c.mu.Unlock() // want `Unlock of c.mu runs twice`
	}
}

func local() {
	var mu sync.Mutex
	mu.Unlock() // want `Unlock of mu, which nobody has locked`
}

func (c *cache) notOnThisPath(fast bool) {
	if !fast {
		c.mu.Lock()
	}
	c.n++
	c.mu.Unlock() // want `Unlock of c.mu is reached on a path that has not locked it`
}

func (c *cache) readers() int {
	c.rw.RLock()
	defer c.rw.Unlock() // want `Unlock of c.rw, which RLock has locked`
	return c.n
}

func (c *cache) readersPlain() int {
	c.rw.RLock()
	n := c.n
	c.rw.Unlock() // want `Unlock of c.rw, which RLock has locked`
	return n
}

func (c *cache) writers() {
	c.rw.Lock()
	defer c.rw.RUnlock() // want `RUnlock of c.rw, which Lock has locked`
	c.n++
}

func (c *cache) readTwice() {
	c.rw.RLock()
	c.rw.RUnlock()
	c.rw.RUnlock() // want `RUnlock of c.rw runs twice`
}

func (c *cache) leaves(key string) (int, error) {
	c.mu.Lock()
	v, ok := c.m[key]
	if !ok {
		return 0, errors.New("none") // want `this return leaves c.mu locked`
	}
	c.mu.Unlock()
	return v, nil
}

func (c *cache) leavesReading(key string) int {
	c.rw.RLock()
	if c.closed {
		return 0 // want `this return leaves c.rw locked`
	}
	v := c.m[key]
	c.rw.RUnlock()
	return v
}

func (c *cache) leavesAtEnd() {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return
	}
	c.n++
} // want `this return leaves c.mu locked`

func (c *cache) again() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.Lock() // want `Lock of c.mu, which this goroutine has locked already`
}

func (c *cache) continues(items []int) {
	for _, v := range items {
		c.mu.Lock() // want `Lock of c.mu, which the last turn of the loop has left locked`
		if v == 0 {
			continue
		}
		c.n++
		c.mu.Unlock()
	}
}

func (c *cache) defersInLoop(items []int) {
	for range items {
		c.mu.Lock() // want `Lock of c.mu, which the last turn of the loop has left locked`
		defer c.mu.Unlock()
		c.n++
	}
}

func (c *cache) upgrade() {
	c.rw.RLock()
	defer c.rw.RUnlock()
	if c.n == 0 {
		c.rw.Lock() // want `Lock of c.rw, which this goroutine has locked for reading`
		c.n = 1
		c.rw.Unlock()
	}
}

func (c *cache) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.m)
}

func (c *cache) Full() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.Len() > 10 // want `call of Len, which locks c.mu`
}

func (c *cache) size() int { return c.Len() + 1 }

func (c *cache) Deep() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.size() // want `call of size, which locks c.mu`
}

func (c *cache) read() int {
	c.rw.RLock()
	defer c.rw.RUnlock()
	return c.n
}

func (c *cache) writeRead() int {
	c.rw.Lock()
	defer c.rw.Unlock()
	return c.read() // want `call of read, which locks c.rw`
}

func literal() {
	var mu sync.Mutex
	bump := func() {
		mu.Lock()
		defer mu.Unlock()
	}
	mu.Lock()
	bump() // want `call of literal\$1, which locks mu`
	mu.Unlock()
}

type embedded struct {
	sync.Mutex
	n int
}

func (e *embedded) bump() {
	e.Lock()
	e.n++
	e.Unlock()
	e.Unlock() // want `Unlock of e runs twice`
}

var (
	global   sync.Mutex
	registry = map[string]int{}
)

func register(name string) bool {
	global.Lock()
	if _, ok := registry[name]; ok {
		return false // want `this return leaves global locked`
	}
	registry[name] = 1
	global.Unlock()
	return true
}

type box[T any] struct {
	mu sync.Mutex
	v  T
}

func (b *box[T]) set(v T) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.v = v
	b.mu.Unlock() // want `Unlock of b.mu runs twice`
}

func elements(list []*cache) {
	for _, c := range list {
		c.mu.Lock()
		c.n++
		c.mu.Unlock()
		c.mu.Unlock() // want `Unlock of c.mu runs twice`
	}
}
