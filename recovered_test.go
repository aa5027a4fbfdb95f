package backstop_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/backstop-go/backstop"
	"github.com/backstop-go/backstop/internal/goid"
)

// rescued returns the panic of f as an error, as callers of Recovered do.
func rescued(f func()) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = backstop.Recovered(context.Background(), v)
		}
	}()
	f()
	return nil
}

func TestRecovered(t *testing.T) {
	events := startIn(t)
	boom := fmt.Errorf("wrapped: %w", os.ErrNotExist)
	err := rescued(func() { raise(boom) })
	var p *backstop.PanicError
	if !errors.As(err, &p) || p.Value != error(boom) || !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("%#v, want a PanicError with the value", err)
	}
	if first, _, _ := strings.Cut(p.Stack(), "\n"); !strings.HasSuffix(first, ".raise(...)") {
		t.Errorf("the stack begins with %q", first)
	}
	if err := backstop.Recovered(context.Background(), nil); err != nil {
		t.Errorf("of nothing: %v", err)
	}
	if again := backstop.Recovered(context.Background(), err); again != err {
		t.Errorf("of a PanicError: %v, want itself", again)
	}
	// Wrapped, handed on and raised again, it is still the same panic.
	backstop.Capture(context.Background(), fmt.Errorf("pay: %w", err))
	catch(func() { defer backstop.Guard(); panic(errors.Join(errors.New("close"), err)) })
	if got := events(); len(got) != 1 || text(got[0].Message) != boom.Error() {
		t.Errorf("want one event, have:\n%s", show(got))
	}
}

// badUnwrap is an error whose Unwrap panics.
type badUnwrap struct{}

func (badUnwrap) Error() string { return "bad unwrap" }
func (badUnwrap) Unwrap() error { panic("in Unwrap") }

// placed is an error that brings its own stack.
type placed struct{ pcs []uintptr }

func (*placed) Error() string        { return "placed" }
func (p *placed) Callers() []uintptr { return p.pcs }

//go:noinline
func elsewhere() *placed {
	pcs := make([]uintptr, 200)
	return &placed{pcs[:runtime.Callers(1, pcs)]}
}

// badCallers is an error that cannot say where it is from.
type badCallers struct{}

func (badCallers) Error() string      { return "bad callers" }
func (badCallers) Callers() []uintptr { panic("in Callers") }

func TestErrorsBringTheirStack(t *testing.T) {
	events := startIn(t)
	p := elsewhere()
	for _, err := range []error{p, &placed{}, badCallers{}, badUnwrap{}} {
		backstop.Capture(context.Background(), err)
	}
	got := events()
	if len(got) != 4 {
		t.Fatalf("%d events, want 4:\n%s", len(got), show(got))
	}
	for i, want := range []string{".elsewhere", ".TestErrorsBringTheirStack", ".TestErrorsBringTheirStack", ".TestErrorsBringTheirStack"} {
		if f := got[i].Report.CrashStack()[0]; !strings.HasSuffix(f.Func, want) {
			t.Errorf("event %d: top frame %s, want %s", i, f.Func, want)
		}
	}
}

// TestCarry takes a request through a queue to a goroutine that serves nothing.
func TestCarry(t *testing.T) {
	events := startIn(t)
	queue := make(chan context.Context)
	done := make(chan struct{})
	worker := func() {
		defer close(done)
		ctx := <-queue
		func() {
			defer backstop.Recover(ctx)
			explode(3)
		}()
		backstop.Resume(ctx, func(context.Context) {
			if r := backstop.RequestOf(ctx); r == nil || r.TraceID != testTrace {
				t.Errorf("resumed with the request %+v", r)
			}
			if r := backstop.RequestOf(nil); goid.Calibrate() == nil && (r == nil || r.TraceID != testTrace) { //nolint:staticcheck // nil on purpose
				t.Errorf("by the goroutine's number: the request %+v", r)
			}
		})
		if r := backstop.RequestOf(nil); r != nil { //nolint:staticcheck // nil on purpose
			t.Errorf("afterwards still in the name of %+v", r)
		}
		for _, ctx := range []context.Context{nil, hostile{context.Background()}} {
			called := false
			backstop.Resume(ctx, func(ctx context.Context) { called = ctx != nil })
			if !called {
				t.Errorf("with %v: not called", ctx)
			}
		}
	}
	go func() { go worker() }() // this goroutine is about to serve: its children work for the request
	h := backstop.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		queue <- backstop.Carry(r.Context())
		<-done
	}), backstop.HandlerOptions{})
	r := httptest.NewRequest(http.MethodGet, "/queued", nil)
	r.Header.Set("Traceparent", testParent)
	h.ServeHTTP(httptest.NewRecorder(), r)
	got := events()
	if len(got) != 1 || got[0].Request == nil || got[0].Request.TraceID != testTrace || got[0].Request.URL != "/queued" {
		t.Errorf("want one event with the request, have:\n%s", show(got))
	}
}
