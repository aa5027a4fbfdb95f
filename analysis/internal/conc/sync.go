package conc

import (
	"go/constant"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// Syncs reports whether the instruction may wait for other goroutines: a receive,
// Wait of a WaitGroup, a call of code that is not known and may do so.
func (p *Package) Syncs(i ssa.Instruction) bool { return p.syncs(i, 0) }

func (p *Package) syncs(i ssa.Instruction, depth int) bool {
	switch i := i.(type) {
	case *ssa.UnOp:
		return i.Op == token.ARROW
	case *ssa.Select:
		for _, st := range i.States {
			if st.Dir == types.RecvOnly {
				return true
			}
		}
		return false
	case *ssa.Call:
		return p.callSyncs(i.Common(), depth)
	case *ssa.Defer:
		return p.callSyncs(i.Common(), depth)
	}
	return false
}

func (p *Package) callSyncs(c *ssa.CallCommon, depth int) bool {
	if _, ok := c.Value.(*ssa.Builtin); ok {
		return false
	}
	if t := ir.Target(c); t != nil {
		for _, word := range []string{"Wait", "Join", "Stop", "Shutdown", "Close", "Drain", "Flush", "Acquire", "wait", "join", "stop", "shutdown", "drain"} {
			if strings.HasPrefix(t.Name(), word) {
				return true
			}
		}
		if c.IsInvoke() {
			return false
		}
	}
	callee := ir.Callee(c)
	if !p.Here(callee) {
		return callee == nil && !c.IsInvoke() // a function value may do anything
	}
	if depth > 3 {
		return true
	}
	for _, b := range callee.Blocks {
		for _, i := range b.Instrs {
			if p.syncs(i, depth+1) {
				return true
			}
		}
	}
	return false
}

// Path reports whether a path leads from behind one instruction to another, or
// to the end of the function when to is nil, without an instruction that stop
// says so of.
func Path(from, to ssa.Instruction, stop func(ssa.Instruction) bool) bool {
	seen := make(map[*ssa.BasicBlock]bool)
	var walk func(b *ssa.BasicBlock, start int) bool
	walk = func(b *ssa.BasicBlock, start int) bool {
		for _, i := range b.Instrs[start:] {
			if i == to {
				return true
			}
			if stop(i) {
				return false
			}
			if _, ok := i.(*ssa.Return); ok && to == nil {
				return true
			}
		}
		for _, s := range b.Succs {
			if !seen[s] {
				seen[s] = true
				if walk(s, 0) {
					return true
				}
			}
		}
		return false
	}
	return walk(from.Block(), index(from)+1)
}

// SyncHeads are the heads of loops within which the function may wait for other
// goroutines. A path that goes through the head without a turn is none: nobody
// starts goroutines to wait for none of them.
func (p *Package) SyncHeads(fn *ssa.Function) map[*ssa.BasicBlock]bool {
	heads := make(map[*ssa.BasicBlock]bool)
	for _, b := range fn.Blocks {
		for _, i := range b.Instrs {
			if !p.Syncs(i) {
				continue
			}
			d := b
			for ; d != nil && SameLoop(d, b); d = d.Idom() {
				heads[d] = true
			}
			if d != nil && d != b {
				heads[d] = true // a loop over an integer asks before its first turn
			}
			break
		}
	}
	return heads
}

// FromEntry is like Path, from the start of the function of to.
func FromEntry(to ssa.Instruction, stop func(ssa.Instruction) bool) bool {
	first := to.Parent().Blocks[0].Instrs[0]
	if first == to {
		return true
	}
	return !stop(first) && Path(first, to, stop)
}

func index(i ssa.Instruction) int {
	for n, j := range i.Block().Instrs {
		if j == i {
			return n
		}
	}
	return 0
}

// Once reports whether the function, or one that encloses it, is run by a
// sync.Once.
func (p *Package) Once(fn *ssa.Function) bool {
	for ; fn != nil && fn.Parent() != nil; fn = fn.Parent() {
		found := false
		ir.Calls(fn.Parent(), func(c ssa.CallInstruction) {
			switch ir.Name(ir.Target(c.Common())) {
			case "(*sync.Once).Do", "sync.OnceFunc", "sync.OnceValue", "sync.OnceValues":
				for _, a := range c.Common().Args {
					found = found || ir.Func(a) == fn
				}
			}
		})
		if found {
			return true
		}
	}
	return false
}

// Asks says what must be so for an instruction to run in its function.
type Asks int

// Kinds of conditions.
const (
	Nothing  Asks = iota // it runs always, or in every turn of its loop
	Property             // of the item at hand: an error, a flag of the request
	State                // of something that may be kept: a counter, a flag, a lock
)

// Asks looks at the branches that decide whether the instruction runs; within a
// loop, whether it runs in each turn: branches that only end the loop do not
// count, nor do those before it.
func (p *Package) Asks(i ssa.Instruction) Asks {
	asks := Nothing
	b := i.Block()
	loop := InLoop(b)
	for d := b.Idom(); d != nil; d = d.Idom() {
		if len(d.Instrs) == 0 {
			continue
		}
		br, ok := d.Instrs[len(d.Instrs)-1].(*ssa.If)
		if !ok || loop && !SameLoop(d, b) || decides(d, b) == 0 {
			continue
		}
		if ends(d, b) {
			continue
		}
		asks = max(asks, asked(br.Cond, 0))
	}
	return asks
}

// decides counts the branches of d that do not lead to b without coming back
// to d.
func decides(d, b *ssa.BasicBlock) int {
	n := 0
	for _, s := range d.Succs {
		if s != b && !reachesWithout(s, b, d) {
			n++
		}
	}
	return n
}

// ends reports whether d is the head of a loop around b, whose other branch
// leaves it.
func ends(d, b *ssa.BasicBlock) bool {
	if !SameLoop(d, b) {
		return false
	}
	for _, s := range d.Succs {
		if !Reaches(s, d) {
			return true
		}
	}
	return false
}

func reachesWithout(from, to, without *ssa.BasicBlock) bool {
	seen := map[*ssa.BasicBlock]bool{without: true}
	todo := []*ssa.BasicBlock{from}
	for len(todo) > 0 {
		b := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if b == to {
			return true
		}
		if seen[b] {
			continue
		}
		seen[b] = true
		todo = append(todo, b.Succs...)
	}
	return false
}

// asked sorts conditions: an error or a case of a select is a property of the
// moment, everything else may be a state.
func asked(v ssa.Value, depth int) Asks {
	if depth > 4 {
		return State
	}
	switch x := v.(type) {
	case *ssa.UnOp:
		if x.Op == token.NOT {
			return asked(x.X, depth+1)
		}
	case *ssa.BinOp:
		k, ok := x.Y.(*ssa.Const)
		if !ok {
			return State
		}
		if k.IsNil() && types.Identical(x.X.Type(), types.Universe.Lookup("error").Type()) {
			return Property
		}
		if k.Value != nil && k.Value.Kind() == constant.String {
			return Property
		}
		if e, ok := x.X.(*ssa.Extract); ok && e.Index == 0 {
			if s, ok := e.Tuple.(*ssa.Select); ok && s.Blocking {
				return Property
			}
		}
	}
	return State
}

// Shared reports whether a variable is used by other functions than its own: a
// literal captures it, or its address goes somewhere.
func (p *Package) Shared(v ssa.Value) bool {
	if v.Referrers() == nil {
		return true
	}
	for _, r := range *v.Referrers() {
		switch r := r.(type) {
		case *ssa.DebugRef, *ssa.UnOp:
		case *ssa.Store:
			if r.Val == v {
				return true
			}
		case *ssa.FieldAddr:
			if p.Shared(r) {
				return true
			}
		case ssa.CallInstruction:
			if t := ir.Target(r.Common()); t == nil || t.Pkg() == nil || t.Pkg().Path() != "sync" {
				return true
			}
		default:
			return true
		}
	}
	return false
}
