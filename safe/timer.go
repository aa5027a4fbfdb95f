package safe

import (
	"context"
	"sync"
	"time"

	"github.com/backstop-go/backstop"
)

// AfterFunc calls f on a goroutine of its own after d, as time.AfterFunc does,
// unless ctx is done by then. A panic in f is reported with the request of ctx,
// and the program goes on. For what has to outlive its request, hand in
// context.WithoutCancel(ctx).
//
// A pending timer keeps Go's deadlock detector from working (runtime/proc.go,
// checkdead): the program waits for it.
func AfterFunc(ctx context.Context, d time.Duration, f func(ctx context.Context)) *time.Timer {
	ctx = backstop.Carry(ctx)
	return time.AfterFunc(d, func() {
		defer backstop.Recover(ctx)
		if ctx.Err() == nil {
			backstop.Resume(ctx, f)
		}
	})
}

// A Ticker calls a function again and again; see [Every].
type Ticker struct {
	ctx      context.Context
	f        func(context.Context)
	interval time.Duration
	done     chan struct{}

	mu      sync.Mutex
	next    time.Time // of the next, or the running, call
	timer   *time.Timer
	unhook  func() bool // forgets ctx
	running bool
	stopped bool
}

// Every calls f once per interval, first after one interval, until ctx is done
// or the ticker is stopped. Calls do not overlap: those that a slow one leaves no
// time for are left out. After a panic in f, which is reported with the request
// of ctx, it goes on. Between the calls there is no goroutine, only a timer.
//
// An interval below a millisecond counts as one. As with [AfterFunc], the timer
// keeps the deadlock detector from working.
func Every(ctx context.Context, interval time.Duration, f func(ctx context.Context)) *Ticker {
	interval = max(interval, time.Millisecond)
	t := &Ticker{
		ctx: backstop.Carry(ctx), f: f, interval: interval,
		done: make(chan struct{}), next: time.Now().Add(interval),
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.timer = time.AfterFunc(interval, t.tick)
	t.unhook = context.AfterFunc(t.ctx, t.Stop)
	return t
}

func (t *Ticker) tick() {
	t.mu.Lock()
	if t.stopped {
		t.mu.Unlock()
		return
	}
	t.running = true
	t.mu.Unlock()
	defer t.again()
	defer backstop.Recover(t.ctx)
	backstop.Resume(t.ctx, t.f)
}

// again prepares the next call.
func (t *Ticker) again() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.running = false
	if t.stopped {
		close(t.done)
		return
	}
	wait := t.interval
	if late := time.Since(t.next); late > 0 {
		wait -= late % t.interval
	}
	t.next = time.Now().Add(wait)
	t.timer.Reset(wait)
}

// Stop ends the ticker: no call begins any more. One that is under way goes on;
// who has to wait for it waits for Done.
func (t *Ticker) Stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stopped {
		return
	}
	t.stopped = true
	t.timer.Stop()
	t.unhook()
	if !t.running {
		close(t.done)
	}
}

// Done is closed when the ticker was stopped and no call is under way.
func (t *Ticker) Done() <-chan struct{} { return t.done }
