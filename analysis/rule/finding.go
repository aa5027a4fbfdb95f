package rule

import (
	"go/token"

	"golang.org/x/tools/go/analysis"
)

// A Verdict says what a guard does on one release of Go.
type Verdict string

// Verdicts.
const (
	Works      Verdict = "works"
	ByAccident Verdict = "by_accident" // works because of a defect of the compiler
	Dead       Verdict = "dead"        // is called and recovers nothing
)

// A Finding is one place where a rule is broken.
type Finding struct {
	Pos, End token.Pos // the failing operation; End may be token.NoPos
	Message  string    // what is wrong here, with the names of this code; no dot

	Tier    Tier               // when it differs from the tier of the rule
	Go      map[string]Verdict // by minor release, "1.26"; nil where the release does not matter
	Path    []Place            // calls that lead from an entry to Pos, outermost first
	Related []Place            // the other places one must look at
	Fixes   []analysis.SuggestedFix

	Ignored string // the reason, when a directive ignores the finding
}

// A Place is a position, and what is there.
type Place struct {
	Pos     token.Pos
	Message string
}

// A Result is what a rule found in one package, ignored findings included.
type Result struct {
	Findings []Finding
}

// A Pass is one rule on one package.
type Pass struct {
	*analysis.Pass
	rule   *Rule
	result *Result
	index  *index
}

// Report keeps a finding, and tells the driver of it unless a directive ignores
// it. Drivers other than ours do not hear of findings of tier C that a rule of
// another tier has: they have no tiers.
func (p *Pass) Report(f Finding) {
	if f.Tier == "" {
		f.Tier = p.rule.Tier
	}
	f.Ignored = p.index.reason(p.Fset, f.Pos, p.rule.ID)
	p.result.Findings = append(p.result.Findings, f)
	if f.Ignored != "" || f.Tier == TierC && p.rule.Tier != TierC {
		return
	}
	d := analysis.Diagnostic{
		Pos: f.Pos, End: f.End, Category: p.rule.ID,
		Message: p.rule.ID + ": " + f.Message, SuggestedFixes: f.Fixes,
	}
	for _, at := range append(f.Path[:len(f.Path):len(f.Path)], f.Related...) {
		d.Related = append(d.Related, analysis.RelatedInformation{Pos: at.Pos, Message: at.Message})
	}
	p.Pass.Report(d)
}

// Reportf reports a finding that is no more than a position and a message.
func (p *Pass) Reportf(pos token.Pos, message string) {
	p.Report(Finding{Pos: pos, Message: message})
}
