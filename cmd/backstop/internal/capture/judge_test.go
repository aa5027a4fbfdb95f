package capture

import (
	"slices"
	"testing"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"
)

func TestJudge(t *testing.T) {
	c := Case{Name: "nil-map-write", Class: classes("panic.nil_map"), Reason: nilMap, Func: "main.nilMapWrite", Request: true}
	sent := event.Request{Method: "POST", URL: "/checkout/nil-map-write", TraceID: "0af7651916cd43dd8448eb211c80319c", RequestID: "order-1"}
	via := func(v event.Via) *event.Request { r := sent; r.Via = v; return &r }
	another := sent
	another.TraceID = "ffffffffffffffffffffffffffffffff"
	text := "assignment to entry in nil map"
	good := func(change func(*event.Event)) []event.Event {
		e := event.Event{
			Class: "panic.nil_map", Message: &text, Request: &sent,
			Report: &crash.Report{GoroutineCount: 2, Goroutines: []crash.Goroutine{{Frames: []crash.Frame{{Func: "main.nilMapWrite"}}}}},
		}
		if change != nil {
			change(&e)
		}
		return []event.Event{e}
	}
	for _, test := range []struct {
		name   string
		o      Observation
		want   Verdict
		lacks  []Lack
		faults int
	}{
		{
			"all there",
			Observation{Events: good(nil), Count: 1},
			Verdict{Delivered: true, Reason: true, Function: true, Request: Exact, Others: true},
			nil, 0,
		},
		{"not delivered", Observation{}, Verdict{}, []Lack{LackDelivery}, 0},
		{"hung", Observation{Hung: true}, Verdict{Hung: true}, []Lack{LackDelivery}, 1},
		{"monitor stays", Observation{Stuck: "it stays"}, Verdict{Stuck: "it stays"}, []Lack{LackDelivery}, 1},
		{
			"wrong message",
			Observation{Count: 1, Events: good(func(e *event.Event) { m := text + "s"; e.Message = &m })},
			Verdict{Delivered: true, Function: true, Request: Exact, Others: true},
			[]Lack{LackReason},
			0,
		},
		{
			"no message",
			Observation{Count: 1, Events: good(func(e *event.Event) { e.Message = nil })},
			Verdict{Delivered: true, Function: true, Request: Exact, Others: true},
			[]Lack{LackReason},
			0,
		},
		{
			"wrong class",
			Observation{Count: 1, Events: good(func(e *event.Event) { e.Class = "panic.custom" })},
			Verdict{Delivered: true, Function: true, Request: Exact, Others: true},
			[]Lack{LackReason},
			0,
		},
		{
			"another function",
			Observation{Count: 1, Events: good(func(e *event.Event) { e.Report.Goroutines[0].Frames[0].Func = "main.nilMapWriter" })},
			Verdict{Delivered: true, Reason: true, Request: Exact, Others: true},
			[]Lack{LackFunction},
			0,
		},
		{
			"function of another goroutine",
			Observation{Count: 1, Events: good(func(e *event.Event) { e.Report.Crash = -1 })},
			Verdict{Delivered: true, Reason: true, Request: Exact, Others: true},
			[]Lack{LackFunction},
			0,
		},
		{
			"no request",
			Observation{Count: 1, Events: good(func(e *event.Event) { e.Request = nil })},
			Verdict{Delivered: true, Reason: true, Function: true, Others: true},
			[]Lack{LackRequest},
			0,
		},
		{
			"through the creator",
			Observation{Count: 1, Events: good(func(e *event.Event) { e.Request = via(event.ViaCreator) })},
			Verdict{Delivered: true, Reason: true, Function: true, Request: ViaOther, Others: true},
			nil, 0,
		},
		{
			"the only one in flight",
			Observation{Count: 1, Events: good(func(e *event.Event) { e.Request = via(event.ViaOnly) })},
			Verdict{Delivered: true, Reason: true, Function: true, Request: Listed, Others: true},
			nil, 0,
		},
		{
			"listed",
			Observation{Count: 1, Events: good(func(e *event.Event) {
				e.Request, e.InFlight = nil, []event.InFlight{{Request: another}, {Request: sent}}
			})},
			Verdict{Delivered: true, Reason: true, Function: true, Request: Listed, Others: true},
			nil, 0,
		},
		{
			"another one listed",
			Observation{Count: 1, Events: good(func(e *event.Event) { e.Request, e.InFlight = nil, []event.InFlight{{Request: another}} })},
			Verdict{Delivered: true, Reason: true, Function: true, Others: true},
			[]Lack{LackRequest},
			0,
		},
		{
			"another request",
			Observation{Count: 1, Events: good(func(e *event.Event) { e.Request = &another })},
			Verdict{Delivered: true, Reason: true, Function: true, Request: Wrong, Others: true},
			nil, 1,
		},
		{
			"two events of one issue",
			Observation{Count: 2, Events: good(nil)},
			Verdict{Delivered: true, Reason: true, Function: true, Request: Exact, Others: true, Duplicates: 1},
			nil, 1,
		},
		{
			"two issues",
			Observation{Count: 2, Events: append(good(nil), good(nil)...)},
			Verdict{Delivered: true, Reason: true, Function: true, Request: Exact, Others: true, Duplicates: 1},
			nil, 1,
		},
		{
			"at the next start",
			Observation{Count: 1, Events: good(func(e *event.Event) { e.Report.GoroutineCount = 1 }), NextStart: true},
			Verdict{Delivered: true, Reason: true, Function: true, Request: Exact, NextStart: true},
			nil, 0,
		},
	} {
		test.o.Sent = sent
		got := Judge(c, test.o)
		lacks, faults := got.Lacks(c, All), got.Faults(c)
		got.Detail = ""
		if got != test.want {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
		if !slices.Equal(lacks, test.lacks) || len(faults) != test.faults {
			t.Errorf("%s: lacks %v, faults %v, want %v and %d", test.name, lacks, faults, test.lacks, test.faults)
		}
	}
}

func TestJudgeWhatNobodyMayClaim(t *testing.T) {
	c := Case{Name: "http-abort-handler", Silent: true}
	if f := Judge(c, Observation{}).Faults(c); f != nil {
		t.Errorf("silence is at fault: %v", f)
	}
	if f := Judge(c, Observation{Count: 1, Events: []event.Event{{Class: "panic.http_abort"}}}).Faults(c); len(f) != 1 {
		t.Errorf("a report of an aborted handler: %v", f)
	}
}

// TestJudgeChain: the first message of a chain is not all of the reason.
func TestJudgeChain(t *testing.T) {
	first := "order is incomplete"
	c := Case{Class: classes("panic.custom"), Reason: `(?s)order is incomplete.*rollback failed too`}
	e := event.Event{Class: "panic.custom", Message: &first, Report: &crash.Report{Panics: []crash.Panic{{Message: first}}}}
	if v := Judge(c, Observation{Count: 1, Events: []event.Event{e}}); v.Reason {
		t.Error("half a chain is taken for the whole")
	}
	e.Report.Panics = append(e.Report.Panics, crash.Panic{Message: "rollback failed too"})
	if v := Judge(c, Observation{Count: 1, Events: []event.Event{e}}); !v.Reason {
		t.Error("the second message is not looked at")
	}
}

func TestLacksOfAnUnmodifiedProgram(t *testing.T) {
	c := Case{Request: true, Class: classes("panic.custom")}
	v := Verdict{Delivered: true, Reason: true}
	if l := v.Lacks(c, Supervisor); l != nil {
		t.Errorf("nobody can know the request: %v", l)
	}
	if l := v.Lacks(c, Monitor); !slices.Equal(l, []Lack{LackRequest}) {
		t.Errorf("lacks %v", l)
	}
}
