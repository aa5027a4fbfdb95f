package crash

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// decodeText undoes notations of bytes that lines are found in outside strings:
// control characters of syslog (#011), entities of HTML (&#43;), escapes that
// stayed behind without their quotes (\t, \n). It returns text itself if there
// is nothing to undo. What URLs write (%2e) is part of Go's own names and stays.
func decodeText(text []byte) []byte {
	if bytes.IndexByte(text, '#') >= 0 {
		text = decodeOctal(text)
	}
	if bytes.IndexByte(text, '&') >= 0 || bytes.IndexByte(text, '<') >= 0 {
		text = decodeEntities(text)
	}
	if bytes.IndexByte(text, '\\') >= 0 && escaped(text) {
		text = unescape(nil, text)
	}
	return text
}

// escaped reports whether the backslashes of a line are escapes: a file name of
// Windows is none, so what a line end or a tab begins must look like a trace.
func escaped(text []byte) bool {
	for from := 0; ; {
		i := bytes.IndexByte(text[from:], '\\')
		if i < 0 || from+i+1 >= len(text) {
			return false
		}
		i += from
		from = i + 2
		switch text[i+1] {
		case 't':
			if i == 0 || i > 1 && text[i-2] == '\\' || text[i-1] == '\n' || text[i-1] == ')' {
				return true
			}
		case 'n':
			if i > 0 && (text[i-1] == ')' || text[i-1] == ':' || text[i-1] == 'r' || i+2 < len(text) && text[i+2] == '\\') {
				return true
			}
			if offsetBefore(text[:i]) {
				return true
			}
		}
	}
}

// offsetBefore reports whether the last word is the offset of a file line. It
// looks no further back than one is long.
func offsetBefore(text []byte) bool {
	const longest = len(" +0xffffffffffffffff")
	word := text[max(len(text)-longest, 0):]
	word = word[bytes.LastIndexByte(word, ' ')+1:]
	return bytes.HasPrefix(word, []byte("+0x"))
}

// decodeMarkdown takes the backslashes off that markdown wants before its marks.
func decodeMarkdown(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) && bytes.IndexByte([]byte("[]*_<>`#()-.!{}"), text[i+1]) >= 0 {
			continue
		}
		out = append(out, text[i])
	}
	return out
}

// decodeOctal undoes #011, as syslog daemons write control characters.
func decodeOctal(text []byte) []byte {
	if !bytes.Contains(text, []byte("#01")) {
		return text
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if c := text[i]; c == '#' && i+3 < len(text) && text[i+1] == '0' && '0' <= text[i+2] && text[i+2] <= '3' && '0' <= text[i+3] && text[i+3] <= '7' {
			out = append(out, (text[i+2]-'0')<<3|(text[i+3]-'0'))
			i += 3
			continue
		}
		out = append(out, text[i])
	}
	return out
}

// decodeEntities undoes the entities of HTML, and its line breaks.
func decodeEntities(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		i := bytes.IndexAny(text, "&<")
		if i < 0 {
			break
		}
		out = append(out, text[:i]...)
		text = text[i:]
		var n int
		if text[0] == '<' {
			var as byte
			if n, as = tag(text); n > 1 && as != 0 {
				out = append(out, as)
			}
		} else {
			var r rune
			if r, n = entity(text); n > 1 {
				out = utf8.AppendRune(out, r)
			}
		}
		if n == 1 {
			out = append(out, text[0])
		}
		text = text[n:]
	}
	return append(out, text...)
}

// tag returns the length of a tag that stands around, or between, lines of text
// in a page, and what it stands for; 1 if b begins with none.
func tag(b []byte) (n int, as byte) {
	end := bytes.IndexByte(b[:min(len(b), 200)], '>')
	if end < 2 {
		return 1, 0
	}
	name := bytes.ToLower(bytes.Trim(b[1:end], "/ "))
	if i := bytes.IndexByte(name, ' '); i > 0 {
		name = name[:i]
	}
	closing := b[1] == '/'
	switch string(name) {
	case "br":
		return end + 1, '\n'
	case "p", "div", "tr", "li", "pre":
		if closing {
			return end + 1, '\n'
		}
		return end + 1, 0
	case "td", "th":
		if closing {
			return end + 1, ' '
		}
		return end + 1, 0
	case "code", "span", "table", "tbody", "ul", "ol", "b", "font", "samp":
		return end + 1, 0
	}
	return 1, 0
}

// entity reads an entity of HTML: &lt; &#43; &#x2b;.
func entity(b []byte) (rune, int) {
	end := bytes.IndexByte(b[:min(len(b), 10)], ';')
	if end < 2 {
		return 0, 1
	}
	name := string(b[1:end])
	switch name {
	case "lt":
		return '<', end + 1
	case "gt":
		return '>', end + 1
	case "amp":
		return '&', end + 1
	case "quot":
		return '"', end + 1
	case "apos":
		return '\'', end + 1
	case "nbsp":
		return ' ', end + 1
	case "plus":
		return '+', end + 1
	}
	if name[0] != '#' || len(name) < 2 {
		return 0, 1
	}
	base, number := 10, name[1:]
	if number[0] == 'x' || number[0] == 'X' {
		base, number = 16, number[1:]
	}
	v, err := strconv.ParseUint(number, base, 21)
	if err != nil || v == 0 {
		return 0, 1
	}
	return rune(v), end + 1
}
