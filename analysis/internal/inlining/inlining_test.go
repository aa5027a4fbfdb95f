package inlining_test

import (
	"fmt"
	"go/ast"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"

	"github.com/backstop-go/backstop/analysis/internal/inlining"
	"github.com/backstop-go/backstop/analysis/internal/need"
)

const shapes = "../../recoverdepth/testdata/shapes"

// The estimator counts what the compiler counts, on functions of many shapes.
func TestCosts(t *testing.T) {
	pkgs, err := packages.Load(&packages.Config{
		Mode: packages.LoadSyntax, Dir: shapes, Env: append(os.Environ(), "GOWORK=off"),
	}, ".")
	if err != nil || packages.PrintErrors(pkgs) > 0 {
		t.Fatal("load the shapes: ", err)
	}
	p := pkgs[0]
	for toolchain, era := range map[string]inlining.Era{"go1.22.12": inlining.Go122, "go1.25.14": inlining.Go124} {
		t.Run(toolchain, func(t *testing.T) {
			said := compiler(t, toolchain)
			e := inlining.New(p.Syntax, p.TypesInfo)
			n := 0
			for _, file := range p.Syntax {
				ast.Inspect(file, func(node ast.Node) bool {
					var at ast.Node
					most := 801 // what no literal may cost
					switch fn := node.(type) {
					case *ast.FuncDecl:
						at, most = fn.Name, 81
						if fn.Type.TypeParams != nil { // told of instances
							return true
						}
					case *ast.FuncLit:
						at = fn
					default:
						return true
					}
					pos := p.Fset.Position(at.Pos())
					want, ok := said[fmt.Sprintf("%s:%d:%d", filepath.Base(pos.Filename), pos.Line, pos.Column)]
					if !ok {
						return true
					}
					n++
					if got := e.Cost(node, era); min(got, most) != min(want, most) {
						t.Errorf("%s: cost %d, the compiler says %d", pos, got, want)
					}
					return true
				})
			}
			if n < 150 {
				t.Errorf("%d functions were compared", n)
			}
		})
	}
}

var line = regexp.MustCompile(`([a-z]+\.go:\d+:\d+): (?:can|cannot) inline [^ ]+(?: with cost (\d+)|: function too complex: cost (\d+)|: )`)

// tooMuch is the cost of what is not inlined at any cost.
const tooMuch = 1 << 20

// compiler is what the compiler counts for each function, by position.
func compiler(t *testing.T, toolchain string) map[string]int {
	t.Helper()
	need.Toolchain(t, toolchain)
	cmd := exec.Command("go", "build", "-gcflags=-m=2", "-o", os.DevNull, ".")
	cmd.Dir = shapes
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOTOOLCHAIN="+toolchain, "GOFLAGS=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", toolchain, err, out)
	}
	costs := make(map[string]int)
	for text := range strings.Lines(string(out)) {
		m := line.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		cost := tooMuch
		for _, number := range m[2:] {
			if n, err := strconv.Atoi(number); err == nil {
				cost = n
			}
		}
		costs[m[1]] = cost
	}
	return costs
}
