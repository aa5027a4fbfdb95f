package nilness

import (
	"go/token"

	"golang.org/x/tools/go/ssa"
)

// onlyError is the variable that holds the only error that the function returns,
// when there is one: who compares with it asks for any error.
func onlyError(fn *ssa.Function) string {
	last := fn.Signature.Results().Len() - 1
	if last < 1 || !IsError(fn.Signature.Results().At(last).Type()) {
		return ""
	}
	only := ""
	for _, b := range fn.Blocks {
		ret, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return)
		if !ok || b == fn.Recover {
			continue
		}
		if len(ret.Results) != last+1 {
			return ""
		}
		if isNilConst(ret.Results[last]) {
			continue
		}
		name := sentinel(ret.Results[last])
		if name == "" || only != "" && only != name {
			return ""
		}
		only = name
	}
	return only
}

// sentinel names the package variable that an error is read from, or is empty.
func sentinel(v ssa.Value) string {
	load, ok := v.(*ssa.UnOp)
	if !ok || load.Op != token.MUL {
		return ""
	}
	g, ok := load.X.(*ssa.Global)
	if !ok || g.Pkg == nil {
		return ""
	}
	return g.Pkg.Pkg.Path() + "." + g.Name()
}

// isOnly reports whether v is the only error that the origin's call returns.
func (w *walk) isOnly(v ssa.Value, st *state) bool {
	c, ok := w.o.From.(*ssa.Call)
	if !ok {
		return false
	}
	what, known := w.f.OfCall(c.Common())
	return known && what.Only != "" && what.Only == sentinel(w.resolve(v, st))
}

// anyError is what an answer tells that is yes for every error.
func anyError(st *state) verdict {
	if st.sure {
		return verdict{open, stop}
	}
	return verdict{isNil, stop}
}
