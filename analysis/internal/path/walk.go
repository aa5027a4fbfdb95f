package path

import (
	"go/constant"
	"go/token"
	"go/types"
	"strconv"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// Limits of one walk. Functions beyond them are walked in part.
const (
	maxBlocks   = 4000 // entered, over all paths
	maxPerBlock = 32   // states of one block
	maxDefers   = 16   // on one path
)

// A Step looks at one instruction on a path and says what happened. A deferred
// call comes when it runs, not at its statement. False ends the path.
type Step func(s *State, i ssa.Instruction) bool

type walker struct {
	fn     *ssa.Function
	step   Step
	ids    map[ssa.Value]uint64
	texts  map[string]uint64
	uses   map[string]int // how often a condition is asked for
	phis   map[*ssa.Phi]bool
	seen   map[uint64]bool
	perB   []int
	blocks int
	todo   []work
}

type work struct {
	b *ssa.BasicBlock
	s *State
}

// Walk walks the paths of fn from its entry. Paths end at returns, panics, and
// where step says so.
func Walk(fn *ssa.Function, step Step) {
	if len(fn.Blocks) == 0 {
		return
	}
	w := &walker{
		fn: fn, step: step, ids: make(map[ssa.Value]uint64), texts: make(map[string]uint64), uses: make(map[string]int),
		phis: make(map[*ssa.Phi]bool), seen: make(map[uint64]bool), perB: make([]int, len(fn.Blocks)),
	}
	w.prepare()
	w.todo = append(w.todo, work{fn.Blocks[0], new(State)})
	for len(w.todo) > 0 && w.blocks < maxBlocks {
		next := w.todo[len(w.todo)-1]
		w.todo = w.todo[:len(w.todo)-1]
		w.block(next.b, next.s)
	}
}

// prepare counts conditions, as only those that are asked for twice need to be
// remembered, and finds the phis that conditions and channels come from.
func (w *walker) prepare() {
	var mark func(v ssa.Value, depth int)
	mark = func(v ssa.Value, depth int) {
		if depth > 4 {
			return
		}
		switch x := v.(type) {
		case *ssa.Phi:
			if w.phis[x] {
				return
			}
			w.phis[x] = true
			for _, e := range x.Edges {
				mark(e, depth+1)
				if b, ok := e.Type().Underlying().(*types.Basic); ok && b.Kind() == types.Bool {
					c := w.condition(new(State), e)
					w.uses[c.subject]++
				}
			}
		case *ssa.UnOp:
			mark(x.X, depth+1)
		case *ssa.BinOp:
			mark(x.X, depth+1)
			mark(x.Y, depth+1)
		}
	}
	for _, b := range w.fn.Blocks {
		for _, i := range b.Instrs {
			switch i := i.(type) {
			case *ssa.If:
				mark(i.Cond, 0)
				w.uses[w.condition(new(State), i.Cond).subject]++
			case *ssa.Phi:
				if _, ok := i.Type().Underlying().(*types.Chan); ok {
					w.phis[i] = true
				}
			}
		}
	}
}

// id numbers values; constants that are equal have one number.
func (w *walker) id(v ssa.Value) uint64 {
	n, ok := w.ids[v]
	if !ok {
		n = uint64(len(w.ids) + 1)
		if c, constant := v.(*ssa.Const); constant {
			n = w.text64(c.String()) | 1<<63
		}
		w.ids[v] = n
	}
	return n
}

// text64 numbers texts.
func (w *walker) text64(s string) uint64 {
	n, ok := w.texts[s]
	if !ok {
		n = mix(uint64(len(w.texts)) + 1<<32)
		w.texts[s] = n
	}
	return n
}

func (w *walker) number(v ssa.Value) string { return strconv.FormatUint(w.id(v), 36) }

// enter goes along an edge.
func (w *walker) enter(from, to *ssa.BasicBlock, s *State) {
	edge := -1
	for n, p := range to.Preds {
		if p == from {
			edge = n
		}
	}
	var bound []binding
	for _, i := range to.Instrs {
		p, ok := i.(*ssa.Phi)
		if !ok {
			break
		}
		if w.phis[p] && edge >= 0 && edge < len(p.Edges) {
			v := s.Resolve(p.Edges[edge])
			if v == p || loops(to, from, v) {
				v = nil
			}
			bound = append(bound, binding{p, v})
		}
	}
	if to.Dominates(from) { // a flag that was set in this turn has been looked up before
		s.again(to)
	}
	for _, b := range bound {
		s.bind(b.phi, b.val)
	}
	k := s.key(to, w)
	if w.seen[k] || w.perB[to.Index] >= maxPerBlock {
		return
	}
	w.seen[k] = true
	w.perB[to.Index]++
	w.todo = append(w.todo, work{to, s})
}

// loops reports whether v is made anew in each turn of the loop.
func loops(head, from *ssa.BasicBlock, v ssa.Value) bool {
	i, ok := v.(ssa.Instruction)
	return ok && head.Dominates(from) && i.Parent() == head.Parent() && head.Dominates(i.Block())
}

func (w *walker) block(b *ssa.BasicBlock, s *State) {
	w.blocks++
	for _, i := range b.Instrs {
		switch i := i.(type) {
		case *ssa.Phi, *ssa.DebugRef:
			continue
		case *ssa.Defer:
			if len(s.defers) >= maxDefers {
				return
			}
			s.defers = append(s.defers, i)
			continue
		case *ssa.RunDefers:
			for n := len(s.defers) - 1; n >= 0; n-- {
				if !w.step(s, s.defers[n]) {
					return
				}
			}
			s.defers = nil
			continue
		case *ssa.Store:
			if !w.step(s, i) {
				return
			}
			s.forget(s.Cell(i.Addr), i.Val.Type())
			w.stored(s, i)
			continue
		case *ssa.UnOp:
			if _, field := i.X.(*ssa.FieldAddr); field && i.Op == token.MUL && len(s.stores) > 0 {
				s.load(i)
			}
		case *ssa.If:
			w.branch(b, i, s)
			return
		}
		if !w.step(s, i) {
			return
		}
	}
	for _, to := range b.Succs {
		w.enter(b, to, s.clone())
	}
}

func (w *walker) branch(b *ssa.BasicBlock, i *ssa.If, s *State) {
	c := w.condition(s, i.Cond)
	known, val := c.known, c.val
	if !known {
		known, val = s.decided(c)
	}
	for n, taken := range []bool{true, false} {
		if n >= len(b.Succs) || known && val != taken {
			continue
		}
		t := s.clone()
		if !known && w.uses[c.subject] > 1 {
			t.assume(c, taken)
		}
		w.enter(b, b.Succs[n], t)
	}
}

// A condition is the canonical form of what a branch asks.
type condition struct {
	known, val bool // decided by constants
	key        string
	negated    bool
	subject    string // what is compared, or the key
	constant   string // for subject == constant
	deps       []*ssa.BasicBlock
	cells      []Cell
}

func (w *walker) condition(s *State, v ssa.Value) condition {
	var c condition
	for range 8 {
		v = s.Resolve(v)
		u, ok := v.(*ssa.UnOp)
		if !ok || u.Op != token.NOT {
			break
		}
		v, c.negated = u.X, !c.negated
	}
	switch x := v.(type) {
	case *ssa.Const:
		if x.Value != nil && x.Value.Kind() == constant.Bool {
			c.known, c.val = true, constant.BoolVal(x.Value) != c.negated
		}
		return c
	case *ssa.BinOp:
		w.comparison(s, x, &c)
	default:
		c.key = w.text(s, v, &c, 0)
		c.subject = c.key
	}
	return c
}

func (w *walker) comparison(s *State, x *ssa.BinOp, c *condition) {
	op, a, b := x.Op, s.Resolve(x.X), s.Resolve(x.Y)
	switch op {
	case token.NEQ:
		op, c.negated = token.EQL, !c.negated
	case token.GEQ:
		op, c.negated = token.LSS, !c.negated
	case token.LEQ:
		op, c.negated = token.GTR, !c.negated
	}
	ca, aok := a.(*ssa.Const)
	cb, bok := b.(*ssa.Const)
	if aok && !bok {
		a, b, ca, cb, aok, bok = b, a, cb, ca, false, true
		switch op {
		case token.LSS:
			op = token.GTR
		case token.GTR:
			op = token.LSS
		}
	}
	if aok && bok {
		if ca.Value != nil && cb.Value != nil && ca.Value.Kind() == cb.Value.Kind() {
			c.known, c.val = true, constant.Compare(ca.Value, op, cb.Value) != c.negated
			return
		}
		if ca.IsNil() && cb.IsNil() && op == token.EQL {
			c.known, c.val = true, !c.negated
			return
		}
	}
	if bok && cb.IsNil() && op == token.EQL && neverNil(a) {
		c.known, c.val = true, c.negated
		return
	}
	left := w.text(s, a, c, 0)
	if bok && op == token.EQL {
		c.subject, c.constant = left, cb.String()
	}
	c.key = op.String() + "(" + left + "," + w.text(s, b, c, 0) + ")"
	if c.subject == "" {
		c.subject = c.key
	}
}

// neverNil reports whether the value was just made.
func neverNil(v ssa.Value) bool {
	switch v.(type) {
	case *ssa.MakeChan, *ssa.MakeMap, *ssa.Alloc, *ssa.MakeClosure, *ssa.Function, *ssa.MakeInterface:
		return true
	}
	return false
}

// text is the same for values that are the same as long as nobody stores to what
// they load, and as long as functions answer twice alike.
func (w *walker) text(s *State, v ssa.Value, c *condition, depth int) string {
	v = s.Resolve(v)
	if i, ok := v.(ssa.Instruction); ok && i.Parent() == w.fn {
		c.deps = append(c.deps, i.Block())
	}
	if depth > 4 {
		return w.number(v)
	}
	switch x := v.(type) {
	case *ssa.Const:
		return x.String()
	case *ssa.UnOp:
		if x.Op == token.MUL {
			if cell := s.Cell(x.X); cell.Known() {
				c.deps = c.deps[:max(0, len(c.deps)-1)]
				if i, ok := cell.Root.(ssa.Instruction); ok && i.Parent() == w.fn {
					c.deps = append(c.deps, i.Block())
				}
				c.cells = append(c.cells, cell)
				return "*" + w.number(cell.Root) + cell.Path
			}
		}
	case *ssa.Call:
		name := ""
		if b, ok := x.Call.Value.(*ssa.Builtin); ok {
			name = b.Name()
		} else if t := ir.Target(x.Common()); t != nil && len(x.Call.Args) <= 2 {
			name = ir.Name(t)
		}
		if name != "" {
			if x.Call.IsInvoke() {
				name += "(" + w.text(s, x.Call.Value, c, depth+1)
			}
			for _, a := range x.Call.Args {
				name += "," + w.text(s, a, c, depth+1)
			}
			c.cells = append(c.cells, Cell{}) // to be forgotten in the next turn of a loop
			return name + ")"
		}
	}
	return w.number(v)
}

// stored remembers constants that are stored: closed = true.
func (w *walker) stored(s *State, i *ssa.Store) {
	k, ok := s.Resolve(i.Val).(*ssa.Const)
	cell := s.Cell(i.Addr)
	if !ok || !cell.Known() {
		return
	}
	key := "*" + w.number(cell.Root) + cell.Path
	if w.uses[key] == 0 {
		return
	}
	a := assumption{key: "is " + key, val: k.String(), cells: []Cell{cell}, stored: true}
	if k.Value != nil && k.Value.Kind() == constant.Bool {
		a.key, a.val = key, "f"
		if constant.BoolVal(k.Value) {
			a.val = "t"
		}
	}
	s.assumed = append(s.assumed, a)
}

// decided is what the path has said of the condition before.
func (s *State) decided(c condition) (known, val bool) {
	for _, a := range s.assumed {
		switch {
		case a.key == c.key:
			return true, (a.val == "t") != c.negated
		case c.constant != "" && a.key == "is "+c.subject:
			return true, (a.val == c.constant) != c.negated
		}
	}
	return false, false
}

func (s *State) assume(c condition, taken bool) {
	val := "f"
	if taken != c.negated {
		val = "t"
	}
	a := assumption{key: c.key, val: val, deps: c.deps, cells: c.cells}
	if c.constant != "" && val == "t" {
		a.key, a.val = "is "+c.subject, c.constant
	}
	s.assumed = append(s.assumed, a)
}
