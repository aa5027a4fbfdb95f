package unboundedrecursion

import (
	"go/types"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// cyclic finds a call of fn in fn with what a field of its parameter points to, when
// nothing counts or remembers.
func cyclic(fn *ssa.Function) (*ssa.Call, string) {
	var found *ssa.Call
	var field string
	ir.Calls(fn, func(i ssa.CallInstruction) {
		c, ok := i.(*ssa.Call)
		if !ok || found != nil || ir.Callee(c.Common()) != fn || len(c.Call.Args) != len(fn.Params) {
			return
		}
		for n, a := range c.Call.Args {
			p := fn.Params[n]
			if !linked(p.Type()) {
				continue
			}
			name, ok := reached(a, p, 0)
			if ok && !bounded(fn, c, n) {
				found, field = c, name
			}
		}
	})
	return found, field
}

// linked reports whether a type is a pointer to a struct, or a map or slice.
func linked(t types.Type) bool {
	switch t := t.Underlying().(type) {
	case *types.Pointer:
		_, ok := t.Elem().Underlying().(*types.Struct)
		return ok
	case *types.Map, *types.Slice, *types.Interface:
		return true
	}
	return false
}

// reached reports whether a is loaded from a field of p, or an element of one, and
// names the field.
func reached(a ssa.Value, p *ssa.Parameter, depth int) (string, bool) {
	if depth > 12 {
		return "", false
	}
	name := ""
	switch x := a.(type) {
	case *ssa.UnOp:
		return reached(x.X, p, depth+1)
	case *ssa.FieldAddr:
		if pt, ok := x.X.Type().Underlying().(*types.Pointer); ok {
			if s, ok := pt.Elem().Underlying().(*types.Struct); ok && x.Field < s.NumFields() {
				name = s.Field(x.Field).Name()
			}
		}
		if x.X == p {
			return name, true
		}
		inner, ok := reached(x.X, p, depth+1)
		if ok && inner != "" {
			name = inner
		}
		return name, ok
	case *ssa.IndexAddr:
		return reached(x.X, p, depth+1)
	case *ssa.Lookup:
		return reached(x.X, p, depth+1)
	case *ssa.Extract:
		if next, ok := x.Tuple.(*ssa.Next); ok {
			if r, ok := next.Iter.(*ssa.Range); ok {
				return reached(r.X, p, depth+1)
			}
		}
	}
	return "", false
}

// bounded reports whether something else than the data ends the recursion: another
// argument that changes, a map of what was visited, a context, a mark in the data.
func bounded(fn *ssa.Function, c *ssa.Call, walked int) bool {
	for n, a := range c.Call.Args {
		if n != walked && a != ssa.Value(fn.Params[n]) {
			if _, ok := a.Type().Underlying().(*types.Basic); ok {
				return true
			}
		}
	}
	for _, b := range fn.Blocks {
		for _, i := range b.Instrs {
			switch i := i.(type) {
			case *ssa.MapUpdate, *ssa.Lookup:
				return true
			case *ssa.Store:
				if _, ok := i.Addr.(*ssa.FieldAddr); ok {
					return true // a mark, or a counter
				}
			case *ssa.Call:
				if callee := ir.Callee(i.Common()); callee != fn && i.Type() != nil {
					if t, ok := i.Type().Underlying().(*types.Basic); ok && t.Kind() == types.Bool {
						return true // somebody is asked whether to go on
					}
				}
			}
		}
	}
	return false
}
