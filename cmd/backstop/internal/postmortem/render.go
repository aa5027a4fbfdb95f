package postmortem

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"

	"github.com/backstop-go/backstop/crash"

	"github.com/backstop-go/backstop/cmd/backstop/internal/outline"
	"github.com/backstop-go/backstop/cmd/backstop/internal/textview"
)

// How much is shown of what can be endless.
const (
	shownRequests = 20
	shownRunning  = 5
	shownFindings = 10
	shownWaits    = 5
)

// WriteText shows a snapshot to a person: what the process is, what is
// suspicious, what runs, the requests in flight, and the goroutines folded by
// stack. Nothing that the program says reaches the terminal unescaped.
func WriteText(w io.Writer, s *Snapshot, opts textview.Options) error {
	p := page{opts: opts, s: s, report: s.Report()}
	p.head()
	p.findings()
	p.running()
	p.requests()
	p.goroutines()
	p.waits()
	p.problems()
	if p.err != nil {
		return p.err
	}
	_, err := w.Write(p.Bytes())
	return err
}

// WriteGoroutine shows one goroutine, with its stack and who started it.
func WriteGoroutine(w io.Writer, s *Snapshot, id int64, opts textview.Options) error {
	r := s.Report()
	i := slices.IndexFunc(r.Goroutines, func(g crash.Goroutine) bool { return g.ID == id })
	if i < 0 {
		return fmt.Errorf("there is no goroutine %d", id)
	}
	return textview.Goroutine(w, r, i, opts)
}

type page struct {
	bytes.Buffer
	opts   textview.Options
	s      *Snapshot
	report *crash.Report
	byID   map[int64]*Goroutine // made by find
	err    error                // the first one
}

func (p *page) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// title begins a section.
func (p *page) title(format string, args ...any) {
	p.line("")
	p.line("  %s", p.bold(fmt.Sprintf(format, args...)))
}

func (p *page) bold(s string) string { return p.paint("1", s) }
func (p *page) dim(s string) string  { return p.paint("2", s) }

func (p *page) paint(style, s string) string {
	if !p.opts.Color || s == "" {
		return s
	}
	return "\x1b[" + style + "m" + s + "\x1b[0m"
}

func (p *page) head() {
	s := p.s
	name := base(s.Executable)
	if name == "" {
		name = "a Go program"
	}
	details := s.GoVersion
	if s.Stripped {
		details += ", stripped"
	}
	p.line("%s  %s", p.bold(fmt.Sprintf("snapshot of %s, process %d", textview.Escape(name), s.Process.PID)), p.dim(textview.Escape(details)))
	if s.Module != "" {
		about := "  " + textview.Escape(s.Module)
		if s.Revision != "" {
			about += " at " + textview.Escape(s.Revision)
		}
		p.line("%s", about)
	}
	held := "  stopped for " + rough(s.Stopped)
	switch {
	case s.Dying != "":
		held += "; frozen by backstop trace as it died of " + textview.Escape(s.Dying)
	case s.Frozen:
		held += "; it was stopped before, and still is"
	}
	p.line("%s", held)
	p.title("%s", p.counts())
	p.memory()
	p.scheduler()
}

// counts says how many goroutines do what.
func (p *page) counts() string {
	states, system := make(map[string]int), 0
	for i := range p.s.Goroutines {
		if g := &p.s.Goroutines[i]; g.System {
			system++
		} else {
			states[g.State]++
		}
	}
	names := make([]string, 0, len(states))
	for name := range states {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool {
		a, b := names[i], names[j]
		return cmp.Or(cmp.Compare(states[b], states[a]), strings.Compare(a, b)) < 0
	})
	total := len(p.s.Goroutines) - system
	text := fmt.Sprintf("%d goroutines", total)
	if total == 1 {
		text = "1 goroutine"
	}
	for i, name := range names {
		if i == 8 {
			text += fmt.Sprintf(", and %d other states", len(names)-i)
			break
		}
		sep := ", "
		if i == 0 {
			sep = ": "
		}
		text += fmt.Sprintf("%s%d %s", sep, states[name], textview.Escape(name))
	}
	return text + fmt.Sprintf("; %d more of the runtime itself", system)
}

func (p *page) memory() {
	m := p.s.Memory
	if m == nil {
		return
	}
	text := size(m.Resident) + " resident"
	if m.Limit > 0 {
		text += " of " + size(m.Limit)
	}
	if m.Swapped > 0 {
		text += ", " + size(m.Swapped) + " swapped out"
	}
	text += ", " + size(m.Stacks) + " of stacks"
	if m.Collecting {
		text += ", the collector is at work"
	}
	p.line("    memory: %s", text)
}

func (p *page) scheduler() {
	c := p.s.Scheduler
	if c == nil {
		return
	}
	status, ready := make(map[string]int), c.Runnable
	for _, o := range c.Processors {
		status[o.Status]++
		ready += o.Runnable
	}
	inC := 0
	for _, t := range c.Threads {
		if t.InC {
			inC++
		}
	}
	text := fmt.Sprintf("%d processors", len(c.Processors))
	for _, name := range []string{"running", "syscall", "idle", "gcstop"} {
		if status[name] > 0 {
			text += fmt.Sprintf(", %d %s", status[name], name)
		}
	}
	text += fmt.Sprintf("; %d threads", len(c.Threads))
	if inC > 0 {
		text += fmt.Sprintf(", %d in C", inC)
	}
	p.line("    scheduler: %s; %d goroutines in queues", text, ready)
}

func (p *page) findings() {
	all := p.s.Findings()
	if len(all) == 0 {
		return
	}
	p.title("suspicious")
	for i, f := range all {
		if i == shownFindings && !p.opts.All {
			p.line("    %s", p.dim(fmt.Sprintf("... %d more (-all shows them)", len(all)-i)))
			break
		}
		p.line("    %s", p.paint("33", textview.Escape(f.Text)))
		if len(f.Goroutines) > 0 {
			p.goroutine(f.Goroutines[0])
		}
	}
}

// running shows what runs at the moment: in a program that hangs at full load,
// that is where.
func (p *page) running() {
	var all []*Goroutine
	for i := range p.s.Goroutines {
		if g := &p.s.Goroutines[i]; !g.System && g.State == "running" {
			all = append(all, g)
		}
	}
	if len(all) == 0 {
		return
	}
	p.title("running")
	for i, g := range all {
		if i == shownRunning && !p.opts.All {
			p.line("    %s", p.dim(fmt.Sprintf("... %d more (-all shows them)", len(all)-i)))
			break
		}
		p.goroutine(g.ID)
	}
}

// goroutine shows one, indented.
func (p *page) goroutine(id int64) {
	i := slices.IndexFunc(p.report.Goroutines, func(g crash.Goroutine) bool { return g.ID == id })
	if i < 0 {
		return
	}
	var text bytes.Buffer
	opts := p.opts
	if opts.Width > 4 {
		opts.Width -= 4
	}
	if err := textview.Goroutine(&text, p.report, i, opts); err != nil && p.err == nil {
		p.err = err
	}
	for line := range strings.Lines(text.String()) {
		p.WriteString("    " + line)
	}
	if g := p.find(id); g != nil && g.Stack != nil && g.Stack.Why != "" {
		p.line("          %s", p.paint("33", "the stack ends here: "+textview.Escape(g.Stack.Why)))
	}
}

func (p *page) find(id int64) *Goroutine {
	if p.byID == nil {
		p.byID = make(map[int64]*Goroutine, len(p.s.Goroutines))
		for i := range p.s.Goroutines {
			p.byID[p.s.Goroutines[i].ID] = &p.s.Goroutines[i]
		}
	}
	return p.byID[id]
}

func (p *page) goroutines() {
	if len(p.report.Goroutines) == 0 {
		return
	}
	p.title("goroutines by stack")
	if err := textview.Goroutines(p, p.report, p.opts); err != nil && p.err == nil {
		p.err = err
	}
}

// waits shows the longest waits of goroutines that wait for others.
func (p *page) waits() {
	var all []*Goroutine
	for i := range p.s.Goroutines {
		if g := &p.s.Goroutines[i]; !g.System && g.Wait >= longWait && forOthers(g.State) {
			all = append(all, g)
		}
	}
	if len(all) == 0 {
		return
	}
	slices.SortStableFunc(all, func(a, b *Goroutine) int { return cmp.Compare(b.Wait, a.Wait) })
	p.title("the longest waits")
	for _, g := range all[:min(len(all), shownWaits)] {
		text := fmt.Sprintf("goroutine %d [%s] for %s", g.ID, textview.Escape(g.State), rough(g.Wait))
		if g.Stack != nil {
			if f := outline.Purpose(g.Stack.shown(false)); f != nil {
				text += fmt.Sprintf("  %s  %s:%d", textview.Escape(f.Func), textview.Escape(f.File), f.Line)
			}
		}
		p.line("    %s", text)
	}
}

func (p *page) problems() {
	if len(p.s.Problems) == 0 {
		return
	}
	p.line("")
	for _, text := range p.s.Problems {
		p.line("  %s", p.paint("33", textview.Escape(text)))
	}
}
