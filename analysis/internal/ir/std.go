package ir

import (
	"go/types"
	"strings"
)

// The first elements of the import paths of the standard library, and of
// modules that no service writes itself.
var stdRoots = map[string]bool{
	"archive": true, "arena": true, "bufio": true, "bytes": true, "cmp": true, "compress": true,
	"container": true, "context": true, "crypto": true, "database": true, "debug": true,
	"embed": true, "encoding": true, "errors": true, "expvar": true, "flag": true, "fmt": true,
	"go": true, "hash": true, "html": true, "image": true, "index": true, "internal": true,
	"io": true, "iter": true, "log": true, "maps": true, "math": true, "mime": true, "net": true,
	"os": true, "path": true, "plugin": true, "reflect": true, "regexp": true, "runtime": true,
	"slices": true, "sort": true, "strconv": true, "strings": true, "structs": true, "sync": true,
	"syscall": true, "testing": true, "text": true, "time": true, "unicode": true,
	"unique": true, "unsafe": true, "vendor": true, "weak": true,
}

// Std reports whether the import path is one of the standard library. Some
// drivers analyze it and others do not, so that facts of it must not be used.
func Std(path string) bool {
	root, _, _ := strings.Cut(path, "/")
	return stdRoots[root]
}

// StdFunc reports whether the function belongs to the standard library.
func StdFunc(fn *types.Func) bool {
	return fn != nil && fn.Pkg() != nil && Std(fn.Pkg().Path())
}
