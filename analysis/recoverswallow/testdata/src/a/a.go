package a

import (
	"b"
	"errors"
	"fmt"
	"log"
	"os"
	"reflect"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

func work() {}

func dropped() {
	defer func() {
		recover() // want `recover-swallow: drops the panic: nobody is told`
	}()
	work()
}

func blank() {
	defer func() { _ = recover() }() // want `recover-swallow`
	work()
}

func asked() {
	defer func() {
		if r := recover(); r != nil { // want `recover-swallow`
		}
	}()
	work()
}

func left() (n int, err error) {
	defer func() {
		if recover() != nil { // want `recover-swallow`
			return
		}
	}()
	work()
	return 1, nil
}

func formatted() {
	defer func() {
		if r := recover(); r != nil { // want `recover-swallow`
			_ = fmt.Sprintf("panic: %v", r)
		}
	}()
	work()
}

// The error is that of a variable of the literal.
func shadowed() (err error) {
	defer func() {
		if r := recover(); r != nil { // want `recover-swallow`
			err := fmt.Errorf("panic: %v", r)
			_ = err
		}
	}()
	work()
	return nil
}

// The results are set before the guard runs.
func unnamed() error {
	var err error
	defer func() {
		if r := recover(); r != nil { // want `recover-swallow: the error made of the panic is stored in err, which is no named result`
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	work()
	return err
}

type pool struct {
	mu      sync.Mutex
	wg      sync.WaitGroup
	running bool
	last    any
	failed  atomic.Int64
}

// Who tidies up tells nobody.
func (p *pool) run(jobs <-chan func()) {
	for job := range jobs {
		func() {
			p.mu.Lock()
			defer func() {
				if recover() != nil { // want `recover-swallow`
					p.mu.Unlock()
				}
			}()
			job()
		}()
	}
}

func (p *pool) goes() {
	p.wg.Add(1)
	go func() {
		defer func() {
			recover() // want `recover-swallow`
			p.running = false
			p.wg.Done()
		}()
		work()
	}()
}

func (p *pool) guard() {
	recover() // want `recover-swallow`
}

func (p *pool) guarded() {
	defer p.guard()
	work()
}

func ignore(any) {}

func viaHelper() {
	defer func() {
		ignore(recover()) // want `recover-swallow`
	}()
	work()
}

func variable() {
	guard := func() {
		r := recover() // want `recover-swallow`
		if r == nil {
			return
		}
	}
	defer guard()
	work()
}

// What a deferred function returns is dropped.
func caught() (err error) {
	if r := recover(); r != nil { // want `recover-swallow`
		err = fmt.Errorf("panic: %v", r)
	}
	return err
}

func defersCaught() (err error) {
	defer caught()
	work()
	return nil
}

func generic[T any](f func() T) (v T) {
	defer func() { recover() }() // want `recover-swallow`
	return f()
}

func deferredRecover() {
	defer func() {
		defer recover() // want `recover-swallow`
	}()
	work()
}

func made() func() {
	return func() {
		_ = recover() // want `recover-swallow`
	}
}

func usesMade() {
	defer made()()
	work()
}

func rangeFunc(seq func(func(int) bool)) {
	for range seq {
		defer func() { recover() }() // want `recover-swallow`
	}
	work()
}

func otherPackage() {
	defer b.Ignore()
	work()
}

type gauge struct{ value float64 }

// Who reads a zero learns nothing.
func (g *gauge) set(read func() float64) {
	defer func() {
		if recover() != nil { // want `recover-swallow`
			g.value = 0
		}
	}()
	g.value = read()
}

// The stack is taken for nobody.
func unnamedStack(run func() int) (int, error) {
	var failed error
	defer func() {
		if v := recover(); v != nil { // want `stored in failed, which is no named result`
			failed = fmt.Errorf("%v\n%s", v, debug.Stack())
		}
	}()
	return run(), failed
}

// A panic looks like no error.
func literalError(f func() error) {
	err := func() error {
		defer func() { recover() }() // want `recover-swallow`
		return f()
	}()
	if err != nil {
		log.Print(err)
	}
}

// Below: somebody is told.

// What was found is looked at: nothing is like a panic.
func probed(v interface{ Name() string }) string {
	name := ""
	func() {
		defer func() { recover() }()
		name = v.Name()
	}()
	if name == "" {
		name = "none"
	}
	return name
}

func probedResult(v interface{ Bytes() []byte }) []byte {
	b := func() []byte {
		defer func() { recover() }()
		return v.Bytes()
	}()
	if b == nil {
		b = []byte("none")
	}
	return b
}

func logged() {
	defer func() {
		if r := recover(); r != nil {
			log.Printf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	work()
}

// Without the value, but told.
func loggedOnly() {
	defer func() {
		if recover() != nil {
			log.Println("worker died")
		}
	}()
	work()
}

func printed() {
	defer func() { fmt.Fprintln(os.Stderr, "ended:", recover()) }()
	work()
}

type logger interface{ Errorf(string, ...any) }

func inHelper(l logger) {
	defer func() { report(l, recover()) }()
	work()
}

func report(l logger, v any) {
	if v != nil {
		l.Errorf("panic: %v", v)
	}
}

// Named results.
func named() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	work()
	return nil
}

func namedFlag() (ok bool) {
	defer func() { ok = recover() == nil }()
	work()
	return
}

func namedPointer(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("panic: %v", r)
	}
}

func usesPointer() (err error) {
	defer namedPointer(&err)
	work()
	return nil
}

var errPanicked = errors.New("panicked")

// The result is set before, and set to nil at the end.
func preset() (err error) {
	err = errPanicked
	defer func() { recover() }()
	work()
	return nil
}

// A variable of the function around is read behind the guard.
func outer() error {
	var err error
	func() {
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("panic: %v", r)
			}
		}()
		work()
	}()
	return err
}

// Another deferred function reads the variable.
func readLater() {
	var err error
	defer func() {
		if err != nil {
			log.Println(err)
		}
	}()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	work()
}

func channel() any {
	done := make(chan any, 1)
	go func() {
		defer func() { done <- recover() }()
		work()
	}()
	return <-done
}

func (p *pool) field() {
	defer func() { p.last = recover() }()
	work()
}

func (p *pool) counted() {
	defer func() {
		if recover() != nil {
			p.failed.Add(1)
		}
	}()
	work()
}

func callback(onPanic func(any)) {
	defer func() {
		if r := recover(); r != nil {
			onPanic(r)
		}
	}()
	work()
}

func again() {
	defer func() {
		if r := recover(); r != nil {
			panic(fmt.Sprint("work: ", r))
		}
	}()
	work()
}

// Another package is told; what it does is its own affair.
func handedOn() {
	defer func() { b.Note(recover()) }()
	work()
}

// The result says that it failed.
func isNil(v any) bool {
	defer func() { recover() }()
	return reflect.ValueOf(v).IsNil()
}

func lookup(m map[string]any, key string) (v string, ok bool) {
	defer func() { _ = recover() }()
	return m[key].(string), true
}

// The flag says that it failed.
func flagged(f func()) error {
	ok := false
	func() {
		defer func() { recover() }()
		f()
		ok = true
	}()
	if !ok {
		return errPanicked
	}
	return nil
}

type bailout struct{}

type parser struct{ depth int }

func (p *parser) expr() {
	p.depth++
	if p.depth > 10 {
		panic(bailout{})
	}
}

// It unwinds its own stack.
func (p *parser) parse() (depth int) {
	defer func() {
		if _, ok := recover().(bailout); ok {
			return
		}
	}()
	p.expr()
	return p.depth
}

var errStop = errors.New("stop")

func walk(n int, visit func(int)) {
	defer func() { recover() }()
	for i := range n {
		visit(i)
		if i > 100 {
			panic(errStop)
		}
	}
}

// It is known what there is to swallow: a second close.
func closeOnce(ch chan struct{}) {
	defer func() { recover() }()
	close(ch)
}

func trySend(ch chan int, v int) {
	defer func() { _ = recover() }()
	ch <- v
}

// It ends the process, and says so by its status.
func exits() {
	defer func() {
		if recover() != nil {
			os.Exit(2)
		}
	}()
	work()
}

// It recovers nothing.
func Ineffective() {
	defer recover()
	work()
}
