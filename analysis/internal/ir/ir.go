// Package ir answers small questions about SSA that many rules ask.
package ir

import (
	"go/types"

	"golang.org/x/tools/go/ssa"
)

// Calls yields every call, defer and go statement of fn, block by block.
func Calls(fn *ssa.Function, yield func(ssa.CallInstruction)) {
	for _, b := range fn.Blocks {
		for _, i := range b.Instrs {
			if c, ok := i.(ssa.CallInstruction); ok {
				yield(c)
			}
		}
	}
}

// IsBuiltin reports whether the call is of the predeclared function name.
func IsBuiltin(c *ssa.CallCommon, name string) bool {
	b, ok := c.Value.(*ssa.Builtin)
	return ok && b.Name() == name
}

// Callee is the function that is called, when only one can be: a function, a
// literal, a method of a concrete type, a method value, or a local variable that
// is assigned once. It is the generic function, not its instance, and the method,
// not a wrapper of it. It is nil for calls of interface methods, builtins and
// functions that are not known.
func Callee(c *ssa.CallCommon) *ssa.Function {
	if c.IsInvoke() {
		return nil
	}
	return Func(c.Value)
}

// Func is the function that v is, when only one can be. See [Callee].
func Func(v ssa.Value) *ssa.Function {
	for range 8 {
		switch x := v.(type) {
		case *ssa.Function:
			return plain(x)
		case *ssa.MakeClosure:
			v = x.Fn
		case *ssa.ChangeType:
			v = x.X
		case *ssa.UnOp: // a load
			v = OnlyStore(x.X)
		case *ssa.FreeVar:
			v = Captured(x)
		case *ssa.Call:
			v = returned(x)
		default:
			return nil
		}
	}
	return nil
}

// returned is the literal that the callee returns on every path, as in
// defer guard("worker")(), or nil.
func returned(c *ssa.Call) ssa.Value {
	fn, ok := c.Call.Value.(*ssa.Function)
	if !ok || fn.Signature.Results().Len() != 1 {
		return nil
	}
	fn = plain(fn)
	var lit ssa.Value
	for _, b := range fn.Blocks {
		r, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return)
		if !ok || len(r.Results) != 1 {
			continue
		}
		v := r.Results[0]
		if t, ok := v.(*ssa.ChangeType); ok {
			v = t.X
		}
		if c, ok := v.(*ssa.MakeClosure); ok {
			v = c.Fn
		}
		f, ok := v.(*ssa.Function)
		if !ok || f.Parent() != fn || lit != nil && lit != v {
			return nil
		}
		lit = v
	}
	return lit
}

// plain leads from an instance to the generic function, and from a wrapper or
// bound method to the method.
func plain(fn *ssa.Function) *ssa.Function {
	if o := fn.Origin(); o != nil {
		fn = o
	}
	if fn.Synthetic != "" && len(fn.Blocks) > 0 || fn.Synthetic != "" && fn.Parent() == nil {
		if obj, ok := fn.Object().(*types.Func); ok {
			if m := fn.Prog.FuncValue(obj.Origin()); m != nil {
				return m
			}
		}
	}
	return fn
}

// OnlyStore is the value stored in a variable that is assigned once and whose
// address goes nowhere else than to loads and closures, or nil.
func OnlyStore(addr ssa.Value) ssa.Value {
	for range 4 { // a literal in a literal captures what the outer one has captured
		v, ok := addr.(*ssa.FreeVar)
		if !ok {
			break
		}
		addr = Captured(v)
	}
	a, ok := addr.(*ssa.Alloc)
	if !ok || a.Referrers() == nil {
		return nil
	}
	var stored ssa.Value
	for _, r := range *a.Referrers() {
		switch r := r.(type) {
		case *ssa.Store:
			if r.Addr != a || stored != nil {
				return nil
			}
			stored = r.Val
		case *ssa.UnOp, *ssa.DebugRef:
		case *ssa.MakeClosure:
			if writes(r.Fn.(*ssa.Function), index(r, a)) {
				return nil
			}
		default:
			return nil
		}
	}
	return stored
}

func index(c *ssa.MakeClosure, v ssa.Value) int {
	for i, b := range c.Bindings {
		if b == v {
			return i
		}
	}
	return -1
}

// writes reports whether the closure, or one within it, may store to its n-th
// free variable.
func writes(fn *ssa.Function, n int) bool {
	if n < 0 || n >= len(fn.FreeVars) {
		return true
	}
	v := fn.FreeVars[n]
	for _, r := range *v.Referrers() {
		switch r := r.(type) {
		case *ssa.UnOp, *ssa.DebugRef:
		case *ssa.MakeClosure:
			if writes(r.Fn.(*ssa.Function), index(r, v)) {
				return true
			}
		default:
			return true
		}
	}
	return false
}

// Captured is what the free variable of a closure is bound to where the closure
// is made, or nil when it is made in more than one place.
func Captured(v *ssa.FreeVar) ssa.Value {
	fn := v.Parent()
	at := -1
	for i, f := range fn.FreeVars {
		if f == v {
			at = i
		}
	}
	if at >= 0 && fn.Parent() != nil {
		return binding(fn, at)
	}
	return nil
}

func binding(fn *ssa.Function, at int) ssa.Value {
	var bound ssa.Value
	for _, b := range fn.Parent().Blocks {
		for _, i := range b.Instrs {
			if c, ok := i.(*ssa.MakeClosure); ok && c.Fn == fn {
				if bound != nil {
					return nil
				}
				bound = c.Bindings[at]
			}
		}
	}
	return bound
}

// Target is the declared function or method that is called, interface methods
// included, or nil for literals, builtins and unknown functions.
func Target(c *ssa.CallCommon) *types.Func {
	if c.IsInvoke() {
		return c.Method
	}
	fn := Callee(c)
	if fn == nil {
		return nil
	}
	return Object(fn)
}

// Object is the declared function that fn is, or nil for a literal.
func Object(fn *ssa.Function) *types.Func {
	obj, _ := fn.Object().(*types.Func)
	if obj == nil {
		return nil
	}
	return obj.Origin()
}

// Name is how models and facts name a function: "(*sync.Once).Do".
func Name(fn *types.Func) string {
	if fn == nil {
		return ""
	}
	return fn.Origin().FullName()
}

// Args are the arguments without the receiver.
func Args(c *ssa.CallCommon) []ssa.Value {
	if !c.IsInvoke() && c.Signature().Recv() != nil && len(c.Args) > 0 {
		return c.Args[1:]
	}
	return c.Args
}

// Before reports whether a runs before b on every path that reaches b.
func Before(a, b ssa.Instruction) bool {
	if a.Block() != b.Block() {
		return a.Block().Dominates(b.Block())
	}
	for _, i := range a.Block().Instrs {
		switch i {
		case a:
			return a != b
		case b:
			return false
		}
	}
	return false
}

// Panics reports whether the instruction is a call of panic that somebody wrote.
// SSA ends calls of log.Fatal, and of other functions that do not return, with a
// panic of its own.
func Panics(i ssa.Instruction) bool {
	p, ok := i.(*ssa.Panic)
	if !ok {
		return false
	}
	m, ok := p.X.(*ssa.MakeInterface)
	if !ok {
		return true
	}
	c, ok := m.X.(*ssa.Const)
	return !ok || c.Value == nil || c.Value.ExactString() != `"noreturn"`
}
