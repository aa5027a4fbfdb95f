// Package recovernotdeferred holds the rule recover-not-deferred.
package recovernotdeferred

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/internal/recovery"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports recover() in functions that nobody defers.
var Rule = rule.New(rule.Rule{
	ID:   "recover-not-deferred",
	Tier: rule.TierA,
	Doc: rule.Doc{
		Summary: "recover() is called in a function that nobody defers",
		Why: `While no panic is under way, recover() returns nil, and it arranges nothing for
later. In a function that is only called, or that a go statement runs, there is no
panic to recover: the code behind the test of its result is never run, and the
next panic ends the process.

Exported functions may be deferred by packages that are not seen here: findings
in them are of tier C.`,
		Bad:  "func handle(m message) {\n\tif r := recover(); r != nil {\n\t\tlog.Println(r)\n\t}\n\tm.deliver()\n}",
		Good: "func handle(m message) {\n\tdefer func() {\n\t\tif r := recover(); r != nil {\n\t\t\tlog.Println(r)\n\t\t}\n\t}()\n\tm.deliver()\n}",
		LeftAlone: []string{
			"a function that somebody in the package defers, also as a method value, through a variable or an interface",
			"a function that is stored, returned, or given to somebody who may defer it; when it does more than recover, tier C",
			"a function that a deferred function calls: that is recover-depth",
			"an argument of a defer statement: that is recover-eager-arg",
			"an exported function or method: tier C, others may defer it",
			"a function that is not used at all and does nothing but recover: tier C, another build of the package may defer it",
		},
		Scenarios: []string{"recover-not-deferred"},
	},
}, run, behaviour.Analyzer)

func run(pass *rule.Pass) error {
	facts := pass.ResultOf[behaviour.Analyzer].(*behaviour.Facts)
	eager := eagerCalls(pass, facts)
	for _, fn := range facts.Funcs {
		for _, c := range recovery.Calls(fn) {
			if _, ok := c.(*ssa.Call); !ok || eager[c.Pos()] {
				continue
			}
			decl := recovery.Declared(fn)
			if tier, ok := dead(facts, decl); ok {
				report(pass, facts.Use(decl), decl, c, tier)
			}
		}
	}
	return nil
}

// eagerCalls are those that a defer statement evaluates, by the parenthesis where
// SSA says that a call is.
func eagerCalls(pass *rule.Pass, facts *behaviour.Facts) map[token.Pos]bool {
	eager := make(map[token.Pos]bool)
	for _, fn := range facts.Funcs {
		recovery.Walk(fn, func(n ast.Node) bool {
			if s, ok := n.(*ast.DeferStmt); ok {
				for _, call := range recovery.Eager(pass.TypesInfo, s) {
					eager[call.Lparen] = true
				}
			}
			return true
		})
	}
	return eager
}

// dead reports whether nobody can have deferred fn, and how sure that is.
func dead(facts *behaviour.Facts, fn *ssa.Function) (rule.Tier, bool) {
	use := facts.Use(fn)
	if len(use.Deferred) > 0 || belowDeferred(facts, fn, 0) {
		return "", false
	}
	if !facts.Of(fn).OnlyRecovers && handler(fn) { // net/http calls it
		return rule.TierA, true
	}
	if use.Stored || len(use.Passed) > 0 { // who has it may defer it, most of all when it does nothing else
		return rule.TierC, !facts.Of(fn).OnlyRecovers
	}
	if use.Exported || linked(fn) {
		return rule.TierC, true
	}
	if len(use.Called)+len(use.Spawned) == 0 {
		switch {
		case fn.Parent() != nil: // a literal that is thrown away
			return "", false
		case !entry(fn) && facts.Of(fn).OnlyRecovers:
			return rule.TierC, true
		}
	}
	return rule.TierA, true
}

// handler reports whether the function has the parameters of an http.Handler, and
// so is called for a request.
func handler(fn *ssa.Function) bool {
	params := fn.Signature.Params()
	return params.Len() == 2 && fn.Signature.Results().Len() == 0 &&
		types.TypeString(params.At(0).Type(), nil) == "net/http.ResponseWriter" &&
		types.TypeString(params.At(1).Type(), nil) == "*net/http.Request"
}

// belowDeferred reports whether a deferred function calls or starts fn, directly
// or not.
func belowDeferred(facts *behaviour.Facts, fn *ssa.Function, depth int) bool {
	if depth > 4 {
		return true
	}
	use := facts.Use(fn)
	for _, c := range slices.Concat(use.Called, use.Spawned) {
		p := recovery.Declared(c.Parent())
		if p == fn {
			continue
		}
		if len(facts.Use(p).Deferred) > 0 || belowDeferred(facts, p, depth+1) {
			return true
		}
	}
	return false
}

// linked reports whether other code than Go's can call fn by its name.
func linked(fn *ssa.Function) bool {
	d, ok := fn.Syntax().(*ast.FuncDecl)
	if !ok || d.Doc == nil {
		return false
	}
	for _, c := range d.Doc.List {
		if strings.HasPrefix(c.Text, "//go:linkname ") || strings.HasPrefix(c.Text, "//export ") {
			return true
		}
	}
	return false
}

// entry reports whether the runtime or the go command's tests call fn.
func entry(fn *ssa.Function) bool {
	obj := ir.Object(fn)
	if obj == nil || obj.Signature().Recv() != nil {
		return false
	}
	name := obj.Name()
	return name == "main" || name == "init" || strings.HasPrefix(name, "Test") || strings.HasPrefix(name, "Benchmark")
}

func report(pass *rule.Pass, use behaviour.Use, fn *ssa.Function, c ssa.CallInstruction, tier rule.Tier) {
	name := recovery.Name(fn)
	f := rule.Finding{Pos: c.Pos(), Tier: tier}
	if call := recovery.CallAt(pass.Files, c.Pos()); call != nil {
		f.Pos, f.End = call.Pos(), call.End()
	}
	switch {
	case handler(fn) && tier == rule.TierA:
		f.Message = "recover() in " + name + " stops nothing: " + name + " serves requests, and nobody defers it; call recover in a deferred function"
	case use.Exported:
		f.Message = "recover() in " + name + " stops nothing unless another package defers " + name + ": nobody does here"
	case use.Stored || len(use.Passed) > 0:
		f.Message = "recover() in " + name + " stops nothing unless who is given " + name + " defers it: nobody does here"
	case len(use.Spawned) > 0 && len(use.Called) == 0:
		f.Message = "recover() in " + name + " stops nothing: a goroutine runs " + name + ", and nobody defers it; call recover in a deferred function"
	default:
		f.Message = "recover() in " + name + " stops nothing: nobody defers " + name + ", and where it is called no panic is under way; call recover in a deferred function"
	}
	for _, list := range [][]ssa.CallInstruction{use.Called, use.Spawned} {
		for _, call := range list {
			f.Related = append(f.Related, rule.Place{Pos: call.Pos(), Message: name + " is called, and not deferred"})
		}
	}
	pass.Report(f)
}
