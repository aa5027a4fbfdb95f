package trace

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/textview"
)

// ViewOptions say how to show events. The zero value is plain text.
type ViewOptions struct {
	Color  bool
	Width  func() int // columns of the terminal; nil or 0: lines are as long as they are
	Live   bool       // the terminal understands where to move: keep the counters at its bottom
	Stacks bool       // show the stack of what is shown in full, and ends without failure
	Zone   *time.Location
}

// maxCounters is how many counters stand at the bottom of a terminal.
const maxCounters = 8

// A View shows events to a person: the first of each site in full, further ones
// as a counter. What it is given goes to a terminal and is escaped.
type View struct {
	w    io.Writer
	o    ViewOptions
	told map[string]*folded // by site
	rows int                // at the bottom of the terminal
	last Status
}

// A folded site is one that was shown.
type folded struct {
	line  string // what there is to count
	seen  uint64 // that were told, or stand at the bottom of the terminal
	lines uint64 // that were told on lines
	next  time.Time
	pause time.Duration
	at    time.Time // of the newest change
}

// A Status is what the last line of a terminal tells.
type Status struct {
	Now       time.Time
	Start     time.Time
	Targets   int
	Processes int
	Events    uint64
	Losses    Losses
}

// NewView returns a view on w.
func NewView(w io.Writer, o ViewOptions) *View {
	if o.Zone == nil {
		o.Zone = time.Local
	}
	return &View{w: w, o: o, told: make(map[string]*folded)}
}

// The few styles used, as SGR parameters.
const (
	styleDim   = "2"
	styleBold  = "1"
	styleDeath = "1;31"
	styleQuiet = "33" // what nobody would have heard of
	styleVain  = "35"
	stylePlace = "36"
)

func (v *View) paint(style, s string) string {
	if !v.o.Color || s == "" {
		return s
	}
	return "\x1b[" + style + "m" + s + "\x1b[0m"
}

func (v *View) width() int {
	if v.o.Width == nil {
		return 0
	}
	return v.o.Width()
}

// Event shows an event, or counts it where the like of it was shown.
func (v *View) Event(e *Event) {
	if f := v.told[e.Site]; f != nil && !e.fatal() {
		f.at = e.At
		return
	}
	if e.Kind == Exit && e.Class == "" && !v.o.Stacks {
		return // an end without failure
	}
	if len(v.told) < maxSites {
		v.told[e.Site] = &folded{line: v.brief(e), seen: e.Seen, lines: e.Seen, at: e.At, next: e.At.Add(time.Second), pause: time.Second}
	}
	v.erase()
	io.WriteString(v.w, v.full(e)) //nolint:errcheck // the command looks at errors of its output when it ends
	v.draw()
}

// fatal reports whether a process died of an event: none of them is folded.
func (e *Event) fatal() bool {
	switch e.Kind {
	case Fatal, Signal, Kill:
		return true
	case Panic:
		return e.Outcome == Uncaught
	}
	return false
}

// full is an event with all that is worth a look.
func (v *View) full(e *Event) string {
	esc := textview.Escape
	var b strings.Builder
	head := v.paint(styleDim, e.At.In(v.o.Zone).Format("15:04:05.000")) + " " + v.paint(styleBold, esc(procName(e)))
	what, where := v.what(e), v.where(e)
	one := head + " " + what
	if where != "" {
		one += " " + where
	}
	width := v.width()
	if width == 0 || textview.Columns(plain(one)) <= width {
		b.WriteString(one + "\n")
	} else {
		b.WriteString(head + " " + what + "\n")
		if where != "" {
			b.WriteString("    " + where + "\n")
		}
	}
	if v.o.Stacks {
		v.frames(&b, e)
	}
	return b.String()
}

// plain takes colours away.
func plain(s string) string {
	for {
		i := strings.Index(s, "\x1b[")
		if i < 0 {
			return s
		}
		end := strings.IndexByte(s[i:], 'm')
		if end < 0 {
			return s
		}
		s = s[:i] + s[i+end+1:]
	}
}

// procName is a process as people look for it: "shop[812]".
func procName(e *Event) string {
	return firstOf(baseName(e.Exe), e.Comm, "?") + "[" + utoa(uint64(e.PID)) + "]"
}

// what is what happened.
func (v *View) what(e *Event) string {
	text := ""
	if message := e.Headline(); message != "" {
		first, rest, more := strings.Cut(message, "\n")
		text = textview.Escape(clip(first, 300))
		if more && strings.TrimSpace(rest) != "" {
			text += " ..."
		}
		text = ": " + text
	}
	class := textview.Escape(string(e.Class))
	switch e.Kind {
	case Panic:
		switch e.Outcome {
		case Recovered:
			return v.paint(styleQuiet, "recovered") + " " + class + text
		case Uncaught:
			return v.paint(styleDeath, "died of") + " " + class + text
		case Replaced:
			return v.paint(styleQuiet, "replaced by a later panic:") + " " + class + text
		}
		return v.paint(styleQuiet, "in flight:") + " " + class + text
	case Vain:
		by := "?"
		if e.Recovery != nil {
			by = textview.Escape(e.Recovery.By.short())
		}
		s := v.paint(styleVain, "useless recover") + " in " + by + ": it returned nil while a panic was in flight"
		if class != "" {
			s += " (" + class + text + ")"
		}
		return s
	case Fatal, Signal:
		s := v.paint(styleDeath, "died of") + " " + class + text
		if by := sentBy(e); by != "" {
			s += " " + textview.Escape(by)
		}
		return s
	case Kill:
		return v.paint(styleDeath, "killed:") + " " + class + text
	case Exit:
		if e.Class == "" {
			return "ended" + v.asked(e)
		}
		return v.paint(styleDeath, "ended:") + " " + class + text + v.asked(e)
	case Goexit:
		return "runtime.Goexit"
	}
	return textview.Escape(string(e.Kind))
}

func (v *View) asked(e *Event) string {
	if e.End == nil || e.End.Asked == nil {
		return ""
	}
	s := ", after " + e.End.Asked.Signal
	switch {
	case e.End.Asked.By != nil:
		s += " from " + textview.Escape(e.End.Asked.By.String())
	case e.End.Asked.Kernel:
		s += " from the kernel"
	}
	return s
}

// where is where it happened, who ended it and for whom the goroutine worked.
func (v *View) where(e *Event) string {
	esc := textview.Escape
	var parts []string
	switch place := e.App; {
	case place == nil && len(e.Frames) > 0:
		place = &e.Frames[0].Place
		fallthrough
	case place != nil:
		at := "at "
		if e.Kind == Exit || e.Kind == Goexit {
			at = "called in "
		}
		parts = append(parts, at+v.paint(stylePlace, esc(place.short())))
	}
	if r := e.Recovery; r != nil && e.Kind == Panic {
		by := "recovered by ?"
		if r.By != nil {
			by = "recovered by " + esc(r.By.short())
		}
		if r.After > 0 {
			by += " after " + Round(r.After)
		}
		if r.Panics > 1 {
			by += fmt.Sprintf(", with %d before it", r.Panics-1)
		}
		parts = append(parts, by)
	}
	if e.Goroutine != 0 {
		parts = append(parts, "goroutine "+utoa(e.Goroutine))
	}
	if c := e.CreatedBy; c != nil && e.Outcome == Uncaught {
		parts = append(parts, "started by "+esc(c.short()))
	}
	if e.TraceID != "" {
		parts = append(parts, "trace "+esc(e.TraceID))
	}
	if e.Container != "" {
		parts = append(parts, "container "+esc(e.Container[:min(12, len(e.Container))]))
	}
	switch {
	case e.Snapshot != "":
		parts = append(parts, "state in "+esc(e.Snapshot))
	case e.SnapshotErr != "":
		parts = append(parts, "no state: "+esc(e.SnapshotErr))
	}
	if e.Seen > 1 && e.fatal() {
		parts = append(parts, "seen "+Thousands(e.Seen)+" times")
	}
	return strings.Join(parts, ", ")
}

// brief is what stands beside a counter.
func (v *View) brief(e *Event) string {
	esc := textview.Escape
	word := string(e.Kind)
	if e.Kind == Panic {
		word = string(e.Outcome)
	}
	s := firstOf(baseName(e.Exe), e.Comm, "?") + " "
	switch e.Kind {
	case Vain:
		s += "useless recover"
		if e.Recovery != nil {
			s += " in " + e.Recovery.By.short()
		}
		return esc(s)
	case Exit:
		s += "ended"
	default:
		s += word
	}
	if e.Class != "" {
		s += " " + string(e.Class)
	}
	if e.App != nil {
		s += " at " + e.App.short()
	}
	if e.Recovery != nil && e.Recovery.By != nil {
		s += ", by " + ShortFunc(e.Recovery.By.Func)
	}
	return esc(s)
}

// frames shows the stack of an event.
func (v *View) frames(b *strings.Builder, e *Event) {
	for _, f := range e.Frames {
		fmt.Fprintf(b, "      %s\n          %s:%d\n", textview.Escape(f.Func), textview.Escape(f.File), f.Line)
	}
	if e.Incomplete != "" {
		fmt.Fprintf(b, "      ... %s\n", textview.Escape(e.Incomplete))
	}
	if c := e.CreatedBy; c != nil {
		fmt.Fprintf(b, "      created by %s\n          %s:%d\n", textview.Escape(c.Func), textview.Escape(c.File), c.Line)
	}
}

// Tick tells what was counted since, at most once a second for each site, and
// ever less often where nobody can be watching.
func (v *View) Tick(st Status, sites []*Site) {
	v.last = st
	for _, s := range sites {
		f := v.told[s.ID]
		if f == nil || s.Seen <= f.seen || s.Event.fatal() {
			continue
		}
		if v.o.Live {
			f.seen, f.at = s.Seen, s.Last
			continue
		}
		if st.Now.Before(f.next) {
			continue
		}
		f.pause = min(2*f.pause, time.Minute)
		f.next = st.Now.Add(f.pause)
		v.more(st.Now, s, f)
	}
	v.erase()
	v.draw()
}

// more tells on a line what was counted since the last one.
func (v *View) more(now time.Time, s *Site, f *folded) {
	fmt.Fprintf(v.w, "%s %s more, %s in all: %s\n", now.In(v.o.Zone).Format("15:04:05.000"), Thousands(s.Seen-f.lines), Thousands(s.Seen), f.line)
	f.seen, f.lines = s.Seen, s.Seen
}

// erase takes the counters away, so that a line can be printed.
func (v *View) erase() {
	if v.rows == 0 {
		return
	}
	up := ""
	if v.rows > 1 {
		up = fmt.Sprintf("\x1b[%dA", v.rows-1)
	}
	fmt.Fprintf(v.w, "\r%s\x1b[J", up)
	v.rows = 0
}

// draw puts the counters that changed last below what was printed, and the
// status below them.
func (v *View) draw() {
	width := v.width()
	if !v.o.Live || v.last.Now.IsZero() || width < 20 {
		return
	}
	var list []*folded
	for _, f := range v.told {
		if f.seen > 1 {
			list = append(list, f)
		}
	}
	slices.SortFunc(list, func(a, b *folded) int { return b.at.Compare(a.at) })
	list = list[:min(len(list), maxCounters)]
	slices.SortFunc(list, func(a, b *folded) int { return strings.Compare(a.line, b.line) })
	var b strings.Builder
	for _, f := range list {
		b.WriteString(textview.Fit(fmt.Sprintf("%12s  %s", Thousands(f.seen), f.line), width-1) + "\n")
	}
	b.WriteString(v.paint(styleDim, textview.Fit(v.last.line(), width-1)))
	v.rows = len(list) + 1
	io.WriteString(v.w, b.String()) //nolint:errcheck // as above
}

func (st Status) line() string {
	ran := st.Now.Sub(st.Start)
	rate := float64(st.Events) / max(ran.Seconds(), 1)
	s := fmt.Sprintf("tracing %s, %s: %s events, %.1f/s, ", plural(st.Targets, "executable"), plural(st.Processes, "process"), Thousands(st.Events), rate)
	if lost := st.Losses.Ring + st.Losses.uncounted(); lost == 0 {
		s += "none lost"
	} else {
		s += Thousands(lost) + " lost"
	}
	return s + fmt.Sprintf(", %s. Ctrl-C ends", ran.Round(time.Second))
}

func plural(n int, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "s"):
		noun += "e"
	}
	return Thousands(uint64(max(n, 0))) + " " + noun + "s"
}

// Say prints a line of ours on another stream, which may be the same terminal.
func (v *View) Say(w io.Writer, line string) {
	v.erase()
	fmt.Fprintln(w, line)
	v.draw()
}

// Close takes the counters away and tells on lines what was counted and not told
// so.
func (v *View) Close(now time.Time, sites []*Site) {
	v.erase()
	for _, s := range sites {
		if f := v.told[s.ID]; f != nil && s.Seen > f.lines && !s.Event.fatal() {
			v.more(now, s, f)
		}
	}
}
