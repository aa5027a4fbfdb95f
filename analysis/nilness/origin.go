package nilness

import (
	"go/types"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// Kind says which other value tells that an origin's value is nil.
type Kind int

// Kinds of origins.
const (
	OnErr   Kind = iota // nil when the error is not nil
	OnFalse             // nil when the bool is false
	Free                // may be nil, and nothing else tells
	OfInput             // the same, and documented: what pem.Decode returns
	Sure                // is nil
)

// An Origin is a value that may be nil, and what tells whether it is.
type Origin struct {
	Kind  Kind
	Value ssa.Value          // the value; nil to follow only Tell
	Tell  ssa.Value          // the error or the bool; nil when it is dropped or there is none
	From  ssa.Instruction    // where the value begins: a call, a lookup; nil for the entry of Fn
	Fn    *ssa.Function      // the function it is followed in
	Edge  [2]*ssa.BasicBlock // when From is nil: the edge on which it is nil; else the entry
	Some  bool               // nil with some errors only: uses behind a check may know better
	Told  string             // what returns it: "net/http.Get", "the lookup"
}

// nilable reports whether values of the type can be nil and crash when used.
func nilable(t types.Type) bool {
	switch t := t.Underlying().(type) {
	case *types.Pointer, *types.Map, *types.Signature:
		return true
	case *types.Interface:
		_, param := types.Unalias(t).(*types.TypeParam)
		return !param
	}
	return false
}

// Nilable reports whether values of the type can be nil and crash when used.
func Nilable(t types.Type) bool {
	if _, ok := types.Unalias(t).(*types.TypeParam); ok {
		return false
	}
	return nilable(t)
}

var errorType = types.Universe.Lookup("error").Type()

// IsError reports whether the type is error.
func IsError(t types.Type) bool { return types.Identical(t, errorType) }

func isBool(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Kind() == types.Bool
}

// extract finds the n-th value of a tuple, or nil when it is dropped or not used.
func extract(tuple ssa.Value, n int) ssa.Value {
	if tuple.Referrers() == nil {
		return nil
	}
	for _, r := range *tuple.Referrers() {
		if e, ok := r.(*ssa.Extract); ok && e.Index == n && len(*e.Referrers()) > 0 {
			return e
		}
	}
	return nil
}

// Origins yields the values of a function that may be nil, and that another value
// tells of: results of calls, lookups and assertions with a second result.
func (f *Facts) Origins(fn *ssa.Function, each func(Origin)) {
	yield := func(o Origin) {
		if !f.deliberate(o) {
			each(o)
		}
	}
	for _, b := range fn.Blocks {
		for _, i := range b.Instrs {
			switch i := i.(type) {
			case *ssa.Call:
				f.ofCall(fn, i, yield)
			case *ssa.Lookup:
				if i.CommaOk {
					yieldOk(fn, i, "the lookup", yield)
				}
			case *ssa.TypeAssert:
				if i.CommaOk {
					yieldOk(fn, i, "the assertion", yield)
				}
			}
		}
	}
	if v, told := visitor(fn); v >= 0 {
		yield(Origin{Kind: OnErr, Value: fn.Params[v], Tell: fn.Params[v+1], Fn: fn, Told: told})
	}
}

func yieldOk(fn *ssa.Function, tuple ssa.Instruction, told string, yield func(Origin)) {
	t := tuple.(ssa.Value)
	v := extract(t, 0)
	if v == nil || !Nilable(v.Type()) {
		return
	}
	yield(Origin{Kind: OnFalse, Value: v, Tell: extract(t, 1), From: tuple, Fn: fn, Told: told})
}

func (f *Facts) ofCall(fn *ssa.Function, c *ssa.Call, yield func(Origin)) {
	results := c.Common().Signature().Results()
	what, ok := f.OfCall(c.Common())
	if results.Len() == 0 {
		return
	}
	told := Name(c.Common())
	last := results.Len() - 1
	if (!ok || c.Common().IsInvoke() && len(what.Results) == 0) && last > 0 && IsError(results.At(last).Type()) && extract(c, last) != nil {
		what = byConvention(results)
	}
	for n := range results.Len() {
		r := what.Result(n)
		if r == 0 {
			continue
		}
		var v ssa.Value = c
		if results.Len() > 1 {
			v = extract(c, n)
		}
		if v == nil || !Nilable(v.Type()) {
			continue
		}
		o := Origin{Value: v, From: c, Fn: fn, Told: told}
		if n != last {
			o.Tell = extract(c, last)
		}
		if r&NilWithErr != 0 && n != last && !harmlessArgs(c.Common()) {
			o.Kind, o.Some = OnErr, r&NilWithAny == 0
			yield(o)
		}
		if r&NilOnFalse != 0 && n != last {
			o.Kind, o.Some = OnFalse, r&nonNilFalse != 0
			yield(o)
		}
		o.Some = false
		if r&NilOfInput != 0 {
			o.Kind, o.Tell = OfInput, nil
			yield(o)
		} else if r&(NilWithNil|NilFree|NilForSure) != 0 {
			o.Kind = Free
			yield(o)
		}
	}
}

// visitor finds the parameter of a function that is given to a walk of files: the
// file is nil when the error behind it is not. It is -1 for others.
func visitor(fn *ssa.Function) (int, string) {
	p := fn.Signature.Params()
	if p.Len() != 3 || len(fn.Params) < 3 || !IsError(p.At(2).Type()) {
		return -1, ""
	}
	switch types.TypeString(p.At(1).Type(), nil) {
	case "io/fs.FileInfo", "os.FileInfo", "io/fs.DirEntry", "os.DirEntry":
	default:
		return -1, ""
	}
	for _, user := range usersOf(fn) {
		switch name := Name(user.Common()); name {
		case "path/filepath.Walk", "path/filepath.WalkDir", "io/fs.WalkDir":
			return len(fn.Params) - 2, name
		}
	}
	return -1, ""
}

// usersOf lists the calls that a function is given to, or is the callee of, in the
// functions of its package that can be seen from it.
func usersOf(fn *ssa.Function) []ssa.CallInstruction {
	var users []ssa.CallInstruction
	look := func(in *ssa.Function) {
		for _, b := range in.Blocks {
			for _, i := range b.Instrs {
				c, ok := i.(ssa.CallInstruction)
				if !ok {
					continue
				}
				for _, a := range c.Common().Args {
					if ir.Func(a) == fn {
						users = append(users, c)
					}
				}
			}
		}
	}
	if fn.Parent() != nil {
		look(fn.Parent())
		return users
	}
	if fn.Pkg != nil {
		for _, m := range fn.Pkg.Members {
			if f, ok := m.(*ssa.Function); ok {
				look(f)
			}
		}
	}
	return users
}

// byConvention is what is taken for known of a function that nobody can read, a func
// value or a method of an interface, when its error is kept: that a pointer beside
// an error is nil.
func byConvention(results *types.Tuple) Func {
	f := Func{Results: make([]Result, results.Len())}
	for n := range results.Len() - 1 {
		if Nilable(results.At(n).Type()) {
			f.Results[n] = NilWithErr | NilWithAny
		}
	}
	return f
}
