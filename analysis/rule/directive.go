package rule

import (
	"go/ast"
	"go/token"
	"reflect"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// Prefix starts a comment that ignores one rule on its own line, or on the line
// below when it stands alone: //backstop:ignore RULE REASON.
const Prefix = "//backstop:ignore"

// A Directive is one comment that ignores a rule.
type Directive struct {
	Pos    token.Pos
	Rule   string // empty when the comment names none
	Reason string // empty when missing: then nothing is ignored
}

// Directives lists the ignore comments of a file.
func Directives(file *ast.File) []Directive {
	var found []Directive
	for _, group := range file.Comments {
		for _, c := range group.List {
			rest, ok := strings.CutPrefix(c.Text, Prefix)
			if !ok || rest != "" && rest[0] != ' ' && rest[0] != '\t' {
				continue
			}
			rest, _, _ = strings.Cut(rest, "//") // a comment on the comment
			id, reason, _ := strings.Cut(strings.TrimSpace(rest), " ")
			found = append(found, Directive{Pos: c.Pos(), Rule: id, Reason: strings.TrimSpace(reason)})
		}
	}
	return found
}

// directives indexes the comments of a package once for all rules.
var directives = &analysis.Analyzer{
	Name:       "backstopignore",
	Doc:        "index //backstop:ignore comments",
	ResultType: reflect.TypeFor[*index](),
	Run: func(pass *analysis.Pass) (any, error) {
		x := &index{lines: make(map[line][]Directive)}
		for _, file := range pass.Files {
			for _, d := range Directives(file) {
				p := pass.Fset.Position(d.Pos)
				x.lines[line{p.Filename, p.Line}] = append(x.lines[line{p.Filename, p.Line}], d)
			}
		}
		return x, nil
	},
}

type line struct {
	file string
	line int
}

type index struct {
	lines map[line][]Directive
}

// reason is why the rule is ignored at pos, or empty.
func (x *index) reason(fset *token.FileSet, pos token.Pos, rule string) string {
	p := fset.Position(pos)
	for _, n := range []int{p.Line, p.Line - 1} {
		for _, d := range x.lines[line{p.Filename, n}] {
			if d.Rule == rule && d.Reason != "" {
				return d.Reason
			}
		}
	}
	return ""
}
