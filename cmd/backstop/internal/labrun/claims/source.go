package claims

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/printer"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun"
	"github.com/backstop-go/backstop/lab/claim"
)

// A source reads the standard library of a toolchain.
type source struct {
	toolchain labrun.Toolchain

	context sync.Once
	build   build.Context
	err     error

	mu    sync.Mutex
	files map[string]*file
}

// A file is one that was read.
type file struct {
	text   string    // of assembly and whatever is no Go
	goFile *ast.File // as far as it could be parsed
	fset   *token.FileSet
	err    error // why it could not be parsed to its end
}

func newSource(t labrun.Toolchain) *source {
	return &source{toolchain: t, files: make(map[string]*file)}
}

// take measures a unit of kind source or declared: one file or package directory.
func (s *source) take(ctx context.Context, u *unit) (found, error) {
	files, err := s.open(ctx, u.name)
	if err != nil {
		return nil, err
	}
	values := make(found)
	for _, m := range u.measures {
		if m.Kind == claim.KindDeclared {
			declared := false
			for _, f := range files {
				declared = declared || f.declares(m.Key)
			}
			values[m] = claim.Value{Text: strconv.FormatBool(declared)}
			continue
		}
		if values[m], err = match(files, m); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// match looks for a pattern in a declaration of some files.
func match(files []*file, m claim.Measure) (claim.Value, error) {
	re, err := regexp.Compile(m.Code)
	if err != nil {
		return claim.Value{}, fmt.Errorf("pattern of %s: %w", m, err)
	}
	there, matches := false, false
	for _, f := range files {
		text, ok := f.declaration(m.Key)
		there = there || ok
		matches = matches || ok && re.MatchString(text)
	}
	switch {
	case matches:
		return claim.Value{Text: "true"}, nil
	case there:
		return claim.Value{Text: "false"}, nil
	}
	for _, f := range files {
		if f.err != nil { // it might stand where the parser did not come to
			return claim.Value{NotRun: fmt.Sprintf("this program's parser does not read %s: %v", m.Name, f.err)}, nil
		}
	}
	return claim.Value{Text: "absent"}, nil
}

// open reads a file, or those of a directory that are built here. None is no
// error.
func (s *source) open(ctx context.Context, name string) ([]*file, error) {
	full := filepath.Join(s.toolchain.Root, "src", filepath.FromSlash(name))
	info, err := os.Stat(full)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		f, err := s.read(full)
		return []*file{f}, err
	}
	s.context.Do(func() { s.build, s.err = goContext(ctx, s.toolchain) })
	if s.err != nil {
		return nil, s.err
	}
	entries, err := os.ReadDir(full)
	if err != nil {
		return nil, err
	}
	var files []*file
	for _, e := range entries {
		if ext := path.Ext(e.Name()); ext != ".go" && ext != ".s" || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		ok, err := s.build.MatchFile(full, e.Name())
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		f, err := s.read(filepath.Join(full, e.Name()))
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

// goContext chooses files as the toolchain itself does for this host.
func goContext(ctx context.Context, t labrun.Toolchain) (build.Context, error) {
	tags, err := labrun.GoContext(ctx, t)
	if err != nil {
		return build.Context{}, err
	}
	c := build.Default
	c.GOROOT, c.GOOS, c.GOARCH, c.Compiler, c.CgoEnabled = t.Root, runtime.GOOS, runtime.GOARCH, "gc", true
	c.BuildTags, c.ToolTags, c.ReleaseTags = nil, tags, nil
	for minor := 1; minor <= t.Minor; minor++ {
		c.ReleaseTags = append(c.ReleaseTags, fmt.Sprintf("go1.%d", minor))
	}
	return c, nil
}

// read parses a file once.
func (s *source) read(name string) (*file, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.files[name]; f != nil {
		return f, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	f := new(file)
	switch path.Ext(name) {
	case ".go":
		f.fset = token.NewFileSet()
		// Without comments: what a comment says is not what is done.
		f.goFile, f.err = parser.ParseFile(f.fset, name, text, parser.SkipObjectResolution)
	case ".s", ".h", ".c":
		f.text = comments.ReplaceAllString(string(text), "")
	default:
		f.text = string(text)
	}
	s.files[name] = f
	return f, nil
}

var comments = regexp.MustCompile(`(?s)//[^\n]*|/\*.*?\*/`)

// declaration returns the text of what a file declares under a name; of all of
// it for "".
func (f *file) declaration(name string) (string, bool) {
	if f.goFile == nil {
		return f.symbol(name)
	}
	if name == "" {
		return f.print(f.goFile), true
	}
	var texts []string
	f.each(func(declared string, node ast.Node) {
		if declared == plain(name) {
			texts = append(texts, f.print(node))
		}
	})
	return strings.Join(texts, "\n"), len(texts) > 0
}

// symbol returns the text of a TEXT symbol in assembly.
func (f *file) symbol(name string) (string, bool) {
	if name == "" {
		return f.text, true
	}
	start := regexp.MustCompile(`(?m)^TEXT\s+[\w·∕./]*?·?` + regexp.QuoteMeta(name) + `(<[^>]*>)?\(SB\)`).FindStringIndex(f.text)
	if start == nil {
		return "", false
	}
	text := f.text[start[0]:]
	if end := strings.Index(text[1:], "\nTEXT"); end >= 0 {
		text = text[:end+1]
	}
	return text, true
}

func (f *file) print(node ast.Node) string {
	var b bytes.Buffer
	if err := printer.Fprint(&b, f.fset, node); err != nil {
		return "" // a part that could not be parsed
	}
	return b.String()
}

// plain writes "(*mutex).Lock" as "mutex.Lock".
func plain(name string) string {
	return strings.NewReplacer("(", "", ")", "", "*", "").Replace(name)
}

// declares reports whether a file declares a name, a method or a field.
func (f *file) declares(name string) bool {
	if f.goFile == nil {
		return false
	}
	yes := false
	f.each(func(declared string, node ast.Node) {
		yes = yes || declared == plain(name)
		spec, ok := node.(*ast.TypeSpec)
		if !ok || !strings.HasPrefix(plain(name), declared+".") {
			return
		}
		var fields *ast.FieldList
		switch t := spec.Type.(type) {
		case *ast.StructType:
			fields = t.Fields
		case *ast.InterfaceType:
			fields = t.Methods
		default:
			return
		}
		for _, field := range fields.List {
			for _, n := range names(field) {
				yes = yes || declared+"."+n == plain(name)
			}
		}
	})
	return yes
}

// names of a field; of an embedded one it is that of its type.
func names(field *ast.Field) []string {
	var all []string
	for _, n := range field.Names {
		all = append(all, n.Name)
	}
	if len(all) == 0 {
		all = append(all, base(field.Type))
	}
	return all
}

// each calls f with every declaration at the top of a file; methods are
// "Type.Method".
func (f *file) each(visit func(name string, node ast.Node)) {
	for _, d := range f.goFile.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			name := d.Name.Name
			if d.Recv != nil && len(d.Recv.List) > 0 {
				name = base(d.Recv.List[0].Type) + "." + name
			}
			visit(name, d)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					visit(spec.Name.Name, spec)
				case *ast.ValueSpec:
					for _, n := range spec.Names {
						visit(n.Name, spec)
					}
				}
			}
		}
	}
}

// base is the name of a type without pointer, package and type parameters.
func base(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.Ident:
		return t.Name
	case *ast.StarExpr:
		return base(t.X)
	case *ast.ParenExpr:
		return base(t.X)
	case *ast.SelectorExpr:
		return t.Sel.Name
	case *ast.IndexExpr:
		return base(t.X)
	case *ast.IndexListExpr:
		return base(t.X)
	}
	return ""
}
