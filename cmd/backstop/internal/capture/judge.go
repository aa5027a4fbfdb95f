package capture

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/backstop-go/backstop/event"
)

// An Observation is what there was to see of one run, when nothing more can
// come: the program and its monitor are gone, and no spool holds an event.
type Observation struct {
	Events []event.Event // that the collector has of this run
	Count  int64         // how many it counted
	Sent   event.Request // the request that the program was serving

	Hung bool // the program had to be killed
	// Stuck says what did not end, or was not delivered, though the program had
	// ended.
	Stuck string
	// NextStart: the event waited on disk until the program was started again.
	NextStart bool
}

// A Found says how the request of a crash is known.
type Found string

// The ways to know a request, best first.
const (
	Exact    Found = "exact"   // the event is the request's
	ViaOther Found = "creator" // through the goroutine that started the crashed one
	Listed   Found = "listed"  // the event lists it as in flight
	Wrong    Found = "wrong"   // the event names another request
	Unknown  Found = ""
)

// A Verdict is what one run has delivered.
type Verdict struct {
	Delivered  bool
	Reason     bool // with the right class and message
	Function   bool // with the crashing function on its stack
	Request    Found
	Others     bool // with the stacks of other goroutines
	Duplicates int64
	Hung       bool
	Stuck      string
	NextStart  bool
	Detail     string // what was wrong, in words
}

// Judge says what a run of a case has delivered. It knows nothing of what may
// be lacking: see [Expectations].
func Judge(c Case, o Observation) Verdict {
	v := Verdict{Hung: o.Hung, Stuck: o.Stuck, NextStart: o.NextStart}
	count := max(o.Count, int64(len(o.Events)))
	if count == 0 {
		return v
	}
	v.Delivered = true
	v.Duplicates = count - 1
	if len(o.Events) == 0 {
		v.Detail = "counted, but not kept"
		return v
	}
	e := &o.Events[0]
	v.Detail = describe(e)
	reason := regexp.MustCompile(c.Reason) //backstop:ignore must-runtime the pattern is in the table of cases, and every test reads it
	v.Reason = slices.Contains(c.Class, e.Class) && (reason.MatchString(message(e)) || reason.MatchString(chain(e)))
	if e.Report != nil {
		v.Others = max(len(e.Report.Goroutines), e.Report.GoroutineCount) > 1
		for _, f := range e.Report.CrashStack() {
			v.Function = v.Function || c.Func != "" && f.Func == c.Func
		}
	}
	v.Request = find(e, o.Sent)
	return v
}

func message(e *event.Event) string {
	if e.Message == nil {
		return ""
	}
	return *e.Message
}

// chain is the messages of all panics, one each line.
func chain(e *event.Event) string {
	if e.Report == nil {
		return ""
	}
	var all []string
	for _, p := range e.Report.Panics {
		all = append(all, p.Message)
	}
	return strings.Join(all, "\n")
}

func find(e *event.Event, sent event.Request) Found {
	is := func(r *event.Request) bool {
		return r.Method == sent.Method && r.URL == sent.URL && r.TraceID == sent.TraceID && r.RequestID == sent.RequestID
	}
	listed := slices.ContainsFunc(e.InFlight, func(f event.InFlight) bool { return is(&f.Request) })
	switch r := e.Request; {
	case r != nil && !is(r):
		return Wrong
	case r != nil && r.Via == "":
		return Exact
	case r != nil && r.Via == event.ViaCreator:
		return ViaOther
	case r != nil || listed:
		return Listed
	}
	return Unknown
}

func describe(e *event.Event) string {
	return fmt.Sprintf("%s %q by %v", e.Class, message(e), e.Observers)
}

// A Lack is one thing that a cell may want.
type Lack string

// What a cell may lack.
const (
	LackDelivery Lack = "delivery"
	LackReason   Lack = "reason"
	LackFunction Lack = "function"
	LackRequest  Lack = "request"
)

// Lacks lists what is missing of a crash, given who watched. A crash that did
// not arrive lacks nothing else.
func (v Verdict) Lacks(c Case, s Setup) []Lack {
	if c.Silent {
		return nil
	}
	if !v.Delivered {
		return []Lack{LackDelivery}
	}
	var all []Lack
	if !v.Reason {
		all = append(all, LackReason)
	}
	if c.Func != "" && !v.Function {
		all = append(all, LackFunction)
	}
	if c.Request && s.SDK() && v.Request == Unknown {
		all = append(all, LackRequest)
	}
	return all
}

// Faults lists what no cell may do, in words.
func (v Verdict) Faults(c Case) []string {
	var all []string
	if v.Hung {
		all = append(all, "it hung")
	}
	if v.Stuck != "" {
		all = append(all, v.Stuck)
	}
	if c.Silent && v.Delivered {
		all = append(all, "reported, and is no crash")
	}
	if !c.Silent && v.Duplicates > 0 {
		all = append(all, fmt.Sprintf("%d events of one crash", v.Duplicates+1))
	}
	if v.Request == Wrong {
		all = append(all, "names a request that was not the one")
	}
	return all
}
