package panics

import (
	"go/token"
	"go/types"
	"strconv"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// A ref names a value by where it comes from: the same field of the same value,
// read twice, is the same ref.
type ref struct {
	root ssa.Value
	path string
}

// canon leads v back to the variable, parameter or result that it is read from.
func canon(v ssa.Value) ref {
	path := ""
	for range 16 {
		switch x := v.(type) {
		case *ssa.UnOp:
			if x.Op != token.MUL {
				return ref{v, path}
			}
			v = x.X
		case *ssa.FieldAddr:
			v, path = x.X, "."+strconv.Itoa(x.Field)+path
		case *ssa.Field:
			v, path = x.X, "."+strconv.Itoa(x.Field)+path
		case *ssa.IndexAddr:
			v, path = x.X, "[]"+path
		case *ssa.Index:
			v, path = x.X, "[]"+path
		case *ssa.ChangeType:
			v = x.X
		case *ssa.Convert:
			v = x.X
		case *ssa.ChangeInterface:
			v = x.X
		case *ssa.MakeInterface:
			v = x.X
		case *ssa.Slice:
			v = x.X
		case *ssa.FreeVar:
			c := ir.Captured(x)
			if c == nil {
				return ref{v, path}
			}
			v = c
		case *ssa.Alloc:
			s := ir.OnlyStore(x)
			if s == nil {
				return ref{v, path}
			}
			v = s
		case *ssa.Lookup: // of a key that is written in the code
			key, ok := x.Index.(*ssa.Const)
			if !ok || x.CommaOk || key.Value == nil {
				return ref{v, path}
			}
			v, path = x.X, "["+key.Value.ExactString()+"]"+path
		case *ssa.Const:
			return ref{}
		default:
			return ref{v, path}
		}
	}
	return ref{v, path}
}

// Origin leads v back to the variable, parameter or result that it is read from,
// and says by which fields and elements: equal for equal reads.
func Origin(v ssa.Value) (root ssa.Value, path string) {
	r := canon(v)
	return r.root, r.path
}

// conditions are what is asked before a block runs, a list towards the entry.
type conditions struct {
	up    *conditions
	asked map[ref]bool
}

// checker knows the conditions of one function.
type checker struct {
	memo map[*ssa.BasicBlock]*conditions
}

func newChecker() *checker { return &checker{memo: make(map[*ssa.BasicBlock]*conditions)} }

// at are the conditions of the blocks that dominate b.
func (c *checker) at(b *ssa.BasicBlock) *conditions {
	var chain []*ssa.BasicBlock
	var top *conditions
	for b != nil {
		if known, ok := c.memo[b]; ok {
			top = known
			break
		}
		chain = append(chain, b)
		b = b.Idom()
	}
	for i := len(chain) - 1; i >= 0; i-- {
		up := chain[i].Idom()
		if up != nil {
			if last, ok := up.Instrs[len(up.Instrs)-1].(*ssa.If); ok {
				asked := make(map[ref]bool)
				mentioned(last.Cond, asked, 0)
				top = &conditions{up: top, asked: asked}
			}
		}
		c.memo[chain[i]] = top
	}
	return top
}

// mentioned collects what a condition is about.
func mentioned(v ssa.Value, into map[ref]bool, depth int) {
	if depth > 5 {
		return
	}
	if r := canon(v); r.root != nil {
		into[r] = true
		v = r.root
	}
	switch x := v.(type) {
	case *ssa.BinOp:
		mentioned(x.X, into, depth+1)
		mentioned(x.Y, into, depth+1)
	case *ssa.UnOp:
		mentioned(x.X, into, depth+1)
	case *ssa.Phi:
		for _, e := range x.Edges {
			mentioned(e, into, depth+1)
		}
	case *ssa.Call:
		if ir.IsBuiltin(&x.Call, "len") {
			into[canon(x.Call.Args[0])] = true
			return // how many parts there are says nothing of what they are parts of
		}
		if fn := ir.Target(&x.Call); fn != nil && decoders[fn.Name()] && isError(x.Type()) {
			return // nor does it that the input could be read
		}
		for _, a := range x.Call.Args {
			mentioned(a, into, depth+1)
		}
	case *ssa.Extract:
		// That an error was looked at says nothing of the arguments.
		if !isError(x.Type()) {
			mentioned(x.Tuple, into, depth+1)
		}
	case *ssa.TypeAssert:
		mentioned(x.X, into, depth+1)
	case *ssa.Lookup:
		if key, ok := x.Index.(*ssa.Const); ok && key.Value != nil {
			m := canon(x.X)
			into[ref{m.root, m.path + "[" + key.Value.ExactString() + "]"}] = true
		}
		mentioned(x.X, into, depth+1)
		mentioned(x.Index, into, depth+1)
	}
}

// checked reports whether a condition that dominates b is about one of the
// values, or about what they are computed of. What a literal captures, or is called
// with where it stands, may have been checked before the literal.
func (c *checker) checked(b *ssa.BasicBlock, values ...ssa.Value) bool {
	refs := make(map[ref]bool)
	for _, v := range values {
		sources(v, refs, 0)
	}
	return c.asked(b, refs)
}

// checkedFor reports whether what a site in the callee depends on was checked before
// the call: if c.interval > 0 { go c.loop() }.
func (c *checker) checkedFor(call ssa.CallInstruction, callee *ssa.Function, site *ssa.BinOp) bool {
	refs := make(map[ref]bool)
	sources(site.Y, refs, 0)
	given(call.Common(), callee, refs)
	return c.asked(call.Block(), refs)
}

func (c *checker) asked(b *ssa.BasicBlock, refs map[ref]bool) bool {
	for depth := 0; b != nil && depth < 4; depth++ {
		at := c.at(b)
		for n := 0; at != nil && n < 256; n, at = n+1, at.up {
			for r := range refs {
				if at.asked[r] {
					return true
				}
			}
		}
		b = outside(b.Parent(), refs)
	}
	return false
}

// outside is the block in which a literal is made, when there is only one, and adds
// to the values what the literal's parameters are given there.
func outside(fn *ssa.Function, refs map[ref]bool) *ssa.BasicBlock {
	if fn.Parent() == nil {
		return nil
	}
	var made *ssa.BasicBlock
	for _, b := range fn.Parent().Blocks {
		for _, i := range b.Instrs {
			var call *ssa.CallCommon
			switch i := i.(type) {
			case *ssa.MakeClosure:
				if i.Fn != ssa.Value(fn) {
					continue
				}
			case ssa.CallInstruction:
				if call = i.Common(); !calls(call, fn) {
					continue
				}
			default:
				continue
			}
			if made != nil && made != b {
				return nil
			}
			made = b
			given(call, fn, refs)
		}
	}
	return made
}

func calls(c *ssa.CallCommon, fn *ssa.Function) bool {
	if m, ok := c.Value.(*ssa.MakeClosure); ok {
		return m.Fn == ssa.Value(fn)
	}
	return c.Value == ssa.Value(fn)
}

func given(call *ssa.CallCommon, fn *ssa.Function, refs map[ref]bool) {
	if call == nil {
		return
	}
	for n, p := range fn.Params {
		if n >= len(call.Args) {
			return
		}
		for r := range refs {
			if r.root == ssa.Value(p) {
				of := canon(call.Args[n])
				sources(call.Args[n], refs, 0)
				refs[ref{of.root, of.path + r.path}] = true
			}
		}
	}
}

// sources collects what v is computed of, as far as a check of it is a check of v.
func sources(v ssa.Value, into map[ref]bool, depth int) {
	if depth > 4 || v == nil {
		return
	}
	r := canon(v)
	if r.root == nil {
		return
	}
	into[r] = true
	if r.path != "" {
		return
	}
	switch x := r.root.(type) {
	case *ssa.BinOp:
		sources(x.X, into, depth+1)
		sources(x.Y, into, depth+1)
	case *ssa.Phi:
		for _, e := range x.Edges {
			sources(e, into, depth+1)
		}
	case *ssa.Call:
		if ir.IsBuiltin(&x.Call, "len") || ir.IsBuiltin(&x.Call, "append") || cuts(ir.Target(&x.Call)) {
			for _, a := range x.Call.Args {
				sources(a, into, depth+1)
			}
		}
	}
}

// cuts reports whether the function takes strings apart, so that a check of the
// string is a check of the parts.
func cuts(fn *types.Func) bool {
	if fn == nil || fn.Pkg() == nil {
		return false
	}
	p := fn.Pkg().Path()
	return p == "strings" || p == "bytes"
}

func isError(t types.Type) bool {
	return types.Identical(t, types.Universe.Lookup("error").Type())
}

// errorIsNil reports whether the block runs only when the error is nil: the branch of
// a comparison with nil that dominates it.
func errorIsNil(b *ssa.BasicBlock, err ssa.Value) bool {
	if err.Referrers() == nil {
		return false
	}
	for _, r := range *err.Referrers() {
		op, ok := r.(*ssa.BinOp)
		if !ok || op.Op != token.EQL && op.Op != token.NEQ || op.Referrers() == nil {
			continue
		}
		for _, use := range *op.Referrers() {
			branch, ok := use.(*ssa.If)
			if !ok {
				return true // the comparison is kept: who knows what for
			}
			succ := branch.Block().Succs[0]
			if op.Op == token.NEQ {
				succ = branch.Block().Succs[1]
			}
			if len(succ.Preds) == 1 && succ.Dominates(b) {
				return true
			}
		}
	}
	return false
}
