package compat

import (
	"fmt"
	"slices"
	"testing"

	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
	"github.com/backstop-go/backstop/cmd/backstop/internal/supervise"
)

// right is a run in which everything is as it should be: one request panics, then
// three at once.
func right() (plain, armed *outcome) {
	given := identity{"lab-compat", "compat-1", "lab-compat"}
	plain = &outcome{serves: true, stopped: true, given: given, shots: []shot{{status: 200}}}
	armed = &outcome{serves: true, stopped: true, given: given, arming: arming{point: "p", times: 4, reference: 10}}
	panics := func(n int) {
		trace := fmt.Sprintf("trace-%d", n)
		armed.passes = append(armed.passes, pass{point: "p", hits: n, fired: n, goroutines: 20, panicked: true})
		text := "planned panic at p: as backstop lab compat planned"
		armed.events = append(armed.events, event.Event{
			ID: trace, Class: "panic.custom", Message: &text,
			Service: given.service, Release: given.release, Environment: given.environment,
			Request: &event.Request{TraceID: trace}, Observers: []event.Observer{event.Guard},
		})
	}
	panics(1)
	armed.shots = []shot{{trace: "trace-1", status: 500, last: 1}}
	for n := 2; n <= 4; n++ {
		panics(n)
		armed.burst = append(armed.burst, shot{trace: fmt.Sprintf("trace-%d", n), status: 500, first: 1, last: 4})
	}
	armed.passes = append(armed.passes, pass{point: "p", hits: 5, fired: 4, goroutines: 11})
	armed.after = []shot{{trace: "trace-5", status: 200, first: 4, last: 5}}
	return plain, armed
}

// TestJudge changes one thing after the other in what was seen, and wants the
// checks to fail that are about it, and only those.
func TestJudge(t *testing.T) {
	each := func(f func(*event.Event)) func(_, _ *outcome) {
		return func(_, a *outcome) {
			for i := range a.events {
				f(&a.events[i])
			}
		}
	}
	other := "something else"
	for name, c := range map[string]struct {
		change func(plain, armed *outcome)
		want   []Check
	}{
		"nothing":          {func(_, _ *outcome) {}, nil},
		"no panic":         {func(_, a *outcome) { a.passes = nil }, []Check{Fired}},
		"passes in peace":  {func(_, a *outcome) { a.passes = a.passes[4:] }, []Check{Fired}},
		"one event lost":   {func(_, a *outcome) { a.events = a.events[:3] }, []Check{Arrived, AtOnce}},
		"first event lost": {func(_, a *outcome) { a.events = a.events[1:] }, []Check{Arrived, Trace}},
		"all events lost":  {func(_, a *outcome) { a.events = nil }, []Check{Arrived, AtOnce}},
		"one event twice":  {func(_, a *outcome) { a.events = append(a.events, a.events[0]) }, []Check{Once}},
		"another event":    {func(_, a *outcome) { a.events = append(a.events, event.Event{ID: "x", Class: "exit.os_exit"}) }, []Check{Once}},
		"a usual event": {func(p, a *outcome) {
			p.events = []event.Event{{ID: "w", Class: "exit.os_exit"}}
			a.events = append(a.events, event.Event{ID: "x", Class: "exit.os_exit"})
		}, nil},
		"our own signal":  {func(_, a *outcome) { a.events = append(a.events, event.Event{ID: "x", Class: "kill.sigterm"}) }, nil},
		"another text":    {each(func(e *event.Event) { e.Message = &other }), []Check{Arrived, Once, AtOnce}},
		"a wrapped value": {each(func(e *event.Event) { e.PanicValue = "x.E: " + *e.Message; e.Message = &other }), nil},
		"another class":   {func(_, a *outcome) { a.events[2].Class = "panic.index" }, []Check{Class}},
		"another trace":   {func(_, a *outcome) { a.events[0].Request.TraceID = "trace-9" }, []Check{Trace}},
		"no request":      {func(_, a *outcome) { a.events[0].Request = nil }, []Check{Trace}},
		"traces mixed up": {func(_, a *outcome) { a.events[2].Request = a.events[1].Request }, []Check{AtOnce}},
		"another release": {func(_, a *outcome) { a.events[3].Release = "1.0" }, []Check{Release}},
		"unknown release": {each(func(e *event.Event) { e.Release = "unknown" }), []Check{Release}},
		"its own release": {func(p, a *outcome) {
			p.names = []store.Service{{Name: "lab-compat", LastRelease: "1.0"}}
			a.events[3].Release = "1.0"
		}, nil},
		"always unknown": {func(p, a *outcome) {
			p.names = []store.Service{{LastRelease: "unknown"}}
			a.events[3].Release = "unknown"
		}, []Check{Release}},
		"another env":        {each(func(e *event.Event) { e.Environment = "production" }), []Check{Environment}},
		"another service":    {each(func(e *event.Event) { e.Service = "svc" }), []Check{Service}},
		"its own service":    {func(p, a *outcome) { p.names = []store.Service{{Name: "svc"}}; a.events[0].Service = "svc" }, nil},
		"hangs afterwards":   {func(_, a *outcome) { a.after[0].status, a.after[0].hung = 0, true }, []Check{Answers}},
		"fails afterwards":   {func(_, a *outcome) { a.after[0].status = 503 }, []Check{Answers}},
		"always fails":       {func(p, a *outcome) { a.after[0].status, p.shots[0].status = 503, 503 }, nil},
		"goroutines left":    {func(_, a *outcome) { a.passes[4].goroutines = 14 }, []Check{Goroutines}},
		"one more goroutine": {func(_, a *outcome) { a.passes[4].goroutines = 11 }, nil},
		"does not end":       {func(_, a *outcome) { a.overdue = true }, []Check{Ends}},
		"dies": {func(_, a *outcome) {
			a.stopped, a.burst, a.after = false, nil, nil
			a.passes, a.events = a.passes[:1], a.events[:1]
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			plain, armed := right()
			c.change(plain, armed)
			var got []Check
			for _, cell := range judge("go1.26.8", "p", plain, armed) {
				if cell.Result == Fail || cell.Result == Invalid {
					got = append(got, cell.Check)
					if cell.Detail == "" {
						t.Errorf("%s fails without a reason", cell.Check)
					}
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("failed: %v, want %v", got, c.want)
			}
		})
	}
}

// TestJudgeTests takes the trace id from where the point was passed.
func TestJudgeTests(t *testing.T) {
	plain, armed := right()
	armed.serves, armed.stopped, armed.shots, armed.burst, armed.after = false, false, nil, nil, nil
	armed.passes, armed.events = armed.passes[:1], armed.events[:1]
	armed.passes[0].trace = "trace-1"
	result := func() Result {
		for _, c := range judge("go1.26.8", "p", plain, armed) {
			if c.Check == Trace {
				return c.Result
			}
		}
		return ""
	}
	if r := result(); r != Pass {
		t.Errorf("with its trace id: %s", r)
	}
	armed.events[0].Request.TraceID = "trace-2"
	if r := result(); r != Fail {
		t.Errorf("with another one: %s", r)
	}
	armed.passes[0].trace = ""
	if r := result(); r != NotApplicable {
		t.Errorf("where there was none: %s", r)
	}
}

// TestBroken says why a run without faults is none.
func TestBroken(t *testing.T) {
	for want, change := range map[string]func(*outcome){
		"":                                func(*outcome) {},
		"it is gone":                      func(o *outcome) { o.failed = "it is gone" },
		"it is gone; it said last: a / b": func(o *outcome) { o.failed, o.log = "it is gone", "a\nb\n" },
		"request 1 of 1: 500 Internal Server Error":         func(o *outcome) { o.shots[0].status = 500 },
		"request 1 of 1: EOF":                               func(o *outcome) { o.shots[0].status, o.shots[0].err = 0, "EOF" },
		"it did not end after SIGTERM and had to be killed": func(o *outcome) { o.overdue = true },
		"it ended by itself: exit status 0":                 func(o *outcome) { o.stopped = false },
		"it ended with SIGSEGV": func(o *outcome) {
			o.serves, o.result = false, supervise.Result{Code: 139, Exit: event.Exit{Status: -1, Signal: "SIGSEGV"}}
		},
	} {
		o, _ := right()
		change(o)
		if got := o.broken(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
