package signalsync

import (
	"go/constant"
	"go/types"

	"golang.org/x/tools/go/analysis/passes/buildssa"
	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/rule"
)

type room int

const (
	unknown room = iota
	buffered
	unbuffered
	none // a nil channel
)

// pipe says what kind of channel v is, where all that it can be agree.
func pipe(pass *rule.Pass, v ssa.Value) room {
	return look{pass, make(map[ssa.Value]bool)}.room(v, 0)
}

type look struct {
	pass *rule.Pass
	seen map[ssa.Value]bool
}

func (l look) room(v ssa.Value, depth int) room {
	if depth > 8 || v == nil || l.seen[v] {
		return unknown
	}
	l.seen[v] = true
	switch v := v.(type) {
	case *ssa.Const:
		if v.IsNil() {
			return none
		}
	case *ssa.MakeChan:
		if c, ok := v.Size.(*ssa.Const); ok && c.Value != nil {
			if constant.Sign(c.Value) == 0 {
				return unbuffered
			}
			return buffered
		}
	case *ssa.ChangeType:
		return l.room(v.X, depth+1)
	case *ssa.Phi:
		return l.all(v.Edges, depth)
	case *ssa.Call:
		return l.room(result(v.Common()), depth+1)
	case *ssa.UnOp:
		return l.load(v.X, depth)
	case *ssa.FreeVar:
		return l.room(ir.Captured(v), depth+1)
	case *ssa.Parameter:
		return l.parameter(v, depth)
	}
	return unknown
}

func (l look) load(addr ssa.Value, depth int) room {
	if one := ir.OnlyStore(addr); one != nil {
		return l.room(one, depth+1)
	}
	switch addr := addr.(type) {
	case *ssa.Global:
		if addr.Pkg == nil || addr.Pkg.Pkg != l.pass.Pkg {
			return unknown
		}
		return l.all(l.stores(func(to ssa.Value) bool { return to == addr }), depth)
	case *ssa.FieldAddr:
		field := fieldOf(addr)
		if field == nil || field.Pkg() != l.pass.Pkg || field.Exported() {
			return unknown
		}
		return l.all(l.stores(func(to ssa.Value) bool {
			f, ok := to.(*ssa.FieldAddr)
			return ok && fieldOf(f) == field
		}), depth)
	}
	return unknown
}

// parameter follows a parameter of a function that only this package calls to
// its callers.
func (l look) parameter(p *ssa.Parameter, depth int) room {
	fn := p.Parent()
	obj := ir.Object(fn)
	if obj != nil && obj.Exported() {
		return unknown
	}
	at := -1
	for i, q := range fn.Params {
		if q == p {
			at = i
		}
	}
	var args []ssa.Value
	known := true
	for _, caller := range l.pass.ResultOf[buildssa.Analyzer].(*buildssa.SSA).SrcFuncs {
		ir.Calls(caller, func(c ssa.CallInstruction) {
			if ir.Callee(c.Common()) != fn {
				return
			}
			if at < 0 || at >= len(c.Common().Args) {
				known = false
				return
			}
			args = append(args, c.Common().Args[at])
		})
	}
	if !known {
		return unknown
	}
	return l.all(args, depth)
}

// stores are the values that this package stores where want says.
func (l look) stores(want func(ssa.Value) bool) []ssa.Value {
	var found []ssa.Value
	s := l.pass.ResultOf[buildssa.Analyzer].(*buildssa.SSA)
	visit := func(fn *ssa.Function) {
		for _, b := range fn.Blocks {
			for _, i := range b.Instrs {
				if st, ok := i.(*ssa.Store); ok && want(st.Addr) {
					found = append(found, st.Val)
				}
			}
		}
	}
	for _, fn := range s.SrcFuncs {
		visit(fn)
	}
	if init := s.Pkg.Func("init"); init != nil {
		visit(init)
	}
	return found
}

func (l look) all(values []ssa.Value, depth int) room {
	kind := unknown
	for i, v := range values {
		k := l.room(v, depth+1)
		if k == unknown || i > 0 && k != kind {
			return unknown
		}
		kind = k
	}
	return kind
}

func fieldOf(f *ssa.FieldAddr) *types.Var {
	p, ok := f.X.Type().Underlying().(*types.Pointer)
	if !ok {
		return nil
	}
	s, ok := p.Elem().Underlying().(*types.Struct)
	if !ok {
		return nil
	}
	return s.Field(f.Field)
}

// result is what a function with one result and one return statement returns.
func result(c *ssa.CallCommon) ssa.Value {
	fn := ir.Callee(c)
	if fn == nil || len(fn.Blocks) == 0 || fn.Signature.Results().Len() != 1 {
		return nil
	}
	var value ssa.Value
	for _, b := range fn.Blocks {
		if r, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return); ok {
			if value != nil || len(r.Results) != 1 {
				return nil
			}
			value = r.Results[0]
		}
	}
	return value
}

// initial is the value that a variable of the package has from the start, when
// nothing else is stored in it by init.
func initial(g *ssa.Global) ssa.Value {
	if g.Pkg == nil || g.Pkg.Func("init") == nil {
		return nil
	}
	var value ssa.Value
	for _, b := range g.Pkg.Func("init").Blocks {
		for _, i := range b.Instrs {
			if s, ok := i.(*ssa.Store); ok && s.Addr == g {
				if value != nil {
					return nil
				}
				value = s.Val
			}
		}
	}
	return value
}
