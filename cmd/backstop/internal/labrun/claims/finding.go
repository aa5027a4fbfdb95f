package claims

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun"
	"github.com/backstop-go/backstop/lab/claim"
)

// A finding is one check under one setting, over all toolchains.
type finding struct {
	Check   claim.Check
	Implied bool
	Setting string
	Spans   []span
}

// A span is what a check found on several toolchains alike.
type span struct {
	Toolchains []string
	Value      string // as it is shown
	Holds      bool
	NotRun     string
}

func (s *span) releases() string { return labrun.Releases(s.Toolchains) }

// findings joins the evidence of a result: checks in their order, for each the
// default setting first. Values that are shown alike count as the same.
func (r *Result) findings(show func(claim.Check, string) string) []finding {
	settings := []string{""}
	for _, item := range r.Evidence {
		if !slices.Contains(settings, item.Setting) {
			settings = append(settings, item.Setting)
		}
	}
	var all []finding
	for i := range checks(&r.Claim) {
		for _, setting := range settings {
			if f := r.finding(i, setting, show); len(f.Spans) > 0 && !f.repeats() {
				all = append(all, f)
			}
		}
	}
	return all
}

// finding collects the evidence for one of checks.
func (r *Result) finding(i int, setting string, show func(claim.Check, string) string) finding {
	f := finding{Check: checks(&r.Claim)[i], Implied: i >= len(r.Claim.Literal), Setting: setting}
	if f.Implied {
		i -= len(r.Claim.Literal)
	}
	for _, item := range r.Evidence {
		if item.Implied == f.Implied && item.Check == i && item.Setting == setting {
			item.Value = show(f.Check, item.Value)
			f.add(item)
		}
	}
	return f
}

// repeats is true of what is the same under every setting.
func (f *finding) repeats() bool { return f.Setting != "" && !f.Check.Measure.FollowsVariant() }

func (f *finding) add(item claim.Item) {
	for i := range f.Spans {
		s := &f.Spans[i]
		if s.Holds == item.Holds && s.Value == item.Value && s.NotRun == "" && item.NotRun == "" || s.NotRun != "" && s.NotRun == item.NotRun {
			s.Toolchains = append(s.Toolchains, item.Toolchain)
			return
		}
	}
	f.Spans = append(f.Spans, span{[]string{item.Toolchain}, item.Value, item.Holds, item.NotRun})
}

// outcome of a finding: "holds", "fails", "varies", or "not run".
func (f *finding) outcome() string {
	holds, fails := false, false
	for _, s := range f.Spans {
		if s.NotRun == "" {
			holds = holds || s.Holds
			fails = fails || !s.Holds
		}
	}
	switch {
	case holds && fails:
		return "varies"
	case holds:
		return "holds"
	case fails:
		return "fails"
	}
	return "not run"
}

// maxShown is how much of a value people see.
const maxShown = 100

// shown is a value for people: one line, and not too much of it. Of a longer text
// that a pattern is looked for in, it is what matches.
func shown(c claim.Check, value string) string {
	value = strings.TrimSpace(value)
	if (c.Op == claim.Matches || c.Op == claim.Lacks) && strings.Contains(value, "\n") {
		re, err := regexp.Compile(c.Want)
		if err != nil || !re.MatchString(value) {
			if c.Op == claim.Lacks { // it holds, so nothing else names the pattern
				return "no match of /" + c.Want + "/"
			}
			return "no match"
		}
		value = strings.TrimSpace(re.FindString(value))
	}
	return oneLine(value)
}

func oneLine(value string) string {
	line, rest, _ := strings.Cut(value, "\n")
	cut := strings.TrimSpace(rest) != ""
	if utf8.RuneCountInString(line) > maxShown {
		line, cut = string([]rune(line)[:maxShown]), true
	}
	if cut {
		line += " ..."
	}
	if line == "" {
		return "empty"
	}
	return line
}

// expected says what was expected: "true", "at least 5", "no match of /x/".
func expected(c claim.Check, quote func(string) string) string {
	switch c.Op {
	case claim.Is:
		return quote(oneLine(c.Want))
	case claim.IsNot:
		return "anything but " + quote(oneLine(c.Want))
	case claim.Matches:
		return "a match of " + quote("/"+c.Want+"/")
	case claim.Lacks:
		return "no match of " + quote("/"+c.Want+"/")
	case claim.AtLeast:
		return "at least " + c.Want
	case claim.AtMost:
		return "at most " + c.Want
	}
	return string(c.Op) + " " + quote(c.Want)
}
