package crash

import "bytes"

// A zone is the beginning of a crash, from its headline to the first few lines
// of its first stack. What was done to the lines often shows on the header only,
// or on the first file line; then the zone is read again, knowing it.
type zone struct {
	on       bool
	held     holder
	above    []byte // what stood above, perhaps behind blank lines
	adjacent bool   // it stood right above
	restarts int
	body     int // lines since the first header
	kinds    [5]lineKind
}

const (
	maxZoneLines = 256
	maxZoneBody  = 12
	maxRestarts  = 4
)

// track takes a line that the assembler has just read.
func (u *unwrapper) track(line []byte, number int, long bool, before int) {
	z, a := &u.zone, u.plain
	if a.cur == nil {
		z.on = false
		return
	}
	if a.era() != before {
		if z.held.buf == nil {
			z.held, a.job.kit.zone = a.job.kit.zone, holder{}
		}
		z.held.reset()
		z.on, z.body, z.restarts = true, 0, 0
		z.kinds = [5]lineKind{}
	}
	if !z.on {
		return
	}
	if len(z.held.lines) >= maxZoneLines || len(z.held.buf) > maxHeldLen || z.body > maxZoneBody {
		z.on = false
		return
	}
	z.held.add(line, number, long, noAnchor, 0)
	if a.mode == inBody || a.mode == inRace {
		z.body++
		u.inspect(line)
	}
}

// inspect looks for signs of what was done to all lines. It tells lines apart by
// their first and last bytes: for most texts there is nothing to find.
func (u *unwrapper) inspect(line []byte) {
	z, m := &u.zone, &u.mend
	kind := notTrace
	learned := false
	switch n := len(line); {
	case n == 0:
		kind = lineBlank
	case line[0] == 'g' && bytes.HasPrefix(line, []byte("goroutine ")):
		kind = lineHeader
		if !m.padded && line[n-1] == ' ' {
			m.padded, learned = true, true
		}
	case line[0] == '\t':
		kind = linePosition
	case line[0] == ' ':
		kind = kindOfLine(line)
		if n := len(line) - len(bytes.TrimLeft(line, " ")); kind == linePosition && n <= 12 && m.indent == 0 && z.body <= 8 && u.plain.mode == inBody {
			m.indent, learned = n, true
		}
	case line[n-1] == ')':
		kind = lineCall
	}
	copy(z.kinds[:], z.kinds[1:])
	z.kinds[4] = kind
	if kind == linePosition && line[0] == '\t' && z.kinds[2] == lineHeader && z.kinds[3] == lineCall {
		z.on = false // nothing was done to these
		return
	}
	if !m.doubled && kind == linePosition && z.kinds == [5]lineKind{lineHeader, lineBlank, lineCall, lineBlank, linePosition} {
		m.doubled, learned = true, true
	}
	if learned {
		u.restart()
	}
}

// restart reads the zone again.
func (u *unwrapper) restart() {
	z, a := &u.zone, u.plain
	if !z.on || z.restarts >= maxRestarts || a.cur == nil || a.cur.keeper.sealed > 0 {
		return
	}
	restarts := z.restarts + 1
	h := z.held
	z.held, z.on = holder{}, false
	a.scratch, a.job.kit.idle = a.cur.scratch, a.cur
	a.cur, a.mode = nil, idle
	a.odd.count = 0
	if u.mend.doubled || z.adjacent {
		a.before, a.nearby = append(a.before[:0], u.mend.whole(z.above)...), len(z.above) > 0
	}
	u.mend.reread()
	for i := range h.lines {
		u.emit(h.text(i), h.lines[i].number, h.lines[i].long)
		z.restarts = restarts
	}
}

// reread forgets what depends on the lines before.
func (m *mender) reread() {
	m.tail, m.counted = m.tail[:0], 0
	m.pending = m.pending[:0]
	m.skip = false
}

// whole undoes, for one line, what was done to all.
func (m *mender) whole(line []byte) []byte {
	if m.coded {
		line = decodeText(line)
	}
	if m.marked {
		line = decodeMarkdown(line)
	}
	if len(m.suffix) > 0 {
		line = m.cutSuffix(line)
	}
	if m.padded {
		line = bytes.TrimRight(line, " ")
	}
	if m.ticks {
		line = unquoted(line)
	}
	return line
}

// tabs puts tabs back where they had become blanks.
func (m *mender) tabs(line []byte) []byte {
	n := 0
	for (n+1)*m.indent <= len(line) && len(bytes.TrimLeft(line[:(n+1)*m.indent], " ")) == 0 {
		n++
	}
	if n == 0 {
		return line
	}
	return append(bytes.Repeat([]byte{'\t'}, n), line[n*m.indent:]...)
}
