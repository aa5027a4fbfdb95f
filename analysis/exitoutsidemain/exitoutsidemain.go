// Package exitoutsidemain holds the rule exit-outside-main.
package exitoutsidemain

import (
	"fmt"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/crash"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports packages other than main that end the process.
var Rule = rule.New(rule.Rule{
	ID:   "exit-outside-main",
	Tier: rule.TierC,
	Doc: rule.Doc{
		Summary: "a package other than main ends the process",
		Why: `Whoever imports the package cannot prevent the end, nor do anything before it: deferred
calls do not run, no guard sees it, and nobody learns which request was served.
An error leaves the decision to main.`,
		Bad:  "package store\n\nfunc Open(path string) *Store {\n\tf, err := os.Open(path)\n\tif err != nil {\n\t\tlog.Fatal(err)\n\t}",
		Good: "package store\n\nfunc Open(path string) (*Store, error) {\n\tf, err := os.Open(path)\n\tif err != nil {\n\t\treturn nil, err\n\t}",
		LeftAlone: []string{
			"package main, its helpers included",
			"functions whose name says that they end the process: Exit, Fatal, Main, Die, Usage",
			"tests, and what helps tests",
		},
		Scenarios: []string{"log-fatal", "os-exit-3"},
	},
}, run, behaviour.Analyzer)

func run(pass *rule.Pass) error {
	if pass.Pkg.Name() == "main" {
		return nil
	}
	facts := pass.ResultOf[behaviour.Analyzer].(*behaviour.Facts)
	skip := crash.Skipped(pass.Pass)
	for _, fn := range facts.SSA.SrcFuncs {
		if skip[pass.Fset.Position(fn.Pos()).Filename] || says(fn) {
			continue
		}
		ir.Calls(fn, func(c ssa.CallInstruction) {
			callee := ir.Target(c.Common())
			m, ok := facts.Model(callee)
			if !ok || !m.Exits {
				return
			}
			pass.Report(rule.Finding{
				Pos:     c.Pos(),
				Message: fmt.Sprintf("%s ends the process of whoever imports package %s: return an error", callee.Name(), pass.Pkg.Name()),
			})
		})
	}
	return nil
}

// says reports whether the function says by its name that it ends the process.
func says(fn *ssa.Function) bool {
	for fn.Parent() != nil {
		fn = fn.Parent()
	}
	name := strings.ToLower(fn.Name())
	for _, word := range []string{"exit", "fatal", "main", "die", "usage", "abort", "terminate", "crash"} {
		if strings.HasPrefix(name, word) || strings.HasSuffix(name, word) {
			return true
		}
	}
	return false
}
