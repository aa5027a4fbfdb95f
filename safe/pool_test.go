package safe_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/backstop-go/backstop"
	"github.com/backstop-go/backstop/internal/crashtest"
	"github.com/backstop-go/backstop/safe"
)

func submit(ctx context.Context, tb testing.TB, p *safe.Pool, f func(context.Context) error) *safe.Job {
	tb.Helper()
	job, err := p.Submit(ctx, f)
	if err != nil {
		tb.Fatal(err)
	}
	return job
}

func TestPool(t *testing.T) {
	got := reports(t)
	ctx := context.Background()
	p := safe.NewPool(safe.PoolOptions{Workers: 3})
	var ran atomic.Int64
	for _, ctx := range []context.Context{ctx, nil, hostile{ctx}} {
		for range 50 {
			submit(ctx, t, p, func(context.Context) error { ran.Add(1); return nil })
		}
	}
	if err := p.Wait(ctx); err != nil || ran.Load() != 150 {
		t.Errorf("Wait: %v, %d ran", err, ran.Load())
	}
	crashtest.Eventually(t, "an idle pool has no goroutines", func() bool { return safe.Workers(p) == 0 })

	job := submit(ctx, t, p, func(context.Context) error { return os.ErrExist })
	if err := job.Wait(nil); err != os.ErrExist || job.Err() != err { //nolint:staticcheck // nil on purpose
		t.Errorf("of an error: %v", err)
	}
	if err := job.Wait(ctx); err != os.ErrExist {
		t.Errorf("asked again: %v", err)
	}
	if err := p.Wait(ctx); err != os.ErrExist {
		t.Errorf("Wait: %v, want the task's error", err)
	}
	if err := p.Wait(ctx); err != nil {
		t.Errorf("Wait once more: %v, want none since the last", err)
	}
	if n := len(got()); n != 0 {
		t.Errorf("%d reports, and nothing panicked", n)
	}
}

func TestPoolPanics(t *testing.T) {
	got := reports(t)
	var mu sync.Mutex
	var told []error
	p := safe.NewPool(safe.PoolOptions{Workers: 1, OnError: func(_ context.Context, err error) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, err)
		if len(told) == 1 {
			panic("the callback")
		}
	}})
	var job *safe.Job
	serving(func(r *http.Request) {
		// Handed on without the cancelling, as it outlives its request.
		job = submit(context.WithoutCancel(r.Context()), t, p, func(context.Context) error { raise(errBoom); return nil })
	})
	wantPanic(t, job.Wait(context.Background()), errBoom)
	exit := submit(context.Background(), t, p, func(context.Context) error { runtime.Goexit(); return nil })
	if err := exit.Wait(context.Background()); err != backstop.ErrGoexit {
		t.Errorf("of Goexit: %v", err)
	}
	after := submit(context.Background(), t, p, func(context.Context) error { return nil })
	if err := after.Wait(context.Background()); err != nil {
		t.Errorf("after panic and Goexit: %v", err)
	}
	wantPanic(t, p.Wait(context.Background()), errBoom)
	if len(told) != 2 || told[1] != backstop.ErrGoexit {
		t.Errorf("OnError was told %v", told)
	}
	all := got()
	if len(all) != 2 || all[0].Text != "boom" || all[1].Text != "the callback" {
		t.Fatalf("reports %+v, want boom and the callback", all)
	}
	for _, c := range all {
		wantTrace(t, c)
	}
	wantTop(t, all[0], "raise")
}

// TestPoolAttributes has a worker that a request started go on to a task of
// nobody's, and to one of another request.
func TestPoolAttributes(t *testing.T) {
	got := reports(t)
	p := safe.NewPool(safe.PoolOptions{Workers: 1, Queue: 3})
	hold := make(chan struct{})
	stranger, submitted := make(chan struct{}), make(chan struct{})
	onOwn(func() {
		go func() { // not started by the goroutine that will serve
			defer close(submitted)
			<-stranger
			submit(context.Background(), t, p, func(context.Context) error {
				if r := backstop.RequestOf(nil); r != nil { //nolint:staticcheck // nil on purpose
					t.Errorf("the worker is taken to work for %+v", r)
				}
				raise("nobody's")
				return nil
			})
		}()
	})
	serving(func(r *http.Request) {
		submit(context.WithoutCancel(r.Context()), t, p, func(context.Context) error { <-hold; return nil })
		close(stranger)
		<-submitted
		submit(context.WithoutCancel(r.Context()), t, p, func(context.Context) error {
			if r := backstop.RequestOf(nil); runtime.GOOS+runtime.GOARCH == "linuxamd64" && (r == nil || r.TraceID != trace) { //nolint:staticcheck // nil on purpose
				t.Errorf("by the number of its goroutine, the task works for %+v", r)
			}
			raise("somebody's")
			return nil
		})
		close(hold)
		if p.Wait(r.Context()) == nil {
			t.Error("no error")
		}
	})
	all := got()
	if len(all) != 2 || all[0].Text != "nobody's" || all[0].Request != nil {
		t.Fatalf("reports %+v", all)
	}
	wantTrace(t, all[1])
}

// TestPoolIsBounded fills workers and queue: who comes then waits, gives up, or
// is let in.
func TestPoolIsBounded(t *testing.T) {
	ctx := context.Background()
	p := safe.NewPool(safe.PoolOptions{Workers: 2, Queue: 1})
	release := make(chan struct{})
	var now, most atomic.Int64
	task := func(context.Context) error {
		if n := now.Add(1); n > most.Load() {
			most.Store(n)
		}
		<-release
		now.Add(-1)
		return nil
	}
	for range 3 {
		submit(ctx, t, p, task)
	}
	giveUp, cancel := context.WithCancel(ctx)
	refused, entered := make(chan error), make(chan error)
	go func() { _, err := p.Submit(giveUp, task); refused <- err }()
	crashtest.Eventually(t, "the fourth waits", func() bool { return safe.Blocked(p) == 1 })
	cancel()
	wantRefused(t, <-refused, context.Canceled)
	go func() { _, err := p.Submit(ctx, task); entered <- err }()
	crashtest.Eventually(t, "the fifth waits", func() bool { return safe.Blocked(p) == 1 })
	if err := p.Wait(cancelled()); !errors.Is(err, context.Canceled) {
		t.Errorf("Wait with a cancelled context: %v", err)
	}
	job := submitted(t, p)
	close(release)
	if err := <-entered; err != nil {
		t.Errorf("the fifth: %v", err)
	}
	if err := job(); err != nil {
		t.Error(err)
	}
	if err := p.Wait(ctx); err != nil || most.Load() > 2 {
		t.Errorf("Wait: %v, %d at work", err, most.Load())
	}
	// A task whose context ends while it waits is not called.
	ending, end := context.WithCancel(ctx)
	one := safe.NewPool(safe.PoolOptions{Workers: 1})
	hold := make(chan struct{})
	submit(ctx, t, one, func(context.Context) error { <-hold; return nil })
	late := submit(ending, t, one, func(context.Context) error { t.Error("called"); return nil })
	end()
	close(hold)
	wantRefused(t, late.Wait(ctx), context.Canceled)
}

// submitted submits a task from another goroutine, which waits for room, and
// returns how to wait for its result.
func submitted(t *testing.T, p *safe.Pool) func() error {
	before := safe.Blocked(p)
	done := make(chan error, 1)
	go func() {
		job, err := p.Submit(context.Background(), func(context.Context) error { return nil })
		if err == nil {
			err = job.Wait(context.Background())
		}
		done <- err
	}()
	crashtest.Eventually(t, "one more waits", func() bool { return safe.Blocked(p) > before })
	return func() error { return <-done }
}

func TestPoolClose(t *testing.T) {
	ctx := context.Background()
	p := safe.NewPool(safe.PoolOptions{Workers: 1, Queue: -1})
	begun, release := make(chan struct{}), make(chan struct{})
	running := submit(ctx, t, p, func(context.Context) error { close(begun); <-release; return os.ErrExist })
	<-begun
	waiting := submitted(t, p)
	if err := p.Close(cancelled()); !errors.Is(err, context.Canceled) {
		t.Errorf("Close with a cancelled context: %v", err)
	}
	wantRefused(t, waiting(), safe.ErrClosed)
	if _, err := p.Submit(ctx, nil); !errors.Is(err, safe.ErrClosed) {
		t.Errorf("Submit after Close: %v", err)
	}
	if err := running.Wait(cancelled()); !errors.Is(err, context.Canceled) {
		t.Errorf("Job.Wait with a cancelled context: %v", err)
	}
	close(release)
	if err := p.Close(ctx); err != os.ErrExist {
		t.Errorf("Close: %v", err)
	}
}

func TestPoolKeepsOrder(t *testing.T) {
	p := safe.NewPool(safe.PoolOptions{Workers: 1, Queue: 100})
	var got, want []int
	for i := range 100 {
		want = append(want, i)
		submit(context.Background(), t, p, func(context.Context) error { got = append(got, i); return nil })
	}
	if err := p.Wait(context.Background()); err != nil || !slices.Equal(got, want) {
		t.Errorf("Wait: %v, order %v", err, got)
	}
}

// TestIdlePoolDeadlock lets a real program wait for itself, after its pool has
// worked: Go must still find out.
func TestIdlePoolDeadlock(t *testing.T) {
	t.Parallel()
	exe := crashtest.Build(t, "testdata/idle")
	c := crashtest.NewCollector(t)
	r := crashtest.Run(t, "idle", crashtest.Options{
		Executable: exe, Env: []string{"BACKSTOP_COLLECTOR=" + c.URL, "BACKSTOP_SPOOL=" + crashtest.SpoolDir(t)},
	})
	if r.Hung || r.Exit != 2 || r.Stdout != "10 tasks\n" {
		t.Errorf("hung %v, exit %d, printed %q, want death by deadlock\n%s", r.Hung, r.Exit, r.Stdout, r.Stderr)
	}
	if v := runtime.Version(); !strings.HasPrefix(v, "go1.22") && runtime.GOOS != "windows" { // no monitor there
		crashtest.Eventually(t, "the events of panic and deadlock", func() bool { return len(c.Events()) == 2 })
	}
}

// TestPanicsAreNotLostAtWait has real programs that die of what Wait returns.
func TestPanicsAreNotLostAtWait(t *testing.T) {
	t.Parallel()
	exe := crashtest.Build(t, "testdata/lost")
	for _, how := range []string{"group", "pool", "children"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			c := crashtest.NewCollector(t)
			r := crashtest.Run(t, "lost", crashtest.Options{
				Executable: exe, Args: []string{how},
				Env: []string{"BACKSTOP_COLLECTOR=" + c.URL, "BACKSTOP_SPOOL=" + crashtest.SpoolDir(t)},
			})
			if want := "100 started, of a panic: true\n"; r.Hung || r.Exit != 3 || r.Stdout != want {
				t.Errorf("hung %v, exit %d, printed %q, want %q\n%s", r.Hung, r.Exit, r.Stdout, want, r.Stderr)
			}
			if n := len(c.Events()); n != 1 {
				t.Errorf("%d events, want 1", n)
			}
		})
	}
}
