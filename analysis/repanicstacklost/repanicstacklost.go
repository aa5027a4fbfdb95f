// Package repanicstacklost holds the rule repanic-stack-lost.
package repanicstacklost

import (
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/internal/recovered"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports panics with a recovered value whose stack is gone.
var Rule = rule.New(rule.Rule{
	ID:   "repanic-stack-lost",
	Tier: rule.TierB,
	Doc: rule.Doc{
		Summary: "a recovered value is panicked with again where its stack is gone",
		Why: `A panic in the deferred function that recovered prints both: "panic: boom [recovered,
repanicked]", and the frames below it are those of the first panic. Once the deferred
function has returned, or in another goroutine, the same value starts a new panic, and
the traceback shows where it was handed over instead of where it went wrong.`,
		Bad: "func() {\n\tdefer func() { p = recover() }()\n\tf()\n}()\nif p != nil {\n\tpanic(p)\n}",
		Good: "func() {\n\tdefer func() {\n\t\tif r := recover(); r != nil {\n\t\t\tp = fmt.Errorf(\"%v\\n%s\", r, debug.Stack())\n" +
			"\t\t}\n\t}()\n\tf()\n}()\nif p != nil {\n\tpanic(p)\n}",
		LeftAlone: []string{
			"a panic in the deferred function that recovered: the stack is still there",
			"a value that is handed over together with its stack, or whose guard has logged the stack",
			"an error made of it that is returned, and panicked with by nobody here",
			"a value of the package's own type: it unwinds, and nobody asks for its stack",
			"package runtime, which prints the stack itself",
		},
		Scenarios: []string{"repanic-same", "repanic-other"},
	},
}, run, behaviour.Analyzer)

func run(pass *rule.Pass) error {
	if pass.Pkg.Path() == "runtime" {
		return nil
	}
	c := &checker{
		pass: pass, facts: pass.ResultOf[behaviour.Analyzer].(*behaviour.Facts),
		reported: make(map[token.Pos]bool), seen: make(map[any]bool),
	}
	for _, s := range recovered.Sites(c.facts) {
		if s.Test || s.Value == nil || takesStack(s.Fn, c.facts, 0) {
			continue
		}
		clear(c.seen)
		c.site = s
		c.follow(recovered.Uses(s.Value), 0, false)
	}
	return nil
}

// takesStack reports whether the guard, or a literal within, takes the stack.
func takesStack(fn *ssa.Function, facts *behaviour.Facts, depth int) bool {
	if facts.Of(fn).Stack || depth > 4 {
		return true
	}
	for _, lit := range fn.AnonFuncs {
		if takesStack(lit, facts, depth+1) {
			return true
		}
	}
	return false
}

type checker struct {
	pass     *rule.Pass
	facts    *behaviour.Facts
	site     recovered.Site
	reported map[token.Pos]bool
	seen     map[any]bool
}

// far is how often a value may be handed over.
const far = 4

// follow looks for panics with the value. Returned by a function, it is an error
// like any other, which a helper of the caller may unwind with.
func (c *checker) follow(uses []recovered.Use, depth int, returned bool) {
	for _, u := range uses {
		if c.own(u.Asserted) || c.reported[u.Instr.Pos()] {
			continue
		}
		switch i := u.Instr.(type) {
		case *ssa.Panic:
			if ir.Panics(i) && c.elsewhere(i.Parent()) {
				c.report(i.Pos())
			}
		case *ssa.Go:
			if ir.IsBuiltin(i.Common(), "panic") {
				c.report(i.Pos())
			}
		}
		_, call := u.Instr.(*ssa.Call)
		if depth == far || returned && call {
			continue
		}
		_, ret := u.Instr.(*ssa.Return)
		for _, next := range c.next(u) {
			c.follow(next, depth+1, returned || ret)
		}
	}
}

// next is where the value is used after it was handed over.
func (c *checker) next(u recovered.Use) [][]recovered.Use {
	switch i := u.Instr.(type) {
	case *ssa.Store:
		return c.readers(i.Addr)
	case *ssa.Send:
		return c.receivers(i.Chan)
	case *ssa.Select:
		for _, s := range i.States {
			if s.Dir == types.SendOnly && s.Send == u.Value {
				return c.receivers(s.Chan)
			}
		}
	case *ssa.Return:
		return c.callers(i, u.Value)
	case *ssa.Call:
		return c.handed(i, u.Value)
	}
	return nil
}

// own reports whether the package made the type for its own panics.
func (c *checker) own(t types.Type) bool {
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Pkg() == c.pass.Pkg
}

// elsewhere reports whether a panic in fn is not one of the deferred function that
// recovered: it is in another function, or in a goroutine.
func (c *checker) elsewhere(fn *ssa.Function) bool {
	for f := fn; f != nil; f = f.Parent() {
		if f == c.site.Fn {
			return false
		}
		if len(c.facts.Use(f).Spawned) > 0 {
			return true
		}
	}
	// A function that the guard calls with the value panics while the guard runs.
	called := false
	ir.Calls(c.site.Fn, func(i ssa.CallInstruction) {
		_, spawned := i.(*ssa.Go)
		called = called || !spawned && c.facts.Callee(i.Common()) == fn
	})
	return !called
}

func (c *checker) report(pos token.Pos) {
	if c.reported[pos] {
		return
	}
	c.reported[pos] = true
	c.pass.Report(rule.Finding{
		Pos: pos,
		Message: "panics with a recovered value after its stack is gone, so that the traceback does not show where it went wrong; " +
			"take debug.Stack() where it is recovered and hand both over",
		Related: []rule.Place{{Pos: c.site.Call.Pos(), Message: "recovered here"}},
	})
}
