// Package recoverintestmain holds the rule recover-in-testmain.
package recoverintestmain

import (
	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/internal/recovered"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports guards in TestMain.
var Rule = rule.New(rule.Rule{
	ID:   "recover-in-testmain",
	Tier: rule.TierC,
	Doc: rule.Doc{
		Summary: "TestMain recovers",
		Why: `Tests run in goroutines of their own, and no deferred function of TestMain sees their
panics. What it does see is a panic of the set-up before m.Run: recovered, TestMain
returns, and go test says ok, with status 0, though no test has run.`,
		Bad:  "func TestMain(m *testing.M) {\n\tdefer func() {\n\t\tif r := recover(); r != nil {\n\t\t\tlog.Print(r)\n\t\t}\n\t}()\n\tsetUp()\n\tm.Run()\n}",
		Good: "func TestMain(m *testing.M) {\n\tsetUp()\n\tm.Run()\n}",
		LeftAlone: []string{
			"a guard that panics again, or ends the process: the run fails",
			"guards in tests themselves, and in functions that TestMain calls",
		},
		Scenarios: []string{"gotest-timeout"},
	},
}, run, behaviour.Analyzer)

func run(pass *rule.Pass) error {
	facts := pass.ResultOf[behaviour.Analyzer].(*behaviour.Facts)
	for _, fn := range facts.Funcs {
		if !isTestMain(fn) {
			continue
		}
		ir.Calls(fn, func(i ssa.CallInstruction) {
			d, ok := i.(*ssa.Defer)
			if !ok {
				return
			}
			what := facts.OfCall(d.Common())
			if what.Recovers != behaviour.Directly || what.Repanics || what.NeverReturns {
				return
			}
			callee := facts.Callee(d.Common())
			if callee != nil && ends(facts, callee) {
				return
			}
			f := rule.Finding{
				Pos: d.Pos(),
				Message: "recovers in TestMain: panics of tests do not get here, and after a panic of the set-up go test says ok " +
					"though no test has run; leave it to the runtime",
			}
			if callee != nil && callee.Parent() == fn {
				ir.Calls(callee, func(i ssa.CallInstruction) {
					if ir.IsBuiltin(i.Common(), "recover") {
						f.Pos = i.Pos()
					}
				})
			}
			pass.Report(f)
		})
	}
	return nil
}

func isTestMain(fn *ssa.Function) bool {
	params := fn.Signature.Params()
	return fn.Name() == "TestMain" && fn.Parent() == nil && fn.Signature.Recv() == nil && params.Len() == 1 && params.At(0).Type().String() == "*testing.M" &&
		recovered.InTest(fn)
}

// ends reports whether the guard ends the process somewhere.
func ends(facts *behaviour.Facts, fn *ssa.Function) bool {
	found := false
	ir.Calls(fn, func(i ssa.CallInstruction) {
		found = found || facts.OfCall(i.Common()).NeverReturns
	})
	return found
}
