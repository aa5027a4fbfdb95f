package backstopgin_test

import (
	"context"
	"net/http"
	"net/url"
	"runtime"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/backstop-go/backstop"
	backstopgin "github.com/backstop-go/backstop/contrib/gin"
	"github.com/backstop-go/backstop/internal/crashtest"
)

type sink struct{ h http.Header }

func (s *sink) Header() http.Header         { return s.h }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(int)             {}

// engine has one route behind the middleware; request asks for it.
func engine(use ...gin.HandlerFunc) (request func()) {
	r := gin.New()
	r.Use(use...)
	r.GET("/books/:id", func(c *gin.Context) { c.Status(http.StatusOK) })
	req := &http.Request{
		Method: "GET", URL: &url.URL{Path: "/books/7"}, RemoteAddr: "127.0.0.1:4711",
		Header: http.Header{"Traceparent": {traceparent}, "X-Request-Id": {"r-17"}},
	}
	w := &sink{make(http.Header)}
	return func() { r.ServeHTTP(w, req) }
}

// TestMiddlewareDoesNotAllocate where there is a table of requests in flight.
func TestMiddlewareDoesNotAllocate(t *testing.T) {
	if runtime.GOOS != "linux" {
		crashtest.Skip(t, "requests are handed on in the context on %s", runtime.GOOS)
	}
	if crashtest.RaceEnabled {
		t.Skip("the race detector allocates")
	}
	start(t)
	for name, o := range map[string]backstopgin.Options{"panic again": {}, "answer": {OnPanic: backstop.Answer500}} {
		request := engine(backstopgin.Middleware(o))
		if n := testing.AllocsPerRun(1000, request); n != 0 {
			t.Errorf("%s: %v allocations a request", name, n)
		}
	}
}

// BenchmarkMiddleware is a request without a panic, from gin's router on.
func BenchmarkMiddleware(b *testing.B) {
	for _, c := range []struct {
		name string
		use  []gin.HandlerFunc
	}{
		{"gin alone", nil},
		{"gin.Recovery", []gin.HandlerFunc{gin.Recovery()}},
		{"backstopgin", []gin.HandlerFunc{backstopgin.Middleware(backstopgin.Options{})}},
	} {
		b.Run(c.name, func(b *testing.B) {
			if err := backstop.Start(backstop.Options{Service: "svc", SpoolDir: b.TempDir(), DisableMonitor: true}); err != nil {
				b.Fatal(err)
			}
			defer backstop.Stop(context.Background()) //nolint:errcheck // there is nothing to deliver
			request := engine(c.use...)
			b.ReportAllocs()
			for b.Loop() {
				request()
			}
		})
	}
}
