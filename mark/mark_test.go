package mark_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"runtime/trace"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/backstop-go/backstop"
	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/crashtest"
	"github.com/backstop-go/backstop/mark"
)

// start starts the SDK with hooks and a collector of its own. stop delivers,
// and returns the events as the collector understands them.
func start(tb testing.TB, hooks ...func(context.Context, *backstop.Crash)) (stop func() []event.Event) {
	tb.Helper()
	collector := crashtest.NewCollector(tb)
	err := backstop.Start(backstop.Options{Service: "svc", Collector: collector.URL, SpoolDir: tb.TempDir()})
	if err != nil {
		tb.Fatal(err)
	}
	end := sync.OnceValue(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		return backstop.Stop(ctx)
	})
	for _, h := range hooks {
		tb.Cleanup(backstop.OnCrash(h))
	}
	tb.Cleanup(func() { end() }) //nolint:errcheck // tests that care have called stop
	return func() []event.Event {
		tb.Helper()
		if err := end(); err != nil {
			tb.Fatal(err)
		}
		var events []event.Event
		for _, data := range collector.Events() {
			e, err := event.Decode(data)
			if err != nil {
				tb.Fatal(err)
			}
			event.Interpret(&e)
			events = append(events, e)
		}
		return events
	}
}

// recovered calls f under a guard.
func recovered(ctx context.Context, f func()) {
	defer backstop.Recover(ctx)
	f()
}

//go:noinline
func nothing() (map[string]int, *crash.Frame) { return nil, nil }

//go:noinline
func explode(what int) {
	m, none := nothing()
	list := make([]int, what)
	switch what {
	case 0:
		m["a"] = 1
	case 1:
		none.Line = list[0]
	case 2:
		list[what] = 1
	case 3:
		panic(fmt.Errorf("order %d: %w", what, os.ErrNotExist))
	case 4:
		var c chan int
		close(c)
	case 5:
		new(sync.WaitGroup).Done()
	case 6:
		var v any = "text"
		_ = v.(int)
	}
}

const explosions = 7

func TestPlaceIsThatOfTheEvent(t *testing.T) {
	var seen []mark.Place
	stop := start(t, func(_ context.Context, c *backstop.Crash) { seen = append(seen, mark.PlaceOf(c)) })
	for range 2 { // computed, and remembered
		for i := range explosions {
			recovered(context.Background(), func() { explode(i) })
		}
	}
	events := stop()
	if len(events) != 2*explosions || len(seen) != len(events) {
		t.Fatalf("%d events, %d places, want %d", len(events), len(seen), 2*explosions)
	}
	classes := make(map[crash.Class]int)
	for i, e := range events {
		p := seen[i]
		classes[p.Class]++
		if p.Class != e.Class || p.StackHash == "" || p.StackHash != e.StackHash {
			t.Errorf("%s: place %s %s, event %s %s", e.PanicValue, p.Class, p.StackHash, e.Class, e.StackHash)
		}
		if o := e.Report.Origin(); o == nil || p.Origin.Func != o.Func || p.Origin.File != o.File || p.Origin.Line != o.Line || p.Origin.Line == 0 {
			t.Errorf("%s: origin %v, event %v", e.PanicValue, p.Origin, o)
		}
	}
	if len(classes) < explosions-1 {
		t.Errorf("the panics are not of different classes: %v", classes)
	}
}

// TestOneStackHasSeveralClasses panics at one place with values of different
// classes: what is remembered of the stack must not decide.
func TestOneStackHasSeveralClasses(t *testing.T) {
	var seen []mark.Place
	stop := start(t, func(_ context.Context, c *backstop.Crash) { seen = append(seen, mark.PlaceOf(c)) })
	values := []string{"custom", "sync: negative WaitGroup counter", "custom", "send on closed channel", "custom 2"}
	for _, v := range values {
		recovered(nil, func() { panic(v) }) //nolint:staticcheck // nil is allowed
	}
	events := stop()
	if len(events) != len(values) || len(seen) != len(values) {
		t.Fatalf("%d events, %d places", len(events), len(seen))
	}
	for i, e := range events {
		if seen[i].Class != e.Class || seen[i].StackHash != e.StackHash {
			t.Errorf("%q: place %s %s, event %s %s", values[i], seen[i].Class, seen[i].StackHash, e.Class, e.StackHash)
		}
	}
	if seen[0].Class == seen[1].Class {
		t.Errorf("all are %s: the test shows nothing", seen[0].Class)
	}
}

func TestLabelsFilterGoroutineProfile(t *testing.T) {
	stop := start(t, mark.Labels())
	parked, release := make(chan struct{}), make(chan struct{})
	finished := make(chan struct{})
	handler := backstop.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		defer func() {
			close(parked)
			<-release
		}()
		defer backstop.Recover(r.Context())
		explode(2)
	}), backstop.HandlerOptions{})
	go func() {
		defer close(finished)
		r := httptest.NewRequest("GET", "/cart/7", nil)
		r.Header.Set("X-Request-Id", "r-17")
		handler.ServeHTTP(httptest.NewRecorder(), r)
	}()
	<-parked
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		t.Fatal(err)
	}
	close(release)
	<-finished
	events := stop()
	if len(events) != 1 {
		t.Fatalf("%d events", len(events))
	}
	labels := ""
	for _, line := range strings.Split(profile.String(), "\n") {
		if strings.HasPrefix(line, "# labels: ") {
			labels += line
		}
	}
	for _, want := range []string{
		`"backstop.panic_value":"runtime.boundsError: runtime error: index out of range (2) with length 2"`,
		`"backstop.request_id":"r-17"`,
		`"backstop.stack_hash":"` + events[0].StackHash + `"`,
	} {
		if !strings.Contains(labels, want) {
			t.Errorf("no goroutine has the label %s; labels are %s", want, labels)
		}
	}
}

// TestHandlerTakesLabelsOff asks twice on one connection: the second request is
// served by the goroutine of the first.
func TestHandlerTakesLabelsOff(t *testing.T) {
	for name, c := range map[string]struct {
		around func(http.Handler) http.Handler
		marked bool
	}{
		"with it":    {mark.Handler, false},
		"without it": {func(h http.Handler) http.Handler { return h }, true},
	} {
		t.Run(name, func(t *testing.T) {
			stop := start(t, mark.Labels())
			marked := false
			mux := http.NewServeMux()
			mux.HandleFunc("/explode", func(http.ResponseWriter, *http.Request) { explode(2) })
			mux.HandleFunc("/recover", func(_ http.ResponseWriter, r *http.Request) { recovered(r.Context(), func() { explode(2) }) })
			mux.HandleFunc("/look", func(http.ResponseWriter, *http.Request) {
				var profile bytes.Buffer
				pprof.Lookup("goroutine").WriteTo(&profile, 1) //nolint:errcheck // into memory
				marked = strings.Contains(profile.String(), mark.StackHash)
			})
			srv := httptest.NewServer(c.around(backstop.Handler(mux, backstop.HandlerOptions{OnPanic: backstop.Answer500})))
			defer srv.Close()
			for _, path := range []string{"/explode", "/recover"} {
				for _, p := range []string{path, "/look"} {
					resp, err := srv.Client().Get(srv.URL + p)
					if err != nil {
						t.Fatal(err)
					}
					io.Copy(io.Discard, resp.Body) //nolint:errcheck // only to keep the connection
					resp.Body.Close()
				}
				if marked != c.marked {
					t.Errorf("after %s, the next request is marked: %v", path, marked)
				}
			}
			srv.Close()
			if events := stop(); len(events) != 2 {
				t.Errorf("%d events", len(events))
			}
		})
	}
}

func TestTraceLogsIntoTask(t *testing.T) {
	stop := start(t, mark.Trace())
	recovered(context.Background(), func() { explode(0) }) // no trace yet
	var b bytes.Buffer
	if err := trace.Start(&b); err != nil {
		t.Fatal(err)
	}
	ctx, task := trace.NewTask(context.Background(), "checkout")
	recovered(ctx, func() { explode(3) })
	recovered(nil, func() { panic("without a context") }) //nolint:staticcheck // nil is allowed
	task.End()
	trace.Stop()
	events := stop()
	if len(events) != 3 {
		t.Fatalf("%d events", len(events))
	}
	want := "stack_hash=" + events[1].StackHash + " panic_value=*fmt.wrapError: order 3: file does not exist"
	for _, word := range []string{mark.Category, want, "panic_value=string: without a context"} {
		if !bytes.Contains(b.Bytes(), []byte(word)) {
			t.Errorf("the trace lacks %q", word)
		}
	}
	if bytes.Contains(b.Bytes(), []byte("nil map")) {
		t.Error("the trace has a panic from before it began")
	}
	inTask(t, b.Bytes(), "checkout", want)
}

// TestMarksAreRedacted as events are.
func TestMarksAreRedacted(t *testing.T) {
	start(t, mark.Trace(), mark.Labels())
	var b, profile bytes.Buffer
	if err := trace.Start(&b); err != nil {
		t.Fatal(err)
	}
	func() {
		defer pprof.Lookup("goroutine").WriteTo(&profile, 1) //nolint:errcheck // into memory
		recovered(context.Background(), func() { panic("login of Ada with password=hunter2 refused") })
	}()
	trace.Stop()
	for where, text := range map[string]string{"the trace": b.String(), "the profile": profile.String()} {
		if !strings.Contains(text, "login of Ada with password=") || strings.Contains(text, "hunter2") {
			t.Errorf("%s has the password, or nothing of the panic", where)
		}
	}
}

// inTask lets the go command read the trace, and looks for the message in the
// task.
func inTask(t *testing.T, data []byte, task, message string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "trace")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "tool", "trace", "-d=parsed", path).CombinedOutput()
	if err != nil {
		crashtest.Skip(t, "go tool trace: %v: %.200s", err, out)
	}
	id := ""
	for _, line := range strings.Split(string(out), "\n") {
		if strings.Contains(line, "TaskBegin") && strings.Contains(line, task) {
			id = field(line, "ID=")
		}
		if id != "" && strings.Contains(line, "Log") && field(line, "Task=") == id && strings.Contains(line, message) {
			return
		}
	}
	t.Errorf("no log with %q in task %q (id %s):\n%s", message, task, id, grep(string(out), "Task", "Log"))
}

func field(line, name string) string {
	_, rest, _ := strings.Cut(line, name)
	value, _, _ := strings.Cut(rest, " ")
	return value
}

func grep(text string, words ...string) string {
	var b strings.Builder
	for _, line := range strings.Split(text, "\n") {
		for _, w := range words {
			if strings.Contains(line, w) {
				b.WriteString(line + "\n")
				break
			}
		}
	}
	return b.String()
}

var errStorm = errors.New("storm")

// BenchmarkStorm is one panic after the other, recovered by a guard, with hooks.
func BenchmarkStorm(b *testing.B) {
	for _, c := range []struct {
		name  string
		hooks []func(context.Context, *backstop.Crash)
	}{
		{"no hook", nil},
		{"PlaceOf", []func(context.Context, *backstop.Crash){func(_ context.Context, c *backstop.Crash) { mark.PlaceOf(c) }}},
		{"Labels", []func(context.Context, *backstop.Crash){mark.Labels()}},
		{"Trace without trace", []func(context.Context, *backstop.Crash){mark.Trace()}},
	} {
		b.Run(c.name, func(b *testing.B) {
			start(b, c.hooks...)
			b.ReportAllocs()
			b.ResetTimer()
			for i := 0; i < b.N; i++ {
				recovered(context.Background(), func() { panic(errStorm) })
			}
		})
	}
}
