package driver_test

import (
	"context"
	"fmt"
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/buildssa"
	"golang.org/x/tools/txtar"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/driver"
	"github.com/backstop-go/backstop/analysis/internal/need"
	"github.com/backstop-go/backstop/analysis/panicnil"
	"github.com/backstop-go/backstop/analysis/rule"
)

// module writes the files of a txtar archive into a new directory.
func module(t *testing.T, archive string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(archive)).Files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// vet runs the rules; set changes the configuration.
func vet(t *testing.T, dir string, set func(*driver.Config)) *driver.Result {
	t.Helper()
	cfg := driver.Config{
		Dir: dir, Patterns: []string{"./..."}, Rules: []*rule.Rule{panicnil.Rule},
		Env: append(os.Environ(), "GOWORK=off", "GOFLAGS=", "GOPROXY=off"),
	}
	if set != nil {
		set(&cfg)
	}
	res, err := driver.Run(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// found lists findings as file:line, and problems behind a question mark.
func found(res *driver.Result) []string {
	var all []string
	for _, p := range res.Packages {
		for _, f := range p.Findings {
			all = append(all, fmt.Sprintf("%s:%d", f.File, f.Line))
		}
		for _, q := range p.Problems {
			all = append(all, fmt.Sprintf("? %s:%d %s", q.File, q.Line, q.Message))
		}
	}
	for _, q := range res.Problems {
		all = append(all, fmt.Sprintf("?? %s:%d %s", q.File, q.Line, q.Message))
	}
	slices.Sort(all)
	return all
}

func want(t *testing.T, res *driver.Result, lines ...string) {
	t.Helper()
	got := found(res)
	ok := len(got) == len(lines)
	for i := 0; ok && i < len(got); i++ {
		ok = got[i] == lines[i] || strings.HasSuffix(lines[i], "...") && strings.HasPrefix(got[i], strings.TrimSuffix(lines[i], "..."))
	}
	if !ok {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(lines, "\n\t"))
	}
}

// What does not compile costs the function it is in, and no more.
func TestBrokenCode(t *testing.T) {
	dir := module(t, `
-- go.mod --
module example.com/m
go 1.26
-- a/a.go --
package a

import "example.com/m/missing"

func broken() int {
	return "text"
}

func usesMissing() { missing.Do() }

type Broken struct{ m missing.Type }

func usesBroken(t Broken) { t.m.Do() }

type T struct{}

func sound() { panic(nil) }
-- b/b.go --
package b

func sound() { panic(nil) }

func half() {
	x = = 1
}
-- c/c.go --
package c

import "example.com/m/a"

// A package stands although what it imports does not compile.
func sound() { var t a.T; _ = t; panic(nil) }
-- d/d.go --
package d

func sound() { panic(nil) }
`)
	res := vet(t, dir, nil)
	got := strings.Join(found(res), "\n")
	for _, line := range []string{"a/a.go:17", "b/b.go:3", "c/c.go:6", "d/d.go:3"} {
		if !strings.Contains("\n"+got+"\n", "\n"+line+"\n") {
			t.Errorf("no finding at %s", line)
		}
	}
	for _, text := range []string{"a/a.go:6 cannot use \"text\"", "missing", "b/b.go:6", "could not be read"} {
		if !strings.Contains(got, text) {
			t.Errorf("nothing is said of %s", text)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
}

// Without a C compiler, functions that use C are not read, the rest is.
func TestCgoWithoutCompiler(t *testing.T) {
	dir := module(t, `
-- go.mod --
module example.com/m
go 1.26
-- a.go --
package a

// int twice(int n) { return 2*n; }
import "C"

func usesC() int { return int(C.twice(2)) }

func sound() { panic(nil) }
-- b.go --
package a

func other() { panic(nil) }
`)
	res := vet(t, dir, func(c *driver.Config) {
		c.Env = append(c.Env, "CGO_ENABLED=1", "CC=no-such-compiler")
	})
	got := strings.Join(found(res), "\n")
	for _, line := range []string{"a.go:8", "b.go:3", "cgo did not run"} {
		if !strings.Contains(got, line) {
			t.Errorf("nothing about %s in\n%s", line, got)
		}
	}
}

func TestTagsVendorAndTests(t *testing.T) {
	dir := module(t, `
-- go.mod --
module example.com/m
go 1.26
require example.com/dep v1.0.0
-- vendor/modules.txt --
# example.com/dep v1.0.0
## explicit; go 1.26
example.com/dep
-- vendor/example.com/dep/dep.go --
package dep

func Do() { panic(nil) }
-- a.go --
package a

import "example.com/dep"

func A() { dep.Do() }
-- tagged.go --
//go:build special

package a

func tagged() { panic(nil) }
-- a_test.go --
package a

func inTest() { panic(nil) }
-- x_test.go --
package a_test

import "example.com/m"

func outside() { _ = a.A; panic(nil) }
`)
	// Vendored packages are dependencies: what is wrong in them is not told.
	want(t, vet(t, dir, nil))
	want(t, vet(t, dir, func(c *driver.Config) { c.Flags = []string{"-tags=special"} }), "tagged.go:5")
	want(t, vet(t, dir, func(c *driver.Config) { c.Tests = true }), "a_test.go:3", "x_test.go:5")
}

// A rule that panics on a package is a problem of that package; others go on.
func TestRuleThatPanics(t *testing.T) {
	dir := module(t, `
-- go.mod --
module example.com/m
go 1.26
-- a/a.go --
package a

func A() { panic(nil) }
-- b/b.go --
package b

func B() { panic(nil) }
`)
	broken := rule.New(rule.Rule{ID: "test-broken", Tier: rule.TierA, Doc: rule.Doc{Summary: "a test"}}, func(p *rule.Pass) error {
		if p.Pkg.Name() == "a" {
			panic("no such thing")
		}
		return nil
	})
	res := vet(t, dir, func(c *driver.Config) { c.Rules = append(c.Rules, broken) })
	want(t, res, "? :0 testbroken panicked, which is a bug of backstop: no such thing...", "a/a.go:3", "b/b.go:3")
}

// What has not changed is not analyzed again; what depends on a change is.
func TestCache(t *testing.T) {
	dir := module(t, `
-- go.mod --
module example.com/m
go 1.26
-- a/a.go --
package a

func A() { panic(nil) }
-- b/b.go --
package b

import "example.com/m/a"

func B() { _ = a.A; panic(nil) }
-- c/c.go --
package c
`)
	cache := t.TempDir()
	keep := func(c *driver.Config) { c.Cache = cache }
	first := vet(t, dir, keep)
	if first.Analyzed != 3 {
		t.Errorf("%d packages analyzed at first, want 3", first.Analyzed)
	}
	again := vet(t, dir, keep)
	if again.Analyzed != 0 || !reflect.DeepEqual(found(first), found(again)) {
		t.Errorf("unchanged: %d analyzed, %v; at first %v", again.Analyzed, found(again), found(first))
	}
	// A comment changes no export data, and the line of a finding.
	if err := os.WriteFile(filepath.Join(dir, "a/a.go"), []byte("package a\n\n// More.\nfunc A() { panic(nil) }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	changed := vet(t, dir, keep)
	want(t, changed, "a/a.go:4", "b/b.go:5")
	if changed.Analyzed != 2 {
		t.Errorf("a changed: %d packages analyzed, want a and b", changed.Analyzed)
	}
	if other := vet(t, dir, func(c *driver.Config) { c.Cache, c.Key = cache, "another model" }); other.Analyzed != 3 {
		t.Errorf("another key: %d packages analyzed, want 3", other.Analyzed)
	}
	// Damaged entries are made anew.
	err := filepath.WalkDir(cache, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			return os.WriteFile(path, []byte("cut"), 0o600)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want(t, vet(t, dir, keep), "a/a.go:4", "b/b.go:5")
}

// Facts of a dependency reach those who import it, from the cache, too, and a
// variant that is built for a test has facts of its own.
func TestFactsCrossPackages(t *testing.T) {
	dir := module(t, `
-- go.mod --
module example.com/m
go 1.26
-- guard/guard.go --
package guard

func Recover() { _ = recover() }

func Wrap() { Recover() }
-- a/a.go --
package a

import "example.com/m/guard"

func A() { defer guard.Recover() }

func B() { defer guard.Wrap() }
-- a/a_test.go --
package a

import "example.com/m/guard"

func C() { defer guard.Recover() }
`)
	ask := &analysis.Analyzer{
		Name: "ask", Doc: "ask", Requires: []*analysis.Analyzer{behaviour.Analyzer, buildssa.Analyzer},
		ResultType: reflect.TypeFor[[]string](),
		Run: func(pass *analysis.Pass) (any, error) {
			var all []string
			facts := pass.ResultOf[behaviour.Analyzer].(*behaviour.Facts)
			for _, fn := range facts.SSA.SrcFuncs {
				all = append(all, fmt.Sprintf("%s %d", fn.Name(), facts.Guard(fn).Kind))
			}
			return all, nil
		},
	}
	cache := t.TempDir()
	asked := func(tests bool) map[string]string {
		res := vet(t, dir, func(c *driver.Config) {
			c.Tests, c.Cache = tests, cache
			c.Collect = []driver.Collector{{Name: "ask", Analyzer: ask, Encode: func(_ *token.FileSet, v any) ([]byte, error) {
				return []byte(strings.Join(v.([]string), ", ")), nil
			}}}
		})
		all := make(map[string]string)
		for _, p := range res.Packages {
			all[p.ID] = string(p.Collected["ask"])
		}
		return all
	}
	guarded, disarmed := behaviour.Guarded, behaviour.Disarmed
	plain := fmt.Sprintf("A %d, B %d", guarded, disarmed)
	if got := asked(false)["example.com/m/a"]; got != plain {
		t.Errorf("a: %q, want %q", got, plain)
	}
	file := filepath.Join(dir, "a/a.go")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(text, "\n// Changed: the facts of guard come from the cache now.\n"...), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := asked(false)["example.com/m/a"]; got != plain {
		t.Errorf("a, facts from the cache: %q, want %q", got, plain)
	}
	want := plain + fmt.Sprintf(", C %d", guarded)
	if got := asked(true)["example.com/m/a [example.com/m/a.test]"]; got != want {
		t.Errorf("a with its tests: %q, want %q", got, want)
	}
}

func TestErrors(t *testing.T) {
	dir := module(t, "-- go.mod --\nmodule example.com/m\ngo 1.26\n-- a.go --\npackage a\n")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := driver.Run(ctx, driver.Config{Dir: dir}); err == nil {
		t.Error("a cancelled run has no error")
	}
	res := vet(t, dir, func(c *driver.Config) { c.Patterns = []string{"./nothing"} })
	if len(found(res)) == 0 {
		t.Error("nothing is said of a directory that is not there")
	}
}

// A function that would take gigabytes is told and not read; the rest is.
func TestHugeFunction(t *testing.T) {
	var b strings.Builder
	b.WriteString("package a\n\nfunc sound() { panic(nil) }\n\nfunc huge(s []int) (n int) {\n")
	for i := range 6000 {
		fmt.Fprintf(&b, "\tif x := s[%d]; x > n {\n\t\tn = x\n\t}\n", i)
	}
	b.WriteString("\treturn n\n}\n")
	dir := module(t, "-- go.mod --\nmodule example.com/m\ngo 1.26\n-- a.go --\n"+b.String())
	// Export data does not ask for good code, which takes the compiler seconds here.
	res := vet(t, dir, func(c *driver.Config) { c.Flags = []string{"-gcflags=-N -l"} })
	want(t, res, "? a.go:5 function huge is not read: it has 6000 branches and 6000 variables...", "a.go:3")
	if p := res.Packages[0].Problems; len(p) != 1 || !p[0].Lost {
		t.Errorf("%+v: a function that is not read is lost", p)
	}
}

// What can be mended is mended in the sources of the module itself, and nowhere
// else: not in what cgo made of them, nor in a dependency.
func TestFixesAreForOwnFiles(t *testing.T) {
	need.Cgo(t)
	dir := module(t, `
-- go.mod --
module example.com/m
go 1.26
-- a/a.go --
package a

func a() { panic(nil) }
-- c/c.go --
package c

// int one(void) { return 1; }
import "C"

func c() { _ = C.one(); panic(nil) }
`)
	fixing := rule.New(rule.Rule{ID: "test-fixing", Tier: rule.TierA, Doc: rule.Doc{Summary: "a test"}}, func(p *rule.Pass) error {
		for _, f := range p.Files {
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && len(fn.Name.Name) == 1 {
					p.Report(rule.Finding{Pos: fn.Pos(), Message: "mend me", Fixes: []analysis.SuggestedFix{{
						Message: "gone", TextEdits: []analysis.TextEdit{{Pos: fn.Body.Lbrace, End: fn.Body.Rbrace + 1, NewText: []byte("{}")}},
					}}})
				}
			}
		}
		return nil
	})
	res := vet(t, dir, func(c *driver.Config) { c.Rules = []*rule.Rule{fixing} })
	fixes := make(map[string]int)
	for _, p := range res.Packages {
		for _, f := range p.Findings {
			fixes[f.File] += len(f.Fixes)
		}
	}
	if fixes["a/a.go"] != 1 || fixes["c/c.go"] != 0 || len(fixes) != 2 {
		t.Errorf("fixes by file: %v, want one for a/a.go and none for c/c.go", fixes)
	}
}
