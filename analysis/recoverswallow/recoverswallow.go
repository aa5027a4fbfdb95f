// Package recoverswallow holds the rule recover-swallow.
package recoverswallow

import (
	"go/constant"
	"go/token"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/internal/recovered"
	"github.com/backstop-go/backstop/analysis/panics"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports guards after which nobody knows that there was a panic.
var Rule = rule.New(rule.Rule{
	ID:   "recover-swallow",
	Tier: rule.TierB,
	Doc: rule.Doc{
		Summary: "a panic is recovered, and nobody is told",
		Why: `The function that panicked has done half of its work, and its caller goes on as if it
had returned: with zero values for results, without an error, and without a line in
the log. What is broken shows up elsewhere, later, and nothing leads back to here.
An error that the deferred function stores in a variable of the function, instead of a
named result, is dropped as well: the results are set before deferred functions run.`,
		Bad:  "defer func() {\n\tif r := recover(); r != nil {\n\t\t// ignore\n\t}\n}()",
		Good: "defer func() {\n\tif r := recover(); r != nil {\n\t\terr = fmt.Errorf(\"panic: %v\\n%s\", r, debug.Stack())\n\t}\n}()",
		LeftAlone: []string{
			"the value is logged, sent, stored where others can read it, handed to a function, or panicked with again",
			"a named result, a flag or a counter says that the function did not get to its end",
			"a function with a result of type bool: false says that it failed",
			"the panic is one of the package's own, to unwind its stack: panic(sentinel)",
			"nothing but a close of a channel, or a send on one, is covered: what is swallowed is known",
			"tests and their helpers",
		},
		Scenarios: []string{"template-swallows-panic", "fmt-swallows-string-panic", "rangefunc-iter-swallows"},
	},
}, run, behaviour.Analyzer, panics.Analyzer)

func run(pass *rule.Pass) error {
	c := &checker{facts: pass.ResultOf[behaviour.Analyzer].(*behaviour.Facts)}
	for _, s := range recovered.Sites(c.facts) {
		if _, deferred := s.Call.(*ssa.Defer); deferred && len(s.Defers) == 0 {
			continue // it recovers nothing, unless somebody defers the function
		}
		if s.Test || c.told(s) {
			continue
		}
		if s.Covers(func(fn *ssa.Function) bool { return c.known(s, fn) }) {
			continue
		}
		f := rule.Finding{Pos: s.Call.Pos(), Message: "drops the panic: nobody is told, and the caller goes on as if nothing had happened; " +
			"log it with its stack, or set an error result"}
		if lost := c.lost(s); lost != nil {
			f.Message = "the error made of the panic is stored in " + lost.Comment + ", which is no named result: " +
				"results are set before deferred functions run, so that the caller gets none; name the result"
			f.Related = []rule.Place{{Pos: lost.Pos(), Message: lost.Comment + " is a variable of the function that is left"}}
		}
		if len(s.Defers) > 0 {
			f.Related = append(f.Related, rule.Place{Pos: s.Defers[0].Pos(), Message: "guards " + panics.Name(recovered.Owner(s.Defers[0]))})
		}
		pass.Report(f)
	}
	return nil
}

type checker struct {
	facts *behaviour.Facts
}

// told reports whether somebody learns of the panic in the guard.
func (c *checker) told(s recovered.Site) bool {
	for _, u := range recovered.Uses(s.Value) {
		if c.tells(s, u, 0) {
			return true
		}
	}
	before, after := s.Reach(false), s.Reach(true)
	for b := range after {
		for _, i := range b.Instrs {
			if before[b] && c.always(i) || !before[b] && c.effect(s, i) {
				return true
			}
		}
	}
	return false
}

// tells reports whether the use of the value lets somebody know.
func (c *checker) tells(s recovered.Site, u recovered.Use, depth int) bool {
	switch i := u.Instr.(type) {
	case *ssa.BinOp:
		return usedElsewhere(i, 0)
	case *ssa.If, *ssa.Convert:
		return false
	case *ssa.UnOp:
		return usedElsewhere(i, 0)
	case *ssa.Return:
		return len(s.Defers) == 0 // who defers a function drops its results
	case *ssa.Store:
		return c.lostVariable(s, i) == nil
	case ssa.CallInstruction:
		return !c.ignores(i, u.Value, depth)
	}
	return true
}

// usedElsewhere reports whether a comparison is more than the condition of a
// branch.
func usedElsewhere(v ssa.Value, depth int) bool {
	if depth > 4 || v.Referrers() == nil {
		return true
	}
	for _, r := range *v.Referrers() {
		switch r := r.(type) {
		case *ssa.If, *ssa.DebugRef:
		case *ssa.UnOp:
			if usedElsewhere(r, depth+1) {
				return true
			}
		case *ssa.Phi:
			if usedElsewhere(r, depth+1) {
				return true
			}
		default:
			return true
		}
	}
	return false
}

// ignores reports whether a function of the package gets the value and does
// nothing at all.
func (c *checker) ignores(call ssa.CallInstruction, v ssa.Value, depth int) bool {
	fn := ir.Callee(call.Common())
	if fn == nil || len(fn.Blocks) == 0 || depth > 2 || len(fn.Params) != len(call.Common().Args) {
		return false
	}
	for _, b := range fn.Blocks {
		for _, i := range b.Instrs {
			if c.effect(recovered.Site{Fn: fn}, i) {
				return false
			}
			if r, ok := i.(*ssa.Return); ok && len(r.Results) > 0 {
				return false
			}
		}
	}
	for n, arg := range call.Common().Args {
		if arg != v {
			continue
		}
		for _, u := range recovered.Uses(fn.Params[n]) {
			if c.tells(recovered.Site{Fn: fn, Defers: []*ssa.Defer{nil}}, u, depth+1) {
				return false
			}
		}
	}
	return true
}

// effect reports whether an instruction that runs after a panic only does
// something that others can see.
func (c *checker) effect(s recovered.Site, i ssa.Instruction) bool {
	switch i := i.(type) {
	case *ssa.Store:
		_, local := ir.Base(i.Addr).(*ssa.Alloc)
		return !local && !resets(i) && c.lostVariable(s, i) == nil
	case *ssa.Send, *ssa.Panic, *ssa.MapUpdate, *ssa.Go, *ssa.Select:
		return true
	case ssa.CallInstruction:
		common := i.Common()
		if ir.IsBuiltin(common, "recover") || ir.IsBuiltin(common, "ssa:wrapnilchk") || recovered.Formats(common) {
			return false
		}
		return !tidies(common) && !asks(common)
	}
	return false
}

// resets reports whether a field gets its zero value: whoever reads it learns
// nothing. A bool may say that something is over.
func resets(i *ssa.Store) bool {
	_, field := i.Addr.(*ssa.FieldAddr)
	c, ok := i.Val.(*ssa.Const)
	if !ok || !field {
		return false
	}
	if c.Value == nil {
		return true
	}
	switch c.Value.Kind() {
	case constant.Int, constant.Float:
		return constant.Sign(c.Value) == 0
	case constant.String:
		return constant.StringVal(c.Value) == ""
	}
	return false
}

// asks reports whether the call only looks at something, or waits.
func asks(c *ssa.CallCommon) bool {
	if b, ok := c.Value.(*ssa.Builtin); ok {
		return b.Name() == "len" || b.Name() == "cap" || b.Name() == "append" || b.Name() == "delete"
	}
	switch ir.Name(ir.Target(c)) {
	case "runtime/debug.Stack", "runtime.Stack", "runtime.Caller", "time.Now", "time.Since", "time.Sleep", "runtime.Gosched", "runtime.GC":
		return true
	}
	return false
}

// always reports whether an instruction that runs without a panic too tells of
// one nevertheless.
func (c *checker) always(i ssa.Instruction) bool {
	switch i := i.(type) {
	case *ssa.Store:
		if _, local := ir.Base(i.Addr).(*ssa.Alloc); local {
			return false
		}
		return i.Val.Type().String() == "error" && !isNil(i.Val)
	case *ssa.Panic:
		return true
	case ssa.CallInstruction:
		return c.facts.Logs(i.Common()) || c.facts.OfCall(i.Common()).NeverReturns
	}
	return false
}

// tidies reports whether the call only lets go of something.
func tidies(c *ssa.CallCommon) bool {
	obj := ir.Target(c)
	if obj == nil {
		return false
	}
	switch ir.Name(obj) {
	case "(*sync.Mutex).Unlock", "(*sync.RWMutex).Unlock", "(*sync.RWMutex).RUnlock", "(*sync.WaitGroup).Done",
		"(sync.Locker).Unlock", "(*time.Timer).Stop", "(*time.Ticker).Stop":
		return true
	}
	return false
}

func isNil(v ssa.Value) bool {
	c, ok := v.(*ssa.Const)
	return ok && c.IsNil()
}

// lost is the variable in which the guard leaves the error, and nobody finds it.
func (c *checker) lost(s recovered.Site) *ssa.Alloc {
	for _, u := range recovered.Uses(s.Value) {
		if i, ok := u.Instr.(*ssa.Store); ok {
			if a := c.lostVariable(s, i); a != nil {
				return a
			}
		}
	}
	return nil
}

// lostVariable is the local variable of the guarded function that is stored to,
// when it is no result and nobody can read it behind the guard.
func (c *checker) lostVariable(s recovered.Site, i *ssa.Store) *ssa.Alloc {
	fv, ok := ir.Base(i.Addr).(*ssa.FreeVar)
	if !ok || i.Parent() != s.Fn || len(s.Defers) != 1 {
		return nil
	}
	a, ok := ir.Captured(fv).(*ssa.Alloc)
	if !ok || a.Parent() != s.Defers[0].Parent() || a.Parent() != s.Fn.Parent() || isResult(a) {
		return nil
	}
	for _, r := range *fv.Referrers() {
		if load, ok := r.(*ssa.UnOp); ok && load.Op == token.MUL {
			return nil // the guard reads it
		}
	}
	for _, r := range *a.Referrers() {
		switch r := r.(type) {
		case *ssa.Store:
			if r.Val == a {
				return nil
			}
		case *ssa.UnOp, *ssa.DebugRef:
		case *ssa.MakeClosure:
			if r.Fn != s.Fn {
				return nil
			}
		default:
			return nil
		}
	}
	return a
}

// isResult reports whether the variable is a named result: it is read behind the
// deferred calls.
func isResult(a *ssa.Alloc) bool {
	fn := a.Parent()
	for _, b := range fn.Blocks {
		behind := b == fn.Recover
		for _, i := range b.Instrs {
			switch i := i.(type) {
			case *ssa.RunDefers:
				behind = true
			case *ssa.UnOp:
				if behind && i.X == a {
					return true
				}
			}
		}
	}
	return false
}
