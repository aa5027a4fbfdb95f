package summary

import (
	"go/types"
)

// namedTypes describes the types that the package declares.
func (b *builder) namedTypes() {
	scope := b.pass.Pkg.Scope()
	for _, name := range scope.Names() {
		tn, ok := scope.Lookup(name).(*types.TypeName)
		if !ok || tn.IsAlias() {
			continue
		}
		if named, ok := tn.Type().(*types.Named); ok && !types.IsInterface(named) && mayHaveMethods(named) {
			b.describe(named)
		}
	}
}

// describe lists which function each method of a type is.
func (b *builder) describe(t types.Type) {
	name := b.typ(t)
	if named, ok := t.(*types.Named); ok {
		name = b.named(named)
		t = named.Origin()
	}
	if b.types[name] {
		return
	}
	b.types[name] = true
	values := types.NewMethodSet(t)
	all := types.NewMethodSet(types.NewPointer(t))
	out := Type{Name: name}
	for i := range all.Len() {
		sel := all.At(i)
		obj, ok := sel.Obj().(*types.Func)
		if !ok {
			continue
		}
		m := Method{Name: methodID(obj), Func: obj.Origin().FullName(), Pointer: values.Lookup(obj.Pkg(), obj.Name()) == nil}
		if types.IsInterface(sel.Obj().(*types.Func).Signature().Recv().Type()) {
			m.Func = b.promote(name, t, sel, obj)
		}
		out.Methods = append(out.Methods, m)
	}
	if len(out.Methods) > 0 {
		b.out.Types = append(b.out.Types, out)
	}
}

// promote makes a function of a method that an embedded interface gives a type:
// it calls the method of whatever is in the field.
func (b *builder) promote(owner string, t types.Type, sel *types.Selection, m *types.Func) string {
	name := "(" + owner + ")." + m.Name() + "$embedded"
	path := sel.Index()
	for _, i := range path[:len(path)-2] { // to the struct that has the interface
		s, ok := structOf(t)
		if !ok || i >= s.NumFields() {
			return name
		}
		t = s.Field(i).Type()
	}
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	f := Func{Name: name, Sig: b.sig(m.Signature())}
	call := Call{Method: methodID(m), On: b.field(t, path[len(path)-2])}
	sig := m.Signature()
	for i := range sig.Params().Len() {
		if pt := sig.Params().At(i).Type(); interesting(pt) && !shared(pt) {
			n := b.node(Node{Kind: Param, Name: name, Index: uint32(i + 1)})
			call.Args = append(call.Args, Arg{Index: uint32(i + 1), Node: n})
		}
	}
	for i := range sig.Results().Len() {
		if rt := sig.Results().At(i).Type(); interesting(rt) && !shared(rt) {
			n := b.node(Node{Kind: Result, Name: name, Index: uint32(i)})
			call.Results = append(call.Results, Arg{Index: uint32(i), Node: n})
		}
	}
	f.Calls = []Call{call}
	b.out.Funcs = append(b.out.Funcs, f)
	return name
}

func structOf(t types.Type) (*types.Struct, bool) {
	t = types.Unalias(t)
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	s, ok := t.Underlying().(*types.Struct)
	return s, ok
}
