package a

import (
	"errors"
	"fmt"
	"log"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

func returned(f func()) {
	var p any
	func() {
		defer func() { p = recover() }()
		f()
	}()
	if p != nil {
		panic(p) // want `repanic-stack-lost: panics with a recovered value after its stack is gone`
	}
}

func waits(f func()) {
	var wg sync.WaitGroup
	var p any
	wg.Add(1)
	go func() {
		defer wg.Done()
		defer func() {
			if r := recover(); r != nil {
				p = r
			}
		}()
		f()
	}()
	wg.Wait()
	if p != nil {
		panic(fmt.Sprintf("child: %v", p)) // want `repanic-stack-lost`
	}
}

func channel(f func()) {
	failed := make(chan any, 1)
	go func() {
		defer func() { failed <- recover() }()
		f()
	}()
	if v := <-failed; v != nil {
		panic(v) // want `repanic-stack-lost`
	}
}

func selects(f func(), stop chan struct{}) {
	failed := make(chan any, 1)
	go func() {
		defer func() { failed <- recover() }()
		f()
	}()
	select {
	case <-stop:
	case v := <-failed:
		panic(v) // want `repanic-stack-lost`
	}
}

func spawns(f func()) {
	defer func() {
		if r := recover(); r != nil {
			go func() {
				panic(r) // want `repanic-stack-lost`
			}()
		}
	}()
	f()
}

func goPanic(f func()) {
	defer func() {
		if r := recover(); r != nil {
			go panic(r) // want `repanic-stack-lost`
		}
	}()
	f()
}

type group struct {
	wg   sync.WaitGroup
	once sync.Once
	v    any
	box  atomic.Value
	errs chan error
}

func (g *group) start(f func()) {
	g.wg.Add(1)
	go func() {
		defer g.wg.Done()
		defer func() {
			if r := recover(); r != nil {
				g.once.Do(func() { g.v = r })
			}
		}()
		f()
	}()
}

func (g *group) wait() {
	g.wg.Wait()
	if g.v != nil {
		panic(g.v) // want `repanic-stack-lost`
	}
}

func (g *group) guard() {
	if r := recover(); r != nil {
		g.box.Store(r)
	}
}

func (g *group) runBoxed(f func()) {
	defer g.guard()
	f()
}

func (g *group) waitBoxed() {
	if v := g.box.Load(); v != nil {
		panic(v) // want `repanic-stack-lost`
	}
}

func (g *group) startErrs(f func()) {
	go func() {
		defer func() {
			if r := recover(); r != nil {
				g.errs <- fmt.Errorf("child: %v", r)
			}
		}()
		f()
	}()
}

func (g *group) waitErrs() {
	if err := <-g.errs; err != nil {
		panic(err) // want `repanic-stack-lost`
	}
}

// Another deferred function: the first one has recovered already.
func second(f func()) {
	var p any
	defer func() {
		if p != nil {
			panic(p) // want `repanic-stack-lost`
		}
	}()
	defer func() { p = recover() }()
	f()
}

func try(f func()) (r any) {
	defer func() { r = recover() }()
	f()
	return nil
}

func callsTry(f func()) {
	if r := try(f); r != nil {
		panic(r) // want `repanic-stack-lost`
	}
}

func safely(f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("f: %v", r)
		}
	}()
	f()
	return nil
}

func mustSafely(f func()) {
	if err := safely(f); err != nil {
		panic(err) // want `repanic-stack-lost`
	}
}

func fail(err error) { panic(err) }

// An error like any other, and a helper to unwind with.
func encode(f func()) {
	if err := safely(f); err != nil {
		fail(err)
	}
}

func generic[T any](f func() T) (v T) {
	var p any
	func() {
		defer func() { p = recover() }()
		v = f()
	}()
	if p != nil {
		panic(p) // want `repanic-stack-lost`
	}
	return v
}

// In the deferred function itself.
func same(f func(), undo func()) {
	defer func() {
		if r := recover(); r != nil {
			undo()
			panic(r)
		}
	}()
	f()
}

func sameWrapped(f func()) {
	defer func() {
		if r := recover(); r != nil {
			panic(fmt.Errorf("f: %v", r))
		}
	}()
	f()
}

func rethrow(v any) {
	if v != nil {
		panic(v)
	}
}

// A helper panics while the deferred function runs.
func helper(f func()) {
	defer func() { rethrow(recover()) }()
	f()
}

func literal(f func()) {
	defer func() {
		r := recover()
		func() {
			if r != nil {
				panic(r)
			}
		}()
	}()
	f()
}

// A variable of the function around, read while the deferred function runs.
func kept(f func()) {
	var last any
	defer func() {
		last = recover()
		if last != nil {
			panic(last)
		}
	}()
	f()
}

type crash struct {
	value any
	stack []byte
}

// The stack goes with it.
func withStack(f func()) {
	failed := make(chan *crash, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				failed <- &crash{r, debug.Stack()}
				return
			}
			failed <- nil
		}()
		f()
	}()
	if c := <-failed; c != nil {
		panic(fmt.Sprintf("%v\n%s", c.value, c.stack))
	}
}

// The guard has logged the stack.
func logged(f func()) {
	var p any
	func() {
		defer func() {
			if p = recover(); p != nil {
				log.Printf("%v\n%s", p, debug.Stack())
			}
		}()
		f()
	}()
	if p != nil {
		panic(p)
	}
}

// Nobody panics with it.
func asError(f func()) (err error) {
	var p any
	func() {
		defer func() { p = recover() }()
		f()
	}()
	if p != nil {
		return fmt.Errorf("f: %v", p)
	}
	return nil
}

type bailout struct{ err error }

// It unwinds.
func parse(f func()) (err error) {
	var b bailout
	func() {
		defer func() {
			if r, ok := recover().(bailout); ok {
				b = r
			}
		}()
		f()
	}()
	if b.err != nil {
		panic(b.err)
	}
	return nil
}

var errFailed = errors.New("failed")

// Another value.
func other(f func()) {
	failed := false
	func() {
		defer func() { failed = recover() != nil }()
		f()
	}()
	if failed {
		panic(errFailed)
	}
}
