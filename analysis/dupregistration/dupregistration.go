// Package dupregistration holds the rule dup-registration.
package dupregistration

import (
	"fmt"

	"golang.org/x/tools/go/analysis/passes/buildssa"
	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/crash"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports the same name registered twice where the second time panics.
var Rule = rule.New(rule.Rule{
	ID:   "dup-registration",
	Tier: rule.TierA,
	Doc: rule.Doc{
		Summary: "the same name is registered twice, which panics",
		Why: `http.ServeMux, flag.FlagSet, expvar, database/sql, encoding/gob, Prometheus and gin panic
when a pattern or a name is registered a second time. It happens when the program
starts, or on the path that registers it: mostly after a merge in which both sides
added the same line. Patterns of ServeMux conflict as well when neither is the more
special one, since go1.22.`,
		Bad:  "mux.HandleFunc(\"GET /users/{id}\", get)\nmux.HandleFunc(\"GET /users/{name}\", find)",
		Good: "mux.HandleFunc(\"GET /users/{id}\", get)\nmux.HandleFunc(\"GET /users/by-name/{name}\", find)",
		LeftAlone: []string{
			"another mux, FlagSet or registry",
			"patterns with other methods or hosts, and patterns of which one is more special: /files and /files/",
			"branches of which only one runs",
			"names that are computed, and registrations under a sync.Once",
			"routers that replace what was registered: chi, gorilla, echo",
			"tests",
		},
		Scenarios: []string{"http-mux-duplicate", "sql-register-twice"},
	},
}, run, buildssa.Analyzer)

func run(pass *rule.Pass) error {
	in := pass.ResultOf[buildssa.Analyzer].(*buildssa.SSA)
	skip := crash.Skipped(pass.Pass)
	x := &finder{pass: pass, memo: make(map[*ssa.Function][]registration), reported: make(map[ssa.Instruction]bool)}
	for _, fn := range in.SrcFuncs {
		if !skip[pass.Fset.Position(fn.Pos()).Filename] {
			x.function(fn)
		}
	}
	x.start(in)
	return nil
}

// A registration is one call, as a function sees it that makes it itself or
// through others.
type registration struct {
	kind  string // what it is registered with: "ServeMux"
	owner owner
	name  string
	shape string         // of the type, for gob
	param *ssa.Parameter // the name, when the function is given it
	round bool           // one of several that a loop makes with the call
	call  ssa.CallInstruction
	at    ssa.Instruction // call, or the call in this function that leads to it
}

type finder struct {
	pass     *rule.Pass
	memo     map[*ssa.Function][]registration
	reported map[ssa.Instruction]bool
}

// maxDepth is how many functions are looked into for their registrations.
const maxDepth = 3

// of lists the registrations of a function.
func (x *finder) of(fn *ssa.Function, depth int) []registration {
	if list, ok := x.memo[fn]; ok {
		return list
	}
	x.memo[fn] = nil // for functions that call themselves
	var list []registration
	ir.Calls(fn, func(c ssa.CallInstruction) {
		call, ok := c.(*ssa.Call)
		if !ok {
			return
		}
		list = append(list, registered(call)...)
		callee := ir.Callee(call.Common())
		if callee == nil || callee.Pkg != fn.Pkg || depth >= maxDepth || len(callee.Blocks) == 0 {
			return
		}
		for _, r := range x.of(callee, depth+1) {
			if !always(callee, r.at) {
				continue // on a path that may not be taken
			}
			if r.param != nil {
				if r.name = named(call, callee, r.param); r.name == "" {
					continue
				}
				r.param = nil
			}
			if r.owner.root != nil {
				p, ok := r.owner.root.(*ssa.Parameter)
				switch {
				case ok && p.Parent() == callee:
					if r.owner, ok = argument(call, callee, p, r.owner.path); !ok {
						continue
					}
				case r.owner.root.Parent() == callee:
					continue // it is made in there
				}
			}
			r.at = call
			list = append(list, r)
		}
	})
	x.memo[fn] = list
	return list
}

// named is the text that the call passes as the name.
func named(call *ssa.Call, callee *ssa.Function, p *ssa.Parameter) string {
	for i, q := range callee.Params {
		if q == p && i < len(call.Call.Args) {
			return text(call.Call.Args[i])
		}
	}
	return ""
}

// argument is what the call passes for the parameter.
func argument(call *ssa.Call, callee *ssa.Function, p *ssa.Parameter, path string) (owner, bool) {
	for i, q := range callee.Params {
		if q == p && i < len(call.Call.Args) {
			o := ownerOf(call.Call.Args[i])
			o.path += path
			return o, true
		}
	}
	return owner{}, false
}

func (x *finder) function(fn *ssa.Function) {
	list := x.of(fn, 0)
	for i, b := range list {
		if b.call == b.at && !b.round && again(b) {
			x.report(b, b)
			continue
		}
		for _, a := range list[:i] {
			if a.round && a.call == b.call && conflict(x.pass, a, b) {
				x.report(a, b)
				break
			}
			if a.at != b.at && ir.Before(a.at, b.at) && conflict(x.pass, a, b) {
				x.report(a, b)
				break
			}
		}
	}
}

// again reports whether a loop makes the registration more than once.
func again(r registration) bool {
	b := r.at.Block()
	if r.name == "" || !loops(b, b) {
		return false
	}
	if i, ok := r.owner.root.(ssa.Instruction); ok && loops(b, i.Block()) && loops(i.Block(), b) {
		return false // each round has its own
	}
	return true
}

// loops reports whether a path leads from a block to another, or to itself again.
func loops(from, to *ssa.BasicBlock) bool {
	seen := make(map[*ssa.BasicBlock]bool)
	todo := []*ssa.BasicBlock{from}
	for len(todo) > 0 {
		b := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, s := range b.Succs {
			if s == to {
				return true
			}
			if !seen[s] {
				seen[s] = true
				todo = append(todo, s)
			}
		}
	}
	return false
}

// start compares what variables, the init functions and main register with the
// registries that a process has one of.
func (x *finder) start(in *buildssa.SSA) {
	var all []registration
	add := func(fn *ssa.Function) {
		for _, r := range x.of(fn, 0) {
			if r.owner.root == nil && always(fn, r.at) {
				all = append(all, r)
			}
		}
	}
	if vars := in.Pkg.Func("init"); vars != nil {
		// The initializer calls the init functions, which are added below.
		for _, r := range x.of(vars, maxDepth) {
			if r.owner.root == nil {
				all = append(all, r)
			}
		}
	}
	for _, fn := range in.SrcFuncs {
		if fn.Parent() == nil && len(fn.Name()) > 5 && fn.Name()[:5] == "init#" {
			add(fn)
		}
	}
	if fn := in.Pkg.Func("main"); fn != nil && in.Pkg.Pkg.Name() == "main" {
		add(fn)
	}
	for i, b := range all {
		for _, a := range all[:i] {
			if a.call != b.call && conflict(x.pass, a, b) {
				x.report(a, b)
				break
			}
		}
	}
}

// always reports whether a call of the function comes to the instruction.
func always(fn *ssa.Function, i ssa.Instruction) bool {
	for _, b := range fn.Blocks {
		if _, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return); ok && b != fn.Recover && !i.Block().Dominates(b) {
			return false
		}
	}
	return true
}

func (x *finder) report(a, b registration) {
	if x.reported[b.call] {
		return
	}
	x.reported[b.call] = true
	f := rule.Finding{Pos: b.call.Pos()}
	first := x.pass.Fset.Position(a.call.Pos())
	switch {
	case a.round && a.call == b.call && a.name == b.name:
		f.Message = fmt.Sprintf("%q stands twice in what the loop registers, and the second time %s panics", b.name, b.kind)
	case a.round && a.call == b.call:
		f.Message = fmt.Sprintf("the loop registers %q and %q, which conflict: %s panics", a.name, b.name, b.kind)
	case a.call == b.call && a.at == b.at:
		f.Message = fmt.Sprintf("%q is registered in each round of the loop, and the second time %s panics", b.name, b.kind)
	case a.call == b.call:
		f.Message = fmt.Sprintf("%q is registered by two calls of this function, and the second time %s panics", b.name, b.kind)
	case a.name == b.name:
		f.Message = fmt.Sprintf("%q is registered in line %d already, and the second time %s panics", b.name, first.Line, b.kind)
	default:
		f.Message = fmt.Sprintf("%q conflicts with %q, which is registered in line %d: %s panics", b.name, a.name, first.Line, b.kind)
	}
	if a.call != b.call {
		f.Related = append(f.Related, rule.Place{Pos: a.call.Pos(), Message: "registered here first"})
	}
	if b.at != b.call {
		f.Related = append(f.Related, rule.Place{Pos: b.at.Pos(), Message: "by way of this call"})
	}
	x.pass.Report(f)
}
