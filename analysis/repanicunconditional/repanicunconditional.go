// Package repanicunconditional holds the rule repanic-unconditional.
package repanicunconditional

import (
	"go/token"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/internal/recovered"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports deferred functions that panic again though nothing was recovered.
var Rule = rule.New(rule.Rule{
	ID:   "repanic-unconditional",
	Tier: rule.TierA,
	Doc: rule.Doc{
		Summary: "a deferred function panics again even when nothing was recovered",
		Why: `A deferred function runs on every return, and recover returns nil when there is no
panic. A function that recovers and panics again without asking for nil turns each
normal return of the function that defers it into a panic: with a go line of 1.21
or later a *runtime.PanicNilError, which says nothing of the reason.`,
		Bad: "defer func() {\n\tr := recover()\n\tlog.Println(\"worker ended\", r)\n\tpanic(r)\n}()",
		Good: "defer func() {\n\tif r := recover(); r != nil {\n\t\tlog.Println(\"worker died\", r)\n" +
			"\t\tpanic(r)\n\t}\n}()",
		LeftAlone: []string{
			"a panic behind r != nil, or behind an assertion or a comparison that nil does not pass",
			"a panic that says that nothing was recovered, as in tests of code that must panic",
			"a panic that depends on something else, such as a flag that says how far the function got",
			"a guard of a function that never returns: it runs when there is a panic only",
		},
		Scenarios: []string{"panic-nil", "repanic-same"},
	},
}, run, behaviour.Analyzer)

func run(pass *rule.Pass) error {
	facts := pass.ResultOf[behaviour.Analyzer].(*behaviour.Facts)
	reported := make(map[*ssa.Function]bool)
	for _, s := range recovered.Sites(facts) {
		_, called := s.Call.(*ssa.Call) // and not deferred itself, to run at the end of the function
		if !called || reported[s.Fn] || !runsOnReturn(facts, s) {
			continue
		}
		at := again(facts, s)
		if at == token.NoPos {
			continue
		}
		reported[s.Fn] = true
		pass.Report(rule.Finding{
			Pos: at,
			Message: "panics again even when recover returned nil, so that every normal return becomes a panic; " +
				"ask whether the recovered value is nil first",
			Related: []rule.Place{{Pos: s.Call.Pos(), Message: "recover returns nil when nothing panicked"}},
		})
	}
	return nil
}

// runsOnReturn reports whether a function that defers the guard may return.
func runsOnReturn(facts *behaviour.Facts, s recovered.Site) bool {
	for _, d := range s.Defers {
		if recovered.Returns(facts, d) {
			return true
		}
	}
	return len(s.Defers) == 0 && !s.Called
}

// again finds where the function panics though nothing was recovered: every path
// of that case ends there, and paths of the other case do too.
func again(facts *behaviour.Facts, s recovered.Site) token.Pos {
	some := s.Reach(true)
	at := token.NoPos
	seen := make(map[*ssa.BasicBlock]bool)
	returns := false
	var walk func(*ssa.BasicBlock)
	walk = func(b *ssa.BasicBlock) {
		if seen[b] {
			return
		}
		seen[b] = true
		for _, i := range b.Instrs {
			switch i := i.(type) {
			case *ssa.Return:
				returns = true
			case *ssa.Panic:
				if some[b] && at == token.NoPos && ir.Before(s.Call, i) {
					at = i.Pos()
				}
				return
			case *ssa.Defer: // defer panic(v): it panics at its end
				if ir.IsBuiltin(i.Common(), "panic") {
					if some[b] && at == token.NoPos && ir.Before(s.Call, i) {
						at = i.Pos()
					}
					return
				}
			case *ssa.Call:
				switch what := facts.OfCall(i.Common()); {
				case what.Panics:
					if some[b] && at == token.NoPos && ir.Before(s.Call, i) {
						at = i.Pos()
					}
					return
				case what.NeverReturns:
					returns = true // the process ends, or the goroutine
					return
				}
			}
		}
		for _, next := range s.Next(b, false) {
			walk(next)
		}
	}
	walk(s.Fn.Blocks[0])
	if returns {
		return token.NoPos
	}
	return at
}
