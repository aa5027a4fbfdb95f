package demo

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"
)

// A shot is one thing that was made to go wrong, with what the demo knows of it
// on its own: the trace id it sent, the process it hit, and when that process
// died.
type shot struct {
	step    *step
	release string
	trace   string // sent with the request; "" when there was none
	pid     int    // of the process it was aimed at
	exit    string // how the process ended; "" while it lives
	died    time.Time
	broken  string // why the shot itself went wrong; then nothing else counts
}

// A sighting is one event, as the collector's API returns it.
type sighting struct {
	eventID   string
	issue     int64
	named     crash.Class // the class its issue is listed under
	class     crash.Class
	service   string
	release   string
	pid       int
	trace     string
	observers []event.Observer
	occurred  time.Time
	visible   time.Time // when the API first returned it
}

// is reports whether a sighting is of a shot. The trace id decides where the
// event has one; a death without a request is told by its process.
func (s *sighting) is(of *shot) bool {
	if s.pid != of.pid || s.release != of.release {
		return false
	}
	if s.trace != "" {
		return s.trace == of.trace
	}
	return of.step.dies
}

// delay is the time from death to visible. The clock starts as early as can be
// known: when the guard recovered (the event's own time) or, for a process that
// died, when the supervisor saw its traceback begin, and where it left none,
// when it was reaped. It stops when the API first returned the event.
func (s *sighting) delay(of *shot) time.Duration {
	died := s.occurred
	if of.step.dies {
		died = of.died
	}
	return max(s.visible.Sub(died), 0)
}

// A verdict is what became of one shot.
type verdict struct {
	shot  *shot
	found []*sighting
	wrong []string // why it is not as declared; empty when it is
}

func (v *verdict) ok() bool { return len(v.wrong) == 0 }

// judge compares one shot with everything that was seen.
func judge(sh *shot, seen []*sighting) verdict {
	v := verdict{shot: sh}
	complain := func(format string, args ...any) { v.wrong = append(v.wrong, fmt.Sprintf(format, args...)) }
	if sh.broken != "" {
		complain("not triggered: %s", sh.broken)
		return v
	}
	for _, s := range seen {
		if s.is(sh) {
			v.found = append(v.found, s)
		}
	}
	st := sh.step
	if st.dies && sh.exit != st.exit {
		complain("the process ended with %q, want %q", sh.exit, st.exit)
	}
	switch {
	case !st.reported():
		if len(v.found) > 0 {
			complain("%d events for what must not be reported", len(v.found))
		}
		return v
	case len(v.found) == 0:
		complain("no event arrived")
		return v
	case len(v.found) > 1:
		complain("%d events for one crash", len(v.found))
	}
	for _, s := range v.found {
		if s.class != st.class {
			complain("class %s, want %s", clean(string(s.class)), st.class)
		}
		if s.named != st.class {
			complain("its issue is listed as %s, want %s", clean(string(s.named)), st.class)
		}
		if st.traced && s.trace == "" {
			complain("the event does not name the request")
		}
		if !sameObservers(s.observers, st.seenBy) {
			complain("seen by %s, want %s", observerNames(s.observers), observerNames(st.seenBy))
		}
	}
	return v
}

func sameObservers(a, b []event.Observer) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// A summary is the verdict on a whole run.
type summary struct {
	crashes    int // shots that had to be reported
	delivered  int // of these, those with at least one event
	duplicates int // events beyond the first of a shot
	asDeclared int // shots of either sort without a complaint
	quiet      []verdict
	grouped    []string      // the bugs that were met several times
	classes    []crash.Class // as seen, sorted, distinct
	events     int
	issues     int
	median     time.Duration
	longest    time.Duration
	slowest    string // the title of the longest
	failures   []string
}

// audit judges a whole run: every shot for itself, and then what only shows
// over all of them. counted is the number of events by the collector's own
// counters.
func audit(shots []*shot, seen []*sighting, counted int64) summary {
	sum := summary{events: len(seen)}
	claimed := make(map[*sighting]bool)
	issueOf := make(map[string]map[int64]bool) // bug -> issues
	var delays []time.Duration
	for _, sh := range shots {
		v := judge(sh, seen)
		for _, why := range v.wrong {
			sum.failures = append(sum.failures, fmt.Sprintf("%s: %s", sh.step.title, why))
		}
		if v.ok() {
			sum.asDeclared++
		}
		for _, s := range v.found {
			claimed[s] = true
		}
		if !sh.step.reported() {
			sum.quiet = append(sum.quiet, v)
			continue
		}
		sum.crashes++
		if len(v.found) == 0 {
			continue
		}
		sum.delivered++
		sum.duplicates += len(v.found) - 1
		first := v.found[0]
		if d := first.delay(sh); len(delays) == 0 || d > slices.Max(delays) {
			sum.longest, sum.slowest = d, sh.step.title
		}
		delays = append(delays, first.delay(sh))
		if issueOf[sh.step.bug] == nil {
			issueOf[sh.step.bug] = make(map[int64]bool)
		}
		issueOf[sh.step.bug][first.issue] = true
	}
	sum.grouped = grouped(shots, seen)
	sum.median = median(delays)
	sum.issues = countIssues(seen)
	sum.classes = distinctClasses(seen)
	sum.failures = append(sum.failures, groupingFailures(issueOf)...)
	for _, s := range seen {
		if !claimed[s] {
			sum.failures = append(sum.failures, fmt.Sprintf("event %s of class %s belongs to nothing that was triggered", clean(s.eventID), clean(string(s.class))))
		}
	}
	if counted != int64(len(seen)) {
		sum.failures = append(sum.failures, fmt.Sprintf("the collector counted %d events and returned %d", counted, len(seen)))
	}
	return sum
}

// groupingFailures checks that all events of one bug are one issue, and that no
// two bugs share one.
func groupingFailures(issueOf map[string]map[int64]bool) []string {
	var wrong []string
	bugOf := make(map[int64]string)
	for _, bug := range sortedKeys(issueOf) {
		if n := len(issueOf[bug]); n > 1 {
			wrong = append(wrong, fmt.Sprintf("%s: the events of one bug are %d issues", bug, n))
		}
		for _, id := range sortedKeys(issueOf[bug]) {
			if other, taken := bugOf[id]; taken {
				wrong = append(wrong, fmt.Sprintf("%s and %s: two bugs are one issue", other, bug))
			}
			bugOf[id] = bug
		}
	}
	return wrong
}

// grouped says for each bug that was met several times how many issues its
// events are, and in which releases.
func grouped(shots []*shot, seen []*sighting) []string {
	type group struct {
		title    string
		times    int
		events   int
		issues   map[int64]bool
		releases map[string]bool
	}
	groups := make(map[string]*group)
	var order []*group
	for _, sh := range shots {
		g := groups[sh.step.bug]
		if g == nil {
			g = &group{title: sh.step.title, issues: make(map[int64]bool), releases: make(map[string]bool)}
			groups[sh.step.bug] = g
			order = append(order, g)
		}
		g.times++
		for _, s := range seen {
			if s.is(sh) {
				g.events++
				g.issues[s.issue] = true
				g.releases[s.release] = true
			}
		}
	}
	var out []string
	for _, g := range order {
		if g.times > 1 && g.events > 0 {
			out = append(out, fmt.Sprintf("%s: %s are %s, in %s", g.title, plural(g.events, "event"),
				plural(len(g.issues), "issue"), clean(strings.Join(sortedKeys(g.releases), " and "))))
		}
	}
	return out
}

func countIssues(seen []*sighting) int {
	ids := make(map[int64]bool)
	for _, s := range seen {
		ids[s.issue] = true
	}
	return len(ids)
}

func distinctClasses(seen []*sighting) []crash.Class {
	set := make(map[crash.Class]bool)
	for _, s := range seen {
		set[s.class] = true
	}
	return sortedKeys(set)
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// median is the middle value, the mean of both middle ones for an even number.
func median(d []time.Duration) time.Duration {
	if len(d) == 0 {
		return 0
	}
	d = slices.Clone(d)
	slices.Sort(d)
	m := len(d) / 2
	if len(d)%2 == 1 {
		return d[m]
	}
	return (d[m-1] + d[m]) / 2
}
