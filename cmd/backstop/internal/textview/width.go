package textview

import "unicode"

// columns is how many columns of a terminal text takes that was escaped.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

// wide are the characters that take two columns (Unicode Standard Annex 11,
// East Asian Width W and F), by and large.
var wide = []*unicode.RangeTable{unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana, {
	R16: []unicode.Range16{{Lo: 0x3000, Hi: 0x303e, Stride: 1}, {Lo: 0xff01, Hi: 0xff60, Stride: 1}, {Lo: 0xffe0, Hi: 0xffe6, Stride: 1}},
	R32: []unicode.Range32{{Lo: 0x1f300, Hi: 0x1f64f, Stride: 1}, {Lo: 0x1f900, Hi: 0x1f9ff, Stride: 1}},
}}

func runeColumns(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case unicode.In(r, wide...):
		return 2
	}
	return 1
}

// Fit cuts text that was escaped to a number of columns; 0 is without end.
func Fit(s string, width int) string { return fit(s, width) }

// Columns is how many columns of a terminal text takes that was escaped.
func Columns(s string) int { return columns(s) }

// fit cuts text that was escaped to a number of columns; 0 is without end.
func fit(s string, width int) string {
	if width <= 0 || len(s) <= width || columns(s) <= width {
		return s
	}
	used := 0
	for i, r := range s {
		n := runeColumns(r)
		if used+n > width-1 {
			return s[:i] + "…"
		}
		used += n
	}
	return s
}
