package postmortem

import (
	"fmt"
	"strings"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/outline"
	"github.com/backstop-go/backstop/cmd/backstop/internal/textview"
)

// A requestGroup is requests that ask for the same and are served at the same
// place, the oldest first.
type requestGroup []*Request

// groups puts requests together that differ only in their goroutines and times,
// unless each is to be seen.
func (p *page) groups(all []Request) []requestGroup {
	type key struct {
		asked, host, remote, trace, where string
		closed, queued                    bool
	}
	var groups []requestGroup
	by := make(map[key]int)
	for i := range all {
		r := &all[i]
		k := key{p.asked(r), r.Host, r.Remote, r.TraceID, p.where(r), r.StreamClosed, r.Queued}
		at, known := by[k]
		if !known || p.opts.All {
			at = len(groups)
			by[k] = at
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], r)
	}
	return groups
}

func (p *page) requests() {
	s := p.s
	if len(s.Requests) == 0 {
		return
	}
	n := len(s.Requests) + s.RequestsMore
	if n == 1 {
		p.title("1 request in flight")
	} else {
		p.title("%d requests in flight", n)
	}
	for i, group := range p.groups(s.Requests) {
		if i == shownRequests && !p.opts.All {
			p.line("    %s", p.dim(fmt.Sprintf("... %d more (-all shows them)", n)))
			return
		}
		p.request(group)
		n -= len(group)
	}
	if s.RequestsMore > 0 {
		p.line("    %s", p.dim(fmt.Sprintf("... %d more that were not read", s.RequestsMore)))
	}
}

func (p *page) request(group requestGroup) {
	r := group[0]
	text := p.asked(r)
	if r.Host != "" {
		text += p.dim("  host " + textview.Escape(r.Host))
	}
	if r.Remote != "" {
		text += p.dim("  from " + textview.Escape(r.Remote))
	}
	text += group.number(p.s.age(r, p.find(r.Goroutine)))
	if !r.Deadline.IsZero() {
		text += "  " + until(r.Deadline, p.s.TakenAt)
	}
	if r.StreamClosed {
		text += "  " + p.paint("33", "nobody waits for the answer any more")
	}
	if r.Queued {
		text += "  waits for others of its connection"
	}
	if r.TraceID != "" {
		text += p.dim("  trace " + textview.Escape(r.TraceID))
	}
	p.line("    %s", text)
	if r.Goroutine != 0 {
		p.line("        %s%s", named(group.goroutines()), p.where(r))
	}
}

// number says how many there are of more than one, and the age of the oldest.
func (g requestGroup) number(age string) string {
	switch n := len(g); {
	case n == 1 && age == "":
		return ""
	case n == 1:
		return "  " + age
	case age == "":
		return fmt.Sprintf("  %d of them", n)
	default:
		return fmt.Sprintf("  %d of them, the oldest %s", n, age)
	}
}

func (g requestGroup) goroutines() []int64 {
	ids := make([]int64, len(g))
	for i, r := range g {
		ids[i] = r.Goroutine
	}
	return ids
}

// where says what the goroutine of a request does, and at what place.
func (p *page) where(r *Request) string {
	g := p.find(r.Goroutine)
	if g == nil {
		return ""
	}
	where := " [" + textview.Escape(g.State) + "]"
	if g.Stack != nil {
		if f := outline.Purpose(g.Stack.shown(false)); f != nil {
			where += fmt.Sprintf("  %s  %s:%d", textview.Escape(f.Func), textview.Escape(f.File), f.Line)
		}
	}
	return where
}

// asked is what a request asks for, and by which protocol.
func (p *page) asked(r *Request) string {
	text := textview.Escape(r.Method + " " + r.URL)
	if r.Protocol != "" {
		text += p.dim("  " + textview.Escape(strings.TrimRight(r.Protocol+" "+r.Kind, " ")))
	}
	return text
}

// until says how far a deadline is.
func until(deadline, now time.Time) string {
	if now.IsZero() { // of a core
		return "deadline " + deadline.UTC().Format(time.RFC3339)
	}
	if left := deadline.Sub(now); left > 0 {
		return "deadline in " + rough(left)
	}
	return rough(now.Sub(deadline)) + " beyond its deadline"
}

// age says how long a request has been served, "" when it is not known. net/http
// knows it by the second, and nothing of requests of HTTP/2: those have been served
// for at least as long as their goroutine waits.
func (s *Snapshot) age(r *Request, g *Goroutine) string {
	switch {
	case !r.StartedAt.IsZero():
		d := max(s.TakenAt.Sub(r.StartedAt), 0)
		if r.Via == ViaHTTP {
			d = d.Truncate(time.Second)
		}
		if d == 0 {
			return "for 0s"
		}
		return "for " + rough(d)
	case g != nil && g.Wait > 0:
		return "for at least " + rough(g.Wait)
	}
	return ""
}
