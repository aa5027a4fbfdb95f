package htmlview

import (
	"embed"
	"html/template"
	"strings"

	"github.com/backstop-go/backstop/crash"

	"github.com/backstop-go/backstop/cmd/backstop/internal/outline"
	"github.com/backstop-go/backstop/cmd/backstop/internal/source"
)

//go:embed templates assets
var files embed.FS

// Style is the style sheet of all pages: the collector's, and those of [Write].
func Style() []byte { return asset("style.css") }

// Logo is the picture beside the name, an SVG.
func Logo() []byte { return asset("logo.svg") }

func asset(name string) []byte {
	body, err := files.ReadFile("assets/" + name)
	if err != nil {
		panic(err) // it is embedded
	}
	return body
}

// Parts returns a template set with the parts of pages that show crash text:
// "text", "line", "func", "panics", "verdict", "stack" and "kinds". What they
// take is made by the functions of this package. The set gets name and more
// functions for the templates that the caller adds.
func Parts(name string, more template.FuncMap) *template.Template {
	t := template.New(name).Funcs(funcs()).Funcs(more)
	return template.Must(t.ParseFS(files, "templates/part_*.html"))
}

func funcs() template.FuncMap {
	return template.FuncMap{
		"count":         func(n any) string { return Count(number(n)) },
		"plural":        Plural,
		"line":          Line,
		"lines":         Lines,
		"plain":         Plain,
		"title":         func() int { return MaxTitle },
		"name":          func() int { return MaxName },
		"fn":            outline.SplitFunc,
		"file":          outline.SplitFile,
		"fileOf":        fileOf,
		"fileOfCreator": fileOfCreator,
		"packages":      packages,
		"rows":          rows,
	}
}

// A place is a file and a line of it.
type place struct {
	Name outline.Name
	Line int
}

// fileOf is where a frame is, nil when that is not known. With -trimpath the
// path of the file is that of the package: once is enough.
func fileOf(f outline.Frame) *place { return placeOf(f.Func, f.File, f.Line) }

func fileOfCreator(by crash.CreatedBy) *place { return placeOf("", by.File, by.Line) }

func placeOf(fn, file string, line int) *place {
	if file == "" {
		return nil
	}
	p := &place{outline.SplitFile(file), line}
	if fn != "" && p.Name.Path == outline.SplitFunc(fn).Path {
		p.Name.Path = ""
	}
	return p
}

// packages names the packages of folded frames: "runtime, net/http".
func packages(r outline.Run) string {
	names := r.Packages()
	for i, n := range names {
		names[i] = Plain(60, n)
	}
	return strings.Join(names, ", ")
}

// A row is a line of source.
type row struct {
	Number int
	Text   string
	Focus  bool
}

// rows are the lines of an excerpt without the indentation they share.
func rows(e *source.Excerpt) []row {
	var out []row
	for i, l := range e.Unindented() {
		out = append(out, row{e.First + i, strings.ReplaceAll(l, "\t", "    "), e.First+i == e.Focus})
	}
	return out
}
