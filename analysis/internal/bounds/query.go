package bounds

import (
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// Same is one value for all that are computed the same way.
func (s *Solver) Same(v ssa.Value) ssa.Value { return s.same(v) }

// Changes reports whether the function stores to the variable that v was loaded
// from: then v may differ from other loads that look the same.
func (s *Solver) Changes(fn *ssa.Function, v ssa.Value) bool { return s.storedIn(fn, v) }

// Stable reports whether nothing that v is computed from is loaded from a variable
// that the function stores to: then what is said of it is so, not just likely.
func (s *Solver) Stable(v ssa.Value) bool { return s.stable(v, 0) }

func (s *Solver) stable(v ssa.Value, depth int) bool {
	if v == nil {
		return true
	}
	if depth > 8 {
		return false
	}
	switch x := v.(type) {
	case *ssa.UnOp:
		return !s.storedIn(x.Parent(), x) && !handsOn(x) && s.stable(x.X, depth+1)
	case *ssa.Slice:
		return s.stable(x.X, depth+1) && s.stable(x.Low, depth+1) && s.stable(x.High, depth+1)
	case *ssa.BinOp:
		return s.stable(x.X, depth+1) && s.stable(x.Y, depth+1)
	case *ssa.Convert:
		return s.stable(x.X, depth+1)
	case *ssa.Call:
		return len(x.Call.Args) != 1 || s.stable(x.Call.Args[0], depth+1)
	case *ssa.FreeVar:
		return false
	}
	return true
}

// handsOn reports whether the function hands the struct whose field is loaded to
// another one, which may set the field.
func handsOn(load *ssa.UnOp) bool {
	f, ok := load.X.(*ssa.FieldAddr)
	if !ok || f.X.Referrers() == nil {
		return false
	}
	for _, r := range *f.X.Referrers() {
		if c, ok := r.(ssa.CallInstruction); ok && slices.Contains(c.Common().Args, f.X) {
			return true
		}
	}
	return false
}

// Signed reports whether the number from the source may be negative: it is not
// unsigned on the way.
func (s *Solver) Signed(src Source) bool {
	switch {
	case strings.HasPrefix(src.What, "binary.Uint8"), strings.HasPrefix(src.What, "binary.Uint16"), strings.HasPrefix(src.What, "binary.Uint32"),
		strings.HasPrefix(src.What, "a byte of"):
		return false // 64 bits may become a negative int
	}
	for _, v := range src.related {
		if isUnsigned(v.Type()) {
			return false
		}
		if b, ok := v.(*ssa.BinOp); ok && b.Op == token.SUB {
			return false // what is subtracted is not looked at
		}
	}
	return true
}

// Internal reports whether v is a field of the program's own state, or a key of a
// map in it: what is there was checked when it was put there, nobody knows how.
func (s *Solver) Internal(v ssa.Value) bool {
	for range 10 {
		switch x := v.(type) {
		case *ssa.Slice:
			v = x.X
		case *ssa.Convert:
			v = x.X
		case *ssa.ChangeType:
			v = x.X
		case *ssa.Call:
			args := ir.Args(&x.Call)
			if !kept(ir.Name(ir.Target(&x.Call))) || len(args) == 0 {
				return false
			}
			v = args[0]
		case *ssa.Extract:
			n, ok := x.Tuple.(*ssa.Next)
			if !ok {
				return false
			}
			r, ok := n.Iter.(*ssa.Range)
			if !ok {
				return false
			}
			v = r.X
		case *ssa.UnOp:
			if one := s.only(x); one != nil {
				v = one
				continue
			}
			f, ok := x.X.(*ssa.FieldAddr)
			return ok && !s.decoded(x, 3).Known() && !outside(f)
		default:
			return false
		}
	}
	return false
}

var foreign = regexp.MustCompile(`(?i)conf|cfg|opt|setting|flag|arg|env|addr|url|uri|host|header|body|query|req|input|line|text|path|raw|msg|data|payload|listen|endpoint|dsn`)

// outside reports whether the name of a field, or of the one that holds it, says
// that its value comes from outside.
func outside(f *ssa.FieldAddr) bool {
	for range 4 {
		p, ok := f.X.Type().Underlying().(*types.Pointer)
		if !ok {
			return false
		}
		if n, ok := types.Unalias(p.Elem()).(*types.Named); ok && settings.MatchString(n.Obj().Name()) {
			return true
		}
		st, ok := p.Elem().Underlying().(*types.Struct)
		if !ok || f.Field >= st.NumFields() {
			return false
		}
		if foreign.MatchString(st.Field(f.Field).Name()) {
			return true
		}
		switch x := f.X.(type) {
		case *ssa.FieldAddr:
			f = x
		case *ssa.UnOp:
			up, ok := x.X.(*ssa.FieldAddr)
			if !ok {
				return false
			}
			f = up
		default:
			return false
		}
	}
	return false
}

// Search names the function that gave v and gives -1 when it finds nothing, or is
// empty.
func (s *Solver) Search(v ssa.Value) string {
	c, ok := v.(*ssa.Call)
	if !ok {
		return ""
	}
	if name := ir.Name(ir.Target(&c.Call)); isIndexOf(name) {
		return name
	}
	return ""
}

// Limits are the unknown numbers that conditions say x is no greater than.
func (s *Solver) Limits(x Expr, at ssa.Instruction) []Expr {
	var list []Expr
	for _, f := range s.facts(before(at)) {
		if f.cond && !f.ne && f.a == x.Term && f.b.of != number {
			list = append(list, Expr{f.b, f.k})
		}
	}
	return list
}

// Slack is how far beyond size-1 a condition lets index go that compares the two;
// strict says whether the condition itself is index < size, or tighter.
func (s *Solver) Slack(index, size Expr, at ssa.Instruction) (over int64, strict, ok bool) {
	best := int64(limit)
	for _, f := range s.facts(before(at)) {
		if f.cond && !f.ne && f.a == index.Term && f.b == size.Term && size.of != number {
			best = min(best, f.k)
		}
	}
	return best - (size.K - index.K - 1), best < 0, best < limit
}

// Cap is the capacity of a slice as a term and a constant.
func (s *Solver) Cap(v ssa.Value) Expr {
	k := int64(0)
	for range 8 {
		if n, ok := arrayLen(v.Type()); ok {
			return Number(n - k)
		}
		switch x := v.(type) {
		case *ssa.MakeSlice:
			return s.Int(x.Cap).Plus(-k)
		case *ssa.ChangeType:
			v = x.X
			continue
		case *ssa.UnOp:
			if one := s.only(x); one != nil {
				v = one
				continue
			}
		case *ssa.Slice:
			if x.Max != nil || basic(x.X.Type()) != nil {
				break
			}
			if x.Low != nil {
				n, ok := s.Int(x.Low).Const()
				if !ok {
					break
				}
				k += n
			}
			v = x.X
			continue
		}
		break
	}
	return Expr{Term{capacity, s.same(v)}, -k}
}

// IsString reports whether the type is a string.
func IsString(t types.Type) bool {
	b := basic(t)
	return b != nil && b.Info()&types.IsString != 0
}

// IsArray reports whether the type is an array, or a pointer to one.
func IsArray(t types.Type) bool {
	_, ok := arrayLen(t)
	return ok
}

// HasTightCap reports whether a slice from the source has no more room than its
// length, so that slicing it beyond the length panics.
func HasTightCap(what string) bool {
	for _, name := range []string{"Split", "Fields", "Submatch", "os.Args", "command line"} {
		if strings.Contains(what, name) {
			return true
		}
	}
	return false
}

// IsInt reports whether the type is one of the integer types.
func IsInt(t types.Type) bool { return isInt(t) }

// Bounded reports whether something limits the number upwards.
func (s *Solver) Bounded(x Expr, at ssa.Instruction) bool {
	p := &proof{Solver: s, fuel: 100}
	if _, hi := p.rangeOf(x.Term, before(at), 4); hi < 1<<40 {
		return true
	}
	return len(s.Limits(x, at)) > 0
}

// FieldOf is the field that v was loaded from, through conversions and products.
func (s *Solver) FieldOf(v ssa.Value) *types.Var {
	for range 6 {
		switch x := v.(type) {
		case *ssa.Convert:
			v = x.X
		case *ssa.ChangeType:
			v = x.X
		case *ssa.BinOp:
			if _, ok := x.X.(*ssa.Const); ok {
				v = x.Y
			} else {
				v = x.X
			}
		case *ssa.UnOp:
			f, ok := x.X.(*ssa.FieldAddr)
			if !ok {
				return nil
			}
			return Field(f)
		case *ssa.Field:
			return fieldOf(x.X.Type(), x.Field)
		default:
			return nil
		}
	}
	return nil
}

// Field is the field whose address is taken.
func Field(f *ssa.FieldAddr) *types.Var { return fieldOf(f.X.Type(), f.Field) }
