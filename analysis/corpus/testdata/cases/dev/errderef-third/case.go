// Package meta reads metadata with a client of somebody else.
package meta

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"corpus.test/dev/errderef-third/client"
)

type cache struct {
	c    *client.Client
	last *client.Object
}

// New makes a cache.
func New(c *client.Client) *cache { return &cache{c: c} }

// Size ignores the error of a third party.
func (c *cache) Size(ctx context.Context, key string) int64 {
	obj, _ := c.c.Head(ctx, key)
	return obj.Size // FAULT err-deref #size panic: nil pointer dereference
}

// Watch prints and goes on.
func (c *cache) Watch(ctx context.Context, keys []string) {
	for _, k := range keys {
		obj, err := c.c.Head(ctx, k)
		if err != nil {
			log.Printf("head %s: %v", k, err)
		}
		if obj.Modified.After(time.Time{}) { // FAULT err-deref #watch panic: nil pointer dereference
			c.last = obj
		}
	}
}

// WatchFixed continues.
func (c *cache) WatchFixed(ctx context.Context, keys []string) {
	for _, k := range keys {
		obj, err := c.c.Head(ctx, k)
		if err != nil {
			log.Printf("head %s: %v", k, err)
			continue
		}
		if obj.Modified.After(time.Time{}) { // FINE err-deref #watchfixed: continued before
			c.last = obj
		}
	}
}

// Retry keeps the last error of a loop.
func (c *cache) Retry(ctx context.Context, key string) (int64, error) {
	var (
		obj *client.Object
		err error
	)
	for range 3 {
		if obj, err = c.c.Head(ctx, key); err == nil {
			break
		}
	}
	if err != nil {
		return 0, err
	}
	return obj.Size, nil // FINE err-deref #retry: without an error here
}

// Missing makes one error into a value.
func (c *cache) Missing(ctx context.Context, key string) (int64, error) {
	obj, err := c.c.Head(ctx, key)
	switch {
	case errors.Is(err, client.ErrMissing):
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("missing: %w", err)
	}
	return obj.Size, nil // FINE err-deref #missing: without an error here
}

// Closure uses the value in a closure that runs only without an error.
func (c *cache) Closure(ctx context.Context, key string) func() int64 {
	obj, err := c.c.Head(ctx, key)
	if err != nil {
		return func() int64 { return 0 }
	}
	return func() int64 { return obj.Size } // FINE err-deref #closure: made without an error only
}

// Inverse checks the other way round.
func (c *cache) Inverse(ctx context.Context, key string) int64 {
	if obj, err := c.c.Head(ctx, key); err == nil {
		return obj.Size // FINE err-deref #inverse: without an error here
	}
	return -1
}

// Shadowed checks another error.
func (c *cache) Shadowed(ctx context.Context, key string) (int64, error) {
	obj, err := c.c.Head(ctx, key)
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	return obj.Size, err // FAULT err-deref #shadowed panic: nil pointer dereference
}
