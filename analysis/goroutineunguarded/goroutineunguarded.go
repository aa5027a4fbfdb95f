// Package goroutineunguarded holds the rule goroutine-unguarded.
package goroutineunguarded

import (
	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/entry"
	"github.com/backstop-go/backstop/analysis/internal/crash"
	"github.com/backstop-go/backstop/analysis/panics"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports go statements whose goroutine can panic and has no guard.
var Rule = rule.New(rule.Rule{
	ID:   "goroutine-unguarded",
	Tier: rule.TierB,
	Doc: rule.Doc{
		Summary: "a goroutine that can panic has no guard",
		Why: `A panic runs the deferred calls of its own goroutine and of no other. When none of
them recovers, the whole process ends with exit code 2, with every request that it
was serving; a guard in the function that started the goroutine sees nothing.

Reported are goroutines that reach a panic which depends on data or on functions
that others supply. One that only waits, locks, logs and sends needs no guard.`,
		Bad: "go func() {\n\tfor job := range jobs {\n\t\tjob.Run(strings.Split(job.Args, \",\")[1])\n\t}\n}()",
		Good: "go func() {\n\tfor job := range jobs {\n\t\tfunc() {\n\t\t\tdefer backstop.Recover(ctx)\n" +
			"\t\t\tjob.Run(strings.Split(job.Args, \",\")[1])\n\t\t}()\n\t}\n}()",
		LeftAlone: []string{
			"a guard in the function that the goroutine calls, or around each round of its loop: it recovers there",
			"wrappers that recover, such as safego.Go(func() { ... }): who calls the function has the guard",
			"goroutines that only wait, lock, log, send and receive: nothing in them panics",
			"go func() { log.Fatal(http.ListenAndServe(addr, nil)) }(): it ends the process on purpose",
			"panics that state what cannot be: the default of a switch over all values, panic(\"unreachable\")",
			"guards that panic again, or exit: somebody wants the process to end",
			"tests and generated files",
			"go statements in handlers: rule handler-spawn has them",
		},
		Scenarios: []string{"panic-in-goroutine", "panic-in-goroutine-own-recover"},
	},
}, run, entry.Analyzer, panics.Analyzer)

// maxShared is how many goroutines are named that come to the same panic by way
// of other functions: where a hub panics, one guard more does not help.
const maxShared = 3

func run(pass *rule.Pass) error {
	entries := pass.ResultOf[entry.Analyzer].(*entry.Entries)
	facts := pass.ResultOf[panics.Analyzer].(*panics.Facts)
	skip := crash.Skipped(pass.Pass)
	shared := make(map[string]int)
	seen := make(map[ssa.CallInstruction]bool)
	for _, e := range entries.List {
		if e.Kind != entry.Go || seen[e.Call] || skip[pass.Fset.Position(e.Pos).Filename] {
			continue
		}
		seen[e.Call] = true
		if entries.InRequest(e.In) != nil && !crash.Spawner(entries, e) || e.Guard == entry.Repanics || crash.Ends(entries, e.Target) || crash.MayGuard(e.Target) {
			continue
		}
		p, ok := facts.Reached(e.Call)
		if !ok || !crash.Plausible(p) || e.Guard == entry.AtEntry && len(p.Calls) == 1 {
			continue // of what comes before the guard, guard-late speaks
		}
		if len(p.Calls) > 2 {
			key := p.Why + p.Calls[len(p.Calls)-1].Name
			if shared[key]++; shared[key] > maxShared {
				continue
			}
		}
		message := "a panic of this goroutine ends the process, for nothing in it recovers: " + crash.Why(p)
		pass.Report(rule.Finding{Pos: e.Pos, Message: message, Path: crash.Places(p)})
	}
	return nil
}
