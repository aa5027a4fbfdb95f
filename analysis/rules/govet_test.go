package rules_test

import (
	"bytes"
	"encoding/gob"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/packages"

	"github.com/backstop-go/backstop/analysis/internal/ruletest"
	"github.com/backstop-go/backstop/analysis/rules"
)

// Under go vet and golangci-lint the standard library is analyzed like any other
// dependency, where our driver asks models. Rules say the same there of their
// testdata. All of it is one graph of analyzers, because the standard library takes
// nearly all of the time.
func TestUnderGoVet(t *testing.T) {
	l := &loader{fset: token.NewFileSet(), std: make(map[string]*packages.Package)}
	trees := make(map[string][]*tree) // by the name of the analyzer
	for _, r := range rules.All() {
		trees[r.Analyzer.Name] = testdata(t, l, filepath.Join("..", r.Analyzer.Name, "testdata"))
	}
	if err := l.load(); err != nil {
		t.Fatal(err)
	}
	var roots []*packages.Package
	for _, list := range trees {
		for _, tr := range list {
			for path := range tr.dirs {
				p, err := l.check(tr, path)
				if err != nil {
					t.Fatal(err)
				}
				roots = append(roots, p)
			}
		}
	}
	graph, err := checker.Analyze(rules.Analyzers(rules.All()), roots, nil)
	if err != nil {
		t.Fatal(err)
	}
	said := make(map[*tree][]ruletest.Message)
	for _, act := range graph.Roots {
		if act.Err != nil {
			t.Errorf("%v: %v", act, act.Err)
		}
		for _, tr := range trees[act.Analyzer.Name] {
			if tr.done[act.Package.PkgPath] == act.Package {
				for _, d := range act.Diagnostics {
					at := l.fset.Position(d.Pos)
					said[tr] = append(said[tr], ruletest.Message{File: at.Filename, Line: at.Line, Text: d.Message})
				}
			}
		}
	}
	for name, list := range trees {
		for _, tr := range list {
			for _, d := range ruletest.Compare(tr.files, said[tr]) {
				t.Errorf("%s: %s", name, d)
			}
		}
	}
	facts(t, graph)
}

// testdata finds the testdata of a rule: a tree of packages, or some modules.
func testdata(t *testing.T, l *loader, dir string) []*tree {
	t.Helper()
	roots := []string{filepath.Join(dir, "src")}
	if _, err := os.Stat(roots[0]); err != nil {
		roots, _ = filepath.Glob(filepath.Join(dir, "*"))
	}
	var trees []*tree
	for _, root := range roots {
		tr, err := l.find(root)
		if err != nil {
			t.Fatal(err)
		}
		if len(tr.dirs) > 0 {
			trees = append(trees, tr)
		}
	}
	// What the go command must run cgo over first is left to the test of its rule.
	if cgo := dir == filepath.Join("..", "cgoboundary", "testdata"); cgo != (len(trees) == 0) {
		t.Errorf("%s has %d trees of packages", dir, len(trees))
	}
	return trees
}

// facts holds that facts become the same bytes each time, as builds and caches
// compare them, and that nothing is lost by it.
func facts(t *testing.T, graph *checker.Graph) {
	t.Helper()
	n := 0
	for act := range graph.All() {
		for _, f := range act.AllPackageFacts() {
			if f.Package != act.Package.Types {
				continue
			}
			n++
			first, second := encode(t, f.Fact), encode(t, f.Fact)
			back := reflect.New(reflect.TypeOf(f.Fact).Elem()).Interface().(analysis.Fact)
			if err := gob.NewDecoder(bytes.NewReader(first)).Decode(back); err != nil {
				t.Errorf("%v: decode %T: %v", act, f.Fact, err)
			}
			if third := encode(t, back); !bytes.Equal(first, second) || !bytes.Equal(first, third) {
				t.Errorf("%v: fact %T is encoded as %x, %x and, when it was decoded, %x", act, f.Fact, first, second, third)
			}
		}
	}
	if n < 200 {
		t.Errorf("%d facts", n)
	}
}

func encode(t *testing.T, f analysis.Fact) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(f); err != nil {
		t.Errorf("encode %T: %v", f, err)
	}
	return b.Bytes()
}
