package rules_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"

	"golang.org/x/tools/go/packages"
)

// A tree is packages below one directory, as a GOPATH has them, or a module.
type tree struct {
	dirs   map[string]*build.Package // by import path
	module *packages.Module          // nil in a GOPATH
	done   map[string]*packages.Package
	files  []string
}

// A loader reads trees over one standard library, which is read from source.
type loader struct {
	fset *token.FileSet
	std  map[string]*packages.Package // by import path; nil until loaded
}

var goLine = regexp.MustCompile(`(?m)^go (\S+)$`)

// find lists the packages of a tree and what they import of the standard library.
// Packages with cgo are left out: what cgo makes of them is the go command's to
// say.
func (l *loader) find(root string) (*tree, error) {
	tr := &tree{dirs: make(map[string]*build.Package), done: make(map[string]*packages.Package)}
	if text, err := os.ReadFile(filepath.Join(root, "go.mod")); err == nil {
		m := goLine.FindSubmatch(text)
		if m == nil {
			return nil, fmt.Errorf("%s/go.mod has no go line", root)
		}
		tr.module = &packages.Module{Path: filepath.Base(root), GoVersion: string(m[1]), Main: true}
	}
	err := filepath.WalkDir(root, func(dir string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		p, err := build.ImportDir(dir, 0)
		if none := new(build.NoGoError); errors.As(err, &none) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("list %s: %w", dir, err)
		}
		if len(p.CgoFiles) > 0 {
			return nil
		}
		path, err := filepath.Rel(root, dir)
		tr.dirs[filepath.ToSlash(path)] = p
		return err
	})
	for _, p := range tr.dirs {
		for _, path := range slices.Concat(p.Imports, p.TestImports) {
			if tr.dirs[path] == nil {
				l.std[path] = nil
			}
		}
	}
	return tr, err
}

// load reads what was found of the standard library, and all that it imports.
func (l *loader) load() error {
	roots, err := packages.Load(&packages.Config{Mode: packages.LoadAllSyntax, Fset: l.fset}, slices.Sorted(maps.Keys(l.std))...)
	if err != nil {
		return fmt.Errorf("load the standard library: %w", err)
	}
	for _, p := range roots {
		if len(p.Errors) > 0 {
			return fmt.Errorf("load %s: %w", p.PkgPath, p.Errors[0])
		}
		l.std[p.PkgPath] = p
	}
	return nil
}

// check parses and checks a package of a tree with its tests, and before it those
// that it imports.
func (l *loader) check(tr *tree, path string) (*packages.Package, error) {
	if p := tr.done[path]; p != nil {
		return p, nil
	}
	dir := tr.dirs[path]
	if dir == nil {
		if p := l.std[path]; p != nil {
			return p, nil
		}
		return nil, fmt.Errorf("there is no package %s", path)
	}
	p := &packages.Package{
		ID: dir.Dir, PkgPath: path, Name: dir.Name, Module: tr.module, Fset: l.fset,
		Imports: make(map[string]*packages.Package), TypesSizes: types.SizesFor("gc", runtime.GOARCH),
		TypesInfo: &types.Info{
			Types:        make(map[ast.Expr]types.TypeAndValue),
			Defs:         make(map[*ast.Ident]types.Object),
			Uses:         make(map[*ast.Ident]types.Object),
			Implicits:    make(map[ast.Node]types.Object),
			Instances:    make(map[*ast.Ident]types.Instance),
			Selections:   make(map[*ast.SelectorExpr]*types.Selection),
			Scopes:       make(map[ast.Node]*types.Scope),
			FileVersions: make(map[*ast.File]string),
		},
	}
	for _, name := range slices.Concat(dir.GoFiles, dir.TestGoFiles) {
		if err := l.parse(tr, p, filepath.Join(dir.Dir, name)); err != nil {
			return nil, err
		}
	}
	tr.files = append(tr.files, p.GoFiles...)
	p.CompiledGoFiles = p.GoFiles
	conf := &types.Config{Importer: importer(p.Imports), Sizes: p.TypesSizes}
	if tr.module != nil {
		conf.GoVersion = "go" + tr.module.GoVersion
	}
	var err error
	p.Types, err = conf.Check(path, l.fset, p.Syntax, p.TypesInfo)
	tr.done[path] = p
	return p, err
}

// parse adds a file to a package.
func (l *loader) parse(tr *tree, p *packages.Package, name string) error {
	file, err := parser.ParseFile(l.fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	p.Syntax = append(p.Syntax, file)
	p.GoFiles = append(p.GoFiles, name)
	for _, i := range file.Imports {
		path, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return err
		}
		if path == "unsafe" {
			continue
		}
		if p.Imports[path], err = l.check(tr, path); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// An importer finds the packages that one imports.
type importer map[string]*packages.Package

// Import implements [types.Importer].
func (i importer) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	if p := i[path]; p != nil && p.Types != nil {
		return p.Types, nil
	}
	return nil, fmt.Errorf("package %s was not read", path)
}
