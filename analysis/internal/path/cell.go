// Package path walks the paths of one function and keeps what happened to
// variables on the way: a channel was closed, a mutex is locked. Branches that
// contradict what an earlier branch of the path decided are not taken, so that
// "if locked { mu.Lock() }" and a later "if locked { mu.Unlock() }" go together.
//
// Start with [Walk]. It is bounded: a function with too many paths is walked in
// part, and nothing is said of the rest.
package path

import (
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// A Cell is a variable, as far as it can be told apart from others: where one
// starts, and the fields on the way. The zero Cell is none.
type Cell struct {
	Root ssa.Value // a parameter, a variable, a global, or what made the value
	Path string    // ".conn.mu"
}

// Known reports whether the cell is one.
func (c Cell) Known() bool { return c.Root != nil }

// Global reports whether the cell is, or is within, a package-level variable.
func (c Cell) Global() bool {
	_, ok := c.Root.(*ssa.Global)
	return ok
}

// Within reports whether c is d or a field of it.
func (c Cell) Within(d Cell) bool {
	return c.Root == d.Root && (c.Path == d.Path || strings.HasPrefix(c.Path, d.Path+"."))
}

// Of is the cell of an address, or of a value that was loaded from one. A pointer
// and what it points to are one cell.
func Of(v ssa.Value) Cell { return of(v, nil, 0) }

func of(v ssa.Value, env *State, depth int) Cell {
	if depth > 12 || v == nil {
		return Cell{}
	}
	depth++
	switch x := v.(type) {
	case *ssa.FieldAddr:
		return field(of(x.X, env, depth), x.X.Type(), x.Field)
	case *ssa.Field:
		return field(of(x.X, env, depth), x.X.Type(), x.Field)
	case *ssa.UnOp:
		if x.Op != token.MUL {
			return Cell{Root: v}
		}
		c := of(x.X, env, depth)
		if env != nil && c.Known() {
			c.Path += env.version(x)
		}
		if !c.Known() && reference(v.Type()) {
			return Cell{Root: v} // an element: known as what was loaded
		}
		return c
	case *ssa.Alloc:
		if s := ir.OnlyStore(x); s != nil && reference(s.Type()) {
			return of(s, env, depth)
		}
		return Cell{Root: v}
	case *ssa.FreeVar:
		if c := ir.Captured(x); c != nil {
			return of(c, env, depth)
		}
		return Cell{Root: v}
	case *ssa.ChangeType:
		return of(x.X, env, depth)
	case *ssa.Phi:
		if env != nil {
			if b := env.lookup(x); b != nil && b != v {
				return of(b, env, depth)
			}
		}
		if one := only(x); one != nil {
			return of(one, env, depth)
		}
		return Cell{Root: v}
	case *ssa.IndexAddr, *ssa.Lookup, *ssa.Index:
		if _, address := v.(*ssa.IndexAddr); !address && reference(v.Type()) {
			return Cell{Root: v}
		}
		return Cell{} // which element, nobody knows
	}
	return Cell{Root: v}
}

// only is the one value that all edges of a phi have, or nil.
func only(p *ssa.Phi) ssa.Value {
	var one ssa.Value
	for _, e := range p.Edges {
		if e == p || e == one {
			continue
		}
		if one != nil {
			return nil
		}
		one = e
	}
	return one
}

func field(c Cell, t types.Type, n int) Cell {
	if !c.Known() {
		return c
	}
	f := Field(t, n)
	if f == nil {
		return Cell{}
	}
	c.Path += "." + f.Name()
	return c
}

// Field is the n-th field of a struct or of a pointer to one.
func Field(t types.Type, n int) *types.Var {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	if tp, ok := t.(*types.TypeParam); ok {
		s, ok := tp.Underlying().(*types.Interface)
		if !ok || s == nil {
			return nil
		}
	}
	s, ok := t.Underlying().(*types.Struct)
	if !ok || n >= s.NumFields() {
		return nil
	}
	return s.Field(n)
}

// FieldOf is the struct field that v is the address of, or was loaded from, or
// nil. Fields of instances are those of the generic type.
func FieldOf(v ssa.Value) *types.Var {
	for range 6 {
		switch x := v.(type) {
		case *ssa.FieldAddr:
			return origin(Field(x.X.Type(), x.Field))
		case *ssa.Field:
			return origin(Field(x.X.Type(), x.Field))
		case *ssa.UnOp:
			if x.Op != token.MUL {
				return nil
			}
			if s := ir.OnlyStore(x.X); s != nil {
				v = s
			} else {
				v = x.X
			}
		case *ssa.ChangeType:
			v = x.X
		default:
			return nil
		}
	}
	return nil
}

func origin(v *types.Var) *types.Var {
	if v == nil {
		return nil
	}
	return v.Origin()
}

func reference(t types.Type) bool {
	switch t.Underlying().(type) {
	case *types.Pointer, *types.Chan, *types.Map, *types.Slice, *types.Signature, *types.Interface:
		return true
	}
	return false
}

// Translate leads a cell of the callee to one of the caller: what was handed over
// as a parameter. Globals and variables of enclosing functions stay what they
// are; for variables of the callee there is none.
func Translate(c Cell, callee *ssa.Function, args []ssa.Value, cell func(ssa.Value) Cell) Cell {
	p, ok := c.Root.(*ssa.Parameter)
	if ok && p.Parent() == callee {
		for n, q := range callee.Params {
			if q == p && n < len(args) && len(args) == len(callee.Params) {
				a := cell(args[n])
				if a.Known() {
					a.Path += c.Path
				}
				return a
			}
		}
		return Cell{}
	}
	if c.Global() || c.Root.Parent() != nil && c.Root.Parent() != callee {
		return c
	}
	return Cell{}
}
