package demo

import (
	"fmt"
	"io"
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

// A table is the view for people: two lines a row, made for 80 columns. With
// 100 the links are whole; with fewer than 80, texts are cut and nothing moves.
type table struct {
	w      io.Writer
	colour bool
	width  int
	base   string // of links
	clear  func() // takes a progress line away
	stay   bool   // the pages stay up after the summary
	headed bool
}

// Widths of the columns, and of the table. Both lines of a row begin with the
// same one.
const (
	whatWidth    = 36 // what went wrong; below it, the request and how the process ended
	classWidth   = 29
	visibleWidth = 7
	seenWidth    = 18
	traceWidth   = 8

	fullWidth = 100
)

func newTable(w io.Writer, colour bool, width int, clear func()) *table {
	if width <= 0 || width > fullWidth {
		width = fullWidth
	}
	return &table{w: w, colour: colour, width: width, clear: clear}
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
		fmt.Fprintln(t.w, "  "+t.paint(dim, t.cut(upper("what went wrong", "class", "visible"))))
		fmt.Fprintln(t.w, "  "+t.paint(dim, t.cut(lower("request", "seen by", "trace", "issue"))))
		fmt.Fprintln(t.w)
	}
	fmt.Fprintln(t.w, t.paint(bold, fit(title, min(len(title), t.width))))
}

// upper and lower lay out the two lines of a row.
func upper(what, class, visible string) string {
	return fit(what, whatWidth) + " " + fit(class, classWidth) + " " + right(visible, visibleWidth)
}

func lower(request, seenBy, trace, issue string) string {
	return fit(request, whatWidth) + " " + fit(seenBy, seenWidth) + " " + fit(trace, traceWidth) + " " + issue
}

// cut makes a line fit behind the mark.
func (t *table) cut(line string) string {
	return strings.TrimRight(fit(line, t.width-2), " ")
}

// row prints what it was, and for which request it can be read up where. Of
// several times it shows the last, or the first that went wrong.
func (t *table) row(times []verdict) {
	t.clear()
	v := &times[len(times)-1]
	for i := range times {
		if !times[i].ok() {
			v = &times[i]
			break
		}
	}
	title := v.shot.step.title
	if len(times) > 1 {
		title += fmt.Sprintf(", %d users", len(times))
	}
	first, second := upper(title, "-", "-"), lower(v.shot.request(), "nobody", "-", "")
	switch {
	case len(v.found) > 0:
		s := v.found[0]
		first = upper(title, clean(string(s.class)), short(s.delay(v.shot)))
		second = lower(v.shot.request(), observerNames(s.observers), traceOf(s), t.link(s.issue))
	case v.shot.step.quiet != "":
		first, second = fit(title, whatWidth)+" "+v.shot.step.quiet, v.shot.request()
	}
	mark := t.paint(green, "+")
	if !v.ok() {
		mark = t.paint(red, "!")
	}
	fmt.Fprintf(t.w, "%s %s\n", mark, t.cut(first))
	fmt.Fprintf(t.w, "  %s\n", t.paint(dim, t.cut(second)))
	for _, why := range v.wrong {
		for _, l := range wrap(strings.Fields("not as declared: "+why), t.width-4) {
			fmt.Fprintln(t.w, "    "+t.paint(red, l))
		}
	}
}

// link is the page of an issue, whole where there is room for it.
func (t *table) link(issue int64) string {
	path := fmt.Sprintf("/issues/%d", issue)
	before := 2 + len(lower("", "", "", ""))
	if before+len(t.base)+len(path) <= t.width {
		return t.base + path
	}
	return path
}

// traceOf is the start of the trace id as the event has it, so that a request
// that the event does not know is not shown as if it did.
func traceOf(s *sighting) string {
	if s.trace == "" {
		return "-"
	}
	return clean(s.trace[:min(traceWidth, len(s.trace))])
}

// request is what a shot was made with and, if the process died of it, how.
func (sh *shot) request() string {
	what := ""
	switch sh.step.how {
	case byKill:
		what = fmt.Sprintf("kill -9 %d", sh.pid)
	case byWorker:
		what = "worker -batch 9"
	default:
		path, _, _ := strings.Cut(sh.step.call.path, "?")
		what = sh.step.call.method + " " + path
	}
	if sh.exit != "" {
		what += " -> " + sh.exit
	}
	return what
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
		look := "Look around at " + t.base + "; Ctrl-C ends the demo and removes everything."
		for _, l := range wrap(strings.Fields(look), t.width) {
			fmt.Fprintln(t.w, strings.ReplaceAll(l, t.base, t.paint(cyan, t.base)))
		}
	}
}
