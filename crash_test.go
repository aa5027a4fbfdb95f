package backstop_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/crashtest"
)

// decode reads collected or spooled events.
func decode(t testing.TB, raw []json.RawMessage) []event.Event {
	t.Helper()
	var all []event.Event
	for _, line := range raw {
		var e event.Event
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&e); err != nil {
			t.Fatalf("decode event: %v\n%s", err, line)
		}
		event.Interpret(&e) // as the collector does
		all = append(all, e)
	}
	return all
}

// spooled returns the events that wait in a spool directory.
func spooled(t testing.TB, dir string) []event.Event {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	var raw []json.RawMessage
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		raw = append(raw, data)
	}
	return decode(t, raw)
}

// needMonitor skips where the SDK cannot watch from outside.
func needMonitor(t *testing.T) {
	t.Helper()
	if v := runtime.Version(); strings.HasPrefix(v, "go1.22") || runtime.GOOS == "windows" {
		t.Skipf("no debug.SetCrashOutput in %s on %s", v, runtime.GOOS)
	}
}

// crashed runs a program and returns the events its collector has, once want
// of them have come.
func crashed(t *testing.T, program string, want int, env ...string) (crashtest.Result, []event.Event) {
	t.Helper()
	c := crashtest.NewCollector(t)
	r := crashtest.Run(t, program, crashtest.Options{Env: append([]string{
		"BACKSTOP_COLLECTOR=" + c.URL, "BACKSTOP_SERVICE=svc", "BACKSTOP_RELEASE=1.2.3", "BACKSTOP_ENVIRONMENT=test",
		"BACKSTOP_SPOOL=" + crashtest.SpoolDir(t),
	}, env...)})
	if r.Hung {
		t.Fatalf("%s hung\n%s", program, r.Stderr)
	}
	crashtest.Eventually(t, "events of "+program, func() bool { return len(c.Events()) >= want })
	return r, decode(t, c.Events())
}

// merged joins observations as the collector does.
func merged(events []event.Event) []event.Event {
	var out []event.Event
next:
	for _, e := range events {
		for i := range out {
			if event.Same(&out[i], &e) {
				out[i] = event.Merge(out[i], e)
				continue next
			}
		}
		out = append(out, e)
	}
	return out
}

// wantRequest is what serve sends.
func wantRequest(route string) *event.Request {
	return &event.Request{Method: "GET", URL: "/items/a%5B7%5D", Route: route, TraceID: testTrace, RequestID: "req-1"}
}

// headlessMap is what is known of a concurrent map write without its headline:
// until Go 1.23 even the function that throws is hidden.
func headlessMap() crash.Class {
	if strings.HasPrefix(runtime.Version(), "go1.23") {
		return "fatal.unknown"
	}
	return "fatal.concurrent_map"
}

func haveLabels() bool {
	for _, old := range []string{"go1.21", "go1.22", "go1.23", "go1.24", "go1.25"} {
		if strings.HasPrefix(runtime.Version(), old) {
			return false
		}
	}
	return true
}

func route() string {
	if strings.HasPrefix(runtime.Version(), "go1.22") {
		return ""
	}
	return "GET /items/{id}"
}

// TestCrashesAreDelivered crashes in every way the SDK promises to see, and
// wants one event for each, however many parts of the SDK saw it.
func TestCrashesAreDelivered(t *testing.T) {
	needMonitor(t)
	both := []event.Observer{event.Guard, event.Monitor}
	monitor, guard := both[1:], both[:1]
	for _, c := range []struct {
		program   string
		exit      int
		class     crash.Class
		message   string // "" where the crash output has none (golang/go#76859)
		observers []event.Observer
		app       string // first application function
		request   *event.Request
		labels    bool // the request comes from labels
	}{
		{"panic", 2, "panic.index", "runtime error: index out of range [3] with length 3", monitor, "explode", nil, false},
		{"guarded", 2, "panic.index", "runtime error: index out of range [3] with length 3", both, "explode", nil, false},
		{"recovered", 0, "panic.index", "runtime error: index out of range [3] with length 3", guard, "explode", nil, false},
		{"recovered-at-the-end", 0, "panic.index", "runtime error: index out of range [3] with length 3", guard, "explode", nil, false},
		{"nil-map", 2, "panic.nil_map", "assignment to entry in nil map", monitor, "writeNilMap", nil, false},
		{"nil-map-guarded", 2, "panic.nil_map", "assignment to entry in nil map", both, "writeNilMap", nil, false},
		{"nil-deref-guarded", 2, "panic.nil_deref", "runtime error: invalid memory address or nil pointer dereference", both, "dereference", nil, false},
		{"custom-guarded", 2, "panic.custom", "first line\nsecond line", both, "raise", nil, false},
		{"typed-guarded", 2, "panic.custom", "backstop_test.name(\"two\nlines\")", both, "raise", nil, false},
		{"closed-chan-guarded", 2, "panic.closed_chan", "send on closed channel", both, "sendClosed", nil, false},
		{"divide-guarded", 2, "panic.divide", "runtime error: integer divide by zero", both, "divide", nil, false},
		{"deep-guarded", 2, "panic.custom", "deep", both, "deep", nil, false},
		{"concurrent-map", 2, headlessMap(), "", monitor, "concurrentMap.func1", nil, false},
		{"unlock", 2, "fatal.sync_unlock", "", monitor, "unlock", nil, false},
		{"stack-overflow", 2, "fatal.stack_overflow", "", monitor, "overflow", nil, false},
		{"serve-stray", 2, "panic.index", "runtime error: index out of range [3] with length 3", monitor, "explode", wantRequest(""), true},
		{"serve-fatal", 2, "fatal.sync_unlock", "", monitor, "fatal", wantRequest(""), true},
		{"serve-guard", 2, "panic.index", "runtime error: index out of range [3] with length 3", both, "explode", wantRequest(""), false},
		{"serve-panic", 0, "panic.index", "runtime error: index out of range [7] with length 3", guard, "explode", wantRequest(route()), false},
	} {
		t.Run(c.program, func(t *testing.T) {
			t.Parallel()
			r, raw := crashed(t, c.program, len(c.observers))
			events := merged(raw)
			if len(events) != 1 {
				t.Fatalf("%d events, want one:\n%s", len(events), show(raw))
			}
			e := &events[0]
			if r.Exit != c.exit {
				t.Errorf("exit %d, want %d\n%s", r.Exit, c.exit, r.Stderr)
			}
			if e.Class != c.class {
				t.Errorf("class %s, want %s", e.Class, c.class)
			}
			if got := text(e.Message); got != c.message {
				t.Errorf("message %q, want %q", got, c.message)
			}
			for _, o := range c.observers {
				if !e.Saw(o) {
					t.Errorf("observers %v, want %v", e.Observers, c.observers)
				}
			}
			if f := e.Report.FirstAppFrame(); f == nil || !strings.HasSuffix(f.Func, "."+c.app) {
				t.Errorf("first application frame %+v, want %s", f, c.app)
			}
			if e.Report.Recovered != (c.exit == 0) {
				t.Errorf("recovered %v with exit %d", e.Report.Recovered, c.exit)
			}
			if c.request != nil && (!c.labels || haveLabels()) {
				if e.Request == nil || *e.Request != *c.request {
					t.Errorf("request %+v, want %+v", e.Request, c.request)
				}
			}
			if e.Service != "svc" || e.Release != "1.2.3" || e.Environment != "test" || e.Instance == "" {
				t.Errorf("identity %s %s %s %s", e.Service, e.Release, e.Environment, e.Instance)
			}
			if e.Process.PID != r.PID {
				t.Errorf("pid %d, want that of the program, %d", e.Process.PID, r.PID)
			}
			for _, o := range raw {
				if o.Report.Fingerprints.Tolerant != raw[0].Report.Fingerprints.Tolerant {
					t.Errorf("the observers disagree on the fingerprint: they would be two issues")
				}
			}
		})
	}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func show(events []event.Event) string {
	var b strings.Builder
	for _, e := range events {
		data, err := json.MarshalIndent(e, "", " ")
		if err != nil {
			return err.Error()
		}
		b.Write(data)
		b.WriteByte('\n')
	}
	return b.String()
}

// TestStackOverflowInLittleMemory gives a program less memory than a stack may
// take. Without Start it dies for want of memory: a kernel that kills for that
// would leave no report at all.
func TestStackOverflowInLittleMemory(t *testing.T) {
	needMonitor(t)
	if crashtest.RaceEnabled {
		t.Skip("the race detector needs more memory than the limit")
	}
	t.Parallel()
	const little = 2 << 30 // of addresses, of which a program takes 1.2 GB at once
	r := crashtest.Run(t, "stack-overflow-unwatched", crashtest.Options{AddressSpace: little})
	if strings.Contains(r.Stderr, "stack overflow") || !strings.Contains(r.Stderr, "out of memory") {
		t.Fatalf("the limit is too large to show anything: exit %d\n%.500s", r.Exit, r.Stderr)
	}
	c := crashtest.NewCollector(t)
	r = crashtest.Run(t, "stack-overflow", crashtest.Options{AddressSpace: little, Env: []string{"BACKSTOP_COLLECTOR=" + c.URL, "BACKSTOP_SPOOL=" + crashtest.SpoolDir(t)}})
	crashtest.Eventually(t, "the crash arrives", func() bool { return len(c.Events()) == 1 })
	if e := decode(t, c.Events())[0]; e.Class != "fatal.stack_overflow" {
		t.Errorf("class %s, exit %d\n%.500s", e.Class, r.Exit, r.Stderr)
	}
}

// TestTracebackFollowsGoroutines crashes with few goroutines and with very many:
// printing all of those would delay the death by seconds.
func TestTracebackFollowsGoroutines(t *testing.T) {
	needMonitor(t)
	for _, c := range []struct {
		goroutines string
		env        string
		all        bool
	}{
		{"100", "", true},
		{"12000", "", false},
		{"12000", "GOTRACEBACK=all", true},
	} {
		r := crashtest.Run(t, "crowd", crashtest.Options{
			Args: []string{c.goroutines}, Env: []string{"BACKSTOP_SPOOL=" + crashtest.SpoolDir(t), c.env},
		})
		if n := strings.Count(r.Stderr, "\ngoroutine "); r.Exit != 2 || (n > 50) != c.all {
			t.Errorf("%s goroutines, %s: exit %d, %d goroutines printed, want all: %v", c.goroutines, c.env, r.Exit, n, c.all)
		}
	}
}
