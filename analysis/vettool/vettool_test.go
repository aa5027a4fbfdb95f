package vettool

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/analysis/passes/buildssa"
	"golang.org/x/tools/go/packages"

	"github.com/backstop-go/backstop/analysis/rules"
)

// The rules of one package run at the same time under go vet and in
// golangci-lint, and share what the analyzers behind them found. The race
// detector sees whether they do so safely (make race); that they leave the code
// as it was is seen without it: one once wrote into the arguments of calls.
func TestRulesAtOnce(t *testing.T) {
	for dir, pattern := range map[string]string{
		"../corpus/testdata/cases": "./...",
		".":                        "golang.org/x/tools/txtar",
	} {
		pkgs, err := packages.Load(&packages.Config{
			Mode: packages.LoadSyntax, Dir: dir, Env: append(os.Environ(), "GOWORK=off"),
		}, pattern)
		if err != nil {
			t.Fatal(err)
		}
		withoutDependencies(pkgs)
		before := code(t, pkgs, buildssa.Analyzer)
		after := code(t, pkgs, append(rules.Analyzers(rules.All()), buildssa.Analyzer)...)
		if len(before) == 0 {
			t.Errorf("%s: no code", pattern)
		}
		for name, want := range before {
			if after[name] != want {
				t.Errorf("%s: the rules have changed the code they looked at, from\n%s\nto\n%s", name, want, after[name])
			}
		}
	}
}

// withoutDependencies leaves dependencies away that the packages do not need to be
// checked: what the rules would find out of the standard library is not their
// common work, and takes ten times as long.
func withoutDependencies(pkgs []*packages.Package) {
	for _, p := range pkgs {
		maps.DeleteFunc(p.Imports, func(_ string, dep *packages.Package) bool { return !slices.Contains(pkgs, dep) })
	}
}

// code runs the analyzers and returns the functions as they are then.
func code(t *testing.T, pkgs []*packages.Package, analyzers ...*analysis.Analyzer) map[string]string {
	t.Helper()
	graph, err := checker.Analyze(analyzers, pkgs, nil)
	if err != nil {
		t.Fatal(err)
	}
	code := make(map[string]string)
	for act := range graph.All() {
		if act.Err != nil {
			t.Errorf("%v: %v", act, act.Err)
		}
		ssa, ok := act.Result.(*buildssa.SSA)
		if !ok || !act.IsRoot {
			continue
		}
		for _, fn := range ssa.SrcFuncs {
			var text strings.Builder
			if _, err := fn.WriteTo(&text); err != nil {
				t.Fatal(err)
			}
			code[ssa.Pkg.Pkg.Path()+" "+fn.String()] = text.String()
		}
	}
	return code
}
