package chanclose

import (
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/internal/path"
)

// fields knows of channel fields of this package's structs where they are made.
type fields struct {
	pkg    *types.Package
	made   map[*types.Var]bool // somebody assigns it, or may
	later  map[string]bool     // by name: assigned in a struct that is in use
	again  map[*types.Var]bool // the same by field
	writes map[string]map[*ssa.Function]bool
}

func (c *checker) lookAtFields() *fields {
	f := &fields{
		pkg: c.pass.Pkg, made: make(map[*types.Var]bool),
		later: make(map[string]bool), again: make(map[*types.Var]bool), writes: make(map[string]map[*ssa.Function]bool),
	}
	for _, fn := range c.Funcs {
		for _, b := range fn.Blocks {
			for _, i := range b.Instrs {
				if a, ok := i.(*ssa.FieldAddr); ok {
					f.look(fn, a)
				}
			}
		}
	}
	for name := range f.writes {
		writers := f.writes[name]
		f.writes[name] = c.Touching(func(i ssa.Instruction) bool { return i.Block().Instrs[0] == i && writers[i.Parent()] })
	}
	return f
}

// look finds out what is done with the address of a field.
func (f *fields) look(fn *ssa.Function, a *ssa.FieldAddr) {
	field := path.FieldOf(a)
	if field == nil || a.Referrers() == nil {
		return
	}
	if _, ok := field.Type().Underlying().(*types.Chan); !ok {
		return
	}
	for _, r := range *a.Referrers() {
		switch r := r.(type) {
		case *ssa.UnOp, *ssa.DebugRef:
		case *ssa.Store:
			f.made[field] = true
			if _, fresh := a.X.(*ssa.Alloc); !fresh || r.Addr != a {
				f.later[field.Name()], f.again[field] = true, true
				if f.writes[field.Name()] == nil {
					f.writes[field.Name()] = make(map[*ssa.Function]bool)
				}
				f.writes[field.Name()][fn] = true
			}
		default:
			f.made[field] = true
			f.later[field.Name()], f.again[field] = true, true
		}
	}
}

// neverMade reports whether no code can assign the field: it is not exported and
// nothing in the package does.
func (f *fields) neverMade(field *types.Var) bool {
	return field != nil && !field.Exported() && field.Pkg() == f.pkg && !f.made[field]
}

// assigns reports whether the function may assign the field again; nil stands for
// any function.
func (f *fields) assigns(fn *ssa.Function, cell path.Cell) bool {
	name, _, _ := strings.Cut(cell.Path[strings.LastIndex(cell.Path, ".")+1:], "#")
	if fn == nil {
		return f.later[name]
	}
	return f.writes[name][fn]
}

// unguardedClose is a close of a field that runs whenever its function is called.
type unguardedClose struct {
	fn    *ssa.Function
	instr ssa.CallInstruction
}

func isOwn(field *types.Var, pkg *types.Package) bool {
	return field != nil && field.Pkg() == pkg
}

// base is what the field is a field of, when it is not a struct that was made
// in the same function.
func base(ch ssa.Value) ssa.Value {
	u, ok := ch.(*ssa.UnOp)
	if !ok {
		return nil
	}
	f, ok := u.X.(*ssa.FieldAddr)
	if !ok {
		return nil
	}
	if a, fresh := f.X.(*ssa.Alloc); fresh && ir.OnlyStore(a) == nil {
		return nil
	}
	return f.X
}
