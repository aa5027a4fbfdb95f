package crash

import "strings"

// normalFunc reduces a function's name to what stays the same between builds,
// Go versions and observers. It returns "" for wrappers made by the compiler,
// which come and go: they are no code of anybody. A name that is normal already
// costs nothing.
//
// Left out are type arguments, the numbers of closures and init functions, the
// bodies of range-over-func loops as functions of their own, the directory that
// a package is vendored in, and the major version in its path.
//
// A closure is named by its file and the innermost function around it, because
// the rest of its name is where the compiler put it: the closure of a function
// f that was inlined into main is main.main.f.func1 from Go 1.22, main.f.func1
// where it was not inlined (cmd/compile/internal/ir/func.go, closureName), and
// the package in front is that of the caller.
func normalFunc(fn, file string) string {
	pkg, name, plain := scanFunc(fn)
	if plain {
		return fn
	}
	var buf [128]byte
	return string(appendNormal(buf[:0], pkg, name, file))
}

// scanFunc is cutFunc that also tells whether the name is normal as it stands.
// It is asked of each frame, so it reads the name once, from its end to the last
// slash; when in doubt, the name is not normal.
func scanFunc(fn string) (pkg, name string, plain bool) {
	dot, inside := -1, false // where the package ends; between parentheses
	plain = true
	i := len(fn) - 1
	for ; i >= 0 && (fn[i] != '/' || inside); i-- {
		switch c := fn[i]; {
		case c > '.' && c < 'A' || c >= 'a' && c < 0x80: // most of them
		case c == '.':
			if !inside {
				dot = i
			}
			plain = plain && plainAfterDot(fn[i+1:])
		case c == ')':
			inside = true
		case c == '(':
			inside, dot = false, -1
		case c == '-', c == '%':
			plain = false
		case c == '[', c == ']', c >= 0x80:
			pkg, name = cutFunc(fn)
			return pkg, name, false
		}
	}
	if inside || dot <= i+1 {
		pkg, name = cutFunc(fn)
		return pkg, name, pkg == "" && plain && !strings.ContainsAny(fn, "[]")
	}
	for k := 0; k < i; k++ {
		switch fn[k] {
		case '[', '(':
			pkg, name = cutFunc(fn)
			return pkg, name, false
		case '%': // gopkg.in/x%2ev2
			plain = false
		case '/':
			plain = plain && fn[k+1] != 'v' // vendor, v2
		}
	}
	return fn[:dot], fn[dot+1:], plain && (i < 0 || fn[i+1] != 'v')
}

// plainAfterDot reports whether what follows a dot in a name can stay: it is no
// number, no closure and nothing made by the compiler.
func plainAfterDot(s string) bool {
	if s == "" || s[0] == '.' || isDigit(s[0]) {
		return false
	}
	if len(s) < 5 {
		return true
	}
	switch s[:4] {
	case "func":
		return !isDigit(s[4])
	case "gowr", "defe":
		return false
	case "glob":
		return s[4] != '.'
	}
	return true
}

// appendNormal appends the normal form of a name that is not plain, nothing if
// it is a wrapper's.
func appendNormal(dst []byte, pkg, name, file string) []byte {
	if pkg == "" {
		return appendPart(dst, name)
	}
	if strings.HasSuffix(name, "-fm") { // a method value
		return dst
	}
	start := len(dst)
	dst = append(appendPackage(dst, pkg), '.')
	first := len(dst)
	inner := first    // where the innermost function begins, receiver included
	closure := false  // inside it
	receiver := false // the part before is "(*T)"
	loops := strings.Contains(name, "-range")
	if strings.Contains(name, "·dwrap·") { // Go 1.17
		return dst[:start]
	}
	for i := 0; name != ""; i++ {
		var part string
		part, name = cutPart(name)
		if loops { // the body of a loop over a function
			part, _, _ = strings.Cut(part, "-range")
		}
		switch {
		case i > 0 && isWrapper(part):
			return dst[:start]
		case i > 0 && !receiver && isClosure(part), strings.HasPrefix(part, "func·"): // func·001 until Go 1.4
			closure = true
			continue
		case part == "", part == "glob" && strings.HasPrefix(name, "."): // glob..func1: outside functions, until Go 1.20
			continue
		case allDigits(part) && (closure || string(dst[inner:]) == "init"): // func1.2, init.0
			continue
		}
		if len(dst) > first {
			dst = append(dst, '.')
		}
		if !receiver {
			inner = len(dst)
		}
		dst = appendPart(dst, part)
		closure, receiver = false, part[0] == '('
	}
	if !closure {
		return dst
	}
	end := len(dst)
	dst = append(append(dst, baseName(file)...), ':')
	if inner < end && string(dst[inner:end]) != "init" { // init.func1, glob..func1: a closure outside functions
		dst = append(append(dst, dst[inner:end]...), '.')
	}
	dst = append(dst, "func"...)
	return dst[:start+copy(dst[start:], dst[end:])]
}

// cutPart cuts a name after its first dot outside type arguments.
func cutPart(name string) (part, rest string) {
	depth := 0
	for i := 0; i < len(name); i++ {
		switch name[i] {
		case '[':
			depth++
		case ']':
			depth--
		case '.':
			if depth <= 0 {
				return name[:i], name[i+1:]
			}
		}
	}
	return name, ""
}

// appendPart appends a part of a name without its type arguments, nested ones
// included: "F[...]" and "F[go.shape.int]" are "F".
func appendPart(dst []byte, part string) []byte {
	depth := 0
	for i := 0; i < len(part); i++ {
		switch c := part[i]; {
		case c == '[':
			depth++
		case c == ']' && depth > 0:
			depth--
		case depth == 0 && c != ']':
			dst = append(dst, c)
		}
	}
	return dst
}

// appendPackage appends an import path without what a vendoring tool put before
// it and without its major version: a/vendor/b/v2 and gopkg.in/b%2ev2 are b and
// gopkg.in/b.
func appendPackage(dst []byte, pkg string) []byte {
	for i := strings.Index(pkg, "/vendor/"); i >= 0; i = strings.Index(pkg, "/vendor/") {
		pkg = pkg[i+len("/vendor/"):]
	}
	if i := strings.IndexByte(pkg, '%'); i >= 0 && strings.HasPrefix(pkg[i:], "%2ev") && allDigits(pkg[i+4:]) {
		pkg = pkg[:i]
	}
	for {
		i := strings.Index(pkg, "/v")
		if i < 0 {
			return append(dst, pkg...)
		}
		end := i + 2
		for end < len(pkg) && '0' <= pkg[end] && pkg[end] <= '9' {
			end++
		}
		dst = append(dst, pkg[:i]...)
		if end == i+2 || end < len(pkg) && pkg[end] != '/' {
			dst = append(dst, pkg[i:end]...)
		}
		pkg = pkg[end:]
	}
}

// isWrapper recognises the parts of names that the compiler gives to the
// functions it makes of go and defer statements with arguments: gowrap1,
// deferwrap1 from Go 1.22.
func isWrapper(part string) bool {
	number, ok := strings.CutPrefix(part, "gowrap")
	if !ok {
		number, ok = strings.CutPrefix(part, "deferwrap")
	}
	return ok && allDigits(number)
}

// isClosure recognises "func1".
func isClosure(part string) bool {
	number, ok := strings.CutPrefix(part, "func")
	return ok && allDigits(number)
}

func allDigits(s string) bool {
	if s == "" {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || '9' < s[i] {
			return false
		}
	}
	return true
}

// baseName is the last element of a file's path, whichever slashes it has.
func baseName(file string) string {
	for i := len(file) - 1; i >= 0; i-- {
		if file[i] == '/' || file[i] == '\\' {
			return file[i+1:]
		}
	}
	return file
}
