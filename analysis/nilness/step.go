package nilness

import (
	"go/constant"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ssa"
)

// step executes one instruction, and reports whether the path ends there.
func (w *walk) step(b *ssa.BasicBlock, n int, i ssa.Instruction, st *state) bool {
	if v, ok := i.(ssa.Value); ok {
		delete(st.env, v)
		st.anew(v)
	}
	switch i := i.(type) {
	case *ssa.UnOp:
		return w.load(i, st)
	case *ssa.FieldAddr:
		if w.isValue(i.X, st) {
			w.sink(i, Deref, fieldName(i), st)
			return true
		}
		return false
	case *ssa.IndexAddr:
		if _, ok := i.X.Type().Underlying().(*types.Pointer); ok && w.isValue(i.X, st) {
			w.sink(i, Deref, "", st)
			return true
		}
		w.derive(i, i, st)
	case *ssa.Store:
		return w.store(b, i, st)
	case *ssa.MapUpdate:
		if w.isValue(i.Map, st) {
			w.sink(i, MapWrite, "", st)
			return true
		}
		st.escaped = st.escaped || w.touched(i.Value, st) || w.touched(i.Key, st) || w.inRegion(b, st)
	case *ssa.Send:
		st.escaped = st.escaped || w.touched(i.X, st)
	case ssa.CallInstruction:
		return w.call(b, n, i, st)
	case *ssa.BinOp:
		if !isBool(i.Type()) { // comparisons are asked where they decide
			w.derive(i, i, st)
			w.count(b, i, st)
		}
	case *ssa.ChangeInterface, *ssa.ChangeType, *ssa.Alloc, *ssa.MakeClosure:
	case *ssa.Extract:
		if !w.isValue(i, st) && !w.isTell(i, st) {
			w.derive(i, i, st)
		}
	case ssa.Value:
		w.derive(i, i.(ssa.Instruction), st)
	}
	return false
}

// count computes the index of the first round of a loop; later ones are all alike.
func (w *walk) count(b *ssa.BasicBlock, i *ssa.BinOp, st *state) {
	if w.visits[b] > 1 || i.Op != token.ADD {
		return
	}
	x, isX := w.resolve(i.X, st).(*ssa.Const)
	y, isY := w.resolve(i.Y, st).(*ssa.Const)
	if isX && isY && integer(x) && integer(y) {
		st.env[i] = ssa.NewConst(constant.BinaryOp(x.Value, token.ADD, y.Value), i.Type())
	}
}

func integer(c *ssa.Const) bool {
	return c != derived && c.Value != nil && c.Value.Kind() == constant.Int
}

// derive marks a value that is made of one that depends on the origin.
func (w *walk) derive(v ssa.Value, i ssa.Instruction, st *state) {
	var buf [8]*ssa.Value
	for _, op := range i.Operands(buf[:0]) {
		if *op != nil && w.touched(*op, st) {
			st.env[v] = derived
			return
		}
	}
}

func (w *walk) load(i *ssa.UnOp, st *state) bool {
	switch i.Op {
	case token.MUL:
	case token.NOT: // a question, asked where it decides, unless the answer is known
		if c, ok := w.resolve(i.X, st).(*ssa.Const); ok && c != derived && c.Value != nil && c.Value.Kind() == constant.Bool {
			st.env[i] = ssa.NewConst(constant.MakeBool(!constant.BoolVal(c.Value)), c.Type())
		}
		return false
	default:
		w.derive(i, i, st)
		return false
	}
	if w.isValue(i.X, st) {
		w.sink(i, Deref, "", st)
		return true
	}
	if f, ok := i.X.(*ssa.FieldAddr); ok && st.cells[cell{f.X, -1}] == empty {
		if v := zeroOf(i.Type()); v != nil {
			st.env[i] = v
			return false
		}
	}
	if c, ok := w.cellOf(i.X, st); ok {
		if v, ok := st.cells[c]; ok && v != empty {
			st.env[i] = v
			return false
		}
	}
	if w.resolve(i.X, st) == derived || st.escaped && !harmlessLoad(i) {
		st.env[i] = derived
	}
	return false
}

// harmlessLoad reports whether a load cannot see what the function has stored:
// that of a variable of another package, or of a local that is not written.
func harmlessLoad(i *ssa.UnOp) bool {
	g, ok := i.X.(*ssa.Global)
	return ok && g.Pkg != i.Parent().Pkg
}

// inRegion reports whether a block runs only when the value is nil.
func (w *walk) inRegion(b *ssa.BasicBlock, st *state) bool {
	return st.region != nil && len(st.region.Preds) == 1 && st.region.Dominates(b)
}

func (w *walk) store(b *ssa.BasicBlock, i *ssa.Store, st *state) bool {
	if w.isValue(i.Addr, st) {
		w.sink(i, Deref, "", st)
		return true
	}
	v := w.resolve(i.Val, st)
	touched := v == derived || v == w.o.Value && v != nil || v == w.o.Tell && v != nil
	c, ok := w.cellOf(i.Addr, st)
	if !ok {
		delete(st.cells, cell{i.Addr, -1})
		if x, isIndex := i.Addr.(*ssa.IndexAddr); isIndex && touched {
			if a, isAlloc := x.X.(*ssa.Alloc); isAlloc { // the arguments of a variadic call
				st.env[a] = derived
				return false
			}
		}
		st.escaped = st.escaped || touched || w.inRegion(b, st)
		return false
	}
	if c.field >= 0 {
		delete(st.cells, cell{c.base, -1})
		for other := range st.cells {
			if other.field == c.field && other.base != c.base {
				delete(st.cells, other)
			}
		}
	}
	switch {
	case touched || telling(v):
		st.cells[c] = v
	case w.inRegion(b, st):
		st.cells[c] = derived
	default:
		delete(st.cells, c)
	}
	return false
}

// forget drops what is known of variables that a call may write to.
func (w *walk) forget(st *state) {
	for c, v := range st.cells {
		if a, ok := c.base.(*ssa.Alloc); ok && c.field < 0 && (v == empty || w.f.isLocal(a)) {
			continue
		}
		if v == derived || v == w.o.Tell {
			st.cells[c] = derived
			continue
		}
		delete(st.cells, c)
	}
}

func fieldName(f *ssa.FieldAddr) string {
	p, ok := f.X.Type().Underlying().(*types.Pointer)
	if !ok {
		return ""
	}
	s, ok := p.Elem().Underlying().(*types.Struct)
	if !ok || f.Field >= s.NumFields() {
		return ""
	}
	return s.Field(f.Field).Name()
}
