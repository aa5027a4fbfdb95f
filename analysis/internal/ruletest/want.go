package ruletest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A Message is what was said of a line.
type Message struct {
	File string
	Line int
	Text string
}

type line struct {
	file string
	line int
}

// Compare holds messages against the comments of files, and says where they
// differ. A comment
//
//	// want "regexp" `regexp`
//
// asks for one message on its line for each regular expression, and no other
// message may be said of any line. It may stand at the end of another comment.
func Compare(files []string, said []Message) (differences []string) {
	wanted := make(map[line][]*regexp.Regexp)
	for _, name := range files {
		if err := expectations(name, wanted); err != nil {
			differences = append(differences, err.Error())
		}
	}
	for _, m := range said {
		at := line{m.File, m.Line}
		i := slices.IndexFunc(wanted[at], func(re *regexp.Regexp) bool { return re.MatchString(m.Text) })
		if i < 0 {
			differences = append(differences, fmt.Sprintf("%s:%d: unexpected: %s", m.File, m.Line, m.Text))
			continue
		}
		wanted[at] = slices.Delete(wanted[at], i, i+1)
	}
	for at, list := range wanted {
		for _, re := range list {
			differences = append(differences, fmt.Sprintf("%s:%d: nothing was reported that matches %q", at.file, at.line, re))
		}
	}
	slices.Sort(differences)
	return differences
}

// expectations adds what the comments of a file ask for.
func expectations(name string, wanted map[line][]*regexp.Regexp) error {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("read what is wanted: %w", err)
	}
	for _, group := range file.Comments {
		for _, c := range group.List {
			list, err := expectation(c)
			if err != nil {
				return fmt.Errorf("%s: %w", fset.Position(c.Pos()), err)
			}
			if len(list) > 0 {
				at := line{name, fset.Position(c.Pos()).Line}
				wanted[at] = append(wanted[at], list...)
			}
		}
	}
	return nil
}

func expectation(c *ast.Comment) ([]*regexp.Regexp, error) {
	text := strings.TrimSpace(strings.TrimSuffix(c.Text[2:], "*/"))
	if _, after, ok := strings.Cut(text, "// want"); ok {
		text = "want" + after
	}
	rest, ok := strings.CutPrefix(text, "want")
	if !ok {
		return nil, nil
	}
	var list []*regexp.Regexp
	for rest = strings.TrimSpace(rest); rest != ""; rest = strings.TrimSpace(rest) {
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil {
			return nil, fmt.Errorf("a comment wants what is no string: %s", rest)
		}
		pattern, err := strconv.Unquote(quoted)
		if err != nil {
			return nil, fmt.Errorf("unquote %s: %w", quoted, err)
		}
		re, err := regexp.Compile(pattern)
		if err != nil {
			return nil, fmt.Errorf("a comment wants what is no regular expression: %w", err)
		}
		list = append(list, re)
		rest = rest[len(quoted):]
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("a comment wants nothing")
	}
	return list, nil
}
