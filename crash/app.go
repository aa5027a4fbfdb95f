package crash

import (
	"sort"
	"strings"
)

//go:generate go run ./internal/gen std stdlist.go
//go:generate go run ./internal/gen messages testdata/messages.tsv
//go:generate go run ./internal/record testdata
//go:generate go test -run TestGolden -update

// self is the import path of the SDK. Its guards stand on the stack of every
// panic they catch and are never the place where the bug is.
const self = "github.com/backstop-go/backstop"

// IsApp reports whether a function, named as in a traceback or by
// runtime.FuncForPC, lies outside the runtime and the standard library.
// Dependencies count as application. C functions, pseudo frames such as
// "panic", code made by the compiler and Backstop's own guards do not.
func IsApp(fn string) bool {
	pkg := packageOf(fn)
	switch {
	case pkg == "":
		return false // panic, x_cgo_thread_start, crosscall2
	case pkg == "main":
		return true
	case strings.HasPrefix(pkg, "type:"), strings.HasPrefix(pkg, "go:"), fn[0] == '_':
		return false // type:.eq.T, go:textfipsstart, _cgoexp_ab12_F, _rt0_amd64
	case pkg == "type" && strings.HasPrefix(fn, "type.."):
		return false // until Go 1.19
	}
	if rest, ok := strings.CutPrefix(pkg, self); ok {
		return !(rest == "" || rest == "/safe" || strings.HasPrefix(rest, "/internal/"))
	}
	if i := sort.SearchStrings(stdPackages[:], pkg); i < len(stdPackages) && stdPackages[i] == pkg {
		return false
	}
	// Paths that came and went between Go versions: runtime/internal/sys,
	// internal/x/net, golang_org/x/crypto (the vendored packages of Go 1.7 to 1.11).
	root, _, nested := strings.Cut(pkg, "/")
	if nested {
		switch root {
		case "runtime", "internal", "vendor", "golang_org":
			return false
		}
	}
	return true
}

// packageOf returns the import path of a function's package as it stands in
// the name, escapes such as %2e included; "" when the name has no package.
func packageOf(fn string) string {
	name := fn
	if i := strings.IndexByte(name, '['); i >= 0 {
		name = name[:i] // type arguments hold slashes and dots of their own
	}
	start := 0
	// A closure made by inlining repeats its caller's package nowhere, but a
	// method expression may hold a path in parentheses: stop there.
	if i := strings.IndexByte(name, '('); i > 0 {
		start = strings.LastIndexByte(name[:i], '/') + 1
	} else {
		start = strings.LastIndexByte(name, '/') + 1
	}
	dot := strings.IndexByte(name[start:], '.')
	if dot <= 0 {
		return ""
	}
	return name[:start+dot]
}
