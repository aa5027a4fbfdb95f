package driver

import (
	"fmt"
	"go/token"
	"go/types"
	"os"
	"sync"

	"golang.org/x/tools/go/gcexportdata"
	"golang.org/x/tools/go/packages"
)

// A universe holds types read from export data, shared by all packages that are
// checked against it. Variants that are built for one test live in a universe of
// their own, because a path means another package there.
type universe struct {
	mu      sync.Mutex
	fset    *token.FileSet
	imports map[string]*types.Package // what export data mentions, complete or not
	done    map[string]*types.Package
}

func newUniverse(fset *token.FileSet) *universe {
	return &universe{
		fset:    fset,
		imports: make(map[string]*types.Package),
		done:    map[string]*types.Package{"unsafe": types.Unsafe},
	}
}

// read returns the types of a package. Those without export data, because they
// do not compile, were checked from source before.
func (u *universe) read(pkg *packages.Package, source *types.Package) (*types.Package, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if p := u.done[pkg.PkgPath]; p != nil {
		return p, nil
	}
	if pkg.ExportFile == "" {
		if source == nil {
			return nil, fmt.Errorf("no export data for %s", pkg.PkgPath)
		}
		u.done[pkg.PkgPath] = source
		return source, nil
	}
	file, err := os.Open(pkg.ExportFile)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	// Up to Go 1.27 export data is in the archives of the compiler.
	r, err := gcexportdata.NewReader(file) //nolint:staticcheck // see the line above
	if err != nil {
		return nil, fmt.Errorf("read export data of %s: %w", pkg.PkgPath, err)
	}
	p, err := gcexportdata.Read(r, u.fset, u.imports, pkg.PkgPath)
	if err != nil {
		return nil, fmt.Errorf("read export data of %s: %w", pkg.PkgPath, err)
	}
	u.done[pkg.PkgPath] = p
	return p, nil
}

// importer resolves the imports of one package.
type importer struct {
	universe *universe
	prog     *program
	pkg      *packages.Package
}

// Import implements [types.Importer].
func (i importer) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	pkg := i.pkg.Imports[path]
	if pkg == nil {
		return nil, fmt.Errorf("package %s is not listed", path)
	}
	var source *types.Package
	if u := i.prog.byID[pkg.ID]; u != nil {
		source = u.source
	}
	return i.universe.read(pkg, source)
}
