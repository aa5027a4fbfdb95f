package nilness

import (
	"go/constant"
	"go/token"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// outcome says what an edge of a condition means for the value.
type outcome int

const (
	open  outcome = iota // nothing new
	isNil                // the value is nil for sure
	stop                 // the value is not nil, or nobody knows, or the edge is dead
)

type verdict struct{ yes, no outcome }

func (v verdict) flip() verdict { return verdict{v.no, v.yes} }

var unknown = verdict{stop, stop}

// eval says what a condition tells of the value on this path.
func (w *walk) eval(c ssa.Value, st *state) verdict {
	c = w.resolve(c, st)
	if c == derived {
		return unknown
	}
	if known, ok := w.decided(c, st); ok {
		if known {
			return verdict{open, stop}
		}
		return verdict{stop, open}
	}
	switch x := c.(type) {
	case *ssa.Const:
		if x.Value != nil && x.Value.Kind() == constant.Bool {
			if constant.BoolVal(x.Value) {
				return verdict{open, stop}
			}
			return verdict{stop, open}
		}
	case *ssa.UnOp:
		if x.Op == token.NOT {
			return w.eval(x.X, st).flip()
		}
	case *ssa.BinOp:
		switch x.Op {
		case token.EQL:
			return w.equal(x, st)
		case token.NEQ:
			return w.equal(x, st).flip()
		}
		if w.touched(x.X, st) || w.touched(x.Y, st) || w.sibling(x.X) || w.sibling(x.Y) {
			return unknown
		}
		l, isL := w.resolve(x.X, st).(*ssa.Const)
		r, isR := w.resolve(x.Y, st).(*ssa.Const)
		if isL && isR && integer(l) && integer(r) && isBool(x.Type()) {
			if constant.Compare(l.Value, x.Op, r.Value) {
				return verdict{open, stop}
			}
			return verdict{stop, open}
		}
		if x.Op == token.LSS && isL && integer(l) && constant.Sign(l.Value) == 0 && w.filled(x.Y, st) {
			return verdict{open, stop}
		}
	case *ssa.Call:
		return w.predicate(x, st)
	}
	if w.isTell(c, st) && w.o.Kind == OnFalse {
		if st.sure {
			return verdict{stop, open}
		}
		return verdict{stop, isNil}
	}
	if w.touched(c, st) {
		return unknown
	}
	return verdict{}
}

// equal says what x == y tells.
func (w *walk) equal(b *ssa.BinOp, st *state) verdict {
	x, y := w.resolve(b.X, st), w.resolve(b.Y, st)
	if isNilConst(x) {
		x, y = y, x
	}
	if isNilConst(y) {
		return w.equalNil(x, st)
	}
	if cx, ok := x.(*ssa.Const); ok {
		x, y = y, cx
	}
	cy, _ := y.(*ssa.Const)
	switch {
	case x == derived || y == derived:
		return unknown
	case w.isTell(x, st) && w.o.Kind == OnFalse && cy != nil && cy.Value != nil && cy.Value.Kind() == constant.Bool:
		v := verdict{stop, isNil}
		if st.sure {
			v.no = open
		}
		if constant.BoolVal(cy.Value) {
			return v
		}
		return v.flip()
	case w.o.Kind == OnErr && (w.isTell(x, st) && w.isOnly(y, st) || w.isTell(y, st) && w.isOnly(x, st)):
		return anyError(st)
	case w.o.Kind == OnErr && (w.isTell(x, st) || w.isTell(y, st)):
		if st.sure {
			return verdict{open, open}
		}
		return verdict{isNil, open}
	case w.sibling(x) || w.sibling(y):
		return unknown
	case w.touched(x, st) || w.touched(y, st):
		return verdict{stop, open} // the same as something else, which is not followed
	}
	if cx, ok := x.(*ssa.Const); ok && cy != nil && cx.Value != nil && cy.Value != nil && cx.Value.Kind() == cy.Value.Kind() {
		if constant.Compare(cx.Value, token.EQL, cy.Value) {
			return verdict{open, stop}
		}
		return verdict{stop, open}
	}
	return verdict{}
}

func (w *walk) equalNil(x ssa.Value, st *state) verdict {
	switch {
	case x == derived:
		return unknown
	case isNilConst(x), len(st.frames) > 0 && recovers(x): // the function returned
		return verdict{open, stop}
	case nonNil(x):
		return verdict{stop, open}
	case w.isValue(x, st):
		if st.sure {
			return verdict{open, stop}
		}
		return verdict{isNil, stop}
	case w.isTell(x, st) && w.o.Kind == OnErr:
		if st.sure {
			return verdict{stop, open}
		}
		return verdict{stop, isNil}
	case w.isTell(x, st): // nil, nil: what matters happens where there is no error
		return verdict{open, stop}
	}
	return verdict{}
}

// sibling reports whether v is another result of the call that returned the value: a
// count of 0, an identifier that is empty, tells as well as the error does.
func (w *walk) sibling(v ssa.Value) bool {
	e, ok := v.(*ssa.Extract)
	if !ok || e == w.o.Value || e == w.o.Tell {
		return false
	}
	of, ok := w.o.Value.(*ssa.Extract)
	_, call := e.Tuple.(*ssa.Call)
	return ok && call && e.Tuple == of.Tuple && e.Index != of.Index
}

// filled reports whether a length is known to be greater than 0 on this path: a loop
// over what has it runs once at least.
func (w *walk) filled(size ssa.Value, st *state) bool {
	is := w.operand(size, st)
	if !strings.HasPrefix(is, "len(") {
		return false
	}
	for key, held := range st.conds {
		rest, ok := strings.CutPrefix(key, is)
		if !ok {
			continue
		}
		op := strings.TrimRight(rest, "0123456789:int")
		n, err := strconv.Atoi(strings.TrimSuffix(rest[len(op):], ":int"))
		if err != nil {
			continue
		}
		switch op {
		case ">":
			ok = held && n >= 0
		case ">=":
			ok = held && n >= 1
		case "==":
			ok = held == (n > 0) && (held || n == 0)
		case "!=":
			ok = held != (n > 0) && (!held || n == 0)
		case "<":
			ok = !held && n >= 1
		case "<=":
			ok = !held && n >= 0
		default:
			ok = false
		}
		if ok {
			return true
		}
	}
	return false
}

func isNilConst(v ssa.Value) bool {
	c, ok := v.(*ssa.Const)
	return ok && c != derived && c.IsNil()
}

// recovers reports whether v is what recover returned.
func recovers(v ssa.Value) bool {
	c, ok := v.(*ssa.Call)
	return ok && ir.IsBuiltin(c.Common(), "recover")
}

// predicate says what a call that is a condition tells.
func (w *walk) predicate(c *ssa.Call, st *state) verdict {
	common := c.Common()
	args := common.Args
	at := slices.IndexFunc(args, func(a ssa.Value) bool { return w.isTell(a, st) })
	if w.o.Kind == OnErr && at >= 0 {
		if Name(common) == "errors.Is" && len(args) == 2 && w.isOnly(args[1], st) {
			return anyError(st)
		}
		if saysErr(common) {
			if st.sure {
				return verdict{open, open}
			}
			return verdict{isNil, open}
		}
		if what, ok := w.f.OfCall(common); ok && !common.IsInvoke() {
			switch p := what.Param(at); {
			case p&TrueOnErr != 0 && st.sure:
				return verdict{open, stop}
			case p&TrueOnErr != 0:
				return verdict{isNil, stop}
			case p&FalseOnErr != 0 && st.sure:
				return verdict{stop, open}
			case p&FalseOnErr != 0:
				return verdict{stop, isNil}
			}
		}
	}
	if w.touched(c, st) || st.escaped {
		return unknown
	}
	return verdict{}
}

// saysErr reports whether a true result of the call means that the error it is
// given is not nil.
func saysErr(c *ssa.CallCommon) bool {
	switch Name(c) {
	case "errors.Is", "errors.As", "errors.AsType", "os.IsNotExist", "os.IsExist", "os.IsPermission", "os.IsTimeout":
		return true
	}
	return false
}

// remember records that a condition is true or false from here on.
func (w *walk) remember(st *state, c ssa.Value, yes bool) {
	for {
		u, ok := c.(*ssa.UnOp)
		if !ok || u.Op != token.NOT {
			break
		}
		c, yes = u.X, !yes
	}
	key := w.condKey(c, st)
	if key == "" {
		return
	}
	st.conds[key] = yes
}

// decided says what a condition is on this path, when the same has been asked
// before, or when what is compared with a constant is known to be another one.
func (w *walk) decided(c ssa.Value, st *state) (yes, ok bool) {
	if yes, ok = st.conds[w.condKey(c, st)]; ok || len(st.conds) == 0 {
		return yes, ok
	}
	b, isBin := c.(*ssa.BinOp)
	if !isBin || b.Op != token.EQL && b.Op != token.NEQ {
		return false, false
	}
	l, r := w.operand(b.X, st), w.operand(b.Y, st)
	if l == "" || r == "" {
		return false, false
	}
	if b.Op == token.EQL {
		yes, ok = st.conds[l+"!="+r]
	} else {
		yes, ok = st.conds[l+"=="+r]
	}
	if ok {
		return !yes, true
	}
	if k, isConst := b.Y.(*ssa.Const); !isConst || k.Value == nil {
		return false, false
	}
	for key, held := range st.conds {
		is, equal := strings.CutPrefix(key, l+"==")
		if !equal {
			is, equal = strings.CutPrefix(key, l+"!=")
			held = !held
		}
		if equal && held && is != r && !strings.HasSuffix(is, ";") && strings.Contains(is, ":") {
			return b.Op == token.NEQ, true
		}
	}
	return false, false
}

// condKey names a condition so that the same question asked twice has one name;
// empty for what has no such name.
func (w *walk) condKey(c ssa.Value, st *state) string {
	if c == derived {
		return ""
	}
	switch x := c.(type) {
	case *ssa.Const:
		return ""
	case *ssa.BinOp:
		l, r := w.operand(x.X, st), w.operand(x.Y, st)
		if l == "" || r == "" {
			return ""
		}
		return l + x.Op.String() + r
	}
	return w.operand(c, st)
}

func (w *walk) operand(v ssa.Value, st *state) string {
	v = w.resolve(v, st)
	if v == derived {
		return ""
	}
	switch x := v.(type) {
	case *ssa.Const, *ssa.Global, *ssa.Parameter, *ssa.FreeVar:
		return v.Name()
	case *ssa.UnOp:
		if x.Op == token.MUL {
			if at := w.address(x.X, st, 0); at != "" {
				return at
			}
		}
	case *ssa.Call:
		if b, ok := x.Call.Value.(*ssa.Builtin); ok && b.Name() == "len" && len(x.Call.Args) == 1 {
			if of := w.operand(x.Call.Args[0], st); of != "" {
				return "len(" + of + ")"
			}
		}
		if args := x.Call.Args; Name(x.Common()) == "errors.Is" && len(args) == 2 {
			err, is := w.operand(args[0], st), w.operand(args[1], st)
			if err != "" && is != "" {
				return "errors.Is(" + err + "," + is + ")"
			}
		}
		if w.getters && len(x.Call.Args) <= 1 {
			if of := receiver(x.Common()); of != nil && Name(x.Common()) != "" {
				if is := w.operand(of, st); is != "" {
					return is + Name(x.Common()) + "()"
				}
			}
		}
	}
	if v.Parent() == nil {
		return ""
	}
	return operandName(v)
}

func operandName(v ssa.Value) string { return v.Parent().Name() + "." + v.Name() + ";" }

// address names the variable or field at an address.
func (w *walk) address(v ssa.Value, st *state, depth int) string {
	if depth > 5 {
		return ""
	}
	switch a := v.(type) {
	case *ssa.FieldAddr:
		of := ""
		if in, ok := w.resolve(a.X, st).(*ssa.FieldAddr); ok {
			of = w.address(in, st, depth+1)
		} else {
			of = w.operand(a.X, st)
		}
		if of != "" {
			return of + "." + strconv.Itoa(a.Field)
		}
	case *ssa.Global:
		return a.Name()
	case *ssa.FreeVar:
		return "*" + a.Name()
	case *ssa.Alloc: // the same until it is written, which is between two questions rarely
		return "*" + operandName(a)
	}
	return ""
}
