package a

import (
	"context"
	"fmt"
	"log"
	"os"
	"runtime/debug"
	"sync"

	"b"
)

func work() {}

func results(parts []func()) (errs []error) {
	var wg sync.WaitGroup
	for _, p := range parts {
		wg.Add(1)
		go func() {
			defer func() { // want `guard-order: Done is deferred behind this guard and runs before it`
				if r := recover(); r != nil {
					errs = append(errs, fmt.Errorf("%v", r))
				}
			}()
			defer wg.Done()
			p()
		}()
	}
	wg.Wait()
	return errs
}

func closed() (err error) {
	done := make(chan struct{})
	go func() {
		defer func() { // want `guard-order: close is deferred behind this guard`
			if r := recover(); r != nil {
				err = fmt.Errorf("%v", r)
			}
		}()
		defer close(done)
		work()
	}()
	<-done
	return err
}

func sends(res *result) {
	ready := make(chan struct{})
	go func() {
		defer res.guard() // want `guard-order: the send is deferred behind this guard`
		defer func() { ready <- struct{}{} }()
		work()
	}()
	<-ready
}

type result struct {
	mu   sync.Mutex
	cond *sync.Cond
	wg   sync.WaitGroup
	err  error
	done bool
}

func (r *result) guard() {
	if v := recover(); v != nil {
		r.mu.Lock()
		r.err = fmt.Errorf("%v", v)
		r.mu.Unlock()
	}
}

func (r *result) finish() { r.wg.Done() }

func (r *result) method() {
	defer r.guard() // want `guard-order: Done is deferred`
	defer r.finish()
	work()
}

func (r *result) signals() {
	defer r.guard() // want `guard-order: Broadcast is deferred`
	defer r.cond.Broadcast()
	work()
}

func (r *result) logsOnly() {
	defer b.Guard("x") // want `guard-order: Done is deferred`
	defer r.wg.Done()
	work()
}

func (r *result) literal() {
	defer func() { // want `guard-order: Done is deferred`
		if v := recover(); v != nil {
			log.Printf("%v\n%s", v, debug.Stack())
		}
	}()
	defer func() {
		r.wg.Done()
	}()
	work()
}

// The one function does both, in the wrong order.
func (r *result) inside() {
	defer func() { // want `guard-order: this guard calls Done before it recovers`
		r.wg.Done()
		if v := recover(); v != nil {
			r.err = fmt.Errorf("%v", v)
		}
	}()
	work()
}

func variable(wg *sync.WaitGroup, f func()) {
	guard := func() {
		if v := recover(); v != nil {
			log.Printf("%v\n%s", v, debug.Stack())
		}
	}
	defer guard() // want `guard-order`
	defer wg.Done()
	f()
}

func generic[T any](wg *sync.WaitGroup, out *T, f func() T) {
	defer func() { // want `guard-order`
		if v := recover(); v != nil {
			log.Printf("%v\n%s", v, debug.Stack())
		}
	}()
	defer wg.Done()
	*out = f()
}

// It runs before Done.
func right(wg *sync.WaitGroup) (err error) {
	go func() {
		defer wg.Done()
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("%v", r)
			}
		}()
		work()
	}()
	wg.Wait()
	return err
}

// Both in one function, in the right order.
func (r *result) insideRight() {
	defer func() {
		if v := recover(); v != nil {
			r.err = fmt.Errorf("%v", v)
		}
		r.wg.Done()
	}()
	work()
}

func (r *result) insideDeferred() {
	defer func() {
		defer r.wg.Done()
		if v := recover(); v != nil {
			r.err = fmt.Errorf("%v", v)
		}
	}()
	work()
}

// Nobody waits for an unlock to know the end of the work.
func (r *result) unlocks() {
	defer r.guard()
	r.mu.Lock()
	defer r.mu.Unlock()
	work()
}

// Nor for a file that is closed, or a context that is cancelled.
func closes(ctx context.Context, f *os.File, r *result) {
	defer r.guard()
	_, cancel := context.WithCancel(ctx)
	defer cancel()
	defer f.Close()
	work()
}

// A place in a semaphore is given back.
func semaphore(sem chan struct{}, r *result) {
	defer r.guard()
	sem <- struct{}{}
	defer func() { <-sem }()
	work()
}

// The inner guard recovers before Done.
func two(wg *sync.WaitGroup, r *result) {
	defer b.Guard("outer")
	defer wg.Done()
	defer r.guard()
	work()
}

// Nobody is told anything.
func silent(wg *sync.WaitGroup) {
	defer func() { recover() }()
	defer wg.Done()
	work()
}

// What is sent is what the work said.
func sendsResult(out chan<- error, r *result) {
	var err error
	defer r.guard()
	defer func() { out <- err }()
	work()
}

// It is no guard.
func noGuard(wg *sync.WaitGroup) {
	defer func() { log.Print("ended") }()
	defer wg.Done()
	work()
}

// Done is that of another group, of goroutines this one has started.
func notDeferred(r *result) {
	defer r.guard()
	var wg sync.WaitGroup
	wg.Add(1)
	go func() { defer wg.Done(); defer b.Guard("child"); work() }()
	wg.Wait()
}

var hook func(any)

func noteFor() {
	if hook != nil {
		if r := recover(); r != nil {
			hook(r)
		}
	}
}

// It recovers when a test asks for it only.
func configured(wg *sync.WaitGroup) {
	defer noteFor()
	defer wg.Done()
	work()
}
