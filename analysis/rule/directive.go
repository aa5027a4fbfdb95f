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
// below when it stands alone: //backstop:ignore RULE REASON. Several that stand
// alone, one below the other, are for the line below the last.
const Prefix = "//backstop:ignore"

// A Directive is one comment that ignores a rule.
type Directive struct {
	Pos    token.Pos
	Alone  bool   // nothing but the comment is on its line
	Rule   string // empty when the comment names none
	Reason string // empty when missing: then nothing is ignored
	Line   int    // the line that it is for
	Spaced bool   // written with a space behind the slashes: then nothing is ignored
}

// Directives lists the ignore comments of a file.
func Directives(fset *token.FileSet, file *ast.File) []Directive {
	var found []Directive
	code := codeLines(fset, file)
	for _, group := range file.Comments {
		for _, c := range group.List {
			text, spaced := c.Text, false
			if t, ok := strings.CutPrefix(text, "// "); ok {
				text, spaced = "//"+t, true
			}
			rest, ok := strings.CutPrefix(text, Prefix)
			if !ok || rest != "" && rest[0] != ' ' && rest[0] != '\t' {
				continue
			}
			rest = strings.ReplaceAll(rest, "\t", " ")
			rest, _, _ = strings.Cut(rest+" ", " // ") // a comment on the comment
			id, reason, _ := strings.Cut(strings.TrimSpace(rest), " ")
			if spaced { // nobody obeys it, and whoever wrote it should know
				reason = ""
			}
			found = append(found, Directive{Spaced: spaced, Pos: c.Pos(), Line: fset.Position(c.Pos()).Line, Alone: !code[fset.Position(c.Pos()).Line], Rule: id, Reason: strings.TrimSpace(reason)})
		}
	}
	// From the last to the first: each that stands alone is for what the next line
	// is for, when that is one, too.
	for i := len(found) - 1; i >= 0; i-- {
		d := &found[i]
		if !d.Alone {
			continue
		}
		own := d.Line
		d.Line++
		if i+1 < len(found) && found[i+1].Alone && fset.Position(found[i+1].Pos).Line == own+1 {
			d.Line = found[i+1].Line
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
				at := line{pass.Fset.Position(d.Pos).Filename, d.Line}
				x.lines[at] = append(x.lines[at], d)
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
	return ""
}
