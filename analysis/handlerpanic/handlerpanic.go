// Package handlerpanic holds the rule handler-panic.
package handlerpanic

import (
	"fmt"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/entry"
	"github.com/backstop-go/backstop/analysis/internal/crash"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/panics"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports panics that a request reaches.
var Rule = rule.New(rule.Rule{
	ID:   "handler-panic",
	Tier: rule.TierB,
	Doc: rule.Doc{
		Summary: "a handler panics where it should answer with an error",
		Why: `net/http recovers the panic of a handler and closes the connection: the client gets
no answer, or half of one, and a proxy in front of it says 502. The log holds a
traceback and nothing of the request. gRPC, net/rpc and fasthttp recover nothing:
there the process ends.`,
		Bad:  "if err := s.store.Save(v); err != nil {\n\tpanic(err)\n}",
		Good: "if err := s.store.Save(v); err != nil {\n\thttp.Error(w, \"not saved\", http.StatusInternalServerError)\n\treturn\n}",
		LeftAlone: []string{
			"panic(http.ErrAbortHandler): it is how a handler aborts, by contract",
			"a panic with what recover returned: middlewares hand it on",
			"panics of constructors, when the handler is made and not when it runs",
			"panics below a guard of one's own, which makes an answer of them",
			"the default of a switch over all values of a type",
			"calls of Must functions of other packages: rule must-runtime has them",
			"tests and generated files",
		},
		Scenarios: []string{"http-handler", "http-handler-after-write", "net-rpc-method"},
	},
}, run, entry.Analyzer, panics.Analyzer)

// far is after how many calls a panic is not the handler's business any more.
const far = 3

func run(pass *rule.Pass) error {
	entries := pass.ResultOf[entry.Analyzer].(*entry.Entries)
	facts := pass.ResultOf[panics.Analyzer].(*panics.Facts)
	skip := crash.Skipped(pass.Pass)
	for _, fn := range entries.SSA.SrcFuncs {
		from := entries.Request(fn)
		if from == nil || from.Covered || len(from.Calls) > far || skip[pass.Fset.Position(fn.Pos()).Filename] || asserts(fn) {
			continue
		}
		guard := facts.Guard(fn)
		for _, s := range facts.Sites(fn) {
			if s.Kind != panics.Explicit || guard.Covers(s.Instr) || !bare(facts, s) {
				continue
			}
			if s.Grade == panics.Unlikely && !s.Claimed || s.Grade == panics.Possible && len(from.Calls) > 0 && !fails(entries, facts, s) {
				continue
			}
			report(pass, from, s.Pos, s.Why)
		}
		ir.Calls(fn, func(c ssa.CallInstruction) {
			callee := ir.Callee(c.Common())
			if _, called := c.(*ssa.Call); !called || callee == nil || callee.Pkg == fn.Pkg || guard.Covers(c) || must(callee) || asserts(callee) || !sameModule(pass, callee) || !data(c.Common()) {
				return
			}
			p, ok := facts.CanPanic(callee)
			if ok && p.Kind == panics.Explicit && p.Grade == panics.Likely && len(p.Calls)+len(from.Calls) <= far {
				report(pass, from, c.Pos(), fmt.Sprintf("calls %s, which %s (%s)", p.Calls[len(p.Calls)-1].Name, p.Why, p.Far))
			}
		})
	}
	return nil
}

// fails reports whether the panic is that of a helper check(err), and somebody who
// serves a request gives it an error that comes to pass.
func fails(entries *entry.Entries, facts *panics.Facts, s panics.Site) bool {
	if !panics.OnError(s) {
		return false
	}
	callers, _ := facts.Callers(s.Instr.Parent())
	for _, c := range callers {
		if entries.Request(c.Parent()) == nil {
			continue
		}
		for _, arg := range c.Common().Args {
			if arg.Type().String() == "error" && panics.Fallible(arg) {
				return true
			}
		}
	}
	return false
}

func report(pass *rule.Pass, from *entry.Trace, pos token.Pos, why string) {
	handler := strings.TrimPrefix(panics.Name(from.Entry.Target), "a function literal ") // the handler in routes
	what := "the connection is closed without an answer"
	if !from.Entry.Guarded() {
		what = "nothing recovers, so that the process ends"
	}
	var path []rule.Place
	for _, at := range from.Calls {
		path = append(path, rule.Place{Pos: at, Message: "is called for a request"})
	}
	pass.Report(rule.Finding{
		Pos:     pos,
		Message: fmt.Sprintf("the handler %s %s while it serves a request: %s; answer with an error", handler, why, what),
		Path:    path,
		Related: []rule.Place{{Pos: from.Entry.Target.Pos(), Message: "the handler"}},
	})
}

// must reports whether the function is one that says by its name that it panics.
func must(fn *ssa.Function) bool {
	return strings.HasPrefix(strings.ToLower(fn.Name()), "must")
}

// asserts reports whether the function is there to check what always holds.
func asserts(fn *ssa.Function) bool {
	return strings.HasPrefix(strings.ToLower(fn.Name()), "assert")
}

// data reports whether the call is given a value that may be a bad one: neither a
// constant nor a pointer.
func data(c *ssa.CallCommon) bool {
	for _, arg := range ir.Args(c) {
		_, isConst := arg.(*ssa.Const)
		_, isPtr := arg.Type().Underlying().(*types.Pointer)
		if m, ok := arg.(*ssa.MakeInterface); ok {
			_, isPtr = m.X.Type().Underlying().(*types.Pointer)
		}
		if !isConst && !isPtr && arg.Type().String() != "context.Context" {
			return true
		}
	}
	return false
}

// bare reports whether the panic is neither how a handler aborts nor one that is
// handed on.
func bare(facts *panics.Facts, s panics.Site) bool {
	p, ok := s.Instr.(*ssa.Panic)
	if !ok {
		c, ok := s.Instr.(ssa.CallInstruction)
		if !ok {
			return false
		}
		m, ok := facts.Model(ir.Target(c.Common()))
		return ok && m.Panics
	}
	return !handedOn(p.X, 0)
}

func handedOn(v ssa.Value, depth int) bool {
	if depth > 4 {
		return false
	}
	switch v := v.(type) {
	case *ssa.MakeInterface:
		return handedOn(v.X, depth+1)
	case *ssa.ChangeInterface:
		return handedOn(v.X, depth+1)
	case *ssa.Phi:
		for _, e := range v.Edges {
			if handedOn(e, depth+1) {
				return true
			}
		}
	case *ssa.Extract:
		return handedOn(v.Tuple, depth+1)
	case *ssa.TypeAssert:
		return handedOn(v.X, depth+1)
	case *ssa.Call:
		return ir.IsBuiltin(&v.Call, "recover")
	case *ssa.UnOp:
		if g, ok := v.X.(*ssa.Global); ok {
			return strings.HasPrefix(g.Name(), "ErrAbort")
		}
		if v.Op == token.MUL { // a variable that a literal shares: r := recover()
			if a, ok := v.X.(*ssa.Alloc); ok && ir.OnlyStore(a) != nil {
				return handedOn(ir.OnlyStore(a), depth+1)
			}
		}
	case *ssa.Parameter:
		return types.IsInterface(v.Type()) && v.Type().Underlying().(*types.Interface).Empty()
	}
	return false
}

func sameModule(pass *rule.Pass, fn *ssa.Function) bool {
	obj := ir.Object(fn)
	if obj == nil || obj.Pkg() == nil || ir.StdFunc(obj) {
		return false
	}
	if pass.Module == nil || pass.Module.Path == "" {
		return true
	}
	path := obj.Pkg().Path()
	return path == pass.Module.Path || strings.HasPrefix(path, pass.Module.Path+"/")
}
