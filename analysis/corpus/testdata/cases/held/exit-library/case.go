// Package cache is a library, whose callers want to decide for themselves.
//
// Incident #single,#singlefixed: marcsauter/single#4
// Incident #skb: jschwinger233/skbdump#1
package cache

import (
	"errors"
	"fmt"
	"log"
	"os"
	"os/signal"
	"sync"
)

// A Cache is a cache on disk.
type Cache struct {
	mu  sync.Mutex
	dir string
}

// Open opens a cache.
func Open(dir string) *Cache {
	if dir == "" {
		log.Fatal("cache: no directory") // FAULT exit-outside-main #single exit 1
	}
	return &Cache{dir: dir}
}

// Check ends the process when a file is damaged.
func (c *Cache) Check(sum func(string) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := sum(c.dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		// ALSO exit-skips-defer: skips an Unlock, which matters to nobody then
		os.Exit(2) // FAULT exit-outside-main #skb exit 2
	}
}

// OpenFixed returns the error.
func OpenFixed(dir string) (*Cache, error) {
	if dir == "" {
		return nil, errors.New("cache: no directory") // FINE exit-outside-main #singlefixed: an error
	}
	return &Cache{dir: dir}, nil
}

// OnInterrupt calls f instead of ending the process.
func OnInterrupt(f func()) (stop func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt) // FINE exit-outside-main: the caller decides
	done := make(chan struct{})
	go func() {
		select {
		case <-c:
			f()
		case <-done:
		}
	}()
	return func() { signal.Stop(c); close(done) }
}

func (c *Cache) fail(err error) {
	log.Panicln("cache:", err) // FINE exit-outside-main, exit-skips-defer: a panic, which runs deferred functions
}

// Flush fails with a panic.
func (c *Cache) Flush(write func() error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := write(); err != nil {
		c.fail(err)
	}
}
