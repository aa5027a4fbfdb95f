// Package unboundedrecursion holds the rule unbounded-recursion.
package unboundedrecursion

import (
	"fmt"

	"golang.org/x/tools/go/analysis/passes/buildssa"
	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports functions that call themselves for ever.
var Rule = rule.New(rule.Rule{
	ID:   "unbounded-recursion",
	Tier: rule.TierA,
	Doc: rule.Doc{
		Summary: "a function calls itself without an end",
		Why: `The stack of a goroutine grows to one gigabyte, and then the process ends with
"fatal error: stack overflow", which no recover stops. A String method that formats
its own receiver calls itself through fmt, and a MarshalJSON that marshals its own
receiver calls itself through encoding/json, with the first value.

With tier C, recursion over data that users link is reported when neither a depth
nor a set of what was visited bounds it: a cycle in the data has the same end.`,
		Bad:  "func (e *E) Error() string { return fmt.Sprintf(\"e: %v\", e) }",
		Good: "func (e *E) Error() string { return fmt.Sprintf(\"e: %s\", e.msg) }",
		LeftAlone: []string{
			"a field, or a value of another type: type plain T; json.Marshal(plain(t)) does not know the methods of T",
			"verbs that do not call the method: %d, %p, %T, and %#v in String and Error",
			"*t in a String method of *T: the value has no such method",
			"recursion that a condition on changing arguments ends",
			"go f() within f: it has a stack of its own",
			"a function that ends the process, or loops, before it calls itself",
			"walks with a depth, or with a set of what was visited",
			"func f() { f() }, without anything else: a name for profiles, which nobody calls",
		},
		Scenarios: []string{"stack-overflow", "stack-overflow-error-method"},
	},
}, run, buildssa.Analyzer, behaviour.Analyzer)

func run(pass *rule.Pass) error {
	facts := pass.ResultOf[behaviour.Analyzer].(*behaviour.Facts)
	calls := make(map[*ssa.Function][]*ssa.Call)
	for _, fn := range facts.Funcs {
		calls[fn] = certain(facts, fn)
	}
	for _, fn := range facts.Funcs {
		if at, what, ok := formatsItself(fn); ok {
			pass.Reportf(at.Pos(), what)
			continue
		}
		if label(fn) {
			continue
		}
		if at, through := loop(fn, calls); at != nil {
			message := fmt.Sprintf("%s calls itself on every path, until the stack overflows, which ends the process; return before, in some case", fn.Name())
			if through != nil {
				message = fmt.Sprintf("%s calls %s, which calls it again on every path, until the stack overflows, which ends the process; return before, in some case", fn.Name(), through.Name())
			}
			pass.Reportf(at.Pos(), message)
			continue
		}
		if at := unchanged(fn); at != nil {
			pass.Reportf(at.Pos(), fmt.Sprintf("%s calls itself with the arguments it was given, so that the condition which led here holds again, until the stack overflows", fn.Name()))
			continue
		}
		if at, what := cyclic(fn); at != nil {
			pass.Report(rule.Finding{
				Pos: at.Pos(), Tier: rule.TierC,
				Message: fmt.Sprintf("%s follows %s and nothing bounds how deep: a cycle in the data overflows the stack, which ends the process; count the depth or remember what was visited", fn.Name(), what),
			})
		}
	}
	return nil
}

// label reports whether the function is nothing but a call of itself, as package
// runtime has some to give profiles a name.
func label(fn *ssa.Function) bool {
	return len(fn.Blocks) == 1 && len(fn.Params) == 0 && fn.Signature.Results().Len() == 0 && fn.Parent() == nil && len(fn.Blocks[0].Instrs) == 2
}

// certain lists the calls of declared functions and literals of this package that
// each path through fn to its end meets.
func certain(facts *behaviour.Facts, fn *ssa.Function) []*ssa.Call {
	if len(fn.Blocks) == 0 {
		return nil
	}
	var found []*ssa.Call
	for _, b := range fn.Blocks {
		for _, i := range b.Instrs {
			c, ok := i.(*ssa.Call)
			if !ok {
				continue
			}
			if facts.OfCall(c.Common()).NeverReturns && ir.Callee(c.Common()) == nil {
				break
			}
			callee := ir.Callee(c.Common())
			if callee != nil && len(callee.Blocks) > 0 && !endsWithout(facts, fn, c) {
				found = append(found, c)
			}
		}
	}
	return found
}

// endsWithout reports whether fn can end, or go round for ever, without the call.
func endsWithout(facts *behaviour.Facts, fn *ssa.Function, call *ssa.Call) bool {
	const (
		unseen = iota
		open   // on the path that is looked at
		done
	)
	state := make(map[*ssa.BasicBlock]int)
	var ends func(b *ssa.BasicBlock) bool
	ends = func(b *ssa.BasicBlock) bool {
		switch state[b] {
		case open:
			return true // a loop, which may be for ever, or be left by a panic
		case done:
			return false
		}
		state[b] = open
		defer func() { state[b] = done }()
		for _, i := range b.Instrs {
			switch i := i.(type) {
			case *ssa.Return, *ssa.Panic:
				return true
			case *ssa.Call:
				if i == call {
					return false
				}
				what := facts.OfCall(i.Common())
				if what.Exits || what.NeverReturns && ir.Callee(i.Common()) != fn && ir.Callee(i.Common()) != ir.Callee(call.Common()) {
					return true
				}
			case *ssa.Select:
				if i.Blocking {
					return true
				}
			}
		}
		for _, s := range b.Succs {
			if ends(s) {
				return true
			}
		}
		return false
	}
	return ends(fn.Blocks[0])
}

// loop finds a certain call of fn that leads to fn again by certain calls, and the
// function between when there is one.
func loop(fn *ssa.Function, calls map[*ssa.Function][]*ssa.Call) (*ssa.Call, *ssa.Function) {
	for _, c := range calls[fn] {
		callee := ir.Callee(c.Common())
		if callee == fn {
			return c, nil
		}
		for _, back := range calls[callee] {
			if ir.Callee(back.Common()) == fn {
				return c, callee
			}
		}
	}
	return nil, nil
}

// unchanged finds a call of fn in fn with exactly its parameters, which a condition
// on the parameters alone leads to.
func unchanged(fn *ssa.Function) *ssa.Call {
	var found *ssa.Call
	ir.Calls(fn, func(i ssa.CallInstruction) {
		c, ok := i.(*ssa.Call)
		if !ok || found != nil || ir.Callee(c.Common()) != fn || len(fn.FreeVars) > 0 || len(c.Call.Args) != len(fn.Params) || len(fn.Params) == 0 {
			return
		}
		for n, a := range c.Call.Args {
			if a != ssa.Value(fn.Params[n]) {
				return
			}
		}
		for b := c.Block(); b != nil; b = b.Idom() {
			for _, j := range b.Instrs {
				if j == ssa.Instruction(c) {
					break
				}
				if changes(j) {
					return
				}
			}
			if len(b.Preds) > 1 {
				return
			}
		}
		found = c
	})
	return found
}

// changes reports whether an instruction may change, or read, what is not a
// parameter: then the next round may differ.
func changes(i ssa.Instruction) bool {
	switch i := i.(type) {
	case *ssa.BinOp, *ssa.If, *ssa.Jump, *ssa.DebugRef, *ssa.Phi, *ssa.Convert, *ssa.ChangeType, *ssa.MakeInterface, *ssa.ChangeInterface, *ssa.Extract:
		return false
	case *ssa.Call:
		b, ok := i.Call.Value.(*ssa.Builtin)
		return !ok || b.Name() != "len"
	}
	return true
}
