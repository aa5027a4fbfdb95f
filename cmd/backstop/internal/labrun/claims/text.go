package claims

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun"
	"github.com/backstop-go/backstop/lab/claim"
)

// A record is a result as `backstop lab claims -format json` gives it: a
// contract.
type record struct {
	ID        string        `json:"id"`
	Where     string        `json:"where"`
	Says      string        `json:"says"`
	Verdict   claim.Verdict `json:"verdict"`
	Why       string        `json:"why,omitempty"` // why it is untestable
	Instead   string        `json:"instead,omitempty"`
	Scenarios []string      `json:"scenarios,omitempty"`
	Evidence  []claim.Item  `json:"evidence"`
	Rerun     string        `json:"rerun"`
}

// Rerun is the command that judges a claim again.
func Rerun(id string) string { return "backstop lab claims " + id }

// instead is what is true, where the claim was found not to be.
func (r *Result) instead() string {
	if r.Verdict == claim.True || r.Verdict == claim.NotRun {
		return ""
	}
	return r.Claim.Instead
}

// maxValue is the longest value that a record holds whole. Of texts with several
// lines it has what was looked for: the rest, such as numbers of goroutines, may
// differ from run to run.
const maxValue = 400

// WriteJSON writes one object a line.
func WriteJSON(w io.Writer, results []Result) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for _, r := range results {
		evidence := make([]claim.Item, 0, len(r.Evidence))
		for _, item := range r.Evidence {
			if len(item.Value) > maxValue || strings.Contains(item.Value, "\n") {
				item.Value = shown(checkOf(&r.Claim, item), item.Value)
			}
			evidence = append(evidence, item)
		}
		c := &r.Claim
		err := e.Encode(record{
			ID: c.ID, Where: c.Where, Says: c.Says, Verdict: r.Verdict, Why: c.Untestable, Instead: r.instead(),
			Scenarios: c.Scenarios, Evidence: evidence, Rerun: Rerun(c.ID),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// checkOf is the check that an item is evidence of.
func checkOf(c *claim.Claim, item claim.Item) claim.Check {
	if item.Implied {
		return c.Implied[item.Check]
	}
	return c.Literal[item.Check]
}

// title is a verdict for people.
func title(v claim.Verdict) string {
	switch v {
	case claim.True:
		return "true"
	case claim.False:
		return "false"
	case claim.VersionDependent:
		return "version dependent"
	case claim.Misleading:
		return "misleading"
	case claim.Untestable:
		return "untestable"
	}
	return "not run"
}

// WriteText writes results for people, a paragraph each, and a summary of more
// than one.
func WriteText(w io.Writer, results []Result, style labrun.Style) error {
	p := &paper{width: style.Width}
	if p.width == 0 || p.width > 100 {
		p.width = 100
	}
	usual, err := labrun.Select("")
	if err != nil {
		return err
	}
	p.usual = len(usual)
	for i := range results {
		if i > 0 {
			p.line("")
		}
		p.paragraph(&results[i], style)
	}
	if len(results) > 1 {
		p.line("")
		p.line("%s", summary(results))
	}
	_, err = io.WriteString(w, p.String())
	return err
}

func summary(results []Result) string {
	count := make(map[claim.Verdict]int)
	for _, r := range results {
		count[r.Verdict]++
	}
	parts := []string{fmt.Sprintf("%d claims", len(results))}
	for _, v := range append(claim.Verdicts(), claim.NotRun) {
		if count[v] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count[v], v))
		}
	}
	return strings.Join(parts, ", ")
}

// A paper is text that is folded at a width.
type paper struct {
	strings.Builder
	width int
	usual int // how many toolchains the lab has
}

func (p *paper) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// fold writes a head and words behind it, which go on below themselves.
func (p *paper) fold(head, text string) {
	indent := strings.Repeat(" ", len([]rune(head)))
	line := head
	empty := true
	for _, word := range strings.Fields(text) {
		if !empty && len([]rune(line))+1+len([]rune(word)) > p.width {
			p.line("%s", line)
			line, empty = indent, true
		}
		if !empty {
			line += " "
		}
		line, empty = line+word, false
	}
	p.line("%s", line)
}

func (p *paper) paragraph(r *Result, style labrun.Style) {
	c := &r.Claim
	where := c.Where
	if len(r.Toolchains) < p.usual {
		where += ", on " + labrun.Releases(r.Toolchains) // elsewhere the verdict may be another one
	}
	p.line("%s  %s", style.Bold(c.ID+"  "+title(r.Verdict)), style.Dim(where))
	p.fold("  ", c.Says)
	if c.Untestable != "" && len(c.Literal) == 0 {
		p.fold("  why      ", c.Untestable)
	}
	implied := false
	for _, f := range r.findings(shown) {
		if f.Implied && !implied {
			implied = true
			p.fold("  ", "Its condition, or what it wants the reader to conclude:")
		}
		shows := f.Check.Shows
		if f.Setting != "" {
			shows += " (" + f.Setting + ")"
		}
		p.fold(fmt.Sprintf("  %-9s", f.outcome()), shows)
		p.fold("           ", f.Check.Measure.String()+": "+f.values(plainly))
	}
	if instead := r.instead(); instead != "" {
		p.fold("  instead  ", instead)
	}
	if len(c.Scenarios) > 0 {
		p.fold("  see      ", "backstop lab run "+strings.Join(c.Scenarios, " "))
	}
	p.fold("  again    ", Rerun(c.ID))
}

func plainly(s string) string { return s }

// values says what was found where: "true (1.21..1.27)", and what was expected
// where something else was found.
func (f *finding) values(quote func(string) string) string {
	var parts []string
	for _, s := range f.Spans {
		what := quote(s.Value)
		if s.NotRun != "" {
			what = "not run: " + oneLine(s.NotRun)
		}
		parts = append(parts, what+" ("+s.releases()+")")
	}
	text := strings.Join(parts, ", ")
	if out := f.outcome(); out == "fails" || out == "varies" {
		text += "; the statement needs " + expected(f.Check, quote)
	}
	return text
}
