package recoverdepth_test

import (
	"bufio"
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/backstop-go/backstop/analysis/internal/need"
	"github.com/backstop-go/backstop/analysis/internal/ruletest"
	"github.com/backstop-go/backstop/analysis/recoverdepth"
	"github.com/backstop-go/backstop/analysis/rule"
)

const shapes = "testdata/shapes"

// toolchains are the latest of each release that there are verdicts for.
var toolchains = map[string]string{
	"1.21": "go1.21.13", "1.22": "go1.22.12", "1.23": "go1.23.12", "1.24": "go1.24.13",
	"1.25": "go1.25.14", "1.26": "go1.26.8", "1.27": "go1.27.0",
}

// What the analyzer says of each shape is what happens when it is run.
func TestVerdicts(t *testing.T) {
	said := verdicts(t)
	for _, release := range slices.Sorted(maps.Keys(toolchains)) {
		t.Run(release, func(t *testing.T) {
			t.Parallel()
			happened := run(t, toolchains[release])
			if len(happened) < 80 {
				t.Fatalf("%d shapes ran", len(happened))
			}
			for shape, recovered := range happened {
				verdict, found := said[shape][release]
				switch {
				case !found && !recovered:
					t.Errorf("%s: no finding, but its guard recovers nothing", shape)
				case found && (verdict != rule.Dead) != recovered:
					t.Errorf("%s: said to be %s, recovered: %v", shape, verdict, recovered)
				case found == strings.HasPrefix(shape, "right"):
					t.Errorf("%s: found: %v", shape, found)
				}
			}
		})
	}
}

// Without inlining nothing recovers by accident, but where a method is wrapped.
func TestNothingByAccidentWithoutInlining(t *testing.T) {
	for shape, recovered := range run(t, toolchains["1.25"], "-gcflags=-l") {
		if recovered != strings.HasPrefix(shape, "right") {
			t.Errorf("%s: recovered: %v", shape, recovered)
		}
	}
}

// verdicts runs the analyzer over the shapes. A finding is of the shape that has
// the defer statement.
func verdicts(t *testing.T) map[string]map[string]rule.Verdict {
	t.Helper()
	functions := declared(t)
	said := make(map[string]map[string]rule.Verdict)
	for _, f := range ruletest.Findings(t, shapes, recoverdepth.Rule, ".") {
		for _, at := range append(f.Related, f.Place) {
			name := filepath.Base(at.File)
			for _, fn := range functions {
				if fn.file == name && fn.first <= at.Line && at.Line <= fn.last {
					said[fn.name] = f.Go
				}
			}
		}
	}
	return said
}

// A function is the lines of one that is declared.
type function struct {
	name, file  string
	first, last int
}

// declared lists the functions of the shapes that have no receiver.
func declared(t *testing.T) []function {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(shapes, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var all []function
	fset := token.NewFileSet()
	for _, name := range names {
		file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if d, ok := d.(*ast.FuncDecl); ok && d.Recv == nil {
				all = append(all, function{strings.TrimSuffix(d.Name.Name, "Of"), filepath.Base(name), fset.Position(d.Pos()).Line, fset.Position(d.End()).Line})
			}
		}
	}
	return all
}

// run builds the shapes with a toolchain and says which guards recovered.
func run(t *testing.T, toolchain string, flags ...string) map[string]bool {
	t.Helper()
	need.Toolchain(t, toolchain)
	exe := filepath.Join(t.TempDir(), "shapes")
	build := exec.Command("go", append(append([]string{"build"}, flags...), "-o", exe, ".")...)
	build.Dir = shapes
	build.Env = append(os.Environ(), "GOWORK=off", "GOTOOLCHAIN="+toolchain, "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", toolchain, err, out)
	}
	cmd := exec.Command(exe)
	cmd.WaitDelay = time.Minute
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", toolchain, err)
	}
	happened := make(map[string]bool)
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var name string
		var recovered bool
		if _, err := fmt.Sscan(lines.Text(), &name, &recovered); err != nil {
			t.Fatalf("%s: %q: %v", toolchain, lines.Text(), err)
		}
		happened[name] = recovered
	}
	return happened
}
