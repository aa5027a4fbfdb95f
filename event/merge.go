package event

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/backstop-go/backstop/crash"
)

// SameWithin is how far apart two observations of one crash may be.
const SameWithin = 10 * time.Second

// Same reports whether two events are two observations of one occurrence. They
// are when
//
//   - they have the same id: one event delivered twice;
//   - or process (boot id, pid, start), goroutine and stack hash agree within
//     [SameWithin], and either the process ended with it or the observers
//     differ: one observer that sees a panic of a goroutine that lives on twice
//     saw two panics;
//   - or both ended the process within SameWithin and one of them knows neither
//     goroutine nor stack, only the headline or the exit status.
//
// Same is symmetric but not transitive: a guard's panic and an exit status
// belong together only once a third observer says that the panic was the end.
// Who joins events therefore asks again after each [Merge].
func Same(a, b *Event) bool {
	if a.ID == b.ID && a.ID != "" {
		return true
	}
	if !a.Process.same(b.Process) {
		return false
	}
	if d := a.when().Sub(b.when()); d > SameWithin || d < -SameWithin {
		return false
	}
	bothEnd := a.Terminal() && b.Terminal()
	if a.stackless() || b.stackless() {
		return bothEnd
	}
	return a.GoroutineID == b.GoroutineID && a.StackHash == b.StackHash && (bothEnd || !shareObserver(a, b))
}

// same compares what names a process. Host names are compared when both are
// known: containers on one machine share a boot id, and with pid 1 and a start
// in the same clock tick nothing else tells them apart.
func (p Process) same(q Process) bool {
	return p.PID != 0 && p.PID == q.PID && p.BootID == q.BootID && p.Start == q.Start &&
		(p.Host == q.Host || p.Host == "" || q.Host == "")
}

// when is the time that the host's own clock showed. Observations of one
// process were made with one clock, so however wrong it is they compare.
func (e *Event) when() time.Time {
	if e.ReportedAt != nil {
		return *e.ReportedAt
	}
	return e.OccurredAt
}

// shareObserver reports whether one observer saw both events. Events that name
// no observer count as seen by the same unknown one.
func shareObserver(a, b *Event) bool {
	if len(a.Observers) == 0 && len(b.Observers) == 0 {
		return true
	}
	return slices.ContainsFunc(a.Observers, b.Saw)
}

// stackless events know how a process ended and nothing about where.
func (e *Event) stackless() bool { return e.GoroutineID == 0 && e.StackHash == "" }

// Terminal reports whether the event is known to have ended its process: its
// exit was seen, or somebody outside the process saw a crash that nobody
// recovered. A guard alone cannot know.
func (e *Event) Terminal() bool {
	if e.Report != nil && (e.Report.Recovered || e.Report.Kind == crash.KindRace) {
		return false
	}
	if e.Exit != nil {
		return true
	}
	if e.Report == nil || e.Report.Kind == crash.KindFragment {
		return false
	}
	return slices.ContainsFunc(e.Observers, func(o Observer) bool { return o != Guard })
}

// Detail is how much is known of a crash.
type Detail int

// The steps of knowledge. An event that climbs a step may turn out to belong to
// another issue than the one it was first counted under.
const (
	DetailExit     Detail = iota // how the process ended
	DetailHeadline               // and why
	DetailStack                  // and where
)

// Detail tells how much the event knows.
func (e *Event) Detail() Detail {
	switch {
	case !e.stackless():
		return DetailStack
	case e.Report == nil || e.Report.Kind == crash.KindExit || e.Report.Kind == crash.KindKill || e.Report.Kind == crash.KindHang:
		return DetailExit
	}
	return DetailHeadline
}

// Merge joins two observations of one occurrence into the best of both. It keeps
// the id, service, release and instance of the first, which may have been
// counted already, and the time of the earlier one. Everything else comes from
// whoever knew most, whichever order the observations came in: the observers
// are the union, and class, message, stack, request and exit do not depend on
// the order.
//
// Neither argument is changed; the result may share memory with both.
func Merge(first, second Event) Event {
	m := first
	terminal := first.Terminal() || second.Terminal()
	best, other := &first, &second
	if compare(&second, &first) > 0 {
		best, other = other, best
	}
	m.Report, m.Class, m.Message = best.Report, best.Class, best.Message
	m.GoroutineID, m.StackHash, m.Text = best.GoroutineID, best.StackHash, best.Text
	if m.Message == nil {
		m.Message = other.Message
	}
	if m.Text == "" {
		m.Text = other.Text
	}
	if second.when().Before(first.when()) {
		m.OccurredAt, m.ReportedAt = second.OccurredAt, second.ReportedAt
	}
	m.setRecovered(!terminal && (recovered(&first) || recovered(&second)))

	m.Observers = union(first.Observers, second.Observers)
	m.Request = betterRequest(first.Request, second.Request)
	m.InFlight, m.InFlightCount = betterInFlight(&first, &second)
	m.Exit = betterExit(first.Exit, second.Exit)
	m.PanicValue = longer(first.PanicValue, second.PanicValue)
	fill(&m.Service, second.Service)
	fill(&m.Release, second.Release)
	fill(&m.Environment, second.Environment)
	fill(&m.Instance, second.Instance)
	if m.Process.PID == 0 {
		m.Process = second.Process
	}
	fill(&m.Process.Host, second.Process.Host)
	m.Build = fillBuild(m.Build, second.Build)
	if first.ID == second.ID {
		m.Dropped = max(first.Dropped, second.Dropped)
	} else {
		m.Dropped += second.Dropped
	}
	return m
}

func recovered(e *Event) bool { return e.Report != nil && e.Report.Recovered }

// setRecovered changes the flag in a copy: reports are shared.
func (e *Event) setRecovered(v bool) {
	if e.Report == nil || e.Report.Recovered == v {
		return
	}
	r := *e.Report
	r.Recovered = v
	e.Report = &r
}

// compare orders events by how much they tell. It looks at nothing that Merge
// takes from elsewhere, so that merging three events gives the same whichever
// two come first.
func compare(a, b *Event) int {
	if c := cmp.Compare(a.Detail(), b.Detail()); c != 0 {
		return c
	}
	if a.Report == nil || b.Report == nil {
		return compareBool(a.Report != nil, b.Report != nil)
	}
	ra, rb := a.Report, b.Report
	return cmp.Or(
		compareBool(ra.Kind != crash.KindFragment, rb.Kind != crash.KindFragment),
		compareBool(ra.HasMessage, rb.HasMessage),
		compareBool(!a.vague(), !b.vague()),
		cmp.Compare(goroutines(ra), goroutines(rb)),
		// From here on it only matters that the answer is always the same.
		strings.Compare(string(a.Class), string(b.Class)),
		strings.Compare(ra.Message, rb.Message),
		strings.Compare(a.StackHash, b.StackHash),
		cmp.Compare(a.GoroutineID, b.GoroutineID),
	)
}

// vague events say that the process ended where others say why: the last line on
// stderr, or who killed it, is known to some observers only.
func (e *Event) vague() bool {
	switch e.Class {
	case "exit.unknown", "exit.os_exit", "kill.sigkill":
		return true
	}
	return false
}

func goroutines(r *crash.Report) int { return max(len(r.Goroutines), r.GoroutineCount) }

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// observerRank lists the known observers from the innermost to the outermost.
var observerRank = []Observer{Guard, Monitor, Supervisor, Trace, Log}

func union(a, b []Observer) []Observer {
	all := slices.Concat(a, b)
	slices.SortFunc(all, func(x, y Observer) int {
		rx, ry := slices.Index(observerRank, x), slices.Index(observerRank, y)
		if rx < 0 && ry < 0 {
			return strings.Compare(string(x), string(y))
		}
		// An unknown observer has rank -1 and belongs behind the known ones.
		return cmp.Compare(uint(rx), uint(ry))
	})
	return slices.Compact(all)
}

func betterRequest(a, b *Request) *Request {
	if a == nil || b == nil {
		return cmp.Or(a, b)
	}
	known := func(r *Request) (n int) {
		for _, s := range []string{r.Method, r.URL, r.Route, r.TraceID, r.RequestID} {
			if s != "" {
				n++
			}
		}
		return n
	}
	c := cmp.Or(compareBool(a.Via == "", b.Via == ""), compareBool(a.Via != ViaOnly, b.Via != ViaOnly),
		cmp.Compare(known(a), known(b)),
		strings.Compare(a.TraceID, b.TraceID), strings.Compare(a.RequestID, b.RequestID),
		strings.Compare(a.URL, b.URL), strings.Compare(a.Method, b.Method), strings.Compare(a.Route, b.Route))
	if c < 0 {
		return b
	}
	return a
}

// betterInFlight takes the longer list: whoever looked earlier saw more.
func betterInFlight(a, b *Event) ([]InFlight, int) {
	if cmp.Or(cmp.Compare(len(a.InFlight), len(b.InFlight)), cmp.Compare(a.InFlightCount, b.InFlightCount)) < 0 {
		return b.InFlight, b.InFlightCount
	}
	return a.InFlight, a.InFlightCount
}

func betterExit(a, b *Exit) *Exit {
	if a == nil || b == nil {
		return cmp.Or(a, b)
	}
	c := cmp.Or(compareBool(a.OOM, b.OOM), compareBool(a.Signal != "", b.Signal != ""), compareBool(a.By != "", b.By != ""),
		strings.Compare(a.Signal, b.Signal), cmp.Compare(a.Status, b.Status))
	if c < 0 {
		return b
	}
	return a
}

// longer returns the string that says more, and the greater of two equally
// long ones.
func longer(a, b string) string {
	if cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) < 0 {
		return b
	}
	return a
}

func fill(dst *string, from string) {
	if *dst == "" {
		*dst = from
	}
}

func fillBuild(b, from Build) Build {
	if b.Revision == "" {
		b.Modified = from.Modified
	}
	fill(&b.GoVersion, from.GoVersion)
	fill(&b.OS, from.OS)
	fill(&b.Arch, from.Arch)
	fill(&b.Module, from.Module)
	fill(&b.Revision, from.Revision)
	return b
}
