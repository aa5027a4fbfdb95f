package rule

import (
	"go/ast"
	"go/token"
	"reflect"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// Prefix starts a comment that ignores one rule on its own line, or on the line
// below when it stands alone: //backstop:ignore RULE REASON.
const Prefix = "//backstop:ignore"

// A Directive is one comment that ignores a rule.
type Directive struct {
	Pos    token.Pos
	Alone  bool   // nothing but the comment is on its line
	Rule   string // empty when the comment names none
	Reason string // empty when missing: then nothing is ignored
}

// Directives lists the ignore comments of a file.
func Directives(fset *token.FileSet, file *ast.File) []Directive {
	var found []Directive
	code := codeLines(fset, file)
	for _, group := range file.Comments {
		for _, c := range group.List {
			rest, ok := strings.CutPrefix(c.Text, Prefix)
			if !ok || rest != "" && rest[0] != ' ' && rest[0] != '\t' {
				continue
			}
			rest, _, _ = strings.Cut(rest, "//") // a comment on the comment
			id, reason, _ := strings.Cut(strings.TrimSpace(rest), " ")
			found = append(found, Directive{Pos: c.Pos(), Alone: !code[fset.Position(c.Pos()).Line], Rule: id, Reason: strings.TrimSpace(reason)})
		}
	}
	return found
}

// codeLines are the lines on which a statement, a declaration or an expression
// begins or ends.
func codeLines(fset *token.FileSet, file *ast.File) map[int]bool {
	if !slices.ContainsFunc(file.Comments, hasDirective) {
		return nil
	}
	lines := make(map[int]bool)
	ast.Inspect(file, func(n ast.Node) bool {
		switch n.(type) {
		case nil, *ast.File, *ast.Comment, *ast.CommentGroup:
		default:
			lines[fset.Position(n.Pos()).Line] = true
			lines[fset.Position(n.End()).Line] = true
		}
		return true
	})
	return lines
}

func hasDirective(g *ast.CommentGroup) bool {
	return slices.ContainsFunc(g.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, Prefix) })
}

// directives indexes the comments of a package once for all rules.
var directives = &analysis.Analyzer{
	Name:       "backstopignore",
	Doc:        "index //backstop:ignore comments",
	ResultType: reflect.TypeFor[*index](),
	Run: func(pass *analysis.Pass) (any, error) {
		x := &index{lines: make(map[line][]Directive)}
		for _, file := range pass.Files {
			for _, d := range Directives(pass.Fset, file) {
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
	for _, d := range x.lines[line{p.Filename, p.Line}] {
		if d.Rule == rule && d.Reason != "" {
			return d.Reason
		}
	}
	for _, d := range x.lines[line{p.Filename, p.Line - 1}] {
		if d.Alone && d.Rule == rule && d.Reason != "" {
			return d.Reason
		}
	}
	return ""
}
