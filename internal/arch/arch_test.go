// Package arch is one test: who may import whom. It parses the imports of every
// Go file of the repository in process; a test that asked the go command would
// be answered from the test cache after a forbidden import was added.
package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const root = "../.."

// A source is one parsed file and where it stands.
type source struct {
	path string // relative to the repository, with slashes
	dir  string // its directory, "" for the root
	test bool
	ast  *ast.File
	fset *token.FileSet
}

func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != root && (name == "testdata" || strings.HasPrefix(name, ".") && name != "..") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			return err
		}
		dir := ""
		if i := strings.LastIndexByte(rel, '/'); i >= 0 {
			dir = rel[:i]
		}
		all = append(all, source{rel, dir, strings.HasSuffix(name, "_test.go"), file, fset})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 20 {
		t.Fatalf("found %d Go files below %s: the walk is broken", len(all), root)
	}
	return all
}

func TestDependencyRule(t *testing.T) {
	for _, s := range sources(t) {
		for _, spec := range s.ast.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if why := forbidden(s.dir, s.test, path); why != "" {
				t.Errorf("%s: imports %s: %s", s.fset.Position(spec.Pos()), path, why)
			}
		}
	}
}

// TestRuleBites proves that the rule can fail: each row is an import that must
// be refused, or one that must not.
func TestRuleBites(t *testing.T) {
	for _, c := range []struct {
		dir, path string
		test      bool
		refused   bool
	}{
		{"crash", module + "/event", false, true},
		{"crash", "golang.org/x/tools/go/analysis", false, true},
		{"crash", "github.com/google/go-cmp/cmp", true, true},
		{"", "github.com/google/go-cmp/cmp", true, true},
		{"event", module + "/internal/spool", false, true},
		{"internal/spool", module, false, true},
		{"", module + "/cmd/backstop/internal/store", false, true},
		{"cmd/backstop/internal/web", cmdInternal + "server", false, true},
		{"cmd/backstop/internal/ingest", cmdInternal + "issue", false, true},
		{"cmd/backstop/internal/web", "modernc.org/sqlite", false, true},
		{"examples/shop", module + "/crash", false, true},
		{"cmd/backstop", "github.com/prometheus/client_golang/prometheus", false, true},
		{"contrib/otel", module + "/contrib/grpc", false, true},
		{"analysis/panicnil", "golang.org/x/tools/go/ssa", false, false},
		{"analysis/panicnil", "github.com/google/go-cmp/cmp", true, true},
		{"analysis/panicnil", module + "/crash", false, true},
		{"analysis/rule", module + "/analysis/model", false, true},
		{"cmd/backstop", "golang.org/x/tools/go/ssa", false, true},
		{"contrib/grpc", module + "/internal/inflight", false, true},
		{"contrib/grpc", module + "/internal/inflight", true, false},
		{"contrib/otel", "google.golang.org/grpc", false, true},
		{"contrib/prometheus", "github.com/prometheus/client_golang/prometheus", false, false},
		{"cmd/backstop/internal/server", "github.com/prometheus/client_golang/prometheus", false, false},
		{"crash", "strings", false, false},
		{"event", module + "/crash", false, false},
		{"cmd/backstop/internal/server", cmdInternal + "web", false, false},
		{"cmd/backstop/internal/issue", "pgregory.net/rapid", true, false},
		{"cmd/backstop/internal/store/sqlite", "modernc.org/sqlite", false, false},
	} {
		if got := forbidden(c.dir, c.test, c.path) != ""; got != c.refused {
			t.Errorf("%q importing %q (test: %v): refused %v, want %v", c.dir, c.path, c.test, got, c.refused)
		}
	}
}

// forbidden says why a package must not import a path; "" means that it may.
func forbidden(dir string, test bool, path string) string {
	if isStd(path) {
		return ""
	}
	if path != module && !strings.HasPrefix(path, module+"/") {
		return forbiddenLibrary(dir, test, path)
	}
	// A test outside its package imports the package it tests, and the
	// supports that every test may use.
	if test && (path == join(dir) || path == module+"/internal/crashtest") {
		return ""
	}
	if test && strings.HasPrefix(dir, "cmd/backstop/") && strings.HasPrefix(path, cmdInternal) {
		return "" // tests of the command run its real neighbours
	}
	if test && strings.HasPrefix(dir, "contrib/") && path == module+"/internal/inflight" {
		return "" // they look for their requests where the collector does
	}
	for _, r := range rules {
		if !covers(r.dir, dir) {
			continue
		}
		for _, a := range r.allow {
			if below, ok := strings.CutSuffix(a, "/..."); path == a || ok && strings.HasPrefix(path, below+"/") {
				return ""
			}
		}
		return r.why
	}
	return "no rule covers this directory: add one to internal/arch"
}

func forbiddenLibrary(dir string, test bool, path string) string {
	if !strings.HasPrefix(dir, "cmd/") && !strings.HasPrefix(dir, "contrib/") && !covers("analysis", dir) && dir != "bench" {
		return "the SDK and its examples have no third-party dependency, tests included"
	}
	if covers("analysis", dir) && !strings.HasPrefix(path, "golang.org/x/tools/") {
		return "analyzers need golang.org/x/tools and nothing else, tests included"
	}
	why := ""
	for _, l := range libraries {
		if path != l.path && !strings.HasPrefix(path, l.path+"/") {
			continue
		}
		switch {
		case test && l.inTests, l.dir == dir, l.below && covers(l.dir, dir), test && covers(l.dir, dir) && l.dir != "":
			return ""
		case why != "":
			why += "; or " + l.dir
		case l.dir == "":
			why = "only tests may import it"
		default:
			why = "only " + l.dir + " may import it"
		}
	}
	if why != "" {
		return why
	}
	return "not in the list of libraries (internal/arch): is it needed?"
}

func covers(ruleDir, dir string) bool {
	return ruleDir == dir || ruleDir != "" && strings.HasPrefix(dir, ruleDir+"/")
}

func join(dir string) string {
	if dir == "" {
		return module
	}
	return module + "/" + dir
}

// isStd reports whether an import path belongs to the standard library: its
// first element has no dot.
func isStd(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

// TestNoInitInSDK keeps the promise that importing the SDK does nothing: its
// packages, which are in every host program, have no init function.
func TestNoInitInSDK(t *testing.T) {
	checked := 0
	for _, s := range sources(t) {
		if s.test || strings.HasPrefix(s.dir, "cmd/") || strings.HasPrefix(s.dir, "examples/") || strings.HasPrefix(s.dir, "contrib/") || strings.HasPrefix(s.dir, "lab/") || covers("analysis", s.dir) {
			continue
		}
		checked++
		for _, d := range s.ast.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s: init function in the SDK: nothing may happen before Start", s.fset.Position(f.Pos()))
			}
		}
	}
	if checked == 0 {
		t.Fatal("no SDK file was checked")
	}
}

// TestRootModuleIsEmpty keeps third-party modules out of every user's graph.
func TestRootModuleIsEmpty(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"require", "tool", "replace"} {
		for _, line := range strings.Split(string(data), "\n") {
			if first, _, _ := strings.Cut(strings.TrimSpace(line), " "); first == word {
				t.Errorf("go.mod: %q: the root module has no %s directive", line, word)
			}
		}
	}
	if _, err := os.Stat(filepath.Join(root, "go.sum")); err == nil {
		t.Error("go.sum exists in the root module: something imports a third party")
	}
}

// TestEveryPackageSaysWhatItIsFor wants a package comment on every package.
func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	documented := make(map[string]bool)
	for _, s := range sources(t) {
		if strings.HasSuffix(s.ast.Name.Name, "_test") {
			continue
		}
		documented[s.dir] = documented[s.dir] || s.ast.Doc != nil && len(s.ast.Doc.Text()) > 30
	}
	for dir, ok := range documented {
		if !ok {
			t.Errorf("package %s has no package comment", join(dir))
		}
	}
}

// TestEveryRuleIsUsed fails when a directory of the table is gone, so that the
// table does not outlive what it rules.
func TestEveryRuleIsUsed(t *testing.T) {
	all := sources(t)
	used := func(dir string) bool {
		for _, s := range all {
			if covers(dir, s.dir) {
				return true
			}
		}
		return false
	}
	for _, r := range rules {
		if !used(r.dir) {
			t.Errorf("the rule for %q covers no file", r.dir)
		}
	}
	for _, l := range libraries {
		if !used(l.dir) {
			t.Errorf("library %s: no file in %q", l.path, l.dir)
		}
	}
}
