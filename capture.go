package backstop

import (
	"context"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/backstop-go/backstop/internal/goid"
)

// A manner is how a panic reached us.
type manner uint8

const (
	panicked manner = iota // recovered for good
	passing                // about to be raised again: the process may die of it
	served                 // about to be raised again below net/http's own recover
	handed                 // recovered by somebody else and handed to Capture
)

// maxFrames is how many program counters are kept of a stack, from the top.
const maxFrames = 128

// A record is a captured panic before anybody has time for it.
type record struct {
	pcs [maxFrames]uintptr
	taken
}

// taken is what a record holds besides its stack, of which n tells how much there
// is.
type taken struct {
	n         int
	at        time.Time
	typ, text string
	request   requestInfo
	goroutine int64 // 0 when not asked for
	recovered bool
	handed    bool
	redacted  bool
}

// redact masks the text, once. It takes a microsecond or more, which the panicking
// goroutine is spared when no hook wants to see the text at once.
func (r *record) redact(a *agent) {
	if !r.redacted {
		r.text, r.redacted = a.redacted(r.text), true
	}
}

var records = sync.Pool{New: func() any { return new(record) }}

//go:noinline // for the size of programs
func (r *record) free() {
	r.taken = taken{}
	records.Put(r)
}

// fault is set by tests to make our own code panic at a named point.
var fault atomic.Pointer[func(point string)]

func checkFault(point string) {
	if f := fault.Load(); f != nil {
		(*f)(point)
	}
}

// capture takes down what only the panicking goroutine knows, and lets go. It
// never panics and never waits, except that what may be the program's last
// panic is written to disk: one that is passing, and one on the main goroutine.
//
// It is called by an exported function that is itself called by the runtime or
// by the user: the first program counter kept is that caller's.
func capture(ctx context.Context, v any, m manner) {
	if v == http.ErrAbortHandler { //nolint:errorlint // net/http compares the same way
		return
	}
	a := current.Load()
	if a == nil {
		untold.Add(1)
		return
	}
	a.active.Add(1)
	queued := false
	defer func() {
		if recover() != nil {
			a.dropped.Add(1) // a fault of ours, or of a context of theirs
		}
		if !queued {
			a.active.Add(-1)
		}
	}()
	if current.Load() != a {
		untold.Add(1) // Stop was faster and does not wait for us
		return
	}
	checkFault("capture")
	if wasCaptured(v) {
		return
	}

	r := records.Get().(*record)
	r.n = runtime.Callers(3, r.pcs[:])
	r.at = time.Now()
	r.typ, r.text = describe(v)
	stack := r.pcs[:r.n]
	again, inHandler := recognise(stack)
	r.goroutine = goid.Self()
	if again && seenBefore(stack, r.typ, r.text) || !again && passedBelow(r) {
		r.free()
		return
	}
	r.request.find(ctx, inHandler)
	r.recovered = m != passing
	r.handed = m == handed
	if m == passing || m == served {
		if r.goroutine == 0 {
			r.goroutine = goid.Slow() // microseconds, worth it where an observer outside has to find the same one
		}
		remember(r)
	}
	last := m == passing || onMain(stack)
	if m == handed {
		r.n = broughtStack(v, r.pcs[:], r.n)
	}
	a.tell(ctx, v, r)
	if last {
		a.handle(r)
		return
	}
	select {
	case a.queue <- r:
		queued = true // the worker counts it off
	default:
		r.free()
		a.dropped.Add(1)
	}
}
