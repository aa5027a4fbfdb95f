package backstop_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

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

// coldly reports the median time of f when it is called once in a while.
func coldly(b *testing.B, f func()) {
	var took []time.Duration
	for i := 0; i < b.N; i++ {
		begin := time.Now()
		f()
		took = append(took, time.Since(begin))
		backstop.Settle(b)
		time.Sleep(100 * time.Microsecond)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds()), "p50-ns/op")
	b.ReportMetric(0, "ns/op")
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
	ctx := context.Background()
	once := func() {
		defer backstop.Recover(ctx)
		deep(12)
	}
	// What the panicking goroutine pays, with a worker that throws the records
	// away (peers are measured with a transport that does nothing). None is
	// dropped: the queue is given time to empty, which does not count.
	b.Run("Recover", func(b *testing.B) {
		backstop.SetFault(b, func(point string) {
			if point == "event" {
				panic("throw it away")
			}
		})
		start(b, backstop.Options{})
		b.ReportAllocs()
		b.ResetTimer()
		for i := 0; i < b.N; i++ {
			if i%256 == 255 {
				b.StopTimer()
				backstop.Settle(b)
				b.StartTimer()
			}
			once()
		}
	})
	// One panic now and then: caches are cold and the worker sleeps. The plain
	// recover tells how much of it is the pause's doing.
	b.Run("plain-recover-cold", func(b *testing.B) {
		coldly(b, func() {
			defer func() { recover() }()
			deep(12)
		})
	})
	b.Run("Recover-cold", func(b *testing.B) {
		start(b, backstop.Options{})
		coldly(b, once)
	})
	// A flood: the queue is full most of the time, and panics are dropped and
	// counted.
	b.Run("Recover-flood", func(b *testing.B) {
		start(b, backstop.Options{})
		b.ReportAllocs()
		b.ResetTimer()
		for i := 0; i < b.N; i++ {
			once()
		}
	})
	// A guard that panics again writes the event to disk first.
	b.Run("Guard", func(b *testing.B) {
		start(b, backstop.Options{})
		b.ReportAllocs()
		b.ResetTimer()
		for i := 0; i < b.N; i++ {
			func() {
				defer func() { recover() }()
				defer backstop.Guard(ctx)
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
	run("table", backstop.Handler(next, backstop.HandlerOptions{}), &backstop.Options{})
	run("context", backstop.Handler(next, backstop.HandlerOptions{}), &backstop.Options{DisableInFlight: true})
	run("table-and-labels", backstop.Handler(next, backstop.HandlerOptions{}), &backstop.Options{Labels: true})
	run("answer", backstop.Handler(next, backstop.HandlerOptions{OnPanic: backstop.Answer500}), &backstop.Options{})
}
