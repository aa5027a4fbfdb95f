package bounds

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/go/analysis/passes/buildssa"
	"golang.org/x/tools/go/ssa"
	"golang.org/x/tools/go/ssa/ssautil"
)

// Each line of the file with an index says whether it is proven or open.
func TestProofs(t *testing.T) {
	const name = "testdata/proofs.go"
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, text, 0)
	if err != nil {
		t.Fatal(err)
	}
	conf := &types.Config{Importer: importer.ForCompiler(fset, "source", nil)}
	pkg, _, err := ssautil.BuildPackage(conf, fset, types.NewPackage("proofs", ""), []*ast.File{file}, 0)
	if err != nil {
		t.Fatal(err)
	}
	var fns []*ssa.Function
	for _, m := range pkg.Members {
		if fn, ok := m.(*ssa.Function); ok && fn.Pos().IsValid() {
			fns = append(append(fns, fn), fn.AnonFuncs...)
		}
	}
	s := newSolver(&buildssa.SSA{Pkg: pkg, SrcFuncs: fns}, nil, nil)
	lines := strings.Split(string(text), "\n")
	seen := 0
	for _, fn := range fns {
		for _, b := range fn.Blocks {
			for _, i := range b.Instrs {
				x, index := operands(i)
				if x == nil || !i.Pos().IsValid() {
					continue
				}
				_, want, ok := strings.Cut(lines[fset.Position(i.Pos()).Line-1], "// ")
				if !ok {
					continue
				}
				seen++
				e := s.Int(index)
				got := "open"
				if s.AtMost(e.Plus(1), s.Len(x), i) && s.NotNegative(e, i) {
					got = "proven"
				}
				if got != want {
					t.Errorf("%s: %s is %s, want %s", fset.Position(i.Pos()), i, got, want)
				}
			}
		}
	}
	if marks := strings.Count(string(text), "// proven") + strings.Count(string(text), "// open"); seen != marks {
		t.Errorf("%d indexes looked at, %d marked", seen, marks)
	}
}

func operands(i ssa.Instruction) (x, index ssa.Value) {
	switch i := i.(type) {
	case *ssa.IndexAddr:
		return i.X, i.Index
	case *ssa.Index:
		return i.X, i.Index
	case *ssa.Lookup:
		if IsString(i.X.Type()) {
			return i.X, i.Index
		}
	}
	return nil, nil
}

// A function of many thousand indexes and conditions takes no longer than its size
// asks for: each proof has a limit.
func TestHugeFunction(t *testing.T) {
	var src strings.Builder
	src.WriteString("package huge\nfunc f(xs []int, i, j int) (n int) {\n")
	for range 1000 {
		src.WriteString("if i < j { j += xs[i] } else if xs[j] > i { i = j + n; n += xs[n] }\n")
	}
	src.WriteString("return n\n}\n")
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "huge.go", src.String(), 0)
	if err != nil {
		t.Fatal(err)
	}
	pkg, _, err := ssautil.BuildPackage(new(types.Config), fset, types.NewPackage("huge", ""), []*ast.File{file}, 0)
	if err != nil {
		t.Fatal(err)
	}
	fn := pkg.Func("f")
	s := newSolver(&buildssa.SSA{Pkg: pkg, SrcFuncs: []*ssa.Function{fn}}, nil, nil)
	start := time.Now()
	for _, b := range fn.Blocks {
		for _, i := range b.Instrs {
			if x, index := operands(i); x != nil {
				s.AtMost(s.Int(index).Plus(1), s.Len(x), i)
			}
		}
	}
	// A second where nothing else runs; without limits it never ends.
	if took := time.Since(start); took > 2*time.Minute {
		t.Errorf("it took %s", took)
	}
}
