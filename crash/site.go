package crash

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// A site is a call line without its arguments and the file line under it. A
// whole site, of an inlined call or a go statement, has no arguments that vary:
// call is all of its text.
type site struct {
	call  string // "main.f("
	pos   string // "\t/src/main.go:12 +0x1d", without fp=, sp= and pc=
	whole bool

	frame   Frame
	created *CreatedBy // of a go statement
	shared  *CreatedBy // the copy that a report has
	report  int        // which one
	next    [2]*site   // what followed, the last one first
}

// match compares the beginning of buf with the site.
func (st *site) match(buf []byte) (size int, args []byte) {
	n := len(st.call)
	if len(buf) < n || string(buf[:n]) != st.call {
		return 0, nil
	}
	if st.whole {
		return n, nil
	}
	buf = buf[n:]
	end := bytes.IndexByte(buf[:min(len(buf), maxSiteText)], '\n')
	if end <= 0 || buf[end-1] != ')' {
		return 0, nil
	}
	args = buf[:end-1]
	if !plain(args) || string(args) == "..." {
		return 0, nil
	}
	p := end + 1 + len(st.pos)
	if len(buf) <= p || string(buf[end+1:p]) != st.pos {
		return 0, nil
	}
	if buf[p] != '\n' {
		r := registers(buf[p:])
		if r == 0 {
			return 0, nil
		}
		p += r
	}
	return n + p + 1, args
}

// plain reports whether arguments are what the runtime prints: ASCII, and no
// parenthesis, which would make the call end elsewhere, nor a colour, which the
// stage before the assembler takes away.
func plain(args []byte) bool {
	const (
		ones  = 0x0101010101010101
		highs = 0x8080808080808080
		paren = '(' * ones
		esc   = 0x1b * ones
	)
	odd := uint64(0)
	for len(args) >= 8 {
		w := binary.LittleEndian.Uint64(args)
		x, y := w^paren, w^esc
		odd |= w | (x-ones)&^x | (y-ones)&^y
		args = args[8:]
	}
	if odd&highs != 0 {
		return false
	}
	for _, c := range args {
		if c == '(' || c == 0x1b || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// registers reads " fp=0x.. sp=0x.. pc=0x.." up to the end of the line.
func registers(buf []byte) int {
	end := bytes.IndexByte(buf[:min(len(buf), 128)], '\n')
	if end < 0 {
		return 0
	}
	line := buf[:end]
	p := 0
	for _, word := range [...]string{" fp=0x", " sp=0x", " pc=0x"} {
		if len(line)-p < len(word) || string(line[p:p+len(word)]) != word {
			return 0
		}
		p += len(word)
		n := bytes.IndexByte(line[p:], ' ')
		if n < 0 {
			n = len(line) - p
		}
		if !allHex(line[p : p+n]) {
			return 0
		}
		p += n
	}
	if p != end {
		return 0
	}
	return p
}

// allHex reports whether text is made of hexadecimal digits.
func allHex(text []byte) bool {
	const (
		ones  = 0x0101010101010101
		highs = 0x80 * ones
	)
	if len(text) < 8 {
		return digitsHex(text) == len(text)
	}
	for at := 0; ; at += 8 {
		at = min(at, len(text)-8) // the last eight may overlap those before
		w := binary.LittleEndian.Uint64(text[at:])
		x := w | highs // x - c*ones keeps the high bit of each byte that is c or more
		digit := (x - '0'*ones) &^ (x - ('9'+1)*ones)
		letter := (x - 'a'*ones) &^ (x - ('f'+1)*ones)
		if (digit|letter)&^w&highs != highs {
			return false
		}
		if at == len(text)-8 {
			return true
		}
	}
}

// lookup finds the site of the two lines at the beginning of buf among those
// that were met before, or makes it.
func (s *scanner) lookup(buf []byte) *site {
	end := bytes.IndexByte(buf[:min(len(buf), maxSiteText)], '\n')
	if end < 0 {
		return nil
	}
	call, rest := buf[:end], buf[end+1:]
	end = bytes.IndexByte(rest[:min(len(rest), maxSiteText)], '\n')
	if end < 2 || rest[0] != '\t' || len(call) == 0 {
		return nil
	}
	pos := rest[:end]
	var slot **site
	if bytes.HasPrefix(call, []byte("created by ")) {
		slot = &s.sites[slotOf(call, pos)%siteSlots]
		if st := *slot; st != nil {
			if n, _ := st.match(buf); n > 0 {
				return st
			}
		}
		st := s.newCreated(buf[:len(call)+1+len(pos)+1], call, pos)
		if st != nil {
			*slot = st
		}
		return st
	}
	fn, args, ok := cutCall(call)
	if !ok {
		return nil
	}
	inlined := string(args) == "..."
	if i := bytes.Index(pos, []byte(" fp=0x")); i >= 0 && !inlined {
		pos = pos[:i]
	}
	slot = &s.sites[slotOf(fn, pos)%siteSlots]
	if st := *slot; st != nil {
		if n, _ := st.match(buf); n > 0 {
			return st
		}
	}
	st := s.newSite(buf[:len(call)+1+len(pos)+1], fn, pos, inlined)
	if st != nil {
		*slot = st
	}
	return st
}

// newSite reads a call and its file line with the functions the assembler uses.
func (s *scanner) newSite(text, fn, pos []byte, inlined bool) *site {
	if !plausibleFunc(fn) || spaced(fn) || !utf8.Valid(text) || bytes.IndexByte(text, 0x1b) >= 0 || !bytes.Equal(mendName(fn), fn) {
		return nil
	}
	p, ok := parsePos(pos[1:])
	if !ok || !trimmed(pos[1:]) {
		return nil
	}
	s.made += 1 + len(text)/siteText
	st := &site{whole: inlined}
	if inlined {
		if text[len(text)-1] != '\n' {
			return nil
		}
		st.call = s.names.add(text)
		st.pos = st.call[len(st.call)-1-len(pos) : len(st.call)-1]
		st.frame.Args = st.call[len(fn)+1 : len(fn)+4]
	} else {
		st.call = s.names.add(text[:len(fn)+1])
		st.pos = s.names.add(pos)
	}
	st.frame.Func = st.call[:len(fn)]
	st.frame.File = st.pos[1 : 1+len(p.file)]
	st.frame.Line, st.frame.Offset, st.frame.Inlined = p.line, p.offset, inlined
	return st
}

func (s *scanner) newCreated(text, line, pos []byte) *site {
	fn, id, ok := parseCreatedBy(line)
	if !ok || !trimmed(line) || !utf8.Valid(text) || bytes.IndexByte(text, 0x1b) >= 0 || !bytes.Equal(mendName(fn), fn) {
		return nil
	}
	p, ok := parsePos(pos[1:])
	if !ok || !trimmed(pos[1:]) {
		return nil
	}
	s.made += 1 + len(text)/siteText
	st := &site{whole: true, call: s.names.add(text)}
	file := st.call[len(line)+2:][:len(p.file)]
	const word = len("created by ")
	st.created = &CreatedBy{Func: st.call[word : word+len(fn)], File: file, Line: p.line, Goroutine: id}
	return st
}

// spaced reports whether there is a space or a control character in a name: what
// the assembler makes of them is its business.
func spaced(name []byte) bool {
	for _, c := range name {
		if c <= ' ' || c == 0x7f {
			return true
		}
	}
	return false
}

// trimmed reports whether there is no space at either end.
func trimmed(text []byte) bool {
	first, last := text[0], text[len(text)-1]
	return ' ' < first && first < utf8.RuneSelf && ' ' < last && last < utf8.RuneSelf
}

// slotOf hashes two lines by their lengths and last bytes, where they differ.
func slotOf(a, b []byte) uint32 {
	h := uint64(len(a))<<32 | uint64(len(b))
	h = (h ^ tail8(a)) * 0x9e3779b97f4a7c15
	h = (bits.RotateLeft64(h, 29) ^ tail8(b)) * 0xbf58476d1ce4e5b9
	return uint32(h >> 32)
}

func tail8(b []byte) uint64 {
	if len(b) >= 8 {
		return binary.LittleEndian.Uint64(b[len(b)-8:])
	}
	var h uint64
	for _, c := range b {
		h = h<<8 | uint64(c)
	}
	return h
}
