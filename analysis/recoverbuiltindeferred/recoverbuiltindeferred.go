// Package recoverbuiltindeferred holds the rule recover-builtin-deferred.
package recoverbuiltindeferred

import (
	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/recovery"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports defer recover() where nobody called the function because of a
// panic.
var Rule = rule.New(rule.Rule{
	ID:   "recover-builtin-deferred",
	Tier: rule.TierA,
	Doc: rule.Doc{
		Summary: "defer recover() recovers nothing",
		Why: `recover stops a panic when a deferred function calls it. In defer recover() it is
the deferred function, and nobody calls it from one: the panic goes on, and the
process ends with it. This is so on every release of Go.`,
		Bad:  "func handle(m message) {\n\tdefer recover()\n\tm.deliver()\n}",
		Good: "func handle(m message) {\n\tdefer func() {\n\t\tif r := recover(); r != nil {\n\t\t\tlog.Printf(\"handle: %v\\n%s\", r, debug.Stack())\n\t\t}\n\t}()\n\tm.deliver()\n}",
		LeftAlone: []string{
			"defer func() { defer recover() }(): the literal is the deferred function and recover runs within it: it works",
			"a named function with defer recover() that is always deferred itself, for the same reason",
			"an exported or stored function that does nothing behind defer recover(): it is there to be deferred",
			"a function named recover that hides the predeclared one",
		},
		Scenarios: []string{"defer-recover-directly"},
	},
}, run, behaviour.Analyzer)

func run(pass *rule.Pass) error {
	facts := pass.ResultOf[behaviour.Analyzer].(*behaviour.Facts)
	for _, fn := range facts.Funcs {
		for _, c := range recovery.Calls(fn) {
			if d, ok := c.(*ssa.Defer); ok && dead(facts, d) {
				report(pass, d)
			}
		}
	}
	return nil
}

// dead reports whether the function of the statement runs where there is no
// panic to recover, or not only there.
func dead(facts *behaviour.Facts, d *ssa.Defer) bool {
	fn := recovery.Declared(d.Parent())
	use := facts.Use(fn)
	work := recovery.WorkAfter(d)
	switch {
	case len(use.Deferred) > 0:
		return work && len(use.Called)+len(use.Spawned) > 0
	case use.Stored: // it may be what defer open()() runs
		return work && !plain(fn)
	case use.Exported || len(use.Passed) > 0:
		return work
	}
	return true
}

// plain reports whether a defer statement can run the function with nothing else.
func plain(fn *ssa.Function) bool {
	return fn.Signature.Params().Len() == 0 && fn.Signature.Results().Len() == 0
}

// report offers no fix: a recover that works would swallow what has been seen so
// far, and what is to be done with it nobody can say for certain.
func report(pass *rule.Pass, d *ssa.Defer) {
	fn := recovery.Declared(d.Parent())
	pass.Reportf(d.Pos(), "defer recover() in "+recovery.Name(fn)+" recovers nothing: recover is the deferred function, and must be called by one; "+
		"write defer func() { ... recover() ... }()")
}
