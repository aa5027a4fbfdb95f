package labrun

import (
	"fmt"
	"io"
	"strings"

	"github.com/backstop-go/backstop/lab/scenario"
)

// WriteMarkdown writes a matrix as tables, a group each.
func WriteMarkdown(w io.Writer, rows []Row) error {
	p := &printer{w: w}
	s := Summarize(rows)
	p.line("%s", s.sentence())
	p.line("%s", s.agreement())
	for _, sec := range sections(rows) {
		p.line("")
		p.line("## %s", sec.Group.Title)
		p.line("")
		p.line("| scenario | Go | ends | recovered | traceback | crash output | class | headline |")
		p.line("|---|---|---|---|---|---|---|---|")
		for _, sub := range sec.Subjects {
			markdownSubject(p, &sub)
		}
	}
	return p.err
}

func markdownSubject(p *printer, sub *subject) {
	label := "`" + sub.Scenario + "`"
	if sub.Setting != "" {
		label += " " + escapeCell(sub.Setting)
	}
	if s, err := scenario.Find(sub.Scenario); err == nil {
		label += "<br>" + escapeCell(s.Shows)
		if s.Varies != "" {
			label += "<br>*may vary: " + escapeCell(s.Varies) + "*"
		}
	}
	for _, span := range sub.Spans {
		r := &span.Row
		class := "`" + r.ClassifiedAs + "`"
		if !r.Agrees() {
			class += " declared `" + r.ExpectedClass + "`"
		}
		traceback := "no"
		if r.StderrTraceback {
			traceback = "yes"
		}
		p.line("| %s | %s | %s | %s | %s | %s | %s | %s |", label, span.Releases(), r.Ended(), r.Guard(), traceback, r.CrashOutput, class, code(r.Headline))
		label = ""
	}
	for _, u := range sub.NotRun {
		p.line("| %s | %s | not run: %s | | | | | |", label, u.Releases(), escapeCell(u.Why))
		label = ""
	}
}

// escapeCell keeps text from ending a cell or becoming markup.
var escapeCell = strings.NewReplacer("|", "\\|", "[", "\\[", "]", "\\]", "&", "&amp;", "<", "&lt;", ">", "&gt;", "*", "\\*", "_", "\\_", "`", "\\`").Replace

// code shows program output in a cell; what cannot stand in a code span is
// replaced, as it is hostile text.
func code(text string) string {
	if text == "" {
		return ""
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '`':
			r = '\''
		case r == '|':
			b.WriteString("\\|")
			continue
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, "\\x%02x", r)
			continue
		}
		b.WriteRune(r)
	}
	return "`" + b.String() + "`"
}
