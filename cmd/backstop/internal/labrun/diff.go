package labrun

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/backstop-go/backstop/lab/scenario"
)

// A Change is one difference between two rows of one scenario.
type Change struct {
	Scenario string `json:"scenario"`
	Kind     string `json:"kind"`  // one of the headings of a Diff
	Field    string `json:"field"` // of the Row
	Before   string `json:"before"`
	After    string `json:"after"`
	Says     string `json:"says"`             // a clause for people
	Varies   string `json:"varies,omitempty"` // why it may be chance
}

// The kinds of change, in the order of what hurts most.
const (
	kindGuard    = "guards"
	kindDeath    = "deaths"
	kindClass    = "classes"
	kindText     = "texts"
	kindCaptured = "capture"
)

var headings = []struct{ kind, title string }{
	{kindGuard, "Guards: what a deferred recover catches"},
	{kindDeath, "Deaths: how processes end, and what still ran"},
	{kindClass, "Classes: what crash reports are taken for"},
	{kindText, "Texts: what is printed"},
	{kindCaptured, "Capture: what debug.SetCrashOutput and a supervisor get"},
}

// changes compares two rows of one scenario and setting.
func changes(a, b *Row) []Change {
	c := comparison{scenario: b.Scenario, varies: b.Varies}
	if a.Varies != "" {
		c.varies = a.Varies
	}
	c.note(kindGuard, "recovered", a.Guard(), b.Guard(), guardClause(a, b))
	if a.Guard() == b.Guard() {
		c.note(kindGuard, "guarded_exit", ended(a.GuardedExit, a.GuardedSignal), ended(b.GuardedExit, b.GuardedSignal),
			fmt.Sprintf("under a guard it ends with %s, before with %s", end(b.GuardedExit, b.GuardedSignal), end(a.GuardedExit, a.GuardedSignal)))
	}
	c.note(kindDeath, "exit", a.Ended(), b.Ended(),
		endClause(a, b))
	c.note(kindDeath, "deferred", strconv.FormatBool(a.Deferred), strconv.FormatBool(b.Deferred), nowOrNot(b.Deferred, "deferred calls run"))
	c.note(kindDeath, "returned", strconv.FormatBool(a.Returned), strconv.FormatBool(b.Returned), nowOrNot(b.Returned, "the function returns"))
	c.note(kindClass, "classified_as", a.ClassifiedAs, b.ClassifiedAs, fmt.Sprintf("is %s, before %s", b.ClassifiedAs, a.ClassifiedAs))
	c.note(kindText, "headline", a.Headline, b.Headline, headlineClause(a.Headline, b.Headline))
	if (len(a.TopFrames) == 0) == (len(b.TopFrames) == 0) {
		c.note(kindText, "goroutine_header", a.Header, b.Header, fmt.Sprintf("the goroutine's header is %q, before %q", b.Header, a.Header))
	}
	c.note(kindText, "top_frames", strings.Join(a.TopFrames, " "), strings.Join(b.TopFrames, " "), stackClause(a.TopFrames, b.TopFrames))
	c.note(kindText, "recovered_value", a.Value, b.Value, fmt.Sprintf("a guard gets %s, before %s", orNothing(b.Value), orNothing(a.Value)))
	c.note(kindCaptured, "stderr_traceback", strconv.FormatBool(a.StderrTraceback), strconv.FormatBool(b.StderrTraceback), nowOrNot(b.StderrTraceback, "a traceback stands on standard error"))
	// Before Go 1.23 there is none, which is no difference; a release that lost it is.
	if minorOf(a.Toolchain) >= 23 && minorOf(b.Toolchain) >= 23 {
		c.note(kindCaptured, "crash_output", a.CrashOutput, b.CrashOutput, fmt.Sprintf("crash output has %s, before %s", b.CrashOutput, a.CrashOutput))
		c.note(kindCaptured, "crash_output_lacks", lines(a.Missing), lines(b.Missing),
			lacksClause(a.Missing, b.Missing))
	}
	return c.found
}

type comparison struct {
	scenario, varies string
	found            []Change
}

func (c *comparison) note(kind, field, before, after, says string) {
	if before != after {
		c.found = append(c.found, Change{c.scenario, kind, field, before, after, says, c.varies})
	}
}

func guardClause(a, b *Row) string {
	switch {
	case b.Recovered == nil && b.GuardedExit == Hang:
		return "it hangs under a guard now"
	case b.Recovered == nil:
		return "there is nothing to recover any more"
	case a.Recovered == nil && a.GuardedExit == Hang:
		return "it ends under a guard now, before it hung"
	case *b.Recovered && a.Recovered == nil:
		return "it panics now, and a guard around it catches it"
	case *b.Recovered:
		return "a guard around it catches it now"
	case a.Recovered == nil:
		return "it dies under a guard now"
	}
	return "a guard around it no longer catches it"
}

func endClause(a, b *Row) string {
	now, before := "ends with "+end(b.Exit, b.Signal), "before with "+end(a.Exit, a.Signal)
	switch b.Exit {
	case Hang:
		now = "hangs"
	case Stopped:
		now = "is stopped"
	}
	switch {
	case a.Exit == Hang:
		before = "before it hung"
	case a.Exit == Stopped:
		before = "before it was stopped"
	case b.Exit == Hang || b.Exit == Stopped:
		before = "before it ended with " + end(a.Exit, a.Signal)
	}
	return now + ", " + before
}

func lacksClause(before, after []string) string {
	switch {
	case len(after) == 0:
		return "crash output lacks nothing of standard error, before it lacked " + lines(before)
	case len(before) == 0:
		return "crash output lacks " + lines(after) + " of standard error, before nothing"
	}
	return fmt.Sprintf("of standard error, crash output lacks %s; before, %s", lines(after), lines(before))
}

func headlineClause(before, after string) string {
	switch {
	case before == "":
		return fmt.Sprintf("prints %q, before nothing", after)
	case after == "":
		return fmt.Sprintf("prints nothing, before %q", before)
	}
	return fmt.Sprintf("prints %q, before %q", after, before)
}

func stackClause(before, after []string) string {
	switch {
	case len(after) == 0:
		return "no stack is printed any more"
	case len(before) == 0:
		return "a stack is printed now"
	}
	return fmt.Sprintf("the stack begins with %s, before with %s", frames(after), frames(before))
}

// frames names the functions of a stack; those of the lab's harness, which calls
// the scenario, are left out.
func frames(names []string) string {
	own := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return strings.Contains(n, "/lab/harness.") })
	if len(own) == 0 {
		own = names
	}
	return strings.Join(own, " < ")
}

func orNothing(text string) string {
	if text == "" {
		return "nothing"
	}
	return text
}

func end(exit Exit, signal *string) string {
	if signal != nil || exit == Hang || exit == Stopped {
		return ended(exit, signal)
	}
	return "status " + string(exit)
}

func nowOrNot(now bool, what string) string {
	if now {
		return what + " now"
	}
	return what + " no longer"
}

// lines describes the lines that crash output lacks: the first is enough to tell
// them apart, and the number.
func lines(missing []string) string {
	switch n := len(missing); {
	case n == 0:
		return "no line"
	case n == 1:
		return fmt.Sprintf("the line %q", missing[0])
	case n >= maxStableMissing:
		return fmt.Sprintf("%d lines or more, the first %q", maxStableMissing, missing[0])
	default:
		return fmt.Sprintf("%d lines, the first %q", n, missing[0])
	}
}

// A Diff is what one set of rows has that another has not.
type Diff struct {
	Before   string    `json:"before"` // a toolchain, or "baseline of go1.26.8"
	After    string    `json:"after"`
	Compared int       `json:"compared"` // scenarios that both have
	Guards   int       `json:"guards"`   // of those, the ones that a guard catches
	Changes  []Change  `json:"changes"`
	New      []string  `json:"new"`  // scenarios only the second has
	Gone     []string  `json:"gone"` // scenarios only the first has
	NotRun   []string  `json:"not_run"`
	Checks   []Checked `json:"checks"` // the checklist of an upgrade
}

// Checked is one line of the checklist of an upgrade.
type Checked struct {
	Name string `json:"name"`
	OK   *bool  `json:"ok"` // null: it was not run
	Says string `json:"says"`
}

// Compare compares two sets of rows, each of one toolchain and one setting.
func Compare(before, after string, a, b []Row) *Diff {
	d := &Diff{Before: before, After: after, Changes: []Change{}, New: []string{}, Gone: []string{}, NotRun: []string{}}
	old := make(map[string]*Row)
	for i := range a {
		old[a[i].Scenario] = &a[i]
	}
	for i := range b {
		was := old[b[i].Scenario]
		delete(old, b[i].Scenario)
		switch {
		case b[i].NotRun != "":
			d.NotRun = append(d.NotRun, fmt.Sprintf("%s with %s: %s", b[i].Scenario, b[i].Toolchain, b[i].NotRun))
		case was == nil:
			d.New = append(d.New, b[i].Scenario)
		case was.NotRun != "":
			d.NotRun = append(d.NotRun, fmt.Sprintf("%s with %s: %s", was.Scenario, was.Toolchain, was.NotRun))
		default:
			d.Compared++
			if was.Recovered != nil && *was.Recovered {
				d.Guards++
			}
			x, y := was.Stable(), b[i].Stable()
			d.Changes = append(d.Changes, changes(&x, &y)...)
		}
	}
	for _, r := range a {
		if old[r.Scenario] != nil {
			d.Gone = append(d.Gone, r.Scenario)
		}
	}
	d.Checks = d.checklist(b)
	return d
}

// checklist answers what people ask before an upgrade.
func (d *Diff) checklist(b []Row) []Checked {
	var all []Checked
	changed := d.count(func(c Change) bool { return c.Field == "recovered" && c.Varies == "" })
	ok := changed == 0
	all = append(all, Checked{"guard verdicts unchanged", &ok, fmt.Sprintf("%d of %d scenarios changed what a guard does", changed, d.Compared)})
	for _, name := range scenario.Checklist() {
		c := Checked{Name: name.Title, Says: "not run"}
		for i := range b {
			if b[i].Scenario == name.Name && b[i].NotRun == "" {
				kept := b[i].Exit == "0"
				c.OK, c.Says = &kept, "lab run "+name.Name
			}
		}
		all = append(all, c)
	}
	return all
}

func (d *Diff) count(which func(Change) bool) int {
	seen := make(map[string]bool)
	for _, c := range d.Changes {
		if which(c) {
			seen[c.Scenario] = true
		}
	}
	return len(seen)
}

// Steady reports whether nothing changed but what may vary.
func (d *Diff) Steady() bool {
	return d.count(func(c Change) bool { return c.Varies == "" }) == 0 && len(d.New) == 0 && len(d.Gone) == 0
}
