package mutexmisuse

import (
	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/conc"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/internal/path"
	"github.com/backstop-go/backstop/analysis/rule"
)

func (c *checker) step(fn *ssa.Function, st *path.State, i ssa.Instruction, s *summary) {
	switch i := i.(type) {
	case *ssa.Return:
		s.all++
		st.Each(func(cell path.Cell, f path.Fact) { c.ending(s.of(cell), i, f) })
	case *ssa.MakeClosure:
		c.literal(st, i, s)
	case *ssa.Go:
		c.handOver(st, i, s)
	case ssa.CallInstruction:
		if k, mutex := operation(i); k != none {
			if cell := st.Cell(mutex); cell.Known() {
				c.operate(fn, st, cell, k, i, s.of(cell))
			}
			return
		}
		c.call(st, i, s)
	}
}

func (c *checker) ending(e *ends, ret *ssa.Return, f path.Fact) {
	e.final[f.Val]++
	switch {
	case f.Val == locked || f.Val > reading:
		e.leaks = append(e.leaks, leak{ret, f.At})
	case f.Val == given:
		e.handed[f.At]++
	}
}

// operate is one call of a method of the mutex.
func (c *checker) operate(fn *ssa.Function, st *path.State, cell path.Cell, k kind, i ssa.CallInstruction, e *ends) {
	before := st.Get(cell)
	if before.Val == untouched && e.first[k] == nil {
		e.first[k] = i
	}
	if before.Val == unknown && e.wrong {
		return
	}
	name := conc.Or(c.Text(i, i.Pos()), "the mutex")
	next, reports := unknown, c.reports
	switch k {
	case lock, rlock:
		next = c.lock(before, k, i, name)
	case unlock:
		next = released
		switch {
		case before.Val > reading:
			c.report(i.Pos(), "Unlock of "+name+", which RLock has locked: \"fatal error: sync: Unlock of unlocked RWMutex\" ends the process; call RUnlock",
				rule.Place{Pos: before.At.Pos(), Message: "RLock is called here"})
		case before.Val == released || before.Val == given:
			c.twice(before.At, i, "Unlock", "unlock of unlocked mutex")
		case before.Val == untouched && own(cell, fn) && !c.Shared(cell.Root):
			c.report(i.Pos(), "Unlock of "+name+", which nobody has locked: \"fatal error: sync: unlock of unlocked mutex\" ends the process")
		case before.Val == untouched:
			next = given
		}
	case runlock:
		next = released
		switch {
		case before.Val > reading+1:
			next = before.Val - 1
		case before.Val == locked:
			c.report(i.Pos(), "RUnlock of "+name+", which Lock has locked: \"fatal error: sync: RUnlock of unlocked RWMutex\" ends the process; call Unlock",
				rule.Place{Pos: before.At.Pos(), Message: "Lock is called here"})
		case before.Val == released:
			c.twice(before.At, i, "RUnlock", "RUnlock of unlocked RWMutex")
		case before.Val == untouched:
			next = given
		}
	}
	if c.reports > reports {
		e.wrong, next = true, unknown // what follows from it is not told
	}
	st.Set(cell, path.Fact{Val: next, At: i})
}

func (c *checker) lock(before path.Fact, k kind, i ssa.CallInstruction, name string) int {
	verb, next := "Lock", locked
	if k == rlock {
		verb, next = "RLock", reading+1
	}
	switch {
	case before.Val == locked || before.Val == back && k == lock:
		message := verb + " of " + name + ", which this goroutine has locked already: it waits for itself, for ever"
		if before.At == ssa.Instruction(i) {
			message = verb + " of " + name + ", which the last turn of the loop has left locked: it waits for itself, for ever"
		}
		c.report(i.Pos(), message, rule.Place{Pos: before.At.Pos(), Message: "it is locked here"})
	case before.Val > reading && k == lock:
		c.report(i.Pos(), "Lock of "+name+", which this goroutine has locked for reading: it waits for itself, for ever; call RUnlock before",
			rule.Place{Pos: before.At.Pos(), Message: "it is locked here"})
	case before.Val > reading:
		next = min(before.Val+1, reading+5)
	case before.Val == given && k == lock:
		next = back
	}
	return next
}

// twice reports the second of two unlocks: the later one in the source, when one
// of them is deferred.
func (c *checker) twice(first, second ssa.Instruction, verb, text string) {
	pos, other := second.Pos(), first.Pos()
	if _, deferred := second.(*ssa.Defer); deferred && first.Parent() == second.Parent() && other > pos {
		pos, other = other, pos
	}
	name := conc.Or(c.Text(nil, pos), "the mutex")
	c.report(pos, verb+" of "+name+" runs twice: the second one is \"fatal error: sync: "+text+"\", which no recover stops; remove one",
		rule.Place{Pos: other, Message: "the other one"})
}

// own reports whether the mutex is a variable of the function itself.
func own(cell path.Cell, fn *ssa.Function) bool {
	a, ok := cell.Root.(*ssa.Alloc)
	return ok && a.Parent() == fn
}

// call applies what the callee does to mutexes of this function.
func (c *checker) call(st *path.State, i ssa.CallInstruction, s *summary) {
	callee := ir.Callee(i.Common())
	if !c.Here(callee) {
		c.strange(st, i)
		return
	}
	if !c.touches[callee] {
		return
	}
	theirs := c.summary(callee)
	for cell, e := range theirs.cells {
		here := path.Translate(cell, callee, i.Common().Args, st.Cell)
		if !here.Known() {
			continue
		}
		st.Blur(here, path.Fact{Val: unknown, At: i})
		before := st.Get(here)
		c.meet(before, callee, e, i)
		ours := s.of(here)
		if before.Val == untouched {
			for k, at := range e.first {
				if ours.first[k] == nil {
					ours.first[k] = at
				}
			}
		}
		ours.quiet = ours.quiet || e.quiet
		if val, changes := e.after(theirs.all); changes {
			if val == locked && before.Val == given {
				val = back
			}
			st.Set(here, path.Fact{Val: val, At: i})
		}
	}
}

// meet reports a call of a function that locks what is locked, or unlocks what
// is not.
func (c *checker) meet(before path.Fact, callee *ssa.Function, e *ends, i ssa.CallInstruction) {
	if e.first[unlock] != nil && e.first[lock] == nil && before.Val == released && conc.Always(e.first[unlock]) {
		c.twice(before.At, i, "Unlock", "unlock of unlocked mutex")
		return
	}
	if e.first[unlock] != nil || e.first[runlock] != nil || e.first[try] != nil {
		return
	}
	at := e.first[lock]
	if at == nil && (before.Val == locked || before.Val == back) {
		at = e.first[rlock]
	}
	if at == nil || before.Val != locked && before.Val != back && before.Val <= reading {
		return
	}
	if c.Asks(at) == conc.State && !conc.Always(at) {
		return
	}
	name := conc.Or(c.Text(before.At, before.At.Pos()), "a mutex")
	c.report(i.Pos(), "call of "+callee.Name()+", which locks "+name+", while it is locked here: it waits for itself, for ever",
		rule.Place{Pos: before.At.Pos(), Message: "it is locked here"}, rule.Place{Pos: at.Pos(), Message: "and again here"})
}

// after is what is known when the function has been called, and whether it
// differs from before.
func (e *ends) after(all int) (val int, changes bool) {
	if e.quiet {
		return unknown, true
	}
	if len(e.final) != 1 {
		return unknown, true
	}
	for val, n := range e.final {
		switch {
		case n != all:
			return unknown, true
		case val == released && e.first[unlock] == nil && e.first[runlock] == nil, val == back:
			return 0, false // it gives back what it takes
		case val == given:
			return released, true
		default:
			return val, true
		}
	}
	return unknown, true
}

// strange is a call of code that is not known: it may unlock what it is given.
func (c *checker) strange(st *path.State, i ssa.CallInstruction) {
	if t := ir.Target(i.Common()); ir.StdFunc(t) {
		return
	}
	if _, builtin := i.Common().Value.(*ssa.Builtin); builtin {
		return
	}
	for _, a := range i.Common().Args {
		if m, ok := a.(*ssa.MakeInterface); ok { // given as a sync.Locker
			a = m.X
		}
		cell := st.Cell(a)
		st.Each(func(known path.Cell, f path.Fact) {
			if known == cell {
				st.Set(known, path.Fact{Val: unknown, At: i})
			}
		})
	}
}

// literal looks at a function value that is made: one that unlocks first may be
// called by whoever gets it.
func (c *checker) literal(st *path.State, m *ssa.MakeClosure, s *summary) {
	lit, ok := m.Fn.(*ssa.Function)
	if !ok || calledOnly(m) {
		return
	}
	if obj := ir.Object(lit); lit.Synthetic != "" && obj != nil && len(m.Bindings) == 1 {
		switch obj.Name() {
		case "Unlock", "RUnlock", "unlock", "runlock":
			c.hush(st, st.Cell(m.Bindings[0]), m, s)
		}
		return
	}
	if !c.Here(lit) || !c.touches[lit] {
		return
	}
	for cell, e := range c.summary(lit).cells {
		if e.first[unlock] != nil || e.first[runlock] != nil || conc.RangeBody(lit) {
			c.hush(st, cell, m, s)
		}
	}
}

func (c *checker) hush(st *path.State, cell path.Cell, at ssa.Instruction, s *summary) {
	if !cell.Known() {
		return
	}
	s.of(cell).quiet = true
	st.Set(cell, path.Fact{Val: unknown, At: at})
}

// handOver is a goroutine that unlocks.
func (c *checker) handOver(st *path.State, g *ssa.Go, s *summary) {
	callee := ir.Callee(g.Common())
	if !c.Here(callee) || !c.touches[callee] {
		return
	}
	for cell, e := range c.summary(callee).cells {
		if e.first[unlock] != nil || e.first[runlock] != nil {
			c.hush(st, path.Translate(cell, callee, g.Call.Args, st.Cell), g, s)
		}
	}
}

// calledOnly reports whether a literal is only called, deferred or started where
// it is made: those are looked at there.
func calledOnly(m *ssa.MakeClosure) bool {
	for _, r := range *m.Referrers() {
		call, ok := r.(ssa.CallInstruction)
		if !ok || call.Common().Value != m {
			return false
		}
	}
	return true
}
