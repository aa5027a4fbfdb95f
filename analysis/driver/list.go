package driver

import (
	"context"
	"fmt"
	"go/types"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// A program is the packages that the go command listed.
type program struct {
	units    []*unit // those to analyze, imports first
	byID     map[string]*unit
	packages map[string]*packages.Package // all, by ID
	problems []Problem
	goroot   string
	sizes    types.Sizes
	fset     *files
}

// A unit is one package that is analyzed.
type unit struct {
	pkg    *packages.Package
	target bool
	std    bool
	deps   []*unit // units it imports
	key    string  // empty when its result must not be kept

	done   chan struct{} // closed when out is there
	out    *Package
	facts  *factSet
	source *types.Package // for those who import it, when there is no export data
}

const listMode = packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles |
	packages.NeedImports | packages.NeedDeps | packages.NeedExportFile |
	packages.NeedModule | packages.NeedTypesSizes | packages.NeedForTest

func list(ctx context.Context, cfg *Config) (*program, error) {
	pkgs, err := packages.Load(&packages.Config{
		Mode: listMode, Context: ctx, Dir: cfg.Dir, Env: cfg.Env,
		BuildFlags: cfg.Flags, Tests: cfg.Tests,
	}, cfg.Patterns...)
	if err != nil {
		return nil, fmt.Errorf("list packages: %w", err)
	}
	if len(pkgs) == 0 {
		return nil, fmt.Errorf("no packages match %s", strings.Join(cfg.Patterns, " "))
	}
	p := &program{
		byID: make(map[string]*unit), packages: make(map[string]*packages.Package),
		sizes: types.SizesFor("gc", runtime.GOARCH),
		fset:  newFiles(cfg.Dir),
	}
	packages.Visit(pkgs, nil, func(pkg *packages.Package) {
		if _, ok := p.packages[pkg.ID]; ok {
			return
		}
		p.packages[pkg.ID] = pkg
		if pkg.TypesSizes != nil {
			p.sizes = pkg.TypesSizes
		}
	})
	p.goroot = goroot(p.packages)
	targets := targets(pkgs)
	packages.Visit(pkgs, nil, func(pkg *packages.Package) { p.add(pkg, targets) })
	return p, nil
}

// targets are the packages that patterns name. Of a package and its variant with
// files of tests, the variant is enough; the program that runs tests is nobody's.
func targets(roots []*packages.Package) map[string]bool {
	ids := make(map[string]bool)
	withTests := make(map[string]bool)
	for _, pkg := range roots {
		if pkg.ForTest == pkg.PkgPath && pkg.ForTest != "" {
			withTests[pkg.PkgPath] = true
		}
	}
	for _, pkg := range roots {
		testMain := strings.HasSuffix(pkg.ID, ".test")
		if !testMain && (pkg.ForTest != "" || !withTests[pkg.PkgPath]) {
			ids[pkg.ID] = true
		}
	}
	return ids
}

func (p *program) add(pkg *packages.Package, targets map[string]bool) {
	if p.byID[pkg.ID] != nil || pkg.PkgPath == "unsafe" || strings.HasSuffix(pkg.ID, ".test") {
		return
	}
	u := &unit{pkg: pkg, target: targets[pkg.ID], std: p.isStd(pkg), done: make(chan struct{})}
	for _, e := range pkg.Errors {
		compiler := strings.HasPrefix(e.Msg, "# ") // what it says, check says with positions
		if (u.target || len(pkg.GoFiles) == 0) && !compiler {
			p.problems = append(p.problems, Problem{Place: p.fset.errorPlace(e), Package: pkg.PkgPath})
		}
	}
	if len(pkg.GoFiles) == 0 && len(pkg.CompiledGoFiles) == 0 {
		return
	}
	if u.std && !u.target && pkg.ExportFile != "" {
		return // models and tables tell of it
	}
	for _, path := range sortedKeys(pkg.Imports) {
		if d := p.byID[pkg.Imports[path].ID]; d != nil {
			u.deps = append(u.deps, d)
		}
	}
	p.byID[pkg.ID] = u
	p.units = append(p.units, u)
}

func (p *program) isStd(pkg *packages.Package) bool {
	if pkg.Module != nil {
		return false
	}
	files := slices.Concat(pkg.GoFiles, pkg.CompiledGoFiles)
	return len(files) == 0 || p.goroot != "" && strings.HasPrefix(files[0], p.goroot+string(filepath.Separator))
}

// goroot is where the sources of package runtime, or another one that nearly
// every program has, lie. Not runtime.GOROOT, which is the tool's own.
func goroot(all map[string]*packages.Package) string {
	for _, path := range []string{"runtime", "internal/abi", "errors", "fmt"} {
		if pkg := all[path]; pkg != nil && len(pkg.GoFiles) > 0 {
			dir := filepath.Dir(pkg.GoFiles[0])
			return strings.TrimSuffix(dir, string(filepath.Separator)+filepath.FromSlash(path))
		}
	}
	return os.Getenv("GOROOT")
}
