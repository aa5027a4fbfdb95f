package doctor

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// Style says how a report is drawn.
type Style struct {
	Width int // columns of a terminal; lines are not broken when 0
	Color bool
}

const (
	statusWidth = 8
	indent      = 2
)

// Text draws the report for people.
func (r *Report) Text(w io.Writer, s Style) error {
	if s.Width <= 0 {
		s.Width = math.MaxInt32
	} else {
		s.Width = min(max(s.Width, 60), 110)
	}
	d := drawer{style: s}
	for _, c := range r.Checks {
		d.name = max(d.name, len(c.Name))
	}
	switch r.Target {
	case "process":
		d.line("", "Process %d, %s", r.PID, clean(r.Path))
	case "executable":
		d.line("", "%s", clean(r.Path))
	default:
		d.line("", "This host, as this user")
	}
	group := ""
	for _, c := range r.Checks {
		if c.Group != group {
			group = c.Group
			d.line("", "")
			d.line(bold, "%s", group)
		}
		d.check(c)
	}
	d.paths(r.Paths)
	d.line("", "")
	d.line("", "%s", r.verdict())
	_, err := io.WriteString(w, d.b.String())
	return err
}

func (r *Report) verdict() string {
	switch {
	case r.Missing > 0:
		return fmt.Sprintf("%d missing, %d degraded: until that is mended, crashes go unreported here.", r.Missing, r.Degraded)
	case r.Degraded > 0:
		return fmt.Sprintf("Nothing essential is missing; %d degraded.", r.Degraded)
	}
	return "Everything is as it should be."
}

// Colours of a terminal.
const (
	bold   = "\x1b[1m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	red    = "\x1b[31m"
	dim    = "\x1b[2m"
	reset  = "\x1b[0m"
)

var colors = map[string]string{
	string(OK): green, string(Degraded): yellow, string(Missing): red, string(Info): dim,
	string(Yes): green, string(Partly): yellow, string(No): red,
}

type drawer struct {
	style Style
	name  int // columns of the longest name
	b     strings.Builder
}

func (d *drawer) paint(color, text string) string {
	if !d.style.Color || color == "" {
		return text
	}
	return color + text + reset
}

func (d *drawer) line(color, format string, args ...any) {
	d.b.WriteString(d.paint(color, fmt.Sprintf(format, args...)) + "\n")
}

func (d *drawer) check(c Check) {
	head := fmt.Sprintf("%*s%s  %-*s  ", indent, "", d.paint(colors[string(c.Status)], fmt.Sprintf("%-*s", statusWidth, c.Status)), d.name, c.Name)
	d.wrapped(head, indent+statusWidth+2+d.name+2, clean(c.Detail), "")
	if c.Hint != "" {
		d.wrapped(strings.Repeat(" ", indent+statusWidth+2+d.name+2)+d.paint(dim, "hint: "), indent+statusWidth+2+d.name+8, clean(c.Hint), dim)
	}
}

// wrapped writes a head and a text that goes on below itself.
func (d *drawer) wrapped(head string, column int, text, color string) {
	d.b.WriteString(head)
	for i, line := range wrap(text, d.style.Width-column) {
		if i > 0 {
			d.b.WriteString(strings.Repeat(" ", column))
		}
		d.b.WriteString(d.paint(color, line) + "\n")
	}
}

func (d *drawer) paths(paths []Path) {
	d.line("", "")
	d.line(bold, "%-*s%-16s  %-6s  %s", indent, "", "capture path", "works", "why")
	for _, p := range paths {
		head := fmt.Sprintf("%*s%-16s  %s  ", indent, "", p.Name, d.paint(colors[string(p.Works)], fmt.Sprintf("%-6s", p.Works)))
		d.wrapped(head, indent+16+2+6+2, clean(p.Why), "")
	}
}

// wrap breaks a text at spaces. A word that is longer than a line has one of its
// own.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case len([]rune(line))+1+len([]rune(word)) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}

// clean keeps what others wrote, such as names of files, from drawing on the
// terminal.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == '\ufffd' || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '?'
		}
		return r
	}, s)
}
