package path

import (
	"slices"
	"sort"
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
}

func (s *State) clone() *State {
	return &State{
		facts:   slices.Clone(s.facts),
		assumed: slices.Clone(s.assumed),
		env:     slices.Clone(s.env),
		defers:  slices.Clone(s.defers),
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
func (s *State) Cell(v ssa.Value) Cell { return of(v, s.lookup, 0) }

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

// forget drops what is known of the cell and of conditions that load it.
func (s *State) forget(c Cell) {
	if !c.Known() {
		return
	}
	s.facts = slices.DeleteFunc(s.facts, func(e entry) bool { return e.cell.Within(c) })
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
	s.env = slices.DeleteFunc(s.env, func(b binding) bool { return b.phi.Block() != head && head.Dominates(b.phi.Block()) })
}

// key tells states apart.
func (s *State) key(b *ssa.BasicBlock, id func(ssa.Value) int) string {
	var parts []string
	for _, e := range s.facts {
		parts = append(parts, "f"+strconv.Itoa(id(e.cell.Root))+e.cell.Path+"="+strconv.Itoa(e.Val))
	}
	for _, a := range s.assumed {
		parts = append(parts, "a"+a.key+"="+a.val)
	}
	for _, e := range s.env {
		parts = append(parts, "e"+strconv.Itoa(id(e.phi))+"="+strconv.Itoa(id(e.val)))
	}
	sort.Strings(parts)
	for _, d := range s.defers {
		parts = append(parts, "d"+strconv.Itoa(int(d.Pos())))
	}
	return strconv.Itoa(b.Index) + "|" + strings.Join(parts, "|")
}
