package nilness

import (
	"go/constant"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"
)

// learn derives what is known of a function from its instructions and from what is
// known of those it calls.
func (f *Facts) learn(fn *ssa.Function) Func {
	var what Func
	if len(fn.Blocks) == 0 {
		return what
	}
	results := fn.Signature.Results()
	for n := range results.Len() {
		if !holdsNil(results.At(n).Type()) || IsError(results.At(n).Type()) && n == results.Len()-1 {
			continue
		}
		if r := f.result(fn, n, results); r != 0 {
			if what.Results == nil {
				what.Results = make([]Result, results.Len())
			}
			what.Results[n] = r
		}
	}
	if what.Results != nil {
		what.Only = onlyError(fn)
	}
	for n, p := range fn.Params {
		if q := f.param(fn, p); q != 0 {
			if what.Params == nil {
				what.Params = make([]Param, len(fn.Params))
			}
			what.Params[n] = q
		}
	}
	return what
}

// holdsNil is nilable, and type parameters, whose zero value may be nil.
func holdsNil(t types.Type) bool {
	_, param := types.Unalias(t).(*types.TypeParam)
	return param || nilable(t)
}

// param follows a nil parameter, or an error or false that is given.
func (f *Facts) param(fn *ssa.Function, p *ssa.Parameter) Param {
	var q Param
	t := p.Type()
	if p.Referrers() == nil || len(*p.Referrers()) == 0 {
		return 0
	}
	if usedAtOnce(fn, p) {
		return DerefsNil | DiesOfNil
	}
	switch {
	case IsError(t):
		return f.errParam(fn, p)
	case isBool(t) && fn.Signature.Results().Len() == 0:
		w := f.walkFrom(Origin{Kind: OnFalse, Tell: p, Fn: fn}, true)
		if w.end.returns == 0 && !w.end.gaveUp {
			q |= StopsOnFalse
		}
		return q
	case !Nilable(t):
		return 0
	}
	w := f.walkFrom(Origin{Kind: Sure, Value: p, Fn: fn}, true)
	for _, s := range w.sinks {
		switch s.Use {
		case Deref, Method, Argument:
			q |= DerefsNil
		case MapWrite:
			q |= WritesNil
		case Call:
			q |= CallsNil
		}
	}
	if q != 0 && w.end.returns == 0 && !w.end.gaveUp && w.end.stops == 0 {
		q |= DiesOfNil
	}
	return q
}

func (f *Facts) walkFrom(o Origin, sure bool) *walk {
	w := newWalk(f, o)
	w.sure, w.limit = sure, maxLearnt
	w.start()
	return w
}

// usedAtOnce reports whether a parameter is dereferenced before the function decides
// anything.
func usedAtOnce(fn *ssa.Function, p *ssa.Parameter) bool {
	for _, i := range fn.Blocks[0].Instrs {
		switch i := i.(type) {
		case *ssa.FieldAddr:
			if i.X == p {
				return true
			}
		case *ssa.UnOp:
			if i.X == p && i.Op == token.MUL {
				return true
			}
		case *ssa.Call:
			return i.Call.IsInvoke() && i.Call.Value == p && !IsError(p.Type())
		}
	}
	return false
}

// maxHelper is how many blocks a function that checks an error for others has.
const maxHelper = 30

func (f *Facts) errParam(fn *ssa.Function, p *ssa.Parameter) Param {
	if len(fn.Blocks) > maxHelper || fn.Signature.Results().Len() > 1 {
		return 0
	}
	w := f.walkFrom(Origin{Kind: OnErr, Tell: p, Fn: fn}, true)
	if w.end.gaveUp || w.end.stops > 0 {
		return 0
	}
	if w.end.returns == 0 {
		return StopsOnErr
	}
	if fn.Signature.Results().Len() != 1 {
		return 0
	}
	yes, no := 0, 0
	for _, vs := range w.end.returned {
		if len(vs) != 1 {
			return 0
		}
		switch w.truth(vs[0], p) {
		case 1:
			yes++
		case 0:
			no++
		default:
			return 0
		}
	}
	switch {
	case no == 0 && isBool(fn.Signature.Results().At(0).Type()):
		return TrueOnErr
	case yes == 0:
		return FalseOnErr
	}
	return 0
}

// truth is 1 or 0 for what a function returns when the error p is not nil, or -1.
func (w *walk) truth(v ssa.Value, p *ssa.Parameter) int {
	switch v := v.(type) {
	case *ssa.Const:
		if v != derived && v.Value != nil && v.Value.Kind() == constant.Bool {
			if constant.BoolVal(v.Value) {
				return 1
			}
			return 0
		}
	case *ssa.BinOp:
		if (v.X == p && isNilConst(v.Y) || v.Y == p && isNilConst(v.X)) && isBool(v.Type()) {
			if v.Op.String() == "!=" {
				return 1
			}
			return 0
		}
	}
	return -1
}

// result joins what the returns of a function say of its n-th result.
func (f *Facts) result(fn *ssa.Function, n int, results *types.Tuple) Result {
	last := results.Len() - 1
	if n != last && isBool(results.At(last).Type()) && (denies(results.At(last).Name()) || bools(results) > 1) {
		return 0 // of two bools nobody knows which one tells
	}
	var r Result
	nils, others := 0, 0
	for _, b := range fn.Blocks {
		ret, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return)
		if !ok || b == fn.Recover || len(ret.Results) != results.Len() {
			continue
		}
		for _, p := range pairs(ret, n, last) {
			isNil := f.nilAt(p.value)
			switch {
			case n == last || !IsError(results.At(last).Type()) && !isBool(results.At(last).Type()):
				if isNil == yes && !ofNil(fn, b) {
					nils++
				} else {
					others++
				}
			case isBool(results.At(last).Type()):
				r |= f.withBool(p, isNil)
			default:
				r |= f.withErr(p, isNil)
			}
		}
	}
	if nils > 0 {
		r |= NilFree
		if others == 0 {
			r |= NilForSure
		}
	}
	if r&NilWithErr != 0 && r&someNonNil == 0 {
		r |= NilWithAny
	}
	return r
}

func bools(results *types.Tuple) (n int) {
	for r := range results.Variables() {
		if isBool(r.Type()) {
			n++
		}
	}
	return n
}

// denies reports whether a bool of the name says when a result is nil, instead of
// when it is not.
func denies(name string) bool {
	low := strings.ToLower(name)
	for _, word := range []string{"isnil", "isempty", "missing", "absent", "done", "closed"} {
		if strings.HasPrefix(low, word) {
			return true
		}
	}
	return false
}

// ofNil reports whether a block runs only when a parameter is nil: a function that
// returns nil for nil leaves it to its caller.
func ofNil(fn *ssa.Function, b *ssa.BasicBlock) bool {
	for d := b; d != nil; d = d.Idom() {
		if len(d.Preds) != 1 {
			continue
		}
		c, ok := d.Preds[0].Instrs[len(d.Preds[0].Instrs)-1].(*ssa.If)
		if !ok {
			continue
		}
		cond, ok := c.Cond.(*ssa.BinOp)
		if !ok || cond.Op != token.EQL || d.Preds[0].Succs[0] != d {
			continue
		}
		for _, p := range fn.Params {
			if cond.X == p && isNilConst(cond.Y) || cond.Y == p && isNilConst(cond.X) {
				return true
			}
		}
	}
	return false
}

type tri int

const (
	maybe tri = iota
	yes
	no
)

func (f *Facts) nilAt(v ssa.Value) tri {
	for {
		c, ok := v.(*ssa.ChangeType)
		if !ok {
			break
		}
		v = c.X
	}
	switch v := v.(type) {
	case *ssa.Const:
		if v.Value == nil {
			return yes // nil, or the zero value of a type parameter
		}
		return no
	case *ssa.UnOp:
		if a, ok := v.X.(*ssa.Alloc); ok && neverStored(a) {
			return yes // *new(T)
		}
	}
	if nonNil(v) {
		return no
	}
	return maybe
}

func neverStored(a *ssa.Alloc) bool {
	if a.Referrers() == nil {
		return false
	}
	for _, r := range *a.Referrers() {
		switch r.(type) {
		case *ssa.UnOp, *ssa.DebugRef:
		default:
			return false
		}
	}
	return true
}

// withErr is what one return says of a result beside an error.
func (f *Facts) withErr(p pair, isNil tri) Result {
	if r, ok := f.handedOn(p); ok {
		return r & (NilWithErr | someNonNil | NilWithNil)
	}
	e := f.errAt(p)
	switch {
	case e == no && isNil == yes: // the error is nil
		return NilWithNil
	case e == no:
		return 0
	case isNil == yes:
		return NilWithErr
	}
	return someNonNil
}

// errAt is whether the error of a return is not nil: yes, no or nobody knows.
func (f *Facts) errAt(p pair) tri {
	switch v := p.tell.(type) {
	case *ssa.Const:
		return no
	case *ssa.UnOp:
		if _, ok := v.X.(*ssa.Global); ok {
			return yes
		}
	}
	if nonNil(p.tell) {
		return yes
	}
	return maybe
}

func (f *Facts) withBool(p pair, isNil tri) Result {
	if r, ok := f.handedOn(p); ok {
		return r & (NilOnFalse | nonNilFalse)
	}
	c, ok := p.tell.(*ssa.Const)
	if !ok || c.Value == nil || c.Value.Kind() != constant.Bool {
		return nonNilFalse
	}
	switch {
	case constant.BoolVal(c.Value):
		return 0
	case isNil == yes:
		return NilOnFalse
	}
	return nonNilFalse
}

// handedOn is what is known of a result that is returned together with what tells
// of it, as another function returned them.
func (f *Facts) handedOn(p pair) (Result, bool) {
	v, ok := p.value.(*ssa.Extract)
	if !ok {
		return 0, false
	}
	e, ok := p.tell.(*ssa.Extract)
	if !ok || e.Tuple != v.Tuple {
		return 0, false
	}
	switch t := v.Tuple.(type) {
	case *ssa.Call:
		what, known := f.OfCall(t.Common())
		if !known {
			return someNonNil | nonNilFalse, true
		}
		r := what.Result(v.Index)
		if r&NilWithErr == 0 {
			r |= someNonNil
		}
		if r&NilOnFalse == 0 {
			r |= nonNilFalse
		}
		if r&NilWithAny != 0 {
			r &^= someNonNil
		}
		return r, true
	case *ssa.Lookup, *ssa.TypeAssert:
		return NilOnFalse, v.Index == 0
	}
	return 0, false
}

// pair is a result and what is returned last beside it.
type pair struct{ value, tell ssa.Value }

// pairs lists what a return may return, merged variables taken apart.
func pairs(ret *ssa.Return, n, last int) []pair {
	list := []pair{{stored(ret.Results[n], ret), stored(ret.Results[last], ret)}}
	for range 3 {
		var next []pair
		grown := false
		for _, p := range list {
			split := p.split()
			grown = grown || len(split) > 1
			next = append(next, split...)
		}
		if !grown || len(next) > 64 {
			break
		}
		list = next
	}
	return list
}

func (p pair) split() []pair {
	v, isV := p.value.(*ssa.Phi)
	e, isE := p.tell.(*ssa.Phi)
	switch {
	case isV && isE && v.Block() == e.Block():
		var list []pair
		for n := range v.Edges {
			list = append(list, pair{v.Edges[n], e.Edges[n]})
		}
		return list
	case isE && (!isV || v.Block() != e.Block()):
		var list []pair
		for _, edge := range e.Edges {
			list = append(list, pair{p.value, edge})
		}
		return list
	case isV:
		var list []pair
		for _, edge := range v.Edges {
			list = append(list, pair{edge, p.tell})
		}
		return list
	}
	return []pair{p}
}

// stored is what was last stored in a named result that a return loads.
func stored(v ssa.Value, ret *ssa.Return) ssa.Value {
	load, ok := v.(*ssa.UnOp)
	if !ok {
		return v
	}
	a, ok := load.X.(*ssa.Alloc)
	if !ok {
		return v
	}
	b := ret.Block()
	for range 6 {
		for n := len(b.Instrs) - 1; n >= 0; n-- {
			if s, ok := b.Instrs[n].(*ssa.Store); ok && s.Addr == a {
				return s.Val
			}
		}
		if len(b.Preds) != 1 {
			return v
		}
		b = b.Preds[0]
	}
	return v
}
