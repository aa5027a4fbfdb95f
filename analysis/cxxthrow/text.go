package cxxthrow

import (
	"regexp"
	"strings"
)

var (
	extern = regexp.MustCompile(`\bextern\s*"C"`)
	word   = regexp.MustCompile(`\b(throw|try|catch)\b|[{}]`)
)

// throws finds the offsets of throw in extern "C" functions, outside of try.
func throws(text string) []int {
	code := blank(text)
	var found []int
	for _, at := range extern.FindAllStringIndex(code, -1) {
		from, to := body(code, at[1])
		if from < 0 {
			continue
		}
		head := code[at[1]:from]
		for _, n := range uncaught(code[from:to], strings.Contains(head, "try")) {
			found = append(found, from+n)
		}
	}
	return found
}

// body is the block behind the offset, unless a declaration ends before it.
func body(code string, at int) (from, to int) {
	for i := at; i < len(code); i++ {
		switch code[i] {
		case ';':
			return -1, -1
		case '{':
			depth := 0
			for j := i; j < len(code); j++ {
				switch code[j] {
				case '{':
					depth++
				case '}':
					if depth--; depth == 0 {
						return i, j
					}
				}
			}
			return -1, -1
		}
	}
	return -1, -1
}

// uncaught finds throw in a block, outside of the blocks of try. A function that is
// itself one try block has its try in its head.
func uncaught(block string, tried bool) []int {
	var found []int
	var caught []bool // for each open brace, whether it is within try
	next := tried
	for _, at := range word.FindAllStringIndex(block, -1) {
		switch block[at[0]:at[1]] {
		case "try":
			next = true
		case "catch":
			next = false
		case "{":
			within := next || len(caught) > 0 && caught[len(caught)-1]
			caught, next = append(caught, within), false
		case "}":
			if len(caught) > 0 {
				caught = caught[:len(caught)-1]
			}
		case "throw":
			if len(caught) == 0 || !caught[len(caught)-1] {
				found = append(found, at[0])
			}
		}
	}
	return found
}

// blank replaces comments and strings by spaces, "C" behind extern excepted.
func blank(text string) string {
	out := []byte(text)
	wipe := func(from, to int) {
		for i := from; i < to && i < len(out); i++ {
			if out[i] != '\n' {
				out[i] = ' '
			}
		}
	}
	for i := 0; i < len(text); i++ {
		rest := text[i:]
		var end int
		switch {
		case strings.HasPrefix(rest, "//"):
			end = i + until(rest, "\n")
		case strings.HasPrefix(rest, "/*"):
			end = i + until(rest, "*/")
		case rest[0] == '"' && strings.HasPrefix(rest, `"C"`) && strings.HasSuffix(strings.TrimRight(text[:i], " \t\n"), "extern"):
			i += 2
			continue
		case rest[0] == '"' || rest[0] == '\'':
			end = i + quoted(rest)
		default:
			continue
		}
		wipe(i, end)
		i = end - 1
	}
	return string(out)
}

func until(text, mark string) int {
	if n := strings.Index(text[1:], mark); n >= 0 {
		return n + 1 + len(mark)
	}
	return len(text)
}

// quoted is the length of the string or character at the start of the text.
func quoted(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case text[0]:
			return i + 1
		case '\n':
			return i // a digit separator: 1'000
		}
	}
	return len(text)
}
