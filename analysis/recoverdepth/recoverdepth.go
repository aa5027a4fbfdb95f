// Package recoverdepth holds the rule recover-depth.
package recoverdepth

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/internal/recovery"
	"github.com/backstop-go/backstop/analysis/model"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports guards whose recover() stands one call too deep.
var Rule = rule.New(rule.Rule{
	ID:   "recover-depth",
	Tier: rule.TierA,
	Doc: rule.Doc{
		Summary: "a guard calls recover one call too deep",
		Why: `recover stops a panic only when the function that the defer statement runs calls
it. In a function called from there it returns nil: the guard looks right, is
called, recovers nothing, and the process ends.

Go 1.22 to 1.25 recover all the same when the deferred call has arguments or
results, or is a method, and is small enough to be inlined (golang/go#73916):
the compiler wraps such a call, and takes what was inlined into the wrapper for
the deferred function. Built with -gcflags=-l, with Go 1.21, or with Go 1.26 and
later, the same guard recovers nothing. Guards that have worked for years stop
working with an upgrade. The verdict for each release is an estimate where it
depends on inlining: what the compiler inlines is counted as the compiler counts.`,
		Bad:  "func stopPanic() {\n\tif r := recover(); r != nil {\n\t\tlog.Println(r)\n\t}\n}\n\nfunc handle() {\n\tdefer func() { stopPanic() }()\n\t// ...\n}",
		Good: "func handle() {\n\tdefer stopPanic()\n\t// ...\n}",
		LeftAlone: []string{
			"defer stopPanic(), also as a method, a method value, or a variable: it is the deferred function itself",
			"a deferred function that calls recover itself, whatever it calls besides",
			"defer stopPanic() in a deferred function that does something else: it guards that",
			"a deferred function that calls one with a guard of its own: that guards what it runs",
			"a function that is also called where nothing is deferred, and does more than recover: it may be meant for cleaning up",
			"methods of interfaces whose dynamic type is not known",
		},
		Scenarios: []string{"recover-in-helper", "recover-in-helper-of-helper", "recover-by-accident", "recover-method-value"},
	},
}, run, behaviour.Analyzer)

// selected holds the flag -recoverdepth.go.
var selected = releases(behaviour.Releases)

func init() {
	Rule.Analyzer.Flags.Var(&selected, "go", "the releases of Go that matter: 1.22..1.25, or 1.22,1.26; a finding is reported when the guard does not work on one of them")
}

func run(pass *rule.Pass) error {
	d := depths{pass: pass, facts: pass.ResultOf[behaviour.Analyzer].(*behaviour.Facts), reported: make(map[*ssa.Call]bool)}
	for _, fn := range d.facts.Funcs {
		d.inside(fn)
		ir.Calls(fn, func(c ssa.CallInstruction) {
			if s, ok := c.(*ssa.Defer); ok {
				d.outside(s)
			}
		})
	}
	return nil
}

type depths struct {
	pass     *rule.Pass
	facts    *behaviour.Facts
	reported map[*ssa.Call]bool
}

// inside looks at a function of this package that is deferred.
func (d *depths) inside(fn *ssa.Function) {
	defers := d.deferred(fn)
	if len(defers) == 0 {
		return
	}
	if s := onlyDefers(fn); s != nil && d.facts.OfCall(s.Common()).Recovers == behaviour.Directly && !ir.IsBuiltin(s.Common(), "recover") {
		d.report(s, name(d.facts, s.Common()), defers[:1], dead())
		return
	}
	what := d.facts.Of(fn)
	if what.Recovers != behaviour.Directly {
		d.spawned(fn, defers)
		d.behindInterface(fn, defers)
	}
	if what.Recovers != behaviour.TooDeep {
		return
	}
	verdicts := make(map[string]rule.Verdict)
	for _, s := range defers {
		for release, v := range d.facts.Verdicts(s, fn) {
			if v == rule.Dead || verdicts[release] == "" {
				verdicts[release] = v
			}
		}
	}
	ir.Calls(fn, func(c ssa.CallInstruction) {
		call, ok := c.(*ssa.Call)
		if !ok || !d.meant(fn, call) {
			return
		}
		if inner := d.innermost(call, 0); inner != nil && !d.reported[inner] {
			d.reported[inner] = true
			helper := name(d.facts, inner.Common())
			if lit := callback(d.facts, inner); lit != nil {
				helper = recovery.Name(lit)
			}
			d.report(inner, helper, defers, verdicts)
		}
	})
}

// innermost is the call that leads straight to the function that calls recover.
func (d *depths) innermost(c *ssa.Call, depth int) *ssa.Call {
	h := d.facts.Deferred(c.Common())
	if h == nil || depth > 3 || d.facts.Of(h).Recovers != behaviour.TooDeep {
		return c
	}
	var inner *ssa.Call
	ir.Calls(h, func(i ssa.CallInstruction) {
		call, ok := i.(*ssa.Call)
		if ok && inner == nil && call != c && d.facts.OfCall(call.Common()).Recovers != behaviour.Never {
			inner = d.innermost(call, depth+1)
		}
	})
	if inner == nil {
		return c
	}
	return inner
}

// spawned looks for guards that the deferred function starts: recover of another
// goroutine.
func (d *depths) spawned(fn *ssa.Function, defers []ssa.CallInstruction) {
	ir.Calls(fn, func(c ssa.CallInstruction) {
		if _, ok := c.(*ssa.Go); ok && d.facts.OfCall(c.Common()).OnlyRecovers {
			d.report(c, name(d.facts, c.Common()), defers, dead())
		}
	})
}

// deferred lists the statements that defer fn. One that defers the method of an
// interface may defer others; it counts where fn implements it and is not known
// to be another.
func (d *depths) deferred(fn *ssa.Function) []ssa.CallInstruction {
	var found []ssa.CallInstruction
	for _, s := range d.facts.Use(fn).Deferred {
		c := s.Common()
		if c.IsInvoke() {
			known := d.facts.Deferred(c)
			if known != nil && known != fn || known == nil && !implements(fn, c.Value.Type()) {
				continue
			}
		}
		found = append(found, s)
	}
	return found
}

func implements(fn *ssa.Function, t types.Type) bool {
	i, ok := types.Unalias(t).Underlying().(*types.Interface)
	recv := fn.Signature.Recv()
	if !ok || recv == nil {
		return false
	}
	return types.Implements(recv.Type(), i) || types.Implements(types.NewPointer(recv.Type()), i)
}

// meant reports whether the call in a deferred function is meant to recover its
// panic: it leads to recover, and is there for nothing else.
func (d *depths) meant(fn *ssa.Function, c *ssa.Call) bool {
	if lit := callback(d.facts, c); lit != nil {
		return true
	}
	callee := d.facts.OfCall(c.Common())
	switch {
	case callee.Recovers == behaviour.Directly:
		use := d.facts.Use(fn)
		return callee.OnlyRecovers || len(use.Called)+len(use.Spawned) == 0 && !use.Exported
	case callee.Recovers == behaviour.TooDeep && callee.Depth < 3:
		h := d.facts.Deferred(c.Common())
		return h != nil && d.onlyForPanics(h, 0)
	}
	return false
}

// onlyForPanics reports whether deferred functions only call h, directly or
// through others: it has no other purpose than theirs.
func (d *depths) onlyForPanics(h *ssa.Function, depth int) bool {
	use := d.facts.Use(h)
	if depth > 3 || use.Exported || use.Stored || len(use.Passed)+len(use.Spawned) > 0 || len(use.Called) == 0 {
		return false
	}
	for _, c := range use.Called {
		p := c.Parent()
		if len(d.deferred(p)) > 0 && len(d.facts.Use(p).Called) == 0 {
			continue
		}
		if !d.onlyForPanics(p, depth+1) {
			return false
		}
	}
	return true
}

// outside looks at a statement that defers a function of another package, or one
// that calls the function it is given.
func (d *depths) outside(s *ssa.Defer) {
	c := s.Common()
	if lit := callback(d.facts, s); lit != nil {
		d.report(s, recovery.Name(lit), nil, d.facts.Verdicts(s, nil))
		return
	}
	what := d.facts.OfCall(c)
	if c.IsInvoke() || what.Recovers != behaviour.TooDeep || what.Depth != 1 {
		return
	}
	if obj := ir.Target(c); obj != nil && obj.Pkg() != nil && obj.Pkg() != d.pass.Pkg {
		d.report(s, what.Via, nil, d.facts.Verdicts(s, nil))
	}
}

// callback is a function that calls recover and is given to one that calls it.
func callback(facts *behaviour.Facts, c ssa.CallInstruction) *ssa.Function {
	args := ir.Args(c.Common())
	for _, cb := range facts.OfCall(c.Common()).Callbacks {
		if cb.Where != model.Caller || cb.Deferred || cb.Param >= len(args) {
			continue
		}
		if fn := ir.Func(args[cb.Param]); fn != nil && facts.Of(fn).Recovers == behaviour.Directly {
			return fn
		}
	}
	return nil
}

func (d *depths) report(c ssa.CallInstruction, helper string, defers []ssa.CallInstruction, all map[string]rule.Verdict) {
	verdicts := make(map[string]rule.Verdict)
	for _, release := range selected {
		verdicts[release] = all[release]
	}
	f := rule.Finding{Pos: c.Pos(), Go: verdicts, Message: message(c, helper, verdicts)}
	if call := find(d.pass.Files, c); call != nil {
		f.Pos, f.End = call.Pos(), call.End()
		if len(defers) == 1 {
			f.Fixes = fixes(d.pass, defers[0], c, call)
		}
	}
	for _, s := range defers {
		f.Related = append(f.Related, rule.Place{Pos: s.Pos(), Message: "the defer statement"})
	}
	if h := d.facts.Deferred(c.Common()); h != nil {
		for _, r := range recovery.Calls(h) {
			f.Related = append(f.Related, rule.Place{Pos: r.Pos(), Message: "recover() one call too deep"})
		}
	}
	d.pass.Report(f)
}

func message(c ssa.CallInstruction, helper string, verdicts map[string]rule.Verdict) string {
	var accident, dead []string
	for _, release := range behaviour.Releases {
		switch verdicts[release] {
		case rule.ByAccident:
			accident = append(accident, release)
		case rule.Dead:
			dead = append(dead, release)
		}
	}
	if _, ok := c.(*ssa.Go); ok {
		return fmt.Sprintf("%s recovers nothing here: it runs in a goroutine of its own, and recovers none of another; defer %[1]s instead", helper)
	}
	if len(accident) == 0 {
		return fmt.Sprintf("%s recovers nothing here: recover must be called by the deferred function itself, and this is one call deeper; defer %[1]s instead", helper)
	}
	return fmt.Sprintf("%s recovers here by accident with Go %s (golang/go#73916)%s: recover must be called by the deferred function itself, and this is one call deeper; defer %[1]s instead",
		helper, strings.Join(accident, ", "), but(dead))
}

func but(dead []string) string {
	if len(dead) == 0 {
		return ""
	}
	return ", and recovers nothing with " + strings.Join(dead, ", ")
}

func name(facts *behaviour.Facts, c *ssa.CallCommon) string {
	if obj := ir.Target(c); obj != nil {
		return obj.Name()
	}
	if fn := facts.Callee(c); fn != nil && ir.Object(fn) != nil {
		return fn.Name()
	}
	return "the function literal"
}

// find is the syntax of a call or, for defer and go, of the statement.
func find(files []*ast.File, c ssa.CallInstruction) ast.Node {
	var found ast.Node
	for _, file := range files {
		if file.FileStart > c.Pos() || c.Pos() > file.FileEnd {
			continue
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if n == nil || found != nil || n.Pos() > c.Pos() || n.End() < c.Pos() {
				return false
			}
			switch n := n.(type) {
			case *ast.CallExpr:
				if n.Lparen == c.Pos() {
					found = n
				}
			case *ast.DeferStmt:
				if n.Defer == c.Pos() {
					found = n
				}
			case *ast.GoStmt:
				if n.Go == c.Pos() {
					found = n
				}
			}
			return true
		})
	}
	return found
}

// onlyDefers is the defer statement that is all of a function: it guards nothing
// there, and is meant to guard who defers the function.
func onlyDefers(fn *ssa.Function) *ssa.Defer {
	var body *ast.BlockStmt
	switch n := fn.Syntax().(type) {
	case *ast.FuncDecl:
		body = n.Body
	case *ast.FuncLit:
		body = n.Body
	}
	if body == nil || len(body.List) != 1 {
		return nil
	}
	if s, ok := body.List[0].(*ast.DeferStmt); ok {
		for _, b := range fn.Blocks {
			for _, i := range b.Instrs {
				if d, ok := i.(*ssa.Defer); ok && d.Pos() == s.Defer {
					return d
				}
			}
		}
	}
	return nil
}
