package postmortem

import (
	"time"

	"github.com/backstop-go/backstop/crash"
)

// Report is the snapshot as what a traceback of it would say: its goroutines, but
// for those of the runtime's own, with the frames that a traceback shows. It is a
// fragment: a program that goes on has no cause of death.
func (s *Snapshot) Report() *crash.Report { return s.report(false) }

// report leaves nothing out when all is set.
func (s *Snapshot) report(all bool) *crash.Report {
	r := &crash.Report{Kind: crash.KindFragment, Crash: -1, GoVersion: s.GoVersion, Goroutines: make([]crash.Goroutine, 0, len(s.Goroutines))}
	stacks, creators := make(map[*Stack][]crash.Frame), make(map[creation]*crash.CreatedBy)
	for i := range s.Goroutines {
		g := &s.Goroutines[i]
		if g.System && !all {
			continue
		}
		o := crash.Goroutine{
			ID: g.ID, State: g.State, Labels: g.Labels, WaitMinutes: int(g.Wait / time.Minute),
			LockedToThread: g.LockedToThread, Scan: g.Scan, Leaked: g.Leaked, Durable: g.Durable,
		}
		if g.Stack != nil {
			frames, ok := stacks[g.Stack]
			if !ok {
				frames = g.Stack.shown(all)
				stacks[g.Stack] = frames
			}
			o.Frames = frames
			if g.Stack.Elided {
				o.Elided, o.ElidedAt = -1, len(frames)
			}
		}
		if g.CreatedBy != nil {
			key := creation{g.CreatedBy, g.Parent}
			by := creators[key]
			if by == nil {
				by = &crash.CreatedBy{Func: g.CreatedBy.Func, File: g.CreatedBy.File, Line: g.CreatedBy.Line, Goroutine: g.Parent}
				creators[key] = by
			}
			o.CreatedBy = by
		}
		r.Goroutines = append(r.Goroutines, o)
	}
	r.GoroutineCount = len(r.Goroutines)
	r.Class = crash.Classify(r)
	return r
}

// A creation is a go statement as one goroutine ran it.
type creation struct {
	at     *Creator
	parent int64
}

// shown returns the frames that a traceback shows, or all.
func (s *Stack) shown(all bool) []crash.Frame {
	frames := make([]crash.Frame, 0, len(s.Frames))
	for i := range s.Frames {
		f := &s.Frames[i]
		if f.Hidden && !all {
			continue
		}
		o := crash.Frame{Func: f.Func, File: f.File, Line: f.Line, Offset: f.Offset, Inlined: f.Inlined}
		if o.Func == "runtime.gopanic" {
			o.Func = "panic" // runtime/traceback.go, printFuncName
		}
		frames = append(frames, o)
	}
	return frames
}

func isApp(f crash.Frame) bool { return crash.IsApp(f.Func) }
