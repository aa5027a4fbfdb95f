package waitgroup

import (
	"go/ast"
	"go/token"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/conc"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/internal/path"
	"github.com/backstop-go/backstop/analysis/rule"
)

// What happened to the count of a group in a goroutine: how many Done, or that
// nobody knows.
const unknown = 1000

// A tally is how often Done was called on the paths that return.
type tally struct {
	counts  map[int]int // paths by the number of calls; 0 is not in it
	returns int
}

// spawned looks at a goroutine that fn starts.
func (c *checker) spawned(fn *ssa.Function, s conc.Spawn) {
	if !c.touches[s.Fn] {
		return
	}
	by := operation(s.Call)
	cells := make(map[path.Cell]bool)
	var adds []op
	c.each(s.Fn, func(o op) {
		cell := path.Of(o.group)
		switch {
		case !cell.Known() || local(cell, s.Fn):
		case o.kind == add:
			adds = append(adds, o)
		case o.kind == done:
			cells[cell] = true
		}
	})
	for _, a := range adds {
		c.addWithin(fn, s, a)
	}
	for cell := range cells {
		counted := false
		for _, a := range adds {
			counted = counted || path.Of(a.group) == cell
		}
		if counted {
			continue
		}
		c.walk(fn, s, cell, by)
		c.waitsForItself(s.Fn, cell)
	}
	// Literals that the goroutine defers count for it.
	c.recovers(s.Fn, cells)
}

// local reports whether the group is a variable of the function itself.
func local(cell path.Cell, fn *ssa.Function) bool {
	switch cell.Root.(type) {
	case *ssa.Parameter, *ssa.Global:
		return false
	}
	return cell.Root.Parent() == fn
}

// walk counts Done on the paths of a goroutine.
func (c *checker) walk(fn *ssa.Function, s conc.Spawn, cell path.Cell, by op) {
	each := c.perGoroutine(fn, s, cell, by)
	each.handsOn = each.handsOn || c.perItem(s.Fn, cell) || optional(s.Fn, cell)
	var skipped []*ssa.Return
	some := false
	path.Walk(s.Fn, func(st *path.State, i ssa.Instruction) bool {
		if c.Ends(i) {
			return false
		}
		if r, ok := i.(*ssa.Return); ok {
			switch n := st.Get(cell).Val; {
			case n == 0:
				skipped = append(skipped, r)
			case n != unknown:
				some = true
			}
			return true
		}
		c.step(st, i, cell, each)
		return true
	})
	if !some || each.handsOn {
		return
	}
	tier := rule.TierB
	if cell.Path == "" && !cell.Global() { // nobody else has it
		tier = ""
	}
	for _, r := range skipped {
		pos := r.Pos()
		if !pos.IsValid() {
			pos = end(s.Fn)
		}
		c.report(pos, tier, "this return skips Done of "+c.doneName(s.Fn, cell)+", and Wait never returns; defer Done in the first line of the goroutine",
			rule.Place{Pos: s.Call.Pos(), Message: "the goroutine starts here"})
	}
}

// perItem reports whether Done belongs to a turn of a loop, not to the goroutine.
func (c *checker) perItem(fn *ssa.Function, cell path.Cell) bool {
	found := false
	c.each(fn, func(o op) {
		found = found || o.kind == done && path.Of(o.group) == cell && conc.InLoop(o.call.Block())
	})
	return found
}

// optional reports whether the function asks whether it was given a group at all.
func optional(fn *ssa.Function, cell path.Cell) bool {
	for _, b := range fn.Blocks {
		br, ok := b.Instrs[len(b.Instrs)-1].(*ssa.If)
		if !ok {
			continue
		}
		if cmp, ok := br.Cond.(*ssa.BinOp); ok {
			if k, ok := cmp.Y.(*ssa.Const); ok && k.IsNil() && path.Of(cmp.X) == cell {
				return true
			}
		}
	}
	return false
}

// counting is what the walk of a goroutine knows beforehand.
type counting struct {
	given   int  // how often the goroutine may call Done; 0 when nobody knows
	handsOn bool // others may call Done for it
	within  bool // the goroutine is started by WaitGroup.Go
}

// perGoroutine is the count that fn adds for each goroutine.
func (c *checker) perGoroutine(fn *ssa.Function, s conc.Spawn, cell path.Cell, by op) *counting {
	k := &counting{handsOn: c.handsOn(s.Fn)}
	outer := cell
	if s.Args != nil {
		outer = path.Translate(cell, s.Fn, s.Args, path.Of)
	}
	if !outer.Known() {
		return k
	}
	var adds []op
	c.each(fn, func(o op) {
		if o.kind == add && path.Of(o.group) == outer {
			adds = append(adds, o)
		}
	})
	if by.kind == spawn && path.Of(by.group) == outer {
		k.within = len(adds) == 0
		k.handsOn = true // Go calls Done
		return k
	}
	for _, a := range adds {
		k.handsOn = k.handsOn || !ir.Before(a.call, s.Call) // the goroutine may have no count
	}
	if len(adds) == 1 && adds[0].known && adds[0].n == 1 && ir.Before(adds[0].call, s.Call) &&
		adds[0].call.Block() == s.Call.Block() && c.onlySpawn(fn, s) {
		k.given = 1
	}
	return k
}

// onlySpawn reports whether fn starts no other goroutine that counts.
func (c *checker) onlySpawn(fn *ssa.Function, s conc.Spawn) bool {
	only := true
	c.Spawns(fn, func(t conc.Spawn) {
		if t.Call != s.Call && c.touches[t.Fn] && t.Call.Block() == s.Call.Block() {
			only = false
		}
	})
	return only
}

// handsOn reports whether a goroutine or a callback that the function makes may
// call Done for it.
func (c *checker) handsOn(fn *ssa.Function) bool {
	for _, b := range fn.Blocks {
		for _, i := range b.Instrs {
			switch i := i.(type) {
			case *ssa.Go:
				if callee := ir.Callee(i.Common()); callee == nil || c.touches[callee] {
					return true
				}
			case *ssa.MakeClosure:
				lit, ok := i.Fn.(*ssa.Function)
				if ok && (c.touches[lit] || lit.Synthetic != "") && !called(i) {
					return true
				}
			}
		}
	}
	return false
}

// called reports whether a literal is only called or deferred where it is made.
func called(m *ssa.MakeClosure) bool {
	for _, r := range *m.Referrers() {
		call, ok := r.(ssa.CallInstruction)
		if !ok || call.Common().Value != m {
			return false
		}
		if _, spawned := call.(*ssa.Go); spawned {
			return false
		}
	}
	return true
}

func (c *checker) step(st *path.State, i ssa.Instruction, cell path.Cell, k *counting) {
	call, ok := i.(ssa.CallInstruction)
	if !ok {
		return
	}
	before := st.Get(cell)
	if o := operation(i); o.kind != none {
		if st.Cell(o.group) != cell || o.kind != done || before.Val == unknown {
			return
		}
		if k.within {
			c.report(call.Pos(), "", "Done of "+c.name(call)+" in a function that WaitGroup.Go runs, which calls Done itself: it panics with \"sync: negative WaitGroup counter\"; remove it")
		}
		if before.Val >= 1 && k.given == 1 && !(conc.SameLoop(before.At.Block(), call.Block()) && before.At.Parent() == call.Parent()) {
			pos, other := call.Pos(), before.At.Pos()
			if _, deferred := i.(*ssa.Defer); deferred && before.At.Parent() == call.Parent() && other > pos {
				pos, other = other, pos
			}
			c.report(pos, "", "Done of "+conc.Or(c.Text(nil, pos), "the WaitGroup")+" runs twice in a goroutine that Add was called once for: it panics with \"sync: negative WaitGroup counter\"; remove one",
				rule.Place{Pos: other, Message: "the other Done"})
		}
		st.Set(cell, path.Fact{Val: min(before.Val+1, 5), At: call})
		return
	}
	if _, spawned := i.(*ssa.Go); spawned {
		return
	}
	callee := ir.Callee(call.Common())
	switch {
	case c.Here(callee) && c.touches[callee]:
		if n, exact := c.sum(callee, cell, call, st); exact {
			if n > 0 {
				st.Set(cell, path.Fact{Val: min(before.Val+n, 5), At: call})
			}
			return
		}
		st.Set(cell, path.Fact{Val: unknown, At: call})
	case callee == nil || !c.Here(callee):
		for _, a := range call.Common().Args {
			if st.Cell(a) == cell { // the group is handed to code that is not known
				st.Set(cell, path.Fact{Val: unknown, At: call})
			}
		}
		if ir.Func(call.Common().Value) == nil && !call.Common().IsInvoke() {
			if _, builtin := call.Common().Value.(*ssa.Builtin); !builtin && cell.Path != "" {
				st.Set(cell, path.Fact{Val: unknown, At: call})
			}
		}
	}
}

// sum is how often a function that is called calls Done, when all its paths agree.
func (c *checker) sum(callee *ssa.Function, cell path.Cell, call ssa.CallInstruction, st *path.State) (n int, exact bool) {
	sums, ok := c.sums[callee]
	if !ok {
		c.sums[callee] = nil // a recursive call is not exact
		sums = c.summarize(callee)
		c.sums[callee] = sums
	}
	if sums == nil || c.handsOn(callee) {
		return 0, false
	}
	for in, t := range sums {
		if path.Translate(in, callee, call.Common().Args, st.Cell) != cell {
			continue
		}
		for count, paths := range t.counts {
			if paths != t.returns || count == unknown {
				return 0, false
			}
			n += count
		}
	}
	return n, true
}

func (c *checker) summarize(fn *ssa.Function) map[path.Cell]tally {
	cells := make(map[path.Cell]tally)
	c.each(fn, func(o op) {
		if cell := path.Of(o.group); cell.Known() && !local(cell, fn) {
			cells[cell] = tally{counts: make(map[int]int)}
		}
	})
	for cell, t := range cells {
		path.Walk(fn, func(st *path.State, i ssa.Instruction) bool {
			if c.Ends(i) {
				return false
			}
			if _, ok := i.(*ssa.Return); ok {
				t.returns++
				if n := st.Get(cell).Val; n > 0 {
					t.counts[n]++
				}
				return true
			}
			if o := operation(i); o.kind == add && st.Cell(o.group) == cell {
				st.Set(cell, path.Fact{Val: unknown, At: i})
				return true
			}
			c.step(st, i, cell, &counting{})
			return true
		})
		cells[cell] = t
	}
	return cells
}

func (c *checker) doneName(fn *ssa.Function, cell path.Cell) string {
	name := "the WaitGroup"
	c.each(fn, func(o op) {
		if o.kind == done && path.Of(o.group) == cell {
			name = c.name(o.call)
		}
	})
	return name
}

// end is the closing brace of a function.
func end(fn *ssa.Function) token.Pos {
	var body *ast.BlockStmt
	switch n := fn.Syntax().(type) {
	case *ast.FuncDecl:
		body = n.Body
	case *ast.FuncLit:
		body = n.Body
	}
	if body == nil {
		return token.NoPos
	}
	return body.Rbrace
}

// waitsForItself reports Wait in a goroutine that gives its own count back only
// when it returns.
func (c *checker) waitsForItself(fn *ssa.Function, cell path.Cell) {
	var deferred, waits []op
	c.each(fn, func(o op) {
		if path.Of(o.group) != cell {
			return
		}
		_, late := o.call.(*ssa.Defer)
		switch {
		case o.kind == done && late && conc.Always(o.call):
			deferred = append(deferred, o)
		case o.kind == wait && !late:
			waits = append(waits, o)
		case o.kind == done:
			waits, deferred = nil, nil
		}
	})
	if len(deferred) != 1 {
		return
	}
	for _, w := range waits {
		c.report(w.call.Pos(), "", "Wait of "+c.name(w.call)+" in a goroutine that calls Done only when it returns: it waits for itself, for ever",
			rule.Place{Pos: deferred[0].call.Pos(), Message: "Done is deferred here"})
	}
}

// recovers reports Done that is skipped by a panic which the goroutine recovers.
func (c *checker) recovers(fn *ssa.Function, cells map[path.Cell]bool) {
	guard := c.Facts.Guard(fn)
	if guard.Kind != behaviour.Guarded || c.handsOn(fn) {
		return
	}
	for cell := range cells {
		var plain []op
		deferred := false
		c.each(fn, func(o op) {
			if o.kind == done && path.Of(o.group) == cell {
				if _, late := o.call.(*ssa.Defer); late {
					deferred = true
				} else {
					plain = append(plain, o)
				}
			}
		})
		if deferred || len(plain) != 1 || conc.InLoop(plain[0].call.Block()) || guard.Callee != nil && c.touches[guard.Callee] {
			continue
		}
		if !c.callsBefore(plain[0].call) {
			continue
		}
		c.report(plain[0].call.Pos(), rule.TierB, "Done of "+c.name(plain[0].call)+" is skipped by a panic that this goroutine recovers, and Wait never returns; defer it",
			rule.Place{Pos: guard.Defer.Pos(), Message: "the panic is recovered here"})
	}
}

// callsBefore reports whether code that may panic runs before.
func (c *checker) callsBefore(at ssa.CallInstruction) bool {
	found := false
	ir.Calls(at.Parent(), func(i ssa.CallInstruction) {
		if call, ok := i.(*ssa.Call); ok && ir.Before(call, at) {
			if _, builtin := call.Call.Value.(*ssa.Builtin); !builtin {
				found = true
			}
		}
	})
	return found
}
