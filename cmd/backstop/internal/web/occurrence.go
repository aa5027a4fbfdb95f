package web

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/htmlview"
	"github.com/backstop-go/backstop/cmd/backstop/internal/outline"
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

	Verdict   outline.Verdict
	Fate      string
	Alive     bool
	Witnesses []witness
	Request   *event.Request
	Via       string // how it was found, when that is not certain
	NoRequest string // why no request is known
	InFlight  *inFlight

	Focus     *crash.Frame    // the application frame where it happened
	Stack     *htmlview.Stack // nil when nobody saw one
	StackName string
	NoStack   string // why there is no stack
	Labels    []label
	Accessors []namedStack         // the further ones of a race
	Runtime   *htmlview.Stack      // the runtime's own stack, when it is not the crashing one
	Others    *htmlview.Goroutines // nil when there are none

	Facts    []fact
	Problems []string
	Raw      string
}

// How much of a report an occurrence takes; the whole of its text is one link
// away.
const (
	maxFrames = 200 // frames of one stack
	maxLabels = 32  // profiler labels of a goroutine
	maxPanics = 20  // links of a chain of panics
)

// A named stack is a stack and what it is.
type namedStack struct {
	Name  string
	Stack htmlview.Stack
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
		Fate: fate(e), Witnesses: witnesses(e), Request: e.Request, InFlight: newInFlight(e), Raw: e.Text,
	}
	o.Verdict = verdictFor(o.Info, e)
	o.Prefix = htmlview.MessagePrefix(o.Info.Kind)
	o.Problems = problemsOf(e)
	if r := e.Report; r != nil {
		o.Alive = e.Exit == nil && (r.Recovered || r.Kind == crash.KindRace)
		o.addReport(r)
	}
	o.Headline = htmlview.Headline(o.Info.Title, o.Focus)
	if emptyRequest(o.Request) {
		o.Request = nil
		o.NoRequest = whyNoRequest(e)
	} else {
		o.Via = viaText(o.Request.Via)
	}
	if o.Stack == nil {
		o.NoStack = whyNoStack(o.Info.Kind)
	}
	o.Facts = factsOf(e)
	return o
}

func (o *occurrence) addReport(r *crash.Report) {
	o.Panics, o.Signal = r.Panics[:min(len(r.Panics), maxPanics)], r.Signal
	o.Focus = r.Origin()
	out := outline.New(r, outline.Options{Frames: maxFrames})
	if len(out.Threads) > 0 {
		t := &out.Threads[0]
		s := htmlview.NewStack(t)
		o.Stack, o.StackName = &s, htmlview.ThreadName(t, r.Kind)
		if t.Goroutine != nil {
			o.addLabels(t.Goroutine)
		}
		for i := range out.Threads[1:] {
			t := &out.Threads[1+i]
			o.Accessors = append(o.Accessors, namedStack{htmlview.ThreadName(t, r.Kind), htmlview.NewStack(t)})
		}
	}
	if out.Runtime != nil {
		o.Runtime = &htmlview.Stack{Stack: *out.Runtime}
	}
	if out.Others.Count > 0 {
		others := htmlview.NewGoroutines(&out.Others)
		o.Others = &others
	}
	if n := out.Others.Missing; n > 0 {
		missing := fmt.Sprintf("%s in the text, %s in the report.", htmlview.Plural(r.GoroutineCount, "goroutine"), htmlview.Count(r.GoroutineCount-n))
		o.Problems = slices.Insert(o.Problems, min(len(o.Problems), 1), missing)
	}
}

func (o *occurrence) addLabels(g *crash.Goroutine) {
	for k, v := range g.Labels {
		if strings.HasPrefix(k, "backstop.") && !emptyRequest(o.Request) {
			continue // the SDK's own: they became the request
		}
		o.Labels = append(o.Labels, label{k, v})
	}
	slices.SortFunc(o.Labels, func(a, b label) int { return strings.Compare(a.Key, b.Key) })
	o.Labels = o.Labels[:min(len(o.Labels), maxLabels)]
}

func emptyRequest(r *event.Request) bool { return r == nil || *r == event.Request{Via: r.Via} }

// whyNoRequest says what could have known the request, without guessing that
// there was one.
func whyNoRequest(e *event.Event) string {
	if len(e.InFlight) > 0 {
		return "Nobody knows which of the requests in flight it was, or whether it was one of them."
	}
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
			facts = append(facts, fact{name, htmlview.Plain(htmlview.MaxName, value), code})
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
		} else {
			add("Signal sent by", killerText(e.Exit.By), false)
		}
	}
	if e.Report != nil {
		add("Signal", htmlview.SignalText(e.Report.Signal), true)
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
	return htmlview.Problems(r)
}
