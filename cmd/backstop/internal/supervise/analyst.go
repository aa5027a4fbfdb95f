package supervise

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/inflight"
	"github.com/backstop-go/backstop/internal/redact"
)

// maxWaiting bounds the texts that wait to be read, in bytes. A program that
// logs crashes faster than they are read loses some; they are counted in
// event.Event.Dropped.
const maxWaiting = 2 * maxCapture

// maxReports bounds the crashes taken from one text.
const maxReports = 1000

// An analyst turns crash texts into events, in a goroutine of its own: reading
// 32 MiB takes a while, and the pipe must be drained meanwhile.
type analyst struct {
	l    *life
	wake chan struct{}
	done chan struct{}

	mu      sync.Mutex
	queue   []captured
	waiting int // bytes in queue
	dropped uint64
	closed  bool

	sawRace bool // owned by run, then by finish
}

// A death is what is known when a process has ended.
type death struct {
	exit     event.Exit
	sig      syscall.Signal
	at       time.Time
	text     *captured // what it was printing, nil when nothing
	why      string    // a few words about the killer
	last     string    // last line on stderr
	inFlight inflight.Snapshot
	library  string                  // what a C library said before it gave up
	asked    map[syscall.Signal]bool // stops that went through us
	stopped  bool                    // the end is one of those
}

// startAnalyst starts the goroutine that finish waits for.
func startAnalyst(l *life) *analyst {
	a := &analyst{l: l, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go a.run()
	return a
}

// take accepts a text that ended while the process lives. It never blocks.
func (a *analyst) take(c captured) {
	a.mu.Lock()
	if a.waiting+len(c.text) > maxWaiting {
		a.dropped++
	} else {
		a.queue = append(a.queue, c)
		a.waiting += len(c.text)
	}
	a.mu.Unlock()
	signalTo(a.wake)
}

func (a *analyst) run() {
	defer close(a.done)
	for {
		a.mu.Lock()
		for len(a.queue) == 0 && !a.closed {
			a.mu.Unlock()
			<-a.wake
			a.mu.Lock()
		}
		if len(a.queue) == 0 {
			a.mu.Unlock()
			return
		}
		c := a.queue[0]
		a.queue = a.queue[1:]
		a.waiting -= len(c.text)
		a.mu.Unlock()
		a.mask(&c)
		for _, e := range a.survived(c, a.reports(c)) {
			a.hand(e)
		}
	}
}

// finish reads what the process printed at its end and returns the events that
// describe it. It comes after the last take.
func (a *analyst) finish(d death) []event.Event {
	a.mu.Lock()
	a.closed = true
	a.mu.Unlock()
	signalTo(a.wake)
	<-a.done

	if !a.l.s.o.SendValues {
		d.last, d.library = redact.Text(d.last), redact.Text(d.library)
	}
	var ended []event.Event
	if d.text != nil {
		a.mask(d.text)
		var others []event.Event
		ended, others = a.atEnd(d)
		for _, e := range others {
			a.hand(e)
		}
	}
	if len(ended) == 0 {
		if r := d.report(a.sawRace); r != nil {
			ended = append(ended, a.event(r, captured{start: d.at}))
		}
	}
	for i := range ended {
		exit := d.exit
		if exit.By == "" && d.raised(&ended[i]) {
			exit.By = event.BySelf
		}
		ended[i].Exit = &exit
		d.inFlight.AddTo(&ended[i])
		a.hand(ended[i])
	}
	return ended
}

// mask hides secrets and personal data in a text before anything is made of it.
func (a *analyst) mask(c *captured) {
	if !a.l.s.o.SendValues {
		c.text = redact.Crash(c.text)
	}
}

// hand passes an event to whoever wants it.
func (a *analyst) hand(e event.Event) {
	a.mu.Lock()
	e.Dropped, a.dropped = a.dropped, 0
	a.mu.Unlock()
	a.l.s.seen++
	if f := a.l.s.o.OnEvent; f != nil {
		f(e)
	}
}

// reports reads all crashes of a text.
func (a *analyst) reports(c captured) []*crash.Report {
	var all []*crash.Report
	rd := crash.NewReader(bytes.NewReader(c.text))
	for len(all) < maxReports {
		r, err := rd.Next()
		if r != nil {
			r.Truncated = r.Truncated || c.cut
			all = append(all, r)
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				a.l.s.log.Warn("read crash text", "pid", a.l.process.PID, "err", err)
			}
			return all
		}
	}
	a.l.s.log.Warn("more crashes in one text than are read", "read", len(all))
	return all
}

// survived makes events of the crashes that a process printed and lived on.
func (a *analyst) survived(c captured, reports []*crash.Report) []event.Event {
	var events []event.Event
	for _, r := range reports {
		if !survivable(r) {
			continue
		}
		switch r.Kind {
		case crash.KindRace:
			a.sawRace = true
		case crash.KindPanic, crash.KindFragment:
			r.Recovered = true
		}
		events = append(events, a.event(r, c))
	}
	return events
}

// survivable reports whether a text printed by a process that lives on is a
// crash. A headline alone is a line in a log. A stack alone is somebody's
// debug.Stack, unless it shows a panic that was recovered. A fatal error with
// its stack was printed by a child of the process.
func survivable(r *crash.Report) bool {
	switch r.Kind {
	case crash.KindRace:
		return true
	case crash.KindFragment:
		return panicking(r)
	case crash.KindPanic:
		return r.Recovered || hasStack(r)
	}
	return hasStack(r)
}

func hasStack(r *crash.Report) bool {
	return len(r.Goroutines) > 0 || len(r.RuntimeStack) > 0 || len(r.Loose) > 0
}

// panicking reports whether a panic was under way on the crashing stack, by the
// frame of the builtin ("panic" as printed, runtime.gopanic by its symbol).
func panicking(r *crash.Report) bool {
	for _, f := range r.CrashStack() {
		if f.Func == "panic" || f.Func == "runtime.gopanic" {
			return true
		}
	}
	return false
}

// atEnd sorts the crashes of the last text into those that ended the process
// and those it had survived.
func (a *analyst) atEnd(d death) (ended, others []event.Event) {
	reports := a.reports(*d.text)
	if rest, ok := unglue(d.text.text); ok && !slices.ContainsFunc(reports, d.endedBy) {
		cut := *d.text
		cut.text = rest
		if again := a.reports(cut); slices.ContainsFunc(again, d.endedBy) {
			reports = again
		}
	}
	var lived []*crash.Report
	for _, r := range reports {
		switch {
		case r.Kind == crash.KindSignal && d.asked[signalNumber(r.Signal.Name)]:
			// The traceback of a QUIT that we passed on: it was asked for.
		case d.endedBy(r):
			d.explain(r)
			ended = append(ended, a.event(r, *d.text))
		default:
			lived = append(lived, r)
		}
	}
	return ended, a.survived(*d.text, lived)
}

// unglue cuts off what stands before a headline on its line: a program that
// dies after it has printed half a line. Package crash takes headlines at the
// start of a line only, for anything may stand in the middle of one; here the
// process has died, so it is worth another look.
func unglue(text []byte) ([]byte, bool) {
	end := bytes.IndexByte(text, '\n')
	for _, headline := range []string{"panic: ", "fatal error: "} {
		if i := bytes.Index(text, []byte(headline)); i > 0 && i < end {
			return text[i:], true
		}
	}
	return nil, false
}

// endedBy reports whether a crash explains a death. The runtime exits with
// status 2, or raises a signal (runtime/panic.go, fatalpanic; GOTRACEBACK=crash);
// a parent such as a shell or `go run` may make another status of it, so any
// status but 0 goes with a whole traceback.
func (d *death) endedBy(r *crash.Report) bool {
	if r.Recovered {
		return false
	}
	switch r.Kind {
	case crash.KindPanic, crash.KindFatal, crash.KindSignal:
	default:
		return false
	}
	if d.sig != 0 {
		return crashSignal(d.sig)
	}
	return d.exit.Status == 2 || d.exit.Status != 0 && hasStack(r)
}

// crashSignal reports whether a crashing Go process may die of a signal: those
// that stand for a fault or an abort, and KILL, which may come while it prints.
func crashSignal(s syscall.Signal) bool {
	switch s {
	case syscall.SIGABRT, syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGFPE,
		syscall.SIGILL, syscall.SIGTRAP, syscall.SIGQUIT, syscall.SIGKILL:
		return true
	}
	return false
}

// signalNumber finds the stop signal of a name; 0 for any other.
func signalNumber(name string) syscall.Signal {
	for _, s := range []syscall.Signal{syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		if signalName(s) == name {
			return s
		}
	}
	return 0
}

// event completes an event of one report.
func (a *analyst) event(r *crash.Report, c captured) event.Event {
	e := event.New(r, event.Supervisor, c.start)
	a.l.whose(&e)
	e.Build = a.l.s.build
	if e.Build.GoVersion == "" {
		e.Build.GoVersion = r.GoVersion
	}
	if len(c.text) > 0 {
		var cut bool
		e.Text, cut = event.CutText(c.text)
		r.Truncated = r.Truncated || cut
	}
	if g := r.CrashGoroutine(); g != nil {
		e.Request = event.RequestFromLabels(g.Labels)
	}
	return e
}
