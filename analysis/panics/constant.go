package panics

import (
	"go/token"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// Constant reports whether every argument of the call is the same at each run of
// the program: constants, package-level variables, and what is computed of them.
func Constant(c *ssa.CallCommon) bool {
	for _, a := range c.Args {
		if !constantValue(a, 0) {
			return false
		}
	}
	return true
}

func constantValue(v ssa.Value, depth int) bool {
	if depth > 8 {
		return false
	}
	all := func(values ...ssa.Value) bool {
		for _, v := range values {
			if !constantValue(v, depth+1) {
				return false
			}
		}
		return true
	}
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
		return constantArray(v.X, depth)
	case *ssa.Alloc:
		return constantArray(v, depth)
	case *ssa.Call:
		fn := ir.Target(&v.Call)
		if fn == nil || !ir.StdFunc(fn) || varies[ir.Name(fn)] {
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

// constantArray reports whether only constants are stored in a local variable,
// its elements and fields included.
func constantArray(v ssa.Value, depth int) bool {
	a, ok := v.(*ssa.Alloc)
	if !ok || a.Referrers() == nil {
		return constantValue(v, depth+1)
	}
	stored := func(refs *[]ssa.Instruction, addr ssa.Value) bool {
		for _, r := range *refs {
			if s, ok := r.(*ssa.Store); ok && s.Addr == addr && !constantValue(s.Val, depth+1) {
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
