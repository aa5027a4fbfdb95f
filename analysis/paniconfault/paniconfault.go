// Package paniconfault holds the rule panic-on-fault.
package paniconfault

import (
	"go/constant"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/internal/recovered"
	"github.com/backstop-go/backstop/analysis/model"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports calls of debug.SetPanicOnFault that do not reach the goroutines
// they are meant for.
var Rule = rule.New(rule.Rule{
	ID:   "panic-on-fault",
	Tier: rule.TierA,
	Doc: rule.Doc{
		Summary: "debug.SetPanicOnFault is called for the whole process, and holds for one goroutine",
		Why: `debug.SetPanicOnFault makes a panic of a fault at an address that is not nil, such as a
read of a mapped file that somebody has cut. It does so for the goroutine that calls
it and for no other, not even for those that this one starts: they still die with
"fatal error: fault", or "unexpected fault address", and the process with them.`,
		Bad: "func init() {\n\tdebug.SetPanicOnFault(true)\n}",
		Good: "func read(m []byte) (err error) {\n\tdefer debug.SetPanicOnFault(debug.SetPanicOnFault(true))\n" +
			"\tdefer func() {\n\t\tif r := recover(); r != nil {\n\t\t\terr = fmt.Errorf(\"read mapped file: %v\", r)\n\t\t}\n\t}()\n\t...\n}",
		LeftAlone: []string{
			"a call whose result is used to restore the setting: it means the code in between",
			"a call in a function with a guard, or that calls one with a guard: it means its own goroutine",
			"a call in main of a program with no other goroutines",
			"an exported helper: who calls it decides where",
			"tests",
		},
		Scenarios: []string{"unmapped-address-panicfault", "sigbus-mmap-panicfault", "unmapped-address"},
		Claims:    []string{"A1-4.2-b"},
	},
}, run, behaviour.Analyzer)

func run(pass *rule.Pass) error {
	c := &checker{facts: pass.ResultOf[behaviour.Analyzer].(*behaviour.Facts), calls: make(map[*ssa.Function]*ssa.Call)}
	fns := c.facts.Funcs
	if start := c.facts.SSA.Pkg.Func("init"); start != nil {
		fns = append(fns[:len(fns):len(fns)], start)
	}
	var found []*ssa.Call
	for _, fn := range fns {
		if recovered.InTest(fn) {
			continue
		}
		ir.Calls(fn, func(i ssa.CallInstruction) {
			if !sets(i.Common()) {
				return
			}
			switch i := i.(type) {
			case *ssa.Call:
				c.calls[fn] = i
				if len(*i.Referrers()) == 0 {
					found = append(found, i)
				}
			case *ssa.Go:
				report(pass, i, "this one ends with nothing done")
			}
		})
	}
	for _, call := range found {
		if why := c.wrong(call); why != "" {
			report(pass, call, why)
		}
	}
	return nil
}

func report(pass *rule.Pass, at ssa.Instruction, why string) {
	pass.Reportf(at.Pos(), "SetPanicOnFault holds for the goroutine that calls it only: "+why+
		"; call it in the goroutine that touches the memory")
}

// sets reports whether the call is debug.SetPanicOnFault(true).
func sets(call *ssa.CallCommon) bool {
	if ir.Name(ir.Target(call)) != "runtime/debug.SetPanicOnFault" || len(call.Args) != 1 {
		return false
	}
	c, ok := call.Args[0].(*ssa.Const)
	return ok && c.Value != nil && c.Value.Kind() == constant.Bool && constant.BoolVal(c.Value)
}

type checker struct {
	facts *behaviour.Facts
	calls map[*ssa.Function]*ssa.Call // who sets it
}

// wrong says why the call does not do what it is there for, or nothing.
func (c *checker) wrong(call *ssa.Call) string {
	fn := call.Parent()
	switch {
	case c.runsIn(fn, isInit, 0):
		return "init runs in the main goroutine, and a fault in any other still ends the process"
	case c.runsIn(fn, isMain, 0):
		if main := c.facts.SSA.Pkg.Func("main"); main != nil && !c.guards(main, 0) && c.starts(main, 0) {
			return "a fault in a goroutine other than main still ends the process"
		}
	case c.ends(fn, call):
		return "this one ends with nothing done"
	case !c.guards(fn, 0) && c.startsGuarded(call):
		return "the goroutines started here do not inherit it"
	}
	return ""
}

func isInit(fn *ssa.Function) bool {
	return fn.Parent() == nil && fn.Signature.Recv() == nil && (fn.Name() == "init" || strings.HasPrefix(fn.Name(), "init#"))
}

func isMain(fn *ssa.Function) bool {
	return fn.Parent() == nil && fn.Signature.Recv() == nil && fn.Name() == "main" && fn.Package() != nil && fn.Package().Pkg.Name() == "main"
}

// runsIn reports whether fn is such a function, or a helper that only such ones
// call.
func (c *checker) runsIn(fn *ssa.Function, is func(*ssa.Function) bool, depth int) bool {
	if is(fn) {
		return true
	}
	use := c.facts.Use(fn)
	if depth > 3 || use.Exported || use.Stored || len(use.Called) == 0 || len(use.Spawned)+len(use.Passed)+len(use.Deferred) > 0 {
		return false
	}
	for _, call := range use.Called {
		if !c.runsIn(call.Parent(), is, depth+1) {
			return false
		}
	}
	return true
}

// guards reports whether fn recovers, or calls a function that does.
func (c *checker) guards(fn *ssa.Function, depth int) bool {
	if fn == nil || depth > 4 {
		return false
	}
	if c.facts.Guard(fn).Kind >= behaviour.Repanics {
		return true
	}
	found := false
	ir.Calls(fn, func(i ssa.CallInstruction) {
		if call, ok := i.(*ssa.Call); ok && !found {
			found = c.guards(c.facts.Callee(call.Common()), depth+1)
		}
	})
	return found
}

// starts reports whether fn, or a function of the package that it calls, starts
// goroutines, or serves requests.
func (c *checker) starts(fn *ssa.Function, depth int) bool {
	if fn == nil || depth > 4 {
		return false
	}
	found := false
	ir.Calls(fn, func(i ssa.CallInstruction) {
		if _, ok := i.(*ssa.Go); ok {
			found = true
			return
		}
		for _, cb := range c.facts.OfCall(i.Common()).Callbacks {
			found = found || cb.Where == model.Goroutine || cb.Where == model.Request
		}
		found = found || serves(i.Common()) || c.starts(c.facts.Callee(i.Common()), depth+1)
	})
	return found
}

func serves(call *ssa.CallCommon) bool {
	obj := ir.Target(call)
	return obj != nil && obj.Pkg() != nil && obj.Pkg().Path() == "net/http" &&
		(strings.HasPrefix(obj.Name(), "ListenAndServe") || strings.HasPrefix(obj.Name(), "Serve"))
}

// ends reports whether fn is a goroutine that sets it and has nothing else to do.
func (c *checker) ends(fn *ssa.Function, set *ssa.Call) bool {
	use := c.facts.Use(fn)
	if len(use.Spawned) == 0 || len(use.Called) > 0 || use.Stored || use.Exported || c.facts.Guard(fn).Kind != behaviour.Unguarded {
		return false
	}
	for _, b := range fn.Blocks {
		for _, i := range b.Instrs {
			switch i := i.(type) {
			case *ssa.Call:
				if i != set && !c.facts.Logs(i.Common()) && !signals(i.Common()) {
					return false
				}
			case *ssa.UnOp, *ssa.Store, *ssa.Return, *ssa.Send, *ssa.Defer, *ssa.RunDefers, *ssa.MakeInterface, *ssa.Alloc,
				*ssa.IndexAddr, *ssa.Slice, *ssa.FieldAddr:
			default:
				return false
			}
		}
	}
	return true
}

func signals(call *ssa.CallCommon) bool {
	return ir.IsBuiltin(call, "close") || ir.Name(ir.Target(call)) == "(*sync.WaitGroup).Done"
}

// startsGuarded reports whether the function starts, behind the call, a goroutine
// that recovers and does not set it itself.
func (c *checker) startsGuarded(set *ssa.Call) bool {
	found := false
	ir.Calls(set.Parent(), func(i ssa.CallInstruction) {
		g, ok := i.(*ssa.Go)
		if !ok || !ir.Before(set, g) {
			return
		}
		fn := c.facts.Callee(g.Common())
		found = found || fn != nil && c.guards(fn, 0) && !c.setsIt(fn, 0)
	})
	return found
}

func (c *checker) setsIt(fn *ssa.Function, depth int) bool {
	if fn == nil || depth > 4 {
		return false
	}
	if c.calls[fn] != nil {
		return true
	}
	found := false
	ir.Calls(fn, func(i ssa.CallInstruction) {
		if call, ok := i.(*ssa.Call); ok && !found {
			found = c.setsIt(c.facts.Callee(call.Common()), depth+1)
		}
	})
	return found
}
