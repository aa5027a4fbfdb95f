package panics

import (
	"go/token"

	"golang.org/x/tools/go/ssa"
)

// outOfRange adds what index-unchecked reports: the cheaper questions here do not ask
// what is in a list that is nil, or who decides the length of os.Args. What both find
// keeps the grade that it has.
func (x *finder) outOfRange(i ssa.Instruction) {
	s, ok := x.judged[i]
	if !ok || x.foundAt(i) || !s.Always && x.expected(i) {
		return
	}
	grade := Likely
	if s.ByCaller {
		grade = Possible
	}
	_, cut := i.(*ssa.Slice)
	switch {
	case s.Always:
		x.add(i, Index, grade, token.NoPos, "uses %s, which is beyond the end whenever it runs", s.Text)
	case cut:
		x.add(i, Index, grade, token.NoPos, "cuts %s without a check", s.Text)
	default:
		x.add(i, Index, grade, token.NoPos, "uses %s without a check", s.Text)
	}
}

// foundAt reports whether the instruction is a site already.
func (x *finder) foundAt(i ssa.Instruction) bool {
	return len(x.found) > 0 && x.found[len(x.found)-1].Instr == i
}

// expected reports whether something before the instruction speaks of its list: a
// condition about it or about the struct that it is in, as in if !startsWell(msg), or
// the list was made just before.
func (x *finder) expected(i ssa.Instruction) bool {
	list := listOf(i)
	if x.checked(i.Block(), list) || filledBefore(i) {
		return true
	}
	of := canon(list)
	return of.root != nil && of.path != "" && x.checked(i.Block(), of.root)
}

// listOf is the list, or the string, that the instruction indexes or cuts.
func listOf(i ssa.Instruction) ssa.Value {
	switch i := i.(type) {
	case *ssa.IndexAddr:
		return i.X
	case *ssa.Index:
		return i.X
	case *ssa.Lookup:
		return i.X
	case *ssa.Slice:
		return i.X
	}
	return nil
}

// filledBefore reports whether the list is a field that the function has made, or has
// appended to, on every way to the instruction.
func filledBefore(i ssa.Instruction) bool {
	list := canon(listOf(i))
	if list.root == nil || list.path == "" {
		return false
	}
	for _, b := range i.Parent().Blocks {
		if !b.Dominates(i.Block()) {
			continue
		}
		for _, other := range b.Instrs {
			if other == i {
				break
			}
			s, ok := other.(*ssa.Store)
			if !ok {
				continue
			}
			if field, ok := s.Addr.(*ssa.FieldAddr); ok && canon(field) == list && known(s.Val, 0) {
				return true
			}
		}
	}
	return false
}
