package safe

import (
	"context"
	"errors"
	"fmt"
	"runtime"
)

// Reasons for which a [Limiter] or a [Pool] refuses work.
var (
	ErrBusy     = errors.New("too many are waiting")
	ErrTooHeavy = errors.New("heavier than the whole capacity")
	ErrClosed   = errors.New("pool closed")
)

// LimiterOptions tell what a Limiter allows.
type LimiterOptions struct {
	// Capacity is the weight that may be at work at the same time; GOMAXPROCS
	// when 0.
	Capacity int64
	// MaxWaiting is how many may wait for it: those that come then are refused
	// with ErrBusy. No limit when 0.
	MaxWaiting int
}

// A Limiter prevents trouble instead of catching it: it runs a [Task] only when
// that can go well. It may be used by many goroutines.
type Limiter struct {
	capacity int64
	room     semaphore
}

// NewLimiter makes a limiter.
func NewLimiter(o LimiterOptions) *Limiter {
	if o.Capacity <= 0 {
		o.Capacity = int64(runtime.GOMAXPROCS(0))
	}
	l := &Limiter{capacity: o.Capacity}
	l.room.free, l.room.maxWaiting = o.Capacity, o.MaxWaiting
	return l
}

// A Task is work with its conditions.
type Task struct {
	// Weight is its part of the limiter's capacity; 1 when 0.
	Weight int64
	// Check says whether what the work needs is healthy: a ping of the
	// database, a breaker's state, free memory. Not checked when nil.
	Check func(ctx context.Context) error
	// Work is done when everything allows it.
	Work func(ctx context.Context) error
}

// Run does the work of a task, in this order: it refuses when ctx is done, waits
// for capacity, asks Check, and calls Work. What stands in the way comes back as
// a [RefusedError]: Work was not called. Other errors are those of Work; its
// panic is reported and becomes one.
func (l *Limiter) Run(ctx context.Context, t Task) error {
	ctx = orBackground(ctx)
	if t.Weight <= 0 {
		t.Weight = 1
	}
	if t.Weight > l.capacity {
		return &RefusedError{ErrTooHeavy}
	}
	if err := l.room.acquire(ctx, t.Weight); err != nil {
		return &RefusedError{err}
	}
	defer l.room.release(t.Weight)
	if t.Check != nil {
		if err := guard(ctx, t.Check); err != nil {
			return &RefusedError{fmt.Errorf("health check: %w", err)}
		}
		if err := ctx.Err(); err != nil {
			return &RefusedError{err} // the check took its time
		}
	}
	return guard(ctx, t.Work)
}
