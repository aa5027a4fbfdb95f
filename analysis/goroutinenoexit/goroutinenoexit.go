// Package goroutinenoexit holds the rule goroutine-no-exit.
package goroutinenoexit

import (
	"go/constant"
	"go/token"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/conc"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/internal/path"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports goroutines that nothing can end.
var Rule = rule.New(rule.Rule{
	ID:   "goroutine-no-exit",
	Tier: rule.TierC,
	Doc: rule.Doc{
		Summary: "a goroutine loops for ever and nothing can end it",
		Why: `Nobody can stop the goroutine, or wait for it: it lives until the process ends,
with all that it refers to. Started for each connection, request or reload it is a
leak; started once it runs on during shutdown, and uses what is closed already.`,
		Bad:  "go func() {\n\tfor {\n\t\tpoll()\n\t\ttime.Sleep(time.Second)\n\t}\n}()",
		Good: "go func() {\n\tfor {\n\t\tselect {\n\t\tcase <-ctx.Done():\n\t\t\treturn\n\t\tcase <-tick.C:\n\t\t\tpoll()\n\t\t}\n\t}\n}()",
		LeftAlone: []string{
			"a loop with a return, a break, or a call that ends the process or the goroutine",
			"a range over a channel: a close ends it; over time.Tick or the channel of a Ticker nothing does",
			"goroutines that main or init of package main starts: they live as long as the process",
		},
		Scenarios: []string{"goroutine-leak"},
	},
}, run, behaviour.Analyzer)

type checker struct {
	*conc.Package
	endless map[*ssa.Function]bool
}

func run(pass *rule.Pass) error {
	c := &checker{conc.New(pass.Pass), make(map[*ssa.Function]bool)}
	for _, fn := range c.Funcs {
		if conc.IsMain(fn) {
			continue
		}
		c.Spawns(fn, func(s conc.Spawn) {
			if !c.ends(s.Fn, 0) {
				pass.Reportf(s.Call.Pos(), "the goroutine loops for ever and nothing can end it; select on a context, or on a channel that is closed to stop it")
			}
		})
	}
	return nil
}

// ends reports whether the function may end: a path leads to a return, a panic,
// or a call that does not come back on purpose.
func (c *checker) ends(fn *ssa.Function, depth int) bool {
	if never, ok := c.endless[fn]; ok {
		return !never
	}
	if len(fn.Blocks) == 0 || depth > 5 {
		return true
	}
	c.endless[fn] = false // a recursive call ends
	seen := make(map[*ssa.BasicBlock]bool)
	var walk func(b *ssa.BasicBlock) bool
	walk = func(b *ssa.BasicBlock) bool {
		seen[b] = true
		for _, i := range b.Instrs {
			switch i := i.(type) {
			case *ssa.Return:
				return true
			case *ssa.Panic:
				return !noCase(i)
			case *ssa.Call:
				if c.Ends(i) {
					return true
				}
				if callee := ir.Callee(i.Common()); c.Here(callee) && !c.ends(callee, depth+1) {
					return false
				}
			}
		}
		for _, s := range b.Succs {
			if !seen[s] && !ticks(b, s) && walk(s) {
				return true
			}
		}
		return false
	}
	ends := walk(fn.Blocks[0])
	c.endless[fn] = !ends
	return ends
}

// noCase reports whether the panic is the one that SSA has behind the last case
// of a select, which is not reached.
func noCase(p *ssa.Panic) bool {
	m, ok := p.X.(*ssa.MakeInterface)
	if !ok {
		return false
	}
	k, ok := m.X.(*ssa.Const)
	return ok && k.Value != nil && k.Value.Kind() == constant.String && constant.StringVal(k.Value) == "blocking select matched no case"
}

// ticks reports whether the edge is taken when the channel of a ticker is closed,
// which it never is.
func ticks(from, to *ssa.BasicBlock) bool {
	br, ok := from.Instrs[len(from.Instrs)-1].(*ssa.If)
	if !ok || len(from.Succs) != 2 || from.Succs[1] != to {
		return false
	}
	e, ok := br.Cond.(*ssa.Extract)
	if !ok || e.Index != 1 {
		return false
	}
	recv, ok := e.Tuple.(*ssa.UnOp)
	if !ok || recv.Op != token.ARROW {
		return false
	}
	if f := path.FieldOf(recv.X); f != nil {
		return f.Name() == "C" && f.Pkg() != nil && f.Pkg().Path() == "time"
	}
	call, ok := recv.X.(*ssa.Call)
	return ok && ir.Name(ir.Target(call.Common())) == "time.Tick"
}
