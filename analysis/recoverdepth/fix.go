package recoverdepth

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/rule"
)

// fixes defers the helper itself, where nothing else changes by that: the
// literal calls it and nothing else, and its operands are the same early.
func fixes(pass *rule.Pass, s, c ssa.CallInstruction, n ast.Node) []analysis.SuggestedFix {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return nil
	}
	stmt, ok := find(pass.Files, s).(*ast.DeferStmt)
	if !ok || len(stmt.Call.Args) > 0 {
		return nil
	}
	lit, ok := ast.Unparen(stmt.Call.Fun).(*ast.FuncLit)
	if !ok || len(lit.Body.List) != 1 {
		return nil
	}
	if x, ok := lit.Body.List[0].(*ast.ExprStmt); !ok || ast.Unparen(x.X) != call || !recoversItself(c) || !early(pass.TypesInfo, call) {
		return nil
	}
	return []analysis.SuggestedFix{{
		Message: "Defer the function that calls recover",
		TextEdits: []analysis.TextEdit{
			{Pos: stmt.Call.Pos(), End: call.Pos()},
			{Pos: call.End(), End: stmt.Call.End()},
		},
	}}
}

// recoversItself reports whether the callee is a declared function: a literal
// within the literal stays where it is.
func recoversItself(c ssa.CallInstruction) bool {
	fn := c.Common().StaticCallee()
	return fn != nil && fn.Parent() == nil
}

// early reports whether the operands are the same when the defer statement runs.
func early(info *types.Info, call *ast.CallExpr) bool {
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
	case *ast.SelectorExpr:
		id, ok := ast.Unparen(f.X).(*ast.Ident)
		if !ok {
			return false
		}
		if v, ok := info.Uses[id].(*types.Var); ok && !pointer(v) {
			return false
		}
	default:
		return false
	}
	for _, arg := range call.Args {
		if info.Types[arg].Value != nil || info.Types[arg].IsNil() {
			continue
		}
		if x, ok := ast.Unparen(arg).(*ast.UnaryExpr); ok && x.Op == token.AND {
			if _, ok := ast.Unparen(x.X).(*ast.Ident); ok {
				continue
			}
		}
		return false
	}
	return true
}

func pointer(v *types.Var) bool {
	_, ok := v.Type().Underlying().(*types.Pointer)
	return ok && v.Kind() == types.RecvVar || ok && v.Kind() == types.ParamVar
}
