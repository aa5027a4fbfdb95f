package chanclose

import (
	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/conc"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/rule"
)

// routines looks at the channels that fn makes and at the goroutines that share
// them.
func (c *checker) routines(fn *ssa.Function) {
	for _, b := range fn.Blocks {
		for _, i := range b.Instrs {
			made, ok := i.(*ssa.MakeChan)
			if !ok {
				continue
			}
			uses := c.Uses(made)
			closes := uses.Of(conc.Close)
			if len(closes) == 0 {
				continue
			}
			for _, u := range closes {
				c.many(made, u)
				for _, s := range uses.Of(conc.Send) {
					c.running(uses, s, u)
				}
			}
			c.both(closes)
		}
	}
}

// many reports a close that each of several goroutines runs.
func (c *checker) many(made *ssa.MakeChan, u conc.Use) {
	r := u.In
	for r != nil && (r.Spawn == nil || !r.Spawn.Loop) {
		r = r.Outer
	}
	if r == nil || conc.SameLoop(made.Block(), r.Spawn.Call.Block()) && made.Parent() == r.Spawn.Call.Parent() {
		return
	}
	fn := u.Instr.Parent()
	asks := c.Asks(u.Instr)
	if asks == conc.State || c.Once(fn) || c.locks(fn) || asks == conc.Property && waits(fn) {
		return
	}
	if c.spawnAsks(r.Spawn) {
		return
	}
	var tier rule.Tier
	if asks == conc.Property {
		tier = rule.TierB
	}
	name := conc.Or(c.Text(u.Instr, u.Pos), "the channel")
	c.report(u.Pos, tier, "each goroutine of a loop closes "+name+": the second one panics with \"close of closed channel\"; close it once, when all are done",
		rule.Place{Pos: r.Spawn.Call.Pos(), Message: "the goroutines start here"})
}

// spawnAsks reports whether the loop starts the goroutine in some turns only.
func (c *checker) spawnAsks(s *conc.Spawn) bool { return c.Asks(s.Call) == conc.State }

func waits(fn *ssa.Function) bool {
	for _, b := range fn.Blocks {
		for _, i := range b.Instrs {
			if s, ok := i.(*ssa.Select); ok && !s.Blocking {
				return true
			}
		}
	}
	return false
}

// locks reports whether the function locks something, or asks an atomic.
func (c *checker) locks(fn *ssa.Function) bool {
	found := false
	ir.Calls(fn, func(call ssa.CallInstruction) {
		if t := ir.Target(call.Common()); t != nil && t.Pkg() != nil {
			switch t.Pkg().Path() {
			case "sync", "sync/atomic":
				switch t.Name() {
				case "Done", "Add", "Wait", "Go":
					found = found || t.Pkg().Path() == "sync/atomic"
				default:
					found = true
				}
			}
		}
	})
	return found
}

// running reports a send of a goroutine that may still run when the channel is
// closed by who started it.
func (c *checker) running(uses *conc.Uses, send, shut conc.Use) {
	r := send.In
	if r.Spawn == nil || send.Select != nil && len(send.Select.States) > 1 || shut.In != uses.Self || r.Outer != uses.Self {
		return
	}
	start, end := r.Spawn.Call, shut.Instr
	fn := start.Parent()
	if end.Parent() != fn || uses.Escapes || c.receives(uses, start) {
		return
	}
	heads := c.SyncHeads(fn)
	stop := func(i ssa.Instruction) bool {
		if _, ok := i.(*ssa.If); ok && heads[i.Block()] {
			return true
		}
		if d, ok := i.(*ssa.Defer); ok && ssa.Instruction(d) != end {
			return false
		}
		return c.Syncs(i) || c.Ends(i)
	}
	if _, deferred := end.(*ssa.Defer); deferred {
		if c.deferWaits(fn) || !conc.Path(start, nil, stop) || !ir.Before(end, start) && !conc.Path(start, end, stop) {
			return
		}
	} else if !conc.Path(start, end, stop) {
		return
	}
	name := conc.Or(c.Text(nil, send.Pos), "the channel")
	c.report(send.Pos, rule.TierB, "this goroutine may still send on "+name+" when "+fn.Name()+" closes it: the send panics with \"send on closed channel\"; wait for the goroutine before the close",
		rule.Place{Pos: shut.Pos, Message: "it is closed here, and nobody has waited"},
		rule.Place{Pos: start.Pos(), Message: "the goroutine starts here"})
}

// receives reports whether the function hands the channel on, or something else
// may wait in a way that is not seen: it receives in a function it calls.
func (c *checker) receives(uses *conc.Uses, start ssa.Instruction) bool {
	for _, u := range uses.Of(conc.Receive) {
		if u.In == uses.Self && u.Instr.Parent() != start.Parent() {
			return true
		}
	}
	return false
}

func (c *checker) deferWaits(fn *ssa.Function) bool {
	found := false
	ir.Calls(fn, func(call ssa.CallInstruction) {
		if d, ok := call.(*ssa.Defer); ok {
			found = found || c.Syncs(d)
		}
	})
	return found
}

// both reports two goroutines that each close the channel, whatever happens.
func (c *checker) both(closes []conc.Use) {
	for n, a := range closes {
		for _, b := range closes[n+1:] {
			if a.In == b.In || a.Instr == b.Instr || a.In.Outer != b.In.Outer && a.In.Outer != b.In && b.In.Outer != a.In {
				continue
			}
			if !c.certain(a) || !c.certain(b) || c.exclusive(a, b) {
				continue
			}
			first, second := a, b
			if first.Pos > second.Pos {
				first, second = second, first
			}
			name := conc.Or(c.Text(second.Instr, second.Pos), "the channel")
			c.report(second.Pos, rule.TierB, "two goroutines close "+name+": the second close panics with \"close of closed channel\"; close it in one of them",
				rule.Place{Pos: first.Pos, Message: "the other close"})
		}
	}
}

// certain reports whether the close runs whenever its function does, and nothing
// counts.
func (c *checker) certain(u conc.Use) bool {
	fn := u.Instr.Parent()
	return conc.Always(u.Instr) && !c.Once(fn) && !c.locks(fn)
}

// exclusive reports whether no path runs both: one is started or done where the
// other is not.
func (c *checker) exclusive(a, b conc.Use) bool {
	at := func(u conc.Use, in *ssa.Function) ssa.Instruction {
		for r := u.In; r != nil && r.Spawn != nil; r = r.Outer {
			if r.Spawn.Call.Parent() == in {
				return r.Spawn.Call
			}
		}
		if u.Instr.Parent() == in {
			return u.Instr
		}
		return nil
	}
	for _, fn := range []*ssa.Function{a.Instr.Parent(), b.Instr.Parent(), parent(a), parent(b)} {
		if fn == nil {
			continue
		}
		x, y := at(a, fn), at(b, fn)
		if x != nil && y != nil {
			return !conc.Reaches(x.Block(), y.Block()) && !conc.Reaches(y.Block(), x.Block())
		}
	}
	return true
}

func parent(u conc.Use) *ssa.Function {
	if u.In.Spawn == nil {
		return nil
	}
	return u.In.Spawn.Call.Parent()
}
