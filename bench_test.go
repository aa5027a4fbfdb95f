package backstop_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/backstop-go/backstop"
)

// start starts the SDK in the test process itself, without a monitor.
func start(tb testing.TB, o backstop.Options) {
	tb.Helper()
	if o.SpoolDir == "" {
		o.SpoolDir = tb.TempDir()
	}
	o.DisableMonitor = true
	if err := backstop.Start(o); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(stopNow)
}

// stopNow ends the SDK without waiting for a collector.
func stopNow() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	backstop.Stop(ctx) //nolint:errcheck // events may be left; most tests want them so
}

var work int

//go:noinline
func bare() { work++ }

//go:noinline
func plainRecover() {
	defer func() { recover() }()
	work++
}

//go:noinline
func guarded(ctx context.Context) {
	defer backstop.Guard(ctx)
	work++
}

//go:noinline
func guardedAlone() {
	defer backstop.Guard()
	work++
}

//go:noinline
func recovered(ctx context.Context) {
	defer backstop.Recover(ctx)
	work++
}

// BenchmarkGuardNoPanic is what a guard costs a call that does not panic.
func BenchmarkGuardNoPanic(b *testing.B) {
	ctx := context.Background()
	for name, f := range map[string]func(){
		"bare":          bare,
		"plain-recover": plainRecover,
		"Guard":         func() { guarded(ctx) },
		"Guard-no-ctx":  guardedAlone,
		"Recover":       func() { recovered(ctx) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; i < b.N; i++ {
				f()
			}
		})
	}
}

//go:noinline
func deep(n int) int {
	if n == 0 {
		panic("deep")
	}
	return deep(n-1) + 1
}

// BenchmarkCaptureRecovered is one panic twelve calls down, unwinding included,
// as the goroutine that panics pays for it.
func BenchmarkCaptureRecovered(b *testing.B) {
	b.Run("plain-recover", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; i < b.N; i++ {
			func() {
				defer func() { recover() }()
				deep(12)
			}()
		}
	})
	b.Run("Recover", func(b *testing.B) {
		start(b, backstop.Options{})
		ctx := context.Background()
		b.ReportAllocs()
		b.ResetTimer()
		for i := 0; i < b.N; i++ {
			func() {
				defer backstop.Recover(ctx)
				deep(12)
			}()
		}
	})
}

type discard struct{ h http.Header }

func (d discard) Header() http.Header         { return d.h }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

// BenchmarkHandler is what Handler adds to a request that does not panic.
func BenchmarkHandler(b *testing.B) {
	next := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { work++ })
	r := httptest.NewRequest(http.MethodGet, "/items/7", nil)
	r.Header.Set("Traceparent", testParent)
	run := func(name string, h http.Handler, o *backstop.Options) {
		b.Run(name, func(b *testing.B) {
			if o != nil {
				start(b, *o)
			}
			w := discard{http.Header{}}
			b.ReportAllocs()
			b.ResetTimer()
			for i := 0; i < b.N; i++ {
				h.ServeHTTP(w, r)
			}
		})
	}
	run("bare", next, nil)
	run("no-labels", backstop.Handler(next, backstop.HandlerOptions{}), &backstop.Options{DisableLabels: true})
	run("labels", backstop.Handler(next, backstop.HandlerOptions{}), &backstop.Options{})
	run("answer", backstop.Handler(next, backstop.HandlerOptions{OnPanic: backstop.Answer500}), &backstop.Options{DisableLabels: true})
}
