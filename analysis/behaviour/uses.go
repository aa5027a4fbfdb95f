package behaviour

import (
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/model"
)

// A Use says who runs a function of this package, as far as this package knows.
type Use struct {
	Deferred []ssa.CallInstruction // it is what the statement defers, or the callee defers it
	Called   []ssa.CallInstruction // called, or given to a function that calls it
	Spawned  []ssa.CallInstruction // run by a goroutine of its own
	Passed   []ssa.CallInstruction // given to a function of which nobody knows what it does with it
	Stored   bool                  // kept or returned, for others to run
	Exported bool                  // other packages can call it, or satisfy an interface with it
}

// MayBeDeferred reports whether somebody defers the function, or may.
func (u Use) MayBeDeferred() bool {
	return u.Stored || u.Exported || len(u.Deferred) > 0 || len(u.Passed) > 0
}

// Use is who runs the function.
func (f *Facts) Use(fn *ssa.Function) Use {
	f.once.Do(func() { f.uses = newUses(f) })
	u := f.uses
	var use Use
	if known, ok := u.funcs[fn]; ok {
		use = *known
	}
	obj := ir.Object(fn)
	if obj == nil {
		return use
	}
	use.Exported = f.exported(obj)
	if obj.Signature().Recv() == nil {
		return use
	}
	use.Deferred = slices.Clip(use.Deferred)  // what is kept is not added to
	for _, c := range u.invoked[obj.Name()] { // the dynamic type is not looked at
		if _, ok := c.(*ssa.Defer); ok {
			use.Deferred = append(use.Deferred, c)
		}
	}
	// Interfaces of other packages have exported methods only.
	use.Exported = use.Exported || obj.Exported()
	return use
}

// exported reports whether other packages can name the function. They cannot
// name what a command or a test declares.
func (f *Facts) exported(obj *types.Func) bool {
	pkg := f.SSA.Pkg.Pkg
	if pkg.Name() == "main" || strings.HasSuffix(pkg.Name(), "_test") {
		return false
	}
	return obj.Exported() && !strings.HasSuffix(f.SSA.Pkg.Prog.Fset.Position(obj.Pos()).Filename, "_test.go")
}

// uses follows every function value of a package to where it is used.
type uses struct {
	f       *Facts
	funcs   map[*ssa.Function]*Use
	invoked map[string][]ssa.CallInstruction // calls of interface methods, by name
	seen    map[step]bool
}

type step struct {
	target *ssa.Function
	at     any // a value, or an instruction
}

func newUses(f *Facts) *uses {
	u := &uses{
		f: f, funcs: make(map[*ssa.Function]*Use),
		invoked: make(map[string][]ssa.CallInstruction), seen: make(map[step]bool),
	}
	for _, fn := range append(f.Funcs[:len(f.Funcs):len(f.Funcs)], f.SSA.Pkg.Func("init")) {
		if fn == nil {
			continue
		}
		for _, b := range fn.Blocks {
			for _, i := range b.Instrs {
				u.instr(i)
			}
		}
	}
	return u
}

func (u *uses) of(fn *ssa.Function) *Use {
	use, ok := u.funcs[fn]
	if !ok {
		use = new(Use)
		u.funcs[fn] = use
	}
	return use
}

func (u *uses) instr(i ssa.Instruction) {
	if c, ok := i.(ssa.CallInstruction); ok && c.Common().IsInvoke() {
		name := c.Common().Method.Name()
		u.invoked[name] = append(u.invoked[name], c)
	}
	if c, ok := i.(*ssa.MakeClosure); ok {
		if target := ir.Func(c); target != nil {
			u.follow(target, c)
		}
		return
	}
	for _, op := range i.Operands(nil) {
		fn, ok := (*op).(*ssa.Function)
		if !ok {
			continue
		}
		if target := ir.Func(fn); target != nil {
			u.note(target, fn, i)
		}
	}
}

// follow notes every use of a value that is the function.
func (u *uses) follow(target *ssa.Function, v ssa.Value) {
	if u.seen[step{target, v}] {
		return
	}
	u.seen[step{target, v}] = true
	if v.Referrers() == nil {
		u.of(target).Stored = true
		return
	}
	for _, r := range *v.Referrers() {
		u.note(target, v, r)
	}
}

// note says what the instruction does with a value that is the function.
func (u *uses) note(target *ssa.Function, v ssa.Value, i ssa.Instruction) {
	use := u.of(target)
	switch i := i.(type) {
	case ssa.CallInstruction:
		if !i.Common().IsInvoke() && i.Common().Value == v {
			use.add(i)
		}
		u.handed(target, v, i)
	case *ssa.ChangeType:
		u.follow(target, i)
	case *ssa.Phi:
		u.follow(target, i)
	case *ssa.MakeClosure: // of a function without a variable, which v is
		u.follow(target, i)
	case *ssa.Store:
		if i.Val == v {
			u.stored(target, i.Addr)
		}
	case *ssa.BinOp, *ssa.DebugRef: // compared with nil
	default:
		use.Stored = true
	}
}

func (u *Use) add(c ssa.CallInstruction) {
	switch c.(type) {
	case *ssa.Defer:
		u.Deferred = append(u.Deferred, c)
	case *ssa.Go:
		u.Spawned = append(u.Spawned, c)
	default:
		u.Called = append(u.Called, c)
	}
}

// handed is for a function that is an argument.
func (u *uses) handed(target *ssa.Function, v ssa.Value, c ssa.CallInstruction) {
	use := u.of(target)
	for n, arg := range ir.Args(c.Common()) {
		if arg != v {
			continue
		}
		known := false
		for _, cb := range u.f.OfCall(c.Common()).Callbacks {
			if cb.Param != n {
				continue
			}
			known = true
			switch {
			case cb.Where == model.Stored:
				use.Stored = true
			case cb.Deferred:
				use.Deferred = append(use.Deferred, c)
			case cb.Where == model.Caller:
				use.Called = append(use.Called, c)
			default:
				use.Spawned = append(use.Spawned, c)
			}
		}
		if !known {
			use.Passed = append(use.Passed, c)
		}
	}
}

// stored follows a function into a variable: one of a function, or an unexported
// one of the package.
func (u *uses) stored(target *ssa.Function, addr ssa.Value) {
	if u.seen[step{target, addr}] {
		return
	}
	u.seen[step{target, addr}] = true
	var refs []ssa.Instruction
	switch addr := addr.(type) {
	case *ssa.Alloc:
		refs = *addr.Referrers()
	case *ssa.FreeVar:
		refs = *addr.Referrers()
		if v := ir.Captured(addr); v != nil { // assigned in a literal, used outside it
			u.stored(target, v)
		} else {
			u.of(target).Stored = true
		}
	case *ssa.Global:
		g, ok := u.f.globals[addr]
		if !ok || g.open {
			u.of(target).Stored = true
			return
		}
		refs = g.refs
	default:
		u.of(target).Stored = true
		return
	}
	for _, r := range refs {
		switch r := r.(type) {
		case *ssa.UnOp:
			u.follow(target, r)
		case *ssa.Store:
			if r.Addr != addr {
				u.of(target).Stored = true
			}
		case *ssa.MakeClosure:
			fn, ok := r.Fn.(*ssa.Function)
			for n, b := range r.Bindings {
				if ok && b == addr && n < len(fn.FreeVars) {
					u.stored(target, fn.FreeVars[n])
				}
			}
		case *ssa.DebugRef:
		default:
			u.of(target).Stored = true
		}
	}
}

// A global is a variable of the package that holds a function.
type global struct {
	refs  []ssa.Instruction
	store ssa.Value // the only value that is ever stored
	open  bool      // somebody else may change it
}

// findGlobals looks at the variables of the package that hold functions.
func (f *Facts) findGlobals() {
	f.globals = make(map[*ssa.Global]*global)
	for _, fn := range append(f.Funcs[:len(f.Funcs):len(f.Funcs)], f.SSA.Pkg.Func("init")) {
		if fn == nil {
			continue
		}
		for _, b := range fn.Blocks {
			for _, i := range b.Instrs {
				for _, op := range i.Operands(nil) {
					if v, ok := (*op).(*ssa.Global); ok {
						f.global(v, i)
					}
				}
			}
		}
	}
}

func (f *Facts) global(v *ssa.Global, i ssa.Instruction) {
	if v.Pkg != f.SSA.Pkg || v.Object() == nil {
		return
	}
	if _, ok := v.Object().Type().Underlying().(*types.Signature); !ok {
		return
	}
	g, ok := f.globals[v]
	if !ok {
		g = &global{open: token.IsExported(v.Name()) && f.SSA.Pkg.Pkg.Name() != "main"}
		f.globals[v] = g
	}
	g.refs = append(g.refs, i)
	switch i := i.(type) {
	case *ssa.UnOp:
	case *ssa.Store:
		g.open = g.open || i.Addr != v || g.store != nil
		g.store = i.Val
	default:
		g.open = true
	}
}

// Callee is the function that is called when only one can be: [ir.Callee], or
// what a variable of the package holds that is never assigned.
func (f *Facts) Callee(c *ssa.CallCommon) *ssa.Function {
	if fn := ir.Callee(c); fn != nil || c.IsInvoke() {
		return fn
	}
	load, ok := c.Value.(*ssa.UnOp)
	if !ok {
		return nil
	}
	v, ok := load.X.(*ssa.Global)
	if !ok {
		return nil
	}
	if g := f.globals[v]; g != nil && !g.open && g.store != nil {
		return ir.Func(g.store)
	}
	return nil
}
