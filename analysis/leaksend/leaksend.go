// Package leaksend holds the rule leak-send.
package leaksend

import (
	"regexp"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/conc"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports goroutines that send on a channel whose only receiver may have
// gone.
var Rule = rule.New(rule.Rule{
	ID:   "leak-send",
	Tier: rule.TierB,
	Doc: rule.Doc{
		Summary: "a goroutine sends on a channel that nobody may receive from",
		Why: `When the function that receives returns early, because of a timeout, an error or
a cancelled context, the goroutine waits in its send for ever: it and all that it
refers to are never freed. With each request one more, until memory or patience
ends. If somebody closes the channel later, every one of them panics.

A buffer that has room for every send, or a select with ctx.Done, lets it go.`,
		Bad:  "ch := make(chan result)\ngo func() { ch <- fetch() }()\nselect {\ncase r := <-ch:\n\treturn r, nil\ncase <-ctx.Done():\n\treturn result{}, ctx.Err()\n}",
		Good: "ch := make(chan result, 1)\ngo func() { ch <- fetch() }()\nselect {\ncase r := <-ch:\n\treturn r, nil\ncase <-ctx.Done():\n\treturn result{}, ctx.Err()\n}",
		LeftAlone: []string{
			"a buffer with room for every send, or of a size that is not known: the goroutine does not wait",
			"a send in a select with another case: it gives up",
			"a receive on every path, or in as many turns as there are goroutines: all are received",
			"another goroutine that receives, or drains the channel",
			"a channel that is returned, stored or handed to unknown code: others may receive",
			"main, and functions that are one command of a command line: the process ends with them",
		},
		Scenarios: []string{"goroutine-leak", "leak-blocked-send-then-close"},
		Claims:    []string{"A4-1-c"},
	},
}, run, behaviour.Analyzer)

func run(pass *rule.Pass) error {
	p := conc.New(pass.Pass)
	for _, fn := range p.Funcs {
		if conc.IsMain(fn) || isCommand(fn) {
			continue
		}
		p.Channels(fn, func(made *ssa.MakeChan, uses *conc.Uses) { check(pass, p, fn, made, uses) })
	}
	return nil
}

var command = regexp.MustCompile(`^[cC]md[A-Z]|(Cmd|Command)$`)

// isCommand reports whether the name of the function, or of the one around it, says
// that it is a command of a command line.
func isCommand(fn *ssa.Function) bool {
	for fn.Parent() != nil {
		fn = fn.Parent()
	}
	return command.MatchString(fn.Name())
}

func check(pass *rule.Pass, p *conc.Package, fn *ssa.Function, made *ssa.MakeChan, uses *conc.Uses) {
	size, ok := conc.Size(made)
	receives := uses.Of(conc.Receive)
	if !ok || len(receives) == 0 {
		return
	}
	for _, r := range receives {
		if r.In != uses.Self || r.Instr.Parent() != fn {
			return
		}
		if _, deferred := r.Instr.(*ssa.Defer); deferred {
			return
		}
	}
	for _, c := range uses.Of(conc.Close) {
		if c.In == uses.Self {
			return
		}
	}
	sends := uses.Of(conc.Send)
	for _, s := range sends {
		if !s.Blocks() || s.In.Spawn == nil || s.In.Outer != uses.Self || s.In.Spawn.Call.Parent() != fn {
			continue
		}
		if why := leaks(p, made, s, sends, size, receives); why != "" {
			name := conc.Or(p.Text(nil, s.Pos), "the channel")
			pass.Report(rule.Finding{
				Pos:     s.Pos,
				Message: "this send on " + name + " waits for ever when " + fn.Name() + " " + why + ": the goroutine is never freed; give the channel a buffer, or select on a context too",
				Related: []rule.Place{{Pos: made.Pos(), Message: "the channel is made here"}, {Pos: s.In.Spawn.Call.Pos(), Message: "the goroutine starts here"}},
			})
		}
	}
}

// leaks says how a send may be left without a receiver, or nothing.
func leaks(p *conc.Package, made *ssa.MakeChan, s conc.Use, sends []conc.Use, size int64, receives []conc.Use) string {
	spawn := s.In.Spawn
	loop := spawn.Loop && !(conc.SameLoop(made.Block(), spawn.Call.Block()) && made.Parent() == spawn.Call.Parent())
	many := loop || conc.InLoop(s.Instr.Block())
	if !many {
		if size >= most(sends) || before(s, sends) < size && alone(sends) {
			return ""
		}
		if p.Unreceived(spawn.Call, receives) {
			return "returns without a receive"
		}
		return ""
	}
	if size > 1 {
		return ""
	}
	at := spawn.Call.Block()
	if !loop {
		at = s.Instr.Block()
	}
	if n, ok := conc.Bound(at); ok && n <= size+int64(len(receives)) {
		return ""
	}
	if p.Unreceived(spawn.Call, receives) {
		return "returns without a receive"
	}
	if loop && conc.SameLoop(at, receives[0].Instr.Block()) {
		return ""
	}
	inLoop := false
	for _, r := range receives {
		inLoop = inLoop || conc.InLoop(r.Instr.Block())
	}
	if !inLoop {
		return "has received what it wants, which is less than is sent"
	}
	for _, r := range receives {
		if early(p, r, receives) {
			return "stops to receive early"
		}
	}
	return ""
}

// most is how many values are sent at most, when every goroutine runs once: sends
// in branches that exclude each other count once.
func most(sends []conc.Use) int64 {
	longest := make(map[*conc.Routine]int64)
	for _, s := range sends {
		longest[s.In] = max(longest[s.In], before(s, sends)+1)
	}
	var sum int64
	for _, n := range longest {
		sum += n
	}
	return sum
}

// before is how many values the goroutine may have sent when it comes to s.
func before(s conc.Use, sends []conc.Use) int64 {
	var n int64
	for _, t := range sends {
		if t.In == s.In && t.Instr != s.Instr && t.Instr.Parent() == s.Instr.Parent() && ir.Before(t.Instr, s.Instr) {
			n++
		}
	}
	return n
}

func alone(sends []conc.Use) bool {
	for _, s := range sends {
		if s.In != sends[0].In {
			return false
		}
	}
	return true
}

// early reports whether the loop around the receive ends because of what came,
// with values yet to come.
func early(p *conc.Package, r conc.Use, receives []conc.Use) bool {
	if !conc.InLoop(r.Instr.Block()) {
		return false
	}
	for _, e := range conc.Exits(r.Instr.Block()) {
		if e.Cond == nil || conc.Closed(e.Cond) || !conc.Derived(e.Cond) && !conc.IsError(e.Cond) {
			continue
		}
		if p.UnreceivedAfter(e, receives) {
			return true
		}
	}
	return false
}
