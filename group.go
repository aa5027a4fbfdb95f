package backstop

import (
	"context"
	"errors"
	"runtime"
	"strconv"
	"strings"
	"sync"
)

// ErrGoexit is what Group.Wait returns when a function ended its goroutine with
// runtime.Goexit.
var ErrGoexit = errors.New("backstop: goroutine ended by runtime.Goexit")

// A Group runs functions that work on one task, and waits for them. A panic in
// one of them is reported and becomes an error of Wait: it neither ends the
// process nor is lost. The zero Group works on context.Background; see
// [NewGroup].
type Group struct {
	once   sync.Once
	ctx    context.Context
	cancel context.CancelCauseFunc
	wg     sync.WaitGroup
	fail   sync.Once
	err    error
}

// NewGroup returns a group whose functions are called with a context derived
// from ctx. It is cancelled when one of them fails, and when Wait returns.
func NewGroup(ctx context.Context) *Group {
	g := new(Group)
	g.start(ctx)
	return g
}

func (g *Group) start(ctx context.Context) {
	g.once.Do(func() { g.ctx, g.cancel = context.WithCancelCause(forGoroutine(ctx)) })
}

// Go runs f in a goroutine of its own. The first error, or panic, cancels the
// context of the others and is what Wait returns.
func (g *Group) Go(f func(ctx context.Context) error) {
	g.start(context.Background())
	g.wg.Add(1)
	go func() {
		var e entered
		defer g.wg.Done()
		defer e.leave()
		e.enterChild(g.ctx)
		if err := g.run(f); err != nil {
			g.failed(err)
		}
	}()
}

// run turns a panic of f into an error.
func (g *Group) run(f func(ctx context.Context) error) (err error) {
	returned := false
	defer func() {
		if returned {
			return
		}
		v := recover()
		if v == nil {
			// Goexit goes on after this function: nobody reads err any more.
			g.failed(ErrGoexit)
			return
		}
		err = newPanicError(v)
		captureChild(g.ctx, v)
	}()
	err = f(g.ctx)
	returned = true
	return err
}

func (g *Group) failed(err error) {
	g.fail.Do(func() {
		g.err = err
		g.cancel(err)
	})
}

// Wait waits for all functions and returns the first error: a [PanicError] if
// it was a panic.
func (g *Group) Wait() error {
	g.start(context.Background())
	g.wg.Wait()
	g.cancel(nil)
	return g.err
}

// captureChild only adds the frame that capture expects.
//
//go:noinline
func captureChild(ctx context.Context, v any) { capture(ctx, v, panicked) }

// A PanicError is a panic that a Group or Recovered made an error of. It was
// reported; a guard that it, or an error that wraps it, is handed or raised to
// does not report it again.
type PanicError struct {
	Value any // what was panicked with

	text     string
	pcs      []uintptr
	captured bool
}

func newPanicError(v any) *PanicError {
	var pcs [maxFrames]uintptr
	n := runtime.Callers(3, pcs[:])
	_, text := describe(v)
	return &PanicError{Value: v, text: text, pcs: append([]uintptr(nil), pcs[:n]...), captured: current.Load() != nil}
}

// Error says what the value was. The stack is in Stack.
func (e *PanicError) Error() string { return "panic: " + e.text }

// Unwrap returns the value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// Stack returns the stack of the goroutine that panicked, innermost call first,
// as the runtime prints it.
func (e *PanicError) Stack() string {
	var b strings.Builder
	for _, f := range frames(e.pcs) {
		b.WriteString(f.Func + "(...)\n\t" + f.File + ":" + strconv.Itoa(f.Line) + "\n")
	}
	return b.String()
}
