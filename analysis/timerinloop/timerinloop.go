// Package timerinloop holds the rule timer-in-loop.
package timerinloop

import (
	"go/ast"
	"go/token"
	"go/types"
	"go/version"
	"strings"

	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports timers that pile up in a loop, where the release has not mended it.
var Rule = rule.New(rule.Rule{
	ID:   "timer-in-loop",
	Tier: rule.TierC,
	Doc: rule.Doc{
		Summary: "time.After in a loop keeps a timer for each turn, in modules with a go line before 1.23",
		Why: `With a go line before 1.23 (and a toolchain before 1.27) a timer stays in memory until
it fires, whether anybody still has its channel or not. A select in a loop that is
mostly woken by its other cases leaves one behind on each turn: at 10,000 messages
in a second and a timeout of a minute that is 600,000 timers.

From a go line of 1.23 on the collector frees a timer that nobody refers to: then
this rule says nothing.`,
		Bad:  "for {\n\tselect {\n\tcase m := <-in:\n\t\thandle(m)\n\tcase <-time.After(time.Minute):\n\t\treturn\n\t}\n}",
		Good: "t := time.NewTimer(time.Minute)\ndefer t.Stop()\nfor {\n\tt.Reset(time.Minute)\n\tselect { ... case <-t.C: return }\n}",
		LeftAlone: []string{
			"a module whose go line is 1.23 or later: no leak",
			"<-time.After(d) outside a select, or the only case: it is waited for each time",
			"a select that ends the loop or the function in each of its other cases",
			"time.After made before the loop",
			"a select in a function that a loop calls: how often is not looked at",
		},
		Claims: []string{"A4-1-f"},
	},
}, run, inspect.Analyzer)

func run(pass *rule.Pass) error {
	line := pass.Pkg.GoVersion()
	if pass.Module != nil && pass.Module.GoVersion != "" {
		line = "go" + strings.TrimPrefix(pass.Module.GoVersion, "go")
	}
	if line == "" || !version.IsValid(line) || version.Compare(line, "go1.23") >= 0 {
		return nil
	}
	in := pass.ResultOf[inspect.Analyzer].(*inspector.Inspector)
	for cur := range in.Root().Preorder((*ast.CommClause)(nil)) {
		clause := cur.Node().(*ast.CommClause)
		sel := cur.Parent().Parent()
		call := timer(pass.TypesInfo, received(clause.Comm))
		if call == nil {
			call = before(pass.TypesInfo, clause.Comm, sel)
		}
		if call == nil {
			continue
		}
		s, ok := sel.Node().(*ast.SelectStmt)
		if !ok || !returns(s, clause) {
			continue
		}
		for up := range sel.Enclosing((*ast.ForStmt)(nil), (*ast.RangeStmt)(nil), (*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
			switch up.Node().(type) {
			case *ast.ForStmt, *ast.RangeStmt:
				pass.Report(rule.Finding{
					Pos: call.Pos(), End: call.End(),
					Message: "each turn of the loop leaves a timer behind until it fires, with the go line " + strings.TrimPrefix(line, "go") + "; make one timer before the loop and Reset it",
				})
			}
			break
		}
	}
	return nil
}

// before is the call of time.After in the same block as the select, whose result is
// kept in a variable that the case receives from.
func before(info *types.Info, comm ast.Stmt, sel inspector.Cursor) *ast.CallExpr {
	id, _ := received(comm).(*ast.Ident)
	block, ok := sel.Parent().Node().(*ast.BlockStmt)
	if id == nil || !ok {
		return nil
	}
	for _, s := range block.List {
		a, ok := s.(*ast.AssignStmt)
		if !ok || a.Tok != token.DEFINE || len(a.Lhs) != 1 || len(a.Rhs) != 1 || a.Pos() > sel.Node().Pos() {
			continue
		}
		if def, ok := a.Lhs[0].(*ast.Ident); ok && info.Defs[def] != nil && info.Defs[def] == info.Uses[id] {
			return timer(info, a.Rhs[0])
		}
	}
	return nil
}

// received is what a case receives from, or nil.
func received(comm ast.Stmt) ast.Expr {
	var x ast.Expr
	switch c := comm.(type) {
	case *ast.ExprStmt:
		x = c.X
	case *ast.AssignStmt:
		if len(c.Rhs) == 1 {
			x = c.Rhs[0]
		}
	}
	recv, ok := ast.Unparen(x).(*ast.UnaryExpr)
	if !ok {
		return nil
	}
	return ast.Unparen(recv.X)
}

// timer is x as a call of time.After or time.Tick.
func timer(info *types.Info, x ast.Expr) *ast.CallExpr {
	call, ok := ast.Unparen(x).(*ast.CallExpr)
	if !ok {
		return nil
	}
	f, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	fn, ok := info.Uses[f.Sel].(*types.Func)
	if !ok || fn.FullName() != "time.After" && fn.FullName() != "time.Tick" {
		return nil
	}
	return call
}

// returns reports whether the loop may go on after a case other than timeout: one
// that does not end in return, break, goto or panic.
func returns(s *ast.SelectStmt, timeout *ast.CommClause) bool {
	for _, st := range s.Body.List {
		c, ok := st.(*ast.CommClause)
		if ok && c != timeout && !ends(c.Body) {
			return true
		}
	}
	return false
}

func ends(body []ast.Stmt) bool {
	if len(body) == 0 {
		return false
	}
	switch last := body[len(body)-1].(type) {
	case *ast.ReturnStmt:
		return true
	case *ast.BranchStmt:
		return last.Label != nil && last.Tok.String() != "continue"
	case *ast.ExprStmt:
		if call, ok := last.X.(*ast.CallExpr); ok {
			id, ok := call.Fun.(*ast.Ident)
			return ok && id.Name == "panic"
		}
	}
	return false
}
