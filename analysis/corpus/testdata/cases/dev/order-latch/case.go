// Package latch waits for parts that may fail.
package latch

import (
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

type part struct {
	name string
	run  func() error
	err  error
}

type latch struct {
	wg     sync.WaitGroup
	failed atomic.Bool
	parts  []*part
}

func (l *latch) guard(p *part) {
	if v := recover(); v != nil {
		p.err = fmt.Errorf("%s: %v\n%s", p.name, v, debug.Stack())
	}
}

// Run runs all parts.
func (l *latch) Run() error {
	for _, p := range l.parts {
		l.wg.Add(1)
		go func() {
			defer l.guard(p) // FAULT guard-order #run shown
			defer l.wg.Done()
			p.err = p.run()
		}()
	}
	l.wg.Wait()
	for _, p := range l.parts {
		if p.err != nil {
			return p.err
		}
	}
	return nil
}

// RunRight is done last.
func (l *latch) RunRight() error {
	for _, p := range l.parts {
		l.wg.Add(1)
		go func() {
			defer l.wg.Done()
			defer l.guard(p) // FINE guard-order #runright: runs before Done
			p.err = p.run()
		}()
	}
	l.wg.Wait()
	return l.parts[0].err
}

// Closed closes a resource before the guard, which nobody waits for.
func Closed(open func() (func(), error)) (err error) {
	done, err := open()
	if err != nil {
		return err
	}
	defer func() { // FINE guard-order #closed: closing is cleanup, nobody waits for it
		if v := recover(); v != nil {
			err = fmt.Errorf("closed: %v\n%s", v, debug.Stack())
		}
	}()
	defer done()
	panic("closed")
}

// Flag sets a flag that is polled after the result.
func Flag(f func()) (failed bool) {
	var l latch
	l.wg.Add(1)
	go func() {
		defer l.wg.Done()
		defer func() { // FINE guard-order #flag: runs before Done
			if recover() != nil {
				l.failed.Store(true)
			}
		}()
		f()
	}()
	l.wg.Wait()
	return l.failed.Load()
}

// New makes a latch.
func New(parts ...*part) *latch { return &latch{parts: parts} }
