package explain

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A Decl is a function in the source of an installed toolchain.
type Decl struct {
	File string `json:"file"` // below GOROOT/src: "runtime/panic.go"
	Line int    `json:"line"` // of the func keyword, or of the TEXT line in assembly
	End  int    `json:"end"`  // of the last line

	lines []string // of the file
	body  ast.Node // nil in assembly
	fset  *token.FileSet
}

// A goroot reads declarations out of one installed toolchain. Nothing of its
// text is kept in this repository: what is shown is read when it is shown.
type goroot struct {
	src     string // GOROOT/src
	context build.Context
	dirs    map[string][]string // the files of a package that this platform builds
	decls   map[string]*Decl
	texts   map[string][]string
}

func openGoroot(root string, context build.Context) *goroot {
	return &goroot{
		src: filepath.Join(root, "src"), context: context,
		dirs: make(map[string][]string), decls: make(map[string]*Decl), texts: make(map[string][]string),
	}
}

// platform is what build constraints of a program, and of the toolchain below it,
// are judged by. The environment is that of the build.
func platform(minor int, env ...string) build.Context {
	c := build.Default
	c.CgoEnabled, c.BuildTags, c.ToolTags, c.ReleaseTags = true, nil, nil, nil
	for _, e := range env {
		if arch, ok := strings.CutPrefix(e, "GOARCH="); ok {
			c.GOARCH = arch
		}
		if names, ok := strings.CutPrefix(e, "GOEXPERIMENT="); ok {
			for _, n := range strings.Split(names, ",") {
				c.ToolTags = append(c.ToolTags, "goexperiment."+n)
			}
		}
	}
	for i := 1; i <= minor; i++ {
		c.ReleaseTags = append(c.ReleaseTags, fmt.Sprintf("go1.%d", i))
	}
	return c
}

// files lists the sources of a package directory that this platform builds.
func (g *goroot) files(dir string) []string {
	if names, ok := g.dirs[dir]; ok {
		return names
	}
	var names []string
	full := filepath.Join(g.src, filepath.FromSlash(dir))
	entries, err := os.ReadDir(full)
	if err != nil {
		entries = nil // no such package in this release
	}
	for _, e := range entries {
		name := e.Name()
		if strings.HasSuffix(name, "_test.go") || !strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, ".s") {
			continue
		}
		if ok, err := g.context.MatchFile(full, name); err == nil && ok {
			names = append(names, path.Join(dir, name))
		}
	}
	g.dirs[dir] = names
	return names
}

func (g *goroot) lines(file string) []string {
	if lines, ok := g.texts[file]; ok {
		return lines
	}
	var lines []string
	if text, err := os.ReadFile(filepath.Join(g.src, filepath.FromSlash(file))); err == nil {
		lines = strings.Split(string(text), "\n")
	}
	g.texts[file] = lines
	return lines
}

// line returns the text of a line of a file, "" when there is none.
func (g *goroot) line(file string, n int) string {
	if lines := g.lines(file); 0 < n && n <= len(lines) {
		return strings.TrimSpace(lines[n-1])
	}
	return ""
}

// find returns the declaration of a function as a traceback or symbol names it,
// such as "runtime.(*_panic).nextDefer"; nil when this release has none.
func (g *goroot) find(fn string) *Decl {
	if fn == "panic" {
		fn = "runtime.gopanic"
	}
	if d, ok := g.decls[fn]; ok {
		return d
	}
	dir, name := splitFunc(fn)
	d := g.search(dir, name)
	g.decls[fn] = d
	return d
}

// exists reports whether this release has a function of that name, with a body in
// this package or elsewhere (go:linkname).
func (g *goroot) exists(fn string) bool {
	if g.find(fn) != nil {
		return true
	}
	dir, name := splitFunc(fn)
	declared := regexp.MustCompile(`^func ` + regexp.QuoteMeta(name) + `\(`)
	return slices.ContainsFunc(g.files(dir), func(file string) bool {
		return strings.HasSuffix(file, ".go") && slices.ContainsFunc(g.lines(file), declared.MatchString)
	})
}

func (g *goroot) search(dir, name string) *Decl {
	method := name[strings.LastIndexByte(name, '.')+1:]
	inGo := regexp.MustCompile(`^func (\([^)]*\) ?)?` + regexp.QuoteMeta(method) + `\b`)
	inAsm := regexp.MustCompile(`^TEXT\s+[^(]*·` + regexp.QuoteMeta(method) + `(<[^>]*>)?\(SB\)`)
	var assembly *Decl
	for _, file := range g.files(dir) {
		lines := g.lines(file)
		if strings.HasSuffix(file, ".s") {
			if i := slices.IndexFunc(lines, inAsm.MatchString); i >= 0 && assembly == nil {
				assembly = &Decl{File: file, Line: i + 1, End: textEnd(lines, i), lines: lines}
			}
			continue
		}
		if !slices.ContainsFunc(lines, inGo.MatchString) {
			continue
		}
		if d := parseDecl(file, lines, func(fn *ast.FuncDecl, _, _ int) bool { return declName(fn) == name }); d != nil {
			return d
		}
	}
	return assembly
}

// at returns the declaration around a line of a file, whatever its name: code
// reaches the linker under other names through go:linkname.
func (g *goroot) at(file string, line int) *Decl {
	key := fmt.Sprintf("%s:%d", file, line)
	if d, ok := g.decls[key]; ok {
		return d
	}
	lines := g.lines(file)
	d := around(file, lines, line)
	g.decls[key] = d
	return d
}

func around(file string, lines []string, line int) *Decl {
	if line <= 0 || line > len(lines) {
		return nil
	}
	if strings.HasSuffix(file, ".s") {
		for i := line - 1; i >= 0; i-- {
			if strings.HasPrefix(lines[i], "TEXT") {
				return &Decl{File: file, Line: i + 1, End: textEnd(lines, i), lines: lines}
			}
		}
		return nil
	}
	return parseDecl(file, lines, func(_ *ast.FuncDecl, first, last int) bool { return first <= line && line <= last })
}

// textEnd is the last line of a function in assembly.
func textEnd(lines []string, start int) int {
	end := start + 1
	for i := start + 1; i < len(lines) && !strings.HasPrefix(lines[i], "TEXT"); i++ {
		if strings.TrimSpace(lines[i]) != "" && !strings.HasPrefix(lines[i], "//") && !strings.HasPrefix(lines[i], "#") {
			end = i + 1
		}
	}
	return end
}

// parseDecl returns the first function with a body that is wanted.
func parseDecl(file string, lines []string, wanted func(fn *ast.FuncDecl, first, last int) bool) *Decl {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, file, strings.Join(lines, "\n"), parser.SkipObjectResolution)
	if err != nil {
		return nil
	}
	for _, decl := range f.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		first, last := fset.Position(fn.Pos()).Line, fset.Position(fn.End()).Line
		if wanted(fn, first, last) {
			return &Decl{File: file, Line: first, End: last, lines: lines, body: fn, fset: fset}
		}
	}
	return nil
}

// declName is the name of a function within its package as a traceback has it.
func declName(fn *ast.FuncDecl) string {
	if fn.Recv == nil || len(fn.Recv.List) == 0 {
		return fn.Name.Name
	}
	t, star := fn.Recv.List[0].Type, false
	if s, ok := t.(*ast.StarExpr); ok {
		t, star = s.X, true
	}
	switch x := t.(type) {
	case *ast.IndexExpr:
		t = x.X
	case *ast.IndexListExpr:
		t = x.X
	}
	name := "?"
	if id, ok := t.(*ast.Ident); ok {
		name = id.Name
	}
	if star {
		name = "(*" + name + ")"
	}
	return name + "." + fn.Name.Name
}

// splitFunc divides a name as tracebacks print it into the package's directory
// and the name of the declared function, closures and type arguments left out.
func splitFunc(fn string) (dir, name string) {
	head := fn
	if i := strings.IndexAny(head, "[("); i >= 0 {
		head = head[:i]
	}
	slash := strings.LastIndexByte(head, '/') + 1
	dot := strings.IndexByte(head[slash:], '.')
	if dot < 0 {
		return "", fn
	}
	dir, name = fn[:slash+dot], fn[slash+dot+1:]
	name = strings.ReplaceAll(name, "[...]", "")
	name = strings.TrimSuffix(strings.TrimSuffix(name, "-fm"), ".abi0")
	if m := closurePart.FindStringIndex(name); m != nil {
		name = name[:m[0]]
	}
	return dir, name
}

var closurePart = regexp.MustCompile(`\.(func|gowrap|deferwrap)[0-9]`)

// mentions returns the line in d where the function named fn is called, or its
// address taken; 0 when nowhere.
func (d *Decl) mentions(fn string) int {
	_, name := splitFunc(fn)
	name = name[strings.LastIndexByte(name, '.')+1:]
	if d.body == nil {
		in := regexp.MustCompile(`·` + regexp.QuoteMeta(name) + `\b`)
		for n := d.Line + 1; n <= d.End; n++ {
			if in.MatchString(d.lines[n-1]) {
				return n
			}
		}
		return 0
	}
	call, other := 0, 0
	ast.Inspect(d.body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			ast.Inspect(n.Body, func(n ast.Node) bool { return d.use(n, name, &call, &other) })
			return false
		}
		return true
	})
	if call > 0 {
		return call
	}
	return other
}

func (d *Decl) use(n ast.Node, name string, call, other *int) bool {
	switch n := n.(type) {
	case *ast.CallExpr:
		// The last exit is the one that is reached; the others are for
		// set-user-ID programs and failures on the way.
		if calls(n.Fun, name) && (*call == 0 || strings.EqualFold(name, "exit")) {
			*call = d.fset.Position(n.Pos()).Line
		}
	case *ast.Ident:
		if n.Name == name && *other == 0 {
			*other = d.fset.Position(n.Pos()).Line
		}
	}
	return true
}

func calls(fun ast.Expr, name string) bool {
	switch f := fun.(type) {
	case *ast.Ident:
		return f.Name == name
	case *ast.SelectorExpr:
		return f.Sel.Name == name
	}
	return false
}

// text returns line n of the declaration's file.
func (d *Decl) text(n int) string {
	if 0 < n && n <= len(d.lines) {
		return strings.TrimSpace(d.lines[n-1])
	}
	return ""
}

// matches reports whether a line of the function's body, comments left out,
// matches.
func (d *Decl) matches(re *regexp.Regexp) bool {
	return slices.ContainsFunc(d.normal(), re.MatchString)
}

// normal is the text of the function in one form for all releases: as gofmt has
// it, without comments. Lines of assembly lose their comments.
func (d *Decl) normal() []string {
	if d.body == nil {
		var out []string
		for n := d.Line; n <= d.End; n++ {
			l, _, _ := strings.Cut(d.lines[n-1], "//")
			if l = strings.Join(strings.Fields(l), " "); l != "" {
				out = append(out, l)
			}
		}
		return out
	}
	var b bytes.Buffer
	node := d.body
	if fn, ok := node.(*ast.FuncDecl); ok {
		bare := *fn
		bare.Doc = nil
		node = &bare
	}
	if err := printer.Fprint(&b, d.fset, node); err != nil {
		return nil
	}
	var out []string
	for _, l := range strings.Split(b.String(), "\n") {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}
