package golangci_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/golangci/plugin-module-register/register"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/packages"

	"github.com/backstop-go/backstop/contrib/golangci"
)

// linter asks for the linter as golangci-lint does.
func linter(t *testing.T, settings any) (register.LinterPlugin, error) {
	t.Helper()
	newPlugin, err := register.GetPlugin(golangci.Name)
	if err != nil {
		t.Fatal(err)
	}
	return newPlugin(settings)
}

func TestLinter(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.com/m\ngo 1.26\n",
		"a.go":   "package m\n\nfunc a() { panic(nil) }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	l, err := linter(t, map[string]any{"rules": []any{"panic-nil"}, "go": []any{"1.26"}})
	if err != nil {
		t.Fatal(err)
	}
	if l.GetLoadMode() != register.LoadModeTypesInfo {
		t.Errorf("load mode %q", l.GetLoadMode())
	}
	analyzers, err := l.BuildAnalyzers()
	if err != nil || len(analyzers) != 1 {
		t.Fatalf("%d analyzers, error %v; want that of panic-nil", len(analyzers), err)
	}
	pkgs, err := packages.Load(&packages.Config{Mode: packages.LoadAllSyntax, Dir: dir, Env: append(os.Environ(), "GOWORK=off")}, ".")
	if err != nil {
		t.Fatal(err)
	}
	graph, err := checker.Analyze(analyzers, pkgs, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, act := range graph.Roots {
		if act.Err != nil || len(act.Diagnostics) != 1 || !strings.HasPrefix(act.Diagnostics[0].Message, "panic-nil: ") {
			t.Errorf("%v: %v, error %v", act, act.Diagnostics, act.Err)
		}
	}
}

func TestBadSettings(t *testing.T) {
	for _, c := range []struct {
		settings map[string]any
		want     string
	}{
		{map[string]any{"rules": []any{"no-such-rule"}}, `unknown rule "no-such-rule"`},
		{map[string]any{"model": "not/there"}, "not/there"},
		{map[string]any{"ruels": []any{"A"}}, "ruels"},
	} {
		if _, err := linter(t, c.settings); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: error %v, want %q in it", c.settings, err, c.want)
		}
	}
}
