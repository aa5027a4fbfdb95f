package mutexmisuse

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/conc"
	"github.com/backstop-go/backstop/analysis/internal/path"
	"github.com/backstop-go/backstop/analysis/rule"
)

// judge looks at all paths of a function together: a return that leaves the mutex
// locked is a mistake only where others do not.
func (c *checker) judge(fn *ssa.Function, cell path.Cell, e *ends) {
	if e.quiet || e.wrong || !cell.Known() {
		return
	}
	if e.first[lock] != nil && e.first[unlock] != nil && e.first[try] == nil && e.final[back] == 0 {
		for at := range e.handed {
			if e.final[released] > 0 && at.Parent() == fn {
				c.report(at.Pos(), "Unlock of "+conc.Or(c.Text(at, at.Pos()), "the mutex")+" is reached on a path that has not locked it: \"fatal error: sync: unlock of unlocked mutex\" ends the process",
					rule.Place{Pos: e.first[lock].Pos(), Message: "another path locks it here"})
			}
		}
	}
	if e.final[released] == 0 || len(e.leaks) == 0 || c.handsOver(fn, e) {
		return
	}
	for _, l := range e.leaks {
		if l.at.Parent() != fn {
			continue
		}
		pos := l.ret.Pos()
		if !pos.IsValid() {
			pos = brace(fn)
		}
		c.report(pos, "this return leaves "+conc.Or(c.Text(l.at, l.at.Pos()), "the mutex")+" locked, and whoever locks it next waits for ever; unlock it, or defer Unlock behind the Lock",
			rule.Place{Pos: l.at.Pos(), Message: "it is locked here"})
	}
}

// handsOver reports whether a return that leaves the mutex locked may mean to.
func (c *checker) handsOver(fn *ssa.Function, e *ends) bool {
	name := strings.ToLower(fn.Name())
	for _, word := range []string{"lock", "acquire", "begin", "enter"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	for results, n := fn.Signature.Results(), 0; n < results.Len(); n++ {
		if _, ok := results.At(n).Type().Underlying().(*types.Signature); ok {
			return true
		}
	}
	if d, ok := fn.Syntax().(*ast.FuncDecl); ok && d.Doc != nil {
		text := strings.ToLower(d.Doc.Text())
		for _, word := range []string{"held", "holding", "unlock", "locked"} {
			if strings.Contains(text, word) {
				return true
			}
		}
	}
	leaking := make(map[*ssa.Return]bool)
	succeeds := true
	for _, l := range e.leaks {
		leaking[l.ret] = true
		succeeds = succeeds && success(l.ret)
	}
	if !succeeds {
		return false
	}
	for _, b := range fn.Blocks {
		if len(b.Instrs) == 0 || b == fn.Recover {
			continue
		}
		if r, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return); ok && !leaking[r] && success(r) {
			return false // the others say the same and unlock
		}
	}
	return true
}

// success reports whether the results say that something was got: true, no
// error, something that is not nil.
func success(r *ssa.Return) bool {
	if len(r.Results) == 0 {
		return false
	}
	last := r.Results[len(r.Results)-1]
	k, isConst := last.(*ssa.Const)
	if types.Identical(last.Type(), types.Universe.Lookup("error").Type()) {
		return isConst && k.IsNil()
	}
	if isConst && k.Value != nil && k.Value.Kind() == constant.Bool {
		return constant.BoolVal(k.Value)
	}
	return !isConst || !k.IsNil()
}

func brace(fn *ssa.Function) token.Pos {
	switch n := fn.Syntax().(type) {
	case *ast.FuncDecl:
		if n.Body != nil {
			return n.Body.Rbrace
		}
	case *ast.FuncLit:
		return n.Body.Rbrace
	}
	return token.NoPos
}
