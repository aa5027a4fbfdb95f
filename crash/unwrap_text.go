package crash

import "bytes"

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
	inner := unwrapper{plain: &assembler{job: u.plain.job}, depth: u.depth + 1}
	a := inner.plain
	inner.out = a
	a.out = a
	headed := false
	text := rec.text
	lines := bytes.Split(text, []byte("\n"))
	for i := range lines {
		lines[i] = bytes.TrimRight(lines[i], "\r")
	}
	lines[0] = cutLead(lines)
	if value := recordValue(rec.value); len(value) > 0 {
		if kind := kindOfLine(lines[0]); kind != lineCause {
			inner.line(value, number, false)
		}
	}
	for i, line := range lines {
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

// cutLead removes what a log line has before a headline, unless it is the log
// line of somebody who recovered.
func cutLead(lines [][]byte) []byte {
	first := lines[0]
	kind, at := findText(first, 0)
	if kind == noAnchor {
		if i := bytes.Index(first, []byte("SIG")); i > 0 {
			if _, ok := parseSignalLine(first[i:]); ok {
				return first[i:]
			}
		}
	}
	if kind != anchorCause || at <= 0 {
		return first
	}
	if _, logged := recoveredCause(first); logged {
		return first
	}
	for i, line := range lines[1:min(len(lines), maxHeld)] {
		if kind, at := findText(line, 0); kind == anchorHeader && at > 0 && len(bytes.TrimSpace(line[:at])) > 0 {
			return first // each line has it
		}
		if kindOfLine(line) == lineCall && printsItself(line) && i > 0 {
			return first
		}
	}
	return first[at:]
}
