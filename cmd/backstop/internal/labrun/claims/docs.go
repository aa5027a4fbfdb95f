package claims

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/backstop-go/backstop/lab/claim"
)

// articles are the pages, with what each article is about.
var articles = []struct{ name, about string }{
	{"A0", "how panic, defer and recover are said to work inside"},
	{"A1", "a panic handler that Go 1.22 is said to have, recover under load, where panics get lost"},
	{"A2", "where a deferred recover must stand to work, and what is said to defeat it"},
	{"A3", "the runtime's path of a panic, and the errors that recover cannot stop"},
	{"A4", "leaks, stacks, signals, C and the scheduler: how programs die beside panics"},
}

// WriteDocs writes README.md and one page for each article into a directory.
// Every claim must have been measured: a page with holes would be read as if
// there were none.
func WriteDocs(dir string, results []Result) error {
	by := make(map[string][]*Result)
	measured := make(map[string]bool) // toolchains
	for i := range results {
		r := &results[i]
		switch {
		case r.Verdict == claim.NotRun:
			return fmt.Errorf("claim %s was not run: %s", r.Claim.ID, firstReason(r))
		case r.Verdict != claim.True && r.Verdict != claim.Untestable && r.Claim.Instead == "":
			return fmt.Errorf("claim %s is %s, and nothing says what is true instead", r.Claim.ID, r.Verdict)
		}
		a := articleOf(r.Claim.ID)
		by[a] = append(by[a], r)
		for _, item := range r.Evidence {
			measured[item.Toolchain] = measured[item.Toolchain] || item.NotRun == ""
		}
	}
	for name, any := range measured {
		if !any {
			return fmt.Errorf("nothing was measured on %s", name)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	pages := map[string]string{"README.md": overview(results, by)}
	for _, a := range articles {
		pages[a.name+".md"] = page(a.name, a.about, by[a.name])
	}
	for name, text := range pages {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func firstReason(r *Result) string {
	for _, item := range r.Evidence {
		if item.NotRun != "" {
			return item.NotRun
		}
	}
	return "nothing was measured"
}

const generated = "<!-- written by `backstop lab claims -docs docs/claims`; do not edit -->"

func overview(results []Result, by map[string][]*Result) string {
	p := new(paper)
	p.line("# What is said of panic and recover, and what is true")
	p.line("")
	p.line(generated)
	p.line("")
	p.line(`Backstop started from five articles about panics in Go. They hold %d statements
about the runtime that can be checked, on panic, recover, defer, signals, cgo,
scheduling and metrics. The articles are not part of this repository; their
statements are told in our words, and stand for what many believe. Each is treated
as a hypothesis here, and tried on %s.`, len(results), strings.Join(results[0].Toolchains, ", "))
	p.line("")
	p.line(`**No verdict was written by hand.** A statement has checks, each of a value that is
measured: what a scenario did, a small program that crashes
([the lab](../lab/README.md)); a line that a probe printed (lab/probe); whether a
declaration in that toolchain's own source matches a pattern, comments left out;
what the compiler or a tool says. The verdict follows from the values:

- **true**: every check of the wording holds on every toolchain and setting;
- **false**: on none of them;
- **version dependent**: on some of them; the toolchain, the go line of go.mod or
  GODEBUG decides;
- **misleading**: the wording holds, but not the condition it names, or what it
  wants the reader to conclude;
- **untestable**: neither an experiment nor the source can decide.

A check of something that is nowhere ("runtime.SetPanicHandler exists") is a check
that fails. Whoever changes a measured value gets another verdict; a test does so
for each statement.

` + "```" + `
backstop lab claims              judge all of them here
backstop lab claims A0-1-a       one, with its evidence
backstop lab claims 'A3-*'       those of an article
backstop lab claims -go 1.27     on one release
` + "```")
	p.line("")
	counts(p, by)
	for _, v := range claim.Verdicts() {
		if v != claim.True {
			listing(p, results, v)
		}
	}
	p.line("")
	p.line("The true ones stand on the pages of the articles with the rest.")
	return p.String()
}

func counts(p *paper, by map[string][]*Result) {
	head, rule := "| article |", "|---|"
	for _, v := range claim.Verdicts() {
		head += " " + title(v) + " |"
		rule += "---:|"
	}
	p.line("%s all |", head)
	p.line("%s---:|", rule)
	total := make(map[claim.Verdict]int)
	all := 0
	for _, a := range articles {
		count := make(map[claim.Verdict]int)
		for _, r := range by[a.name] {
			count[r.Verdict]++
			total[r.Verdict]++
		}
		all += len(by[a.name])
		p.line("| [%s](%s.md): %s |%s %d |", a.name, a.name, a.about, cells(count), len(by[a.name]))
	}
	p.line("| all |%s %d |", cells(total), all)
}

func cells(count map[claim.Verdict]int) string {
	var b strings.Builder
	for _, v := range claim.Verdicts() {
		fmt.Fprintf(&b, " %d |", count[v])
	}
	return b.String()
}

// headings of the lists in the overview.
var headings = map[claim.Verdict]string{
	claim.False:            "False",
	claim.Misleading:       "Misleading",
	claim.VersionDependent: "Depends on the version or its settings",
	claim.Untestable:       "Untestable",
}

// manyClaims is how many make a list that needs headings of its own.
const manyClaims = 30

func listing(p *paper, results []Result, v claim.Verdict) {
	var found []*Result
	for i := range results {
		if results[i].Verdict == v {
			found = append(found, &results[i])
		}
	}
	if len(found) == 0 {
		return
	}
	p.line("")
	p.line("## %s", headings[v])
	article := ""
	if len(found) <= manyClaims {
		p.line("")
	}
	for _, r := range found {
		if a := articleOf(r.Claim.ID); a != article && len(found) > manyClaims {
			article = a
			p.line("")
			p.line("### %s in %s", headings[v], a)
			p.line("")
		}
		why := r.Claim.Instead
		if v == claim.Untestable {
			why = r.Claim.Untestable
		}
		p.line("- [%s](%s.md#%s) *%s*  ", r.Claim.ID, articleOf(r.Claim.ID), r.Claim.ID, prose(r.Claim.Says))
		p.line("  %s", prose(why))
	}
}

func articleOf(id string) string {
	article, _, _ := strings.Cut(id, "-")
	return article
}

func page(name, about string, results []*Result) string {
	p := new(paper)
	p.line("# %s: %s", name, about)
	p.line("")
	p.line(generated)
	p.line("")
	p.line("[How verdicts come about, and those of the other articles](README.md).")
	where := ""
	for _, r := range results {
		if r.Claim.Where != where {
			where = r.Claim.Where
			p.line("")
			p.line("## %s", chapter(strings.TrimPrefix(where, name+" ")))
		}
		p.section(r)
	}
	return p.String()
}

// chapter writes out where a claim stands: "ch.1", "2.5" or "title".
func chapter(where string) string {
	if n, ok := strings.CutPrefix(where, "ch."); ok {
		return "Chapter " + n
	}
	if where[0] >= '0' && where[0] <= '9' {
		return "Section " + where
	}
	return "Title"
}

func (p *paper) section(r *Result) {
	c := &r.Claim
	p.line("")
	p.line("<a id=\"%s\"></a>", c.ID)
	p.line("")
	p.line("### %s: %s", c.ID, title(r.Verdict))
	p.line("")
	p.line("> %s", prose(c.Says))
	p.line("")
	if len(c.Literal) == 0 {
		p.line("%s", prose(c.Untestable))
		p.line("")
	}
	implied := false
	for _, f := range r.findings(stable) {
		if f.Implied && !implied {
			implied = true
			p.line("")
			p.line("Its condition, or what it wants the reader to conclude:")
			p.line("")
		}
		p.finding(&f)
	}
	if instead := r.instead(); instead != "" {
		p.line("")
		p.line("**What is true instead.** %s", prose(instead))
	}
	p.programs(c)
	p.line("")
	if len(c.Scenarios) > 0 {
		p.line("See it happen: `backstop lab run %s`. Judge again: `%s`.", strings.Join(c.Scenarios, " "), Rerun(c.ID))
		return
	}
	p.line("Judge again: `%s`.", Rerun(c.ID))
}

// finding writes a check, with what was found where.
func (p *paper) finding(f *finding) {
	setting := ""
	if f.Setting != "" {
		setting = " with " + code(f.Setting)
	}
	p.line("- **%s**: %s%s  ", f.outcome(), prose(f.Check.Shows), setting)
	p.line("  %s: %s", measured(f.Check.Measure), f.values(code))
}

// stable is a value that is the same when it is measured again: a number that is
// compared with a bound is not.
func stable(c claim.Check, value string) string {
	if c.Op == claim.AtLeast || c.Op == claim.AtMost {
		if ok, err := c.Holds(value); err != nil || !ok {
			return "another number"
		}
		return expected(c, plainly)
	}
	return shown(c, value)
}

// measured is a measure in Markdown.
func measured(m claim.Measure) string {
	switch m.Kind {
	case claim.KindScenario:
		return code(m.Key) + " of scenario " + code(m.Name)
	case claim.KindProbe:
		return code(m.Key) + " of probe " + code(m.Name)
	case claim.KindSource:
		what := "source of " + code(m.Name)
		if m.Key != "" {
			what = code(m.Key) + " in " + code(m.Name)
		}
		return what + " has " + code("/"+m.Code+"/")
	case claim.KindDeclared:
		return "package " + code(m.Name) + " declares " + code(m.Key)
	case claim.KindCompile:
		return code(strings.TrimSpace("go build "+m.Key)) + " of the program below"
	case claim.KindAsm:
		return "assembly of the program below has " + code("/"+m.Key+"/")
	case claim.KindTool:
		return m.Key + " of " + code("go "+m.Name)
	}
	return code(m.String())
}

// programs shows what was compiled.
func (p *paper) programs(c *claim.Claim) {
	seen := make(map[string]bool)
	for _, check := range checks(c) {
		m := check.Measure
		if m.Kind == claim.KindSource || m.Code == "" || seen[m.Code] {
			continue
		}
		seen[m.Code] = true
		p.line("")
		language := "go"
		if strings.HasPrefix(m.Code, "-- ") { // several files
			language = "text"
		}
		p.line("```%s", language)
		p.line("%s", strings.TrimRight(m.Code, "\n"))
		p.line("```")
	}
}

// prose keeps text from becoming markup, but for the code spans it has.
func prose(text string) string {
	parts := strings.Split(text, "`")
	for i := range parts {
		if i%2 == 0 || len(parts)%2 == 0 {
			parts[i] = escapeProse(parts[i])
		}
	}
	return strings.Join(parts, "`")
}

var escapeProse = strings.NewReplacer("<", "&lt;", ">", "&gt;", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]").Replace

// code is a code span of anything.
func code(text string) string {
	fence := "`"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	if len(fence) > 1 {
		return fence + " " + text + " " + fence
	}
	return fence + text + fence
}
