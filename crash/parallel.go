package crash

import "bytes"

const (
	crewSize    = 8         // parts that a large text is cut into at a time
	crewPart    = 512 << 10 // bytes
	minCrewText = 2 * crewPart
)

// A crew reads several parts of a long traceback at the same time. Each member
// has a scanner of its own.
type crew struct {
	members [crewSize]member
}

type member struct {
	scanner scanner
	block   []Frame // used again in the next round when nobody keeps frames
	blank   bool    // a blank line follows what was read
	out     []Goroutine
	size    int
	lines   int
}

// scanParts is scan for much text: the crew reads as many parts of it as there
// are. It stops where one of them met something that is not for a scanner; what
// was read behind that is forgotten, and the assembler goes on there.
func (r *Reader) scanParts() bool {
	d := r.asm.cur
	if r.Parallel == nil || !r.lines.bulk || d.mayBeForged() {
		return false
	}
	buf := r.lines.gather(crewSize * crewPart)
	if len(buf) < minCrewText {
		return false
	}
	parts := cutParts(buf)
	var g Goroutine
	if len(parts) < 2 || r.job.kit.scanner.header(buf, &g) == 0 {
		return false
	}
	d.giveFrames()
	d.seal() // the goroutine before this header is whole
	r.job.kit.scanner.before = nil
	if r.crew == nil {
		r.crew = new(crew)
	}
	skip := d.keeper.keep == keepCrash && d.keeper.count > 0
	reuse := d.folding()
	for i := range r.crew.members {
		m := &r.crew.members[i]
		m.scanner.report = r.job.kit.scanner.report
		m.out, m.size, m.lines, m.blank = m.out[:0], 0, 0, false // a task that is not called has read nothing
	}
	r.Parallel(len(parts), func(i int) { r.crew.members[i].read(parts[i], skip, reuse) })
	size, lines := 0, 0
	for i := range parts {
		m := &r.crew.members[i]
		for j := range m.out {
			d.add(&m.out[j], j > 0 || i > 0 || r.asm.blank)
		}
		size, lines = size+m.size, lines+m.lines
		r.asm.job.scanned += len(m.out)
		r.job.ahead = size
		if len(m.out) > 0 {
			r.asm.blank = m.blank
		}
		if m.size < len(parts[i]) {
			break
		}
	}
	if size == 0 {
		return false
	}
	if g := d.last(); reuse {
		g.Frames = append([]Frame(nil), g.Frames...) // it outlives the block
	}
	r.skip(size, lines)
	return true
}

// cutParts cuts a text behind the blank lines between goroutines.
func cutParts(buf []byte) [][]byte {
	var parts [][]byte
	const next = "\n\ngoroutine "
	for len(parts) < crewSize && len(buf) > crewPart {
		at := bytes.Index(buf[crewPart:], []byte(next))
		if at < 0 {
			break
		}
		at += crewPart + 2
		parts = append(parts, buf[:at])
		buf = buf[at:]
	}
	return parts
}

// read reads a part from its beginning, as far as it is for the scanner.
func (m *member) read(buf []byte, skip, reuse bool) {
	s := &m.scanner
	if reuse && cap(m.block) == 0 {
		m.block = make([]Frame, 0, 2*crewPart/frameText)
	}
	if s.free = nil; reuse {
		s.free = m.block
	}
	for m.size < len(buf) {
		m.out = append(m.out, Goroutine{})
		g := &m.out[len(m.out)-1]
		head := s.header(buf[m.size:], g)
		n, lines, ok := 0, 0, false
		switch at := m.size + head; {
		case head == 0:
		case skip:
			n, lines, ok = s.skip(buf[at:])
		default:
			n, lines, ok = s.stack(buf[at:], g)
		}
		if !ok {
			m.out = m.out[:len(m.out)-1]
			return
		}
		m.size += head + n
		m.lines += 1 + lines
		// The blank line belongs to what was read when another goroutine follows:
		// a part ends with one.
		const next = "\ngoroutine "
		rest := buf[m.size:]
		m.blank = len(rest) == 1 || len(rest) > len(next) && string(rest[:len(next)]) == next
		if !m.blank {
			return
		}
		m.size++
		m.lines++
	}
}
