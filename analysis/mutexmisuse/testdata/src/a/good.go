package a

import (
	"errors"
	"os"
	"sync"
)

// Lock and deferred Unlock.
func (c *cache) fine() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

// Each return unlocks.
func (c *cache) everyReturn(key string) (int, error) {
	c.mu.Lock()
	v, ok := c.m[key]
	if !ok {
		c.mu.Unlock()
		return 0, errors.New("none")
	}
	c.mu.Unlock()
	return v, nil
}

// The caller holds the lock: unlocked around a call that blocks.
func (c *cache) around() {
	c.mu.Unlock()
	block()
	c.mu.Lock()
}

func (c *cache) aroundInLoop(items []int) {
	for range items {
		c.mu.Unlock()
		block()
		c.mu.Lock()
	}
}

// The same with a lock of its own.
func (c *cache) ownAround() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for !c.closed {
		c.mu.Unlock()
		block()
		c.mu.Lock()
	}
}

// The caller may hold the lock: a parameter says so.
func (c *cache) maybe(isLocked bool) {
	if !isLocked {
		c.mu.Lock()
		defer c.mu.Unlock()
	}
	c.n++
}

func (c *cache) sameCondition(safe bool) {
	if safe {
		c.mu.Lock()
	}
	c.n++
	if safe {
		c.mu.Unlock()
	}
}

func (c *cache) sameField() {
	if c.closed {
		c.mu.Lock()
	}
	c.n++
	if c.closed {
		c.mu.Unlock()
	}
}

func (c *cache) flag(items []int) {
	held := false
	for _, v := range items {
		if v > 0 && !held {
			c.mu.Lock()
			held = true
		}
	}
	if held {
		c.mu.Unlock()
	}
}

// It only unlocks, it only locks: handed over.
func (c *cache) lock()   { c.mu.Lock() }
func (c *cache) unlock() { c.mu.Unlock() }

func (c *cache) viaHelpers() {
	c.lock()
	c.n++
	c.unlock()
}

func (c *cache) deferHelper() {
	c.lock()
	defer c.unlock()
	c.n++
}

// The unlock is returned.
func (c *cache) acquire() func() {
	c.mu.Lock()
	return c.mu.Unlock
}

func (c *cache) hold() (func(), error) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil, errors.New("closed")
	}
	return func() { c.mu.Unlock() }, nil
}

func (c *cache) usesHold() error {
	unlock, err := c.hold()
	if err != nil {
		return err
	}
	defer unlock()
	c.n++
	return nil
}

// True means that the lock is held.
func (c *cache) get() bool {
	c.mu.Lock()
	if !c.closed {
		return true
	}
	c.mu.Unlock()
	return false
}

// TryLock said so.
func (c *cache) tries() bool {
	if !c.mu.TryLock() {
		return false
	}
	defer c.mu.Unlock()
	c.n++
	return true
}

// A goroutine unlocks.
func (c *cache) handsOver() {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return
	}
	go func() {
		defer c.mu.Unlock()
		block()
	}()
}

// Two objects.
func move(from, to *cache) {
	from.mu.Lock()
	defer from.mu.Unlock()
	to.mu.Lock()
	defer to.mu.Unlock()
	from.n, to.n = to.n, from.n
}

func (c *cache) other(d *cache) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return d.Len()
}

// Reading twice waits only when a writer comes between.
func (c *cache) reads() int {
	c.rw.RLock()
	defer c.rw.RUnlock()
	return c.read()
}

// The lock is given back before the call.
func (c *cache) before() int {
	c.mu.Lock()
	c.n++
	c.mu.Unlock()
	return c.Len()
}

// The callee unlocks first: the caller holds it.
func (c *cache) wait() {
	c.mu.Unlock()
	block()
	c.mu.Lock()
}

func (c *cache) usesWait() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wait()
	c.n++
}

// A goroutine locks for itself.
func (c *cache) spawns() {
	c.mu.Lock()
	defer c.mu.Unlock()
	go func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.n++
	}()
}

// The process ends.
func (c *cache) ends() {
	c.mu.Lock()
	if c.closed {
		os.Exit(1)
	}
	if c.n < 0 {
		panic("negative")
	}
	c.mu.Unlock()
}

// Each element has its own, hand over hand.
type node struct {
	mu   sync.Mutex
	next *node
}

func walk(n *node) {
	n.mu.Lock()
	for n.next != nil {
		next := n.next
		next.mu.Lock()
		n.mu.Unlock()
		n = next
	}
	n.mu.Unlock()
}

func all(list []*cache) {
	for _, c := range list {
		c.mu.Lock()
	}
	for _, c := range list {
		c.mu.Unlock()
	}
}

// A condition variable unlocks and locks again.
func (c *cache) cond() {
	cond := sync.NewCond(&c.mu)
	c.mu.Lock()
	for !c.closed {
		cond.Wait()
	}
	c.mu.Unlock()
}

// A switch, all of whose cases unlock.
func (c *cache) switches(kind int) {
	c.mu.Lock()
	switch kind {
	case 1:
		c.mu.Unlock()
	case 2:
		c.n++
		c.mu.Unlock()
	default:
		c.mu.Unlock()
	}
}

func block() {}

// A loop over a function: its body is a function of its own, and unlocks.
func (c *cache) rangeFunc(seq func(func(int) bool)) error {
	c.mu.Lock()
	for v := range seq {
		if v < 0 {
			c.mu.Unlock()
			return errors.New("negative")
		}
	}
	c.mu.Unlock()
	return nil
}

// The field has another value, the variable has not.
type target struct{ sub *subscription }
type subscription struct{ client *cache }

func (t *target) filter(other *subscription) bool {
	c := t.sub.client
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	if other != nil {
		t.sub = nil
	}
	t.sub = other
	return t.sub != nil
}

func (t *target) both(other *subscription) {
	t.sub.client.mu.Lock()
	old := t.sub
	t.sub = other
	t.sub.client.mu.Lock()
	t.sub.client.mu.Unlock()
	old.client.mu.Unlock()
}

// A literal unlocks on the way out.
func (t *target) viaLiteral(other *subscription) error {
	if t.sub == nil {
		t.sub = other
	}
	sub := t.sub
	sub.client.mu.Lock()
	fail := func() error {
		sub.client.mu.Unlock()
		return errors.New("failed")
	}
	if other == nil {
		return fail()
	}
	sub.client.mu.Unlock()
	return nil
}

type store interface {
	add(key string, locked sync.Locker) error
}

// Whoever gets the lock as a sync.Locker unlocks it.
type keeper struct {
	mu    *sync.RWMutex
	store store
}

func (k *keeper) add(key string) error {
	k.mu.Lock()
	if key == "" {
		k.mu.Unlock()
		return errors.New("no key")
	}
	return k.store.add(key, k.mu)
}

// Locked by one turn of the loop, and no other, until the function ends.
func (k *keeper) stream(next func() (string, bool), failed func() bool) {
	locked := false
	for {
		key, ok := next()
		if !ok {
			return
		}
		if key != "" {
			if !locked {
				k.mu.Lock()
				defer k.mu.Unlock()
				locked = true
			}
		}
		if failed() {
			continue
		}
		println(key)
	}
}
