package postmortem

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/outline"
	"github.com/backstop-go/backstop/cmd/backstop/internal/textview"
)

const (
	shownChanges = 15
	shownStuck   = 10
)

// WriteDiff shows a comparison to a person.
func WriteDiff(w io.Writer, d *Diff, opts textview.Options) error {
	p := page{opts: opts, s: new(Snapshot)}
	p.moments(d)
	if len(d.Concerns) > 0 {
		p.title("suspicious")
		for _, f := range d.Concerns {
			text := textview.Escape(f.Text)
			if len(f.Goroutines) > 0 {
				text += p.dim("  " + named(f.Goroutines))
			}
			p.line("    %s", p.paint("33", text))
		}
	}
	p.changes("by go statement", d.Sites, func(c *Change) string {
		if c.CreatedBy == nil {
			return "main, and what C code started"
		}
		return textview.Escape(c.CreatedBy.Func) + "  " + p.dim(fmt.Sprintf("%s:%d", textview.Escape(c.CreatedBy.File), c.CreatedBy.Line))
	})
	p.changes("by stack", d.Kinds, func(c *Change) string { return p.purpose(c.Stack) })
	p.stuck(d)
	p.stacks(d)
	p.both(d)
	_, err := w.Write(p.Bytes())
	return err
}

func (p *page) moments(d *Diff) {
	process := fmt.Sprintf("process %d", d.Before.PID)
	if !d.SameProcess {
		process = fmt.Sprintf("processes %d and %d", d.Before.PID, d.After.PID)
	}
	p.line("%s", p.bold(fmt.Sprintf("two snapshots of %s, %s apart", process, rough(d.After.TakenAt.Sub(d.Before.TakenAt)))))
	for _, m := range []Moment{d.Before, d.After} {
		text := fmt.Sprintf("  %s  %6d goroutines  %s", m.TakenAt.UTC().Format(time.RFC3339), m.Goroutines, textview.Escape(m.GoVersion))
		if m.Revision != "" {
			text += "  " + textview.Escape(m.Revision)
		}
		p.line("%s", text)
	}
	if !d.SameProcess {
		p.line("  %s", p.dim("two processes: goroutines are compared by number and place, not one by one"))
	}
	if len(d.Concerns) == 0 && len(d.Sites) == 0 && len(d.Kinds) == 0 {
		p.line("  nothing grew")
	}
}

// named lists goroutines, as many as people read.
func named(ids []int64) string {
	var b bytes.Buffer
	b.WriteString("goroutine")
	if len(ids) > 1 {
		b.WriteString("s")
	}
	for i, id := range ids {
		if i == 5 {
			b.WriteString(" ...")
			break
		}
		fmt.Fprintf(&b, " %d", id)
	}
	return b.String()
}

func (p *page) changes(title string, all []Change, name func(*Change) string) {
	if len(all) == 0 {
		return
	}
	p.title("goroutines %s", title)
	for i := range all {
		if i == shownChanges && !p.opts.All {
			p.line("    %s", p.dim(fmt.Sprintf("... %d more (-all shows them)", len(all)-i)))
			break
		}
		c := &all[i]
		p.line("    %+6d  %s  %s", c.grown(), p.dim(fmt.Sprintf("%d -> %d", c.Before, c.After)), name(c))
	}
}

// purpose names the frame that says most about a stack.
func (p *page) purpose(s *Stack) string {
	if s != nil {
		if f := outline.Purpose(s.shown(false)); f != nil {
			return textview.Escape(f.Func) + "  " + p.dim(fmt.Sprintf("%s:%d", textview.Escape(f.File), f.Line))
		}
	}
	return "(no frames)"
}

func (p *page) stuck(d *Diff) {
	if len(d.Stuck) == 0 {
		return
	}
	p.title("at the same place in both")
	for i := range d.Stuck {
		if i == shownStuck && !p.opts.All {
			p.line("    %s", p.dim(fmt.Sprintf("... %d more (-all shows them)", len(d.Stuck)-i)))
			break
		}
		s := &d.Stuck[i]
		text := fmt.Sprintf("    %6d  [%s]  %s", s.Count, textview.Escape(s.State), p.purpose(s.Stack))
		if s.SameWait > 0 && s.SameWait < s.Count {
			text += fmt.Sprintf("  %d of them in one wait", s.SameWait)
		} else if s.SameWait > 0 {
			text += "  in one wait"
		}
		p.line("%s", text)
		if p.opts.All && s.Stack != nil {
			for _, f := range s.Stack.shown(false) {
				p.line("              %s", p.dim(fmt.Sprintf("%s  %s:%d", textview.Escape(f.Func), textview.Escape(f.File), f.Line)))
			}
		}
	}
}

func (p *page) stacks(d *Diff) {
	if len(d.Stacks) == 0 {
		return
	}
	p.title("large stacks")
	for i, g := range d.Stacks {
		if i == shownStuck && !p.opts.All {
			p.line("    %s", p.dim(fmt.Sprintf("... %d more (-all shows them)", len(d.Stacks)-i)))
			break
		}
		p.line("    goroutine %d: %s -> %s  %s", g.Goroutine, size(g.Before), size(g.After), textview.Escape(g.Deepest))
	}
}

// both lists the requests that were in flight in both.
func (p *page) both(d *Diff) {
	if len(d.Requests) == 0 {
		return
	}
	p.title("requests in flight in both")
	left := len(d.Requests)
	for i, group := range p.groups(d.Requests) {
		if i == shownRequests && !p.opts.All {
			p.line("    %s", p.dim(fmt.Sprintf("... %d more (-all shows them)", left)))
			break
		}
		text := p.asked(group[0]) + group.number((&Snapshot{TakenAt: d.After.TakenAt}).age(group[0], nil))
		p.line("    %s  %s", text, p.dim(named(group.goroutines())))
		left -= len(group)
	}
}
