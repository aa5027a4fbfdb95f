package behaviour

import (
	"go/types"
	"slices"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/model"
)

// look derives what fn does from its instructions and from what is known of
// those it calls.
func (f *Facts) look(fn *ssa.Function) Func {
	var what Func
	var recovered ssa.Instruction
	ir.Calls(fn, func(c ssa.CallInstruction) {
		common := c.Common()
		if ir.IsBuiltin(common, "recover") {
			// A deferred recover runs at the end of fn: within the deferred call,
			// if that is what fn is. Measured: defer func() { defer recover() }().
			if _, spawned := c.(*ssa.Go); !spawned {
				what.Recovers, recovered = Directly, c
			}
			return
		}
		if _, spawned := c.(*ssa.Go); spawned {
			return
		}
		callee := f.OfCall(common)
		what.Reports = what.Reports || f.Logs(common)
		what.Stack = what.Stack || callee.Stack || walksStack(common)
		f.tooDeep(fn, c, &what)
	})
	if what.Recovers == Directly {
		what.Via, what.Depth, what.Accident, what.below = "", 0, Accident{}, Accident{}
		what.OnlyRecovers = onlyRecovers(fn)
		what.Repanics = f.panicsAfter(fn, recovered)
	}
	for _, b := range fn.Blocks {
		what.Waits = what.Waits || slices.ContainsFunc(b.Instrs, f.waits)
	}
	f.ends(fn, &what)
	what.Callbacks = f.callbacks(fn)
	return what
}

// walksStack reports whether the call asks for a frame that is not the same each
// time, as in a loop over all of them.
func walksStack(c *ssa.CallCommon) bool {
	if ir.Name(ir.Target(c)) != "runtime.Caller" || len(c.Args) != 1 {
		return false
	}
	_, constant := c.Args[0].(*ssa.Const)
	return !constant
}

func via(c *ssa.CallCommon, callee Func) string {
	if callee.Recovers == TooDeep {
		return callee.Via
	}
	if obj := ir.Target(c); obj != nil {
		return ir.Name(obj)
	}
	if fn := ir.Callee(c); fn != nil {
		return fn.String()
	}
	return ""
}

// panicsAfter reports whether fn may panic, or exit, behind the instruction.
func (f *Facts) panicsAfter(fn *ssa.Function, at ssa.Instruction) bool {
	for _, b := range fn.Blocks {
		if _, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Panic); ok && reaches(at.Block(), b) {
			return true
		}
		for _, i := range b.Instrs {
			c, ok := i.(*ssa.Call)
			if ok && f.OfCall(c.Common()).Panics && reaches(at.Block(), b) {
				return true
			}
		}
	}
	return false
}

func reaches(from, to *ssa.BasicBlock) bool {
	seen := make(map[*ssa.BasicBlock]bool)
	var walk func(*ssa.BasicBlock) bool
	walk = func(b *ssa.BasicBlock) bool {
		if b == to {
			return true
		}
		if seen[b] {
			return false
		}
		seen[b] = true
		return slices.ContainsFunc(b.Succs, walk)
	}
	return walk(from)
}

// ends says how fn ends: whether no path returns, and whether each panics or
// exits.
func (f *Facts) ends(fn *ssa.Function, what *Func) {
	if len(fn.Blocks) == 0 {
		return
	}
	returns, others, panics, exits := 0, 0, 0, 0
	seen := make(map[*ssa.BasicBlock]bool)
	var walk func(b *ssa.BasicBlock)
	walk = func(b *ssa.BasicBlock) {
		if seen[b] {
			return
		}
		seen[b] = true
		for _, i := range b.Instrs {
			switch i := i.(type) {
			case *ssa.Panic:
				panics++
				return
			case *ssa.Return:
				returns++
				return
			case *ssa.Call:
				callee := f.OfCall(i.Common())
				switch {
				case callee.Exits:
					exits++
					return
				case callee.Panics:
					panics++
					return
				case callee.NeverReturns:
					others++
					return
				}
			}
		}
		for _, s := range b.Succs {
			walk(s)
		}
	}
	walk(fn.Blocks[0])
	what.NeverReturns = returns == 0 && panics+exits+others > 0
	if fn.Recover != nil && f.Guard(fn).Kind == Guarded {
		what.NeverReturns = what.NeverReturns && panics == 0
	}
	what.Panics = what.NeverReturns && exits == 0 && others == 0
	what.Exits = what.NeverReturns && panics == 0 && others == 0
}

// callbacks finds the parameters of fn that it calls, here, deferred, in a
// goroutine, or in a literal within.
func (f *Facts) callbacks(fn *ssa.Function) []model.Callback {
	var found []model.Callback
	params := fn.Params
	if fn.Signature.Recv() != nil && len(params) > 0 {
		params = params[1:]
	}
	for n, p := range params {
		_, function := p.Type().Underlying().(*types.Signature)
		if !function && !isTask(p.Type()) {
			continue
		}
		for _, c := range f.calls(fn, p, model.Caller, f.Guard(fn), 0) {
			c.Param = n
			if (function || c.Where == model.Goroutine) && !slices.Contains(found, c) {
				found = append(found, c)
			}
		}
	}
	return found
}

// calls follows a function value v through fn and the closures that capture it.
func (f *Facts) calls(fn *ssa.Function, v ssa.Value, where model.Where, guard Guard, depth int) []model.Callback {
	if v.Referrers() == nil || depth > 4 {
		return nil
	}
	var found []model.Callback
	add := func(where model.Where, guarded, deferred bool) {
		c := model.Callback{Where: where, Guarded: guarded, Deferred: deferred}
		if guarded {
			c.By = fn.String()
		}
		found = append(found, c)
	}
	if kept, ok := f.runsKept(v); ok {
		found = append(found, model.Callback{Where: model.Goroutine, Guarded: kept.guarded, By: kept.by, Kept: true})
	}
	for _, r := range *v.Referrers() {
		switch r := r.(type) {
		case ssa.CallInstruction:
			_, spawned := r.(*ssa.Go)
			if r.Common().Value == v {
				if spawned {
					add(model.Goroutine, false, false)
				} else {
					_, deferred := r.(*ssa.Defer)
					add(where, guard.Covers(r), deferred)
				}
				continue
			}
			for _, c := range f.handedOn(r, v) {
				switch {
				case c.Kept:
					found = append(found, model.Callback{Where: c.Where, Guarded: c.Guarded, By: c.By, Kept: true})
				case c.Where != model.Caller:
					add(c.Where, c.Guarded, c.Deferred)
				case spawned:
					add(model.Goroutine, c.Guarded, c.Deferred)
				default:
					add(where, c.Guarded || guard.Covers(r), c.Deferred)
				}
			}
		case *ssa.MakeClosure:
			found = append(found, f.inClosure(r, v, where, guard, depth)...)
		case *ssa.Store: // a parameter that a closure captures lives in a variable
			if r.Val != v { // v is the variable
				continue
			}
			if a, ok := r.Addr.(*ssa.Alloc); ok {
				found = append(found, f.calls(fn, a, where, guard, depth+1)...)
			} else if _, kept := f.runsKept(v); !kept {
				add(model.Stored, false, false)
			}
		case *ssa.UnOp:
			found = append(found, f.calls(fn, r, where, guard, depth+1)...)
		case *ssa.Phi, *ssa.ChangeType, *ssa.MakeInterface:
			found = append(found, f.calls(fn, r.(ssa.Value), where, guard, depth+1)...)
		}
	}
	return found
}

// handedOn is what a call does with the function value v it is given.
func (f *Facts) handedOn(c ssa.CallInstruction, v ssa.Value) []model.Callback {
	var found []model.Callback
	callee := f.OfCall(c.Common())
	for n, arg := range ir.Args(c.Common()) {
		if arg != v {
			continue
		}
		for _, cb := range callee.Callbacks {
			if cb.Param == n {
				found = append(found, cb)
			}
		}
	}
	return found
}

// inClosure follows v into a literal: one that is started as a goroutine, called
// here, deferred, or handed on.
func (f *Facts) inClosure(c *ssa.MakeClosure, v ssa.Value, where model.Where, guard Guard, depth int) []model.Callback {
	lit := c.Fn.(*ssa.Function)
	var free ssa.Value
	for n, b := range c.Bindings {
		if b == v {
			free = lit.FreeVars[n]
		}
	}
	if free == nil || c.Referrers() == nil {
		return nil
	}
	var found []model.Callback
	if kept, ok := f.runsKept(c); ok {
		for _, in := range f.calls(lit, free, model.Caller, f.Guard(lit), depth+1) {
			in.Where, in.Guarded, in.Kept = model.Goroutine, in.Guarded || kept.guarded, true
			found = append(found, in)
		}
	}
	for _, r := range *c.Referrers() {
		call, ok := r.(ssa.CallInstruction)
		if !ok {
			continue
		}
		for _, in := range f.calls(lit, free, model.Caller, f.Guard(lit), depth+1) {
			if in.Where != model.Caller {
				found = append(found, in)
				continue
			}
			if _, spawned := call.(*ssa.Go); spawned {
				in.Where = model.Goroutine
				found = append(found, in)
				continue
			}
			if call.Common().Value == c {
				in.Where, in.Guarded = where, in.Guarded || guard.Covers(call)
				found = append(found, in)
				continue
			}
			for _, out := range f.handedOn(call, c) {
				out.Guarded, out.Deferred = out.Guarded || in.Guarded, in.Deferred
				if out.Where == model.Caller {
					out.Where = where
				}
				found = append(found, out)
			}
		}
	}
	return found
}
