// Package glob compiles globs.
package glob

import (
	"errors"
	"path"
	"strings"
)

// A Glob is compiled.
type Glob struct{ pattern string }

// Compile compiles.
func Compile(pattern string) (*Glob, error) {
	if strings.Count(pattern, "[") != strings.Count(pattern, "]") {
		return nil, errors.New("glob: unclosed class")
	}
	return &Glob{pattern}, nil
}

// MustCompile is for constants.
func MustCompile(pattern string) *Glob {
	g, err := Compile(pattern)
	if err != nil {
		panic(err)
	}
	return g
}

// Match matches.
func (g *Glob) Match(name string) bool {
	ok, _ := path.Match(g.pattern, name)
	return ok
}
