package explain

import (
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/backstop-go/backstop/internal/gobin"
	"github.com/backstop-go/backstop/lab"
	"github.com/backstop-go/backstop/lab/scenario"
)

// modulePath is where the lab's own files stand in binaries built with -trimpath.
const modulePath = "github.com/backstop-go/backstop/lab/"

// An Excerpt is a function of the lab as it is written, its comment included.
type Excerpt struct {
	Func  string   `json:"func"`
	File  string   `json:"file"`  // below the lab's module
	First int      `json:"first"` // number of the first line
	Lines []string `json:"lines"`

	start, end int      // of the function itself
	node       ast.Node // *ast.FuncDecl or *ast.FuncLit
	fset       *token.FileSet
}

// maxSource bounds the lines shown of helpers; the scenario's own function is
// shown whole.
const maxSource = 90

// sources are the files of one program of the lab that a release builds.
type sources struct {
	fset  *token.FileSet
	files map[string]*ast.File
	lines map[string][]string
}

func readSources(p scenario.Program, minor int) *sources {
	s := &sources{fset: token.NewFileSet(), files: make(map[string]*ast.File), lines: make(map[string][]string)}
	context := platform(minor, p.Env...)
	context.BuildTags = tagsOf(p)
	context.JoinPath = path.Join
	context.OpenFile = func(name string) (io.ReadCloser, error) { return lab.Source.Open(name) }
	s.read(&context, path.Clean(p.Dir))
	return s
}

func (s *sources) read(context *build.Context, dir string) {
	entries, err := fs.ReadDir(lab.Source, dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".go") {
			continue
		}
		if ok, err := context.MatchFile(dir, e.Name()); err != nil || !ok {
			continue
		}
		s.parse(path.Join(dir, e.Name()))
	}
}

// parse reads one file of the lab's module, nil when there is none.
func (s *sources) parse(name string) *ast.File {
	text, err := lab.Source.ReadFile(name)
	if err != nil {
		return nil
	}
	f, err := parser.ParseFile(s.fset, name, text, parser.ParseComments)
	if err != nil {
		return nil
	}
	s.files[name], s.lines[name] = f, strings.Split(string(text), "\n")
	return f
}

// tagsOf are the build tags that a program's flags set.
func tagsOf(p scenario.Program) []string {
	var tags []string
	for i, f := range p.Flags {
		switch {
		case strings.HasPrefix(f, "-tags="):
			tags = append(tags, strings.Split(strings.TrimPrefix(f, "-tags="), ",")...)
		case f == "-tags" && i+1 < len(p.Flags):
			tags = append(tags, strings.Split(p.Flags[i+1], ",")...)
		case f == "-race":
			tags = append(tags, "race")
		case f == "-msan", f == "-asan":
			tags = append(tags, f[1:])
		}
	}
	return tags
}

func (s *sources) names() []string {
	var names []string
	for n := range s.files {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// registered returns the function that a program runs under a scenario's name:
// where the name stands as a string before it, in a call or in a map, or a test
// of that name, or main when the program is about nothing else.
func (s *sources) registered(name string) ast.Node {
	for _, file := range s.names() {
		var found ast.Node
		ast.Inspect(s.files[file], func(n ast.Node) bool {
			if found != nil {
				return false
			}
			switch n := n.(type) {
			case *ast.CallExpr:
				if len(n.Args) > 1 && isString(n.Args[0], name) {
					found = s.function(n.Args[1])
				}
			case *ast.KeyValueExpr:
				if isString(n.Key, name) {
					found = s.function(n.Value)
				}
			case *ast.CaseClause:
				for _, e := range n.List {
					if isString(e, name) && len(n.Body) > 0 {
						found = s.calledIn(n.Body[0])
					}
				}
			}
			return true
		})
		if found == nil {
			found = s.inLoop(s.files[file], name)
		}
		if found != nil {
			return found
		}
	}
	for _, also := range []string{name, "main"} {
		if f := s.declared(also); f != nil {
			return f
		}
	}
	return nil
}

// inLoop returns the function that a file registers under names out of a table,
// when the name stands in that table.
func (s *sources) inLoop(f *ast.File, name string) ast.Node {
	var found ast.Node
	listed := false
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			listed = listed || isString(n, name)
		case *ast.CallExpr:
			fn, ok := n.Fun.(*ast.Ident)
			if !ok || fn.Name != "register" || len(n.Args) != 2 || found != nil {
				break
			}
			if _, literal := n.Args[0].(*ast.BasicLit); !literal {
				found = s.function(n.Args[1])
			}
		}
		return true
	})
	if !listed {
		return nil
	}
	return found
}

func isString(e ast.Expr, want string) bool {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return false
	}
	got, err := strconv.Unquote(lit.Value)
	return err == nil && got == want
}

// function follows an expression to a function: its name, a literal, or the
// first function handed to a call.
func (s *sources) function(e ast.Expr) ast.Node {
	switch e := e.(type) {
	case *ast.FuncLit:
		return e
	case *ast.Ident:
		if f := s.declared(e.Name); f != nil {
			return f
		}
	case *ast.CallExpr:
		for _, a := range e.Args {
			if f := s.function(a); f != nil {
				return f
			}
		}
		return s.function(e.Fun)
	case *ast.CompositeLit:
		for _, el := range e.Elts {
			if kv, ok := el.(*ast.KeyValueExpr); ok {
				el = kv.Value
			}
			if f := s.function(el); f != nil {
				return f
			}
		}
	}
	return nil
}

func (s *sources) calledIn(stmt ast.Stmt) ast.Node {
	e, ok := stmt.(*ast.ExprStmt)
	if !ok {
		return nil
	}
	if call, ok := e.X.(*ast.CallExpr); ok {
		return s.function(call.Fun)
	}
	return nil
}

func (s *sources) declared(name string) ast.Node {
	for _, file := range s.names() {
		for _, d := range s.files[file].Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && declName(fn) == name {
				return fn
			}
		}
	}
	return nil
}

// helpers are the functions of the same package that a function uses, nearest
// first: those it names, and the methods of the types it names, which may be called
// through an interface.
func (s *sources) helpers(root ast.Node) []ast.Node {
	seen := map[ast.Node]bool{root: true}
	queue, all := []ast.Node{root}, []ast.Node(nil)
	for len(queue) > 0 {
		var n ast.Node
		n, queue = queue[0], queue[1:]
		local := locals(n)
		ast.Inspect(n, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if !ok || local[id.Name] {
				return true
			}
			for _, d := range s.named(id.Name) {
				if !seen[d] {
					seen[d] = true
					queue, all = append(queue, d), append(all, d)
				}
			}
			return true
		})
	}
	return all
}

// locals are the names that a function declares itself, and those that stand
// behind a dot or before a colon: they mean no function of the package.
func locals(f ast.Node) map[string]bool {
	names := make(map[string]bool)
	add := func(e ast.Expr) {
		if id, ok := e.(*ast.Ident); ok {
			names[id.Name] = true
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				for _, e := range n.Lhs {
					add(e)
				}
			}
		case *ast.RangeStmt:
			add(n.Key)
			add(n.Value)
		case *ast.ValueSpec:
			for _, id := range n.Names {
				add(id)
			}
		case *ast.Field:
			for _, id := range n.Names {
				add(id)
			}
		case *ast.SelectorExpr:
			add(n.Sel)
		case *ast.KeyValueExpr:
			add(n.Key)
		}
		return true
	})
	return names
}

// named returns the function of a name, or the methods of a type of that name.
func (s *sources) named(name string) []ast.Node {
	if d := s.declared(name); d != nil {
		return []ast.Node{d}
	}
	var found []ast.Node
	for _, file := range s.names() {
		for _, d := range s.files[file].Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil && strings.Trim(strings.TrimSuffix(declName(fn), "."+fn.Name.Name), "(*)") == name {
				found = append(found, fn)
			}
		}
	}
	return found
}

func (s *sources) excerpt(n ast.Node) Excerpt {
	start := n.Pos()
	name := "a function literal"
	if fn, ok := n.(*ast.FuncDecl); ok {
		name = declName(fn)
		if fn.Doc != nil {
			start = fn.Doc.Pos()
		}
	}
	first, from, to := s.fset.Position(start), s.fset.Position(n.Pos()), s.fset.Position(n.End())
	return Excerpt{
		Func: name, File: first.Filename, First: first.Line,
		Lines: s.lines[first.Filename][first.Line-1 : to.Line],
		start: from.Line, end: to.Line, node: n, fset: s.fset,
	}
}

// source finds the scenario's function and what it uses, in the source and in
// the binary.
func (m *maker) source() {
	m.sources = readSources(m.program, m.toolchain.Minor)
	root := m.sources.registered(m.functionName())
	if root == nil {
		m.note("the function of the scenario was not found in %s", m.program.Dir)
		return
	}
	m.e.Source = []Excerpt{m.sources.excerpt(root)}
	total := 0
	for _, h := range m.sources.helpers(root) {
		x := m.sources.excerpt(h)
		if total += len(x.Lines); total > maxSource {
			m.note("more functions of the scenario stand in %s", m.program.Dir)
			break
		}
		m.e.Source = append(m.e.Source, x)
	}
	if m.bin == nil {
		return
	}
	// An error ends the walk; what came before it is good.
	_ = m.bin.Funcs(func(f gobin.Func) bool {
		if m.excerptOf(f) >= 0 {
			m.funcs = append(m.funcs, f)
		}
		return true
	})
}

// functionName is what the program knows the scenario's function by.
func (m *maker) functionName() string {
	if m.program.Kind == scenario.Test {
		for _, a := range m.scenario.Args {
			if name, ok := strings.CutPrefix(a, "-test.run=^"); ok {
				return strings.TrimSuffix(name, "$")
			}
		}
	}
	return m.scenario.Name
}

// excerptOf returns the index of the excerpt that a function of the binary was
// compiled from, -1 when none.
func (m *maker) excerptOf(f gobin.Func) int {
	file, ours := strings.CutPrefix(f.File, modulePath)
	if !ours || f.StartLine == 0 {
		return -1
	}
	return slices.IndexFunc(m.e.Source, func(x Excerpt) bool {
		return x.File == file && x.start <= f.StartLine && f.StartLine <= x.end
	})
}

// sourceLine returns the text of a line as a traceback names it: of the lab, or
// of the toolchain.
func (m *maker) sourceLine(file string, line int) string {
	if name, ours := strings.CutPrefix(file, modulePath); ours {
		lines, ok := m.sources.lines[name]
		if !ok {
			text, err := lab.Source.ReadFile(name)
			if err != nil {
				return ""
			}
			lines = strings.Split(string(text), "\n")
		}
		if 0 < line && line <= len(lines) {
			return strings.TrimSpace(lines[line-1])
		}
		return ""
	}
	return m.goroot.line(file, line)
}
