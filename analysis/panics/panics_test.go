package panics_test

import (
	"go/ast"
	"go/types"
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/panics"
)

// reporter says at each site that is not unlikely what it is, and at each
// function whether a call of it can panic.
var reporter = &analysis.Analyzer{
	Name:     "canpanic",
	Doc:      "report what package panics finds",
	Requires: []*analysis.Analyzer{panics.Analyzer},
	Run: func(pass *analysis.Pass) (any, error) {
		facts := pass.ResultOf[panics.Analyzer].(*panics.Facts)
		for _, fn := range facts.SSA.SrcFuncs {
			for _, s := range facts.Sites(fn) {
				if s.Grade > panics.Unlikely {
					pass.Reportf(s.Pos, "%s %s: %s", s.Grade, s.Kind, s.Why)
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
					pass.Reportf(decl.Name.Pos(), "can panic: %s %s in %s", p.Grade, p.Kind, p.Calls[len(p.Calls)-1].Name)
				}
			}
		}
		return nil, nil
	},
}

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), reporter, "a")
}
