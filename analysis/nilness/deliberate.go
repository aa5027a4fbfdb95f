package nilness

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/internal/path"
)

// deliberate reports whether what tells of an origin is dropped for a reason that
// the code shows: the call cannot fail, or somebody has asked before.
func (f *Facts) deliberate(o Origin) bool {
	if o.Tell != nil || o.From == nil {
		return false
	}
	switch i := o.From.(type) {
	case *ssa.Call:
		if f.habit(i) {
			return true
		}
		if o.Kind == OnErr {
			return cannotFail(i.Common()) || rightKey(i.Common())
		}
		if Name(i.Common()) == "reflect.TypeAssert" {
			return true // who works with reflection has asked the type before
		}
		if args := ir.Args(i.Common()); len(args) > 0 && o.Kind == OnFalse {
			key := args[len(args)-1]
			if iterated(receiver(i.Common()), key) || f.keyAsked(i, key) {
				return true
			}
		}
		return f.asked(i, receiver(i.Common()))
	case *ssa.Lookup:
		return iterated(i.X, i.Index) || f.asked(i, i.X)
	case *ssa.TypeAssert:
		return serverKey(i.X) || pooled(i.X) || ownField(i.X) || visited(i.X) || localAddr(i.X)
	}
	return false
}

// visited reports whether a literal that is handed to somebody is given the value: a
// walk over what the program has stored itself.
func visited(v ssa.Value) bool {
	p, ok := v.(*ssa.Parameter)
	return ok && p.Parent().Parent() != nil
}

// localAddr reports whether a value is the address of a connection or a listener, whose
// type is that of the network that the program has asked for.
func localAddr(v ssa.Value) bool {
	c, ok := v.(*ssa.Call)
	if !ok || !c.Call.IsInvoke() {
		return false
	}
	switch c.Call.Method.Name() {
	case "LocalAddr", "RemoteAddr", "Addr":
		return c.Type().String() == "net.Addr"
	}
	return false
}

// ownField reports whether a value is in an unexported field, or in a list: who put it
// there, in the same program, knows its type.
func ownField(v ssa.Value) bool {
	if c, ok := v.(*ssa.ChangeInterface); ok {
		v = c.X
	}
	load, ok := v.(*ssa.UnOp)
	if !ok {
		return false
	}
	a, ok := load.X.(*ssa.FieldAddr)
	if !ok {
		return false
	}
	of := strings.TrimPrefix(a.X.Type().String(), "*")
	return !ast.IsExported(fieldName(a)) || of == "container/list.Element" || of == "container/ring.Ring"
}

// Iterated reports whether a key comes from a loop over the same container: for k :=
// range m { m[k]() } finds what it asks for.
func Iterated(container, key ssa.Value) bool { return iterated(container, key) }

func iterated(container, key ssa.Value) bool {
	is := path.Of(container)
	if !is.Known() {
		return false
	}
	switch k := key.(type) {
	case *ssa.Extract: // for k := range m
		next, ok := k.Tuple.(*ssa.Next)
		if !ok || k.Index != 1 {
			return false
		}
		over, ok := next.Iter.(*ssa.Range)
		return ok && path.Of(over.X) == is
	case *ssa.Parameter: // for k := range m.All()
		in := k.Parent()
		if in.Parent() == nil {
			return false
		}
		found := false
		ir.Calls(in.Parent(), func(c ssa.CallInstruction) {
			seq, ok := c.Common().Value.(*ssa.Call)
			if !ok || found || len(c.Common().Args) != 1 || ir.Func(c.Common().Args[0]) != in {
				return
			}
			of := receiver(seq.Common())
			found = of != nil && path.Of(of) == is
		})
		return found
	}
	return false
}

// habitual is how many calls of a function drop what tells of a nil result before
// that is taken for the habit of the package.
const habitual = 3

// habit reports whether the package drops the error, or the bool, of one of its own
// unexported functions at several places: its author knows when the function fails,
// and asks that before, or nowhere.
func (f *Facts) habit(c *ssa.Call) bool {
	callee := ir.Callee(c.Common())
	if callee == nil || callee.Pkg != f.SSA.Pkg {
		return false
	}
	if obj := ir.Object(callee); obj == nil || obj.Exported() {
		return false
	}
	f.counted.Do(func() {
		f.dropped = make(map[*ssa.Function]int)
		for _, fn := range f.Behaviour.Funcs {
			ir.Calls(fn, func(i ssa.CallInstruction) {
				c, ok := i.(*ssa.Call)
				if !ok {
					return
				}
				last := c.Common().Signature().Results().Len() - 1
				if callee := ir.Callee(c.Common()); callee != nil && last > 0 && extract(c, 0) != nil && extract(c, last) == nil {
					f.dropped[callee]++
				}
			})
		}
	})
	return f.dropped[callee] >= habitual
}

// pooled reports whether a value comes out of a sync.Pool, in which everything is of
// one type.
func pooled(v ssa.Value) bool {
	c, ok := v.(*ssa.Call)
	return ok && Name(c.Common()) == "(*sync.Pool).Get"
}

func receiver(c *ssa.CallCommon) ssa.Value {
	if c.IsInvoke() {
		return c.Value
	}
	if c.Signature().Recv() != nil && len(c.Args) > 0 {
		return c.Args[0]
	}
	return nil
}

// cannotFail reports whether a function outside of the standard library makes
// something of nothing, or of arrays, whose length is known: a key pair, a hash.
// What is left to fail is the machine's randomness.
func cannotFail(c *ssa.CallCommon) bool {
	fn := ir.Callee(c)
	obj := ir.Target(c)
	if fn == nil || obj == nil || obj.Pkg() == nil || inStd(obj.Pkg().Path()) || c.Signature().Recv() != nil {
		return false
	}
	if len(c.Args) == 0 {
		for _, verb := range []string{"Create", "Generate", "New"} {
			if strings.HasPrefix(obj.Name(), verb) {
				return true
			}
		}
		return false
	}
	for _, a := range c.Args {
		s, ok := a.(*ssa.Slice)
		if !ok {
			return false
		}
		p, ok := s.X.Type().Underlying().(*types.Pointer)
		if !ok {
			return false
		}
		if _, ok := p.Elem().Underlying().(*types.Array); !ok {
			return false
		}
	}
	return true
}

// rightKey reports whether the function makes a cipher, which only fails when the key
// has another length than it wants, and the length does not come from outside: it
// is that of an array or a hash, or an unexported function was given the key.
func rightKey(c *ssa.CallCommon) bool {
	switch Name(c) {
	case "crypto/aes.NewCipher", "crypto/des.NewCipher", "crypto/des.NewTripleDESCipher", "crypto/rc4.NewCipher",
		"golang.org/x/crypto/chacha20.NewUnauthenticatedCipher", "golang.org/x/crypto/chacha20poly1305.New":
	default:
		return false
	}
	switch k := c.Args[0].(type) {
	case *ssa.Slice:
		p, ok := k.X.Type().Underlying().(*types.Pointer)
		if !ok {
			return false
		}
		_, ok = p.Elem().Underlying().(*types.Array)
		return ok
	case *ssa.MakeSlice:
		_, ok := k.Len.(*ssa.Const)
		return ok
	case *ssa.Call:
		t := ir.Target(k.Common())
		return t != nil && t.Name() == "Sum"
	case *ssa.Parameter:
		obj := k.Parent().Object()
		return obj != nil && !obj.Exported()
	}
	return false
}

// asked reports whether the same container has been asked before, and the answer
// looked at, on every path to a call or lookup.
func (f *Facts) asked(at ssa.Instruction, of ssa.Value) bool {
	if of == nil {
		return false
	}
	w := newWalk(f, Origin{Fn: at.Parent()})
	st := &state{}
	is := w.operand(of, st)
	for b := at.Block(); b != nil; b = b.Idom() {
		for _, i := range b.Instrs {
			if i == at {
				break
			}
			var from ssa.Value
			switch i := i.(type) {
			case *ssa.Call:
				from = receiver(i.Common())
			case *ssa.Lookup:
				from = i.X
			}
			if from == nil || from.Type() == nil || w.operand(from, st) != is || is == "" {
				continue
			}
			if v, ok := i.(ssa.Value); ok && decides(v, 0) {
				return true
			}
		}
	}
	return false
}

// keyAsked reports whether another function has been asked about the key before, in the
// same block, and what it said is looked at: err := m.running(folder); r, _ :=
// m.runners.Get(folder); if err != nil.
func (f *Facts) keyAsked(at *ssa.Call, key ssa.Value) bool {
	if _, isConst := key.(*ssa.Const); isConst {
		return false
	}
	for b := at.Block(); b != nil; b = b.Idom() {
		for _, i := range b.Instrs {
			if i == ssa.Instruction(at) {
				break
			}
			c, ok := i.(*ssa.Call)
			if !ok || !IsError(lastOf(c.Type())) || !slices.Contains(ir.Args(c.Common()), key) {
				continue
			}
			if decides(c, 0) {
				return true
			}
		}
	}
	return false
}

// lastOf is the last type of a tuple, or the type.
func lastOf(t types.Type) types.Type {
	if tuple, ok := t.(*types.Tuple); ok {
		if tuple.Len() == 0 {
			return types.Typ[types.Invalid]
		}
		return tuple.At(tuple.Len() - 1).Type()
	}
	return t
}

// decides reports whether a bool, or one of a tuple, is a condition somewhere.
func decides(v ssa.Value, depth int) bool {
	if v.Referrers() == nil || depth > 4 {
		return false
	}
	for _, r := range *v.Referrers() {
		switch r := r.(type) {
		case *ssa.If:
			return true
		case *ssa.Extract:
			if (isBool(r.Type()) || IsError(r.Type())) && decides(r, depth+1) {
				return true
			}
		case *ssa.UnOp:
			if isBool(r.Type()) && decides(r, depth+1) {
				return true
			}
		case *ssa.Phi:
			if isBool(r.Type()) && decides(r, depth+1) {
				return true
			}
		case *ssa.BinOp:
			if isBool(r.Type()) && decides(r, depth+1) {
				return true
			}
		}
	}
	return false
}

// serverKey reports whether a value is what the server of net/http puts in the
// context of each request.
func serverKey(v ssa.Value) bool {
	c, ok := v.(*ssa.Call)
	if !ok || !c.Call.IsInvoke() || len(c.Call.Args) != 1 || Name(c.Common()) != "(context.Context).Value" {
		return false
	}
	m, ok := c.Call.Args[0].(*ssa.MakeInterface)
	if !ok {
		return false
	}
	load, ok := m.X.(*ssa.UnOp)
	if !ok {
		return false
	}
	g, ok := load.X.(*ssa.Global)
	return ok && g.Pkg != nil && g.Pkg.Pkg.Path() == "net/http"
}
