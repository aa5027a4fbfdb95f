// Package recovered finds the calls of recover in functions that are deferred, and
// follows what they return: where it is stored, logged, returned, panicked with,
// and which branches run when there was nothing to recover.
//
// Start with [Sites] and [Uses]. Everything stays within one package.
package recovered

import (
	"go/ast"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// A Site is one call of recover in a function that can be deferred.
type Site struct {
	Fn     *ssa.Function       // calls recover
	Call   ssa.CallInstruction // recover(), or defer recover()
	Value  ssa.Value           // what it returned; nil when nobody uses it
	Defers []*ssa.Defer        // the statements of this package that defer Fn
	Called bool                // somebody calls Fn, too
	Test   bool                // in a file of tests
}

// Sites lists the calls of recover that have an effect: those in functions that
// are deferred, or may be by somebody else.
func Sites(f *behaviour.Facts) []Site {
	var sites []Site
	for _, fn := range f.Funcs {
		var calls []ssa.CallInstruction
		ir.Calls(fn, func(c ssa.CallInstruction) {
			if _, spawned := c.(*ssa.Go); !spawned && ir.IsBuiltin(c.Common(), "recover") {
				calls = append(calls, c)
			}
		})
		if len(calls) == 0 {
			continue
		}
		use := f.Use(fn)
		if !use.MayBeDeferred() {
			continue
		}
		var defers []*ssa.Defer
		for _, c := range use.Deferred {
			if d, ok := c.(*ssa.Defer); ok {
				defers = append(defers, d)
			}
		}
		for _, c := range calls {
			if len(defers) == 0 && (eager(c) || !first(c)) {
				continue
			}
			s := Site{Fn: fn, Call: c, Defers: defers, Test: InTest(fn), Called: len(use.Called) > 0}
			if v := c.Value(); v != nil && len(*v.Referrers()) > 0 {
				s.Value = v
			}
			sites = append(sites, s)
		}
	}
	return sites
}

// first reports whether the function starts with the call: one that does other work
// before is no guard, if nobody is known to defer it.
func first(c ssa.CallInstruction) bool {
	if c.Block().Index != 0 {
		return false
	}
	for _, i := range c.Block().Instrs {
		if i == c {
			return true
		}
		if _, ok := i.(*ssa.Call); ok {
			return false
		}
	}
	return false
}

// eager reports whether recover runs when the arguments of a defer statement are
// evaluated, in a function that nobody is known to defer.
func eager(c ssa.CallInstruction) bool {
	if c.Value() == nil {
		return false
	}
	for _, u := range Uses(c.Value()) {
		if d, ok := u.Instr.(*ssa.Defer); ok && d.Parent() == c.Parent() {
			return true
		}
	}
	return false
}

// InTest reports whether the function stands in a file of tests.
func InTest(fn *ssa.Function) bool {
	return strings.HasSuffix(fn.Prog.Fset.Position(fn.Pos()).Filename, "_test.go")
}

// Same reports whether v is the recovered value, as it is or as another interface.
func Same(v, recovered ssa.Value) bool { return same(v, recovered, 0) }

func same(v, recovered ssa.Value, depth int) bool {
	if v == nil || recovered == nil || depth > 8 {
		return false
	}
	if v == recovered {
		return true
	}
	switch v := v.(type) {
	case *ssa.ChangeInterface:
		return same(v.X, recovered, depth+1)
	case *ssa.ChangeType:
		return same(v.X, recovered, depth+1)
	case *ssa.UnOp:
		return same(ir.OnlyStore(v.X), recovered, depth+1)
	}
	return false
}

// Reach is the set of blocks that run when recover returned nil, or when it
// returned a value. It starts at the top of the function.
func (s Site) Reach(recovered bool) map[*ssa.BasicBlock]bool {
	seen := make(map[*ssa.BasicBlock]bool)
	if len(s.Fn.Blocks) == 0 {
		return seen
	}
	todo := []*ssa.BasicBlock{s.Fn.Blocks[0]}
	for len(todo) > 0 {
		b := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if !seen[b] {
			seen[b] = true
			todo = append(todo, s.Next(b, recovered)...)
		}
	}
	return seen
}

// Next are the blocks that may run behind b when recover returned nil, or when it
// returned a value.
func (s Site) Next(b *ssa.BasicBlock, recovered bool) []*ssa.BasicBlock {
	i, ok := b.Instrs[len(b.Instrs)-1].(*ssa.If)
	if !ok || len(b.Succs) != 2 {
		return b.Succs
	}
	yes, known := Holds(i.Cond, s.Value, recovered)
	switch {
	case !known:
		return b.Succs
	case yes:
		return b.Succs[:1]
	default:
		return b.Succs[1:]
	}
}

// Returns reports whether the function may return normally behind a statement
// that defers a call: not when it ends in a loop without end, or in a panic.
func Returns(f *behaviour.Facts, d *ssa.Defer) bool {
	seen := make(map[*ssa.BasicBlock]bool)
	todo := []*ssa.BasicBlock{d.Block()}
	for len(todo) > 0 {
		b := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[b] {
			continue
		}
		seen[b] = true
		ends := false
		for _, i := range b.Instrs {
			switch i := i.(type) {
			case *ssa.Return:
				return true
			case *ssa.Call:
				ends = ends || f.OfCall(i.Common()).NeverReturns
			}
		}
		if !ends {
			todo = append(todo, b.Succs...)
		}
	}
	return false
}

// Holds decides a condition on the value v, given that v is nil or is not; known
// is false when it depends on something else.
func Holds(cond, v ssa.Value, notNil bool) (yes, known bool) {
	switch c := cond.(type) {
	case *ssa.UnOp:
		if c.Op.String() == "!" {
			yes, known = Holds(c.X, v, notNil)
			return !yes, known
		}
	case *ssa.BinOp:
		x, y := c.X, c.Y
		if Same(y, v) {
			x, y = y, x
		}
		op := c.Op.String()
		if !Same(x, v) || op != "==" && op != "!=" {
			return false, false
		}
		if isNil(y) {
			return (op == "==") != notNil, true
		}
		// Nothing is compared with a sentinel that is nil.
		return op == "!=", !notNil
	case *ssa.Extract:
		if a, ok := c.Tuple.(*ssa.TypeAssert); ok && c.Index == 1 && Same(a.X, v) && !notNil {
			return false, true
		}
	}
	return false, false
}

func isNil(v ssa.Value) bool {
	c, ok := v.(*ssa.Const)
	return ok && c.IsNil()
}

// Covers reports whether one of the functions that the guard is deferred in is as
// asked for.
func (s Site) Covers(is func(*ssa.Function) bool) bool {
	for _, d := range s.Defers {
		if is(Owner(d)) {
			return true
		}
	}
	return false
}

// Owner is the function at whose end the deferred call runs: not the body of a
// range over a function, which is one for SSA only.
func Owner(d *ssa.Defer) *ssa.Function {
	fn := d.Parent()
	for fn.Parent() != nil {
		if _, ok := fn.Syntax().(*ast.FuncLit); ok {
			break
		}
		fn = fn.Parent()
	}
	return fn
}
