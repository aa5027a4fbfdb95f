// Package lease renews leases.
//
// Incident #afterfunc,#afterfixed: project-flogo/stream#5
// Incident #cron,#cronfixed: ArnaudGuiovanna/tutor-mcp#35
package lease

import (
	"context"
	"errors"
	"fmt"
	"log"
	"runtime/debug"
	"sort"
	"strings"
	"sync"
	"time"

	"corpus.test/held/callback-timers/cron"
)

// A Lease is held until it ends.
type Lease struct {
	Key   string
	owner map[string]*Lease
	mu    sync.Mutex
}

func (l *Lease) expire() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.owner[l.Key] == nil {
		panic("lease: nobody owns " + l.Key)
	}
	delete(l.owner, l.Key)
}

// Start ends the lease after a while.
func (l *Lease) Start(ttl time.Duration) *time.Timer {
	return time.AfterFunc(ttl, l.expire) // FAULT callback-unguarded #afterfunc dies: nobody owns
}

// Bind ends the lease with the context.
func (l *Lease) Bind(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() { // FAULT callback-unguarded #ctxafter dies: nobody owns
		l.expire()
	})
}

// Nightly cleans every night.
func Nightly(c *cron.Cron, leases []*Lease) {
	c.AddFunc("0 3 * * *", func() { // FAULT callback-unguarded #cron dies: nobody owns
		for _, l := range leases {
			l.expire()
		}
	})
}

func guarded(f func()) func() {
	return func() {
		defer func() {
			if v := recover(); v != nil {
				log.Printf("lease: %v\n%s", v, debug.Stack())
			}
		}()
		f()
	}
}

// StartGuarded guards the callback.
func (l *Lease) StartGuarded(ttl time.Duration) *time.Timer {
	return time.AfterFunc(ttl, guarded(l.expire)) // FINE callback-unguarded #afterfixed: wrapped with a guard
}

// NightlyGuarded guards the job.
func NightlyGuarded(c *cron.Cron, leases []*Lease) {
	c.AddFunc("0 3 * * *", func() { // FINE callback-unguarded #cronfixed: guarded
		defer func() {
			if v := recover(); v != nil {
				log.Printf("lease: %v\n%s", v, debug.Stack())
			}
		}()
		for _, l := range leases {
			l.expire()
		}
	})
}

// Sorted sorts in the goroutine of the caller.
func Sorted(leases []*Lease) {
	sort.Slice(leases, func(i, j int) bool { // FINE callback-unguarded #sorted: called by the caller's goroutine
		return leases[i].Key < leases[j].Key
	})
}

// Clean calls back in place.
func Clean(s string) string {
	return strings.Map(func(r rune) rune { // FINE callback-unguarded #clean: called in place
		if r < ' ' {
			panic("lease: control character")
		}
		return r
	}, s)
}

var once sync.Once

// Init runs once in the caller's goroutine.
func Init(load func() error) (err error) {
	once.Do(func() { // FINE callback-unguarded #init: called in place
		if e := load(); e != nil {
			err = fmt.Errorf("lease: %w", errors.Join(e))
		}
	})
	return err
}

// Cancel cancels later, which cannot panic.
func Cancel(ttl time.Duration, cancel context.CancelFunc) *time.Timer {
	return time.AfterFunc(ttl, cancel) // FINE callback-unguarded #cancel: a cancel function does not panic
}

// New makes a lease.
func New(key string, owner map[string]*Lease) *Lease { return &Lease{Key: key, owner: owner} }
