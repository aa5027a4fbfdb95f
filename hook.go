package backstop

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"
)

// A Crash is a captured panic as the hooks of [OnCrash] see it. It is theirs:
// it may be kept and used on other goroutines.
type Crash struct {
	Value     any       // what was panicked with, or handed to Capture
	Type      string    // its type
	Text      string    // its text as it is reported: redacted, at most 8 KiB
	At        time.Time // when it was captured
	Recovered bool      // false when a guard is about to raise it again outside a server

	// Goroutine is the number of the goroutine that panicked, 0 when unknown.
	Goroutine int64
	// Request is what is known of the request, nil when there is none.
	Request *event.Request
	// Service, Release and Environment are those of [Options].
	Service, Release, Environment string

	pcs []uintptr
}

// Frames returns the stack of the panic, innermost call first, as a traceback
// shows it. It takes microseconds.
func (c *Crash) Frames() []event.Frame { return frames(c.pcs) }

// PCs returns the program counters of the stack, as runtime.Callers has them:
// the same place in a program has the same ones in each run of one build. The
// slice is shared; do not change it.
func (c *Crash) PCs() []uintptr { return c.pcs }

// Evidence returns the panic as the collector gets it, for event.Interpret to
// conclude from: class, fingerprints, stack hash.
func (c *Crash) Evidence() event.Evidence {
	return event.Evidence{
		ID: event.NewID(), OccurredAt: c.At.UTC(), Observers: []event.Observer{event.Guard},
		Service: c.Service, Release: c.Release, Environment: c.Environment,
		Request: c.Request, PanicValue: c.Type + ": " + c.Text, GoroutineID: c.Goroutine,
		Captured: c.captured(),
	}
}

func (c *Crash) captured() *event.Captured {
	return &event.Captured{Message: c.Text, Recovered: c.Recovered, Frames: c.Frames()}
}

// Report returns the report that the collector makes of the panic, still without
// class and fingerprints (crash.Classify, crash.Fingerprint, crash.StackHash).
func (c *Crash) Report() *crash.Report {
	return event.CapturedReport(c.captured(), runtime.Version(), c.Goroutine)
}

type hook func(context.Context, *Crash)

var hooks struct {
	sync.Mutex
	list atomic.Pointer[[]*hook] // replaced, never changed
}

// OnCrash registers f to be called for every captured panic, also for those that
// do not fit into the spool, until remove is called. It may be registered before
// [Start]; what happens before Start is not captured.
//
// f is called on the goroutine that panicked, before a guard raises the panic
// again: what f waits for, the goroutine waits for. ctx is the one the guard was
// given, the request's in [Handler], and never nil. A panic in f is contained.
// Crashes that no recover can see come to the collector only.
func OnCrash(f func(ctx context.Context, c *Crash)) (remove func()) {
	h := hook(f)
	changeHooks(func(list []*hook) []*hook { return append(list, &h) })
	return func() {
		changeHooks(func(list []*hook) []*hook {
			kept := list[:0]
			for _, other := range list {
				if other != &h {
					kept = append(kept, other)
				}
			}
			return kept
		})
	}
}

// changeHooks lets change work on a copy of the list.
func changeHooks(change func([]*hook) []*hook) {
	hooks.Lock()
	defer hooks.Unlock()
	var list []*hook
	if old := hooks.list.Load(); old != nil {
		list = append(list, *old...)
	}
	list = change(list)
	hooks.list.Store(&list)
}

// tell calls the hooks.
func (a *agent) tell(ctx context.Context, v any, r *record) {
	list := hooks.list.Load()
	if list == nil || len(*list) == 0 {
		return
	}
	if ctx == nil {
		ctx = context.Background()
	}
	c := a.crash(r)
	c.Value, c.pcs = v, append([]uintptr(nil), c.pcs...)
	for _, h := range *list {
		h.call(ctx, c)
	}
}

func (h hook) call(ctx context.Context, c *Crash) {
	defer func() { recover() }() //backstop:ignore recover-swallow the program's own code, at fault
	h(ctx, c)
}

// RequestOf returns what is known of the request that ctx belongs to or that the
// calling goroutine serves; nil when there is none. ctx may be nil.
func RequestOf(ctx context.Context) *event.Request {
	defer func() { recover() }() //backstop:ignore recover-swallow a context of theirs, at fault
	var i requestInfo
	i.find(ctx, false)
	return i.request()
}
