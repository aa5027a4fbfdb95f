package textview

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/backstop-go/backstop/crash"

	"github.com/backstop-go/backstop/cmd/backstop/internal/outline"
	"github.com/backstop-go/backstop/cmd/backstop/internal/source"
)

// threads shows the stacks that crashed.
func (v *view) threads(o *outline.Outline) {
	for i := range o.Threads {
		t := &o.Threads[i]
		v.line("")
		switch g := t.Goroutine; {
		case g == nil:
			v.line("  %s", v.paint(bold, t.Name))
		case o.Report.Kind == crash.KindRace:
			v.line("  %s", v.paint(bold, fmt.Sprintf("%s by goroutine %d", Escape(g.State), g.ID)))
		default:
			v.line("  %s%s", v.paint(bold, fmt.Sprintf("goroutine %d", g.ID)), goroutineDetails(g))
		}
		v.stack(&t.Stack)
		if len(t.Ancestors) == 0 {
			v.creators(t.Creators)
			continue
		}
		v.creator("created by", t.Goroutine.CreatedBy)
		for j := range t.Ancestors {
			a := &t.Ancestors[j]
			v.line("  %s", v.paint(dim, fmt.Sprintf("goroutine %d was then at", a.ID)))
			v.stack(&a.Stack)
			v.creator("created by", a.CreatedBy)
		}
	}
	if more := len(o.Report.Goroutines) - len(o.Threads); more > 0 && o.Report.Kind == crash.KindRace {
		v.line("  %s", v.paint(dim, fmt.Sprintf("... and %d more", more)))
	}
	if o.Runtime == nil {
		return
	}
	v.line("")
	v.line("  %s", v.paint(bold, "the runtime's own stack"))
	v.stack(o.Runtime)
}

func goroutineDetails(g *crash.Goroutine) string {
	s := " [" + Escape(clip(g.State, 120)) + "]"
	if g.WaitMinutes > 0 {
		s += fmt.Sprintf(" for %s", minutes(g.WaitMinutes))
	}
	if g.LockedToThread {
		s += ", locked to its thread"
	}
	if g.Leaked {
		s += ", leaked"
	}
	if g.Bubble != 0 {
		s += fmt.Sprintf(", in synctest bubble %d", g.Bubble)
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

func minutes(n int) string {
	if n == 1 {
		return "1 minute"
	}
	return strconv.Itoa(n) + " minutes"
}

// stack prints a stack. Frames outside the application are dimmed, many of them
// folded to a line that says so.
func (v *view) stack(s *outline.Stack) {
	hasApp := false
	for i := range s.Runs {
		hasApp = hasApp || s.Runs[i].App
	}
	limit := maxFrames
	if v.opts.All {
		limit = maxFramesAll
	}
	for i := range s.Runs {
		run := &s.Runs[i]
		last := i == len(s.Runs)-1
		switch {
		case run.Gap != 0:
			v.gap(run.Gap)
		case run.Repeats > 0:
			v.line("      %s", v.paint(yellow, fmt.Sprintf("... and %d times more: recursion", run.Rounds())))
		case !run.App && hasApp && !v.opts.All && (len(run.Frames) > 2 || last && len(run.Frames) > 1):
			v.line("      %s", v.paint(dim, fmt.Sprintf("... %d frames of %s", len(run.Frames), Escape(strings.Join(run.Packages(), ", ")))))
		default:
			for j := range run.Frames {
				if limit == 0 {
					v.more(len(run.Frames) - j + following(s.Runs[i+1:]) + s.Cut)
					return
				}
				limit--
				v.frame(&run.Frames[j])
			}
		}
	}
	v.more(s.Cut)
}

func following(runs []outline.Run) int {
	n := 0
	for i := range runs {
		n += len(runs[i].Frames)
	}
	return n
}

func (v *view) more(frames int) {
	if frames > 0 {
		v.line("      %s", v.paint(dim, fmt.Sprintf("... %d more frames", frames)))
	}
}

func (v *view) gap(n int) {
	text := "... frames left out by the runtime"
	if n > 0 {
		text = fmt.Sprintf("... %d frames left out by the runtime", n)
	}
	v.line("      %s", v.paint(dim, text))
}

func (v *view) frame(f *outline.Frame) {
	fn := Escape(clip(f.Func, 500))
	switch {
	case f.Focus:
		v.line("    %s%s", v.paint(focused, "> "), v.paint(focused, fn))
	case f.App:
		v.line("      %s", v.paint(bold, fn))
	default:
		v.aside(fn, position(f.File, f.Line))
		return
	}
	if where := position(f.File, f.Line); where != "" {
		v.line("          %s", where)
	}
	if f.Source != nil {
		v.excerpt(f.Source)
	}
}

// aside prints a frame that is not in focus: on one line where that is wide
// enough.
func (v *view) aside(fn, where string) {
	sep := "  "
	if v.opts.Width > 0 && 6+columns(fn)+2+columns(where) > v.opts.Width {
		sep = "\n          "
	}
	if where == "" {
		sep = ""
	}
	v.line("      %s", v.paint(dim, fn+sep+where))
}

func position(file string, line int) string {
	switch {
	case file == "":
		return ""
	case line == 0:
		return Escape(clip(file, 500))
	}
	return fmt.Sprintf("%s:%d", Escape(clip(file, 500)), line)
}

// excerpt prints lines of source, without the indentation they share.
func (v *view) excerpt(e *source.Excerpt) {
	digits := len(strconv.Itoa(e.First + len(e.Lines) - 1))
	for i, l := range e.Unindented() {
		n := e.First + i
		mark, style := "  ", dim
		if n == e.Focus {
			mark, style = "> ", yellow
		}
		text := Escape(clip(l, 500))
		text = fmt.Sprintf("%s%*d  %s", mark, digits, n, text)
		width := 0
		if v.opts.Width > 0 {
			width = max(v.opts.Width-12, 8)
		}
		v.line("            %s", v.paint(style, strings.TrimRight(fit(text, width), " ")))
	}
}

// creators shows the go statements that led to a goroutine, as far as the text
// has them.
func (v *view) creators(chain []outline.Creator) {
	what := "created by"
	for i := range chain {
		c := &chain[i]
		v.creator(what, &c.CreatedBy)
		what = "which was created by"
		if i == len(chain)-1 && c.Goroutine > 1 && c.Holder == nil {
			v.line("          %s", v.paint(dim, fmt.Sprintf("goroutine %d is not in the text", c.Goroutine)))
		}
	}
}

func (v *view) creator(what string, c *crash.CreatedBy) {
	if c == nil {
		return
	}
	in := ""
	switch c.Goroutine {
	case 0:
	case 1:
		in = " in goroutine 1, main"
	default:
		in = fmt.Sprintf(" in goroutine %d", c.Goroutine)
	}
	v.line("      %s %s%s", v.paint(dim, what), Escape(clip(c.Func, 500)), in)
	if where := position(c.File, c.Line); where != "" {
		v.line("          %s", v.paint(dim, where))
	}
}

// others shows the goroutines that did not crash, those alike as one.
func (v *view) others(o *outline.Others) {
	if o.Count == 0 {
		return
	}
	v.line("")
	title := fmt.Sprintf("%d other goroutines", o.Count)
	if o.Count == 1 {
		title = "1 other goroutine"
	}
	details := ""
	if n := len(o.Kinds); n > 1 {
		details = fmt.Sprintf(" of %d kinds", n)
	}
	if o.WaitMinutes > 0 {
		details += fmt.Sprintf(", the longest wait %s", minutes(o.WaitMinutes))
	}
	v.line("  %s%s", v.paint(bold, title), details)
	v.kinds(o)
}

// kinds is the list of goroutines, the largest kinds first.
func (v *view) kinds(o *outline.Others) {
	digits := max(len(strconv.Itoa(o.Count)), 4)
	rows := rowsOf(o.Kinds, v.opts.All)
	kinds := 0
	for i := range rows {
		if i == maxKinds && i+1 < len(rows) && !v.opts.All { // a line about one kind could as well show it
			more := 0
			for _, r := range rows[i:] {
				more += r.count
			}
			v.line("    %s", v.paint(dim, fmt.Sprintf("%*d  in %d more kinds (-all shows them)", digits, more, len(o.Kinds)-kinds)))
			break
		}
		kinds += rows[i].kinds
		v.row(&rows[i], digits)
	}
	if o.Runtime > 0 {
		v.line("    %s", v.paint(dim, fmt.Sprintf("%*d  of the runtime itself", digits, o.Runtime)))
	}
	if o.Missing > 0 {
		v.line("    %s", v.paint(yellow, fmt.Sprintf("%*d  more in the text, of kinds that are not kept", digits, o.Missing)))
	}
}

// A row is a line of the list of goroutines: those of one kind, or of several
// that wait for the same at the same place and got there by different ways.
type row struct {
	*crash.Bucket // the largest kind
	at            *crash.Frame
	count, kinds  int
	wait          int // minutes, the longest
}

// rowsOf makes a row of each kind where each is shown with its stack, and else
// one row of kinds that would look the same.
func rowsOf(kinds []crash.Bucket, apart bool) []row {
	type look struct {
		state, fn, file string
		line            int
	}
	seen := make(map[look]int)
	var rows []row
	for i := range kinds {
		b := &kinds[i]
		r := row{Bucket: b, at: outline.Purpose(b.Frames), count: b.Count, kinds: 1, wait: b.WaitMinutes}
		key := look{state: b.State}
		if r.at != nil {
			key.fn, key.file, key.line = r.at.Func, r.at.File, r.at.Line
		}
		at, known := seen[key]
		if !known || apart {
			seen[key] = len(rows)
			rows = append(rows, r)
			continue
		}
		rows[at].count += r.count
		rows[at].kinds++
		rows[at].wait = max(rows[at].wait, r.wait)
	}
	sort.SliceStable(rows, func(i, j int) bool { return rows[i].count > rows[j].count })
	return rows
}

func (v *view) row(b *row, digits int) {
	wait := ""
	if b.wait > 0 {
		wait = ", " + minutes(b.wait)
		if b.count > 1 {
			wait = ", up to " + minutes(b.wait)
		}
	}
	name, where := "(no frames)", ""
	if b.at != nil {
		name, where = Escape(clip(b.at.Func, 500)), position(b.at.File, b.at.Line)
	}
	if b.kinds > 1 {
		where += fmt.Sprintf("  by %d ways", b.kinds)
	}
	lead := fmt.Sprintf("    %*d  [%s%s]  ", digits, b.count, Escape(clip(b.State, 120)), wait)
	sep := "  "
	if v.opts.Width > 0 && columns(lead)+columns(name)+2+columns(where) > v.opts.Width {
		sep = "\n" + strings.Repeat(" ", 6+digits)
	}
	if where == "" || v.opts.All {
		sep, where = "", ""
	}
	v.line("%s%s%s%s", lead, name, sep, v.paint(dim, where))
	if !v.opts.All {
		return
	}
	s := outline.NewStack(b.Frames, nil, b.Elided, b.ElidedAt, maxFramesAll)
	v.stack(&s)
	v.creator("created by", b.CreatedBy)
}
