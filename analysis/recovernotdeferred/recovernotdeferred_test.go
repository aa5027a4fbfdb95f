package recovernotdeferred_test

import (
	"go/ast"
	"go/types"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/recovernotdeferred"
	"github.com/backstop-go/backstop/analysis/rule"
)

func Test(t *testing.T) {
	results := analysistest.Run(t, analysistest.TestData(), recovernotdeferred.Rule.Analyzer, "a", "command")
	var audit []string
	for _, r := range results {
		for _, f := range r.Result.(*rule.Result).Findings {
			if f.Tier == rule.TierC {
				audit = append(audit, enclosing(r.Pass, f))
			}
		}
	}
	want := []string{"usesProtect", "usesSlice", "CatchRequest", "Catch", "Guard.Stop", "server.Close", "unused"}
	if len(audit) != len(want) {
		t.Fatalf("of tier C: %v, want %v", audit, want)
	}
	for i, name := range want {
		if audit[i] != name {
			t.Errorf("of tier C: %v, want %v", audit, want)
		}
	}
}

// enclosing names the function that a finding is in.
func enclosing(pass *analysis.Pass, f rule.Finding) string {
	for _, file := range pass.Files {
		for _, d := range file.Decls {
			d, ok := d.(*ast.FuncDecl)
			if !ok || f.Pos < d.Pos() || d.End() < f.Pos {
				continue
			}
			if d.Recv == nil {
				return d.Name.Name
			}
			return strings.TrimPrefix(types.ExprString(d.Recv.List[0].Type), "*") + "." + d.Name.Name
		}
	}
	return ""
}
