package crash

import "bytes"

// scanAhead is how much text a scanner should have before it, in bytes, so that
// few goroutines are cut by the end of a buffer.
const scanAhead = 16 << 10

// scan lets the scanner take the goroutines that come next. It reports whether
// it took any: there is nothing that the assembler has to see in between.
func (r *Reader) scan() bool {
	a := &r.asm
	if a.mode != inBody || r.job.careful || !r.wraps.idle() || a.odd.count > 0 || a.nearby || a.cur.call.set || a.cur.report.Recovered {
		return false
	}
	if !bytes.HasPrefix(r.lines.buf[r.lines.start:r.lines.end], []byte("goroutine ")) {
		return false
	}
	if r.scanParts() {
		return true
	}
	size, lines := a.scan(&r.job.kit.scanner, r.lines.pending(scanAhead))
	if size == 0 {
		return false
	}
	r.skip(size, lines)
	return true
}

// skip moves on behind what scanners have read.
func (r *Reader) skip(size, lines int) {
	r.lines.skip(size, lines)
	r.job.ahead = 0
	a := &r.asm
	a.number = r.lines.number
	a.cur.report.End = r.lines.offset
	if a.blank {
		a.cur.report.End--
	}
}

// scan reads goroutines from the beginning of buf, and the blank lines between
// them. It returns how many bytes and lines that were.
func (a *assembler) scan(s *scanner, buf []byte) (size, lines int) {
	d := a.cur
	d.giveFrames()
	var g Goroutine
	for {
		head := s.header(buf[size:], &g)
		if head == 0 {
			return size, lines
		}
		d.seal() // the goroutine before this header is whole
		var n, count int
		var ok bool
		if at := size + head; d.keeper.keep == keepCrash && d.keeper.count > 0 {
			n, count, ok = s.skip(buf[at:])
		} else {
			n, count, ok = s.stack(buf[at:], &g)
		}
		if !ok {
			return size, lines
		}
		at := size
		size += head + n
		lines += 1 + count
		a.job.scanned++
		a.job.ahead = size
		d.setMark()
		d.add(&g, a.blank)
		a.spaced = a.spaced || a.blank
		// The blank line belongs to what was read when another goroutine follows.
		const next = "\ngoroutine "
		a.blank = len(buf) > size+len(next) && string(buf[size:size+len(next)]) == next
		if a.blank {
			size++
			lines++
		}
		d.messageLines(buf[at:size])
		if !a.blank {
			return size, lines
		}
	}
}
