// Package htmlview shows crashes as pages: it holds the look of all of them,
// the collector's too, and writes crashes as one file that needs nothing else.
// Start with [Write]; [Parts] is for those who make pages of their own.
//
// Crash text is written by whoever crashed the program, so it is hostile:
// templates escape it, a strict content security policy stands behind them, and
// characters that a browser would not show are made visible.
package htmlview

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/backstop-go/backstop/crash"

	"github.com/backstop-go/backstop/cmd/backstop/internal/outline"
	"github.com/backstop-go/backstop/cmd/backstop/internal/source"
)

// Options say how to make a page. The zero value works.
type Options struct {
	// Source returns the lines around a frame, nil when they are not at hand.
	// Default: none are shown.
	Source func(f *crash.Frame, around int) *source.Excerpt

	// From names where the crashes were found: files, or standard input.
	// Default: not said.
	From []string

	// Left counts crashes that were found and are not shown.
	Left int

	// Version of Backstop is shown at the foot. Default: not shown.
	Version string
}

// A Crash is one crash of a page.
type Crash struct {
	Report *crash.Report
	From   string // the input it was found in; empty when all are from one
}

// Write writes one page that shows crashes. It holds its style itself, loads
// nothing and runs nothing: it can be mailed, kept and opened anywhere.
func Write(w io.Writer, crashes []Crash, o Options) error {
	p := page{From: o.From, Left: o.Left, Version: o.Version, Style: template.CSS(Style()), Policy: policy(), Icon: icon(), Logo: template.HTML(Logo())}
	for i, c := range crashes {
		p.Crashes = append(p.Crashes, newEntry(i+1, c, &o))
	}
	p.Title = "No crash"
	switch len(p.Crashes) {
	case 0:
	case 1:
		p.Title = p.Crashes[0].Headline
	default:
		p.Title = Plural(len(p.Crashes), "crash")
		p.Title = strings.TrimSuffix(p.Title, "s") + "es"
	}
	return pages.ExecuteTemplate(w, "page.html", p)
}

var pages = template.Must(Parts("page.html", nil).ParseFS(files, "templates/page.html", "templates/crash.html"))

// policy allows what the page brings along and nothing else: its one style
// sheet, known by its hash, and the icon.
func policy() string {
	sum := sha256.Sum256(Style())
	return fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; img-src data:; base-uri 'none'; form-action 'none'",
		base64.StdEncoding.EncodeToString(sum[:]))
}

func icon() template.URL {
	return template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(Logo()))
}

type page struct {
	Title   string
	Policy  string
	Style   template.CSS
	Icon    template.URL
	Logo    template.HTML
	From    []string
	Left    int
	Version string
	Crashes []entry
}

// An entry is one crash as the page shows it. Its texts are crash text.
type entry struct {
	Number   int
	From     string
	Info     crash.Info
	Headline string
	Report   *crash.Report
	Prefix   string // what the runtime prints before the message
	Fate     string
	Verdict  outline.Verdict
	Focus    *crash.Frame

	Threads    []thread
	Runtime    *Stack
	Goroutines Goroutines

	Panics   []crash.Panic
	Facts    []fact
	Problems []string
}

type thread struct {
	Name   string
	Labels []fact
	Stack  Stack
}

// A fact is a line of a list.
type fact struct {
	Name, Value string
	Code        bool
}

func newEntry(number int, c Crash, o *Options) entry {
	r := c.Report
	out := outline.New(r, outline.Options{Source: o.Source, Frames: maxFrames})
	e := entry{
		Number: number, From: c.From, Info: out.Info, Report: r, Verdict: out.Verdict,
		Prefix: MessagePrefix(r.Kind), Fate: fate(r), Goroutines: NewGoroutines(&out.Others),
		Panics: r.Panics[:min(len(r.Panics), maxPanics)], Focus: r.Origin(),
	}
	e.Headline = Headline(out.Info.Title, e.Focus)
	for i := range out.Threads {
		t := &out.Threads[i]
		e.Threads = append(e.Threads, thread{Name: ThreadName(t, r.Kind), Labels: labels(t.Goroutine), Stack: NewStack(t)})
	}
	if out.Runtime != nil {
		e.Runtime = &Stack{Stack: *out.Runtime}
	}
	e.Facts = facts(r)
	e.Problems = Problems(r)
	return e
}

const (
	maxPanics   = 20 // links of a chain of panics
	maxLabels   = 32 // profiler labels of a goroutine
	maxProblems = 10 // sorts of problems
)

// Headline joins what happened and where: "Write to a nil map in cart.(*Cart).Add".
func Headline(title string, focus *crash.Frame) string {
	title = Sentence(title)
	if focus == nil {
		return title
	}
	return title + " in " + ShortFunc(outline.SplitFunc(focus.Func).Base)
}

// MessagePrefix is what the runtime prints before the message of a kind.
func MessagePrefix(k crash.Kind) string {
	switch k {
	case crash.KindPanic:
		return "panic: "
	case crash.KindFatal:
		return "fatal error: "
	}
	return ""
}

// fate says what became of the process, as far as a traceback tells.
func fate(r *crash.Report) string {
	switch {
	case r.Recovered:
		return "The process went on"
	case r.Kind == crash.KindRace:
		return "The process went on, with memory that may be wrong"
	case r.Kind == crash.KindFragment:
		return "What came of it is not said"
	}
	return "The process died"
}

// ThreadName says what a stack is that crashed.
func ThreadName(t *outline.Thread, k crash.Kind) string {
	if t.Goroutine == nil {
		return t.Name
	}
	if k == crash.KindRace {
		return fmt.Sprintf("%s by goroutine %d", Plain(80, t.Goroutine.State), t.Goroutine.ID)
	}
	return goroutineName(t.Goroutine)
}

// goroutineName says which goroutine it is and what it was doing.
func goroutineName(g *crash.Goroutine) string {
	var parts []string
	if g.ID != 0 {
		parts = append(parts, fmt.Sprintf("goroutine %d", g.ID))
	}
	if g.State != "" {
		parts = append(parts, Plain(80, g.State))
	}
	if g.WaitMinutes > 0 {
		parts = append(parts, fmt.Sprintf("for %d min", g.WaitMinutes))
	}
	if g.LockedToThread {
		parts = append(parts, "locked to its thread")
	}
	if g.Leaked {
		parts = append(parts, "leaked")
	}
	if g.Bubble != 0 {
		parts = append(parts, fmt.Sprintf("in synctest bubble %d", g.Bubble))
	}
	return strings.Join(parts, ", ")
}

func labels(g *crash.Goroutine) []fact {
	if g == nil {
		return nil
	}
	var out []fact
	for k, v := range g.Labels {
		out = append(out, fact{Name: k, Value: v})
	}
	slices.SortFunc(out, func(a, b fact) int { return strings.Compare(a.Name, b.Name) })
	return out[:min(len(out), maxLabels)]
}

func facts(r *crash.Report) []fact {
	var out []fact
	add := func(name, value string, code bool) {
		if value != "" {
			out = append(out, fact{name, Plain(MaxName, value), code})
		}
	}
	add("Signal", SignalText(r.Signal), true)
	add("Go", r.GoVersion, true)
	if r.GoroutineCount > 0 && r.Kind != crash.KindRace {
		add("Goroutines", Count(r.GoroutineCount), false)
	}
	add("Issue", r.Fingerprints.Tolerant, true)
	return out
}

// SignalText says what is known of a signal; "" when there was none.
func SignalText(s crash.Signal) string {
	text := strings.TrimSpace(s.Name + " " + s.Code)
	if s.Addr != "" {
		text += ", address " + s.Addr
	}
	if s.InCgo {
		text += ", in C code"
	}
	return text
}

// Problems says in what way a report is incomplete.
func Problems(r *crash.Report) []string {
	var out []string
	if r.Truncated {
		out = append(out, "the traceback was cut; frames or goroutines are missing.")
	}
	for i, p := range r.Problems {
		if i == maxProblems {
			out = append(out, fmt.Sprintf("and %s of other sorts.", Plural(len(r.Problems)-i, "problem")))
			break
		}
		s := Plain(60, strings.ReplaceAll(p.Code, "_", " "))
		if p.Count > 1 {
			s += fmt.Sprintf(", %s times", Count(p.Count))
		}
		if p.Line > 0 {
			s += fmt.Sprintf(", first on line %d", p.Line)
		}
		if p.Text != "" {
			s += ": " + Plain(200, p.Text)
		}
		out = append(out, s)
	}
	return out
}
