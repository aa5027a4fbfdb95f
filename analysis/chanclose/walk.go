package chanclose

import (
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/conc"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/internal/path"
	"github.com/backstop-go/backstop/analysis/rule"
)

// What happened to a channel on a path.
const (
	open    = 0
	isShut  = 1
	unknown = 2 // closed on some paths of a function that was called
)

// A summary is what a function does to channels of its callers.
type summary struct {
	ends  int // how many paths return
	shut  map[path.Cell]int
	maybe map[path.Cell]bool
	at    map[path.Cell]ssa.Instruction
}

// summary walks the function, once, and reports what is wrong within it.
func (c *checker) summary(fn *ssa.Function) *summary {
	if s, ok := c.sums[fn]; ok {
		return s
	}
	s := &summary{
		shut: make(map[path.Cell]int), maybe: make(map[path.Cell]bool),
		at: make(map[path.Cell]ssa.Instruction),
	}
	c.sums[fn] = s // a recursive call finds nothing
	path.Walk(fn, func(st *path.State, i ssa.Instruction) bool {
		if c.Ends(i) {
			return false
		}
		c.step(st, i, s)
		return true
	})
	return s
}

func (c *checker) step(st *path.State, i ssa.Instruction, s *summary) {
	switch i := i.(type) {
	case *ssa.Return:
		s.ends++
		st.Each(func(cell path.Cell, f path.Fact) {
			if f.Val == isShut {
				s.shut[cell]++
			} else {
				s.maybe[cell] = true
			}
			s.at[cell] = f.At
			if in := c.closes[f.At]; in != nil {
				s.at[cell] = in
			}
		})
	case *ssa.Send:
		c.send(st, i.Chan, i, i.Pos())
	case *ssa.Select:
		c.selects(st, i)
	case *ssa.Go:
	case ssa.CallInstruction:
		if ch, ok := closed(i); ok {
			c.close(st, ch, i)
			return
		}
		c.call(st, i)
	}
}

func (c *checker) send(st *path.State, ch ssa.Value, i ssa.Instruction, pos token.Pos) {
	before := st.Get(st.Cell(ch))
	if before.Val != isShut || c.counted(before.At, i) {
		return
	}
	name := conc.Or(c.Text(nil, pos), "the channel")
	c.report(pos, c.tier(before.At, i), "send on "+name+", which is closed before: it panics with \"send on closed channel\"; close it behind the last send",
		rule.Place{Pos: before.At.Pos(), Message: "it is closed here"})
}

// selects looks at the sends of a select. A receive that is tried and not ready
// says that the channel is open.
func (c *checker) selects(st *path.State, s *ssa.Select) {
	for _, state := range s.States {
		cell := st.Cell(state.Chan)
		if state.Dir == types.SendOnly {
			c.send(st, state.Chan, s, state.Pos)
		} else if f := st.Get(cell); f.Val == isShut {
			st.Set(cell, path.Fact{Val: unknown, At: f.At})
		}
	}
}

func (c *checker) close(st *path.State, ch ssa.Value, i ssa.CallInstruction) {
	if c.isNil(st, ch) {
		c.report(i.Pos(), "", "close of "+conc.Or(c.Text(i, i.Pos()), "a channel")+", which is nil: it panics with \"close of nil channel\"; make the channel first")
		return
	}
	cell := st.Cell(ch)
	if !cell.Known() {
		return
	}
	if before := st.Get(cell); before.Val == isShut && !c.Once(i.Parent()) {
		c.twice(before.At, i, i)
	}
	st.Set(cell, path.Fact{Val: isShut, At: i})
}

// twice reports the second of two closes: the later one in the source, as that
// is where the reader looks when one of them is deferred.
func (c *checker) twice(first, second ssa.Instruction, at ssa.CallInstruction) {
	if c.counted(first, second) {
		return
	}
	pos, other := second.Pos(), first.Pos()
	_, direct := closed(first)
	if _, deferred := second.(*ssa.Defer); deferred && direct && first.Parent() == second.Parent() && other > pos {
		pos, other = other, pos
	}
	name := conc.Or(c.Text(at, pos), "the channel")
	message := name + " is closed twice: the second close panics with \"close of closed channel\"; close it in one place, or with sync.Once"
	if first == second {
		message = "close of " + name + " in a loop, which does not make it anew: the second turn panics with \"close of closed channel\""
	}
	c.report(pos, c.tier(first, second), message, rule.Place{Pos: other, Message: "the other close"})
}

// counted reports whether a loop leads from the first operation to the second
// and a counter or a flag may see to it that it runs once.
func (c *checker) counted(first, second ssa.Instruction) bool {
	if first == nil || first.Parent() != second.Parent() || !conc.SameLoop(first.Block(), second.Block()) {
		return false
	}
	if first.Block() == second.Block() && first != second && ir.Before(first, second) {
		return false
	}
	return c.Asks(first) == conc.State || c.Asks(second) == conc.State
}

// tier is B where the second turn of a loop depends on what comes.
func (c *checker) tier(first, second ssa.Instruction) rule.Tier {
	if first.Parent() == second.Parent() && conc.SameLoop(first.Block(), second.Block()) && c.Asks(second) != conc.Nothing {
		return rule.TierB
	}
	return ""
}

// isNil reports whether the channel is nil on this path: a variable that is not
// assigned, or a field that nothing in the package assigns.
func (c *checker) isNil(st *path.State, ch ssa.Value) bool {
	v := st.Resolve(ch)
	for range 4 {
		t, ok := v.(*ssa.ChangeType)
		if !ok {
			break
		}
		v = st.Resolve(t.X)
	}
	switch x := v.(type) {
	case *ssa.Const:
		return x.IsNil()
	case *ssa.UnOp:
		if x.Op == token.MUL {
			return c.neverStored(x.X)
		}
	}
	return false
}

func (c *checker) neverStored(addr ssa.Value) bool {
	if f, ok := addr.(*ssa.FieldAddr); ok {
		return c.fields.neverMade(path.FieldOf(f))
	}
	if v, ok := addr.(*ssa.FreeVar); ok {
		addr = ir.Captured(v)
	}
	a, ok := addr.(*ssa.Alloc)
	return ok && unassigned(a, 0)
}

// unassigned reports whether a variable is only ever loaded, closures included.
func unassigned(v ssa.Value, depth int) bool {
	if v.Referrers() == nil || depth > 4 {
		return false
	}
	for _, r := range *v.Referrers() {
		switch r := r.(type) {
		case *ssa.UnOp, *ssa.DebugRef:
		case *ssa.MakeClosure:
			lit, ok := r.Fn.(*ssa.Function)
			if !ok {
				return false
			}
			for n, b := range r.Bindings {
				if b == v && (n >= len(lit.FreeVars) || !unassigned(lit.FreeVars[n], depth+1)) {
					return false
				}
			}
		default:
			return false
		}
	}
	return true
}

// inner reports the close of a function that is called when the channel is closed
// already.
func (c *checker) inner(first, second ssa.Instruction, call ssa.CallInstruction) {
	if c.counted(first, call) {
		return
	}
	pos, other := second.Pos(), first.Pos()
	if _, deferred := call.(*ssa.Defer); deferred && first.Parent() == call.Parent() && other > call.Pos() {
		pos, other = other, pos // the deferred literal was there first
	}
	name := conc.Or(c.Text(nil, pos), "the channel")
	c.report(pos, c.tier(first, call), name+" is closed twice, as "+call.Parent().Name()+" calls "+second.Parent().Name()+": the second close panics with \"close of closed channel\"; close it in one place, or with sync.Once",
		rule.Place{Pos: other, Message: "the other close"}, rule.Place{Pos: call.Pos(), Message: "the call"})
}

// sends are the channels that a function sends on whenever it returns.
func (c *checker) sends(fn *ssa.Function) map[path.Cell]ssa.Instruction {
	cells, ok := c.sent[fn]
	if ok {
		return cells
	}
	for _, b := range fn.Blocks {
		for _, i := range b.Instrs {
			s, ok := i.(*ssa.Send)
			if !ok || !conc.Always(s) {
				continue
			}
			if cell := path.Of(s.Chan); cell.Known() {
				if cells == nil {
					cells = make(map[path.Cell]ssa.Instruction)
				}
				if cells[cell] == nil {
					cells[cell] = s
				}
			}
		}
	}
	c.sent[fn] = cells
	return cells
}

// call applies what the callee does to channels of this function.
func (c *checker) call(st *path.State, i ssa.CallInstruction) {
	callee := ir.Callee(i.Common())
	if !c.Here(callee) {
		if callee == nil {
			c.forget(st, nil)
		}
		return
	}
	c.forget(st, callee)
	to := func(cell path.Cell) path.Cell {
		return path.Translate(cell, callee, i.Common().Args, st.Cell)
	}
	for cell, at := range c.sends(callee) {
		if before := st.Get(to(cell)); before.Val == isShut && !c.counted(before.At, i) {
			c.report(at.Pos(), c.tier(before.At, i), "send on "+conc.Or(c.Text(at, at.Pos()), "the channel")+", which is closed when "+i.Parent().Name()+" calls "+callee.Name()+": it panics with \"send on closed channel\"",
				rule.Place{Pos: i.Pos(), Message: "the call"}, rule.Place{Pos: before.At.Pos(), Message: "it is closed here"})
		}
	}
	if !c.touches[callee] {
		return
	}
	s := c.summary(callee)
	for cell, n := range s.shut {
		here := to(cell)
		if !here.Known() {
			continue
		}
		st.Blur(here, path.Fact{Val: unknown, At: i})
		if n < s.ends || s.maybe[cell] {
			st.Set(here, path.Fact{Val: unknown, At: i})
			continue
		}
		at := s.at[cell]
		if before := st.Get(here); before.Val == isShut && conc.Always(at) && !c.Once(callee) {
			c.inner(before.At, at, i)
		}
		c.closes[i] = at
		st.Set(here, path.Fact{Val: isShut, At: i})
	}
	for cell := range s.maybe {
		if here := to(cell); here.Known() {
			st.Set(here, path.Fact{Val: unknown, At: i})
		}
	}
}

// forget drops what is known of fields that the callee may assign: any function,
// when it is not known.
func (c *checker) forget(st *path.State, callee *ssa.Function) {
	st.Each(func(cell path.Cell, f path.Fact) {
		if cell.Path != "" && c.fields.assigns(callee, cell) {
			st.Set(cell, path.Fact{Val: unknown, At: f.At})
		}
	})
}
