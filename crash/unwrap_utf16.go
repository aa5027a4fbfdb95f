package crash

import (
	"unicode/utf16"
	"unicode/utf8"
)

// wideOrder is the order of the bytes of UTF-16, in which PowerShell writes
// what is redirected to a file.
type wideOrder uint8

const (
	notWide wideOrder = iota
	wideLow           // low byte first
	wideHigh
	wideUnknown // no mark at the beginning: only ASCII can be read
)

// detectWide says whether a line is UTF-16. Lines were cut at the byte of the
// line end, so that the other half of that one begins the next line, or ends
// this one.
func detectWide(raw []byte, number int) wideOrder {
	if number == 1 && len(raw) >= 2 {
		switch {
		case raw[0] == 0xff && raw[1] == 0xfe:
			return wideLow
		case raw[0] == 0xfe && raw[1] == 0xff:
			return wideHigh
		}
	}
	if len(raw) < 8 {
		return notWide
	}
	for parity := 0; parity < 2; parity++ {
		wide := true
		for i := 0; i < 8; i++ {
			wide = wide && (raw[i] == 0) == (i%2 == parity)
		}
		if wide {
			return wideUnknown
		}
	}
	return notWide
}

// narrow appends a line of UTF-16 to dst as UTF-8, without its line end.
func narrow(dst, raw []byte, order wideOrder, number int) []byte {
	switch order {
	case wideLow:
		if number == 1 {
			raw = raw[2:]
		} else if len(raw) > 0 {
			raw = raw[1:] // of the line end before
		}
	case wideHigh:
		if number == 1 {
			raw = raw[2:]
		}
	default:
		for _, c := range raw {
			if c != 0 {
				dst = append(dst, c)
			}
		}
		return trimReturn(dst)
	}
	for len(raw) >= 2 {
		r := wideUnit(raw, order)
		raw = raw[2:]
		if utf16.IsSurrogate(r) && len(raw) >= 2 {
			if full := utf16.DecodeRune(r, wideUnit(raw, order)); full != utf8.RuneError {
				r, raw = full, raw[2:]
			}
		}
		dst = utf8.AppendRune(dst, r)
	}
	return trimReturn(dst)
}

func wideUnit(b []byte, order wideOrder) rune {
	if order == wideLow {
		return rune(b[0]) | rune(b[1])<<8
	}
	return rune(b[1]) | rune(b[0])<<8
}

func trimReturn(b []byte) []byte {
	if n := len(b); n > 0 && b[n-1] == '\r' {
		return b[:n-1]
	}
	return b
}
