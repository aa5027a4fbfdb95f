package crash

import "strings"

//go:generate go run ./internal/gen std stdlist.go
//go:generate go run ./internal/gen messages testdata/messages.tsv
//go:generate go run ./internal/gen headlines ../internal/headline/headlines.tsv
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
	pkg, _ := cutFunc(fn)
	return isApp(fn, pkg)
}

// isApp is IsApp for a name whose package is known.
func isApp(fn, pkg string) bool {
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
	slash := strings.IndexByte(pkg, '/')
	if slash >= 0 && strings.IndexByte(pkg[:slash], '.') >= 0 { // no package of the library lies under a domain
		rest, ours := strings.CutPrefix(pkg, self)
		return !ours || rest != "" && rest != "/safe" && !strings.HasPrefix(rest, "/internal/")
	}
	if isStd(pkg) {
		return false
	}
	// Paths that came and went between Go versions: runtime/internal/sys,
	// internal/x/net, golang_org/x/crypto (the vendored packages of Go 1.7 to 1.11).
	if slash >= 0 {
		switch pkg[:slash] {
		case "runtime", "internal", "vendor", "golang_org":
			return false
		}
	}
	return true
}

// isStd looks an import path up in stdPackages. It is sort.SearchStrings
// without calls: the question is asked of each frame.
func isStd(pkg string) bool {
	if pkg == "runtime" || pkg == "net/http" {
		return true
	}
	low, high := 0, len(stdPackages)
	for low < high {
		middle := int(uint(low+high) / 2)
		if stdPackages[middle] < pkg {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low < len(stdPackages) && stdPackages[low] == pkg
}

// cutFunc splits a function's name after the import path of its package, as it
// stands in the name, escapes such as %2e included. The path is empty when the
// name has none. Type arguments, and receivers of generic types, hold slashes
// and dots of their own.
func cutFunc(fn string) (pkg, name string) {
	head := fn
	if i := strings.IndexByte(head, '['); i >= 0 {
		head = head[:i]
	}
	if i := strings.IndexByte(head, '('); i > 0 {
		head = head[:i]
	}
	start := strings.LastIndexByte(head, '/') + 1
	dot := strings.IndexByte(head[start:], '.')
	if dot <= 0 {
		return "", fn
	}
	return fn[:start+dot], fn[start+dot+1:]
}
