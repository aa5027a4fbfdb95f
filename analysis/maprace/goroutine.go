package maprace

import (
	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/conc"
	"github.com/backstop-go/backstop/analysis/internal/path"
	"github.com/backstop-go/backstop/analysis/rule"
)

// goroutines looks at maps that goroutines share with the function that starts
// them.
func (c *checker) goroutines(fn *ssa.Function) {
	var started []conc.Spawn
	c.Spawns(fn, func(s conc.Spawn) { started = append(started, s) })
	for _, s := range started {
		c.each(s, func(a access, cell path.Cell) {
			if !a.write || c.held(a.instr) == writing || c.Once(a.instr.Parent()) {
				return
			}
			switch {
			case s.Loop && c.shared(cell, s) && !c.oneByOne(s) && c.Asks(s.Call) != conc.State:
				c.report(a, "goroutines of a loop write to "+c.name(a)+" without a lock: \"fatal error: concurrent map writes\" ends the process, and no recover stops it; lock a mutex",
					rule.Place{Pos: s.Call.Pos(), Message: "the goroutines start here"})
			default:
				c.meets(fn, started, s, a, cell)
			}
		})
	}
}

// each yields the accesses of a goroutine to maps from outside.
func (c *checker) each(s conc.Spawn, yield func(access, path.Cell)) {
	accesses(s.Fn, func(a access) {
		cell := path.Of(a.m)
		if cell.Known() && s.Args != nil {
			cell = path.Translate(cell, s.Fn, s.Args, path.Of)
		}
		if !cell.Known() || cell.Root.Parent() == s.Fn {
			return
		}
		yield(a, cell)
	})
}

// shared reports whether the goroutines of a loop have one map: it was made
// before the loop.
func (c *checker) shared(cell path.Cell, s conc.Spawn) bool {
	root, ok := cell.Root.(ssa.Instruction)
	return !ok || root.Parent() != s.Call.Parent() || !conc.SameLoop(root.Block(), s.Call.Block())
}

// oneByOne reports whether the loop waits for each goroutine.
func (c *checker) oneByOne(s conc.Spawn) bool {
	for _, b := range s.Call.Parent().Blocks {
		if !conc.SameLoop(b, s.Call.Block()) {
			continue
		}
		for _, i := range b.Instrs {
			if c.Syncs(i) {
				return true
			}
		}
	}
	return false
}

// meets reports a write of a goroutine that the function, or another goroutine of
// it, may come across.
func (c *checker) meets(fn *ssa.Function, started []conc.Spawn, s conc.Spawn, a access, cell path.Cell) {
	if _, ok := s.Call.(*ssa.Go); !ok || cell.Path != "" || cell.Global() {
		return
	}
	heads := c.SyncHeads(fn)
	stop := func(i ssa.Instruction) bool {
		_, branch := i.(*ssa.If)
		return branch && heads[i.Block()] || c.Syncs(i)
	}
	var other ssa.Instruction
	accesses(fn, func(b access) {
		if other == nil && path.Of(b.m) == cell && c.held(b.instr) == unlocked && conc.Path(s.Call, b.instr, stop) {
			other = b.instr
		}
	})
	for _, t := range started {
		if other != nil || t.Call == s.Call || !conc.Path(s.Call, t.Call, stop) {
			continue
		}
		c.each(t, func(b access, second path.Cell) {
			if second == cell && c.held(b.instr) == unlocked {
				other = b.instr
			}
		})
	}
	if other == nil {
		return
	}
	c.report(a, "this goroutine writes to "+c.name(a)+" while others use it without a lock: \"fatal error: concurrent map read and map write\" ends the process, and no recover stops it; lock a mutex, or wait before",
		rule.Place{Pos: other.Pos(), Message: "it is used here meanwhile"}, rule.Place{Pos: s.Call.Pos(), Message: "the goroutine starts here"})
}
