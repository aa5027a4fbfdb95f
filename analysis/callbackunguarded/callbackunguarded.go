// Package callbackunguarded holds the rule callback-unguarded.
package callbackunguarded

import (
	"fmt"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/entry"
	"github.com/backstop-go/backstop/analysis/internal/crash"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/panics"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports functions that can panic and are handed to somebody who runs them
// in a goroutine without a guard.
var Rule = rule.New(rule.Rule{
	ID:   "callback-unguarded",
	Tier: rule.TierB,
	Doc: rule.Doc{
		Summary: "a function that can panic is handed to a goroutine that nobody guards",
		Why: `time.AfterFunc, context.AfterFunc, (*sync.WaitGroup).Go, errgroup.Group.Go and many
functions of libraries run what they are given in goroutines of their own, and
recover nothing. That there is no go statement in one's own code changes nothing:
a panic in the function ends the process.

Which functions do so is told by the code of the module and of its dependencies:
also one that keeps the function in a field, slice, map or channel that a goroutine
of its package works on. For the standard library the model tells, to which
-behaviour.model adds.`,
		Bad:  "time.AfterFunc(delay, func() {\n\tstore.Expire(strings.Split(key, \":\")[1])\n})",
		Good: "time.AfterFunc(delay, func() {\n\tdefer backstop.Recover(ctx)\n\tstore.Expire(strings.Split(key, \":\")[1])\n})",
		LeftAlone: []string{
			"a guard in the function, or in the one that it calls",
			"functions in which nothing panics: they cancel, close, log or send",
			"sort.Slice, sync.Once.Do, filepath.Walk: they call in the goroutine of the caller",
			"net/http and libraries that recover, as the model says",
			"helpers of the same package that start the goroutine: goroutine-unguarded has their go statement",
			"functions that only call what others have registered with the same module",
			"libraries of which the package uses the guard: cron.WithChain(cron.Recover(logger))",
			"tests",
		},
		Scenarios: []string{"afterfunc", "context-afterfunc", "waitgroup-go", "finalizer", "addcleanup"},
	},
}, run, entry.Analyzer, panics.Analyzer)

func run(pass *rule.Pass) error {
	entries := pass.ResultOf[entry.Analyzer].(*entry.Entries)
	facts := pass.ResultOf[panics.Analyzer].(*panics.Facts)
	skip := crash.Skipped(pass.Pass)
	seen := make(map[token.Pos]bool)
	guards := guarding(entries)
	for _, e := range entries.List {
		if e.Kind != entry.Callback && e.Kind != entry.Request || seen[e.Pos] || skip[pass.Fset.Position(e.Pos).Filename] {
			continue
		}
		if e.Guard != entry.None && e.Guard != entry.Disarmed || crash.MayGuard(e.Target) || crash.Ends(entries, e.Target) || elsewhere(pass, e, guards) {
			continue
		}
		p, ok := facts.Runs(e.Call, e.Value)
		if e.Target != nil {
			p, ok = facts.Start(e.Call, e.Target)
		}
		if !ok || !crash.Plausible(p) || p.Kind == panics.Callback && (p.Grade < panics.Likely || own(pass, e)) {
			continue
		}
		seen[e.Pos] = true
		pass.Report(rule.Finding{
			Pos: e.Pos,
			Message: fmt.Sprintf("%s runs this function in a goroutine that recovers nothing, so that a panic in it ends the process: %s",
				short(ir.Target(e.Call.Common())), crash.Why(p)),
			Path: crash.Places(p),
		})
	}
	return nil
}

// guarding lists the packages of which this one uses a guard: cron.WithChain of
// cron.Recover, a middleware that recovers.
func guarding(e *entry.Entries) map[*types.Package]bool {
	guards := make(map[*types.Package]bool)
	for _, fn := range e.SSA.SrcFuncs {
		for _, b := range fn.Blocks {
			for _, i := range b.Instrs {
				for _, op := range i.Operands(nil) {
					used, ok := (*op).(*ssa.Function)
					if !ok || used.Pkg == nil || used.Pkg == fn.Pkg {
						continue
					}
					if strings.Contains(used.Name(), "Recover") || strings.Contains(used.Name(), "PanicHandler") {
						guards[used.Pkg.Pkg] = true
					}
				}
			}
		}
	}
	return guards
}

// elsewhere reports whether the package uses a guard of the library, or the place
// to speak of is the go statement, in a helper of the package.
func elsewhere(pass *rule.Pass, e entry.Entry, guards map[*types.Package]bool) bool {
	via := ir.Target(e.Call.Common())
	return via == nil || via.Pkg() == nil || guards[via.Pkg()] || via.Pkg() == pass.Pkg && !e.Kept && spawns(e.In.Prog.FuncValue(via), 0)
}

// spawns reports whether a go statement stands in the function.
func spawns(fn *ssa.Function, depth int) bool {
	if fn == nil || depth > 4 {
		return false
	}
	found := false
	ir.Calls(fn, func(c ssa.CallInstruction) {
		_, is := c.(*ssa.Go)
		found = found || is
	})
	for _, lit := range fn.AnonFuncs {
		found = found || spawns(lit, depth+1)
	}
	return found
}

// own reports whether the function that runs the callback belongs to the same
// module: whose functions the callback calls in turn is known there.
func own(pass *rule.Pass, e entry.Entry) bool {
	if pass.Module == nil || pass.Module.Path == "" {
		return false
	}
	path := ir.Target(e.Call.Common()).Pkg().Path()
	return path == pass.Module.Path || strings.HasPrefix(path, pass.Module.Path+"/")
}

// short names a function as code does: (*errgroup.Group).Go.
func short(fn *types.Func) string {
	name := func(p *types.Package) string { return p.Name() }
	recv := fn.Signature().Recv()
	if recv == nil {
		return fn.Pkg().Name() + "." + fn.Name()
	}
	return "(" + types.TypeString(recv.Type(), name) + ")." + fn.Name()
}
