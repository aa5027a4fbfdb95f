package crash

import (
	"bytes"
	"strings"
)

// splitGlued takes a line apart that was several: "exit status 2goroutine 5
// [select]:", or a whole traceback with a blank for each line end. Lines end
// where they cannot go on: behind a header, behind the offset of a file line,
// between a call and its file. It returns nil if the line is one.
//
// body says that the line stands among stacks, where a file line may be the
// first piece; known are the functions seen so far.
func splitGlued(line []byte, body bool, known []Frame) [][]byte {
	if pieces := splitMarked(line); pieces != nil {
		return pieces
	}
	s := splitter{line: line, stack: body, known: known}
	s.run()
	if len(s.cuts) == 0 || !s.stack && kindOfLine(line) == lineCause {
		return nil // a message may say anything
	}
	pieces := make([][]byte, 0, len(s.cuts)+1)
	start, good := 0, 0
	for _, cut := range append(s.cuts, len(line)) {
		p := bytes.TrimSpace(line[start:cut])
		start = cut
		if len(p) == 0 {
			continue
		}
		kind := kindOfLine(p)
		if pos, ok := parsePos(p); ok && kind == notTrace && looksLikePos(p, pos) {
			kind = linePosition
		}
		switch {
		case kind == linePosition:
			p = append([]byte{'\t'}, p...)
			good++
		case kind == lineCause && len(pieces) > 0 && s.nested[cut]:
			p = append([]byte{'\t'}, p...)
			good++
		case kind != notTrace, isEndMark(p):
			good++
		}
		pieces = append(pieces, p)
	}
	if len(pieces) < 2 || good < len(pieces)-1-len(pieces)/8 {
		return nil
	}
	if kindOfLine(pieces[0]) == notTrace && !isEndMark(pieces[0]) {
		// Something before the headline of a whole traceback.
		kind, at := findText(pieces[0], 0)
		if kind != anchorCause || body || len(pieces) < 4 {
			return nil
		}
		pieces[0] = pieces[0][at:]
	}
	return pieces
}

// splitMarked splits a line in which something visible stands for each line end,
// "¶" or " | ": it stands behind the header, too.
func splitMarked(line []byte) [][]byte {
	at, end := markedAnchor(line)
	if end == 0 {
		return nil
	}
	rest := line[at+end:]
	n := 0
	for n < len(rest) && n <= 8 && !isAlnum(rest[n]) && rest[n] != '(' && rest[n] != '/' {
		n++
	}
	mark := period(bytes.ReplaceAll(bytes.Trim(rest[:n], " \t"), []byte(" "), nil)) // a blank line has two
	if len(mark) == 0 || n > 8 || n == len(rest) || bytes.IndexByte(mark, '\\') >= 0 {
		return nil
	}
	pieces := bytes.Split(line, mark)
	good, frames := 0, 0
	for i, p := range pieces {
		p = bytes.TrimRight(bytes.TrimLeft(p, " "), " \t")
		kind := kindOfLine(p)
		if pos, ok := parsePos(p); ok && kind == notTrace && looksLikePos(p, pos) {
			kind = linePosition
		}
		if kind == linePosition || kind == lineCall {
			frames++
		}
		if kind == linePosition && p[0] != '\t' {
			p = append([]byte{'\t'}, p...)
		}
		if kind != notTrace || isEndMark(p) {
			good++
		}
		pieces[i] = p
	}
	if len(pieces) < 4 || good < len(pieces)/2 || frames < 2 {
		return nil
	}
	if kindOfLine(pieces[0]) == notTrace {
		if kind, at := findText(pieces[0], 0); kind == anchorCause {
			pieces[0] = pieces[0][at:]
		}
	}
	return pieces
}

// period returns what b is a repetition of.
func period(b []byte) []byte {
	for n := 1; n <= len(b)/2; n++ {
		if len(b)%n == 0 && bytes.Equal(b, bytes.Repeat(b[:n], len(b)/n)) {
			return b[:n]
		}
	}
	return b
}

// markedAnchor finds the first piece of a traceback that is a line by itself and
// whose end is known.
func markedAnchor(line []byte) (at, length int) {
	kind, at := findText(line, 0)
	for ; kind != noAnchor; kind, at = findText(line, at+1) {
		end := 0
		switch rest := line[at:min(len(line), at+1<<10)]; kind {
		case anchorHeader:
			end = headerEnd(rest)
		case anchorRace:
			end = len("WARNING: DATA RACE")
		case anchorRuntime:
			end = len("runtime stack:")
		case anchorSignal:
			end = bytes.IndexByte(rest, ']') + 1
		}
		if end > 0 && at+end < len(line) {
			return at, end
		}
	}
	return 0, 0
}

// splitGlued knows the frames of the stacks so far.
func (u *unwrapper) splitGlued(line []byte) [][]byte {
	a := u.plain
	if a.mode != inBody {
		return splitGlued(line, false, nil)
	}
	known := *a.cur.frames()
	if all := a.cur.report.Goroutines; len(all) > 1 && len(known) < 4 {
		known = all[len(all)-2].Frames
	}
	return splitGlued(line, true, known[:min(len(known), 64)])
}

// A splitter walks over a line once and notes where lines end.
type splitter struct {
	line   []byte
	cuts   []int
	nested map[int]bool // by the end of the piece
	stack  bool         // behind a header
	next   bool         // the next piece is a further headline of a chain
	from   int          // position of the last cut
	at     int          // position of the offset looked at
	known  []Frame
}

func (s *splitter) cut(at int) {
	if at <= s.from || at >= len(s.line) {
		return
	}
	if s.next {
		if s.nested == nil {
			s.nested = make(map[int]bool)
		}
		s.nested[at] = true
		s.next = false
	}
	s.cuts = append(s.cuts, at)
	s.from = at
}

func (s *splitter) run() {
	for i := 0; i < len(s.line); {
		n := 0
		switch s.line[i] {
		case 'g':
			n = s.header(i)
		case 'c':
			n = s.created(i)
		case '[':
			if bytes.HasPrefix(s.line[i:], []byte("[signal ")) {
				if end := bytes.IndexByte(s.line[i:], ']'); end > 0 {
					s.cut(i)
					s.cut(i + end + 1)
					n = end + 1
				}
			}
		case '+':
			n = s.offset(i)
		case ':':
			n = s.number(i)
		case ')':
			n = s.call(i)
		case 'e':
			n = s.exitStatus(i)
		case 'p', 'f', 'r':
			n = s.headline(i)
		case 'P', 's':
			if rest := s.line[i:]; bytes.HasPrefix(rest, []byte("PC=0x")) || bytes.HasPrefix(rest, []byte("signal arrived during ")) {
				s.cut(i)
			}
		}
		i += max(n, 1)
	}
}

// header cuts before and behind a goroutine header.
func (s *splitter) header(i int) int {
	if !headerAt(s.line[i:]) {
		return 0
	}
	end := headerEnd(s.line[i:min(len(s.line), i+1<<10)])
	if end == 0 {
		return 0
	}
	s.cut(i)
	s.cut(i + end)
	s.stack = true
	return end
}

// created cuts before and behind "created by main.f in goroutine 7".
func (s *splitter) created(i int) int {
	const text = "created by "
	if !s.stack || !bytes.HasPrefix(s.line[i:], []byte(text)) {
		return 0
	}
	end := i + len(text)
	for end < len(s.line) && s.line[end] != ' ' && s.line[end] != '\t' {
		end++
	}
	const in = " in goroutine "
	if rest := s.line[end:]; bytes.HasPrefix(rest, []byte(in)) {
		end += len(in) + digits(rest[len(in):])
	}
	s.cut(i)
	s.cut(end)
	return end - i
}

// offset cuts behind " +0x1d fp=0x1 sp=0x2 pc=0x3".
func (s *splitter) offset(i int) int {
	rest := s.line[i:]
	if !s.stack || i == 0 || s.line[i-1] != ' ' || !bytes.HasPrefix(rest, []byte("+0x")) {
		return 0
	}
	n := 3 + digitsHex(rest[3:])
	s.at = i
	// What follows without a blank may begin with a hexadecimal digit: cut where
	// a name that continues it begins.
	n = 3 + s.hexEnd(rest[3:n], rest[n:])
	n += registerFields(rest[n:])
	s.cut(i + n)
	return n
}

// hexEnd returns how many of the digits belong to an offset when text follows
// them at once: "+0x1dcreated by" and "+0x1dcmd/go.f()".
func (s *splitter) hexEnd(hex, after []byte) int {
	if len(after) == 0 || after[0] == ' ' || after[0] == '\t' {
		return len(hex)
	}
	for _, word := range [...]string{"created by ", "exit status ", "fatal error: "} {
		for k := 1; k < len(hex) && k < len(word); k++ {
			if string(hex[len(hex)-k:]) == word[:k] && bytes.HasPrefix(after, []byte(word[k:])) {
				return len(hex) - k
			}
		}
	}
	for k := 1; k < len(hex); k++ {
		if hex[len(hex)-k] < 'a' {
			break
		}
		if s.knownName(hex[len(hex)-k:], after) {
			return len(hex) - k
		}
	}
	return len(hex)
}

// knownName reports whether a function's name that is cut in two belongs to the
// standard library, or to a path that was seen.
func (s *splitter) knownName(head, tail []byte) bool {
	end := bytes.IndexAny(tail[:min(len(tail), 256)], "( \t")
	if end < 0 {
		return false
	}
	name := string(head) + string(tail[:end])
	if !IsApp(name) {
		return true
	}
	first, _, ok := strings.Cut(name, "/")
	if !ok {
		first, _, _ = strings.Cut(name, ".")
	}
	if strings.IndexByte(first, '.') > 0 && bytes.Contains(s.line[s.from:min(s.at, s.from+maxPrefix)], []byte(first+"/")) {
		return true // the host of a module
	}
	for i := range s.known {
		if rest, ok := strings.CutPrefix(s.known[i].Func, first); ok && rest != "" && (rest[0] == '/' || rest[0] == '.') {
			return true
		}
	}
	return false
}

// registerFields returns the length of " fp=0x1 sp=0x2 pc=0x3".
func registerFields(b []byte) int {
	n := 0
	for {
		rest := b[n:]
		if len(rest) < 7 || rest[0] != ' ' || rest[3] != '=' || rest[4] != '0' || rest[5] != 'x' {
			return n
		}
		switch string(rest[1:3]) {
		case "fp", "sp", "pc":
			n += 6 + digitsHex(rest[6:])
		default:
			return n
		}
	}
}

// number cuts behind the line number of a file line that has no offset.
func (s *splitter) number(i int) int {
	rest := s.line[i+1:]
	n := digits(rest)
	if !s.stack || n == 0 || n > 9 || n == len(rest) {
		return 0
	}
	head := s.line[s.from:i]
	known := false
	for _, ext := range [...]string{".go", ".s", ".c", "<autogenerated>", "??", ".cc", ".cpp", ".h", ".goc", ".y"} {
		known = known || bytes.HasSuffix(head, []byte(ext))
	}
	if !known {
		return 0
	}
	after := rest[n:]
	if bytes.HasPrefix(after, []byte(" +0x")) || registerFields(after) > 0 || bytes.HasPrefix(after, []byte(" (")) {
		return 0
	}
	if after[0] != ' ' && after[0] != '\t' && !isAlnum(after[0]) && after[0] != '/' {
		return 0
	}
	s.cut(i + 1 + n)
	return 1 + n
}

// call cuts between the arguments of a call and its file.
func (s *splitter) call(i int) int {
	if !s.stack {
		return 0
	}
	rest := s.line[i+1:]
	blanks := 0
	for blanks < len(rest) && (rest[blanks] == ' ' || rest[blanks] == '\t') {
		blanks++
	}
	path := rest[blanks:]
	if len(path) == 0 {
		return 0
	}
	switch {
	case path[0] == '/' || path[0] == '<' || path[0] == '?':
	case len(path) > 2 && path[1] == ':' && (path[2] == '/' || path[2] == '\\'):
	case blanks > 0:
		// A relative path: a word with a slash or a point, and a line number.
		word := path
		if end := bytes.IndexAny(path, " \t"); end >= 0 {
			word = path[:end]
		}
		if pos, ok := parsePos(word); !ok || !looksLikePos(word, pos) {
			return 0
		}
	default:
		return 0
	}
	s.cut(i + 1)
	return 1
}

// exitStatus cuts around "exit status 2".
func (s *splitter) exitStatus(i int) int {
	const text = "exit status "
	if !bytes.HasPrefix(s.line[i:], []byte(text)) {
		return 0
	}
	n := digits(s.line[i+len(text):])
	if n == 0 {
		return 0
	}
	if i > 0 && i != s.from && s.line[i-1] != ' ' {
		return 0
	}
	s.cut(i)
	s.cut(i + len(text) + n)
	return len(text) + n
}

// headline cuts before a further headline, and before "runtime stack:".
func (s *splitter) headline(i int) int {
	rest := s.line[i:]
	switch {
	case bytes.HasPrefix(rest, []byte("runtime stack:")):
		s.cut(i)
		s.cut(i + len("runtime stack:"))
		s.stack = true
		return len("runtime stack:")
	case !bytes.HasPrefix(rest, []byte("panic: ")) && !bytes.HasPrefix(rest, []byte("fatal error: ")):
		return 0
	}
	before := bytes.TrimRight(s.line[s.from:i], " \t")
	if len(before) == 0 {
		return 0 // the piece begins here
	}
	piece := bytes.TrimLeft(s.line[s.from:i], " \t")
	chain := bytes.HasPrefix(piece, []byte("panic: ")) || bytes.HasPrefix(piece, []byte("fatal error: "))
	if chain && !s.stack || bytes.HasSuffix(before, []byte("[recovered]")) || bytes.HasSuffix(before, []byte("[recovered, repanicked]")) {
		s.cut(i)
		s.next = true
	}
	return 0
}
