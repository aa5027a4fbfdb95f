package backstop

import "fmt"

// labelText makes a text safe for the header line of a goroutine: readers of
// tracebacks cut that at brackets, braces and quotes. Such bytes are written as
// in a URL.
func labelText(s string, limit int) string {
	if len(s) > limit {
		s = s[:limit]
	}
	for i := 0; i < len(s); i++ {
		if !labelSafe(s[i]) {
			return escapeLabel(s, i, limit)
		}
	}
	return s
}

func escapeLabel(s string, from, limit int) string {
	b := []byte(s[:from])
	for i := from; i < len(s) && len(b)+3 <= limit; i++ {
		if c := s[i]; labelSafe(c) {
			b = append(b, c)
		} else {
			b = fmt.Appendf(b, "%%%02X", c)
		}
	}
	return string(b)
}

func labelSafe(c byte) bool {
	switch c {
	case '"', '\\', '[', ']', '{', '}':
		return false
	}
	return c >= 0x20 && c < 0x7f
}
