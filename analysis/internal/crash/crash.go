// Package crash words what rules say of a panic that nobody recovers.
package crash

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/entry"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/panics"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Why says what a goroutine does that panics: "it calls run, which ...".
func Why(p panics.Path) string {
	if len(p.Calls) <= 1 {
		return "it " + p.Why
	}
	last := p.Calls[len(p.Calls)-1].Name
	at := ""
	if p.Far != "" {
		at = " (" + p.Far + ")"
	}
	return fmt.Sprintf("%s, which it calls, %s%s", last, p.Why, at)
}

// Places are the calls that lead to the panic, and it.
func Places(p panics.Path) []rule.Place {
	var places []rule.Place
	for _, step := range p.Calls[1:] {
		if step.Pos.IsValid() {
			places = append(places, rule.Place{Pos: step.Pos, Message: "calls " + step.Name})
		}
	}
	if p.Pos.IsValid() && p.Far == "" {
		places = append(places, rule.Place{Pos: p.Pos, Message: p.Why})
	}
	return places
}

// near is how many functions a finding leads through at most: of what is further
// away, somebody in between knows more.
const near = 3

// Plausible reports whether a reviewer would point at the panic: it depends on
// data, or it is near.
func Plausible(p panics.Path) bool {
	switch p.Grade {
	case panics.Likely:
		return len(p.Calls) <= near
	case panics.Possible:
		// A literal that hands the work to a method is no step away from it.
		return len(p.Calls) == 1 || len(p.Calls) == 2 && p.Literal && p.Far == "" && (p.Kind == panics.Index || p.Kind == panics.Explicit)
	}
	return false
}

// InRequest is Plausible for what a handler starts, where data comes from the
// request: of what is near, and of the same program, what is possible will happen.
func InRequest(p panics.Path) bool {
	return Plausible(p) || p.Grade == panics.Possible && p.Far == "" && p.Kind != panics.Callback && len(p.Calls) <= 2
}

// Ends reports whether the goroutine is one that ends the process itself when it
// fails: log.Fatal(http.ListenAndServe(...)).
func Ends(e *entry.Entries, fn *ssa.Function) bool {
	if fn == nil {
		return false
	}
	return e.Of(fn).Exits
}

// MayGuard reports whether the function defers something whose code is not seen
// and whose name says that it recovers.
func MayGuard(fn *ssa.Function) bool {
	if fn == nil {
		return false
	}
	may := false
	ir.Calls(fn, func(c ssa.CallInstruction) {
		_, deferred := c.(*ssa.Defer)
		_, builtin := c.Common().Value.(*ssa.Builtin)
		if !deferred || builtin || ir.Callee(c.Common()) != nil {
			return
		}
		name := c.Common().Value.Name()
		if c.Common().IsInvoke() {
			name = c.Common().Method.Name()
		} else if load, ok := c.Common().Value.(*ssa.UnOp); ok {
			if field, ok := load.X.(*ssa.FieldAddr); ok {
				name = ir.FieldName(field)
			}
		}
		name = strings.ToLower(name)
		for _, word := range []string{"recover", "panic", "guard", "crash", "catch"} {
			may = may || strings.Contains(name, word)
		}
	})
	return may
}

// Spawner reports whether the go statement stands in a function that others hand
// functions to: what its goroutine panics with depends on who calls it, and not on
// the handler that is one of them.
func Spawner(entries *entry.Entries, e entry.Entry) bool {
	for fn := e.In; fn != nil; fn = fn.Parent() {
		if from := entries.Request(fn); from != nil && len(from.Calls) == 0 {
			return false // the handler itself
		}
		for p := range fn.Signature.Params().Variables() {
			if _, ok := p.Type().Underlying().(*types.Signature); ok {
				return true
			}
		}
	}
	return false
}

// Skipped are the files in which rules about goroutines say nothing: tests, what
// helps tests, and generated code.
func Skipped(pass *analysis.Pass) map[string]bool {
	skip := make(map[string]bool)
	for _, file := range pass.Files {
		name := pass.Fset.Position(file.Package).Filename
		skip[name] = strings.HasSuffix(name, "_test.go") || ast.IsGenerated(file) || importsTesting(file)
	}
	return skip
}

func importsTesting(file *ast.File) bool {
	for _, i := range file.Imports {
		if i.Path.Value == `"testing"` {
			return true
		}
	}
	return false
}
