// Package ruletest runs rules over their testdata and holds what they find against
// the comments there, as package analysistest of x/tools does, in a tenth of its
// time: through our driver, which reads the types of the standard library from
// export data and what its functions do from the models, as it does for users.
// analysistest reads, checks and analyzes the sources of the standard library anew
// for each rule.
//
// What rules find where the standard library is analyzed, too, as under go vet, is
// held against the same comments once for all rules, by a test of package rules.
package ruletest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"golang.org/x/tools/go/analysis"

	"github.com/backstop-go/backstop/analysis/driver"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Run runs a rule over packages below testdata/src, which is a tree of packages as
// a GOPATH has it, and holds what it tells drivers against their comments, see
// [Compare]. What its fixes make of a file.go must be file.go.golden. Run returns all
// findings, those that drivers are not told of included.
func Run(t *testing.T, r *rule.Rule, packages ...string) []driver.Finding {
	t.Helper()
	return RunIn(t, "testdata", r, packages...)
}

// RunIn is [Run] with another directory than testdata. When it holds a go.mod, the
// packages are those of the module: ".".
func RunIn(t *testing.T, testdata string, r *rule.Rule, packages ...string) []driver.Finding {
	t.Helper()
	var findings []driver.Finding
	var said []Message
	for _, f := range Findings(t, testdata, r, packages...) {
		if f.Ignored != "" || f.Tier == rule.TierC && r.Tier != rule.TierC {
			f.Fixes = nil
		} else {
			said = append(said, Message{File: f.File, Line: f.Line, Text: r.ID + ": " + f.Message})
		}
		findings = append(findings, f)
	}
	files := files(t, testdata, packages)
	for _, d := range slices.Concat(Compare(files, said), compareGolden(files, findings)) {
		t.Error(d)
	}
	return findings
}

// Each runs an analyzer over packages below testdata/src and lets look see each of
// them with the result.
func Each[T any](t *testing.T, a *analysis.Analyzer, look func(*analysis.Pass, T), packages ...string) {
	t.Helper()
	var mu sync.Mutex
	seen := 0
	probe := rule.New(rule.Rule{ID: "test-probe", Tier: rule.TierA}, func(p *rule.Pass) error {
		mu.Lock()
		defer mu.Unlock()
		seen++
		look(p.Pass, p.ResultOf[a].(T))
		return nil
	}, a)
	Findings(t, "testdata", probe, packages...)
	if seen != len(packages) {
		t.Errorf("%d packages were looked at, want %v", seen, packages)
	}
}

// Findings is [RunIn] without a look at comments and golden files. The test fails
// when something cannot be read.
func Findings(t *testing.T, testdata string, r *rule.Rule, packages ...string) []driver.Finding {
	t.Helper()
	gopath, err := filepath.Abs(testdata)
	if err != nil {
		t.Fatal(err)
	}
	cfg := driver.Config{
		Dir: testdata, Patterns: packages, Rules: []*rule.Rule{r}, Tests: true,
		Env: append(os.Environ(), "GOPROXY=off", "GOWORK=off", "GOFLAGS="),
	}
	if !isModule(testdata) {
		cfg.Env = append(cfg.Env, "GOPATH="+gopath, "GO111MODULE=off")
	}
	res, err := driver.Run(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	problems := res.Problems
	var findings []driver.Finding
	for _, p := range res.Packages {
		problems = append(problems, p.Problems...)
		for _, f := range p.Findings {
			f.File = inTestdata(testdata, f.File)
			for _, fix := range f.Fixes {
				for i := range fix.Edits {
					fix.Edits[i].File = inTestdata(testdata, fix.Edits[i].File)
				}
			}
			findings = append(findings, f)
		}
	}
	for _, p := range problems {
		t.Errorf("%s:%d: %s", inTestdata(testdata, p.File), p.Line, p.Message)
	}
	return findings
}

// inTestdata is the name of a file as [files] has it.
func inTestdata(testdata, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(testdata, name)
}

func isModule(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return !errors.Is(err, fs.ErrNotExist)
}

// files lists the Go files of packages of testdata.
func files(t *testing.T, testdata string, packages []string) []string {
	t.Helper()
	src := testdata
	if !isModule(testdata) {
		src = filepath.Join(testdata, "src")
	}
	var all []string
	for _, p := range packages {
		files, err := filepath.Glob(filepath.Join(src, filepath.FromSlash(p), "*.go"))
		if err != nil || len(files) == 0 {
			t.Errorf("package %s of %s has no files: %v", p, testdata, err)
		}
		all = append(all, files...)
	}
	return all
}
