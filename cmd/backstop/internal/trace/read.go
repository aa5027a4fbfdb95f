package trace

import (
	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
)

// maxFrames is how many calls of a stack are kept, from the innermost.
const maxFrames = 512

// A reader makes sense of the memory in records. Tests bring their own.
type reader interface {
	// Stack returns what tracebacks show, innermost first, runtime.gopanic and
	// the runtime's own functions included, and why it ends early.
	Stack(p *process, r *bpf.Record) ([]Frame, string)
	// System returns the runtime's own stack, where that ran on another one.
	System(p *process, r *bpf.Record) []Frame
	// Value returns the value of a panic.
	Value(p *process, r *bpf.Record) (goproc.Value, bool)
	// Text returns the message of a fatal error.
	Text(p *process, r *bpf.Record) (string, bool)
	Labels(p *process, r *bpf.Record) map[string]string
	// Place names a return address: the function that the call stands in, inlined
	// ones included, or the one with the code.
	Place(p *process, r *bpf.Record, pc uint64, inlined bool) *Place
	// Last is the last line of the function of a frame.
	Last(p *process, f Frame) int
}

// goReader reads with package goproc.
type goReader struct{}

func (goReader) Stack(p *process, r *bpf.Record) ([]Frame, string) {
	switch {
	case p.target == nil:
		return nil, "the executable is not known"
	case r.Kind == bpf.Ineffective:
		return chain(p.target, r), ""
	case r.Regs.PC == 0:
		return nil, "the stack was not recorded"
	}
	s := p.target.unwinder(r.Bias).Unwind(r.Read(), r.Regs, r.Links, maxFrames)
	return visible(s.Frames, r.Bias), s.Why
}

// System returns the stack of the runtime that was running when something
// happened to the goroutine below it; nil when there was none.
func (goReader) System(p *process, r *bpf.Record) []Frame {
	if p.target == nil || r.System.PC == 0 {
		return nil
	}
	s := p.target.unwinder(r.Bias).Unwind(r.Read(), r.System, nil, maxFrames)
	return visible(s.Frames, r.Bias)
}

func visible(all []goproc.Frame, bias uint64) []Frame {
	frames := make([]Frame, 0, len(all))
	for _, f := range all {
		if !f.Hidden {
			frames = append(frames, Frame{
				Place:   Place{Func: f.Func, File: f.File, Line: f.Line, Start: f.StartLine},
				Inlined: f.Inlined, PC: f.PC, Entry: f.Entry, bias: bias,
			})
		}
	}
	return frames
}

// chain names the calls of a frame-pointer chain, which is all that there is of
// an ineffective recover.
func chain(t *Target, r *bpf.Record) (frames []Frame) {
	for _, pc := range r.Recoverer {
		calls, err := t.file.Stack(pc - r.Bias - 1)
		if err != nil {
			break
		}
		for _, f := range calls {
			if !f.Wrapper {
				frames = append(frames, Frame{Place: Place{Func: f.Func, File: f.File, Line: f.Line, Start: f.StartLine}, Inlined: f.Inlined})
			}
		}
	}
	return frames
}

func (goReader) Place(p *process, r *bpf.Record, pc uint64, inlined bool) *Place {
	if pc == 0 || p.target == nil {
		return nil
	}
	frames, err := p.target.file.Stack(pc - r.Bias - 1)
	if err != nil || len(frames) == 0 {
		return nil
	}
	inner, fn := frames[0], frames[len(frames)-1]
	if inlined {
		fn = inner
	}
	place := &Place{Func: fn.Func, File: inner.File, Line: inner.Line, Start: fn.StartLine}
	if !fn.Inlined {
		if code, err := p.target.file.FuncAt(pc - r.Bias - 1); err == nil {
			place.End = p.target.lastLine(code.Entry)
		}
	}
	return place
}

func (goReader) Last(p *process, f Frame) int {
	if p.target == nil || f.Entry == 0 {
		return 0
	}
	return p.target.lastLine(f.Entry - f.bias)
}

func (goReader) Text(p *process, r *bpf.Record) (string, bool) {
	if p.target == nil || r.Text != "" || r.Data == 0 || r.Code <= 0 {
		return r.Text, r.Text != ""
	}
	text, _ := p.target.program(r.Bias).TextOf(r.Read(), r.Data, uint64(r.Code))
	return text, text != ""
}

func (goReader) Labels(p *process, r *bpf.Record) map[string]string {
	if p.target == nil || r.LabelsAt == 0 {
		return nil
	}
	list, _ := p.target.program(r.Bias).Labels(r.Read(), r.LabelsAt) // what is there counts
	if len(list) == 0 {
		return nil
	}
	labels := make(map[string]string, len(list))
	for _, l := range list {
		labels[l.Key] = l.Value
	}
	return labels
}

func (goReader) Value(p *process, r *bpf.Record) (goproc.Value, bool) {
	if p.target == nil {
		return goproc.Value{}, false
	}
	v, err := p.target.program(r.Bias).Value(r.Read(), r.Type, r.Data)
	return v, err == nil || v.Type != ""
}
