package trace

import (
	"slices"
	"strings"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/internal/host"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
)

// stack reads the stack of a record, as far as a traceback shows it.
func (en *Engine) stack(e *Event, r *bpf.Record) {
	frames, why := en.read.Stack(e.who, r)
	e.system = shown(en.read.System(e.who, r))
	e.Incomplete = why
	if e.Kind == Signal && e.Goroutine == 0 && scheduling(frames) {
		e.Incomplete = "the thread was in the scheduler and ran no goroutine"
	}
	if n := len(frames); n > 0 && why == "" {
		e.Entry = entryOf(frames)
	}
	if e.Kind == Panic {
		frames = belowPanic(frames)
	}
	e.Frames = frames
	if e.Kind == Vain || len(frames) > 0 && frames[0].Func == "runtime.throw" {
		// Somebody looks at the frames of the runtime first; and tracebacks show
		// them where the runtime itself is at fault (runtime/panic.go, throw).
		return
	}
	e.Frames = shown(frames)
}

// scheduling reports whether a thread looks for a goroutine to run, and waits for
// one: then it runs none, and whatever had been running on it says nothing
// (runtime/proc.go, schedule and findRunnable: what was copied of the stack may end
// there).
func scheduling(frames []Frame) bool {
	return slices.ContainsFunc(frames, func(f Frame) bool { return f.Func == "runtime.schedule" || f.Func == "runtime.findRunnable" })
}

// entryOf is the function that a goroutine began with. runtime.main calls the
// main function of the program.
func entryOf(frames []Frame) *Place {
	for i := len(frames) - 1; i >= 0; i-- {
		if f := frames[i]; f.Func != "runtime.goexit" && f.Func != "runtime.main" {
			return &Place{Func: f.Func, File: f.File, Line: f.Line, Start: f.Start}
		}
	}
	return nil
}

// belowPanic returns the calls that led to a panic, as a traceback has them below
// the line of the panic.
func belowPanic(frames []Frame) []Frame {
	for i, f := range frames {
		if f.Func == "runtime.gopanic" {
			return frames[i+1:]
		}
	}
	return frames
}

// shown leaves out what tracebacks do, and calls gopanic by its name there.
func shown(frames []Frame) []Frame {
	kept := make([]Frame, 0, len(frames))
	for _, f := range frames {
		if f.Func == "runtime.gopanic" {
			f.Func = "panic"
		} else if hidden(f.Func) {
			continue
		}
		kept = append(kept, f)
	}
	return kept
}

// value reads the value of a panic and what the runtime would print of it.
func (en *Engine) value(e *Event, r *bpf.Record) {
	v, ok := en.read.Value(e.who, r)
	if !ok {
		return
	}
	v = en.maskValue("", v)
	e.Value = &v
	if text := spoken(v); text != "" {
		e.Message = &text
	}
	if r.Text != "" {
		text := en.mask(r.Text)
		e.Message, e.Exact = &text, true
	}
}

// spoken is what is known of the text of a value: what the runtime prints, or
// else its type and fields.
func spoken(v goproc.Value) string {
	if v.Text != "" || v.Type == "" {
		return v.Text
	}
	return clip(Format(v), maxMessage)
}

// printed is the text of a panic as the runtime is about to print it: fatalpanic
// comes when methods have been called (runtime/panic.go, preprintpanics).
func (en *Engine) printed(p *process, r *bpf.Record) (string, bool) {
	if r.Text != "" {
		return en.mask(r.Text), true
	}
	v, ok := en.read.Value(p, r)
	if !ok || v.Text == "" || v.Cut {
		return "", false
	}
	return en.mask(v.Text), true
}

// origin reads who started the goroutine, and for whom it works.
func (en *Engine) origin(e *Event, r *bpf.Record) {
	if e.CreatedBy == nil && r.Goid != 1 {
		e.CreatedBy = en.read.Place(e.who, r, r.CreatedBy, false)
	}
	if e.Labels == nil {
		e.Labels = en.maskLabels(en.read.Labels(e.who, r))
		e.TraceID = traceID(e.Labels)
	}
}

func (en *Engine) place(p *process, r *bpf.Record, pc uint64) *Place {
	return en.read.Place(p, r, pc, true)
}

// done completes an event and hands it out.
func (en *Engine) done(e *Event) {
	en.identify(e)
	if e.Kind == Vain {
		e.Frames = shown(e.Frames)
	}
	en.fold.add(e)
	if en.o.NoStacks {
		e.Frames = nil
	}
	en.o.OnEvent(e)
}

// identify names what an event is, and where.
func (en *Engine) identify(e *Event) {
	if e.Kind == Vain {
		if e.App == nil {
			e.App = en.firstApp(e, belowPanic(e.Frames))
		}
		return
	}
	e.App = nil
	if e.report = reportOf(e); e.report != nil {
		r := e.report
		if r.Class == "" {
			r.Class = crash.Classify(r)
		}
		r.Fingerprints = crash.Fingerprint(r)
		e.Class, e.Fingerprints = r.Class, &r.Fingerprints
		if f := r.Origin(); f != nil {
			e.App = en.appPlace(e, f)
		}
	}
	if e.App == nil {
		e.App = en.firstApp(e, e.Frames)
	}
}

// appPlace finds the frame of a report among those of its event.
func (en *Engine) appPlace(e *Event, f *crash.Frame) *Place {
	for _, own := range e.Frames {
		if own.Func == f.Func && own.Line == f.Line && own.File == f.File {
			return en.whole(e, own)
		}
	}
	return &Place{Func: f.Func, File: f.File, Line: f.Line}
}

func (en *Engine) firstApp(e *Event, frames []Frame) *Place {
	for _, f := range frames {
		if crash.IsApp(f.Func) {
			return en.whole(e, f)
		}
	}
	return nil
}

// whole is the place of a frame, with the end of its function.
func (en *Engine) whole(e *Event, f Frame) *Place {
	p := f.Place
	if !f.Inlined && e.who != nil {
		p.End = en.read.Last(e.who, f)
	}
	return &p
}

// reportOf makes the report that package crash goes on with: nil for what is no
// crash.
func reportOf(e *Event) *crash.Report {
	r := &crash.Report{GoVersion: e.GoVersion, Crash: -1}
	if e.Message != nil {
		r.Message, r.HasMessage = *e.Message, true
	}
	switch e.Kind {
	case Panic:
		r.Kind, r.Recovered = crash.KindPanic, e.Outcome == Recovered || e.Outcome == Replaced
		for _, text := range e.Before {
			r.Panics = append(r.Panics, crash.Panic{Message: text})
		}
		r.Panics = append(r.Panics, crash.Panic{Message: r.Message, Recovered: e.Outcome == Recovered})
	case Fatal:
		r.Kind = crash.KindFatal
	case Signal:
		r.Kind = crash.KindSignal
		r.Signal.Name = e.Signal
	case Exit, Kill:
		return endReport(e, r)
	default:
		return nil
	}
	frames := crashFrames(e.Frames)
	r.RuntimeStack = crashFrames(e.system)
	if e.Goroutine == 0 {
		r.RuntimeStack = append(r.RuntimeStack, frames...)
		return r
	}
	g := crash.Goroutine{ID: int64(e.Goroutine), State: "running", Labels: e.Labels, Frames: frames}
	if c := e.CreatedBy; c != nil {
		g.CreatedBy = &crash.CreatedBy{Func: c.Func, File: c.File, Line: c.Line, Goroutine: int64(e.Parent)}
	}
	r.Goroutines, r.Crash, r.GoroutineCount = []crash.Goroutine{g}, 0, 1
	return r
}

func crashFrames(list []Frame) []crash.Frame {
	frames := make([]crash.Frame, len(list))
	for i, f := range list {
		frames[i] = crash.Frame{Func: f.Func, File: f.File, Line: f.Line, Inlined: f.Inlined}
		if f.Entry != 0 && f.PC >= f.Entry && f.PC-f.Entry < 1<<32 && !f.Inlined {
			frames[i].Offset = uint32(f.PC - f.Entry)
		}
	}
	return frames
}

// endReport is the report of an end without a traceback.
func endReport(e *Event, r *crash.Report) *crash.Report {
	x := exitOf(e.End)
	if x == nil {
		return nil
	}
	class, message := host.Death(x)
	if class == "" {
		return nil
	}
	r.Kind, r.Class = crash.KindExit, class
	if x.Signal != "" {
		r.Kind, r.Signal.Name = crash.KindKill, x.Signal
	}
	if by := who(e.End); by != "" {
		message += " " + by
	}
	r.Message, r.HasMessage = message, true
	e.Message = &message
	return r
}

// who says in a few words who ended a process; empty when nobody knows.
func who(end *End) string {
	switch {
	case end.OOM && end.By != nil:
		return "when " + end.By.String() + " asked for memory"
	case end.By != nil:
		return "from " + end.By.String()
	case end.Kernel:
		return "from the kernel"
	}
	return ""
}

// sentBy says who sent the signal that the runtime died of; empty when nobody knows,
// and for other deaths.
func sentBy(e *Event) string {
	if e.Kind != Signal || e.End == nil {
		return ""
	}
	return who(e.End)
}

// String names a process: "pid 812 sh (uid 0)".
func (p *Process) String() string {
	var b strings.Builder
	b.WriteString("pid " + utoa(uint64(p.PID)))
	if p.Comm != "" {
		b.WriteString(" " + p.Comm)
	}
	if p.UID != nil {
		b.WriteString(" (uid " + itoa(*p.UID) + ")")
	}
	return b.String()
}
