package web

import (
	"slices"
	"strings"

	"github.com/backstop-go/backstop/crash"
)

// A stack is frames as a page shows them: runs of frames that nobody has to
// read are folded.
type stack struct {
	Runs      []run
	CreatedBy *createdBy
	Cut       int // frames left out by the page
}

// A run is a number of frames of the same sort, one after the other.
type run struct {
	App      bool
	Frames   []frame
	Packages string // of folded frames: "runtime, net/http"
	Repeats  int    // set for frames that repeat the ones before: how many of those
	Elided   string // set for a gap the runtime left: says how large
}

type frame struct {
	Number  int // from 1, the innermost
	Func    name
	File    name
	Line    int
	Inlined bool
	Focus   bool // the application frame where it happened
}

type createdBy struct {
	Func      name
	File      name
	Line      int
	Goroutine int64
}

// newStack prepares frames; focus is the one to put forward, nil for none, and
// elidedAt is where the runtime left elided frames out (-1: an unknown number,
// 0: none).
func newStack(frames []crash.Frame, focus *crash.Frame, by *crash.CreatedBy, elided, elidedAt int) stack {
	var s stack
	if len(frames) > maxFrames {
		s.Cut = len(frames) - maxFrames
		frames = frames[:maxFrames]
	}
	for i := range frames {
		f := &frames[i]
		if elided != 0 && i == elidedAt {
			s.Runs = append(s.Runs, gap(elided))
		}
		app := crash.IsApp(f.Func)
		v := frame{Number: i + 1, Func: splitFunc(f.Func), File: splitFile(f.File), Line: f.Line, Inlined: f.Inlined, Focus: f == focus}
		if v.File.Path == v.Func.Path {
			v.File.Path = "" // with -trimpath both are the import path: once is enough
		}
		if last := len(s.Runs) - 1; last >= 0 && s.Runs[last].App == app && s.Runs[last].Elided == "" {
			s.Runs[last].Frames = append(s.Runs[last].Frames, v)
			continue
		}
		s.Runs = append(s.Runs, run{App: app, Frames: []frame{v}})
	}
	if elided != 0 && elidedAt >= len(frames) {
		s.Runs = append(s.Runs, gap(elided))
	}
	s.Runs = foldRecursion(s.Runs)
	for i := range s.Runs {
		s.Runs[i].Packages = packagesOf(s.Runs[i].Frames)
	}
	if by != nil {
		s.CreatedBy = &createdBy{splitFunc(by.Func), splitFile(by.File), by.Line, by.Goroutine}
	}
	return s
}

const (
	maxPeriod  = 8 // functions that call each other in turn
	minRepeats = 3 // times that a period must come again to be folded
)

// foldRecursion cuts the runs of application frames in which the same calls
// come again and again, so that what started them is not a hundred frames away.
func foldRecursion(runs []run) []run {
	var out []run
	for _, r := range runs {
		if !r.App {
			out = append(out, r)
			continue
		}
		rest := r.Frames
		for i := 0; i < len(rest); i++ {
			period, length := recursion(rest[i:])
			if period == 0 {
				continue
			}
			out = append(out, run{App: true, Frames: rest[:i+period]}, run{App: true, Frames: rest[i+period : i+length], Repeats: period})
			rest, i = rest[i+length:], -1
		}
		if len(rest) > 0 {
			out = append(out, run{App: true, Frames: rest})
		}
	}
	return out
}

// recursion finds the shortest period in which frames repeat from the first one
// on, and how many frames it spans; 0 when they do not.
func recursion(frames []frame) (period, length int) {
	for p := 1; p <= maxPeriod && p*(minRepeats+1) <= len(frames); p++ {
		n := p
		for n < len(frames) && sameCall(frames[n], frames[n-p]) {
			n++
		}
		if n -= n % p; n >= p*(minRepeats+1) {
			return p, n
		}
	}
	return 0, 0
}

func sameCall(a, b frame) bool {
	return a.Func == b.Func && a.File == b.File && a.Line == b.Line && !a.Focus
}

func gap(elided int) run {
	if elided < 0 {
		return run{Elided: "frames"}
	}
	return run{Elided: plural(elided, "frame")}
}

// packagesOf names the packages of some frames, each once, at most four.
func packagesOf(frames []frame) string {
	var names []string
	for _, f := range frames {
		pkg, _, _ := strings.Cut(f.Func.Base, ".")
		pkg = f.Func.Path + pkg
		if pkg == "panic" || pkg == "" {
			pkg = "runtime" // the runtime prints its own gopanic as panic
		}
		if pkg = plain(60, pkg); !slices.Contains(names, pkg) {
			names = append(names, pkg)
		}
	}
	if len(names) > 4 {
		names = append(names[:4], "…")
	}
	return strings.Join(names, ", ")
}

// A bucket is a set of goroutines with the same stack and wait reason.
type bucket struct {
	Count       int
	State       string
	WaitMinutes int
	Where       name // first application frame, else what the goroutine was started for
	IDs         []int64
	MoreIDs     int
	Stack       stack
}

// purpose names a goroutine: by its first application frame, else by the
// outermost one, because the innermost is where all goroutines wait.
func purpose(frames []crash.Frame) string {
	outermost := ""
	for _, f := range frames {
		if crash.IsApp(f.Func) {
			return f.Func
		}
		if f.Func != "runtime.goexit" {
			outermost = f.Func
		}
	}
	return outermost
}

func newBuckets(r *crash.Report) (buckets []bucket, goroutines, cut int) {
	for i, b := range r.Fold() {
		goroutines += len(b.IDs)
		if i >= maxBuckets {
			cut++
			continue
		}
		v := bucket{
			Count: len(b.IDs), State: b.State, WaitMinutes: b.WaitMinutes, IDs: b.IDs,
			Stack: newStack(b.Frames, nil, b.CreatedBy, b.Elided, b.ElidedAt),
		}
		if len(v.IDs) > maxIDs {
			v.MoreIDs = len(v.IDs) - maxIDs
			v.IDs = v.IDs[:maxIDs]
		}
		v.Where = splitFunc(purpose(b.Frames))
		buckets = append(buckets, v)
	}
	return buckets, goroutines, cut
}
