package vet

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/backstop-go/backstop/analysis/driver"
	"github.com/backstop-go/backstop/analysis/rule"
	"github.com/backstop-go/backstop/cmd/backstop/internal/textview"
)

// A Style says how text is drawn.
type Style struct {
	Color bool // with ANSI colours
	Width int  // of the terminal in columns; 0 breaks no line
}

// wrap breaks a text between words where the terminal ends, and indents what
// follows the first line.
func (s Style) wrap(taken int, indent, text string) string {
	if s.Width <= 0 {
		return text
	}
	var b strings.Builder
	column := taken
	for i, word := range strings.Split(text, " ") {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case column+1+n > s.Width && column > len(indent):
			b.WriteString("\n" + indent)
			column = len(indent)
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	return b.String()
}

func (s Style) paint(code, text string) string {
	if !s.Color || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

var tierColor = map[rule.Tier]string{rule.TierA: "1;31", rule.TierB: "1;33", rule.TierC: "1;36"}

// WriteText writes findings for people: each on a line that editors can jump to,
// what belongs to it below.
func (out *Outcome) WriteText(w io.Writer, s Style) error {
	b := bufio.NewWriter(w)
	for i, f := range out.Findings {
		if i > 0 && s.Width > 0 {
			fmt.Fprintln(b)
		}
		place, what := at(f.Place), f.Rule+" ("+string(f.Tier)+"):"
		taken := utf8.RuneCountInString(place) + 2 + len(what) + 1
		fmt.Fprintf(b, "%s: %s %s\n", s.paint("1", place), s.paint(tierColor[f.Tier], what), s.wrap(taken, "    ", textview.Escape(f.Message)))
		if v := Verdicts(f.Go); v != "" {
			fmt.Fprintf(b, "    %s\n", v)
		}
		for _, p := range f.Path {
			fmt.Fprintf(b, "    %s %s %s\n", s.paint("2", "path"), at(p), s.paint("2", textview.Escape(p.Message)))
		}
		for _, p := range f.Related {
			fmt.Fprintf(b, "    %s %s\n", at(p), s.paint("2", textview.Escape(p.Message)))
		}
		if f.Ignored != "" {
			fmt.Fprintf(b, "    %s %s\n", s.paint("2", "ignored:"), textview.Escape(f.Ignored))
		}
	}
	return b.Flush()
}

// at is a place as editors read it. Names of files are anybody's: nothing in them
// is obeyed by a terminal.
func at(p driver.Place) string {
	file := textview.Escape(p.File)
	switch {
	case p.File == "":
		return "-"
	case p.Line == 0:
		return file
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", file, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", file, p.Line, p.Column)
}

// ProblemText is one line for a problem.
func ProblemText(p driver.Problem) string {
	p.Message = strings.Join(strings.Fields(p.Message), " ") // the go command gives advice on lines of its own
	if p.File == "" {
		return p.Package + ": " + p.Message
	}
	return at(p.Place) + ": " + p.Message
}

// Verdicts says what a guard does on each release: "works by accident on Go 1.22
// to 1.25, dead on 1.21, 1.26 and 1.27".
func Verdicts(releases map[string]rule.Verdict) string {
	var parts []string
	for _, v := range []struct {
		verdict rule.Verdict
		words   string
	}{{rule.Works, "works"}, {rule.ByAccident, "works by accident"}, {rule.Dead, "dead"}} {
		var minors []int
		for release, verdict := range releases {
			m, err := strconv.Atoi(strings.TrimPrefix(release, "1."))
			if err == nil && verdict == v.verdict {
				minors = append(minors, m)
			}
		}
		if len(minors) > 0 {
			parts = append(parts, v.words+" on Go "+ranges(minors))
		}
	}
	return strings.Join(parts, ", ")
}

// ranges writes minor releases as ranges: "1.21 and 1.26 to 1.27".
func ranges(minors []int) string {
	slices.Sort(minors)
	var parts []string
	for i := 0; i < len(minors); {
		j := i
		for j+1 < len(minors) && minors[j+1] == minors[j]+1 {
			j++
		}
		switch j - i {
		case 0:
			parts = append(parts, fmt.Sprintf("1.%d", minors[i]))
		case 1:
			parts = append(parts, fmt.Sprintf("1.%d", minors[i]), fmt.Sprintf("1.%d", minors[j]))
		default:
			parts = append(parts, fmt.Sprintf("1.%d to 1.%d", minors[i], minors[j]))
		}
		i = j + 1
	}
	if n := len(parts); n > 1 {
		return strings.Join(parts[:n-1], ", ") + " and " + parts[n-1]
	}
	return strings.Join(parts, "")
}

// Summary is one line about the whole: how many findings, in how much code, and
// what is not shown.
func (out *Outcome) Summary() string {
	tiers := make(map[rule.Tier]int)
	for _, f := range out.Findings {
		tiers[f.Tier]++
	}
	lost := 0
	for _, p := range out.Problems {
		if p.Lost {
			lost++
		}
	}
	line := "no findings"
	if n := len(out.Findings); n > 0 {
		var parts []string
		for _, t := range slices.Sorted(maps.Keys(tiers)) {
			parts = append(parts, fmt.Sprintf("%d of tier %s", tiers[t], t))
		}
		line = fmt.Sprintf("%s (%s)", count(n, "finding"), strings.Join(parts, ", "))
	}
	line += fmt.Sprintf(" in %s, %s lines", count(out.Packages, "package"), thousands(out.Lines))
	for _, more := range []struct {
		n    int
		text string
	}{
		{lost, "parts of the code not read, see the warnings"},
		{out.Known, "in the baseline"},
		{out.Ignored, "ignored by comments"},
		{out.Generated, "in generated files (-generated shows them)"},
		{out.Stale, "of the baseline are gone (-write-baseline forgets them)"},
	} {
		if more.n > 0 {
			line += fmt.Sprintf("; %d %s", more.n, more.text)
		}
	}
	return line
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return thousands(n) + " " + noun + "s"
}

func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Advice is what to do with findings, for people who meet them first.
func (out *Outcome) Advice() string {
	if len(out.Findings) == 0 {
		return ""
	}
	advice := fmt.Sprintf("backstop vet -explain %s tells all about a rule", out.Findings[0].Rule)
	fixes := 0
	for _, f := range out.Findings {
		if len(f.Fixes) > 0 {
			fixes++
		}
	}
	if fixes > 0 {
		advice += fmt.Sprintf("; -fix mends %d of these", fixes)
	}
	return advice + "\n"
}
