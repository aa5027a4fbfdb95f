package gobin

import "strings"

// printed returns a function's name as tracebacks print it: type arguments are
// elided (runtime/symtab.go, funcNamePiecesForPrint; before Go 1.21 the linker
// did it). From Go 1.27 a generic method of a generic type has them in two
// places. Before Go 1.18 brackets are those of arrays.
func (t *tables) printed(name string) string {
	i, j := strings.IndexByte(name, '['), strings.LastIndexByte(name, ']')
	if i < 0 || j <= i || t.release >= 0 && t.release < 18 {
		return name
	}
	inner := name[i+1 : j]
	if t.release >= 0 && t.release < 27 || strings.IndexByte(inner, '[') < 0 {
		return name[:i] + "[...]" + name[j+1:]
	}
	depth, right, left := 1, -1, -1
loop:
	for k := 0; k < len(inner); k++ {
		switch inner[k] {
		case '[':
			if depth++; depth == 1 {
				left = k
				break loop
			}
		case ']':
			if depth--; depth < 0 {
				break loop
			}
			if depth == 0 {
				right = k
			}
		}
	}
	switch {
	case depth != 1:
		return name // malformed
	case right >= 0 && left > right:
		return name[:i] + "[...]" + inner[right+1:left] + "[...]" + name[j+1:]
	default:
		return name[:i] + "[...]" + name[j+1:]
	}
}

// wrapperIDs are the numbers of FuncIDWrapper (internal/abi/symtab.go, before
// that runtime/symtab.go) from the release they came with.
var wrapperIDs = []struct {
	since int
	id    uint8
}{{25, 23}, {22, 22}, {18, 21}, {16, 22}}

// isWrapper says whether a function of that funcID is a wrapper.
func (t *tables) isWrapper(id uint8) bool {
	if t.release > layouts[0].until {
		return false
	}
	for _, w := range wrapperIDs {
		if t.release >= w.since {
			return id == w.id
		}
	}
	return false
}
