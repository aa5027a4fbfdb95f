package cxxthrow

import (
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis"

	"github.com/backstop-go/backstop/analysis/rule"
)

// Each line with the comment "want" throws, and no other line is reported.
func Test(t *testing.T) {
	names, err := filepath.Glob("testdata/src/a/*")
	if err != nil || len(names) != 2 {
		t.Fatalf("files: %v, %v", names, err)
	}
	fset := token.NewFileSet()
	pass := &analysis.Pass{
		Fset: fset, OtherFiles: names, ReadFile: os.ReadFile, Report: func(analysis.Diagnostic) {},
		ResultOf: make(map[*analysis.Analyzer]any),
	}
	for _, need := range Rule.Analyzer.Requires {
		if pass.ResultOf[need], err = need.Run(pass); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Rule.Analyzer.Run(pass)
	if err != nil {
		t.Fatal(err)
	}
	reported := make(map[string]map[int]bool)
	for _, f := range got.(*rule.Result).Findings {
		p := fset.Position(f.Pos)
		if reported[p.Filename] == nil {
			reported[p.Filename] = make(map[int]bool)
		}
		reported[p.Filename][p.Line] = true
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for n, line := range strings.Split(string(text), "\n") {
			if want := strings.Contains(line, "// want"); want != reported[name][n+1] {
				t.Errorf("%s:%d: reported %t, want %t: %s", name, n+1, !want, want, line)
			}
		}
	}
}
