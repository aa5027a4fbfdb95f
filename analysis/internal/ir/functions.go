package ir

import (
	"go/types"

	"golang.org/x/tools/go/ssa"
)

// Functions lists what v can be, as far as this function, and what the functions
// that it calls return, show it; none when one of them is not known.
func Functions(v ssa.Value) []*ssa.Function { return functions(v, 0) }

func functions(v ssa.Value, depth int) []*ssa.Function {
	if depth > 4 {
		return nil
	}
	if fn := Func(v); fn != nil {
		return []*ssa.Function{fn}
	}
	switch v := v.(type) {
	case *ssa.ChangeType:
		return functions(v.X, depth+1)
	case *ssa.MakeInterface:
		return functions(v.X, depth+1)
	case *ssa.UnOp:
		if s := OnlyStore(v.X); s != nil {
			return functions(s, depth+1)
		}
	case *ssa.Phi:
		return every(v.Edges, depth)
	case *ssa.Call:
		callee := Callee(&v.Call)
		if callee == nil {
			return nil
		}
		var returned []ssa.Value
		for _, b := range callee.Blocks {
			if r, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return); ok && len(r.Results) == 1 {
				returned = append(returned, r.Results[0])
			}
		}
		return every(returned, depth)
	}
	return nil
}

func every(values []ssa.Value, depth int) []*ssa.Function {
	var all []*ssa.Function
	for _, v := range values {
		fns := functions(v, depth+1)
		if len(fns) == 0 {
			return nil
		}
		all = append(all, fns...)
	}
	return all
}

// FieldName is the name of the field whose address is taken.
func FieldName(a *ssa.FieldAddr) string {
	p, ok := a.X.Type().Underlying().(*types.Pointer)
	if !ok {
		return ""
	}
	s, ok := p.Elem().Underlying().(*types.Struct)
	if !ok || a.Field >= s.NumFields() {
		return ""
	}
	return s.Field(a.Field).Name()
}
