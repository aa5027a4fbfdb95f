package behaviour

import (
	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// GuardKind says what the deferred calls of a function do to its panics.
type GuardKind int

// Kinds of guards, from none to one that works.
const (
	Unguarded GuardKind = iota
	Disarmed            // there is one that recovers too deep to have an effect
	Repanics            // there is one that may panic again
	Guarded
)

// A Guard is the best deferred call of a function that recovers.
type Guard struct {
	Kind   GuardKind
	Defer  *ssa.Defer    // nil for Unguarded
	Callee *ssa.Function // what is deferred, where it is known
}

// Covers reports whether a panic at the instruction is recovered: the guard
// works and has been deferred on every path that leads there.
func (g Guard) Covers(i ssa.Instruction) bool {
	return g.Kind == Guarded && ir.Before(g.Defer, i)
}

// Guard finds the guard of a function.
func (f *Facts) Guard(fn *ssa.Function) Guard {
	var best Guard
	if fn == nil {
		return best
	}
	ir.Calls(fn, func(c ssa.CallInstruction) {
		d, ok := c.(*ssa.Defer)
		if !ok {
			return
		}
		g := Guard{Defer: d, Callee: ir.Callee(d.Common())}
		switch what := f.OfCall(d.Common()); {
		case what.Recovers == Directly && what.Repanics:
			g.Kind = Repanics
		case what.Recovers == Directly:
			g.Kind = Guarded
		case what.Recovers == TooDeep && what.Depth == 1: // deeper, it is no guard but calls one
			g.Kind = Disarmed
		}
		if g.Kind > best.Kind {
			best = g
		}
	})
	return best
}
