package waitgroup

import (
	"go/ast"
	"go/token"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/conc"
	"github.com/backstop-go/backstop/analysis/internal/path"
	"github.com/backstop-go/backstop/analysis/rule"
)

// skipped reports a turn of a loop that counts one with Add and goes on to the next
// turn, or leaves the function, before it starts the goroutine that calls Done.
func (c *checker) skipped(fn *ssa.Function) {
	c.each(fn, func(a op) {
		if a.kind != add || !a.known || a.n != 1 || !conc.InLoop(a.call.Block()) {
			return
		}
		cell := path.Of(a.group)
		if !cell.Known() || c.onItsOwn(fn, cell) {
			return
		}
		starts := c.starts(fn, a, cell)
		if starts == nil {
			return
		}
		for _, e := range around(a.call.Block(), starts.Block()) {
			pos := skip(fn, a.call.Pos(), starts.Pos(), e)
			if pos.IsValid() {
				c.report(pos, "", "this skips the goroutine that calls Done of "+c.name(a.call)+", although Add has counted it: Wait never returns; call Add right before the go statement",
					rule.Place{Pos: a.call.Pos(), Message: "Add is called here"}, rule.Place{Pos: starts.Pos(), Message: "the goroutine starts here"})
			}
		}
	})
}

// onItsOwn reports whether the function itself calls Done, or hands the group to
// others: then who counts down is not known.
func (c *checker) onItsOwn(fn *ssa.Function, cell path.Cell) bool {
	found := false
	c.each(fn, func(o op) {
		found = found || o.kind == done && path.Of(o.group) == cell
	})
	for _, b := range fn.Blocks {
		for _, i := range b.Instrs {
			call, ok := i.(*ssa.Call)
			if !ok || operation(i).kind != none {
				continue
			}
			for _, arg := range call.Call.Args {
				found = found || path.Of(arg) == cell
			}
			if m, ok := call.Call.Value.(*ssa.MakeClosure); ok {
				if lit, ok := m.Fn.(*ssa.Function); ok && c.touches[lit] {
					found = true
				}
			}
		}
	}
	return found
}

// starts is the only goroutine of the loop that calls Done.
func (c *checker) starts(fn *ssa.Function, a op, cell path.Cell) ssa.CallInstruction {
	var only ssa.CallInstruction
	many := false
	c.Spawns(fn, func(s conc.Spawn) {
		if !c.touches[s.Fn] {
			return
		}
		counts := false
		c.each(s.Fn, func(o op) {
			in := path.Of(o.group)
			if s.Args != nil {
				in = path.Translate(in, s.Fn, s.Args, path.Of)
			}
			counts = counts || o.kind == done && in == cell
		})
		if !counts {
			many = true // it counts in a way that is not followed
		}
		many = many || only != nil
		only = s.Call
	})
	if many || only == nil || !conc.SameLoop(a.call.Block(), only.Block()) || !a.call.Block().Dominates(only.Block()) || a.call.Block() == only.Block() {
		return nil
	}
	_, statement := only.(*ssa.Go)
	if !statement {
		return nil
	}
	return only
}

// around are the blocks between Add and the go statement from which the next turn
// begins without it.
func around(from, to *ssa.BasicBlock) []*ssa.BasicBlock {
	var list []*ssa.BasicBlock
	seen := map[*ssa.BasicBlock]bool{to: true}
	todo := []*ssa.BasicBlock{from}
	for len(todo) > 0 {
		b := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[b] {
			continue
		}
		seen[b] = true
		for _, s := range b.Succs {
			if s.Dominates(from) { // the head of the loop
				list = append(list, b)
			} else {
				todo = append(todo, s)
			}
		}
	}
	return list
}

// skip finds the statement continue that leads from the block to the next turn: the
// one between Add and the go statement that follows the last instruction of the
// block, or its only predecessor's.
func skip(fn *ssa.Function, from, to token.Pos, b *ssa.BasicBlock) token.Pos {
	last := token.NoPos
	for n := 0; b != nil && n < 3; n++ {
		for _, i := range b.Instrs {
			if i.Pos() > last {
				last = i.Pos()
			}
			if br, ok := i.(*ssa.If); ok && br.Cond.Pos() > last {
				last = br.Cond.Pos()
			}
		}
		if last.IsValid() || len(b.Preds) != 1 {
			break
		}
		b = b.Preds[0]
	}
	var found token.Pos
	if fn.Syntax() == nil {
		return found
	}
	ast.Inspect(fn.Syntax(), func(n ast.Node) bool {
		if _, ok := n.(*ast.FuncLit); ok && n != fn.Syntax() {
			return false
		}
		s, ok := n.(*ast.BranchStmt)
		if ok && s.Tok == token.CONTINUE && s.Label == nil && s.Pos() > from && s.Pos() < to && s.Pos() > last && !found.IsValid() {
			found = s.Pos()
		}
		return true
	})
	return found
}
