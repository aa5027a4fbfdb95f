package crash

import "bytes"

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
	above   []byte // the line above the first held one
	number  int    // of the first line held
	lines   int    // seen while there was something to undo
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
}

const (
	maxDepth   = 4  // wrappings in each other
	maxSources = 16 // told apart at a time
	maxHeld    = 40 // lines without evidence
	maxHeldLen = 64 << 10
	maxGuesses = 4
	maxQuiet   = 4096    // lines after which a shape without a crash is forgotten
	maxPart    = 1 << 20 // bytes of a line that came in parts
)

// A holder keeps lines until it is known what they are.
type holder struct {
	buf     []byte
	lines   []heldLine
	guesses []guess
	blanks  int // lines at the end that say nothing
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

// idle reports whether nothing is held and no wrapping known, so that lines may
// as well go straight to the assembler.
func (u *unwrapper) idle() bool { return len(u.sources) == 0 && len(u.held.lines) == 0 }

// line takes a line as it was read.
func (u *unwrapper) line(raw []byte, number int, long bool) {
	if u.idle() && u.plain.mode == idle && !oddBytes(raw) {
		if _, at := findAnchor(raw); at <= 0 {
			u.plain.line(raw, number, long)
			return
		}
	}
	u.careful(raw, number, long)
}

// oddBytes reports whether the bytes of a line need a look before its text does.
func oddBytes(raw []byte) bool {
	return len(raw) > 0 && (raw[0] == 0 || raw[0] == 0xef)
}

// careful is line for lines that are, or may be, wrapped.
func (u *unwrapper) careful(raw []byte, number int, long bool) {
	raw = u.clean(raw, number)
	u.lines++
	if u.lines%1024 == 0 {
		u.sweep()
	}
	for i, s := range u.sources {
		if text, partial, ok := s.match(raw, &u.decoded); ok {
			copy(u.sources[1:i+1], u.sources[:i])
			u.sources[0] = s
			u.feed(s, text, partial, number, long)
			return
		}
	}
	if len(u.held.lines) > 0 {
		u.hold(raw, number, long)
		return
	}
	u.unmatched(raw, number, long)
}

// clean removes colours, and zero bytes before the text.
func (u *unwrapper) clean(raw []byte, number int) []byte {
	if number == 1 {
		raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	}
	for len(raw) > 0 && raw[0] == 0 {
		raw = raw[1:]
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

// match returns the line proper if raw has the shape of the source.
func (s *source) match(raw []byte, buf *[]byte) (text []byte, partial, ok bool) {
	n, partial, ok := matchOps(s.shape.ops, raw)
	if !ok {
		return nil, false, false
	}
	text = raw[n:]
	switch {
	case s.shape.record:
		if len(text) == 0 || text[0] != '{' {
			return nil, false, false
		}
		value, found := recordLine(text, s.shape.key)
		if !found || recordID(text) != s.shape.id {
			return nil, false, false
		}
		*buf = unescape((*buf)[:0], value)
		text = *buf
		if end := len(text); end > 0 && text[end-1] == '\n' {
			text = text[:end-1]
		} else if s.shape.key == "log" {
			partial = true
		}
		if bytes.IndexByte(text, '\n') >= 0 {
			return nil, false, false // many lines in one: read alone
		}
	case s.shape.quoted:
		end, _ := stringEnd(text, 0)
		*buf = unescape((*buf)[:0], text[:end])
		text = bytes.TrimSuffix(*buf, []byte("\n"))
	}
	return text, partial, true
}

// feed gives a source one of its lines.
func (u *unwrapper) feed(s *source, text []byte, partial bool, number int, long bool) {
	s.last = u.lines
	if partial || s.parted {
		s.part = append(s.part, text[:min(len(text), maxPart-len(s.part))]...)
		if s.parted = partial; partial {
			return
		}
		text = s.part
		s.part = s.part[:0]
	}
	s.inner.line(bytes.TrimSuffix(text, []byte("\r")), number, long)
	if s.inner.busy() {
		s.active = u.lines
	}
}

// busy reports whether there is a crash under way, or what may become one.
func (u *unwrapper) busy() bool { return u.plain.mode != idle || !u.idle() }

// unmatched handles a line that has no known shape.
func (u *unwrapper) unmatched(raw []byte, number int, long bool) {
	mode := u.plain.mode
	if mode == inBody && obvious(raw) {
		u.plain.line(raw, number, long)
		return
	}
	kind, at := findAnchor(raw)
	if at <= 0 || mode == inMessage && len(bytes.TrimSpace(raw[:at])) == 0 {
		u.plain.line(raw, number, long)
		return
	}
	if mode == inBody || mode == inRace {
		if kind != anchorServing && kind != anchorCause {
			before := u.plain.odd.count
			u.plain.line(raw, number, long)
			if u.plain.odd.count <= before {
				return
			}
			u.plain.odd.count-- // perhaps no odd line, but one of another source
		}
	}
	if u.depth < maxDepth && kind != anchorPosition && u.readRecord(raw, number, long) {
		return
	}
	u.suspect(raw, number, long, kind, at)
}

// obvious recognises most lines of a clean stack at their first and last byte.
func obvious(line []byte) bool {
	return len(line) == 0 || line[0] == '\t' || line[len(line)-1] == ')'
}

// suspect handles a line with an anchor that is not at its beginning.
func (u *unwrapper) suspect(raw []byte, number int, long bool, kind anchor, at int) {
	if u.depth >= maxDepth {
		u.plain.line(raw, number, long)
		return
	}
	u.keepAbove()
	u.number = number
	if kind == anchorPosition {
		if s, ok := u.besidePosition(raw, at); ok {
			u.learn(s)
			u.lineAbove()
			u.careful(raw, number, long)
			return
		}
		u.plain.line(raw, number, long)
		return
	}
	s, prefix, ok := wrapping(raw, at)
	if !ok {
		u.plain.line(raw, number, long)
		return
	}
	_, logged := recoveredCause(raw)
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

func (u *unwrapper) guess(s shape, kind anchor, prefix int) {
	h := &u.held
	if len(h.guesses) < maxGuesses {
		h.guesses = append(h.guesses, guess{s, kind, len(h.lines) - 1, prefix})
	}
}

// wrapping says what an anchor at position at of a line is wrapped in, and how
// long the prefix is.
func wrapping(line []byte, at int) (shape, int, bool) {
	if key, start, end, ok := recordField(line, at); ok {
		open := bytes.IndexByte(line[:start], '{')
		if open >= 0 && open < maxPrefix && len(key) > 0 {
			_ = end
			return shape{ops: learnPrefix(line[:open]), record: true, key: string(key), id: recordID(line[open:])}, open, true
		}
		if start < maxPrefix {
			return shape{ops: learnPrefix(line[:start]), quoted: true}, start, true
		}
		return shape{}, 0, false
	}
	if at > maxPrefix {
		return shape{}, 0, false
	}
	return shape{ops: learnPrefix(line[:at])}, at, true
}

// besidePosition finds the shape of a file line whose call stands above it, for
// texts that lack a header.
func (u *unwrapper) besidePosition(raw []byte, at int) (shape, bool) {
	a := u.plain
	if !a.nearby {
		return shape{}, false
	}
	head := bytes.TrimRight(raw[:at], " ")
	i := bytes.LastIndexAny(head, " \t\"")
	if i <= 0 || i > maxPrefix {
		return shape{}, false
	}
	prefix := bytes.TrimRight(head[:i+1], " \t")
	if len(prefix) == 0 {
		return shape{}, false
	}
	for _, tail := range [...]string{" ", "", "\t"} {
		s := shape{ops: learnPrefix(append(bytes.Clone(prefix), tail...))}
		n, _, ok := matchOps(s.ops, a.before)
		if !ok || n >= len(a.before) {
			continue
		}
		if kind := kindOfLine(a.before[n:]); kind == lineCall || kind == lineCreated {
			return s, true
		}
	}
	return shape{}, false
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
		if text, _, ok := s.match(raw, &u.decoded); ok && at > len(raw)-len(text) && len(bytes.TrimSpace(raw[len(raw)-len(text):at])) == 0 {
			return true
		}
	}
	return false
}

// confirms reports whether a line has the shape of a guess and is a piece of a
// traceback behind it.
func (u *unwrapper) confirms(g *guess, raw []byte) bool {
	s := source{shape: g.shape}
	text, _, ok := s.match(raw, &u.decoded)
	if !ok && !g.shape.record {
		prefix := u.held.text(g.line)[:g.prefix]
		if ops := freeNumber(prefix, raw); ops != nil {
			s.shape.ops = ops
			if text, _, ok = s.match(raw, &u.decoded); ok {
				g.shape.ops = ops
			}
		}
	}
	if !ok {
		return false
	}
	switch kindOfLine(text) {
	case notTrace, lineBlank, lineCause:
		return false
	case lineCall:
		return g.kind != anchorCause // prose may end in a parenthesis
	}
	return true
}

// keepAbove remembers the line above, in case it has the shape that a line with
// an anchor suggests: some headlines are none themselves.
func (u *unwrapper) keepAbove() {
	u.above = u.above[:0]
	if u.plain.nearby {
		u.above = stripColours(u.above, u.plain.before)
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
	for i := range h.lines {
		l := &h.lines[i]
		u.careful(h.text(i), l.number, l.long)
	}
	u.spare = h
}

// lineAbove gives a new source the line above if that is one of its own.
func (u *unwrapper) lineAbove() {
	s := u.sources[0]
	if text, partial, ok := s.match(u.above, &u.decoded); ok && len(u.above) > 0 {
		u.feed(s, text, partial, u.number-1, false)
	}
	u.above = u.above[:0]
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
			text = text[at:]
		}
		u.plain.line(text, h.lines[i].number, h.lines[i].long)
	}
	h.reset()
}

// learn makes a source of a shape.
func (u *unwrapper) learn(s shape) {
	if len(u.sources) == maxSources {
		u.forget(maxSources - 1)
	}
	src := &source{shape: s, active: u.lines, last: u.lines}
	src.inner = unwrapper{plain: &assembler{crashOutput: u.plain.crashOutput, out: u.out}, out: u.out, depth: u.depth + 1}
	u.sources = append(u.sources, nil)
	copy(u.sources[1:], u.sources)
	u.sources[0] = src
}

// forget ends a source.
func (u *unwrapper) forget(i int) {
	u.sources[i].end(u)
	u.sources = append(u.sources[:i], u.sources[i+1:]...)
}

func (s *source) end(u *unwrapper) {
	if s.parted {
		s.parted = false
		s.inner.line(s.part, u.lines, false)
	}
	s.inner.end()
}

// sweep forgets sources that have been quiet for long.
func (u *unwrapper) sweep() {
	for i := len(u.sources) - 1; i >= 0; i-- {
		if s := u.sources[i]; u.lines-s.active > maxQuiet || u.lines-s.last > maxQuiet {
			u.forget(i)
		}
	}
}

// end finishes everything that is under way.
func (u *unwrapper) end() {
	u.release()
	for _, s := range u.sources {
		s.end(u)
	}
	u.sources = u.sources[:0]
	u.plain.end()
}

// pause finishes what looks complete.
func (u *unwrapper) pause() {
	u.release()
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

// readRecord reads a line that holds a whole traceback in a string.
func (u *unwrapper) readRecord(raw []byte, number int, long bool) bool {
	if bytes.IndexByte(raw, '"') < 0 {
		return false
	}
	rec, ok := readRecord(raw)
	return ok && u.traceback(rec, number, long)
}

// traceback reads the text of a record. It ends with it.
func (u *unwrapper) traceback(rec record, number int, long bool) bool {
	inner := unwrapper{plain: &assembler{crashOutput: u.plain.crashOutput}, depth: u.depth + 1}
	a := inner.plain
	inner.out = a
	a.out = a
	headed := false
	text := rec.text
	lines := bytes.Split(text, []byte("\n"))
	if value := recordValue(rec.value); len(value) > 0 {
		if kind := kindOfLine(lines[0]); kind != lineCause {
			inner.line(value, number, false)
		}
	}
	bare := bareNames(lines)
	for i, line := range lines {
		if bare && i+1 < len(lines) && !isPositionBelow(line) && isPositionBelow(lines[i+1]) {
			line = append(bytes.Clone(line), "()"...)
		}
		inner.line(line, number, long && rec.open && i == len(lines)-1)
		if a.cur != nil && len(a.cur.links) > 0 {
			headed = true
		}
	}
	if a.cur != nil && !headed && a.cur.kind == "" {
		if value := recordValue(rec.value); len(value) > 0 {
			a.cur.lineAbove = string(value)
		}
		a.cur.report.Recovered = true
		a.cur.report.Truncated = rec.open
	}
	inner.end()
	found := false
	for r := a.pop(); r != nil; r = a.pop() {
		if len(r.CrashStack()) > 0 || len(r.Goroutines) > 0 {
			found = true
			u.out.done = append(u.out.done, r)
		}
	}
	return found
}

// recordValue makes a log line of a recovered value, as people write them.
func recordValue(v []byte) []byte {
	v, _, _ = bytes.Cut(bytes.TrimSpace(v), []byte("\n"))
	if len(v) == 0 || len(v) > 4<<10 {
		return nil
	}
	if logged, ok := loggedValue(string(v)); ok {
		v = []byte(logged)
	}
	return append([]byte("panic recovered: "), v...)
}

// bareNames reports whether calls stand without their arguments, as zap and
// pkg/errors write them.
func bareNames(lines [][]byte) bool {
	for i := 0; i+1 < len(lines); i++ {
		if isPositionBelow(lines[i+1]) {
			line := bytes.TrimRight(lines[i], " \t")
			return len(line) > 0 && line[len(line)-1] != ')' && !bytes.HasPrefix(line, []byte("created by "))
		}
	}
	return false
}

func isPositionBelow(line []byte) bool {
	if len(line) == 0 || line[0] != '\t' && line[0] != ' ' {
		return false
	}
	_, ok := parsePos(bytes.TrimLeft(line, " \t"))
	return ok
}
