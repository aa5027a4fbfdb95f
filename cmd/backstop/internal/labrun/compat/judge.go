package compat

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/backstop-go/backstop/event"
)

// judge turns what was seen of a point on a toolchain into results. It is pure.
func judge(toolchain, point string, plain, armed *outcome) []Cell {
	j := &judgement{toolchain: toolchain, point: point, plain: plain, armed: armed}
	j.fires = panicked(ofPoint(armed.passes, point))
	j.events = planned(armed.events, point)
	if len(j.fires) == 0 {
		j.invalid()
		return j.cells
	}
	j.add(Fired, Pass, "", fmt.Sprintf("%d times", len(j.fires)))
	j.arrival()
	j.identity()
	j.traces()
	j.atOnce()
	j.recovery()
	j.end()
	return j.cells
}

type judgement struct {
	toolchain, point string
	plain, armed     *outcome
	fires            []pass
	events           []event.Event
	cells            []Cell
}

func (j *judgement) add(check Check, r Result, value, detail string) {
	j.cells = append(j.cells, Cell{j.toolchain, j.point, check, r, value, detail})
}

// verdict adds a pass, or a failure with its reason.
func (j *judgement) verdict(check Check, ok bool, value, format string, args ...any) {
	if ok {
		j.add(check, Pass, value, "")
		return
	}
	j.add(check, Fail, value, fmt.Sprintf(format, args...))
}

// invalid says that nothing was shown.
func (j *judgement) invalid() {
	why := "the point was not passed"
	switch hits := len(ofPoint(j.armed.passes, j.point)); {
	case j.armed.failed != "":
		why = j.armed.failed
	case hits > 0:
		why = fmt.Sprintf("the point was passed %d times and did not panic", hits)
	case len(j.armed.passed()) > 0:
		why += "; others were: " + list(j.armed.passed())
	}
	j.add(Fired, Invalid, "", why)
}

// arrival: an event for each panic, of the right class, and no more than that.
func (j *judgement) arrival() {
	n := len(j.events)
	why := ""
	switch log := j.armed.log; {
	case n > 0:
	case strings.Contains(log, "panic: planned panic at "+j.point):
		why = ": nobody guards it, and the program died of it"
	case len(j.armed.names) == 0:
		why = ": the program never said hello; does it call backstop.Start, take the collector from the environment and, in tests, call backstop.Stop before they exit?"
	}
	j.verdict(Arrived, n >= len(j.fires), observers(j.events), "%d of %d panics arrived%s", n, len(j.fires), why)

	others := j.others()
	j.verdict(Once, n <= len(j.fires) && others == "", "", "%d events for %d panics%s", n, len(j.fires), others)
	if n == 0 {
		j.add(Class, NotApplicable, "", "no event")
		return
	}
	classes := values(j.events, func(e event.Event) string { return string(e.Class) })
	j.verdict(Class, classes == "panic.custom", classes, "panic.custom was expected, it is %s", classes)
}

// others are events that came besides those of the panics, and that the run without
// faults did not bring. A death by a signal of ours is the Ends check's.
func (j *judgement) others() string {
	usual := make(map[string]int)
	for _, e := range j.plain.events {
		usual[string(e.Class)]++
	}
	var more []string
	for _, e := range without(ids(j.armed.events), ids(j.events)) {
		i := slices.IndexFunc(j.armed.events, func(o event.Event) bool { return o.ID == e })
		class := string(j.armed.events[i].Class)
		if usual[class]--; usual[class] >= 0 || j.armed.stopped && strings.HasPrefix(class, "kill.") {
			continue
		}
		more = append(more, class)
	}
	if len(more) == 0 {
		return ""
	}
	return ", and besides: " + list(more)
}

func ids(events []event.Event) []string {
	var all []string
	for _, e := range events {
		all = append(all, e.ID)
	}
	return all
}

// observers are who saw the panics.
func observers(events []event.Event) string {
	return values(events, func(e event.Event) string {
		var all []string
		for _, o := range e.Observers {
			all = append(all, string(o))
		}
		slices.Sort(all)
		return strings.Join(all, "+")
	})
}

// values are the different values of events, sorted.
func values(events []event.Event, of func(event.Event) string) string {
	all := distinct(events, of)
	slices.Sort(all)
	return list(all)
}

// identity: who reported is who was told to, or what the program called itself when
// it started without faults.
func (j *judgement) identity() {
	given := j.armed.given
	own := map[Check][]string{}
	for _, n := range j.plain.names {
		own[Service] = append(own[Service], n.Name)
		own[Release] = append(own[Release], n.LastRelease)
		own[Environment] = append(own[Environment], n.Environments...)
	}
	for _, f := range []struct {
		check Check
		given string
		of    func(event.Event) string
	}{
		{Service, given.service, func(e event.Event) string { return e.Service }},
		{Release, given.release, func(e event.Event) string { return e.Release }},
		{Environment, given.environment, func(e event.Event) string { return e.Environment }},
	} {
		if len(j.events) == 0 {
			j.add(f.check, NotApplicable, "", "no event")
			continue
		}
		got := distinct(j.events, f.of)
		slices.Sort(got)
		lost := without(got, append(own[f.check], f.given))
		switch {
		case slices.Equal(got, []string{f.given}):
			j.add(f.check, Pass, "as set", "")
		case len(lost) == 0 && !slices.Contains(got, "unknown"):
			j.add(f.check, Pass, oneLine(list(without(got, []string{f.given}))), "the program says so itself")
		default:
			j.add(f.check, Fail, "", fmt.Sprintf("the event says %s, which is neither what it was started with nor what the program called itself", cmp.Or(oneLine(list(lost)), "unknown")))
		}
	}
}

// traces: a panic in a request has the request's trace id. In tests, which send
// their own, the SDK noted it where the point was passed.
func (j *judgement) traces() {
	var want []string
	for _, s := range j.armed.shots {
		if len(panicked(ofPoint(j.armed.passes[s.first:s.last], j.point))) > 0 {
			want = append(want, s.trace)
		}
	}
	if !j.armed.serves {
		for _, p := range j.fires {
			if p.trace != "" {
				want = append(want, p.trace)
			}
		}
	}
	switch {
	case len(want) == 0:
		j.add(Trace, NotApplicable, "", "it did not panic in a request with a trace id")
	case len(j.events) == 0:
		j.add(Trace, NotApplicable, "", "no event")
	default:
		missing := j.missing(want)
		j.verdict(Trace, len(missing) == 0, "", "%d of %d trace ids did not arrive; %d of %d events have none",
			len(missing), len(want), j.bearing(""), len(j.events))
	}
}

func traceOf(e event.Event) string {
	if e.Request == nil {
		return ""
	}
	return e.Request.TraceID
}

// missing are the trace ids that no event has.
func (j *judgement) missing(want []string) []string {
	return slices.DeleteFunc(slices.Clone(want), func(id string) bool { return j.bearing(id) > 0 })
}

// bearing is how many events have a trace id.
func (j *judgement) bearing(id string) (n int) {
	for _, e := range j.events {
		if traceOf(e) == id {
			n++
		}
	}
	return n
}

// atOnce: panics of several requests at once do not get into each other's way.
func (j *judgement) atOnce() {
	a := j.armed
	switch {
	case !a.serves:
		j.add(AtOnce, NotApplicable, "", "no requests are sent")
		return
	case len(a.burst) == 0 && !a.stopped && !a.overdue:
		j.add(AtOnce, NotApplicable, "", "the program died of the first")
		return
	case len(a.burst) == 0:
		j.add(AtOnce, NotApplicable, "", "one was enough to make it hang, or no request reaches the point")
		return
	}
	fires := len(panicked(ofPoint(a.passes[a.burst[0].first:a.burst[0].last], j.point)))
	if fires < 2 {
		j.add(AtOnce, NotApplicable, "", fmt.Sprintf("%d of %d requests at once reached the point", fires, len(a.burst)))
		return
	}
	var sent []string
	for _, s := range a.burst {
		sent = append(sent, s.trace)
	}
	arrived := len(sent) - len(j.missing(sent))
	j.verdict(AtOnce, arrived >= fires, "", "of %d panics at once, %d arrived with the trace id of their request", fires, arrived)
}

// recovery: the next request is answered, and nothing is left behind.
func (j *judgement) recovery() {
	a := j.armed
	switch {
	case !a.serves:
		j.add(Answers, NotApplicable, "", "no requests are sent")
		j.add(Goroutines, NotApplicable, "", "no requests are sent")
		return
	case !a.stopped && !a.overdue:
		j.add(Answers, NotApplicable, "dies", "the program dies of it: "+ending(a.result))
		j.add(Goroutines, NotApplicable, "", "the program dies of it")
		return
	case len(a.after) == 0:
		j.add(Answers, NotApplicable, "", "no request reaches the point")
		j.add(Goroutines, NotApplicable, "", "no request reaches the point")
		return
	}
	last := a.after[len(a.after)-1]
	usual := slices.ContainsFunc(j.plain.shots, func(s shot) bool { return s.request == last.request && s.status == last.status })
	j.verdict(Answers, last.ok() || usual && last.status > 0, "", "the next request: %s", last.outcome())
	if len(ofPoint(a.passes[last.first:last.last], j.point)) == 0 {
		j.add(Goroutines, NotApplicable, "", "the next request did not reach the point, where they are counted")
		return
	}
	grown := a.grown(last)
	j.verdict(Goroutines, !leaks(grown, len(j.fires)), "", "%d more than without faults, after %d panics", grown, len(j.fires))
}

// end: the program ends when it is asked to, tests by themselves.
func (j *judgement) end() {
	a := j.armed
	switch {
	case a.overdue && a.stopped:
		j.add(Ends, Fail, "", "it did not end after SIGTERM and had to be killed")
	case a.overdue:
		j.add(Ends, Fail, "", "it did not end in time and had to be killed")
	case a.stopped:
		j.add(Ends, Pass, "when asked", "")
	default:
		j.add(Ends, Pass, ending(a.result), "")
	}
}
