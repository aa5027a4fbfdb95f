// Package recovery answers what the rules about recover ask of SSA.
package recovery

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// Calls lists the calls of recover in a function, those of deferred statements
// included, but not those of literals within.
func Calls(fn *ssa.Function) []ssa.CallInstruction {
	var found []ssa.CallInstruction
	ir.Calls(fn, func(c ssa.CallInstruction) {
		if ir.IsBuiltin(c.Common(), "recover") {
			found = append(found, c)
		}
	})
	return found
}

// Declared is the function as it was written: the body of a range over a function
// is a function for SSA only.
func Declared(fn *ssa.Function) *ssa.Function {
	for fn.Parent() != nil {
		if _, ok := fn.Syntax().(*ast.FuncLit); ok {
			break
		}
		fn = fn.Parent()
	}
	return fn
}

// Name is how a message calls the function.
func Name(fn *ssa.Function) string {
	obj := ir.Object(fn)
	if obj == nil {
		return "the function literal"
	}
	if recv := obj.Signature().Recv(); recv != nil {
		return types.TypeString(recv.Type(), func(*types.Package) string { return "" }) + "." + obj.Name()
	}
	return obj.Name()
}

// WorkAfter reports whether the function does something behind the instruction
// that may panic: a deferred recover that has nothing to guard is there for who
// defers the function.
func WorkAfter(at ssa.Instruction) bool {
	seen := make(map[*ssa.BasicBlock]bool)
	var walk func(b *ssa.BasicBlock, from int) bool
	walk = func(b *ssa.BasicBlock, from int) bool {
		for _, i := range b.Instrs[from:] {
			if mayPanic(i) {
				return true
			}
		}
		for _, s := range b.Succs {
			if !seen[s] {
				seen[s] = true
				if walk(s, 0) {
					return true
				}
			}
		}
		return false
	}
	for n, i := range at.Block().Instrs {
		if i == at {
			return walk(at.Block(), n+1)
		}
	}
	return false
}

func mayPanic(i ssa.Instruction) bool {
	switch i := i.(type) {
	case *ssa.Call, *ssa.Go, *ssa.Panic, *ssa.Send, *ssa.Select, *ssa.MapUpdate,
		*ssa.Index, *ssa.IndexAddr, *ssa.Slice, *ssa.Range:
		return true
	case *ssa.TypeAssert:
		return !i.CommaOk
	}
	return false
}

// Walk visits the syntax of the function, without the literals within.
func Walk(fn *ssa.Function, visit func(ast.Node) bool) {
	var body ast.Node
	switch n := fn.Syntax().(type) {
	case *ast.FuncDecl:
		if n.Body == nil {
			return
		}
		body = n.Body
	case *ast.FuncLit:
		body = n.Body
	default: // the body of a range statement: its function visits it
		return
	}
	ast.Inspect(body, func(n ast.Node) bool {
		if _, ok := n.(*ast.FuncLit); ok {
			return false
		}
		return n == nil || visit(n)
	})
}

// IsRecover reports whether the expression is a call of the predeclared recover.
func IsRecover(info *types.Info, e ast.Expr) bool {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	if !ok {
		return false
	}
	id, ok := ast.Unparen(call.Fun).(*ast.Ident)
	if !ok {
		return false
	}
	b, ok := info.Uses[id].(*types.Builtin)
	return ok && b.Name() == "recover"
}

// Eager lists the calls of recover that a defer statement evaluates, instead of
// the function that it defers: those of arguments and of the operand.
func Eager(info *types.Info, s *ast.DeferStmt) []*ast.CallExpr {
	var found []*ast.CallExpr
	ast.Inspect(s.Call, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.CallExpr:
			if n != s.Call && IsRecover(info, n) {
				found = append(found, n)
			}
		}
		return true
	})
	return found
}

// CallAt is the call that SSA says is at pos, which is its parenthesis.
func CallAt(files []*ast.File, pos token.Pos) *ast.CallExpr {
	var found *ast.CallExpr
	for _, file := range files {
		if file.FileStart > pos || pos > file.FileEnd {
			continue
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if n == nil || n.Pos() > pos || n.End() < pos {
				return false
			}
			if call, ok := n.(*ast.CallExpr); ok && call.Lparen == pos {
				found = call
			}
			return found == nil
		})
	}
	return found
}
