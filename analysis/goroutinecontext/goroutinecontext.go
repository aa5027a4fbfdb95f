// Package goroutinecontext holds the rule goroutine-context.
package goroutinecontext

import (
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/entry"
	"github.com/backstop-go/backstop/analysis/internal/crash"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports goroutines that nothing can tell to stop.
var Rule = rule.New(rule.Rule{
	ID:   "goroutine-context",
	Tier: rule.TierC,
	Doc: rule.Doc{
		Summary: "a goroutine is bound to no context and to no other stop signal",
		Why: `A policy, off by default: whoever starts a goroutine can end it. One that has neither
a context nor a channel that tells it to stop outlives its request and the shutdown
of the service, and keeps what it holds.`,
		Bad:  "go func() {\n\tfor {\n\t\tpoll()\n\t\ttime.Sleep(time.Second)\n\t}\n}()",
		Good: "go func() {\n\tfor {\n\t\tselect {\n\t\tcase <-ctx.Done():\n\t\t\treturn\n\t\tcase <-ticker.C:\n\t\t\tpoll()\n\t\t}\n\t}\n}()",
		LeftAlone: []string{
			"goroutines that are given a context, or use one, a request, or a field that holds one",
			"goroutines that receive from a channel which is no timer's: closing it stops them",
			"goroutines that read a stop flag of package sync/atomic, or wait for a WaitGroup",
			"servers: Serve, Accept and their like return when the server is closed",
			"functions of which nothing is known",
			"tests",
		},
	},
}, run, entry.Analyzer)

func run(pass *rule.Pass) error {
	entries := pass.ResultOf[entry.Analyzer].(*entry.Entries)
	skip := crash.Skipped(pass.Pass)
	seen := make(map[ssa.CallInstruction]bool)
	for _, e := range entries.List {
		if e.Kind != entry.Go || seen[e.Call] || skip[pass.Fset.Position(e.Pos).Filename] {
			continue
		}
		seen[e.Call] = true
		if e.Target == nil || len(e.Target.Blocks) == 0 || given(e.Call.Common().Args) || bound(e.Target, 0, make(map[*ssa.Function]bool)) {
			continue
		}
		pass.Reportf(e.Pos, "nothing can tell this goroutine to stop: it has neither a context nor a channel that it receives from")
	}
	return nil
}

// given reports whether a context, or what holds one, is among the values.
func given(values []ssa.Value) bool {
	for _, v := range values {
		if carries(v.Type()) {
			return true
		}
	}
	return false
}

// carries reports whether a value of the type leads to a context.
func carries(t types.Type) bool {
	if obj, _, _ := types.LookupFieldOrMethod(t, true, nil, "Done"); obj != nil {
		fn, ok := obj.(*types.Func)
		if ok && fn.Signature().Results().Len() == 1 {
			_, isChan := fn.Signature().Results().At(0).Type().Underlying().(*types.Chan)
			return isChan
		}
	}
	obj, _, _ := types.LookupFieldOrMethod(t, true, nil, "Context") // *http.Request, *cobra.Command
	fn, ok := obj.(*types.Func)
	return ok && fn.Signature().Results().Len() == 1 && fn.Signature().Results().At(0).Type().String() == "context.Context"
}

// Names of methods that return when their receiver is closed or shut down.
var served = map[string]bool{
	"Serve": true, "ServeTLS": true, "ListenAndServe": true, "ListenAndServeTLS": true, "Accept": true, "Run": true,
	"ReadFrom": true, "Read": true, "Recv": true, "ReadMessage": true, "Wait": true, "Scan": true, "Next": true, "Load": true, "Copy": true,
}

// bound reports whether the function, or one that it calls, uses a context or
// waits for something that others can end.
func bound(fn *ssa.Function, depth int, seen map[*ssa.Function]bool) bool {
	if seen[fn] || depth > 3 {
		return false
	}
	seen[fn] = true
	for _, b := range fn.Blocks {
		for _, i := range b.Instrs {
			if stops(i) {
				return true
			}
			c, ok := i.(ssa.CallInstruction)
			if !ok {
				continue
			}
			callee := ir.Callee(c.Common())
			if _, spawned := c.(*ssa.Go); !spawned && callee != nil && callee.Pkg == fn.Pkg && bound(callee, depth+1, seen) {
				return true
			}
		}
	}
	return false
}

func stops(i ssa.Instruction) bool {
	switch i := i.(type) {
	case *ssa.UnOp:
		return i.Op == token.ARROW && !timer(i.X) || carries(i.Type())
	case *ssa.Select:
		for _, s := range i.States {
			if s.Dir == types.RecvOnly && !timer(s.Chan) {
				return true
			}
		}
	case ssa.CallInstruction:
		c := i.Common()
		if given(c.Args) || c.IsInvoke() && carries(c.Value.Type()) {
			return true
		}
		fn := ir.Target(c)
		return fn != nil && served[fn.Name()]
	}
	return false
}

// timer reports whether the channel only tells the time.
func timer(ch ssa.Value) bool {
	t, ok := ch.Type().Underlying().(*types.Chan)
	return ok && strings.HasSuffix(t.Elem().String(), "time.Time")
}
