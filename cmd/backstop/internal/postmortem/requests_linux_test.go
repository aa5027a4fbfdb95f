package postmortem

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
)

// overHTTP2 returns a client with one connection of HTTP/2.
func overHTTP2(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// send sends a request whose answer nobody waits for. The client takes it back
// when the test is over, or before by a call of what is returned.
func send(t *testing.T, c *http.Client, method, url string) (cancel func()) {
	t.Helper()
	request, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if response, err := c.Do(request.WithContext(ctx)); err == nil {
			_, _ = io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
	return cancel
}

// awaitRequests takes snapshots until one has requests of these paths and no others, and
// returns it.
func awaitRequests(t *testing.T, pid int, o Options, paths ...string) *Snapshot {
	t.Helper()
	slices.Sort(paths)
	var s *Snapshot
	var seen []string
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		s = mustTake(t, pid, o)
		seen = seen[:0]
		for _, r := range s.Requests {
			path, _, _ := strings.Cut(r.URL, "?")
			seen = append(seen, path)
		}
		if slices.Sort(seen); slices.Equal(seen, paths) && s.served() {
			return s
		}
	}
	for _, r := range s.Requests {
		t.Logf("%+v", r)
	}
	t.Fatalf("requests of %v, not %v; problems %v", seen, paths, s.Problems)
	return nil
}

// The requests that an unmodified server of HTTP/2 serves are found, whatever their
// goroutines do, those and no others.
func TestTakeHTTP2(t *testing.T) {
	each(t, func(t *testing.T, exe string, _ tracee.Mode) {
		p := tracee.Start(t, exe, "GODEBUG=httpmuxgo121=0")
		base := "https://" + p.Do("http2").Text
		c := overHTTP2(t)
		for _, path := range []string{"/ok", "/nil", "/ok", "/abort"} { // served before
			if response, err := c.Get(base + path); err == nil {
				_, _ = io.Copy(io.Discard, response.Body)
				response.Body.Close()
			}
		}
		paths := []string{"/slow", "/slow", "/slow", "/stay", "/deep", "/lock", "/spin", "/panicking"}
		cancels := make(map[string]func())
		for i, path := range paths {
			cancels[path] = send(t, c, "POST", fmt.Sprintf("%s%s?token=secret%d", base, path, i))
		}
		s := awaitRequests(t, p.PID, Options{Raw: true}, slices.Clone(paths)...)
		conns, streams := make(map[string]bool), make(map[uint32]bool)
		for _, r := range s.Requests {
			path, query, _ := strings.Cut(r.URL, "?")
			conns[r.Connection], streams[r.Stream] = true, true
			if r.Method != "POST" || !strings.HasPrefix(query, "token=secret") || "https://"+r.Host != base || !strings.HasPrefix(r.Remote, "127.0.0.1:") ||
				r.Via != ViaHTTP || r.Protocol != HTTP2 || r.StreamClosed || r.Queued {
				t.Errorf("%+v", r)
			}
			if r.Route != path && hasRoutes(exe) {
				t.Errorf("%s: pattern %q", r.URL, r.Route)
			}
			if g := s.goroutine(r.Goroutine); path != "/deep" && !g.calls("net/http.HandlerFunc.ServeHTTP") || path == "/deep" && !g.calls("main.large") {
				t.Errorf("%s is served by %+v", r.URL, g.Stack)
			}
		}
		if len(conns) != 1 || len(streams) != len(paths) {
			t.Errorf("%d connections, %d streams", len(conns), len(streams))
		}
		// One that the client takes back is gone when its handler notices, and
		// is in flight still when it does not.
		cancels["/slow"]()
		cancels["/stay"]()
		for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			s = awaitRequests(t, p.PID, Options{}, "/slow", "/slow", "/stay", "/deep", "/lock", "/spin", "/panicking")
			if i := slices.IndexFunc(s.Requests, func(r Request) bool { return r.URL == "/stay" && r.StreamClosed }); i >= 0 {
				break
			} else if time.Now().After(end) {
				t.Fatal("the stream is not closed")
			}
		}
	})
}

// served reports whether all requests are served by goroutines that have come
// beyond the server's own code.
func (s *Snapshot) served() bool {
	return !slices.ContainsFunc(s.Requests, func(r Request) bool {
		g := s.goroutine(r.Goroutine)
		return !r.Queued && g == nil || g != nil && !slices.ContainsFunc(g.Stack.Frames, func(f Frame) bool { return strings.HasPrefix(f.Func, "main.") })
	})
}

// hasRoutes reports whether requests have patterns in what made an executable.
func hasRoutes(exe string) bool {
	return !strings.Contains(exe, "go1.21.") && !strings.Contains(exe, "go1.22.")
}

func (s *Snapshot) goroutine(id int64) *Goroutine {
	for i := range s.Goroutines {
		if s.Goroutines[i].ID == id {
			return &s.Goroutines[i]
		}
	}
	return nil
}
