package crash

import "strings"

// A row gives a class to what begins with its text or, when the text ends with
// a line end, to what is its text.
type row struct {
	text  string
	class Class
}

// rows is a table sorted by text, so that a search looks at a few rows only.
type rows []row

// find returns the row with the longest text that s begins with, nil for none.
func (t rows) find(s string) *row {
	whole := true // the end of s has not been cut off
	for len(t) > 0 {
		n, end := 0, len(t) // rows below n do not sort behind s, those from end on do
		for n < end {
			if mid := (n + end) / 2; after(t[mid].text, s, whole) {
				end = mid
			} else {
				n = mid + 1
			}
		}
		if n == 0 {
			return nil
		}
		r := &t[n-1]
		same := common(r.text, s)
		if same == 0 {
			return nil
		}
		if same == len(r.text) || whole && same == len(s) && r.text[same:] == "\n" {
			return r
		}
		// What other rows s can begin with is in what these two share.
		s, whole, t = s[:same], false, t[:n-1]
	}
	return nil
}

// after reports whether text sorts behind s, where a whole s counts as if it
// had a line end, as rows for whole texts do.
func after(text, s string, whole bool) bool {
	n := min(len(text), len(s))
	if c := strings.Compare(text[:n], s[:n]); c != 0 {
		return c > 0
	}
	return len(text) > n && (!whole || text[n:] > "\n")
}

// common is the length of what two texts begin with.
func common(a, b string) int {
	n := min(len(a), len(b))
	for i := 0; i < n; i++ {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// findWord returns the row of the first word of s that has one.
func (t rows) findWord(s string) *row {
	for len(s) > 0 {
		n := 0
		for n < len(s) && wordByte(s[n]) {
			n++
		}
		if n > 1 {
			if r := t.find(s[:n]); r != nil {
				return r
			}
		}
		s = s[min(n+1, len(s)):]
	}
	return nil
}

// functionOf is the function that a frame's code stands in: without type
// arguments, and without the names of closures.
func functionOf(fn string) string {
	if i := strings.Index(fn, ".func"); i > 0 && i+5 < len(fn) && '0' <= fn[i+5] && fn[i+5] <= '9' {
		fn = fn[:i]
	}
	if i := strings.Index(fn, "["); i > 0 {
		fn = fn[:i]
	}
	return fn
}

func wordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}
