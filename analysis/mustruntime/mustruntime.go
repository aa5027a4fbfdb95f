// Package mustruntime holds the rule must-runtime.
package mustruntime

import (
	"fmt"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/entry"
	"github.com/backstop-go/backstop/analysis/internal/crash"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/panics"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports Must functions that are given what is only known at run time.
var Rule = rule.New(rule.Rule{
	ID:   "must-runtime",
	Tier: rule.TierB,
	Doc: rule.Doc{
		Summary: "a Must function is given input that is only known at run time",
		Why: `regexp.MustCompile, template.Must and their like panic when their argument is no good.
That is right for constants at start-up, where the first run shows the mistake. With
a pattern of a request, a configuration or a database the panic comes when the input
does, where an error could have been returned.`,
		Bad:  "func match(pattern, s string) bool {\n\treturn regexp.MustCompile(pattern).MatchString(s)\n}",
		Good: "func match(pattern, s string) (bool, error) {\n\tre, err := regexp.Compile(pattern)\n\tif err != nil {\n\t\treturn false, err\n\t}\n\treturn re.MatchString(s), nil\n}",
		LeftAlone: []string{
			"constants, package-level variables, and what is computed of them",
			"package-level variables, init and main, and functions that only those call: the start shows it",
			"what regexp.QuoteMeta has quoted: it compiles always",
			"unexported functions that are only given constants, and strings that were compared with one",
			"exported functions whose name begins with New and that return no error: the program makes its parts while it starts, of what its author wrote",
			"functions whose own name begins with Must: they say it to their callers",
			"what an encoder returns: it fails of the program's own types",
			"what ParseAddr, Compile or their like has been asked for before, in the same function",
			"uuid.Must(uuid.NewRandom()): it has no input",
			"Must functions of handles, labels and collectors, as those of Prometheus: their author is the programmer",
			"tests and generated files",
		},
		Scenarios: []string{"regexp-mustcompile"},
	},
}, run, entry.Analyzer, panics.Analyzer)

func run(pass *rule.Pass) error {
	entries := pass.ResultOf[entry.Analyzer].(*entry.Entries)
	facts := pass.ResultOf[panics.Analyzer].(*panics.Facts)
	skip := crash.Skipped(pass.Pass)
	x := &starts{facts: facts, known: make(map[*ssa.Function]bool)}
	spawned := make(map[*ssa.Function]bool)
	for _, e := range entries.List {
		if e.Kind == entry.Go || e.Kind == entry.Callback {
			spawned[e.Target] = true
		}
	}
	for _, fn := range entries.SSA.SrcFuncs {
		if skip[pass.Fset.Position(fn.Pos()).Filename] || must(outer(fn).Name()) {
			continue
		}
		request := entries.InRequest(fn) != nil
		elsewhere := request || spawned[fn] // other rules have the panic itself
		if !request && (x.atStart(fn, 0) || constructor(fn)) {
			continue
		}
		guard := facts.Guard(fn)
		ir.Calls(fn, func(c ssa.CallInstruction) {
			name, ok := mustFunc(facts, c, elsewhere)
			if !ok || guard.Covers(c) || facts.ConstantAt(c) || !input(c.Common()) || tried(c) {
				return
			}
			pass.Report(rule.Finding{
				Pos: c.Pos(),
				Message: fmt.Sprintf("%s panics when it does not accept %s, which is only known at run time: call the function that returns an error",
					name, argument(c.Common())),
			})
		})
	}
	return nil
}

// constructor reports whether fn makes something, and cannot return an error.
func constructor(fn *ssa.Function) bool {
	rest, ok := strings.CutPrefix(fn.Name(), "New")
	if !ok || rest != "" && rest[0] >= 'a' && rest[0] <= 'z' || fn.Parent() != nil || fn.Signature.Recv() != nil {
		return false
	}
	for r := range fn.Signature.Results().Variables() {
		if r.Type().String() == "error" {
			return false
		}
	}
	return true
}

func outer(fn *ssa.Function) *ssa.Function {
	for fn.Parent() != nil {
		fn = fn.Parent()
	}
	return fn
}

func must(name string) bool {
	rest, ok := strings.CutPrefix(name, "Must")
	if !ok {
		rest, ok = strings.CutPrefix(name, "must")
	}
	return ok && (rest == "" || rest[0] < 'a' || rest[0] > 'z')
}

// mustFunc reports whether the call is of a function that panics by its name, and
// really does.
func mustFunc(facts *panics.Facts, c ssa.CallInstruction, elsewhere bool) (string, bool) {
	fn := ir.Target(c.Common())
	if fn == nil || fn.Pkg() == nil {
		return "", false
	}
	name := fn.Name()
	if fn.Signature().Recv() == nil && fn.Pkg() != facts.SSA.Pkg.Pkg {
		name = fn.Pkg().Name() + "." + name
	}
	if m, ok := facts.Model(fn); ok && m.Must {
		return name, true
	}
	callee := ir.Callee(c.Common())
	if fn.Name() == "MustRegister" || fn.Pkg().Path() == "github.com/prometheus/client_golang/prometheus" {
		return "", false // about collectors and labels, and no input
	}
	if !must(fn.Name()) || callee == nil || ir.StdFunc(fn) {
		return "", false
	}
	if callee.Pkg == facts.SSA.Pkg && elsewhere {
		return "", false
	}
	p, ok := facts.CanPanic(callee)
	return name, ok && p.Kind == panics.Explicit
}

// input reports whether the call depends on a text that is given, itself or by
// way of the call whose error it checks. Not so uuid.Must(uuid.NewRandom()), and
// not so functions of handles and labels, whose author is the programmer.
func input(c *ssa.CallCommon) bool {
	return slices.ContainsFunc(c.Args, func(v ssa.Value) bool {
		if e, ok := v.(*ssa.Extract); ok && !textual(e.Type()) && !handsError(c, e.Tuple) {
			return false // its error was looked at before
		}
		return given(v)
	})
}

// handsError reports whether the call is given the error of another one as well.
func handsError(c *ssa.CallCommon, of ssa.Value) bool {
	return slices.ContainsFunc(c.Args, func(v ssa.Value) bool {
		e, ok := v.(*ssa.Extract)
		return ok && e.Tuple == of && e.Type().String() == "error"
	})
}

func given(v ssa.Value) bool {
	switch v := v.(type) {
	case *ssa.Const:
		return false
	case *ssa.Extract:
		c, ok := v.Tuple.(*ssa.Call)
		return !ok || !embedded(c) && !encodes(&c.Call) && slices.ContainsFunc(c.Call.Args, given)
	case *ssa.BinOp:
		return given(v.X) || given(v.Y)
	case *ssa.Call:
		switch ir.Name(ir.Target(&v.Call)) {
		case "strconv.Itoa", "strconv.FormatInt", "strconv.FormatUint":
			return false // a number makes no bad pattern
		case "(net/netip.Addr).String", "(net/netip.Prefix).String", "(net/netip.AddrPort).String", "(*regexp.Regexp).String":
			return false // it was parsed once
		case "fmt.Sprintf":
			return given(v.Call.Args[0]) || !numbers(v.Call.Args[1])
		}
	}
	return textual(v.Type())
}

// embedded reports whether a call reads from files that are part of the program,
// whose names stand in the code: that fails in every run or in none.
func embedded(c *ssa.Call) bool {
	return slices.ContainsFunc(c.Call.Args, func(v ssa.Value) bool {
		if m, ok := v.(*ssa.MakeInterface); ok {
			v = m.X
		}
		return types.TypeString(v.Type(), nil) == "embed.FS"
	})
}

// encodes reports whether a call makes bytes of a value.
func encodes(c *ssa.CallCommon) bool {
	fn := ir.Target(c)
	if fn == nil {
		return false
	}
	for _, verb := range []string{"Encode", "Marshal", "Append"} {
		if strings.HasPrefix(fn.Name(), verb) {
			return true
		}
	}
	return false
}

// tried reports whether the function that returns an error has been asked before
// for the same text.
func tried(c ssa.CallInstruction) bool {
	target := ir.Target(c.Common())
	if target == nil || len(c.Common().Args) == 0 {
		return false
	}
	plain := strings.TrimPrefix(strings.TrimPrefix(target.Name(), "Must"), "must")
	root, path := panics.Origin(c.Common().Args[0])
	found := false
	ir.Calls(c.Parent(), func(other ssa.CallInstruction) {
		fn := ir.Target(other.Common())
		if found || fn == nil || fn.Pkg() != target.Pkg() || plain == "" || !strings.EqualFold(fn.Name(), plain) || len(other.Common().Args) == 0 {
			return
		}
		r, p := panics.Origin(other.Common().Args[0])
		found = r != nil && r == root && p == path && ir.Before(other, c)
	})
	return found
}

// numbers reports whether the variadic arguments are numbers.
func numbers(args ssa.Value) bool {
	s, ok := args.(*ssa.Slice)
	if !ok {
		return false
	}
	array, ok := s.X.(*ssa.Alloc)
	if !ok {
		return false
	}
	for _, r := range *array.Referrers() {
		at, ok := r.(*ssa.IndexAddr)
		if !ok {
			continue
		}
		for _, use := range *at.Referrers() {
			st, ok := use.(*ssa.Store)
			if !ok {
				continue
			}
			m, ok := st.Val.(*ssa.MakeInterface)
			if !ok {
				return false
			}
			if c, ok := m.X.(*ssa.Call); ok && !given(c) {
				continue
			}
			if b, ok := m.X.Type().(*types.Basic); !ok || b.Info()&types.IsNumeric == 0 {
				return false
			}
		}
	}
	return true
}

func textual(t types.Type) bool {
	switch t := t.Underlying().(type) {
	case *types.Basic:
		return t.Info()&types.IsString != 0
	case *types.Slice:
		b, ok := t.Elem().Underlying().(*types.Basic)
		return ok && (b.Kind() == types.Byte || b.Info()&types.IsString != 0)
	case *types.Interface: // a type parameter: ~string
		return t.NumEmbeddeds() > 0 && strings.Contains(t.String(), "string")
	}
	return false
}

// argument names what the function is given.
func argument(c *ssa.CallCommon) string {
	for _, a := range c.Args {
		if s := panics.Describe(a); s != "a value" && given(a) {
			return s
		}
	}
	return "its argument"
}

// starts knows which functions only run while the program starts.
type starts struct {
	facts *panics.Facts
	known map[*ssa.Function]bool
}

func (x *starts) atStart(fn *ssa.Function, depth int) bool {
	fn = outer(fn)
	if known, ok := x.known[fn]; ok {
		return known
	}
	if fn.Signature.Recv() == nil && (fn.Name() == "init" || strings.HasPrefix(fn.Name(), "init#")) {
		return true
	}
	if fn.Pkg != nil && fn.Pkg.Pkg.Name() == "main" && fn.Name() == "main" {
		return true
	}
	x.known[fn] = false
	callers, all := x.facts.Callers(fn)
	if !all || len(callers) == 0 || depth > 4 {
		return false
	}
	for _, c := range callers {
		if c.Parent() != fn && !x.atStart(c.Parent(), depth+1) {
			return false
		}
	}
	x.known[fn] = true
	return true
}
