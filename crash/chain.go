package crash

import "strings"

// maxLinks is how many headlines one report has at most: panics nest, but not
// without end.
const maxLinks = 256

// mayContain reports whether a headline that stands at the start of a line,
// right under the message of a panic, is taken for a line of that message, or
// for one of a chain whose tabs were lost. Until Go 1.22 both are possible, and
// only the stack tells (rejoin); without a stack they are crashes of their own
// (apart). The same headline again is the crash once more.
func (d *draft) mayContain(c cause) bool {
	if d.kind != KindPanic || c.kind != KindPanic || d.report.Recovered || len(d.links) >= maxLinks {
		return false
	}
	if last := d.links[len(d.links)-1].first; !strings.HasSuffix(last, "[recovered]") {
		for i := range d.links {
			if d.links[i].first == string(c.message) {
				return false
			}
		}
	}
	d.link(c.message, false)
	return true
}

// apart cuts a draft that has headlines and no stack into the crashes they
// stand for. It returns those before the last one.
func (d *draft) apart() []*draft {
	r := &d.report
	if d.kind != KindPanic || len(d.links) < 2 || len(r.Goroutines)+len(r.RuntimeStack)+len(r.Loose) > 0 || d.call.set {
		return nil
	}
	var all []*draft
	from := 0
	for i := 1; i < len(d.links); i++ {
		l := &d.links[i]
		if l.lead != "" || l.fatal || strings.HasSuffix(d.links[i-1].first, "[recovered]") {
			continue // a chain
		}
		earlier := &draft{kind: KindPanic, lineAbove: d.lineAbove, bodyAt: -1, names: d.names, job: d.job, keeper: d.keeper}
		earlier.report.Crash = -1
		earlier.report.Start, earlier.report.End = d.report.Start, d.report.End
		earlier.links = d.links[from:i:i]
		all = append(all, earlier)
		from, d.lineAbove = i, ""
	}
	d.links = d.links[from:]
	return all
}

// headless begins a stack without a header, with the call line above and the
// file line below. In a panic it may prove to be part of the message
// (quotedStack).
func (d *draft) headless(c callLine, pos filePos) {
	d.mark = d.before // the call line is part of it
	d.loose()
	d.pendCall(c)
	d.position(pos)
}

// quotedStack takes a stack without a header for part of the message when the
// panicking goroutine has one.
func (d *draft) quotedStack() {
	r := &d.report
	if !d.mayForge() || len(r.Loose) == 0 || len(r.Goroutines) == 0 || len(d.starts) == 0 || r.Goroutines[0].State != "running" {
		return
	}
	r.Loose = nil
	d.bodyAt = d.starts[0].at
}

// headed reports whether the first goroutine is surely no part of the message:
// the runtime prints a blank line before it.
func (d *draft) headed() bool {
	return !d.mayForge() || len(d.starts) > 0 && d.starts[0].blank
}

// continues reports whether a call is written as those of the stack under way.
func (d *draft) continues(c callLine) bool {
	return len(*d.frames()) == 0 || c.c || c.style == d.style
}

// saysNothing reports whether a draft is no more than a line that programs that
// live write, too: a header in source text, "SIGTERM: draining" in a log. The
// runtime prints the pc right below a signal's name (runtime/signal_unix.go,
// fatalsignal).
func (d *draft) saysNothing() bool {
	r := &d.report
	if d.call.set || len(r.RuntimeStack)+len(r.Loose) > 0 || d.kind != KindSignal && d.kind != "" || d.crashOutput || d.profile {
		return false
	}
	if d.keeper.count > len(r.Goroutines) {
		return false // what was not kept had frames
	}
	for i := range r.Goroutines {
		if g := &r.Goroutines[i]; len(g.Frames) > 0 || g.CreatedBy != nil {
			return false
		}
	}
	s := &r.Signal
	return s.PC == "" && s.Code == "" && s.Addr == "" && !s.InCgo
}
