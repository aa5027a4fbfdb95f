package waitgroup

import (
	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/conc"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/internal/path"
	"github.com/backstop-go/backstop/analysis/rule"
)

// addWithin reports Add in a goroutine that holds no count.
func (c *checker) addWithin(fn *ssa.Function, s conc.Spawn, a op) {
	if _, statement := s.Call.(*ssa.Go); !statement && !isGoOfGroup(s.Call) && !isErrgroup(s.Call) {
		return
	}
	outer := path.Of(a.group)
	if s.Args != nil {
		outer = path.Translate(outer, s.Fn, s.Args, path.Of)
	}
	if !outer.Known() || c.holds(fn, outer, s.Call) || locksBefore(a.call) {
		return
	}
	if _, first := firstOf(a.call); !first {
		return
	}
	// Somebody must wait, and the goroutine give back what it takes.
	field := path.FieldOf(a.group)
	waits := field != nil && c.waited[field]
	for f := fn; f != nil && !waits; f = f.Parent() {
		c.each(f, func(o op) { waits = waits || o.kind == wait && path.Of(o.group) == outer })
		for _, lit := range f.AnonFuncs {
			c.each(lit, func(o op) { waits = waits || lit != s.Fn && o.kind == wait && path.Of(o.group) == outer })
		}
	}
	if !waits {
		return
	}
	c.report(a.call.Pos(), "", "Add of "+c.name(a.call)+" within the goroutine races with Wait, which may have returned before it runs; call Add before the go statement",
		rule.Place{Pos: s.Call.Pos(), Message: "the goroutine starts here"})
}

// firstOf reports whether the call comes before every Done and Wait of its
// function, deferred ones aside.
func firstOf(call ssa.CallInstruction) (ssa.Instruction, bool) {
	for _, b := range call.Parent().Blocks {
		for _, i := range b.Instrs {
			o := operation(i)
			if o.kind == done || o.kind == wait {
				if _, deferred := i.(*ssa.Defer); !deferred && ir.Before(i, call) {
					return i, false
				}
			}
		}
	}
	return nil, true
}

func isGoOfGroup(c ssa.CallInstruction) bool { return operation(c).kind == spawn }

func isErrgroup(c ssa.CallInstruction) bool {
	t := ir.Target(c.Common())
	return t != nil && t.Pkg() != nil && t.Pkg().Path() == "golang.org/x/sync/errgroup"
}

// holds reports whether fn holds a count of the group when it starts the
// goroutine, or gives one to it.
func (c *checker) holds(fn *ssa.Function, group path.Cell, at ssa.CallInstruction) bool {
	if o := operation(at); o.kind == spawn && path.Of(o.group) == group {
		return true
	}
	held := false
	for f := fn; f != nil; f = f.Parent() {
		c.each(f, func(o op) {
			if path.Of(o.group) != group || o.kind != add && o.kind != done {
				return
			}
			// Done says that fn was given a count itself; Add that it took one.
			held = held || o.kind == done || f != fn || conc.Reaches(o.call.Block(), at.Block())
		})
	}
	if held {
		return true
	}
	// A function that is called may count.
	ir.Calls(fn, func(i ssa.CallInstruction) {
		if callee := ir.Callee(i.Common()); i != at && c.Here(callee) && c.touches[callee] && conc.Reaches(i.Block(), at.Block()) {
			held = true
		}
	})
	return held
}

func locksBefore(call ssa.CallInstruction) bool {
	found := false
	ir.Calls(call.Parent(), func(i ssa.CallInstruction) {
		switch ir.Name(ir.Target(i.Common())) {
		case "(*sync.Mutex).Lock", "(*sync.RWMutex).Lock", "(*sync.RWMutex).RLock", "(sync.Locker).Lock":
			found = found || ir.Before(i, call)
		}
	})
	return found
}
