package crash

import (
	"bytes"
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
	maxSites    = 1 << 16 // sites of siteText bytes made until all are forgotten
	siteText    = 128
	keptSites   = 1 << 11 // more are not kept for the next text
)

// A head is what stands behind a goroutine's number: " [chan receive]:\n". How
// many minutes it has waited is no part of it.
type head struct {
	tail      string    // up to the minutes, or all
	rest      string    // behind the minutes: " minutes]:\n"
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
	n, minutes := h.match(buf[p:])
	if n == 0 {
		if h = s.head(buf[p:]); h == nil {
			return 0
		}
		n, minutes = h.match(buf[p:])
		s.guess = h
	}
	if h.careful || n == 0 {
		return 0
	}
	*g = h.goroutine
	g.ID = id
	if h.rest != "" {
		g.WaitMinutes = minutes
	}
	if p > thread {
		g.Thread = s.args.add(buf[thread : p+h.thread])
	}
	if h.goroutine.Labels != nil {
		g.Labels = make(map[string]string, len(h.goroutine.Labels))
		for k, v := range h.goroutine.Labels {
			g.Labels[k] = v
		}
	}
	return p + n
}

// match returns how much of buf is the head, and the minutes in it.
func (h *head) match(buf []byte) (size, minutes int) {
	if h == nil || len(buf) < len(h.tail) || string(buf[:len(h.tail)]) != h.tail {
		return 0, 0
	}
	p := len(h.tail)
	if h.rest == "" {
		return p, 0
	}
	from := p
	for p < len(buf) && '0' <= buf[p] && buf[p] <= '9' && p < from+9 {
		minutes = 10*minutes + int(buf[p]-'0')
		p++
	}
	if p == from || len(buf)-p < len(h.rest) || string(buf[p:p+len(h.rest)]) != h.rest {
		return 0, 0
	}
	return p + len(h.rest), minutes
}

// cutMinutes cuts a head around the minutes that the goroutine has waited.
func cutMinutes(tail []byte) (before, behind []byte) {
	at := bytes.LastIndex(tail, []byte(" minutes"))
	from := at
	for from > 0 && '0' <= tail[from-1] && tail[from-1] <= '9' {
		from--
	}
	if at < 0 || from == at || at-from > 9 || !bytes.HasSuffix(tail[:from], []byte(", ")) || bytes.IndexByte(tail, '{') >= 0 {
		return tail, nil // no minutes, or they may be part of a label
	}
	if rest := tail[at+len(" minutes"):]; string(rest) != "]:\n" && !bytes.HasPrefix(rest, []byte(", ")) {
		return tail, nil // something is glued to them
	}
	return tail[:from], tail[at:]
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
	line := buf[:end]
	tail, rest := cutMinutes(buf[:end+1])
	at := uint32(add(add(0, tail), rest)) % headSlots
	slot := &s.heads[at]
	for i := uint32(0); i < headTries; i++ {
		slot = &s.heads[(at+i)%headSlots]
		if h := *slot; h == nil {
			break
		} else if h.tail == string(tail) && h.rest == string(rest) {
			return h
		}
	}
	g, ok := parseHeader(append([]byte("goroutine 1"), line...))
	if !ok || !utf8.Valid(line) || bytes.IndexByte(line, 0x1b) >= 0 {
		return nil
	}
	// A goroutine that runs may be the first of another crash.
	*slot = &head{tail: s.names.add(tail), rest: s.names.add(rest), goroutine: g, careful: g.State == "running"}
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
