package bounds

import (
	"go/token"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// above lists what the term is at most, by definition: x <= one of them suffices,
// or, when all is true, x is at most the greatest of them.
func (p *proof) above(x Term, at point, depth int) (list []Expr, all bool) {
	if x.of == length {
		return p.lenAbove(x.v, at, depth), false
	}
	if x.of != value {
		return nil, false
	}
	switch v := x.v.(type) {
	case *ssa.BinOp:
		return p.binAbove(v, at, depth), false
	case *ssa.Call:
		return p.callAbove(v)
	case *ssa.Extract:
		return p.extractAbove(v), false
	case *ssa.Convert:
		if isInt(v.X.Type()) {
			if lo, _ := p.exprRange(v.X, at, depth); lo >= 0 {
				return []Expr{p.Int(v.X)}, false // cut off: not greater
			}
		}
	}
	return nil, false
}

func (p *proof) binAbove(v *ssa.BinOp, at point, depth int) []Expr {
	if !isInt(v.X.Type()) || !isInt(v.Y.Type()) {
		return nil
	}
	a, b := p.Int(v.X), p.Int(v.Y)
	aLo, aHi := p.exprRange(v.X, at, depth)
	bLo, bHi := p.exprRange(v.Y, at, depth)
	var list []Expr
	switch v.Op {
	case token.ADD:
		if bHi < limit {
			list = append(list, a.Plus(bHi))
		}
		if aHi < limit {
			list = append(list, b.Plus(aHi))
		}
	case token.SUB:
		if bLo > -limit {
			list = append(list, a.Plus(-bLo))
		} else if p.prove(Term{}, b.Term, b.K, at, depth+3) {
			list = append(list, a)
		}
	case token.REM:
		list = append(list, b.Plus(-1))
		if aLo >= 0 {
			list = append(list, a)
		}
	case token.AND:
		if aLo >= 0 {
			list = append(list, a)
		}
		if bLo >= 0 {
			list = append(list, b)
		}
	case token.SHR, token.QUO, token.AND_NOT:
		if aLo >= 1 && bLo >= 2 && v.Op == token.QUO {
			list = append(list, a.Plus(-1))
		} else if aLo >= 0 {
			list = append(list, a)
		}
	case token.MUL: // x*(y/x) <= y
		list = append(list, p.product(v.X, v.Y)...)
		list = append(list, p.product(v.Y, v.X)...)
	}
	return list
}

// product is y when v is n*(y/n).
func (p *proof) product(n, v ssa.Value) []Expr {
	q, ok := v.(*ssa.BinOp)
	if !ok || q.Op != token.QUO || p.key(q.Y, 0) != p.key(n, 0) {
		return nil
	}
	return []Expr{p.Int(q.X)}
}

func (p *proof) callAbove(v *ssa.Call) (list []Expr, all bool) {
	args := ir.Args(&v.Call)
	if b, ok := v.Call.Value.(*ssa.Builtin); ok {
		switch b.Name() {
		case "min", "max":
			for _, a := range args {
				list = append(list, p.Int(a))
			}
			return list, b.Name() == "max"
		case "copy":
			return []Expr{p.Len(args[0]), p.Len(args[1])}, false
		}
		return nil, false
	}
	name := ir.Name(ir.Target(&v.Call))
	switch {
	case isIndexOf(name) && len(args) > 0:
		return []Expr{p.Len(args[0]).Plus(-1)}, false
	case name == "sort.Search" && len(args) == 2:
		return []Expr{p.Int(args[0])}, false
	case randomBelow(name) && len(args) == 1:
		return []Expr{p.Int(args[0]).Plus(-1)}, false
	case name == "sort.SearchInts" || name == "sort.SearchStrings":
		return []Expr{p.Len(args[0])}, false
	}
	return nil, false
}

func (p *proof) extractAbove(v *ssa.Extract) []Expr {
	switch t := v.Tuple.(type) {
	case *ssa.Next:
		r, ok := t.Iter.(*ssa.Range)
		if ok && t.IsString && v.Index == 1 {
			return []Expr{p.Len(r.X).Plus(-1)}
		}
	case *ssa.Call:
		name, args := ir.Name(ir.Target(&t.Call)), ir.Args(&t.Call)
		switch {
		case v.Index == 0 && readsInto(&t.Call) != nil:
			return []Expr{p.Len(readsInto(&t.Call))}
		case v.Index == 0 && strings.HasPrefix(name, "slices.BinarySearch") && len(args) > 0:
			return []Expr{p.Len(args[0])}
		case v.Index == 0 && name == "sort.Find" && len(args) > 0:
			return []Expr{p.Int(args[0])}
		case v.Index == 1 && strings.HasPrefix(name, "unicode/utf8.Decode") && len(args) == 1:
			return []Expr{p.Len(args[0])}
		case v.Index == 0 && (name == "bufio.ScanLines" || name == "bufio.ScanWords") && len(args) > 0:
			return []Expr{p.Len(args[0])}
		}
	}
	return nil
}

func (p *proof) lenAbove(v ssa.Value, at point, depth int) []Expr {
	switch x := v.(type) {
	case *ssa.Slice:
		var list []Expr
		low := Expr{}
		if x.Low != nil {
			low = p.Int(x.Low)
		}
		if low.of != number {
			lo, _ := p.rangeOf(low.Term, at, depth+1)
			low = Expr{K: max(0, plus(lo, low.K))}
		}
		if x.High != nil {
			return append(list, p.Int(x.High).Plus(-low.K))
		}
		return append(list, p.Len(x.X).Plus(-low.K))
	case *ssa.Convert: // []rune(s)
		if isBytes(x.X.Type()) {
			return []Expr{p.Len(x.X)}
		}
	case *ssa.Call:
		name, args := ir.Name(ir.Target(&x.Call)), ir.Args(&x.Call)
		if len(args) > 0 && (strings.HasPrefix(name, "strings.Trim") || strings.HasPrefix(name, "bytes.Trim")) {
			return []Expr{p.Len(args[0])}
		}
	}
	return nil
}

// below lists what the term is at least.
func (p *proof) below(y Term, at point, depth int) (list []Expr, all bool) {
	switch v := y.v.(type) {
	case *ssa.BinOp:
		switch {
		case y.of == value && isInt(v.X.Type()) && isInt(v.Y.Type()):
			return p.binBelow(v, at, depth), false
		case y.of == length && v.Op == token.ADD:
			return []Expr{p.Len(v.X), p.Len(v.Y)}, false
		}
	case *ssa.Call:
		return p.callBelow(y, v)
	case *ssa.Slice:
		if y.of != length || v.Low == nil {
			break
		}
		low, high := p.Int(v.Low), p.Len(v.X)
		if v.High != nil {
			high = p.Int(v.High)
		}
		_, hi := p.exprRange(v.Low, at, depth)
		if hi < limit {
			return []Expr{high.Plus(-hi)}, false
		}
		// low <= high + k gives a length of at least -k.
		for k := int64(-4); k <= 0; k++ {
			if p.prove(low.Term, high.Term, high.K-low.K+k, at, depth+4) {
				return []Expr{Number(-k)}, false
			}
		}
	case *ssa.Alloc, *ssa.MakeSlice:
		if y.of == capacity {
			return []Expr{p.Len(y.v)}, false
		}
	}
	if y.of == capacity {
		return []Expr{p.Len(y.v)}, false
	}
	return nil, false
}

func (p *proof) callBelow(y Term, v *ssa.Call) (list []Expr, all bool) {
	args := ir.Args(&v.Call)
	b, ok := v.Call.Value.(*ssa.Builtin)
	switch {
	case ok && y.of == value && (b.Name() == "min" || b.Name() == "max"):
		for _, a := range args {
			list = append(list, p.Int(a))
		}
		return list, b.Name() == "min"
	case ok && y.of == length && b.Name() == "append" && len(args) > 0:
		list = []Expr{p.Len(args[0])}
		if len(args) > 1 {
			list = append(list, p.Len(args[1]))
		}
		return list, false
	case y.of == length && len(args) == 0:
		name := ir.Name(ir.Target(&v.Call))
		if !strings.HasSuffix(name, ".Args") {
			break
		}
		k := strings.TrimSuffix(name, "Args") + "NArg"
		for _, a := range v.Call.Args {
			k += " " + p.key(a, 1)
		}
		if n, ok := p.values[k]; ok {
			return []Expr{{Term{value, n}, 0}}, false
		}
	case y.of == length && len(args) == 2:
		// The parts are one more than the separators.
		name := ir.Name(ir.Target(&v.Call))
		for _, pkg := range []string{"strings.", "bytes."} {
			if name != pkg+"Split" {
				continue
			}
			if n, ok := p.values[pkg+"Count "+p.key(args[0], 1)+" "+p.key(args[1], 1)]; ok {
				return []Expr{{Term{value, n}, 1}}, false
			}
		}
	}
	return nil, false
}

func (p *proof) binBelow(v *ssa.BinOp, at point, depth int) []Expr {
	a, b := p.Int(v.X), p.Int(v.Y)
	var list []Expr
	switch v.Op {
	case token.ADD:
		if lo, _ := p.exprRange(v.Y, at, depth); lo > -limit {
			list = append(list, a.Plus(lo))
		} else if p.prove(Term{}, b.Term, b.K, at, depth+3) {
			list = append(list, a)
		}
		if lo, _ := p.exprRange(v.X, at, depth); lo > -limit {
			list = append(list, b.Plus(lo))
		}
	case token.SUB:
		if _, hi := p.exprRange(v.Y, at, depth); hi < limit {
			list = append(list, a.Plus(-hi))
		}
		// b <= a gives a difference of at least 0, b < a of at least 1.
		for _, k := range []int64{-1, 0} {
			if p.prove(b.Term, a.Term, a.K-b.K+k, at, depth+4) {
				list = append(list, Number(-k))
				break
			}
		}
	case token.MUL:
		aLo, _ := p.exprRange(v.X, at, depth)
		bLo, _ := p.exprRange(v.Y, at, depth)
		if aLo >= 1 && bLo >= 0 {
			list = append(list, b)
		}
		if bLo >= 1 && aLo >= 0 {
			list = append(list, a)
		}
	}
	return list
}

// isIndexOf reports whether the function gives a place in its first argument, or -1.
func isIndexOf(name string) bool {
	pkg, fn, ok := strings.Cut(name, ".")
	if !ok || pkg != "strings" && pkg != "bytes" && pkg != "slices" {
		return false
	}
	return strings.HasPrefix(fn, "Index") || strings.HasPrefix(fn, "LastIndex")
}

// randomBelow reports whether the function gives a number from 0 up to, not with,
// its argument.
func randomBelow(name string) bool {
	name = strings.TrimPrefix(name, "(*math/rand.Rand).")
	name = strings.TrimPrefix(name, "(*math/rand/v2.Rand).")
	name = strings.TrimPrefix(name, "math/rand.")
	name = strings.TrimPrefix(name, "math/rand/v2.")
	switch name {
	case "Intn", "Int31n", "Int63n", "IntN", "Int32N", "Int64N", "UintN", "Uint32N", "Uint64N", "N":
		return true
	}
	return false
}

// fills reports whether the call fills a buffer with what comes from outside.
func fills(c *ssa.CallCommon) bool { return !strings.HasPrefix(ir.Target(c).Name(), "Write") }

// readsInto is the buffer of a call that says how much of it was filled.
func readsInto(c *ssa.CallCommon) ssa.Value {
	fn := ir.Target(c)
	if fn == nil {
		return nil
	}
	args := ir.Args(c)
	switch fn.Name() {
	case "Read", "Write", "ReadFrom", "ReadFromUDP", "ReadFromUDPAddrPort", "ReadAt", "WriteAt", "ReadFromIP", "ReadMsgUDP", "Recv", "Recvfrom", "Peek", "ReadFromUnix":
	case "ReadFull", "ReadAtLeast":
		if len(args) < 2 {
			return nil
		}
		args = args[1:]
	default:
		return nil
	}
	for _, a := range args {
		if isBytes(a.Type()) && basic(a.Type()) == nil {
			return a
		}
	}
	return nil
}
