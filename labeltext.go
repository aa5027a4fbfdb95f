package backstop

import "strings"

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
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	b.WriteString(s[:from])
	for i := from; i < len(s) && b.Len()+3 <= limit; i++ {
		if c := s[i]; labelSafe(c) {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}

func labelSafe(c byte) bool {
	switch c {
	case '"', '\\', '[', ']', '{', '}':
		return false
	}
	return c >= 0x20 && c < 0x7f
}
