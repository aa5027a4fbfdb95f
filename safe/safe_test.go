package safe_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/backstop-go/backstop"
	"github.com/backstop-go/backstop/safe"
)

// reports starts the SDK and returns what it captures until the test ends.
func reports(tb testing.TB) func() []*backstop.Crash {
	tb.Helper()
	if err := backstop.Start(backstop.Options{SpoolDir: tb.TempDir(), DisableMonitor: true}); err != nil {
		tb.Fatal(err)
	}
	var mu sync.Mutex
	var got []*backstop.Crash
	remove := backstop.OnCrash(func(_ context.Context, c *backstop.Crash) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, c)
	})
	tb.Cleanup(func() {
		remove()
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		backstop.Stop(ctx) //nolint:errcheck // what is in the spool goes with it
	})
	return func() []*backstop.Crash {
		mu.Lock()
		defer mu.Unlock()
		return append([]*backstop.Crash(nil), got...)
	}
}

// one returns the only report there has to be.
func one(tb testing.TB, got []*backstop.Crash, text string) *backstop.Crash {
	tb.Helper()
	if len(got) != 1 || got[0].Text != text {
		tb.Fatalf("%d reports, want one of %q: %+v", len(got), text, got)
	}
	return got[0]
}

const trace = "0af7651916cd43dd8448eb211c80319c"

// serving calls f as a handler that serves GET /cart.
func serving(f func(r *http.Request)) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /cart", func(_ http.ResponseWriter, r *http.Request) { f(r) })
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel() // as net/http does when the handler has returned
	r := httptest.NewRequest(http.MethodGet, "/cart?secret=1", nil).WithContext(ctx)
	r.Header.Set("Traceparent", "00-"+trace+"-b7ad6b7169203331-01")
	backstop.Handler(mux, backstop.HandlerOptions{}).ServeHTTP(httptest.NewRecorder(), r)
}

func wantTrace(tb testing.TB, c *backstop.Crash) {
	tb.Helper()
	if c.Request == nil || c.Request.TraceID != trace || c.Request.URL != "/cart" {
		tb.Errorf("reported with the request %+v, want that of GET /cart", c.Request)
	}
}

// wantTop wants a report to show where the panic was.
func wantTop(tb testing.TB, c *backstop.Crash, function string) {
	tb.Helper()
	if f := c.Frames(); len(f) == 0 || !strings.HasSuffix(f[0].Func, "."+function) {
		tb.Errorf("reported with the stack %v, want %s on top", f, function)
	}
}

//go:noinline
func raise(v any) { panic(v) }

func cancelled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// hostile is a context that panics when it is asked for a value.
type hostile struct{ context.Context }

func (hostile) Value(any) any { panic("hostile context") }

// onOwn runs f on a goroutine of its own and waits for its end, however it ends.
func onOwn(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
}

var errBoom = errors.New("boom")

// wantPanic wants an error that wraps a panic, with its stack.
func wantPanic(tb testing.TB, err error, value any) {
	tb.Helper()
	var p *backstop.PanicError
	if !errors.As(err, &p) || p.Value != value {
		tb.Fatalf("error %#v, want the panic %v", err, value)
	}
	if first, _, _ := strings.Cut(p.Stack(), "\n"); !strings.HasSuffix(first, ".raise(...)") {
		tb.Errorf("the stack begins with %q", first)
	}
}

func wantRefused(tb testing.TB, err, reason error) {
	tb.Helper()
	var r *safe.RefusedError
	if !errors.As(err, &r) || !errors.Is(err, reason) {
		tb.Errorf("error %v, want a refusal because of %v", err, reason)
	}
}

func TestFunc(t *testing.T) {
	got := reports(t)
	var f func()
	serving(func(r *http.Request) {
		f = safe.Func(r.Context(), func(context.Context) { raise(errBoom) })
	})
	onOwn(f) // by somebody who knows nothing of the request
	c := one(t, got(), "boom")
	wantTrace(t, c)
	wantTop(t, c, "raise")
	called := false
	safe.Func(nil, func(ctx context.Context) { called = ctx != nil })() //nolint:staticcheck // nil on purpose
	if !called {
		t.Error("not called, or with a nil context")
	}
}

func TestFuncGoexit(t *testing.T) {
	got := reports(t)
	onOwn(safe.Func(context.Background(), func(context.Context) { runtime.Goexit() }))
	if n := len(got()); n != 0 {
		t.Errorf("%d reports", n)
	}
}
