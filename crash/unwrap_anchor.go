package crash

import (
	"bytes"
	"encoding/binary"
	"sync"
)

// An anchor is a piece of text that hardly anything but a traceback holds, and
// that survives what is done to lines: a prefix before it, quotes around it.
type anchor uint8

const (
	noAnchor       anchor = iota
	anchorCause           // a headline: "panic: ", "fatal error: "
	anchorServing         // the log line of somebody who recovers: "panic serving "
	anchorHeader          // "goroutine 7 ["
	anchorProfile         // "goroutine profile: total 7"
	anchorSignal          // "[signal SIGSEGV"
	anchorCreated         // "created by "
	anchorRace            // "WARNING: DATA RACE"
	anchorRuntime         // "runtime stack:"
	anchorSigcode         // "PC=0x1 m=0 sigcode=0"
	anchorGopanic         // "runtime.gopanic", in stacks that loggers wrote
	anchorPosition        // " +0x1d" behind a file and a line
)

// An anchorText is how an anchor is found: seg is the part of text that is
// looked for, seven bytes, so that a piece of four stands at a multiple of four
// somewhere in it.
type anchorText struct {
	kind anchor
	text string
	seg  int // offset of the seven bytes in text
}

var anchorTexts = [...]anchorText{
	{anchorCause, "panic: ", 0},
	{anchorCause, "panic:\x1b", 0}, // a colour ends
	{anchorCause, "fatal error: ", 0},
	{anchorCause, "throw: ", 0}, // Go 1.0
	{anchorCause, "fatal: morestack on g", 1},
	{anchorCause, "fatal: systemstack called from unexpected goroutine", 1},
	{anchorCause, "fatal: bad g in signal handler", 1},
	{anchorCause, "runtime/cgo: pthread_create failed", 5},
	{anchorCause, "Exception 0x", 0},
	{anchorCause, "SIGABRT: ", 0},
	{anchorCause, "SIGSEGV: ", 0},
	{anchorCause, "SIGQUIT: ", 0},
	{anchorCause, "SIGTRAP: ", 0},
	{anchorCause, "SIGILL: ", 0},
	{anchorCause, "SIGBUS: ", 0},
	{anchorCause, "SIGFPE: ", 0},
	{anchorServing, "panic serving ", 4},
	{anchorServing, "Observed a panic", 0},
	{anchorServing, "[Recovery] ", 0},
	{anchorHeader, "goroutine ", 0},
	{anchorProfile, "profile: total ", 0},
	{anchorSignal, "[signal ", 0},
	{anchorCreated, "created by ", 4},
	{anchorRace, "WARNING: DATA RACE", 8},
	{anchorRace, "WARNING: ThreadSanitizer: data race", 9},
	{anchorRuntime, "runtime stack:", 6},
	{anchorSigcode, "sigcode=", 0},
	{anchorGopanic, "runtime.gopanic", 8},
}

// The table of the four-byte pieces of the segments, by a hash that is perfect
// for them (TestGrams). They are made when the first text is read: programs that
// only send crashes link this package and read none.
const (
	gramBits = 10
	gramMul  = 0xD04AB55F
)

var (
	gramsOnce sync.Once
	grams     [1 << gramBits]uint32
	gramTexts map[uint32][]gramText
)

// A gramText is a piece's place in an anchor's text.
type gramText struct{ text, offset uint8 }

func makeGrams() {
	gramTexts = make(map[uint32][]gramText)
	for i, a := range anchorTexts {
		for o := a.seg; o < a.seg+4; o++ {
			g := binary.LittleEndian.Uint32([]byte(a.text[o:]))
			gramTexts[g] = append(gramTexts[g], gramText{uint8(i), uint8(o)})
			grams[gramHash(g)] = g
		}
	}
}

func gramHash(g uint32) uint32 { return g * gramMul >> (32 - gramBits) }

// findText returns the first anchor of line at or behind from that is not a
// position, and where it stands. It looks at every fourth byte only, so that a
// log without any anchor is read about as fast as lines are cut.
func findText(line []byte, from int) (anchor, int) {
	gramsOnce.Do(makeGrams)
	for i := from; i+4 <= len(line); {
		b := line[i:]
		for len(b) >= 8 {
			w := binary.LittleEndian.Uint64(b)
			g1, g2 := uint32(w), uint32(w>>32)
			if grams[gramHash(g1)] == g1 || grams[gramHash(g2)] == g2 {
				break
			}
			b = b[8:]
		}
		if len(b) < 4 {
			break
		}
		i = len(line) - len(b)
		for end := min(i+8, len(line)-3); i < end; i += 4 {
			if kind, at := gramAnchor(line, i); kind != noAnchor && at >= from {
				return kind, at
			}
		}
	}
	return noAnchor, -1
}

// gramAnchor returns the anchor that the piece at position i belongs to.
func gramAnchor(line []byte, i int) (anchor, int) {
	g := binary.LittleEndian.Uint32(line[i:])
	if grams[gramHash(g)] != g {
		return noAnchor, -1
	}
	for _, c := range gramTexts[g] {
		if kind, at := anchorAt(line, i-int(c.offset), c.text); kind != noAnchor {
			return kind, at
		}
	}
	return noAnchor, -1
}

// anchorAt verifies an anchor's text.
func anchorAt(line []byte, at int, text uint8) (anchor, int) {
	a := &anchorTexts[text]
	if at < 0 || len(line)-at < len(a.text) || string(line[at:at+len(a.text)]) != a.text {
		return noAnchor, -1
	}
	switch a.kind {
	case anchorHeader:
		if !headerAt(line[at:]) {
			return noAnchor, -1
		}
	case anchorProfile:
		if i := at - len("goroutine "); i >= 0 && string(line[i:at]) == "goroutine " {
			return a.kind, i
		}
		return noAnchor, -1
	case anchorSigcode:
		if i := bytes.LastIndex(line[:at], []byte("PC=")); i >= 0 {
			return a.kind, i
		}
		return noAnchor, -1
	}
	return a.kind, at
}

// headerAt reports whether a header seems to begin here: "goroutine 7 [",
// "goroutine 7 gp=0x1 m=2 [", and with a backslash that markdown wants.
func headerAt(b []byte) bool {
	rest, ok := bytes.CutPrefix(b, []byte("goroutine "))
	if !ok {
		return false
	}
	n := digits(rest)
	return n > 0 && n+1 < len(rest) && rest[n] == ' ' && (rest[n+1] == '[' || rest[n+1] == 'g' || rest[n+1] == '\\')
}

// findAnchor returns the first anchor of a line and where it stands. A position
// is an anchor only where there is no other.
func findAnchor(line []byte) (anchor, int) {
	if kind, at := findText(line, 0); kind != noAnchor {
		return kind, at
	}
	if at := findOffset(line); at >= 0 {
		return anchorPosition, at
	}
	return noAnchor, -1
}

// findOffset returns where " +0x1d" stands, -1 if nowhere.
func findOffset(line []byte) int {
	for from := 0; ; {
		i := bytes.IndexByte(line[from:], '+')
		if i < 0 {
			return -1
		}
		i += from
		from = i + 1
		if i > 0 && line[i-1] == ' ' && len(line) > i+3 && line[i+1] == '0' && line[i+2] == 'x' {
			return i - 1
		}
	}
}

// A lineKind says what a whole line of a traceback is.
type lineKind uint8

const (
	notTrace lineKind = iota
	lineBlank
	lineCause
	lineNested // a further headline of a chain
	lineHeader
	lineSignal
	lineCall
	linePosition
	lineCreated
	lineElided
	lineRuntime
	lineRace
)

// kindOfLine looks at a line alone, without any prefix.
func kindOfLine(line []byte) lineKind {
	line = bytes.TrimRight(line, " \t\r")
	if len(line) == 0 {
		return lineBlank
	}
	text := bytes.TrimLeft(line, " \t")
	if len(text) < len(line) {
		if pos, ok := parsePos(text); ok && looksLikePos(text, pos) {
			return linePosition
		}
		if bytes.HasPrefix(text, []byte("pc=0x")) {
			return linePosition
		}
		if bytes.HasPrefix(text, []byte("panic: ")) || bytes.HasPrefix(text, []byte("fatal error: ")) {
			return lineNested
		}
	}
	switch line[0] {
	case 'g':
		if _, ok := parseHeader(line); ok {
			return lineHeader
		}
	case '[':
		if _, ok := parseBracketSignal(line); ok {
			return lineSignal
		}
	case 'c':
		if fn, _, ok := parseCreatedBy(line); ok && bytes.IndexByte(fn, '.') > 0 && bytes.IndexByte(fn, ' ') < 0 {
			return lineCreated
		}
	case '.':
		if _, ok := parseElided(line); ok {
			return lineElided
		}
	case 'r':
		if isRuntimeStack(line) {
			return lineRuntime
		}
	case 'P':
		if bytes.HasPrefix(line, []byte("PC=0x")) {
			return lineSignal
		}
	}
	if line[len(line)-1] == ':' {
		if _, ok := parseAccess(line); ok {
			return lineRace
		}
	}
	if _, ok := parseCause(line); ok {
		return lineCause
	}
	if fn, _, ok := cutCall(line); ok && (plausibleFunc(fn) || bytes.Contains(fn, []byte("struct {"))) {
		return lineCall
	}
	if pos, ok := parsePos(line); ok && pos.located && looksLikePos(line, pos) {
		return linePosition
	}
	return notTrace
}
