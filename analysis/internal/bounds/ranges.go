package bounds

import (
	"go/token"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// rangeOf is the least and the greatest that the term can be at the point.
func (p *proof) rangeOf(t Term, at point, depth int) (lo, hi int64) {
	switch t.of {
	case number:
		return 0, 0
	case value:
		lo, hi = p.valueRange(t.v, at, depth)
	default:
		lo, hi = p.lenRange(t.v, at, depth)
	}
	for _, f := range p.facts(at) {
		if f.ne {
			continue
		}
		if f.a == t && f.b.of == number {
			hi = min(hi, f.k)
		}
		if f.b == t && f.a.of == number {
			lo = max(lo, -f.k)
		}
	}
	return lo, hi
}

// exprRange is the range of v as an integer.
func (p *proof) exprRange(v ssa.Value, at point, depth int) (lo, hi int64) {
	e := p.Int(v)
	lo, hi = p.rangeOf(e.Term, at, depth+1)
	return plus(lo, e.K), plus(hi, e.K)
}

func plus(a, b int64) int64 {
	if a >= limit || a <= -limit {
		return a
	}
	if b >= limit || b <= -limit {
		return b
	}
	return max(-limit, min(limit, a+b))
}

func times(a, b int64) int64 {
	if a == 0 || b == 0 {
		return 0
	}
	if c := a * b; c/b == a && small(a) && small(b) && c < limit && c > -limit {
		return c
	}
	if (a < 0) != (b < 0) {
		return -limit
	}
	return limit
}

func (p *proof) valueRange(v ssa.Value, at point, depth int) (lo, hi int64) {
	lo, hi = typeRange(v.Type())
	if p.fuel--; depth > maxDepth || p.fuel < 0 || p.visiting[v] {
		return lo, hi
	}
	p.visiting[v] = true
	defer delete(p.visiting, v)
	l, h := lo, hi
	switch x := v.(type) {
	case *ssa.Const:
		if n, ok := intOf(x); ok {
			return n, n
		}
	case *ssa.BinOp:
		l, h = p.binRange(x, at, depth)
	case *ssa.Convert:
		if isInt(x.X.Type()) {
			// A number that is cut off is taken to fit: who cuts it off knows.
			if a, b := p.exprRange(x.X, at, depth); a >= lo && a <= hi {
				l, h = a, min(b, hi)
			}
		}
	case *ssa.Phi:
		l, h = p.phiRange(x, depth)
	case *ssa.Call:
		l, h = p.callRange(x, at, depth)
	case *ssa.Extract:
		l, h = p.extractRange(x)
	}
	return max(l, lo), min(h, hi)
}

func (p *proof) phiRange(x *ssa.Phi, depth int) (lo, hi int64) {
	if len(x.Edges) > maxEdges || depth > 6 {
		return -limit, limit
	}
	lo, hi = limit, -limit
	for i, e := range x.Edges {
		if i >= len(x.Block().Preds) {
			return -limit, limit
		}
		a, b := p.exprRange(e, edge(x.Block().Preds[i], x.Block()), depth+2)
		lo, hi = min(lo, a), max(hi, b)
	}
	return lo, hi
}

func (p *proof) binRange(x *ssa.BinOp, at point, depth int) (lo, hi int64) {
	if !isInt(x.X.Type()) || !isInt(x.Y.Type()) {
		return -limit, limit
	}
	a, b := p.exprRange(x.X, at, depth)
	c, d := p.exprRange(x.Y, at, depth)
	switch x.Op {
	case token.ADD:
		return plus(a, c), plus(b, d)
	case token.SUB:
		return plus(a, -d), plus(b, -c)
	case token.MUL:
		return minMax(times(a, c), times(a, d), times(b, c), times(b, d))
	case token.QUO:
		if c >= 1 && a >= 0 {
			if b >= limit {
				return 0, limit
			}
			return a / max(1, min(d, limit)), b / c
		}
	case token.REM:
		if d >= limit {
			d = limit
		}
		m := max(d, -c) - 1
		if a >= 0 {
			return 0, min(b, max(0, m))
		}
		return -max(0, m), max(0, m)
	case token.AND:
		switch {
		case c >= 0 && a >= 0:
			return 0, min(b, d)
		case c >= 0:
			return 0, d
		case a >= 0:
			return 0, b
		}
	case token.SHR:
		if a >= 0 {
			if c == d && c >= 0 && c < 63 && b < limit {
				return a >> c, b >> c
			}
			return 0, b
		}
	case token.SHL:
		if a >= 0 {
			if c == d && c >= 0 && c < 40 && b < 1<<20 {
				return a << c, b << c
			}
			return 0, limit
		}
	case token.OR, token.XOR:
		if a >= 0 && c >= 0 {
			return 0, plus(b, d)
		}
	case token.AND_NOT:
		if a >= 0 {
			return 0, b
		}
	}
	return -limit, limit
}

func minMax(list ...int64) (lo, hi int64) {
	lo, hi = list[0], list[0]
	for _, n := range list {
		lo, hi = min(lo, n), max(hi, n)
	}
	return lo, hi
}

func (p *proof) callRange(x *ssa.Call, at point, depth int) (lo, hi int64) {
	if b, ok := x.Call.Value.(*ssa.Builtin); ok {
		switch b.Name() {
		case "len", "cap", "copy":
			return 0, limit
		case "min", "max":
			return p.minMaxRange(b.Name(), x.Call.Args, at, depth)
		}
		return -limit, limit
	}
	name := ir.Name(ir.Target(&x.Call))
	args := ir.Args(&x.Call)
	switch {
	case isIndexOf(name):
		return -1, limit
	case randomBelow(name) && len(args) == 1:
		_, hi := p.exprRange(args[0], at, depth)
		return 0, plus(hi, -1)
	}
	switch name {
	case "runtime.NumCPU", "runtime.GOMAXPROCS", "os.Getpagesize", "unicode/utf8.RuneCountInString", "strings.Count", "bytes.Count",
		"flag.NArg", "(*flag.FlagSet).NArg", "runtime.NumGoroutine", "runtime.Callers", "sort.Search", "math/bits.Len", "math/rand.Int", "math/rand.Int63", "math/rand.Int31":
		if strings.HasPrefix(name, "runtime.Num") || name == "runtime.GOMAXPROCS" {
			return 1, limit
		}
		return 0, limit
	}
	if target := ir.Target(&x.Call); target != nil {
		switch target.Name() {
		case "Len", "Size", "Count", "NumField", "NumMethod", "NumIn", "NumOut", "Cap", "Available", "Buffered", "BlockSize", "EncodedLen", "DecodedLen", "Overhead", "NonceSize":
			return 0, limit
		}
	}
	if fn := ir.Callee(&x.Call); fn != nil {
		return p.resultRange(fn, 0)
	}
	return -limit, limit
}

func (p *proof) minMaxRange(name string, args []ssa.Value, at point, depth int) (lo, hi int64) {
	for i, a := range args {
		l, h := p.exprRange(a, at, depth)
		switch {
		case i == 0:
			lo, hi = l, h
		case name == "min":
			lo, hi = min(lo, l), min(hi, h)
		default:
			lo, hi = max(lo, l), max(hi, h)
		}
	}
	return lo, hi
}

func (p *proof) extractRange(x *ssa.Extract) (lo, hi int64) {
	switch t := x.Tuple.(type) {
	case *ssa.Next:
		if t.IsString && x.Index == 1 {
			return 0, limit
		}
	case *ssa.Call:
		args := t.Call.Args
		switch name := ir.Name(ir.Target(&t.Call)); {
		case readsInto(&t.Call) != nil && x.Index == 0:
			return 0, limit
		case strings.HasPrefix(name, "unicode/utf8.Decode") && x.Index == 1:
			return 0, 4
		case name == "strconv.ParseUint" || name == "strconv.ParseInt":
			if x.Index == 0 && len(args) == 3 {
				return parsed(name, args[2])
			}
		default:
			if fn := ir.Callee(&t.Call); fn != nil {
				return p.resultRange(fn, x.Index)
			}
		}
	}
	return -limit, limit
}

func parsed(name string, bits ssa.Value) (lo, hi int64) {
	c, ok := bits.(*ssa.Const)
	if !ok {
		return -limit, limit
	}
	n, _ := intOf(c)
	unsigned := name == "strconv.ParseUint"
	if n < 8 || n > 32 {
		if unsigned {
			return 0, limit
		}
		return -limit, limit
	}
	if unsigned {
		return 0, 1<<n - 1
	}
	return -1 << (n - 1), 1<<(n-1) - 1
}

// lenRange is the range of the length of v.
func (p *proof) lenRange(v ssa.Value, at point, depth int) (lo, hi int64) {
	if p.fuel--; depth > maxDepth || p.fuel < 0 || p.visiting[v] {
		return 0, limit
	}
	p.visiting[v] = true
	defer delete(p.visiting, v)
	switch x := v.(type) {
	case *ssa.Call:
		return p.callLenRange(x, at, depth)
	case *ssa.Extract:
		c, ok := x.Tuple.(*ssa.Call)
		if !ok {
			break
		}
		if fn := ir.Target(&c.Call); fn != nil {
			switch ir.Name(fn) {
			case "(*encoding/csv.Reader).Read", "encoding/json.Marshal", "encoding/json.MarshalIndent",
				"(*bufio.Reader).ReadString", "(*bufio.Reader).ReadBytes", "(*bufio.Reader).ReadSlice", "os.Getwd", "path/filepath.Abs":
				return 1, limit // when the error is nil
			}
			return p.resultLen(ir.Callee(&c.Call), fn, x.Index), limit
		}
	case *ssa.UnOp:
		if g, ok := x.X.(*ssa.Global); ok && g.Pkg != nil && g.Pkg.Pkg.Path() == "os" && g.Name() == "Args" {
			return 1, limit
		}
		if el, ok := x.X.(*ssa.IndexAddr); ok {
			return p.firstPart(el, at), limit
		}
	case *ssa.Parameter:
		return p.paramLen(x), limit
	}
	return 0, limit
}

func (p *proof) callLenRange(x *ssa.Call, at point, depth int) (lo, hi int64) {
	target := ir.Target(&x.Call)
	name, args := ir.Name(target), ir.Args(&x.Call)
	switch name {
	case "strings.Split", "strings.SplitAfter", "bytes.Split", "bytes.SplitAfter":
		if len(args) == 2 && p.contains(args[0], args[1], at, depth) {
			return 2, limit
		}
		return 1, limit
	case "strings.SplitN", "strings.SplitAfterN", "bytes.SplitN", "bytes.SplitAfterN":
		if len(args) != 3 {
			return 0, limit
		}
		lo, hi := p.exprRange(args[2], at, depth)
		switch {
		case lo >= 1:
			if p.contains(args[0], args[1], at, depth) {
				return min(2, lo), hi
			}
			return 1, hi
		case hi < 0:
			return 1, limit
		}
	case "strings.Fields", "bytes.Fields":
		if len(args) == 1 && p.prove(Term{}, p.Len(args[0]).Term, p.Len(args[0]).K-1, at, depth+2) {
			return 1, limit // or it is blank, which nobody sends
		}
	case "strconv.Itoa", "strconv.FormatInt", "strconv.Quote", "path.Clean", "path/filepath.Clean", "path.Base", "path/filepath.Base", "(time.Time).String", "runtime.Version":
		return 1, limit
	case "(*regexp.Regexp).FindAllString", "(*regexp.Regexp).FindAllStringSubmatch", "(*regexp.Regexp).FindAllStringIndex", "(*regexp.Regexp).FindAll":
		if p.matchesNothing(x.Call.Args[0], 0) {
			return 1, limit
		}
	case "(*regexp.Regexp).FindStringSubmatch", "(*regexp.Regexp).FindSubmatch":
		if n := p.groups(x); p.matched(x, at) {
			return n, n
		}
	}
	return p.resultLen(ir.Callee(&x.Call), target, 0), limit
}

// proveFact reports whether a condition says that the term is at least n.
func (p *proof) proveFact(t Term, n int64, at point) bool {
	for _, f := range p.facts(at) {
		if f.b == t && f.a.of == number && !f.ne && -f.k >= n || f.ne && n == 0 && f.a == t && f.b.of == number && f.k == -1 {
			return true
		}
	}
	return false
}

// initial is what init stores in a variable of this package, if nothing else is.
func (s *Solver) initial(g *ssa.Global) ssa.Value {
	if g.Pkg == nil || g.Pkg.Func("init") == nil {
		return nil
	}
	var found ssa.Value
	for _, b := range g.Pkg.Func("init").Blocks {
		for _, i := range b.Instrs {
			if st, ok := i.(*ssa.Store); ok && st.Addr == g {
				if found != nil {
					return nil
				}
				found = st.Val
			}
		}
	}
	return found
}
