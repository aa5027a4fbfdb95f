// Package recovereagerarg holds the rule recover-eager-arg.
package recovereagerarg

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/recovery"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports recover() in the arguments of a deferred call, where no panic is
// under way yet.
var Rule = rule.New(rule.Rule{
	ID:   "recover-eager-arg",
	Tier: rule.TierA,
	Doc: rule.Doc{
		Summary: "recover() is evaluated by the defer statement, before there is a panic",
		Why: `The arguments of a deferred call are evaluated when the defer statement runs, and
so is recover() among them: it returns nil. When the panic comes, the deferred
call gets that nil, recovers nothing, and the process ends.`,
		Bad:  "defer log.Println(\"worker:\", recover())",
		Good: "defer func() { log.Println(\"worker:\", recover()) }()",
		LeftAlone: []string{
			"defer func() { defer report(recover()) }(): the literal runs because of the panic, and recover in it works",
			"a named function with such a statement that is deferred itself, for the same reason",
			"defer func() { report(recover()) }(): the literal is not run by the defer statement",
			"an exported or stored function that does nothing else: others may defer it",
		},
		Scenarios: []string{"recover-as-argument"},
	},
}, run, behaviour.Analyzer)

func run(pass *rule.Pass) error {
	facts := pass.ResultOf[behaviour.Analyzer].(*behaviour.Facts)
	for _, fn := range facts.Funcs {
		recovery.Walk(fn, func(n ast.Node) bool {
			if s, ok := n.(*ast.DeferStmt); ok {
				for _, call := range recovery.Eager(pass.TypesInfo, s) {
					if dead(facts, fn, s) {
						report(pass, fn, s, call)
					}
				}
			}
			return true
		})
	}
	return nil
}

// dead reports whether the statement runs where there is no panic.
func dead(facts *behaviour.Facts, fn *ssa.Function, s *ast.DeferStmt) bool {
	use := facts.Use(fn)
	switch {
	case len(use.Deferred) > 0:
		return false
	case use.Stored && fn.Signature.Params().Len() == 0: // it may be what defer open()() runs
		return false
	case use.Stored || use.Exported || len(use.Passed) > 0:
		return workAfter(fn, s)
	}
	return true
}

// workAfter reports whether the function does something behind the statement: it
// has something to guard, and is not a guard itself.
func workAfter(fn *ssa.Function, s *ast.DeferStmt) bool {
	for _, b := range fn.Blocks {
		for _, i := range b.Instrs {
			if d, ok := i.(*ssa.Defer); ok && d.Pos() == s.Pos() {
				return recovery.WorkAfter(d)
			}
		}
	}
	return true // it is in the body of a range over a function: that calls something
}

func report(pass *rule.Pass, fn *ssa.Function, s *ast.DeferStmt, call *ast.CallExpr) {
	name := types.ExprString(ast.Unparen(s.Call.Fun))
	if _, ok := ast.Unparen(s.Call.Fun).(*ast.FuncLit); ok {
		name = "the deferred literal"
	}
	pass.Report(rule.Finding{
		Pos: call.Pos(), End: call.End(),
		Message: "recover() is evaluated by the defer statement, before " + recovery.Name(fn) + " can panic, and returns nil to " + name +
			"; call it in the deferred function: defer func() { ... recover() ... }()",
		Related: []rule.Place{{Pos: s.Pos(), Message: "the defer statement"}},
		Fixes:   fixes(pass.TypesInfo, s),
	})
}

// fixes moves the call into a literal, where it does not matter that everything
// in it is evaluated later.
func fixes(info *types.Info, s *ast.DeferStmt) []analysis.SuggestedFix {
	if !named(info, s.Call.Fun) {
		return nil
	}
	for _, arg := range s.Call.Args {
		if info.Types[arg].Value == nil && !info.Types[arg].IsNil() && !recovery.IsRecover(info, arg) {
			return nil
		}
	}
	return []analysis.SuggestedFix{{
		Message: "Call recover in a deferred function",
		TextEdits: []analysis.TextEdit{
			{Pos: s.Call.Pos(), End: s.Call.Pos(), NewText: []byte("func() { ")},
			{Pos: s.Call.End(), End: s.Call.End(), NewText: []byte(" }()")},
		},
	}}
}

// named reports whether the callee is a declared function, or one of a package.
func named(info *types.Info, e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		_, ok := info.Uses[e].(*types.Func)
		return ok
	case *ast.SelectorExpr:
		fn, ok := info.Uses[e.Sel].(*types.Func)
		return ok && fn.Signature().Recv() == nil
	}
	return false
}
