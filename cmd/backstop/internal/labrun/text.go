package labrun

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/backstop-go/backstop/lab/scenario"
)

// Style is how text for people looks.
type Style struct {
	Color bool
	Width int // columns, 0 for no terminal
}

func (s Style) paint(code, text string) string {
	if !s.Color || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

const (
	red    = "31"
	green  = "32"
	yellow = "33"
	dim    = "2"
	bold   = "1"
)

// WriteText writes a matrix for a terminal: a line for each scenario, and
// another one where a release made a difference.
func WriteText(w io.Writer, rows []Row, style Style) error {
	p := &printer{w: w}
	at := columnsOf(rows)
	head := fmt.Sprintf("%-*s  %-*s %-8s %-9s %-9s %-7s %-*s %s", at.name, "scenario", at.releases, "Go", "ends", "recovered", "traceback", "crash", at.class, "class", "headline")
	p.line("%s", style.paint(bold, cut(head, style.Width)))
	for _, sec := range sections(rows) {
		p.line("%s", style.paint(bold, sec.Group.Title))
		for _, sub := range sec.Subjects {
			label := sub.Scenario
			if sub.Setting != "" {
				label += " (" + sub.Setting + ")"
			}
			for _, span := range sub.Spans {
				p.line("%s", spanLine(label, at, &span, style))
				label = ""
			}
			for _, u := range sub.NotRun {
				p.line("%s", style.paint(yellow, cut(fmt.Sprintf("%-*s  %-*s not run: %s", at.name, label, at.releases, u.Releases(), u.Why), style.Width)))
				label = ""
			}
		}
	}
	s := Summarize(rows)
	p.line("")
	p.line("%s", s.sentence())
	if s.Disagree > 0 {
		p.line("%s", style.paint(red, s.agreement()))
	} else {
		p.line("%s", s.agreement())
	}
	return p.err
}

// columns are the widths of those that depend on what is shown.
type columns struct{ name, releases, class int }

func columnsOf(rows []Row) columns {
	at := columns{len("scenario"), len("1.21..1.27"), len("class")}
	for i := range rows {
		at.name = max(at.name, len(rows[i].Scenario)+len(rows[i].setting())+3)
		at.class = max(at.class, len(rows[i].ClassifiedAs))
	}
	for _, sub := range subjects(rows) {
		for _, s := range sub.Spans {
			at.releases = max(at.releases, len(s.Releases()))
		}
	}
	return at
}

func toolchains(names []string) string {
	switch len(names) {
	case 0:
		return "no toolchain"
	case 1:
		return names[0]
	}
	return fmt.Sprintf("%d toolchains, %s to %s", len(names), names[0], names[len(names)-1])
}

func spanLine(label string, at columns, s *span, style Style) string {
	r := &s.Row
	traceback := "no"
	if r.StderrTraceback {
		traceback = "yes"
	}
	line := fmt.Sprintf("%-*s  %-*s %-8s %-9s %-9s %-7s ", at.name, label, at.releases, s.Releases(), r.Ended(), r.Guard(), traceback, r.CrashOutput)
	text := fmt.Sprintf("%-*s %s", at.class, r.ClassifiedAs, r.Headline)
	if !r.Agrees() {
		text = "! " + r.ClassifiedAs + ", declared " + r.ExpectedClass
	}
	full := cut(line+text, style.Width)
	switch {
	case !r.Agrees():
		return style.paint(red, full)
	case r.Recovered != nil && !*r.Recovered:
		return full
	case r.Recovered != nil:
		return style.paint(green, full)
	}
	return style.paint(dim, full)
}

// cut shortens a line to the width of a terminal.
func cut(line string, width int) string {
	line = strings.TrimRight(line, " ")
	if width <= 0 || utf8.RuneCountInString(line) <= width {
		return line
	}
	return string([]rune(line)[:width-1]) + "…"
}

// oneLine is for what a compiler or the system said, which a terminal must not obey.
func oneLine(s string) string {
	return visible(strings.Join(strings.Fields(s), " "))
}

// WriteCards writes rows in full, one paragraph each.
func WriteCards(w io.Writer, rows []Row, style Style) error {
	p := &printer{w: w}
	for i := range rows {
		if i > 0 {
			p.line("")
		}
		writeCard(p, &rows[i], style)
	}
	return p.err
}

func writeCard(p *printer, r *Row, style Style) {
	s, err := scenario.Find(r.Scenario)
	if err != nil {
		p.err = err
		return
	}
	title := r.Scenario + " on " + r.Toolchain
	if set := r.setting(); set != "" {
		title += ", " + set
	}
	p.line("%s", style.paint(bold, title))
	p.item("shows", s.Shows, style.Width)
	if r.NotRun != "" {
		p.line("  not run       %s", style.paint(yellow, oneLine(r.NotRun)))
		return
	}
	ran := "its deferred calls did not run"
	if r.Deferred {
		ran = "its deferred calls ran"
	}
	p.line("  ended         %s; %s", end(r.Exit, r.Signal), ran)
	p.item("recover", guardSentence(r), style.Width)
	if r.Headline != "" {
		p.line("  headline      %s", r.Headline)
	}
	class := r.ClassifiedAs
	if !r.Agrees() {
		class = style.paint(red, class+", declared "+r.ExpectedClass)
	}
	p.line("  class         %s", class)
	traceback := "no traceback on standard error"
	if r.StderrTraceback {
		traceback = "sees a traceback on standard error"
	}
	p.line("  supervisor    %s", traceback)
	p.line("  crash output  %s", crashOutputSentence(r))
	for _, line := range r.Missing[:min(3, len(r.Missing))] {
		p.line("                %s", style.paint(dim, "lacks "+line))
	}
	p.line("  at its end    %.1f MB, %.1f ms of processor time, %.1f ms in all", float64(r.Memory)/1e6, float64(r.CPU)/1e3, float64(r.Wall)/1e3)
	if s.Lesson != "" {
		p.item("remember", s.Lesson, style.Width)
	}
	if r.Varies != "" {
		p.item("may vary", r.Varies, style.Width)
	}
}

// item writes a label and a text, folded to the width of a terminal.
func (p *printer) item(label, text string, width int) {
	const indent = 16
	line := fmt.Sprintf("  %-14s", label)
	at := indent
	for i, word := range strings.Split(text, " ") {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case width > 2*indent && at+1+n > width:
			p.line("%s", line)
			line, at = strings.Repeat(" ", indent), indent
		default:
			line, at = line+" ", at+1
		}
		line, at = line+word, at+n
	}
	p.line("%s", line)
}

func guardSentence(r *Row) string {
	switch {
	case r.Recovered == nil && r.GuardedExit == Hang:
		return "it hangs under a guard, too"
	case r.Recovered == nil:
		return "nothing to catch"
	case *r.Recovered:
		return "a deferred recover around it, in the same goroutine, catches it: " + r.Value
	}
	return "a deferred recover around it, in the same goroutine, does not catch it: ends with " + end(r.GuardedExit, r.GuardedSignal)
}

func crashOutputSentence(r *Row) string {
	switch r.CrashOutput {
	case "trace":
		if n := len(r.Missing); n > 0 {
			return fmt.Sprintf("has the traceback, without %d lines of standard error", n)
		}
		return "has the whole traceback"
	case "text":
		return "has text, and no traceback"
	case "empty":
		return "stays empty"
	}
	if minorOf(r.Toolchain) < 23 {
		return "cannot be had: debug.SetCrashOutput came with Go 1.23"
	}
	return "was not set: the program was dead before its main"
}

// Bold and Dim paint text where there are colours.
func (s Style) Bold(text string) string { return s.paint(bold, text) }

// Dim is for what matters less.
func (s Style) Dim(text string) string { return s.paint(dim, text) }
