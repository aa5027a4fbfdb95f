// Package panicnil holds the rule panic-nil.
package panicnil

import (
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/nilness"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports panic(nil) and panics with an error that is known to be nil.
var Rule = rule.New(rule.Rule{
	ID:   "panic-nil",
	Tier: rule.TierA,
	Doc: rule.Doc{
		Summary: "panic is called with nil",
		Why: `From a go line of 1.21 on, panic(nil) panics with a *runtime.PanicNilError whose
text says nothing of the reason. With an older go line, or GODEBUG=panicnil=1,
recover returns nil, and a guard that asks for nil takes it for no panic.`,
		Bad:  "if err == nil {\n\tpanic(err)\n}",
		Good: "if err != nil {\n\tpanic(err)\n}",
		LeftAlone: []string{
			"panic(err) where err may be nil on some paths only: nobody knows",
			"a nil pointer in an interface: recover returns it, and it is not nil",
		},
		Scenarios: []string{"panic-nil", "panic-nil-panicnil1"},
	},
}, run, nilness.Analyzer)

func run(pass *rule.Pass) error {
	facts := pass.ResultOf[nilness.Analyzer].(*nilness.Facts)
	for _, fn := range facts.Behaviour.Funcs {
		for _, b := range fn.Blocks {
			if p, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Panic); ok && ir.Panics(p) && (isNil(p.X) || foundNil(b, p.X) || notFound(b, p.X) || facts.Zero(plain(p.X))) {
				pass.Reportf(p.Pos(), "panic with nil says nothing of the reason, and guards that ask for nil miss it under GODEBUG=panicnil=1")
			}
		}
	}
	return nil
}

// foundNil reports whether a comparison that leads to the block found that v is
// nil.
func foundNil(b *ssa.BasicBlock, v ssa.Value) bool {
	v = plain(v)
	for d := b; d.Idom() != nil; d = d.Idom() {
		cond, ok := d.Idom().Instrs[len(d.Idom().Instrs)-1].(*ssa.If)
		if !ok || len(d.Preds) != 1 {
			continue
		}
		cmp, ok := cond.Cond.(*ssa.BinOp)
		if !ok || plain(cmp.X) != v && plain(cmp.Y) != v || !isNil(cmp.X) && !isNil(cmp.Y) {
			continue
		}
		onTrue := d.Idom().Succs[0] == d
		if cmp.Op == token.EQL && onTrue || cmp.Op == token.NEQ && !onTrue {
			return true
		}
	}
	return false
}

// notFound reports whether v is what a lookup, an assertion or a receive has beside
// false, in a block that runs only when it is false.
func notFound(b *ssa.BasicBlock, v ssa.Value) bool {
	e, ok := plain(v).(*ssa.Extract)
	if !ok || e.Index != 0 {
		return false
	}
	switch i := e.Tuple.(type) {
	case *ssa.Lookup, *ssa.TypeAssert:
	case *ssa.UnOp:
		if i.Op != token.ARROW {
			return false
		}
	default:
		return false
	}
	for d := b; d.Idom() != nil; d = d.Idom() {
		c, ok := d.Idom().Instrs[len(d.Idom().Instrs)-1].(*ssa.If)
		if !ok || len(d.Preds) != 1 {
			continue
		}
		cond, onTrue := c.Cond, d.Idom().Succs[0] == d
		if not, ok := cond.(*ssa.UnOp); ok && not.Op == token.NOT {
			cond, onTrue = not.X, !onTrue
		}
		if x, ok := cond.(*ssa.Extract); ok && x.Tuple == e.Tuple && x.Index == 1 && !onTrue {
			return true
		}
	}
	return false
}

// plain is the value before it was converted to another interface.
func plain(v ssa.Value) ssa.Value {
	if c, ok := v.(*ssa.ChangeInterface); ok {
		return c.X
	}
	return v
}

// isNil reports whether v is an interface without a type. A nil pointer in an
// interface is a value like any other: recover returns it.
func isNil(v ssa.Value) bool {
	c, ok := plain(v).(*ssa.Const)
	return ok && c.IsNil() && types.IsInterface(c.Type())
}
