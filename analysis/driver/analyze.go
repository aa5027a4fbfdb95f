package driver

import (
	"fmt"
	"go/types"
	"os"
	"reflect"
	"runtime/debug"
	"slices"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/buildssa"
	"golang.org/x/tools/go/types/objectpath"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/rule"
)

type fact = analysis.Fact

// analyze reads one package and runs the analyzers of the plan over it.
func (r *run) analyze(u *unit) {
	u.facts = newFactSet()
	u.out = r.empty(u)
	c := r.check(u, r.universes[u.pkg.ForTest])
	if u.target { // who imports what is broken is broken, too, and told
		u.out.Problems = c.problems
	}
	if u.pkg.ExportFile == "" {
		u.source = c.types
	}
	if u.target {
		r.describe(u, c)
	}
	if !c.usable {
		return
	}
	a := &action{run: r, unit: u, checked: c, results: make(map[*analysis.Analyzer]result), paths: new(objectpath.Encoder)}
	analyzers := r.plan.deps
	if u.target {
		analyzers = slices.Concat(r.plan.targets, r.plan.deps)
	}
	for _, an := range analyzers {
		if res := a.do(an); res.err != nil {
			a.problem(res.err)
		}
	}
	if u.target {
		a.findings()
	}
	a.collect()
}

// describe counts lines and lists the ignore comments of a target.
func (r *run) describe(u *unit, c *checked) {
	for _, f := range c.files {
		for _, d := range rule.Directives(r.prog.fset.FileSet, f) {
			u.out.Ignores = append(u.out.Ignores, Ignore{Rule: d.Rule, Reason: d.Reason, For: d.Line, Spaced: d.Spaced, Place: r.prog.fset.place(d.Pos, "")})
		}
		if !ir.Generated(r.prog.fset.FileSet, f) && f.FileStart.IsValid() {
			u.out.Lines += r.prog.fset.File(f.FileStart).LineCount()
		}
	}
}

// An action is the analyzers on one package.
type action struct {
	run     *run
	unit    *unit
	checked *checked
	results map[*analysis.Analyzer]result
	paths   *objectpath.Encoder
	told    map[string]bool
}

type result struct {
	value any
	err   error
}

// do runs an analyzer, after those it requires, once.
func (a *action) do(an *analysis.Analyzer) result {
	if res, ok := a.results[an]; ok {
		return res
	}
	var res result
	inputs := make(map[*analysis.Analyzer]any)
	for _, req := range an.Requires {
		in := a.do(req)
		if in.err != nil {
			res.err = in.err
			break
		}
		inputs[req] = in.value
	}
	if res.err == nil {
		res = a.call(an, inputs)
	}
	a.results[an] = res
	return res
}

// call runs an analyzer and turns a panic in it into an error.
func (a *action) call(an *analysis.Analyzer, inputs map[*analysis.Analyzer]any) (res result) {
	defer func() {
		switch v := recover(); {
		case v != nil && a.checked.damaged && an == buildssa.Analyzer:
			// SSA trusts code to compile; what is left of this does not.
			res = result{err: fmt.Errorf("package %s could not be read: its code does not compile", a.unit.pkg.PkgPath)}
		case v != nil:
			res = result{err: fmt.Errorf("%s panicked, which is a bug of backstop: %v\n%s", an.Name, v, debug.Stack())}
		}
	}()
	value, err := an.Run(a.pass(an, inputs))
	if err == nil && an.ResultType != nil && value != nil && reflect.TypeOf(value) != an.ResultType {
		err = fmt.Errorf("%s returned a %T instead of a %v", an.Name, value, an.ResultType)
	}
	return result{value, err}
}

func (a *action) problem(err error) {
	if a.told == nil {
		a.told = make(map[string]bool)
	}
	if a.told[err.Error()] {
		return // several rules need what failed
	}
	a.told[err.Error()] = true
	a.unit.key = ""
	a.unit.out.Problems = append(a.unit.out.Problems, Problem{Lost: true, Package: a.unit.pkg.PkgPath, Place: Place{Message: err.Error()}})
}

func (a *action) pass(an *analysis.Analyzer, inputs map[*analysis.Analyzer]any) *analysis.Pass {
	c, u := a.checked, a.unit
	pass := &analysis.Pass{
		Analyzer: an, Fset: a.run.prog.fset.FileSet, Files: c.files,
		OtherFiles: u.pkg.OtherFiles, IgnoredFiles: u.pkg.IgnoredFiles,
		Pkg: c.types, TypesInfo: c.info, TypesSizes: a.run.prog.sizes,
		ResultOf: inputs, Report: func(analysis.Diagnostic) {}, ReadFile: os.ReadFile,
		ImportPackageFact: func(p *types.Package, ptr analysis.Fact) bool {
			return a.factsOf(p).get("", ptr)
		},
		ExportPackageFact: func(f analysis.Fact) { u.facts.put("", f) },
		ImportObjectFact: func(obj types.Object, ptr analysis.Fact) bool {
			if obj.Pkg() == nil {
				return false
			}
			if modelSaysNoReturn(behaviour.Model(), obj, ptr) {
				return true
			}
			facts := a.factsOf(obj.Pkg())
			if facts == nil {
				return false
			}
			path, err := a.paths.For(obj)
			return err == nil && facts.get(path, ptr)
		},
		ExportObjectFact: func(obj types.Object, f analysis.Fact) {
			if path, err := a.paths.For(obj); err == nil {
				u.facts.put(path, f)
			}
		},
		// Who asks for all facts would be told of none: facts are decoded when
		// somebody asks for those of one package.
		AllObjectFacts:  func() []analysis.ObjectFact { panic("asks for the facts of all objects") },
		AllPackageFacts: func() []analysis.PackageFact { panic("asks for the facts of all packages") },
	}
	if m := u.pkg.Module; m != nil {
		pass.Module = &analysis.Module{Path: m.Path, Version: m.Version, GoVersion: m.GoVersion}
	}
	return pass
}

// factsOf is what is known of a package; of the one at hand, what its analyzers
// said so far.
func (a *action) factsOf(p *types.Package) *factSet {
	if p == a.checked.types {
		return a.unit.facts
	}
	if u := a.run.unitOf(a.unit, p); u != nil {
		return u.facts
	}
	return nil
}

// findings tells what the rules found in words.
func (a *action) findings() {
	generated := make(map[string]bool)
	for _, f := range a.checked.files {
		if ir.Generated(a.run.prog.fset.FileSet, f) {
			generated[a.run.prog.fset.place(f.Package, "").File] = true
		}
	}
	for _, an := range a.run.plan.targets {
		res, ok := a.results[an].value.(*rule.Result)
		if !ok || res == nil {
			continue
		}
		for _, f := range res.Findings {
			found := a.finding(a.run.plan.rules[an], f)
			found.Generated = generated[found.File]
			a.unit.out.Findings = append(a.unit.out.Findings, found)
		}
	}
}

func (a *action) finding(r *rule.Rule, f rule.Finding) Finding {
	fset := a.run.prog.fset
	found := Finding{
		Rule: r.ID, Tier: f.Tier, Place: fset.place(f.Pos, f.Message), Go: f.Go,
		Path: a.places(f.Path), Related: a.places(f.Related),
		Ignored: f.Ignored, Package: a.unit.pkg.PkgPath,
	}
	if f.End.IsValid() {
		end := fset.Position(f.End)
		found.EndLine, found.EndColumn = end.Line, end.Column
	}
	for _, fix := range f.Fixes {
		if edits, ok := a.edits(fix.TextEdits); ok {
			found.Fixes = append(found.Fixes, Fix{Message: fix.Message, Edits: edits})
		}
	}
	return found
}

// edits tells edits by offsets. There are none for files that are not the user's
// own: of a dependency, of the standard library, or made by cgo in a cache.
func (a *action) edits(list []analysis.TextEdit) ([]Edit, bool) {
	fset := a.run.prog.fset
	if m := a.unit.pkg.Module; a.unit.std || m != nil && !m.Main {
		return nil, false
	}
	var out []Edit
	for _, e := range list {
		if fset.Position(e.Pos).Filename != fset.PositionFor(e.Pos, false).Filename {
			return nil, false
		}
		out = append(out, a.edit(e))
	}
	return out, true
}

func (a *action) edit(e analysis.TextEdit) Edit {
	fset := a.run.prog.fset
	start, end := fset.PositionFor(e.Pos, false), fset.PositionFor(e.Pos, false)
	if e.End.IsValid() {
		end = fset.PositionFor(e.End, false)
	}
	return Edit{File: start.Filename, Start: start.Offset, End: end.Offset, New: string(e.NewText)}
}

func (a *action) places(list []rule.Place) []Place {
	var out []Place
	for _, p := range list {
		out = append(out, a.run.prog.fset.place(p.Pos, p.Message))
	}
	return out
}

// collect encodes what collectors gathered.
func (a *action) collect() {
	for _, c := range a.run.cfg.Collect {
		res, ok := a.results[c.Analyzer]
		if !ok || res.err != nil {
			continue
		}
		data, err := c.Encode(a.run.prog.fset.FileSet, res.value)
		if err != nil {
			a.problem(fmt.Errorf("%s: %w", c.Name, err))
			continue
		}
		a.unit.out.Collected[c.Name] = data
	}
}
