package panics

import (
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/model"
)

// How far a site may be away. The further, the more checks stand in between that
// are not seen.
const (
	farLikely   = 4 // calls, after which what was likely is possible
	farPossible = 2 // calls, after which what was possible is unlikely
	rounds      = 8 // of solve: no path is longer
)

// solve carries the best site of each function to its callers.
func (f *Facts) solve() {
	for _, fn := range f.Funcs {
		if p := f.own(fn); p != nil {
			f.best[fn] = p
		}
	}
	for range rounds {
		changed := false
		for _, fn := range f.Funcs {
			if p := f.viaCalls(fn); better(p, f.best[fn]) {
				f.best[fn] = p
				changed = true
			}
		}
		if !changed {
			return
		}
	}
}

func better(a, b *Path) bool {
	switch {
	case a == nil:
		return false
	case b == nil || a.Grade != b.Grade:
		return b == nil || a.Grade > b.Grade
	}
	return len(a.Calls) < len(b.Calls)
}

// own is the best site of fn that its guard does not recover.
func (f *Facts) own(fn *ssa.Function) *Path {
	var best *Path
	guard := f.Guard(fn)
	for _, s := range f.sites[fn] {
		if s.Param >= 0 || guard.Covers(s.Instr) {
			continue
		}
		p := &Path{Kind: s.Kind, Grade: s.Grade, Why: s.Why, Pos: s.Pos, Calls: []Step{{Name: Name(fn)}}}
		if better(p, best) {
			best = p
		}
	}
	return best
}

// viaCalls is the best site among those that fn calls.
func (f *Facts) viaCalls(fn *ssa.Function) *Path {
	var best *Path
	guard := f.Guard(fn)
	ir.Calls(fn, func(c ssa.CallInstruction) {
		if _, spawned := c.(*ssa.Go); spawned || guard.Covers(c) {
			return
		}
		for _, callee := range f.called(c) {
			if f.askedBefore(c, callee) {
				continue
			}
			p := f.step(fn, callee, c.Pos())
			if better(p, best) {
				best = p
			}
		}
	})
	return best
}

// Reached is the most plausible panic that the call leads to, for the goroutine
// in which it runs; for a go statement that is the new one.
func (f *Facts) Reached(c ssa.CallInstruction) (Path, bool) {
	_, spawned := c.(*ssa.Go)
	return f.most(c, f.called(c), f.supplied(c), spawned)
}

// Runs is the most plausible panic of the function v that the call hands to
// somebody who runs it in another goroutine.
func (f *Facts) Runs(c ssa.CallInstruction, v ssa.Value) (Path, bool) {
	if v == nil {
		return Path{}, false
	}
	fns, _ := f.resolve(c.Parent(), v, true)
	var sites []Site
	if s, ok := f.callback(c, v, true); ok {
		sites = append(sites, s)
	}
	return f.most(c, fns, sites, true)
}

// Start is Runs for a function that is known.
func (f *Facts) Start(c ssa.CallInstruction, fn *ssa.Function) (Path, bool) {
	return f.most(c, []*ssa.Function{fn}, nil, true)
}

func (f *Facts) most(c ssa.CallInstruction, fns []*ssa.Function, sites []Site, elsewhere bool) (Path, bool) {
	var best *Path
	consider := func(p *Path) {
		if better(p, best) {
			best = p
		}
	}
	for _, callee := range fns {
		in := f.best[callee]
		if in == nil && (callee.Pkg != f.SSA.Pkg || len(callee.Blocks) == 0) {
			in = f.imported(callee, c.Pos())
		}
		if in != nil && in.Grade == Possible && len(in.Calls) == 1 && len(ir.Args(c.Common())) > 0 &&
			newChecker().checked(c.Block(), ir.Args(c.Common())...) {
			in = nil // what it depends on was checked before the call
		}
		if in != nil && in.Kind == Divide && len(in.Calls) == 1 && f.dividesChecked(c, callee) {
			in = nil
		}
		consider(in)
		if elsewhere {
			consider(f.captured(callee, 0))
		}
	}
	for _, s := range sites {
		consider(&Path{Kind: s.Kind, Grade: s.Grade, Why: s.Why, Pos: s.Pos, Calls: []Step{{Name: Name(c.Parent())}}})
	}
	if best == nil {
		return Path{}, false
	}
	return *best, true
}

// dividesChecked reports whether the numbers that the callee divides by were all asked
// for before the call.
func (f *Facts) dividesChecked(c ssa.CallInstruction, callee *ssa.Function) bool {
	for _, s := range f.sites[callee] {
		if by, ok := s.Instr.(*ssa.BinOp); ok && s.Kind == Divide && !newChecker().checkedFor(c, callee, by) {
			return false
		}
	}
	return len(f.sites[callee]) > 0
}

// captured is a call of a parameter of the function around the literal, which
// runs in another goroutine: the callers do not look there.
func (f *Facts) captured(lit *ssa.Function, depth int) *Path {
	if lit.Parent() == nil || depth > 3 {
		return nil
	}
	guard := f.Guard(lit)
	for _, s := range f.sites[lit] {
		if s.Param >= 0 && !guard.Covers(s.Instr) {
			return &Path{Kind: s.Kind, Grade: s.Grade, Why: s.Why, Pos: s.Pos, Calls: []Step{{Name: Name(lit)}}}
		}
	}
	var found *Path
	ir.Calls(lit, func(c ssa.CallInstruction) {
		callee := ir.Callee(c.Common())
		if found == nil && callee != nil && callee.Parent() == lit && !guard.Covers(c) {
			found = f.captured(callee, depth+1)
		}
	})
	return found
}

// called lists the functions that run in the goroutine of the call: the callee,
// and the functions it is given and calls.
func (f *Facts) called(c ssa.CallInstruction) []*ssa.Function {
	var fns []*ssa.Function
	common := c.Common()
	_, elsewhere := c.(*ssa.Go)
	if common.IsInvoke() {
		fns = f.implementers(common.Method)
	} else if _, builtin := common.Value.(*ssa.Builtin); !builtin {
		fns, _ = f.resolve(c.Parent(), common.Value, elsewhere)
	}
	fns = slices.DeleteFunc(slices.Clone(fns), func(fn *ssa.Function) bool {
		m, ok := f.Model(ir.Object(fn))
		return ok && m.Safe
	})
	args := ir.Args(common)
	for _, cb := range f.OfCall(common).Callbacks {
		if cb.Where != model.Caller || cb.Guarded || cb.Param >= len(args) {
			continue
		}
		given, _ := f.resolve(c.Parent(), args[cb.Param], elsewhere)
		fns = append(fns, given...)
	}
	return fns
}

// step is the path of the callee with fn in front of it.
func (f *Facts) step(fn, callee *ssa.Function, at token.Pos) *Path {
	if callee == fn {
		return nil
	}
	in := f.best[callee]
	if in == nil && (callee.Pkg != f.SSA.Pkg || len(callee.Blocks) == 0) {
		in = f.imported(callee, at)
	}
	if in == nil || len(in.Calls) > rounds {
		return nil
	}
	p := *in
	p.Literal = fn.Parent() != nil
	p.Calls = append([]Step{{Name: Name(fn)}}, in.Calls...)
	p.Calls[1].Pos = at
	p.Grade = fade(in.Grade, len(p.Calls)-1)
	if p.Grade == Unlikely {
		return nil
	}
	return &p
}

func fade(g Grade, calls int) Grade {
	switch {
	case g == Likely && calls > farLikely:
		return Possible
	case g == Possible && calls > farPossible:
		return Unlikely
	}
	return g
}

// imported is what the fact of another package says of fn.
func (f *Facts) imported(fn *ssa.Function, at token.Pos) *Path {
	obj := ir.Object(fn)
	if obj == nil || obj.Pkg() == nil || obj.Pkg() == f.SSA.Pkg.Pkg {
		return nil
	}
	fact := f.fact(obj.Pkg())
	if fact == nil {
		return nil
	}
	s, ok := fact.Funcs[ir.Name(obj)]
	if !ok {
		return nil
	}
	if fact.Module != f.module {
		// What another module's function panics with is mostly its contract.
		s.Grade--
	}
	if s.Grade == Unlikely {
		return nil
	}
	p := &Path{Kind: s.Kind, Grade: s.Grade, Why: s.Why, Far: s.At, Pos: at, Calls: []Step{{Name: Name(fn)}}}
	for _, name := range s.Calls {
		p.Calls = append(p.Calls, Step{Name: name})
	}
	return p
}

// Name is how messages name a function: (*Server).run, or the function that a
// literal stands in.
func Name(fn *ssa.Function) string {
	for fn.Parent() != nil {
		return "a function literal in " + Name(outermost(fn))
	}
	obj := ir.Object(fn)
	if obj == nil {
		return fn.Name()
	}
	return short(obj)
}

func outermost(fn *ssa.Function) *ssa.Function {
	for fn.Parent() != nil {
		fn = fn.Parent()
	}
	return fn
}

// short is the name without the path of its package.
func short(obj *types.Func) string {
	recv := obj.Signature().Recv()
	if recv == nil {
		return obj.Name()
	}
	t := types.TypeString(recv.Type(), func(*types.Package) string { return "" })
	if i := strings.IndexByte(t, '['); i >= 0 {
		t = t[:i]
	}
	if strings.HasPrefix(t, "*") {
		t = "(" + t + ")"
	}
	return t + "." + obj.Name()
}
