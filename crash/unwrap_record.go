package crash

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// A stringScanner yields the quoted strings of a line with the names they go
// by: members of JSON objects, also in the middle of a line, and key="value" of
// logfmt. It is tolerant: what it does not understand it passes over.
type stringScanner struct {
	line []byte
	pos  int

	object     []byte // the name of the object that begins
	key        []byte // the name of the string; empty if it has none
	start, end int    // of the string, without its quotes
	open       bool   // the line ended before the string
	array      bool   // the string is an element of an array
	inArray    bool
	parents    [maxParents][]byte // the names of the objects around it
	depth      int
}

const maxParents = 4

// parent returns the name of the object that the string is a member of.
func (s *stringScanner) parent() []byte {
	if s.depth < 1 || s.depth > maxParents {
		return nil
	}
	return s.parents[s.depth-1]
}

// scanned are the bytes that mean something outside strings.
var scanned = [256]bool{'"': true, '[': true, ']': true, '{': true, '}': true}

// next moves to the next string that is a value.
func (s *stringScanner) next() bool {
	for s.pos < len(s.line) {
		i := s.pos
		for i < len(s.line) && !scanned[s.line[i]] {
			i++
		}
		if i >= len(s.line) {
			break
		}
		switch s.line[i] {
		case '{':
			if s.depth++; s.depth <= maxParents {
				s.parents[s.depth-1] = s.object
			}
			s.object, s.inArray = nil, false
			s.pos = i + 1
			continue
		case '}':
			s.depth = max(s.depth-1, 0)
			s.pos = i + 1
			continue
		case '[':
			s.inArray = true
			s.pos = i + 1
			continue
		case ']':
			s.inArray = false
			s.pos = i + 1
			continue
		}
		s.logfmtKey(i)
		s.start = i + 1
		s.end, s.open = stringEnd(s.line, s.start)
		s.pos = min(s.end+1, len(s.line))
		if after := skipBlanks(s.line, s.pos); !s.open && after < len(s.line) && s.line[after] == ':' {
			if value := skipBlanks(s.line, after+1); value < len(s.line) && isValueStart(s.line[value]) {
				s.key, s.pos, s.inArray = s.line[s.start:s.end], value, false
				s.object = nil
				if s.line[value] == '{' {
					s.object = s.key
				}
				if s.line[value] != '"' && s.line[value] != '[' {
					s.key = nil
				}
				continue
			}
		}
		s.array = s.inArray
		return true
	}
	s.pos = len(s.line)
	return false
}

// logfmtKey takes the name before key="value".
func (s *stringScanner) logfmtKey(quote int) {
	if quote == 0 || s.line[quote-1] != '=' {
		return
	}
	i := quote - 1
	for i > 0 && isAlnum(s.line[i-1]) {
		i--
	}
	s.key = s.line[i : quote-1]
}

// value returns the string and forgets its name, unless more of its array
// follow.
func (s *stringScanner) value() []byte { return s.line[s.start:s.end] }

func isValueStart(c byte) bool {
	return c == '"' || c == '{' || c == '[' || c == '-' || '0' <= c && c <= '9' || c == 't' || c == 'f' || c == 'n'
}

func skipBlanks(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t') {
		i++
	}
	return i
}

// stringEnd returns where the string that begins at i ends.
func stringEnd(b []byte, i int) (end int, open bool) {
	for i < len(b) {
		j := bytes.IndexByte(b[i:], '"')
		if j < 0 {
			return len(b), true
		}
		slashes := 0
		for k := i + j - 1; k >= i && b[k] == '\\'; k-- {
			slashes++
		}
		i += j
		if slashes%2 == 0 {
			return i, false
		}
		i++
	}
	return len(b), true
}

// unescape appends src to dst with the escapes of JSON and of Go's %q undone.
// An unknown escape stays as it is.
func unescape(dst, src []byte) []byte {
	for {
		i := bytes.IndexByte(src, '\\')
		if i < 0 || i+1 >= len(src) {
			return append(dst, src...)
		}
		dst = append(dst, src[:i]...)
		src = src[i:]
		n := 2
		switch c := src[1]; c {
		case 'n':
			dst = append(dst, '\n')
		case 't':
			dst = append(dst, '\t')
		case 'r':
			dst = append(dst, '\r')
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'a':
			dst = append(dst, '\a')
		case 'v':
			dst = append(dst, '\v')
		case '"', '\\', '/', '\'':
			dst = append(dst, c)
		case 'u', 'U', 'x':
			dst, n = unescapeHex(dst, src)
		default:
			dst = append(dst, '\\')
			n = 1
		}
		src = src[n:]
	}
}

// unescapeHex appends the character that \u1234, \U00012345 or \x12 stand for.
func unescapeHex(dst, src []byte) ([]byte, int) {
	width := map[byte]int{'u': 4, 'U': 8, 'x': 2}[src[1]]
	r, ok := parseHex(src[2:], width)
	if !ok {
		return append(dst, '\\'), 1
	}
	n := 2 + width
	if src[1] == 'x' {
		return append(dst, byte(r)), n
	}
	if 0xD800 <= r && r < 0xDC00 && len(src) >= n+6 && src[n] == '\\' && src[n+1] == 'u' {
		if low, ok := parseHex(src[n+2:], 4); ok && 0xDC00 <= low && low < 0xE000 {
			r = (r-0xD800)<<10 + (low - 0xDC00) + 0x10000
			n += 6
		}
	}
	return utf8.AppendRune(dst, rune(r)), n
}

func parseHex(b []byte, width int) (uint64, bool) {
	if len(b) < width {
		return 0, false
	}
	v, err := strconv.ParseUint(string(b[:width]), 16, 32)
	return v, err == nil
}

// panicKeys are the names under which loggers file the recovered value, the
// most telling first.
var panicKeys = [...]string{
	"panic", "panic_value", "panicvalue", "recover", "recovered", "recovery", "value", "reason", "cause",
	"exception", "error", "err", "errormessage", "error_message",
}

// messageKeys are the names of a record's message.
var messageKeys = [...]string{"message", "msg", "text", "textPayload", "log"}

// A record is what a line with strings in it says about a panic.
type record struct {
	text  []byte // the traceback, decoded
	value []byte // the value that was recovered
	open  bool   // the line ended within the traceback
}

// readRecord looks for a string of many lines that holds a traceback, also for
// a record in a string of a record.
func readRecord(line []byte) (record, bool) {
	outer := line
	var member []byte
	for i := 0; i < maxDepth; i++ {
		r, inner, single := scanRecord(line)
		if i == 0 {
			member = single
		}
		if len(r.text) > 0 {
			return r, true
		}
		if inner == nil {
			break
		}
		line = inner
	}
	r := record{}
	if member != nil {
		r.text = memberLines(outer, member)
	}
	return r, len(r.text) > 0
}

// scanRecord is readRecord for one record. It returns the string that may be a
// record again, and the name of one that is a line of a stack.
func scanRecord(line []byte) (r record, inner, single []byte) {
	rank := len(panicKeys) + len(messageKeys)
	sc := stringScanner{line: line}
	var lines []byte // the elements of an array, one line each
	var key []byte
	lineCount := 0
	for sc.next() {
		v := sc.value()
		if sc.array {
			if lineCount == 0 || !bytes.Equal(key, sc.key) {
				lines, lineCount, key = lines[:0], 0, sc.key
			}
			if len(v) >= 10 && digits(v) == len(v) {
				continue // a time beside its line
			}
			lines = append(unescape(lines, v), '\n')
			if lineCount++; r.text == nil && holdsStack(v) {
				r.text = []byte{} // taken where the array ends
			}
			continue
		}
		if lineCount > 1 && r.text != nil && len(r.text) == 0 {
			r.text = bytes.Clone(lines)
		}
		lineCount = 0
		if len(r.text) == 0 && holdsStack(v) {
			text, again := decodeLines(v)
			if single == nil && len(sc.key) > 0 {
				single = bytes.Clone(sc.key)
			}
			if again {
				inner = text
			} else if bytes.IndexByte(bytes.TrimRight(text, "\n"), '\n') >= 0 {
				r.text, r.open = text, sc.open
				sc.key = nil
				continue
			}
		}
		if at := valueRank(sc.key, sc.parent(), v); at < rank {
			rank = at
			r.value = unescape(nil, v)
		}
		sc.key = nil
	}
	if lineCount > 1 && r.text != nil && len(r.text) == 0 {
		r.text = lines
	}
	return r, inner, single
}

// memberLines puts the strings together that go by one name, for an export that
// is one line with a record for each line of the log: {"events": [{"message":
// ..}, {"message": ..}]}. There have to be a few.
func memberLines(line, key []byte) []byte {
	var text []byte
	n := 0
	for sc := (stringScanner{line: line}); sc.next(); sc.key = nil {
		if bytes.Equal(sc.key, key) {
			text = append(append(text, bytes.TrimRight(unescape(nil, sc.value()), "\n")...), '\n')
			n++
		}
	}
	if n < 3 {
		return nil
	}
	return text
}

// holdsStack reports whether a string has frames in it.
func holdsStack(v []byte) bool {
	for from := 0; ; {
		kind, at := findText(v, from)
		switch kind {
		case noAnchor:
			return false
		case anchorHeader, anchorGopanic, anchorCreated, anchorRuntime, anchorRace, anchorSigcode:
			return true
		}
		from = at + 1
	}
}

// decodeLines undoes escapes until there are lines: text that went through two
// encoders has them twice. It stops at text that has quotes of its own.
func decodeLines(v []byte) (text []byte, again bool) {
	for i := 0; i < maxDepth; i++ {
		text := unescape(nil, v)
		if bytes.IndexByte(bytes.TrimRight(text, "\n"), '\n') >= 0 {
			return text, false
		}
		if more := decodeText(text); bytes.Count(more, []byte("\n")) > 2 {
			return more, false // <br>, #012
		}
		if pieces := splitGlued(text, false, nil); len(pieces) > 3 {
			return bytes.Join(pieces, []byte("\n")), false
		}
		if len(text) == len(v) {
			return text, false
		}
		if bytes.IndexByte(text, '"') >= 0 {
			return text, true
		}
		v = text
	}
	return v, false
}

// valueRank says how likely a member is the value that was recovered; the least
// is the likeliest.
func valueRank(key, parent, v []byte) int {
	if len(v) == 0 {
		return 1 << 10
	}
	lower := bytes.ToLower(key)
	if len(parent) > 0 && (string(lower) == "message" || string(lower) == "msg") {
		lower = bytes.ToLower(parent) // {"error": {"message": ..}}
	}
	for i, k := range panicKeys {
		if string(lower) == k {
			return i
		}
	}
	for i, k := range messageKeys {
		if string(key) == k {
			return len(panicKeys) + i
		}
	}
	return 1 << 10
}

// recordField finds the string of a JSON object that holds position at, and the
// name it goes by.
func recordField(line []byte, at int) (key []byte, start, end int, ok bool) {
	sc := stringScanner{line: line}
	for sc.next() {
		if at < sc.start {
			break
		}
		if at < sc.end || at == sc.end && at == sc.start {
			return sc.key, sc.start, sc.end, !sc.open
		}
		sc.key = nil
	}
	return nil, 0, 0, false
}

// recordLine finds the string that a record keeps its line in.
func recordLine(line []byte, key string) (value []byte, ok bool) {
	sc := stringScanner{line: line}
	for sc.next() {
		if string(sc.key) == key {
			return sc.value(), true
		}
		sc.key = nil
	}
	return nil, false
}

// recordID joins what tells one source of records from another.
func recordID(line []byte) string {
	var id []byte
	sc := stringScanner{line: line}
	for sc.next() {
		switch string(bytes.ToLower(sc.key)) {
		case "stream", "container", "container_id", "containerid", "container_name", "pod", "pod_name", "host", "hostname",
			"service", "app", "instance", "logstream", "logstreamname", "namespace_name", "process", "unit", "source":
			if len(id) < maxPrefix {
				id = append(append(append(append(id, sc.key...), '='), sc.value()...), 0)
			}
		}
		sc.key = nil
	}
	return string(id)
}
