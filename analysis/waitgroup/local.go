package waitgroup

import (
	"go/types"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/conc"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/rule"
)

// locals counts for WaitGroups that are variables of fn and that no unknown code
// gets hold of.
func (c *checker) locals(fn *ssa.Function) {
	for _, b := range fn.Blocks {
		for _, i := range b.Instrs {
			a, ok := i.(*ssa.Alloc)
			if !ok {
				continue
			}
			p, ok := a.Type().Underlying().(*types.Pointer)
			if !ok || !isGroup(p.Elem()) {
				continue
			}
			if uses := c.Uses(a); !uses.Escapes {
				c.count(fn, uses)
			}
		}
	}
}

// A count is what is known of all calls on one WaitGroup.
type count struct {
	adds, dones, waits []op
	in                 map[ssa.CallInstruction]*conc.Routine
	added              int64 // by Adds that run once each
	certain            bool  // added and the number of dones are exact
	spawns             bool  // WaitGroup.Go is used
}

func (c *checker) count(fn *ssa.Function, uses *conc.Uses) {
	k := &count{in: make(map[ssa.CallInstruction]*conc.Routine), certain: true}
	for _, u := range uses.All {
		o := operation(u.Instr)
		switch o.kind {
		case none:
			if u.Kind == conc.Method {
				return
			}
			continue
		case add:
			k.adds = append(k.adds, o)
			if !o.known {
				k.certain = false
			}
			k.added += o.n
		case done:
			k.dones = append(k.dones, o)
		case wait:
			k.waits = append(k.waits, o)
		case spawn:
			k.spawns = true
		}
		k.in[o.call] = u.In
		if o.kind != wait && !once(o.call, u.In, uses.Self) {
			k.certain = false
		}
	}
	c.judge(k)
	c.outside(k, uses)
}

// once reports whether the call runs exactly once in each call of the function
// that has the variable.
func once(call ssa.CallInstruction, in, self *conc.Routine) bool {
	if conc.InLoop(call.Block()) || !conc.Always(call) {
		return false
	}
	for r := in; r != self; r = r.Outer {
		if r == nil || r.Spawn == nil || r.Spawn.Loop || !conc.Always(r.Spawn.Call) {
			return false
		}
	}
	return true
}

// judge compares what is added with what is done.
func (c *checker) judge(k *count) {
	positive := false
	for _, a := range k.adds {
		positive = positive || a.known && a.n > 0
	}
	if len(k.dones) == 0 && positive && !k.spawns && len(k.waits) == 1 && c.certainAdd(k) {
		w := k.waits[0].call
		c.report(w.Pos(), "", "Wait of "+c.name(w)+" never returns: nobody calls Done; defer it in the first line of each goroutine",
			rule.Place{Pos: k.adds[0].call.Pos(), Message: "Add is called here"})
		return
	}
	if k.spawns && positive && len(k.dones) == 0 && len(k.waits) > 0 {
		w := k.waits[0].call
		if c.certainAdd(k) {
			c.report(w.Pos(), "", "Wait of "+c.name(w)+" never returns: WaitGroup.Go counts itself, and nobody calls Done for the Add; remove the Add",
				rule.Place{Pos: k.adds[0].call.Pos(), Message: "Add is called here"})
		}
		return
	}
	if !k.certain || k.spawns || len(k.adds) == 0 || len(k.dones) == 0 {
		return
	}
	n := int64(len(k.dones))
	switch {
	case n > k.added:
		last := k.dones[0].call
		for _, d := range k.dones {
			if d.call.Pos() > last.Pos() {
				last = d.call
			}
		}
		c.report(last.Pos(), "", "Done of "+c.name(last)+" is called more often than Add says: one of them panics with \"sync: negative WaitGroup counter\"",
			rule.Place{Pos: k.adds[0].call.Pos(), Message: "Add is called here"})
	case n < k.added && len(k.waits) > 0:
		w := k.waits[0].call
		c.report(w.Pos(), "", "Wait of "+c.name(w)+" never returns: Done is called less often than Add says",
			rule.Place{Pos: k.adds[0].call.Pos(), Message: "Add is called here"})
	}
}

// certainAdd reports whether an Add runs before the Wait on each path.
func (c *checker) certainAdd(k *count) bool {
	for _, a := range k.adds {
		for _, w := range k.waits {
			if a.known && a.n > 0 && a.call.Parent() == w.call.Parent() && (ir.Before(a.call, w.call) || conc.InLoop(a.call.Block())) {
				return true
			}
		}
	}
	return false
}

// outside reports one Add(1) before a loop that starts a goroutine with Done in
// each turn.
func (c *checker) outside(k *count, uses *conc.Uses) {
	if len(k.adds) != 1 || len(k.dones) != 1 || k.spawns || !k.adds[0].known || k.adds[0].n != 1 {
		return
	}
	a, d := k.adds[0].call, k.dones[0].call
	r := k.in[d]
	if k.in[a] != uses.Self || r.Spawn == nil || r.Outer != uses.Self || !r.Spawn.Loop || !conc.Always(d) || conc.InLoop(d.Block()) {
		return
	}
	if conc.InLoop(a.Block()) || a.Parent() != r.Spawn.Call.Parent() || c.Asks(r.Spawn.Call) != conc.Nothing || conc.SameLoop(r.Spawn.Call.Block(), k.waitBlock(r)) {
		return
	}
	c.report(d.Pos(), "", "Done of "+c.name(d)+" runs in each goroutine of a loop, but Add(1) only once before it: it panics with \"sync: negative WaitGroup counter\"; call Add within the loop",
		rule.Place{Pos: a.Pos(), Message: "Add is called here"})
}

// waitBlock is where the function waits, or the entry.
func (k *count) waitBlock(r *conc.Routine) *ssa.BasicBlock {
	for _, w := range k.waits {
		if w.call.Parent() == r.Spawn.Call.Parent() {
			return w.call.Block()
		}
	}
	return r.Spawn.Call.Parent().Blocks[0]
}
