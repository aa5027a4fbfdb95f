package recoverdepth

import (
	"go/types"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// behindInterface looks for methods that a deferred function calls through an
// interface of this package, which one type here implements.
func (d *depths) behindInterface(fn *ssa.Function, defers []ssa.CallInstruction) {
	ir.Calls(fn, func(c ssa.CallInstruction) {
		call, ok := c.(*ssa.Call)
		if !ok || !call.Common().IsInvoke() || d.facts.Deferred(call.Common()) != nil {
			return
		}
		h := d.implementation(call.Common())
		if h == nil {
			return
		}
		inner := call
		if d.facts.Of(h).Recovers == behaviour.TooDeep && d.facts.Of(h).Depth == 1 {
			ir.Calls(h, func(c ssa.CallInstruction) {
				if in, ok := c.(*ssa.Call); ok && d.facts.OfCall(in.Common()).OnlyRecovers {
					inner = in
				}
			})
			if inner == call {
				return
			}
		} else if !d.facts.Of(h).OnlyRecovers {
			return
		}
		if !d.reported[inner] {
			d.reported[inner] = true
			d.report(inner, name(d.facts, inner.Common()), defers, dead())
		}
	})
}

// implementation is the only method of this package that the call can lead to.
func (d *depths) implementation(c *ssa.CallCommon) *ssa.Function {
	named, ok := types.Unalias(c.Value.Type()).(*types.Named)
	if !ok || named.Obj().Pkg() != d.pass.Pkg {
		return nil
	}
	var only *ssa.Function
	for _, fn := range d.facts.Funcs {
		obj := ir.Object(fn)
		if obj == nil || obj.Name() != c.Method.Name() || !implements(fn, named) {
			continue
		}
		if only != nil {
			return nil
		}
		only = fn
	}
	return only
}
