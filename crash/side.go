package crash

import (
	"sort"
	"strings"
)

// maxCompared bounds the frames of a stack that are compared.
const maxCompared = 256

// A side is one of two reports that are compared: its inputs, and more of its
// stack than fingerprints are made of, because a pair can be looked at with more
// care than a report alone.
type side struct {
	r     *Report
	class Class
	in    Inputs

	stacks []stackSide // of a race both accessors, else one
	traces [][]traced  // what became of their frames
}

// A stackSide is one stack, each frame as an element, or each function of a
// recursion as one.
type stackSide struct {
	elements []element
	cut      bool // there is more that the report does not show
	guards   []string
	start    int // line on which the first element's function begins, if known
}

type element struct {
	name   string
	frames []*Frame // those of all rounds of a recursion, else one
	caller *Frame   // the frame whose machine code holds the first frame: itself, unless that is inlined
}

func newSide(r *Report) *side {
	s := &side{r: r, class: classOf(r), in: FingerprintInputs(r)}
	switch {
	case r.Kind != KindRace:
		s.stacks = append(s.stacks, s.stack(r.CrashStack(), r.CrashGoroutine()))
	default:
		for i := range r.Goroutines[:min(len(r.Goroutines), 2)] {
			s.stacks = append(s.stacks, s.stack(r.Goroutines[i].Frames, &r.Goroutines[i]))
		}
	}
	return s
}

func (s *side) stack(frames []Frame, g *Goroutine) stackSide {
	var out stackSide
	out.cut = s.r.Truncated || len(frames) > maxCompared
	frames = frames[:min(len(frames), maxCompared)]
	panicking := s.r.Kind == KindPanic
	whys := make([]skip, len(frames))
	picks := pickFrames(nil, frames, len(frames), maxCompared, panicking, func(i int, why skip) { whys[i] = why })
	s.traces = append(s.traces, trace(frames, g, picks, whys))
	if g != nil && g.Elided != 0 && g.ElidedAt >= len(frames) {
		out.cut = true
	}
	if n := len(picks); n > 1 && g != nil && isGoWrapper(picks[n-1].frame, g.CreatedBy) {
		picks = picks[:n-1]
	}
	if panicking {
		out.guards = guards(picks, frames[:panicAt(frames)+1])
	}
	overflow := s.class == "fatal.stack_overflow"
	if overflow && len(picks) > 1 && picks[0].name == picks[1].name && picks[0].frame.Line < picks[1].frame.Line {
		out.start = picks[0].frame.Line // caught where the function begins
	}
	if overflow && len(picks) > 2 {
		picks = picks[1:]
	}
	out.elements = elements(picks, frames)
	if overflow {
		out.elements = recursing(out.elements)
	}
	return out
}

// isGoWrapper reports whether the deepest frame of a goroutine is the function
// that the compiler made of a go statement with arguments. Until Go 1.21 it has
// a closure's name; it stands on the line of the go statement.
func isGoWrapper(f *Frame, c *CreatedBy) bool {
	return c != nil && f.Line == c.Line && f.File == c.File && strings.HasPrefix(f.Func, c.Func+".")
}

// guards returns the functions that only called what panicked: a deferred
// closure of theirs stands above the panic, to recover it or to clean up. They
// may be no part of where the bug is, and be missing where nobody recovered.
func guards(picks []pick, above []Frame) []string {
	var names []string
	for i := range above {
		outer := outermost(above[i].Func)
		if outer == above[i].Func || !IsApp(outer) {
			continue
		}
		for j := 1; j < len(picks); j++ {
			if picks[j].frame.Func == outer {
				names = append(names, picks[j].text())
				break
			}
		}
	}
	return names
}

// without returns the stack without some functions, but for the first one, and
// which of them it had.
func (s *stackSide) without(names []string) (rest stackSide, had string) {
	rest = *s
	rest.elements = nil
	for i := range s.elements {
		e := &s.elements[i]
		drop := false
		for _, name := range names {
			drop = drop || i > 0 && e.name == name
		}
		if drop {
			had = e.name
		} else {
			rest.elements = append(rest.elements, *e)
		}
	}
	return rest, had
}

// outermost returns the function that a closure belongs to, the name itself for
// other functions.
func outermost(fn string) string {
	pkg, name := cutFunc(fn)
	for at := 0; ; {
		i := strings.Index(name[at:], ".func")
		if i < 0 {
			break
		}
		at += i + len(".func")
		if at < len(name) && isDigit(name[at]) {
			return pkg + "." + name[:at-len(".func")]
		}
	}
	if i := strings.Index(name, "-range"); i > 0 {
		return pkg + "." + name[:i]
	}
	return fn
}

// elements folds the recursions of a stack. Rounds that follow each other, as on
// both sides of frames that were left out, are one.
func elements(picks []pick, frames []Frame) []element {
	digests := make([]digest, len(picks))
	for i := range picks {
		digests[i] = picks[i].name
	}
	runs := findRuns(digests, nil)
	var out []element
	for i := 0; i < len(picks); {
		if len(runs) == 0 || runs[0].from != i {
			p := &picks[i]
			out = append(out, element{name: p.text(), frames: []*Frame{p.frame}, caller: physical(frames, p.frame)})
			i++
			continue
		}
		r := runs[0]
		round := make([]element, r.period)
		for j := range round {
			at := (r.first + j) % r.period
			round[j] = element{name: picks[i+at].text(), caller: physical(frames, picks[i+at].frame)}
			for k := i + at; k < i+r.length; k += r.period {
				round[j].frames = append(round[j].frames, picks[k].frame)
			}
		}
		if n := len(out) - r.period; n >= 0 && equalNames(out[n:], round) {
			for j := range round {
				out[n+j].frames = append(out[n+j].frames, round[j].frames...)
			}
		} else {
			out = append(out, round...)
		}
		i += r.length
		runs = runs[1:]
	}
	return out
}

// physical returns the frame whose machine code holds a frame: the first one at
// or below it that is not inlined.
func physical(frames []Frame, f *Frame) *Frame {
	for i := range frames {
		if &frames[i] != f {
			continue
		}
		for j := i; j < len(frames); j++ {
			if !frames[j].Inlined {
				return &frames[j]
			}
		}
	}
	return f
}

// recursing returns one element for each function that takes part in a
// recursion which need not have a fixed period: those that are there three times
// and more, by name.
func recursing(all []element) []element {
	count := make(map[string]*element)
	var names []string
	for i := range all {
		e := &all[i]
		if count[e.name] == nil {
			names = append(names, e.name)
			count[e.name] = &element{name: e.name, caller: e.caller}
		}
		count[e.name].frames = append(count[e.name].frames, e.frames...)
	}
	sort.Strings(names)
	var out []element
	for _, name := range names {
		if e := count[name]; len(e.frames) >= 3 {
			out = append(out, *e)
		}
	}
	if len(out) == 0 {
		return all
	}
	return out
}

func equalNames(a, b []element) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].name != b[i].name {
			return false
		}
	}
	return true
}
