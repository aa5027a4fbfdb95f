package recoverswallow

import (
	"go/constant"
	"go/types"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/internal/recovered"
)

// known reports whether the caller of the guarded function can tell that there
// was a panic, or what it was.
func (c *checker) known(s recovered.Site, fn *ssa.Function) bool {
	return takesTest(fn) || onlyChannels(s, fn) || saysByResult(fn) || probes(fn) || flags(s, fn) || c.unwinds(s, fn)
}

// takesTest reports whether fn is a helper of tests.
func takesTest(fn *ssa.Function) bool {
	for ; fn != nil; fn = fn.Parent() {
		for v := range fn.Signature.Params().Variables() {
			t := v.Type().String()
			if t == "*testing.T" || t == "*testing.B" || t == "*testing.F" || t == "testing.TB" {
				return true
			}
		}
	}
	return false
}

// onlyChannels reports whether all that fn does besides is to close channels and
// to send on them.
func onlyChannels(s recovered.Site, fn *ssa.Function) bool {
	channels := false
	for _, b := range fn.Blocks {
		for _, i := range b.Instrs {
			switch i := i.(type) {
			case *ssa.Send:
				channels = true
			case *ssa.Select:
				channels = true
			case *ssa.Defer:
				if ir.Callee(i.Common()) != s.Fn && !tidies(i.Common()) {
					return false
				}
			case *ssa.Call:
				switch common := i.Common(); {
				case ir.IsBuiltin(common, "close"):
					channels = true
				case !tidies(common) && !locks(common):
					return false
				}
			case *ssa.Go, *ssa.Panic, *ssa.MapUpdate, *ssa.TypeAssert:
				return false
			}
		}
	}
	return channels
}

func locks(c *ssa.CallCommon) bool {
	obj := ir.Target(c)
	return obj != nil && obj.Pkg() != nil && obj.Pkg().Path() == "sync" && obj.Name() != "Do" && obj.Name() != "Go"
}

// saysByResult reports whether a result differs after a panic: a bool is false
// then, and a named result is what it was set to before.
func saysByResult(fn *ssa.Function) bool {
	results := fn.Signature.Results()
	if n := results.Len(); n > 0 {
		if b, ok := results.At(n - 1).Type().Underlying().(*types.Basic); ok && b.Kind() == types.Bool {
			return true
		}
	}
	if fn.Recover == nil {
		return false
	}
	for _, i := range fn.Recover.Instrs {
		load, ok := i.(*ssa.UnOp)
		if !ok {
			continue
		}
		if a, ok := load.X.(*ssa.Alloc); ok && presetBy(a) {
			return true
		}
	}
	return false
}

// probes reports whether fn is a literal that is called where it stands, and what
// it found is looked at there: its result is compared, or a variable that it sets
// is read.
func probes(fn *ssa.Function) bool {
	if fn.Parent() == nil {
		return false
	}
	for _, b := range fn.Blocks {
		for _, i := range b.Instrs {
			st, ok := i.(*ssa.Store)
			if !ok {
				continue
			}
			if v, ok := st.Addr.(*ssa.FreeVar); ok && readBy(ir.Captured(v)) {
				return true
			}
		}
	}
	found := false
	ir.Calls(fn.Parent(), func(c ssa.CallInstruction) {
		call, ok := c.(*ssa.Call)
		if ok && ir.Callee(call.Common()) == fn {
			found = found || compared(call, 0)
		}
	})
	return found
}

// readBy reports whether the function of the variable reads it.
func readBy(v ssa.Value) bool {
	a, ok := v.(*ssa.Alloc)
	if !ok {
		return false
	}
	for _, r := range *a.Referrers() {
		if _, ok := r.(*ssa.UnOp); ok {
			return true
		}
	}
	return false
}

// compared reports whether a result is compared with something other than an
// error that is nil: no error is what a panic looks like.
func compared(v ssa.Value, depth int) bool {
	if depth > 3 || v.Referrers() == nil {
		return false
	}
	for _, r := range *v.Referrers() {
		switch r := r.(type) {
		case *ssa.BinOp:
			if r.X.Type().String() != "error" {
				return true
			}
		case *ssa.Extract:
			if compared(r, depth+1) {
				return true
			}
		}
	}
	return false
}

// presetBy reports whether a named result is set at the top of its function.
func presetBy(a *ssa.Alloc) bool {
	for _, r := range *a.Referrers() {
		st, ok := r.(*ssa.Store)
		if !ok || st.Addr != a || st.Block() != a.Parent().Blocks[0] || isZero(st.Val) {
			continue
		}
		for _, i := range st.Block().Instrs { // and not on return
			if i == st {
				break
			}
			if _, ok := i.(*ssa.Defer); ok {
				return endsElsewhere(st.Block())
			}
		}
		return true
	}
	return false
}

func endsElsewhere(b *ssa.BasicBlock) bool {
	_, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return)
	return !ok
}

func isZero(v ssa.Value) bool {
	c, ok := v.(*ssa.Const)
	if !ok {
		return false
	}
	return c.Value == nil || c.Value.Kind() == constant.Bool && !constant.BoolVal(c.Value)
}

// flags reports whether fn says in a variable of its callers that it has come to
// its end.
func flags(s recovered.Site, fn *ssa.Function) bool {
	for _, b := range fn.Blocks {
		for _, i := range b.Instrs {
			st, ok := i.(*ssa.Store)
			if !ok {
				continue
			}
			c, ok := st.Val.(*ssa.Const)
			if !ok || c.Value == nil || c.Value.Kind() != constant.Bool {
				continue
			}
			switch addr := st.Addr.(type) {
			case *ssa.FreeVar, *ssa.Global, *ssa.Parameter:
				return true
			case *ssa.Alloc:
				if readElsewhere(addr, s.Fn) {
					return true
				}
			}
		}
	}
	return false
}

// readElsewhere reports whether another literal than the guard captures a.
func readElsewhere(a *ssa.Alloc, guard *ssa.Function) bool {
	for _, r := range *a.Referrers() {
		if c, ok := r.(*ssa.MakeClosure); ok && c.Fn != guard {
			return true
		}
	}
	return false
}

// unwinds reports whether fn, or what it calls, panics with a value of the
// package's own.
func (c *checker) unwinds(s recovered.Site, fn *ssa.Function) bool {
	seen := map[*ssa.Function]bool{s.Fn: true}
	var walk func(*ssa.Function, int) bool
	walk = func(fn *ssa.Function, depth int) bool {
		if fn == nil || seen[fn] || depth > 4 || len(seen) > 200 {
			return false
		}
		seen[fn] = true
		found := false
		for _, b := range fn.Blocks {
			if p, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Panic); ok && own(p.X, fn.Package()) {
				return true
			}
		}
		ir.Calls(fn, func(call ssa.CallInstruction) {
			if found {
				return
			}
			found = walk(ir.Callee(call.Common()), depth+1)
			for _, arg := range call.Common().Args { // a literal that is called back
				found = found || walk(ir.Func(arg), depth+1)
			}
		})
		return found
	}
	return walk(fn, 0)
}

// own reports whether a value that is panicked with is of a type of the package,
// or a variable of it.
func own(v ssa.Value, pkg *ssa.Package) bool {
	for range 4 {
		switch x := v.(type) {
		case *ssa.MakeInterface:
			v = x.X
			continue
		case *ssa.ChangeInterface:
			v = x.X
			continue
		case *ssa.UnOp:
			if g, ok := x.X.(*ssa.Global); ok {
				return g.Pkg == pkg
			}
		}
		break
	}
	t := v.Type()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	n, ok := types.Unalias(t).(*types.Named)
	return ok && pkg != nil && n.Obj().Pkg() == pkg.Pkg
}
