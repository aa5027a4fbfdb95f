package summary

import (
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"
)

// node returns the identifier of a place that has a name.
func (b *builder) node(n Node) NodeID {
	if id, ok := b.nodes[n]; ok {
		return id
	}
	id := NodeID(len(b.out.Nodes))
	b.nodes[n] = id
	b.out.Nodes = append(b.out.Nodes, n)
	return id
}

func (b *builder) local() NodeID {
	b.out.Nodes = append(b.out.Nodes, Node{Kind: Local})
	return NodeID(len(b.out.Nodes) - 1)
}

// place is the node, or the one that all values of the type share.
func (b *builder) place(n Node, t types.Type) NodeID {
	if shared(t) {
		return b.node(Node{Kind: Shared, Name: b.typ(t)})
	}
	return b.node(n)
}

// contents is where elements of the type are kept by slices, maps, channels or
// pointers.
func (b *builder) contents(k Kind, elem types.Type) NodeID {
	return b.place(Node{Kind: k, Name: b.typ(elem)}, elem)
}

func (b *builder) edge(from, to NodeID) { b.filtered(from, to, 0) }

func (b *builder) filtered(from, to NodeID, filter uint32) {
	if from != 0 && to != 0 && from != to {
		b.cur.Edges = append(b.cur.Edges, Edge{From: from, To: to, Filter: filter})
	}
}

func (b *builder) both(x, y NodeID) {
	b.edge(x, y)
	b.edge(y, x)
}

// seedType lets a type come into being at a node. Types without methods are not
// worth it.
func (b *builder) seedType(to NodeID, t types.Type) {
	t = types.Unalias(t)
	elem, pointer := t, false
	if p, ok := t.(*types.Pointer); ok {
		elem, pointer = types.Unalias(p.Elem()), true
	}
	switch e := elem.(type) {
	case *types.Named:
		if types.IsInterface(e) || !mayHaveMethods(e) {
			return
		}
		if e.Obj().Parent() != nil && e.Obj().Pkg() == b.pass.Pkg && e.Obj().Parent() != b.pass.Pkg.Scope() {
			b.describe(e)
		}
		b.cur.Seeds = append(b.cur.Seeds, Seed{To: to, Pointer: pointer, Name: b.named(e)})
	case *types.Struct:
		if mayHaveMethods(e) {
			b.describe(e)
			b.cur.Seeds = append(b.cur.Seeds, Seed{To: to, Pointer: pointer, Name: b.typ(e)})
		}
	}
}

func mayHaveMethods(t types.Type) bool {
	if named, ok := t.(*types.Named); ok && named.NumMethods() > 0 {
		return true
	}
	s, ok := t.Underlying().(*types.Struct)
	if !ok {
		return false
	}
	for i := range s.NumFields() {
		if s.Field(i).Embedded() {
			return true
		}
	}
	return false
}

// flow lets what v may be flow to a node.
func (b *builder) flow(to NodeID, v ssa.Value) {
	switch v := v.(type) {
	case nil, *ssa.Const, *ssa.Builtin:
	case *ssa.Function:
		b.seedFunc(to, v)
	case *ssa.MakeClosure:
		b.closure(v)
		if fn, ok := v.Fn.(*ssa.Function); ok {
			b.seedFunc(to, fn)
		}
	case *ssa.MakeInterface:
		t := types.Unalias(v.X.Type())
		if p, ok := t.(*types.TypeParam); ok {
			b.edge(b.typeParam(p), to)
		} else {
			b.seedType(to, t)
		}
		if interesting(t) {
			b.flow(to, v.X)
		}
	case *ssa.ChangeType:
		b.flow(to, v.X)
	case *ssa.ChangeInterface:
		b.flow(to, v.X)
	default:
		b.edge(b.value(v), to)
	}
}

func (b *builder) seedFunc(to NodeID, fn *ssa.Function) {
	b.meet(fn)
	b.cur.Seeds = append(b.cur.Seeds, Seed{To: to, Func: true, Name: b.namer.function(fn)})
}

// meet queues the wrappers of method values and method expressions, which no
// source declares.
func (b *builder) meet(fn *ssa.Function) {
	if fn.Synthetic != "" && fn.Parent() == nil && fn.Origin() == nil && strings.Contains(fn.Name(), "$") {
		b.queue = append(b.queue, fn)
	}
}

// closure binds the free variables of a literal, or the receiver of a method
// value.
func (b *builder) closure(c *ssa.MakeClosure) {
	if b.closed[c] {
		return
	}
	b.closed[c] = true
	fn, ok := c.Fn.(*ssa.Function)
	if !ok {
		return
	}
	name := b.namer.function(fn)
	for i, bound := range c.Bindings {
		if i >= len(fn.FreeVars) {
			return
		}
		if p, ok := types.Unalias(bound.Type()).(*types.Pointer); ok && interesting(p.Elem()) {
			// The variable is one and the same. Literals come after what they are in.
			if id, ok := b.cells[fn.FreeVars[i]]; ok {
				b.both(b.cell(bound), id)
			} else {
				b.cells[fn.FreeVars[i]] = b.cell(bound)
			}
		} else if interesting(bound.Type()) {
			b.flow(b.place(Node{Kind: Free, Name: name, Index: uint32(i)}, bound.Type()), bound)
		}
	}
}

// value is the place of a value, or 0 when it holds nothing interesting.
func (b *builder) value(v ssa.Value) NodeID {
	if id, ok := b.values[v]; ok {
		return id
	}
	if !interesting(v.Type()) {
		return 0
	}
	if shared(v.Type()) {
		id := b.node(Node{Kind: Shared, Name: b.typ(v.Type())})
		b.values[v] = id
		b.into(v, id)
		return id
	}
	if id := b.read(v); id != 0 {
		b.values[v] = id
		return id
	}
	id := b.local()
	b.values[v] = id
	b.into(v, id)
	return id
}

// read is the place that v is read from, when v is no more than that.
func (b *builder) read(v ssa.Value) NodeID {
	switch v := v.(type) {
	case *ssa.Parameter:
		for i, p := range v.Parent().Params {
			if p == v {
				return b.node(Node{Kind: Param, Name: b.namer.function(v.Parent()), Index: uint32(i)})
			}
		}
	case *ssa.FreeVar:
		for i, f := range v.Parent().FreeVars {
			if f == v {
				return b.node(Node{Kind: Free, Name: b.namer.function(v.Parent()), Index: uint32(i)})
			}
		}
	case *ssa.UnOp:
		switch v.Op {
		case token.MUL:
			return b.cell(v.X)
		case token.ARROW:
			return b.contents(Chan, v.Type())
		}
	case *ssa.Field:
		return b.field(v.X.Type(), v.Field)
	case *ssa.Index:
		return b.contents(Elem, v.Type())
	case *ssa.Lookup:
		return b.contents(MapElem, v.Type())
	case *ssa.ChangeType:
		return b.value(v.X)
	case *ssa.ChangeInterface:
		if !shared(v.X.Type()) {
			return b.value(v.X)
		}
	case *ssa.Convert:
		return b.value(v.X)
	case *ssa.Extract:
		return b.component(v)
	case *ssa.Call:
		if blt, ok := v.Call.Value.(*ssa.Builtin); ok && blt.Name() == "recover" {
			return b.node(Node{Kind: Panicked})
		}
	}
	return 0
}

// component is the place that one of several results is read from.
func (b *builder) component(v *ssa.Extract) NodeID {
	switch t := v.Tuple.(type) {
	case *ssa.UnOp: // v, ok := <-ch
		return b.contents(Chan, v.Type())
	case *ssa.Lookup:
		return b.contents(MapElem, v.Type())
	case *ssa.Select:
		return b.contents(Chan, v.Type())
	case *ssa.Next:
		r, ok := t.Iter.(*ssa.Range)
		if !ok {
			return 0
		}
		m, ok := types.Unalias(r.X.Type()).Underlying().(*types.Map)
		if !ok {
			return 0
		}
		if v.Index == 1 {
			return b.contents(MapKey, m.Key())
		}
		return b.contents(MapElem, m.Elem())
	}
	return 0
}

// into lets what makes v flow into its place. Results of calls are bound where
// the call is.
func (b *builder) into(v ssa.Value, id NodeID) {
	switch v := v.(type) {
	case *ssa.Function, *ssa.MakeClosure, *ssa.MakeInterface, *ssa.ChangeType, *ssa.ChangeInterface:
		b.flow(id, v)
	case *ssa.Phi:
		for _, e := range v.Edges {
			b.flow(id, e)
		}
	case *ssa.TypeAssert:
		b.assert(v, id)
	case *ssa.MultiConvert:
		b.flow(id, v.X)
	case *ssa.Extract:
		if a, ok := v.Tuple.(*ssa.TypeAssert); ok {
			b.assert(a, id)
		}
	}
}

func (b *builder) assert(a *ssa.TypeAssert, id NodeID) {
	from := b.value(a.X)
	switch u := types.Unalias(a.AssertedType).Underlying().(type) {
	case *types.Interface:
		if _, ok := types.Unalias(a.AssertedType).(*types.TypeParam); ok {
			b.edge(from, id)
			return
		}
		if names := methodNames(u); len(names) > 0 {
			b.filtered(from, id, b.filter(Filter{Methods: names}))
		} else {
			b.edge(from, id)
		}
	case *types.Signature:
		if sig := b.sig(u); sig != "" {
			b.filtered(from, id, b.filter(Filter{Sig: sig}))
		} else {
			b.edge(from, id)
		}
	}
}

func (b *builder) filter(f Filter) uint32 {
	key := strings.Join(f.Methods, ";") + f.Sig
	if id, ok := b.filters[key]; ok {
		return id
	}
	b.out.Filters = append(b.out.Filters, f)
	b.filters[key] = uint32(len(b.out.Filters))
	return b.filters[key]
}

// cell is the place that an address points to.
func (b *builder) cell(addr ssa.Value) NodeID {
	if id, ok := b.cells[addr]; ok {
		return id
	}
	p, ok := types.Unalias(addr.Type()).Underlying().(*types.Pointer)
	if !ok || !interesting(p.Elem()) {
		return 0
	}
	elem := p.Elem()
	id := NodeID(0)
	direct := true
	switch a := addr.(type) {
	case *ssa.Alloc:
		if shared(elem) {
			id = b.contents(Pointer, elem)
		} else {
			id = b.local()
		}
	case *ssa.Global:
		name := a.Name()
		if a.Pkg != nil && a.Pkg.Pkg != nil {
			name = a.Pkg.Pkg.Path() + "." + name
		}
		id = b.place(Node{Kind: Global, Name: name}, elem)
	case *ssa.FieldAddr:
		id = b.field(a.X.Type(), a.Field)
	case *ssa.IndexAddr:
		id = b.contents(Elem, elem)
	case *ssa.FreeVar:
		for i, f := range a.Parent().FreeVars {
			if f == a {
				id = b.place(Node{Kind: Free, Name: b.namer.function(a.Parent()), Index: uint32(i)}, elem)
			}
		}
	default:
		direct = false
		id = b.contents(Pointer, elem)
	}
	b.cells[addr] = id
	if direct && escapes(addr) {
		b.both(id, b.contents(Pointer, elem))
	}
	return id
}

// escapes reports whether the address goes elsewhere than to loads, stores and
// literals.
func escapes(addr ssa.Value) bool {
	if addr.Referrers() == nil { // a global
		return false
	}
	for _, r := range *addr.Referrers() {
		switch r := r.(type) {
		case *ssa.UnOp, *ssa.DebugRef, *ssa.MakeClosure:
		case *ssa.Store:
			if r.Val == addr {
				return true
			}
		default:
			return true
		}
	}
	return false
}

// field is the place of a field of a struct, or of what t points to.
func (b *builder) field(t types.Type, i int) NodeID {
	t = types.Unalias(t)
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	s, ok := t.Underlying().(*types.Struct)
	if !ok || i >= s.NumFields() || !interesting(s.Field(i).Type()) {
		return 0
	}
	owner := ""
	ft := s.Field(i).Type()
	if named, ok := t.(*types.Named); ok {
		owner = b.named(named)
		if o, ok := named.Origin().Underlying().(*types.Struct); ok && i < o.NumFields() {
			ft = o.Field(i).Type()
		}
	} else {
		owner = b.typ(t)
	}
	if shared(ft) {
		return b.place(Node{}, ft)
	}
	return b.node(Node{Kind: Field, Name: owner + "." + s.Field(i).Name()})
}
