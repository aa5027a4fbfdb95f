package bounds

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

type kind uint8

const (
	number kind = iota // the constant 0
	value
	length
	capacity
)

// A Term is an unknown number: a value, or the length or capacity of one. The zero
// Term is the number 0.
type Term struct {
	of kind
	v  ssa.Value
}

// Value is the value that the term is, or whose length it is.
func (t Term) Value() ssa.Value { return t.v }

// IsLen reports whether the term is a length.
func (t Term) IsLen() bool { return t.of == length }

// An Expr is a term plus a constant.
type Expr struct {
	Term
	K int64
}

// Plus is the expression plus n.
func (e Expr) Plus(n int64) Expr { return Expr{e.Term, e.K + n} }

// Const reports whether the expression is a constant.
func (e Expr) Const() (int64, bool) { return e.K, e.of == number }

// Number is the constant n.
func Number(n int64) Expr { return Expr{K: n} }

const limit = 1 << 62 // beyond it, nothing is said

// Int is the integer v as a term and a constant.
func (s *Solver) Int(v ssa.Value) Expr { return s.linear(v, 0) }

func (s *Solver) linear(v ssa.Value, depth int) Expr {
	if depth > 12 {
		return Expr{Term{value, s.same(v)}, 0}
	}
	switch x := v.(type) {
	case *ssa.Const:
		if n, ok := intOf(x); ok {
			return Expr{K: n}
		}
	case *ssa.BinOp:
		if e, ok := s.sum(x, depth); ok {
			return e
		}
	case *ssa.Convert:
		if wide(x.X.Type(), x.Type()) {
			return s.linear(x.X, depth+1)
		}
	case *ssa.ChangeType:
		return s.linear(x.X, depth+1)
	case *ssa.Call:
		if b, ok := x.Call.Value.(*ssa.Builtin); ok && len(x.Call.Args) == 1 {
			switch b.Name() {
			case "len":
				return s.lenOf(x.Call.Args[0], depth+1)
			case "cap":
				return Expr{Term{capacity, s.same(x.Call.Args[0])}, 0}
			}
		}
	case *ssa.UnOp:
		if one := s.only(x); one != nil {
			return s.linear(one, depth+1)
		}
	}
	return Expr{Term{value, s.same(v)}, 0}
}

func (s *Solver) sum(x *ssa.BinOp, depth int) (Expr, bool) {
	if !isInt(x.Type()) || x.Op != token.ADD && x.Op != token.SUB {
		return Expr{}, false
	}
	a, b := s.linear(x.X, depth+1), s.linear(x.Y, depth+1)
	switch {
	case b.of == number && small(a.K) && small(b.K):
		if x.Op == token.ADD {
			return a.Plus(b.K), true
		}
		return a.Plus(-b.K), true
	case x.Op == token.ADD && a.of == number && small(a.K) && small(b.K):
		return b.Plus(a.K), true
	case x.Op == token.SUB && a.Term == b.Term && small(a.K) && small(b.K):
		return Expr{K: a.K - b.K}, true
	}
	return Expr{}, false
}

func small(n int64) bool { return n < limit/4 && n > -limit/4 }

// only is the value of a variable that is assigned once, when the type fits.
func (s *Solver) only(load *ssa.UnOp) ssa.Value {
	if load.Op != token.MUL {
		return nil
	}
	if one := ir.OnlyStore(load.X); one != nil && types.Identical(one.Type(), load.Type()) {
		return one
	}
	return nil
}

// Len is the length of v as a term and a constant.
func (s *Solver) Len(v ssa.Value) Expr { return s.lenOf(v, 0) }

func (s *Solver) lenOf(v ssa.Value, depth int) Expr {
	if n, ok := arrayLen(v.Type()); ok {
		return Expr{K: n}
	}
	if depth > 12 {
		return Expr{Term{length, s.same(v)}, 0}
	}
	switch x := v.(type) {
	case *ssa.Const:
		if x.Value == nil {
			return Expr{}
		}
		if x.Value.Kind() == constant.String {
			return Expr{K: int64(len(constant.StringVal(x.Value)))}
		}
	case *ssa.ChangeType:
		return s.lenOf(x.X, depth+1)
	case *ssa.Convert:
		if isBytes(x.X.Type()) && isBytes(x.Type()) {
			return s.lenOf(x.X, depth+1)
		}
	case *ssa.MakeSlice:
		return s.linear(x.Len, depth+1)
	case *ssa.Slice:
		if e, ok := s.sliceLen(x, depth); ok {
			return e
		}
	case *ssa.BinOp:
		if x.Op == token.ADD && isBytes(x.Type()) {
			a, b := s.lenOf(x.X, depth+1), s.lenOf(x.Y, depth+1)
			if a.of == number {
				return b.Plus(a.K)
			}
			if b.of == number {
				return a.Plus(b.K)
			}
		}
	case *ssa.Call:
		if e, ok := s.callLen(x, depth); ok {
			return e
		}
	case *ssa.UnOp:
		if one := s.only(x); one != nil {
			return s.lenOf(one, depth+1)
		}
		if made := s.madeHere(x); made != nil {
			return s.lenOf(made, depth+1)
		}
	}
	return Expr{Term{length, s.same(v)}, 0}
}

// madeHere is what the function made before it loads a field, when it stores nothing
// else there.
func (s *Solver) madeHere(load *ssa.UnOp) ssa.Value {
	field, ok := load.X.(*ssa.FieldAddr)
	if !ok {
		return nil
	}
	var made ssa.Value
	for _, b := range load.Parent().Blocks {
		for _, i := range b.Instrs {
			st, ok := i.(*ssa.Store)
			if !ok {
				continue
			}
			if a, ok := st.Addr.(*ssa.FieldAddr); !ok || a.Field != field.Field || s.key(a, 0) != s.key(field, 0) {
				continue
			}
			m, ok := st.Val.(*ssa.MakeSlice)
			if !ok || made != nil || !st.Block().Dominates(load.Block()) || !ir.Before(st, load) {
				return nil
			}
			made = m
		}
	}
	return made
}

// sliceLen is the length of x[low:high], where the difference is a term and a
// constant.
func (s *Solver) sliceLen(x *ssa.Slice, depth int) (Expr, bool) {
	low, high := Expr{}, s.lenOf(x.X, depth+1)
	if x.Low != nil {
		low = s.linear(x.Low, depth+1)
	}
	if x.High != nil {
		high = s.linear(x.High, depth+1)
	}
	if low.Term == high.Term {
		return Expr{K: high.K - low.K}, true
	}
	if low.of == number {
		return high.Plus(-low.K), true
	}
	if sum, ok := x.High.(*ssa.BinOp); ok && sum.Op == token.ADD { // x[i : i+n]
		switch low {
		case s.linear(sum.X, depth+1):
			return s.linear(sum.Y, depth+1), true
		case s.linear(sum.Y, depth+1):
			return s.linear(sum.X, depth+1), true
		}
	}
	return Expr{}, false
}

func (s *Solver) callLen(x *ssa.Call, depth int) (Expr, bool) {
	if ir.IsBuiltin(&x.Call, "append") && len(x.Call.Args) == 2 {
		a, b := s.lenOf(x.Call.Args[0], depth+1), s.lenOf(x.Call.Args[1], depth+1)
		if b.of == number {
			return a.Plus(b.K), true
		}
		if a.of == number {
			return b.Plus(a.K), true
		}
	}
	switch ir.Name(ir.Target(&x.Call)) {
	case "strings.Clone", "bytes.Clone", "slices.Clone", "slices.Sorted":
		if len(x.Call.Args) == 1 && isSlice(x.Call.Args[0].Type()) {
			return s.lenOf(x.Call.Args[0], depth+1), true
		}
	}
	return s.returnedLen(x, depth)
}

// returnedLen is the length of what a function returns at its only return, when it
// is known, or is what the function is told: func (r *reader) read(n int) []byte.
func (s *Solver) returnedLen(x *ssa.Call, depth int) (Expr, bool) {
	fn := ir.Callee(&x.Call)
	if fn == nil || depth > 3 || !isSlice(x.Type()) || len(fn.Params) != len(x.Call.Args) {
		return Expr{}, false
	}
	var only *ssa.Return
	for _, b := range fn.Blocks {
		if ret, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return); ok && b != fn.Recover {
			if only != nil || len(ret.Results) != 1 {
				return Expr{}, false
			}
			only = ret
		}
	}
	if only == nil {
		return Expr{}, false
	}
	e := s.lenOf(only.Results[0], depth+4)
	if e.of == number {
		return e, true
	}
	if p, ok := e.v.(*ssa.Parameter); ok && e.of == value && p.Parent() == fn {
		return s.linear(x.Call.Args[paramIndex(p)], depth+1).Plus(e.K), true
	}
	return Expr{}, false
}

// same is one value for all that are loaded from one variable, or computed the
// same way.
func (s *Solver) same(v ssa.Value) ssa.Value {
	k := s.key(v, 0)
	if first, ok := s.values[k]; ok {
		return first
	}
	s.values[k] = v
	return v
}

// key is a text that values computed the same way have in common.
func (s *Solver) key(v ssa.Value, depth int) string {
	if k, ok := s.keys[v]; ok {
		return k
	}
	k := ""
	if depth < 10 {
		k = s.structure(v, depth+1)
	}
	if k == "" || len(k) > 300 {
		k = fmt.Sprintf("%p", v)
	}
	if depth < 5 {
		s.keys[v] = k // deeper ones may have met the limit
	}
	return k
}

func (s *Solver) structure(v ssa.Value, depth int) string {
	sub := func(v ssa.Value) string { return s.key(v, depth) }
	switch x := v.(type) {
	case *ssa.Const:
		return "const " + x.String()
	case *ssa.Global:
		return "global " + x.String()
	case *ssa.FreeVar:
		if c := ir.Captured(x); c != nil {
			return sub(c)
		}
	case *ssa.UnOp:
		if one := s.only(x); one != nil {
			return sub(one)
		}
		if x.Op != token.ARROW {
			return x.Op.String() + sub(x.X)
		}
	case *ssa.ChangeType:
		return sub(x.X)
	case *ssa.Convert:
		return x.Type().String() + "(" + sub(x.X) + ")"
	case *ssa.FieldAddr:
		return sub(x.X) + "." + strconv.Itoa(x.Field)
	case *ssa.Field:
		return sub(x.X) + "." + strconv.Itoa(x.Field)
	case *ssa.IndexAddr:
		return sub(x.X) + "[" + sub(x.Index) + "]"
	case *ssa.Index:
		return sub(x.X) + "[" + sub(x.Index) + "]"
	case *ssa.Lookup:
		return sub(x.X) + "{" + sub(x.Index) + "}"
	case *ssa.BinOp:
		return "(" + sub(x.X) + x.Op.String() + sub(x.Y) + ")"
	case *ssa.Slice:
		k := sub(x.X) + "["
		for _, b := range []ssa.Value{x.Low, x.High, x.Max} {
			if b != nil {
				k += sub(b)
			}
			k += ":"
		}
		return k
	case *ssa.Extract:
		if k := sub(x.Tuple); !strings.HasPrefix(k, "0x") {
			return k + "#" + strconv.Itoa(x.Index)
		}
	case *ssa.Call:
		return s.pureKey(x, depth)
	}
	return ""
}

func (s *Solver) pureKey(x *ssa.Call, depth int) string {
	var name string
	if b, ok := x.Call.Value.(*ssa.Builtin); ok {
		if name = b.Name(); name != "len" && name != "cap" && name != "min" && name != "max" {
			return ""
		}
	} else if name = ir.Name(ir.Target(&x.Call)); !pure(name) {
		return ""
	}
	k := name
	if x.Call.IsInvoke() {
		k += " " + s.key(x.Call.Value, depth)
	}
	for _, a := range x.Call.Args {
		k += " " + s.key(a, depth)
	}
	return k
}

// pure reports whether two calls with the same arguments give the same, as far as
// a check and the use behind it are concerned.
func pure(name string) bool {
	for _, pkg := range []string{"strings.", "bytes.", "unicode/utf8.", "path.", "path/filepath.Base", "path/filepath.Ext", "path/filepath.Dir"} {
		if strings.HasPrefix(name, pkg) {
			return true
		}
	}
	switch name {
	case "flag.Args", "flag.NArg", "(*flag.FlagSet).NArg", "os.Getenv", "(*flag.FlagSet).Args", "(*net/http.Request).FormValue", "(*net/http.Request).PathValue",
		"(*net/http.Request).PostFormValue", "(net/http.Header).Get", "(net/http.Header).Values", "(net/url.Values).Get",
		"(*net/url.URL).Query", "(*bufio.Scanner).Text", "(*bufio.Scanner).Bytes", "(*bytes.Buffer).Bytes", "(*bytes.Buffer).String",
		"(net/textproto.MIMEHeader).Get", "(net/textproto.MIMEHeader).Values", "(google.golang.org/grpc/metadata.MD).Get",
		"(*regexp.Regexp).FindStringSubmatch", "(*regexp.Regexp).MatchString", "(*regexp.Regexp).Match", "(*strings.Builder).String":
		return true
	}
	return false
}

func intOf(c *ssa.Const) (int64, bool) {
	if c.Value == nil || c.Value.Kind() != constant.Int {
		return 0, false
	}
	n, exact := constant.Int64Val(c.Value)
	return n, exact
}

func basic(t types.Type) *types.Basic {
	b, _ := t.Underlying().(*types.Basic)
	return b
}

func isInt(t types.Type) bool {
	b := basic(t)
	return b != nil && b.Info()&types.IsInteger != 0
}

func isUnsigned(t types.Type) bool {
	b := basic(t)
	return b != nil && b.Info()&types.IsUnsigned != 0
}

// isBytes reports whether the type is a string or a slice of bytes.
func isBytes(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return u.Info()&types.IsString != 0
	case *types.Slice:
		e := basic(u.Elem())
		return e != nil && e.Kind() == types.Byte
	}
	return false
}

func isSlice(t types.Type) bool {
	if _, ok := t.Underlying().(*types.Slice); ok {
		return true
	}
	return isBytes(t)
}

// arrayLen is the length of an array, or of what a pointer to one points to.
func arrayLen(t types.Type) (int64, bool) {
	u := t.Underlying()
	if p, ok := u.(*types.Pointer); ok {
		u = p.Elem().Underlying()
	}
	a, ok := u.(*types.Array)
	if !ok {
		return 0, false
	}
	return a.Len(), true
}

// width is the size of an integer type in bits; int, uint and uintptr have 64.
func width(b *types.Basic) int {
	switch b.Kind() {
	case types.Int8, types.Uint8:
		return 8
	case types.Int16, types.Uint16:
		return 16
	case types.Int32, types.Uint32:
		return 32
	}
	return 64
}

// wide reports whether the conversion keeps every number, or at least those that
// are no longer than an int.
func wide(from, to types.Type) bool {
	a, b := basic(from), basic(to)
	if a == nil || b == nil || a.Info()&b.Info()&types.IsInteger == 0 {
		return false
	}
	return width(b) >= width(a)
}

// typeRange is the least and the greatest number of an integer type, as far as an
// int64 holds them.
func typeRange(t types.Type) (lo, hi int64) {
	b := basic(t)
	if b == nil || b.Info()&types.IsInteger == 0 {
		return -limit, limit
	}
	w := width(b)
	if b.Info()&types.IsUnsigned != 0 {
		if w == 64 {
			return 0, limit
		}
		return 0, 1<<w - 1
	}
	if w == 64 {
		return -limit, limit
	}
	return -1 << (w - 1), 1<<(w-1) - 1
}
