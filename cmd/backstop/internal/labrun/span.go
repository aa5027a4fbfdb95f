package labrun

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A span is what a scenario did on several toolchains alike.
type span struct {
	Row        Row // of the newest of them
	Toolchains []string
}

// Releases names the toolchains of a span: "1.21..1.27", "1.25".
func (s *span) Releases() string { return releases(s.Toolchains) }

// A subject is a scenario under one setting, with all that it did.
type subject struct {
	Scenario string
	Setting  string // "" is the default one
	Spans    []span // the oldest release first
	NotRun   []unrun
}

// subjects joins the rows of a matrix: toolchains on which a scenario did the
// same stand together.
func subjects(rows []Row) []subject {
	var all []subject
	at := make(map[string]int)
	for _, r := range rows {
		key := r.Scenario + "\x00" + r.setting()
		i, ok := at[key]
		if !ok {
			i = len(all)
			at[key] = i
			all = append(all, subject{Scenario: r.Scenario, Setting: r.setting()})
		}
		all[i].add(r)
	}
	return all
}

func (s *subject) add(r Row) {
	if r.NotRun != "" {
		s.addUnrun(r)
		return
	}
	if n := len(s.Spans); n > 0 && alike(&s.Spans[n-1].Row, &r) {
		s.Spans[n-1].Row = r
		s.Spans[n-1].Toolchains = append(s.Spans[n-1].Toolchains, r.Toolchain)
		return
	}
	s.Spans = append(s.Spans, span{r, []string{r.Toolchain}})
}

// unrun is why a scenario was not run on some toolchains.
type unrun struct {
	Why        string
	Toolchains []string
}

// Releases names the toolchains.
func (u *unrun) Releases() string { return releases(u.Toolchains) }

func (s *subject) addUnrun(r Row) {
	why := oneLine(r.NotRun)
	if n := len(s.NotRun); n > 0 && s.NotRun[n-1].Why == why {
		s.NotRun[n-1].Toolchains = append(s.NotRun[n-1].Toolchains, r.Toolchain)
		return
	}
	s.NotRun = append(s.NotRun, unrun{why, []string{r.Toolchain}})
}

// alike reports whether two toolchains made no difference to what a table shows:
// two rows that look the same, because frames differ, would only puzzle. Where
// the older one has no crash output at all, it makes none.
func alike(a, b *Row) bool {
	return !slices.ContainsFunc(changes(a, b), func(c Change) bool { return slices.Contains(shown, c.Field) })
}

// shown are the fields of a row that a table has; releases.md and JSON have all.
var shown = []string{"recovered", "exit", "classified_as", "headline", "stderr_traceback", "crash_output"}

// setting is what a row was built and run with besides the default.
func (r *Row) setting() string {
	var parts []string
	if r.GoLine != DefaultGoLine {
		parts = append(parts, "go "+r.GoLine)
	}
	if r.Env != "" {
		parts = append(parts, r.Env)
	}
	return strings.Join(parts, ", ")
}

// Ended says how the plain run ended: "2", "SIGKILL", "hang".
func (r *Row) Ended() string { return ended(r.Exit, r.Signal) }

func ended(exit Exit, signal *string) string {
	if signal != nil {
		return *signal
	}
	return string(exit)
}

// Guard says what a deferred recover in the same goroutine did: "yes", "no", or
// "-" where there was nothing to catch.
func (r *Row) Guard() string {
	switch {
	case r.Recovered == nil:
		return "-"
	case *r.Recovered:
		return "yes"
	}
	return "no"
}

// releases writes toolchains as ranges of minor releases.
func releases(toolchains []string) string {
	var minors []int
	for _, t := range toolchains {
		minors = append(minors, minorOf(t))
	}
	slices.Sort(minors)
	var parts []string
	for i := 0; i < len(minors); {
		j := i
		for j+1 < len(minors) && minors[j+1] <= minors[j]+1 {
			j++
		}
		part := "1." + strconv.Itoa(minors[i])
		if minors[j] != minors[i] {
			part = fmt.Sprintf("1.%d..1.%d", minors[i], minors[j])
		}
		parts = append(parts, part)
		i = j + 1
	}
	return strings.Join(parts, ", ")
}
