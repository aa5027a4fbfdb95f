package bench

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bugsnag/bugsnag-go/v2"
	"github.com/getsentry/sentry-go"
	sentryhttp "github.com/getsentry/sentry-go/http"

	"github.com/backstop-go/backstop"
)

// setUp starts the three SDKs as their documentation says, with transports that
// go nowhere. Neither bugsnag's fork nor our monitor is wanted: they have no part
// in what a guard costs.
var setUp = sync.OnceValue(func() error {
	err := sentry.Init(sentry.ClientOptions{Dsn: "http://key@127.0.0.1:1/1", Transport: nowhere{}})
	if err != nil {
		return err
	}
	bugsnag.Configure(bugsnag.Configuration{
		APIKey: strings.Repeat("0", 32), Endpoints: bugsnag.Endpoints{Notify: "http://127.0.0.1:1", Sessions: "http://127.0.0.1:1"},
		PanicHandler: func() {}, AutoCaptureSessions: false, Transport: refuse{}, Synchronous: true,
		Logger: log.New(io.Discard, "", 0),
	})
	return nil
})

// nowhere takes sentry's events.
type nowhere struct{}

func (nowhere) Flush(time.Duration) bool              { return true }
func (nowhere) FlushWithContext(context.Context) bool { return true }
func (nowhere) Configure(sentry.ClientOptions)        {}
func (nowhere) SendEvent(*sentry.Event)               {}
func (nowhere) Close()                                {}

// refuse takes bugsnag's.
type refuse struct{}

func (refuse) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
}

func start(b *testing.B) {
	b.Helper()
	if err := setUp(); err != nil {
		b.Fatal(err)
	}
	if err := backstop.Start(backstop.Options{SpoolDir: b.TempDir(), DisableMonitor: true}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := backstop.Stop(ctx); err != nil {
			b.Error(err)
		}
	})
}

var work int

// BenchmarkGuard is what a guard costs a call that does not panic.
func BenchmarkGuard(b *testing.B) {
	start(b)
	ctx := context.Background()
	for _, g := range []struct {
		name string
		call func()
	}{
		{"bare", func() { work++ }},
		{"recover", func() { defer func() { _ = recover() }(); work++ }},
		{"backstop", func() { defer backstop.Recover(ctx); work++ }},
		{"sentry", func() { defer sentry.Recover(); work++ }},
		{"bugsnag", func() { defer bugsnag.AutoNotify(); work++ }},
	} {
		b.Run(g.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				g.call()
			}
		})
	}
}

type discard struct{ h http.Header }

func (d discard) Header() http.Header         { return d.h }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

// BenchmarkMiddleware is what a request costs that does not panic.
func BenchmarkMiddleware(b *testing.B) {
	start(b)
	next := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { work++ })
	r := httptest.NewRequest(http.MethodGet, "/items/7", nil)
	r.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	for _, m := range []struct {
		name    string
		handler http.Handler
	}{
		{"bare", next},
		{"backstop", backstop.Handler(next, backstop.HandlerOptions{})},
		{"sentry", sentryhttp.New(sentryhttp.Options{Repanic: true}).Handle(next)},
		{"bugsnag", bugsnag.Handler(next)},
	} {
		b.Run(m.name, func(b *testing.B) {
			w := discard{http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				m.handler.ServeHTTP(w, r)
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

// BenchmarkCapture is one panic twelve calls down, unwinding included, as the
// goroutine that panics pays for it.
func BenchmarkCapture(b *testing.B) {
	start(b)
	ctx := context.Background()
	for _, g := range []struct {
		name string
		call func()
	}{
		{"recover", func() { defer func() { _ = recover() }(); deep(12) }},
		{"backstop", func() { defer backstop.Recover(ctx); deep(12) }},
		{"sentry", func() { defer sentry.Recover(); deep(12) }},
		// Recover would be raised again by AutoNotify.
		{"bugsnag", func() { defer bugsnag.Recover(); deep(12) }},
	} {
		b.Run(g.name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				g.call()
				if i%256 == 255 { // a flood would be dropped, which is cheaper
					b.StopTimer()
					time.Sleep(5 * time.Millisecond)
					b.StartTimer()
				}
			}
		})
	}
}
