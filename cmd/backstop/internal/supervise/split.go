package supervise

import (
	"bytes"
	"time"
)

// How long the splitter waits before it believes that a crash text is whole
// although the process lives on.
const (
	// gapLogged is for texts that a living process prints in one go: the log
	// line of net/http with a stack, a data race.
	gapLogged = 500 * time.Millisecond
	// gapDying is for texts after which a process dies. The runtime pauses for
	// seconds while it walks an overflowed stack.
	gapDying = 30 * time.Second

	maxNoise   = 128              // lines in a row that belong to no traceback, after a stack
	maxForeign = 4 << 20          // bytes without a goroutine header, after a headline
	maxWeak    = 64 << 10         // the same after a mere hint of a headline
	maxPending = 64 << 10         // of an unfinished line, while no crash is collected
	maxLast    = 1 << 10          // of the last line
	classified = 256              // bytes of a line that are looked at
	markerKeep = 64               // more than the longest marker
	maxHeld    = 10 * time.Second // a text that ends a process, while other text flows
)

// A captured text is what was collected from the first line of a crash to its
// end. It may hold several crashes.
type captured struct {
	text  []byte
	cut   bool // the middle is missing
	start time.Time
}

// A splitter finds crash texts in the stream of a process's stderr. It decides
// only where a text begins and ends, generously at both ends; package crash
// reads it. It is not safe for concurrent use and starts nothing.
type splitter struct {
	emit func(captured) // called for texts that ended while the process lives

	active bool
	dying  bool      // a line was seen after which processes die
	weak   bool      // it began with something that may well be an ordinary log line
	header bool      // a goroutine header or another stack was seen
	ended  bool      // set by the owner: the process is dead, so nothing lives on
	noise  int       // lines in a row that belong to no traceback
	quiet  time.Time // when the last line of a traceback came
	start  time.Time
	text   headTail

	line    []byte // the unfinished line; while active only its beginning
	lineLen int    // its whole length
	last    []byte // the last line that is not blank, shortened
	words   farewell
}

// write takes the next piece of the stream.
func (s *splitter) write(p []byte, now time.Time) {
	for len(p) > 0 {
		end := bytes.IndexByte(p, '\n')
		piece, done := p, end >= 0
		if done {
			piece = p[:end+1]
		}
		p = p[len(piece):]
		s.piece(piece, done, now)
	}
}

func (s *splitter) piece(piece []byte, done bool, now time.Time) {
	if s.active {
		s.text.write(piece)
	}
	line := piece
	if len(s.line) > 0 || !done {
		keep := piece
		if s.active {
			keep = piece[:min(len(piece), max(0, classified-len(s.line)))]
		}
		s.line = append(s.line, keep...)
		line = s.line
	}
	s.lineLen += len(piece)
	if !done {
		if !s.active && len(s.line) > maxPending {
			s.overlong(now)
		}
		return
	}
	if s.active {
		s.judge(line, now)
	} else {
		s.look(line, now)
	}
	s.remember(line)
	s.line, s.lineLen = s.line[:0], 0
}

// overlong handles an unfinished line that is too long to wait for its end: a
// headline may stand in it, or be glued behind it.
func (s *splitter) overlong(now time.Time) {
	if s.look(s.line, now); s.active {
		s.line = s.line[:classified]
		return
	}
	s.line = append(s.line[:0], s.line[len(s.line)-markerKeep:]...)
}

// look decides whether a crash text begins with this line.
func (s *splitter) look(line []byte, now time.Time) {
	m := markOf(line)
	if m == plain || m == body {
		return
	}
	s.active, s.start, s.quiet = true, now, now
	s.dying, s.header, s.weak, s.noise = m == deadly, m == stack, m == hint, 0
	s.text = headTail{max: s.text.max}
	s.text.write(line)
}

// judge decides what a line means for the text that is being collected, which
// it has been added to.
func (s *splitter) judge(line []byte, now time.Time) {
	m := markOf(line)
	if m != plain && m != hint {
		s.quiet = now
	}
	switch m {
	case deadly:
		s.dying, s.weak, s.noise = true, false, 0
		return
	case stack:
		s.header, s.noise = true, 0
		return
	case logged:
		if s.header && !s.dying { // the next one of a living process
			s.splitBefore(line, now)
			return
		}
		s.weak, s.noise = false, 0
		return
	case body:
		s.noise = 0
		return
	}
	s.noise++
	switch {
	case s.ended:
	case s.header:
		// A grandchild may go on printing for as long as it takes us to notice
		// a death, so a text that ends a process needs silence as well.
		if s.noise > maxNoise && (!s.dying || now.Sub(s.quiet) > maxHeld) {
			s.flush()
		}
	case s.weak && s.text.total > maxWeak, s.text.total > maxForeign, now.Sub(s.start) > maxHeld && s.noise > maxNoise:
		s.flush()
	}
}

// splitBefore ends the text before its last line, which begins another one. A
// text so long that its tail was cut keeps the line.
func (s *splitter) splitBefore(line []byte, now time.Time) {
	text, cut := s.text.text()
	if n := s.lineLen; !cut && n < len(text) {
		whole := append([]byte(nil), text[len(text)-n:]...)
		s.emit(captured{text: text[:len(text)-n], start: s.start})
		s.active = false
		s.look(line, now)
		s.text = headTail{max: s.text.max}
		s.text.write(whole)
		return
	}
	s.emit(captured{text, cut, s.start})
	s.active = false
	s.look(line, now)
}

// gap is how long to wait for more; 0 means for ever.
func (s *splitter) gap() time.Duration {
	switch {
	case !s.active:
		return 0
	case s.dying:
		return gapDying
	}
	return gapLogged
}

// idle is called when nothing came for the gap: the text is whole.
func (s *splitter) idle() {
	if s.active {
		s.flush()
	}
}

func (s *splitter) flush() {
	text, cut := s.text.text()
	s.emit(captured{text, cut, s.start})
	s.text = headTail{max: s.text.max}
	s.active = false
}

// end finishes the stream and returns the text that was being collected.
func (s *splitter) end(now time.Time) (captured, bool) {
	if len(s.line) > 0 {
		if !s.active {
			s.look(s.line, now)
		}
		s.remember(s.line)
		s.line = nil
	}
	if !s.active {
		return captured{}, false
	}
	s.active = false
	text, cut := s.text.text()
	return captured{text, cut, s.start}, true
}

// remember keeps the last line that is not blank.
func (s *splitter) remember(line []byte) {
	if len(line) == 0 {
		return
	}
	line = line[:min(len(line), maxLast)]
	s.words.see(line, s.active)
	if line = bytes.TrimSpace(line); len(line) > 0 {
		s.last = append(s.last[:0], line...)
	}
}
