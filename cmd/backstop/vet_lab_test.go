package main

import (
	"context"
	"go/ast"
	goparser "go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/analysis/driver"
	"github.com/backstop-go/backstop/analysis/rule"
	"github.com/backstop-go/backstop/analysis/rules"
	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun"
	"github.com/backstop-go/backstop/lab/claim"
	"github.com/backstop-go/backstop/lab/scenario"
)

// What the rules about recover say of the lab's guards is what the lab measured:
// a guard that is reported let the panic through, on each release, but where it
// is said to work by accident.
func TestVetAgreesWithLab(t *testing.T) {
	scenarios := map[string]string{ // and the rule that reports the guard
		"recover-in-helper":           "recover-depth",
		"recover-in-helper-of-helper": "recover-depth",
		"recover-by-accident":         "recover-depth",
		"recover-as-argument":         "recover-eager-arg",
		"defer-recover-directly":      "recover-builtin-deferred",
		"recover-not-deferred":        "recover-not-deferred",
		"recover-method-value":        "", // it works
	}
	dir := filepath.Join("..", "..", "lab")
	found := labFindings(t, dir, scenarios)
	for _, toolchain := range []string{"go1.21.13", "go1.22.12", "go1.23.12", "go1.24.13", "go1.25.14", "go1.26.8", "go1.27.0"} {
		rows, from, err := labrun.Baseline(toolchain)
		if err != nil || from != toolchain {
			t.Fatalf("baseline of %s: from %s, %v", toolchain, from, err)
		}
		release := strings.Join(strings.Split(strings.TrimPrefix(toolchain, "go"), ".")[:2], ".")
		n := 0
		for _, row := range rows {
			want, ok := scenarios[row.Scenario]
			if !ok || row.Exit == "" {
				continue
			}
			n++
			f, reported := found[row.Scenario]
			works := !reported || f.Go[release] == rule.ByAccident
			if got := row.Exit == "0"; got != works {
				t.Errorf("%s: %s recovers: %v, vet says %v (%s)", toolchain, row.Scenario, got, works, f.Message)
			}
			if reported != (want != "") || reported && f.Rule != want {
				t.Errorf("%s: reported by %q, want %q", row.Scenario, f.Rule, want)
			}
		}
		if n != len(scenarios) {
			t.Errorf("%s: %d rows of %d scenarios", toolchain, n, len(scenarios))
		}
	}
}

// labFindings vets the lab's programs and says what was found for each scenario:
// within its function, or about a defer statement there.
func labFindings(t *testing.T, dir string, scenarios map[string]string) map[string]driver.Finding {
	t.Helper()
	var list []*rule.Rule
	for _, id := range []string{"recover-depth", "recover-eager-arg", "recover-builtin-deferred", "recover-not-deferred"} {
		r, ok := rules.Find(id)
		if !ok {
			t.Fatalf("no rule %s", id)
		}
		list = append(list, r)
	}
	res, err := driver.Run(context.Background(), driver.Config{
		Dir: dir, Patterns: []string{"./app"}, Env: append(os.Environ(), "GOWORK=off"), Rules: list,
	})
	if err != nil {
		t.Fatal(err)
	}
	const file = "app/panic_user_recover.go"
	fset := token.NewFileSet()
	tree, err := goparser.ParseFile(fset, filepath.Join(dir, file), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]driver.Finding)
	for _, p := range res.Packages {
		for _, f := range p.Findings {
			for _, at := range append([]driver.Place{f.Place}, f.Related...) {
				for scenario := range scenarios {
					if filepath.ToSlash(at.File) == file && strings.EqualFold(strings.ReplaceAll(scenario, "-", ""), enclosing(fset, tree, at.Line)) {
						found[scenario] = f
					}
				}
			}
		}
	}
	return found
}

func enclosing(fset *token.FileSet, tree *ast.File, line int) string {
	for _, d := range tree.Decls {
		if d, ok := d.(*ast.FuncDecl); ok && fset.Position(d.Pos()).Line <= line && line <= fset.Position(d.End()).Line {
			return d.Name.Name
		}
	}
	return ""
}

// What a rule names of the lab is there: scenarios to run, claims to read.
func TestRulesNameTheLab(t *testing.T) {
	scenarios, claims := make(map[string]bool), make(map[string]bool)
	for _, s := range scenario.All() {
		scenarios[s.Name] = true
	}
	for _, c := range claim.All() {
		claims[c.ID] = true
	}
	named := 0
	for _, r := range rules.All() {
		for _, name := range r.Doc.Scenarios {
			named++
			if !scenarios[name] {
				t.Errorf("%s names the scenario %s, which does not exist", r.ID, name)
			}
		}
		for _, id := range r.Doc.Claims {
			if !claims[id] {
				t.Errorf("%s names the claim %s, which does not exist", r.ID, id)
			}
		}
	}
	if named < len(rules.All()) {
		t.Errorf("%d rules name %d scenarios", len(rules.All()), named)
	}
}
