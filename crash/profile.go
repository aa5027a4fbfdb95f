package crash

import (
	"bytes"
	"strconv"
)

// isProfile recognises the first line of a goroutine profile, as
// /debug/pprof/goroutine?debug=1 writes it (runtime/pprof/pprof.go,
// printCountProfile): "goroutine profile: total 7".
func isProfile(line []byte) bool {
	_, total, ok := bytes.Cut(line, []byte(" profile: total "))
	return ok && len(total) > 0 && digits(total) == len(total) && bytes.HasPrefix(line, []byte("goroutine"))
}

// profileLine handles a line of a goroutine profile:
//
//	4 @ 0x43a0ee 0x40b8c5
//	# labels: {"queue":"orders"}
//	#	0x6d2c39	main.worker+0x59	/workspace/worker.go:14
//
// A record becomes one goroutine without a number; how often it was there is
// kept as its bucket's count.
func (a *assembler) profileLine(line []byte) {
	d := a.cur
	text := bytes.TrimSpace(line)
	if len(text) == 0 {
		return
	}
	if count, ok := parseProfileCount(text); ok {
		a.good()
		d.sealProfile()
		d.goroutine(Goroutine{}, false)
		d.copies = count - 1
		return
	}
	if rest, ok := bytes.CutPrefix(text, []byte("# labels: {")); ok && d.to == toGoroutine {
		a.good()
		d.last().Labels = parseProfileLabels(string(bytes.TrimSuffix(rest, []byte("}"))))
		return
	}
	if fn, pos, ok := parseProfileFrame(text); ok && d.to == toGoroutine {
		a.good()
		d.pendBare(d.string(fn))
		d.position(pos)
		return
	}
	if c, ok := parseCause(line); ok && c.kind != "" {
		a.start(line)
		return
	}
	if g, ok := parseHeader(line); ok {
		a.begin(inBody).goroutine(g, a.blank)
		return
	}
	if isProfile(line) {
		a.begin(inProfile).profile = true
		return
	}
	if pos, ok := parseBelow(line); ok && a.headless(pos) {
		return
	}
	a.oddLine(line)
}

// parseProfileCount reads how many goroutines a record stands for.
func parseProfileCount(text []byte) (int, bool) {
	number, _, ok := bytes.Cut(text, []byte(" @"))
	if !ok || len(number) == 0 || len(number) > 9 || digits(number) != len(number) {
		return 0, false
	}
	n, err := strconv.Atoi(string(number))
	return n, err == nil && n > 0
}

// parseProfileFrame reads "#	0x6d2c39	main.worker+0x59	/workspace/worker.go:14".
func parseProfileFrame(text []byte) (fn []byte, pos filePos, ok bool) {
	fields := bytes.SplitN(text, []byte("\t"), 4)
	if len(fields) < 4 {
		fields = bytes.Fields(text) // tabs became spaces
	}
	if len(fields) < 4 || string(fields[0]) != "#" || !bytes.HasPrefix(fields[1], []byte("0x")) {
		return nil, filePos{}, false
	}
	pos, ok = parsePos(bytes.TrimSpace(fields[3]))
	fn = bytes.TrimSpace(fields[2])
	if i := bytes.LastIndex(fn, []byte("+0x")); i > 0 {
		if number := fn[i+len("+0x"):]; digitsHex(number) == len(number) {
			pos.offset = hexNumber(number)
		}
		fn = fn[:i]
	}
	return fn, pos, ok && len(fn) > 0
}

// parseProfileLabels reads `"k":"v", "k2":"v2"` (runtime/pprof/label.go,
// labelMap.String).
func parseProfileLabels(s string) map[string]string {
	labels := make(map[string]string)
	for s != "" {
		var key, value string
		key, s = labelWord(s, ":")
		value, s = labelWord(s, ", ")
		labels[key] = value
	}
	return labels
}

// sealProfile counts the goroutines that the last record stands for.
func (d *draft) sealProfile() {
	if d.copies <= 0 || len(d.report.Goroutines) == 0 {
		return
	}
	k := &d.keeper
	k.count += d.copies
	if b := k.folder.bucket(d.last()); b != nil {
		b.Count += d.copies
	} else {
		k.folder.lost += d.copies
	}
	d.copies = 0
}
