// Package rule is what every rule of backstop vet is made of: an identifier, a
// tier, a documentation that -explain, the web and SARIF print, and an analyzer
// that any go/analysis driver can run.
//
// A rule is one package that calls [New] once, in a variable named Rule. It
// reports through [Pass.Report], which knows of ignore directives and carries
// more than a plain diagnostic can: verdicts for each Go release, and a path.
package rule

import (
	"fmt"
	"reflect"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// A Tier says how sure a rule is, and with that whether it runs by default.
type Tier string

// Tiers of rules.
const (
	TierA Tier = "A" // an error: of a hundred findings, ninety-eight must be right
	TierB Tier = "B" // a warning: ninety of a hundred must be right
	TierC Tier = "C" // audit and policy: off unless asked for
)

// A Rule is one thing that backstop vet knows to be wrong.
type Rule struct {
	ID   string // words with hyphens, stable for ever: recover-depth
	Tier Tier
	Doc  Doc

	// Analyzer runs the rule under any driver of go/analysis. Its name is the ID
	// without hyphens, because names of analyzers are identifiers.
	Analyzer *analysis.Analyzer
}

// A Doc explains a rule to people.
type Doc struct {
	Summary string // one line, lower case, no dot: what is wrong
	Why     string // what happens at run time; paragraphs with a blank line between them

	Bad  string // a few lines that are reported
	Good string // the same, as it should be

	// LeftAlone lists code that looks like a fault and is none, each with the
	// reason; the tests of the rule hold one of each.
	LeftAlone []string

	Scenarios []string // lab scenarios that show what happens
	Claims    []string // claims of docs/claims that decide it: A4-1-i
}

// New makes a rule of its description and of what runs it. The analyzers in
// requires have run before; run finds their results in the pass.
func New(r Rule, run func(*Pass) error, requires ...*analysis.Analyzer) *Rule {
	rule := &r
	rule.Analyzer = &analysis.Analyzer{
		Name:       strings.ReplaceAll(r.ID, "-", ""),
		Doc:        r.Doc.Summary + "\n\n" + r.Doc.Why,
		Requires:   append([]*analysis.Analyzer{directives}, requires...),
		ResultType: reflect.TypeFor[*Result](),
		Run: func(pass *analysis.Pass) (any, error) {
			p := &Pass{Pass: pass, rule: rule, result: new(Result), index: pass.ResultOf[directives].(*index)}
			if err := run(p); err != nil {
				return nil, fmt.Errorf("%s: %w", r.ID, err)
			}
			return p.result, nil
		},
	}
	return rule
}
