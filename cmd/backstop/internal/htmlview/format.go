package htmlview

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Count writes a number with thin spaces between thousands.
func Count[T int | int64](n T) string {
	s := strconv.FormatInt(int64(n), 10)
	if len(s) <= 4 {
		return s
	}
	var b strings.Builder
	for i, d := range s {
		if i > 0 && (len(s)-i)%3 == 0 && s[i-1] != '-' {
			b.WriteRune('\u202f')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// Plural writes a number and the word for it: Plural(2, "event") is "2 events".
func Plural(n any, word string) string {
	v := number(n)
	if v != 1 {
		word += "s"
	}
	return Count(v) + "\u00a0" + word
}

// number takes what templates have for counts: an int or an int64.
func number(n any) int64 {
	if n, ok := n.(int64); ok {
		return n
	}
	return int64(n.(int))
}

// ShortFunc leaves out type arguments, as the runtime does in a traceback.
func ShortFunc(fn string) string {
	start, end := strings.IndexByte(fn, '['), strings.LastIndexByte(fn, ']')
	if start < 0 || end < start {
		return fn
	}
	return fn[:start] + "[...]" + fn[end+1:]
}

// Sentence begins a title with a capital letter, unless its first word is code.
func Sentence(s string) string {
	if first, _, _ := strings.Cut(s, " "); strings.ContainsAny(first, ".(_") {
		return s
	}
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[size:]
}
