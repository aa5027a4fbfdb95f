package rules_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis"

	"github.com/backstop-go/backstop/analysis/rule"
	"github.com/backstop-go/backstop/analysis/rules"
)

// Every rule is told to people in full, and every package of a rule is listed.
func TestRulesAreDocumented(t *testing.T) {
	listed := make(map[string]bool)
	for _, r := range rules.All() {
		if !regexp.MustCompile(`^[a-z]+(-[a-z]+)+$`).MatchString(r.ID) && r.ID != "waitgroup" && r.ID != "aborthandler" {
			t.Errorf("%q is no identifier of words with hyphens", r.ID)
		}
		if listed[r.ID] {
			t.Errorf("%s is listed twice", r.ID)
		}
		listed[r.ID] = true
		if r.Tier != rule.TierA && r.Tier != rule.TierB && r.Tier != rule.TierC {
			t.Errorf("%s: tier %q", r.ID, r.Tier)
		}
		d := r.Doc
		if d.Summary == "" || d.Why == "" || d.Bad == "" || d.Good == "" || len(d.LeftAlone) == 0 {
			t.Errorf("%s: its documentation is not complete", r.ID)
		}
	}
	if err := analysis.Validate(rules.Analyzers(rules.All())); err != nil {
		t.Error(err)
	}
	tests, _ := filepath.Glob("../*/testdata/src")
	for _, dir := range tests {
		name := strings.Split(filepath.ToSlash(dir), "/")[1]
		if _, err := os.Stat(filepath.Join("..", name, name+".go")); err != nil {
			continue
		}
		found := false
		for id := range listed {
			found = found || strings.ReplaceAll(id, "-", "") == name
		}
		text, _ := os.ReadFile(filepath.Join("..", name, name+".go"))
		if !found && strings.Contains(string(text), "rule.New(") {
			t.Errorf("package %s has a rule that is not listed", name)
		}
	}
}

// TestTestdataIsRun: a package below a rule's testdata is named by its test, or
// imported by another there: what is forgotten tests nothing.
func TestTestdataIsRun(t *testing.T) {
	dirs, err := filepath.Glob("../*/testdata/src/*")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("%d directories: %v", len(dirs), err)
	}
	for _, dir := range dirs {
		name := filepath.Base(dir)
		src := filepath.Dir(dir)
		tests := text(t, filepath.Join(src, "../.."), func(file string) bool { return strings.HasSuffix(file, "_test.go") })
		code := text(t, src, func(string) bool { return true })
		if !strings.Contains(tests, `"`+name+`"`) && !strings.Contains(tests, `/`+name+`/`) &&
			!strings.Contains(code, `"`+name+`"`) && !strings.Contains(code, `"`+name+`/`) {
			t.Errorf("%s is not run", dir)
		}
	}
}

// text joins the Go files below a directory.
func text(t *testing.T, dir string, want func(file string) bool) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || !want(path) {
			return err
		}
		b, err := os.ReadFile(path)
		all.Write(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
