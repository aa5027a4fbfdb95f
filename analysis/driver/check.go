package driver

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// A checked package is syntax and types without errors: what had some is gone
// from it, and told in problems.
type checked struct {
	files    []*ast.File
	types    *types.Package
	info     *types.Info
	problems []Problem
	damaged  bool // something is broken, so that uses of it are, too
	usable   bool // analyzers may look at it
}

// maxProblems bounds what is said of one package that does not compile.
const maxProblems = 10

// maxRounds bounds how often a package is checked again after taking out what was
// broken: each round may break what used it.
const maxRounds = 6

// check parses and checks the files of a package.
func (r *run) check(u *unit, universe *universe) *checked {
	c := &checked{}
	names := sources(u.pkg)
	for _, name := range names {
		file, err := parser.ParseFile(r.prog.fset.FileSet, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			c.damaged = true
			r.syntaxProblems(c, u, err)
		}
		if file != nil {
			c.files = append(c.files, file)
		}
	}
	fakeC := slices.ContainsFunc(c.files, importsC)
	if fakeC {
		c.problems = append(c.problems, Problem{Lost: true, Package: u.pkg.PkgPath, Place: Place{
			File: names[0], Message: "cgo did not run: functions that use C are not read",
		}})
	}
	dropped := 0
	for round := range maxRounds {
		bad := r.checkOnce(c, u, universe, fakeC, round == 0)
		if len(bad) == 0 {
			c.usable = true
			r.dropHuge(c, u)
			break
		}
		c.damaged = true
		dropped += drop(c.files, bad)
	}
	if dropped > 0 {
		noun := "functions and declarations"
		if dropped == 1 {
			noun = "function or declaration"
		}
		c.problems = append(c.problems, Problem{Lost: true, Package: u.pkg.PkgPath, Place: Place{
			File: names[0], Message: fmt.Sprintf("%d %s of package %s could not be read", dropped, noun, u.pkg.PkgPath),
		}})
	}
	if !c.usable {
		c.problems = append(c.problems, Problem{Lost: true, Package: u.pkg.PkgPath, Place: Place{
			File: names[0], Message: "package " + u.pkg.PkgPath + " could not be read",
		}})
	}
	return c
}

// sources are the files to read: what cgo made of them, where it ran.
func sources(pkg *packages.Package) []string {
	names := goFiles(pkg.CompiledGoFiles)
	if len(names) < len(pkg.GoFiles) {
		return goFiles(pkg.GoFiles)
	}
	return names
}

// importsC reports whether the file is as its author wrote it, before cgo: then
// C is a package of which nothing is known.
func importsC(file *ast.File) bool {
	return slices.ContainsFunc(file.Imports, func(s *ast.ImportSpec) bool { return s.Path.Value == `"C"` })
}

func goFiles(names []string) []string {
	// The build cache holds what cgo wrote without a suffix.
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool {
		return strings.HasSuffix(n, ".s") || strings.HasSuffix(n, ".c") || strings.HasSuffix(n, ".h")
	})
}

func (r *run) syntaxProblems(c *checked, u *unit, err error) {
	add := func(at token.Position, message string) {
		c.problems = append(c.problems, Problem{Package: u.pkg.PkgPath, Place: Place{
			File: at.Filename, Line: at.Line, Column: at.Column, Message: message,
		}})
	}
	var list scanner.ErrorList
	if !errors.As(err, &list) {
		list = scanner.ErrorList{{Msg: err.Error()}}
	}
	for _, e := range list {
		if len(c.problems) < maxProblems {
			add(e.Pos, e.Msg)
		}
	}
}

// checkOnce checks the package and returns the positions of what is broken.
func (r *run) checkOnce(c *checked, u *unit, universe *universe, fakeC, tell bool) []token.Pos {
	bad := make(map[token.Pos]bool)
	c.info = &types.Info{
		Types:        make(map[ast.Expr]types.TypeAndValue),
		Defs:         make(map[*ast.Ident]types.Object),
		Uses:         make(map[*ast.Ident]types.Object),
		Implicits:    make(map[ast.Node]types.Object),
		Instances:    make(map[*ast.Ident]types.Instance),
		Selections:   make(map[*ast.SelectorExpr]*types.Selection),
		Scopes:       make(map[ast.Node]*types.Scope),
		FileVersions: make(map[*ast.File]string),
	}
	conf := types.Config{
		Importer: importer{universe, r.prog, u.pkg}, Sizes: r.prog.sizes, FakeImportC: fakeC,
		GoVersion: goVersion(u.pkg),
		Error: func(err error) {
			var e types.Error
			if !errors.As(err, &e) || e.Soft {
				return // unused variables and imports do not stop anybody
			}
			bad[e.Pos] = true
			if tell && len(c.problems) < maxProblems {
				c.problems = append(c.problems, Problem{Package: u.pkg.PkgPath, Place: r.prog.fset.place(e.Pos, e.Msg)})
			}
		},
	}
	c.types, _ = conf.Check(u.pkg.PkgPath, r.prog.fset.FileSet, c.files, c.info)
	if len(bad) > 0 || fakeC || c.damaged {
		for _, pos := range invalid(c) {
			bad[pos] = true
		}
	}
	return slices.Collect(maps.Keys(bad))
}

// invalid finds what the parser or the checker gave up on without an error of its
// own: a use of something that is broken elsewhere.
func invalid(c *checked) []token.Pos {
	var found []token.Pos
	for _, file := range c.files {
		ast.Inspect(file, func(n ast.Node) bool {
			if n != nil && c.isInvalid(n) {
				found = append(found, n.Pos())
			}
			return true
		})
	}
	return found
}

func (c *checked) isInvalid(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.BadDecl, *ast.BadExpr, *ast.BadStmt:
		return true
	case *ast.Ident:
		if n.Name == "_" {
			return false // has no type where it is assigned to
		}
		obj := c.info.Defs[n]
		if _, isPkg := obj.(*types.PkgName); obj != nil && !isPkg && isInvalid(obj.Type()) {
			return true
		}
	case *ast.TypeAssertExpr:
		if n.Type == nil {
			return false // of a type switch
		}
		return !c.hasType(n)
	case *ast.CallExpr, *ast.SelectorExpr, *ast.IndexExpr, *ast.BinaryExpr, *ast.StarExpr, *ast.UnaryExpr, *ast.CompositeLit, *ast.FuncLit:
		return !c.hasType(n.(ast.Expr)) // the checker says nothing of what it cannot type
	}
	e, ok := n.(ast.Expr)
	return ok && isInvalid(c.info.Types[e].Type)
}

func (c *checked) hasType(e ast.Expr) bool {
	t, ok := c.info.Types[e]
	return ok && !isInvalid(t.Type)
}

func isInvalid(t types.Type) bool {
	b, ok := t.(*types.Basic)
	return ok && b.Kind() == types.Invalid
}

func goVersion(pkg *packages.Package) string {
	if pkg.Module == nil || pkg.Module.GoVersion == "" {
		return ""
	}
	return "go" + pkg.Module.GoVersion
}

// drop takes the declarations out of the files that have one of the positions:
// of a function its body, when the rest of it is sound. It returns how many.
func drop(files []*ast.File, bad []token.Pos) int {
	dropped := 0
	for _, file := range files {
		kept := file.Decls[:0]
		for _, d := range file.Decls {
			switch {
			case !within(d, bad):
			case hasBody(d) && !withinSignature(d.(*ast.FuncDecl), bad):
				d.(*ast.FuncDecl).Body = nil
				dropped++
			case isImport(d):
				dropSpecs(d, bad)
				if len(d.(*ast.GenDecl).Specs) == 0 {
					continue
				}
			case dropSpecs(d, bad) > 0:
				dropped++
			default:
				dropped++
				continue
			}
			kept = append(kept, d)
		}
		file.Decls = kept
		if at := file.Name.Pos(); slices.Contains(bad, at) {
			file.Decls = nil
		}
	}
	return dropped
}

func within(n ast.Node, bad []token.Pos) bool {
	return slices.ContainsFunc(bad, func(p token.Pos) bool { return n.Pos() <= p && p <= n.End() })
}

func hasBody(d ast.Decl) bool {
	f, ok := d.(*ast.FuncDecl)
	return ok && f.Body != nil
}

func withinSignature(f *ast.FuncDecl, bad []token.Pos) bool {
	return slices.ContainsFunc(bad, func(p token.Pos) bool { return f.Pos() <= p && p < f.Body.Pos() })
}

func isImport(d ast.Decl) bool {
	g, ok := d.(*ast.GenDecl)
	return ok && g.Tok == token.IMPORT
}

// dropSpecs takes what is broken out of a declaration of several imports,
// variables or types. It returns how many are left.
func dropSpecs(d ast.Decl, bad []token.Pos) int {
	g, ok := d.(*ast.GenDecl)
	if !ok || g.Tok == token.CONST {
		return 0 // iota counts the lines
	}
	g.Specs = slices.DeleteFunc(g.Specs, func(s ast.Spec) bool { return within(s, bad) })
	return len(g.Specs)
}
