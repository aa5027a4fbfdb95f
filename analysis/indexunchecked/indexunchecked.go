// Package indexunchecked holds the rule index-unchecked.
package indexunchecked

import (
	"github.com/backstop-go/backstop/analysis/internal/indexes"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports index and slice expressions that fail on some input.
var Rule = rule.New(rule.Rule{
	ID:   "index-unchecked",
	Tier: rule.TierB,
	Doc: rule.Doc{
		Summary: "an index is out of range for some input, and nothing asks",
		Why: `An index or a slice bound that is out of range panics. How long a line, a list of
arguments, a message or the answer of strings.Split is, or which number it holds,
is decided by whoever sent it: one short message is enough to end a process, or
every request that carries it.

Off by one is the other half: a loop up to and with len(s), the element behind the
last, the -1 of strings.Index as a bound.`,
		Bad:  "parts := strings.Split(addr, \":\")\nport := parts[1]",
		Good: "host, port, ok := strings.Cut(addr, \":\")\nif !ok {\n\treturn errNoPort\n}",
		LeftAlone: []string{
			"element 0 of strings.Split with a separator: there is always one",
			"an index below a length that a condition, a loop, a remainder, a mask or min has made sure of, also through a variable or an early return",
			"a slice that some condition speaks of in a way that is not understood: whoever wrote it knew",
			"a parameter of unknown origin: its callers may have asked",
			"arrays indexed by a byte, and constants below a known length",
			"b[:n] of a slice of bytes within its capacity",
			"the loops of functions for sort, which are given indexes within the slice",
		},
		Scenarios: []string{"index-out-of-range", "slice-bounds"},
		Claims:    []string{"A0-1-a"},
	},
}, run, indexes.Analyzer)

func run(pass *rule.Pass) error {
	facts, ok := pass.ResultOf[indexes.Analyzer].(*indexes.Facts)
	if !ok {
		return nil
	}
	for _, site := range facts.Sites() {
		f := rule.Finding{Pos: site.At.Pos(), Message: site.Message}
		if site.From.IsValid() {
			f.Related = append(f.Related, rule.Place{Pos: site.From, Message: "the length comes from here"})
		}
		pass.Report(f)
	}
	return nil
}
