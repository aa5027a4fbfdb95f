// Package guardlate holds the rule guard-late.
package guardlate

import (
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/internal/recovered"
	"github.com/backstop-go/backstop/analysis/panics"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports what may panic in a function before its guard is deferred.
var Rule = rule.New(rule.Rule{
	ID:   "guard-late",
	Tier: rule.TierB,
	Doc: rule.Doc{
		Summary: "something panics before the guard of the function is deferred",
		Why: `A deferred call exists from the moment its defer statement runs. A panic in a line
above it goes past the guard as if there were none: in a goroutine, it ends the process.`,
		Bad:  "go func() {\n\tname := in[\"name\"].(string)\n\tdefer func() {\n\t\tif r := recover(); r != nil { ... }\n\t}()\n\trun(name)\n}()",
		Good: "go func() {\n\tdefer func() {\n\t\tif r := recover(); r != nil { ... }\n\t}()\n\tname := in[\"name\"].(string)\n\trun(name)\n}()",
		LeftAlone: []string{
			"what is known not to panic: locks, logs, an index whose length was tested, an assertion with ok",
			"a check of the function's own dependencies: panic(\"nil store\") is for who wrote the call",
			"a guard for the package's own panics only, which unwind from the code below it",
			"code above the guard that another guard of the function covers",
			"tests and generated files",
		},
		Scenarios: []string{"panic-in-goroutine", "panic-in-goroutine-own-recover"},
	},
}, run, behaviour.Analyzer, panics.Analyzer)

func run(pass *rule.Pass) error {
	c := &checker{panics: pass.ResultOf[panics.Analyzer].(*panics.Facts)}
	for _, fn := range c.panics.Funcs {
		if recovered.InTest(fn) {
			continue
		}
		guards := c.guards(fn)
		if len(guards) == 0 {
			continue
		}
		risks := slices.DeleteFunc(c.risks(fn), func(r risk) bool { return !late(r.instr, guards) })
		if len(risks) == 0 {
			continue
		}
		first := slices.MinFunc(risks, func(a, b risk) int { return int(a.pos) - int(b.pos) })
		f := rule.Finding{
			Pos:     first.pos,
			Message: first.why + " before the guard is deferred: a panic here is not recovered; defer the guard first",
			Related: []rule.Place{{Pos: guards[0].Pos(), Message: "the guard"}},
		}
		f.Path = first.path
		pass.Report(f)
	}
	return nil
}

type checker struct {
	panics *panics.Facts
}

// guards lists the statements of fn that defer a guard of everything.
func (c *checker) guards(fn *ssa.Function) []*ssa.Defer {
	var list []*ssa.Defer
	ir.Calls(fn, func(i ssa.CallInstruction) {
		d, ok := i.(*ssa.Defer)
		if !ok || c.panics.OfCall(d.Common()).Recovers != behaviour.Directly {
			return
		}
		if g := c.panics.Callee(d.Common()); g == nil || !unwinds(g) {
			list = append(list, d)
		}
	})
	return list
}

// unwinds reports whether the guard is for panics of the package's own: it asserts
// a type of the package, or compares with a variable of it, and panics otherwise.
func unwinds(guard *ssa.Function) bool {
	own, again := false, false
	for _, b := range guard.Blocks {
		for _, i := range b.Instrs {
			switch i := i.(type) {
			case *ssa.TypeAssert:
				own = own || ownType(i.AssertedType, guard.Package())
			case *ssa.BinOp:
				own = own || i.Op == token.EQL && (ownVariable(i.X, guard) || ownVariable(i.Y, guard)) ||
					i.Op == token.NEQ && (ownVariable(i.X, guard) || ownVariable(i.Y, guard))
			case *ssa.Panic:
				again = again || ir.Panics(i)
			}
		}
	}
	return own && again
}

func ownType(t types.Type, pkg *ssa.Package) bool {
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	n, ok := types.Unalias(t).(*types.Named)
	return ok && pkg != nil && n.Obj().Pkg() == pkg.Pkg
}

func ownVariable(v ssa.Value, guard *ssa.Function) bool {
	if i, ok := v.(*ssa.ChangeInterface); ok {
		v = i.X
	}
	if i, ok := v.(*ssa.MakeInterface); ok {
		v = i.X
	}
	load, ok := v.(*ssa.UnOp)
	if !ok {
		return false
	}
	g, ok := load.X.(*ssa.Global)
	return ok && g.Pkg == guard.Package()
}

// late reports whether the instruction runs without a guard, in a function that
// defers one afterwards.
func late(at ssa.Instruction, guards []*ssa.Defer) bool {
	b := at.Block()
	if p, ok := at.(*ssa.Panic); ok && p.Block().Idom() != nil {
		b = p.Block().Idom() // behind a panic, nothing runs
	}
	after := false
	for _, g := range guards {
		if ir.Before(g, at) || g.Block() != b && reaches(g.Block(), at.Block()) {
			return false
		}
		after = after || g.Block() == b || reaches(b, g.Block())
	}
	return after
}

func reaches(from, to *ssa.BasicBlock) bool {
	seen := make(map[*ssa.BasicBlock]bool)
	todo := slices.Clone(from.Succs)
	for len(todo) > 0 {
		b := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if b == to {
			return true
		}
		if !seen[b] {
			seen[b] = true
			todo = append(todo, b.Succs...)
		}
	}
	return false
}

// A risk is an operation that really may panic.
type risk struct {
	instr ssa.Instruction
	pos   token.Pos
	why   string
	path  []rule.Place
}

// byCaller are the kinds that depend on what callers pass, which who defers a
// guard does not trust.
var byCaller = map[panics.Kind]bool{
	panics.Callback: true, panics.Index: true, panics.Assertion: true, panics.Divide: true,
}

func (c *checker) risks(fn *ssa.Function) []risk {
	var list []risk
	for _, s := range c.panics.Sites(fn) {
		if s.Grade == panics.Likely || s.Given || s.Grade == panics.Possible && byCaller[s.Kind] {
			list = append(list, risk{instr: s.Instr, pos: s.Pos, why: s.Why})
		}
	}
	ir.Calls(fn, func(i ssa.CallInstruction) {
		call, ok := i.(*ssa.Call)
		if !ok {
			return
		}
		if call.Call.IsInvoke() && call.Call.Method.Name() == "ServeHTTP" {
			list = append(list, risk{instr: call, pos: call.Pos(), why: "calls the next handler"})
			return
		}
		// What returns something is opened here, and guarded from then on.
		if p, ok := call.Call.Value.(*ssa.Parameter); ok && !call.Call.IsInvoke() && call.Call.Signature().Results().Len() == 0 {
			list = append(list, risk{instr: call, pos: call.Pos(), why: "calls " + p.Name() + ", which comes from outside"})
			return
		}
		if r, ok := c.called(call); ok {
			list = append(list, r)
		}
	})
	return list
}

// near is how many functions may lie between the call and what panics.
const near = 2

// called is the risk of a call of a function of the program.
func (c *checker) called(call *ssa.Call) (risk, bool) {
	callee := c.panics.Callee(call.Common())
	if callee == nil {
		return risk{}, false
	}
	p, ok := c.panics.CanPanic(callee)
	if !ok || p.Grade != panics.Likely && !c.given(callee, p) || len(p.Calls) > near {
		return risk{}, false
	}
	switch p.Kind {
	case panics.Explicit, panics.Assertion, panics.Index, panics.NilMap, panics.Divide:
	default:
		return risk{}, false
	}
	r := risk{instr: call, pos: call.Pos(), why: "calls " + panics.Name(callee) + ", which " + p.Why + ","}
	if p.Pos.IsValid() && p.Far == "" {
		r.path = []rule.Place{{Pos: p.Pos, Message: p.Why}}
	}
	return r, true
}

// given reports whether the callee panics because of a number that it is given.
func (c *checker) given(callee *ssa.Function, p panics.Path) bool {
	return slices.ContainsFunc(c.panics.Sites(callee), func(s panics.Site) bool { return s.Given && s.Pos == p.Pos })
}
