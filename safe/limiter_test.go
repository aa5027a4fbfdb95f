package safe_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/backstop-go/backstop/internal/crashtest"
	"github.com/backstop-go/backstop/safe"
)

func TestLimiter(t *testing.T) {
	got := reports(t)
	l := safe.NewLimiter(safe.LimiterOptions{Capacity: 2})
	ctx := context.Background()
	worked := 0
	work := func(context.Context) error { worked++; return nil }
	healthy := func(context.Context) error { return nil }
	for _, ctx := range []context.Context{ctx, nil, hostile{ctx}} {
		if err := l.Run(ctx, safe.Task{Check: healthy, Work: work}); err != nil {
			t.Errorf("allowed: %v", err)
		}
	}
	if worked != 3 {
		t.Fatalf("worked %d times, want 3", worked)
	}
	if err := l.Run(ctx, safe.Task{Work: func(context.Context) error { return os.ErrExist }}); err != os.ErrExist {
		t.Errorf("the work's error: %v", err)
	}
	wantRefused(t, l.Run(cancelled(), safe.Task{Work: work}), context.Canceled)
	wantRefused(t, l.Run(ctx, safe.Task{Weight: 3, Work: work}), safe.ErrTooHeavy)
	wantRefused(t, l.Run(ctx, safe.Task{Check: func(context.Context) error { return os.ErrClosed }, Work: work}), os.ErrClosed)
	ending, end := context.WithCancel(ctx)
	wantRefused(t, l.Run(ending, safe.Task{Check: func(context.Context) error { end(); return nil }, Work: work}), context.Canceled)
	if worked != 3 || len(got()) != 0 {
		t.Errorf("worked %d times, %d reports; what was refused ran", worked, len(got()))
	}
}

func TestLimiterPanics(t *testing.T) {
	got := reports(t)
	l := safe.NewLimiter(safe.LimiterOptions{Capacity: 1})
	var err, unhealthy error
	serving(func(r *http.Request) {
		err = l.Run(r.Context(), safe.Task{Work: func(context.Context) error { raise(errBoom); return nil }})
		unhealthy = l.Run(r.Context(), safe.Task{Check: func(context.Context) error { raise("sick"); return nil }})
	})
	wantPanic(t, err, errBoom)
	wantPanic(t, unhealthy, "sick")
	wantRefused(t, unhealthy, unhealthy)
	all := got()
	if len(all) != 2 {
		t.Fatalf("%d reports, want 2", len(all))
	}
	for _, c := range all {
		wantTrace(t, c)
		wantTop(t, c, "raise")
	}
	onOwn(func() {
		l.Run(context.Background(), safe.Task{Work: func(context.Context) error { runtime.Goexit(); return nil }}) //nolint:errcheck // does not return
	})
	// Panic, sickness and Goexit have given their weight back.
	if err := l.Run(context.Background(), safe.Task{Work: func(context.Context) error { return nil }}); err != nil {
		t.Error(err)
	}
}

// TestLimiterIsFair lets a heavy task wait before light ones: they do not
// overtake it, and nobody waits once it has given up.
func TestLimiterIsFair(t *testing.T) {
	l := safe.NewLimiter(safe.LimiterOptions{Capacity: 2, MaxWaiting: 3})
	var mu sync.Mutex
	var order []string
	var wg sync.WaitGroup
	run := func(ctx context.Context, name string, weight int64, wait <-chan struct{}) {
		before := safe.Waiting(l)
		wg.Add(1)
		go func() {
			defer wg.Done()
			err := l.Run(ctx, safe.Task{Weight: weight, Work: func(context.Context) error {
				mu.Lock()
				order = append(order, name)
				mu.Unlock()
				if wait != nil {
					<-wait
				}
				return nil
			}})
			if err != nil {
				mu.Lock()
				order = append(order, name+" refused")
				mu.Unlock()
			}
		}()
		crashtest.Eventually(t, name+" works or waits", func() bool {
			mu.Lock()
			defer mu.Unlock()
			return len(order) == 1 && name == "first" || safe.Waiting(l) > before
		})
	}
	seen := func(n int) func() bool {
		return func() bool {
			mu.Lock()
			defer mu.Unlock()
			return len(order) == n
		}
	}
	first, heavy := make(chan struct{}), make(chan struct{})
	giveUp, cancel := context.WithCancel(context.Background())
	run(context.Background(), "first", 1, first)
	run(context.Background(), "heavy", 2, heavy) // does not fit
	run(giveUp, "impatient", 2, nil)
	run(context.Background(), "light", 1, nil) // would fit
	if err := l.Run(context.Background(), safe.Task{Work: func(context.Context) error { return nil }}); !errors.Is(err, safe.ErrBusy) {
		t.Errorf("a fourth one that waits: %v", err)
	}
	cancel()
	crashtest.Eventually(t, "the impatient one leaves", seen(2))
	close(first)
	crashtest.Eventually(t, "the heavy one works", seen(3))
	close(heavy)
	wg.Wait()
	if want := []string{"first", "impatient refused", "heavy", "light"}; !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
}

// TestLimiterHolds has many goroutines come, work and give up, and counts.
func TestLimiterHolds(t *testing.T) {
	const capacity = 5
	l := safe.NewLimiter(safe.LimiterOptions{Capacity: capacity})
	var now, most, worked, refused atomic.Int64
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			if i%3 == 0 {
				go cancel()
			}
			weight := int64(i%capacity + 1)
			err := l.Run(ctx, safe.Task{Weight: weight, Work: func(context.Context) error {
				n := now.Add(weight)
				for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
				}
				runtime.Gosched()
				now.Add(-weight)
				worked.Add(1)
				return nil
			}})
			if err != nil {
				refused.Add(1)
			}
		}()
	}
	wg.Wait()
	if most.Load() > capacity || worked.Load()+refused.Load() != 200 || worked.Load() < 130 {
		t.Errorf("at most %d at work, %d worked, %d refused", most.Load(), worked.Load(), refused.Load())
	}
	// All weight is back.
	if err := l.Run(context.Background(), safe.Task{Weight: capacity, Work: func(context.Context) error { return nil }}); err != nil {
		t.Error(err)
	}
}
