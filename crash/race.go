package crash

import (
	"bytes"
	"strconv"
)

// maxAccessors is how many accessors of a race get their creators: the detector
// prints two.
const maxAccessors = 8

// raceLine handles a line of a report of the race detector. Its accessors
// become goroutines whose state says what they did: "write", "previous read".
func (a *assembler) raceLine(line []byte) {
	d := a.cur
	text := bytes.TrimSpace(line)
	if len(text) == 0 {
		return
	}
	if string(text) == "==================" {
		a.end()
		return
	}
	if text[len(text)-1] == ':' {
		if g, ok := parseAccess(text); ok {
			a.good()
			d.goroutine(g, a.blank)
			return
		}
		if id, ok := parseRaceCreated(text); ok {
			a.good()
			d.raceCreator(id)
			return
		}
	}
	if d.call.set {
		if pos, ok := parsePos(text); ok {
			a.good()
			d.position(pos)
			return
		}
	}
	if fn, args, ok := cutCall(text); ok && bytes.IndexByte(fn, '.') > 0 {
		a.good()
		d.racePend(fn, args)
		return
	}
	if string(text) == "[failed to restore the stack]" {
		a.good()
		d.report.Truncated = true
		return
	}
	a.oddLine(line)
}

// parseAccess reads "Previous write at 0x00c0000 by goroutine 7:" and its
// variants: without an address, "by main goroutine", "atomic".
func parseAccess(text []byte) (Goroutine, bool) {
	what, who, ok := bytes.Cut(text[:len(text)-1], []byte(" by "))
	if !ok {
		return Goroutine{}, false
	}
	what, _, _ = bytes.Cut(what, []byte(" at 0x"))
	lower := bytes.ToLower(what)
	if !bytes.HasSuffix(lower, []byte("read")) && !bytes.HasSuffix(lower, []byte("write")) {
		return Goroutine{}, false
	}
	g := Goroutine{State: string(lower)}
	switch {
	case string(who) == "main goroutine":
		g.ID = 1
	case bytes.HasPrefix(who, []byte("goroutine ")):
		id, err := strconv.ParseInt(string(who[len("goroutine "):]), 10, 64)
		if err != nil {
			return Goroutine{}, false
		}
		g.ID = id
	default:
		return Goroutine{}, false
	}
	return g, true
}

// parseRaceCreated reads "Goroutine 7 (running) created at:".
func parseRaceCreated(text []byte) (int64, bool) {
	rest, ok := bytes.CutPrefix(text, []byte("Goroutine "))
	if !ok || !bytes.HasSuffix(text, []byte(" created at:")) {
		return 0, false
	}
	id, err := strconv.ParseInt(string(rest[:digits(rest)]), 10, 64)
	return id, err == nil
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
