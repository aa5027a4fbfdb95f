package conc

import (
	"go/constant"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ssa"
)

// Size is how many values the channel holds, when that is a constant.
func Size(made *ssa.MakeChan) (int64, bool) {
	k, ok := made.Size.(*ssa.Const)
	if !ok || k.Value == nil || k.Value.Kind() != constant.Int {
		return 0, false
	}
	return k.Int64(), true
}

// Channels yields the channels that fn makes and that only known code uses.
func (p *Package) Channels(fn *ssa.Function, yield func(*ssa.MakeChan, *Uses)) {
	for _, b := range fn.Blocks {
		for _, i := range b.Instrs {
			if made, ok := i.(*ssa.MakeChan); ok {
				if uses := p.Uses(made); !uses.Escapes {
					yield(made, uses)
				}
			}
		}
	}
}

// IsMain reports whether the process ends with the function: main of package
// main, or a literal within it.
func IsMain(fn *ssa.Function) bool {
	for fn.Parent() != nil {
		fn = fn.Parent()
	}
	return fn.Pkg != nil && fn.Pkg.Pkg.Name() == "main" && (fn.Name() == "main" || fn.Name() == "init" || fn.Synthetic != "")
}

// An Exit is an edge that leaves a loop.
type Exit struct {
	From, To *ssa.BasicBlock
	Cond     ssa.Value // what decides; nil when nothing does
}

// Exits are the edges that leave the loop around a block.
func Exits(b *ssa.BasicBlock) []Exit {
	var exits []Exit
	for _, in := range b.Parent().Blocks {
		if !SameLoop(in, b) {
			continue
		}
		for _, to := range in.Succs {
			if SameLoop(to, b) {
				continue
			}
			e := Exit{From: in, To: to}
			if br, ok := in.Instrs[len(in.Instrs)-1].(*ssa.If); ok {
				e.Cond = br.Cond
			}
			exits = append(exits, e)
		}
	}
	return exits
}

// Closed reports whether the condition asks whether the channel that was received
// from is closed.
func Closed(cond ssa.Value) bool {
	e := closedBy(cond)
	return e != nil
}

func closedBy(cond ssa.Value) ssa.Value {
	if not, ok := cond.(*ssa.UnOp); ok && not.Op == token.NOT {
		cond = not.X
	}
	e, ok := cond.(*ssa.Extract)
	if !ok || e.Index != 1 {
		return nil
	}
	switch t := e.Tuple.(type) {
	case *ssa.UnOp:
		if t.Op == token.ARROW {
			return t
		}
	case *ssa.Select:
		return t
	}
	return nil
}

// Derived reports whether the condition asks about what came from the channel:
// the value that was received, or which case of a select was ready.
func Derived(cond ssa.Value) bool { return derived(cond, 0) }

func derived(v ssa.Value, depth int) bool {
	if depth > 6 {
		return false
	}
	switch x := v.(type) {
	case *ssa.UnOp:
		return x.Op == token.ARROW || derived(x.X, depth+1)
	case *ssa.BinOp:
		return derived(x.X, depth+1) || derived(x.Y, depth+1)
	case *ssa.Extract:
		if s, ok := x.Tuple.(*ssa.Select); ok {
			return s.Blocking && x.Index != 1
		}
		return derived(x.Tuple, depth+1)
	case *ssa.Field:
		return derived(x.X, depth+1)
	case *ssa.FieldAddr:
		return derived(x.X, depth+1)
	case *ssa.Alloc: // a struct that was received lives in a variable
		if x.Referrers() == nil {
			return false
		}
		for _, r := range *x.Referrers() {
			if s, ok := r.(*ssa.Store); ok && s.Addr == x && derived(s.Val, depth+1) {
				return true
			}
		}
	case *ssa.MakeInterface:
		return derived(x.X, depth+1)
	}
	return false
}

// IsError reports whether the condition compares an error with nil.
func IsError(cond ssa.Value) bool {
	b, ok := cond.(*ssa.BinOp)
	if !ok {
		return false
	}
	k, ok := b.Y.(*ssa.Const)
	return ok && k.IsNil() && types.Identical(b.X.Type(), types.Universe.Lookup("error").Type())
}

// Bound is how often the loop around a block turns at most, when the loop counts
// to a constant.
func Bound(b *ssa.BasicBlock) (int64, bool) {
	for _, e := range Exits(b) {
		cmp, ok := e.Cond.(*ssa.BinOp)
		if !ok {
			continue
		}
		if k, ok := cmp.Y.(*ssa.Const); ok && k.Value != nil && k.Value.Kind() == constant.Int && (cmp.Op == token.LSS || cmp.Op == token.LEQ) {
			return k.Int64(), true
		}
	}
	return 0, false
}

// Chosen reports whether the edge is the one that a select takes for a case.
func Chosen(from, to *ssa.BasicBlock, s *ssa.Select, state int) bool {
	br, ok := from.Instrs[len(from.Instrs)-1].(*ssa.If)
	if !ok || from.Succs[0] != to {
		return false
	}
	cmp, ok := br.Cond.(*ssa.BinOp)
	if !ok || cmp.Op != token.EQL {
		return false
	}
	e, ok := cmp.X.(*ssa.Extract)
	k, isConst := cmp.Y.(*ssa.Const)
	return ok && isConst && e.Tuple == s && e.Index == 0 && k.Value != nil && k.Int64() == int64(state)
}

// Unreceived reports whether a path leads from behind the instruction to a return
// without a receive of the uses. Loops that receive are taken at least once.
func (p *Package) Unreceived(from ssa.Instruction, receives []Use) bool {
	return p.unreceived(from.Block(), index(from)+1, receives)
}

// UnreceivedAfter is like Unreceived for the paths that start with an edge.
func (p *Package) UnreceivedAfter(e Exit, receives []Use) bool {
	for _, r := range receives {
		if r.Select != nil && Chosen(e.From, e.To, r.Select, r.State) {
			return false
		}
	}
	return p.unreceived(e.To, 0, receives)
}

func (p *Package) unreceived(start *ssa.BasicBlock, at int, receives []Use) bool {
	stops := make(map[ssa.Instruction]bool)
	for _, r := range receives {
		if r.Select == nil || len(r.Select.States) == 1 && r.Select.Blocking {
			stops[r.Instr] = true
		}
	}
	skips := func(from, to *ssa.BasicBlock) bool { // the edge receives, or leaves a loop that does
		for _, r := range receives {
			if r.Select != nil && Chosen(from, to, r.Select, r.State) {
				return true
			}
			if !InLoop(r.Instr.Block()) || r.Instr.Parent() != from.Parent() || SameLoop(to, r.Instr.Block()) {
				continue
			}
			if SameLoop(from, r.Instr.Block()) && from.Dominates(r.Instr.Block()) && from != r.Instr.Block() {
				return true
			}
			if !SameLoop(from, r.Instr.Block()) && len(from.Succs) == 2 && r.Instr.Block().Idom() == from && Reaches(to, from) == Reaches(r.Instr.Block(), from) {
				return true // the test before the first turn of a loop over an integer
			}
		}
		return false
	}
	seen := make(map[*ssa.BasicBlock]bool)
	var walk func(b *ssa.BasicBlock, at int) bool
	walk = func(b *ssa.BasicBlock, at int) bool {
		for _, i := range b.Instrs[at:] {
			if stops[i] || p.Ends(i) {
				return false
			}
			if _, ok := i.(*ssa.Return); ok {
				return true
			}
		}
		for _, s := range b.Succs {
			if !seen[s] && !skips(b, s) {
				seen[s] = true
				if walk(s, 0) {
					return true
				}
			}
		}
		return false
	}
	return walk(start, at)
}
