package panics

import (
	"go/token"

	"golang.org/x/tools/go/ssa"
)

// outOfRange adds what index-unchecked reports: the cheaper questions here do not ask
// what is in a list that is nil, or who decides the length of os.Args. What both find
// is one site, and the better informed grade holds.
func (x *finder) outOfRange(i ssa.Instruction) {
	s, ok := x.judged[i]
	if !ok {
		return
	}
	grade := Likely
	if s.ByCaller {
		grade = Possible
	}
	for n := range x.found {
		if x.found[n].Instr == i && x.found[n].Kind == Index {
			x.found[n].Grade = max(x.found[n].Grade, grade)
			return
		}
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
