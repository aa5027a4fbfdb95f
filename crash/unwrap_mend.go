package crash

import "bytes"

// A mender undoes what happened to single lines of a text in no wrapping, or in
// one that is off already. Lines that are understood as they are pass at no
// cost; only an odd one is looked at.
type mender struct {
	suffix  []byte // stands behind each line, without the blanks around it
	stamped bool   // a time stands behind the suffix
	coded   bool   // lines hold escapes of another notation
	marked  bool   // a backslash stands before marks, as markdown wants
	padded  bool   // blanks stand behind lines
	loose   bool   // blanks stand before lines, not the same everywhere
	ticks   bool   // marks of code stand around lines
	doubled bool   // a blank line stands behind each line
	indent  int    // blanks that a tab became; 0 is unknown
	width   int    // at which lines were broken; 0 is unknown

	skip    bool   // the next line is one too many if it is blank
	pending []byte // a line of full width
	pendNo  int
	tail    []byte // an odd line that may go on with the next one
	counted int    // odd lines that tail was counted as
	inside  bool   // within a line that was taken apart
	quiet   int    // lines since there was a crash
}

const maxTail = 4 << 10 // bytes of a line put together again

// knows reports whether something was done to all lines.
func (m *mender) knows() bool {
	return len(m.suffix) > 0 || m.coded || m.marked || m.padded || m.ticks || m.doubled || m.indent > 0 || m.width > 0 || len(m.pending) > 0 || len(m.tail) > 0
}

// emit gives a line to the assembler, mended where it needs to be. It reports
// whether the line was understood, as far as that can be told.
func (u *unwrapper) emit(line []byte, number int, long bool) bool {
	m := &u.mend
	if u.order.on {
		u.reorder(m.whole(line), number, long)
		return true
	}
	if !m.knows() {
		return u.emitWhole(line, number, long)
	}
	line = m.whole(line)
	if m.coded && bytes.IndexByte(line, '\n') >= 0 {
		u.pieces(bytes.Split(bytes.TrimRight(line, "\n "), []byte("\n")), number, long)
		return true
	}
	if m.doubled {
		if blank := len(bytes.TrimSpace(line)) == 0; blank && m.skip {
			m.skip = false
			return true
		}
		m.skip = true
	}
	if u.plain.mode == idle {
		if m.quiet++; m.quiet > maxQuiet/16 {
			*m = mender{}
		}
	} else {
		m.quiet = 0
	}
	if m.width > 0 {
		return u.emitWidth(line, number, long)
	}
	return u.emitWhole(line, number, long)
}

// emitWhole gives the assembler a line that nothing more is known to have
// happened to.
func (u *unwrapper) emitWhole(line []byte, number int, long bool) bool {
	m, a := &u.mend, u.plain
	switch a.mode {
	case inBody, inRace:
		if len(m.tail) > 0 && u.join(line, number, long) {
			return true
		}
		if oddStart(line) && u.mendLine(line, number, long) {
			return true
		}
		before, era := a.odd.count, a.era()
		a.line(line, number, long)
		if a.odd.count <= before || a.era() != era {
			if u.zone.on || a.era() != era {
				u.track(line, number, long, era)
			}
			return true
		}
		return u.oddLine(line, number, long)
	case idle, inMessage:
		if a.mode == inMessage && !m.coded && bytes.HasPrefix(line, []byte("#011")) {
			m.coded = true
			u.restart()
			line = decodeText(line)
		}
		kind, at := findText(line, 0)
		if a.mode == inMessage && at > 0 && !m.loose && len(bytes.TrimSpace(line[:at])) == 0 {
			break // within a message
		}
		if kind != noAnchor && !m.inside && u.headLine(line, at, number, long) {
			return true
		}
	}
	u.headline(line, number, long)
	return true
}

// oddStart recognises lines that the assembler might take for something else
// than they are: escapes before a file's name, a name that was eaten.
func oddStart(line []byte) bool {
	if len(line) < 2 {
		return false
	}
	switch line[0] {
	case '#', '&', '\\', ':':
		return true
	case '\t':
		return line[1] == ':'
	}
	return false
}

// headline gives the assembler a line before the first stack.
func (u *unwrapper) headline(line []byte, number int, long bool) {
	m, a, z := &u.mend, u.plain, &u.zone
	text := line
	if a.mode == inMessage && m.indent > 0 {
		text = m.tabs(line)
	}
	era := a.era()
	above, adjacent := len(a.before), a.nearby
	a.line(text, number, long)
	if a.era() != era && a.cur != nil {
		z.above, z.adjacent = append(z.above[:0], a.before[:above]...), adjacent
	}
	u.track(line, number, long, era)
}

// headLine mends a line before the first stack.
func (u *unwrapper) headLine(line []byte, at, number int, long bool) bool {
	if at == 0 {
		kind := kindOfLine(line)
		if headerAt(line) && kind == notTrace && len(line) >= 40 && headerEnd(line) == 0 && u.zone.on && u.mend.width == 0 {
			u.mend.width = len(line) // broken
			u.restart()
			return u.emitWidth(line, number, long)
		}
		if text := bytes.TrimRight(line, " "); len(text) < len(line) && kind == lineCause && string(text) == "WARNING: DATA RACE" {
			u.mend.padded = true
			u.headline(text, number, long)
			return true
		}
		if more, _ := findText(line, 1); more == noAnchor && kind != notTrace && kind != lineCreated {
			return false
		}
	}
	return u.mendLine(line, number, long)
}

// oddLine handles a line that the assembler has just counted as odd.
func (u *unwrapper) oddLine(line []byte, number int, long bool) bool {
	m, a := &u.mend, u.plain
	if m.inside {
		return false
	}
	a.odd.count--
	if u.startOrderBelow(line, number, long) || u.mendLine(line, number, long) {
		return true
	}
	a.odd.count++
	u.track(line, number, long, a.era())
	if beginsTrace(line) && kindOfLine(line) == notTrace {
		m.tail = append(m.tail[:0], line...)
		m.counted = 1
	}
	return false
}

// mendLine tries what may be wrong with a line and emits what it makes of it.
func (u *unwrapper) mendLine(line []byte, number int, long bool) bool {
	m := &u.mend
	if !m.marked && headerAt(line) && bytes.Contains(line, []byte(" \\[")) {
		m.marked = true
		u.restart()
		return u.emitWhole(decodeMarkdown(line), number, long)
	}
	text := decodeText(line)
	if changed := !bytes.Equal(text, line); changed && u.plain.mode != inBody && bytes.Count(text, []byte("\n")) > 1 && holdsStack(text) {
		return u.traceback(record{text: text}, number, long)
	} else if changed && m.understood(text) {
		lines := bytes.Split(text, []byte("\n"))
		if !m.coded {
			m.coded = true
			u.restart()
		}
		u.pieces(lines, number, long)
		return true
	}
	if suffix := headerSuffix(line); len(suffix) > 0 {
		m.suffix = bytes.Clone(suffix)
		m.stampedSuffix()
		u.plain.before = m.cutSuffix(u.plain.before)
		u.restart()
		u.pieces([][]byte{m.cutSuffix(line)}, number, long)
		return true
	}
	if text := bytes.TrimLeft(line, " \t"); len(text) < len(line) && (m.loose || u.plain.mode == inBody) {
		switch kind := kindOfLine(text); {
		case kind == lineCall, kind == lineCreated, m.loose && (kind == lineHeader || kind == lineCause):
			u.pieces([][]byte{text}, number, long)
			return true
		case m.loose && headerSuffix(text) != nil:
			line = text
			return u.mendLine(line, number, long)
		}
	}
	if pieces := u.splitGlued(line); pieces != nil {
		u.pieces(pieces, number, long)
		return true
	}
	if text := bareLine(line); text != nil {
		if c := line[0]; (c == '`' || c == '"' || c == '\'') && !m.ticks {
			m.ticks = true
			u.restart()
			if a := u.plain; a.mode == idle && a.nearby {
				a.nearby = false
				u.emitWhole(bytes.Clone(m.whole(a.before)), number-1, false)
			}
		}
		u.pieces([][]byte{text}, number, long)
		return true
	}
	return false
}

// pieces emits what a line was taken apart into.
func (u *unwrapper) pieces(pieces [][]byte, number int, long bool) {
	was := u.mend.inside
	u.mend.inside = was || len(pieces) == 1
	for i, p := range pieces {
		u.emitWhole(p, number, long && i == len(pieces)-1)
	}
	u.mend.inside = was
}

// understood reports whether text, which may be several lines, has a piece of a
// traceback at its beginning.
func (m *mender) understood(text []byte) bool {
	for n := 0; n < 4 && len(text) > 0; n++ {
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		if kind := kindOfLine(line); kind != notTrace && kind != lineBlank {
			return true
		}
		if headerSuffix(line) != nil || splitGlued(line, true, nil) != nil {
			return true
		}
		text = rest
	}
	return false
}

// cutSuffix removes what stands behind each line.
func (m *mender) cutSuffix(line []byte) []byte {
	text := bytes.TrimRight(line, " \t\r")
	if m.stamped {
		if i := bytes.LastIndex(text, m.suffix); i >= 0 {
			if n, _ := scanStamp(text[i+len(m.suffix):]); n == len(text)-i-len(m.suffix) {
				return bytes.TrimRight(text[:i], " \t")
			}
		}
		return line
	}
	if text, ok := bytes.CutSuffix(text, m.suffix); ok {
		return bytes.TrimRight(text, " \t")
	}
	return line
}

// stampedSuffix takes the time off a suffix such as ": timestamp=2026-11-20T..".
func (m *mender) stampedSuffix() {
	if i := bytes.IndexByte(m.suffix, '='); i >= 0 {
		if n, _ := scanStamp(m.suffix[i+1:]); n > 0 {
			m.suffix, m.stamped = m.suffix[:i+1], true
		}
	}
}

// headerSuffix returns what stands behind a header, or behind the line of a
// signal, if that is what some viewers put behind each line: " -", " |", "^M",
// a backslash, or the place in a script that printed it.
func headerSuffix(line []byte) []byte {
	var end int
	switch {
	case bytes.HasPrefix(line, []byte("goroutine ")):
		end = headerEnd(line)
	case bytes.HasPrefix(line, []byte("WARNING: DATA RACE")):
		end = len("WARNING: DATA RACE")
	case bytes.HasPrefix(line, []byte("WARNING: ThreadSanitizer: data race (pid=")):
		end = bytes.IndexByte(line, ')') + 1
	case bytes.HasPrefix(line, []byte("runtime stack:")):
		end = len("runtime stack:")
	case bytes.HasPrefix(line, []byte("[signal ")):
		end = bytes.IndexByte(line, ']') + 1
	}
	if end <= 0 || end == len(line) {
		return nil
	}
	suffix := bytes.Trim(line[end:], " \t\r")
	switch {
	case len(suffix) == 0 || len(suffix) > 64:
		return nil
	case bytes.HasPrefix(suffix, []byte("</")) && suffix[len(suffix)-1] == '>':
		return suffix
	case suffix[0] == ':' && bytes.IndexByte(suffix, '=') > 0:
		if n, _ := scanStamp(suffix[bytes.IndexByte(suffix, '=')+1:]); n > 0 {
			return suffix // ": timestamp=2026-11-20T12:00:00.123Z" of a host of plugins
		}
		return nil
	case len(suffix) > 32:
		return nil
	case string(suffix) == "^M":
		return suffix
	case bytes.ContainsAny(suffix, "(/["):
		return nil
	case bytes.IndexByte(suffix, ':') > 0 && line[end] == ' ' && digits(suffix[bytes.IndexByte(suffix, ':')+1:]) > 0:
		return suffix // "wasm_exec.js:41" of a browser's console
	}
	for _, c := range suffix {
		if isAlnum(c) {
			return nil
		}
	}
	return suffix
}

// headerEnd returns where a header at the beginning of a line ends, 0 if there
// is none.
func headerEnd(line []byte) int {
	for from, n := 0, 0; n < 4; n++ {
		i := bytes.Index(line[from:], []byte("]:"))
		if i < 0 {
			i = bytes.Index(line[from:], []byte("}:"))
		}
		if i < 0 {
			return 0
		}
		from += i + 2
		if _, ok := parseHeader(line[:from]); ok {
			return from
		}
	}
	return 0
}

// bareLine recognises lines that lost, or got, a few bytes: the name of
// generated code, which looks like a tag of HTML, and marks of markdown.
func bareLine(line []byte) []byte {
	text := bytes.TrimSpace(line)
	if n := digits(text[min(1, len(text)):]); n > 0 && text[0] == ':' && (len(text) == n+1 || text[n+1] == ' ') {
		if full := append([]byte("\t<autogenerated>"), text...); kindOfLine(full) == linePosition {
			return full
		}
	}
	if plain := unquoted(text); len(plain) > 0 && len(plain) < len(text) {
		if kindOfLine(plain) > lineBlank {
			return plain
		}
	}
	return nil
}

// unquoted takes the same mark off both ends of a line.
func unquoted(line []byte) []byte {
	if n := len(line); n >= 2 && line[0] == line[n-1] && (line[0] == '`' || line[0] == '"' || line[0] == '\'') {
		return line[1 : n-1]
	}
	return line
}

// mendName undoes what markdown does to a function's name: the asterisk of a
// receiver eaten, "(Mutex)", or become an underscore, "(_Mutex)", and backslashes
// before underscores. Only receivers of pointers stand in parentheses.
func mendName(name []byte) []byte {
	if bytes.IndexByte(name, '\\') >= 0 {
		name = bytes.ReplaceAll(name, []byte("\\"), nil)
	}
	i := bytes.Index(name, []byte(".("))
	if i < 0 || i+2 >= len(name) || name[i+2] == '*' {
		return name
	}
	rest := name[i+2:]
	end := bytes.Index(rest, []byte(")."))
	if end <= 0 {
		return name
	}
	if receiver, _, _ := bytes.Cut(rest[:end], []byte("[")); bytes.IndexByte(receiver, '.') >= 0 {
		return name
	}
	rest = bytes.TrimPrefix(rest, []byte("_"))
	return append(append(append(make([]byte, 0, len(name)+1), name[:i+2]...), '*'), rest...)
}
