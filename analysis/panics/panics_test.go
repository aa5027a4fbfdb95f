package panics_test

import (
	"fmt"
	"go/ast"
	"go/types"
	"testing"

	"github.com/backstop-go/backstop/analysis/internal/ruletest"
	"github.com/backstop-go/backstop/analysis/panics"
	"github.com/backstop-go/backstop/analysis/rule"
)

// reporter says at each site that is not unlikely what it is, and at each
// function whether a call of it can panic.
var reporter = rule.New(rule.Rule{ID: "can-panic", Tier: rule.TierA, Doc: rule.Doc{Summary: "what package panics finds"}}, func(pass *rule.Pass) error {
	facts := pass.ResultOf[panics.Analyzer].(*panics.Facts)
	for _, fn := range facts.SSA.SrcFuncs {
		for _, s := range facts.Sites(fn) {
			if s.Grade > panics.Unlikely {
				pass.Reportf(s.Pos, fmt.Sprintf("%s %s: %s", s.Grade, s.Kind, s.Why))
			}
		}
	}
	for _, file := range pass.Files {
		for _, d := range file.Decls {
			decl, ok := d.(*ast.FuncDecl)
			if !ok || len(decl.Name.Name) < 4 || decl.Name.Name[:4] != "call" {
				continue
			}
			fn := facts.SSA.Pkg.Prog.FuncValue(pass.TypesInfo.Defs[decl.Name].(*types.Func))
			if p, ok := facts.CanPanic(fn); ok && p.Grade > panics.Unlikely {
				pass.Reportf(decl.Name.Pos(), fmt.Sprintf("can panic: %s %s in %s", p.Grade, p.Kind, p.Calls[len(p.Calls)-1].Name))
			}
		}
	}
	return nil
}, panics.Analyzer)

func Test(t *testing.T) {
	ruletest.Run(t, reporter, "a")
}
