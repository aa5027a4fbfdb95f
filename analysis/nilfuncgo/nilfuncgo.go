// Package nilfuncgo holds the rule nil-func-go.
package nilfuncgo

import (
	"fmt"
	"go/types"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/nilness"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports calls of function values that may be nil.
var Rule = rule.New(rule.Rule{
	ID:   "nil-func-go",
	Tier: rule.TierB,
	Doc: rule.Doc{
		Summary: "a function value is called that may be nil",
		Why: `A call of a nil func panics, a deferred one when the function ends. "go f()" with a
nil f is worse: "fatal error: go of nil func value" ends the process, and no recover
stops it; with arguments, the new goroutine panics. Hooks and callbacks that a user may leave out are where it happens.`,
		Bad:  "type server struct{ onClose func() }\n\nfunc (s *server) close() { go s.onClose() }",
		Good: "if s.onClose != nil {\n\tgo s.onClose()\n}",
		LeftAlone: []string{
			"a function value that is compared with nil before, or replaced by a default",
			"a field that anything in the package gives a value",
			"parameters that nobody in the package gives nil",
			"an exported field of which nobody in the package thinks that it may be nil",
			"entries of a map that is asked with ok, or that is a table of constants asked with a constant",
		},
		Scenarios: []string{"go-nil-func", "nil-func-call", "defer-nil-func"},
	},
}, run, nilness.Analyzer)

type finder struct {
	pass     *rule.Pass
	facts    *nilness.Facts
	vars     *nilness.Vars
	given    map[*ssa.Parameter]ssa.CallInstruction // parameters that are given nil
	reported map[ssa.Instruction]bool
}

func run(pass *rule.Pass) error {
	facts := pass.ResultOf[nilness.Analyzer].(*nilness.Facts)
	f := &finder{
		pass: pass, facts: facts, vars: facts.Vars(),
		given: make(map[*ssa.Parameter]ssa.CallInstruction), reported: make(map[ssa.Instruction]bool),
	}
	for _, fn := range facts.Behaviour.Funcs {
		ir.Calls(fn, f.gives)
	}
	for _, fn := range facts.Behaviour.Funcs {
		ir.Calls(fn, f.call)
		facts.Origins(fn, f.follow)
		facts.Merged(fn, f.follow)
	}
	return nil
}

// gives notes the parameters of functions of this package that a call gives nil.
func (f *finder) gives(c ssa.CallInstruction) {
	callee := ir.Callee(c.Common())
	if callee == nil || len(callee.Params) != len(c.Common().Args) {
		return
	}
	for n, a := range c.Common().Args {
		if _, ok := a.Type().Underlying().(*types.Signature); ok && f.facts.Zero(a) {
			f.given[callee.Params[n]] = c
		}
	}
}

// follow reports calls of a function value that may be nil.
func (f *finder) follow(o nilness.Origin) {
	if _, ok := o.Value.Type().Underlying().(*types.Signature); !ok {
		return
	}
	for _, s := range f.facts.Follow(o) {
		if s.Use != nilness.Call || o.Some && s.Sure || nilness.Related(o, s.At) || o.Kind == nilness.Free && o.Tell != nil {
			continue
		}
		what := "the func that " + o.Told + " returned may be nil"
		if o.From == nil {
			what = "the func " + o.Told + " is nil on a path that leads here"
		}
		f.report(s.At, what, o.From)
	}
}

// call reports a call whose function value is nil, or may be.
func (f *finder) call(i ssa.CallInstruction) {
	c := i.Common()
	if c.IsInvoke() || ir.Callee(c) != nil {
		return
	}
	if _, plain := i.(*ssa.Call); plain && f.facts.Behaviour.Guard(i.Parent()).Covers(i) {
		return // it is meant to go wrong, and recovered
	}
	switch v := c.Value.(type) {
	case *ssa.Builtin:
		return
	case *ssa.Lookup:
		if !v.CommaOk && entry(v) && !nilness.Iterated(v.X, v.Index) && !f.facts.Checked(v, i) {
			f.report(i, "the map may have no such entry, and what it returns then is nil", nil)
		}
		return
	case *ssa.Parameter:
		if at, ok := f.given[v]; ok && !f.facts.Checked(v, i) && v.Parent() == i.Parent() {
			f.report(i, fmt.Sprintf("the parameter %s is given nil", v.Name()), at)
		}
		return
	}
	if f.facts.Zero(c.Value) {
		if f.facts.Checked(c.Value, i) {
			return // other files, or another release, may assign it
		}
		f.report(i, "the func is declared and never assigned", nil)
		return
	}
	load, ok := f.vars.Empty(c.Value)
	if !ok || f.facts.Checked(c.Value, i) || load.Exported && !load.Asked {
		return
	}
	if load.Asked && i.Parent().Parent() != nil {
		return // the function around the literal may have asked
	}
	if load.Exported {
		f.report(i, fmt.Sprintf("%s may be nil, as it is asked elsewhere in the package", load.Name), nil)
		return
	}
	f.report(i, fmt.Sprintf("nothing in the package assigns %s, so that it is nil", load.Name), nil)
}

// entry reports whether a lookup may miss: the key is no constant, or nothing is
// known of the map.
func entry(l *ssa.Lookup) bool {
	if _, ok := l.Index.(*ssa.Const); ok {
		return false
	}
	b, ok := l.Index.Type().Underlying().(*types.Basic)
	return ok && b.Info()&types.IsString != 0
}

func (f *finder) report(at ssa.Instruction, what string, from ssa.Instruction) {
	if !at.Pos().IsValid() || f.reported[at] {
		return
	}
	f.reported[at] = true
	end := ": the call panics when it is; check for nil first"
	switch at := at.(type) {
	case *ssa.Go:
		end = `: "go of nil func value" ends the process, and no recover stops it; check for nil first`
		if len(at.Call.Args) > 0 { // the compiler wraps the call
			end = ": the new goroutine panics, and ends the process; check for nil first"
		}
	case *ssa.Defer:
		end = ": the deferred call panics when the function ends; check for nil first"
	}
	finding := rule.Finding{Pos: at.Pos(), Message: what + end}
	if from != nil {
		finding.Related = []rule.Place{{Pos: from.Pos(), Message: "here it comes from"}}
	}
	f.pass.Report(finding)
}
