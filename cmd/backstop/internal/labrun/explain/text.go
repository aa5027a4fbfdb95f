package explain

import (
	"fmt"
	"io"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/backstop-go/backstop/cmd/backstop/internal/textview"
)

// Style says how text looks. The zero value is plain text of 80 columns.
type Style struct {
	Color bool
	Width int // columns; default 80
	// Answers shows the answers of the questions.
	Answers bool
}

// The few styles used, as SGR parameters.
const (
	bold   = "1"
	dim    = "2"
	red    = "1;31"
	cyan   = "36"
	yellow = "33"
)

const (
	minWidth = 40
	maxWidth = 100 // longer lines are hard to read
)

type writer struct {
	strings.Builder
	style Style
}

func newWriter(s Style) *writer {
	if s.Width == 0 {
		s.Width = 80
	}
	s.Width = min(max(s.Width, minWidth), maxWidth)
	return &writer{style: s}
}

func (w *writer) paint(style, s string) string {
	if !w.style.Color || s == "" || style == "" {
		return s
	}
	return "\x1b[" + style + "m" + s + "\x1b[0m"
}

func (w *writer) heading(n int, format string, args ...any) {
	w.WriteString("\n" + w.paint(bold, fmt.Sprintf("%d  %s", n, fmt.Sprintf(format, args...))) + "\n")
}

// wrap prints words behind a first prefix; the lines that follow have another.
func (w *writer) wrap(style, first, rest, text string) {
	line, used := first, utf8.RuneCountInString(first)
	empty := true
	flush := func() {
		head := first
		if !strings.HasPrefix(line, first) {
			head = rest
		}
		w.WriteString(head + w.paint(style, strings.TrimPrefix(line, head)) + "\n")
	}
	for _, word := range strings.Fields(textview.Escape(text)) {
		n := utf8.RuneCountInString(word)
		if !empty && used+1+n > w.style.Width {
			flush()
			first = rest // from here on
			line, used, empty = rest, utf8.RuneCountInString(rest), true
		}
		if !empty {
			line, used = line+" ", used+1
		}
		line, used, empty = line+word, used+n, false
	}
	flush()
}

// code prints a line as it is, folded where it is too long.
func (w *writer) code(style, first, rest, text string) {
	left := []rune(textview.Escape(text))
	for prefix := first; ; prefix = rest {
		room := max(w.style.Width-utf8.RuneCountInString(prefix), 20)
		if len(left) <= room {
			w.WriteString(strings.TrimRight(prefix+w.paint(style, string(left)), " ") + "\n")
			return
		}
		at := foldAt(left, room)
		w.WriteString(prefix + w.paint(style, strings.TrimRight(string(left[:at]), " ")) + "\n")
		left = left[at:]
	}
}

// foldAt finds a good place to break a long line: behind a space or a sign
// of its last third, else anywhere.
func foldAt(r []rune, room int) int {
	for i := room; i > room*2/3; i-- {
		if strings.ContainsRune(" /,|(", r[i-1]) {
			return i
		}
	}
	return room
}

// Write shows an explanation to a person.
func (e *Explanation) Write(out io.Writer, style Style) error {
	w := newWriter(style)
	w.head(e)
	w.source(e)
	w.happened(e)
	w.path(e)
	w.assembly(e)
	w.traceback(e)
	w.questions(e)
	w.notes(e.Notes)
	_, err := io.WriteString(out, w.String())
	return err
}

func (w *writer) head(e *Explanation) {
	where := e.Toolchain + ", go line " + e.GoLine
	if e.Env != "" {
		where += ", " + e.Env
	}
	w.WriteString(w.paint(bold, e.Scenario) + "  " + w.paint(dim, textview.Escape(where)) + "\n")
}

func (w *writer) source(e *Explanation) {
	w.heading(1, "What it shows")
	w.wrap("", "   ", "   ", e.Shows+".")
	if e.Lesson != "" {
		w.wrap(cyan, "   ", "   ", e.Lesson)
	}
	w.wrap("", "   class ", "         ", e.Class+": "+e.Title)
	for _, x := range e.Source {
		w.WriteString("\n   " + w.paint(dim, fmt.Sprintf("lab/%s:%d", x.File, x.First)) + "\n")
		for i, l := range x.Lines {
			w.code("", fmt.Sprintf("%6d  ", x.First+i), "        ", strings.ReplaceAll(l, "\t", "    "))
		}
	}
}

func (w *writer) happened(e *Explanation) {
	w.heading(2, "What happened here")
	for _, f := range e.Happened {
		label := fmt.Sprintf("   %-13s ", f.Name)
		text := f.Value
		if f.Means != "" {
			text += ": " + f.Means
		}
		w.wrap("", label, strings.Repeat(" ", len(label)), text)
	}
	if e.Row.Headline != "" {
		w.code(red, "   headline      ", strings.Repeat(" ", 17), e.Row.Headline)
	}
}

func (w *writer) path(e *Explanation) {
	w.heading(3, "The path through %s", e.Toolchain)
	if len(e.Path) > 0 {
		w.wrap(dim, "   ", "   ", "Positions are of its GOROOT/src. * is on the traceback (GOTRACEBACK=system); the others are called by what stands before them, as the source says.")
	}
	part := ""
	for i := range e.Path {
		s := &e.Path[i]
		if s.Part != part {
			part = s.Part
			w.WriteString("\n   " + w.paint(bold, part) + "\n")
		}
		w.step(s)
	}
	if e.NoPath != "" {
		if len(e.Path) > 0 {
			w.WriteString("\n")
		}
		w.wrap("", "   ", "   ", e.NoPath)
	}
}

// title prints the name of a function and where it is, on two lines where it must.
func (w *writer) title(prefix, name, where string) {
	name = textview.Escape(name)
	w.WriteString(prefix + w.paint(cyan, name))
	if len(prefix)+len(name)+2+len(where) > w.style.Width {
		w.WriteString("\n    ")
	}
	w.WriteString("  " + w.paint(dim, where) + "\n")
}

func (w *writer) step(s *Step) {
	mark := " "
	if s.Seen {
		mark = "*"
	}
	w.title(" "+mark+" ", s.Func, fmt.Sprintf("%s:%d", s.File, s.Line))
	if s.Says != "" {
		w.wrap("", "      ", "      ", s.Says)
	}
	if s.Caller != "" {
		w.wrap(dim, "      ", "      ", fmt.Sprintf("called by %s at line %d", s.Caller, s.CallLine))
	}
	if s.AtText != "" {
		w.code("", fmt.Sprintf("    > %5d  ", s.At), strings.Repeat(" ", 13), s.AtText)
	}
	for _, q := range s.Quotes {
		w.code(dim, fmt.Sprintf("      %5d  ", q.Line), strings.Repeat(" ", 13), q.Text)
	}
}

func (w *writer) assembly(e *Explanation) {
	w.heading(4, "The machine code around the calls")
	if len(e.Routines) == 0 {
		w.wrap("", "   ", "   ", "None is shown: see the notes at the end.")
	}
	for i := range e.Routines {
		r := &e.Routines[i]
		w.WriteString("\n")
		w.title("   ", shortFunc(r.Func), fmt.Sprintf("%s:%d, %s", r.File, r.Line, plural(r.Total, "instruction")))
		if r.Role != "" {
			w.wrap("", "      ", "      ", r.Role)
		}
		shown := false
		for _, in := range r.Code {
			w.instruction(r, in)
			shown = shown || in.Mark != ""
		}
		if !shown {
			w.wrap(dim, "      ", "      ", "no call worth a look: it ends by itself, or by what its instructions do")
		}
		for _, n := range r.Notes {
			w.wrap(yellow, "    ! ", "      ", n)
		}
	}
}

func (w *writer) instruction(r *Routine, in Instruction) {
	if in.Skipped > 0 {
		w.WriteString(w.paint(dim, fmt.Sprintf("               ... %s", plural(in.Skipped, "instruction"))) + "\n")
	}
	mark, style := "   ", dim
	switch in.Mark {
	case "call":
		mark, style = "-> ", ""
	case "waits":
		mark, style = "=> ", bold
	case "fault":
		mark, style = "## ", red
	}
	head := fmt.Sprintf("   %s%4d  +0x%-4x  ", mark, in.Line, in.Offset)
	text := shortCall(in.Text)
	if in.File != path.Base(r.File) {
		text += "  ; inlined, " + in.File
	}
	w.code(style, head, strings.Repeat(" ", len(head)), text)
	if in.Says != "" {
		w.wrap("", strings.Repeat(" ", 21), strings.Repeat(" ", 21), in.Says)
	}
}

// shortFunc leaves the path of the lab's module out of a name.
func shortFunc(name string) string { return strings.ReplaceAll(name, modulePath, "") }

func shortCall(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, modulePath, ""), "(SB)", "")
}

func (w *writer) traceback(e *Explanation) {
	w.heading(5, "The traceback, line by line")
	if len(e.Traceback) == 0 {
		w.wrap("", "   ", "   ", "Nothing was printed.")
	}
	for _, l := range e.Traceback {
		text := l.Text
		style := bold
		if rest, ok := strings.CutPrefix(text, "\t"); ok {
			text, style = "    "+rest, ""
		}
		w.code(style, "   ", "         ", text)
		if l.Source != "" {
			w.code(cyan, "         > ", "           ", l.Source)
		}
		if l.Says != "" {
			w.wrap(dim, "         ", "         ", l.Says)
		}
		if l.Hidden > 0 {
			w.WriteString(w.paint(dim, fmt.Sprintf("         ... %s", plural(l.Hidden, "more line"))) + "\n")
		}
	}
}

func (w *writer) questions(e *Explanation) {
	if len(e.Questions) == 0 {
		return
	}
	w.heading(6, "Questions")
	for _, q := range e.Questions {
		w.wrap("", fmt.Sprintf("   %d. ", q.N), "      ", q.Ask)
		if w.style.Answers {
			w.wrap(cyan, "      ", "      ", q.Answer+" ("+q.Look+")")
		}
	}
	if !w.style.Answers {
		w.wrap(dim, "   ", "   ", fmt.Sprintf("Check yours: backstop lab explain %s -answer '1=...'; -answers shows them.", e.Scenario))
	}
}

func (w *writer) notes(notes []string) {
	if len(notes) == 0 {
		return
	}
	w.WriteString("\n")
	for _, n := range notes {
		w.wrap(yellow, "note: ", "      ", n)
	}
}

// Write shows a comparison to a person.
func (c *Comparison) Write(out io.Writer, style Style) error {
	w := newWriter(style)
	w.WriteString(w.paint(bold, c.Scenario) + "  " + w.paint(dim, c.A+" -> "+c.B) + "\n")
	w.wrap("", "", "", c.Summary())
	w.heading(1, "What happened")
	if len(c.Row) == 0 {
		w.wrap("", "   ", "   ", "The same: exit, recovery, headline, crash output and class.")
	}
	for _, f := range append(c.Row, c.NoPath...) {
		w.WriteString("   " + w.paint(cyan, f.Field) + "\n")
		w.both(f.A, f.B)
	}
	w.comparePath(c)
	w.heading(3, "The calls in the machine code")
	if len(c.Calls) == 0 {
		w.wrap("", "   ", "   ", "The same functions call the same functions.")
	}
	for _, f := range c.Calls {
		w.wrap("", "   ", "     ", fmt.Sprintf("%s calls %s %d -> %s", shortFunc(f.Func), shortFunc(f.Call), f.A, plural(f.B, "time")))
	}
	w.heading(4, "The traceback")
	if len(c.Traceback.Added)+len(c.Traceback.Removed) == 0 {
		w.wrap("", "   ", "   ", "The same lines, addresses, arguments and line numbers of the standard library left out.")
	}
	w.lines("-", red, c.Traceback.Removed)
	w.lines("+", cyan, c.Traceback.Added)
	if c.Varies != "" {
		w.notes([]string{"two runs of one build may differ: " + c.Varies})
	}
	_, err := io.WriteString(out, w.String())
	return err
}

func (w *writer) both(a, b string) {
	for _, side := range []struct{ sign, style, text string }{{"-", red, a}, {"+", cyan, b}} {
		for _, l := range strings.Split(side.text, "\n") {
			if l == "" {
				l = "(nothing)"
			}
			w.code(side.style, "   "+side.sign+" ", "     ", strings.ReplaceAll(l, "\t", "    "))
		}
	}
}

const maxDiff = 24

func (w *writer) lines(sign, style string, lines []string) {
	for i, l := range lines {
		if i == maxDiff {
			w.WriteString(w.paint(dim, fmt.Sprintf("     ... %s", plural(len(lines)-i, "more line"))) + "\n")
			return
		}
		w.code(style, "   "+sign+" ", "     ", strings.ReplaceAll(l, "\t", "    "))
	}
}

func (w *writer) comparePath(c *Comparison) {
	w.heading(2, "The path through the runtime")
	if len(c.Path) == 0 {
		w.wrap("", "   ", "   ", "There is none on either side.")
		return
	}
	same := 0
	for i := range c.Path {
		f := &c.Path[i]
		switch f.Status {
		case "added":
			w.funcLine("+", cyan, f.Func, f.B, existsWord(f, "was there before, and not on this path", "did not exist before"))
		case "removed":
			w.funcLine("-", red, f.Func, f.A, existsWord(f, "still exists, and is no longer on this path", "exists no longer"))
		default:
			if !f.Changed() && f.Status == "same" && f.Compared {
				same++
				continue
			}
			what := ""
			if f.Status == "moved" {
				what = "moved; "
			}
			switch {
			case !f.Compared:
				what += "its source was not found on both sides"
			case f.Changed():
				what += fmt.Sprintf("source changed: +%d -%d lines", f.Added, f.Removed)
			default:
				what += "source the same"
			}
			w.funcLine("~", yellow, f.Func, f.A+" -> "+short2(f), what)
		}
	}
	if same > 0 {
		w.wrap(dim, "   ", "   ", fmt.Sprintf("%s with the same source (comments and layout left out).", plural(same, "function")))
	}
}

// short2 is the second position, without the file when it is the same one.
func short2(f *FuncChange) string {
	if f.Status == "moved" {
		return f.B
	}
	return path.Base(f.B)
}

func existsWord(f *FuncChange, yes, no string) string {
	if f.Elsewhere {
		return yes
	}
	return no
}

func (w *writer) funcLine(sign, style, fn, where, what string) {
	w.WriteString("   " + w.paint(style, sign) + " " + w.paint(style, textview.Escape(fn)) + "\n")
	w.wrap(dim, "       ", "       ", where)
	w.wrap("", "       ", "       ", what)
}
