// Package guardorder holds the rule guard-order.
package guardorder

import (
	"go/types"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/internal/recovered"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports guards that run after those who wait have been told to go on.
var Rule = rule.New(rule.Rule{
	ID:   "guard-order",
	Tier: rule.TierB,
	Doc: rule.Doc{
		Summary: "those who wait for a goroutine go on before its guard has run",
		Why: `Deferred calls run last in, first out. With the guard deferred first, Done, close or
the send that says "ready" comes before it: who waits reads the error before the guard
has stored it, which is a data race too, and main may end before the guard has logged.
The guard has to be deferred last, so that it runs first.`,
		Bad:  "go func() {\n\tdefer func() {\n\t\tif r := recover(); r != nil {\n\t\t\terr = fmt.Errorf(\"panic: %v\", r)\n\t\t}\n\t}()\n\tdefer wg.Done()\n\twork()\n}()",
		Good: "go func() {\n\tdefer wg.Done()\n\tdefer func() {\n\t\tif r := recover(); r != nil {\n\t\t\terr = fmt.Errorf(\"panic: %v\", r)\n\t\t}\n\t}()\n\twork()\n}()",
		LeftAlone: []string{
			"the guard deferred behind Done, close or the send: it runs before them",
			"Unlock, Close, Stop, cancel and the release of a semaphore: nobody takes them for the end of the work",
			"another guard deferred behind the signal: that one recovers first",
			"a guard that tells nobody anything: there is nothing to wait for",
		},
		Scenarios: []string{"panic-in-goroutine-own-recover", "main-returns-first"},
	},
}, run, behaviour.Analyzer)

func run(pass *rule.Pass) error {
	c := &checker{facts: pass.ResultOf[behaviour.Analyzer].(*behaviour.Facts)}
	for _, fn := range c.facts.Funcs {
		c.order(pass, fn)
		c.within(pass, fn)
	}
	return nil
}

type checker struct {
	facts *behaviour.Facts
}

// order looks for a signal that is deferred behind the guard.
func (c *checker) order(pass *rule.Pass, fn *ssa.Function) {
	defers := deferred(fn)
	for n, guard := range defers {
		if !c.isGuard(guard) || !c.tells(guard) {
			continue
		}
		for m, d := range defers {
			if m == n || !ir.Before(guard, d) {
				continue
			}
			what := c.signal(d.Common(), 0)
			if what == "" || c.guardedAgain(defers, d) {
				continue
			}
			pass.Report(rule.Finding{
				Pos: guard.Pos(),
				Message: what + " is deferred behind this guard and runs before it, so that those who wait go on " +
					"before the guard has said what happened; defer the guard last",
				Related: []rule.Place{{Pos: d.Pos(), Message: "runs first"}},
			})
			return
		}
	}
}

// deferred lists the statements that defer calls until the end of fn.
func deferred(fn *ssa.Function) []*ssa.Defer {
	var list []*ssa.Defer
	ir.Calls(fn, func(i ssa.CallInstruction) {
		if d, ok := i.(*ssa.Defer); ok && recovered.Owner(d) == fn {
			list = append(list, d)
		}
	})
	return list
}

// isGuard reports whether the statement defers a function that recovers, and not
// only when it is configured to.
func (c *checker) isGuard(d *ssa.Defer) bool {
	if c.facts.OfCall(d.Common()).Recovers != behaviour.Directly {
		return false
	}
	fn := c.facts.Callee(d.Common())
	if fn == nil || len(fn.Blocks) == 0 {
		return true
	}
	always := false
	ir.Calls(fn, func(i ssa.CallInstruction) {
		always = always || ir.IsBuiltin(i.Common(), "recover") && i.Block() == fn.Blocks[0]
	})
	return always
}

// guardedAgain reports whether another guard is deferred behind the signal: it
// runs before both.
func (c *checker) guardedAgain(defers []*ssa.Defer, signal *ssa.Defer) bool {
	for _, d := range defers {
		if d != signal && ir.Before(signal, d) && c.isGuard(d) {
			return true
		}
	}
	return false
}

// tells reports whether the guard leaves something that others can see: a log, or
// anything that is stored or called behind recover.
func (c *checker) tells(d *ssa.Defer) bool {
	what := c.facts.OfCall(d.Common())
	if what.Reports || what.Repanics {
		return true
	}
	fn := c.facts.Callee(d.Common())
	if fn == nil {
		return false
	}
	for _, b := range fn.Blocks {
		for _, i := range b.Instrs {
			switch i := i.(type) {
			case *ssa.Store:
				if _, local := ir.Base(i.Addr).(*ssa.Alloc); !local {
					return true
				}
			case *ssa.MapUpdate, *ssa.Send:
				return true
			case *ssa.Call:
				if !ir.IsBuiltin(i.Common(), "recover") && !recovered.Formats(i.Common()) {
					return true
				}
			}
		}
	}
	return false
}

// signal names what tells those who wait to go on, or is empty.
func (c *checker) signal(call *ssa.CallCommon, depth int) string {
	if ir.IsBuiltin(call, "close") {
		return "close"
	}
	obj := ir.Target(call)
	switch ir.Name(obj) {
	case "(*sync.WaitGroup).Done":
		return "Done"
	case "(*sync.WaitGroup).Add":
		if n, ok := call.Args[len(call.Args)-1].(*ssa.Const); ok && n.Value != nil && n.Int64() < 0 {
			return "Add(-1)"
		}
	case "(*sync.Cond).Signal", "(*sync.Cond).Broadcast":
		return obj.Name()
	}
	fn := c.facts.Callee(call)
	if fn == nil || depth > 2 || c.facts.Of(fn).Recovers != behaviour.Never {
		return ""
	}
	return c.inShort(fn, depth)
}

// inShort finds a signal in a short function that does nothing else of note.
func (c *checker) inShort(fn *ssa.Function, depth int) string {
	if len(fn.Blocks) != 1 {
		return ""
	}
	for _, i := range fn.Blocks[0].Instrs {
		switch i := i.(type) {
		case *ssa.Send:
			if !carries(i) {
				return "the send"
			}
		case *ssa.Call:
			if what := c.signal(i.Common(), depth+1); what != "" {
				return what
			}
		}
	}
	return ""
}

// carries reports whether a value is sent that says how it ended, which is more
// than a signal and may be what the guard has set before.
func carries(s *ssa.Send) bool {
	switch t := s.X.Type().Underlying().(type) {
	case *types.Struct:
		return t.NumFields() > 0
	case *types.Basic:
		return t.Kind() != types.Bool && t.Kind() != types.Int
	}
	return true
}

// within looks for a guard that signals before it recovers.
func (c *checker) within(pass *rule.Pass, fn *ssa.Function) {
	use := c.facts.Use(fn)
	if len(use.Deferred) == 0 || c.facts.Of(fn).Recovers != behaviour.Directly {
		return
	}
	var signal *ssa.Call
	what := ""
	found := false
	ir.Calls(fn, func(i ssa.CallInstruction) {
		call, ok := i.(*ssa.Call)
		switch {
		case !ok:
		case ir.IsBuiltin(call.Common(), "recover"):
			found = found || signal != nil && ir.Before(signal, call)
		case signal == nil:
			if what = c.signal(call.Common(), 0); what != "" {
				signal = call
			}
		}
	})
	if !found {
		return
	}
	for _, i := range use.Deferred {
		d, ok := i.(*ssa.Defer)
		if !ok || !c.tells(d) {
			continue
		}
		pass.Report(rule.Finding{
			Pos: d.Pos(),
			Message: "this guard calls " + what + " before it recovers, so that those who wait go on before it has said what " +
				"happened; call " + what + " last",
			Related: []rule.Place{{Pos: signal.Pos(), Message: "runs first"}},
		})
	}
}
