package chanclose

import (
	"go/types"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/conc"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/internal/path"
	"github.com/backstop-go/backstop/analysis/rule"
)

// methods looks for fields that two functions close, each on its own, and for
// fields that one closes and another sends on.
func (c *checker) methods() {
	closes := make(map[*types.Var][]unguardedClose)
	for _, fn := range c.Funcs {
		ir.Calls(fn, func(i ssa.CallInstruction) {
			ch, ok := closed(i)
			if !ok || base(ch) == nil {
				return
			}
			field := path.FieldOf(ch)
			if !isOwn(field, c.pass.Pkg) || c.fields.again[field] {
				return
			}
			if c.alone(fn) && conc.Always(i) && c.Asks(i) == conc.Nothing && !conc.InLoop(i.Block()) && !c.Once(fn) && !c.locks(fn) {
				closes[field] = append(closes[field], unguardedClose{fn, i})
			}
		})
	}
	for _, fn := range c.Funcs {
		for _, b := range fn.Blocks {
			for _, i := range b.Instrs {
				if s, ok := i.(*ssa.Send); ok {
					c.sendAfter(fn, s, closes)
				}
			}
		}
	}
	for field, list := range closes {
		c.twoMethods(field, list)
	}
}

// alone reports whether somebody else than this package's code decides when the
// function runs: it is exported, or runs as a goroutine.
func (c *checker) alone(fn *ssa.Function) bool {
	if fn.Parent() != nil {
		return c.spawned(fn)
	}
	obj := ir.Object(fn)
	if obj == nil {
		return false
	}
	return obj.Exported() || c.spawned(fn)
}

func (c *checker) spawned(fn *ssa.Function) bool {
	callers, _ := c.Callers(fn)
	for _, call := range callers {
		if _, ok := call.(*ssa.Go); !ok {
			return false
		}
	}
	return len(callers) > 0
}

func (c *checker) twoMethods(field *types.Var, list []unguardedClose) {
	for n, a := range list {
		for _, b := range list[n+1:] {
			if a.fn == b.fn || c.related(a.fn, b.fn) {
				continue
			}
			first, second := a, b
			if first.instr.Pos() > second.instr.Pos() {
				first, second = second, first
			}
			c.report(second.instr.Pos(), rule.TierB,
				conc.Or(c.Text(second.instr, second.instr.Pos()), field.Name())+" is closed here and in "+first.fn.Name()+
					": who comes second panics with \"close of closed channel\"; close it with sync.Once, or under a lock with a flag",
				rule.Place{Pos: first.instr.Pos(), Message: "the other close"})
		}
	}
}

// related reports whether the functions belong to different types, or one calls
// the other: that is found on its path.
func (c *checker) related(a, b *ssa.Function) bool {
	for _, pair := range [][2]*ssa.Function{{a, b}, {b, a}} {
		found := false
		ir.Calls(pair[0], func(i ssa.CallInstruction) {
			_, spawns := i.(*ssa.Go)
			found = found || !spawns && ir.Callee(i.Common()) == pair[1]
		})
		if found {
			return true
		}
	}
	return false
}

// sendAfter reports a send of an exported method on a field that an exported
// method closes, when neither asks or locks.
func (c *checker) sendAfter(fn *ssa.Function, s *ssa.Send, closes map[*types.Var][]unguardedClose) {
	field := path.FieldOf(s.Chan)
	if field == nil || base(s.Chan) == nil || !exportedMethod(fn) || c.locks(fn) || c.Asks(s) == conc.State {
		return
	}
	for _, shut := range closes[field] {
		if shut.fn == fn || !exportedMethod(shut.fn) || c.Syncs(shut.instr) || c.waitsBefore(shut.instr) {
			continue
		}
		c.report(s.Pos(), rule.TierB,
			"send on "+conc.Or(c.Text(s, s.Pos()), field.Name())+", which "+shut.fn.Name()+" closes: a call of "+fn.Name()+
				" meanwhile or later panics with \"send on closed channel\"; tell senders with a channel of its own and select",
			rule.Place{Pos: shut.instr.Pos(), Message: "it is closed here"})
		return
	}
}

func (c *checker) waitsBefore(i ssa.Instruction) bool {
	return !conc.FromEntry(i, c.Syncs)
}

func exportedMethod(fn *ssa.Function) bool {
	obj := ir.Object(fn)
	return obj != nil && obj.Exported() && fn.Signature.Recv() != nil
}
