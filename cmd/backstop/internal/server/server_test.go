package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

// start runs a collector in this process until the test ends.
func start(tb testing.TB, opts Options) *App {
	tb.Helper()
	if opts.DataDir == "" {
		opts.DataDir = tb.TempDir()
	}
	opts.Listen = "127.0.0.1:0"
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	a, err := New(opts)
	if err != nil {
		tb.Fatal(err)
	}
	a.Start()
	tb.Cleanup(func() {
		if err := a.Stop(); err != nil {
			tb.Errorf("stop: %v", err)
		}
	})
	return a
}

// call makes a request and returns status and body.
func call(tb testing.TB, method, url, body string, header ...string) (int, []byte, http.Header) {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), method, url, strings.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return resp.StatusCode, data, resp.Header
}

// send posts events and expects 200.
func send(tb testing.TB, a *App, events ...event.Event) accepted {
	tb.Helper()
	body, err := json.Marshal(events)
	if err != nil {
		tb.Fatal(err)
	}
	status, data, _ := call(tb, "POST", a.URL()+"/api/v1/events", string(body))
	if status != http.StatusOK {
		tb.Fatalf("POST events: %d %s", status, data)
	}
	var ans accepted
	if err := json.Unmarshal(data, &ans); err != nil {
		tb.Fatal(err)
	}
	return ans
}

// get reads JSON from the collector.
func get[T any](tb testing.TB, a *App, path string) T {
	tb.Helper()
	status, data, _ := call(tb, "GET", a.URL()+path, "")
	if status != http.StatusOK {
		tb.Fatalf("GET %s: %d %s", path, status, data)
	}
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		tb.Fatalf("GET %s: %v in %s", path, err, data)
	}
	return v
}

func issues(tb testing.TB, a *App, query string) []issueJSON {
	tb.Helper()
	return get[struct{ Issues []issueJSON }](tb, a, "/api/v1/issues"+query).Issues
}

// panicTotals reads go_panic_total{service="shop"} by kind, and checks that
// every kind is there.
func panicTotals(tb testing.TB, a *App) map[string]int {
	tb.Helper()
	_, data, _ := call(tb, "GET", a.URL()+"/metrics", "")
	totals := map[string]int{}
	for line := range strings.Lines(string(data)) {
		var kind string
		var n int
		rest, ok := strings.CutPrefix(line, `go_panic_total{env="test",kind="`)
		if !ok {
			continue
		}
		kind, rest, _ = strings.Cut(rest, `"`)
		if _, err := fmt.Sscanf(rest, `,service="shop"} %d`, &n); err != nil {
			tb.Fatalf("%s: %v", line, err)
		}
		totals[kind] = n
	}
	for _, k := range crash.Kinds() {
		if _, ok := totals[string(k)]; !ok {
			tb.Errorf("go_panic_total has no kind %s", k)
		}
	}
	return totals
}

// wantConsistent checks that every number that counts the same events agrees:
// the issues, their releases and instances, the minutes, the service, and the
// counters by kind.
func wantConsistent(tb testing.TB, a *App, events int64) {
	tb.Helper()
	ctx := context.Background()
	list, err := a.db.Issues(ctx, store.IssueFilter{Limit: 1000})
	if err != nil {
		tb.Fatal(err)
	}
	var sum int64
	for _, i := range list {
		sum += i.Count
		d, err := a.db.Issue(ctx, i.ID)
		if err != nil {
			tb.Fatal(err)
		}
		var releases, instances, minutes int64
		for _, r := range d.Releases {
			releases += r.Count
		}
		for _, n := range d.Instances {
			instances += n.Count
		}
		points, err := a.db.IssueRate(ctx, i.ID, i.FirstSeen.Add(-time.Hour), i.LastSeen.Add(time.Hour))
		if err != nil {
			tb.Fatal(err)
		}
		for _, p := range points {
			minutes += p.Count
		}
		if releases != i.Count || instances != i.Count || minutes != i.Count {
			tb.Errorf("issue %d %q: %d events, by release %d, by instance %d, by minute %d", i.ID, i.Title, i.Count, releases, instances, minutes)
		}
		if n := int64(len(d.Samples)); n > store.SamplesPerIssue+1 || n == 0 || n < min(i.Count, store.SamplesPerIssue) {
			tb.Errorf("issue %d: %d samples of %d events", i.ID, n, i.Count)
		}
	}
	var services, kinds int64
	all, err := a.db.Services(ctx)
	if err != nil {
		tb.Fatal(err)
	}
	for _, s := range all {
		services += s.Events
	}
	counters, err := a.db.Counters(ctx)
	if err != nil {
		tb.Fatal(err)
	}
	for _, c := range counters {
		kinds += c.Count
		if c.Peak < c.Count {
			tb.Errorf("%s %s: peak %d below count %d", c.Service, c.Kind, c.Peak, c.Count)
		}
	}
	if sum != events || services != events || kinds != events {
		tb.Errorf("%d events: by issue %d, by service %d, by kind %d", events, sum, services, kinds)
	}
}

// proc is a process as every observer on its host names it.
var proc = event.Process{BootID: "b00t", PID: 42, Start: 1234, Host: "web-1"}

// observe makes what an observer reports of a panic in a goroutine of shop.
func observe(by event.Observer, goroutine int64, change func(*event.Event)) event.Event {
	r := &crash.Report{
		Kind: crash.KindPanic, Message: "boom", HasMessage: true, Crash: 0,
		Goroutines: []crash.Goroutine{{ID: goroutine, State: "running", Frames: []crash.Frame{
			{Func: "example.com/shop.Pay", File: "/shop/pay.go", Line: 12}, {Func: "main.main", File: "/shop/main.go", Line: 3},
		}}},
	}
	e := event.New(r, by, time.Now())
	e.Service, e.Environment, e.Release, e.Instance, e.Process = "shop", "test", "v1", "web-1", proc
	if change != nil {
		change(&e)
	}
	return e
}

// exitOnly is what a supervisor knows that saw no text.
func exitOnly(change func(*event.Event)) event.Event {
	e := observe(event.Supervisor, 0, nil)
	e.Report = &crash.Report{Kind: crash.KindExit, Class: "exit.os_exit", Crash: -1}
	e.Class, e.Message, e.StackHash, e.GoroutineID = "exit.os_exit", nil, "", 0
	e.Exit = &event.Exit{Status: 2}
	if change != nil {
		change(&e)
	}
	return e
}

func TestFirstEvent(t *testing.T) {
	a := start(t, Options{})
	e := observe(event.Guard, 7, func(e *event.Event) {
		e.Request = &event.Request{Method: "GET", URL: "/pay", TraceID: "0af7651916cd43dd8448eb211c80319c"}
	})
	if ans := send(t, a, e); ans.Accepted != 1 || ans.Duplicates != 0 || len(ans.Rejected) != 0 {
		t.Errorf("%+v", ans)
	}
	list := issues(t, a, "")
	if len(list) != 1 {
		t.Fatalf("%d issues", len(list))
	}
	i := list[0]
	if i.Class != "panic.custom" || i.Kind != "panic" || i.Status != "new" || i.Count != 1 || i.Culprit != "example.com/shop.Pay" ||
		i.Service != "shop" || i.FirstRelease != "v1" || !i.FirstSeen.Equal(e.OccurredAt.Truncate(time.Microsecond)) {
		t.Errorf("%+v", i)
	}
	d := get[detailJSON](t, a, fmt.Sprint("/api/v1/issues/", i.ID))
	if len(d.Samples) != 1 || d.Samples[0].EventID != e.ID || d.Samples[0].Request.TraceID != e.Request.TraceID ||
		len(d.Releases) != 1 || len(d.Instances) != 1 || d.Explanation.Recoverable != crash.RecoverYes {
		t.Errorf("%+v", d)
	}
	got := get[eventJSON](t, a, "/api/v1/events/"+e.ID)
	if got.ID != e.ID || got.IssueID != i.ID || got.Report.CrashGoroutine().Frames[0].Line != 12 {
		t.Errorf("%+v", got)
	}
	services := get[struct{ Services []serviceJSON }](t, a, "/api/v1/services").Services
	if len(services) != 1 || services[0].Events != 1 || services[0].OpenIssues != 1 || services[0].LastRelease != "v1" {
		t.Errorf("%+v", services)
	}
	wantConsistent(t, a, 1)
}

func TestHelloMakesCountersExist(t *testing.T) {
	a := start(t, Options{})
	status, data, _ := call(t, "POST", a.URL()+"/api/v1/hello", `{"service":"shop","environment":"test","release":"v1"}`)
	if status != http.StatusOK {
		t.Fatalf("%d %s", status, data)
	}
	for kind, n := range panicTotals(t, a) {
		if n != 0 {
			t.Errorf("%s is %d before anything happened", kind, n)
		}
	}
	if status, _, _ := call(t, "POST", a.URL()+"/api/v1/hello", `{"release":"v1"}`); status != http.StatusBadRequest {
		t.Errorf("a hello without a service: %d", status)
	}
}

func TestResolveAndRegress(t *testing.T) {
	a := start(t, Options{})
	send(t, a, observe(event.Guard, 1, nil))
	id := issues(t, a, "")[0].ID
	path := fmt.Sprint(a.URL(), "/api/v1/issues/", id)
	if status, data, _ := call(t, "POST", path, `{"status":"resolved"}`); status != http.StatusOK || !bytes.Contains(data, []byte(`"status":"resolved"`)) {
		t.Fatalf("%d %s", status, data)
	}
	send(t, a, observe(event.Guard, 2, func(e *event.Event) { e.OccurredAt = e.OccurredAt.Add(-time.Hour) }))
	if i := issues(t, a, "?status=resolved"); len(i) != 1 || i[0].Count != 2 {
		t.Errorf("a late event of before: %+v", i)
	}
	send(t, a, observe(event.Guard, 3, func(e *event.Event) { e.OccurredAt = time.Now().Add(time.Second) }))
	if i := issues(t, a, "?status=regressed"); len(i) != 1 || i[0].Count != 3 {
		t.Errorf("an event of after: %+v", i)
	}
	for _, body := range []string{`{"status":"new"}`, `{"status":"x"}`, `{}`, `nonsense`} {
		if status, _, _ := call(t, "POST", path, body); status != http.StatusBadRequest {
			t.Errorf("%s: %d", body, status)
		}
	}
	if status, _, _ := call(t, "POST", a.URL()+"/api/v1/issues/999", `{"status":"resolved"}`); status != http.StatusNotFound {
		t.Errorf("an issue that is not there: %d", status)
	}
}

func TestIssueFilters(t *testing.T) {
	a := start(t, Options{})
	send(t, a,
		observe(event.Guard, 1, nil),
		observe(event.Guard, 2, func(e *event.Event) { e.Service = "till" }),
		exitOnly(func(e *event.Event) { e.Process.PID++ }))
	for query, want := range map[string]int{
		"": 3, "?service=shop": 2, "?service=none": 0, "?class=panic.custom": 2, "?class=exit.": 1, "?class=exit": 0,
		"?status=new": 3, "?status=resolved": 0, "?limit=1": 1, "?limit=2&offset=2": 1, "?offset=9": 0,
	} {
		if got := len(issues(t, a, query)); got != want {
			t.Errorf("%q lists %d issues, want %d", query, got, want)
		}
	}
	for _, query := range []string{"?status=old", "?limit=0", "?limit=x", "?limit=1001", "?offset=-1"} {
		if status, _, _ := call(t, "GET", a.URL()+"/api/v1/issues"+query, ""); status != http.StatusBadRequest {
			t.Errorf("%q: %d", query, status)
		}
	}
}
