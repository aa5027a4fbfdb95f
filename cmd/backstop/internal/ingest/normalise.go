package ingest

import (
	"strings"
	"time"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/inflight"
)

// How far the clock of a sender may be from ours before it cannot be right. The
// past is wide: a spool delivers after long outages.
const (
	MaxAhead  = 5 * time.Minute
	MaxBehind = 31 * 24 * time.Hour
)

// Normalise brings an event received at a time into the form that the later
// stages rely on: OccurredAt can be believed, there is a report, and its kind,
// class, fingerprints and the stack hash are what this version computes,
// whatever the version of the sender. What only the sender can know is kept:
// the class of a kill, an exit or a hang, and of a report that has nothing to
// classify by.
func Normalise(e *event.Event, received time.Time) {
	received = received.UTC()
	e.OccurredAt = e.OccurredAt.UTC()
	switch {
	case e.OccurredAt.IsZero():
		e.OccurredAt = received
	case e.OccurredAt.After(received.Add(MaxAhead)), e.OccurredAt.Before(received.Add(-MaxBehind)):
		said := e.OccurredAt
		e.ReportedAt, e.OccurredAt = &said, received
	}
	interpret(e)
	minimal := e.Report == nil
	if minimal {
		e.Report = &crash.Report{Kind: kindOf(e), Crash: -1}
		if e.Report.Kind == crash.KindKill && e.Exit != nil {
			e.Report.Signal.Name = e.Exit.Signal
		}
	}
	r := e.Report
	if e.Message != nil && !r.HasMessage {
		r.Message, r.HasMessage = *e.Message, true
	}
	if e.Message == nil && r.HasMessage {
		m := r.Message
		e.Message = &m
	}
	if !knownKind(r.Kind) {
		r.Kind = kindOf(e)
	}
	classify(e, minimal)
	e.Class = r.Class
	if len(r.CrashStack()) > 0 {
		e.StackHash = crash.StackHash(r)
		if g := r.CrashGoroutine(); g != nil {
			e.GoroutineID = g.ID
		}
	}
	r.Fingerprints = crash.Fingerprint(r)
	if r.Fingerprints.Tolerant == "" {
		// Nothing to tell crashes apart by: the class is all there is.
		r.Fingerprints.Tolerant = string(r.Class)
	}
}

// unpacking bounds how many events with compressed evidence are unpacked and read
// at once: a traceback may take tens of megabytes, a table of requests two.
var unpacking = make(chan struct{}, 2)

// interpret makes the report of an event whose sender left that to us.
func interpret(e *event.Event) {
	if len(e.TextGzip)+len(e.TableGzip) > 0 {
		unpacking <- struct{}{}
		defer func() { <-unpacking }()
	}
	memory := e.Memory
	event.Interpret(e)
	nameHeadline(e.Report, memory)
	e.Memory = nil
	addInFlight(e)
}

// addInFlight reads the requests in flight that a monitor sent as they were.
func addInFlight(e *event.Event) {
	if len(e.TableGzip) == 0 {
		return
	}
	// A table that cannot be read, or that another process wrote by now, tells
	// nothing of this one.
	if snap, err := inflight.Undump(e.TableGzip); err == nil && snap.PID == e.Process.PID {
		snap.AddTo(e)
	}
	e.TableGzip = nil
}

func classify(e *event.Event, minimal bool) {
	r := e.Report
	if r.Class == "" {
		r.Class = e.Class
	}
	claimed := r.Class != "" && classKind(r.Class) == r.Kind
	switch {
	case claimed && (minimal || ownWord(r.Kind)):
	case claimed && !r.HasMessage && r.Signal.Name == "" && len(r.CrashStack()) == 0:
	case ownWord(r.Kind):
		r.Class = defaultClass(e)
	default:
		r.Class = crash.Classify(r)
	}
}

// ownWord kinds are seen from outside: the report has no text that says which
// one it was.
func ownWord(k crash.Kind) bool {
	return k == crash.KindKill || k == crash.KindExit || k == crash.KindHang
}

// defaultClass names the end of a process whose observer did not.
func defaultClass(e *event.Event) crash.Class {
	r := e.Report
	if r.Kind == crash.KindKill && e.Exit != nil {
		if e.Exit.OOM {
			return "kill.oom"
		}
		if r.Signal.Name == "" {
			r.Signal.Name = e.Exit.Signal
		}
	}
	return crash.Classify(r)
}

// kindOf guesses the kind of an event that came without a report.
func kindOf(e *event.Event) crash.Kind {
	if k := classKind(e.Class); knownKind(k) {
		return k
	}
	switch {
	case e.Class != "":
		return crash.KindFragment // a class of a later version
	case e.Exit != nil && (e.Exit.Signal != "" || e.Exit.OOM):
		return crash.KindKill
	case e.Exit != nil:
		return crash.KindExit
	}
	return crash.KindPanic
}

// classKind is the first word of a class, which is its kind.
func classKind(c crash.Class) crash.Kind {
	kind, _, _ := strings.Cut(string(c), ".")
	return crash.Kind(kind)
}

func knownKind(k crash.Kind) bool {
	for _, known := range crash.Kinds() {
		if k == known {
			return true
		}
	}
	return false
}
