package typeassert

import (
	"fmt"
	"go/constant"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/nilness"
)

// stores is what a package puts into containers whose elements have an interface
// type, by the name of the container.
type stores struct {
	types map[string][]types.Type
	loose map[string]bool // something of a type that is not known is put there
	pools map[string]bool // pools with a New

	decoded map[*types.TypeName]bool // map types of which the package decodes values
}

// collect looks at all functions of the package.
func collect(facts *nilness.Facts) *stores {
	s := &stores{types: make(map[string][]types.Type), loose: make(map[string]bool), pools: make(map[string]bool), decoded: make(map[*types.TypeName]bool)}
	funcs := facts.Behaviour.Funcs
	if init := facts.SSA.Pkg.Func("init"); init != nil {
		funcs = append(funcs[:len(funcs):len(funcs)], init)
	}
	for _, fn := range funcs {
		for _, b := range fn.Blocks {
			for _, i := range b.Instrs {
				switch i := i.(type) {
				case *ssa.Send:
					s.put("chan", i.Chan, i.X)
				case ssa.CallInstruction:
					s.call(i.Common())
				case *ssa.Select:
					for _, st := range i.States {
						if st.Dir == types.SendOnly {
							s.put("chan", st.Chan, st.Send)
						}
					}
				case *ssa.Store:
					s.pool(i)
				case *ssa.Alloc:
					s.decodes(i)
				}
			}
		}
	}
	return s
}

// decodes notes the type of a variable that is a map and is decoded.
func (s *stores) decodes(a *ssa.Alloc) {
	p, ok := a.Type().Underlying().(*types.Pointer)
	if !ok {
		return
	}
	n, ok := types.Unalias(p.Elem()).(*types.Named)
	if !ok {
		return
	}
	if m, ok := n.Underlying().(*types.Map); ok && anyMap(m) && decoded(a) {
		s.decoded[n.Obj()] = true
	}
}

func (s *stores) call(c *ssa.CallCommon) {
	name, args := nilness.Name(c), c.Args
	switch {
	case name == "(*sync.Map).Store" || name == "(*sync.Map).LoadOrStore" || name == "(*sync.Map).Swap":
		s.put("map", args[0], args[2])
	case name == "(*sync.Map).CompareAndSwap" && len(args) == 4:
		s.put("map", args[0], args[3])
	case name == "(*sync/atomic.Value).Store" || name == "(*sync/atomic.Value).Swap":
		s.put("atomic", args[0], args[1])
	default:
		s.withValue(c)
	}
	if fn := ir.Callee(c); fn != nil && len(fn.Params) == len(args) {
		for n, a := range args {
			if _, ok := a.Type().Underlying().(*types.Interface); ok {
				s.put("param", fn.Params[n], a)
			}
		}
	}
}

// withValue notes what is put into a context: by context.WithValue, or by the method
// of a context of another kind that is called like it.
func (s *stores) withValue(c *ssa.CallCommon) {
	fn, args := ir.Target(c), c.Args
	if fn == nil || fn.Name() != "WithValue" || len(args) < 2 {
		return
	}
	key, value := args[len(args)-2], args[len(args)-1]
	for _, a := range []ssa.Value{key, value} {
		if _, ok := a.Type().Underlying().(*types.Interface); !ok {
			return
		}
	}
	is := "key:" + keyName(key)
	s.types[is] = append(s.types[is], typeOf(value))
}

// pool notes a New that is given to a sync.Pool.
func (s *stores) pool(i *ssa.Store) {
	if p, ok := i.Addr.Type().Underlying().(*types.Pointer); ok && types.TypeString(p.Elem(), nil) == "sync.Pool" {
		s.pools[place(i.Addr)] = true // a whole pool, made elsewhere
	}
	f, ok := i.Addr.(*ssa.FieldAddr)
	if !ok {
		return
	}
	if p, ok := f.X.Type().Underlying().(*types.Pointer); ok && types.TypeString(p.Elem(), nil) == "sync.Pool" {
		if field := nilness.FieldOf(f); field != nil && field.Name() == "New" {
			s.pools[place(f.X)] = true
		}
	}
}

func (s *stores) put(kind string, into, v ssa.Value) {
	at := kind + ":" + place(into)
	if t := typeOf(v); t != nil {
		s.types[at] = append(s.types[at], t)
	} else {
		s.loose[at] = true
	}
}

// typeOf is the type a value has inside its interface, when that shows.
func typeOf(v ssa.Value) types.Type {
	for range 4 {
		switch x := v.(type) {
		case *ssa.ChangeInterface:
			v = x.X
			continue
		case *ssa.MakeInterface:
			return x.X.Type()
		}
		break
	}
	if i, ok := v.Type().Underlying().(*types.Interface); ok && i.NumMethods() > 0 {
		return v.Type() // at least an interface with these methods
	}
	return nil
}

// only reports whether all that is put into a container is of the type.
func (s *stores) only(kind string, from ssa.Value, t types.Type) bool {
	at := kind + ":" + place(from)
	if s.loose[at] || len(s.types[at]) == 0 {
		return false
	}
	for _, put := range s.types[at] {
		if !fits(put, t) {
			return false
		}
	}
	return true
}

// any reports whether anything is put into a container here.
func (s *stores) any(kind string, from ssa.Value) bool {
	at := kind + ":" + place(from)
	return s.loose[at] || len(s.types[at]) > 0
}

// mixed reports whether something of another type is put into a container.
func (s *stores) mixed(kind string, from ssa.Value, t types.Type) bool {
	for _, put := range s.types[kind+":"+place(from)] {
		if !fits(put, t) && !types.IsInterface(put) {
			return true
		}
	}
	return false
}

func fits(put, t types.Type) bool {
	if put == nil {
		return false
	}
	if i, ok := t.Underlying().(*types.Interface); ok {
		return types.Implements(put, i)
	}
	return types.Identical(put, t)
}

// place names a container: the field or variable it is in.
func place(v ssa.Value) string {
	for range 8 {
		switch x := v.(type) {
		case *ssa.UnOp:
			if x.Op != token.MUL && x.Op != token.ARROW {
				return ""
			}
			v = x.X
			continue
		case *ssa.FreeVar:
			if in := ir.Captured(x); in != nil {
				v = in
				continue
			}
		case *ssa.FieldAddr:
			if f := nilness.FieldOf(x); f != nil {
				return fmt.Sprintf("field %s %d", f.Name(), f.Pos())
			}
		case *ssa.ChangeType:
			v = x.X
			continue
		case *ssa.Alloc:
			if s := ir.OnlyStore(x); s != nil {
				v = s
				continue
			}
		}
		break
	}
	if p := v.Parent(); p != nil {
		return p.String() + "." + v.Name()
	}
	return v.Name()
}

// keyName names the key of a context: its type when the type has no name for values,
// and its value too.
func keyName(v ssa.Value) string {
	if m, ok := v.(*ssa.MakeInterface); ok {
		v = m.X
	}
	name := types.TypeString(v.Type(), nil)
	switch x := v.(type) {
	case *ssa.Const:
		if x.Value != nil {
			name += x.Value.ExactString()
		}
	case *ssa.UnOp:
		if g, ok := x.X.(*ssa.Global); ok {
			name += " " + g.String()
		}
	case *ssa.Global:
		name += " " + x.String()
	}
	return name
}

// own reports whether the key of a context is of a type that only this package can
// make values of.
func own(v ssa.Value, pkg *types.Package) bool {
	if m, ok := v.(*ssa.MakeInterface); ok {
		v = m.X
	}
	t := v.Type()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Pkg() == pkg && !n.Obj().Exported()
}

// basic reports whether the key is of a predeclared type, or an empty struct: others
// may use the same.
func basic(v ssa.Value) bool {
	if m, ok := v.(*ssa.MakeInterface); ok {
		v = m.X
	}
	_, ok := types.Unalias(v.Type()).(*types.Basic)
	return ok
}

// ofCall is where the result of a call comes from.
func (f *finder) ofCall(a *ssa.TypeAssert, c *ssa.Call) string {
	common := c.Common()
	args := common.Args
	switch name := nilness.Name(common); name {
	case "(context.Context).Value":
		if len(args) != 1 {
			return ""
		}
		known := f.stored.types["key:"+keyName(args[0])]
		for _, t := range known {
			if fits(t, a.AssertedType) {
				return ""
			}
		}
		pkg := c.Parent().Pkg
		if pkg != nil && forOthers(args[0], pkg.Pkg) {
			return "" // the key is exported: others put it there, whom nobody sees from here
		}
		if basic(args[0]) || pkg != nil && own(args[0], pkg.Pkg) {
			return "the context may hold nothing under this key, or what another package has put there"
		}
	case "(*sync/atomic.Value).Load":
		if f.stored.mixed("atomic", args[0], a.AssertedType) {
			return "the atomic.Value is given values of other types too"
		}
	case "(*sync.Pool).Get":
		at := place(args[0])
		if f.pooled(args[0]) && !f.stored.pools[at] {
			return "the sync.Pool has no New, so that Get returns nil when it is empty"
		}
	default:
		if f.returnsDecoded(common, 0) {
			return "what " + ir.Callee(common).Name() + " returns is decoded from data"
		}
	}
	return ""
}

// forOthers reports whether a key of a basic type is an exported constant of the
// package.
func forOthers(v ssa.Value, pkg *types.Package) bool {
	if m, ok := v.(*ssa.MakeInterface); ok {
		v = m.X
	}
	key, ok := v.(*ssa.Const)
	if !ok || key.Value == nil {
		return false
	}
	for _, name := range pkg.Scope().Names() {
		c, ok := pkg.Scope().Lookup(name).(*types.Const)
		if ok && c.Exported() && types.Identical(types.Default(c.Type()), types.Default(key.Type())) && constant.Compare(c.Val(), token.EQL, key.Value) {
			return true
		}
	}
	return false
}

// pooled reports whether the pool is a variable or field of this package, of which
// all is seen.
func (f *finder) pooled(v ssa.Value) bool {
	switch x := v.(type) {
	case *ssa.Global:
		return x.Pkg == f.facts.SSA.Pkg
	case *ssa.FieldAddr:
		field := nilness.FieldOf(x)
		return field != nil && !field.Exported() && field.Pkg() == f.facts.SSA.Pkg.Pkg
	case *ssa.Alloc:
		return true
	}
	return false
}

// ofTuple is where a result of a call with several comes from.
func (f *finder) ofTuple(a *ssa.TypeAssert, c *ssa.Call, n int) string {
	args := c.Common().Args
	switch nilness.Name(c.Common()) {
	case "(*sync.Map).Load", "(*sync.Map).LoadOrStore", "(*sync.Map).LoadAndDelete", "(*sync.Map).Swap":
		if n == 0 && f.stored.mixed("map", args[0], a.AssertedType) {
			return "the sync.Map is given values of other types too"
		}
		if n == 0 && !asked(c) && nilness.Name(c.Common()) != "(*sync.Map).LoadOrStore" {
			return "the sync.Map may have no such entry"
		}
	case "(*plugin.Plugin).Lookup":
		if n == 0 {
			return "the plugin decides what the symbol is"
		}
	default:
		if f.returnsDecoded(c.Common(), n) {
			return "what " + ir.Callee(c.Common()).Name() + " returns is decoded from data"
		}
	}
	return ""
}

// asked reports whether the bool that a call returns last is used.
func asked(c *ssa.Call) bool {
	for _, r := range *c.Referrers() {
		if e, ok := r.(*ssa.Extract); ok && e.Index == 1 && len(*e.Referrers()) > 0 {
			return true
		}
	}
	return false
}
