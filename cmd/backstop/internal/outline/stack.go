package outline

import (
	"slices"
	"strings"

	"github.com/backstop-go/backstop/crash"

	"github.com/backstop-go/backstop/cmd/backstop/internal/source"
)

// A Stack is frames as a person reads them: runs of frames that nobody has to
// read are told apart, so that they can be folded.
type Stack struct {
	Runs []Run
	Cut  int // frames behind the last one shown
}

// A Run is a number of frames of the same sort, one after the other.
type Run struct {
	App     bool // frames of the application
	Frames  []Frame
	Repeats int // set for frames that repeat the ones before: how many of those
	Gap     int // set for frames the runtime left out: how many, -1 when it did not say
}

// A Frame is a frame of a stack.
type Frame struct {
	*crash.Frame
	Number int  // from 1, the innermost
	App    bool // of the application
	Focus  bool // the frame to look at first
	Source *source.Excerpt
}

// NewStack outlines frames, at most limit of them. Focus is the one to put
// forward, nil for none; elidedAt is where the runtime left elided frames out
// (-1: an unknown number, 0: none).
func NewStack(frames []crash.Frame, focus *crash.Frame, elided, elidedAt, limit int) Stack {
	var s Stack
	if len(frames) > limit {
		s.Cut = len(frames) - limit
		frames = frames[:limit]
	}
	all := make([]Frame, len(frames))
	for i := range frames {
		f := &frames[i]
		all[i] = Frame{Frame: f, Number: i + 1, App: crash.IsApp(f.Func), Focus: f == focus}
	}
	if elided == 0 || elidedAt < 0 || elidedAt > len(all) {
		s.add(all)
		return s
	}
	s.add(all[:elidedAt])
	s.Runs = append(s.Runs, Run{Gap: elided})
	s.add(all[elidedAt:])
	return s
}

const (
	maxPeriod  = 16 // functions that call each other in turn
	minRepeats = 3  // times that a period must come again to be folded
)

// add appends frames that stand next to each other, as runs.
func (s *Stack) add(frames []Frame) {
	apart := true // a new run begins
	for i := 0; i < len(frames); {
		period, length := recursion(frames[i:])
		for range max(period, 1) {
			last := len(s.Runs) - 1
			if apart || s.Runs[last].App != frames[i].App {
				s.Runs = append(s.Runs, Run{App: frames[i].App})
				last++
			}
			s.Runs[last].Frames = append(s.Runs[last].Frames, frames[i])
			apart = false
			i++
		}
		if period > 0 {
			rest := frames[i : i+length-period]
			s.Runs = append(s.Runs, Run{App: true, Frames: rest, Repeats: period})
			i += len(rest)
			apart = true
		}
	}
}

// recursion finds the shortest period in which frames repeat from the first one
// on, and how many frames it spans; 0 when they do not.
func recursion(frames []Frame) (period, length int) {
	for p := 1; p <= maxPeriod && p*(minRepeats+1) <= len(frames); p++ {
		n := p
		for n < len(frames) && sameCall(&frames[n], &frames[n-p]) {
			n++
		}
		if n -= n % p; n >= p*(minRepeats+1) {
			return p, n
		}
	}
	return 0, 0
}

func sameCall(a, b *Frame) bool {
	return a.Line == b.Line && a.Func == b.Func && a.File == b.File && !a.Focus
}

// Rounds is how often the frames before come again.
func (r Run) Rounds() int { return len(r.Frames) / max(r.Repeats, 1) }

// Packages names the packages of some frames, each once, in order of
// appearance and at most four.
func (r Run) Packages() []string {
	var names []string
	for _, f := range r.Frames {
		pkg := Package(f.Func)
		switch {
		case f.Func == "panic", f.Func == "":
			pkg = "runtime" // the runtime prints its own gopanic as panic
		case pkg == "":
			pkg = "C"
		}
		if slices.Contains(names, pkg) {
			continue
		}
		if len(names) == 4 {
			return append(names, "…")
		}
		names = append(names, pkg)
	}
	return names
}

// Package returns the import path in a function's name, "" when it has none.
func Package(fn string) string {
	base := SplitFunc(fn).Base
	if i := strings.IndexAny(base, "[("); i >= 0 {
		base = base[:i]
	}
	dot := strings.IndexByte(base, '.')
	if dot < 0 {
		return ""
	}
	return fn[:len(fn)-len(SplitFunc(fn).Base)+dot]
}

// A Name is a name in two parts: a path, which people skip, and the rest, which
// they read.
type Name struct{ Path, Base string }

// SplitFunc splits a function's name after the last slash that belongs to the
// import path, and not to a type argument or a receiver.
func SplitFunc(fn string) Name {
	head := fn
	if i := strings.IndexAny(head, "[("); i >= 0 {
		head = head[:i]
	}
	i := strings.LastIndexByte(head, '/') + 1
	return Name{fn[:i], fn[i:]}
}

// SplitFile does the same for a file, keeping its directory's own name.
func SplitFile(file string) Name {
	slash := strings.ReplaceAll(file, `\`, "/")
	i := strings.LastIndexByte(slash, '/')
	if i > 0 {
		i = strings.LastIndexByte(slash[:i], '/')
	}
	return Name{file[:i+1], file[i+1:]}
}
