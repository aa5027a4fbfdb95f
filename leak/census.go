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
	maxSites   = 10
)

func count() int { return runtime.NumGoroutine() }

// A census is a profile: how many goroutines began with each function.
type census struct {
	began map[string]began
}

// began is what is known of the goroutines that began with one function.
type began struct {
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
	c = census{began: make(map[string]began)}
	names := make(map[uintptr]runtime.Frame)
	for i := range records[:n] {
		pcs := records[i].Stack()
		f, ok := first(pcs, names)
		if !ok {
			continue
		}
		b := c.began[f.Function]
		if b.stacks == nil {
			b = began{file: f.File, line: f.Line, stacks: make(map[stack]int)}
		}
		b.n++
		b.stacks[records[i].Stack0]++
		c.began[f.Function] = b
	}
	return c, true
}

// first finds the function that a goroutine began with.
func first(pcs []uintptr, names map[uintptr]runtime.Frame) (runtime.Frame, bool) {
	for i := len(pcs) - 1; i >= 0; i-- {
		pc := pcs[i]
		f, known := names[pc]
		if !known {
			for it, more := runtime.CallersFrames(pcs[i:i+1]), true; more; {
				f, more = it.Next() // the last is the outermost
			}
			names[pc] = f
		}
		if f.Function != "" && f.Function != "runtime.goexit" {
			return f, true
		}
	}
	return runtime.Frame{}, false
}

// locate fills in the sites.
func (g *Growth) locate(before, after census) {
	for name, b := range after.began {
		if old := before.began[name].n; b.n > old {
			g.Sites = append(g.Sites, Site{Func: name, File: b.file, Line: b.line, Before: old, After: b.n})
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
	most := 0
	for s, n := range after.began[g.Sites[0].Func].stacks {
		if n > most {
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
			if len(r.Frames) == 0 || r.CreatedBy == nil || r.Frames[len(r.Frames)-1].Func != s.Func {
				continue
			}
			creators[crash.CreatedBy{Func: r.CreatedBy.Func, File: r.CreatedBy.File, Line: r.CreatedBy.Line}]++
			waits[r.State]++
			s.Longest = max(s.Longest, time.Duration(r.WaitMinutes)*time.Minute)
		}
		if by := commonest(creators); by.Func != "" {
			s.CreatedBy, s.File, s.Line = by.Func, by.File, by.Line
			s.Wait = commonest(waits)
		}
	}
}

func commonest[K comparable](counts map[K]int) (k K) {
	most := 0
	for key, n := range counts {
		if n > most {
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
