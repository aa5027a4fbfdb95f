package bounds

import (
	"go/token"
	"regexp"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// A Side is the direction in which a number is dangerous.
type Side int

// Sides.
const (
	TooSmall Side = iota
	TooGreat
)

// Checked reports whether a condition on the way to the instruction, or a call of a
// function that checks, speaks of the values in a way that is not understood. Who
// wrote it knew that there is something to check.
//
// Comparisons with constants, and of the values with each other, are understood:
// [Solver.AtMost] has taken them into account, and they are no evidence.
func (s *Solver) Checked(at ssa.Instruction, side Side, values ...ssa.Value) bool {
	keys := make(map[string]bool)
	for _, v := range values {
		if _, ok := v.(*ssa.Const); !ok && v != nil {
			keys[s.key(v, 0)] = true
		}
		if e, ok := v.(*ssa.Extract); ok {
			keys[itself+s.key(e.Tuple, 0)] = true
		}
	}
	p := before(at)
	for _, f := range s.facts(p) {
		if !f.cond || f.ne {
			continue
		}
		mine, other := f.a, f.b
		if side == TooSmall {
			mine, other = f.b, f.a
		}
		if mine.of == number || other.of == number || !keys[s.key(mine.v, 0)] || keys[s.key(other.v, 0)] {
			continue
		}
		return true
	}
	for _, cond := range s.chain(p.b, 0).opaque {
		if s.speaks(cond, keys, 0) {
			return true
		}
	}
	return s.called(p, keys)
}

// itself marks the call that gave a value: that its error is nil says nothing.
const itself = "call "

// Of are the values whose checks say something of the source, v included.
func (src Source) Of() []ssa.Value { return src.related }

// checkedSource is Checked in both directions, and by comparisons with constants.
func (s *Solver) checkedSource(src Source, at ssa.Instruction) bool {
	return s.Checked(at, TooSmall, src.related...) || s.Checked(at, TooGreat, src.related...)
}

// speaks reports whether a condition that is not understood is about one of the
// values.
func (s *Solver) speaks(cond ssa.Value, keys map[string]bool, depth int) bool {
	if depth > 4 {
		return false
	}
	switch c := cond.(type) {
	case *ssa.UnOp:
		if c.Op == token.NOT {
			return s.speaks(c.X, keys, depth+1)
		}
	case *ssa.Phi:
		for i, e := range c.Edges {
			if s.speaks(e, keys, depth+1) {
				return true
			}
			if i < len(c.Block().Preds) && s.speaks2(c.Block().Preds[i], keys, depth) {
				return true
			}
		}
		return false
	case *ssa.BinOp:
		if isInt(c.X.Type()) {
			return s.nested(c.X, keys) || s.nested(c.Y, keys)
		}
		if _, ok := c.Y.(*ssa.Const); ok && isSlice(c.X.Type()) && keys[s.key(c.X, 0)] {
			return false // understood
		}
	}
	return s.mentions(cond, keys, 0)
}

// speaks2 looks at the condition of a block that a && b or a || b has made.
func (s *Solver) speaks2(b *ssa.BasicBlock, keys map[string]bool, depth int) bool {
	if len(b.Instrs) == 0 {
		return false
	}
	i, ok := b.Instrs[len(b.Instrs)-1].(*ssa.If)
	return ok && s.speaks(i.Cond, keys, depth+1)
}

// nested reports whether a side of a comparison is more than one of the values, or
// its length, plus a constant, and has one of them in it.
func (s *Solver) nested(v ssa.Value, keys map[string]bool) bool {
	e := s.Int(v)
	if e.of == number || keys[s.key(e.v, 0)] {
		return false
	}
	return s.mentions(e.v, keys, 0)
}

func (s *Solver) mentions(v ssa.Value, keys map[string]bool, depth int) bool {
	if v == nil || depth > 6 {
		return false
	}
	if keys[s.key(v, 0)] {
		return true
	}
	any := func(list ...ssa.Value) bool {
		for _, x := range list {
			if s.mentions(x, keys, depth+1) {
				return true
			}
		}
		return false
	}
	switch x := v.(type) {
	case *ssa.BinOp:
		return any(x.X, x.Y)
	case *ssa.UnOp:
		if one := s.only(x); one != nil {
			return any(one)
		}
		if x.Op == token.MUL {
			return keys[s.key(x.X, 0)] // all of a variable, handed to who checks it
		}
		return any(x.X)
	case *ssa.Call:
		if decoder(ir.Target(&x.Call)) || readsInto(&x.Call) != nil && fills(&x.Call) {
			return false // that it went well says nothing of what came
		}
		return any(x.Call.Args...) || x.Call.IsInvoke() && any(x.Call.Value)
	case *ssa.Extract:
		return !keys[itself+s.key(x.Tuple, 0)] && any(x.Tuple)
	case *ssa.Lookup:
		return any(x.X, x.Index)
	case *ssa.Phi:
		return !loops(x.Block()) && len(x.Edges) <= maxEdges && any(x.Edges...)
	case *ssa.Convert:
		return any(x.X)
	case *ssa.ChangeType:
		return any(x.X)
	case *ssa.MakeInterface:
		return any(x.X)
	case *ssa.ChangeInterface:
		return any(x.X)
	case *ssa.TypeAssert:
		return any(x.X)
	case *ssa.Slice:
		return any(x.X)
	}
	return false
}

// Aware reports whether the function compares the length with a constant, earlier
// in its text, so that one of the two outcomes means at least n: what depends on
// the outcome may be kept in another variable.
func (s *Solver) Aware(at ssa.Instruction, size Expr, n int64) bool {
	return s.earlier(at, func(c *ssa.BinOp) bool {
		for _, f := range append(s.compared(c, true), s.compared(c, false)...) {
			if !f.ne && f.a.of == number && f.b == size.Term && size.of == length && -f.k+size.K >= n {
				return true
			}
		}
		return false
	})
}

// AwareOf reports whether the function compares one of the numbers, earlier in its
// text: with 0 or 1 for TooSmall, with something else for TooGreat.
func (s *Solver) AwareOf(at ssa.Instruction, side Side, values ...ssa.Value) bool {
	keys := make(map[string]bool)
	for _, v := range values {
		if _, ok := v.(*ssa.Const); !ok && v != nil {
			keys[s.key(v, 0)] = true
		}
	}
	return s.earlier(at, func(c *ssa.BinOp) bool {
		switch c.Op {
		case token.LSS, token.LEQ, token.GTR, token.GEQ:
		default:
			return false
		}
		x, y := s.Int(c.X), s.Int(c.Y)
		if y.of == number {
			x, y = y, x
		}
		if x.of == number {
			return y.of == value && (x.K > 1 || x.K < -1) == (side == TooGreat) && keys[s.key(y.v, 0)]
		}
		return side == TooGreat && x.of == value && keys[s.key(x.v, 0)] != (y.of == value && keys[s.key(y.v, 0)])
	})
}

// earlier looks at the comparisons of integers in the function, and those around
// it, that stand before the instruction.
func (s *Solver) earlier(at ssa.Instruction, is func(*ssa.BinOp) bool) bool {
	for fn := at.Parent(); fn != nil; fn = fn.Parent() {
		for _, b := range fn.Blocks {
			for _, i := range b.Instrs {
				if c, ok := i.(*ssa.BinOp); ok && c.Pos() < at.Pos() && isInt(c.X.Type()) && is(c) {
					return true
				}
			}
		}
	}
	return false
}

var checks = regexp.MustCompile(`(?i)check|valid|require|assert|must|ensure|expect|verify|len|fatal`)

// called reports whether a function whose name says that it checks was called with
// one of the values, and nothing became of its result: it panics, or stops a test.
func (s *Solver) called(p point, keys map[string]bool) bool {
	for b, n := p.b, 0; b != nil && n < 100; b, n = b.Idom(), n+1 {
		for at, i := range b.Instrs {
			if b == p.b && at >= p.at {
				break
			}
			c, ok := i.(*ssa.Call)
			if !ok || c.Call.IsInvoke() {
				continue
			}
			fn := ir.Target(&c.Call)
			if fn == nil || !checks.MatchString(fn.Name()) {
				continue
			}
			for _, a := range c.Call.Args {
				if s.mentions(a, keys, 3) {
					return true
				}
			}
		}
	}
	return false
}
