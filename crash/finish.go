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
	switch d.kind {
	case KindRace:
		r.Kind = KindRace
		if len(r.Goroutines) > 0 {
			r.Crash = 0
		}
	default:
		first := d.firstReal()
		d.messages(first)
		r.Goroutines = r.Goroutines[first:]
		r.Kind = d.kind
		if d.kind == "" {
			d.inferKind()
		}
		d.pickCrash()
	}
	r.GoroutineCount = len(r.Goroutines)
	r.GoVersion = goVersion(r)
	r.Class = Classify(r)
	r.Fingerprints = Fingerprint(r)
	return r
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
	all := d.report.Goroutines
	if d.kind != KindPanic || d.report.Recovered || len(all) < 2 {
		return 0
	}
	first := 0
	if !d.starts[0].blank {
		for i := 1; i < len(all); i++ {
			if d.starts[i].blank {
				first = i
				break
			}
		}
	}
	elsewhere := make(map[int64]bool) // running on other threads: printed twice
	for i := first; i < len(all); i++ {
		g := &all[i]
		if g.State != "running" || g.GP != "" {
			continue
		}
		if len(g.Frames) == 0 {
			elsewhere[g.ID] = true
		} else if i > first && !elsewhere[g.ID] && d.starts[i].blank {
			first = i
		}
	}
	if first > 0 {
		d.problems("forged_header", 0, first, nil)
	}
	return first
}

// messages turns the headlines into the chain of panics and the message.
//
// Message is that of the last panic of the chain: it is the one that killed the
// process, and the value a guard in the same place would have recovered. A
// repanic prints the same value again, so nothing is lost there; where the last
// panic is another one, Panics tells what came before.
func (d *draft) messages(first int) {
	r := &d.report
	for i := range d.links {
		l := &d.links[i]
		rest := l.rest
		if i == len(d.links)-1 {
			switch {
			case first > 0:
				rest = rest[:d.starts[first].at]
			case d.bodyAt >= 0:
				rest = rest[:d.bodyAt]
			default:
				rest = d.indentedOnly(rest)
			}
		}
		p := panicMarks(joinMessage(l.first, rest))
		r.Message, r.HasMessage = p.Message, true
		if l.fatal {
			d.kind = KindFatal // a throw during a panic: no recover could stop it
		} else if d.kind == KindPanic || len(d.links) > 1 {
			r.Panics = append(r.Panics, p)
		}
	}
	for i := 0; i+1 < len(r.Panics); i++ {
		if r.Panics[i].Recovered && r.Panics[i].Message == r.Panics[i+1].Message {
			r.Panics[i].Repanicked = true // as Go 1.25 prints it
		}
	}
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
	text := strings.TrimRight(string(rest), "\n")
	if text == "" {
		return first
	}
	if strings.Count(text, "\n") == strings.Count(text, "\n\t") {
		text = strings.ReplaceAll(text, "\n\t", "\n")
	}
	return first + text
}

// pickCrash says which goroutine crashed: the runtime prints it first
// (runtime/panic.go, dopanic_m). Behind a runtime stack the first goroutine
// crashed only if it was running on that thread.
func (d *draft) pickCrash() {
	r := &d.report
	if len(r.Goroutines) == 0 {
		return
	}
	g := &r.Goroutines[0]
	if len(r.RuntimeStack) > 0 && r.Kind == KindFatal {
		onThread := g.State == "running" || strings.HasPrefix(g.State, "syscall")
		if !onThread && !strings.Contains(r.Message, "deadlock") && !asleep(r) {
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
