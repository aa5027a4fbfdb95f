package crash

import (
	"bytes"
	"strings"
)

// recoveredCause recognises the log lines of well-known recoverers that are
// followed by a stack: net/http (server.go, conn.serve), its HTTP/2 half,
// Kubernetes' HandleCrash (k8s.io/apimachinery, pkg/util/runtime) and gin
// (recovery.go, CustomRecoveryWithWriter).
func recoveredCause(line []byte) (cause, bool) {
	if i := bytes.Index(line, []byte(": panic serving ")); i >= 0 {
		// The address ends at the first ": ": an IPv6 address holds no space.
		if _, message, ok := bytes.Cut(line[i+len(": panic serving "):], []byte(": ")); ok {
			return cause{kind: KindPanic, message: message, recovered: true}, true
		}
	}
	if i := bytes.Index(line, []byte("Observed a panic")); i >= 0 {
		rest := line[i+len("Observed a panic"):]
		if value, ok := bytes.CutPrefix(rest, []byte(": ")); ok {
			return cause{kind: KindPanic, message: goSyntaxValue(value), recovered: true}, true
		}
		if value, ok := bytes.CutPrefix(rest, []byte(`" panic="`)); ok {
			value = value[:closingQuote(value)]
			return cause{kind: KindPanic, message: unescape(nil, value), recovered: true, indented: true}, true
		}
	}
	if i := bytes.Index(line, []byte("[Recovery] ")); i >= 0 && bytes.HasSuffix(line, []byte(" panic recovered:")) {
		return cause{kind: KindPanic, recovered: true, gin: true}, true
	}
	return cause{}, false
}

// goSyntaxValue reads the value in "%#v (%v)", which is how logPanic of
// Kubernetes prints what is no string: "broken" (broken), main.T{A:1} ({1}),
// 7 (7).
func goSyntaxValue(text []byte) []byte {
	if len(text) == 0 || text[len(text)-1] != ')' {
		return text
	}
	if word, value, ok := bytes.Cut(text, []byte(" (")); ok && string(word) == string(value[:len(value)-1]) {
		return word
	}
	end := syntaxEnd(text)
	if value, ok := bytes.CutPrefix(text[end:], []byte(" (")); ok {
		return value[:len(value)-1]
	}
	return text
}

// syntaxEnd returns where a quoted or composite value at the beginning of text
// ends.
func syntaxEnd(text []byte) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			i += 1 + closingQuote(text[i+1:])
		case '{', '(':
			depth++
			continue
		case '}', ')':
			depth--
		default:
			continue
		}
		if depth == 0 && i+1 < len(text) && text[i+1] == ' ' {
			return i + 1
		}
	}
	return len(text)
}

// closingQuote returns where the next quote stands that is not escaped.
func closingQuote(text []byte) int {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return len(text)
}

// valueStarts are how the texts of the runtime's own panics begin, which tells
// where a value begins in a line that somebody logged.
var valueStarts = [...]string{
	"runtime error: ", "interface conversion: ", "assignment to entry in nil map", "send on closed channel",
	"close of closed channel", "close of nil channel", "reflect: ", "sync: ",
}

// loggedValue guesses the recovered value from the line somebody logged right
// before the text of debug.Stack: one of the runtime's texts, or what follows
// the first ": " after a word that speaks of a panic.
func loggedValue(line string) (string, bool) {
	for _, start := range valueStarts {
		if i := strings.Index(line, start); i >= 0 {
			return quotedValue(line, i), true
		}
	}
	lower := strings.ToLower(line)
	at := -1
	for _, word := range [...]string{"panic", "recover"} {
		if i := strings.Index(lower, word); i >= 0 && (at < 0 || i < at) {
			at = i
		}
	}
	if at < 0 || len(lower) != len(line) {
		return "", false
	}
	i := strings.Index(line[at:], ": ")
	if i < 0 {
		return "", false
	}
	value := quotedValue(line, at+i+len(": "))
	return value, value != ""
}

// quotedValue returns what begins at a position of a line, up to the end of the
// quotes it stands in, if any: {"panic": "boom", "request": "r-8"}, msg="panic
// recovered: boom" method=GET.
func quotedValue(line string, at int) string {
	value := strings.TrimSpace(line[at:])
	open := strings.HasPrefix(value, `"`)
	if open {
		value = value[1:]
	} else {
		before := []byte(line[:at])
		for quotes := 0; ; quotes++ {
			i := closingQuote(before)
			if i == len(before) {
				open = quotes%2 == 1
				break
			}
			before = before[i+1:]
		}
	}
	if !open {
		return value
	}
	end := closingQuote([]byte(value))
	return string(unescape(nil, []byte(value[:end])))
}
