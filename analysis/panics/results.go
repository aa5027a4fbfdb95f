package panics

import (
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// OnError reports whether the panic is about an error that the function is given,
// as in a helper check(err), and Fallible whether the value is an error that comes
// to pass.
func OnError(s Site) bool {
	p, ok := s.Instr.(*ssa.Panic)
	if !ok {
		return false
	}
	op, ok := asked(p.Block()).(*ssa.BinOp)
	return ok && isError(op.X.Type()) && isParam(op.X)
}

// Fallible is described with [OnError].
func Fallible(err ssa.Value) bool {
	switch v := err.(type) {
	case *ssa.Const:
		return false
	case *ssa.Call:
		return !neverFails[ir.Name(ir.Target(&v.Call))]
	case *ssa.Extract:
		c, ok := v.Tuple.(*ssa.Call)
		return !ok || !neverFails[ir.Name(ir.Target(&c.Call))]
	}
	return true
}

// onResult looks at a method of a pointer that is nil when its error is not, which
// nobody has looked at: rows, _ := db.Query(q); defer rows.Close().
func (x *finder) onResult(i ssa.CallInstruction, fn *types.Func) {
	recv := fn.Signature().Recv()
	if recv == nil || i.Common().IsInvoke() || len(i.Common().Args) == 0 || fn.Pkg() == x.SSA.Pkg.Pkg {
		return // of one's own methods it is seen what they do
	}
	v, ok := i.Common().Args[0].(*ssa.Extract)
	_, ptr := recv.Type().Underlying().(*types.Pointer)
	if !ok || !ptr || recv.Type().String() == "*os.File" {
		return // the methods of a nil *os.File return an error
	}
	if c, ok := v.Tuple.(*ssa.Call); ok && ir.StdFunc(ir.Target(&c.Call)) {
		x.uncheckedResult(i, v)
	}
}

func (x *finder) uncheckedResult(i ssa.Instruction, v *ssa.Extract) {
	c, ok := v.Tuple.(*ssa.Call)
	if !ok {
		return
	}
	results := c.Call.Signature().Results()
	last := results.Len() - 1
	if v.Index == last || !isError(results.At(last).Type()) {
		return
	}
	for _, r := range *c.Referrers() {
		if e, ok := r.(*ssa.Extract); ok && e.Index == last && (errorIsNil(i.Block(), e) || kept(e)) {
			return
		}
	}
	if x.checked(i.Block(), v) {
		return
	}
	grade := Likely
	if fn := ir.Target(&c.Call); fn != nil && strings.HasPrefix(fn.Name(), "New") {
		grade = Possible // its error is about its arguments
	}
	x.add(i, Unchecked, grade, i.Pos(), "uses the result of %s, which is nil when its error is not", describe(c))
}

// kept reports whether the error goes into a variable, or to a function, from
// where the check cannot be followed.
func kept(e *ssa.Extract) bool {
	for _, r := range *e.Referrers() {
		switch r.(type) {
		case *ssa.Store, *ssa.Phi, *ssa.MakeClosure:
			return true
		}
	}
	return false
}
