package recoverhotloop

import (
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/internal/recovered"
)

// A loop is a natural loop: what runs between its head and the jumps back to it.
type loop struct {
	head *ssa.BasicBlock
	body map[*ssa.BasicBlock]bool
}

func loopsOf(fn *ssa.Function) []loop {
	bodies := make(map[*ssa.BasicBlock]map[*ssa.BasicBlock]bool)
	var list []loop
	for _, b := range fn.Blocks {
		for _, head := range b.Succs {
			if !head.Dominates(b) {
				continue
			}
			body := bodies[head]
			if body == nil {
				body = map[*ssa.BasicBlock]bool{head: true}
				bodies[head] = body
				list = append(list, loop{head, body})
			}
			todo := []*ssa.BasicBlock{b}
			for len(todo) > 0 {
				x := todo[len(todo)-1]
				todo = todo[:len(todo)-1]
				if !body[x] {
					body[x] = true
					todo = append(todo, x.Preds...)
				}
			}
		}
	}
	return list
}

// paced reports whether the loop waits, or ends by itself: it counts, it ranges
// over something, it calls what may wait.
func (c *checker) paced(l loop) bool {
	for b := range l.body {
		for _, i := range b.Instrs {
			switch i := i.(type) {
			case *ssa.Send, *ssa.Next, *ssa.Go, *ssa.Defer:
				return true
			case *ssa.Select:
				if i.Blocking || timed(i) {
					return true
				}
			case *ssa.UnOp:
				if i.Op == token.ARROW {
					return true
				}
			case *ssa.Call:
				if c.mayWait(i) {
					return true
				}
			case *ssa.If:
				if (!l.body[b.Succs[0]] || !l.body[b.Succs[1]]) && isNumber(i.Cond) {
					return true
				}
			}
		}
	}
	return false
}

// timed reports whether a select with a default case looks at a ticker: it paces
// the other rounds.
func timed(s *ssa.Select) bool {
	for _, state := range s.States {
		if ch, ok := state.Chan.Type().Underlying().(*types.Chan); ok && ch.Elem().String() == "time.Time" {
			return true
		}
	}
	return false
}

// isNumber reports whether the condition compares numbers: a counter, a length.
func isNumber(cond ssa.Value) bool {
	op, ok := cond.(*ssa.BinOp)
	if !ok {
		return false
	}
	b, ok := op.X.Type().Underlying().(*types.Basic)
	return ok && b.Info()&types.IsNumeric != 0
}

// mayWait reports whether the call may wait for something. One whose source nobody
// sees may, when the loop uses what it returns.
func (c *checker) mayWait(call *ssa.Call) bool {
	common := call.Common()
	if c.facts.CallWaits(common) {
		return true
	}
	if _, ok := common.Value.(*ssa.Builtin); ok {
		return false
	}
	if recovered.Formats(common) || c.facts.Logs(common) {
		return false
	}
	if fn := c.facts.Callee(common); fn != nil && len(fn.Blocks) > 0 {
		return false // it is seen
	}
	obj := ir.Target(common)
	if obj == nil {
		return len(*call.Referrers()) > 0
	}
	if obj.Pkg() == nil || obj.Name() == "Err" {
		return false
	}
	if ir.StdFunc(obj) {
		return false // CallWaits knows them
	}
	if len(*call.Referrers()) > 0 {
		_, callback := c.guarded(call)
		return !callback
	}
	low := strings.ToLower(obj.Name())
	return strings.Contains(low, "limit") || strings.Contains(low, "throttle")
}

// ends reports whether the loop is left when the call panicked: the error that the
// guard sets, or a bool that is false, leads out of it.
func (c *checker) ends(l loop, call *ssa.Call) bool {
	for b := range l.body {
		i, ok := b.Instrs[len(b.Instrs)-1].(*ssa.If)
		if !ok || len(b.Succs) != 2 {
			continue
		}
		yes, out := !leads(b.Succs[0], l), !leads(b.Succs[1], l)
		if !yes && !out {
			continue
		}
		if failed, ok := failure(i.Cond, call); ok {
			if failed && yes || !failed && out {
				return true
			}
			continue
		}
		if c.setBy(i.Cond) {
			return true
		}
	}
	return false
}

// leads reports whether the block is in the loop, or comes back to it.
func leads(b *ssa.BasicBlock, l loop) bool { return l.body[b] }

// failure decides a condition on a result of the call, given that it failed: an
// error is not nil, a bool false, a recovered value not nil.
func failure(cond ssa.Value, call *ssa.Call) (yes, ok bool) {
	switch cond := cond.(type) {
	case *ssa.UnOp:
		if cond.Op == token.NOT {
			yes, ok = failure(cond.X, call)
			return !yes, ok
		}
	case *ssa.BinOp:
		if k, isConst := cond.Y.(*ssa.Const); isConst && k.IsNil() && resultOf(cond.X, call) {
			return cond.Op == token.NEQ, true
		}
	}
	if b, isBool := cond.Type().Underlying().(*types.Basic); isBool && b.Kind() == types.Bool && resultOf(cond, call) {
		return false, true
	}
	return false, false
}

func resultOf(v ssa.Value, call *ssa.Call) bool {
	if e, ok := v.(*ssa.Extract); ok {
		v = e.Tuple
	}
	return v == call
}

// setBy reports whether the condition reads a variable that a literal of this
// function sets, as a guard does to end the loop.
func (c *checker) setBy(cond ssa.Value) bool {
	for range 3 {
		switch v := cond.(type) {
		case *ssa.BinOp:
			cond = v.X
			continue
		case *ssa.UnOp:
			if v.Op == token.NOT {
				cond = v.X
				continue
			}
			if a, ok := v.X.(*ssa.Alloc); ok {
				return captured(a)
			}
			if _, ok := v.X.(*ssa.FieldAddr); ok {
				return true // of whom nobody knows who sets it
			}
		}
		break
	}
	return false
}

func captured(a *ssa.Alloc) bool {
	for _, r := range *a.Referrers() {
		if _, ok := r.(*ssa.MakeClosure); ok {
			return true
		}
	}
	return false
}
