// Package recovernostack holds the rule recover-no-stack.
package recovernostack

import (
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/internal/recovered"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports guards that log what was recovered, and not where it came from.
var Rule = rule.New(rule.Rule{
	ID:   "recover-no-stack",
	Tier: rule.TierB,
	Doc: rule.Doc{
		Summary: "a guard logs the recovered value without the stack",
		Why: `"runtime error: index out of range [3] with length 3" says nothing of where. The stack
of the panic can be had as long as the deferred function runs, and not any more once it
has returned: debug.Stack in the guard is the only chance.`,
		Bad: "defer func() {\n\tif r := recover(); r != nil {\n\t\tlog.Printf(\"panic: %v\", r)\n\t}\n}()",
		Good: "defer func() {\n\tif r := recover(); r != nil {\n\t\tlog.Printf(\"panic: %v\\n%s\", r, debug.Stack())\n" +
			"\t}\n}()",
		LeftAlone: []string{
			"the stack is taken anywhere in the guard, or in a function that it calls",
			"the guard panics again behind the log: the runtime prints the stack",
			"the value goes to a function that nobody has read the source of: an error tracker takes the stack itself",
			"the value is only made an error that is returned, or stored: whoever gets it decides",
			"a value of one of the package's own types, which it panics with to unwind",
			"tests and their helpers",
		},
		Scenarios: []string{"panic-in-goroutine-own-recover", "nested-panic-in-defer"},
	},
}, run, behaviour.Analyzer)

func run(pass *rule.Pass) error {
	c := &checker{pkg: pass.Pkg, facts: pass.ResultOf[behaviour.Analyzer].(*behaviour.Facts)}
	for _, s := range recovered.Sites(c.facts) {
		if s.Test || s.Value == nil || c.facts.Of(s.Fn).Stack || takesStack(s.Fn, c.facts) {
			continue
		}
		if call := c.log(s); call != nil {
			pass.Report(rule.Finding{
				Pos:     call.Pos(),
				Message: "logs the recovered value without the stack, which nobody can have later; add debug.Stack()",
				Related: []rule.Place{{Pos: s.Call.Pos(), Message: "the value comes from here"}},
			})
		}
	}
	return nil
}

type checker struct {
	pkg   *types.Package
	facts *behaviour.Facts
}

// log is the first call that logs the value, unless somebody may take the stack.
func (c *checker) log(s recovered.Site) ssa.CallInstruction {
	var first ssa.CallInstruction
	for _, u := range recovered.Uses(s.Value) {
		call, ok := u.Instr.(ssa.CallInstruction)
		if !ok || c.own(u.Asserted) {
			continue
		}
		common := call.Common()
		switch {
		case c.facts.Logs(common):
			if c.panicsBehind(call) {
				return nil
			}
			if first == nil || call.Pos() < first.Pos() {
				first = call
			}
		case c.mayTakeStack(common):
			return nil
		}
	}
	return first
}

// own reports whether the type is one that the package made for its own panics.
func (c *checker) own(t types.Type) bool {
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Pkg() == c.pkg
}

// mayTakeStack reports whether nobody knows what the function does with the value
// it is given.
func (c *checker) mayTakeStack(call *ssa.CallCommon) bool {
	if _, ok := call.Value.(*ssa.Builtin); ok {
		return false
	}
	obj := ir.Target(call)
	if obj == nil {
		fn := ir.Callee(call)
		return fn == nil || len(fn.Blocks) == 0
	}
	if obj.Pkg() == nil || ir.StdFunc(obj) {
		return false
	}
	if call.IsInvoke() {
		return true
	}
	// What is known of the package's functions includes that they take a stack; an
	// entry of a log is made before it is written.
	return obj.Pkg() != c.pkg && !strings.Contains(strings.ToLower(obj.Pkg().Path()), "log")
}

// panicsBehind reports whether the guard may panic after the call.
func (c *checker) panicsBehind(call ssa.CallInstruction) bool {
	seen := make(map[*ssa.BasicBlock]bool)
	todo := []*ssa.BasicBlock{call.Block()}
	for len(todo) > 0 {
		b := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[b] {
			continue
		}
		seen[b] = true
		for _, i := range b.Instrs {
			switch i := i.(type) {
			case *ssa.Panic:
				if ir.Panics(i) {
					return true
				}
			case *ssa.Call:
				if c.facts.OfCall(i.Common()).Panics {
					return true
				}
			}
		}
		todo = append(todo, b.Succs...)
	}
	return false
}

// takesStack reports whether a literal within the guard takes a stack.
func takesStack(fn *ssa.Function, facts *behaviour.Facts) bool {
	for _, lit := range fn.AnonFuncs {
		if facts.Of(lit).Stack || takesStack(lit, facts) {
			return true
		}
	}
	return false
}
