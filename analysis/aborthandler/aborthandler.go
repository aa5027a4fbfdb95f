// Package aborthandler holds the rule aborthandler.
package aborthandler

import (
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/internal/recovered"
	"github.com/backstop-go/backstop/analysis/panics"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports guards of http middleware that keep http.ErrAbortHandler.
var Rule = rule.New(rule.Rule{
	ID:   "aborthandler",
	Tier: rule.TierA,
	Doc: rule.Doc{
		Summary: "http middleware recovers http.ErrAbortHandler and does not panic with it again",
		Why: `A handler panics with http.ErrAbortHandler to cut the connection, because what it has
written so far is not the whole answer; httputil.ReverseProxy does so when its backend
breaks off. net/http aborts the response without logging. Middleware that recovers
everything ends the response properly instead: the client takes half an answer for
the whole one, and the log holds a panic that was none.`,
		Bad: "defer func() {\n\tif v := recover(); v != nil {\n\t\tlog.Printf(\"panic: %v\\n%s\", v, debug.Stack())\n\t}\n}()\n" +
			"next.ServeHTTP(w, r)",
		Good: "defer func() {\n\tif v := recover(); v != nil {\n\t\tif v == http.ErrAbortHandler {\n\t\t\tpanic(v)\n\t\t}\n" +
			"\t\tlog.Printf(\"panic: %v\\n%s\", v, debug.Stack())\n\t}\n}()\nnext.ServeHTTP(w, r)",
		LeftAlone: []string{
			"a guard that panics again with what may be http.ErrAbortHandler, or hands the value to somebody who can",
			"a guard that takes the connection over with Hijack, or tells the code behind it in a variable",
			"a handler that calls no other one: nothing below it aborts",
			"functions that have nothing to do with http",
		},
		Scenarios: []string{"http-abort-handler", "http-handler-after-write"},
	},
}, run, behaviour.Analyzer, panics.Analyzer)

func run(pass *rule.Pass) error {
	c := &checker{
		facts:  pass.ResultOf[behaviour.Analyzer].(*behaviour.Facts),
		panics: pass.ResultOf[panics.Analyzer].(*panics.Facts),
	}
	for _, s := range recovered.Sites(c.facts) {
		if s.Test || c.goesOn(s) {
			continue
		}
		at, ok := c.middleware(s)
		if !ok {
			continue
		}
		pass.Report(rule.Finding{
			Pos: s.Call.Pos(),
			Message: "recovers http.ErrAbortHandler too and does not panic with it again, so that the client takes a response " +
				"that was cut short for a whole one; panic again when the value is http.ErrAbortHandler",
			Related: []rule.Place{{Pos: at, Message: "the handler called here may panic with http.ErrAbortHandler"}},
		})
	}
	return nil
}

type checker struct {
	facts  *behaviour.Facts
	panics *panics.Facts
}

// middleware finds the call of another handler that the guard covers.
func (c *checker) middleware(s recovered.Site) (token.Pos, bool) {
	for _, d := range s.Defers {
		if abortsBehind(recovered.Owner(d)) {
			continue
		}
		if at := c.delegates(d.Parent(), 0); at != token.NoPos {
			return at, true
		}
	}
	// Others defer it: it is made for handlers when it gets what they get. One that
	// does more than recover is a handler, which nobody defers.
	if len(s.Defers) == 0 && ir.Object(s.Fn) != nil && c.facts.Of(s.Fn).OnlyRecovers && handles(s.Fn.Signature) && c.delegates(s.Fn, 0) == token.NoPos {
		return s.Fn.Pos(), true
	}
	return token.NoPos, false
}

// abortsBehind reports whether the function, or one around it, panics itself: it
// may do so because of what the guard found.
func abortsBehind(fn *ssa.Function) bool {
	for ; fn != nil; fn = fn.Parent() {
		for _, b := range fn.Blocks {
			if ir.Panics(b.Instrs[len(b.Instrs)-1]) {
				return true
			}
		}
	}
	return false
}

// delegates finds the call by which fn hands a request to a handler that it does
// not know.
func (c *checker) delegates(fn *ssa.Function, depth int) token.Pos {
	at := token.NoPos
	ir.Calls(fn, func(i ssa.CallInstruction) {
		call, ok := i.(*ssa.Call)
		if !ok || at != token.NoPos || !handles(call.Call.Signature()) {
			return
		}
		callee := ir.Callee(call.Common())
		switch {
		case callee == nil: // a handler behind an interface or a variable
			at = call.Pos()
		case callee.Package() == fn.Package() && len(callee.Blocks) > 0:
			if depth < 3 && c.delegates(callee, depth+1) != token.NoPos {
				at = call.Pos()
			}
		case callee.Name() == "ServeHTTP":
			at = call.Pos()
		}
	})
	return at
}

// handles reports whether a function takes what a handler takes.
func handles(sig *types.Signature) bool {
	writer, request := false, false
	for v := range sig.Params().Variables() {
		t := v.Type()
		if p, ok := t.(*types.Pointer); ok {
			request = request || isHTTP(p.Elem(), "Request")
		}
		writer = writer || isHTTP(t, "ResponseWriter")
	}
	return writer && request
}

func isHTTP(t types.Type, name string) bool {
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == "net/http" && n.Obj().Name() == name
}

// goesOn reports whether http.ErrAbortHandler gets out of the guard, or may.
func (c *checker) goesOn(s recovered.Site) bool {
	seen := make(map[*ssa.BasicBlock]bool)
	todo := []*ssa.BasicBlock{s.Fn.Blocks[0]}
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
				return true
			case *ssa.Store: // somebody else is told, and may cut the connection
				if _, ok := i.Addr.(*ssa.FreeVar); ok {
					return true
				}
			case ssa.CallInstruction:
				if c.mayPanic(i.Common(), 0) || c.takesOver(i.Common()) {
					return true
				}
			}
		}
		todo = append(todo, next(s, b)...)
	}
	for _, u := range recovered.Uses(s.Value) {
		if c.leaves(u) {
			return true
		}
	}
	return false
}

// next are the blocks that run behind b when http.ErrAbortHandler was recovered.
func next(s recovered.Site, b *ssa.BasicBlock) []*ssa.BasicBlock {
	i, ok := b.Instrs[len(b.Instrs)-1].(*ssa.If)
	if !ok || len(b.Succs) != 2 {
		return b.Succs
	}
	switch yes, known := isAbort(i.Cond, s.Value); {
	case !known:
		return b.Succs
	case yes:
		return b.Succs[:1]
	default:
		return b.Succs[1:]
	}
}

// isAbort decides a condition on v, given that v is http.ErrAbortHandler.
func isAbort(cond, v ssa.Value) (yes, known bool) {
	if yes, known = recovered.Holds(cond, v, true); known {
		return yes, true
	}
	switch cond := cond.(type) {
	case *ssa.UnOp:
		if cond.Op == token.NOT {
			yes, known = isAbort(cond.X, v)
			return !yes, known
		}
	case *ssa.Extract: // it is an error, and nothing else that one asks for
		a, ok := cond.Tuple.(*ssa.TypeAssert)
		if ok && cond.Index == 1 && recovered.Same(a.X, v) {
			i, isInterface := a.AssertedType.Underlying().(*types.Interface)
			return isInterface && types.Implements(types.Universe.Lookup("error").Type(), i), true
		}
	case *ssa.BinOp: // a comparison with another sentinel
		if (recovered.Same(cond.X, v) || recovered.Same(cond.Y, v)) && (cond.Op == token.EQL || cond.Op == token.NEQ) {
			other := cond.Y
			if recovered.Same(cond.Y, v) {
				other = cond.X
			}
			if i, ok := other.(*ssa.ChangeInterface); ok {
				other = i.X
			}
			if load, ok := other.(*ssa.UnOp); ok {
				if g, ok := load.X.(*ssa.Global); ok {
					abort := g.Name() == "ErrAbortHandler"
					return abort == (cond.Op == token.EQL), true
				}
			}
		}
	}
	return false, false
}

// mayPanic reports whether the call may panic on purpose: one of a function of the
// package that says panic somewhere, or of one that always does.
func (c *checker) mayPanic(call *ssa.CallCommon, depth int) bool {
	if c.facts.OfCall(call).Panics {
		return true
	}
	callee := ir.Callee(call)
	if callee == nil || depth > 3 {
		return false
	}
	if path, ok := c.panics.CanPanic(callee); ok && path.Kind == panics.Explicit {
		return true
	}
	found := false
	for _, b := range callee.Blocks {
		if ir.Panics(b.Instrs[len(b.Instrs)-1]) {
			return true
		}
	}
	ir.Calls(callee, func(i ssa.CallInstruction) {
		if _, ok := i.(*ssa.Call); ok && !found {
			found = c.mayPanic(i.Common(), depth+1)
		}
	})
	return found
}

// takesOver reports whether the connection is taken from net/http, or the
// goroutine ends.
func (c *checker) takesOver(call *ssa.CallCommon) bool {
	obj := ir.Target(call)
	return obj != nil && obj.Name() == "Hijack" || c.facts.OfCall(call).NeverReturns
}

// leaves reports whether the value leaves the guard, to somebody who can panic
// with it: a variable, a channel, a function that is not known.
func (c *checker) leaves(u recovered.Use) bool {
	switch i := u.Instr.(type) {
	case *ssa.Store, *ssa.Send, *ssa.Return, *ssa.MapUpdate, *ssa.Select:
		return true
	case *ssa.Call:
		common := i.Common()
		if c.facts.Logs(common) {
			return false
		}
		obj := ir.Target(common)
		switch {
		case obj == nil: // a function value
			return ir.Callee(common) == nil && handles(common.Signature())
		case ir.Std(pkgPath(obj)):
			return false
		}
		return handles(obj.Signature())
	}
	return false
}

func pkgPath(obj *types.Func) string {
	if obj.Pkg() == nil {
		return ""
	}
	return obj.Pkg().Path()
}
