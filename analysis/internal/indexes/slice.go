package indexes

import (
	"go/types"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/bounds"
)

// slice checks x[low:high].
func (c *checker) slice(i *ssa.Slice) {
	size := c.Len(i.X)
	high := size
	if i.High != nil {
		high = c.Int(i.High)
		if c.bound(i, i.High, high, size, true) {
			return
		}
	}
	if i.Low == nil {
		return
	}
	low := c.Int(i.Low)
	if i.High == nil {
		if c.bound(i, i.Low, low, size, false) {
			return
		}
	} else {
		c.below(i, i.Low, low)
		c.crossed(i, low, high)
	}
}

// bound checks one bound against the end and against 0, and reports whether there
// was something to say.
func (c *checker) bound(at *ssa.Slice, v ssa.Value, e, size bounds.Expr, high bool) bool {
	room := size
	if high && !isString(at.X) && !bounds.IsArray(at.X.Type()) {
		room = c.Cap(at.X)
	}
	if !c.AtMost(e, size, at) && !c.AtMost(e, room, at) {
		if message, src := c.beyond(at, v, e, size, high); message != "" {
			c.report(at, at.X, message, src)
			return true
		}
	}
	return c.below(at, v, e)
}

// beyond says why a bound may lie behind the end.
func (c *checker) beyond(at *ssa.Slice, v ssa.Value, e, size bounds.Expr, high bool) (string, bounds.Source) {
	src := c.LenSource(at.X)
	if k, ok := e.Const(); ok {
		if high && !c.tight(at.X, src) || !c.short(at, src, size, k) {
			return "", src
		}
		return c.name(at, at.X) + " may be shorter than " + number(k) + because(src, c.name(at, at.X)) + ", and slicing it up to there panics then; check the length first", src
	}
	if num := c.NumSource(v); num.Known() {
		if c.Checked(at, bounds.TooGreat, append(num.Of(), v, e.Value())...) || c.Checked(at, bounds.TooSmall, at.X) || c.AwareOf(at, bounds.TooGreat, append(num.Of(), v)...) || num.Binary() && c.Internal(at.X) {
			return "", num
		}
		return c.name(at, at.X) + " is sliced at " + c.name(at, v) + ", a number from " + num.What + " that nothing compares with the length; check it first", num
	}
	if message := c.batch(at, v, size); message != "" {
		return message, src
	}
	return "", src
}

// trailer: the last bytes of what an exported function is given, at least two of them:
// a checksum, a trailer. One byte less is a loop, or what the caller knows.
func (c *checker) trailer(e bounds.Expr) bounds.Source {
	p := bounds.Handed(e.Value())
	if p == nil || e.K > -2 {
		return bounds.Source{}
	}
	b, ok := p.Type().Underlying().(*types.Slice)
	if !ok {
		return bounds.Source{}
	}
	if elem, ok := b.Elem().Underlying().(*types.Basic); !ok || elem.Kind() != types.Byte {
		return bounds.Source{}
	}
	return bounds.Source{What: caller + p.Parent().Name()}.With(p)
}

// tight reports whether the capacity is no greater than the length, as far as it
// is known: a buffer that was read into has more, and more is not out of range.
func (c *checker) tight(x ssa.Value, src bounds.Source) bool {
	if cut, ok := x.(*ssa.Slice); ok && bounds.Handed(cut.X) != nil {
		return true // how large the buffer is, is up to the caller
	}
	return isString(x) || bounds.HasTightCap(src.What)
}

// batch: for i := 0; i < len(s); i += n { use(s[i:i+n]) } with an n that need not
// divide the length.
func (c *checker) batch(at *ssa.Slice, high ssa.Value, size bounds.Expr) string {
	if at.Low == nil || !size.IsLen() {
		return ""
	}
	phi, ok := at.Low.(*ssa.Phi)
	sum, ok2 := high.(*ssa.BinOp)
	if !ok || !ok2 || sum.X != phi || isConst(sum.Y) {
		return ""
	}
	if over, _, ok := c.Slack(c.Int(phi), size, at); !ok || over > 0 {
		return ""
	}
	stepped := false
	for n, pred := range phi.Block().Preds {
		if !phi.Block().Dominates(pred) {
			continue
		}
		next, ok := phi.Edges[n].(*ssa.BinOp)
		stepped = ok && (next == sum || next.X == phi && c.Same(next.Y) == c.Same(sum.Y))
		if !stepped {
			return ""
		}
	}
	if !stepped || c.Checked(at, bounds.TooGreat, high, sum.Y, at.X) || c.AwareOf(at, bounds.TooGreat, high) {
		return ""
	}
	return c.name(at, at.X) + " is cut into pieces of " + c.name(at, sum.Y) + ", and the last piece panics when they do not come out even; take min(" + c.name(at, high) + ", len(" + c.name(at, at.X) + "))"
}

func isConst(v ssa.Value) bool {
	_, ok := v.(*ssa.Const)
	return ok
}

// below checks that a bound is not negative.
func (c *checker) below(at *ssa.Slice, v ssa.Value, e bounds.Expr) bool {
	if c.NotNegative(e, at) {
		return false
	}
	message, src := "", bounds.Source{}
	switch what := c.notFound(e); {
	case e.IsLen():
		src = c.LenSource(e.Value())
		if !src.Known() {
			src = c.trailer(e)
		}
		if c.short(at, src, e, 0) {
			message = c.name(at, at.X) + " may be shorter than " + number(-e.K) + because(src, c.name(at, at.X)) + ", and slicing it panics then; check the length first"
		}
	case what != "":
		if !c.Checked(at, bounds.TooSmall, append(c.searched(e), e.Value())...) {
			message = "slicing " + c.name(at, at.X) + " panics when " + what + " finds nothing and gives -1; ask for that first, or use Cut"
		}
	default:
		src = c.NumSource(v)
		if src.Known() && c.Signed(src) && !c.Checked(at, bounds.TooSmall, append(src.Of(), v, e.Value())...) && !c.AwareOf(at, bounds.TooSmall, append(src.Of(), v)...) {
			message = "slicing " + c.name(at, at.X) + " panics when the number from " + src.What + " is negative; ask for that first"
		}
	}
	if message == "" {
		return false
	}
	c.report(at, at.X, message, src)
	return true
}

// crossed: both bounds are numbers from outside, or a constant low bound stands
// before a high bound from outside.
func (c *checker) crossed(at *ssa.Slice, low, high bounds.Expr) bool {
	if c.AtMost(low, high, at) {
		return false
	}
	src := c.NumSource(at.High)
	from := c.NumSource(at.Low)
	if !src.Known() && !from.Known() {
		return false
	}
	if src.Known() == from.Known() && c.Checked(at, bounds.TooSmall, append(src.Of(), at.High, high.Value())...) {
		return false
	}
	for _, side := range []bounds.Side{bounds.TooSmall, bounds.TooGreat} {
		if c.Checked(at, side, append(src.Of(), at.High, high.Value())...) || c.Checked(at, side, append(from.Of(), at.Low, low.Value())...) {
			return false
		}
	}
	what := src.What
	if what == "" {
		what = from.What
	}
	c.report(at, at.X, "slicing "+c.name(at, at.X)+" panics when the bounds cross, and one is a number from "+what+"; compare them first", src)
	return true
}
