package safe

import (
	"context"
	"errors"
	"reflect"
	"sync"

	"github.com/backstop-go/backstop"
	"github.com/backstop-go/backstop/event"
)

// maxUnread is how many errors of children wait for a handler that does not
// read them.
const maxUnread = 16

// A ChildError is what went wrong in a goroutine that works for a request: an
// error, or a panic, which errors.As finds as a *backstop.PanicError with its
// stack.
type ChildError struct {
	// Request is the one the goroutine worked for, with trace id and request
	// id; nil when there was none.
	Request *event.Request
	Err     error
}

// Error names the route and the trace id, so that a log line leads to the trace.
func (e *ChildError) Error() string {
	text := "child"
	if r := e.Request; r != nil {
		text += " of "
		if r.Route != "" {
			text += r.Route // a pattern may begin with its method
		} else {
			text += r.Method + " " + r.URL
		}
		switch {
		case r.TraceID != "":
			text += ", trace " + r.TraceID
		case r.RequestID != "":
			text += ", request " + r.RequestID
		}
	}
	return text + ": " + e.Err.Error()
}

// Unwrap returns what went wrong.
func (e *ChildError) Unwrap() error { return e.Err }

// Children are goroutines that work for one request. What goes wrong in them
// reaches the handler through a channel while it still runs, and Backstop when
// nobody listens any more. See [NewChildren].
type Children struct {
	ctx     context.Context
	request *event.Request
	errs    chan *ChildError

	mu      sync.Mutex
	running int
	idle    chan struct{}
	first   *ChildError
}

// NewChildren returns the children of the request that ctx belongs to:
//
//	kids := safe.NewChildren(r.Context())
//	kids.Go(func(ctx context.Context) error { return prices.Load(ctx, &page) })
//	kids.Go(func(ctx context.Context) error { return stock.Load(ctx, &page) })
//	select {
//	case err := <-kids.Errors():
//		... // one of them failed: answer now
//	case <-kids.Done():
//	}
//
// They are called with ctx, which net/http cancels when the handler returns. A
// child that goes on after that harms nobody: it never waits for a reader.
func NewChildren(ctx context.Context) *Children {
	return &Children{
		ctx: backstop.Carry(ctx), request: backstop.RequestOf(ctx),
		errs: make(chan *ChildError, maxUnread),
	}
}

// Go runs f in a goroutine of its own.
func (c *Children) Go(f func(ctx context.Context) error) {
	c.mu.Lock()
	c.running++
	c.mu.Unlock()
	backstop.Go(c.ctx, func(ctx context.Context) {
		err := backstop.ErrGoexit
		defer func() { c.ended(f, err) }()
		err = guard(ctx, f)
	})
}

func (c *Children) ended(f func(context.Context) error, err error) {
	if err != nil {
		c.failed(f, &ChildError{Request: c.request, Err: err})
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running--
	if c.running == 0 && c.idle != nil {
		close(c.idle)
		c.idle = nil
	}
}

// failed hands an error to whoever is there to hear it. Panics were reported
// already, and that an abandoned child was cancelled is no news.
func (c *Children) failed(f func(context.Context) error, err *ChildError) {
	c.mu.Lock()
	if c.first == nil {
		c.first = err
	}
	c.mu.Unlock()
	heard := c.ctx.Err() == nil
	select {
	case c.errs <- err:
	default:
		heard = false
	}
	if !heard && !expected(err.Err) {
		backstop.Capture(c.ctx, &unheardError{err.Err, reflect.ValueOf(f).Pointer()})
	}
}

func expected(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, backstop.ErrGoexit)
}

// An unheardError is reported in place of a ChildError that nobody listens to.
// It is located at the child's function, which has returned.
type unheardError struct {
	err   error
	entry uintptr
}

func (e *unheardError) Error() string { return "child failed unheard: " + e.err.Error() }
func (e *unheardError) Unwrap() error { return e.err }

// Callers gives the child's function as the stack, as runtime.Callers would: a
// return address is one behind the call.
func (e *unheardError) Callers() []uintptr { return []uintptr{e.entry + 1} }

// Errors returns what went wrong, each as soon as it happens. The channel is
// never closed. An error that comes when ctx is done, or when the channel is
// full because nobody reads it, is reported as well: cancellations and timeouts
// apart.
func (c *Children) Errors() <-chan *ChildError { return c.errs }

// Done is closed when no child runs. It tells of those that were started before
// it was called.
func (c *Children) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.idle != nil {
		return c.idle
	}
	idle := make(chan struct{})
	if c.running == 0 {
		close(idle)
	} else {
		c.idle = idle
	}
	return idle
}

// Wait waits until no child runs and returns the first error, a [*ChildError].
// When ctx is done first, it returns the context's, and the children go on.
func (c *Children) Wait(ctx context.Context) error {
	ctx = orBackground(ctx)
	select {
	case <-c.Done():
	case <-ctx.Done():
		return ctx.Err()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.first == nil {
		return nil
	}
	return c.first
}
