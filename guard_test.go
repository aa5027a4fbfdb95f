package backstop_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/backstop-go/backstop"
	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/crashtest"
)

// catch calls f and returns what it panicked with.
func catch(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}

// startIn starts the SDK with a spool of its own, and returns what it spools.
func startIn(t *testing.T) (events func() []event.Event) {
	t.Helper()
	dir := t.TempDir()
	start(t, backstop.Options{SpoolDir: dir, Service: "svc"})
	return func() []event.Event {
		backstop.Settle(t)
		return spooled(t, dir)
	}
}

func TestNothingHappensBeforeStart(t *testing.T) {
	before := backstop.Untold()
	boom := errors.New("boom")
	if v := catch(func() { defer backstop.Recover(); panic(boom) }); v != nil {
		t.Errorf("Recover let %v pass", v)
	}
	if v := catch(func() { defer backstop.Guard(); panic(boom) }); v != boom {
		t.Errorf("Guard raised %v, want the same value", v)
	}
	backstop.Capture(context.Background(), boom)
	done := make(chan struct{})
	backstop.Go(nil, func(context.Context) { //nolint:staticcheck // nil is allowed
		defer close(done)
		panic(boom)
	})
	<-done
	var g backstop.Group
	g.Go(func(context.Context) error { panic(boom) })
	if err := g.Wait(); !errors.Is(err, boom) {
		t.Errorf("Group.Wait: %v, want an error that wraps the value", err)
	}
	crashtest.Eventually(t, "five panics are counted", func() bool { return backstop.Untold() == before+5 })

	// They travel with the first event after Start.
	c := crashtest.NewCollector(t)
	start(t, backstop.Options{Collector: c.URL})
	backstop.Capture(nil, boom) //nolint:staticcheck // nil is allowed
	crashtest.Eventually(t, "the event", func() bool { return len(c.Events()) == 1 })
	if n := decode(t, c.Events())[0].Dropped; n != before+5 {
		t.Errorf("the event tells of %d dropped ones, want %d", n, before+5)
	}
}

func TestStartTwice(t *testing.T) {
	start(t, backstop.Options{})
	if err := backstop.Start(backstop.Options{SpoolDir: t.TempDir(), DisableMonitor: true}); !errors.Is(err, backstop.ErrStarted) {
		t.Errorf("second Start: %v, want ErrStarted", err)
	}
	stopNow()
	start(t, backstop.Options{})
}

func TestRecoverReports(t *testing.T) {
	events := startIn(t)
	before := time.Now()
	if v := catch(func() { defer backstop.Recover(); explode(3) }); v != nil {
		t.Errorf("Recover let %v pass", v)
	}
	got := events()
	if len(got) != 1 {
		t.Fatalf("%d events, want 1", len(got))
	}
	e := got[0]
	if e.Class != "panic.index" || !e.Report.Recovered || !e.Saw(event.Guard) || e.Request != nil || e.Exit != nil {
		t.Errorf("event:\n%s", show(got))
	}
	if e.PanicValue != "runtime.boundsError: runtime error: index out of range [3] with length 3" {
		t.Errorf("panic value %q", e.PanicValue)
	}
	if at := e.OccurredAt; at.Before(before.Add(-time.Millisecond)) || at.After(time.Now()) {
		t.Errorf("occurred at %v", at)
	}
	top := e.Report.CrashStack()[0]
	if !strings.HasSuffix(top.Func, ".explode") || filepath.Base(top.File) != "programs_test.go" || top.Line == 0 {
		t.Errorf("top frame %+v, want explode", top)
	}
	if e.Build.GoVersion != runtime.Version() || e.Process.PID != os.Getpid() || e.Release == "" || e.Environment != "production" {
		t.Errorf("identity %+v %+v %q %q", e.Build, e.Process, e.Release, e.Environment)
	}
}

// TestGuardReportsOnce passes one panic through everything that guards.
func TestGuardReportsOnce(t *testing.T) {
	boom := errors.New("boom")
	for name, f := range map[string]func(){
		"two guards":               func() { defer backstop.Guard(); defer backstop.Guard(); raise(boom) },
		"a guard, recovered":       func() { defer backstop.Recover(); defer backstop.Guard(); raise(boom) },
		"a guard in a deeper call": func() { defer backstop.Guard(); func() { defer backstop.Guard(); raise(boom) }() },
		"a guard, then Capture":    func() { defer func() { backstop.Capture(nil, recover()) }(); defer backstop.Guard(); raise(boom) }, //nolint:staticcheck // nil is allowed
		"a guard, somebody, Recover": func() {
			defer backstop.Recover()
			defer func() { panic(recover()) }()
			defer backstop.Guard()
			raise(boom)
		},
		"a handler in a handler": func() {
			h := backstop.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { raise(boom) }), backstop.HandlerOptions{})
			h = backstop.Handler(h, backstop.HandlerOptions{OnPanic: backstop.Answer503})
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
		},
	} {
		t.Run(name, func(t *testing.T) {
			events := startIn(t)
			if v := catch(f); v != nil && v != boom {
				t.Errorf("panicked with %v, want the same value or nothing", v)
			}
			if got := events(); len(got) != 1 {
				t.Errorf("%d events, want 1:\n%s", len(got), show(got))
			}
		})
	}
}

// TestSecondPanicIsReported raises another value while the first is being
// handled: that is news, although a guard stands on the stack.
func TestSecondPanicIsReported(t *testing.T) {
	events := startIn(t)
	catch(func() {
		defer backstop.Recover()
		defer func() {
			recover()
			raise(errors.New("second"))
		}()
		defer backstop.Guard()
		raise(errors.New("first"))
	})
	got := events()
	if len(got) != 2 || text(got[0].Message) != "first" || text(got[1].Message) != "second" {
		t.Errorf("want the events first and second, have:\n%s", show(got))
	}
}

func TestSamePanicAgainIsReported(t *testing.T) {
	events := startIn(t)
	boom := errors.New("boom")
	for range 3 {
		catch(func() { defer backstop.Guard(); raise(boom) })
	}
	if got := events(); len(got) != 3 {
		t.Errorf("%d events of three panics", len(got))
	}
}

func TestCaptureFindsTheStackOfThePanic(t *testing.T) {
	events := startIn(t)
	helper := func(v any) { backstop.Capture(context.Background(), v) }
	func() {
		defer func() { helper(recover()) }()
		explode(4)
	}()
	backstop.Capture(context.Background(), errors.New("must not happen"))
	backstop.Capture(context.Background(), nil)
	got := events()
	if len(got) != 2 {
		t.Fatalf("%d events, want 2", len(got))
	}
	if f := got[0].Report.CrashStack()[0]; !strings.HasSuffix(f.Func, ".explode") {
		t.Errorf("of a panic: top frame %s, want explode", f.Func)
	}
	if f := got[1].Report.CrashStack()[0]; !strings.HasSuffix(f.Func, ".TestCaptureFindsTheStackOfThePanic") {
		t.Errorf("of an error: top frame %s, want the caller", f.Func)
	}
}

func TestAbortedHandlersAreSilent(t *testing.T) {
	events := startIn(t)
	abort := func() { panic(http.ErrAbortHandler) }
	if v := catch(func() { defer backstop.Guard(); abort() }); v != http.ErrAbortHandler { //nolint:errorlint // the very value
		t.Errorf("Guard raised %v", v)
	}
	if v := catch(func() { defer backstop.Recover(); abort() }); v != nil {
		t.Errorf("Recover let %v pass", v)
	}
	backstop.Capture(context.Background(), http.ErrAbortHandler)
	for _, o := range []backstop.Response{backstop.Repanic, backstop.Answer500, backstop.Answer503} {
		h := backstop.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { abort() }), backstop.HandlerOptions{OnPanic: o})
		w := httptest.NewRecorder()
		v := catch(func() { h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil)) })
		if v != http.ErrAbortHandler || w.Body.Len() > 0 { //nolint:errorlint // the very value
			t.Errorf("Handler with %v raised %v and wrote %q", o, v, w.Body)
		}
	}
	if got := events(); len(got) != 0 {
		t.Errorf("reported:\n%s", show(got))
	}
}

func TestGoReportsAndGoesOn(t *testing.T) {
	events := startIn(t)
	var wg sync.WaitGroup
	wg.Add(1)
	type key struct{}
	ctx := context.WithValue(context.Background(), key{}, "v")
	backstop.Go(ctx, func(ctx context.Context) {
		defer wg.Done()
		if ctx.Value(key{}) != "v" {
			t.Error("the context was not handed on")
		}
		explode(3)
	})
	wg.Wait()
	crashtest.Eventually(t, "the event", func() bool { return len(events()) == 1 })
}

func TestGoexitIsNoPanic(t *testing.T) {
	events := startIn(t)
	done := make(chan struct{})
	backstop.Go(context.Background(), func(context.Context) {
		defer close(done)
		runtime.Goexit()
	})
	<-done
	g := backstop.NewGroup(context.Background())
	g.Go(func(context.Context) error { runtime.Goexit(); return nil })
	if err := g.Wait(); !errors.Is(err, backstop.ErrGoexit) {
		t.Errorf("Wait: %v, want ErrGoexit", err)
	}
	if got := events(); len(got) != 0 {
		t.Errorf("reported:\n%s", show(got))
	}
}

func TestGroup(t *testing.T) {
	events := startIn(t)
	boom := fmt.Errorf("wrapped: %w", os.ErrNotExist)
	g := backstop.NewGroup(context.Background())
	var cause error
	g.Go(func(ctx context.Context) error {
		<-ctx.Done()
		cause = context.Cause(ctx)
		return ctx.Err()
	})
	g.Go(func(context.Context) error { raise(boom); return nil })
	err := g.Wait()
	var p *backstop.PanicError
	if !errors.As(err, &p) || !errors.Is(err, os.ErrNotExist) || p.Value != error(boom) {
		t.Fatalf("Wait: %#v, want a PanicError with the value", err)
	}
	if err.Error() != "panic: wrapped: file does not exist" {
		t.Errorf("error %q", err)
	}
	if !errors.Is(cause, err) {
		t.Errorf("the others were cancelled because of %v", cause)
	}
	if first, _, _ := strings.Cut(p.Stack(), "\n"); !strings.HasSuffix(first, ".raise(...)") {
		t.Errorf("stack of the child begins with %q", first)
	}
	// Raised in the parent, it is no second panic.
	catch(func() { defer backstop.Guard(); panic(err) })
	if got := events(); len(got) != 1 || text(got[0].Message) != boom.Error() {
		t.Errorf("want one event, have:\n%s", show(got))
	}
}

func TestGroupWithoutPanics(t *testing.T) {
	var g backstop.Group
	if err := g.Wait(); err != nil {
		t.Errorf("empty group: %v", err)
	}
	h := backstop.NewGroup(context.Background())
	var inner context.Context
	for i := range 3 {
		h.Go(func(ctx context.Context) error {
			if i == 1 {
				inner = ctx
			}
			return nil
		})
	}
	if err := h.Wait(); err != nil {
		t.Errorf("Wait: %v", err)
	}
	if inner.Err() == nil {
		t.Error("the context outlives Wait")
	}
}

// TestFloodIsDroppedAndCounted stalls the worker and captures more than fits.
func TestFloodIsDroppedAndCounted(t *testing.T) {
	c := crashtest.NewCollector(t)
	release := make(chan struct{})
	var once sync.Once
	free := func() { once.Do(func() { close(release) }) }
	defer free()
	backstop.SetFault(t, func(point string) {
		if point == "event" {
			<-release
		}
	})
	start(t, backstop.Options{Collector: c.URL})
	const n = 2000
	for range n {
		backstop.Capture(context.Background(), "flood")
	}
	free()
	backstop.Settle(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := backstop.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, e := range decode(t, c.Events()) {
		total += 1 + int(e.Dropped)
	}
	if len(c.Events()) == n || total != n {
		t.Errorf("%d events tell of %d, want fewer events and all of %d", len(c.Events()), total, n)
	}
}

// TestLogIsNotFlooded fills the spool: the log is told, but not each time.
func TestLogIsNotFlooded(t *testing.T) {
	var out syncBuffer
	start(t, backstop.Options{SpoolBytes: 1, Logger: slog.New(slog.NewTextHandler(&out, nil))})
	for range 10 {
		backstop.Capture(context.Background(), "does not fit")
		backstop.Settle(t)
	}
	if n := strings.Count(out.String(), "events are dropped"); n != 1 {
		t.Errorf("the log was told %d times:\n%s", n, out.String())
	}
}

func TestStopDelivers(t *testing.T) {
	c := crashtest.NewCollector(t)
	start(t, backstop.Options{Collector: c.URL, Key: "k"})
	backstop.Capture(context.Background(), "last words")
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := backstop.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	if len(c.Events()) != 1 || len(c.Hellos()) != 1 || c.Keys()[0] != "k" {
		t.Errorf("%d events, %d hellos, keys %q", len(c.Events()), len(c.Hellos()), c.Keys())
	}
	if err := backstop.Stop(ctx); err != nil {
		t.Errorf("second Stop: %v", err)
	}
}

func TestStopSaysWhatIsLeft(t *testing.T) {
	dir := t.TempDir()
	start(t, backstop.Options{SpoolDir: dir, Collector: "http://127.0.0.1:1"})
	backstop.Capture(context.Background(), "left behind")
	backstop.Settle(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := backstop.Stop(ctx); err == nil || !strings.Contains(err.Error(), "1 events wait in "+dir) {
		t.Errorf("Stop: %v, want how many events wait where", err)
	}
	// The next start, of whatever process, delivers them.
	c := crashtest.NewCollector(t)
	start(t, backstop.Options{SpoolDir: dir, Collector: c.URL})
	crashtest.Eventually(t, "the event of the run before", func() bool { return len(c.Events()) == 1 })
}

func TestNoGoroutineIsLeft(t *testing.T) {
	c := crashtest.NewCollector(t)
	ours := func() string {
		buf := make([]byte, 1<<20)
		var left []string
		for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
			if strings.Contains(g, "github.com/backstop-go/backstop.") {
				left = append(left, g)
			}
		}
		return strings.Join(left, "\n\n")
	}
	for range 3 {
		start(t, backstop.Options{Collector: c.URL})
		backstop.Capture(context.Background(), "x")
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		if err := backstop.Stop(ctx); err != nil {
			t.Fatal(err)
		}
		cancel()
	}
	crashtest.Eventually(t, "our goroutines end: "+ours(), func() bool { return ours() == "" })
}

func TestNoAllocationsWithoutPanic(t *testing.T) {
	ctx := context.Background()
	for name, f := range map[string]func(){
		"Guard":       func() { guarded(ctx) },
		"Guard alone": guardedAlone,
		"Recover":     func() { recovered(ctx) },
	} {
		if n := testing.AllocsPerRun(1000, f); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}

// TestAllocationsOfCapture bounds what the panicking goroutine allocates. The
// worker runs at the same time and is not to be counted, so it is held.
func TestAllocationsOfCapture(t *testing.T) {
	release := make(chan struct{})
	backstop.SetFault(t, func(point string) {
		if point == "event" {
			<-release
		}
	})
	start(t, backstop.Options{})
	defer close(release)
	n := testing.AllocsPerRun(100, func() {
		defer backstop.Recover()
		deep(12)
	})
	if n > 2 { // the record, which comes from the pool later, and the value
		t.Errorf("capture allocates %v times, want at most 2", n)
	}
}
