package ingest

import (
	"reflect"
	"testing"
	"time"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// checkNormal is what the later stages rely on.
func checkNormal(t *testing.T, e *event.Event) {
	t.Helper()
	if e.Report == nil || !knownKind(e.Report.Kind) {
		t.Fatalf("no report of a known kind: %+v", e.Report)
	}
	if e.Class == "" || e.Class != e.Report.Class {
		t.Fatalf("class %q, of the report %q", e.Class, e.Report.Class)
	}
	if e.Report.Fingerprints.Tolerant == "" {
		t.Fatal("no fingerprint")
	}
	if e.OccurredAt.After(noon.Add(MaxAhead)) || e.OccurredAt.Before(noon.Add(-MaxBehind)) {
		t.Fatalf("occurred at %v", e.OccurredAt)
	}
}

func TestNormaliseClock(t *testing.T) {
	for _, c := range []struct {
		name  string
		said  time.Time
		want  time.Time
		moved bool
	}{
		{"now", noon, noon, false},
		{"a little ahead", noon.Add(MaxAhead), noon.Add(MaxAhead), false},
		{"ahead", noon.Add(MaxAhead + 1), noon, true},
		{"from a spool", noon.AddDate(0, 0, -30), noon.AddDate(0, 0, -30), false},
		{"long past", noon.AddDate(0, 0, -32), noon, true},
		{"never", time.Time{}, noon, false},
		{"another zone", noon.In(time.FixedZone("", 3600)), noon, false},
	} {
		e := event.Event{Service: "s", Class: "panic.custom", OccurredAt: c.said}
		Normalise(&e, noon)
		if !e.OccurredAt.Equal(c.want) || e.OccurredAt.Location() != time.UTC {
			t.Errorf("%s: occurred at %v, want %v", c.name, e.OccurredAt, c.want)
		}
		if (e.ReportedAt != nil) != c.moved || c.moved && !e.ReportedAt.Equal(c.said) {
			t.Errorf("%s: reported at %v", c.name, e.ReportedAt)
		}
	}
}

func TestNormaliseClass(t *testing.T) {
	nilMap, empty := "assignment to entry in nil map", ""
	frames := []crash.Goroutine{{ID: 1, State: "running", Frames: []crash.Frame{{Func: "main.f", File: "/f.go", Line: 3}}}}
	for _, c := range []struct {
		name string
		in   event.Event
		want crash.Class
		kind crash.Kind
	}{
		{"a message alone", event.Event{Message: &nilMap}, "panic.nil_map", crash.KindPanic},
		{"a class alone", event.Event{Class: "fatal.deadlock"}, "fatal.deadlock", crash.KindFatal},
		{"a class and a message", event.Event{Class: "panic.custom", Message: &empty}, "panic.custom", crash.KindPanic},
		{"a status alone", event.Event{Exit: &event.Exit{Status: 3}}, "exit.os_exit", crash.KindExit},
		{"a signal alone", event.Event{Exit: &event.Exit{Status: -1, Signal: "SIGKILL"}}, "kill.sigkill", crash.KindKill},
		{"an OOM kill alone", event.Event{Exit: &event.Exit{Status: -1, Signal: "SIGKILL", OOM: true}}, "kill.oom", crash.KindKill},
		{"a signal of nobody's table", event.Event{Exit: &event.Exit{Status: -1, Signal: "SIGLOST"}}, "kill.other", crash.KindKill},
		{"a class of the future", event.Event{Class: "cosmic.ray"}, "fragment", crash.KindFragment},
		{
			"a report with a class of its own",
			event.Event{Class: "exit.log_fatal", Exit: &event.Exit{Status: 1}, Report: &crash.Report{Kind: crash.KindExit, Class: "exit.log_fatal", Crash: -1}},
			"exit.log_fatal", crash.KindExit,
		},
		{
			"a report whose class is wrong",
			event.Event{Report: &crash.Report{Kind: crash.KindPanic, Class: "panic.custom", Message: nilMap, HasMessage: true, Goroutines: frames}},
			"panic.nil_map", crash.KindPanic,
		},
		{
			"a report of a kind of the future",
			event.Event{Class: "panic.custom", Report: &crash.Report{Kind: "implosion", Goroutines: frames, Message: "x", HasMessage: true}},
			"panic.custom", crash.KindPanic,
		},
		{
			"a report with nothing to go by",
			event.Event{Report: &crash.Report{Kind: crash.KindFatal, Class: "fatal.oom", Crash: -1}},
			"fatal.oom", crash.KindFatal,
		},
	} {
		e := c.in
		e.Service = "s"
		Normalise(&e, noon)
		checkNormal(t, &e)
		if e.Class != c.want || e.Report.Kind != c.kind {
			t.Errorf("%s: %s %s, want %s %s", c.name, e.Report.Kind, e.Class, c.kind, c.want)
		}
	}
}

func TestNormaliseRecomputesFromTheStack(t *testing.T) {
	e := event.Event{Service: "s", StackHash: "lie", GoroutineID: 99, Report: &crash.Report{
		Kind: crash.KindPanic, Message: "x", HasMessage: true, Fingerprints: crash.Fingerprints{Tolerant: "lie"},
		Goroutines: []crash.Goroutine{{ID: 5, Frames: []crash.Frame{{Func: "main.f", File: "/f.go", Line: 3}}}},
	}}
	Normalise(&e, noon)
	if e.StackHash == "lie" || e.GoroutineID != 5 || e.Report.Fingerprints.Tolerant == "lie" {
		t.Errorf("stack hash %q, goroutine %d, fingerprint %q", e.StackHash, e.GoroutineID, e.Report.Fingerprints.Tolerant)
	}
	if e.Message == nil || *e.Message != "x" {
		t.Errorf("message %v, want that of the report", e.Message)
	}
}

// What a monitor and a supervisor tell of one death without text belongs to one
// issue, although only the supervisor makes a report.
func TestDeathsAreTheSameForAllObservers(t *testing.T) {
	for _, c := range []struct {
		class   crash.Class
		message string
		exit    event.Exit
	}{
		{"exit.os_exit", "exit status 3", event.Exit{Status: 3}},
		{"kill.sigterm", "killed by SIGTERM", event.Exit{Status: -1, Signal: "SIGTERM"}},
		{"kill.sigusr1", "killed by SIGUSR1", event.Exit{Status: -1, Signal: "SIGUSR1"}},
		{"kill.oom", "killed by the kernel's OOM killer", event.Exit{Status: -1, Signal: "SIGKILL", OOM: true}},
	} {
		at := event.Event{Service: "s", OccurredAt: noon, Exit: &c.exit, Process: event.Process{PID: 7}}
		monitor, supervisor := at, at
		monitor.Class, monitor.Message, monitor.Observers = c.class, &c.message, []event.Observer{event.Monitor}
		supervisor.Observers = []event.Observer{event.Supervisor}
		supervisor.Report = &crash.Report{Kind: classKind(c.class), Class: c.class, Message: c.message, HasMessage: true, Crash: -1}
		supervisor.Report.Signal.Name = c.exit.Signal
		Normalise(&monitor, noon)
		Normalise(&supervisor, noon)
		if !reflect.DeepEqual(supervisor.Report, monitor.Report) || monitor.Class != supervisor.Class {
			t.Errorf("%s: the supervisor's report is %+v, the monitor's %+v", c.class, supervisor.Report, monitor.Report)
		}
		if !event.Same(&monitor, &supervisor) {
			t.Errorf("%s: not the same", c.class)
		}
	}
}
