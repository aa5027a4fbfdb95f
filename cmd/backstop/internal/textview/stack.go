package textview

import (
	"fmt"
	"path"
	"sort"
	"strings"

	"github.com/backstop-go/backstop/crash"
)

// stack shows the crashing stack. Runs of frames outside the application and
// rounds of a recursion are folded.
func (v *view) stack(r *crash.Report) {
	frames := r.CrashStack()
	if len(frames) == 0 {
		return
	}
	v.line("")
	g := r.CrashGoroutine()
	switch {
	case g != nil && r.Kind == crash.KindRace:
		v.line("  %s", v.paint(bold, fmt.Sprintf("%s by goroutine %d", Escape(g.State), g.ID)))
	case g != nil:
		v.line("  %s%s", v.paint(bold, fmt.Sprintf("goroutine %d", g.ID)), goroutineDetails(g))
	case len(r.RuntimeStack) > 0:
		v.line("  %s", v.paint(bold, "runtime stack"))
	default:
		v.line("  %s", v.paint(bold, "stack"))
	}
	elidedAt, elided := -1, 0
	if g != nil && g.Elided != 0 {
		elidedAt, elided = g.ElidedAt, g.Elided
	}
	v.frames(frames, r.Origin(), elidedAt, elided)
	if g != nil {
		v.creator(g.CreatedBy)
		for i := range g.Ancestors {
			a := &g.Ancestors[i]
			v.line("  %s", v.paint(dim, fmt.Sprintf("originating from goroutine %d", a.ID)))
			v.frames(a.Frames, nil, -1, 0)
			v.creator(a.CreatedBy)
		}
	}
}

func goroutineDetails(g *crash.Goroutine) string {
	s := " [" + Escape(g.State) + "]"
	if g.WaitMinutes > 0 {
		s += fmt.Sprintf(" for %d minutes", g.WaitMinutes)
	}
	if g.LockedToThread {
		s += ", locked to its thread"
	}
	keys := make([]string, 0, len(g.Labels))
	for k := range g.Labels {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		s += fmt.Sprintf("  %s=%s", Escape(clip(k, 60)), Escape(clip(g.Labels[k], 120)))
	}
	return s
}

func (v *view) creator(c *crash.CreatedBy) {
	if c == nil {
		return
	}
	where := ""
	if c.File != "" {
		where = fmt.Sprintf("  %s:%d", Escape(c.File), c.Line)
	}
	in := ""
	if c.Goroutine != 0 {
		in = fmt.Sprintf(" in goroutine %d", c.Goroutine)
	}
	v.line("      %s %s%s%s", v.paint(dim, "created by"), Escape(c.Func), in, v.paint(dim, where))
}

// frames prints a stack; focus is the frame to look at first.
func (v *view) frames(frames []crash.Frame, focus *crash.Frame, elidedAt, elided int) {
	app := 0
	for i := range frames {
		if crash.IsApp(frames[i].Func) {
			app++
		}
	}
	printed := 0
	for i := 0; i < len(frames); {
		if i == elidedAt {
			v.elided(elided)
		}
		if printed == maxFrames {
			v.line("      %s", v.paint(dim, fmt.Sprintf("... %d more frames", len(frames)-i)))
			break
		}
		printed++
		limit := len(frames)
		if elidedAt > i {
			limit = elidedAt
		}
		if period, rounds := cycle(frames[i:limit]); rounds > 2 {
			for j := i; j < i+period; j++ {
				v.frame(&frames[j], focus)
			}
			v.line("      %s", v.paint(yellow, fmt.Sprintf("... and %d times more: recursion", rounds-1)))
			i += period * rounds
			continue
		}
		run := i
		for run < limit && !crash.IsApp(frames[run].Func) && frames[run].Func != "panic" {
			run++
		}
		if app > 0 && (run-i > 2 || run == len(frames) && run-i > 1) {
			v.line("      %s", v.paint(dim, fmt.Sprintf("... %d frames of %s", run-i, packages(frames[i:run]))))
			i = run
			continue
		}
		v.frame(&frames[i], focus)
		i++
	}
	if elidedAt >= len(frames) {
		v.elided(elided)
	}
}

func (v *view) elided(n int) {
	text := "... frames left out by the runtime"
	if n > 0 {
		text = fmt.Sprintf("... %d frames left out by the runtime", n)
	}
	v.line("      %s", v.paint(dim, text))
}

func (v *view) frame(f, focus *crash.Frame) {
	mark, style := "  ", dim
	switch {
	case f == focus:
		mark, style = v.paint(focused, "> "), focused
	case crash.IsApp(f.Func):
		style = bold
	}
	where := ""
	if f.File != "" {
		where = fmt.Sprintf("%s:%d", Escape(f.File), f.Line)
	}
	v.line("    %s%s\n          %s", mark, v.paint(style, Escape(f.Func)), v.paint(dim, where))
}

// cycle finds the shortest period with which frames repeat, and how often the
// whole of it stands there.
func cycle(frames []crash.Frame) (period, rounds int) {
	same := func(a, b *crash.Frame) bool { return a.Func == b.Func && a.Line == b.Line }
	for p := 1; p <= 8 && 3*p <= len(frames); p++ {
		n := p
		for n < len(frames) && same(&frames[n], &frames[n-p]) {
			n++
		}
		if n >= 3*p {
			return p, n / p
		}
	}
	return 0, 0
}

// packages names the packages of some frames, in order of appearance.
func packages(frames []crash.Frame) string {
	var names []string
	seen := make(map[string]bool)
	for i := range frames {
		name := frames[i].Func
		dir, base := path.Split(name)
		pkg, _, ok := strings.Cut(base, ".")
		if !ok {
			pkg = "runtime"
		}
		if pkg = dir + pkg; !seen[pkg] {
			seen[pkg] = true
			names = append(names, Escape(pkg))
		}
	}
	if len(names) > 4 {
		names = append(names[:3], "...")
	}
	return strings.Join(names, ", ")
}

// others shows the goroutines that did not crash, those alike as one.
func (v *view) others(r *crash.Report) {
	total, runtimes := 0, 0
	var buckets []crash.Bucket
	for _, b := range r.Fold() {
		total += len(b.IDs)
		if r.Kind != crash.KindRace && ofRuntime(&b) {
			runtimes += len(b.IDs)
			continue
		}
		buckets = append(buckets, b)
	}
	if total == 0 {
		return
	}
	v.line("")
	title := fmt.Sprintf("%d other goroutines", total)
	if total == 1 {
		title = "1 other goroutine"
	}
	if r.Kind == crash.KindRace {
		title = "raced with"
	}
	v.line("  %s", v.paint(bold, title))
	for i := range buckets {
		if i == maxBuckets {
			v.line("      %s", v.paint(dim, fmt.Sprintf("... and %d more kinds of goroutines", len(buckets)-i)))
			break
		}
		b := &buckets[i]
		f := telling(b.Frames)
		name, where := "(no frames)", ""
		if f != nil {
			name, where = Escape(f.Func), fmt.Sprintf("%s:%d", Escape(f.File), f.Line)
		}
		wait := ""
		if b.WaitMinutes > 0 {
			wait = fmt.Sprintf(", up to %d minutes", b.WaitMinutes)
		}
		v.line("    %4d  [%s%s]  %s  %s", len(b.IDs), Escape(b.State), wait, name, v.paint(dim, where))
	}
	if runtimes > 0 {
		v.line("    %s", v.paint(dim, fmt.Sprintf("%4d  of the runtime itself", runtimes)))
	}
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

// telling is the frame that says most about a goroutine: its first one of the
// application, else its last, which is where it began.
func telling(frames []crash.Frame) *crash.Frame {
	for i := range frames {
		if crash.IsApp(frames[i].Func) {
			return &frames[i]
		}
	}
	for i := len(frames) - 1; i >= 0; i-- {
		if frames[i].Func != "runtime.goexit" {
			return &frames[i]
		}
	}
	return nil
}
