package path

import (
	"go/types"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/ssa"
)

// A Fact is what happened to a cell, in numbers of the rule; 0 is nothing.
type Fact struct {
	Val int
	At  ssa.Instruction
}

type entry struct {
	cell Cell
	Fact
}

// An assumption is what a branch decided.
type assumption struct {
	key    string
	val    string
	deps   []*ssa.BasicBlock // where the values of the condition are made
	cells  []Cell            // what it loads
	stored bool              // a constant was stored there: it stays in the next turn of a loop
}

type binding struct {
	phi *ssa.Phi
	val ssa.Value
}

// State is what is known at one point of one path.
type State struct {
	facts   []entry
	assumed []assumption
	env     []binding
	defers  []*ssa.Defer
	stores  []version // how often a field was assigned
	loads   []loaded  // what was loaded since
}

// A version tells the values apart that a field had one after the other.
type version struct {
	cell Cell
	n    int
}

type loaded struct {
	load *ssa.UnOp
	n    int
}

const maxVersions = 4

func (s *State) clone() *State {
	return &State{
		facts:   slices.Clone(s.facts),
		assumed: slices.Clone(s.assumed),
		env:     slices.Clone(s.env),
		defers:  slices.Clone(s.defers),
		stores:  slices.Clone(s.stores),
		loads:   slices.Clone(s.loads),
	}
}

// Get is what happened to the cell last.
func (s *State) Get(c Cell) Fact {
	for _, e := range s.facts {
		if e.cell == c {
			return e.Fact
		}
	}
	return Fact{}
}

// Set says what happened to the cell; a Val of 0 forgets it.
func (s *State) Set(c Cell, f Fact) {
	s.facts = slices.DeleteFunc(s.facts, func(e entry) bool { return e.cell == c })
	if f.Val != 0 && c.Known() {
		s.facts = append(s.facts, entry{c, f})
	}
}

// Each yields every cell of which something is known.
func (s *State) Each(yield func(Cell, Fact)) {
	for _, e := range slices.Clone(s.facts) {
		yield(e.cell, e.Fact)
	}
}

// Cell is the cell of a value on this path.
func (s *State) Cell(v ssa.Value) Cell { return of(v, s, 0) }

// Resolve is the value that a phi has on this path.
func (s *State) Resolve(v ssa.Value) ssa.Value {
	if p, ok := v.(*ssa.Phi); ok {
		if b := s.lookup(p); b != nil {
			return b
		}
	}
	return v
}

func (s *State) lookup(p *ssa.Phi) ssa.Value {
	for _, b := range s.env {
		if b.phi == p {
			return b.val
		}
	}
	return nil
}

func (s *State) bind(p *ssa.Phi, v ssa.Value) {
	s.env = slices.DeleteFunc(s.env, func(b binding) bool { return b.phi == p })
	if v != nil {
		s.env = append(s.env, binding{p, v})
	}
}

// version is what follows the path of a field that was loaded after it was
// assigned in this function.
func (s *State) version(load *ssa.UnOp) string {
	for _, l := range s.loads {
		if l.load == load {
			return "#" + strconv.Itoa(l.n)
		}
	}
	return ""
}

// load says that the field was loaded.
func (s *State) load(u *ssa.UnOp) {
	c := of(u.X, s, 0)
	if !c.Known() {
		return
	}
	s.loads = slices.DeleteFunc(s.loads, func(l loaded) bool { return l.load == u })
	for _, v := range s.stores {
		if v.cell == c {
			s.loads = append(s.loads, loaded{u, v.n})
		}
	}
}

// assign says that the field has another value from now on.
func (s *State) assign(c Cell) {
	for i, v := range s.stores {
		if v.cell == c {
			s.stores[i].n = min(v.n+1, maxVersions)
			if v.n == maxVersions {
				s.drop(Cell{c.Root, c.Path + "#" + strconv.Itoa(maxVersions)})
			}
			return
		}
	}
	s.stores = append(s.stores, version{c, 1})
}

// Blur sets what may be the same cell with another value of a field on the way:
// literals do not know which one they see.
func (s *State) Blur(c Cell, f Fact) {
	for n, e := range s.facts {
		if e.cell != c && e.cell.Root == c.Root && plain(e.cell.Path) == plain(c.Path) {
			s.facts[n].Fact = f
		}
	}
}

// plain is the path without versions.
func plain(p string) string {
	for {
		before, after, found := strings.Cut(p, "#")
		if !found {
			return p
		}
		p = before + strings.TrimLeft(after, "0123456789")
	}
}

func (s *State) drop(c Cell) {
	s.facts = slices.DeleteFunc(s.facts, func(e entry) bool { return e.cell.Within(c) })
}

// forget drops what is known of the cell and of conditions that load it, when
// something of the type is stored there. What a reference led to before is still
// there for those who have loaded it.
func (s *State) forget(c Cell, t types.Type) {
	if !c.Known() {
		return
	}
	if c.Path != "" && reference(t) {
		s.assign(c)
	} else {
		s.drop(c)
	}
	s.assumed = slices.DeleteFunc(s.assumed, func(a assumption) bool {
		return slices.ContainsFunc(a.cells, func(d Cell) bool { return d.Within(c) })
	})
}

// again drops what is known of values that are made anew, when the path goes
// back to the head of a loop.
func (s *State) again(head *ssa.BasicBlock) {
	s.assumed = slices.DeleteFunc(s.assumed, func(a assumption) bool {
		return len(a.cells) > 0 && !a.stored || slices.ContainsFunc(a.deps, head.Dominates)
	})
	s.facts = slices.DeleteFunc(s.facts, func(e entry) bool {
		i, ok := e.cell.Root.(ssa.Instruction)
		return ok && i.Parent() == head.Parent() && head.Dominates(i.Block())
	})
	s.loads = slices.DeleteFunc(s.loads, func(l loaded) bool { return l.load.Parent() == head.Parent() && head.Dominates(l.load.Block()) })
	s.env = slices.DeleteFunc(s.env, func(b binding) bool { return b.phi.Block() != head && head.Dominates(b.phi.Block()) })
}

// key tells states apart. The order in which things became known does not matter,
// that of deferred calls does.
func (s *State) key(b *ssa.BasicBlock, w *walker) uint64 {
	h := mix(uint64(b.Index) + 1)
	for _, e := range s.facts {
		h += mix(w.id(e.cell.Root) ^ w.text64(e.cell.Path) ^ uint64(e.Val)<<40)
	}
	for _, a := range s.assumed {
		h += mix(w.text64(a.key)*3 ^ w.text64(a.val))
	}
	for _, e := range s.env {
		h += mix(w.id(e.phi)*5 ^ mix(w.id(e.val)))
	}
	for _, v := range s.stores {
		h += mix(w.id(v.cell.Root)*7 ^ w.text64(v.cell.Path) ^ uint64(v.n)<<40)
	}
	for _, l := range s.loads {
		h += mix(w.id(l.load)*11 ^ uint64(l.n)<<40)
	}
	for n, d := range s.defers {
		h += mix(uint64(d.Pos())<<8 ^ uint64(n))
	}
	return h
}

// mix spreads the bits of a number (splitmix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
