// Package outline decides what a person should see of a crash, and in which
// order, before anything is drawn: which frames stand in focus and which are
// folded, who started the goroutine, what the others were doing, whether
// recover could have caught it. Start with [New].
//
// Its texts hold crash text as it came, which is hostile: whoever draws an
// outline escapes it.
package outline

import (
	"slices"
	"strings"

	"github.com/backstop-go/backstop/crash"

	"github.com/backstop-go/backstop/cmd/backstop/internal/source"
)

// Options say how much to outline. The zero value works.
type Options struct {
	// Source returns the lines around a frame, nil when they are not at hand.
	// Default: none are.
	Source func(f *crash.Frame, around int) *source.Excerpt

	// Frames is how many frames of a stack are outlined. Default 200.
	Frames int
}

const (
	defaultFrames = 200
	maxThreads    = 4  // accessors of a race that are shown
	maxExcerpts   = 3  // frames of a stack that are shown with their source
	focusAround   = 2  // lines before and behind the line in focus
	otherAround   = 1  // the same for the frames below it
	maxLinks      = 16 // go statements of a creator chain
)

// An Outline is a crash as a person should see it.
type Outline struct {
	Report  *crash.Report
	Info    crash.Info
	Verdict Verdict

	// Threads are the stacks that crashed: one, or the accessors of a race.
	Threads []Thread
	// Runtime is the runtime's own stack where it is not the one that crashed.
	Runtime *Stack
	// Others are the goroutines that did not crash.
	Others Others
}

// A Thread is a stack that crashed.
type Thread struct {
	Goroutine *crash.Goroutine // nil for the runtime's stack and for frames without a header
	Name      string           // what it is then
	Stack     Stack
	Creators  []Creator
	Ancestors []Ancestor
}

// An Ancestor is what a creator's stack was at its go statement.
type Ancestor struct {
	ID        int64
	Stack     Stack
	CreatedBy *crash.CreatedBy
}

// New outlines a report.
func New(r *crash.Report, o Options) *Outline {
	if o.Frames == 0 {
		o.Frames = defaultFrames
	}
	info := crash.Explain(r.Class)
	buckets := r.Fold()
	out := &Outline{Report: r, Info: info, Verdict: VerdictOf(info, r), Others: othersOf(r, buckets)}
	switch g := r.CrashGoroutine(); {
	case r.Kind == crash.KindRace:
		for i := range r.Goroutines {
			if i == maxThreads {
				break
			}
			out.Threads = append(out.Threads, thread(r, &r.Goroutines[i], nil, nil, &o))
		}
		out.Others = Others{}
	case g != nil:
		out.Threads = []Thread{thread(r, g, r.Origin(), buckets, &o)}
		if len(r.RuntimeStack) > 0 {
			s := NewStack(r.RuntimeStack, nil, 0, 0, o.Frames)
			out.Runtime = &s
		}
	case len(r.RuntimeStack) > 0:
		out.Threads = []Thread{{Name: "the runtime's own stack", Stack: focused(r.RuntimeStack, r.Origin(), 0, 0, &o)}}
	case len(r.Loose) > 0:
		out.Threads = []Thread{{Name: "frames without a goroutine header", Stack: focused(r.Loose, r.Origin(), 0, 0, &o)}}
	}
	return out
}

// Goroutine outlines one goroutine of a report, by its index, as if it were the one
// that crashed.
func Goroutine(r *crash.Report, index int, o Options) Thread {
	if o.Frames == 0 {
		o.Frames = defaultFrames
	}
	return thread(r, &r.Goroutines[index], nil, nil, &o)
}

func thread(r *crash.Report, g *crash.Goroutine, focus *crash.Frame, others []crash.Bucket, o *Options) Thread {
	if focus == nil {
		focus = firstApp(g.Frames)
	}
	t := Thread{Goroutine: g, Stack: focused(g.Frames, focus, g.Elided, g.ElidedAt, o)}
	for i := range g.Ancestors {
		if i == maxLinks {
			break
		}
		a := &g.Ancestors[i]
		t.Ancestors = append(t.Ancestors, Ancestor{a.ID, NewStack(a.Frames, nil, 0, 0, o.Frames), a.CreatedBy})
	}
	t.Creators = creatorsOf(r, g, others)
	return t
}

// focused is a stack with the source of its frame in focus and of the
// application's frames below that.
func focused(frames []crash.Frame, focus *crash.Frame, elided, elidedAt int, o *Options) Stack {
	s := NewStack(frames, focus, elided, elidedAt, o.Frames)
	if o.Source == nil {
		return s
	}
	type position struct {
		file string
		line int
	}
	seen := make(map[position]bool)
	left, reached := maxExcerpts, focus == nil
	for i := range s.Runs {
		run := &s.Runs[i]
		if run.Repeats > 0 {
			continue
		}
		for j := range run.Frames {
			f := &run.Frames[j]
			reached = reached || f.Focus
			at := position{f.File, f.Line}
			if !reached || left == 0 || !f.App && !f.Focus || seen[at] {
				continue
			}
			seen[at] = true
			around := otherAround
			if f.Focus {
				around = focusAround
			}
			f.Source = o.Source(f.Frame, around)
			left--
		}
	}
	return s
}

func firstApp(frames []crash.Frame) *crash.Frame {
	for i := range frames {
		if crash.IsApp(frames[i].Func) {
			return &frames[i]
		}
	}
	return nil
}

// A Creator is one go statement of the chain that led to a goroutine.
type Creator struct {
	crash.CreatedBy

	// Holder is the goroutine that ran the go statement, as far as the text
	// has it; nil when it does not.
	Holder *crash.Goroutine
}

// creatorsOf follows the go statements back as far as the text goes.
func creatorsOf(r *crash.Report, g *crash.Goroutine, others []crash.Bucket) []Creator {
	var chain []Creator
	seen := map[int64]bool{g.ID: true}
	for g != nil && g.CreatedBy != nil && len(chain) < maxLinks {
		c := Creator{CreatedBy: *g.CreatedBy}
		if id := c.Goroutine; id != 0 && !seen[id] {
			seen[id] = true
			c.Holder = find(r, others, id)
		}
		chain = append(chain, c)
		g = c.Holder
	}
	return chain
}

// find returns the goroutine with an id; for one that was folded, what is known
// of it: the goroutines of a bucket have their go statement in common, and not
// who ran it.
func find(r *crash.Report, others []crash.Bucket, id int64) *crash.Goroutine {
	for i := range r.Goroutines {
		if r.Goroutines[i].ID == id {
			return &r.Goroutines[i]
		}
	}
	for i := range others {
		b := &others[i]
		if !slices.Contains(b.IDs, id) {
			continue
		}
		g := b.Goroutine
		if g.ID != id && g.CreatedBy != nil {
			by := *g.CreatedBy
			by.Goroutine = 0
			g.CreatedBy = &by
		}
		g.ID = id
		return &g
	}
	return nil
}

// Others are the goroutines that did not crash.
type Others struct {
	Kinds       []crash.Bucket // the largest first; those of the runtime left out
	Count       int            // goroutines in all, those of the runtime included
	Runtime     int            // goroutines of the runtime itself
	WaitMinutes int            // the longest wait; 0 when none is said
	Missing     int            // goroutines that the text has and the report has not
}

func othersOf(r *crash.Report, buckets []crash.Bucket) Others {
	var o Others
	for _, b := range buckets {
		o.Count += b.Count
		if ofRuntime(&b) {
			o.Runtime += b.Count
			continue
		}
		o.WaitMinutes = max(o.WaitMinutes, b.WaitMinutes)
		o.Kinds = append(o.Kinds, b)
	}
	o.Missing = r.GoroutineCount - o.Count
	if r.CrashGoroutine() != nil {
		o.Missing--
	}
	o.Missing = max(o.Missing, 0)
	return o
}

// ofRuntime reports whether goroutines belong to the runtime: its own code
// started them and runs in them.
func ofRuntime(b *crash.Bucket) bool {
	if b.CreatedBy == nil || !strings.HasPrefix(b.CreatedBy.Func, "runtime.") || len(b.Frames) == 0 {
		return false
	}
	for i := range b.Frames {
		if !strings.HasPrefix(b.Frames[i].Func, "runtime.") {
			return false
		}
	}
	return true
}

// Purpose is the frame that says most about a goroutine: its first one of the
// application, else its last, because the first is where all goroutines wait.
// It is nil for a goroutine without frames.
func Purpose(frames []crash.Frame) *crash.Frame {
	if f := firstApp(frames); f != nil {
		return f
	}
	for i := len(frames) - 1; i >= 0; i-- {
		if frames[i].Func != "runtime.goexit" {
			return &frames[i]
		}
	}
	return nil
}
