package panics

import (
	"go/types"
	"slices"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// resolve lists what v, which fn calls or hands on, can be, with what the callers
// of an unexported function pass to its parameters. It is false when that is not
// known. Its own parameters are left to each caller of a function, unless they
// run in another goroutine.
func (f *Facts) resolve(in *ssa.Function, v ssa.Value, elsewhere bool) ([]*ssa.Function, bool) {
	if fns := ir.Functions(v); len(fns) > 0 {
		return fns, true
	}
	p, ok := parameter(v)
	if !ok {
		return nil, false
	}
	fn := p.Parent()
	if fn == in && !elsewhere {
		return nil, false
	}
	obj := ir.Object(fn)
	if obj == nil || obj.Exported() || f.escapes[fn] {
		return nil, false
	}
	at := slices.Index(fn.Params, p)
	if at < 0 {
		return nil, false
	}
	var all []*ssa.Function
	for _, c := range f.callers[fn] {
		args := c.Common().Args
		if at >= len(args) {
			return nil, false
		}
		fns := ir.Functions(args[at])
		if len(fns) == 0 {
			return all, false
		}
		all = append(all, fns...)
	}
	return all, len(all) > 0
}

// Callers lists the calls of an unexported function; it is false when there may
// be others.
func (f *Facts) Callers(fn *ssa.Function) ([]ssa.CallInstruction, bool) {
	obj := ir.Object(fn)
	return f.callers[fn], obj != nil && !obj.Exported() && !f.escapes[fn]
}

// parameter leads from a function value to the parameter it is, also from within
// the literals of the function.
func parameter(v ssa.Value) (*ssa.Parameter, bool) {
	r := canon(v)
	p, ok := r.root.(*ssa.Parameter)
	return p, ok && r.path == ""
}

// implementers lists the methods that a call of an interface's method can mean
// in this package, when they are few.
func (f *Facts) implementers(m *types.Func) []*ssa.Function {
	f.mu.Lock()
	defer f.mu.Unlock()
	if known, ok := f.methods[m]; ok {
		return known
	}
	f.methods[m] = nil
	if ir.StdFunc(m) {
		return nil // anything can be an io.Reader
	}
	iface, ok := m.Signature().Recv().Type().Underlying().(*types.Interface)
	if !ok {
		return nil
	}
	const few = 4
	var fns []*ssa.Function
	for _, mem := range f.SSA.Pkg.Members {
		t, ok := mem.(*ssa.Type)
		if !ok || types.IsInterface(t.Type()) {
			continue
		}
		if n, ok := t.Type().(*types.Named); ok && n.TypeParams().Len() > 0 {
			continue
		}
		ptr := types.NewPointer(t.Type())
		if !types.Implements(ptr, iface) {
			continue
		}
		obj, _, _ := types.LookupFieldOrMethod(ptr, true, m.Pkg(), m.Name())
		if method, ok := obj.(*types.Func); ok {
			if fn := f.SSA.Pkg.Prog.FuncValue(method.Origin()); fn != nil && !f.inTest(fn.Pos()) {
				fns = append(fns, fn)
			}
		}
	}
	if len(fns) > few {
		return nil
	}
	slices.SortFunc(fns, func(a, b *ssa.Function) int { return int(a.Pos() - b.Pos()) })
	f.methods[m] = fns
	return fns
}

// noteCalls keeps who calls a function, and whether it is used otherwise.
func (f *Facts) noteCalls(i ssa.Instruction) {
	callee := ssa.Value(nil)
	if c, ok := i.(ssa.CallInstruction); ok && !c.Common().IsInvoke() {
		if fn := ir.Callee(c.Common()); fn != nil && fn.Parent() == nil {
			f.callers[fn] = append(f.callers[fn], c)
			callee = c.Common().Value
		}
	}
	for _, op := range i.Operands(nil) {
		if fn, ok := (*op).(*ssa.Function); ok && *op != callee && fn.Parent() == nil {
			f.escapes[fn] = true
			if o := ir.Func(fn); o != nil {
				f.escapes[o] = true // the method behind a method value
			}
		}
	}
}
