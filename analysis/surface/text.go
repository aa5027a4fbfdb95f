package surface

import (
	"fmt"
	"path"
	"strings"
	"unicode/utf8"
)

// A Style says how to draw a report.
type Style struct {
	Width int  // of the terminal in columns; 0 cuts nothing
	Color bool // with escape sequences
	All   bool // everything, rather than what matters most
}

// Text draws a report for people.
func Text(r *Report, style Style) string {
	d := &drawing{Style: style, r: r}
	d.head()
	d.sets()
	d.entries()
	d.calls()
	d.packages()
	d.unknown()
	return d.b.String()
}

type drawing struct {
	Style
	r *Report
	b strings.Builder
}

const (
	bold  = "1"
	red   = "31"
	amber = "33"
	dim   = "2"
)

func (d *drawing) paint(code, s string) string {
	if !d.Color || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (d *drawing) line(format string, args ...any) {
	d.b.WriteString(fmt.Sprintf(format, args...) + "\n")
}

// begin cuts a text at the end.
func (d *drawing) begin(s string, taken int) string {
	room := max(d.Width-taken, 10)
	if d.Width <= 0 || utf8.RuneCountInString(s) <= room {
		return s
	}
	return string([]rune(s)[:room-1]) + "…"
}

// place is where something stands.
func place(file string, line int) string { return fmt.Sprintf("%s:%d", clean(file), line) }

// fit cuts a text from the left, where paths have what everybody knows, to what
// the terminal has beside the columns that are taken.
func (d *drawing) fit(s string, taken int) string {
	if d.Width <= 0 {
		return s
	}
	room := max(d.Width-taken, 10)
	n := utf8.RuneCountInString(s)
	if n <= room {
		return s
	}
	return "…" + string([]rune(s)[n-room+1:])
}

func (d *drawing) top(n, few int) int {
	if d.All {
		return n
	}
	return min(n, few)
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func (d *drawing) head() {
	kinds := map[string]int{}
	unguarded, exposed := 0, 0
	for _, e := range d.r.Entries {
		kinds[e.Kind]++
		if !e.Guarded {
			unguarded++
			if e.Number > 0 {
				exposed++
			}
		}
	}
	d.line("%s %d", d.paint(bold, "crash surface"), d.r.Number)
	var parts []string
	for _, k := range []string{Goroutine, Timer, Handler, Callback, Init, Main, API} {
		if kinds[k] > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", k, kinds[k]))
		}
	}
	if len(d.r.Entries) == 0 {
		d.line("no entries")
		return
	}
	d.line("%s (%s), %d unguarded, %d of these reach a site that counts",
		plural(len(d.r.Entries), "entry", "entries"), strings.Join(parts, ", "), unguarded, exposed)
}

func (d *drawing) sets() {
	n := 0
	for _, s := range d.r.Sets {
		if s.Number > 0 {
			n++
		}
	}
	if n == 0 {
		return
	}
	d.line("\n%s", d.paint(bold, "panic sites, by the entries that reach them"))
	shown := d.top(n, 10)
	for _, s := range d.r.Sets[:shown] {
		code := amber
		if s.Grade == "likely" {
			code = red
		}
		d.line("\n%6d  %s reached by %s", s.Number,
			d.paint(code, plural(len(s.Sites), s.Grade+" site", "sites, up to "+s.Grade)), plural(s.FanIn, "unguarded entry", "unguarded entries"))
		for _, site := range s.Sites[:d.top(len(s.Sites), 3)] {
			d.site("        ", site)
		}
		if more := len(s.Sites) - d.top(len(s.Sites), 3); more > 0 {
			d.line("        %s", d.paint(dim, fmt.Sprintf("and %d more", more)))
		}
		d.path("        ", s.Path)
	}
	if n > shown {
		d.line("\n        %s", d.paint(dim, plural(n-shown, "more set", "more sets")))
	}
}

func (d *drawing) site(indent string, s Site) {
	at := place(s.File, s.Line)
	d.line("%s%s  %s", indent, at, d.begin(s.Kind+": "+clean(s.Why), len(indent)+len(at)+2))
}

func (d *drawing) path(indent string, steps []Step) {
	names := make([]string, len(steps))
	for i, s := range steps {
		names[i] = name(s.Function)
	}
	if len(names) > 6 && !d.All {
		names = append(append(names[:3:3], "…"), names[len(names)-2:]...)
	}
	d.line("%s%s", indent, d.paint(dim, d.fit("by "+strings.Join(names, " > "), len(indent))))
}

// name is how a function is written for people: short, literals as tracebacks
// write them, and nothing that a terminal obeys.
func name(function string) string {
	outer, literals, is := strings.Cut(Short(function), "$")
	if is {
		outer += ".func" + strings.ReplaceAll(literals, "$", ".")
	}
	return clean(outer)
}

// Short is the name of a function with the last element of its package only.
func Short(name string) string {
	lead := ""
	for strings.HasPrefix(name, "(") || strings.HasPrefix(name, "*") {
		lead, name = lead+name[:1], name[1:]
	}
	if i := strings.LastIndexByte(strings.SplitN(name, "[", 2)[0], '/'); i >= 0 {
		name = name[i+1:]
	}
	return lead + name
}

func (d *drawing) entries() {
	n := 0
	for _, e := range d.r.Entries {
		if d.All || !e.Guarded && e.Number > 0 {
			n++
		}
	}
	if n == 0 {
		return
	}
	d.line("\n%s", d.paint(bold, "entries"))
	for _, e := range d.r.Entries[:d.top(n, 15)] {
		at := place(e.File, e.Line)
		guard := d.paint(red, "unguarded")
		if e.Guarded {
			guard = "guarded"
			if e.Guard == "accepted" {
				guard = e.Guard
			}
		} else if e.Guard != guards[0] {
			guard = d.paint(red, "guard "+e.Guard)
		}
		via := ""
		if e.Via != "" {
			via = " by " + name(e.Via)
		}
		d.line("%6d  %s  %s %s%s, %s, %s", e.Number, at, e.Kind, name(e.Function), via, guard, plural(e.Sites, "site", "sites"))
	}
	if more := n - d.top(n, 15); more > 0 {
		d.line("        %s", d.paint(dim, fmt.Sprintf("and %d more", more)))
	}
}

func (d *drawing) calls() {
	var open []External
	contained := 0
	for _, x := range d.r.Calls {
		if x.Sites > 0 && x.Contained < x.Calls {
			open = append(open, x)
		}
		if x.Contained == x.Calls {
			contained++
		}
	}
	if len(d.r.Calls) == 0 {
		return
	}
	d.line("\n%s: %s called, %d of them only where a guard contains a panic", d.paint(bold, "third-party functions"),
		plural(len(d.r.Calls), "function", "functions"), contained)
	if d.All {
		open = d.r.Calls
	}
	for _, x := range open[:d.top(len(open), 10)] {
		d.line("        %s  %s, %d of %s contained, %s", place(x.File, x.Line), d.fit(clean(x.Function), 60),
			x.Contained, plural(x.Calls, "call", "calls"), plural(x.Sites, "explicit panic", "explicit panics"))
	}
	if more := len(open) - d.top(len(open), 10); more > 0 {
		d.line("        %s", d.paint(dim, fmt.Sprintf("and %d more with explicit panics", more)))
	}
}

func (d *drawing) packages() {
	if len(d.r.Modules) == 0 && len(d.r.Packages) == 0 {
		return
	}
	d.line("\n%s", d.paint(bold, "numbers to drive down"))
	for _, c := range d.r.Modules {
		d.line("%6d  module %s", c.Number, clean(c.Name))
	}
	n := 0
	for _, c := range d.r.Packages {
		if c.Number > 0 || d.All {
			n++
		}
	}
	for _, c := range d.r.Packages[:d.top(n, 10)] {
		d.line("%6d  %s: %s, %d unguarded, %s", c.Number, d.fit(clean(c.Name), 50), plural(c.Entries, "entry", "entries"), c.Unguarded, plural(c.Sites, "site", "sites"))
	}
}

func (d *drawing) unknown() {
	calls := 0
	for _, u := range d.r.Unknown {
		calls += u.Calls
	}
	if calls == 0 {
		return
	}
	names := make([]string, 0, 3)
	for _, u := range d.r.Unknown[:min(3, len(d.r.Unknown))] {
		names = append(names, clean(path.Base(u.Function)))
	}
	more := ""
	if len(d.r.Unknown) > len(names) {
		more = " ..."
	}
	d.line("\n%s of %s without a summary (assembly, reflection, other platforms): %s%s", plural(calls, "call", "calls"), plural(len(d.r.Unknown), "function", "functions"), strings.Join(names, ", "), more)
}
