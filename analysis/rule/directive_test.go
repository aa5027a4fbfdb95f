package rule_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/rule"
)

func TestDirectives(t *testing.T) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "a.go", `package a

//backstop:ignore some-rule the reason, in words
//backstop:ignore some-rule
//backstop:ignore
//backstop:ignorant some-rule it is another word
// backstop:ignore some-rule a directive has no space in front
//backstop:ignore	some-rule	tabs are spaces, too, see https://example.com/x // a comment on it
`, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	got := rule.Directives(fset, file)
	for i := range got {
		got[i].Pos, got[i].Line = token.NoPos, 0
	}
	want := []rule.Directive{
		{Alone: true, Rule: "some-rule", Reason: "the reason, in words"},
		{Alone: true, Rule: "some-rule"},
		{Alone: true},
		{Alone: true, Rule: "some-rule", Spaced: true},
		{Alone: true, Rule: "some-rule", Reason: "tabs are spaces, too, see https://example.com/x"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// Every function whose name begins with bad is a finding of this rule.
var bad = rule.New(rule.Rule{ID: "bad-name", Tier: rule.TierB, Doc: rule.Doc{Summary: "a function is called bad"}}, func(pass *rule.Pass) error {
	for _, f := range pass.Files {
		ast.Inspect(f, func(n ast.Node) bool {
			if c, ok := n.(*ast.CallExpr); ok {
				if id, ok := c.Fun.(*ast.Ident); ok && id.Name == "bad" {
					pass.Report(rule.Finding{Pos: c.Pos(), Message: "bad", Related: []rule.Place{{Pos: f.Pos(), Message: "in this file"}}})
				} else if ok && id.Name == "worse" {
					pass.Report(rule.Finding{Pos: c.Pos(), Message: "worse", Tier: rule.TierC})
				}
			}
			return true
		})
	}
	return nil
})

// A directive counts on its own line, or on the line below when it stands alone.
// Findings of a lower tier than the rule's are kept and not told to drivers.
func TestIgnore(t *testing.T) {
	results := analysistest.Run(t, analysistest.TestData(), bad.Analyzer, "a")
	var ignored, audit int
	for _, r := range results {
		for _, f := range r.Result.(*rule.Result).Findings {
			if f.Ignored != "" {
				ignored++
			}
			if f.Tier == rule.TierC {
				audit++
			}
		}
	}
	if ignored != 4 || audit != 1 {
		t.Errorf("%d findings ignored and %d of tier C, want 4 and 1", ignored, audit)
	}
}
