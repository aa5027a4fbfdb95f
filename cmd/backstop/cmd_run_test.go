package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/crashtest"
	"github.com/backstop-go/backstop/internal/inflight"
)

// dyingShop is the program "shop" of the scripts: it ends as told.
func dyingShop() {
	way := "nothing"
	if len(os.Args) > 1 {
		way = os.Args[1]
	}
	switch way {
	case "nothing":
	case "panic":
		addTo(nil, "apple")
	case "goroutine":
		go addTo(nil, "apple")
		select {}
	case "hostile":
		panic("\x1b[31mred\x1b[0m\nsecond line")
	case "fatal":
		log.SetFlags(0)
		log.Fatal("listen tcp :80: permission denied")
	case "flag":
		fmt.Fprintln(os.Stderr, "flag provided but not defined: -nope")
		os.Exit(2)
	case "kill":
		self, err := os.FindProcess(os.Getpid())
		log.Fatal(err, self.Kill()) // nothing comes after it
	case "requests":
		serving("/slow", "/cart")
		self, err := os.FindProcess(os.Getpid())
		log.Fatal(err, self.Kill())
	case "named":
		requestTable().Introduce(&event.Evidence{Service: "checkout", Release: "4.2", Process: event.Process{PID: os.Getpid()}})
		os.Exit(3)
	case "http":
		srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("coupon is expired") }))
		resp, err := http.Get(srv.URL)
		if err == nil {
			resp.Body.Close()
		}
		srv.Close()
	case "echo":
		if _, err := io.Copy(io.MultiWriter(os.Stdout, os.Stderr), os.Stdin); err != nil {
			log.Fatal(err)
		}
	case "counted": // panics until it has been started three times
		runs, _ := os.ReadFile("runs") // the first run has none
		if err := os.WriteFile("runs", append(runs, '.'), 0o600); err != nil {
			log.Fatal(err)
		}
		if len(runs) < 2 {
			panic("not yet")
		}
		fmt.Println("third time lucky")
	case "wait", "stubborn":
		if way == "stubborn" {
			signal.Ignore(syscall.SIGTERM)
		}
		// Whole or not at all: a script waits for the file and reads it.
		if err := os.WriteFile("ready.tmp", fmt.Appendln(nil, os.Getpid(), os.Getppid()), 0o600); err != nil {
			log.Fatal(err)
		}
		if err := os.Rename("ready.tmp", "ready"); err != nil {
			log.Fatal(err)
		}
		time.Sleep(time.Hour)
	}
}

// serving tells the table of the supervisor that requests are being served, as
// the SDK does.
func serving(paths ...string) {
	table := requestTable()
	for i, p := range paths {
		table.Enter(int64(7+i), &inflight.Entry{
			Method: "GET", Path: p, Traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", Start: time.Now().Add(-time.Second).UnixNano() + int64(i),
		})
	}
}

func requestTable() *inflight.Table {
	table, err := inflight.Open(os.Getenv("BACKSTOP_INFLIGHT"))
	if err != nil {
		log.Fatal(err)
	}
	return table
}

func addTo(cart map[string]int, item string) { cart[item]++ }

// shopPath returns the program as an executable of its own. The test binary
// looks at the name it was called by (testscript.Main).
func shopPath(t *testing.T) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "shop")
	if err := os.Symlink(exe, link); err != nil {
		t.Fatal(err)
	}
	return link
}

// runQuietly calls the command as a user would.
func runQuietly(t *testing.T, args ...string) (code int, stderr string) {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	var out, errs bytes.Buffer
	code = run(context.Background(), append([]string{"run"}, args...), stdio{strings.NewReader(""), &out, &errs})
	return code, errs.String()
}

func decodeEvents(t *testing.T, raw []json.RawMessage) []event.Event {
	t.Helper()
	events := make([]event.Event, len(raw))
	for i, r := range raw {
		if err := json.Unmarshal(r, &events[i]); err != nil {
			t.Fatal(err)
		}
	}
	return events
}

func TestRunDelivers(t *testing.T) {
	c := crashtest.NewCollector(t)
	code, stderr := runQuietly(t, "-collector", c.URL, "-key", "secret", "-release", "1.2", "-env", "test", "-instance", "i-7", "--", shopPath(t), "panic")
	if code != 2 {
		t.Errorf("status %d\n%s", code, stderr)
	}
	events := decodeEvents(t, c.Events())
	if len(events) != 1 {
		t.Fatalf("%d events arrived\n%s", len(events), stderr)
	}
	e := events[0]
	if e.Class != "panic.nil_map" || e.Service != "shop" || e.Release != "1.2" || e.Environment != "test" || e.Instance != "i-7" ||
		e.Exit == nil || e.Exit.Status != 2 || !slices.Equal(e.Observers, []event.Observer{event.Supervisor}) {
		t.Errorf("event %+v", e)
	}
	if !strings.Contains(stderr, "died: panic.nil_map: assignment to entry in nil map (cmd_run_test.go:") || !strings.Contains(stderr, e.ID) {
		t.Errorf("stderr: %s", stderr)
	}
	for _, k := range c.Keys() {
		if k != "secret" {
			t.Errorf("key %q", k)
		}
	}
	var hello event.Hello
	if h := c.Hellos(); len(h) != 1 || json.Unmarshal(h[0], &hello) != nil || hello.Service != "shop" || hello.Release != "1.2" || hello.Build.GoVersion == "" {
		t.Errorf("hellos %s", h)
	}
}

// TestRunHellosWithoutCrash: counters must exist at 0.
func TestRunHellosWithoutCrash(t *testing.T) {
	c := crashtest.NewCollector(t)
	code, stderr := runQuietly(t, "-collector", c.URL, "--", shopPath(t))
	if code != 0 || stderr != "" || len(c.Hellos()) != 1 || len(c.Events()) != 0 {
		t.Errorf("status %d, %d hellos, %d events\n%s", code, len(c.Hellos()), len(c.Events()), stderr)
	}
}

// TestRunKeepsWhatCannotBeDelivered: the event of a run without a collector goes
// out with the next run.
func TestRunKeepsWhatCannotBeDelivered(t *testing.T) {
	c := crashtest.NewCollector(t)
	shop, spool := shopPath(t), t.TempDir()
	c.Answer(func([][]byte) int { return http.StatusServiceUnavailable })
	code, stderr := runQuietly(t, "-collector", c.URL, "-spool", spool, "--", shop, "panic")
	if code != 2 || !strings.Contains(stderr, "warning: 1 event was not delivered") || !strings.Contains(stderr, spool) {
		t.Errorf("status %d\n%s", code, stderr)
	}
	c.Answer(nil)
	if code, stderr = runQuietly(t, "-collector", c.URL, "-spool", spool, "--", shop); code != 0 || stderr != "" {
		t.Errorf("next run: status %d\n%s", code, stderr)
	}
	if events := decodeEvents(t, c.Events()); len(events) != 1 || events[0].Class != "panic.nil_map" {
		t.Errorf("%d events arrived", len(events))
	}
}

// TestRunCollectorHangs: an answer that never comes holds nobody for long.
func TestRunCollectorHangs(t *testing.T) {
	c := crashtest.NewCollector(t)
	c.Stall()
	defer c.Resume()
	started := time.Now()
	code, stderr := runQuietly(t, "-collector", c.URL, "--", shopPath(t), "panic")
	if code != 2 || !strings.Contains(stderr, "1 event was not delivered") {
		t.Errorf("status %d\n%s", code, stderr)
	}
	if took := time.Since(started); took > 10*lastDelivery {
		t.Errorf("took %v", took)
	}
}

func TestRunUnwritable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	marker := filepath.Join(t.TempDir(), "started")
	code, stderr := runQuietly(t, "-out", filepath.Join(file, "below"), "--", "touch", marker)
	if code != exitFail || !strings.HasPrefix(stderr, "error: run: ") || !strings.Contains(stderr, "\nhint: ") {
		t.Errorf("status %d, %s", code, stderr)
	}
	if _, err := os.Stat(marker); err == nil {
		t.Error("the program was started all the same")
	}
}

// TestRunWithoutASpool has no directory to keep events in: the program runs, and
// what can be delivered at once is.
func TestRunWithoutASpool(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c := crashtest.NewCollector(t)
	code, stderr := runQuietly(t, "-collector", c.URL, "-spool", filepath.Join(file, "below"), "--", "sh", "-c", "exit 3")
	if code != 3 || !strings.Contains(stderr, "backstop: warning: open spool: ") || !strings.Contains(stderr, "\nhint: -spool DIR") {
		t.Errorf("status %d\n%s", code, stderr)
	}
	if n := len(c.Events()); n != 1 {
		t.Errorf("%d events arrived, want the exit", n)
	}
}

// TestRunOutDisappears: the directory goes away while the program runs.
func TestRunOutDisappears(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	code, stderr := runQuietly(t, "-out", out, "--", "sh", "-c", `rm -r "$0"; exit 3`, out)
	if code != 3 || !strings.Contains(stderr, "warning: 1 event was not written to "+out) {
		t.Errorf("status %d\n%s", code, stderr)
	}
}

func TestDescribe(t *testing.T) {
	var e event.Event
	line := `{"class":"panic.custom","message":"a\u001b[31m\nb\u202e","report":{"kind":"panic","crash_goroutine":{"id":1,"frames":[{"func":"main.f","file":"/x/ma\u001bin.go","line":3}]}}}`
	if err := json.Unmarshal([]byte(line), &e); err != nil {
		t.Fatal(err)
	}
	const crashed = "panic.custom: a[31m b (main.go:3)"
	slow := event.Request{Method: "GET", URL: "/slow\x1b", TraceID: "4bf92f3577b34da6a3ce929d0e0e4736"}
	by := func(via event.Via) *event.Request { r := slow; r.Via = via; return &r }
	for _, c := range []struct {
		own      *event.Request
		inFlight int
		want     string
	}{
		{nil, 0, crashed},
		{nil, 3, crashed + ", 3 requests in flight (the oldest GET /slow, trace 4bf92f3577b34da6a3ce929d0e0e4736)"},
		{nil, 1, crashed + ", 1 request in flight (GET /slow, trace 4bf92f3577b34da6a3ce929d0e0e4736)"},
		{by(""), 0, crashed + ", serving GET /slow, trace 4bf92f3577b34da6a3ce929d0e0e4736"},
		{by(""), 1, crashed + ", serving GET /slow, trace 4bf92f3577b34da6a3ce929d0e0e4736, 1 request in flight"},
		{by(event.ViaCreator), 2, crashed + ", started by a goroutine that last served GET /slow, trace 4bf92f3577b34da6a3ce929d0e0e4736, 2 requests in flight"},
		{by(event.ViaOnly), 1, crashed + ", 1 request in flight (GET /slow, trace 4bf92f3577b34da6a3ce929d0e0e4736)"},
	} {
		e.Request, e.InFlightCount, e.InFlight = c.own, c.inFlight, make([]event.InFlight, c.inFlight)
		for i := range e.InFlight {
			e.InFlight[i].Request = slow
		}
		if got := describe(&e); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
