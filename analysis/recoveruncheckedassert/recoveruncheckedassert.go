// Package recoveruncheckedassert holds the rule recover-unchecked-assert.
package recoveruncheckedassert

import (
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/internal/recovered"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports assertions in guards that panic when the value is of another type.
var Rule = rule.New(rule.Rule{
	ID:   "recover-unchecked-assert",
	Tier: rule.TierA,
	Doc: rule.Doc{
		Summary: "a guard asserts the type of the recovered value without asking whether it has it",
		Why: `A panic may carry any value. An assertion without the second result panics when the
value is of another type, and it does so in the deferred function that should have
ended the panic: the guard is gone just when it is needed. recover().(error) does so
on every normal return too, because recover returns nil then.`,
		Bad:  "defer func() {\n\tif r := recover(); r != nil {\n\t\terr = r.(error)\n\t}\n}()",
		Good: "defer func() {\n\tif r := recover(); r != nil {\n\t\terr = fmt.Errorf(\"panic: %v\", r)\n\t}\n}()",
		LeftAlone: []string{
			"an assertion with two results, and one behind it or in the case of a type switch",
			"an assertion behind a comparison of the value with a sentinel: it has its type",
			"an assertion to a type of the package, which the package panics with: what else comes shall go on",
			"a guard of functions whose own panics all carry errors, asserted to be one",
			"a guard that panics again with some values, in a package that unwinds with errors",
		},
		Scenarios: []string{"type-assert", "type-assert-nil", "nested-panic-in-defer"},
	},
}, run, behaviour.Analyzer)

func run(pass *rule.Pass) error {
	c := &checker{pass: pass, facts: pass.ResultOf[behaviour.Analyzer].(*behaviour.Facts), seen: make(map[token.Pos]bool)}
	for _, s := range recovered.Sites(c.facts) {
		if s.Test {
			continue // a test that fails is what it is for
		}
		if v := s.Value; v != nil {
			c.follow(s, v, 0)
		}
	}
	return nil
}

type checker struct {
	pass  *rule.Pass
	facts *behaviour.Facts
	seen  map[token.Pos]bool
}

// follow looks at the assertions of v, which recover returned, and at the functions
// of the package that it is handed to.
func (c *checker) follow(s recovered.Site, v ssa.Value, depth int) {
	for _, u := range recovered.Uses(v) {
		if !u.Same {
			continue
		}
		switch i := u.Instr.(type) {
		case *ssa.TypeAssert:
			if !i.CommaOk && i.Pos().IsValid() && !c.fits(s, i) {
				c.report(s, v, i)
			}
		case *ssa.Store:
			for _, a := range fromField(i) {
				if !c.fits(s, a) {
					c.report(s, v, a)
				}
			}
		case *ssa.Call:
			if p := param(i, u.Value); p != nil && depth < 2 && !checkedBefore(i, nil, u.Value) {
				c.follow(s, p, depth+1)
			}
		}
	}
}

// fromField lists the assertions, in the same function, of what is read again from
// the field that the value was stored in.
func fromField(s *ssa.Store) []*ssa.TypeAssert {
	field, ok := s.Addr.(*ssa.FieldAddr)
	if !ok {
		return nil
	}
	var found []*ssa.TypeAssert
	for _, b := range s.Parent().Blocks {
		for _, i := range b.Instrs {
			a, ok := i.(*ssa.TypeAssert)
			if !ok || a.CommaOk || !a.Pos().IsValid() || !ir.Before(s, a) {
				continue
			}
			if f := fieldOf(a.X); f != nil && sameField(f, field) {
				found = append(found, a)
			}
		}
	}
	return found
}

// fieldOf is the field that v is read from, or nil.
func fieldOf(v ssa.Value) *ssa.FieldAddr {
	load, ok := root(v).(*ssa.UnOp)
	if !ok || load.Op != token.MUL {
		return nil
	}
	f, _ := load.X.(*ssa.FieldAddr)
	return f
}

func sameField(a, b *ssa.FieldAddr) bool { return a.Field == b.Field && root(a.X) == root(b.X) }

// param is the parameter of a function of this package that gets v.
func param(call *ssa.Call, v ssa.Value) *ssa.Parameter {
	fn := ir.Callee(call.Common())
	if fn == nil || len(fn.Params) != len(call.Call.Args) {
		return nil
	}
	for n, arg := range call.Call.Args {
		if arg == v {
			return fn.Params[n]
		}
	}
	return nil
}

func (c *checker) report(s recovered.Site, v ssa.Value, a *ssa.TypeAssert) {
	if c.seen[a.Pos()] {
		return
	}
	c.seen[a.Pos()] = true
	what := types.TypeString(a.AssertedType, types.RelativeTo(c.pass.Pkg))
	message := "a panic with a value that is no " + what + " panics again here, in the guard; use the form with ok, or a type switch"
	if a.Parent() == s.Fn && recovered.Same(a.X, s.Value) && !knownNotNil(a, a.X) {
		message = "recover returns nil when nothing panicked, and asserting that nil is " + what +
			" panics in the guard on every normal return; ask for nil and use the form with ok"
	}
	f := rule.Finding{Pos: a.Pos(), Message: message}
	if v != s.Value {
		f.Related = []rule.Place{{Pos: s.Call.Pos(), Message: "the value comes from here"}}
	}
	c.pass.Report(f)
}

// fits reports whether the value has the asserted type, or whether the guard means
// to go on panicking when it has not.
func (c *checker) fits(s recovered.Site, a *ssa.TypeAssert) bool {
	if i, ok := a.AssertedType.Underlying().(*types.Interface); ok && i.Empty() {
		return true
	}
	return checkedBefore(a, a.AssertedType, a.X) || c.own(a.AssertedType) || c.onlyErrors(s, a.AssertedType)
}

// checkedBefore reports whether the instruction runs only when v is of the type,
// or of any type that was asked for when t is nil, or equal to something not nil.
func checkedBefore(at ssa.Instruction, t types.Type, v ssa.Value) bool {
	return dominated(at, func(cond ssa.Value, taken bool) bool {
		switch cond := cond.(type) {
		case *ssa.Extract:
			a, ok := cond.Tuple.(*ssa.TypeAssert)
			return ok && cond.Index == 1 && taken && alike(a.X, v) && (t == nil || types.AssignableTo(a.AssertedType, t) || implements(a.AssertedType, t))
		case *ssa.BinOp:
			if cond.Op == token.EQL && taken || cond.Op == token.NEQ && !taken {
				return alike(cond.X, v) && !null(cond.Y) || alike(cond.Y, v) && !null(cond.X)
			}
		case *ssa.Call: // a function that asks: isError(r)
			for _, arg := range cond.Call.Args {
				if alike(arg, v) {
					return true
				}
			}
		}
		return false
	})
}

func implements(t, asserted types.Type) bool {
	i, ok := asserted.Underlying().(*types.Interface)
	return ok && types.Implements(t, i)
}

func knownNotNil(at ssa.Instruction, v ssa.Value) bool {
	return dominated(at, func(cond ssa.Value, taken bool) bool {
		b, ok := cond.(*ssa.BinOp)
		if !ok || !(alike(b.X, v) && null(b.Y) || alike(b.Y, v) && null(b.X)) {
			return false
		}
		return b.Op == token.NEQ && taken || b.Op == token.EQL && !taken
	})
}

// dominated reports whether a branch that holds leads to the instruction on every
// path.
func dominated(at ssa.Instruction, holds func(cond ssa.Value, taken bool) bool) bool {
	for b := at.Block(); b != nil; b = b.Idom() {
		d := b.Idom()
		if d == nil {
			return false
		}
		i, ok := d.Instrs[len(d.Instrs)-1].(*ssa.If)
		if !ok || len(b.Preds) != 1 || len(d.Succs) != 2 || d.Succs[0] == d.Succs[1] {
			continue
		}
		cond, taken := i.Cond, d.Succs[0] == b
		for {
			not, ok := cond.(*ssa.UnOp)
			if !ok || not.Op != token.NOT {
				break
			}
			cond, taken = not.X, !taken
		}
		if holds(cond, taken) {
			return true
		}
	}
	return false
}

// alike reports whether two values are the same one, read twice perhaps.
func alike(a, b ssa.Value) bool {
	if root(a) == root(b) {
		return true
	}
	f, g := fieldOf(a), fieldOf(b)
	return f != nil && g != nil && sameField(f, g)
}

func root(v ssa.Value) ssa.Value {
	for range 8 {
		switch x := v.(type) {
		case *ssa.ChangeInterface:
			v = x.X
		case *ssa.ChangeType:
			v = x.X
		case *ssa.MakeInterface:
			v = x.X
		case *ssa.UnOp:
			s := ir.OnlyStore(x.X)
			if s == nil {
				return v
			}
			v = s
		default:
			return v
		}
	}
	return v
}

func null(v ssa.Value) bool {
	c, ok := v.(*ssa.Const)
	return ok && c.IsNil()
}

// own reports whether t is a type of this package that it panics with.
func (c *checker) own(t types.Type) bool {
	named := t
	if p, ok := t.(*types.Pointer); ok {
		named = p.Elem()
	}
	n, ok := types.Unalias(named).(*types.Named)
	if !ok || n.Obj().Pkg() != c.pass.Pkg {
		return false
	}
	for _, fn := range c.facts.SSA.SrcFuncs {
		for _, v := range panicked(fn) {
			if types.Identical(v, t) || implements(v, t) {
				return true
			}
		}
	}
	return false
}

// onlyErrors reports whether the guard asserts an error, and all panics of the
// functions that it covers, as far as they are of this package, carry one: runtime
// errors do too.
func (c *checker) onlyErrors(s recovered.Site, t types.Type) bool {
	if !types.Identical(t, types.Universe.Lookup("error").Type()) {
		return false
	}
	if c.repanics(s.Fn) && c.carriesErrors(t) {
		return true
	}
	carried, others := 0, 0
	seen := map[*ssa.Function]bool{s.Fn: true}
	var walk func(fn *ssa.Function, depth int)
	walk = func(fn *ssa.Function, depth int) {
		if fn == nil || seen[fn] || depth > 6 || len(seen) > 500 {
			return
		}
		seen[fn] = true
		for _, v := range panicked(fn) {
			if implements(v, t) {
				carried++
			} else {
				others++
			}
		}
		ir.Calls(fn, func(call ssa.CallInstruction) {
			if _, spawned := call.(*ssa.Go); !spawned {
				walk(ir.Callee(call.Common()), depth+1)
			}
		})
	}
	for _, d := range s.Defers {
		walk(d.Parent(), 0)
	}
	return carried > 0 && others == 0
}

// repanics reports whether the guard goes on with some panics: one of another type
// shall go on as well, and does.
func (c *checker) repanics(fn *ssa.Function) bool {
	return len(panicked(fn)) > 0
}

// carriesErrors reports whether the package panics with errors, to unwind.
func (c *checker) carriesErrors(t types.Type) bool {
	for _, fn := range c.facts.Funcs {
		for _, v := range panicked(fn) {
			if implements(v, t) {
				return true
			}
		}
	}
	return false
}

// panicked lists the types of the values that fn panics with.
func panicked(fn *ssa.Function) []types.Type {
	var list []types.Type
	for _, b := range fn.Blocks {
		if p, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Panic); ok && ir.Panics(p) {
			v := p.X
			for {
				switch x := v.(type) {
				case *ssa.MakeInterface:
					v = x.X
					continue
				case *ssa.ChangeInterface:
					v = x.X
					continue
				}
				break
			}
			list = append(list, v.Type())
		}
	}
	return list
}
