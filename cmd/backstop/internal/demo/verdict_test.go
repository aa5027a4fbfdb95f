package demo

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"
)

var t0 = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// A world is a run in which everything went as declared: a guarded panic that
// two users met, a death, a kill, and two things that must not be reported.
type world struct {
	shots   []*shot
	seen    []*sighting
	counted int64
}

func goodRun() *world {
	panics := &step{bug: "cart", title: "cart", class: "panic.nil_map", seenBy: guard, traced: true, users: 2}
	death := &step{bug: "stats", title: "stats", call: call{method: "POST", path: "/stats?shards=8"}, class: "fatal.concurrent_map_writes", seenBy: both, traced: true, dies: true, exit: "exit 2"}
	kill := &step{bug: "kill", title: "kill", how: byKill, class: "kill.sigkill", seenBy: supervisor, dies: true, exit: "SIGKILL"}
	aborted := &step{bug: "aborted", title: "aborted", how: byLeaving, call: call{method: "GET", path: "/export"}, quiet: "no bug"}
	swallowed := &step{bug: "swallowed", title: "swallowed", call: call{method: "GET", path: "/"}, quiet: "not seen"}
	at := func(ms int) time.Time { return t0.Add(time.Duration(ms) * time.Millisecond) }
	return &world{
		shots: []*shot{
			{step: panics, release: "r1", trace: "aa", pid: 1},
			{step: panics, release: "r1", trace: "bb", pid: 1},
			{step: aborted, release: "r1", trace: "cc", pid: 1},
			{step: swallowed, release: "r1", trace: "dd", pid: 1},
			{step: death, release: "r1", trace: "ee", pid: 1, exit: "exit 2", died: at(300)},
			{step: kill, release: "r1", pid: 2, exit: "SIGKILL", died: at(400)},
		},
		seen: []*sighting{
			{eventID: "e1", issue: 1, class: "panic.nil_map", named: "panic.nil_map", release: "r1", pid: 1, trace: "aa", observers: guard, occurred: at(0), visible: at(10)},
			{eventID: "e2", issue: 1, class: "panic.nil_map", named: "panic.nil_map", release: "r1", pid: 1, trace: "bb", observers: guard, occurred: at(100), visible: at(120)},
			{eventID: "e3", issue: 2, class: "fatal.concurrent_map_writes", named: "fatal.concurrent_map_writes", release: "r1", pid: 1, trace: "ee", observers: []event.Observer{event.Supervisor, event.Monitor}, occurred: at(290), visible: at(340)},
			{eventID: "e4", issue: 3, class: "kill.sigkill", named: "kill.sigkill", release: "r1", pid: 2, observers: supervisor, occurred: at(400), visible: at(430)},
		},
		counted: 4,
	}
}

func (w *world) audit() summary { return audit(w.shots, w.seen, w.counted) }

func TestAuditOfAGoodRun(t *testing.T) {
	s := goodRun().audit()
	if len(s.failures) != 0 {
		t.Fatalf("failures: %q", s.failures)
	}
	if s.crashes != 4 || s.delivered != 4 || s.duplicates != 0 || s.events != 4 || s.issues != 3 || len(s.quiet) != 2 || s.asDeclared != 6 {
		t.Errorf("summary: %+v", s)
	}
	if want := []crash.Class{"fatal.concurrent_map_writes", "kill.sigkill", "panic.nil_map"}; !slices.Equal(s.classes, want) {
		t.Errorf("classes %v, want %v", s.classes, want)
	}
	// 10, 20, 30 and 40 ms; the death counts from the supervisor's time.
	if s.median != 25*time.Millisecond || s.longest != 40*time.Millisecond || s.slowest != "stats" {
		t.Errorf("median %v, longest %v (%s)", s.median, s.longest, s.slowest)
	}
}

func TestAuditFindsWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(w *world)
		want  string
	}{
		{"missing", func(w *world) { w.seen = w.seen[1:]; w.counted-- }, "cart: no event arrived"},
		{"duplicate", func(w *world) {
			again := *w.seen[3]
			again.eventID = "e5"
			w.seen = append(w.seen, &again)
			w.counted++
		}, "kill: 2 events for one crash"},
		{"wrong class", func(w *world) { w.seen[0].class = "panic.index" }, "cart: class panic.index, want panic.nil_map"},
		{"issue of another class", func(w *world) { w.seen[2].named = "fatal.concurrent_map" }, "stats: its issue is listed as fatal.concurrent_map, want fatal.concurrent_map_writes"},
		{"observer missing", func(w *world) { w.seen[2].observers = supervisor }, "stats: seen by supervisor, want monitor+supervisor"},
		{"observer too many", func(w *world) { w.seen[0].observers = append(slices.Clone(guard), event.Supervisor) }, "cart: seen by guard+supervisor, want guard"},
		{"another request", func(w *world) { w.seen[0].trace = "ff" }, "cart: no event arrived"},
		{"another request is nobody's", func(w *world) { w.seen[0].trace = "ff" }, "event e1 of class panic.nil_map belongs to nothing"},
		{"another process", func(w *world) { w.seen[3].pid = 9 }, "kill: no event arrived"},
		{"another release", func(w *world) { w.seen[3].release = "r2" }, "kill: no event arrived"},
		{"request unknown", func(w *world) { w.seen[2].trace = "" }, "stats: the event does not name the request"},
		{"guarded panic without a request", func(w *world) { w.seen[0].trace = "" }, "cart: no event arrived"},
		{"aborted handler reported", func(w *world) {
			w.seen = append(w.seen, &sighting{eventID: "e5", issue: 9, class: "panic.custom", release: "r1", pid: 1, trace: "cc", observers: guard})
			w.counted++
		}, "aborted: 1 events for what must not be reported"},
		{"something else reported", func(w *world) {
			w.seen = append(w.seen, &sighting{eventID: "e5", issue: 9, class: "panic.custom", release: "r1", pid: 1, trace: "99"})
			w.counted++
		}, "event e5 of class panic.custom belongs to nothing that was triggered"},
		{"died another way", func(w *world) { w.shots[4].exit = "exit 1" }, `stats: the process ended with "exit 1", want "exit 2"`},
		{"not triggered", func(w *world) { w.shots[0].broken = "answered 200, want 500" }, "cart: not triggered: answered 200"},
		{"one bug, two issues", func(w *world) { w.seen[1].issue = 7 }, "cart: the events of one bug are 2 issues"},
		{"two bugs, one issue", func(w *world) { w.seen[3].issue = 2 }, "kill and stats: two bugs are one issue"},
		{"miscounted", func(w *world) { w.counted = 5 }, "the collector counted 5 events and returned 4"},
	} {
		w := goodRun()
		c.spoil(w)
		s := w.audit()
		if !slices.ContainsFunc(s.failures, func(f string) bool { return strings.Contains(f, c.want) }) {
			t.Errorf("%s: failures %q, want one with %q", c.name, s.failures, c.want)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		in   []time.Duration
		want time.Duration
	}{
		{nil, 0},
		{[]time.Duration{3}, 3},
		{[]time.Duration{9, 1}, 5},
		{[]time.Duration{9, 1, 2}, 2},
	} {
		if got := median(c.in); got != c.want {
			t.Errorf("median(%v) = %v, want %v", c.in, got, c.want)
		}
	}
}

// TestPlan checks the declarations themselves: enough classes, every death with
// its exit, and nothing expected of what must stay quiet.
func TestPlan(t *testing.T) {
	classes := make(map[crash.Class]bool)
	releases := make(map[string][]string) // bug -> releases
	repeated, quiet := false, 0
	for _, ph := range plan() {
		for _, st := range ph.steps {
			if st.bug == "" || st.title == "" || len(st.title) > 36 {
				t.Errorf("%q: no name, or one longer than its column", st.title)
			}
			if st.reported() == (st.quiet != "") {
				t.Errorf("%s: either a class or a reason for none", st.bug)
			}
			if st.reported() == (len(st.seenBy) == 0) {
				t.Errorf("%s: reported by nobody, or not reported by somebody", st.bug)
			}
			if st.dies != (st.exit != "") {
				t.Errorf("%s: a death has an exit, and nothing else has", st.bug)
			}
			if st.times() > len(users) {
				t.Errorf("%s: more users than there are names", st.bug)
			}
			if st.reported() {
				classes[st.class] = true
			} else {
				quiet++
			}
			repeated = repeated || st.times() > 1
			releases[st.bug] = append(releases[st.bug], ph.release)
		}
	}
	if len(classes) < 12 {
		t.Errorf("%d classes, want at least 12", len(classes))
	}
	if !repeated || len(releases["coupon"]) != 2 || quiet != 2 {
		t.Errorf("the plan shows no grouping: repeated %v, coupon in %v, quiet %d", repeated, releases["coupon"], quiet)
	}
	for bug, in := range releases {
		if bug != "coupon" && len(in) != 1 {
			t.Errorf("two steps are called %s", bug)
		}
	}
}
