package crash

import "bytes"

// beginsTrace reports whether a line may be the first part of a line of a
// traceback that was broken.
func beginsTrace(line []byte) bool {
	if len(line) < 20 || len(line) > maxTail {
		return false
	}
	text := bytes.TrimLeft(line, " \t")
	if bytes.HasPrefix(text, []byte("goroutine ")) || bytes.HasPrefix(text, []byte("created by ")) {
		return true
	}
	if open := bytes.IndexByte(text, '('); open > 0 {
		return plausibleFunc(text[:open]) || text[open-1] == '.' && open > 1 && plausibleFunc(text[:open-1])
	}
	return bytes.IndexByte(text, ' ') < 0 && bytes.IndexByte(text, '/') >= 0 && bytes.IndexByte(text, '.') > 0 ||
		len(text) < len(line) && bytes.IndexByte(text, '/') >= 0
}

// join puts a broken line together with what follows it.
func (u *unwrapper) join(line []byte, number int, long bool) bool {
	m, a := &u.mend, u.plain
	tail := m.tail
	m.tail = m.tail[len(m.tail):]
	if len(tail)+len(line) > maxTail || a.odd.count < m.counted {
		return false
	}
	next := bytes.TrimLeft(line, " \t")
	if pos, ok := parsePos(next); ok && looksLikePos(next, pos) {
		if _, ok := cutAbove(tail, pos); ok {
			return false // a call without parentheses and its file line
		}
	}
	joined := bytes.Clone(tail)
	if bytes.HasPrefix(next, []byte("+0x")) || joined[len(joined)-1] == ',' || bytes.HasPrefix(next, []byte("fp=0x")) {
		joined = append(joined, ' ')
	}
	joined = append(joined, next...)
	switch kind := kindOfLine(joined); {
	case kind == notTrace || kind == lineBlank || kind == lineCause:
		if m.counted < 16 && kindOfLine(line) == notTrace && beginsTrace(joined) {
			before, era := a.odd.count, a.era()
			a.line(line, number, long)
			if a.era() == era && a.odd.count > before {
				m.tail = joined
				m.counted++
			}
			return true
		}
		return false
	case kind == lineCall && kindOfLine(line) == lineCall && bytes.IndexByte(tail, '(') < 0:
		return false // a word on a line of its own, and a whole call
	}
	a.odd.count -= m.counted
	if u.zone.on && m.width == 0 {
		m.width = len(tail)
		u.restart()
		return u.emitWidth(line, number, long)
	}
	m.width = len(tail)
	a.line(joined, number, long)
	return true
}

// emitWidth is emit for text whose lines were broken at a width that is known.
func (u *unwrapper) emitWidth(line []byte, number int, long bool) bool {
	m := &u.mend
	if len(m.pending) > 0 {
		joined := m.glue(line)
		if joined != nil && len(line) == m.width && len(joined) < maxTail {
			m.pending = joined
			return true
		}
		pending := m.pending
		m.pending = nil
		if joined != nil {
			return u.emitWhole(joined, m.pendNo, long)
		}
		u.emitWhole(pending, m.pendNo, false)
	}
	if len(line) == m.width {
		m.pending, m.pendNo = bytes.Clone(line), number
		return true
	}
	return u.emitWhole(line, number, long)
}

// endPending emits a line that nothing followed.
func (u *unwrapper) endPending() {
	if pending := u.mend.pending; len(pending) > 0 {
		u.mend.pending = nil
		u.emitWhole(pending, u.mend.pendNo, false)
	}
}

// glue joins a line of full width and the one that follows it; nil if they are
// two.
func (m *mender) glue(line []byte) []byte {
	if len(line) == 0 {
		return nil
	}
	joined := append(bytes.Clone(m.pending), line...)
	own, both := kindOfLine(line), kindOfLine(joined)
	if bytes.HasPrefix(line, []byte("+0x")) || bytes.HasPrefix(line, []byte("fp=0x")) {
		joined = append(append(bytes.Clone(m.pending), ' '), line...)
		both = kindOfLine(joined)
	}
	switch kindOfLine(m.pending) {
	case notTrace:
		if own == lineHeader || own == lineSignal || own == lineCause {
			return nil
		}
		return joined
	case lineCause:
		if own == notTrace || own == lineCall {
			return joined
		}
		return nil
	}
	if own == notTrace && both != notTrace {
		return joined
	}
	return nil
}
