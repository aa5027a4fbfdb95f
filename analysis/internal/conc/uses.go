package conc

import (
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/model"
)

// Kind is what is done to a channel.
type Kind int

// Operations on channels.
const (
	Send Kind = iota
	Receive
	Close
	Length // len and cap, comparisons
	Method // a method of package sync, for what is no channel
)

// A Use is one operation on a channel, or on a value of package sync.
type Use struct {
	Kind   Kind
	Instr  ssa.Instruction
	Select *ssa.Select // when it is a case of one
	State  int         // which case
	Pos    token.Pos
	In     *Routine
}

// Blocks reports whether the goroutine waits for this operation alone.
func (u Use) Blocks() bool {
	return u.Kind <= Receive && (u.Select == nil || u.Select.Blocking && len(u.Select.States) == 1)
}

// A Routine is a goroutine, as seen from the function that made the channel.
type Routine struct {
	Spawn *Spawn   // nil for the goroutine of the function itself
	Outer *Routine // who starts it
}

// Uses is all that is done to a channel, as far as it can be followed.
type Uses struct {
	All     []Use
	Self    *Routine
	Escapes bool // it is also used by code that is not known
}

// Of lists the uses of one kind.
func (u *Uses) Of(kind Kind) []Use {
	var list []Use
	for _, use := range u.All {
		if use.Kind == kind {
			list = append(list, use)
		}
	}
	return list
}

type follower struct {
	p    *Package
	uses *Uses
	seen map[seen]bool
}

type seen struct {
	v  ssa.Value
	in *Routine
}

// Uses follows a channel from where it is made, through variables, closures,
// goroutines and the functions of this package it is handed to. It follows the
// address of a sync.WaitGroup or a mutex in the same way.
func (p *Package) Uses(made ssa.Value) *Uses {
	f := &follower{p: p, uses: &Uses{Self: new(Routine)}, seen: make(map[seen]bool)}
	f.follow(made, f.uses.Self, 0)
	return f.uses
}

func (f *follower) add(kind Kind, i ssa.Instruction, in *Routine) {
	f.uses.All = append(f.uses.All, Use{Kind: kind, Instr: i, Pos: Pos(i), In: in})
}

func (f *follower) follow(v ssa.Value, in *Routine, depth int) {
	if f.seen[seen{v, in}] {
		return
	}
	f.seen[seen{v, in}] = true
	if depth > 12 || v.Referrers() == nil || len(f.seen) > 500 {
		f.uses.Escapes = true
		return
	}
	for _, r := range *v.Referrers() {
		switch r := r.(type) {
		case *ssa.DebugRef:
		case *ssa.Send:
			if r.Chan == v {
				f.add(Send, r, in)
			}
			if r.X == v {
				f.uses.Escapes = true
			}
		case *ssa.Select:
			f.selects(r, v, in)
		case *ssa.UnOp:
			if r.Op == token.ARROW {
				f.add(Receive, r, in)
			} else {
				f.follow(r, in, depth+1)
			}
		case *ssa.ChangeType:
			f.follow(r, in, depth+1)
		case *ssa.BinOp:
			f.add(Length, r, in)
		case *ssa.Store:
			f.store(r, v, in, depth)
		case *ssa.MakeClosure:
			f.closure(r, v, in, depth)
		case ssa.CallInstruction:
			f.call(r, v, in, depth)
		default:
			f.uses.Escapes = true
		}
	}
}

func (f *follower) selects(s *ssa.Select, v ssa.Value, in *Routine) {
	for n, st := range s.States {
		if st.Send == v {
			f.uses.Escapes = true
		}
		if st.Chan != v {
			continue
		}
		kind := Receive
		if st.Dir == types.SendOnly {
			kind = Send
		}
		f.uses.All = append(f.uses.All, Use{Kind: kind, Instr: s, Select: s, State: n, Pos: st.Pos, In: in})
	}
}

// store follows the variable that the channel is kept in, when it is kept in no
// other and the variable holds no other.
func (f *follower) store(s *ssa.Store, v ssa.Value, in *Routine, depth int) {
	if s.Addr == v { // v is the variable, followed already
		return
	}
	a, ok := s.Addr.(*ssa.Alloc)
	if !ok || ir.OnlyStore(a) != v {
		f.uses.Escapes = true
		return
	}
	f.follow(a, in, depth+1)
}

// call follows the channel into the function it is handed to.
func (f *follower) call(c ssa.CallInstruction, v ssa.Value, in *Routine, depth int) {
	common := c.Common()
	if b, ok := common.Value.(*ssa.Builtin); ok {
		switch b.Name() {
		case "close":
			f.add(Close, c, in)
		case "len", "cap":
			f.add(Length, c, in)
		default:
			f.uses.Escapes = true
		}
		return
	}
	callee := ir.Callee(common)
	if t := ir.Target(common); t != nil && t.Pkg() != nil && t.Pkg().Path() == "sync" && len(common.Args) > 0 && common.Args[0] == v {
		f.add(Method, c, in)
		return
	}
	if common.Value == v || !f.p.Here(callee) || len(callee.Params) != len(common.Args) {
		f.uses.Escapes = true
		return
	}
	if _, ok := c.(*ssa.Go); ok {
		in = &Routine{Outer: in, Spawn: &Spawn{Call: c, Fn: callee, Args: common.Args, Loop: InLoop(c.Block())}}
	}
	for n, a := range common.Args {
		if a == v {
			f.follow(callee.Params[n], in, depth+1)
		}
	}
}

// closure follows the channel into a literal, in the goroutine that runs it.
func (f *follower) closure(m *ssa.MakeClosure, v ssa.Value, in *Routine, depth int) {
	lit, ok := m.Fn.(*ssa.Function)
	if !ok {
		f.uses.Escapes = true
		return
	}
	for n, b := range m.Bindings {
		if b != v || n >= len(lit.FreeVars) {
			continue
		}
		for _, run := range f.p.runs(m, in) {
			if run == nil {
				f.uses.Escapes = true
				run = in
			}
			f.follow(lit.FreeVars[n], run, depth+1)
		}
	}
}

// runs are the goroutines that a function value runs in; nil stands for one that
// is not known.
func (p *Package) runs(v ssa.Value, in *Routine) []*Routine {
	if v.Referrers() == nil {
		return []*Routine{nil}
	}
	var list []*Routine
	for _, r := range *v.Referrers() {
		switch r := r.(type) {
		case *ssa.DebugRef:
		case ssa.CallInstruction:
			list = append(list, p.runsCall(r, v, in)...)
		case *ssa.ChangeType:
			list = append(list, p.runs(r, in)...)
		case *ssa.Store:
			a, ok := r.Addr.(*ssa.Alloc)
			if !ok || ir.OnlyStore(a) != v {
				return []*Routine{nil}
			}
			for _, l := range *a.Referrers() {
				if load, ok := l.(*ssa.UnOp); ok {
					list = append(list, p.runs(load, in)...)
				} else if l != ssa.Instruction(r) {
					return []*Routine{nil}
				}
			}
		default:
			return []*Routine{nil}
		}
	}
	return list
}

func (p *Package) runsCall(c ssa.CallInstruction, v ssa.Value, in *Routine) []*Routine {
	if c.Common().Value == v {
		if _, ok := c.(*ssa.Go); ok {
			fn := ir.Func(v)
			return []*Routine{{Outer: in, Spawn: &Spawn{Call: c, Fn: fn, Args: c.Common().Args, Loop: InLoop(c.Block())}}}
		}
		return []*Routine{in}
	}
	var list []*Routine
	for _, cb := range p.Facts.OfCall(c.Common()).Callbacks {
		args := ir.Args(c.Common())
		if cb.Param >= len(args) || args[cb.Param] != v {
			continue
		}
		switch cb.Where {
		case model.Caller:
			list = append(list, in)
		case model.Goroutine:
			list = append(list, &Routine{Outer: in, Spawn: &Spawn{Call: c, Fn: ir.Func(v), Loop: InLoop(c.Block())}})
		default:
			list = append(list, nil)
		}
	}
	if len(list) == 0 {
		return []*Routine{nil}
	}
	return list
}
