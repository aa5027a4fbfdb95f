// Package chandeadlock holds the rule chan-deadlock.
package chandeadlock

import (
	"go/token"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/conc"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/internal/path"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports operations on channels that nobody can ever complete.
var Rule = rule.New(rule.Rule{
	ID:   "chan-deadlock",
	Tier: rule.TierB,
	Doc: rule.Doc{
		Summary: "a channel operation waits for somebody who does not exist",
		Why: `A send on a channel without a buffer waits for a receiver, a receive for a sender
or a close, and both wait for ever when the channel is nil. Where all uses of a
channel are in sight and the other side is missing, or comes later in the same
goroutine, that is for ever. Only when every goroutine sleeps does the runtime say
"all goroutines are asleep - deadlock!"; a listener or a ticker keeps it silent.`,
		Bad:  "out := make(chan int)\nfor _, v := range list {\n\twg.Go(func() { out <- f(v) })\n}\nwg.Wait() // nobody receives yet\nclose(out)\nfor v := range out {\n\tuse(v)\n}",
		Good: "out := make(chan int, len(list))\nfor _, v := range list {\n\twg.Go(func() { out <- f(v) })\n}\nwg.Wait()\nclose(out)\nfor v := range out {\n\tuse(v)\n}",
		LeftAlone: []string{
			"a channel with a buffer of unknown size, or of enough room",
			"a channel that is returned, stored or handed to unknown code: the other side may be there",
			"a case of a select with others, or with default: it does not wait for this alone",
			"a receive in main that keeps the process alive on purpose, and <-make(chan T)",
			"a nil channel in a select: that switches the case off",
		},
		Scenarios: []string{"deadlock-nil-chan", "deadlock-all-goroutines", "deadlock-masked-by-listener", "goroutine-leak"},
	},
}, run, behaviour.Analyzer)

type checker struct {
	*conc.Package
	pass     *rule.Pass
	reported map[token.Pos]bool
}

func run(pass *rule.Pass) error {
	c := &checker{Package: conc.New(pass.Pass), pass: pass, reported: make(map[token.Pos]bool)}
	for _, fn := range c.Funcs {
		c.nils(fn)
		c.Channels(fn, func(made *ssa.MakeChan, uses *conc.Uses) { c.check(fn, made, uses) })
	}
	return nil
}

func (c *checker) report(pos token.Pos, message string) {
	if !pos.IsValid() || c.reported[pos] {
		return
	}
	c.reported[pos] = true
	c.pass.Reportf(pos, message)
}

func (c *checker) name(pos token.Pos) string { return conc.Or(c.Text(nil, pos), "a channel") }

// nils reports operations on a channel that is nil.
func (c *checker) nils(fn *ssa.Function) {
	for _, b := range fn.Blocks {
		for _, i := range b.Instrs {
			switch i := i.(type) {
			case *ssa.Send:
				if isNil(i.Chan) {
					c.report(i.Pos(), "send on "+c.name(i.Pos())+", which is nil: it waits for ever; make the channel first")
				}
			case *ssa.UnOp:
				if i.Op == token.ARROW && isNil(i.X) && !conc.IsMain(fn) {
					pos := conc.Pos(i)
					c.report(pos, "receive from "+c.name(pos)+", which is nil: it waits for ever; make the channel first")
				}
			}
		}
	}
}

func isNil(v ssa.Value) bool {
	for range 4 {
		t, ok := v.(*ssa.ChangeType)
		if !ok {
			break
		}
		v = t.X
	}
	k, ok := v.(*ssa.Const)
	return ok && k.IsNil()
}

func (c *checker) check(fn *ssa.Function, made *ssa.MakeChan, uses *conc.Uses) {
	size, ok := conc.Size(made)
	if !ok {
		return
	}
	sends, receives, closes := uses.Of(conc.Send), uses.Of(conc.Receive), uses.Of(conc.Close)
	switch {
	case len(sends) > 0 && len(receives) == 0:
		if size == 0 {
			c.lonely(sends, " waits for ever: nobody receives from it; receive, or give it a buffer")
		}
	case len(receives) > 0 && len(sends) == 0 && len(closes) == 0:
		c.unsent(fn, receives)
	case len(sends) > 0 && size == 0 && alone(uses):
		c.sameGoroutine(sends, receives)
	case len(sends) > 0 && size == 0:
		c.waitsFirst(uses, sends, receives)
	}
	if len(sends) > 0 && size > 0 && alone(uses) {
		c.full(sends, receives, size)
	}
}

func (c *checker) lonely(sends []conc.Use, why string) {
	for _, s := range sends {
		if s.Blocks() {
			c.report(s.Pos, "send on "+c.name(s.Pos)+why)
		}
	}
}

func (c *checker) unsent(fn *ssa.Function, receives []conc.Use) {
	if conc.IsMain(fn) {
		return
	}
	for _, r := range receives {
		if !r.Blocks() || strings.HasPrefix(c.Text(nil, r.Pos), "make(") || r.In.Spawn != nil && loops(r.Instr) {
			continue // leak-range tells of loops in goroutines
		}
		c.report(r.Pos, "receive from "+c.name(r.Pos)+" waits for ever: nobody sends on it or closes it")
	}
}

func loops(i ssa.Instruction) bool {
	recv, ok := i.(*ssa.UnOp)
	return ok && recv.CommaOk && conc.InLoop(recv.Block())
}

// alone reports whether only one goroutine uses the channel.
func alone(uses *conc.Uses) bool {
	for _, u := range uses.All {
		if u.In != uses.Self {
			return false
		}
	}
	return true
}

// sameGoroutine reports the operation that comes first, when the other side comes
// later in the same goroutine.
func (c *checker) sameGoroutine(sends, receives []conc.Use) {
	for _, s := range sends {
		if !s.Blocks() {
			continue
		}
		after := false
		for _, r := range receives {
			after = after || r.Blocks() && s.Instr.Parent() == r.Instr.Parent() && ir.Before(r.Instr, s.Instr)
		}
		if !after {
			c.report(s.Pos, "send on "+c.name(s.Pos)+" waits for ever: only this goroutine receives from it, and it waits here; give it a buffer, or send in a goroutine")
			return
		}
	}
	for _, r := range receives {
		if r.Blocks() {
			c.report(r.Pos, "receive from "+c.name(r.Pos)+" waits for ever: only this goroutine sends on it, and it waits here")
			return
		}
	}
}

// full reports the send that finds the buffer full, when only one goroutine uses
// the channel.
func (c *checker) full(sends, receives []conc.Use, size int64) {
	var before int64
	for n, s := range sends {
		if !s.Blocks() || conc.InLoop(s.Instr.Block()) || n > 0 && (s.Instr.Parent() != sends[0].Instr.Parent() || !ir.Before(sends[n-1].Instr, s.Instr)) {
			return
		}
		for _, r := range receives {
			if r.Instr.Parent() != s.Instr.Parent() || conc.Reaches(r.Instr.Block(), s.Instr.Block()) && !ir.Before(s.Instr, r.Instr) {
				return
			}
		}
		if before++; before > size {
			c.report(s.Pos, "send on "+c.name(s.Pos)+" waits for ever: its buffer is full, and nobody receives before; give it more room")
			return
		}
	}
}

// waitsFirst reports sends of goroutines that are waited for before anybody
// receives.
func (c *checker) waitsFirst(uses *conc.Uses, sends, receives []conc.Use) {
	for _, s := range sends {
		if !s.Blocks() || s.In.Spawn == nil || s.In.Outer != uses.Self {
			continue
		}
		fn := s.In.Spawn.Call.Parent()
		wait := c.wait(fn, s)
		if wait == nil {
			continue
		}
		first := true
		for _, r := range receives {
			first = first && r.In == uses.Self && r.Instr.Parent() == fn && ir.Before(wait, r.Instr)
		}
		if first {
			c.report(s.Pos, "send on "+c.name(s.Pos)+" waits for ever: "+fn.Name()+" waits for this goroutine before it receives; give the channel a buffer, or wait in a goroutine of its own")
		}
	}
}

// wait is where fn waits for the goroutine of the send to end.
func (c *checker) wait(fn *ssa.Function, s conc.Use) ssa.Instruction {
	group := c.group(s)
	if !group.Known() {
		return nil
	}
	var found ssa.Instruction
	ir.Calls(fn, func(i ssa.CallInstruction) {
		switch ir.Name(ir.Target(i.Common())) {
		case "(*sync.WaitGroup).Wait", "(*golang.org/x/sync/errgroup.Group).Wait":
			if call, ok := i.(*ssa.Call); ok && path.Of(i.Common().Args[0]) == group && conc.Reaches(s.In.Spawn.Call.Block(), i.Block()) {
				found = call
			}
		}
	})
	return found
}

// group is the WaitGroup that the goroutine of the send is counted in: its Done
// comes behind the send.
func (c *checker) group(s conc.Use) path.Cell {
	switch ir.Name(ir.Target(s.In.Spawn.Call.Common())) {
	case "(*sync.WaitGroup).Go", "(*golang.org/x/sync/errgroup.Group).Go":
		return path.Of(s.In.Spawn.Call.Common().Args[0])
	}
	var group path.Cell
	in := s.Instr.Parent()
	ir.Calls(in, func(i ssa.CallInstruction) {
		if ir.Name(ir.Target(i.Common())) != "(*sync.WaitGroup).Done" {
			return
		}
		if _, deferred := i.(*ssa.Defer); deferred || ir.Before(s.Instr, i) {
			group = path.Of(i.Common().Args[0])
		}
	})
	if group.Known() && in == s.In.Spawn.Fn && len(s.In.Spawn.Args) > 0 {
		group = path.Translate(group, in, s.In.Spawn.Args, path.Of)
	}
	return group
}
