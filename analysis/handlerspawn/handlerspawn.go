// Package handlerspawn holds the rule handler-spawn.
package handlerspawn

import (
	"fmt"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/entry"
	"github.com/backstop-go/backstop/analysis/internal/crash"
	"github.com/backstop-go/backstop/analysis/panics"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports goroutines that handlers start and nobody guards.
var Rule = rule.New(rule.Rule{
	ID:   "handler-spawn",
	Tier: rule.TierA,
	Doc: rule.Doc{
		Summary: "a handler starts a goroutine that can panic and has no guard",
		Why: `net/http recovers what a handler panics with, and so do the middlewares of routers;
both do so in the goroutine of the request. A goroutine that the handler starts is
another one: its panic ends the process, with all other requests, and what decides
whether it panics often comes from the request itself.`,
		Bad:  "func (s *Server) create(w http.ResponseWriter, r *http.Request) {\n\tgo s.notify(r.FormValue(\"to\"))\n}",
		Good: "func (s *Server) create(w http.ResponseWriter, r *http.Request) {\n\tto := r.FormValue(\"to\")\n\tbackstop.Go(r.Context(), func() { s.notify(to) })\n}",
		LeftAlone: []string{
			"a guard in the goroutine, or in the function that it calls",
			"wrappers that recover, such as safego.Go(func() { ... })",
			"goroutines in which nothing panics: they wait, copy, log or send a result",
			"goroutines that are started when handlers are made, not when they run",
			"tests",
		},
		Scenarios: []string{"http-handler-goroutine", "http-handler"},
	},
}, run, entry.Analyzer, panics.Analyzer)

// far is after how many calls a goroutine is not the handler's business any more.
const far = 2

func run(pass *rule.Pass) error {
	entries := pass.ResultOf[entry.Analyzer].(*entry.Entries)
	facts := pass.ResultOf[panics.Analyzer].(*panics.Facts)
	skip := crash.Skipped(pass.Pass)
	seen := make(map[ssa.CallInstruction]bool)
	for _, e := range entries.List {
		if e.Kind != entry.Go || seen[e.Call] || skip[pass.Fset.Position(e.Pos).Filename] {
			continue
		}
		seen[e.Call] = true
		from := entries.InRequest(e.In)
		if from == nil || len(from.Calls) > far || e.Guard == entry.Repanics || crash.Ends(entries, e.Target) || crash.MayGuard(e.Target) || crash.Spawner(entries, e) {
			continue
		}
		p, ok := facts.Reached(e.Call)
		if !ok || !crash.InRequest(p) {
			continue
		}
		handler := strings.TrimPrefix(panics.Name(from.Entry.Target), "a function literal ") // the handler in routes
		var path []rule.Place
		for _, at := range from.Calls {
			path = append(path, rule.Place{Pos: at, Message: "is called for a request"})
		}
		pass.Report(rule.Finding{
			Pos: e.Pos,
			Message: fmt.Sprintf("the handler %s starts a goroutine whose panic ends the process, for what recovers panics of handlers does not see it: %s",
				handler, crash.Why(p)),
			Path:    append(path, crash.Places(p)...),
			Related: []rule.Place{{Pos: from.Entry.Target.Pos(), Message: "the handler"}},
		})
	}
	return nil
}
