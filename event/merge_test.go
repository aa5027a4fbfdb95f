package event

import (
	"fmt"
	"math/rand"
	"reflect"
	"testing"
	"time"

	"github.com/backstop-go/backstop/crash"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// proc is a process as every observer on its host names it.
var proc = Process{BootID: "b00t", PID: 42, Start: 1234, Host: "web-1"}

// observe makes what one observer reports of a panic in goroutine 7.
func observe(by Observer, change func(*Event)) Event {
	r := &crash.Report{
		Kind: crash.KindPanic, Class: "panic.custom", Message: "boom", HasMessage: true, Crash: 0,
		Goroutines: []crash.Goroutine{{ID: 7, State: "running", Frames: []crash.Frame{{Func: "shop.Pay", File: "/pay.go", Line: 3}}}},
	}
	e := New(r, by, noon)
	e.Service, e.Process = "shop", proc
	if change != nil {
		change(&e)
	}
	return e
}

// exitOnly is what a supervisor knows that saw no text.
func exitOnly(change func(*Event)) Event {
	e := New(&crash.Report{Kind: crash.KindExit, Class: "exit.os_exit", Crash: -1}, Supervisor, noon.Add(time.Second))
	e.Service, e.Process, e.Exit = "shop", proc, &Exit{Status: 2}
	if change != nil {
		change(&e)
	}
	return e
}

func TestSame(t *testing.T) {
	for _, c := range []struct {
		name string
		a, b Event
		want bool
	}{
		{"guard and monitor", observe(Guard, nil), observe(Monitor, nil), true},
		{"monitor and supervisor", observe(Monitor, nil), observe(Supervisor, nil), true},
		{"10 s apart", observe(Guard, nil), observe(Monitor, func(e *Event) { e.OccurredAt = noon.Add(10 * time.Second) }), true},
		{"more than 10 s apart", observe(Guard, nil), observe(Monitor, func(e *Event) { e.OccurredAt = noon.Add(10*time.Second + 1) }), false},
		{"another boot", observe(Guard, nil), observe(Monitor, func(e *Event) { e.Process.BootID = "other" }), false},
		{"another pid", observe(Guard, nil), observe(Monitor, func(e *Event) { e.Process.PID++ }), false},
		{"another start", observe(Guard, nil), observe(Monitor, func(e *Event) { e.Process.Start++ }), false},
		{"another goroutine", observe(Guard, nil), observe(Monitor, func(e *Event) { e.GoroutineID++ }), false},
		{"another stack", observe(Guard, nil), observe(Monitor, func(e *Event) { e.StackHash = "ffff" }), false},
		{"containers that share the boot id", observe(Guard, nil), observe(Monitor, func(e *Event) { e.Process.Host = "web-2" }), false},
		{"a host that is not known", observe(Guard, nil), observe(Monitor, func(e *Event) { e.Process.Host = "" }), true},
		{"no process", observe(Guard, func(e *Event) { e.Process = Process{} }), observe(Monitor, func(e *Event) { e.Process = Process{} }), false},
		{"one id", observe(Guard, func(e *Event) { e.ID = "a" }), exitOnly(func(e *Event) { e.ID, e.Process = "a", Process{} }), true},
		{"a goroutine that panics twice and lives", observe(Guard, nil), observe(Guard, nil), false},
		{"two observers that nobody named", observe(Guard, func(e *Event) { e.Observers = nil }), observe(Guard, func(e *Event) { e.Observers = nil }), false},
		{"one end of one process, reported twice", observe(Monitor, nil), observe(Monitor, nil), true},
		{"exit and the crash behind it", exitOnly(nil), observe(Monitor, nil), true},
		{"exit and a panic that may have been survived", exitOnly(nil), observe(Guard, nil), false},
		{"exit and a recovered panic on stderr", exitOnly(nil), observe(Supervisor, func(e *Event) { e.Report.Recovered = true }), false},
		{"exit and a race report", exitOnly(nil), observe(Supervisor, func(e *Event) { e.Report.Kind = crash.KindRace }), false},
		{"exit of another process", exitOnly(func(e *Event) { e.Process.PID++ }), observe(Monitor, nil), false},
		{
			"a clock that is wrong in the same way",
			observe(Guard, func(e *Event) { said := noon.AddDate(9, 0, 0); e.ReportedAt, e.OccurredAt = &said, noon }),
			observe(Monitor, func(e *Event) {
				said := noon.AddDate(9, 0, 0)
				e.ReportedAt, e.OccurredAt = &said, noon.Add(time.Hour)
			}), true,
		},
	} {
		if got := Same(&c.a, &c.b); got != c.want {
			t.Errorf("%s: Same is %v, want %v", c.name, got, c.want)
		}
		if got := Same(&c.b, &c.a); got != c.want {
			t.Errorf("%s: Same the other way round is %v, want %v", c.name, got, c.want)
		}
	}
}

func TestMergeTakesEachFactFromWhoKnew(t *testing.T) {
	guard := observe(Guard, func(e *Event) {
		e.Request = &Request{Method: "GET", URL: "/pay", TraceID: "abc"}
		e.PanicValue = "string: boom"
		e.Release = "v2"
	})
	monitor := observe(Monitor, func(e *Event) {
		e.Report.Goroutines = append(e.Report.Goroutines, crash.Goroutine{ID: 8}, crash.Goroutine{ID: 9})
		e.Report.Message, e.Report.HasMessage, e.Message = "", false, nil
		e.Text = "goroutine 7 [running]:"
		e.OccurredAt = noon.Add(20 * time.Millisecond)
	})
	exit := exitOnly(nil)
	m := Merge(Merge(exit, monitor), guard)

	if m.ID != exit.ID {
		t.Errorf("id %s, want that of the first, %s", m.ID, exit.ID)
	}
	if want := []Observer{Guard, Monitor, Supervisor}; !reflect.DeepEqual(m.Observers, want) {
		t.Errorf("observers %v, want %v", m.Observers, want)
	}
	if m.Request == nil || m.Request.TraceID != "abc" {
		t.Errorf("request %+v, want the guard's", m.Request)
	}
	if m.Exit == nil || m.Exit.Status != 2 {
		t.Errorf("exit %+v, want the supervisor's", m.Exit)
	}
	if m.Message == nil || *m.Message != "boom" {
		t.Errorf("message %v, want the guard's", m.Message)
	}
	if m.PanicValue != "string: boom" || m.Release != "v2" || m.Text == "" {
		t.Errorf("panic value %q, release %q, text %q", m.PanicValue, m.Release, m.Text)
	}
	if !m.OccurredAt.Equal(noon) {
		t.Errorf("occurred at %v, want the earliest, %v", m.OccurredAt, noon)
	}
	if m.Class != "panic.custom" {
		t.Errorf("class %s", m.Class)
	}
}

func TestMergeDoesNotChangeItsArguments(t *testing.T) {
	a := observe(Guard, func(e *Event) { e.Report.Recovered = true })
	b := observe(Monitor, nil)
	before := fmt.Sprintf("%+v %+v %+v", a, *a.Report, a.Observers)
	m := Merge(a, b)
	if got := fmt.Sprintf("%+v %+v %+v", a, *a.Report, a.Observers); got != before {
		t.Errorf("first argument became %s\nwas %s", got, before)
	}
	if m.Report.Recovered {
		t.Error("a crash that the monitor saw end the process is called recovered")
	}
}

func TestMergeCountsDroppedOnce(t *testing.T) {
	a := observe(Guard, func(e *Event) { e.Dropped = 3 })
	b := observe(Monitor, func(e *Event) { e.Dropped = 4 })
	if got := Merge(a, b).Dropped; got != 7 {
		t.Errorf("two senders dropped %d, want 7", got)
	}
	if got := Merge(a, a).Dropped; got != 3 {
		t.Errorf("one event twice dropped %d, want 3", got)
	}
}

// facts is what must not depend on the order in which observations arrive.
type facts struct {
	class     crash.Class
	message   string
	observers string
	request   string
	exit      string
	at        time.Time
	recovered bool
	stack     string
}

func factsOf(e *Event) facts {
	f := facts{class: e.Class, observers: fmt.Sprint(e.Observers), at: e.OccurredAt, stack: e.StackHash}
	if e.Message != nil {
		f.message = *e.Message
	}
	if e.Request != nil {
		f.request = fmt.Sprintf("%+v", *e.Request)
	}
	if e.Exit != nil {
		f.exit = fmt.Sprintf("%+v", *e.Exit)
	}
	f.recovered = e.Report.Recovered
	return f
}

// joinAll is what a collector does with a stream of events: it joins each into
// the occurrence it belongs to, and goes on while the last merge showed two
// occurrences to be one.
func joinAll(events []Event) []Event {
	var all []Event
	for _, e := range events {
		at := -1
		for i := range all {
			if Same(&all[i], &e) {
				at = i
				break
			}
		}
		if at < 0 {
			all = append(all, e)
			continue
		}
		all[at] = Merge(all[at], e)
		for i := 0; i < len(all); i++ {
			if i == at || !Same(&all[at], &all[i]) {
				continue
			}
			first, second := min(at, i), max(at, i)
			all[first] = Merge(all[first], all[second])
			all = append(all[:second], all[second+1:]...)
			at, i = first, -1
		}
	}
	return all
}

// observations makes what up to four observers report of one death, each with
// part of the facts, and the events of panics that the process survived before.
func observations(r *rand.Rand) (events []Event, occurrences int) {
	at := func() time.Time { return noon.Add(time.Duration(r.Intn(3000)) * time.Millisecond) }
	end := []Event{observe(Monitor, func(e *Event) { // somebody saw that it was the end
		e.OccurredAt = at()
		e.Report.HasMessage, e.Message = false, nil
		e.Report.Goroutines = append(e.Report.Goroutines, make([]crash.Goroutine, r.Intn(5))...)
	})}
	if r.Intn(2) == 0 {
		end = append(end, observe(Guard, func(e *Event) {
			e.OccurredAt = at()
			e.Request = &Request{Method: "GET", URL: fmt.Sprint("/", r.Intn(3))}
			e.Class = crash.Class([]string{"panic.custom", "panic.nil_map"}[r.Intn(2)])
			e.Report.Class = e.Class
		}))
	}
	if r.Intn(2) == 0 {
		end = append(end, observe(Supervisor, func(e *Event) {
			e.OccurredAt, e.Exit = at(), &Exit{Status: r.Intn(3)}
		}))
	}
	if r.Intn(2) == 0 {
		end = append(end, exitOnly(func(e *Event) { e.OccurredAt, e.Exit.Status = at(), r.Intn(3) }))
	}
	events, occurrences = end, 1
	for g := 0; g < r.Intn(3); g++ { // survived, each in a goroutine of its own
		occurrences++
		for _, by := range []Observer{Guard, Log}[:1+r.Intn(2)] {
			events = append(events, observe(by, func(e *Event) {
				e.GoroutineID, e.Report.Recovered, e.OccurredAt = int64(100+g), true, at()
			}))
		}
	}
	return events, occurrences
}

func TestOrderOfArrivalDoesNotMatter(t *testing.T) {
	for seed := int64(0); seed < 3000; seed++ {
		r := rand.New(rand.NewSource(seed))
		events, occurrences := observations(r)
		want := map[facts]bool{}
		for _, e := range joinAll(events) {
			want[factsOf(&e)] = true
		}
		if len(want) != occurrences {
			t.Fatalf("seed %d: %d events became %d occurrences, want %d", seed, len(events), len(want), occurrences)
		}
		for try := 0; try < 6; try++ {
			r.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
			got := joinAll(events)
			if len(got) != occurrences {
				t.Fatalf("seed %d: in another order %d occurrences, want %d", seed, len(got), occurrences)
			}
			for _, e := range got {
				if f := factsOf(&e); !want[f] {
					t.Fatalf("seed %d: another order gave\n%+v\nwant one of\n%+v", seed, f, want)
				}
			}
		}
	}
}

func TestRepeatedObservationChangesNothing(t *testing.T) {
	for seed := int64(0); seed < 500; seed++ {
		r := rand.New(rand.NewSource(seed))
		events, _ := observations(r)
		once := joinAll(events)
		m := once[0]
		again := Merge(m, m)
		if factsOf(&again) != factsOf(&m) || again.Dropped != m.Dropped {
			t.Fatalf("seed %d: merged with itself\n%+v\nbecame\n%+v", seed, factsOf(&m), factsOf(&again))
		}
	}
}

// A goroutine that panics again and again behind a guard, seen by the guard
// alone, is as many occurrences as there are panics.
func TestLoopOfPanicsIsCounted(t *testing.T) {
	var events []Event
	for i := 0; i < 50; i++ {
		events = append(events, observe(Guard, func(e *Event) {
			e.Report.Recovered = true
			e.OccurredAt = noon.Add(time.Duration(i) * time.Millisecond)
		}))
	}
	if got := len(joinAll(events)); got != 50 {
		t.Errorf("50 panics were counted as %d", got)
	}
}

// TestTheReasonOfAnExitWins merges what the monitor and the supervisor say of one
// end.
func TestTheReasonOfAnExitWins(t *testing.T) {
	for _, c := range [][2]crash.Class{
		{"exit.os_exit", "exit.log_fatal"},
		{"kill.sigkill", "kill.oom"},
		{"exit.unknown", "exit.log_fatal"},
	} {
		ended := func(class crash.Class) Event {
			message := string(class)
			return Event{Class: class, Message: &message, Exit: &Exit{Status: 1}, Report: &crash.Report{Class: class, Kind: crash.KindExit, HasMessage: true, Message: message}}
		}
		for _, m := range []Event{Merge(ended(c[0]), ended(c[1])), Merge(ended(c[1]), ended(c[0]))} {
			if m.Class != c[1] || m.Report.Class != c[1] || *m.Message != string(c[1]) {
				t.Errorf("of %s and %s merge keeps %s", c[0], c[1], m.Class)
			}
		}
	}
}
