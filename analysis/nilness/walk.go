package nilness

import (
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/ssa"
)

// Use says what is done with a value that may be nil.
type Use int

// Uses that panic when the value is nil.
const (
	Deref    Use = iota // a field, a load, a store, an element
	Method              // a method of an interface, or one that dereferences its receiver
	Argument            // an argument that the callee dereferences on every path
	Call                // a call of a func
	MapWrite            // a write to a map
)

// A Sink is a use of an origin's value where it may be nil.
type Sink struct {
	At   ssa.Instruction
	Use  Use
	Name string // the method, function or field
	Sure bool   // the value is nil for sure there: behind a check that says so
}

// End is how paths of a walk end.
type end struct {
	returns  int // paths on which the value may be nil and the function returns
	stops    int // paths that are not followed to their end: nobody knows
	gaveUp   bool
	returned [][]ssa.Value // what the paths return, resolved
}

// Limits of one walk: functions are large, and a path that is not walked is only
// a finding less.
const (
	maxBlocks = 1000 // for findings
	maxLearnt = 200  // for facts
	maxVisits = 12   // of one block
	maxFrames = 4
)

// A walk follows one origin along the paths on which its value may be nil.
type walk struct {
	f      *Facts
	o      Origin
	blocks int
	limit  int
	visits map[*ssa.BasicBlock]int
	seen   map[string]bool
	sinks  []Sink
	end    end
	sure   bool // the value is nil where the walk begins

	getters bool // a method without arguments returns the same when it is called again
}

// cell is a variable in memory: a local one, a global one, or a field of something.
type cell struct {
	base  ssa.Value
	field int // -1 for the whole
}

// frame is where a walk goes on behind a literal that it went into.
type frame struct {
	block   *ssa.BasicBlock
	index   int
	pending []*ssa.Defer
}

// state is what is known on one path.
type state struct {
	sure    bool            // a check has said that the value is nil
	region  *ssa.BasicBlock // the block that check led to
	env     map[ssa.Value]ssa.Value
	cells   map[cell]ssa.Value
	conds   map[string]bool
	pending []*ssa.Defer // deferred calls that use the value when the function ends
	frames  []frame
	escaped bool // whether the value is nil may be told by something that is not followed
}

func (s *state) clone() *state {
	c := *s
	c.env = make(map[ssa.Value]ssa.Value, len(s.env))
	for k, v := range s.env {
		c.env[k] = v
	}
	c.cells = make(map[cell]ssa.Value, len(s.cells))
	for k, v := range s.cells {
		c.cells[k] = v
	}
	c.conds = make(map[string]bool, len(s.conds))
	for k, v := range s.conds {
		c.conds[k] = v
	}
	c.pending = slices.Clone(s.pending)
	c.frames = slices.Clone(s.frames)
	return &c
}

// anew forgets conditions on a value that gets another value.
func (s *state) anew(v ssa.Value) {
	if len(s.conds) == 0 || v.Parent() == nil {
		return
	}
	is := operandName(v)
	for k := range s.conds {
		if strings.Contains(k, is) {
			delete(s.conds, k)
		}
	}
}

// derived stands for a value that was made of the origin's value or of what tells
// of it, in a way that is not followed.
var derived ssa.Value = ssa.NewConst(nil, types.NewTuple())

// Follow finds the uses of the origin's value that may happen while it is nil,
// the first on each path.
func (f *Facts) Follow(o Origin) []Sink {
	w := newWalk(f, o)
	w.start()
	return w.sinks
}

func newWalk(f *Facts, o Origin) *walk {
	return &walk{f: f, o: o, limit: maxBlocks, seen: make(map[string]bool), visits: make(map[*ssa.BasicBlock]int)}
}

func (w *walk) start() {
	st := &state{env: make(map[ssa.Value]ssa.Value), cells: make(map[cell]ssa.Value), conds: make(map[string]bool)}
	st.sure = w.o.Kind == Sure || w.sure
	switch {
	case w.o.From != nil:
		b := w.o.From.Block()
		at := slices.Index(b.Instrs, w.o.From)
		w.known(b, st)
		w.before(w.o.From, st)
		w.run(b, at+1, st)
	case w.o.Edge[1] != nil:
		w.known(w.o.Edge[0], st)
		if c, ok := w.o.Edge[0].Instrs[len(w.o.Edge[0].Instrs)-1].(*ssa.If); ok {
			w.remember(st, c.Cond, w.o.Edge[0].Succs[0] == w.o.Edge[1])
		}
		w.enter(w.o.Edge[0], w.o.Edge[1], st)
	case len(w.o.Fn.Blocks) > 0:
		w.run(w.o.Fn.Blocks[0], 0, st)
	}
}

// known records the conditions that hold wherever the block is reached.
func (w *walk) known(b *ssa.BasicBlock, st *state) {
	for d := b.Idom(); d != nil; d = d.Idom() {
		c, ok := d.Instrs[len(d.Instrs)-1].(*ssa.If)
		if !ok {
			continue
		}
		for n, s := range d.Succs {
			if len(s.Preds) == 1 && s.Dominates(b) {
				w.remember(st, c.Cond, n == 0)
			}
		}
	}
}

// enter walks along an edge.
func (w *walk) enter(from, to *ssa.BasicBlock, st *state) {
	w.blocks++
	w.visits[to]++
	if w.blocks > w.limit || w.visits[to] > maxVisits {
		w.end.gaveUp = true
		return
	}
	w.phis(from, to, st)
	key := st.key(to)
	if w.seen[key] {
		return
	}
	w.seen[key] = true
	w.run(to, 0, st)
}

// key names the state of a block as far as it decides what is found from there.
func (s *state) key(b *ssa.BasicBlock) string {
	var parts []string
	for k, v := range s.env {
		parts = append(parts, "e"+k.Name()+"="+name(v))
	}
	for k, v := range s.cells {
		parts = append(parts, "c"+k.base.Name()+strconv.Itoa(k.field)+"="+name(v))
	}
	if len(s.conds) < 7 { // more of them would only find more paths of the same kind
		for k, v := range s.conds {
			parts = append(parts, strconv.FormatBool(v)+k)
		}
	}
	slices.Sort(parts)
	at := b.Parent().Name() + " " + b.String()
	for _, f := range s.frames {
		at += "<" + f.block.String()
	}
	for _, d := range s.pending {
		at += "d" + strconv.Itoa(int(d.Pos()))
	}
	if s.sure {
		at += "!"
	}
	if s.escaped {
		at += "?"
	}
	return at + strings.Join(parts, ",")
}

func name(v ssa.Value) string {
	switch v {
	case derived:
		return "derived"
	case empty:
		return "empty"
	}
	return v.Name()
}

// phis gives the variables that merge in a block the values they have on the edge.
func (w *walk) phis(from, to *ssa.BasicBlock, st *state) {
	at := slices.Index(to.Preds, from)
	if at < 0 {
		return
	}
	now := make(map[*ssa.Phi]ssa.Value)
	for _, i := range to.Instrs {
		p, ok := i.(*ssa.Phi)
		if !ok {
			break
		}
		in := w.resolve(p.Edges[at], st)
		switch {
		case in == w.o.Value && w.o.Value != nil || in == w.o.Tell && w.o.Tell != nil || in == derived || telling(in):
			now[p] = in
		case st.region != nil && st.region.Idom() != nil && st.region.Idom().Dominates(to) && !same(p.Edges):
			now[p] = derived // what it is, is told by the same check
		default:
			now[p] = nil
		}
	}
	for p, v := range now {
		st.anew(p)
		if v == nil || v == ssa.Value(p) {
			delete(st.env, p)
		} else {
			st.env[p] = v
		}
	}
	if p, ok := w.o.Value.(*ssa.Phi); ok && w.o.Edge[1] == to {
		if from == w.o.Edge[0] {
			delete(st.env, p) // here it is the value that is followed
		} else if in := w.resolve(p.Edges[at], st); in != ssa.Value(p) {
			st.env[p] = derived // here it has been assigned anew
		}
	}
}

func same(edges []ssa.Value) bool {
	for _, e := range edges[1:] {
		if e != edges[0] {
			return false
		}
	}
	return true
}

// telling reports whether it is worth knowing which of its values a phi has.
func telling(v ssa.Value) bool {
	switch v := v.(type) {
	case *ssa.Const, *ssa.Function:
		return true
	case *ssa.BinOp:
		return isBool(v.Type())
	case *ssa.UnOp:
		return v.Op == token.NOT
	}
	return nonNil(v)
}

// nonNil reports whether a value is not nil whatever happens.
func nonNil(v ssa.Value) bool {
	switch v := v.(type) {
	case *ssa.MakeInterface, *ssa.Alloc, *ssa.MakeMap, *ssa.MakeClosure, *ssa.MakeSlice, *ssa.MakeChan, *ssa.Function, *ssa.FieldAddr, *ssa.IndexAddr:
		return true
	case *ssa.Call:
		switch Name(v.Common()) {
		case "errors.New", "fmt.Errorf", "errors.Unsupported":
			return true
		}
	}
	return false
}

// resolve follows a value to what it is on this path.
func (w *walk) resolve(v ssa.Value, st *state) ssa.Value {
	for range 16 {
		if to, ok := st.env[v]; ok && to != v {
			v = to
			continue
		}
		switch x := v.(type) {
		case *ssa.ChangeInterface:
			v = x.X
			continue
		case *ssa.ChangeType:
			v = x.X
			continue
		case *ssa.Extract:
			if e, ok := w.o.Value.(*ssa.Extract); ok && e.Tuple == x.Tuple && e.Index == x.Index {
				return w.o.Value
			}
			if e, ok := w.o.Tell.(*ssa.Extract); ok && e.Tuple == x.Tuple && e.Index == x.Index {
				return w.o.Tell
			}
		}
		return v
	}
	return v
}

func (w *walk) isValue(v ssa.Value, st *state) bool {
	return w.o.Value != nil && w.resolve(v, st) == w.o.Value
}

func (w *walk) isTell(v ssa.Value, st *state) bool {
	return w.o.Tell != nil && w.resolve(v, st) == w.o.Tell
}

// touched reports whether a value depends on the origin in any way.
func (w *walk) touched(v ssa.Value, st *state) bool {
	r := w.resolve(v, st)
	return r == derived || r == w.o.Value && r != nil || r == w.o.Tell && r != nil
}

func (w *walk) sink(at ssa.Instruction, use Use, name string, st *state) {
	for n, s := range w.sinks {
		if s.At == at {
			w.sinks[n].Sure = s.Sure && st.sure
			return
		}
	}
	w.sinks = append(w.sinks, Sink{At: at, Use: use, Name: name, Sure: st.sure})
}

// run executes a block from an instruction on.
func (w *walk) run(b *ssa.BasicBlock, from int, st *state) {
	for n := from; n < len(b.Instrs); n++ {
		i := b.Instrs[n]
		switch i := i.(type) {
		case *ssa.Phi, *ssa.DebugRef:
			continue
		case *ssa.Jump:
			w.enter(b, b.Succs[0], st)
			return
		case *ssa.If:
			w.branch(b, i, st)
			return
		case *ssa.Panic:
			return
		case *ssa.Return:
			w.leave(i, st)
			return
		case *ssa.RunDefers:
			if w.runDefers(b, n, st) {
				return
			}
			continue
		}
		if i == w.o.From || w.step(b, n, i, st) {
			return
		}
	}
}

// leave returns from a literal to where it was entered, or ends the path.
func (w *walk) leave(r *ssa.Return, st *state) {
	if len(st.frames) == 0 {
		w.end.returns++
		if len(w.end.returned) < 64 {
			vs := make([]ssa.Value, len(r.Results))
			for n, v := range r.Results {
				vs[n] = w.resolve(v, st)
			}
			w.end.returned = append(w.end.returned, vs)
		} else {
			w.end.gaveUp = true
		}
		return
	}
	f := st.frames[len(st.frames)-1]
	st.frames = st.frames[:len(st.frames)-1]
	st.pending = f.pending
	w.run(f.block, f.index, st)
}

// runDefers runs what was deferred on this path, and reports whether the walk went
// on elsewhere.
func (w *walk) runDefers(b *ssa.BasicBlock, n int, st *state) bool {
	for len(st.pending) > 0 {
		d := st.pending[len(st.pending)-1]
		st.pending = st.pending[:len(st.pending)-1]
		if use, name, ok := w.crashes(d, st); ok {
			w.sink(d, use, name, st)
			return true
		}
		if lit := literal(d.Common()); lit != nil {
			if w.into(lit, b, n, st) {
				return true
			}
		}
	}
	return false
}

// literal is the function literal that a call calls.
func literal(c *ssa.CallCommon) *ssa.Function {
	switch v := c.Value.(type) {
	case *ssa.MakeClosure:
		fn, _ := v.Fn.(*ssa.Function)
		if fn != nil && fn.Parent() != nil {
			return fn
		}
	case *ssa.Function:
		if v.Parent() != nil {
			return v
		}
	}
	return nil
}

// into goes on in a literal; the walk comes back to the instruction when it returns.
func (w *walk) into(lit *ssa.Function, b *ssa.BasicBlock, index int, st *state) bool {
	if len(lit.Blocks) == 0 || len(st.frames) >= maxFrames {
		st.escaped = true
		return false
	}
	for _, f := range st.frames {
		if f.block.Parent() == lit {
			return false
		}
	}
	st.frames = append(st.frames, frame{b, index, st.pending})
	st.pending = nil
	w.run(lit.Blocks[0], 0, st)
	return true
}

// branch walks along the edges of a condition on which the value may be nil.
func (w *walk) branch(b *ssa.BasicBlock, i *ssa.If, st *state) {
	v := w.eval(i.Cond, st)
	if v == unknown {
		w.end.stops++
		return
	}
	for n, out := range []outcome{v.yes, v.no} {
		if out == stop {
			continue
		}
		next := st
		if n == 0 {
			next = st.clone()
		}
		if out == isNil && !next.sure {
			next.sure, next.region = true, b.Succs[n]
			if other := b.Succs[1-n]; len(other.Preds) == 1 {
				w.toldBy(other, next)
			}
		}
		w.remember(next, w.resolve(i.Cond, next), n == 0)
		w.enter(b, b.Succs[n], next)
	}
}
