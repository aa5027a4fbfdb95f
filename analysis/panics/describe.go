package panics

import (
	"fmt"
	"go/constant"
	"go/token"
	"go/types"
	"strconv"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// Describe is the source of a value, as near as SSA lets one come, or "a value".
func Describe(v ssa.Value) string { return describe(v) }

func describe(v ssa.Value) string { return describeIn(v, 0) }

func describeIn(v ssa.Value, depth int) string {
	if depth > 6 {
		return "a value"
	}
	in := func(v ssa.Value) string { return describeIn(v, depth+1) }
	switch v := v.(type) {
	case *ssa.Parameter:
		return v.Name()
	case *ssa.FreeVar:
		return v.Name()
	case *ssa.Global:
		return v.Name()
	case *ssa.Const:
		if v.Value != nil && v.Value.Kind() == constant.String {
			return quote(constant.StringVal(v.Value))
		}
		if v.Value == nil {
			return "nil"
		}
		return v.Value.String()
	case *ssa.Alloc:
		if v.Comment != "" && v.Comment != "complit" && v.Comment != "slicelit" && v.Comment != "new" {
			return v.Comment
		}
	case *ssa.Phi:
		if strings.HasPrefix(v.Comment, "range") {
			return "i"
		}
		if token.IsIdentifier(v.Comment) {
			return v.Comment
		}
	case *ssa.FieldAddr:
		return in(v.X) + "." + fieldName(v.X.Type(), v.Field)
	case *ssa.Field:
		return in(v.X) + "." + fieldName(v.X.Type(), v.Field)
	case *ssa.IndexAddr:
		return in(v.X) + "[" + in(v.Index) + "]"
	case *ssa.Index:
		return in(v.X) + "[" + in(v.Index) + "]"
	case *ssa.Lookup:
		return in(v.X) + "[" + in(v.Index) + "]"
	case *ssa.UnOp:
		switch v.Op {
		case token.MUL:
			return in(v.X)
		case token.ARROW:
			return "what " + in(v.X) + " receives"
		}
	case *ssa.ChangeType:
		return in(v.X)
	case *ssa.ChangeInterface:
		return in(v.X)
	case *ssa.MakeInterface:
		return in(v.X)
	case *ssa.Convert:
		return in(v.X)
	case *ssa.Slice:
		return in(v.X)
	case *ssa.Extract:
		switch from := v.Tuple.(type) {
		case *ssa.Call:
			return "a result of " + in(from)
		case *ssa.UnOp, *ssa.Lookup, *ssa.TypeAssert:
			return in(from)
		}
	case *ssa.BinOp:
		if p, ok := v.X.(*ssa.Phi); ok && p.Comment == "rangeindex" {
			return "i"
		}
		return in(v.X) + " " + v.Op.String() + " " + in(v.Y)
	case *ssa.Call:
		return called(&v.Call, in)
	}
	return "a value"
}

func called(c *ssa.CallCommon, in func(ssa.Value) string) string {
	if b, ok := c.Value.(*ssa.Builtin); ok && len(c.Args) == 1 {
		return b.Name() + "(" + in(c.Args[0]) + ")"
	}
	fn := ir.Target(c)
	if fn == nil {
		return "a call"
	}
	if fn.Signature().Recv() == nil && fn.Pkg() != nil {
		return fn.Pkg().Name() + "." + fn.Name()
	}
	return fn.Name()
}

func fieldName(t types.Type, n int) string {
	if s, ok := deref(t).Underlying().(*types.Struct); ok && n < s.NumFields() {
		return s.Field(n).Name()
	}
	return fmt.Sprint(n)
}

func typeName(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string { return p.Name() })
}

// quote shows the start of a text.
func quote(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "..."
	}
	return strconv.Quote(s)
}
