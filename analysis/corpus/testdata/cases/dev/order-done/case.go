// Package order guards goroutines somebody waits for.
package order

import (
	"fmt"
	"log"
	"runtime/debug"
	"sync"
)

// A Result is what a part found.
type Result struct {
	mu   sync.Mutex
	errs []error
}

func (r *Result) add(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errs = append(r.errs, err)
}

// All runs parts and waits: the guard writes after Done was called.
func All(parts []func()) []error {
	var wg sync.WaitGroup
	var errs []error
	for _, p := range parts {
		wg.Add(1)
		go func() {
			defer func() { // FAULT guard-order #all shown
				if v := recover(); v != nil {
					errs = append(errs, fmt.Errorf("part: %v\n%s", v, debug.Stack()))
				}
			}()
			defer wg.Done()
			p()
		}()
	}
	wg.Wait()
	return errs
}

// One closes the channel before the error is set.
func One(f func()) error {
	done := make(chan struct{})
	var err error
	go func() {
		defer func() { // FAULT guard-order #one shown
			if v := recover(); v != nil {
				err = fmt.Errorf("one: %v\n%s", v, debug.Stack())
			}
		}()
		defer close(done)
		f()
	}()
	<-done
	return err
}

// Ready signals before it recovers.
func Ready(f func(), res *Result) {
	ready := make(chan bool)
	go func() {
		defer func() { // FAULT guard-order #ready shown
			if v := recover(); v != nil {
				res.add(fmt.Errorf("ready: %v\n%s", v, debug.Stack()))
			}
		}()
		defer func() { ready <- true }()
		f()
	}()
	<-ready
}

// Right has Done first, so that it runs last.
func Right(parts []func()) []error {
	var wg sync.WaitGroup
	var res Result
	for _, p := range parts {
		wg.Add(1)
		go func() {
			defer wg.Done()
			defer func() { // FINE guard-order #right: runs before Done
				if v := recover(); v != nil {
					res.add(fmt.Errorf("part: %v\n%s", v, debug.Stack()))
				}
			}()
			p()
		}()
	}
	wg.Wait()
	return res.errs
}

// Unlocks unlocks after the guard was deferred, which is as it should be.
func Unlocks(mu *sync.Mutex, f func()) (err error) {
	defer func() { // FINE guard-order #unlocks: an unlock may run before the guard
		if v := recover(); v != nil {
			err = fmt.Errorf("locked: %v\n%s", v, debug.Stack())
		}
	}()
	mu.Lock()
	defer mu.Unlock()
	f()
	return nil
}

// Only logs: nobody who waits reads what the guard says.
func Only(f func()) {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		defer func() { // FINE guard-order #only: runs before Done
			if v := recover(); v != nil {
				log.Printf("only: %v\n%s", v, debug.Stack())
			}
		}()
		f()
	}()
	wg.Wait()
}
