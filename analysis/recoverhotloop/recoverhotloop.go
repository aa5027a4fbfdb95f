// Package recoverhotloop holds the rule recover-hot-loop.
package recoverhotloop

import (
	"go/token"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/internal/recovered"
	"github.com/backstop-go/backstop/analysis/panics"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports work that starts again at once after each panic.
var Rule = rule.New(rule.Rule{
	ID:   "recover-hot-loop",
	Tier: rule.TierB,
	Doc: rule.Doc{
		Summary: "work that panics is recovered and started again at once, for ever",
		Why: `A panic mostly comes from data or state that is still there at the next attempt. A loop
that recovers and goes on without a pause takes a whole CPU, fills the log with the same
stack thousands of times a second, and hides that nothing gets done.`,
		Bad: "for {\n\tfunc() {\n\t\tdefer func() {\n\t\t\tif r := recover(); r != nil { ... }\n\t\t}()\n\t\tw.step()\n\t}()\n}",
		Good: "for ctx.Err() == nil {\n\tif err := w.safeStep(); err != nil {\n\t\tselect {\n\t\tcase <-ctx.Done():\n" +
			"\t\tcase <-time.After(backoff):\n\t\t}\n\t}\n}",
		LeftAlone: []string{
			"a loop that waits: for a channel, a ticker, a timer, the network, in its body, in the work or in the guard",
			"a loop that ends by itself: a range, a counter",
			"a loop that is left when the work failed",
			"a restart that counts its attempts",
			"a loop that calls something nobody sees the source of and uses what it returns: it may wait there",
		},
		Scenarios: []string{"busy-loop"},
	},
}, run, behaviour.Analyzer)

func run(pass *rule.Pass) error {
	c := &checker{pass: pass, facts: pass.ResultOf[behaviour.Analyzer].(*behaviour.Facts)}
	for _, fn := range c.facts.Funcs {
		if !recovered.InTest(fn) {
			c.loops(fn)
		}
	}
	seen := make(map[*ssa.Function]bool)
	for _, s := range recovered.Sites(c.facts) {
		if !s.Test && !seen[s.Fn] {
			seen[s.Fn] = true
			c.restarts(s)
		}
	}
	return nil
}

type checker struct {
	pass  *rule.Pass
	facts *behaviour.Facts
}

// loops reports guarded calls in loops of fn that neither end nor wait.
func (c *checker) loops(fn *ssa.Function) {
	for _, l := range loopsOf(fn) {
		if c.paced(l) {
			continue
		}
		for b := range l.body {
			for _, i := range b.Instrs {
				call, ok := i.(*ssa.Call)
				if !ok {
					continue
				}
				if g, ok := c.guarded(call); ok && !c.ends(l, call) {
					c.reportLoop(fn, call, g)
					return
				}
			}
		}
	}
}

// A guarded call is one whose panics are recovered below it.
type guarded struct {
	fn    *ssa.Function // nil when it is of another package
	guard behaviour.Guard
}

// guarded reports whether the call comes back after a panic in what it does, and
// nothing in it is known to wait.
func (c *checker) guarded(call *ssa.Call) (guarded, bool) {
	common := call.Common()
	if c.facts.CallWaits(common) {
		return guarded{}, false
	}
	for n, arg := range ir.Args(common) { // safe(f)
		fn := ir.Func(arg)
		for _, cb := range c.facts.OfCall(common).Callbacks {
			if cb.Param == n && cb.Guarded && !cb.Deferred && cb.Where == "caller" {
				return guarded{}, fn == nil || !c.facts.Of(fn).Waits
			}
		}
	}
	fn := c.facts.Callee(common)
	if fn == nil {
		return guarded{}, false
	}
	for range 3 { // a function that only calls the guarded one
		g := c.facts.Guard(fn)
		if g.Kind == behaviour.Guarded {
			return guarded{fn, g}, !c.gives(g)
		}
		if fn = c.onlyCall(fn); fn == nil {
			break
		}
	}
	return guarded{}, false
}

// onlyCall is the function that fn calls, when it does nothing else.
func (c *checker) onlyCall(fn *ssa.Function) *ssa.Function {
	var only *ssa.Function
	n := 0
	ir.Calls(fn, func(i ssa.CallInstruction) {
		n++
		if call, ok := i.(*ssa.Call); ok {
			only = c.facts.Callee(call.Common())
		}
	})
	if n != 1 || len(fn.Blocks) != 1 {
		return nil
	}
	return only
}

// gives reports whether the guard itself waits, or stops what goes on.
func (c *checker) gives(g behaviour.Guard) bool {
	if g.Callee == nil {
		return true
	}
	what := c.facts.Of(g.Callee)
	if what.Waits || what.Repanics || what.NeverReturns {
		return true
	}
	stops := false
	ir.Calls(g.Callee, func(i ssa.CallInstruction) {
		common := i.Common()
		stops = stops || ir.IsBuiltin(common, "close") || c.facts.OfCall(common).NeverReturns ||
			!common.IsInvoke() && common.Value.Type().String() == "context.CancelFunc"
	})
	return stops
}

func (c *checker) reportLoop(fn *ssa.Function, call *ssa.Call, g guarded) {
	pos := call.Pos()
	what := "the call"
	if g.fn != nil {
		what = panics.Name(g.fn)
	}
	if g.fn != nil && g.fn.Parent() == fn { // a literal that is called where it stands
		what = "the work"
		pos = g.fn.Pos()
		if g.guard.Callee != nil && g.guard.Callee.Parent() == g.fn {
			ir.Calls(g.guard.Callee, func(i ssa.CallInstruction) {
				if ir.IsBuiltin(i.Common(), "recover") {
					pos = i.Pos()
				}
			})
		}
	}
	f := rule.Finding{
		Pos: pos,
		Message: "a panic is recovered and " + what + " starts again at once, for as long as it panics; " +
			"wait before the next attempt, and end after some",
	}
	if g.guard.Defer != nil {
		f.Related = []rule.Place{{Pos: g.guard.Defer.Pos(), Message: "recovers"}}
	}
	c.pass.Report(f)
}

// restarts reports calls by which a guard starts again the function that it
// guards.
func (c *checker) restarts(s recovered.Site) {
	if c.facts.Of(s.Fn).Waits {
		return
	}
	after := s.Reach(true)
	for _, d := range s.Defers {
		owner := recovered.Owner(d)
		if c.facts.Of(owner).Waits {
			continue // what it waits for sets the pace
		}
		for b := range after {
			for _, i := range b.Instrs {
				call, ok := i.(ssa.CallInstruction)
				if !ok || !c.leadsTo(call, owner, 0) || counted(call) {
					continue
				}
				c.pass.Report(rule.Finding{
					Pos: call.Pos(),
					Message: "the guard starts " + panics.Name(owner) + " again at once, for as long as it panics; " +
						"wait before the next attempt, and end after some",
					Related: []rule.Place{{Pos: d.Pos(), Message: "the guard"}},
				})
				return
			}
		}
	}
}

// leadsTo reports whether the call runs the function, here or in a goroutine.
func (c *checker) leadsTo(call ssa.CallInstruction, owner *ssa.Function, depth int) bool {
	fn := c.facts.Callee(call.Common())
	switch {
	case fn == nil || depth > 2:
		return false
	case fn == owner:
		return true
	case c.facts.Of(fn).Waits:
		return false
	}
	found := false
	ir.Calls(fn, func(i ssa.CallInstruction) {
		if _, deferred := i.(*ssa.Defer); !deferred && !found {
			found = c.leadsTo(i, owner, depth+1)
		}
	})
	return found
}

// counted reports whether the restart depends on a number, or hands one on that it
// has changed.
func counted(call ssa.CallInstruction) bool {
	for _, arg := range call.Common().Args {
		if op, ok := arg.(*ssa.BinOp); ok && (op.Op == token.ADD || op.Op == token.SUB) {
			return true
		}
	}
	for b := call.Block(); b != nil; b = b.Idom() {
		if up := b.Idom(); up != nil {
			if i, ok := up.Instrs[len(up.Instrs)-1].(*ssa.If); ok && isNumber(i.Cond) {
				return true
			}
		}
	}
	return false
}
