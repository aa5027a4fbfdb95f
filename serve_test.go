package backstop_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"

	"github.com/backstop-go/backstop"
	"github.com/backstop-go/backstop/event"
)

var modes = map[string]backstop.Options{
	"table":   {},
	"context": {DisableInFlight: true},
	"labels":  {Labels: true},
}

func call() *event.Request {
	return &event.Request{Method: "unary", URL: "/shop.Cart/Add", Route: "/shop.Cart/Add", TraceID: testTrace, RequestID: "req-9"}
}

func TestServe(t *testing.T) {
	boom := errors.New("boom")
	for mode, o := range modes {
		t.Run(mode, func(t *testing.T) {
			o.SpoolDir = t.TempDir()
			start(t, o)
			var crashes []*backstop.Crash
			defer backstop.OnCrash(func(_ context.Context, c *backstop.Crash) { crashes = append(crashes, c) })()
			answer := backstop.HandlerOptions{OnPanic: backstop.Answer500}

			if v := backstop.Serve(context.Background(), call(), answer, func(ctx context.Context) {
				if r := backstop.RequestOf(ctx); r == nil || *r != *call() {
					t.Errorf("request %+v", r)
				}
			}); v != nil {
				t.Errorf("Serve returns %v without a panic", v)
			}
			if r := backstop.RequestOf(context.Background()); r != nil {
				t.Errorf("request %+v after its end", r)
			}

			if v := backstop.Serve(context.Background(), call(), answer, func(context.Context) { raise(boom) }); v != any(boom) {
				t.Errorf("Serve returns %v", v)
			}
			if v := catch(func() {
				backstop.Serve(context.Background(), call(), backstop.HandlerOptions{}, func(context.Context) { raise(boom) })
			}); v != any(boom) {
				t.Errorf("raised %v, want the panic again", v)
			}
			if v := catch(func() {
				backstop.Serve(context.Background(), call(), answer, func(context.Context) { raise(http.ErrAbortHandler) })
			}); v != any(http.ErrAbortHandler) {
				t.Errorf("raised %v, want the abort", v)
			}
			done := make(chan struct{})
			go func() {
				defer close(done)
				backstop.Serve(context.Background(), call(), answer, func(context.Context) { runtime.Goexit() })
				t.Error("Goexit did not end the goroutine")
			}()
			<-done

			if len(crashes) != 2 {
				t.Fatalf("%d crashes, want 2", len(crashes))
			}
			for i, recovered := range []bool{true, false} {
				c := crashes[i]
				if c.Request == nil || *c.Request != *call() || c.Recovered != recovered {
					t.Errorf("crash %d: recovered %v, request %+v", i, c.Recovered, c.Request)
				}
			}
		})
	}
}

// TestServeAsksForTheTraceID has a tracer that knows what the headers do not.
func TestServeAsksForTheTraceID(t *testing.T) {
	type span struct{}
	ctx := context.WithValue(context.Background(), span{}, testTrace)
	trace := func(ctx context.Context) string {
		id, _ := ctx.Value(span{}).(string)
		return id
	}
	start(t, backstop.Options{TraceID: trace})
	r := call()
	r.TraceID = ""
	backstop.Serve(ctx, r, backstop.HandlerOptions{}, func(context.Context) {
		if got := backstop.RequestOf(context.Background()); got == nil || got.TraceID != testTrace {
			t.Errorf("request %+v, want the tracer's id", got)
		}
	})
	backstop.Serve(context.Background(), r, backstop.HandlerOptions{}, func(context.Context) {
		if got := backstop.RequestOf(context.Background()); got == nil || got.TraceID != "" {
			t.Errorf("request %+v", got)
		}
	})
	other := httptest.NewRequest(http.MethodGet, "/", nil).WithContext(ctx)
	other.Header.Set("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	for want, r := range map[string]*http.Request{
		testTrace:                          httptest.NewRequest(http.MethodGet, "/", nil).WithContext(ctx),
		"4bf92f3577b34da6a3ce929d0e0e4736": other,
	} {
		backstop.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			if got := backstop.RequestOf(context.Background()); got == nil || got.TraceID != want {
				t.Errorf("request %+v, want trace id %s", got, want)
			}
		}), backstop.HandlerOptions{}).ServeHTTP(httptest.NewRecorder(), r)
	}
	stopNow()
	start(t, backstop.Options{TraceID: func(context.Context) string { panic("a tracer at fault") }})
	backstop.Serve(ctx, r, backstop.HandlerOptions{}, func(context.Context) {})
}

// TestBareGoroutinesFindTheRequest starts goroutines with the go statement, which
// nobody told about the request.
func TestBareGoroutinesFindTheRequest(t *testing.T) {
	start(t, backstop.Options{})
	in := func(f func()) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			f()
		}()
		<-done
	}
	for _, c := range []struct {
		name string
		look func(ctx context.Context) *event.Request
		via  event.Via
	}{
		{"without a context", func(context.Context) (r *event.Request) {
			in(func() { r = backstop.RequestOf(context.Background()) })
			return r
		}, event.ViaCreator},
		{"by the context of the request", func(ctx context.Context) (r *event.Request) {
			in(func() { in(func() { r = backstop.RequestOf(ctx) }) })
			return r
		}, ""},
		{"by one derived from it", func(ctx context.Context) (r *event.Request) {
			in(func() { in(func() { r = backstop.RequestOf(context.WithValue(ctx, key{}, 1)) }) })
			return r
		}, ""},
		{"two goroutines away, without a context", func(context.Context) (r *event.Request) {
			in(func() { in(func() { r = backstop.RequestOf(context.Background()) }) })
			return r
		}, "none"},
		{"in one of a Go", func(ctx context.Context) (r *event.Request) {
			done := make(chan struct{})
			backstop.Go(ctx, func(context.Context) {
				defer close(done)
				in(func() { r = backstop.RequestOf(context.Background()) })
			})
			<-done
			return r
		}, event.ViaCreator},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := backstop.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				got := c.look(r.Context())
				switch {
				case c.via == "none":
					if got != nil {
						t.Errorf("request %+v, want none", got)
					}
				case got == nil || got.URL != "/b" || got.Via != c.via:
					t.Errorf("request %+v, want /b via %q", got, c.via)
				}
			}), backstop.HandlerOptions{})
			// The goroutine serves its second request, as on a connection that is
			// kept: what it started may have been for the first.
			first := httptest.NewRequest(http.MethodGet, "/a", nil)
			backstop.Handler(http.NotFoundHandler(), backstop.HandlerOptions{}).ServeHTTP(httptest.NewRecorder(), first)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/b?q=1", nil).WithContext(ctx))
		})
	}
}

// TestIgnoredPanics has a panic that is no crash: answered as any, not reported.
func TestIgnoredPanics(t *testing.T) {
	gone := errors.New("the client is gone")
	start(t, backstop.Options{})
	crashes := 0
	defer backstop.OnCrash(func(context.Context, *backstop.Crash) { crashes++ })()
	for _, c := range []struct {
		name   string
		ignore func(any) bool
		want   int
	}{
		{"ignored", func(v any) bool { return v == any(gone) }, 0},
		{"not this one", func(any) bool { return false }, 2},
		{"at fault", func(any) bool { panic("ignore") }, 2},
	} {
		crashes = 0
		o := backstop.HandlerOptions{OnPanic: backstop.Answer500, Ignore: c.ignore}
		w := httptest.NewRecorder()
		backstop.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { raise(gone) }), o).
			ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		v := backstop.Serve(context.Background(), call(), o, func(context.Context) { raise(gone) })
		if w.Code != http.StatusInternalServerError || v != any(gone) || crashes != c.want {
			t.Errorf("%s: status %d, value %v, %d reports, want %d", c.name, w.Code, v, crashes, c.want)
		}
	}
}

// TestGoroutineOutlivesItsHandler asks when the handler has returned.
func TestGoroutineOutlivesItsHandler(t *testing.T) {
	start(t, backstop.Options{})
	returned, found := make(chan struct{}), make(chan *event.Request)
	h := backstop.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		go func() {
			<-returned
			found <- backstop.RequestOf(context.Background())
		}()
	}), backstop.HandlerOptions{})
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/gone", nil))
	close(returned)
	if r := <-found; r == nil || r.URL != "/gone" {
		t.Errorf("request %+v, want the last one of the goroutine that started it", r)
	}
}

// TestServeInAGoroutineOfARequest has a handler start what receives messages: a
// panic belongs to the message, not to the request that happened to be first.
func TestServeInAGoroutineOfARequest(t *testing.T) {
	for mode, o := range modes {
		t.Run(mode, func(t *testing.T) {
			start(t, o)
			var got *event.Request
			defer backstop.OnCrash(func(_ context.Context, c *backstop.Crash) { got = c.Request })()
			done := make(chan struct{})
			h := backstop.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				backstop.Go(context.WithoutCancel(r.Context()), func(context.Context) {
					defer close(done)
					answer := backstop.HandlerOptions{OnPanic: backstop.Answer500}
					backstop.Serve(context.Background(), call(), answer, func(context.Context) { raise("boom") })
				})
			}), backstop.HandlerOptions{})
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/first", nil))
			<-done
			if got == nil || *got != *call() {
				t.Errorf("request %+v, want that of Serve", got)
			}
		})
	}
}

// TestOlderGoroutine was started before its creator served anything: that it
// works for the request is a guess, and says so.
func TestOlderGoroutine(t *testing.T) {
	start(t, backstop.Options{})
	serves := map[string]func(f func()){
		"Serve": func(f func()) {
			backstop.Serve(context.Background(), call(), backstop.HandlerOptions{}, func(context.Context) { f() })
		},
		"a handler without a server": func(f func()) {
			h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { f() })
			backstop.Handler(h, backstop.HandlerOptions{}).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
		},
	}
	for name, serve := range serves {
		busy, found, done := make(chan struct{}), make(chan *event.Request), make(chan struct{})
		go func() {
			defer close(done)
			go func() {
				<-busy
				found <- backstop.RequestOf(context.Background())
			}()
			serve(func() {
				close(busy)
				if r := <-found; r == nil || r.Via != event.ViaCreator {
					t.Errorf("%s: request %+v, want one that is uncertain", name, r)
				}
			})
		}()
		<-done
	}
}
