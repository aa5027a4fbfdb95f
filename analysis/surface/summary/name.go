package summary

import (
	"go/types"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// A namer gives types and functions names that are the same in every package.
type namer struct {
	types  map[types.Type]string
	params map[*types.TypeParam]string
	funcs  map[*ssa.Function]string
}

func newNamer() *namer {
	return &namer{
		types:  make(map[types.Type]string),
		params: make(map[*types.TypeParam]string),
		funcs:  make(map[*ssa.Function]string),
	}
}

// typ is the name of a type. Names of parameters do not matter, aliases do not
// show, and type parameters are called after what declares them.
func (n *namer) typ(t types.Type) string {
	if s, ok := n.types[t]; ok {
		return s
	}
	var b strings.Builder
	n.write(&b, t)
	n.types[t] = b.String()
	return b.String()
}

func (n *namer) write(b *strings.Builder, t types.Type) {
	switch t := types.Unalias(t).(type) {
	case *types.Named:
		b.WriteString(n.named(t))
		n.list(b, "[", slices.Collect(t.TypeArgs().Types()), "]")
	case *types.TypeParam:
		b.WriteString(n.param(t))
	case *types.Pointer:
		b.WriteByte('*')
		b.WriteString(n.typ(t.Elem()))
	case *types.Slice:
		b.WriteString("[]")
		b.WriteString(n.typ(t.Elem()))
	case *types.Array:
		b.WriteString("[" + strconv.FormatInt(t.Len(), 10) + "]")
		b.WriteString(n.typ(t.Elem()))
	case *types.Map:
		b.WriteString("map[" + n.typ(t.Key()) + "]" + n.typ(t.Elem()))
	case *types.Chan:
		b.WriteString([]string{"chan ", "chan<- ", "<-chan "}[t.Dir()])
		b.WriteString(n.typ(t.Elem()))
	case *types.Signature:
		b.WriteString("func")
		n.signature(b, t)
	case *types.Struct:
		b.WriteString("struct{")
		for i := range t.NumFields() {
			b.WriteString(t.Field(i).Name() + " " + n.typ(t.Field(i).Type()) + ";")
		}
		b.WriteByte('}')
	case *types.Interface:
		b.WriteString("interface{")
		b.WriteString(strings.Join(methodNames(t), ";"))
		b.WriteByte('}')
	default:
		b.WriteString(types.TypeString(t, nil))
	}
}

func (n *namer) list(b *strings.Builder, open string, list []types.Type, end string) {
	if len(list) == 0 {
		return
	}
	b.WriteString(open)
	for i, t := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(n.typ(t))
	}
	b.WriteString(end)
}

func (n *namer) signature(b *strings.Builder, sig *types.Signature) {
	tuple := func(t *types.Tuple) {
		b.WriteByte('(')
		for i := range t.Len() {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(n.typ(t.At(i).Type()))
		}
		b.WriteByte(')')
	}
	tuple(sig.Params())
	if sig.Variadic() {
		b.WriteString("...")
	}
	tuple(sig.Results())
}

// sig is the name of the type of functions, or empty when type parameters are in
// it, because then it matches many.
func (n *namer) sig(sig *types.Signature) string {
	s := n.typ(types.NewSignatureType(nil, nil, nil, sig.Params(), sig.Results(), sig.Variadic()))
	if strings.Contains(s, "#") {
		return ""
	}
	return s
}

// named is the name of the type's declaration, without type arguments. Types
// that are declared within functions are told apart by their place.
func (n *namer) named(t *types.Named) string {
	obj := t.Origin().Obj()
	if obj.Pkg() == nil {
		return obj.Name()
	}
	name := obj.Pkg().Path() + "." + obj.Name()
	if obj.Parent() != obj.Pkg().Scope() && obj.Parent() != nil {
		name += "·" + strconv.Itoa(int(obj.Pos()-obj.Parent().Pos()))
	}
	return name
}

func (n *namer) param(t *types.TypeParam) string {
	if s, ok := n.params[t]; ok {
		return s
	}
	return "#" + t.Obj().Name()
}

// declare names the type parameters of a function or method.
func (n *namer) declare(fn *types.Func) {
	sig := fn.Signature()
	for p := range sig.TypeParams().TypeParams() {
		n.params[p] = fn.FullName() + "#" + strconv.Itoa(p.Index())
	}
	if sig.RecvTypeParams().Len() == 0 {
		return
	}
	owner := "?"
	if named := receiver(sig); named != nil {
		owner = n.named(named)
		n.declareType(named)
	}
	for p := range sig.RecvTypeParams().TypeParams() {
		n.params[p] = owner + "#" + strconv.Itoa(p.Index())
	}
}

func (n *namer) declareType(t *types.Named) {
	for p := range t.Origin().TypeParams().TypeParams() {
		n.params[p] = n.named(t) + "#" + strconv.Itoa(p.Index())
	}
}

func receiver(sig *types.Signature) *types.Named {
	if sig.Recv() == nil {
		return nil
	}
	t := types.Unalias(sig.Recv().Type())
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	named, _ := t.(*types.Named)
	return named
}

// function is the name of a function: that of the generic function for its
// instances, that of the method for wrappers that promote it.
func (n *namer) function(fn *ssa.Function) string {
	if s, ok := n.funcs[fn]; ok {
		return s
	}
	s := n.newFunction(fn)
	n.funcs[fn] = s
	return s
}

// FuncName is the name that summaries have for a function.
func FuncName(fn *ssa.Function) string { return newNamer().function(fn) }

func (n *namer) newFunction(fn *ssa.Function) string {
	if p := fn.Parent(); p != nil {
		return n.function(p) + strings.TrimPrefix(fn.Name(), p.Name())
	}
	if o := fn.Origin(); o != nil {
		fn = o
	}
	if obj := ir.Object(fn); obj != nil {
		name := obj.FullName()
		for _, kind := range []string{"$bound", "$thunk"} {
			if strings.HasSuffix(fn.Name(), kind) {
				return name + kind
			}
		}
		if strings.HasPrefix(fn.Name(), "init#") && fn.Signature.Recv() == nil {
			return fn.String()
		}
		return name
	}
	return fn.String()
}

// methodID is the name of a method within method sets.
func methodID(obj *types.Func) string {
	if obj.Exported() || obj.Pkg() == nil {
		return obj.Name()
	}
	return obj.Pkg().Path() + "." + obj.Name()
}

func methodNames(t *types.Interface) []string {
	names := make([]string, t.NumMethods())
	for i := range names {
		names[i] = methodID(t.Method(i))
	}
	slices.Sort(names)
	return names
}

// interesting reports whether values of the type are, or may be, functions or
// interfaces.
func interesting(t types.Type) bool {
	t = types.Unalias(t)
	if _, ok := t.(*types.TypeParam); ok {
		return true
	}
	switch t.Underlying().(type) {
	case *types.Interface, *types.Signature:
		return true
	}
	return false
}

// shared reports whether all values of the interface type are one place: they
// are everywhere in a program, and to follow each tells nothing more.
func shared(t types.Type) bool {
	named, ok := types.Unalias(t).(*types.Named)
	if !ok {
		return false
	}
	obj := named.Obj()
	if obj.Pkg() == nil {
		return obj.Name() == "error"
	}
	return obj.Name() == "Context" && obj.Pkg().Path() == "context"
}
