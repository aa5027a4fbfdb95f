package crash

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode/utf8"
)

// A scanner is the fast way through a long traceback. It reads goroutines that
// look as the runtime prints them, straight from the buffer, and stops before
// the first one that does not: the assembler then takes that one line by line.
// Both see the same in the same text, which FuzzScan checks.
//
// It is fast because tracebacks repeat themselves. Every distinct frame is a
// site, and a site remembers which two sites followed it last. Text that equals
// the guess needs no parsing, only a comparison, and its strings are those of
// the first time.
type scanner struct {
	sites [siteSlots]*site
	heads [headSlots]*head
	last  *site // the site read last
	guess *head // that of the header read last

	spare    []Frame // the first block: what is put together there is copied
	free     []Frame // empty; what it can hold is what is left of a block
	before   []Frame // free before the goroutine read last
	block    int     // frames in the last block
	creators []CreatedBy
	report   int   // counts the reports, so that sites know a new one
	names    arena // texts of sites and heads
	args     arena
	made     int // sites since the last forget
}

const (
	siteSlots = 1 << 10
	headSlots = 1 << 6
	headTries = 4

	firstBlock   = 16 // frames
	lastBlock    = 4096
	someCreators = 8
	frameText    = 120 // bytes that a frame and its share of the rest take

	maxSiteText = 4 << 10 // bytes of a line the scanner looks at
	maxSites    = 1 << 16 // sites made until all are forgotten
	keptSites   = 1 << 11 // more are not kept for the next text
)

// A site is a call line without its arguments and the file line under it. A
// whole site, of an inlined call or a go statement, has no arguments that vary:
// call is all of its text.
type site struct {
	call  string // "main.f("
	pos   string // "\t/src/main.go:12 +0x1d", without fp=, sp= and pc=
	whole bool

	frame   Frame
	created *CreatedBy // of a go statement
	shared  *CreatedBy // the copy that a report has
	report  int        // which one
	next    [2]*site   // what followed, the last one first
}

// A head is what stands behind a goroutine's number: " [chan receive]:\n".
type head struct {
	tail      string
	goroutine Goroutine // without id
	thread    int       // length of " m=nil" before the state
	careful   bool      // not for the scanner
}

// stack reads the frames and the creator of a goroutine from the beginning of
// buf into g, without the blank line behind them. It returns how many bytes and
// lines that were, and whether it was all: there may be something that is not
// for the scanner, and buf may end before the blank line.
func (s *scanner) stack(buf []byte, g *Goroutine) (size, lines int, ok bool) {
	p := 0
	s.before = nil
	frames := s.free
	for p < len(buf) && buf[p] != '\n' {
		st, n, args := s.site(buf[p:])
		if st == nil {
			return 0, 0, false
		}
		p += n
		lines += 2
		if st.created != nil {
			g.CreatedBy = s.creator(st)
			break
		}
		if !st.whole && st.frame.Args != string(args) {
			st.frame.Args = s.args.add(args)
		}
		if len(frames) == cap(frames) {
			frames = s.grow(frames, len(buf)-p)
		}
		frames = append(frames, st.frame)
	}
	if p >= len(buf) || buf[p] != '\n' {
		return 0, 0, false
	}
	if n := len(frames); n > 0 {
		s.before = frames[:0]
		g.Frames, s.free = frames[:n:n], frames[n:]
	}
	return p, lines, true
}

// again makes the frames of the goroutine that was read last free: nobody needs
// them any more.
func (s *scanner) again() {
	if s.before != nil {
		s.free, s.before = s.before, nil
	}
}

// skip is stack for goroutines that are only counted: it looks at the lines no
// closer than it takes to see that they are frames.
func (s *scanner) skip(buf []byte) (size, lines int, ok bool) {
	p := 0
	for p < len(buf) && buf[p] != '\n' {
		call := p
		end := bytes.IndexByte(buf[p:], '\n')
		if end < 0 {
			return 0, 0, false
		}
		p += end + 1
		if p >= len(buf) || buf[p] != '\t' {
			return 0, 0, false
		}
		created := buf[call] == 'c' && bytes.HasPrefix(buf[call:], []byte("created by "))
		if !created && buf[p-2] != ')' || headlineWord(buf[call:]) {
			return 0, 0, false
		}
		if end = bytes.IndexByte(buf[p:], '\n'); end < 0 {
			return 0, 0, false
		}
		p += end + 1
		lines += 2
		if created {
			break
		}
	}
	if p >= len(buf) || buf[p] != '\n' {
		return 0, 0, false
	}
	return p, lines, true
}

// headlineWord reports whether a line begins as a crash does.
func headlineWord(line []byte) bool {
	return line[0] == 'p' && bytes.HasPrefix(line, []byte("panic: ")) ||
		line[0] == 'f' && bytes.HasPrefix(line, []byte("fatal error: "))
}

// grow begins a new block of frames, with those of the goroutine under way. It
// is as large as the text ahead suggests.
func (s *scanner) grow(frames []Frame, ahead int) []Frame {
	s.block = min(max(ahead/frameText, firstBlock), lastBlock)
	return append(make([]Frame, 0, max(s.block, 2*len(frames))), frames...)
}

// take lends what is left of a block to a goroutine that is read line by line.
func (s *scanner) take() []Frame {
	frames := s.free
	s.free, s.before = nil, nil
	return frames
}

// give takes back what such a goroutine leaves. It returns its frames.
func (s *scanner) give(frames []Frame) []Frame {
	n := len(frames)
	if cap(s.free) == 0 {
		s.free = frames[n:]
	}
	return frames[:n:n]
}

// creator returns what is known of a go statement, the same for all goroutines
// of one report: reports share nothing that their owners may change.
func (s *scanner) creator(st *site) *CreatedBy {
	if st.report != s.report || st.shared == nil {
		if len(s.creators) == cap(s.creators) {
			s.creators = make([]CreatedBy, 0, someCreators)
		}
		s.creators = append(s.creators, *st.created)
		st.shared, st.report = &s.creators[len(s.creators)-1], s.report
	}
	return st.shared
}

// restart makes the scanner ready for another text. It keeps what it knows of
// frames, but no block that a small report would hold for ever.
func (s *scanner) restart() {
	s.free, s.block, s.creators = nil, 0, nil
	if s.args.size > firstArena {
		s.args = arena{}
	}
	if s.made > keptSites {
		s.forget()
	}
}

// forget drops all sites: each holds those that followed it, so that evicting
// them one by one would free nothing.
func (s *scanner) forget() {
	s.sites, s.heads, s.last, s.guess, s.made = [siteSlots]*site{}, [headSlots]*head{}, nil, nil, 0
	s.names = arena{}
}

// header reads the header line of a goroutine into g. It returns its length, 0
// when it is none for the scanner.
func (s *scanner) header(buf []byte, g *Goroutine) int {
	if s.made > maxSites {
		s.forget()
	}
	const word = "goroutine "
	if len(buf) < len(word) || string(buf[:len(word)]) != word {
		return 0
	}
	p := len(word)
	var id int64
	for p < len(buf) && '0' <= buf[p] && buf[p] <= '9' && p < len(word)+18 {
		id = 10*id + int64(buf[p]-'0')
		p++
	}
	if p == len(word) {
		return 0
	}
	thread := p + 1
	p += lenGP(buf[p:])
	h := s.guess
	if h == nil || len(buf)-p < len(h.tail) || string(buf[p:p+len(h.tail)]) != h.tail {
		h = s.head(buf[p:])
		if h == nil {
			return 0
		}
		s.guess = h
	}
	if h.careful {
		return 0
	}
	*g = h.goroutine
	g.ID = id
	if p > thread {
		g.Thread = s.args.add(buf[thread : p+h.thread])
	}
	if h.goroutine.Labels != nil {
		g.Labels = make(map[string]string, len(h.goroutine.Labels))
		for k, v := range h.goroutine.Labels {
			g.Labels[k] = v
		}
	}
	return p + len(h.tail)
}

// lenGP returns the length of " gp=0x3318b158ef00", which differs from goroutine
// to goroutine.
func lenGP(buf []byte) int {
	const word = " gp=0x"
	if len(buf) < len(word) || string(buf[:len(word)]) != word {
		return 0
	}
	return len(word) + digitsHex(buf[len(word):])
}

func (s *scanner) head(buf []byte) *head {
	end := bytes.IndexByte(buf[:min(len(buf), maxSiteText)], '\n')
	if end < 2 || buf[end-1] != ':' {
		return nil
	}
	tail := buf[:end+1]
	at := slotOf(tail, tail) % headSlots
	slot := &s.heads[at]
	for i := uint32(0); i < headTries; i++ {
		slot = &s.heads[(at+i)%headSlots]
		if h := *slot; h == nil {
			break
		} else if h.tail == string(tail) {
			return h
		}
	}
	g, ok := parseHeader(append([]byte("goroutine 1"), tail[:end]...))
	if !ok || !utf8.Valid(tail) || bytes.IndexByte(tail, 0x1b) >= 0 {
		return nil
	}
	// A goroutine that runs may be the first of another crash.
	*slot = &head{tail: s.names.add(tail), goroutine: g, careful: g.State == "running"}
	if len(g.Thread) > 0 {
		(*slot).thread = 1 + len(g.Thread)
	}
	return *slot
}

// site reads a call line and the file line under it. It returns nil when that
// is not what stands there.
func (s *scanner) site(buf []byte) (st *site, size int, args []byte) {
	last := s.last
	if last != nil {
		for i, st := range last.next {
			if st == nil {
				break
			}
			if n, args := st.match(buf); n > 0 {
				if i > 0 {
					last.next[0], last.next[1] = st, last.next[0]
				}
				s.last = st
				return st, n, args
			}
		}
	}
	st = s.lookup(buf)
	if st == nil {
		return nil, 0, nil
	}
	size, args = st.match(buf)
	if size == 0 {
		return nil, 0, nil
	}
	if last != nil {
		last.next[0], last.next[1] = st, last.next[0]
	}
	s.last = st
	return st, size, args
}

// match compares the beginning of buf with the site.
func (st *site) match(buf []byte) (size int, args []byte) {
	n := len(st.call)
	if len(buf) < n || string(buf[:n]) != st.call {
		return 0, nil
	}
	if st.whole {
		return n, nil
	}
	buf = buf[n:]
	end := bytes.IndexByte(buf[:min(len(buf), maxSiteText)], '\n')
	if end <= 0 || buf[end-1] != ')' {
		return 0, nil
	}
	args = buf[:end-1]
	if !plain(args) || string(args) == "..." {
		return 0, nil
	}
	p := end + 1 + len(st.pos)
	if len(buf) <= p || string(buf[end+1:p]) != st.pos {
		return 0, nil
	}
	if buf[p] != '\n' {
		r := registers(buf[p:])
		if r == 0 {
			return 0, nil
		}
		p += r
	}
	return n + p + 1, args
}

// plain reports whether arguments are what the runtime prints: ASCII, and no
// parenthesis, which would make the call end elsewhere, nor a colour, which the
// stage before the assembler takes away.
func plain(args []byte) bool {
	const (
		ones  = 0x0101010101010101
		highs = 0x8080808080808080
		paren = '(' * ones
		esc   = 0x1b * ones
	)
	odd := uint64(0)
	for len(args) >= 8 {
		w := binary.LittleEndian.Uint64(args)
		x, y := w^paren, w^esc
		odd |= w | (x-ones)&^x | (y-ones)&^y
		args = args[8:]
	}
	if odd&highs != 0 {
		return false
	}
	for _, c := range args {
		if c == '(' || c == 0x1b || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// registers reads " fp=0x.. sp=0x.. pc=0x.." up to the end of the line.
func registers(buf []byte) int {
	end := bytes.IndexByte(buf[:min(len(buf), 128)], '\n')
	if end < 0 {
		return 0
	}
	line := buf[:end]
	p := 0
	for _, word := range [...]string{" fp=0x", " sp=0x", " pc=0x"} {
		if len(line)-p < len(word) || string(line[p:p+len(word)]) != word {
			return 0
		}
		p += len(word)
		n := bytes.IndexByte(line[p:], ' ')
		if n < 0 {
			n = len(line) - p
		}
		if !allHex(line[p : p+n]) {
			return 0
		}
		p += n
	}
	if p != end {
		return 0
	}
	return p
}

// allHex reports whether text is made of hexadecimal digits.
func allHex(text []byte) bool {
	const (
		ones  = 0x0101010101010101
		highs = 0x80 * ones
	)
	if len(text) < 8 {
		return digitsHex(text) == len(text)
	}
	for at := 0; ; at += 8 {
		at = min(at, len(text)-8) // the last eight may overlap those before
		w := binary.LittleEndian.Uint64(text[at:])
		x := w | highs // x - c*ones keeps the high bit of each byte that is c or more
		digit := (x - '0'*ones) &^ (x - ('9'+1)*ones)
		letter := (x - 'a'*ones) &^ (x - ('f'+1)*ones)
		if (digit|letter)&^w&highs != highs {
			return false
		}
		if at == len(text)-8 {
			return true
		}
	}
}

// lookup finds the site of the two lines at the beginning of buf among those
// that were met before, or makes it.
func (s *scanner) lookup(buf []byte) *site {
	end := bytes.IndexByte(buf[:min(len(buf), maxSiteText)], '\n')
	if end < 0 {
		return nil
	}
	call, rest := buf[:end], buf[end+1:]
	end = bytes.IndexByte(rest[:min(len(rest), maxSiteText)], '\n')
	if end < 2 || rest[0] != '\t' || len(call) == 0 {
		return nil
	}
	pos := rest[:end]
	var slot **site
	if bytes.HasPrefix(call, []byte("created by ")) {
		slot = &s.sites[slotOf(call, pos)%siteSlots]
		if st := *slot; st != nil {
			if n, _ := st.match(buf); n > 0 {
				return st
			}
		}
		st := s.newCreated(buf[:len(call)+1+len(pos)+1], call, pos)
		if st != nil {
			*slot = st
		}
		return st
	}
	fn, args, ok := cutCall(call)
	if !ok {
		return nil
	}
	inlined := string(args) == "..."
	if i := bytes.Index(pos, []byte(" fp=0x")); i >= 0 && !inlined {
		pos = pos[:i]
	}
	slot = &s.sites[slotOf(fn, pos)%siteSlots]
	if st := *slot; st != nil {
		if n, _ := st.match(buf); n > 0 {
			return st
		}
	}
	st := s.newSite(buf[:len(call)+1+len(pos)+1], fn, pos, inlined)
	if st != nil {
		*slot = st
	}
	return st
}

// newSite reads a call and its file line with the functions the assembler uses.
func (s *scanner) newSite(text, fn, pos []byte, inlined bool) *site {
	if !plausibleFunc(fn) || bytes.HasPrefix(fn, []byte(" ")) || !utf8.Valid(text) || bytes.IndexByte(text, 0x1b) >= 0 || !bytes.Equal(mendName(fn), fn) {
		return nil
	}
	p, ok := parsePos(pos[1:])
	if !ok || !trimmed(pos[1:]) {
		return nil
	}
	s.made++
	st := &site{whole: inlined}
	if inlined {
		if text[len(text)-1] != '\n' {
			return nil
		}
		st.call = s.names.add(text)
		st.pos = st.call[len(st.call)-1-len(pos) : len(st.call)-1]
		st.frame.Args = st.call[len(fn)+1 : len(fn)+4]
	} else {
		st.call = s.names.add(text[:len(fn)+1])
		st.pos = s.names.add(pos)
	}
	st.frame.Func = st.call[:len(fn)]
	st.frame.File = st.pos[1 : 1+len(p.file)]
	st.frame.Line, st.frame.Offset, st.frame.Inlined = p.line, p.offset, inlined
	return st
}

func (s *scanner) newCreated(text, line, pos []byte) *site {
	fn, id, ok := parseCreatedBy(line)
	if !ok || !trimmed(line) || !utf8.Valid(text) || bytes.IndexByte(text, 0x1b) >= 0 || !bytes.Equal(mendName(fn), fn) {
		return nil
	}
	p, ok := parsePos(pos[1:])
	if !ok || !trimmed(pos[1:]) {
		return nil
	}
	s.made++
	st := &site{whole: true, call: s.names.add(text)}
	file := st.call[len(line)+2:][:len(p.file)]
	const word = len("created by ")
	st.created = &CreatedBy{Func: st.call[word : word+len(fn)], File: file, Line: p.line, Goroutine: id}
	return st
}

// spaced reports whether there is a space or a control character in a name.
func spaced(name []byte) bool {
	for _, c := range name {
		if c <= ' ' || c == 0x7f {
			return true
		}
	}
	return false
}

// trimmed reports whether there is no space at either end.
func trimmed(text []byte) bool {
	first, last := text[0], text[len(text)-1]
	return ' ' < first && first < utf8.RuneSelf && ' ' < last && last < utf8.RuneSelf
}

// slotOf hashes two lines by their lengths and last bytes, where they differ.
func slotOf(a, b []byte) uint32 {
	h := uint64(len(a))<<32 | uint64(len(b))
	h = (h ^ tail8(a)) * 0x9e3779b97f4a7c15
	h = (bits.RotateLeft64(h, 29) ^ tail8(b)) * 0xbf58476d1ce4e5b9
	return uint32(h >> 32)
}

func tail8(b []byte) uint64 {
	if len(b) >= 8 {
		return binary.LittleEndian.Uint64(b[len(b)-8:])
	}
	var h uint64
	for _, c := range b {
		h = h<<8 | uint64(c)
	}
	return h
}

// An arena keeps many short strings in few blocks.
type arena struct {
	b    strings.Builder
	size int // of the last block
}

const (
	firstArena = 1 << 10
	lastArena  = 64 << 10
)

// add copies b. What strings.Builder has handed out it never writes again, and
// it never moves while there is room.
func (a *arena) add(b []byte) string {
	if a.b.Cap()-a.b.Len() < len(b) {
		a.size = min(max(2*a.size, firstArena), lastArena)
		a.b = strings.Builder{}
		a.b.Grow(max(a.size, len(b)))
	}
	n := a.b.Len()
	a.b.Write(b)
	return a.b.String()[n:]
}
