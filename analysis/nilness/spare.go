package nilness

import (
	"go/token"

	"golang.org/x/tools/go/ssa"
)

// spares reports whether the comparison with nil decides whether the function in
// the variable is called: if s.OnDone != nil { s.OnDone() }.
func spares(b *ssa.BinOp, addr ssa.Value) bool {
	for _, r := range *b.Referrers() {
		branch, ok := r.(*ssa.If)
		if !ok {
			continue
		}
		some := branch.Block().Succs[0]
		if b.Op == token.EQL {
			some = branch.Block().Succs[1]
		}
		for _, i := range some.Instrs {
			c, ok := i.(ssa.CallInstruction)
			if !ok || c.Common().IsInvoke() {
				continue
			}
			if load, ok := c.Common().Value.(*ssa.UnOp); ok && len(some.Preds) == 1 && sameVar(load.X, addr) {
				return true
			}
		}
	}
	return false
}

func sameVar(a, b ssa.Value) bool {
	x, ok := a.(*ssa.FieldAddr)
	y, also := b.(*ssa.FieldAddr)
	return a == b || ok && also && FieldOf(x) != nil && FieldOf(x) == FieldOf(y)
}
