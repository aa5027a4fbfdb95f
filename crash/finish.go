package crash

import (
	"bytes"
	"strings"
)

// finish turns the draft into a report: which goroutine crashed, what kind of
// crash it was, what the message is, class and fingerprints.
func (d *draft) finish() *Report {
	r := &d.report
	d.cutShort()
	d.sealProfile()
	d.giveFrames()
	first := 0
	switch d.kind {
	case KindRace:
		r.Kind = KindRace
		if len(r.Goroutines) > 0 {
			r.Crash = 0
		}
	default:
		d.quotedStack()
		first = d.firstReal()
		d.messages(first)
		r.Goroutines = r.Goroutines[first:]
		r.Kind = d.kind
		if d.kind == "" {
			d.inferKind()
		}
		d.pickCrash()
	}
	d.keepFinally(first)
	r.GoVersion = goVersion(r)
	r.Class = Classify(r)
	r.Fingerprints = Fingerprint(r)
	return d.own()
}

// cutShort marks a report that ends in the middle of a stack.
func (d *draft) cutShort() {
	if d.call.set && !d.call.bare || len(d.report.Goroutines) > 0 && d.lastIsBare() {
		d.report.Truncated = true
	}
	d.flush()
	for i := range d.links {
		if d.links[i].truncated {
			d.problem("long_message", 0, nil)
		}
	}
}

// lastIsBare reports whether the last goroutine is a header and nothing else.
// A goroutine that ran on another thread has no frames but a creator.
func (d *draft) lastIsBare() bool {
	g := d.last()
	return len(g.Frames) == 0 && g.CreatedBy == nil && g.State != "running" && len(d.report.Goroutines) == 1
}

// firstReal returns the index of the first goroutine that is no part of the
// message. The runtime prints a blank line before the crashing goroutine
// (runtime/panic.go, dopanic_m), prints each goroutine once and only the
// crashing one as running with frames; until Go 1.22 a message could hold text
// that looks like one.
func (d *draft) firstReal() int {
	all := d.report.Goroutines[:min(len(d.report.Goroutines), len(d.starts))]
	if len(all) < 2 || !d.mayForge() {
		return 0
	}
	first := 0
	blanks := d.blanksLeft(all)
	if !d.starts[0].blank {
		for i := 1; i < len(all); i++ {
			if d.starts[i].blank && all[i].State == "running" && len(all[i].Frames) > 0 {
				first = i
				break
			}
		}
	}
	elsewhere := make(map[int64]bool) // running on other threads: printed twice
	for i := first; i < len(all); i++ {
		g := &all[i]
		if g.State != "running" {
			continue
		}
		if g.Thread != "" {
			// A header with thread fields among headers without them: the
			// runtime prints them on all or, at the lowest level, on none.
			if all[first].Thread == "" && len(g.Frames) > 0 && (d.starts[i].blank || !blanks) {
				first = i
			}
			continue
		}
		if len(g.Frames) == 0 {
			elsewhere[g.ID] = true
		} else if i > first && !elsewhere[g.ID] && (d.starts[i].blank || !blanks) {
			first = i
		}
	}
	if first > 0 {
		d.problems("forged_header", 0, d.starts[first].before, nil)
	}
	return first
}

// blanksLeft reports whether the text still has the blank lines that stand before
// headers. Where they were lost a few headers may be forged, but not many.
func (d *draft) blanksLeft(all []Goroutine) bool {
	running := 0
	for i := range all {
		if d.starts[i].blank {
			return true
		}
		if all[i].State == "running" && len(all[i].Frames) > 0 {
			running++
		}
	}
	return running > 8
}

// messages turns the headlines into the chain of panics and the message.
//
// Message is that of the last panic of the chain: it is the one that killed the
// process, and the value a guard in the same place would have recovered. A
// repanic prints the same value again, so nothing is lost there; where the last
// panic is another one, Panics tells what came before.
func (d *draft) messages(first int) {
	r := &d.report
	d.cutMessage(first)
	d.rejoin(first)
	for i := range d.links {
		l := &d.links[i]
		p := panicMarks(joinMessage(l.first, l.rest))
		r.Message, r.HasMessage = p.Message, true
		if l.fatal {
			d.kind = KindFatal // a throw during a panic: no recover could stop it
		} else if d.kind == KindPanic || len(d.links) > 1 {
			r.Panics = append(r.Panics, p)
		}
	}
	for i := 0; i+1 < len(r.Panics); i++ {
		if r.Panics[i].Recovered && r.Panics[i].Message == strings.TrimRight(r.Panics[i+1].Message, " ") {
			r.Panics[i].Repanicked = true // as Go 1.25 prints it
		}
	}
}

// cutMessage ends the last message where the stacks began.
func (d *draft) cutMessage(first int) {
	if len(d.links) == 0 {
		return
	}
	l := &d.links[len(d.links)-1]
	switch {
	case first > 0:
		l.rest = l.rest[:d.starts[first].at]
	case d.bodyAt >= 0:
		l.rest = l.rest[:d.bodyAt]
	default:
		l.rest = d.indentedOnly(l.rest)
	}
}

// rejoin gives headlines back to the message they are part of. From Go 1.23 the
// lines of a message stand behind a tab, as the further headlines of a chain
// do, so that "a\npanic: b" looks like two panics. The stack tells: printpanics
// (runtime/panic.go) prints the panics whose gopanic has not returned, so each
// has a frame there; only that of the last one is left out, and not even that
// when the runtime's frames are shown, down to goexit.
func (d *draft) rejoin(first int) {
	if len(d.links) < 2 || len(d.report.Goroutines) <= first {
		return
	}
	g := &d.report.Goroutines[first]
	if len(g.Frames) == 0 || g.Elided != 0 {
		return
	}
	real := 1
	for i := range g.Frames {
		if fn := g.Frames[i].Func; fn == "panic" || fn == "runtime.gopanic" {
			real++
		}
	}
	last := len(g.Frames) - 1
	if real > 1 && g.Frames[last].Func == "runtime.goexit" && panicAt(g.Frames[:1]) == 0 {
		real--
	}
	for real < len(d.links) && d.links[real].maybeHidden() {
		real++
	}
	if len(d.links) <= real {
		return
	}
	d.problem("forged_headline", 0, []byte(d.links[real].first))
	into := &d.links[real-1]
	for _, l := range d.links[real:] {
		word := "panic: "
		if l.fatal {
			word = "fatal error: "
		}
		into.rest = append(append(append(into.rest, "\n"+l.lead+word...), l.first...), l.rest...)
		if room := maxMessage - len(into.first); len(into.rest) > room {
			into.rest = bytes.ToValidUTF8(into.rest[:max(room, 0)], nil)
			d.problem("long_message", 0, nil)
			break
		}
	}
	d.links = d.links[:real]
}

// maybeHidden reports whether a panic can have no frame: functions of the
// runtime that are deferred themselves, close and a nil function, are not shown,
// nor are the panics above the first frame that is (runtime/traceback.go,
// showfuncinfo).
func (l *link) maybeHidden() bool {
	switch l.first {
	case "close of closed channel", "close of nil channel", "runtime error: invalid memory address or nil pointer dereference":
		return !l.fatal && len(strings.TrimSpace(string(l.rest))) == 0
	}
	return false
}

// indentedOnly is what belongs to a message when no stack follows: from Go 1.23
// its lines stand behind a tab. Other lines may be anybody's.
func (d *draft) indentedOnly(rest []byte) []byte {
	end := 0
	for end < len(rest) && bytes.HasPrefix(rest[end:], []byte("\n\t")) {
		next := bytes.IndexByte(rest[end+1:], '\n')
		if next < 0 {
			return rest
		}
		end += 1 + next
	}
	return rest[:end]
}

// joinMessage puts the lines of a message together again. Since Go 1.23 the
// runtime prints a tab after each line end (runtime/error.go, printindented).
func joinMessage(first string, rest []byte) string {
	text := trimBlankLines(string(rest))
	if text == "" {
		return first
	}
	if strings.Count(text, "\n") == strings.Count(text, "\n\t") {
		text = strings.ReplaceAll(text, "\n\t", "\n")
	}
	return first + text
}

// trimBlankLines drops the blank lines between a message and what follows it,
// spaces included that a copy may have added. Behind a tab a blank line is part
// of the message.
func trimBlankLines(text string) string {
	for {
		end := strings.TrimRight(text, " ")
		if !strings.HasSuffix(end, "\n") {
			return text
		}
		text = end[:len(end)-1]
	}
}

// pickCrash says which goroutine crashed: the runtime prints it first
// (runtime/panic.go, dopanic_m). Behind a runtime stack the first goroutine
// crashed only if it was running on that thread.
func (d *draft) pickCrash() {
	r := &d.report
	if len(r.Goroutines) == 0 {
		return
	}
	if d.profile {
		return
	}
	g := &r.Goroutines[0]
	if len(r.Loose) > 0 && r.Kind != KindRace && (g.State != "running" || len(g.Frames) == 0) {
		return // the stack that came first has no header
	}
	if r.Kind == KindFatal && backgroundState(g.State) {
		return // main has ended with runtime.Goexit; what follows is the runtime's own
	}
	if len(r.RuntimeStack) > 0 && r.Kind == KindFatal {
		onThread := g.State == "running" || strings.HasPrefix(g.State, "syscall") || onItsStack(g.State)
		if !onThread && !strings.Contains(r.Message, "deadlock") && !(asleep(r) && checksDead(r.RuntimeStack)) {
			return
		}
	}
	r.Crash = 0
}

// goVersion finds the Go version in the paths of the standard library, where
// the toolchain's directory tells it: .../go1.22.12/src/runtime/proc.go,
// .../toolchain@v0.0.1-go1.22.12.linux-amd64/src/..., /usr/lib/go-1.22/src/...
func goVersion(r *Report) string {
	for _, stack := range [][]Frame{r.CrashStack(), r.RuntimeStack} {
		for i := range stack {
			f := &stack[i]
			if f.File == "" || IsApp(f.Func) {
				continue
			}
			dir, _, ok := strings.Cut(f.File, "/src/")
			if !ok {
				continue
			}
			if v := versionIn(dir); v != "" {
				return v
			}
		}
	}
	return ""
}

func versionIn(dir string) string {
	for at := len(dir); at > 0; {
		i := strings.LastIndex(dir[:at], "go")
		if i < 0 {
			return ""
		}
		at = i
		v := strings.TrimLeft(dir[i+2:], "-/")
		end := 0
		for end < len(v) && (v[end] == '.' || '0' <= v[end] && v[end] <= '9') {
			end++
		}
		v = strings.TrimRight(v[:end], ".")
		if strings.HasPrefix(v, "1.") && len(v) > 2 {
			return "go" + v
		}
	}
	return ""
}
