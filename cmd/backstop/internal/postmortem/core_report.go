package postmortem

import (
	"bytes"
	"context"
	"os"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/internal/redact"
)

// An Autopsy is what a core says.
type Autopsy struct {
	// Report is what the traceback would have said. Headline are the lines with
	// which that begins, "" when nothing ended the process.
	Report   *crash.Report
	Headline string

	Details CoreDetails

	snapshot *Snapshot // nil when the scheduler cannot be read
}

// Examine reads how the process ended and what all goroutines were doing. It is
// called once.
func (c *Core) Examine(ctx context.Context) (*Autopsy, error) {
	im := &Image{Program: &c.program, Memory: c.file, Threads: make(map[int]goproc.Registers)}
	for i := range c.file.Threads {
		t := &c.file.Threads[i]
		im.Threads[t.TID] = trap(&t.Registers)
	}
	var s *Snapshot
	t, err := take(im)
	if err == nil {
		c.rt = t.rt
		s = t.build(Options{Raw: c.options.Raw})
		s.TakenAt = c.written()
		c.problems = append(c.problems, s.Problems...)
	} else {
		c.problem("the scheduler cannot be read, so that only the stacks of threads are there: %v", err)
	}
	if err := ctx.Err(); err != nil {
		return nil, err //nolint:wrapcheck // the caller gave it
	}
	places := c.places()
	d := c.death(places)
	if !c.options.Raw {
		d.headline = redact.Text(d.headline)
	}
	r, err := c.report(s, places, d)
	if err != nil {
		return nil, err
	}
	return &Autopsy{Report: r, Headline: d.headline, Details: c.details(places, d, t, s), snapshot: s}, nil
}

// report makes the report. Its cause is read from the headline by those who read
// tracebacks, so that a core and the traceback of the same crash say the same.
func (c *Core) report(s *Snapshot, places []*place, d *death) (*crash.Report, error) {
	var all []crash.Goroutine
	if s != nil {
		all = s.report(c.options.All).Goroutines
		c.trim(all, places)
		shorten(all)
	}
	if d.unknown {
		return c.withoutCause(all, d), nil
	}
	shown := &crash.Report{Crash: -1, RuntimeStack: d.runtime.frames}
	switch {
	case d.crashed != nil:
		var g crash.Goroutine
		if g, all = c.takeOut(all, d.crashed); g.State == "" {
			g.State = "running"
		}
		g.Frames, g.Elided, g.ElidedAt = d.stack.frames, d.stack.elided, d.stack.elidedAt
		shown.Goroutines, shown.Crash = []crash.Goroutine{g}, 0
	case d.g0:
		shown.Goroutines, shown.Crash = []crash.Goroutine{{State: "idle", Frames: d.stack.frames}}, 0
	case len(all) > 0: // who reads it takes the first for the one that matters
		shown.Goroutines, all = all[:1:1], all[1:]
	}
	var text bytes.Buffer
	if err := WriteTraceback(&text, d.headline, shown); err != nil {
		return nil, err
	}
	r, err := crash.Parse(&text)
	if err != nil { // no headline and no goroutine
		r = &crash.Report{Kind: crash.KindFragment, Crash: -1}
	}
	// What was read back is a part of what there is.
	if len(r.Goroutines) == len(shown.Goroutines) {
		r.Goroutines = shown.Goroutines
	}
	r.Goroutines = append(r.Goroutines, all...)
	r.GoroutineCount = len(r.Goroutines)
	if len(r.Goroutines) == 0 {
		r.Loose = d.stack.frames
	}
	if d.place == nil { // nobody crashed, whoever is first
		r.Crash = -1
	}
	r.GoVersion, r.Start, r.End, r.Truncated = c.binary.GoVersion(), 0, 0, c.file.Cut && d.stack.why != ""
	r.Class = crash.Classify(r)
	r.Fingerprints = crash.Fingerprint(r)
	return r, nil
}

// withoutCause is the report of a core in which the cause is missing: to take what is
// left for it, such as the signal by which the runtime ends every process, would make
// one issue of all that crashes.
func (c *Core) withoutCause(all []crash.Goroutine, d *death) *crash.Report {
	d.headline = ""
	r := &crash.Report{Kind: crash.KindFragment, Crash: -1, Goroutines: all, GoVersion: c.binary.GoVersion(), Truncated: true}
	if d.crashed != nil {
		var g crash.Goroutine
		if g, all = c.takeOut(all, d.crashed); g.State == "" {
			g.State = "running"
		}
		g.Frames, g.Elided, g.ElidedAt = d.stack.frames, d.stack.elided, d.stack.elidedAt
		r.Goroutines, r.Crash = append([]crash.Goroutine{g}, all...), 0
	}
	r.GoroutineCount = len(r.Goroutines)
	r.Class = crash.Classify(r)
	r.Fingerprints = crash.Fingerprint(r)
	return r
}

// written is when the core was written, about.
func (c *Core) written() time.Time {
	info, err := os.Stat(c.Path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// trim takes away from goroutines that ended the process, too, what the runtime did
// then: it was not the first, but its stack begins where it failed.
func (c *Core) trim(all []crash.Goroutine, places []*place) {
	for _, p := range places {
		if p.curg == nil {
			continue
		}
		for _, behind := range []string{"runtime.fatalthrow", "runtime.fatalpanic"} {
			i, _ := p.find(behind)
			if i < 0 || p.parts[i].where != onGoroutine {
				continue
			}
			for j := range all {
				if g := &all[j]; g.ID == int64(p.curg.ID) {
					s := c.printed(p.parts[i].from, c.options.All, behind)
					g.Frames, g.Elided, g.ElidedAt = s.frames, s.elided, s.elidedAt
				}
			}
		}
	}
}

// takeOut takes the goroutine that crashed out of all.
func (c *Core) takeOut(all []crash.Goroutine, crashed *goproc.Goroutine) (crash.Goroutine, []crash.Goroutine) {
	for i := range all {
		if all[i].ID == int64(crashed.ID) {
			g := all[i]
			return g, append(all[:i:i], all[i+1:]...)
		}
	}
	g := crash.Goroutine{ID: int64(crashed.ID), State: crashed.State, LockedToThread: crashed.Locked}
	if by, ok := c.rt.CreatedBy(crashed); ok {
		g.CreatedBy = &crash.CreatedBy{Func: by.Func, File: by.File, Line: by.Line, Goroutine: int64(crashed.Parent)}
	}
	return g, all
}

// shorten leaves out of long stacks what tracebacks leave out.
func shorten(all []crash.Goroutine) {
	for i := range all {
		g := &all[i]
		if more := len(g.Frames) - innerFrames - outerFrames; more > 0 && g.Elided == 0 {
			frames := append([]crash.Frame(nil), g.Frames[:innerFrames]...)
			g.Frames = append(frames, g.Frames[len(g.Frames)-outerFrames:]...)
			g.Elided, g.ElidedAt = more, innerFrames
		}
	}
}
