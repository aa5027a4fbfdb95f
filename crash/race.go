package crash

import (
	"bytes"
	"strconv"
)

// maxAccessors is how many accessors of a race get their creators: the detector
// prints two.
const maxAccessors = 8

// raceLine handles a line of a report of the race detector, as compiler-rt's
// tsan_report.cpp prints it for Go, or, for a program whose C code is built with
// ThreadSanitizer, for C. Its accessors become goroutines whose state says what
// they did: "write", "previous read".
func (a *assembler) raceLine(line []byte) {
	d := a.cur
	text := bytes.TrimSpace(line)
	if len(text) == 0 {
		return
	}
	if a.raceEnds(line, text) {
		return
	}
	if text[len(text)-1] == ':' && a.raceHeading(text) {
		return
	}
	if d.call.set {
		if pos, ok := parsePos(text); ok {
			a.good()
			d.position(pos)
			return
		}
	}
	if fn, args, ok := cutCall(text); ok && text[0] != '#' && bytes.IndexByte(fn, '.') > 0 {
		a.good()
		d.racePend(fn, args)
		return
	}
	if fn, pos, ok := parseThreadFrame(text); ok {
		a.good()
		d.racePend(fn, nil)
		d.position(pos)
		return
	}
	switch {
	case string(text) == "[failed to restore the stack]":
		a.good()
		d.report.Truncated = d.report.Truncated || d.to == toGoroutine
	case bytes.HasPrefix(text, []byte("Global var ")), bytes.HasPrefix(text, []byte("Location is ")), bytes.HasPrefix(text, []byte("SUMMARY: ")):
		a.good()
	default:
		a.oddLine(line)
	}
}

// raceEnds ends the report at its last line, or where another one begins.
func (a *assembler) raceEnds(line, text []byte) bool {
	if string(text) == "==================" || bytes.HasPrefix(text, []byte("Found ")) && bytes.HasSuffix(text, []byte(" data race(s)")) || isEndMark(text) {
		a.end()
		return true
	}
	if line[0] == ' ' || line[0] == '\t' {
		return false
	}
	if _, ok := parseCause(line); ok {
		return a.start(line)
	}
	if g, ok := parseHeader(line); ok {
		a.begin(inBody).goroutine(g, a.blank)
		return true
	}
	return false
}

// raceHeading handles a line that says what the frames below it are.
func (a *assembler) raceHeading(text []byte) bool {
	d := a.cur
	if g, ok := parseAccess(text); ok {
		a.good()
		d.goroutine(g, a.blank)
		return true
	}
	if id, ok := parseRaceCreated(text); ok {
		a.good()
		d.raceCreator(id)
		return true
	}
	for _, prefix := range [...]string{"As if synchronized via sleep", "Heap block of size ", "Location is ", "Mutex "} {
		if bytes.HasPrefix(text, []byte(prefix)) {
			a.good()
			d.raceCreator(0) // where memory came from, and locks
			return true
		}
	}
	return false
}

// parseAccess reads "Previous write at 0x00c0000 by goroutine 7:" and its
// variants: without an address (Go 1.1), "by main goroutine", "atomic", "of size
// 4" and "by thread T4 (mutexes: write M12)".
func parseAccess(text []byte) (Goroutine, bool) {
	what, who, ok := bytes.Cut(text[:len(text)-1], []byte(" by "))
	if !ok {
		return Goroutine{}, false
	}
	what, _, _ = bytes.Cut(what, []byte(" at 0x"))
	what, _, _ = bytes.Cut(what, []byte(" of size "))
	lower := bytes.ToLower(what)
	if !bytes.HasSuffix(lower, []byte("read")) && !bytes.HasSuffix(lower, []byte("write")) {
		return Goroutine{}, false
	}
	id, ok := parseAccessor(who)
	return Goroutine{ID: id, State: string(lower)}, ok
}

// parseAccessor reads who did something. The main thread has the number 0.
func parseAccessor(who []byte) (int64, bool) {
	who, _, _ = bytes.Cut(who, []byte(" (mutexes: "))
	switch string(who) {
	case "main goroutine":
		return 1, true
	case "main thread":
		return 0, true
	}
	number, ok := bytes.CutPrefix(who, []byte("goroutine "))
	if !ok {
		number, ok = bytes.CutPrefix(who, []byte("thread T"))
	}
	id, err := strconv.ParseInt(string(number), 10, 64)
	return id, ok && err == nil
}

// parseRaceCreated reads "Goroutine 7 (running) created at:" and "Thread T4
// (tid=21, running) created by main thread at:".
func parseRaceCreated(text []byte) (int64, bool) {
	rest, ok := bytes.CutPrefix(text, []byte("Goroutine "))
	if !ok {
		rest, ok = bytes.CutPrefix(text, []byte("Thread T"))
	}
	if !ok || !bytes.Contains(text, []byte(" created ")) || !bytes.HasSuffix(text, []byte(" at:")) {
		return 0, false
	}
	id, err := strconv.ParseInt(string(rest[:digits(rest)]), 10, 64)
	return id, err == nil
}

// parseThreadFrame reads a frame as ThreadSanitizer prints it for C:
//
//	#1 lock_count /src/codec/count.c:9:2 (shop+0xcb3f2)
//	#0 pthread_create <null> (libtsan.so.2+0x59e72)
func parseThreadFrame(text []byte) (fn []byte, pos filePos, ok bool) {
	rest, ok := bytes.CutPrefix(text, []byte("#"))
	n := digits(rest)
	if !ok || n == 0 || n == len(rest) || rest[n] != ' ' || rest[len(rest)-1] != ')' {
		return nil, filePos{}, false
	}
	rest = rest[n+1:]
	module := bytes.LastIndex(rest, []byte(" ("))
	if module < 0 {
		return nil, filePos{}, false
	}
	rest = rest[:module]
	space := bytes.LastIndexByte(rest, ' ')
	if space <= 0 {
		return nil, filePos{}, false
	}
	fn, where := rest[:space], rest[space+1:]
	pos, _ = parsePos(where)
	if inner, ok := parsePos(pos.file); ok {
		pos = inner // a column stood behind the line
	}
	return fn, pos, true
}

// raceCreator directs the frames to come to the creators of the accessors of
// this goroutine: the first frame is the go statement.
func (d *draft) raceCreator(id int64) {
	d.flush()
	d.to = toLoose
	d.raceOf = id
}

func (d *draft) racePend(fn, args []byte) {
	d.pend(fn, args)
	if d.raceOf != 0 && d.to == toLoose {
		d.call.created = true
	}
}

// raceCreated notes where the accessors of goroutine raceOf were started. Only
// the innermost frame is kept, as a traceback's "created by" has it.
func (d *draft) raceCreated(by CreatedBy) {
	for i := range d.report.Goroutines[:min(len(d.report.Goroutines), maxAccessors)] {
		if g := &d.report.Goroutines[i]; g.ID == d.raceOf && g.CreatedBy == nil {
			c := by
			g.CreatedBy = &c
		}
	}
}
