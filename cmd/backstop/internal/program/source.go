// Package program knows where the frames of a traceback stand in the program
// they are of, from its source or its executable, for crash.SameWith. Start
// with [NewSource] and [OpenExecutable].
//
// Both are checked against the frame: source of another version, or an
// executable of another build, has no answer rather than a wrong one, as far as
// the frame tells.
package program

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"

	"github.com/backstop-go/backstop/cmd/backstop/internal/source"
	"github.com/backstop-go/backstop/crash"
)

// A Source is a tree with the source of a program. It is not safe for
// concurrent use.
type Source struct {
	finder *source.Finder
	files  map[string]*parsed // by path on this machine
}

// A parsed file. Files that do not parse are kept as far as they do.
type parsed struct {
	lines []string
	decls []decl
}

// A decl is a function, or a declaration that holds closures.
type decl struct {
	name        string // of the function; empty for other declarations
	first, last int
}

// NewSource returns the program whose source is below a directory.
func NewSource(dir string) *Source {
	return &Source{finder: source.New(source.Options{Dir: dir, Only: true}), files: make(map[string]*parsed)}
}

// Place implements [crash.Program]: the function, or declaration, of the file
// that holds the frame's line and has the name of the frame's function.
func (s *Source) Place(f *crash.Frame) (crash.Place, bool) {
	const all = 1 << 30
	excerpt := s.finder.Excerpt(f, all)
	if excerpt == nil {
		return crash.Place{}, false
	}
	file := s.files[excerpt.File]
	if file == nil {
		file = parse(excerpt.Lines)
		s.files[excerpt.File] = file
	}
	for _, d := range file.decls {
		if d.first <= f.Line && f.Line <= d.last && d.holds(f.Func) {
			return crash.Place{First: d.first, Last: d.last, Source: file.lines[d.first-1 : d.last]}, true
		}
	}
	return crash.Place{}, false
}

// holds reports whether a function with that name can stand in the declaration:
// its own name is there, which for closures is that of a function around them.
func (d *decl) holds(fn string) bool {
	if d.name == "" {
		return strings.Contains(fn, ".func")
	}
	for rest := fn; ; {
		i := strings.Index(rest, d.name)
		if i < 0 {
			return false
		}
		end := i + len(d.name)
		if i > 0 && rest[i-1] == '.' && (end == len(rest) || strings.IndexByte(".[-", rest[end]) >= 0) {
			return true
		}
		rest = rest[end:]
	}
}

// parse finds the declarations of a file. Line directives do not count: the
// lines are those of the file that was found.
func parse(lines []string) *parsed {
	file := &parsed{lines: lines}
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, "", strings.Join(lines, "\n"), parser.SkipObjectResolution)
	if tree == nil {
		_ = err // nothing of the file can be used
		return file
	}
	for _, d := range tree.Decls {
		line := func(p token.Pos) int { return set.PositionFor(p, false).Line }
		switch d := d.(type) {
		case *ast.FuncDecl:
			file.add(decl{name: d.Name.Name, first: line(d.Pos()), last: line(d.End())})
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				file.add(decl{first: line(spec.Pos()), last: line(spec.End())})
			}
		}
	}
	return file
}

// add keeps a declaration whose lines are there.
func (p *parsed) add(d decl) {
	if 1 <= d.first && d.first <= d.last && d.last <= len(p.lines) {
		p.decls = append(p.decls, d)
	}
}
