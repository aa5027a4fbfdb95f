package server

import (
	"context"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

// permutations calls f with every order of n things.
func permutations(n int, f func([]int)) {
	var rec func(done []int)
	rec = func(done []int) {
		if len(done) == n {
			f(done)
			return
		}
		for i := range n {
			if !slices.Contains(done, i) {
				rec(append(slices.Clip(done), i))
			}
		}
	}
	rec(nil)
}

// death is one crash as four observers see it: the guard that re-panicked, the
// monitor, a supervisor that read the text, and one that knows the status only.
func death() []event.Event {
	at := time.Now()
	return []event.Event{
		observe(event.Guard, 7, func(e *event.Event) {
			e.OccurredAt, e.Request = at, &event.Request{Method: "GET", URL: "/pay"}
		}),
		observe(event.Monitor, 7, func(e *event.Event) {
			e.OccurredAt = at.Add(30 * time.Millisecond)
			e.Report.Goroutines = append(e.Report.Goroutines, crash.Goroutine{ID: 1, State: "select"})
		}),
		observe(event.Supervisor, 7, func(e *event.Event) {
			e.OccurredAt, e.Exit = at.Add(60*time.Millisecond), &event.Exit{Status: 2}
		}),
		exitOnly(func(e *event.Event) { e.OccurredAt = at.Add(90 * time.Millisecond) }),
	}
}

// How a permutation of observations reaches the collector.
var deliveries = map[string]func(*testing.T, *App, []event.Event) *App{
	"one batch": func(t *testing.T, a *App, events []event.Event) *App {
		send(t, a, events...)
		return a
	},
	"one by one": func(t *testing.T, a *App, events []event.Event) *App {
		for _, e := range events {
			send(t, a, e)
		}
		return a
	},
	"across a restart": func(t *testing.T, a *App, events []event.Event) *App {
		send(t, a, events[:2]...)
		a = restart(t, a)
		send(t, a, events[2:]...)
		return a
	},
	"everything twice": func(t *testing.T, a *App, events []event.Event) *App {
		send(t, a, events...)
		for _, e := range slices.Backward(events) {
			if ans := send(t, a, e); ans.Duplicates != 1 {
				t.Errorf("a repeated event of %v was not recognised", e.Observers)
			}
		}
		return a
	},
}

// restart stops a collector and starts another on its data.
func restart(t *testing.T, a *App) *App {
	t.Helper()
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	return start(t, Options{DataDir: a.opts.DataDir})
}

// TestOneDeathIsOneEvent delivers what four observers saw in every order.
func TestOneDeathIsOneEvent(t *testing.T) {
	for name, deliver := range deliveries {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := start(t, Options{})
			n := 0
			permutations(4, func(order []int) {
				n++
				all := death()
				var events []event.Event
				for _, i := range order {
					e := all[i]
					e.Process.PID = n // each time another process
					events = append(events, e)
				}
				a = deliver(t, a, events)
				wantOneCrash(t, a, events, n)
				if t.Failed() {
					t.Fatalf("order %v", order)
				}
			})
			wantConsistent(t, a, int64(n))
			if totals := panicTotals(t, a); totals["panic"] != n {
				t.Errorf("go_panic_total of panics is %d of %d", totals["panic"], n)
			}
		})
	}
}

// wantOneCrash checks the event that observations became, the nth of its issue.
func wantOneCrash(t *testing.T, a *App, events []event.Event, n int) {
	t.Helper()
	list := issues(t, a, "")
	if len(list) != 1 || list[0].Class != "panic.custom" || list[0].Count != int64(n) {
		t.Fatalf("issues %+v, want one panic.custom with %d events", list, n)
	}
	for _, e := range events { // whichever id somebody remembers
		got := get[eventJSON](t, a, "/api/v1/events/"+e.ID)
		if got.IssueID != list[0].ID || got.Exit == nil || got.Exit.Status != 2 || got.Request == nil || got.Class != "panic.custom" ||
			!slices.Equal(got.Observers, []event.Observer{event.Guard, event.Monitor, event.Supervisor}) || len(got.Report.Goroutines) != 2 {
			t.Fatalf("event %s: %+v %+v", e.ID, got.Event, got.Report)
		}
	}
}

// The monitor's text of a fatal error has no headline. Whoever comes first, the
// issue is called by what the supervisor read.
func TestIssueIsNamedByItsHeadline(t *testing.T) {
	headless := observe(event.Monitor, 7, func(e *event.Event) {
		e.Report.Kind, e.Report.Message, e.Report.HasMessage, e.Message = crash.KindFatal, "", false, nil
	})
	whole := observe(event.Supervisor, 7, func(e *event.Event) {
		message := "concurrent map writes"
		e.Report.Kind, e.Report.Message, e.Message, e.Exit = crash.KindFatal, message, &message, &event.Exit{Status: 2}
	})
	other := whole
	other.ID, other.Process.PID = event.NewID(), 43
	for name, batches := range map[string][][]event.Event{
		"monitor first":      {{headless}, {whole}},
		"supervisor first":   {{whole}, {headless}},
		"in one batch":       {{headless, whole}},
		"of another process": {{headless}, {other}},
	} {
		a := start(t, Options{})
		for _, b := range batches {
			send(t, a, b...)
		}
		list := issues(t, a, "")
		if len(list) != 1 || list[0].Class != "fatal.concurrent_map_writes" || !strings.HasPrefix(list[0].Title, crash.Explain("fatal.concurrent_map_writes").Title) {
			t.Errorf("%s: %+v", name, list)
		}
	}
}

// An exit that turns out to be a panic leaves its issue, and nothing of it
// stays behind.
func TestEventMovesToItsRealIssue(t *testing.T) {
	a := start(t, Options{})
	real := exitOnly(func(e *event.Event) { e.Process.PID = 1; e.OccurredAt = time.Now().Add(-time.Hour) })
	poor := exitOnly(func(e *event.Event) { e.Process.PID = 2; e.Release = "v2" })
	send(t, a, real, poor)
	if list := issues(t, a, ""); len(list) != 1 || list[0].Count != 2 || list[0].LastRelease != "v2" {
		t.Fatalf("%+v", list)
	}
	if ans := send(t, a, observe(event.Monitor, 7, func(e *event.Event) { e.Process.PID = 2; e.Release = "v2" })); ans.Duplicates != 1 {
		t.Fatalf("%+v", ans)
	}
	exit := issues(t, a, "?class=exit.os_exit")
	if len(exit) != 1 || exit[0].Count != 1 || exit[0].LastRelease != "v1" || !exit[0].LastSeen.Equal(real.OccurredAt.Truncate(time.Microsecond)) {
		t.Errorf("what is left of the exit issue: %+v", exit)
	}
	if moved := issues(t, a, "?class=panic.custom"); len(moved) != 1 || moved[0].Count != 1 || moved[0].FirstRelease != "v2" {
		t.Errorf("the panic: %+v", moved)
	}
	wantConsistent(t, a, 2)

	// A Prometheus counter cannot go down: the exit stays in the series until
	// the next one, which is the one that it stood for.
	if totals := panicTotals(t, a); totals["exit"] != 2 || totals["panic"] != 1 {
		t.Errorf("after the move: %v", totals)
	}
	send(t, a, exitOnly(func(e *event.Event) { e.Process.PID = 3 }))
	if totals := panicTotals(t, a); totals["exit"] != 2 || totals["panic"] != 1 {
		t.Errorf("after the next exit: %v", totals)
	}
	wantConsistent(t, a, 3)
}

// A resolved issue that only a wrongly counted event had brought back is
// resolved again.
func TestMoveUndoesARegression(t *testing.T) {
	a := start(t, Options{})
	send(t, a, exitOnly(func(e *event.Event) { e.Process.PID = 1; e.OccurredAt = time.Now().Add(-time.Hour) }))
	if err := a.SetStatus(t.Context(), issues(t, a, "")[0].ID, "resolved"); err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Second)
	send(t, a, exitOnly(func(e *event.Event) { e.Process.PID = 2; e.OccurredAt = later }))
	if list := issues(t, a, "?status=regressed"); len(list) != 1 {
		t.Fatalf("not regressed: %+v", issues(t, a, ""))
	}
	send(t, a, observe(event.Monitor, 7, func(e *event.Event) { e.Process.PID = 2; e.OccurredAt = later }))
	if list := issues(t, a, "?class=exit.os_exit"); len(list) != 1 || list[0].Status != "resolved" {
		t.Errorf("%+v", list)
	}
}

func TestSameIDIsOneEvent(t *testing.T) {
	a := start(t, Options{})
	e := observe(event.Guard, 7, func(e *event.Event) { e.Dropped = 5 })
	if ans := send(t, a, e, e); ans.Accepted != 1 || ans.Duplicates != 1 {
		t.Errorf("in one batch: %+v", ans)
	}
	if ans := send(t, a, e); ans.Duplicates != 1 {
		t.Errorf("in another batch: %+v", ans)
	}
	a = restart(t, a)
	if ans := send(t, a, e); ans.Duplicates != 1 {
		t.Errorf("after a restart: %+v", ans)
	}
	if s := get[struct{ Services []serviceJSON }](t, a, "/api/v1/services").Services; s[0].Dropped != 5 {
		t.Errorf("dropped %d, want 5: it was told once", s[0].Dropped)
	}
	wantConsistent(t, a, 1)
}

// Counts stay exact when the whole events are long gone, also for observations
// that arrive only then.
func TestEvictionKeepsCounts(t *testing.T) {
	a := start(t, Options{})
	const n = 3*store.SamplesPerIssue + 7
	var events []event.Event
	for i := range n {
		events = append(events, exitOnly(func(e *event.Event) { e.Process.PID = i + 1 }))
	}
	send(t, a, events[:5]...)
	send(t, a, events[5:]...)
	d := get[detailJSON](t, a, fmt.Sprint("/api/v1/issues/", issues(t, a, "")[0].ID))
	if d.Count != n || len(d.Samples) != store.SamplesPerIssue+1 {
		t.Fatalf("%d events, %d samples", d.Count, len(d.Samples))
	}
	kept := map[string]bool{}
	for _, s := range d.Samples {
		kept[s.EventID] = true
	}
	if !kept[events[0].ID] || kept[events[1].ID] || !kept[events[n-1].ID] || !kept[events[n-store.SamplesPerIssue].ID] {
		t.Error("the first and the newest have to be kept, and no others")
	}
	if status, _, _ := call(t, "GET", a.URL()+"/api/v1/events/"+events[1].ID, ""); status != 404 {
		t.Errorf("an evicted event: %d", status)
	}
	// The second event was evicted; now the monitor's report of it arrives.
	monitor := observe(event.Monitor, 7, func(e *event.Event) { e.Process.PID = 2; e.OccurredAt = events[1].OccurredAt })
	if ans := send(t, a, monitor, events[2]); ans.Duplicates != 2 {
		t.Errorf("%+v", ans)
	}
	if list := issues(t, a, "?class=exit.os_exit"); list[0].Count != n-1 {
		t.Errorf("exits: %d, want %d", list[0].Count, n-1)
	}
	if list := issues(t, a, "?class=panic.custom"); len(list) != 1 || list[0].Count != 1 {
		t.Errorf("panics: %+v", list)
	}
	wantConsistent(t, a, n)
}

// A goroutine that panics again and again behind a guard is counted each time.
func TestPanicsInALoopAreCounted(t *testing.T) {
	a := start(t, Options{})
	var events []event.Event
	for i := range 700 {
		events = append(events, observe(event.Guard, 7, func(e *event.Event) {
			e.Report.Recovered = true
			e.OccurredAt = e.OccurredAt.Add(time.Duration(i) * time.Millisecond)
		}))
	}
	send(t, a, events[:100]...)
	send(t, a, events[100:]...)
	wantConsistent(t, a, 700)
}

// TestHistories runs random streams of observations, in random batches, with
// restarts between them, and compares with what really happened.
func TestHistories(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewSource(rapid.Int64().Draw(rt, "seed")))
		dir := t.TempDir()
		var events []event.Event
		crashes := rapid.IntRange(1, 12).Draw(rt, "crashes")
		for n := range crashes {
			seen := death()
			// The monitor is what ties a guard's panic to an exit status.
			keep := []event.Event{seen[1]}
			for _, i := range []int{0, 2, 3} {
				if r.Intn(2) == 0 {
					keep = append(keep, seen[i])
				}
			}
			for _, e := range keep {
				e.Process.PID = 1 + n/2 // two crash in a row under one pid, then another start
				e.Process.Start = uint64(n)
				events = append(events, e)
				if r.Intn(4) == 0 {
					events = append(events, e)
				}
			}
		}
		r.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		for len(events) > 0 {
			a, err := New(Options{DataDir: dir, Listen: "127.0.0.1:0"})
			if err != nil {
				rt.Fatal(err)
			}
			a.Start()
			for batches := 1 + r.Intn(4); batches > 0 && len(events) > 0; batches-- {
				n := 1 + r.Intn(len(events))
				send(t, a, events[:n]...)
				events = events[n:]
			}
			if len(events) == 0 {
				wantConsistent(t, a, int64(crashes))
				list, err := a.db.Issues(context.Background(), store.IssueFilter{})
				if err != nil || len(list) != 1 || list[0].Class != "panic.custom" {
					rt.Errorf("%v, issues %+v", err, list)
				}
			}
			if err := a.Stop(); err != nil {
				rt.Fatal(err)
			}
		}
		if t.Failed() {
			rt.FailNow()
		}
	})
}
