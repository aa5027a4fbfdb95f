package summary

import (
	"go/types"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/model"
)

func (b *builder) instruction(fn *ssa.Function, i ssa.Instruction) {
	switch i := i.(type) {
	case ssa.CallInstruction:
		b.call(i)
	case *ssa.MakeClosure:
		b.closure(i)
	case *ssa.Store:
		if p, ok := types.Unalias(i.Addr.Type()).Underlying().(*types.Pointer); ok && interesting(p.Elem()) {
			b.flow(b.cell(i.Addr), i.Val)
		}
	case *ssa.MapUpdate:
		if m, ok := types.Unalias(i.Map.Type()).Underlying().(*types.Map); ok {
			b.put(MapKey, m.Key(), i.Key)
			b.put(MapElem, m.Elem(), i.Value)
		}
	case *ssa.Send:
		b.put(Chan, i.X.Type(), i.X)
	case *ssa.Select:
		for _, s := range i.States {
			if s.Send != nil {
				b.put(Chan, s.Send.Type(), s.Send)
			}
		}
	case *ssa.Return:
		sig := fn.Signature.Results()
		for n, v := range i.Results {
			if n < sig.Len() && interesting(sig.At(n).Type()) {
				b.flow(b.place(Node{Kind: Result, Name: b.namer.function(fn), Index: uint32(n)}, sig.At(n).Type()), v)
			}
		}
	case *ssa.Panic:
		b.flow(b.node(Node{Kind: Panicked}), i.X)
	case *ssa.MakeInterface, *ssa.Phi, *ssa.TypeAssert, *ssa.ChangeInterface:
		// Places are made when a value is used, but shared ones have no users.
		if v := i.(ssa.Value); shared(v.Type()) {
			b.value(v)
		}
	case *ssa.Extract:
		if shared(i.Type()) {
			b.value(i)
		}
	case *ssa.ChangeType:
		b.convert(i)
	}
}

func (b *builder) put(k Kind, elem types.Type, v ssa.Value) {
	if interesting(elem) {
		b.flow(b.contents(k, elem), v)
	}
}

// convert makes one of the fields of two struct types, when one is converted to
// the other.
func (b *builder) convert(c *ssa.ChangeType) {
	x, ok := types.Unalias(c.X.Type()).Underlying().(*types.Struct)
	if !ok {
		return
	}
	for i := range x.NumFields() {
		if from, to := b.field(c.X.Type(), i), b.field(c.Type(), i); from != 0 && to != 0 {
			b.both(from, to)
		}
	}
}

func (b *builder) call(c ssa.CallInstruction) {
	common := c.Common()
	if _, ok := common.Value.(*ssa.Builtin); ok {
		return // append and copy keep elements of one type, which are one place
	}
	l := Call{Pos: b.pos(c.Pos()), Covered: b.guard.Covers(c)}
	if d, ok := c.(*ssa.Defer); ok && d == b.guard.Defer && b.guard.Kind == behaviour.Guarded {
		l.Covered = true // that the guard itself panics when it tells of a panic is another matter
	}
	switch c.(type) {
	case *ssa.Go:
		l.Mode = Spawned
	case *ssa.Defer:
		l.Mode = Deferred
	}
	formals, results := common.Signature(), common.Signature()
	shift := 0
	if common.IsInvoke() {
		l.Method, l.On = methodID(common.Method), b.value(common.Value)
		if p, ok := types.Unalias(common.Value.Type()).(*types.TypeParam); ok {
			b.edge(b.typeParam(p), l.On)
		}
		shift = 1
	} else if fn := static(common.Value); fn != nil {
		if m, ok := common.Value.(*ssa.MakeClosure); ok {
			b.closure(m)
		}
		if fn.Origin() != nil {
			fn = fn.Origin()
		}
		if obj := ir.Object(fn); obj != nil {
			b.declare(obj)
		}
		b.meet(fn)
		l.Callee = b.namer.function(fn)
		formals, results = fn.Signature, fn.Signature
		if fn.Signature.Recv() != nil {
			shift = 1
		}
	} else {
		l.On, l.Sig = b.value(common.Value), b.sig(common.Signature())
	}
	l.Args = b.args(common, formals, shift)
	b.handed(&l, common, shift)
	if call, ok := c.(*ssa.Call); ok {
		l.Results = b.results(call, results)
	}
	b.cur.Calls = append(b.cur.Calls, l)
}

// static is the function that is called without a choice.
func static(v ssa.Value) *ssa.Function {
	switch v := v.(type) {
	case *ssa.Function:
		return v
	case *ssa.MakeClosure:
		fn, _ := v.Fn.(*ssa.Function)
		return fn
	}
	return nil
}

// args gives the arguments that hold something interesting, or go to a type
// parameter.
func (b *builder) args(c *ssa.CallCommon, sig *types.Signature, shift int) []Arg {
	var list []Arg
	for i, v := range c.Args {
		at := i // in the parameters of the callee
		if c.IsInvoke() {
			at = i + 1
		}
		formal := formalType(sig, at-shift)
		if formal == nil {
			formal = v.Type() // a receiver
		}
		if !interesting(formal) || shared(formal) && shared(v.Type()) {
			continue
		}
		if n := b.argument(v); n != 0 {
			list = append(list, Arg{Index: uint32(at), Node: n})
		}
	}
	return list
}

func formalType(sig *types.Signature, i int) types.Type {
	if i < 0 || i >= sig.Params().Len() {
		return nil
	}
	return sig.Params().At(i).Type()
}

// argument is the place of an argument; concrete values get one when they are
// handed to generic code.
func (b *builder) argument(v ssa.Value) NodeID {
	switch v := v.(type) {
	case *ssa.Const, *ssa.Builtin:
		return 0
	case *ssa.Function, *ssa.MakeClosure, *ssa.MakeInterface:
		id := b.local()
		b.flow(id, v)
		return id
	}
	if !interesting(v.Type()) {
		id := b.local()
		b.seedType(id, v.Type())
		return id
	}
	return b.value(v)
}

// handed notes the methods that a callee which keeps an interface for requests
// will call.
func (b *builder) handed(l *Call, c *ssa.CallCommon, shift int) {
	for _, cb := range b.facts.OfCall(c).Callbacks {
		if cb.Where != model.Goroutine && cb.Where != model.Request {
			continue
		}
		t := formalType(c.Signature(), cb.Param)
		if t == nil {
			continue
		}
		iface, ok := types.Unalias(t).Underlying().(*types.Interface)
		if !ok {
			continue
		}
		for i := range l.Args {
			if l.Args[i].Index == uint32(cb.Param+shift) {
				l.Args[i].Methods = methodNames(iface)
			}
		}
	}
}

func (b *builder) results(c *ssa.Call, sig *types.Signature) []Arg {
	rs := sig.Results()
	if rs.Len() == 1 {
		if !interesting(rs.At(0).Type()) || !interesting(c.Type()) || shared(c.Type()) && shared(rs.At(0).Type()) {
			return nil
		}
		return []Arg{{Node: b.value(c)}}
	}
	var list []Arg
	if c.Referrers() == nil {
		return nil
	}
	for _, r := range *c.Referrers() {
		e, ok := r.(*ssa.Extract)
		if !ok || e.Index >= rs.Len() || !interesting(rs.At(e.Index).Type()) || !interesting(e.Type()) {
			continue
		}
		if shared(e.Type()) && shared(rs.At(e.Index).Type()) {
			continue
		}
		list = append(list, Arg{Index: uint32(e.Index), Node: b.value(e)})
	}
	return list
}
