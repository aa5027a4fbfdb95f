package behaviour

import (
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/inlining"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/model"
	"github.com/backstop-go/backstop/analysis/rule"
)

// maxDepth is how many calls below a deferred function recover is looked for.
const maxDepth = 3

// An Accident says on which releases a function that recovers too deep recovers
// all the same, when the compiler wraps the call that is deferred: Go 1.22 to
// 1.25, if it is inlined (golang/go#73916).
type Accident struct {
	Go122, Go124 bool // 1.22 and 1.23; 1.24 and 1.25
}

// tooDeep notes that the call leads to recover.
func (f *Facts) tooDeep(fn *ssa.Function, c ssa.CallInstruction, what *Func) {
	if _, called := c.(*ssa.Call); !called { // a guard that fn defers guards fn, and not who defers fn
		return
	}
	depth, via := f.leads(c)
	if depth == 0 || depth > maxDepth || what.Recovers != Never && what.Depth <= depth {
		return
	}
	what.Recovers, what.Via, what.Depth = TooDeep, via, depth
	what.below = Accident{depth == 1, depth == 1}
	if g := ir.Callee(c.Common()); g != nil && depth > 1 {
		what.below = f.Of(g).Accident
	}
	what.Accident = Accident{
		what.below.Go122 && f.inlined(fn, inlining.Go122, 2),
		what.below.Go124 && f.inlined(fn, inlining.Go124, 2),
	}
}

// leads is how many calls below the caller recover stands that the call leads
// to, or 0, and the function that calls it.
func (f *Facts) leads(c ssa.CallInstruction) (int, string) {
	callee := f.OfCall(c.Common())
	if callee.Recovers != Never {
		return callee.Depth + 1, via(c.Common(), callee)
	}
	for _, cb := range callee.Callbacks { // once.Do(func() { recover() })
		args := ir.Args(c.Common())
		if cb.Where != model.Caller || cb.Deferred || cb.Param >= len(args) {
			continue
		}
		if fn := ir.Func(args[cb.Param]); fn != nil && f.Of(fn).Recovers == Directly {
			return 2, fn.String()
		}
	}
	return 0, ""
}

// inlined reports whether the compiler inlines fn.
func (f *Facts) inlined(fn *ssa.Function, era inlining.Era, times int) bool {
	return fn.Syntax() != nil && f.inlining.Inlines(fn.Syntax(), era, times)
}

// Verdicts says what becomes of the recover below a deferred call, for each
// release: [rule.Dead], or [rule.ByAccident].
// fn is what is deferred, where the call is of an interface that is known to hold
// it; it may be nil.
func (f *Facts) Verdicts(d ssa.CallInstruction, fn *ssa.Function) map[string]rule.Verdict {
	verdicts := make(map[string]rule.Verdict)
	for _, v := range Releases {
		verdicts[v] = rule.Dead
	}
	accident, old := f.accident(d, fn)
	for v, yes := range map[string]bool{
		"1.21": old && accident.Go122, "1.22": accident.Go122, "1.23": accident.Go122,
		"1.24": accident.Go124, "1.25": accident.Go124,
	} {
		if yes {
			verdicts[v] = rule.ByAccident
		}
	}
	return verdicts
}

// Releases are those that verdicts are told of.
var Releases = []string{"1.21", "1.22", "1.23", "1.24", "1.25", "1.26", "1.27"}

// accident says whether the deferred call is wrapped, and what it calls inlined
// into the wrapper. Some wrappers inline since long before Go 1.22: those of
// methods.
func (f *Facts) accident(d ssa.CallInstruction, fn *ssa.Function) (a Accident, old bool) {
	if _, ok := d.(*ssa.Defer); !ok {
		return a, false // deferred by a callee, which does not know what it defers
	}
	c := d.Common()
	if known := f.Deferred(c); known != nil {
		fn = known
	} else if c.IsInvoke() {
		return f.behindInterface(fn)
	}
	if fn == nil || !c.IsInvoke() && ir.Callee(c) == nil { // the variable of a package is not followed by the compiler
		return a, false
	}
	old = boundMethod(c) || c.IsInvoke() && wrappedMethod(c, fn)
	sig := c.Signature()
	wrapped := old || c.IsInvoke() || sig.Params().Len()+sig.Results().Len() > 0 || fn.Signature.Recv() != nil || fn.TypeParams().Len() > 0
	if !wrapped || fn.Parent() != nil && (len(fn.FreeVars) > 0 || generic(fn)) {
		return a, false // the compiler does not inline a literal that captures variables of another function
	}
	if f.Of(fn).Recovers == Never && f.callsItself(fn) { // defer run(func() { recover() })
		return Accident{f.inlined(fn, inlining.Go122, 2), f.inlined(fn, inlining.Go124, 2)}, old
	}
	if fn.Parent() == nil {
		return f.Of(fn).Accident, old
	}
	a = f.Of(fn).Accident
	if use := f.Use(fn); len(use.Deferred)+len(use.Called)+len(use.Spawned) == 1 {
		a.Go124 = f.Of(fn).below.Go124 && f.inlined(fn, inlining.Go124, 1)
	}
	return a, old
}

// callsItself reports whether fn calls the functions it is given, instead of
// handing them on.
func (f *Facts) callsItself(fn *ssa.Function) bool {
	for _, p := range fn.Params {
		if p.Referrers() == nil {
			continue
		}
		for _, r := range *p.Referrers() {
			if c, ok := r.(*ssa.Call); ok && c.Common().Value == p {
				return true
			}
		}
	}
	return false
}

// Deferred is the function that the call runs, with the methods of interfaces
// whose dynamic type is known.
func (f *Facts) Deferred(c *ssa.CallCommon) *ssa.Function {
	if !c.IsInvoke() {
		return f.Callee(c)
	}
	t := dynamicType(c.Value)
	if t == nil {
		return nil
	}
	obj, _, _ := types.LookupFieldOrMethod(t, false, c.Method.Pkg(), c.Method.Name())
	m, ok := obj.(*types.Func)
	if !ok {
		return nil
	}
	return f.SSA.Pkg.Prog.FuncValue(m.Origin())
}

// dynamicType is the type of the value in the interface, when only one can be.
func dynamicType(v ssa.Value) types.Type {
	for range 4 {
		switch x := v.(type) {
		case *ssa.MakeInterface:
			return x.X.Type()
		case *ssa.ChangeInterface:
			v = x.X
		case *ssa.UnOp:
			v = ir.OnlyStore(x.X)
		default:
			return nil
		}
	}
	return nil
}

// boundMethod reports whether the call is of a method value: f := x.m; defer f().
func boundMethod(c *ssa.CallCommon) bool {
	v := c.Value
	for range 4 {
		switch x := v.(type) {
		case *ssa.MakeClosure:
			fn, ok := x.Fn.(*ssa.Function)
			return ok && strings.HasPrefix(fn.Synthetic, "bound method wrapper")
		case *ssa.ChangeType:
			v = x.X
		case *ssa.UnOp:
			v = ir.OnlyStore(x.X)
		default:
			return false
		}
	}
	return false
}

// behindInterface is for a method that an interface of unknown type may lead to:
// the compiler does not inline it, but in the wrapper for pointers that methods of
// values have.
func (f *Facts) behindInterface(fn *ssa.Function) (a Accident, old bool) {
	if fn == nil || fn.Signature.Recv() == nil {
		return a, false
	}
	if _, pointer := types.Unalias(fn.Signature.Recv().Type()).(*types.Pointer); pointer {
		return a, false
	}
	return f.Of(fn).Accident, true
}

// wrappedMethod reports whether the method in the table of the interface is made
// by the compiler: one of an embedded field, or one of a value.
func wrappedMethod(c *ssa.CallCommon, fn *ssa.Function) bool {
	t := dynamicType(c.Value)
	if t == nil || fn.Signature.Recv() == nil {
		return false
	}
	_, pointer := types.Unalias(fn.Signature.Recv().Type()).(*types.Pointer)
	_, path, _ := types.LookupFieldOrMethod(t, false, c.Method.Pkg(), c.Method.Name())
	return !pointer || len(path) > 1
}

// generic reports whether a literal stands in a generic function, of which it
// captures the dictionary.
func generic(fn *ssa.Function) bool {
	for fn.Parent() != nil {
		fn = fn.Parent()
	}
	return fn.TypeParams().Len() > 0
}

// onlyRecovers reports whether the function calls nothing where recover returned
// nil: it was written to be deferred.
func onlyRecovers(fn *ssa.Function) bool {
	if len(fn.Blocks) == 0 {
		return false
	}
	found := false
	for _, i := range fn.Blocks[0].Instrs {
		c, ok := i.(*ssa.Call)
		if _, other := i.(ssa.CallInstruction); !ok && other || ok && !ir.IsBuiltin(c.Common(), "recover") {
			return false
		}
		found = found || ok
	}
	if !found {
		return false
	}
	last, ok := fn.Blocks[0].Instrs[len(fn.Blocks[0].Instrs)-1].(*ssa.If)
	if !ok { // it keeps the value, and does nothing else
		return len(fn.Blocks) == 1
	}
	// The branch of nil is the one that leads to fewer calls.
	return !calls(last.Block().Succs[0]) || !calls(last.Block().Succs[1])
}

// calls reports whether a call, or what may panic on purpose, can be reached from
// the block.
func calls(b *ssa.BasicBlock) bool {
	seen := make(map[*ssa.BasicBlock]bool)
	var walk func(b *ssa.BasicBlock) bool
	walk = func(b *ssa.BasicBlock) bool {
		if seen[b] {
			return false
		}
		seen[b] = true
		for _, i := range b.Instrs {
			switch i.(type) {
			case ssa.CallInstruction, *ssa.Panic, *ssa.Send:
				return true
			}
		}
		for _, s := range b.Succs {
			if walk(s) {
				return true
			}
		}
		return false
	}
	return walk(b)
}
