package postmortem

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/cmd/backstop/internal/postmortem/locals"
	"github.com/backstop-go/backstop/cmd/backstop/internal/textview"
)

// How much of a core is shown unless all is asked for.
const (
	shownThreads = 8
	shownQueue   = 12
	shownFields  = 16
	shownDepth   = 4
)

// WriteCore shows a core to a person: the crash as a traceback would be shown, and
// what the core has beyond it. Nothing that the program says reaches the terminal
// unescaped.
func WriteCore(w io.Writer, a *Autopsy, opts textview.Options) error {
	p := page{opts: opts, s: a.snapshot, report: a.Report}
	if p.s == nil {
		p.s = new(Snapshot)
	}
	d := &a.Details
	switch {
	case d.Alive:
		p.line("%s", p.bold("nothing had ended this program: a debugger wrote the core"))
		p.findings()
		p.goroutines()
	case d.CauseMissing:
		why := "why this program ended cannot be read"
		if d.Cut {
			why = "the core was cut off: why this program ended is not in what is left of it"
		}
		p.line("%s", p.bold(why))
		if g := a.Report.CrashGoroutine(); g != nil {
			p.title("the goroutine that crashed")
			p.goroutine(g.ID)
		}
		p.goroutines()
	default:
		if err := textview.Write(&p, a.Report, opts); err != nil {
			return err //nolint:wrapcheck // of the buffer
		}
	}
	p.coreProcess(d)
	p.coreValue(d.Value)
	p.coreLocals(d.Frames)
	p.requests()
	if d.RuntimeFault || opts.All {
		p.coreScheduler(d.Scheduler)
	}
	p.coreThreads(d)
	for i, text := range d.Problems {
		if i == 0 {
			p.line("")
		}
		p.line("  %s", p.paint("33", textview.Escape(text)))
	}
	if p.err != nil {
		return p.err
	}
	_, err := w.Write(p.Bytes())
	return err //nolint:wrapcheck // of the caller's writer
}

func (p *page) coreProcess(d *CoreDetails) {
	p.title("core")
	name := d.Process.Name
	if name == "" {
		name = base(d.Executable)
	}
	text := fmt.Sprintf("%s, process %d of user %d", textview.Escape(name), d.Process.PID, d.Process.UID)
	if d.Process.Command != "" {
		text += p.dim("  " + textview.Escape(d.Process.Command))
	}
	p.line("    %s", text)
	p.line("    executable %s  %s", textview.Escape(d.Executable), p.dim(textview.Escape(p.report.GoVersion)))
	if s := d.Signal; s != nil {
		text := fmt.Sprintf("signal %s, code %d", s.Name, s.Code)
		if s.Self {
			text = "signal " + s.Name + ", which the program sent to itself"
		}
		if s.Addr != "" {
			text += ", address " + s.Addr
		}
		if s.Sender != 0 {
			text += fmt.Sprintf(", sent by process %d of user %d", s.Sender, s.UID)
		}
		p.line("    %s", text)
	}
}

// coreValue shows the value of a panic when it has more to tell than its text.
func (p *page) coreValue(v *goproc.Value) {
	if v == nil || len(v.Fields) == 0 {
		return
	}
	p.title("value of the panic")
	p.line("    %s", textview.Escape(v.Type))
	p.coreFields(v.Fields, 1)
}

func (p *page) coreFields(fields []goproc.Field, depth int) {
	indent := strings.Repeat("  ", depth)
	for i := range fields {
		if i == shownFields && !p.opts.All {
			p.line("    %s%s", indent, p.dim(fmt.Sprintf("... %d more (-all shows them)", len(fields)-i)))
			return
		}
		f := &fields[i]
		p.line("    %s%s %s  %s", indent, textview.Escape(f.Name), textview.Escape(f.Value.Text), p.dim(textview.Escape(f.Value.Type)))
		if depth < shownDepth {
			p.coreFields(f.Value.Fields, depth+1)
		}
	}
}

func (p *page) coreLocals(frames []locals.Frame) {
	if len(frames) == 0 {
		return
	}
	p.title("variables")
	for i := range frames {
		f := &frames[i]
		p.line("    %s  %s", p.bold(textview.Escape(f.Func)), p.dim(fmt.Sprintf("%s:%d", textview.Escape(f.File), f.Line)))
		for _, list := range [][]locals.Variable{f.Args, f.Vars} {
			for j := range list {
				v := &list[j]
				value := textview.Escape(v.Value)
				if v.Error != "" {
					value = p.dim("(" + textview.Escape(v.Error) + ")")
				}
				p.line("        %s = %s  %s", textview.Escape(v.Name), value, p.dim(textview.Escape(v.Type)))
			}
		}
		if f.Problem != "" {
			p.line("        %s", p.dim("("+textview.Escape(f.Problem)+")"))
		}
	}
}

// coreScheduler shows what matters when the runtime failed.
func (p *page) coreScheduler(s *Scheduler) {
	if s == nil {
		return
	}
	p.title("scheduler")
	text := fmt.Sprintf("%s in the shared queue", countOf(s.Runnable)) + p.queue(s.Queue)
	if s.Locked {
		text += "; its lock is held"
	}
	if s.StopTheWorld {
		text += "; the world is being stopped"
	}
	p.line("    %s", text)
	for i := range s.Processors {
		o := &s.Processors[i]
		text := fmt.Sprintf("P%d %s", o.ID, o.Status)
		if o.Thread != nil {
			text += fmt.Sprintf(" on M%d", *o.Thread)
		}
		if o.Runnable > 0 {
			text += fmt.Sprintf(", %s in its queue", countOf(o.Runnable)) + p.queue(o.Queue)
		}
		p.line("    %s", text)
	}
	for i := range s.Threads {
		if i == 4*shownThreads && !p.opts.All {
			p.line("    %s", p.dim(fmt.Sprintf("... %d more threads (-all shows them)", len(s.Threads)-i)))
			break
		}
		p.line("    %s", schedulerThread(&s.Threads[i]))
	}
}

func countOf(n int) string {
	if n == 1 {
		return "1 goroutine"
	}
	return fmt.Sprintf("%d goroutines", n)
}

func schedulerThread(t *Thread) string {
	text := fmt.Sprintf("M%d thread %d", t.ID, t.TID)
	if t.Goroutine != 0 {
		text += fmt.Sprintf(", goroutine %d", t.Goroutine)
	}
	if t.LockedTo != 0 {
		text += fmt.Sprintf(", locked to goroutine %d", t.LockedTo)
	}
	if t.Locks != 0 {
		text += fmt.Sprintf(", holds %d locks", t.Locks)
	}
	for _, mark := range []struct {
		set  bool
		text string
	}{
		{t.Throwing != "", "throwing (" + t.Throwing + ")"},
		{t.Dying, "dying"},
		{t.Allocating, "in the allocator"},
		{t.PreemptOff != "", "not to be preempted: " + textview.Escape(t.PreemptOff)},
		{t.Spinning, "looks for work"},
		{t.Blocked, "asleep"},
		{t.InC, "in C"},
	} {
		if mark.set {
			text += ", " + mark.text
		}
	}
	return text
}

// queue names the goroutines of a queue.
func (p *page) queue(ids []int64) string {
	if len(ids) == 0 {
		return ""
	}
	var parts []string
	for i, id := range ids {
		if i == shownQueue && !p.opts.All {
			parts = append(parts, "...")
			break
		}
		parts = append(parts, fmt.Sprint(id))
	}
	return p.dim(" (" + strings.Join(parts, " ") + ")")
}

// coreThreads shows threads in C, whose state is in no goroutine; all threads when
// all is asked for.
func (p *page) coreThreads(d *CoreDetails) {
	shown := 0
	for i := range d.Threads {
		t := &d.Threads[i]
		if t.Doing != "c" && !p.opts.All {
			continue
		}
		if shown++; shown > shownThreads && !p.opts.All {
			p.line("    %s", p.dim("... more threads in C (-all shows them)"))
			return
		}
		if shown == 1 {
			p.title("threads")
		}
		p.coreThread(t)
	}
}

func (p *page) coreThread(t *CoreThread) {
	text := fmt.Sprintf("thread %d", t.TID)
	if t.Number != nil {
		text += fmt.Sprintf(" (M%d)", *t.Number)
	}
	if t.Goroutine != 0 {
		text += fmt.Sprintf(", goroutine %d", t.Goroutine)
	}
	code := t.Code
	if code == "" {
		code = "unknown code"
	}
	text += ", in " + textview.Escape(code)
	if t.Handling != "" {
		text += ", handling " + t.Handling
	}
	p.line("    %s", text)
	const perLine = 4
	for i := 0; i < len(t.Registers); i += perLine {
		var parts []string
		for _, r := range t.Registers[i:min(i+perLine, len(t.Registers))] {
			parts = append(parts, fmt.Sprintf("%-6s %-18s", r.Name, r.Value))
		}
		p.line("        %s", p.dim(strings.TrimRight(strings.Join(parts, " "), " ")))
	}
}

// MarshalJSON writes the report as `backstop parse` does, with one more field:
// "core".
func (a *Autopsy) MarshalJSON() ([]byte, error) {
	report, err := json.Marshal(a.Report)
	if err != nil {
		return nil, fmt.Errorf("encode report: %w", err)
	}
	core, err := json.Marshal(a.Details)
	if err != nil {
		return nil, fmt.Errorf("encode core: %w", err)
	}
	if len(report) < 2 || report[len(report)-1] != '}' {
		return nil, fmt.Errorf("encode report: it is no object")
	}
	out := append(report[:len(report)-1:len(report)-1], `,"core":`...)
	return append(append(out, core...), '}'), nil
}

// ReadLocals adds the variables of frames of a goroutine, that which crashed when
// id is 0. They are read from the debug information of the executable.
func (a *Autopsy) ReadLocals(c *Core, id int64, o locals.Options) error {
	if id == 0 {
		g := a.Report.CrashGoroutine()
		if g == nil {
			return coreError("name one: -goroutine N", "no goroutine crashed")
		}
		id = g.ID
	}
	o.Goroutine, o.Raw = id, c.options.Raw
	path := c.Path
	if c.options.Unpacked != nil {
		path = c.options.Unpacked.Path()
	}
	in, err := locals.Open(path, c.Executable)
	if err != nil {
		return err //nolint:wrapcheck // it says which file
	}
	defer in.Close() //nolint:errcheck // it was only read
	a.Details.Frames, err = in.Frames(o)
	return err //nolint:wrapcheck // it says which goroutine
}
