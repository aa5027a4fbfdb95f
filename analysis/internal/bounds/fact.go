package bounds

import (
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// A fact says a - b <= k, or a - b != k.
type fact struct {
	a, b Term
	k    int64
	ne   bool
	cond bool // from a condition, not from an operation that would have panicked
}

// A block is what a basic block says of what runs after it.
type block struct {
	then, otherwise []fact      // when its condition holds, and when not
	opaque          []ssa.Value // parts of its condition that are no comparison of integers
	access          []access    // what its instructions have shown
	dead            int         // the index of a call that never returns, or -1
}

type access struct {
	at    int
	facts []fact
}

// chain is what holds in a block before its first instruction, the nearest first.
type chain struct {
	facts  []fact
	opaque []ssa.Value
}

const maxFacts = 400

// A point is a place in a block: before its instruction at, or on the edge that
// leaves it for the block to.
type point struct {
	b  *ssa.BasicBlock
	at int
	to *ssa.BasicBlock
}

func before(i ssa.Instruction) point {
	b := i.Block()
	for n, other := range b.Instrs {
		if other == i {
			return point{b: b, at: n}
		}
	}
	return point{b: b}
}

func edge(from, to *ssa.BasicBlock) point {
	return point{b: from, at: len(from.Instrs), to: to}
}

// facts are what holds at the point.
func (s *Solver) facts(p point) []fact {
	own := s.block(p.b)
	var all []fact
	if p.to != nil && len(p.b.Succs) == 2 && p.b.Succs[0] != p.b.Succs[1] {
		if p.b.Succs[0] == p.to {
			all = append(all, own.then...)
		} else {
			all = append(all, own.otherwise...)
		}
	}
	for i := len(own.access) - 1; i >= 0; i-- {
		if own.access[i].at < p.at {
			all = append(all, own.access[i].facts...)
		}
	}
	return append(all, s.chain(p.b, 0).facts...)
}

// dead reports whether nothing runs at the point, because a call before it does
// not return.
func (s *Solver) dead(p point) bool {
	for b, n := p.b, 0; b != nil && n < 50; b, n = b.Idom(), n+1 {
		if d := s.block(b).dead; d >= 0 && (b != p.b || d < p.at) {
			return true
		}
	}
	return false
}

// chain collects what the blocks that dominate b say.
func (s *Solver) chain(b *ssa.BasicBlock, depth int) chain {
	if c, ok := s.chains[b]; ok {
		return c
	}
	var c chain
	s.chains[b] = c // for loops of literals that cannot be
	d := b.Idom()
	switch {
	case depth > 500:
		return c
	case d == nil:
		c = s.outside(b, depth)
	default:
		own := s.block(d)
		if len(b.Preds) == 1 && len(d.Succs) == 2 && d.Succs[0] != d.Succs[1] {
			if d.Succs[0] == b {
				c.facts = append(c.facts, own.then...)
			} else {
				c.facts = append(c.facts, own.otherwise...)
			}
			c.opaque = append(c.opaque, own.opaque...)
		} else if len(d.Succs) == 2 {
			// A join behind a condition: one of its sides may have left.
			c.opaque = append(c.opaque, s.guards(d, b)...)
		}
		for i := len(own.access) - 1; i >= 0; i-- {
			c.facts = append(c.facts, own.access[i].facts...)
		}
		up := s.chain(d, depth+1)
		c.facts = append(c.facts, up.facts...)
		c.opaque = append(c.opaque, up.opaque...)
	}
	c.facts = c.facts[:min(len(c.facts), maxFacts)]
	c.opaque = c.opaque[:min(len(c.opaque), maxFacts)]
	s.chains[b] = c
	return c
}

// outside is what holds where a literal is made.
func (s *Solver) outside(b *ssa.BasicBlock, depth int) chain {
	fn := b.Parent()
	if fn.Parent() == nil || b != fn.Blocks[0] {
		return chain{}
	}
	if s.callers == nil {
		s.indexCalls()
	}
	m := s.made[fn]
	if m == nil {
		return chain{}
	}
	p := before(m)
	up := s.chain(p.b, depth+1)
	return chain{facts: s.facts(p), opaque: up.opaque}
}

// guards are the parts of conditions between d and the join b, as in a || b, where
// each leads away from b on one side.
func (s *Solver) guards(d, b *ssa.BasicBlock) []ssa.Value {
	var found []ssa.Value
	seen := map[*ssa.BasicBlock]bool{b: true}
	var walk func(x *ssa.BasicBlock, depth int)
	walk = func(x *ssa.BasicBlock, depth int) {
		if seen[x] || depth > 6 || len(seen) > 30 {
			return
		}
		seen[x] = true
		found = append(found, s.block(x).opaque...)
		for _, succ := range x.Succs {
			if d.Dominates(succ) {
				walk(succ, depth+1)
			}
		}
	}
	walk(d, 0)
	return found
}

// block looks at one basic block.
func (s *Solver) block(b *ssa.BasicBlock) *block {
	if known := s.blocks[b]; known != nil {
		return known
	}
	own := &block{dead: -1}
	s.blocks[b] = own
	for n, i := range b.Instrs {
		if c, ok := i.(*ssa.Call); ok && own.dead < 0 && s.noReturn != nil && s.noReturn(&c.Call) {
			own.dead = n
		}
		if f := s.shown(i); len(f) > 0 {
			own.access = append(own.access, access{n, f})
		}
	}
	if len(b.Instrs) == 0 {
		return own
	}
	if c, ok := b.Instrs[len(b.Instrs)-1].(*ssa.If); ok {
		own.then = s.holds(c.Cond, true, 0)
		own.otherwise = s.holds(c.Cond, false, 0)
		own.opaque = append(own.opaque, c.Cond)
	}
	return own
}

// le is x <= y + k.
func le(x, y Expr, k int64) fact {
	return fact{a: x.Term, b: y.Term, k: y.K - x.K + k}
}

// shown is what is true once the instruction has run without a panic.
func (s *Solver) shown(i ssa.Instruction) []fact {
	var x, index ssa.Value
	switch i := i.(type) {
	case *ssa.IndexAddr:
		x, index = i.X, i.Index
	case *ssa.Index:
		x, index = i.X, i.Index
	case *ssa.Lookup:
		if basic(i.X.Type()) == nil {
			return nil
		}
		x, index = i.X, i.Index
	case *ssa.Slice:
		return s.sliced(i)
	default:
		return nil
	}
	e := s.Int(index)
	return []fact{le(e, s.Len(x), -1), le(Expr{}, e, 0)}
}

func (s *Solver) sliced(i *ssa.Slice) []fact {
	var facts []fact
	size := s.Len(i.X)
	if i.High != nil {
		high := s.Int(i.High)
		facts = append(facts, le(high, size, 0), le(Expr{}, high, 0))
		size = high
	}
	if i.Low != nil {
		low := s.Int(i.Low)
		facts = append(facts, le(low, size, 0), le(Expr{}, low, 0))
	}
	return facts
}

// holds is what is true when the condition is.
func (s *Solver) holds(cond ssa.Value, is bool, depth int) []fact {
	if depth > 4 {
		return nil
	}
	var facts []fact
	switch c := cond.(type) {
	case *ssa.UnOp:
		if c.Op == token.NOT {
			return s.holds(c.X, !is, depth+1)
		}
		if one := s.only(c); one != nil {
			return s.holds(one, is, depth+1)
		}
	case *ssa.BinOp:
		facts = s.compared(c, is)
	case *ssa.Call:
		facts = s.asked(c, is)
	case *ssa.Phi:
		facts = s.joined(c, is, depth)
	}
	for i := range facts {
		facts[i].cond = true
	}
	return facts
}

// joined is what holds when a && b, kept in a variable, is true, or a || b is
// false: then the value came from the only edge that is not a constant.
func (s *Solver) joined(c *ssa.Phi, is bool, depth int) []fact {
	var facts []fact
	at := -1
	for i, e := range c.Edges {
		k, ok := e.(*ssa.Const)
		if ok && k.Value != nil && (k.Value.String() == "true") != is {
			continue
		}
		if at >= 0 {
			return nil
		}
		at = i
	}
	if at < 0 || at >= len(c.Block().Preds) {
		return nil
	}
	from := edge(c.Block().Preds[at], c.Block())
	facts = append(facts, s.holds(c.Edges[at], is, depth+1)...)
	if from.b.Idom() != nil && !c.Block().Dominates(from.b) {
		for b := from.b; b != nil && b != c.Block().Idom(); b = b.Idom() {
			if up := b.Idom(); up != nil && len(b.Preds) == 1 && len(up.Succs) == 2 {
				own := s.block(up)
				if up.Succs[0] == b {
					facts = append(facts, own.then...)
				} else {
					facts = append(facts, own.otherwise...)
				}
			}
		}
	}
	return facts
}

func (s *Solver) compared(c *ssa.BinOp, is bool) []fact {
	op := c.Op
	if !is {
		op = map[token.Token]token.Token{
			token.LSS: token.GEQ, token.GEQ: token.LSS, token.GTR: token.LEQ,
			token.LEQ: token.GTR, token.EQL: token.NEQ, token.NEQ: token.EQL,
		}[op]
	}
	if !isInt(c.X.Type()) {
		return s.comparedOther(c, op)
	}
	x, y := s.Int(c.X), s.Int(c.Y)
	var facts []fact
	switch op {
	case token.LSS:
		facts = []fact{le(x, y, -1)}
	case token.LEQ:
		facts = []fact{le(x, y, 0)}
	case token.GTR:
		facts = []fact{le(y, x, -1)}
	case token.GEQ:
		facts = []fact{le(y, x, 0)}
	case token.EQL:
		facts = []fact{le(x, y, 0), le(y, x, 0)}
	case token.NEQ:
		facts = []fact{
			{a: x.Term, b: y.Term, k: y.K - x.K, ne: true},
			{a: y.Term, b: x.Term, k: x.K - y.K, ne: true},
		}
	}
	facts = s.allOrNothing(facts)
	if isUnsigned(c.X.Type()) && (op == token.LSS || op == token.LEQ) {
		facts = append(facts, le(Expr{}, x, 0)) // uint(i) < uint(n) is false for a negative i
	}
	return facts
}

// allOrNothing: a match of a regular expression that is not empty has all groups.
func (s *Solver) allOrNothing(facts []fact) []fact {
	for i, f := range facts {
		switch {
		case f.ne && f.a.of == length && f.b.of == number && f.k == 0 && s.groups(f.a.v) > 0:
			facts = append(facts, fact{a: Term{}, b: f.a, k: -s.groups(f.a.v)})
		case !f.ne && f.b.of == length && f.a.of == number && f.k < 0:
			facts[i].k = min(f.k, -s.groups(f.b.v))
		}
	}
	return facts
}

// comparedOther takes what comparisons of strings and slices say of lengths.
func (s *Solver) comparedOther(c *ssa.BinOp, op token.Token) []fact {
	x, y := c.X, c.Y
	if _, ok := x.(*ssa.Const); ok {
		x, y = y, x
	}
	k, ok := y.(*ssa.Const)
	if b := basic(x.Type()); b != nil && b.Info()&types.IsString != 0 {
		a, n := s.Len(x), s.Len(y)
		switch {
		case op == token.EQL:
			return []fact{le(a, n, 0), le(n, a, 0)}
		case op == token.NEQ && ok && n == (Expr{}):
			return []fact{le(Number(1), a, 0)}
		}
		return nil
	}
	if ok && k.IsNil() && isSlice(x.Type()) {
		if op == token.EQL {
			return []fact{le(s.Len(x), Expr{}, 0)}
		}
		if op == token.NEQ {
			// A slice that is not nil may be empty, but whoever asks so means this.
			return []fact{le(Number(max(1, s.groups(x))), s.Len(x), 0)}
		}
	}
	return nil
}

// asked is what the answers of functions of package strings and its kin say.
func (s *Solver) asked(c *ssa.Call, is bool) []fact {
	args := c.Call.Args
	if !is || len(args) != 2 {
		return nil
	}
	yes := le(Number(1), Expr{Term{value, s.same(c)}, 0}, 0)
	switch ir.Name(ir.Target(&c.Call)) {
	case "strings.HasPrefix", "bytes.HasPrefix", "strings.HasSuffix", "bytes.HasSuffix",
		"strings.Contains", "bytes.Contains", "bytes.Equal":
		return []fact{yes, le(s.Len(args[1]), s.Len(args[0]), 0)}
	case "strings.ContainsRune", "strings.ContainsAny", "bytes.ContainsAny", "bytes.ContainsRune":
		return []fact{yes, le(Number(1), s.Len(args[0]), 0)}
	}
	return []fact{yes}
}
