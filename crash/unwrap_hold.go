package crash

import (
	"bytes"
	"slices"
	"strings"
)

// A holder keeps lines until it is known what they are.
type holder struct {
	buf     []byte
	lines   []heldLine
	guesses []guess
}

type heldLine struct {
	start, end, number int
	long               bool
	kind               anchor
	at                 int
}

// A guess is a shape that waits for another line of its kind.
type guess struct {
	shape  shape
	kind   anchor
	line   int // index of the held line
	prefix int // length of the prefix it was learned from
}

func (h *holder) add(line []byte, number int, long bool, kind anchor, at int) {
	start := len(h.buf)
	h.buf = append(h.buf, line...)
	h.lines = append(h.lines, heldLine{start, len(h.buf), number, long, kind, at})
}

func (h *holder) text(i int) []byte { return h.buf[h.lines[i].start:h.lines[i].end] }

func (h *holder) reset() { h.buf, h.lines, h.guesses = h.buf[:0], h.lines[:0], h.guesses[:0] }

func (u *unwrapper) guess(s shape, kind anchor, prefix int) {
	h := &u.held
	if len(h.guesses) < maxGuesses {
		h.guesses = append(h.guesses, guess{s, kind, len(h.lines) - 1, prefix})
	}
	if s.record || s.quoted || s.blank() || len(s.ops) == 0 || len(h.guesses) >= maxGuesses {
		return
	}
	if n := len(s.ops); s.ops[n-1].kind == opText && strings.HasSuffix(s.ops[n-1].text, "  ") {
		s.ops = slices.Clone(s.ops)
		s.ops[n-1].text, s.loose = strings.TrimRight(s.ops[n-1].text, " "), true
		h.guesses = append(h.guesses, guess{s, kind, len(h.lines) - 1, prefix})
	}
}

// hold keeps a line and decides whether it is known now what the held lines
// are.
func (u *unwrapper) hold(raw []byte, number int, long bool) {
	h := &u.held
	kind, at := findAnchor(raw)
	h.add(raw, number, long, kind, at)
	last := len(h.lines) - 1
	for i := range h.guesses {
		if g := &h.guesses[i]; u.confirms(g, raw) {
			u.believe(g.shape)
			return
		}
	}
	if own := kindOfLine(raw); own != notTrace && own != lineBlank {
		if u.standsAlone(own, last) {
			return
		}
	}
	if at > 0 && kind != anchorPosition {
		if u.depth < maxDepth && kind != anchorServing {
			if rec, ok := readRecord(raw); ok && u.traceback(rec, number, long) {
				h.buf, h.lines = h.buf[:h.lines[last].start], h.lines[:last]
				return
			}
		}
		if s, prefix, ok := wrapping(raw, at); ok && !u.indented(raw, at) {
			u.guess(s, kind, prefix)
		}
	}
	if len(h.lines) >= maxHeld || len(h.buf) > maxHeldLen {
		u.release()
	}
}

// indented reports whether an anchor stands indented behind a shape that is
// already guessed: it is part of a message.
func (u *unwrapper) indented(raw []byte, at int) bool {
	for i := range u.held.guesses {
		s := source{shape: u.held.guesses[i].shape}
		if s.shape.record || s.shape.quoted {
			continue
		}
		if text, _, ok := s.match(raw, new(lineID), &u.decoded); ok && at > len(raw)-len(text) && len(bytes.TrimSpace(raw[len(raw)-len(text):at])) == 0 {
			return true
		}
	}
	return false
}

// confirms reports whether a line has the shape of a guess and is a piece of a
// traceback behind it.
func (u *unwrapper) confirms(g *guess, raw []byte) bool {
	s := source{shape: g.shape}
	text, _, ok := s.match(raw, new(lineID), &u.decoded)
	if !ok && !g.shape.record {
		if ops := freeNumber(g.shape.ops, raw, len(u.held.lines)-1-g.line); ops != nil {
			s.shape.ops = ops
			if text, _, ok = s.match(raw, new(lineID), &u.decoded); ok {
				g.shape.ops = ops
			}
		}
	}
	if !ok {
		return false
	}
	if g.shape.loose {
		text = bytes.TrimLeft(text, " ")
	}
	kind := kindOfLine(text)
	if kind == notTrace {
		if headerSuffix(text) != nil {
			return true
		}
		if suffix := headerSuffix(u.held.text(g.line)[min(g.prefix, len(u.held.text(g.line))):]); suffix != nil {
			m := mender{suffix: bytes.Clone(suffix)}
			m.stampedSuffix()
			kind = kindOfLine(m.cutSuffix(text))
		}
	}
	switch kind {
	case notTrace:
		return false
	case lineBlank, lineCause, lineNested:
		return false
	case lineCall:
		return g.kind != anchorCause // prose may end in a parenthesis
	}
	return true
}

// keepAbove remembers the two lines above, in case they have the shape that a
// line with an anchor suggests: some headlines are none themselves, and one may
// have come in two parts.
func (u *unwrapper) keepAbove() {
	u.above, u.higher = u.above[:0], u.higher[:0]
	if u.plain.nearby {
		u.above = stripColours(u.above, u.plain.before)
		if u.plain.close {
			u.higher = stripColours(u.higher, u.plain.above)
		}
	}
}

// believe makes a source of a shape and reads again the line above and the held
// lines.
func (u *unwrapper) believe(s shape) {
	u.learn(s)
	u.lineAbove()
	h := u.held
	u.held, u.spare = u.spare, holder{}
	u.held.reset()
	head := u.headlineAbove(&h)
	if s.blank() && head < 0 {
		u.continueEntry(len(h.lines))
	}
	for i := range h.lines {
		l := &h.lines[i]
		text := h.text(i)
		if i != head {
			u.careful(text, l.number, l.long)
			continue
		}
		if _, logged := recoveredCause(text); !logged {
			text = text[l.at:]
		}
		u.feed(u.sources[0], text, false, l.number, l.long)
	}
	u.spare = h
}

// continueEntry makes an indentation that was just learned one of the source
// that had a headline right above the held lines.
func (u *unwrapper) continueEntry(held int) {
	if len(u.sources) < 2 {
		return
	}
	if of := u.sources[1]; of.inner.plain.mode == inMessage && of.last >= u.lines-held-3 { // blank lines may stand between
		u.sources[0].into = of
		if of.last < u.lines-held && u.plain.blank {
			of.inner.line(nil, u.number-1, false)
		}
	}
}

// headlineAbove finds the headline of a stack that is indented below it, as
// journalctl shows the further lines of an entry, or one whose prefix is cut. It
// returns -1 if there is none.
func (u *unwrapper) headlineAbove(h *holder) int {
	src := u.sources[0]
	l, text := &h.lines[0], h.text(0)
	if l.at <= 0 || l.kind != anchorCause && l.kind != anchorServing {
		return -1
	}
	if _, _, ok := src.match(text, new(lineID), &u.decoded); ok || len(h.lines) < 2 {
		return -1
	}
	if src.shape.blank() || src.shape.loose {
		return 0
	}
	for i := 1; i < min(len(h.lines), 4); i++ {
		below := h.text(i)
		if rest, _, ok := src.match(below, new(lineID), &u.decoded); ok && src.shape.endsLike(below[:len(below)-len(rest)], text[:l.at]) {
			return 0
		}
	}
	return -1
}

// lineAbove gives a new source the lines above if they are its own.
func (u *unwrapper) lineAbove() {
	s := u.sources[0]
	if _, _, ok := s.match(u.above, new(lineID), &u.decoded); ok && len(u.above) > 0 {
		for i, raw := range [...][]byte{u.higher, u.above} {
			if text, partial, ok := s.match(raw, new(lineID), &u.decoded); ok && len(raw) > 0 {
				u.feed(s, text, partial, u.number-2+i, false)
			}
		}
		u.above = u.above[:0]
	}
	if len(u.above) > 0 && s.shape.blank() {
		// A test logs the value at another depth than the stack.
		s.inner.line(bytes.TrimSpace(u.above), u.number-1, false)
	}
	u.above, u.higher = u.above[:0], u.higher[:0]
}

// standsAlone handles a line that is a piece of a traceback without any prefix
// while others are held: what was held had a prefix on its first line only.
func (u *unwrapper) standsAlone(own lineKind, last int) bool {
	h := &u.held
	switch own {
	case lineHeader, lineSignal, lineRuntime, lineCall, linePosition, lineCreated:
	default:
		return false
	}
	for i := last - 1; i >= 0; i-- {
		l := &h.lines[i]
		switch {
		case l.at <= 0:
		case own == lineHeader && len(h.guesses) == 0:
			u.release() // known as it is
			return true
		case l.kind == anchorHeader && i == last-1 && own == lineCall:
			u.releaseFrom(i, l.at)
			return true
		case l.kind == anchorCause && u.plain.mode == idle && (own == lineCall || own == linePosition) && u.headerAbove(i, last):
			if printsItself(h.text(last)) {
				u.release() // a log line and the text of debug.Stack
			} else {
				u.releaseFrom(i, l.at)
			}
			return true
		}
	}
	return false
}

// headerAbove reports whether a header, or what else begins stacks, stands
// among held lines.
func (u *unwrapper) headerAbove(from, to int) bool {
	for i := from + 1; i < to; i++ {
		switch kindOfLine(u.held.text(i)) {
		case lineHeader, lineRuntime:
			return true
		}
	}
	return false
}

// printsItself reports whether a call is that of a function that prints the
// stack it is called on.
func printsItself(line []byte) bool {
	fn, _, ok := cutCall(bytes.TrimRight(line, " \t"))
	return ok && printedItself([]Frame{{Func: string(fn)}})
}

// release gives the held lines to the assembler as they were.
func (u *unwrapper) release() { u.releaseFrom(-1, 0) }

// releaseFrom is release, but that the line at index cut begins at position at.
func (u *unwrapper) releaseFrom(cut, at int) {
	h := &u.held
	for i := range h.lines {
		text := h.text(i)
		if i == cut {
			lead := text[:at]
			if _, logged := loggedValue(string(lead)); logged || kindOfLine(lead) > lineBlank || isEndMark(lead) {
				u.emit(lead, h.lines[i].number, false)
			}
			text = text[at:]
		}
		u.emit(text, h.lines[i].number, h.lines[i].long)
	}
	h.reset()
}
