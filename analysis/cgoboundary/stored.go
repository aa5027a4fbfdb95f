package cgoboundary

import (
	"fmt"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/rule"
)

// stored looks at a store to memory that C has allocated: a Go pointer must not stay
// there when the call that made it known is over, unless it is pinned.
func stored(pass *rule.Pass, fn *ssa.Function, s *ssa.Store) {
	field, ok := s.Addr.(*ssa.FieldAddr)
	if !ok || !s.Pos().IsValid() || !ofCall(field.X) {
		return
	}
	what := goMemory(s.Val)
	if what == "" || pinned(fn) {
		return
	}
	pass.Reportf(s.Pos(), fmt.Sprintf("a pointer to Go memory (%s) is stored in memory of C: the garbage collector does not see it there, and C reads what has been freed; copy it with C.CBytes, pass a cgo.Handle, or pin it with runtime.Pinner", what))
}

// ofCall reports whether v is a pointer to a type of C that a function of C returned.
func ofCall(v ssa.Value) bool {
	p, ok := v.Type().Underlying().(*types.Pointer)
	if !ok || !ofC(p.Elem()) {
		return false
	}
	for range 8 {
		switch x := v.(type) {
		case *ssa.Convert:
			v = x.X
		case *ssa.ChangeType:
			v = x.X
		case *ssa.UnOp:
			one := ir.OnlyStore(x.X)
			if one == nil {
				return false
			}
			v = one
		case *ssa.Call:
			callee := ir.Callee(&x.Call)
			if callee == nil {
				return false
			}
			return strings.HasPrefix(callee.Name(), "_C") || callee.Parent() != nil && callsC(callee)
		default:
			return false
		}
	}
	return false
}

// callsC reports whether a literal is one that cgo has put around a call of C.
func callsC(lit *ssa.Function) bool {
	found := false
	ir.Calls(lit, func(c ssa.CallInstruction) {
		callee := ir.Callee(c.Common())
		found = found || callee != nil && strings.HasPrefix(callee.Name(), "_C")
	})
	return found
}

// goMemory says what of Go a pointer points to; empty when that is not certain.
func goMemory(v ssa.Value) string {
	for range 8 {
		switch x := v.(type) {
		case *ssa.Convert:
			v = x.X
		case *ssa.ChangeType:
			v = x.X
		case *ssa.Call: // unsafe.SliceData, unsafe.StringData
			if b, ok := x.Call.Value.(*ssa.Builtin); ok && (b.Name() == "SliceData" || b.Name() == "StringData") && ofGo(x.Call.Args[0]) {
				return "the elements of a " + kindOf(x.Call.Args[0].Type())
			}
			return ""
		case *ssa.IndexAddr:
			if ofGo(x.X) {
				return "an element of a slice"
			}
			return ""
		case *ssa.Alloc:
			if p, ok := x.Type().Underlying().(*types.Pointer); ok && !ofC(p.Elem()) {
				return "a variable"
			}
			return ""
		case *ssa.Parameter:
			p, ok := x.Type().Underlying().(*types.Pointer)
			if !ok || ofC(p.Elem()) {
				return ""
			}
			if _, ok := p.Elem().(*types.Named); ok {
				return "a " + types.TypeString(p.Elem(), func(*types.Package) string { return "" })
			}
			return ""
		default:
			return ""
		}
	}
	return ""
}

func kindOf(t types.Type) string {
	if _, ok := t.Underlying().(*types.Slice); ok {
		return "slice"
	}
	return "string"
}

// ofGo reports whether a slice or string is of Go's memory, as far as it shows: it is
// a parameter, or made in the function.
func ofGo(v ssa.Value) bool {
	for range 8 {
		switch x := v.(type) {
		case *ssa.Slice:
			v = x.X
		case *ssa.Convert:
			if _, ok := x.X.Type().Underlying().(*types.Basic); ok && x.X.Type().Underlying() == types.Typ[types.UnsafePointer] {
				return false
			}
			v = x.X
		case *ssa.UnOp:
			one := ir.OnlyStore(x.X)
			if one == nil {
				return false
			}
			v = one
		case *ssa.Parameter, *ssa.MakeSlice, *ssa.Alloc:
			return true
		default:
			return false
		}
	}
	return false
}

// missing is a dereference, in the function itself, of what a map holds under a key
// that C decides: nil when it holds nothing.
func missing(fn *ssa.Function) ssa.Instruction {
	for _, b := range fn.Blocks {
		for _, i := range b.Instrs {
			get, ok := i.(*ssa.Lookup)
			if !ok || get.CommaOk || !fromC(get.Index) || get.Referrers() == nil {
				continue
			}
			if _, ok := get.Type().Underlying().(*types.Pointer); !ok {
				continue
			}
			var use ssa.Instruction
			asked := false
			for _, r := range *get.Referrers() {
				switch r := r.(type) {
				case *ssa.FieldAddr, *ssa.UnOp:
					use = r
				case *ssa.BinOp, *ssa.Phi, *ssa.Store:
					asked = true
				}
			}
			if use != nil && !asked {
				return use
			}
		}
	}
	return nil
}

func fromC(v ssa.Value) bool {
	for range 4 {
		switch x := v.(type) {
		case *ssa.Convert:
			v = x.X
		case *ssa.ChangeType:
			v = x.X
		case *ssa.Parameter:
			return true
		default:
			return false
		}
	}
	return false
}
