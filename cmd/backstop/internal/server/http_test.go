package server

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
	"github.com/backstop-go/backstop/cmd/backstop/internal/store/sqlite"
)

// refusal is what every error looks like from outside.
type refusal struct {
	Error string `json:"error"`
	Hint  string `json:"hint"`
}

func TestBadBodies(t *testing.T) {
	a := start(t, Options{MaxEvent: 4 << 10, MaxBody: 64 << 10})
	good := `{"service":"shop","message":"x"}`
	big := `{"service":"shop","message":"` + strings.Repeat("x", 8<<10) + `"}`
	for _, c := range []struct {
		name, body string
		status     int
		accepted   int
		rejected   []int
	}{
		{"good", good, 200, 1, nil},
		{"bad among good", good + "\nnonsense\n" + good, 200, 2, []int{1}},
		{"large among good", "[" + good + "," + big + "]", 200, 1, []int{1}},
		{"nothing good", `{"service":""}`, 400, 0, []int{0}},
		{"one too large event", big, 400, 0, []int{0}},
		{"empty", "", 400, 0, nil},
		{"too large a body", strings.Repeat(good+"\n", 4<<10), 413, 0, nil},
		{"not UTF-8", "{\"service\":\"shop\",\"message\":\"\xff\xfe\"}", 200, 1, nil},
		{"hostile", `{"service":"</script>\u0000\u202e","message":"'; DROP TABLE issue; --"}`, 200, 1, nil},
	} {
		status, data, _ := call(t, "POST", a.URL()+"/api/v1/events", c.body)
		var ans accepted
		if err := json.Unmarshal(data, &ans); err != nil {
			t.Fatalf("%s: %v in %s", c.name, err, data)
		}
		if status != c.status || ans.Accepted != c.accepted || ans.RejectedCount != len(c.rejected) || status != 200 && ans.Error == "" {
			t.Errorf("%s: %d %s", c.name, status, data)
		}
		for i, r := range ans.Rejected {
			if r.Index != c.rejected[i] || r.Error == "" {
				t.Errorf("%s: rejected %+v, want %v", c.name, ans.Rejected, c.rejected)
			}
		}
	}
}

func TestGzip(t *testing.T) {
	a := start(t, Options{})
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	fmt.Fprint(w, `{"service":"shop","message":"x"}`)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if status, data, _ := call(t, "POST", a.URL()+"/api/v1/events", b.String(), "Content-Encoding", "gzip"); status != 200 {
		t.Errorf("%d %s", status, data)
	}
	if status, _, _ := call(t, "POST", a.URL()+"/api/v1/events", b.String(), "Content-Encoding", "br"); status != http.StatusUnsupportedMediaType {
		t.Errorf("brotli: %d", status)
	}
}

func TestKeys(t *testing.T) {
	a := start(t, Options{})
	post := func(header ...string) int {
		status, _, _ := call(t, "POST", a.URL()+"/api/v1/events", `{"service":"shop","message":"x"}`, header...)
		return status
	}
	if got := post(); got != 200 {
		t.Errorf("first contact from this machine: %d", got)
	}
	if got := post("X-Forwarded-For", "192.0.2.1"); got != 401 {
		t.Errorf("first contact through a proxy: %d", got)
	}
	reg, err := sqlite.OpenRegistry(t.Context(), a.opts.DataDir) // as another process would, while it runs
	if err != nil {
		t.Fatal(err)
	}
	defer reg.Close()
	key, err := reg.Create(t.Context(), "shop", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		key  string
		want int
	}{{key, 200}, {"", 401}, {key + "x", 401}, {strings.ToUpper(key), 401}} {
		if got := post("X-Backstop-Key", c.key); got != c.want {
			t.Errorf("key %q: %d, want %d", c.key, got, c.want)
		}
	}
	if status, _, _ := call(t, "POST", a.URL()+"/api/v1/hello", `{"service":"shop"}`); status != 401 {
		t.Errorf("hello without a key: %d", status)
	}
	if _, err := reg.Create(t.Context(), "shop", time.Now()); !errors.Is(err, store.ErrExists) {
		t.Errorf("the same project again: %v", err)
	}
	if err := reg.Revoke(t.Context(), "shop", time.Now()); err != nil {
		t.Fatal(err)
	}
	if got := post("X-Backstop-Key", key); got != 401 {
		t.Errorf("a revoked key: %d", got)
	}
	if got := post(); got != 401 {
		t.Errorf("no key, and the only project is revoked: %d", got)
	}
}

func TestRoutes(t *testing.T) {
	a := start(t, Options{})
	send(t, a, observe(event.Guard, 1, nil))
	for _, c := range []struct {
		method, path string
		header       []string
		want         int
	}{
		{"GET", "/", nil, 200},
		{"GET", "/issues/1", nil, 200},
		{"GET", "/healthz", nil, 200},
		{"GET", "/metrics", nil, 200},
		{"GET", "/api/v1/issues/1", nil, 200},
		{"GET", "/api/v1/issues/2", nil, 404},
		{"GET", "/api/v1/issues/x", nil, 404},
		{"GET", "/api/v1/issues/99999999999999999999", nil, 404},
		{"GET", "/api/v1/events/00", nil, 404},
		{"GET", "/api/v1/nonsense", nil, 404},
		{"GET", "/api/v1/events", nil, 405},
		{"DELETE", "/api/v1/issues/1", nil, 405},
		{"GET", "/", []string{"Host", "evil.example"}, 421},
		{"GET", "/api/v1/issues", []string{"Host", "127.0.0.1.evil.example:7070"}, 421},
		{"GET", "/api/v1/issues", []string{"Host", "localhost:7070"}, 200},
		{"GET", "/api/v1/issues", []string{"Host", "[::1]:7070"}, 200},
		{"POST", "/api/v1/issues/1", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"POST", "/api/v1/issues/1", []string{"Origin", "https://evil.example"}, 403},
		{"POST", "/api/v1/events", []string{"Sec-Fetch-Site", "cross-site"}, 403},
	} {
		status, data, header := call(t, c.method, a.URL()+c.path, "", c.header...)
		if status != c.want {
			t.Errorf("%s %s %v: %d %.200s, want %d", c.method, c.path, c.header, status, data, c.want)
		}
		if header.Get("X-Content-Type-Options") != "nosniff" && status != 421 {
			t.Errorf("%s %s: no nosniff", c.method, c.path)
		}
		var r refusal
		if strings.HasPrefix(c.path, "/api/") && status >= 400 && (json.Unmarshal(data, &r) != nil || r.Error == "") {
			t.Errorf("%s %s: %d with %s, want JSON with an error", c.method, c.path, status, data)
		}
	}
}

// What goes wrong inside stays inside.
func TestInternalErrorsStayInside(t *testing.T) {
	a := start(t, Options{HealthTimeout: 200 * time.Millisecond})
	if err := a.db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/api/v1/issues", "/api/v1/services", "/metrics", "/healthz", "/"} {
		status, data, _ := call(t, "GET", a.URL()+path, "")
		if status < 500 {
			t.Errorf("%s: %d", path, status)
		}
		if text := strings.ToLower(string(data)); strings.Contains(text, "sql") || strings.Contains(text, a.opts.DataDir) {
			t.Errorf("%s tells too much: %s", path, data)
		}
	}
	status, data, header := call(t, "POST", a.URL()+"/api/v1/events", `{"service":"shop","message":"x"}`)
	if status < 500 || header.Get("Retry-After") == "" {
		t.Errorf("an event that was not saved: %d %s", status, data)
	}
}

// A client that announces much and sends nothing must not keep others out, and
// one that sends too much at once is told to wait.
func TestAdmission(t *testing.T) {
	a := start(t, Options{MaxInflight: 64 << 10})
	addr := strings.TrimPrefix(a.URL(), "http://")
	open := func(length, sent int) net.Conn {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		fmt.Fprintf(conn, "POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s", length, strings.Repeat(" ", sent))
		return conn
	}
	for range 20 {
		open(60<<10, 10) // 1.2 MB announced
	}
	send(t, a, observe(event.Guard, 1, nil))

	// 40 kB that are really there leave no room for 60 more.
	open(60<<10, 40<<10)
	deadline := time.Now().Add(10 * time.Second)
	for a.budget.used.Load() < 40<<10 && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	status, data, header := call(t, "POST", a.URL()+"/api/v1/events", strings.Repeat(" ", 60<<10))
	if status != http.StatusTooManyRequests || header.Get("Retry-After") == "" {
		t.Errorf("%d %s %v", status, data, header)
	}
	send(t, a, observe(event.Guard, 2, nil)) // a small one still fits
	wantConsistent(t, a, 2)
}

// A client that dies between its request and its answer holds nobody up.
func TestDeadClients(t *testing.T) {
	a := start(t, Options{})
	body, err := json.Marshal(observe(event.Guard, 1, nil))
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		conn, err := net.Dial("tcp", strings.TrimPrefix(a.URL(), "http://"))
		if err != nil {
			t.Fatal(err)
		}
		w := bufio.NewWriter(conn)
		fmt.Fprintf(w, "POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		if err := errors.Join(w.Flush(), conn.Close()); err != nil {
			t.Fatal(err)
		}
	}
	send(t, a, observe(event.Guard, 2, nil))
	deadline := time.Now().Add(10 * time.Second)
	for a.budget.used.Load() != 0 && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	if n := a.budget.used.Load(); n != 0 {
		t.Errorf("%d bytes are still in flight", n)
	}
}

// Many senders at once, each with its own events and some that others send too.
func TestConcurrentSenders(t *testing.T) {
	a := start(t, Options{})
	const senders, each, shared = 16, 40, 10
	common := make([]event.Event, shared)
	for i := range common {
		common[i] = observe(event.Guard, int64(1000+i), nil)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	total := 0
	for s := range senders {
		wg.Go(func() {
			for i := range each {
				batch := []event.Event{observe(event.Guard, 1, func(e *event.Event) {
					e.Process.PID = 100 + s
					e.Report.Recovered = true
					e.Instance = fmt.Sprint("web-", s)
				}), common[i%shared]}
				ans := send(t, a, batch...)
				mu.Lock()
				total += ans.Accepted
				mu.Unlock()
			}
		})
		wg.Go(func() { // and readers
			for range 5 {
				issues(t, a, "")
				get[struct{ Services []serviceJSON }](t, a, "/api/v1/services")
			}
		})
	}
	wg.Wait()
	if want := senders*each + shared; total != want {
		t.Errorf("%d events were accepted as new, want %d", total, want)
	}
	wantConsistent(t, a, senders*each+shared)
}

func TestLifecycle(t *testing.T) {
	dir := t.TempDir()
	a, err := New(Options{DataDir: dir, Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{DataDir: dir, Listen: "127.0.0.1:0"}); !errors.Is(err, store.ErrLocked) {
		t.Errorf("a second collector on the directory: %v", err)
	}
	var listen *ListenError
	addr := strings.TrimPrefix(a.URL(), "http://")
	if _, err := New(Options{DataDir: t.TempDir(), Listen: addr}); !errors.As(err, &listen) {
		t.Errorf("a second collector on the port: %v", err)
	}
	if err := a.Stop(); err != nil { // never started
		t.Fatal(err)
	}
	// Everything was let go: by Stop, and by the New that failed.
	b, err := New(Options{DataDir: dir, Listen: addr})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	var wg sync.WaitGroup
	wg.Go(func() { ended <- b.Run(ctx) })
	send(t, b, observe(event.Guard, 1, nil))
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("run: %v", err)
	}
	wg.Wait()
	for range 3 {
		wg.Go(func() {
			if err := b.Stop(); err != nil {
				t.Errorf("stop again: %v", err)
			}
		})
	}
	wg.Wait()
	if _, err := New(Options{Listen: "127.0.0.1:0"}); err == nil {
		t.Error("New without a data directory")
	}
}
