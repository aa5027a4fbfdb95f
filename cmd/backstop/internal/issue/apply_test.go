package issue

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func panicAt(at time.Time, release string) *event.Event {
	message := "assignment to entry in nil map"
	return &event.Event{
		Service: "shop", Release: release, OccurredAt: at, Class: "panic.nil_map", Message: &message,
		Report: &crash.Report{
			Kind: crash.KindPanic, Class: "panic.nil_map", Message: message, HasMessage: true,
			Fingerprints: crash.Fingerprints{Tolerant: "f", Version: 3},
			Goroutines: []crash.Goroutine{{ID: 1, Frames: []crash.Frame{
				{Func: "runtime.mapassign_faststr"}, {Func: "example.com/shop/cart.(*Cart).Add"},
			}}},
		},
	}
}

func TestFirstEventMakesTheIssue(t *testing.T) {
	s, c := Apply(State{}, panicAt(noon, "v1"))
	if s.Status != New || s.Count != 1 || !s.FirstSeen.Equal(noon) || !s.LastSeen.Equal(noon) || s.FirstRelease != "v1" || s.LastRelease != "v1" {
		t.Errorf("%+v", s)
	}
	if s.Key != (Key{"shop", "f"}) || s.Algorithm != 3 || s.Class != "panic.nil_map" {
		t.Errorf("%+v", s)
	}
	if s.Culprit != "example.com/shop/cart.(*Cart).Add" {
		t.Errorf("culprit %q", s.Culprit)
	}
	if want := crash.Explain("panic.nil_map").Title + " in cart.(*Cart).Add"; s.Title != want {
		t.Errorf("title %q, want %q", s.Title, want)
	}
	if c.Before != "" || c.State.Count != 1 {
		t.Errorf("change %+v", c)
	}
}

// TestAmendSaysItBetter follows a fatal error whose headline comes with the
// second observer.
func TestAmendSaysItBetter(t *testing.T) {
	first := panicAt(noon, "v1")
	first.Class, first.Message = "fatal.concurrent_map", nil
	s, _ := Apply(State{}, first)
	better := panicAt(noon.Add(-time.Second), "v1")
	message := "concurrent map writes"
	better.Class, better.Message = "fatal.concurrent_map_writes", &message
	s = Amend(s, better)
	if s.Class != "fatal.concurrent_map_writes" || !strings.Contains(s.Title, crash.Explain(s.Class).Title) || s.Count != 1 || !s.FirstSeen.Equal(better.OccurredAt) {
		t.Errorf("%+v", s)
	}
	// Of many events of one class, the first keeps the name.
	title := s.Title
	s, _ = Apply(s, better)
	other := "concurrent map writes, said otherwise"
	better.Message = &other
	if s = Amend(s, better); s.Title != title || s.Count != 2 {
		t.Errorf("%+v", s)
	}
}

func TestTitles(t *testing.T) {
	frames := []crash.Frame{{Func: "example.com/shop/cart.(*Cart[go.shape.string]).Add"}}
	for _, c := range []struct {
		class   crash.Class
		kind    crash.Kind
		message string
		frames  []crash.Frame
		want    string
	}{
		{"panic.custom", crash.KindPanic, "card declined\nsecond line", frames, "card declined"},
		{"panic.index", crash.KindPanic, "runtime error: index out of range [5] with length 3", frames, "index out of range in cart.(*Cart).Add"},
		{"panic.index", crash.KindPanic, "runtime error: index out of range [5] with length 3", nil, "index out of range"},
		{"exit.log_fatal", crash.KindExit, "2026/11/20 20:21:14.123456 search: connection refused", nil, "log.Fatal: search: connection refused"},
		{"kill.sigkill", crash.KindKill, "killed by SIGKILL", nil, crash.Explain("kill.sigkill").Title},
	} {
		r := &crash.Report{Kind: c.kind, Class: c.class, Message: c.message, HasMessage: true, Goroutines: []crash.Goroutine{{ID: 1, Frames: c.frames}}}
		if got := title(&event.Event{Class: c.class, Message: &c.message, Report: r}); got != c.want {
			t.Errorf("%s %q: title %q, want %q", c.class, c.message, got, c.want)
		}
	}
}

func TestTitleIsOneShortLine(t *testing.T) {
	for _, message := range []string{strings.Repeat("é", 500), "first\nsecond", "", " \n "} {
		e := panicAt(noon, "v1")
		e.Message = &message
		s, _ := Apply(State{}, e)
		if s.Title == "" || len(s.Title) > maxTitle || strings.Contains(s.Title, "\n") || strings.HasSuffix(s.Title, ": ") {
			t.Errorf("message %.20q: title %q", message, s.Title)
		}
	}
}

func TestStatus(t *testing.T) {
	resolved := noon.Add(time.Hour)
	for _, c := range []struct {
		name   string
		before func(State) State
		at     time.Time
		rel    string
		want   Status
	}{
		{"again on the first day", nil, noon.Add(NewFor - 1), "v1", New},
		{"again on the second day", nil, noon.Add(NewFor), "v1", Ongoing},
		{"in another release", nil, noon.Add(time.Minute), "v2", Ongoing},
		{"late, from before the first", nil, noon.Add(-time.Minute), "v1", New},
		{"after it was resolved", func(s State) State { return Set(s, Resolved, resolved) }, resolved.Add(1), "v1", Regressed},
		{"late, from before it was resolved", func(s State) State { return Set(s, Resolved, resolved) }, resolved, "v1", Resolved},
		{"reopened by hand", func(s State) State { return Set(Set(s, Resolved, resolved), Ongoing, resolved) }, resolved.Add(1), "v1", Ongoing},
	} {
		s, _ := Apply(State{}, panicAt(noon, "v1"))
		if c.before != nil {
			s = c.before(s)
		}
		if got, _ := Apply(s, panicAt(c.at, c.rel)); got.Status != c.want {
			t.Errorf("%s: %s, want %s", c.name, got.Status, c.want)
		}
	}
}

func TestNewWearsOff(t *testing.T) {
	s, _ := Apply(State{}, panicAt(noon, "v1"))
	if s.At(noon.Add(NewFor-1)) != New || s.At(noon.Add(NewFor)) != Ongoing {
		t.Error("an issue is new for NewFor and no longer")
	}
}

// TestModel runs random histories against a list of events, from which every
// fact about an issue can be told afresh.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s State
		var events []*event.Event
		var resolvedAt time.Time // zero unless it is resolved or regressed
		clock := noon
		t.Repeat(map[string]func(*rapid.T){
			"event": func(t *rapid.T) {
				late := rapid.SampledFrom([]time.Duration{0, 0, time.Second, time.Hour, 40 * time.Hour}).Draw(t, "late")
				e := panicAt(clock.Add(-late), rapid.SampledFrom([]string{"v1", "v2"}).Draw(t, "release"))
				before := s
				var c Change
				s, c = Apply(s, e)
				events = append(events, e)
				if c.Before != before.Status || c.State != s {
					t.Fatalf("change %+v, of %+v to %+v", c, before, s)
				}
				if before.Status == Resolved && s.Status == Regressed != e.OccurredAt.After(resolvedAt) {
					t.Fatalf("resolved at %v, event of %v: %s", resolvedAt, e.OccurredAt, s.Status)
				}
			},
			"resolve": func(t *rapid.T) {
				if s.Count > 0 {
					s, resolvedAt = Set(s, Resolved, clock), clock
				}
			},
			"reopen": func(t *rapid.T) {
				if s.Count > 0 {
					s, resolvedAt = Set(s, Ongoing, clock), time.Time{}
				}
			},
			"withdraw": func(t *rapid.T) {
				if len(events) == 0 {
					return
				}
				i := rapid.IntRange(0, len(events)-1).Draw(t, "which")
				events = slices.Delete(events, i, i+1)
				s = Withdraw(s, restOf(events))
				if len(events) == 0 {
					if s.Count != 0 || s.Status != "" {
						t.Fatalf("an issue without events: %+v", s)
					}
					resolvedAt = time.Time{}
				}
			},
			"wait": func(t *rapid.T) {
				clock = clock.Add(rapid.SampledFrom([]time.Duration{time.Millisecond, time.Minute, 13 * time.Hour}).Draw(t, "time"))
			},
			"": func(t *rapid.T) { checkModel(t, s, events, resolvedAt) },
		})
	})
}

func restOf(events []*event.Event) (r Rest) {
	for _, e := range events {
		if r.FirstSeen.IsZero() || e.OccurredAt.Before(r.FirstSeen) {
			r.FirstSeen, r.FirstRelease = e.OccurredAt, e.Release
		}
		if !e.OccurredAt.Before(r.LastSeen) {
			r.LastSeen, r.LastRelease = e.OccurredAt, e.Release
		}
	}
	return r
}

func checkModel(t *rapid.T, s State, events []*event.Event, resolvedAt time.Time) {
	if int(s.Count) != len(events) {
		t.Fatalf("count %d of %d events", s.Count, len(events))
	}
	if len(events) == 0 {
		return
	}
	rest := restOf(events)
	if !s.FirstSeen.Equal(rest.FirstSeen) || !s.LastSeen.Equal(rest.LastSeen) || s.LastRelease != rest.LastRelease {
		t.Fatalf("%+v of events %+v", s, rest)
	}
	if !s.ResolvedAt.Equal(resolvedAt) {
		t.Fatalf("resolved at %v, want %v", s.ResolvedAt, resolvedAt)
	}
	after := 0
	for _, e := range events {
		if e.OccurredAt.After(resolvedAt) {
			after++
		}
	}
	switch s.Status {
	case New, Ongoing:
		if !resolvedAt.IsZero() {
			t.Fatalf("%s although it was resolved", s.Status)
		}
	case Resolved, Regressed:
		if resolvedAt.IsZero() {
			t.Fatalf("%s although nobody resolved it", s.Status)
		}
		if s.Status == Regressed && after == 0 {
			t.Fatal("regressed without an event after it was resolved")
		}
	default:
		t.Fatalf("status %q", s.Status)
	}
}
