package crash

import (
	"strconv"
	"strings"
)

// normalFunc reduces a function's name to what stays the same between builds,
// Go versions and observers: type arguments, the numbers of closures, and the
// marks of compiler-made wrappers are left out. It returns "" for wrappers that
// come and go (gowrap1, deferwrap1): they are no code of anybody.
func normalFunc(fn string) string {
	name := dropBrackets(fn)
	name = strings.TrimSuffix(name, "-fm") // a method value
	slash := strings.LastIndexByte(name, '/') + 1
	dot := strings.IndexByte(name[slash:], '.')
	if dot < 0 {
		return name
	}
	pkg, rest := name[:slash+dot], name[slash+dot+1:]
	parts := strings.Split(rest, ".")
	out := parts[:0:0]
	closure := false
	for i, part := range parts {
		if i > 0 && isWrapper(part) {
			return ""
		}
		part, _, _ = strings.Cut(part, "-range") // the body of a range-over-func loop
		if isClosure(part, i, rest) {
			closure = true
			continue
		}
		if part == "" || part == "glob" {
			continue // "glob..func1", until Go 1.21: a closure outside functions
		}
		out = append(out, part)
	}
	// From Go 1.21 a closure outside functions is "init.func1".
	// One that was inlined there is "init.init.func1.func2" from Go 1.24.
	for closure && len(out) > 0 && out[0] == "init" {
		out = out[1:]
	}
	if closure {
		out = append(out, "func")
	}
	return pkg + "." + strings.Join(out, ".")
}

func isWrapper(part string) bool {
	for _, mark := range [...]string{"gowrap", "deferwrap"} {
		if number, ok := strings.CutPrefix(part, mark); ok && allDigits(number) {
			return true
		}
	}
	return strings.Contains(part, "·dwrap·")
}

// isClosure recognises "func1", and the bare numbers of closures in closures
// and of several init functions.
func isClosure(part string, i int, rest string) bool {
	if i == 0 {
		return false
	}
	if number, ok := strings.CutPrefix(part, "func"); ok {
		return allDigits(number)
	}
	return allDigits(part) && strings.Contains(rest, ".func")
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

// dropBrackets removes type arguments, nested ones included: "F[...]" and
// "F[go.shape.int]" are "F".
func dropBrackets(s string) string {
	if strings.IndexByte(s, '[') < 0 {
		return s
	}
	var b strings.Builder
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '[':
			depth++
		case ']':
			if depth > 0 {
				depth--
			}
		default:
			if depth == 0 {
				b.WriteByte(s[i])
			}
		}
	}
	return b.String()
}

// maxTemplate bounds a message template, in bytes.
const maxTemplate = 200

// template reduces a message to what stays the same from one occurrence to the
// next: the first line, with numbers, addresses, quoted texts and the insides
// of values left out.
func template(message string) string {
	line, _, _ := strings.Cut(message, "\n")
	line = strings.TrimRight(line, " \t")
	if len(line) > 4*maxTemplate {
		line = line[:4*maxTemplate]
	}
	if name, ok := customType(line); ok {
		return name
	}
	if _, err := strconv.ParseFloat(line, 64); err == nil && line[len(line)-1] <= '9' {
		return "#" // panic(1.5): "+1.500000e+000" until Go 1.25
	}
	var b strings.Builder
	for i := 0; i < len(line) && b.Len() < maxTemplate; {
		c := line[i]
		switch {
		case c == '"' || c == '`' || c == '\'' && !letterBefore(line, i):
			if end := strings.IndexByte(line[i+1:], c); end >= 0 {
				b.WriteString(`"*"`)
				i += end + 2
				continue
			}
			b.WriteByte(c)
			i++
		case isWord(c):
			end := i + 1
			for end < len(line) && isWord(line[end]) {
				end++
			}
			writeWord(&b, line[i:end])
			i = end
		default:
			b.WriteByte(c)
			i++
		}
	}
	return strings.ToValidUTF8(b.String(), "?")
}

// letterBefore tells an apostrophe, as in "can't", from an opening quote.
func letterBefore(s string, i int) bool { return i > 0 && isWord(s[i-1]) }

func isWord(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c >= 0x80
}

// writeWord writes a word, or # for what varies: words that hold a digit and
// are numbers, addresses or identifiers.
func writeWord(b *strings.Builder, word string) {
	digit, hex := 0, true
	for i := 0; i < len(word); i++ {
		c := word[i]
		if '0' <= c && c <= '9' {
			digit++
		} else if (c < 'a' || 'f' < c) && (c < 'A' || 'F' < c) {
			hex = false
		}
	}
	switch {
	case digit == 0:
		b.WriteString(word)
	case '0' <= word[0] && word[0] <= '9', hex && len(word) >= 8, digit >= 3 && len(word) >= 12:
		b.WriteByte('#')
	default: // user42, step3of5
		for i := 0; i < len(word); i++ {
			if word[i] < '0' || '9' < word[i] {
				b.WriteByte(word[i])
			} else if i == 0 || word[i-1] < '0' || '9' < word[i-1] {
				b.WriteByte('#')
			}
		}
	}
}

// customType recognises the form the runtime prints for values it has no text
// for, "(main.T) 0xc000012345" or "main.T(42)", where only the type says
// anything (runtime/error.go, printanycustomtype).
func customType(line string) (string, bool) {
	if strings.HasPrefix(line, "(") {
		if end := strings.LastIndex(line, ") 0x"); end > 0 {
			return line[:end+1], true
		}
		if end := strings.Index(line, ") {"); end > 0 {
			return line[:end+1], true
		}
	}
	return "", false
}
