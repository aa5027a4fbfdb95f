package panics

import (
	"go/token"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// Constant reports whether every argument of the call is the same at each run of
// the program: constants, package-level variables, and what is computed of them.
func Constant(c *ssa.CallCommon) bool { return constants{}.all(0, c.Args...) }

// ConstantAt is Constant for a call in this package: parameters of unexported
// functions whose callers all give a constant count, and so does a string that is
// compared with a constant on the way to the call.
func (f *Facts) ConstantAt(c ssa.CallInstruction) bool {
	return constants{facts: f, at: c}.all(0, c.Common().Args...)
}

// constants decides which values are the same at each run of the program.
type constants struct {
	facts *Facts              // who calls a function, or nil
	at    ssa.CallInstruction // where the values are used, or nil
}

func (x constants) all(depth int, values ...ssa.Value) bool {
	for _, v := range values {
		if !x.value(v, depth) {
			return false
		}
	}
	return true
}

// given reports whether every caller of an unexported function gives a constant.
func (x constants) given(p *ssa.Parameter, depth int) bool {
	if x.facts == nil {
		return false
	}
	callers, known := x.facts.Callers(p.Parent())
	if !known || len(callers) == 0 {
		return false
	}
	at := slices.Index(p.Parent().Params, p)
	for _, c := range callers {
		if at < 0 || at >= len(c.Common().Args) || !(constants{facts: x.facts, at: c}).value(c.Common().Args[at], depth+3) {
			return false
		}
	}
	return true
}

// compared reports whether v is only used where it has been found to be equal to a
// constant.
func (x constants) compared(v ssa.Value) bool {
	if x.at == nil || v.Parent() != x.at.Parent() {
		return false
	}
	for b := x.at.Block(); b != nil; b = b.Idom() {
		if len(b.Preds) != 1 {
			continue
		}
		last, ok := b.Preds[0].Instrs[len(b.Preds[0].Instrs)-1].(*ssa.If)
		if !ok || b.Preds[0].Succs[0] != b {
			continue
		}
		op, ok := last.Cond.(*ssa.BinOp)
		if !ok || op.Op != token.EQL {
			continue
		}
		_, left := op.X.(*ssa.Const)
		_, right := op.Y.(*ssa.Const)
		if op.X == v && right || op.Y == v && left {
			return true
		}
	}
	return false
}

func (x constants) value(v ssa.Value, depth int) bool {
	if depth > 8 {
		return false
	}
	if x.compared(v) {
		return true
	}
	all := func(values ...ssa.Value) bool { return x.all(depth+1, values...) }
	switch v := v.(type) {
	case *ssa.Const, *ssa.Global, *ssa.Function, *ssa.Builtin:
		return true
	case *ssa.UnOp:
		if v.Op != token.MUL {
			return v.Op != token.ARROW && all(v.X)
		}
		if a, ok := v.X.(*ssa.Alloc); ok {
			s := ir.OnlyStore(a)
			return s != nil && all(s)
		}
		return all(v.X)
	case *ssa.BinOp:
		return all(v.X, v.Y)
	case *ssa.Convert:
		return all(v.X)
	case *ssa.ChangeType:
		return all(v.X)
	case *ssa.MakeInterface:
		return all(v.X)
	case *ssa.Phi:
		return all(v.Edges...)
	case *ssa.Extract:
		return all(v.Tuple)
	case *ssa.Next:
		return all(v.Iter)
	case *ssa.Range:
		return all(v.X)
	case *ssa.Lookup:
		return all(v.X, v.Index)
	case *ssa.Field:
		return all(v.X)
	case *ssa.Parameter:
		return x.given(v, depth)
	case *ssa.FreeVar:
		c := ir.Captured(v)
		return c != nil && all(c)
	case *ssa.FieldAddr:
		return all(v.X)
	case *ssa.IndexAddr:
		return all(v.X)
	case *ssa.MakeMap, *ssa.MakeSlice:
		return true
	case *ssa.Slice:
		return x.array(v.X, depth)
	case *ssa.Alloc:
		return x.array(v, depth)
	case *ssa.Call:
		fn := ir.Target(&v.Call)
		if fn == nil || !ir.StdFunc(fn) && !strings.HasPrefix(ir.Name(fn), "golang.org/x/text/") &&
			!strings.HasPrefix(ir.Name(fn), "(golang.org/x/text/") || varies[ir.Name(fn)] {
			return false
		}
		if ir.Name(fn) == "regexp.QuoteMeta" {
			return true // whatever is quoted compiles
		}
		return all(v.Call.Args...)
	}
	return false
}

// Functions of the standard library that answer differently at each run.
var varies = map[string]bool{
	"os.Getenv": true, "os.LookupEnv": true, "os.ReadFile": true, "io.ReadAll": true, "flag.Arg": true,
	"time.Now": true, "os.Hostname": true, "os.Getwd": true,
}

// array reports whether only constants are stored in a local variable,
// its elements and fields included.
func (x constants) array(v ssa.Value, depth int) bool {
	a, ok := v.(*ssa.Alloc)
	if !ok || a.Referrers() == nil {
		return x.value(v, depth+1)
	}
	stored := func(refs *[]ssa.Instruction, addr ssa.Value) bool {
		for _, r := range *refs {
			if s, ok := r.(*ssa.Store); ok && s.Addr == addr && !x.value(s.Val, depth+1) {
				return false
			}
		}
		return true
	}
	if !stored(a.Referrers(), a) {
		return false
	}
	for _, r := range *a.Referrers() {
		switch r := r.(type) {
		case *ssa.IndexAddr:
			if !stored(r.Referrers(), r) {
				return false
			}
		case *ssa.FieldAddr:
			if !stored(r.Referrers(), r) {
				return false
			}
		}
	}
	return true
}
