package crash

import "bytes"

// learn makes a source of a shape.
func (u *unwrapper) learn(s shape) {
	limit := maxSources
	if u.depth > 0 {
		limit = maxNested
	}
	if len(u.sources) >= limit {
		u.forget(len(u.sources) - 1)
	}
	src := &source{shape: s, active: u.lines, last: u.lines}
	src.inner = unwrapper{plain: &assembler{job: u.plain.job, out: u.out}, out: u.out, depth: u.depth + 1}
	src.inner.mend.loose = s.loose
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

// A lineID is the identity of the record that a line holds, found once for all
// sources.
type lineID struct {
	id    string
	known bool
}

// match returns the line proper if raw has the shape of the source.
func (s *source) match(raw []byte, ids *lineID, buf *[]byte) (text []byte, partial, ok bool) {
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
		if !ids.known {
			ids.known, ids.id = true, recordID(text)
		}
		value, found := recordLine(text, s.shape.key)
		if ids.id != s.shape.id || !found {
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
	case s.shape.column:
		end := bytes.LastIndexByte(text, '"')
		if end < 0 {
			return nil, false, false
		}
		text = bytes.ReplaceAll(text[:end], []byte(`""`), []byte(`"`))
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
	if s.into != nil {
		s.into.last = u.lines
		s = s.into
	}
	s.inner.line(bytes.TrimSuffix(text, []byte("\r")), number, long)
	if s.inner.busy() {
		s.active = u.lines
	}
}
