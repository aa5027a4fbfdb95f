package backstopgin_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/backstop-go/backstop"
	backstopgin "github.com/backstop-go/backstop/contrib/gin"
	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/crashtest"
)

const (
	trace       = "4bf92f3577b34da6a3ce929d0e0e4736"
	traceparent = "00-" + trace + "-00f067aa0ba902b7-01"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	gin.DefaultWriter, gin.DefaultErrorWriter = io.Discard, io.Discard
	m.Run()
}

// start starts Backstop. stop delivers and returns the events as the collector
// understands them.
func start(t *testing.T) (stop func() []event.Event) {
	t.Helper()
	collector := crashtest.NewCollector(t)
	err := backstop.Start(backstop.Options{Service: "svc", Collector: collector.URL, SpoolDir: t.TempDir(), DisableMonitor: true})
	if err != nil {
		t.Fatal(err)
	}
	end := func() error {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		return backstop.Stop(ctx)
	}
	t.Cleanup(func() { end() }) //nolint:errcheck // tests that care have called stop
	return func() []event.Event {
		t.Helper()
		if err := end(); err != nil {
			t.Fatal(err)
		}
		var events []event.Event
		for _, data := range collector.Events() {
			e, err := event.Decode(data)
			if err != nil {
				t.Fatal(err)
			}
			event.Interpret(&e)
			events = append(events, e)
		}
		return events
	}
}

// serve serves an engine on a real server.
func serve(t *testing.T, r *gin.Engine) *httptest.Server {
	t.Helper()
	srv := httptest.NewUnstartedServer(r)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.Start()
	t.Cleanup(srv.Close)
	return srv
}

// get returns the status, 0 when the connection was closed without one.
func get(t *testing.T, url string) (status int, body string, err error) {
	t.Helper()
	req, err := http.NewRequest("GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Traceparent", traceparent)
	req.Header.Set("X-Request-Id", "r-17")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(data), err
}

//go:noinline
func order(stock map[string]int) { stock["book"]-- }

// routes are handlers that misbehave; after is told when a handler behind one
// that panicked was called all the same.
func routes(r *gin.Engine, after *bool) {
	next := func(*gin.Context) { *after = true }
	r.GET("/books/:id", func(*gin.Context) { order(nil) }, next)
	r.GET("/cover", func(c *gin.Context) {
		c.Header("Content-Length", "1000")
		c.Header("Content-Encoding", "gzip")
		c.Header("X-Shop", "1")
		order(nil)
	})
	r.GET("/fine/:id", func(c *gin.Context) { c.String(http.StatusOK, "fine "+c.Param("id")) })
	r.GET("/begun", func(c *gin.Context) {
		fmt.Fprint(c.Writer, "half of ")
		c.Writer.Flush()
		order(nil)
	})
	r.GET("/abort", func(*gin.Context) { panic(http.ErrAbortHandler) })
	r.GET("/database", func(*gin.Context) {
		panic(fmt.Errorf("read row: %w", &net.OpError{
			Op: "read", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 9), Port: 5432}, Err: syscall.ECONNRESET,
		}))
	})
	r.GET("/goroutine", func(c *gin.Context) {
		var wg sync.WaitGroup
		wg.Add(1)
		backstop.Go(c.Request.Context(), func(context.Context) {
			defer wg.Done()
			defer backstop.Recover(c.Request.Context())
			order(nil)
		})
		wg.Wait()
		c.Status(http.StatusNoContent)
	})
}

func check(t *testing.T, e event.Event, path, route string) {
	t.Helper()
	if r := e.Request; r == nil || r.Method != "GET" || r.URL != path || r.Route != route || r.TraceID != trace || r.RequestID != "r-17" {
		t.Errorf("%s: request %+v, want path %s and route %s", e.PanicValue, r, path, route)
	}
	if !e.Report.Recovered {
		t.Errorf("%s %s: not recovered, though net/http does", e.PanicValue, path)
	}
}

// TestMiddleware has the middleware at each place it can stand.
func TestMiddleware(t *testing.T) {
	repanic := backstopgin.Middleware(backstopgin.Options{})
	answer500 := backstopgin.Middleware(backstopgin.Options{OnPanic: backstop.Answer500})
	answer503 := backstopgin.Middleware(backstopgin.Options{OnPanic: backstop.Answer503})
	for name, c := range map[string]struct {
		use    []gin.HandlerFunc
		status int // 0: the connection is closed
		events int
	}{
		"behind gin.Recovery":                {[]gin.HandlerFunc{gin.Recovery(), repanic}, 500, 1},
		"behind gin.Recovery, answering":     {[]gin.HandlerFunc{gin.Recovery(), answer503}, 503, 1},
		"without gin.Recovery":               {[]gin.HandlerFunc{repanic}, 0, 1},
		"without gin.Recovery, answering":    {[]gin.HandlerFunc{answer500}, 500, 1},
		"twice":                              {[]gin.HandlerFunc{answer500, repanic}, 500, 1},
		"before gin.Recovery":                {[]gin.HandlerFunc{repanic, gin.Recovery()}, 500, 0},
		"before and behind gin.Recovery":     {[]gin.HandlerFunc{answer500, gin.Recovery(), repanic}, 500, 1},
		"behind middleware that wraps nexts": {[]gin.HandlerFunc{gin.Logger(), gin.Recovery(), repanic}, 500, 1},
	} {
		t.Run(name, func(t *testing.T) {
			stop := start(t)
			r := gin.New()
			r.Use(c.use...)
			after := false
			routes(r, &after)
			srv := serve(t, r)
			status, _, err := get(t, srv.URL+"/books/7?secret=1")
			if status != c.status || (err != nil) != (c.status == 0) {
				t.Errorf("status %d, %v, want %d", status, err, c.status)
			}
			if status, body, err := get(t, srv.URL+"/fine/7"); status != 200 || body != "fine 7" || err != nil {
				t.Errorf("status %d, %q, %v", status, body, err)
			}
			srv.Close()
			if after {
				t.Error("a handler behind the one that panicked was called")
			}
			events := stop()
			if len(events) != c.events {
				t.Fatalf("%d events, want %d", len(events), c.events)
			}
			for _, e := range events {
				check(t, e, "/books/7", "/books/:id")
				if o := e.Report.Origin(); e.Class != "panic.nil_map" || o == nil || !strings.HasSuffix(o.Func, "_test.order") {
					t.Errorf("class %s, origin %v", e.Class, o)
				}
			}
		})
	}
}

// TestWhatIsNoCrash has aborted handlers and clients that went away, beside
// what only looks like one.
func TestWhatIsNoCrash(t *testing.T) {
	for name, how := range map[string]backstop.Response{"panic again": backstop.Repanic, "answer": backstop.Answer500} {
		t.Run(name, func(t *testing.T) {
			stop := start(t)
			r := gin.New()
			r.Use(backstopgin.Middleware(backstopgin.Options{OnPanic: how}))
			after := false
			routes(r, &after)
			panicked := make(chan any, 1)
			r.GET("/download", func(c *gin.Context) {
				defer func() {
					if v := recover(); v != nil {
						panicked <- v
						panic(v)
					}
				}()
				for chunk := make([]byte, 64<<10); ; {
					if _, err := c.Writer.Write(chunk); err != nil {
						panic(fmt.Errorf("download: %w", err))
					}
				}
			})
			srv := serve(t, r)
			if status, _, err := get(t, srv.URL+"/abort"); err == nil {
				t.Errorf("an aborted handler was answered with %d", status)
			}
			hangUp(t, srv.Listener.Addr().String())
			v := <-panicked
			if err, ok := v.(error); !ok || !errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.ECONNRESET) {
				t.Fatalf("the handler panicked with %v: the test shows nothing", v)
			}
			get(t, srv.URL+"/database") //nolint:errcheck // answered or not
			srv.Close()
			events := stop()
			if len(events) != 1 {
				t.Fatalf("%d events: %+v", len(events), events)
			}
			check(t, events[0], "/database", "/database")
		})
	}
}

// hangUp asks for the download, reads a little of it and resets the connection.
func hangUp(t *testing.T, addr string) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET /download HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(conn, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).SetLinger(0); err != nil {
		t.Fatal(err)
	}
}

// TestHeadersOfTheBody that did not come must not go out; others stay.
func TestHeadersOfTheBody(t *testing.T) {
	start(t)
	r := gin.New()
	r.Use(backstopgin.Middleware(backstopgin.Options{OnPanic: backstop.Answer500}))
	after := false
	routes(r, &after)
	srv := serve(t, r)
	resp, err := http.Get(srv.URL + "/cover")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || len(body) != 0 {
		t.Errorf("%q, %v", body, err)
	}
	if h := resp.Header; resp.StatusCode != 500 || h.Get("Content-Encoding") != "" || h.Get("X-Shop") != "1" {
		t.Errorf("%s, %v", resp.Status, h)
	}
}

// TestBegunResponse must not look complete.
func TestBegunResponse(t *testing.T) {
	stop := start(t)
	r := gin.New()
	r.Use(backstopgin.Middleware(backstopgin.Options{OnPanic: backstop.Answer500}))
	after := false
	routes(r, &after)
	srv := serve(t, r)
	if status, body, err := get(t, srv.URL+"/begun"); status != 200 || body != "half of " || err == nil {
		t.Errorf("status %d, %q, %v: the client cannot see that something is missing", status, body, err)
	}
	srv.Close()
	events := stop()
	if len(events) != 1 {
		t.Fatalf("%d events", len(events))
	}
	check(t, events[0], "/begun", "/begun")
}

func TestGoroutineOfHandler(t *testing.T) {
	stop := start(t)
	r := gin.New()
	r.Use(backstopgin.Middleware(backstopgin.Options{}))
	after := false
	routes(r, &after)
	srv := serve(t, r)
	if status, _, err := get(t, srv.URL+"/goroutine"); status != 204 || err != nil {
		t.Errorf("status %d, %v", status, err)
	}
	srv.Close()
	events := stop()
	if len(events) != 1 {
		t.Fatalf("%d events", len(events))
	}
	check(t, events[0], "/goroutine", "/goroutine")
}
