package driver

import (
	"cmp"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"
)

// files turns positions into places. Their names are absolute, so that what is
// kept on disk is right for a run in any directory, until the result is made.
type files struct {
	*token.FileSet
	dir string
}

func newFiles(dir string) *files {
	if dir == "" {
		dir = "."
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		abs = dir
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		abs = real
	}
	return &files{token.NewFileSet(), abs}
}

// relative names a file as seen from the directory, when that is shorter.
func (f *files) relative(file string) string {
	rel, err := filepath.Rel(f.dir, file)
	if err != nil || !filepath.IsAbs(file) || len(rel) >= len(file) {
		return file
	}
	return filepath.ToSlash(rel)
}

func (f *files) place(pos token.Pos, message string) Place {
	p := f.Position(pos)
	return Place{File: p.Filename, Line: p.Line, Column: p.Column, Message: message}
}

// errorPlace reads the position of an error of the go command: file:line:column.
func (f *files) errorPlace(e packages.Error) Place {
	at := Place{Message: e.Msg}
	if e.Pos == "" || e.Pos == "-" {
		return at
	}
	rest := e.Pos
	var numbers []int
	for len(numbers) < 2 {
		i := strings.LastIndexByte(rest, ':')
		if i < 0 {
			break
		}
		n, err := strconv.Atoi(rest[i+1:])
		if err != nil {
			break
		}
		numbers = append(numbers, n)
		rest = rest[:i]
	}
	at.File = rest
	switch len(numbers) {
	case 1:
		at.Line = numbers[0]
	case 2:
		at.Line, at.Column = numbers[1], numbers[0]
	}
	return at
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// DefaultCache is the directory of the user's cache for results, or empty when
// there is none.
func DefaultCache() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "backstop", "vet")
}
