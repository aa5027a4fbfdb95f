package demo

import (
	"fmt"
	"io"
	"net/url"
	"strings"
)

// A renderer prints the run as it goes.
type renderer interface {
	start(baseURL string)
	section(title string)
	note(text string)
	row(times []verdict)
	summary(s *summary)
}

// A table is the view for people. It needs two lines a row and fits into 100
// columns; in fewer, texts are cut and nothing is moved.
type table struct {
	w       io.Writer
	colour  bool
	width   int
	base    string // of links
	clear   func() // takes a progress line away
	stay    bool   // the pages stay up after the summary
	headed  bool
	columns [4]int
}

const fullWidth = 100

func newTable(w io.Writer, colour bool, width int, clear func()) *table {
	if width <= 0 || width > fullWidth {
		width = fullWidth
	}
	t := &table{w: w, colour: colour, width: width, clear: clear}
	// What happened gets what the others leave: two of indent, class, seen by,
	// time, and a space after each.
	t.columns = [4]int{max(width-2-28-19-8-3, 12), 28, 19, 8}
	return t
}

// The few colours in use. None carries meaning that the words do not.
const (
	dim   = "\x1b[2m"
	bold  = "\x1b[1m"
	green = "\x1b[32m"
	red   = "\x1b[31m"
	cyan  = "\x1b[36m"
	reset = "\x1b[0m"
)

func (t *table) paint(code, s string) string {
	if !t.colour || s == "" {
		return s
	}
	return code + s + reset
}

func (t *table) start(base string) {
	t.base = base
	t.clear()
	fmt.Fprintln(t.w)
	for _, l := range wrap(strings.Fields("Backstop demo: a web shop with the bugs that real teams ship, crashing for you"), t.width) {
		fmt.Fprintln(t.w, t.paint(bold, l))
	}
	fmt.Fprintln(t.w)
	fmt.Fprintf(t.w, "  web pages   %s\n", t.paint(cyan, base))
}

func (t *table) note(text string) {
	t.clear()
	fmt.Fprintf(t.w, "  %s\n", fit(text, min(len(text), t.width-2)))
}

func (t *table) section(title string) {
	t.clear()
	fmt.Fprintln(t.w)
	if !t.headed {
		t.headed = true
		fmt.Fprintln(t.w, "  "+t.paint(dim, t.line("WHAT WENT WRONG", "CLASS", "SEEN BY", "VISIBLE")))
	}
	fmt.Fprintln(t.w, t.paint(bold, title))
}

func (t *table) line(cells ...string) string {
	last := len(t.columns) - 1
	var b strings.Builder
	for i, c := range cells {
		if i == last {
			b.WriteString(right(c, t.columns[i]))
			break
		}
		b.WriteString(fit(c, t.columns[i]) + " ")
	}
	return strings.TrimRight(b.String(), " ")
}

// row prints two lines: what it was, and for which request it can be read up
// where. Of several times it shows the last, or the first that went wrong.
func (t *table) row(times []verdict) {
	t.clear()
	v := &times[len(times)-1]
	for i := range times {
		if !times[i].ok() {
			v = &times[i]
			break
		}
	}
	st := v.shot.step
	title := st.title
	if len(times) > 1 {
		title += fmt.Sprintf(", %d users", len(times))
	}
	class, seenBy, visible := "-", "-", "-"
	var detail []string
	if len(v.found) > 0 {
		s := v.found[0]
		class, seenBy, visible = clean(string(s.class)), observerNames(s.observers), short(s.delay(v.shot))
		detail = append(detail, fmt.Sprintf("%s/issues/%d", t.base, s.issue))
	}
	first := t.line(title, class, seenBy, visible)
	if st.quiet != "" && len(v.found) == 0 {
		first = fit(title, t.columns[0]) + " " + st.quiet
	}
	if v.shot.trace != "" && len(v.found) > 0 {
		detail = append(detail, "trace "+traceOf(v))
	}
	if v.shot.exit != "" {
		detail = append(detail, v.shot.exit)
	}
	second := fit(v.shot.request(), t.columns[0]) + " " + strings.Join(detail, "  ")
	t.printRow(first, second, v.ok())
	for _, why := range v.wrong {
		fmt.Fprintln(t.w, t.paint(red, "    not as declared: "+why))
	}
}

func (t *table) printRow(first, second string, ok bool) {
	first, second = strings.TrimRight(fit(first, t.width-2), " "), strings.TrimRight(fit(second, t.width-2), " ")
	mark := t.paint(green, "+")
	if !ok {
		mark = t.paint(red, "!")
	}
	fmt.Fprintf(t.w, "%s %s\n", mark, first)
	if second != "" {
		fmt.Fprintf(t.w, "  %s\n", t.paint(dim, second))
	}
}

// traceOf is the start of the trace id as the event has it, so that a request
// that the event does not know is not shown as if it did.
func traceOf(v *verdict) string {
	trace := v.found[0].trace
	if trace == "" {
		return "unknown"
	}
	return clean(trace[:min(8, len(trace))])
}

// request is the request a shot was made with, in a few words.
func (sh *shot) request() string {
	switch sh.step.how {
	case byKill:
		return fmt.Sprintf("kill -9 %d", sh.pid)
	case byWorker:
		return "worker -batch 9"
	}
	path := sh.step.call.path
	if u, err := url.Parse(path); err == nil {
		path = u.Path
	}
	return sh.step.call.method + " " + path
}

func (t *table) summary(s *summary) {
	t.clear()
	room := t.width - 19
	item := func(name string, texts ...string) {
		for _, text := range texts {
			for _, l := range wrap(strings.Fields(text), room) {
				fmt.Fprintf(t.w, "  %s %s\n", fit(name, 16), fit(l, min(len(l), room)))
				name = ""
			}
		}
	}
	classes := make([]string, len(s.classes))
	for i, c := range s.classes {
		classes[i] = clean(string(c))
	}
	fmt.Fprintf(t.w, "\n%s\n", t.paint(bold, "Summary"))
	item("triggered", fmt.Sprintf("%d crashes, and %s that must not be reported", s.crashes, plural(len(s.quiet), "thing")))
	item("delivered", fmt.Sprintf("%d of %d, %s", s.delivered, s.crashes, plural(s.duplicates, "duplicate")))
	var quiet []string
	for i := range s.quiet {
		quiet = append(quiet, fmt.Sprintf("%s: %s", s.quiet[i].shot.step.title, plural(len(s.quiet[i].found), "report")))
	}
	item("not reported", quiet...)
	item(plural(len(classes), "class"), strings.Join(classes, " "))
	item("grouped", append([]string{fmt.Sprintf("%s are %s", plural(s.events, "event"), plural(s.issues, "issue"))}, s.grouped...)...)
	item("death to visible", fmt.Sprintf("median %s, longest %s (%s)", short(s.median), short(s.longest), s.slowest),
		"from the guard's recover, the first line of the traceback, or the reaping of a process that left none, until the collector's API returned the event")
	if len(s.failures) > 0 {
		fmt.Fprintf(t.w, "\n%s\n", t.paint(red, "Not as declared"))
		item("", s.failures...)
		return
	}
	t.closing()
}

func (t *table) closing() {
	good := "Every crash arrived exactly once, with the class and the observers declared for it."
	fmt.Fprintln(t.w)
	for _, l := range wrap(strings.Fields(good), t.width) {
		fmt.Fprintln(t.w, t.paint(green, l))
	}
	if t.stay {
		fmt.Fprintf(t.w, "Look around at %s; Ctrl-C ends the demo and removes everything.\n", t.paint(cyan, t.base))
	}
}
