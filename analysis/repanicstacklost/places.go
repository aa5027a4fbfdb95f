package repanicstacklost

import (
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/internal/recovered"
)

// A field is one of a named type, whatever value it is in.
type field struct {
	of types.Type
	n  int
}

func fieldOf(v ssa.Value) (field, bool) {
	a, ok := v.(*ssa.FieldAddr)
	if !ok {
		return field{}, false
	}
	t := a.X.Type()
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	n, ok := types.Unalias(t).(*types.Named)
	if !ok {
		return field{}, false
	}
	return field{n.Origin(), a.Field}, true
}

// variable is the local variable that an address is of, in whatever literal.
func variable(v ssa.Value) ssa.Value {
	for range 6 {
		fv, ok := v.(*ssa.FreeVar)
		if !ok {
			break
		}
		v = ir.Captured(fv)
	}
	return v
}

// readers are the uses of what is read from where a value was stored.
func (c *checker) readers(addr ssa.Value) [][]recovered.Use {
	if f, ok := fieldOf(addr); ok {
		return c.fieldReaders(f)
	}
	switch v := variable(addr).(type) {
	case *ssa.Alloc:
		if c.first(v) {
			return [][]recovered.Use{recovered.UsesOf(v)}
		}
	case *ssa.Global:
		if !c.first(v) {
			return nil
		}
		return c.loads(func(load *ssa.UnOp) bool { return load.Op == token.MUL && load.X == v })
	}
	return nil
}

func (c *checker) fieldReaders(f field) [][]recovered.Use {
	if !c.first(f) {
		return nil
	}
	return c.loads(func(load *ssa.UnOp) bool {
		g, ok := fieldOf(load.X)
		return load.Op == token.MUL && ok && f == g
	})
}

// first reports whether the place was not looked at before.
func (c *checker) first(place any) bool {
	if c.seen[place] {
		return false
	}
	c.seen[place] = true
	return true
}

// loads are the uses of what is read by instructions of the package.
func (c *checker) loads(is func(*ssa.UnOp) bool) [][]recovered.Use {
	var list [][]recovered.Use
	for _, fn := range c.facts.Funcs {
		for _, b := range fn.Blocks {
			for _, i := range b.Instrs {
				if load, ok := i.(*ssa.UnOp); ok && is(load) {
					list = append(list, recovered.Uses(load))
				}
			}
		}
	}
	return list
}

// channel is what identifies a channel: where it was made, or the field or the
// variable that holds it.
func channel(v ssa.Value) any {
	for range 8 {
		switch x := v.(type) {
		case *ssa.ChangeType:
			v = x.X
			continue
		case *ssa.UnOp:
			if f, ok := fieldOf(x.X); ok {
				return f
			}
			addr := variable(x.X)
			if g, ok := addr.(*ssa.Global); ok {
				return g
			}
			if s := ir.OnlyStore(addr); s != nil {
				v = s
				continue
			}
			return addr
		}
		break
	}
	if _, ok := v.(*ssa.Parameter); ok {
		return nil
	}
	return v
}

// receivers are the uses of what is received from the channel, in this package.
func (c *checker) receivers(ch ssa.Value) [][]recovered.Use {
	id := channel(ch)
	if id == nil || !c.first([2]any{"channel", id}) {
		return nil
	}
	list := c.loads(func(load *ssa.UnOp) bool { return load.Op == token.ARROW && channel(load.X) == id })
	for _, fn := range c.facts.Funcs {
		for _, b := range fn.Blocks {
			for _, i := range b.Instrs {
				if s, ok := i.(*ssa.Select); ok {
					list = append(list, received(s, id)...)
				}
			}
		}
	}
	return list
}

// received are the uses of what a select statement receives from the channel.
func received(s *ssa.Select, id any) [][]recovered.Use {
	var list [][]recovered.Use
	n := 2 // behind the index and ok
	for _, state := range s.States {
		if state.Dir != types.RecvOnly {
			continue
		}
		if channel(state.Chan) == id {
			for _, r := range *s.Referrers() {
				if e, ok := r.(*ssa.Extract); ok && e.Index == n {
					list = append(list, recovered.Uses(e))
				}
			}
		}
		n++
	}
	return list
}

// callers are the uses of the value where the function that returns it is called.
func (c *checker) callers(ret *ssa.Return, v ssa.Value) [][]recovered.Use {
	n := slices.Index(ret.Results, v)
	if n < 0 || !c.first(ret) {
		return nil
	}
	var list [][]recovered.Use
	for _, i := range c.facts.Use(ret.Parent()).Called {
		call, ok := i.(*ssa.Call)
		if !ok || c.facts.Callee(call.Common()) != ret.Parent() {
			continue
		}
		if len(ret.Results) == 1 {
			list = append(list, recovered.Uses(call))
			continue
		}
		for _, r := range *call.Referrers() {
			if e, ok := r.(*ssa.Extract); ok && e.Index == n {
				list = append(list, recovered.Uses(e))
			}
		}
	}
	return list
}

// handed are the uses of the value in a function of the package that gets it, or
// behind a box of package sync/atomic.
func (c *checker) handed(call *ssa.Call, v ssa.Value) [][]recovered.Use {
	common := call.Common()
	if obj := ir.Target(common); obj != nil && obj.Pkg() != nil && obj.Pkg().Path() == "sync/atomic" && len(common.Args) > 1 {
		return c.boxed(common.Args[0])
	}
	fn := c.facts.Callee(common)
	if fn == nil || len(fn.Blocks) == 0 || len(fn.Params) != len(common.Args) || !c.first(call) {
		return nil
	}
	var list [][]recovered.Use
	for n, arg := range common.Args {
		if arg == v {
			list = append(list, recovered.Uses(fn.Params[n]))
		}
	}
	return list
}

// boxed are the uses of what is loaded from an atomic value.
func (c *checker) boxed(addr ssa.Value) [][]recovered.Use {
	place := func(v ssa.Value) any {
		if f, ok := fieldOf(v); ok {
			return f
		}
		return variable(v)
	}
	id := place(addr)
	if id == nil || !c.first([2]any{"atomic", id}) {
		return nil
	}
	var list [][]recovered.Use
	for _, fn := range c.facts.Funcs {
		ir.Calls(fn, func(i ssa.CallInstruction) {
			call, ok := i.(*ssa.Call)
			if !ok || len(call.Call.Args) == 0 || place(call.Call.Args[0]) != id {
				return
			}
			if obj := ir.Target(call.Common()); obj != nil && (obj.Name() == "Load" || obj.Name() == "Swap") {
				list = append(list, recovered.Uses(call))
			}
		})
	}
	return list
}
