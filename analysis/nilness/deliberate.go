package nilness

import (
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// deliberate reports whether what tells of an origin is dropped for a reason that
// the code shows: the call cannot fail, or somebody has asked before.
func (f *Facts) deliberate(o Origin) bool {
	if o.Tell != nil || o.From == nil {
		return false
	}
	switch i := o.From.(type) {
	case *ssa.Call:
		if o.Kind == OnErr {
			return cannotFail(i.Common()) || rightKey(i.Common())
		}
		if Name(i.Common()) == "reflect.TypeAssert" {
			return true // who works with reflection has asked the type before
		}
		return f.asked(i, receiver(i.Common()))
	case *ssa.Lookup:
		return f.asked(i, i.X)
	case *ssa.TypeAssert:
		return serverKey(i.X)
	}
	return false
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
			if isBool(r.Type()) && decides(r, depth+1) {
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
