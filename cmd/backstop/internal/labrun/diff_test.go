package labrun

import (
	"fmt"
	"strings"
	"testing"
)

func TestCompare(t *testing.T) {
	lost := died()
	lost.Recovered, lost.GuardedExit = ptr(false), "2"
	same := died()
	same.Scenario = "nil-deref"
	chance := died()
	chance.Scenario, chance.Varies, chance.Headline = "map-read-write", "a race", "fatal error: x"
	was := chance
	was.Headline = "fatal error: y"
	gone := died()
	gone.Scenario = "close-nil-chan"
	fresh := died()
	fresh.Scenario = "waitgroup-go"
	unrun := died()
	unrun.Scenario, unrun.NotRun = "c-abort", "no compiler"
	upgrade := died()
	upgrade.Scenario, upgrade.Exit = "upgrade-trace-id", "1"

	d := Compare("go1.25.14", "go1.26.8",
		[]Row{died(), same, was, gone, upgrade},
		[]Row{lost, same, chance, fresh, unrun, upgrade})
	if d.Compared != 4 || d.Steady() {
		t.Errorf("compared %d, steady %v", d.Compared, d.Steady())
	}
	var text strings.Builder
	if err := d.Markdown(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"4 scenarios compared, 1 differ",
		"- [ ] guard verdicts unchanged (1 of 4",
		"- [ ] trace id kept",
		"- [?] concurrent panics safe (not run)",
		"### Guards",
		"`send-closed-chan`: a guard around it no longer catches it",
		"### Differences that may be chance",
		"### New scenarios\n\nwaitgroup-go",
		"### Scenarios that are gone\n\nclose-nil-chan",
		"### Not run\n\nc-abort with go1.25.14: no compiler",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("release notes lack %q:\n%s", want, text.String())
		}
	}
}

func TestGuardClauses(t *testing.T) {
	caught, hung, quiet := died(), died(), died()
	hung.Recovered, hung.GuardedExit = nil, Hang
	quiet.Recovered = nil
	for _, c := range []struct {
		before, after *Row
		want          string
	}{
		{&caught, &hung, "it hangs under a guard now"},
		{&caught, &quiet, "there is nothing to recover any more"},
		{&quiet, &caught, "it panics now, and a guard around it catches it"},
		{&hung, &caught, "it ends under a guard now, before it hung"},
	} {
		if got := guardClause(c.before, c.after); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestSubjects(t *testing.T) {
	var rows []Row
	for _, name := range pinned {
		r := died()
		r.Toolchain = name
		if minorOf(name) < 23 {
			r.CrashOutput = "n/a"
		}
		if minorOf(name) > 25 {
			r.Headline = "panic: another text"
		}
		rows = append(rows, r)
	}
	all := subjects(rows)
	if len(all) != 1 || len(all[0].Spans) != 2 {
		t.Fatalf("%d subjects: %+v", len(all), all)
	}
	if a, b := all[0].Spans[0], all[0].Spans[1]; a.Releases() != "1.21..1.25" || a.Row.CrashOutput != "trace" || b.Releases() != "1.26..1.27" {
		t.Errorf("spans %s and %s", a.Releases(), b.Releases())
	}
}

// TestReleaseNotesFold: what changes everywhere is one line, and what programs
// printed is no markup.
func TestReleaseNotesFold(t *testing.T) {
	var a, b []Row
	for i := range 40 {
		before, after := died(), died()
		before.Scenario = fmt.Sprintf("scenario-%d", i)
		after.Scenario = before.Scenario
		before.TopFrames = []string{fmt.Sprintf("main.f%d", i)}
		after.TopFrames = []string{fmt.Sprintf("main.g%d", i)}
		if i == 0 {
			after.Headline = "panic: <script>alert(1)</script>"
		}
		a, b = append(a, before), append(b, after)
	}
	var text strings.Builder
	if err := Compare("go1.25.14", "go1.26.8", a, b).Markdown(&text); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(text.String(), "the stack begins"); n != 1 {
		t.Errorf("the change of 40 stacks takes %d lines", n)
	}
	if !strings.Contains(text.String(), "`scenario-11` and 28 more: the stack begins with other functions") {
		t.Errorf("not folded:\n%s", text.String())
	}
	if strings.Contains(text.String(), "<script") && !strings.Contains(text.String(), `\<script`) {
		t.Errorf("a headline became markup:\n%s", text.String())
	}
}
