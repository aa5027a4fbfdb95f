package nilness

import (
	"slices"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// cellOf is the variable that an address is of, when it can be followed.
func (w *walk) cellOf(addr ssa.Value, st *state) (cell, bool) {
	switch a := addr.(type) {
	case *ssa.Alloc:
		return cell{a, -1}, w.f.isLocal(a)
	case *ssa.FreeVar:
		if v := ir.Captured(a); v != nil {
			return w.cellOf(v, st)
		}
	case *ssa.Global:
		return cell{a, -1}, true
	case *ssa.FieldAddr:
		return cell{w.base(a.X, st), a.Field}, true
	}
	return cell{}, false
}

// base is the value a field is taken of, so that two loads of one variable are one.
func (w *walk) base(v ssa.Value, st *state) ssa.Value {
	v = w.resolve(v, st)
	if load, ok := v.(*ssa.UnOp); ok {
		switch a := load.X.(type) {
		case *ssa.FreeVar, *ssa.Global:
			return a
		case *ssa.Alloc:
			if w.f.isLocal(a) {
				if s := ir.OnlyStore(a); s != nil {
					return s
				}
			}
		}
	}
	return v
}

// isLocal reports whether a variable is read and written only by this function
// and by literals that run where they stand, or that only read it.
func (f *Facts) isLocal(a *ssa.Alloc) bool {
	return once(&f.local, a, func(a *ssa.Alloc) bool { return localVar(a, a, 0) })
}

func localVar(v ssa.Value, a *ssa.Alloc, depth int) bool {
	if v.Referrers() == nil || depth > 3 {
		return false
	}
	for _, r := range *v.Referrers() {
		switch r := r.(type) {
		case *ssa.DebugRef, *ssa.UnOp:
		case *ssa.Store:
			if r.Addr != v || r.Val == v {
				return false
			}
		case *ssa.MakeClosure:
			fn, ok := r.Fn.(*ssa.Function)
			at := slices.Index(r.Bindings, v)
			if !ok || at < 0 || at >= len(fn.FreeVars) {
				return false
			}
			if !localVar(fn.FreeVars[at], a, depth+1) {
				return false
			}
			if writesVar(fn.FreeVars[at]) && !runsInPlace(r) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

func writesVar(v *ssa.FreeVar) bool {
	if v.Referrers() == nil {
		return false
	}
	for _, r := range *v.Referrers() {
		switch r := r.(type) {
		case *ssa.Store:
			return true
		case *ssa.MakeClosure:
			fn, ok := r.Fn.(*ssa.Function)
			at := slices.Index(r.Bindings, ssa.Value(v))
			if !ok || at < 0 || at >= len(fn.FreeVars) || writesVar(fn.FreeVars[at]) {
				return true
			}
		}
	}
	return false
}

// runsInPlace reports whether a literal is only called or deferred where it stands.
func runsInPlace(c *ssa.MakeClosure) bool {
	if c.Referrers() == nil {
		return false
	}
	for _, r := range *c.Referrers() {
		switch r := r.(type) {
		case *ssa.Call:
			if r.Common().Value != c {
				return false
			}
		case *ssa.Defer:
			if r.Common().Value != c {
				return false
			}
		default:
			return false
		}
	}
	return true
}
