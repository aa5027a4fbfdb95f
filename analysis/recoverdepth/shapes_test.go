package recoverdepth_test

import (
	"bufio"
	"bytes"
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/packages"

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
	pkgs, err := packages.Load(&packages.Config{
		Mode: packages.LoadAllSyntax, Dir: shapes, Env: append(os.Environ(), "GOWORK=off"),
	}, ".")
	if err != nil {
		t.Fatal(err)
	}
	if packages.PrintErrors(pkgs) > 0 {
		t.Fatal("the shapes do not compile")
	}
	graph, err := checker.Analyze([]*analysis.Analyzer{recoverdepth.Rule.Analyzer}, pkgs, nil)
	if err != nil {
		t.Fatal(err)
	}
	said := make(map[string]map[string]rule.Verdict)
	for _, root := range graph.Roots {
		if root.Err != nil {
			t.Fatal(root.Err)
		}
		for _, f := range root.Result.(*rule.Result).Findings {
			at := []token.Pos{f.Pos}
			for _, r := range f.Related {
				at = append(at, r.Pos)
			}
			for _, pos := range at {
				if name := function(root.Package, pos); name != "" {
					said[name] = f.Go
				}
			}
		}
	}
	return said
}

// function is the declared function without a receiver that has pos in it.
func function(p *packages.Package, pos token.Pos) string {
	for _, file := range p.Syntax {
		for _, d := range file.Decls {
			if d, ok := d.(*ast.FuncDecl); ok && d.Recv == nil && d.Pos() <= pos && pos < d.End() {
				return strings.TrimSuffix(d.Name.Name, "Of")
			}
		}
	}
	return ""
}

// run builds the shapes with a toolchain and says which guards recovered.
func run(t *testing.T, toolchain string, flags ...string) map[string]bool {
	t.Helper()
	needToolchain(t, toolchain)
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

// needToolchain skips a test when the toolchain is not at hand. Where everything
// is required, the go command downloads it.
func needToolchain(t *testing.T, name string) {
	t.Helper()
	if os.Getenv("BACKSTOP_REQUIRE_ALL") != "" || name == strings.Fields(runtime.Version())[0] {
		return
	}
	out, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Skipf("no go command: %v", err)
	}
	dir := filepath.Join(strings.TrimSpace(string(out)), "golang.org", "toolchain@v0.0.1-"+name+"."+runtime.GOOS+"-"+runtime.GOARCH)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("toolchain %s was not downloaded", name)
	}
}
