package recovernotdeferred_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/analysis/driver"
	"github.com/backstop-go/backstop/analysis/internal/ruletest"
	"github.com/backstop-go/backstop/analysis/recovernotdeferred"
	"github.com/backstop-go/backstop/analysis/rule"
)

func Test(t *testing.T) {
	var audit []string
	for _, f := range ruletest.Run(t, recovernotdeferred.Rule, "a", "command") {
		if f.Tier == rule.TierC {
			audit = append(audit, enclosing(t, f))
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
func enclosing(t *testing.T, f driver.Finding) string {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, f.File, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range file.Decls {
		d, ok := d.(*ast.FuncDecl)
		if !ok || f.Line < fset.Position(d.Pos()).Line || fset.Position(d.End()).Line < f.Line {
			continue
		}
		if d.Recv == nil {
			return d.Name.Name
		}
		return strings.TrimPrefix(types.ExprString(d.Recv.List[0].Type), "*") + "." + d.Name.Name
	}
	return ""
}
