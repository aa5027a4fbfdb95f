package crash

import (
	"bytes"
	"unicode/utf8"
)

// An unwrapper stands between the lines of a text and the assembler. It undoes
// what pipelines, viewers and people did to a traceback: a prefix before each
// line, quotes and escapes, two processes writing at once.
//
// It learns from the lines themselves. A line that holds an anchor somewhere
// behind its beginning suggests a shape; it is believed when another line has
// the same shape and a piece of a traceback in it. From then on every line of
// that shape is a line of its own source with an assembler of its own. Until
// then lines are held, few and not for long, and released as they were if
// nothing comes of it.
//
// Wrappings may be nested: the lines of a source go through an unwrapper of
// their own.
type unwrapper struct {
	plain   *assembler // for lines in no wrapping
	out     *assembler // whose queue gets the reports
	depth   int
	sources []*source // the last used first
	held    holder
	spare   holder
	mend    mender
	zone    zone
	order   order
	above   []byte // the line above the first held one
	higher  []byte // and the one above that
	number  int    // of the first line held
	lines   int    // seen while there was something to undo
	wide    wideOrder
	narrow  []byte
	scratch []byte
	decoded []byte
}

// A source is everything that comes in one shape.
type source struct {
	shape  shape
	inner  unwrapper
	active int // lines of the unwrapper when it last was in a crash
	last   int // lines of the unwrapper when it last had a line
	part   []byte
	parted bool
	into   *source // whose lines these are, too: those below the first of an entry
}

const (
	maxDepth   = 4  // wrappings in each other
	maxSources = 16 // told apart at a time
	maxNested  = 2  // told apart within a source
	maxHeld    = 40 // lines without evidence
	maxHeldLen = 64 << 10
	maxGuesses = 4
	maxQuiet   = 4096      // lines after which a shape without a crash is forgotten
	maxPart    = 256 << 10 // bytes of a line that came in parts
)

// idle reports whether nothing is held and no wrapping known, so that lines may
// as well go straight to the assembler.
func (u *unwrapper) idle() bool {
	return len(u.sources) == 0 && len(u.held.lines) == 0 && !u.order.on && u.wide == notWide &&
		!u.mend.knows() && !u.zone.on
}

// line takes a line as it was read.
func (u *unwrapper) line(raw []byte, number int, long bool) {
	if u.idle() && u.plain.mode == idle && !oddBytes(raw) {
		if _, at := findAnchor(raw); at < 0 {
			if u.plain.quiet(raw, number) {
				return
			}
			u.headline(raw, number, long) // perhaps one without an anchor
			return
		}
	}
	u.careful(raw, number, long)
}

// quiet is line for a line between crashes that holds no anchor. What may begin
// a crash all the same, a signal's name, a file line, an empty message, is known
// by its first byte.
func (a *assembler) quiet(line []byte, number int) bool {
	n := len(line)
	if n == 0 || n > 4<<10 || line[n-1] == ' ' || line[n-1] == '\t' || !utf8.Valid(line) {
		return false
	}
	switch line[0] {
	case ' ', '\t', 'p', 'S':
		return false
	}
	a.number, a.blank = number, false
	a.remember(line)
	return true
}

// oddBytes reports whether the bytes of a line need a look before its text does.
func oddBytes(raw []byte) bool {
	return len(raw) > 0 && raw[len(raw)-1] == '\r' || len(raw) > 0 && (raw[0] == 0 || raw[0] >= 0xef) || len(raw) > 1 && raw[1] == 0
}

// careful is line for lines that are, or may be, wrapped.
func (u *unwrapper) careful(raw []byte, number int, long bool) {
	raw = u.clean(raw, number)
	u.lines++
	if u.lines%1024 == 0 {
		u.sweep()
	}
	var id lineID
	for i, s := range u.sources {
		if text, partial, ok := s.match(raw, &id, &u.decoded); ok {
			copy(u.sources[1:i+1], u.sources[:i])
			u.sources[0] = s
			u.feed(s, text, partial, number, long)
			return
		}
	}
	if u.order.on {
		u.emit(raw, number, long)
		return
	}
	if len(u.held.lines) > 0 {
		u.hold(raw, number, long)
		return
	}
	u.unmatched(raw, number, long)
}

// clean removes colours, and zero bytes before the text, and decodes UTF-16.
func (u *unwrapper) clean(raw []byte, number int) []byte {
	if number == 1 {
		raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	}
	if u.wide == notWide && oddBytes(raw) {
		u.wide = detectWide(raw, number)
	}
	if u.wide != notWide {
		u.narrow = narrow(u.narrow[:0], raw, u.wide, number)
		raw = u.narrow
	}
	for len(raw) > 0 && raw[0] == 0 {
		raw = raw[1:]
	}
	for len(raw) > 0 && raw[len(raw)-1] == '\r' {
		raw = raw[:len(raw)-1]
	}
	if bytes.IndexByte(raw, 0x1b) < 0 {
		return raw
	}
	u.scratch = stripColours(u.scratch[:0], raw)
	return u.scratch
}

// stripColours appends src to dst without the control sequences of terminals.
func stripColours(dst, src []byte) []byte {
	for {
		i := bytes.IndexByte(src, 0x1b)
		if i < 0 {
			return append(dst, src...)
		}
		dst = append(dst, src[:i]...)
		src = src[i+1:]
		if len(src) > 0 && src[0] == '[' {
			n := 1
			for n < len(src) && (src[n] < 0x40 || src[n] > 0x7e) {
				n++
			}
			src = src[min(n+1, len(src)):]
		}
	}
}

// busy reports whether there is a crash under way, or what may become one.
func (u *unwrapper) busy() bool { return u.plain.mode != idle || !u.idle() }

// unmatched handles a line that has no known shape.
func (u *unwrapper) unmatched(raw []byte, number int, long bool) {
	mode := u.plain.mode
	if mode == inBody && obvious(raw) {
		u.emit(raw, number, long)
		return
	}
	if len(raw) > 4 && raw[0] == '#' && mode != idle && string(raw[:4]) == "#011" {
		u.emit(raw, number, long) // a tab
		return
	}
	kind, at := findAnchor(raw)
	if at <= 0 || mode == inMessage && len(bytes.TrimSpace(raw[:at])) == 0 {
		u.emit(raw, number, long)
		return
	}
	if mode == inBody && kind != anchorServing && kind != anchorCause {
		cur := u.plain.cur
		if u.emit(raw, number, long) || u.plain.cur != cur {
			return
		}
		u.plain.odd.count-- // perhaps no odd line, but one of another source
		u.mend.tail = u.mend.tail[:0]
	}
	if kind == anchorCause || kind == anchorServing {
		u.outdent()
	}
	if mode == inBody && kind == anchorCause && u.depth < maxDepth {
		if text := wholeLine(raw); text != nil && u.traceback(record{text: text}, number, long) {
			return
		}
	}
	if u.depth < maxDepth && kind != anchorPosition && u.readRecord(raw, number, long) {
		return
	}
	if mode != inBody && u.mendLine(raw, number, long) {
		return
	}
	u.suspect(raw, number, long, kind, at)
}

// wholeLine returns the lines of a whole traceback that is one line; nil if it is
// none.
func wholeLine(raw []byte) []byte {
	text := decodeText(raw)
	if bytes.Count(text, []byte("\n")) > 2 && holdsStack(text) {
		return text
	}
	if pieces := splitGlued(text, false, nil); len(pieces) > 3 {
		return bytes.Join(pieces, []byte("\n"))
	}
	return nil
}

// outdent forgets indentations: another headline without any is the end of what
// stood below the one before.
func (u *unwrapper) outdent() {
	for i := len(u.sources) - 1; i >= 0; i-- {
		if s := u.sources[i]; s.into == nil && s.shape.blank() {
			u.forget(i)
		}
	}
}

// obvious recognises most lines of a clean stack at their first and last byte.
func obvious(line []byte) bool {
	return len(line) == 0 || line[0] == '\t' || line[len(line)-1] == ')'
}

// suspect handles a line with an anchor that is not at its beginning.
func (u *unwrapper) suspect(raw []byte, number int, long bool, kind anchor, at int) {
	if u.depth >= maxDepth {
		u.emit(raw, number, long)
		return
	}
	u.keepAbove()
	u.number = number
	if kind == anchorPosition {
		u.suspectPosition(raw, number, long, at)
		return
	}
	s, prefix, ok := wrapping(raw, at)
	if !ok {
		u.emit(raw, number, long)
		return
	}
	c, logged := recoveredCause(raw)
	if logged && c.indented {
		u.emit(raw, number, long) // its stack is, too: no prefix
		return
	}
	logged = logged && !s.exact()
	if !logged && kind != anchorGopanic && s.transport() {
		u.learn(s)
		u.lineAbove()
		u.careful(raw, number, long)
		return
	}
	u.held.add(raw, number, long, kind, at)
	if !logged { // where a log line begins is not known from it
		u.guess(s, kind, prefix)
	}
}

// wrapping says what an anchor at position at of a line is wrapped in, and how
// long the prefix is.
func wrapping(line []byte, at int) (shape, int, bool) {
	if key, start, _, ok := recordField(line, at); ok {
		open := bytes.IndexByte(line[:start], '{')
		if open >= 0 && open < maxPrefix && len(key) > 0 {
			return shape{ops: learnPrefix(line[:open]), record: true, key: string(key), id: recordID(line[open:])}, open, true
		}
		if start < maxPrefix {
			column := start > 1 && line[start-2] == ',' && line[len(line)-1] == '"'
			return shape{ops: learnPrefix(line[:start]), quoted: true, column: column}, start, true
		}
		return shape{}, 0, false
	}
	if at > maxPrefix {
		return shape{}, 0, false
	}
	if at > 1 && line[at-1] == '\'' {
		at-- // lines are quoted only where they have to be
	}
	return shape{ops: learnPrefix(line[:at])}, at, true
}

// suspectPosition handles a file line in a text that had no headline and no
// header yet.
func (u *unwrapper) suspectPosition(raw []byte, number int, long bool, at int) {
	if s, n, ok := wrapping(raw, at); ok && (s.record || s.quoted) {
		u.held.add(raw, number, long, anchorPosition, at)
		u.guess(s, anchorPosition, n)
		return
	}
	prefix := positionPrefix(raw, at)
	if len(prefix) == 0 {
		if fn, _, ok := cutCall(u.plain.before); u.plain.mode == idle && !(ok && u.plain.nearby && plausibleFunc(fn)) {
			u.startOrder(raw, number, long)
			return
		}
		if raw[0] != ' ' && raw[0] != '\t' {
			raw = append([]byte{'\t'}, raw...)
		}
		u.emit(raw, number, long)
		return
	}
	tails := [...]string{" ", "", "\t"}
	for _, tail := range tails {
		s := shape{ops: learnPrefix(append(bytes.Clone(prefix), tail...))}
		if u.callAbove(&s) {
			u.learn(s)
			u.lineAbove()
			u.careful(raw, number, long)
			return
		}
	}
	// Newest line first: the call stands below.
	u.held.add(raw, number, long, anchorPosition, at)
	for _, tail := range tails {
		if len(raw) > len(prefix) && (tail == "" || raw[len(prefix)] == tail[0]) {
			s := shape{ops: learnPrefix(append(bytes.Clone(prefix), tail...))}
			u.guess(s, anchorPosition, len(prefix)+len(tail))
		}
	}
}

// positionPrefix returns what stands before a file and its indentation. There
// may be blanks in the file's name; they cost the prefix.
func positionPrefix(raw []byte, at int) []byte {
	head := bytes.TrimRight(raw[:at], " ")
	i := bytes.LastIndexAny(head, " \t\"")
	if i <= 0 || i > maxPrefix {
		return nil
	}
	return bytes.TrimRight(head[:i+1], " \t")
}

// callAbove reports whether the line above has a shape and is a call.
func (u *unwrapper) callAbove(s *shape) bool {
	a := u.plain
	if !a.nearby {
		return false
	}
	n, _, ok := matchOps(s.ops, a.before)
	if !ok || n >= len(a.before) {
		return false
	}
	kind := kindOfLine(a.before[n:])
	return kind == lineCall || kind == lineCreated
}

// end finishes everything that is under way.
func (u *unwrapper) end() {
	u.release()
	u.lastOrder()
	u.endPending()
	for _, s := range u.sources {
		s.end(u)
	}
	u.sources = u.sources[:0]
	u.plain.end()
	if kit := u.plain.job.kit; kit != nil && u.zone.held.buf != nil {
		kit.zone, u.zone = u.zone.held, zone{}
	}
}

// pause finishes what looks complete.
func (u *unwrapper) pause() {
	u.release()
	u.lastOrder()
	u.endPending()
	for _, s := range u.sources {
		s.inner.pause()
	}
	u.plain.pause()
}

// truncate marks every crash under way as cut.
func (u *unwrapper) truncate() {
	for _, s := range u.sources {
		s.inner.truncate()
	}
	if u.plain.cur != nil {
		u.plain.cur.report.Truncated = true
	}
}
