package crash

import "bytes"

// An order turns text around that is written newest line first, as log viewers
// show it. Such a text begins with a file line that has no call above it, and a
// header comes behind the calls of its stack; text that was cut in the middle of
// a stack begins so, too, but its header comes behind a file line. Lines are
// collected until that is known, and then until the headline.
type order struct {
	on      bool
	ending  bool // what was collected is being read: nothing new is
	newest  bool // first: it is known
	held    holder
	last    lineKind // of the last lines that are pieces of a traceback
	before  lineKind
	strange int   // other lines in a row
	from    int64 // where the first line stands in the stream
}

const (
	maxOrderLines = 20000
	maxOrderLen   = 1 << 20 // bytes, of one source
	maxOrderAll   = 4 << 20 // bytes, of all
	maxUndecided  = 400     // lines
)

// startOrder begins to collect at a file line that has no call above it.
func (u *unwrapper) startOrder(line []byte, number int, long bool) {
	o := &u.order
	o.on, o.newest, o.strange = true, false, 0
	o.from, _ = u.plain.job.lines.span(number) // long forgotten when the lines are read
	o.held.reset()
	o.held.add(line, number, long, noAnchor, 0)
	u.plain.job.collected += len(line)
	o.last, o.before = linePosition, notTrace
}

// startOrderBelow begins to collect when a header has a file line right under
// it: its stack stands above, and is lost, or so is that of the next one.
func (u *unwrapper) startOrderBelow(line []byte, number int, long bool) bool {
	z, a := &u.zone, u.plain
	if u.order.ending || !z.on || a.mode != inBody || z.restarts > 0 || len(z.held.lines) > 8 || a.cur.call.set || a.cur.keeper.sealed > 0 {
		return false
	}
	if len(a.cur.report.Goroutines) != 1 || len(a.cur.last().Frames) > 0 || kindOfLine(line) != linePosition {
		return false
	}
	for i := range z.held.lines {
		if kind := kindOfLine(z.held.text(i)); kind != lineHeader && kind != lineBlank && kind != notTrace {
			return false
		}
	}
	h := z.held
	z.held, z.on = holder{}, false
	a.scratch, a.job.kit.idle = a.cur.scratch, a.cur
	a.cur, a.mode, a.odd.count = nil, idle, 0
	u.startOrder(h.text(0), h.lines[0].number, h.lines[0].long)
	u.order.last = notTrace
	for i := 1; i < len(h.lines); i++ {
		u.reorder(h.text(i), h.lines[i].number, h.lines[i].long)
	}
	u.reorder(line, number, long)
	return true
}

// reorder takes a line while lines are collected.
func (u *unwrapper) reorder(line []byte, number int, long bool) {
	o := &u.order
	o.held.add(line, number, long, noAnchor, 0)
	u.plain.job.collected += len(line)
	kind := kindOfLine(line)
	if kind == notTrace {
		text := bytes.TrimLeft(line, " \t")
		kind = kindOfLine(text)
		if pos, ok := parsePos(text); ok && looksLikePos(text, pos) {
			kind = linePosition
		}
	}
	if kind == notTrace && !isRegister(line) && !isHexdump(line) {
		if o.strange++; o.strange > maxOdd {
			u.lastOrder()
			return
		}
	} else {
		o.strange = 0
	}
	n := len(o.held.lines)
	if !o.newest {
		switch known, newest := o.decide(kind); {
		case known && !newest, n > maxUndecided:
			u.endOrder()
			return
		case known:
			o.newest = true
		}
	}
	if kind > lineBlank {
		o.before, o.last = o.last, kind
	}
	if o.newest && kind == lineCause || n >= maxOrderLines || len(o.held.buf) > maxOrderLen || u.plain.job.collected > maxOrderAll {
		u.endOrder()
	}
}

// decide says whether it is known now in which order lines stand.
func (o *order) decide(kind lineKind) (known, newest bool) {
	switch kind {
	case lineHeader, lineRuntime, lineCause:
		return true, o.last == lineCall || o.last == lineCreated
	case lineCall:
		return o.last == linePosition && o.before == lineCreated, true
	case linePosition:
		return o.last == linePosition, false
	}
	return false, false
}

// nested reports whether a line is a further headline of a chain, in a text that
// is not indented.
func (o *order) nested(text []byte) bool {
	if kindOfLine(text) != lineNested {
		return false
	}
	last := o.held.text(len(o.held.lines) - 1)
	return len(last) > 0 && last[0] != ' ' && last[0] != '\t'
}

// lastOrder is endOrder at the end of the text: what stands in order ends with a
// file line.
func (u *unwrapper) lastOrder() {
	if o := &u.order; o.on && o.last == lineCall && len(o.held.lines) > 2 {
		o.newest = true
	}
	u.endOrder()
}

// endOrder gives the collected lines to the assembler, the last one first if
// they stand so.
func (u *unwrapper) endOrder() {
	o := &u.order
	if !o.on {
		return
	}
	o.on, o.ending = false, true
	defer func() { o.ending = false }()
	h := &o.held
	u.plain.job.collected -= len(h.buf)
	if !o.newest {
		for i := range h.lines {
			u.emit(h.text(i), h.lines[i].number, h.lines[i].long)
		}
		h.reset()
		return
	}
	for i := len(h.lines) - 1; i >= 0; i-- {
		text := h.text(i)
		if bare := bytes.TrimLeft(text, " \t"); len(bare) < len(text) {
			switch kindOfLine(bare) {
			case lineCall, lineCreated, lineHeader, lineCause, lineRuntime, lineSignal:
				if !o.nested(text) {
					text = bare // all lines are indented
				}
			}
		} else if pos, ok := parsePos(text); ok && looksLikePos(text, pos) {
			text = append([]byte{'\t'}, text...)
		}
		u.emit(text, h.lines[i].number, h.lines[i].long)
	}
	h.reset()
	if d := u.plain.cur; d != nil {
		d.report.Start = min(d.report.Start, o.from)
	}
	u.plain.end() // what follows is older
}
