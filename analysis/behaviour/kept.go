package behaviour

import (
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/model"
)

// A slot is where functions are kept until somebody runs them: a field of a type,
// or a variable of the package. What a slice, map or channel there holds counts
// as the field.
type slot struct {
	owner  *types.TypeName
	field  int
	global *ssa.Global
}

// A ran says that the package runs what a slot holds in a goroutine of its own.
type ran struct {
	guarded bool
	by      string
}

// maxTrace bounds how far a function is followed to the slot that it comes from,
// or goes to.
const maxTrace = 12

// keeper knows which slots of a package goroutines run.
type keeper struct {
	f       *Facts
	callers map[*ssa.Function][]ssa.CallInstruction
	inside  map[*ssa.Function]ran // functions that run in goroutines of the package
	runs    map[slot]ran
}

// findKept looks for the slots that goroutines of the package run.
func (f *Facts) findKept() {
	k := &keeper{
		f: f, callers: make(map[*ssa.Function][]ssa.CallInstruction),
		inside: make(map[*ssa.Function]ran), runs: make(map[slot]ran),
	}
	for _, fn := range f.Funcs {
		ir.Calls(fn, func(c ssa.CallInstruction) {
			if callee := ir.Callee(c.Common()); callee != nil {
				k.callers[callee] = append(k.callers[callee], c)
			}
		})
	}
	for _, fn := range f.Funcs {
		ir.Calls(fn, k.spawned)
	}
	for _, fn := range f.Funcs {
		ir.Calls(fn, func(c ssa.CallInstruction) { k.running(fn, c) })
	}
	f.kept = k
}

// spawned notes the functions that the call starts in goroutines.
func (k *keeper) spawned(c ssa.CallInstruction) {
	if _, ok := c.(*ssa.Go); ok {
		for _, fn := range ir.Functions(c.Common().Value) {
			k.enter(fn, ran{}, 0)
		}
		return
	}
	args := ir.Args(c.Common())
	for _, cb := range k.f.OfCall(c.Common()).Callbacks {
		if cb.Where == model.Goroutine && cb.Param < len(args) {
			for _, fn := range ir.Functions(args[cb.Param]) {
				k.enter(fn, ran{cb.Guarded, cb.By}, 0)
			}
		}
	}
}

// enter notes that fn, and what it calls, runs in a goroutine.
func (k *keeper) enter(fn *ssa.Function, in ran, depth int) {
	if was, ok := k.inside[fn]; depth > 4 || ok && (in.guarded || !was.guarded) {
		return
	}
	k.inside[fn] = in
	guard := k.f.Guard(fn)
	ir.Calls(fn, func(c ssa.CallInstruction) {
		if _, other := c.(*ssa.Go); other {
			return
		}
		if callee := ir.Callee(c.Common()); callee != nil && len(callee.Blocks) > 0 && callee.Pkg == k.f.SSA.Pkg {
			k.enter(callee, covered(in, guard, fn, c), depth+1)
		}
	})
}

func covered(in ran, guard Guard, fn *ssa.Function, at ssa.Instruction) ran {
	if !in.guarded && (guard.Kind == Repanics || guard.Covers(at)) {
		return ran{true, fn.String()}
	}
	return in
}

// running notes the slots whose functions the call runs, where that is in a
// goroutine.
func (k *keeper) running(fn *ssa.Function, c ssa.CallInstruction) {
	common := c.Common()
	in, ok := k.inside[fn]
	if _, spawns := c.(*ssa.Go); spawns {
		in, ok = ran{}, true
	} else if ok {
		in = covered(in, k.f.Guard(fn), fn, c)
	}
	if _, builtin := common.Value.(*ssa.Builtin); builtin {
		return
	}
	if ok && (common.IsInvoke() && isTask(common.Value.Type()) || ir.Callee(common) == nil && !common.IsInvoke()) {
		k.note(common.Value, in)
	}
	args := ir.Args(common)
	for _, cb := range k.f.OfCall(common).Callbacks {
		if cb.Param >= len(args) {
			continue
		}
		switch at := in; {
		case cb.Where == model.Goroutine:
			k.note(args[cb.Param], ran{cb.Guarded, cb.By})
		case cb.Where == model.Caller && ok:
			if cb.Guarded {
				at = ran{true, cb.By}
			}
			k.note(args[cb.Param], at)
		}
	}
}

func (k *keeper) note(v ssa.Value, in ran) {
	for s := range k.from(v) {
		if was, ok := k.runs[s]; !ok || was.guarded {
			k.runs[s] = in
		}
	}
}

// isTask reports whether the type is an interface of one method that a package
// declares for what it runs.
func isTask(t types.Type) bool {
	n, ok := types.Unalias(t).(*types.Named)
	if !ok || n.Obj().Pkg() == nil || ir.Std(n.Obj().Pkg().Path()) {
		return false
	}
	i, ok := n.Underlying().(*types.Interface)
	return ok && i.NumMethods() == 1
}

// from are the slots that v is read from.
func (k *keeper) from(v ssa.Value) map[slot]bool {
	t := k.tracer()
	t.back(v, 0)
	return t.found
}

// to are the slots that v is put into.
func (k *keeper) to(v ssa.Value) map[slot]bool {
	t := k.tracer()
	t.forth(v, 0)
	return t.found
}

// runsKept is how goroutines of the package run v, which is kept; false when they
// do not.
func (f *Facts) runsKept(v ssa.Value) (ran, bool) {
	var best ran
	found := false
	if f.kept == nil || len(f.kept.runs) == 0 {
		return best, false
	}
	for s := range f.kept.to(v) {
		if r, ok := f.kept.runs[s]; ok && (!found || best.guarded) {
			best, found = r, true
		}
	}
	return best, found
}

// tracer starts to follow a value.
func (k *keeper) tracer() *tracer {
	return &tracer{keeper: k, found: make(map[slot]bool), seen: make(map[ssa.Value]bool), sent: make(map[ssa.Value]bool)}
}

// A tracer follows values through one function, and the calls of unexported ones.
type tracer struct {
	*keeper
	found map[slot]bool
	seen  map[ssa.Value]bool // on the way back
	sent  map[ssa.Value]bool // on the way forth
}

// slot is the one that an address names.
func (t *tracer) slot(addr ssa.Value) bool {
	switch a := addr.(type) {
	case *ssa.FieldAddr:
		return t.field(a.X.Type(), a.Field)
	case *ssa.Global:
		if a.Pkg == t.f.SSA.Pkg {
			t.found[slot{global: a}] = true
		}
		return true
	}
	return false
}

func (t *tracer) field(of types.Type, n int) bool {
	if p, ok := of.Underlying().(*types.Pointer); ok {
		of = p.Elem()
	}
	named, ok := types.Unalias(of).(*types.Named)
	if ok && named.Obj().Pkg() == t.f.SSA.Pkg.Pkg {
		t.found[slot{owner: named.Origin().Obj(), field: n}] = true
	}
	return true
}

func (t *tracer) back(v ssa.Value, depth int) {
	if v == nil || depth > maxTrace || t.seen[v] {
		return
	}
	t.seen[v] = true
	depth++
	switch x := v.(type) {
	case *ssa.UnOp:
		if x.Op == token.MUL && !t.slot(x.X) || x.Op == token.ARROW {
			t.back(x.X, depth)
		}
	case *ssa.Field:
		t.field(x.X.Type(), x.Field)
	case *ssa.IndexAddr:
		t.back(x.X, depth)
	case *ssa.Index:
		t.back(x.X, depth)
	case *ssa.Lookup:
		t.back(x.X, depth)
	case *ssa.Slice:
		if !t.slot(x.X) {
			t.back(x.X, depth)
		}
	case *ssa.ChangeType:
		t.back(x.X, depth)
	case *ssa.MakeInterface:
		t.back(x.X, depth)
	case *ssa.TypeAssert:
		t.back(x.X, depth)
	case *ssa.Extract:
		t.part(x, depth)
	case *ssa.Phi:
		for _, e := range x.Edges {
			t.back(e, depth)
		}
	case *ssa.FreeVar:
		t.back(ir.Captured(x), depth)
	case *ssa.Alloc:
		t.stores(x, depth)
	case *ssa.MakeChan: // kept in a field, and handed to the goroutine
		t.forth(x, depth)
	case *ssa.Parameter:
		t.passed(x, depth)
	case *ssa.Call:
		if ir.IsBuiltin(&x.Call, "append") || ir.Name(ir.Target(&x.Call)) == "slices.Clone" {
			t.back(x.Call.Args[0], depth)
		}
	}
}

// part follows one of several results.
func (t *tracer) part(x *ssa.Extract, depth int) {
	switch from := x.Tuple.(type) {
	case *ssa.Next:
		if r, ok := from.Iter.(*ssa.Range); ok {
			t.back(r.X, depth)
		}
	case *ssa.Lookup:
		t.back(from.X, depth)
	case *ssa.UnOp:
		t.back(from.X, depth)
	case *ssa.TypeAssert:
		t.back(from.X, depth)
	case *ssa.Select:
		n := x.Index - 2 // behind the index of the case, and ok
		for _, s := range from.States {
			if s.Dir == types.RecvOnly {
				if n == 0 {
					t.back(s.Chan, depth)
				}
				n--
			}
		}
	}
}

func (t *tracer) stores(a *ssa.Alloc, depth int) {
	for _, r := range *a.Referrers() {
		if s, ok := r.(*ssa.Store); ok && s.Addr == a {
			t.back(s.Val, depth)
		}
	}
}

// passed follows a parameter of an unexported function to its callers.
func (t *tracer) passed(p *ssa.Parameter, depth int) {
	fn := p.Parent()
	if obj := ir.Object(fn); obj != nil && obj.Exported() {
		return
	}
	for n, q := range fn.Params {
		if q != p {
			continue
		}
		for _, c := range t.callers[fn] {
			if args := c.Common().Args; n < len(args) {
				t.back(args[n], depth)
			}
		}
	}
}

func (t *tracer) forth(v ssa.Value, depth int) {
	if depth > maxTrace || v.Referrers() == nil || t.sent[v] {
		return
	}
	t.sent[v] = true
	depth++
	for _, r := range *v.Referrers() {
		switch r := r.(type) {
		case *ssa.Store:
			if r.Val == v {
				t.put(r.Addr, depth)
			}
		case *ssa.MapUpdate:
			if r.Value == v {
				t.back(r.Map, depth)
			}
		case *ssa.Send:
			if r.X == v {
				t.back(r.Chan, depth)
			}
		case *ssa.Select:
			for _, s := range r.States {
				if s.Send == v {
					t.back(s.Chan, depth)
				}
			}
		case *ssa.ChangeType:
			t.forth(r, depth)
		case *ssa.MakeInterface:
			t.forth(r, depth)
		case *ssa.Slice:
			t.forth(r, depth)
		case *ssa.Phi:
			t.forth(r, depth)
		case *ssa.Call:
			if ir.IsBuiltin(&r.Call, "append") {
				t.forth(r, depth)
			}
		}
	}
}

// put follows what is stored at an address.
func (t *tracer) put(addr ssa.Value, depth int) {
	if t.slot(addr) {
		return
	}
	switch a := addr.(type) {
	case *ssa.IndexAddr:
		if array, ok := a.X.(*ssa.Alloc); ok { // the variadic part of append
			t.forth(array, depth)
			return
		}
		t.back(a.X, depth)
	case *ssa.Alloc:
		for _, r := range *a.Referrers() {
			if load, ok := r.(*ssa.UnOp); ok {
				t.forth(load, depth)
			}
		}
	}
}
