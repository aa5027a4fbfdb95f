package leak

import (
	"bytes"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"time"

	"github.com/backstop-go/backstop/crash"
)

const (
	// maxCounted bounds the processes of which a profile is taken: it has 260
	// bytes for each goroutine.
	maxCounted = 100_000
	// maxPrinted bounds those that are asked for their traceback, which stops
	// the program: 1.6 us for each idle goroutine (measured, Go 1.26, idle
	// machine).
	maxPrinted = 5_000
	maxText    = 16 << 20
	maxStacks  = 4096 // distinct ones that are told apart
	maxSites   = 10
)

func count() int { return runtime.NumGoroutine() }

// A census is a profile: how many goroutines work for each function.
type census struct {
	places map[string]place
}

// A place is what is known of the goroutines that work for one function.
type place struct {
	n      int
	file   string
	line   int
	stacks map[stack]int
}

// A stack is the program counters of a goroutine, innermost first, as far as
// runtime.StackRecord has them.
type stack = [32]uintptr

// takeCensus takes a profile. The program is stopped for two short moments
// (runtime/mprof.go, goroutineProfileWithLabelsConcurrent).
func takeCensus() (c census, ok bool) {
	n := runtime.NumGoroutine()
	if n > maxCounted {
		return census{}, false
	}
	records := make([]runtime.StackRecord, n+n/8+64)
	n, ok = runtime.GoroutineProfile(records)
	if !ok {
		return census{}, false
	}
	c = census{places: make(map[string]place)}
	names := make(naming)
	distinct := 0
	for i := range records[:n] {
		r := &records[i]
		f, ok := names.works(r.Stack())
		if !ok {
			continue
		}
		p := c.places[f.Function]
		if p.stacks == nil {
			p = place{file: f.File, line: f.Line, stacks: make(map[stack]int)}
		}
		p.n++
		if had := p.stacks[r.Stack0]; had > 0 || distinct < maxStacks {
			if had == 0 {
				distinct++
			}
			p.stacks[r.Stack0] = had + 1
		}
		c.places[f.Function] = p
	}
	return c, true
}

// naming keeps the frames of a program counter, innermost first.
type naming map[uintptr][]runtime.Frame

func (n naming) frames(pcs []uintptr) []runtime.Frame {
	frames, known := n[pcs[0]]
	if !known {
		it := runtime.CallersFrames(pcs[:1])
		for more := true; more; {
			var f runtime.Frame
			f, more = it.Next()
			frames = append(frames, f)
		}
		n[pcs[0]] = frames
	}
	return frames
}

// works finds the function that a goroutine works for: the outermost one of the
// application, or the one it began with, if there is none.
func (n naming) works(pcs []uintptr) (began runtime.Frame, ok bool) {
	for i := len(pcs) - 1; i >= 0; i-- {
		frames := n.frames(pcs[i : i+1])
		for j := len(frames) - 1; j >= 0; j-- {
			switch f := frames[j]; {
			case ofApp(f.Function):
				return f, true
			case !ok && f.Function != "" && f.Function != "runtime.goexit":
				began, ok = f, true
			}
		}
	}
	return began, ok
}

// ofApp reports whether a function is one of the application that does more than
// to call another one on a goroutine of its own.
func ofApp(fn string) bool {
	return crash.IsApp(fn) && !strings.HasPrefix(fn, "golang.org/x/sync/errgroup.")
}

// locate fills in the sites.
func (g *Growth) locate(before, after census) {
	for name, p := range after.places {
		if old := before.places[name].n; p.n > old {
			g.Sites = append(g.Sites, Site{Func: name, File: p.file, Line: p.line, Before: old, After: p.n})
		}
	}
	slices.SortFunc(g.Sites, func(a, b Site) int {
		if d := (b.After - b.Before) - (a.After - a.Before); d != 0 {
			return d
		}
		return strings.Compare(a.Func, b.Func)
	})
	g.Sites = g.Sites[:min(len(g.Sites), maxSites)]
	if len(g.Sites) == 0 {
		return
	}
	most, old := 0, before.places[g.Sites[0].Func].stacks
	for s, n := range after.places[g.Sites[0].Func].stacks {
		if n -= old[s]; n > most {
			most, g.pcs = n, trim(s)
		}
	}
	if runtime.NumGoroutine() <= maxPrinted {
		details(g.Sites, traceback())
	}
}

func trim(s stack) []uintptr {
	n := slices.Index(s[:], 0)
	if n < 0 {
		n = len(s)
	}
	return slices.Clone(s[:n])
}

// traceback is the stacks of all goroutines, as the runtime prints them.
func traceback() []byte {
	// Most tracebacks have less than 1 kB for a goroutine: the program is to be
	// stopped once.
	for size := 1<<16 + runtime.NumGoroutine()<<10; ; size *= 4 {
		buf := make([]byte, min(size, maxText))
		if n := runtime.Stack(buf, true); n < len(buf) || len(buf) == maxText {
			return buf[:n]
		}
	}
}

// details asks a traceback who created the goroutines of the sites and what they
// wait for.
func details(sites []Site, text []byte) {
	report, _ := crash.Parse(bytes.NewReader(text)) // what it could not read is left out
	if report == nil {
		return
	}
	for i := range sites {
		s := &sites[i]
		creators, waits := make(map[crash.CreatedBy]int), make(map[string]int)
		for j := range report.Goroutines {
			r := &report.Goroutines[j]
			if worksFor(r) != s.Func {
				continue
			}
			waits[r.State]++
			s.Longest = max(s.Longest, time.Duration(r.WaitMinutes)*time.Minute)
			if by := r.CreatedBy; by != nil && (ofApp(by.Func) || !ofApp(s.Func)) {
				creators[crash.CreatedBy{Func: by.Func, File: by.File, Line: by.Line}]++
			}
		}
		s.Wait = commonest(waits, strings.Compare)
		if by := commonest(creators, byFunc); by.Func != "" {
			s.CreatedBy, s.File, s.Line = by.Func, by.File, by.Line
		}
	}
}

// worksFor is naming.works for a goroutine of a traceback.
func worksFor(r *crash.Goroutine) string {
	for i := len(r.Frames) - 1; i >= 0; i-- {
		if fn := r.Frames[i].Func; ofApp(fn) {
			return fn
		}
	}
	if len(r.Frames) == 0 {
		return ""
	}
	return r.Frames[len(r.Frames)-1].Func
}

func byFunc(a, b crash.CreatedBy) int { return strings.Compare(a.Func, b.Func) }

// commonest returns the key that was counted most; of several, the first in
// order, so that reports of one leak agree.
func commonest[K comparable](counts map[K]int, order func(a, b K) int) (k K) {
	most := 0
	for key, n := range counts {
		if n > most || n == most && order(key, k) < 0 {
			k, most = key, n
		}
	}
	return k
}

// states asks the runtime for the goroutines by state, from Go 1.26 on
// (runtime/metrics/description.go).
func states() map[string]int {
	const prefix, suffix = "/sched/goroutines/", ":goroutines"
	var samples []metrics.Sample
	for _, d := range metrics.All() {
		if strings.HasPrefix(d.Name, prefix) && strings.HasSuffix(d.Name, suffix) && d.Kind == metrics.KindUint64 {
			samples = append(samples, metrics.Sample{Name: d.Name})
		}
	}
	if len(samples) == 0 {
		return nil
	}
	metrics.Read(samples)
	out := make(map[string]int, len(samples))
	for _, s := range samples {
		out[strings.TrimSuffix(strings.TrimPrefix(s.Name, prefix), suffix)] = int(s.Value.Uint64())
	}
	return out
}
