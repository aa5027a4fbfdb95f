// Package panicnonerror holds the rule panic-non-error.
package panicnonerror

import (
	"go/types"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/internal/recovered"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports panics with values that say nothing to those who read them.
var Rule = rule.New(rule.Rule{
	ID:   "panic-non-error",
	Tier: rule.TierC,
	Doc: rule.Doc{
		Summary: "a library panics with a value that is neither an error nor a text",
		Why: `The runtime prints errors, texts, numbers and what has a String method. Of everything
else it prints the type and an address, panic: (main.state) 0x4b40a8, which says nothing.
Guards that look for an error do not find one either. Of a number nobody knows what it
counts.`,
		Bad:  "panic(state{code: 3})",
		Good: "panic(fmt.Errorf(\"state %d\", 3))",
		LeftAlone: []string{
			"a value that is an error, a string, or has a String method",
			"a value of an interface type: it may hold an error, as a recovered one does",
			"a type of the package that it recovers itself: the panic unwinds",
			"package main and tests",
		},
		Scenarios: []string{"panic-struct", "panic-int"},
	},
}, run, behaviour.Analyzer)

func run(pass *rule.Pass) error {
	if pass.Pkg.Name() == "main" {
		return nil
	}
	facts := pass.ResultOf[behaviour.Analyzer].(*behaviour.Facts)
	var unwinds []types.Type
	var found []*ssa.Panic
	for _, fn := range facts.Funcs {
		if recovered.InTest(fn) {
			continue
		}
		for _, b := range fn.Blocks {
			for _, i := range b.Instrs {
				switch i := i.(type) {
				case *ssa.TypeAssert:
					unwinds = append(unwinds, i.AssertedType)
				case *ssa.Panic:
					if ir.Panics(i) {
						found = append(found, i)
					}
				}
			}
		}
	}
	for _, p := range found {
		t := carried(p)
		if t == nil || speaks(t) || asserted(t, unwinds) {
			continue
		}
		pass.Reportf(p.Pos(), "panics with a "+types.TypeString(t, types.RelativeTo(pass.Pkg))+
			", of which the traceback says nothing that helps; panic with an error or a text")
	}
	return nil
}

// carried is the type of the value, or nil when it is not known or is nil.
func carried(p *ssa.Panic) types.Type {
	m, ok := p.X.(*ssa.MakeInterface)
	if !ok {
		return nil
	}
	t := m.X.Type()
	if _, ok := types.Unalias(t).(*types.TypeParam); ok || types.IsInterface(t) {
		return nil
	}
	return t
}

// speaks reports whether the runtime prints what the value is: a text, an error,
// or what has a String method.
func speaks(t types.Type) bool {
	if b, ok := t.Underlying().(*types.Basic); ok && b.Info()&types.IsString != 0 {
		return true
	}
	for _, name := range []string{"Error", "String"} {
		obj, _, _ := types.LookupFieldOrMethod(t, false, nil, name)
		fn, ok := obj.(*types.Func)
		if !ok {
			continue
		}
		sig := fn.Signature()
		if sig.Params().Len() == 0 && sig.Results().Len() == 1 && types.Identical(sig.Results().At(0).Type(), types.Typ[types.String]) {
			return true
		}
	}
	return false
}

// asserted reports whether the package asks values for the type.
func asserted(t types.Type, list []types.Type) bool {
	for _, a := range list {
		if types.Identical(a, t) {
			return true
		}
	}
	return false
}
