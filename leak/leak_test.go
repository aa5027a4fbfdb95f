package leak

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/backstop-go/backstop"
	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/crashtest"
)

//go:noinline
func stuck(c chan int) { <-c }

//go:noinline
func start(n int, c chan int) {
	for range n {
		go stuck(c)
	}
}

func TestCensus(t *testing.T) {
	c := make(chan int)
	defer close(c)
	start(50, c)
	settle(t, 50)
	before, ok := takeCensus()
	if !ok {
		t.Fatal("no profile")
	}
	start(150, c)
	settle(t, 200)
	after, ok := takeCensus()
	if !ok {
		t.Fatal("no profile")
	}
	g := &Growth{From: 60, To: 210, Over: 3*time.Minute + time.Millisecond, PerMinute: 50}
	g.locate(before, after)
	if len(g.Sites) == 0 {
		t.Fatal("no sites")
	}
	s := g.Sites[0]
	if !strings.HasSuffix(s.Func, "leak.stuck") || !strings.HasSuffix(s.CreatedBy, "leak.start") || s.Before != 50 || s.After != 200 || s.Wait != "chan receive" {
		t.Errorf("site %+v", s)
	}
	if !strings.HasSuffix(s.File, "leak_test.go") || s.Line == 0 {
		t.Errorf("the go statement is at %s:%d", s.File, s.Line)
	}
	frames := runtime.CallersFrames(g.Callers())
	found := false
	for more := true; more && !found; {
		var f runtime.Frame
		f, more = frames.Next()
		found = f.Function == s.Func
	}
	if !found {
		t.Errorf("the stack has no %s", s.Func)
	}
	want := "goroutines of github.com/backstop-go/backstop/leak.stuck, created by github.com/backstop-go/backstop/leak.start grow without end: from 60 to 210 in 3m0s, 50.0 a minute"
	if g.Error() != want {
		t.Errorf("says %q\nwant %q", g.Error(), want)
	}

	// The other way round nothing has grown.
	g = &Growth{}
	if g.locate(after, before); len(g.Sites) != 0 && g.Sites[0].Func == s.Func {
		t.Errorf("a site that shrank: %+v", g.Sites[0])
	}
	// Too many to be asked for their traceback.
	g = &Growth{}
	start(maxPrinted, c)
	settle(t, maxPrinted)
	many, _ := takeCensus()
	g.locate(after, many)
	s = g.Sites[0]
	if s.CreatedBy != "" || s.After-s.Before != maxPrinted || !strings.HasSuffix(s.File, "leak_test.go") || len(g.Callers()) == 0 {
		t.Errorf("site %+v, stack %v", s, g.Callers())
	}
}

//go:noinline
func here(c chan int) { <-c }

//go:noinline
func there(c chan int) { <-c }

//go:noinline
func either(first bool, c chan int) {
	if first {
		here(c)
	} else {
		there(c)
	}
}

// TestOneLeakIsOneIssue has a leak be reported again and again, with numbers that
// differ in every way, and when there are too many goroutines to ask for the
// go statement.
func TestOneLeakIsOneIssue(t *testing.T) {
	w := newWatcher(Options{}.withDefaults())
	creator := "main.handle"
	var first crash.Fingerprints
	for i, g := range []*Growth{
		{From: 9, To: 134, Over: 12*time.Minute + 3*time.Second, PerMinute: 9.7},
		{From: 412, To: 830, Over: time.Hour, PerMinute: 1234.56},
		{From: 4210, To: 98031, Over: 13 * 24 * time.Hour, PerMinute: 5},
	} {
		g.Sites = []Site{{Func: "main.wait", CreatedBy: creator}}
		creator = ""
		w.recall(g.Sites)
		r := &crash.Report{
			Kind: crash.KindPanic, Message: g.Error(), HasMessage: true, Recovered: true,
			Panics:     []crash.Panic{{Message: g.Error(), Recovered: true}},
			Goroutines: []crash.Goroutine{{State: "running", Frames: []crash.Frame{{Func: "main.wait", File: "/src/main.go", Line: 32}}}},
		}
		f := crash.Fingerprint(r)
		if i == 0 {
			first = f
		}
		if f != first {
			t.Errorf("%v has the fingerprints %v, want %v", g, f, first)
		}
	}
}

// grown compares two profiles around a growth by n stuck goroutines.
func grown(t *testing.T, n int, grow func()) *Growth {
	t.Helper()
	before, _ := takeCensus()
	buf := make([]byte, 16<<20)
	already := bytes.Count(buf[:runtime.Stack(buf, true)], []byte("[chan receive"))
	grow()
	settle(t, already+n)
	after, ok := takeCensus()
	g := &Growth{}
	g.locate(before, after)
	if !ok || len(g.Sites) == 0 {
		t.Fatal("no sites")
	}
	return g
}

// TestSites wants the application's part in a growth: not what starts all
// goroutines of servers and groups, and not the place where most were before.
func TestSites(t *testing.T) {
	c := make(chan int)
	defer close(c)
	for range 50 {
		go either(true, c)
	}
	settle(t, 50)
	g := grown(t, 20, func() {
		for range 20 {
			go either(false, c)
		}
	})
	var f runtime.Frame
	for it, more := runtime.CallersFrames(g.Callers()), true; more && !strings.Contains(f.Function, "/leak."); {
		f, more = it.Next() // the first ones are the runtime's
	}
	if s := g.Sites[0]; !strings.HasSuffix(s.Func, "leak.either") || s.Before != 50 || s.After != 70 || !strings.HasSuffix(f.Function, "leak.there") {
		t.Errorf("site %+v with the stack of %s", s, f.Function)
	}

	g = grown(t, 20, func() {
		for range 20 {
			backstop.Go(context.Background(), func(context.Context) { stuck(c) })
		}
	})
	if s := g.Sites[0]; !strings.Contains(s.Func, "leak.TestSites.") || s.CreatedBy != "" || !strings.HasSuffix(s.File, "leak_test.go") || s.Wait != "chan receive" {
		t.Errorf("of backstop.Go: %+v", s)
	}

	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { stuck(c) }))
	t.Cleanup(srv.Close) // after c
	g = grown(t, 20, func() {
		for range 20 {
			go http.Get(srv.URL) //nolint:errcheck // answered when all is over
		}
	})
	served := false
	for _, s := range g.Sites {
		served = served || strings.Contains(s.Func, "leak.TestSites.") && s.After-s.Before == 20 && s.CreatedBy == ""
	}
	if !served {
		t.Errorf("of a server: %+v", g.Sites)
	}
}

// settle waits until so many goroutines have got stuck.
func settle(t *testing.T, n int) {
	t.Helper()
	crashtest.Eventually(t, "the goroutines are stuck", func() bool {
		buf := make([]byte, 16<<20)
		buf = buf[:runtime.Stack(buf, true)]
		return bytes.Count(buf, []byte("[chan receive")) >= n
	})
}

func TestErrorWithoutPlace(t *testing.T) {
	g := &Growth{From: 100_000, To: 150_000, Over: time.Hour, PerMinute: 833.3}
	if want := "goroutines grow without end: from 100000 to 150000 in 1h0m0s, 833.3 a minute"; g.Error() != want || g.Callers() != nil {
		t.Errorf("says %q, stack %v", g.Error(), g.Callers())
	}
}

func TestStates(t *testing.T) {
	got := states()
	for _, old := range []string{"go1.22", "go1.23", "go1.24", "go1.25"} {
		if strings.HasPrefix(runtime.Version(), old) {
			if got != nil {
				t.Errorf("%s tells %v", runtime.Version(), got)
			}
			return
		}
	}
	if got["waiting"] == 0 || got["running"] == 0 {
		t.Errorf("states %v", got)
	}
}

// TestWatch has a real handler leak in a real watch, a thousand times faster
// than in life.
func TestWatch(t *testing.T) {
	if err := backstop.Start(backstop.Options{SpoolDir: t.TempDir(), DisableMonitor: true}); err != nil {
		t.Fatal(err)
	}
	defer backstop.Stop(cancelled()) //nolint:errcheck // what is in the spool goes with it
	var captured atomic.Pointer[backstop.Crash]
	defer backstop.OnCrash(func(_ context.Context, c *backstop.Crash) { captured.Store(c) })()
	c := make(chan int)
	defer close(c)
	stop := Watch(Options{Interval: 2 * time.Millisecond})
	defer stop()
	serve, leaked := traffic(c)
	crashtest.Eventually(t, "the leak is captured", func() bool {
		serve()
		return captured.Load() != nil
	})
	got := captured.Load()
	var g *Growth
	if err, _ := got.Value.(error); !errors.As(err, &g) {
		t.Fatalf("captured %v", got.Value)
	}
	if s := g.Sites[0]; !strings.HasSuffix(s.Func, "leak.stuck") || !strings.HasSuffix(s.CreatedBy, "leak.leak") || s.After <= s.Before || g.To <= g.From || g.PerMinute <= 0 || g.Over <= 0 {
		t.Errorf("%+v", g)
	}
	if f := got.Frames(); len(f) == 0 || !strings.HasSuffix(f[0].Func, "leak.stuck") {
		t.Errorf("the stack is %v", f)
	}
	if got.Request != nil {
		t.Errorf("attributed to %+v", got.Request)
	}
	t.Logf("after %d leaked: %v", leaked(), g)
}

func cancelled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

//go:noinline
func leak(c chan int) { go stuck(c) }

// traffic returns a function that serves some requests; once per millisecond one
// of them leaks.
func traffic(c chan int) (serve func(), leaked func() int) {
	n := 0
	begin := time.Now()
	h := backstop.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		for ; n < int(time.Since(begin).Milliseconds()); n++ {
			leak(c)
		}
	}), backstop.HandlerOptions{})
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	w := httptest.NewRecorder()
	serve = func() {
		for range 64 {
			h.ServeHTTP(w, r)
		}
	}
	return serve, func() int { return n }
}

// TestWatchStops ends a watch while its report is being made, and has OnGrowth
// panic.
func TestWatchStops(t *testing.T) {
	w := newWatcher(Options{OnGrowth: func(*Growth) { panic("in OnGrowth") }}.withDefaults())
	entered, release := make(chan struct{}), make(chan struct{})
	w.mu.Lock()
	w.start(func() {
		close(entered)
		<-release
		w.options.OnGrowth(&Growth{})
	})
	w.mu.Unlock()
	<-entered
	stopped := make(chan struct{})
	go func() { w.stop(); close(stopped) }()
	crashtest.Eventually(t, "the watch is told", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.stopped
	})
	select {
	case <-stopped:
		t.Error("did not wait for the report")
	default:
	}
	close(release)
	<-stopped
	w.sample(time.Now(), 100, 0)
	if !w.windows[0].begun.IsZero() {
		t.Error("looks on after stop")
	}
}

// TestNothingToReport has the second profile show no growth.
func TestNothingToReport(t *testing.T) {
	w := newWatcher(Options{OnGrowth: func(*Growth) { t.Error("reported") }}.withDefaults())
	w.at.take = func() (census, bool) { return census{}, true }
	if w.report(census{}, &Growth{}) {
		t.Error("counts as a report")
	}
	told := 0
	w.options.OnGrowth = func(g *Growth) { told++ }
	w.at.take = func() (census, bool) { return census{}, false } // too many goroutines
	if !w.report(census{}, &Growth{}) || told != 1 {
		t.Errorf("without a profile: told %d times", told)
	}
}

func TestLookDoesNotAllocate(t *testing.T) {
	w := newWatcher(Options{}.withDefaults())
	now := time.Unix(1_000_000, 0)
	w.look(now)
	if n := testing.AllocsPerRun(5, func() { w.look(now) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestLeakyProgram has a real program leak, be reported, and then wait for
// itself: the watch must leave the deadlock detector alone.
func TestLeakyProgram(t *testing.T) {
	t.Parallel()
	c := crashtest.NewCollector(t)
	r := crashtest.Run(t, "leaky", crashtest.Options{
		Executable: crashtest.Build(t, "testdata/leaky"),
		Env:        []string{"BACKSTOP_COLLECTOR=" + c.URL, "BACKSTOP_SPOOL=" + crashtest.SpoolDir(t)},
	})
	if r.Hung || r.Exit != 2 || !strings.Contains(r.Stderr, "all goroutines are asleep") {
		t.Fatalf("hung %v, exit %d, want death by deadlock\n%s", r.Hung, r.Exit, r.Stderr)
	}
	crashtest.Eventually(t, "the event", func() bool { return len(c.Events()) > 0 })
	var e event.Event
	if err := json.Unmarshal(c.Events()[0], &e); err != nil {
		t.Fatal(err)
	}
	event.Interpret(&e) // as the collector does
	want := "goroutines of main.wait, created by main.handle grow without end: from "
	if f := e.Report.CrashStack(); len(f) == 0 || f[0].Func != "main.wait" || e.Message == nil || !strings.HasPrefix(*e.Message, want) {
		t.Errorf("event %+v with the stack %v, want %q", e, f, want)
	}
}

// TestProfile asks the toolchain's garbage collector.
func TestProfile(t *testing.T) {
	if pprof.Lookup("goroutineleak") == nil {
		err := Profile(new(bytes.Buffer))
		if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), runtime.Version()) || !strings.Contains(err.Error(), "GOEXPERIMENT") {
			t.Errorf("error %v", err)
		}
		return
	}
	r := crashtest.Run(t, "profile", crashtest.Options{Executable: crashtest.Build(t, "testdata/profile")})
	if r.Exit != 0 || !strings.Contains(r.Stdout, "main.leaked") || strings.Contains(r.Stdout, "main.alive") {
		t.Errorf("exit %d, want main.leaked and not main.alive:\n%s%s", r.Exit, r.Stdout, r.Stderr)
	}
}

func BenchmarkLook(b *testing.B) {
	w := newWatcher(Options{}.withDefaults())
	now := time.Unix(1_000_000, 0)
	for i := 0; i < b.N; i++ {
		w.look(now)
	}
}

// BenchmarkCensus is what a suspicion costs a program with 10,000 goroutines,
// and what the details of a report do.
func BenchmarkCensus(b *testing.B) {
	c := make(chan int)
	defer close(c)
	start(10_000, c)
	b.Run("profile", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; i < b.N; i++ {
			takeCensus()
		}
	})
	b.Run("traceback", func(b *testing.B) {
		for i := 0; i < b.N; i++ {
			traceback()
		}
	})
}
