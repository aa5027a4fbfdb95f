// Package cgoboundary holds the rule cgo-boundary.
package cgoboundary

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis/passes/buildssa"
	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/panics"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports what may go wrong between Go and C.
var Rule = rule.New(rule.Rule{
	ID:   "cgo-boundary",
	Tier: rule.TierB,
	Doc: rule.Doc{
		Summary: "a panic or a Go pointer crosses into C",
		Why: `A function that C calls has C frames below it. A panic in it ends the process unless
some Go function further down recovers, and then the C frames in between are skipped:
locks stay locked, memory stays allocated, state is half changed. A thread that C
started has nobody further down at all. Recover in the exported function itself, and
tell C with a result.

A pointer to Go memory that holds Go pointers must not be handed to C: the check of
the runtime panics ("cgo argument has Go pointer to unpinned Go pointer"). One that
is stored in memory of C is not seen by the garbage collector, and points to
something else before long.`,
		Bad:  "//export onEvent\nfunc onEvent(i C.int) {\n\thandlers[i]()\n}",
		Good: "//export onEvent\nfunc onEvent(i C.int) (status C.int) {\n\tdefer func() {\n\t\tif recover() != nil {\n\t\t\tstatus = -1\n\t\t}\n\t}()\n\thandlers[i]()\n\treturn 0\n}",
		LeftAlone: []string{
			"an exported function with a guard of its own, or that cannot panic as far as can be told",
			"memory of C: C.malloc, C.CString, C.CBytes, and structs of C whose pointers are of C types",
			"pointers to memory without pointers, such as the first element of a slice of bytes",
			"cgo.Handle, which is a number, and pointers that runtime.Pinner holds",
			"large local variables: exported functions run on a stack that grows",
		},
		Scenarios: []string{"c-callback-panic", "c-thread-callback-panic", "c-callback-recover", "cgocheck-go-pointer", "cgo-panic"},
		Claims:    []string{"A4-4.2-c"},
	},
}, run, behaviour.Analyzer, panics.Analyzer, buildssa.Analyzer)

func run(pass *rule.Pass) error {
	s, ok := pass.ResultOf[buildssa.Analyzer].(*buildssa.SSA)
	about, ok2 := pass.ResultOf[panics.Analyzer].(*panics.Facts)
	guards, ok3 := pass.ResultOf[behaviour.Analyzer].(*behaviour.Facts)
	if !ok || !ok2 || !ok3 {
		return nil
	}
	for _, file := range pass.Files {
		for _, d := range file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || !exported(fn) {
				continue
			}
			obj, _ := pass.TypesInfo.Defs[fn.Name].(*types.Func)
			if obj == nil {
				continue
			}
			if f := s.Pkg.Prog.FuncValue(obj); f != nil && guards.Guard(f).Kind != behaviour.Guarded {
				callback(pass, fn, f, about)
			}
		}
	}
	for _, fn := range s.SrcFuncs {
		ir.Calls(fn, func(c ssa.CallInstruction) { argument(pass, fn, c) })
		for _, b := range fn.Blocks {
			for _, i := range b.Instrs {
				if store, ok := i.(*ssa.Store); ok {
					stored(pass, fn, store)
				}
			}
		}
	}
	return nil
}

// exported reports whether C can call the function.
func exported(fn *ast.FuncDecl) bool {
	if fn.Doc == nil {
		return false
	}
	for _, c := range fn.Doc.List {
		name, ok := strings.CutPrefix(c.Text, "//export ")
		if ok && strings.TrimSpace(name) != "" {
			return true
		}
	}
	return false
}

func callback(pass *rule.Pass, decl *ast.FuncDecl, fn *ssa.Function, about *panics.Facts) {
	path, ok := about.CanPanic(fn)
	if !ok || path.Grade == panics.Unlikely {
		use := missing(fn)
		if use == nil {
			return
		}
		path.Why, path.Pos = "it dereferences an entry of a map that may be missing", use.Pos()
	}
	f := rule.Finding{
		Pos:     decl.Pos(),
		Message: fmt.Sprintf("C calls %s, which may panic (%s) and has no guard: the panic ends the process or skips the C frames; recover here and tell C with a result", decl.Name.Name, path.Why),
	}
	if path.Pos.IsValid() {
		f.Related = append(f.Related, rule.Place{Pos: path.Pos, Message: path.Why})
	}
	pass.Report(f)
}

// argument looks at the check that cgo puts before a call of C.
func argument(pass *rule.Pass, fn *ssa.Function, c ssa.CallInstruction) {
	callee := ir.Callee(c.Common())
	if callee == nil || callee.Name() != "_cgoCheckPointer" || len(c.Common().Args) != 2 {
		return
	}
	m, ok := c.Common().Args[0].(*ssa.MakeInterface)
	if !ok || pinned(fn) {
		return
	}
	elem := pointed(m.X)
	if elem == nil {
		return
	}
	holds := pointers(elem, 0)
	if holds == "" {
		return
	}
	at := c.Pos()
	if call := called(c); call != nil {
		at = call.Pos()
	}
	q := types.RelativeTo(pass.Pkg)
	pass.Reportf(at, fmt.Sprintf("C is handed a pointer to a Go %s, which holds Go pointers (%s): the check of cgo panics unless they are nil; pass a cgo.Handle, or pin them with runtime.Pinner", types.TypeString(elem, q), holds))
}

// called is the call of C behind the check.
func called(check ssa.CallInstruction) ssa.CallInstruction {
	var found ssa.CallInstruction
	ir.Calls(check.Parent(), func(c ssa.CallInstruction) {
		if callee := ir.Callee(c.Common()); found == nil && callee != nil && strings.HasPrefix(callee.Name(), "_Cfunc_") {
			found = c
		}
	})
	return found
}

// pinned reports whether the function, or one around it, pins something.
func pinned(fn *ssa.Function) bool {
	for ; fn != nil; fn = fn.Parent() {
		found := false
		ir.Calls(fn, func(c ssa.CallInstruction) {
			if ir.Name(ir.Target(c.Common())) == "(*runtime.Pinner).Pin" {
				found = true
			}
		})
		if found {
			return true
		}
	}
	return false
}

// pointed is the type of the Go variable that v points to, or nil when it is not
// known, or memory of C.
func pointed(v ssa.Value) types.Type {
	var elem types.Type
	for range 12 {
		if p, ok := v.Type().Underlying().(*types.Pointer); ok && !ofC(p.Elem()) {
			elem = p.Elem()
		}
		switch x := v.(type) {
		case *ssa.Convert:
			v = x.X
		case *ssa.ChangeType:
			v = x.X
		case *ssa.UnOp:
			one := ir.OnlyStore(x.X)
			if one == nil {
				return elem
			}
			v = one
		case *ssa.FreeVar:
			b := ir.Captured(x)
			if b == nil {
				return elem
			}
			v = b
		case *ssa.Call:
			if callee := ir.Callee(&x.Call); callee != nil && strings.HasPrefix(callee.Name(), "_C") {
				return nil
			}
			// cgo wraps some calls in a literal.
			if _, ok := x.Type().Underlying().(*types.Basic); ok {
				return nil
			}
			return elem
		default:
			return elem
		}
	}
	return elem
}

func ofC(t types.Type) bool {
	n, ok := types.Unalias(t).(*types.Named)
	return ok && strings.HasPrefix(n.Obj().Name(), "_C")
}

// pointers names what in the type holds Go pointers. Pointers to types of C, and
// unsafe.Pointer, may hold anything.
func pointers(t types.Type, depth int) string {
	if depth > 6 || ofC(t) {
		return ""
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		if u.Info()&types.IsString != 0 {
			return "a string"
		}
	case *types.Pointer:
		if !ofC(u.Elem()) {
			return "a pointer"
		}
	case *types.Slice:
		return "a slice"
	case *types.Map:
		return "a map"
	case *types.Chan:
		return "a channel"
	case *types.Signature:
		return "a function"
	case *types.Interface:
		return "an interface"
	case *types.Array:
		return pointers(u.Elem(), depth+1)
	case *types.Struct:
		for i := range u.NumFields() {
			if what := pointers(u.Field(i).Type(), depth+1); what != "" {
				return "field " + u.Field(i).Name()
			}
		}
	}
	return ""
}
