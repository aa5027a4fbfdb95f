package bounds

import (
	"golang.org/x/tools/go/ssa"
)

// A proof is one attempt, with a limit on its steps.
type proof struct {
	*Solver
	fuel    int
	splits  int
	assumed []goal
}

// A goal is x - y <= c, assumed of a phi node while its edges are looked at.
type goal struct {
	x, y Term
	c    int64
}

const (
	maxDepth  = 14
	maxSplits = 3
	maxEdges  = 12
)

// prove tries to show x - y <= c at the point.
func (p *proof) prove(x, y Term, c int64, at point, depth int) bool {
	p.fuel--
	if p.fuel < 0 || depth > maxDepth || c < -limit/2 {
		return false
	}
	if c > limit/2 {
		return true
	}
	if done, ok := p.plain(x, y, c, at, depth); done {
		return ok
	}
	for _, g := range p.assumed {
		if g.x == x && g.y == y && c >= g.c {
			return true
		}
	}
	facts := p.facts(at)
	for _, f := range facts {
		if !f.ne && f.a == x && f.b == y && f.k <= c {
			return true
		}
	}
	for _, f := range facts {
		// x - y <= c+1 and x - y != c+1
		if f.ne && f.a == x && f.b == y && f.k == c+1 && p.prove(x, y, c+1, at, depth+1) {
			return true
		}
	}
	return p.byDefinition(x, y, c, at, depth) ||
		p.transitive(facts, x, y, c, at, depth) ||
		p.byEdges(x, y, c, at, depth) ||
		p.byPaths(x, y, c, at, depth)
}

// plain decides goals that need no search.
func (p *proof) plain(x, y Term, c int64, at point, depth int) (done, ok bool) {
	if x == y {
		return true, c >= 0
	}
	hi, lo := int64(0), int64(0)
	if x.of != number {
		_, hi = p.rangeOf(x, at, depth)
	}
	if y.of != number {
		lo, _ = p.rangeOf(y, at, depth)
	}
	if hi < limit && lo > -limit && hi-lo <= c {
		return true, true
	}
	if p.dead(at) {
		return true, true
	}
	return false, false
}

// transitive goes over one condition that speaks of one of the two terms.
func (p *proof) transitive(facts []fact, x, y Term, c int64, at point, depth int) bool {
	tried := 0
	for _, f := range facts {
		if f.ne || f.a == f.b {
			continue
		}
		if f.a == x && (x.of != number || f.cond) && f.b != y {
			tried++
			if p.prove(f.b, y, c-f.k, at, depth+2) {
				return true
			}
		}
		if f.b == y && y.of != number && f.a != x {
			tried++
			if p.prove(x, f.a, c-f.k, at, depth+2) {
				return true
			}
		}
		if tried > 12 {
			return false
		}
	}
	return false
}

// byDefinition goes over how one of the two terms is computed.
func (p *proof) byDefinition(x, y Term, c int64, at point, depth int) bool {
	above, all := p.above(x, at, depth)
	if p.over(above, all, func(e Expr) bool { return p.prove(e.Term, y, c-e.K, at, depth+1) }) {
		return true
	}
	below, all := p.below(y, at, depth)
	return p.over(below, all, func(e Expr) bool { return p.prove(x, e.Term, c+e.K, at, depth+1) })
}

func (p *proof) over(list []Expr, all bool, try func(Expr) bool) bool {
	for _, e := range list {
		if try(e) != all {
			return !all
		}
	}
	return all && len(list) > 0
}

// byEdges proves the goal of a phi node on each of its edges, assuming it of the
// phi node itself: induction.
func (p *proof) byEdges(x, y Term, c int64, at point, depth int) bool {
	phi := p.phi(x, y)
	if phi == nil || len(phi.Edges) > maxEdges {
		return false
	}
	for _, g := range p.assumed {
		if g.x == x && g.y == y {
			return false // a weaker one is being proven
		}
	}
	p.assumed = append(p.assumed, goal{x, y, c})
	defer func() { p.assumed = p.assumed[:len(p.assumed)-1] }()
	return p.edges(phi.Block(), x, y, c, depth)
}

// phi is the phi node to split: the one that is further in.
func (p *proof) phi(x, y Term) *ssa.Phi {
	a, _ := x.v.(*ssa.Phi)
	b, _ := y.v.(*ssa.Phi)
	switch {
	case a == nil:
		return b
	case b == nil || b.Block() == a.Block():
		return a
	case b.Block().Dominates(a.Block()):
		return a
	}
	return b
}

// edges proves the goal on every edge into the block, with its phi nodes replaced.
func (p *proof) edges(b *ssa.BasicBlock, x, y Term, c int64, depth int) bool {
	for i, pred := range b.Preds {
		e, f := p.along(x, b, i), p.along(y, b, i)
		if e == (Expr{x, 0}) && f == (Expr{y, 0}) && b.Dominates(pred) {
			continue // as it was a turn ago
		}
		if !p.prove(e.Term, f.Term, c+f.K-e.K, edge(pred, b), depth+1) {
			return false
		}
	}
	return len(b.Preds) > 0
}

// along is the term as it is on the i-th edge into the block.
func (p *proof) along(t Term, b *ssa.BasicBlock, i int) Expr {
	phi, ok := t.v.(*ssa.Phi)
	if !ok || phi.Block() != b || i >= len(phi.Edges) {
		return Expr{t, 0}
	}
	switch t.of {
	case value:
		return p.Int(phi.Edges[i])
	case length:
		return p.Len(phi.Edges[i])
	}
	return Expr{Term{t.of, p.same(phi.Edges[i])}, 0}
}

// byPaths looks at each way that leads to the nearest join above the point.
func (p *proof) byPaths(x, y Term, c int64, at point, depth int) bool {
	if p.splits >= maxSplits {
		return false
	}
	b := at.b
	for n := 0; b != nil && n < 40; n++ {
		if len(b.Preds) > 1 && len(b.Preds) <= maxEdges && !loops(b) {
			break
		}
		b = b.Idom()
	}
	if b == nil || len(b.Preds) < 2 || len(b.Preds) > maxEdges || loops(b) || !known(x, b) || !known(y, b) {
		return false
	}
	p.splits++
	defer func() { p.splits-- }()
	return p.edges(b, x, y, c, depth)
}

func loops(b *ssa.BasicBlock) bool {
	for _, pred := range b.Preds {
		if b.Dominates(pred) {
			return true
		}
	}
	return false
}

// known reports whether the term has its value when the block begins.
func known(t Term, b *ssa.BasicBlock) bool {
	i, ok := t.v.(ssa.Instruction)
	if !ok || i.Block() == nil || i.Parent() != b.Parent() {
		return true
	}
	if phi, ok := t.v.(*ssa.Phi); ok && phi.Block() == b {
		return true
	}
	return i.Block() != b && i.Block().Dominates(b)
}
