package labrun

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// Markdown writes a diff as release notes.
func (d *Diff) Markdown(w io.Writer) error {
	p := &printer{w: w}
	p.line("## %s to %s", d.Before, d.After)
	p.line("")
	differ := d.count(func(c Change) bool { return c.Varies == "" })
	switch {
	case differ == 0:
		p.line("%d scenarios compared, none differs.", d.Compared)
	default:
		p.line("%d scenarios compared, %d differ.", d.Compared, differ)
	}
	if len(d.Checks) > 0 {
		p.line("")
		p.line("Before an upgrade:")
		p.line("")
	}
	for _, c := range d.Checks {
		mark := " "
		switch {
		case c.OK == nil:
			mark = "?"
		case *c.OK:
			mark = "x"
		}
		p.line("- [%s] %s (%s)", mark, c.Name, c.Says)
	}
	lead := d.leads()
	for _, h := range headings {
		d.section(p, h.title, func(c Change) bool { return c.Kind == h.kind && c.Varies == "" && told(lead[c.Scenario], c.Kind) })
	}
	d.section(p, "Differences that may be chance", func(c Change) bool { return c.Varies != "" })
	p.list("New scenarios", d.New)
	p.list("Scenarios that are gone", d.Gone)
	p.list("Not run", d.NotRun)
	return p.err
}

// leads finds the gravest kind of change of each scenario.
func (d *Diff) leads() map[string]string {
	lead := make(map[string]string)
	for _, h := range slices.Backward(headings) {
		for _, c := range d.Changes {
			if c.Kind == h.kind {
				lead[c.Scenario] = h.kind
			}
		}
	}
	return lead
}

// told reports whether a kind of change is worth a line beside the gravest one:
// what is printed follows from whether anybody dies. JSON has them all.
func told(lead, kind string) bool {
	return kind == kindGuard || kind == kindDeath || lead != kindGuard && lead != kindDeath
}

// tag begins markup in Markdown; a "<" before a space is one.
var tag = regexp.MustCompile(`<([A-Za-z/!?])`)

// escapeText keeps what programs printed from becoming markup in a list. It stays
// readable, for terminals show it as it is.
func escapeText(s string) string { return tag.ReplaceAllString(s, `\<$1`) }

func (d *Diff) section(p *printer, title string, which func(Change) bool) {
	by := make(map[string][]string) // scenarios of which one thing is said
	var order []Change
	different := make(map[string]int) // things that are said of a field
	for _, c := range d.Changes {
		if !which(c) {
			continue
		}
		if by[c.Says] == nil {
			order = append(order, c)
			different[c.Field]++
		}
		by[c.Says] = append(by[c.Says], c.Scenario)
	}
	if len(order) == 0 {
		return
	}
	p.line("")
	p.line("### %s", title)
	p.line("")
	folded := make(map[string][]string)
	for _, c := range order {
		if short := shortly[c.Field]; short != "" && different[c.Field] > maxSaid {
			folded[c.Field] = append(folded[c.Field], by[c.Says]...)
			continue
		}
		p.line("- %s: %s", scenarios(by[c.Says]), escapeText(c.Says))
	}
	for _, c := range order {
		if names := folded[c.Field]; names != nil {
			p.line("- %s: %s", scenarios(names), shortly[c.Field])
			delete(folded, c.Field)
		}
	}
}

// Where a setting changes the text of everything, nobody reads how.
const (
	maxSaid  = 12 // different things said of one field
	maxNamed = 12 // scenarios named in a line
)

// shortly says of a field that it changed, where it would be said in too many ways.
var shortly = map[string]string{
	"top_frames":         "the stack begins with other functions",
	"goroutine_header":   "the goroutine's header has another form",
	"headline":           "the headline is another one",
	"recovered_value":    "a guard gets another value",
	"crash_output_lacks": "crash output lacks other lines of standard error",
}

func scenarios(names []string) string {
	var shown []string
	names = unique(names)
	for _, n := range names {
		if len(shown) == maxNamed {
			return fmt.Sprintf("%s and %d more", strings.Join(shown, ", "), len(names)-maxNamed)
		}
		shown = append(shown, "`"+n+"`")
	}
	return strings.Join(shown, ", ")
}

// unique returns names without repetition, in their order.
func unique(names []string) (once []string) {
	for _, n := range names {
		if !slices.Contains(once, n) {
			once = append(once, n)
		}
	}
	return once
}

// A printer writes lines and keeps the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

func (p *printer) list(title string, names []string) {
	if len(names) == 0 {
		return
	}
	p.line("")
	p.line("### %s", title)
	p.line("")
	p.line("%s", strings.Join(names, ", "))
}
