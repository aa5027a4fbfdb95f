package crash

import (
	"bytes"
	"unicode/utf8"
)

// maxMessage is how much of a message is kept, in bytes.
const maxMessage = 64 << 10

const (
	maxOdd     = 32      // lines in a row that are no traceback, and the crash is over
	maxZone    = 4 << 20 // bytes between a headline and the first stack
	maxZoneOdd = 64      // lines between a recovered panic's log line and its stack
)

type mode uint8

const (
	idle      mode = iota // between crashes
	inMessage             // after a headline, before the first stack
	inBody                // among stacks
	inRace                // in a report of the race detector
	inGin                 // in what gin logs of a panic it recovered
	inProfile             // in a goroutine profile
)

// An assembler turns lines into reports. It looks at each line once and keeps
// nothing of it but what becomes part of the report.
type assembler struct {
	job     *job   // what all assemblers of a reader share
	scratch []byte // of the drafts, one after the other

	cur  *draft
	mode mode
	done []*Report

	begun int        // reports, counted
	out   *assembler // whose queue gets the reports; its own if nil

	number  int    // of the current line
	blank   bool   // the line before was blank
	before  []byte // the last line that was not understood, while it stands right above
	nearby  bool   // before is set and stands right above
	above   []byte // the same of the line above before
	close   bool   // above is set and stands right above before
	odd     oddRun
	zone    int  // bytes seen in inMessage
	zoneOdd int  // lines seen in inMessage that are not message
	threads bool // behind "-----": other threads report (GOTRACEBACK=crash)
	fence   bool // nothing but blank lines since "-----"
	gap     bool // something stands between the headline and this line
	para    bool // so does a blank line
	spaced  bool // blank lines stand before headers
	tabbed  bool // the stack stands behind a tab
	tab     int  // its length
	colon   []byte
}

// A job is what all assemblers of a reader share.
type job struct {
	crashOutput bool // a stack without a cause is a fatal error
	keep        keep
	each        func(*Goroutine)
	kit         *kit
	main        *assembler // that the scanner works for
	lines       *lineReader
	ahead       int // bytes of what is pending that the scanner has taken

	collected int // bytes of lines that may stand newest first

	careful bool // leave the scanner out: a test compares
	scanned int  // goroutines that the scanner read
}

// A call is a function line that waits for its file line.
type call struct {
	name, args string
	created    bool
	goroutine  int64
	set        bool
	bare       bool // a C frame: a name without parentheses
}

func (a *assembler) pop() *Report {
	if len(a.done) == 0 {
		return nil
	}
	r := a.done[0]
	a.done = a.done[1:]
	return r
}

func (a *assembler) line(line []byte, number int, long bool) {
	a.number = number
	if number == 1 {
		line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf")) // a byte order mark
	}
	if !utf8.Valid(line) {
		// Reports travel as JSON, which holds valid text only: replaced here,
		// a report and its copy have the same fingerprints.
		line = bytes.ToValidUTF8(line, []byte("\uFFFD"))
	}
	if len(line) > 0 && line[0] >= 0xc2 {
		line = plainIndent(line)
	}
	if a.tabbed && len(line) > 0 {
		line = a.untab(line)
	}
	switch a.mode {
	case idle:
		a.idleLine(line)
	case inMessage:
		d := a.cur
		if a.messageLine(line); a.cur == d && len(line) > 0 {
			a.touch()
		}
	case inBody:
		a.bodyLine(line)
	case inRace:
		a.raceLine(line)
	case inGin:
		a.ginLine(line)
	case inProfile:
		a.profileLine(line)
	}
	if long && a.cur != nil {
		a.cur.problem("long_line", number, line)
	}
	a.blank = len(bytes.TrimSpace(line)) == 0
}

// begin starts a report.
func (a *assembler) begin(m mode) *draft {
	a.end()
	a.cur = newDraft(a)
	a.begun++
	if a.nearby {
		a.cur.lineAbove = string(a.before)
	}
	a.touch()
	a.nearby = false
	a.mode, a.threads, a.fence, a.gap, a.para, a.spaced, a.tabbed = m, false, false, false, false, false, false
	a.odd, a.zone, a.zoneOdd = oddRun{}, 0, 0
	return a.cur
}

// touch notes that the current line is one of the report's.
func (a *assembler) touch() {
	from, to := a.job.lines.span(a.number)
	r := &a.cur.report
	r.Start, r.End = min(r.Start, from), max(r.End, to)
}

// plainIndent puts spaces where a web page has spaces that do not break.
func plainIndent(line []byte) []byte {
	text := bytes.TrimLeft(line, "\u00a0\u3000")
	if n := len(line) - len(text); n > 0 {
		return append(bytes.Repeat([]byte{' '}, n), text...)
	}
	return line
}

// era is another number for each report, 0 between them.
func (a *assembler) era() int {
	if a.cur == nil {
		return 0
	}
	return a.begun
}

// end finishes the report under way. Odd lines behind its last good line were
// no part of it.
func (a *assembler) end() {
	if a.cur == nil {
		return
	}
	out := a
	if a.out != nil {
		out = a.out
	}
	for _, d := range a.cur.apart() {
		out.done = append(out.done, d.finish())
	}
	if !a.cur.saysNothing() {
		out.done = append(out.done, a.cur.finish())
	}
	a.scratch, a.job.kit.idle = a.cur.scratch, a.cur
	a.cur, a.mode = nil, idle
}

// pause finishes a report that looks complete.
func (a *assembler) pause() {
	if a.cur != nil && a.mode != inMessage && a.cur.complete() {
		a.end()
	}
}

// untab takes away the tab before the lines of a stack that klog logged, or the
// spaces it became, up to the line that ends it: " > logger=..".
func (a *assembler) untab(line []byte) []byte {
	text := bytes.TrimLeft(line, " \t")
	lead := len(line) - len(text)
	if a.tab == 0 {
		a.tab = lead
	}
	if lead == 0 || lead < a.tab && len(text) > 0 || len(text) > 0 && text[0] == '>' {
		if lead > 0 {
			a.end()
		}
		a.tabbed = false
		return line
	}
	return line[min(a.tab, lead):]
}

// remember keeps a line that was not understood, for whoever comes right after
// it.
func (a *assembler) remember(line []byte) {
	a.close = a.nearby
	a.above, a.before = a.before, a.above
	a.nearby = false
	if n := len(line); n > 0 && n <= 4<<10 {
		a.before, a.nearby = append(a.before[:0], line...), true
	}
}

func (a *assembler) idleLine(line []byte) {
	if a.start(line) {
		return
	}
	if line = bytes.TrimRight(line, " \t"); len(line) == 0 {
		a.nearby = false
		return
	}
	switch line[0] {
	case '\t', ' ':
		// A file line under a call: the beginning of the text is missing.
		if pos, ok := parseBelow(line); ok && a.headless(pos) {
			return
		}
	case 'g':
		if g, ok := parseHeader(line); ok {
			a.begin(inBody).goroutine(g, false)
			return
		}
		if isProfile(line) {
			a.begin(inProfile).profile = true
			return
		}
	case 'r':
		if isRuntimeStack(line) {
			a.begin(inBody).runtimeStack()
			return
		}
	case '[':
		if s, ok := parseBracketSignal(line); ok {
			a.begin(inMessage).report.Signal = s
			return
		}
	}
	a.remember(line)
}

// headless begins a report with a frame whose call is the line before and whose
// file line is this one.
func (a *assembler) headless(pos filePos) bool {
	if !a.nearby {
		return false
	}
	c, ok := cutAbove(a.before, pos)
	if !ok || bytes.IndexByte(c.fn, '.') <= 0 {
		return false // prose, most likely
	}
	above := ""
	if a.close {
		above = string(a.above)
	}
	a.nearby = false
	d := a.begin(inBody)
	d.lineAbove = above
	d.report.Truncated = c.style != bareCall
	d.pendCall(c)
	d.position(pos)
	return true
}

// start begins a report if the line is a headline.
func (a *assembler) start(line []byte) bool {
	c, ok := parseCause(line)
	if !ok {
		return false
	}
	m := inMessage
	switch {
	case c.kind == KindRace:
		m = inRace
	case c.gin:
		m = inGin
	}
	a.begin(m).cause(c)
	a.tabbed, a.tab = c.indented, 0
	return true
}

// messageLine handles a line between a headline and the first stack. Until Go
// 1.22 the lines of a message are not indented, so that anything may stand
// here, a forged header included.
func (a *assembler) messageLine(line []byte) {
	d := a.cur
	d.setMark()
	a.zone += len(line) + 1
	if len(bytes.TrimSpace(line)) == 0 {
		a.para = true
		d.messageText(line)
		return
	}
	if a.stackBegins(line) {
		return
	}
	if rest, ok := cutArrow(line); ok && d.kind == KindPanic {
		d.report.Recovered = true
		line = rest
		if a.headlessBelow(line) {
			return
		}
	}
	if isEndMark(line) {
		if d.kind == KindFatal {
			a.end() // there is no stack
			return
		}
		a.para = true
	}
	if d.signalDetail(line) {
		return
	}
	if c, ok := parseCause(line); ok && (!c.recovered || d.report.Recovered) {
		if d.joins(c, a.gap) || !a.para && a.zoneOdd == 0 && d.mayContain(c) {
			return
		}
		a.nearby = false
		a.start(line)
		return
	}
	if pos, ok := parsePos(line); ok && looksLikePos(line, pos) && a.headlessBelow(line) {
		d.problem("unindented_position", a.number, line)
		return
	}
	if fn, pos, ok := cutAt(line); ok {
		a.mode, a.nearby = inBody, false
		d.loose()
		d.pend(fn, nil)
		d.position(pos)
		return
	}
	if d.report.Recovered || looksLogged(line) {
		if fn, args, ok := cutCall(line); ok && d.report.Recovered && plausibleFunc(fn) {
			a.mode, a.nearby = inBody, false // a stack without a header
			d.loose()
			d.pend(fn, args)
			return
		}
		a.zoneOdd++
	}
	d.messageText(line)
	a.remember(line)
	a.gap = true
	if a.zone > maxZone || a.zoneOdd > maxZoneOdd {
		a.end()
	}
}

// stackBegins handles the lines below a headline that its message cannot hold,
// or most likely does not.
func (a *assembler) stackBegins(line []byte) bool {
	d := a.cur
	switch line[0] {
	case 'g':
		if g, ok := a.looseHeader(line); ok {
			a.mode, a.nearby = inBody, false
			d.goroutine(g, a.blank)
			d.messageText(line)
			return true
		}
	case 'r':
		if isRuntimeStack(line) {
			a.mode, a.nearby = inBody, false
			d.runtimeStack()
			return true
		}
	case '[':
		if s, ok := parseBracketSignal(line); ok {
			d.report.Signal = s
			return true
		}
	case '\t', ' ':
		return d.nested(line) || a.headlessBelow(line)
	}
	return false
}

// headlessBelow begins the stack of a report whose headline was read, and that
// has no header: Windows printed none for an exception in C code until Go 1.20
// (runtime/signal_windows.go, winthrow), and people cut it off.
func (a *assembler) headlessBelow(line []byte) bool {
	pos, ok := parseBelow(line)
	if a.cur.mayForge() {
		pos.indent = nil // from Go 1.23 that is a message
	}
	if !ok || !a.nearby || a.blank && !a.cur.report.Recovered {
		return false
	}
	c, ok := cutAbove(a.before, pos)
	if !ok || !c.c && bytes.IndexByte(c.fn, '.') <= 0 {
		return false
	}
	a.nearby = false
	a.mode = inBody
	a.cur.headless(c, pos)
	a.cur.messageText(line)
	return true
}

// cutArrow reads the beginning of the first frame as chi prints it
// (middleware/recoverer.go, prettyStack): " -> main.f", " ->   /src/main.go:42".
func cutArrow(line []byte) ([]byte, bool) {
	rest, ok := bytes.CutPrefix(bytes.TrimLeft(line, " "), []byte("-> "))
	return rest, ok
}

// looksLogged tells a log line that got between a headline and its stack from
// a line of a message.
func looksLogged(line []byte) bool {
	switch {
	case len(line) > 10 && line[0] == '2' && line[1] == '0' && digits(line) == 4 && (line[4] == '/' || line[4] == '-'):
		return true
	case bytes.HasPrefix(line, []byte("{\"")), bytes.HasPrefix(line, []byte("time=")), bytes.HasPrefix(line, []byte("level=")):
		return true
	}
	return false
}

func isRuntimeStack(line []byte) bool {
	return string(bytes.TrimRight(line, " \t")) == "runtime stack:"
}
