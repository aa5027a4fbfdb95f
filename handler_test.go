package backstop_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/backstop-go/backstop"
	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/crashtest"
)

// server runs a handler under net/http, HTTP/2 if told, with its log in logs.
func server(t *testing.T, h http.Handler, http2 bool) (srv *httptest.Server, logs *syncBuffer) {
	t.Helper()
	logs = &syncBuffer{}
	srv = httptest.NewUnstartedServer(h)
	srv.Config.ErrorLog = log.New(logs, "", 0)
	srv.EnableHTTP2 = http2
	if http2 {
		srv.StartTLS()
	} else {
		srv.Start()
	}
	t.Cleanup(srv.Close)
	return srv, logs
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestHandlerAnswers(t *testing.T) {
	boom := errors.New("boom")
	for _, http2 := range []bool{false, true} {
		for _, c := range []struct {
			name    string
			answer  backstop.Response
			h       http.HandlerFunc
			status  int // 0: no complete response arrives
			header  string
			keptHdr string
		}{
			{"repanic", backstop.Repanic, func(http.ResponseWriter, *http.Request) { panic(boom) }, 0, "", ""},
			{"500", backstop.Answer500, func(http.ResponseWriter, *http.Request) { panic(boom) }, 500, "", ""},
			{"503", backstop.Answer503, func(http.ResponseWriter, *http.Request) { panic(boom) }, 503, "", ""},
			{"headers of the lost body go", backstop.Answer500, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "5")
				w.Header().Set("Content-Encoding", "gzip")
				w.Header().Set("Access-Control-Allow-Origin", "*")
				panic(boom)
			}, 500, "Content-Encoding", "Access-Control-Allow-Origin"},
			{"after an informational status", backstop.Answer500, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusEarlyHints)
				panic(boom)
			}, 500, "", ""},
			{"after the header", backstop.Answer500, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusOK)
				panic(boom)
			}, 0, "", ""},
			{"after a flushed part", backstop.Answer500, func(w http.ResponseWriter, _ *http.Request) {
				io.WriteString(w, "part of it") //nolint:errcheck // the client reads
				w.(http.Flusher).Flush()
				panic(boom)
			}, 0, "", ""},
			{"after a bare flush", backstop.Answer500, func(w http.ResponseWriter, _ *http.Request) {
				http.NewResponseController(w).Flush() //nolint:errcheck // the client reads
				panic(boom)
			}, 0, "", ""},
			{"no panic", backstop.Answer500, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }, 418, "", ""},
		} {
			proto := map[bool]string{false: "HTTP1/", true: "HTTP2/"}[http2]
			t.Run(proto+c.name, func(t *testing.T) {
				events := startIn(t)
				srv, _ := server(t, backstop.Handler(c.h, backstop.HandlerOptions{OnPanic: c.answer}), http2)
				resp, err := srv.Client().Get(srv.URL)
				var status int
				if err == nil {
					defer resp.Body.Close()
					if _, err = io.ReadAll(resp.Body); err == nil {
						status = resp.StatusCode
					}
				}
				if status != c.status {
					t.Errorf("status %d (%v), want %d", status, err, c.status)
				}
				if c.header != "" && (resp.Header.Get(c.header) != "" || resp.Header.Get(c.keptHdr) == "") {
					t.Errorf("headers %v: want no %s, but %s", resp.Header, c.header, c.keptHdr)
				}
				srv.Close() // the handler has returned
				if n := len(events()); n != map[bool]int{true: 0, false: 1}[c.name == "no panic"] {
					t.Errorf("%d events", n)
				}
			})
		}
	}
}

// TestHandlerKeepsTheServersWriter looks at what a handler can do with the
// ResponseWriter it gets.
func TestHandlerKeepsTheServersWriter(t *testing.T) {
	type abilities struct{ flush, hijack, read, push, deadline bool }
	look := func(w http.ResponseWriter) (a abilities) {
		_, a.flush = w.(http.Flusher)
		_, a.hijack = w.(http.Hijacker)
		_, a.read = w.(io.ReaderFrom)
		_, a.push = w.(http.Pusher)
		a.deadline = http.NewResponseController(w).EnableFullDuplex() == nil
		return a
	}
	for _, http2 := range []bool{false, true} {
		var seen []abilities
		h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { seen = append(seen, look(w)) })
		for _, handler := range []http.Handler{h, backstop.Handler(h, backstop.HandlerOptions{}), backstop.Handler(h, backstop.HandlerOptions{OnPanic: backstop.Answer500})} {
			srv, _ := server(t, handler, http2)
			resp, err := srv.Client().Get(srv.URL)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			srv.Close()
		}
		if len(seen) != 3 || seen[1] != seen[0] || seen[2] != seen[0] {
			t.Errorf("HTTP/2 %v: bare, repanicking and answering handlers see %+v", http2, seen)
		}
	}
}

func TestHandlerAfterHijack(t *testing.T) {
	events := startIn(t)
	srv, _ := server(t, backstop.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, buf, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		buf.WriteString("HTTP/1.1 101 Switching Protocols\r\n\r\n") //nolint:errcheck // the client reads
		buf.Flush()                                                 //nolint:errcheck // the client reads
		panic("hijacked")
	}), backstop.HandlerOptions{OnPanic: backstop.Answer500}), false)
	resp, err := srv.Client().Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	rest, _ := bufio.NewReader(resp.Body).ReadString('\n')
	resp.Body.Close()
	if resp.StatusCode != http.StatusSwitchingProtocols || strings.Contains(rest, "500") {
		t.Errorf("status %d, then %q: nothing may be written to a connection that was taken over", resp.StatusCode, rest)
	}
	// The server does not wait for connections that were taken over.
	crashtest.Eventually(t, "the event", func() bool { return len(events()) == 1 })
}

// TestRepanicLooksAsWithoutUs compares the server's log with and without
// Handler.
func TestRepanicLooksAsWithoutUs(t *testing.T) {
	h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(errors.New("boom")) })
	var first []string
	for _, handler := range []http.Handler{h, backstop.Handler(h, backstop.HandlerOptions{})} {
		srv, logs := server(t, handler, false)
		if resp, err := srv.Client().Get(srv.URL); err == nil {
			resp.Body.Close()
			t.Error("a response arrived")
		}
		srv.Close()
		line, _, _ := strings.Cut(logs.String(), "\n")
		_, line, _ = strings.Cut(line, "serving ")
		_, line, _ = strings.Cut(line, ": ")
		first = append(first, strings.TrimSuffix(strings.TrimSuffix(line, " [recovered, repanicked]"), " [recovered]"))
	}
	if first[0] != "boom" || first[1] != first[0] {
		t.Errorf("the server logs %q", first)
	}
}

// TestRequestIsFoundEverywhere panics in each place that gets a context from a
// handler.
func TestRequestIsFoundEverywhere(t *testing.T) {
	for name, h := range map[string]func(ctx context.Context){
		"handler": func(context.Context) { panic("x") },
		"Guard":   func(ctx context.Context) { defer backstop.Guard(ctx); panic("x") },
		"Recover": func(ctx context.Context) { defer backstop.Recover(ctx); panic("x") },
		"Capture": func(ctx context.Context) { backstop.Capture(ctx, "x") },
		"derived": func(ctx context.Context) {
			ctx, cancel := context.WithCancel(context.WithValue(ctx, "k", "v")) //nolint:staticcheck // any key
			cancel()
			backstop.Capture(ctx, "x")
		},
		"Go": func(ctx context.Context) {
			done := make(chan struct{})
			backstop.Go(ctx, func(context.Context) { defer close(done); panic("x") })
			<-done
		},
		"Go in Go": func(ctx context.Context) {
			done := make(chan struct{})
			backstop.Go(ctx, func(ctx context.Context) {
				backstop.Go(ctx, func(context.Context) { defer close(done); panic("x") })
			})
			<-done
		},
		"Group": func(ctx context.Context) {
			g := backstop.NewGroup(ctx)
			g.Go(func(context.Context) error { panic("x") })
			g.Wait() //nolint:errcheck // of no interest
		},
	} {
		t.Run(name, func(t *testing.T) {
			events := startIn(t)
			mux := http.NewServeMux()
			mux.HandleFunc("GET /items/{id}", func(_ http.ResponseWriter, r *http.Request) { h(r.Context()) })
			r := httptest.NewRequest(http.MethodGet, "/items/a%5B7%5D?secret=1", nil)
			r.Header.Set("Traceparent", testParent)
			r.Header.Set("X-Request-Id", "req-1")
			backstop.Handler(mux, backstop.HandlerOptions{OnPanic: backstop.Answer500}).ServeHTTP(httptest.NewRecorder(), r)
			var got []event.Event
			for len(got) == 0 {
				got = events()
			}
			if len(got) != 1 || got[0].Request == nil || *got[0].Request != *wantRequest(route()) {
				t.Errorf("want one event with %+v, have\n%s", wantRequest(route()), show(got))
			}
		})
	}
}

func TestHostileRequests(t *testing.T) {
	events := startIn(t)
	r := httptest.NewRequest("GET", "/", nil)
	r.Method = strings.Repeat("M", 1000)
	r.URL.Path = "/" + strings.Repeat("é\x00\"]", 1000)
	r.Header.Set("X-Request-Id", strings.Repeat("i\x1b", 1000))
	for _, bad := range []string{
		"", "00", strings.ToUpper(testParent), testParent + "-01", "ff" + testParent[2:], strings.Repeat("0", 55),
		"00-" + strings.Repeat("0", 32) + "-b7ad6b7169203331-01", "00-" + testTrace + "-0000000000000000-01",
		strings.Replace(testParent, "-", "_", 1), strings.Replace(testParent, "9c-", "9g-", 1),
	} {
		r.Header.Set("Traceparent", bad)
		h := backstop.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("x") }), backstop.HandlerOptions{OnPanic: backstop.Answer500})
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	got := events()
	if len(got) != 10 {
		t.Fatalf("%d events, want 10", len(got))
	}
	for _, e := range got {
		q := e.Request
		if q.TraceID != "" || len(q.Method) > event.MaxMethod || len(q.URL) > event.MaxPath || len(q.RequestID) > event.MaxRequestID || strings.ContainsAny(q.URL+q.RequestID, "\x00\x1b\"") {
			t.Errorf("request %+v", q)
		}
	}
}

func TestHandlerAllocations(t *testing.T) {
	next := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	// As from the server: each with a context of its own, which makes its Done
	// channel when it is first asked for it (context/context.go, cancelCtx.Done).
	var requests [5000]*http.Request
	for i := range requests {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		requests[i] = httptest.NewRequest(http.MethodGet, "/items/7", nil).WithContext(ctx)
	}
	served := 0
	w := discard{http.Header{}}
	for _, c := range []struct {
		o             backstop.Options
		plain, answer float64
	}{
		{backstop.Options{}, 0, 1},
		{backstop.Options{DisableInFlight: true}, 2, 3},
	} {
		start(t, c.o)
		for answer, limit := range map[backstop.Response]float64{backstop.Repanic: c.plain, backstop.Answer500: c.answer} {
			h := backstop.Handler(next, backstop.HandlerOptions{OnPanic: answer})
			if n := testing.AllocsPerRun(1000, func() { h.ServeHTTP(w, requests[served%len(requests)]); served++ }); n > limit {
				t.Errorf("Handler with %v and %+v allocates %v times a request, want at most %v", answer, c.o, n, limit)
			}
		}
		stopNow()
	}
}

// TestNestedHandlersReportOnce puts a handler around a handler, and net/http's
// TimeoutHandler, which panics again on another goroutine, between them.
func TestNestedHandlersReportOnce(t *testing.T) {
	boom := errors.New("boom")
	for name, between := range map[string]func(http.Handler) http.Handler{
		"directly": func(h http.Handler) http.Handler { return h },
		"timeout":  func(h http.Handler) http.Handler { return http.TimeoutHandler(h, time.Hour, "") },
	} {
		t.Run(name, func(t *testing.T) {
			events := startIn(t)
			inner := backstop.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(boom) }), backstop.HandlerOptions{})
			outer := backstop.Handler(between(inner), backstop.HandlerOptions{OnPanic: backstop.Answer500})
			for range 2 { // once for each request, not once for all
				w := httptest.NewRecorder()
				outer.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
				if w.Code != http.StatusInternalServerError {
					t.Errorf("status %d", w.Code)
				}
			}
			if got := len(events()); got != 2 {
				t.Errorf("%d events for 2 panics", got)
			}
		})
	}
}

// TestNextPanicOnTheConnection has a panic come through http.TimeoutHandler, and
// others like it, which did not, on the same connection and so the same goroutine.
func TestNextPanicOnTheConnection(t *testing.T) {
	events := startIn(t)
	boom := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") })
	fault := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { dereference(nil) })
	mux := http.NewServeMux()
	for path, h := range map[string]http.Handler{"boom": boom, "fault": fault} {
		mux.Handle("/slow/"+path, http.TimeoutHandler(backstop.Handler(h, backstop.HandlerOptions{}), time.Hour, ""))
		mux.Handle("/"+path, h)
	}
	srv, _ := server(t, backstop.Handler(mux, backstop.HandlerOptions{OnPanic: backstop.Answer500}), false)
	paths := []string{"/slow/boom", "/boom", "/boom", "/slow/fault", "/fault", "/slow/fault"}
	for _, path := range paths {
		resp, err := srv.Client().Get(srv.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body) //nolint:errcheck // so that the connection is used again
		resp.Body.Close()
	}
	if got := len(events()); got != len(paths) {
		t.Errorf("%d events for %d panics", got, len(paths))
	}
}
