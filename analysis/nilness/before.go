package nilness

import (
	"go/constant"
	"go/types"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// before records what the function has deferred when a walk begins at an
// instruction, and what the variables hold that deferred literals ask.
func (w *walk) before(from ssa.Instruction, st *state) {
	for _, a := range emptyStructs(from) {
		st.cells[cell{a, -1}] = empty
	}
	st.pending = deferredBefore(from)
	for _, d := range st.pending {
		c, ok := d.Call.Value.(*ssa.MakeClosure)
		if !ok {
			continue
		}
		for _, v := range c.Bindings {
			if a, ok := v.(*ssa.Alloc); ok && w.f.isLocal(a) && a.Parent() == from.Parent() {
				if v := heldBefore(a, from); v != nil {
					st.cells[cell{a, -1}] = v
				}
			}
		}
	}
}

// heldBefore is what a variable holds at an instruction: derived when that depends
// on the path there, and nil when it is not worth to know.
func heldBefore(a *ssa.Alloc, at ssa.Instruction) ssa.Value {
	var held *ssa.Store
	other := false
	for _, r := range *a.Referrers() {
		s, ok := r.(*ssa.Store)
		switch {
		case !ok || ir.Before(at, s) && !inLoop(at):
		case !ir.Before(s, at):
			other = true
		case held == nil || ir.Before(held, s):
			held = s
		}
	}
	switch {
	case other:
		return derived
	case held == nil:
		return zero(a)
	case telling(held.Val):
		return held.Val
	}
	return nil
}

// zero is the value of a variable that nobody has given one, when it is one that
// conditions ask.
func zero(a *ssa.Alloc) ssa.Value {
	p, ok := a.Type().Underlying().(*types.Pointer)
	if !ok {
		return nil
	}
	switch t := p.Elem().Underlying().(type) {
	case *types.Pointer, *types.Interface, *types.Map, *types.Signature, *types.Slice, *types.Chan:
		return ssa.NewConst(nil, p.Elem())
	case *types.Basic:
		if t.Info()&types.IsBoolean != 0 {
			return ssa.NewConst(constant.MakeBool(false), p.Elem())
		}
	}
	return nil
}

// deferredBefore lists the literals that are deferred on every path to an
// instruction, in the order of their statements.
func deferredBefore(from ssa.Instruction) []*ssa.Defer {
	var chain []*ssa.BasicBlock
	for b := from.Block(); b != nil; b = b.Idom() {
		chain = append(chain, b)
	}
	var list []*ssa.Defer
	for n := len(chain) - 1; n >= 0; n-- {
		for _, i := range chain[n].Instrs {
			if i == from {
				return list
			}
			if d, ok := i.(*ssa.Defer); ok && literal(d.Common()) != nil && !inLoop(d) {
				list = append(list, d)
			}
		}
	}
	return list
}

// empty stands for a struct of which no field has been given a value.
var empty ssa.Value = ssa.NewConst(nil, types.NewTuple())

// emptyStructs lists the variables of struct type that are empty at an instruction,
// whatever path leads there: nothing that is stored to them can have been stored.
func emptyStructs(from ssa.Instruction) []*ssa.Alloc {
	var list []*ssa.Alloc
	for _, b := range from.Parent().Blocks {
		for _, i := range b.Instrs {
			a, ok := i.(*ssa.Alloc)
			if !ok || !a.Block().Dominates(from.Block()) {
				continue
			}
			if p, ok := a.Type().Underlying().(*types.Pointer); ok {
				if _, isStruct := p.Elem().Underlying().(*types.Struct); isStruct && untouched(a, from) {
					list = append(list, a)
				}
			}
		}
	}
	return list
}

// untouched reports whether the variable, or field, is only loaded and stored, and
// never before an instruction.
func untouched(v ssa.Value, at ssa.Instruction) bool {
	for _, r := range *v.Referrers() {
		switch r := r.(type) {
		case *ssa.DebugRef, *ssa.UnOp:
		case *ssa.Store:
			if r.Addr != v || r.Val == v || ir.Before(r, at) || inLoop(at) {
				return false
			}
		case *ssa.FieldAddr:
			if !untouched(r, at) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// zeroOf is the zero value of a basic type, or nil.
func zeroOf(t types.Type) ssa.Value {
	b, ok := t.Underlying().(*types.Basic)
	switch {
	case !ok:
	case b.Info()&types.IsBoolean != 0:
		return ssa.NewConst(constant.MakeBool(false), t)
	case b.Info()&types.IsInteger != 0:
		return ssa.NewConst(constant.MakeInt64(0), t)
	case b.Info()&types.IsString != 0:
		return ssa.NewConst(constant.MakeString(""), t)
	}
	return nil
}

// toldBy marks the fields that are only set where the value is not nil: what they are
// tells whether it is.
func (w *walk) toldBy(other *ssa.BasicBlock, st *state) {
	for _, b := range other.Parent().Blocks {
		if !other.Dominates(b) {
			continue
		}
		for _, i := range b.Instrs {
			s, ok := i.(*ssa.Store)
			if !ok {
				continue
			}
			if a, ok := s.Addr.(*ssa.FieldAddr); ok {
				if c, ok := w.cellOf(a, st); ok && st.cells[c] == nil {
					st.cells[c] = derived
				}
			}
		}
	}
}
