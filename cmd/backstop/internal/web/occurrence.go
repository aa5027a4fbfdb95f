package web

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"
)

// An occurrence is one event as pages show it. Its fields hold crash text;
// templates pass each through text functions.
type occurrence struct {
	ID          string
	Info        crash.Info
	At          time.Time
	Service     string
	Release     string
	Environment string
	Instance    string

	Headline string // "write to a nil map in cart.(*Cart).Add"
	Message  *string
	Prefix   string // what the runtime prints before the message
	Value    string // type and text of a recovered value
	Panics   []crash.Panic
	Signal   crash.Signal

	Verdict   verdict
	Fate      string
	Alive     bool
	Witnesses []witness
	Request   *event.Request
	NoRequest string // why no request is known

	Focus      *frame // the application frame where it happened
	Stack      *stack // nil when nobody saw one
	StackName  string
	NoStack    string // why there is no stack
	Labels     []label
	Runtime    *stack // the runtime's own stack, when it is not the crashing one
	Buckets    []bucket
	Goroutines int // other than the crashing one
	CutBuckets int
	Counted    int // headers in the text

	Facts    []fact
	Problems []string
	Raw      string
}

type label struct{ Key, Value string }

// A fact is a line of the list beside the stack.
type fact struct {
	Name, Value string
	Code        bool
}

func newOccurrence(e *event.Event) occurrence {
	o := occurrence{
		ID: e.ID, Info: explain(e.Class), At: e.OccurredAt,
		Service: e.Service, Release: e.Release, Environment: e.Environment, Instance: e.Instance,
		Message: e.Message, Value: e.PanicValue,
		Fate: fate(e), Witnesses: witnesses(e), Request: e.Request, Raw: e.Text,
	}
	o.Verdict = verdictFor(o.Info, e)
	o.Prefix = prefixOf(o.Info.Kind)
	if r := e.Report; r != nil {
		o.Alive = e.Exit == nil && (r.Recovered || r.Kind == crash.KindRace)
		o.addReport(r)
	}
	o.Headline = o.Info.Title
	if o.Focus != nil {
		o.Headline += " in " + shortFunc(o.Focus.Func.Base)
	}
	if emptyRequest(o.Request) {
		o.Request = nil
		o.NoRequest = whyNoRequest(e)
	}
	if o.Stack == nil {
		o.NoStack = whyNoStack(o.Info.Kind)
	}
	o.Facts = factsOf(e)
	o.Problems = problemsOf(e)
	return o
}

func (o *occurrence) addReport(r *crash.Report) {
	o.Panics, o.Signal, o.Counted = r.Panics, r.Signal, r.GoroutineCount
	if len(o.Panics) > maxPanics {
		o.Panics = o.Panics[:maxPanics]
	}
	origin := r.Origin()
	if f := origin; f != nil {
		o.Focus = &frame{Func: splitFunc(f.Func), File: splitFile(f.File), Line: f.Line, Inlined: f.Inlined}
	}
	g := r.CrashGoroutine()
	switch {
	case g != nil:
		s := newStack(g.Frames, origin, g.CreatedBy, g.Elided, g.ElidedAt)
		o.Stack, o.StackName = &s, goroutineName(g)
		for k, v := range g.Labels {
			if strings.HasPrefix(k, "backstop.") && !emptyRequest(o.Request) {
				continue // the SDK's own: they became the request
			}
			o.Labels = append(o.Labels, label{k, v})
		}
		slices.SortFunc(o.Labels, func(a, b label) int { return strings.Compare(a.Key, b.Key) })
		if len(o.Labels) > maxLabels {
			o.Labels = o.Labels[:maxLabels]
		}
		if len(r.RuntimeStack) > 0 {
			s := newStack(r.RuntimeStack, origin, nil, 0, 0)
			o.Runtime = &s
		}
	case len(r.RuntimeStack) > 0:
		s := newStack(r.RuntimeStack, origin, nil, 0, 0)
		o.Stack, o.StackName = &s, "the runtime's own stack"
	case len(r.Loose) > 0:
		s := newStack(r.Loose, origin, nil, 0, 0)
		o.Stack, o.StackName = &s, "frames without a goroutine header"
	}
	o.Buckets, o.Goroutines, o.CutBuckets = newBuckets(r)
}

func goroutineName(g *crash.Goroutine) string {
	var parts []string
	if g.ID != 0 {
		parts = append(parts, fmt.Sprintf("goroutine %d", g.ID))
	}
	if g.State != "" {
		parts = append(parts, plain(80, g.State))
	}
	if g.WaitMinutes > 0 {
		parts = append(parts, fmt.Sprintf("for %d min", g.WaitMinutes))
	}
	if g.LockedToThread {
		parts = append(parts, "locked to its thread")
	}
	return strings.Join(parts, ", ")
}

// prefixOf is what the runtime prints before the message of a kind.
func prefixOf(k crash.Kind) string {
	switch k {
	case crash.KindPanic:
		return "panic: "
	case crash.KindFatal:
		return "fatal error: "
	}
	return ""
}

func emptyRequest(r *event.Request) bool { return r == nil || *r == event.Request{} }

// whyNoRequest says what could have known the request, without guessing that
// there was one.
func whyNoRequest(e *event.Event) string {
	if e.Saw(event.Guard) {
		return "The guard that caught it was not inside of a request."
	}
	if e.Report == nil || len(e.Report.CrashStack()) == 0 {
		return "Nobody inside the process saw the crash, so nobody knows whether it was serving one."
	}
	return "No observer knew of one. It takes Backstop's HTTP handler inside the program to name a request."
}

// whyNoStack says why an event of a kind comes without a stack.
func whyNoStack(k crash.Kind) string {
	switch k {
	case crash.KindKill:
		return "There is none: the process was ended from outside before it could print a traceback."
	case crash.KindExit:
		return "There is none: a program that exits prints no traceback."
	default:
		return "There is none: no observer saw a traceback."
	}
}

func factsOf(e *event.Event) []fact {
	var facts []fact
	add := func(name, value string, code bool) {
		if value != "" {
			facts = append(facts, fact{name, plain(maxName, value), code})
		}
	}
	add("Service", e.Service, false)
	add("Environment", e.Environment, false)
	add("Release", e.Release, true)
	add("Instance", e.Instance, true)
	if e.Exit != nil {
		if e.Exit.Signal != "" {
			add("Ended by", e.Exit.Signal, true)
		} else {
			add("Exit status", fmt.Sprint(e.Exit.Status), true)
		}
		if e.Exit.OOM {
			add("OOM killer", "yes, the kernel's", false)
		}
	}
	if r := e.Report; r != nil {
		sig := strings.TrimSpace(r.Signal.Name + " " + r.Signal.Code)
		if r.Signal.Addr != "" {
			sig += ", address " + r.Signal.Addr
		}
		if r.Signal.InCgo {
			sig += ", in C code"
		}
		add("Signal", sig, true)
	}
	build := e.Build.GoVersion
	if build == "" && e.Report != nil {
		build = e.Report.GoVersion
	}
	if e.Build.OS != "" {
		build += " " + e.Build.OS + "/" + e.Build.Arch
	}
	add("Go", strings.TrimSpace(build), true)
	revision := e.Build.Revision
	if len(revision) > 12 {
		revision = revision[:12]
	}
	if e.Build.Modified && revision != "" {
		revision += " (modified)"
	}
	add("Revision", revision, true)
	add("Host", e.Process.Host, true)
	if e.Process.PID != 0 {
		add("Process", fmt.Sprint(e.Process.PID), true)
	}
	if e.ReportedAt != nil {
		add("Sender's clock", e.ReportedAt.UTC().Format("2006-01-02 15:04:05 UTC")+", which cannot be right", false)
	}
	return facts
}

// problemsOf says in what way a report is incomplete. Nothing is a problem
// about an event that never had a traceback.
func problemsOf(e *event.Event) []string {
	r := e.Report
	if r == nil {
		return []string{"no report came with it: only what stands on this page is known."}
	}
	var out []string
	if r.Truncated {
		out = append(out, "the traceback was cut; frames or goroutines are missing.")
	}
	if r.GoroutineCount > len(r.Goroutines) && r.Kind != crash.KindRace {
		out = append(out, fmt.Sprintf("%s in the text, %s in the report.", plural(r.GoroutineCount, "goroutine"), count(len(r.Goroutines))))
	}
	for i, p := range r.Problems {
		if i == 10 {
			out = append(out, fmt.Sprintf("and %s of other sorts.", plural(len(r.Problems)-i, "problem")))
			break
		}
		s := plain(60, strings.ReplaceAll(p.Code, "_", " "))
		if p.Count > 1 {
			s += fmt.Sprintf(", %s times", count(p.Count))
		}
		if p.Line > 0 {
			s += fmt.Sprintf(", first on line %d", p.Line)
		}
		if p.Text != "" {
			s += ": " + plain(200, p.Text)
		}
		out = append(out, s)
	}
	return out
}
