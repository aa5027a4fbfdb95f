package panics

import (
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// filling is a function value that the package puts into a field, or sends on the
// channel in a field.
type filling struct {
	in    *ssa.Function
	value ssa.Value
}

// noteFilling records what is put into unexported fields and variables of function
// type, and into channels of functions.
func (f *Facts) noteFilling(i ssa.Instruction) {
	switch i := i.(type) {
	case *ssa.Store:
		switch a := i.Addr.(type) {
		case *ssa.FieldAddr:
			f.fill(fieldOf(a), i, i.Val)
		case *ssa.Global:
			if v, ok := a.Object().(*types.Var); ok {
				f.fill(v, i, i.Val)
			}
		}
	case *ssa.Send:
		f.fill(loadedField(i.Chan), i, i.X)
	case *ssa.Select:
		for _, s := range i.States {
			if s.Dir == types.SendOnly {
				f.fill(loadedField(s.Chan), i, s.Send)
			}
		}
	}
}

func (f *Facts) fill(to *types.Var, at ssa.Instruction, v ssa.Value) {
	if _, isFunc := v.Type().Underlying().(*types.Signature); isFunc && to != nil && !to.Exported() {
		f.fillings[to] = append(f.fillings[to], filling{at.Parent(), v})
	}
}

// ownFunc reports whether v was loaded from an unexported field or variable, or
// received from the channel in one, and nothing but functions of this package is ever
// put there.
func (f *Facts) ownFunc(v ssa.Value) bool { return f.filledHere(v, 0) }

func (f *Facts) filledHere(v ssa.Value, depth int) bool {
	field := loadedField(v)
	if u, ok := v.(*ssa.UnOp); ok && u.Op == token.ARROW {
		field = loadedField(u.X)
	}
	if e, ok := v.(*ssa.Extract); ok && e.Index == 0 {
		if u, ok := e.Tuple.(*ssa.UnOp); ok && u.Op == token.ARROW {
			field = loadedField(u.X)
		}
	}
	if field == nil || field.Exported() || len(f.fillings[field]) == 0 || depth > 3 {
		return false
	}
	for _, fill := range f.fillings[field] {
		if isNil(fill.value) || f.filledHere(fill.value, depth+1) {
			continue
		}
		if _, known := f.resolve(fill.in, fill.value, true); !known {
			return false
		}
	}
	return true
}

// loadedField is the field, or the variable of a package, that v was loaded from, or
// nil.
func loadedField(v ssa.Value) *types.Var {
	load, ok := v.(*ssa.UnOp)
	if !ok || load.Op != token.MUL {
		return nil
	}
	if s := ir.OnlyStore(load.X); s != nil {
		return loadedField(s)
	}
	switch a := load.X.(type) {
	case *ssa.FieldAddr:
		return fieldOf(a)
	case *ssa.Global:
		v, _ := a.Object().(*types.Var)
		return v
	}
	return nil
}

func fieldOf(a *ssa.FieldAddr) *types.Var {
	s, ok := deref(a.X.Type()).Underlying().(*types.Struct)
	if !ok || a.Field >= s.NumFields() {
		return nil
	}
	return s.Field(a.Field).Origin()
}

// inner reports whether the type is an interface that only this package can name, or
// one of another package of the module: its implementations are the module's own.
func (f *Facts) inner(t types.Type) bool {
	n, ok := types.Unalias(t).(*types.Named)
	if !ok || n.Obj().Pkg() == nil {
		return false
	}
	if n.Obj().Pkg() == f.SSA.Pkg.Pkg {
		return !n.Obj().Exported()
	}
	return f.module != "" && (n.Obj().Pkg().Path()+"/" == f.module+"/" || strings.HasPrefix(n.Obj().Pkg().Path(), f.module+"/"))
}

// onGiven reports whether a condition is about a number or a flag that the function is
// given, and nothing else.
func onGiven(cond ssa.Value) bool {
	if op, ok := cond.(*ssa.BinOp); ok && (precondition(op.X) && isConst(op.Y) || precondition(op.Y) && isConst(op.X)) {
		return true
	}
	return precondition(cond)
}

// precondition reports whether v is a number or a flag that the function is given.
func precondition(v ssa.Value) bool {
	if rest, ok := v.(*ssa.BinOp); ok && rest.Op == token.REM && isConst(rest.Y) { // len(pairs) % 2
		c, ok := rest.X.(*ssa.Call)
		return ok && isLen(c)
	}
	if c, ok := v.(*ssa.Convert); ok {
		v = c.X
	}
	p, ok := v.(*ssa.Parameter)
	if !ok {
		return false
	}
	b, ok := p.Type().Underlying().(*types.Basic)
	return ok && b.Info()&(types.IsNumeric|types.IsBoolean) != 0
}

func isConst(v ssa.Value) bool {
	_, ok := v.(*ssa.Const)
	return ok
}

// askedBefore reports whether a method panics only when another one says that it would,
// and the call stands where that one has been asked: for !r.Empty() { r.Pop() }.
func (f *Facts) askedBefore(c ssa.CallInstruction, callee *ssa.Function) bool {
	sites := f.sites[callee]
	if len(sites) == 0 || callee.Signature.Recv() == nil || c.Common().IsInvoke() || len(c.Common().Args) == 0 {
		return false
	}
	for _, s := range sites {
		p, ok := s.Instr.(*ssa.Panic)
		if !ok {
			return false
		}
		question := predicate(asked(p.Block()))
		if question == nil || question.Call.Args[0] != ssa.Value(callee.Params[0]) || !answered(c, ir.Target(&question.Call)) {
			return false
		}
	}
	return true
}

// predicate is the method without arguments that a condition calls, or nil.
func predicate(cond ssa.Value) *ssa.Call {
	if not, ok := cond.(*ssa.UnOp); ok && not.Op == token.NOT {
		cond = not.X
	}
	c, ok := cond.(*ssa.Call)
	if !ok || c.Call.IsInvoke() || c.Call.Signature().Recv() == nil || len(c.Call.Args) != 1 {
		return nil
	}
	return c
}

// answered reports whether a condition that the call depends on asks the method of the
// same value.
func answered(c ssa.CallInstruction, method *types.Func) bool {
	of := canon(c.Common().Args[0])
	for b := c.Block(); b != nil; b = b.Idom() {
		last, ok := b.Instrs[len(b.Instrs)-1].(*ssa.If)
		if !ok || b == c.Block() {
			continue
		}
		if q := predicate(last.Cond); q != nil && ir.Target(&q.Call) == method && canon(q.Call.Args[0]) == of {
			return true
		}
	}
	return false
}
