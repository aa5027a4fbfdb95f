package nilness

import (
	"go/types"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// Vars says of the fields and package variables of a package whether anybody gives
// them a value.
type Vars struct {
	f      *Facts
	fields map[*types.Var]*variable
	global map[*ssa.Global]*variable
	mixed  map[types.Type]bool // structs that other structs are converted to
	made   map[*types.Var]bool // fields of structs that the package makes values of
}

type variable struct {
	stores int  // of values that may be other than nil
	nils   int  // stores of nil
	taken  bool // its address goes elsewhere
	asked  int  // comparisons with nil
	spared int  // of those, the ones that decide whether it is called
	start  int  // stores while the package is initialized
}

// Vars looks at all functions of the package.
func (f *Facts) Vars() *Vars {
	v := &Vars{f: f, fields: make(map[*types.Var]*variable), global: make(map[*ssa.Global]*variable), mixed: make(map[types.Type]bool), made: make(map[*types.Var]bool)}
	funcs := f.Behaviour.Funcs
	if init := f.SSA.Pkg.Func("init"); init != nil {
		funcs = append(funcs[:len(funcs):len(funcs)], init)
	}
	for _, fn := range funcs {
		for _, b := range fn.Blocks {
			for _, i := range b.Instrs {
				v.look(i)
			}
		}
	}
	return v
}

func (v *Vars) look(i ssa.Instruction) {
	switch i := i.(type) {
	case *ssa.FieldAddr:
		if field := FieldOf(i); field != nil {
			v.uses(i, v.field(field))
		}
		if g, ok := i.X.(*ssa.Global); ok { // a variable of the struct: var state struct { ... }
			v.makes(g.Type(), 0)
		}
		return
	case *ssa.Alloc:
		if !copied(i) {
			v.makes(i.Type(), 0)
		}
	case *ssa.MakeSlice:
		v.makes(i.Type(), 0)
	case *ssa.ChangeType:
		v.convert(i.X.Type(), i.Type())
	case *ssa.Convert:
		v.convert(i.X.Type(), i.Type())
	}
	var buf [8]*ssa.Value
	for _, op := range i.Operands(buf[:0]) {
		if *op == nil {
			continue
		}
		if g, ok := (*op).(*ssa.Global); ok {
			v.use(i, g, v.globalVar(g))
			v.makes(g.Type(), 0)
		}
	}
}

// copied reports whether a variable is given a whole value from elsewhere.
func copied(a *ssa.Alloc) bool {
	if a.Referrers() == nil {
		return false
	}
	for _, r := range *a.Referrers() {
		if s, ok := r.(*ssa.Store); ok && s.Addr == a {
			if _, isConst := s.Val.(*ssa.Const); !isConst {
				return true
			}
		}
	}
	return false
}

// makes notes the fields of a type of which the package makes a value.
func (v *Vars) makes(t types.Type, depth int) {
	if depth > 4 {
		return
	}
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		if depth == 0 {
			v.makes(u.Elem(), depth+1)
		}
	case *types.Slice:
		if depth == 0 {
			v.makes(u.Elem(), depth+1)
		}
	case *types.Array:
		v.makes(u.Elem(), depth+1)
	case *types.Struct:
		for n := range u.NumFields() {
			field := u.Field(n).Origin()
			if !v.made[field] {
				v.made[field] = true
				v.makes(field.Type(), depth+1)
			}
		}
	}
}

func (v *Vars) convert(from, to types.Type) {
	for _, t := range []types.Type{from, to} {
		if p, ok := t.Underlying().(*types.Pointer); ok {
			t = p.Elem()
		}
		if _, ok := t.Underlying().(*types.Struct); ok {
			v.mixed[t.Underlying()] = true
		}
	}
}

func (v *Vars) field(f *types.Var) *variable {
	if v.fields[f] == nil {
		v.fields[f] = new(variable)
	}
	return v.fields[f]
}

func (v *Vars) globalVar(g *ssa.Global) *variable {
	if v.global[g] == nil {
		v.global[g] = new(variable)
	}
	return v.global[g]
}

func (v *Vars) uses(addr ssa.Value, to *variable) {
	if addr.Referrers() == nil {
		return
	}
	for _, r := range *addr.Referrers() {
		v.use(r, addr, to)
	}
}

func (v *Vars) use(r ssa.Instruction, addr ssa.Value, to *variable) {
	switch r := r.(type) {
	case *ssa.Store:
		if r.Addr != addr {
			to.taken = true
		} else if isNilConst(r.Val) {
			to.nils++
		} else {
			to.stores++
			if r.Parent().Synthetic != "" {
				to.start++
			}
		}
	case *ssa.UnOp:
		if r.Referrers() == nil {
			return
		}
		for _, user := range *r.Referrers() {
			if b, ok := user.(*ssa.BinOp); ok && (isNilConst(b.X) || isNilConst(b.Y)) {
				to.asked++
				if spares(b, addr) {
					to.spared++
				}
			}
		}
	case *ssa.DebugRef:
	default:
		to.taken = true
	}
}

// FieldOf is the field that an address is of, the generic one for instances.
func FieldOf(a *ssa.FieldAddr) *types.Var {
	p, ok := a.X.Type().Underlying().(*types.Pointer)
	if !ok {
		return nil
	}
	s, ok := p.Elem().Underlying().(*types.Struct)
	if !ok || a.Field >= s.NumFields() {
		return nil
	}
	return s.Field(a.Field).Origin()
}

// A Load is a variable that a value is loaded from.
type Load struct {
	Name     string
	Exported bool // others can give it a value
	Asked    bool // somebody compares it with nil
}

// Empty finds the field or package variable that v is loaded from, when nothing in
// the package gives it a value.
func (v *Vars) Empty(val ssa.Value) (Load, bool) {
	if c, ok := val.(*ssa.ChangeType); ok {
		val = c.X
	}
	load, ok := val.(*ssa.UnOp)
	if !ok {
		return Load{}, false
	}
	switch a := load.X.(type) {
	case *ssa.Global:
		known := v.global[a]
		if known == nil || known.taken || a.Pkg != v.f.SSA.Pkg {
			return Load{}, false
		}
		if known.stores > 0 { // somebody sets it, when he does
			return Load{a.Name(), true, true}, known.start == 0 && known.spared > 0
		}
		return Load{a.Name(), a.Object() != nil && a.Object().Exported(), known.asked > 0}, true
	case *ssa.FieldAddr:
		field := FieldOf(a)
		if field == nil || field.Pkg() != v.f.SSA.Pkg.Pkg {
			return Load{}, false
		}
		known := v.fields[field]
		if known == nil || known.taken || known.stores > 0 || !v.made[field] && known.nils == 0 && (!field.Exported() || known.spared == 0) {
			return Load{}, false
		}
		p, ok := a.X.Type().Underlying().(*types.Pointer)
		if !ok || v.mixed[p.Elem().Underlying()] {
			return Load{}, false
		}
		return Load{field.Name(), field.Exported(), known.asked > 0}, true
	}
	return Load{}, false
}

// Zero reports whether a value is nil because the local variable, or the field of a
// local struct, that it is loaded from has not been given one.
func (f *Facts) Zero(val ssa.Value) bool {
	for range 3 {
		switch x := val.(type) {
		case *ssa.ChangeType:
			val = x.X
			continue
		case *ssa.Const:
			return isNilConst(x)
		}
		break
	}
	load, ok := val.(*ssa.UnOp)
	if !ok {
		return false
	}
	switch a := load.X.(type) {
	case *ssa.Alloc:
		return neverWritten(a, -1, load, 0)
	case *ssa.FreeVar:
		if v, ok := ir.Captured(a).(*ssa.Alloc); ok {
			return neverWritten(v, -1, nil, 0)
		}
	case *ssa.FieldAddr:
		if v, ok := a.X.(*ssa.Alloc); ok {
			return neverWritten(v, a.Field, load, 0)
		}
		if l, ok := a.X.(*ssa.UnOp); ok { // a pointer in a variable that closures see
			if v, ok := ir.OnlyStore(l.X).(*ssa.Alloc); ok {
				return neverWritten(v, a.Field, load, 0)
			}
		}
	}
	return false
}

// neverWritten reports whether nothing is stored in a local variable, or in one of
// its fields, before an instruction: no store anywhere, and no chance for others.
func neverWritten(a ssa.Value, field int, before ssa.Instruction, depth int) bool {
	if a.Referrers() == nil || depth > 3 {
		return false
	}
	for _, r := range *a.Referrers() {
		switch r := r.(type) {
		case *ssa.DebugRef, *ssa.UnOp:
		case *ssa.Store:
			if r.Addr != a {
				if before != nil && ir.Before(before, r) && !inLoop(before) {
					continue
				}
				return false
			}
			if !zeroValue(r.Val, field, r, depth) {
				return false
			}
		case *ssa.FieldAddr:
			if field < 0 || r.Field == field && !onlyLoaded(r) {
				return false
			}
		case *ssa.MakeClosure:
			fn, _ := r.Fn.(*ssa.Function)
			at := -1
			for n, b := range r.Bindings {
				if b == a {
					at = n
				}
			}
			if fn == nil || at < 0 || at >= len(fn.FreeVars) || !neverWritten(fn.FreeVars[at], field, nil, depth+1) {
				return false
			}
		default: // an argument, a result: whoever gets it may write, but later
			if before == nil || !ir.Before(before, r) || inLoop(before) {
				return false
			}
		}
	}
	return true
}

// zeroValue reports whether the field of a struct value, or the value, is zero.
func zeroValue(v ssa.Value, field int, at ssa.Instruction, depth int) bool {
	if c, ok := v.(*ssa.Const); ok {
		return c.Value == nil
	}
	load, ok := v.(*ssa.UnOp)
	if !ok || field < 0 {
		return false
	}
	a, ok := load.X.(*ssa.Alloc)
	return ok && neverWritten(a, field, load, depth+1)
}

func onlyLoaded(a *ssa.FieldAddr) bool {
	if a.Referrers() == nil {
		return true
	}
	for _, r := range *a.Referrers() {
		switch r := r.(type) {
		case *ssa.UnOp, *ssa.DebugRef:
		case *ssa.Store:
			if r.Addr != a || !isNilConst(r.Val) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// inLoop reports whether an instruction can be reached from itself.
func inLoop(i ssa.Instruction) bool {
	seen := make(map[*ssa.BasicBlock]bool)
	var walk func(*ssa.BasicBlock) bool
	walk = func(b *ssa.BasicBlock) bool {
		for _, s := range b.Succs {
			if s == i.Block() {
				return true
			}
			if !seen[s] {
				seen[s] = true
				if walk(s) {
					return true
				}
			}
		}
		return false
	}
	return walk(i.Block())
}

// Merged yields the variables of a function that are nil on one way into a block
// and something else on another.
func (f *Facts) Merged(fn *ssa.Function, yield func(Origin)) {
	for _, b := range fn.Blocks {
		for _, i := range b.Instrs {
			p, ok := i.(*ssa.Phi)
			if !ok {
				break
			}
			if !Nilable(p.Type()) {
				continue
			}
			for n, e := range p.Edges {
				if isNilConst(e) && n < len(b.Preds) {
					yield(Origin{Kind: Sure, Value: p, Fn: fn, Edge: [2]*ssa.BasicBlock{b.Preds[n], b}, Told: p.Comment})
				}
			}
		}
	}
}

// Checked reports whether a value, or the variable it is loaded from, has been
// found to be other than nil on every path to an instruction.
func (f *Facts) Checked(v ssa.Value, at ssa.Instruction) bool {
	w := newWalk(f, Origin{Fn: at.Parent()})
	w.getters = true
	st := &state{env: make(map[ssa.Value]ssa.Value), conds: make(map[string]bool)}
	w.known(at.Block(), st)
	is := w.operand(v, st)
	if is == "" {
		return false
	}
	null := ssa.NewConst(nil, v.Type()).Name()
	for _, key := range []string{is + "!=" + null, null + "!=" + is} {
		if st.conds[key] {
			return true
		}
	}
	for _, key := range []string{is + "==" + null, null + "==" + is} {
		if yes, known := st.conds[key]; known && !yes {
			return true
		}
	}
	return false
}

// Related reports whether what decided that a merged variable is nil has something
// in common with a condition between there and a use of it: the length of the slice
// that the loop around the use ranges over.
func Related(o Origin, use ssa.Instruction) bool {
	merge := o.Edge[1]
	if merge == nil || merge.Idom() == nil {
		return false
	}
	decided := make(map[ssa.Value]bool)
	for _, b := range []*ssa.BasicBlock{o.Edge[0], merge.Idom()} {
		if c, ok := b.Instrs[len(b.Instrs)-1].(*ssa.If); ok {
			roots(c.Cond, decided, make(map[ssa.Value]bool))
		}
	}
	for b := use.Block().Idom(); b != nil && merge.Dominates(b); b = b.Idom() {
		c, ok := b.Instrs[len(b.Instrs)-1].(*ssa.If)
		if !ok {
			continue
		}
		here := make(map[ssa.Value]bool)
		roots(c.Cond, here, make(map[ssa.Value]bool))
		for v := range here {
			if decided[v] {
				return true
			}
		}
	}
	return false
}

// roots collects what a value is computed of: parameters, variables, calls.
func roots(v ssa.Value, into, seen map[ssa.Value]bool) {
	if seen[v] || len(seen) > 50 {
		return
	}
	seen[v] = true
	switch v := v.(type) {
	case *ssa.Parameter, *ssa.FreeVar, *ssa.Global, *ssa.Alloc:
		into[v] = true
		return
	case *ssa.Const, *ssa.Builtin, *ssa.Function:
		return
	case *ssa.Call:
		into[v] = true
	}
	i, ok := v.(ssa.Instruction)
	if !ok {
		return
	}
	var buf [8]*ssa.Value
	for _, op := range i.Operands(buf[:0]) {
		if *op != nil {
			roots(*op, into, seen)
		}
	}
}
