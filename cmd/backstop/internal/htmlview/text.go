package htmlview

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// How much crash text a page shows in one place.
const (
	MaxTitle   = 300     // bytes of a title in a list
	MaxName    = 400     // bytes of a function, file or service name
	maxMessage = 4 << 10 // bytes of a message
	maxMarks   = 400     // characters of one text that are marked one by one
)

// Text is crash text made safe to look at: runs that a browser shows as they
// are, and marks for characters that it would hide or obey.
type Text struct {
	Spans []Span
	Cut   int // bytes left out
}

// A Span is a run of plain text or, when Mark is set, one character by name.
type Span struct {
	Text string
	Mark string // "U+202E"
	Name string // "right-to-left override", or empty
}

// Lines prepares text of several lines; newlines and tabs stay.
func Lines(limit int, s string) Text { return visible(s, limit, true) }

// Line prepares text for a place that holds one line; newlines become marks.
func Line(limit int, s string) Text { return visible(s, limit, false) }

// Plain does the same for places that take no markup, such as attributes.
func Plain(limit int, s string) string {
	t := visible(s, limit, false)
	var b strings.Builder
	for _, sp := range t.Spans {
		if sp.Mark != "" {
			b.WriteString("‹" + sp.Mark + "›")
		} else {
			b.WriteString(sp.Text)
		}
	}
	if t.Cut > 0 {
		b.WriteString("…")
	}
	return b.String()
}

func visible(s string, limit int, multi bool) Text {
	head, cut := clip(s, limit)
	t := Text{Cut: cut}
	start, marks := 0, 0
	flush := func(end int) {
		if end > start {
			t.Spans = append(t.Spans, Span{Text: head[start:end]})
		}
	}
	for i := 0; i < len(head); {
		r, size := utf8.DecodeRuneInString(head[i:])
		if !hidden(r, size) || multi && (r == '\n' || r == '\t' || r == '\r' && i+1 < len(head) && head[i+1] == '\n') {
			i += size
			continue
		}
		if marks++; marks > maxMarks {
			// A text made of nothing else would make a page of a hundred
			// times its size: say so once and stop.
			flush(i)
			t.Cut += len(head) - i
			return t
		}
		flush(i)
		t.Spans = append(t.Spans, mark(head[i:i+size], r, size))
		i += size
		start = i
	}
	flush(len(head))
	return t
}

// clip cuts s to at most limit bytes without splitting a character.
func clip(s string, limit int) (string, int) {
	if len(s) <= limit {
		return s, 0
	}
	end := limit
	for end > 0 && limit-end < utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end], len(s) - end
}

// hidden reports whether a browser would show nothing for r, or would let it
// change how its neighbours are shown.
func hidden(r rune, size int) bool {
	switch {
	case r == utf8.RuneError && size <= 1:
		return true
	case r < 0x20 || r >= 0x7f && r < 0xa0:
		return true
	case r < 0x7f:
		return false
	case unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co):
		return true
	}
	switch r {
	case 0x034f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x3164, 0xffa0: // fillers and joiners without a glyph
		return true
	}
	return r >= 0xe0000 && r <= 0xe0fff // tags and variation selectors
}

func mark(raw string, r rune, size int) Span {
	if r == utf8.RuneError && size <= 1 {
		return Span{Mark: fmt.Sprintf("\\x%02x", raw[0]), Name: "a byte that is not UTF-8"}
	}
	return Span{Mark: fmt.Sprintf("U+%04X", r), Name: markNames[r]}
}

// markNames names the characters that are used to deceive, or that people meet
// often; others go by their number.
var markNames = map[rune]string{
	0x00: "null", 0x07: "bell", 0x08: "backspace", 0x09: "tab", 0x0a: "newline", 0x0d: "carriage return",
	0x1b: "escape, starts a terminal sequence", 0x7f: "delete", 0xad: "soft hyphen",
	0x061c: "Arabic letter mark", 0x200b: "zero width space", 0x200c: "zero width non-joiner",
	0x200d: "zero width joiner", 0x200e: "left-to-right mark", 0x200f: "right-to-left mark",
	0x2028: "line separator", 0x2029: "paragraph separator",
	0x202a: "left-to-right embedding", 0x202b: "right-to-left embedding", 0x202c: "pop directional formatting",
	0x202d: "left-to-right override", 0x202e: "right-to-left override", 0x2060: "word joiner",
	0x2066: "left-to-right isolate", 0x2067: "right-to-left isolate", 0x2068: "first strong isolate",
	0x2069: "pop directional isolate", 0xfeff: "byte order mark",
}
