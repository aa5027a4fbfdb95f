package crash

import (
	"bytes"
	"math"
	"strconv"
	"strings"
)

// target says where the frames of the lines to come belong.
type target uint8

const (
	toLoose target = iota
	toRuntime
	toGoroutine
	toAncestor
)

// A draft is a report under construction.
type draft struct {
	report      Report
	kind        Kind // by headline; empty without one
	crashOutput bool
	lineAbove   string // what stood right above a stack without a headline
	profile     bool   // nothing crashed: a goroutine profile
	copies      int    // of the last goroutine of a profile, beside itself

	links   []link // headlines of a chain of panics, in printed order
	scratch []byte // where the last link's rest grows
	starts  []start
	spare   []Goroutine // where the first goroutines are put together
	bodyAt  int         // length of the last link's rest where the stacks began; -1 before
	mark    int         // length of the last link's rest before the current line
	before  int         // and before the line above
	call    call

	keeper keeper

	to     target
	main   bool  // of the assembler that the scanner works for
	taken  bool  // the last goroutine's frames grow in the scanner's block
	raceOf int64 // goroutine whose creation the race detector is telling

	style callStyle // of the frame read last

	ginFile string
	ginLine int

	names *namer
	job   *job
	from  int64 // where in the stream it was begun
}

// A link is one headline and the lines of its message.
type link struct {
	lead      string // what stood before the headline: a tab in a chain
	first     string
	rest      []byte // each line preceded by "\n"
	fatal     bool
	truncated bool
	full      bool // a line did not fit any more
}

// A start remembers where a goroutine's header stood, so that a header that
// turns out to be part of a message can be given back to it.
type start struct {
	at    int  // length of the last link's rest at the header
	blank bool // a blank line stood before the header

	before int // headers before this one
}

func newDraft(a *assembler) *draft {
	d := a.job.kit.draft()
	d.report.Crash, d.report.Start = -1, math.MaxInt64
	d.report.Goroutines = d.spare[:0]
	d.crashOutput, d.main = a.job.crashOutput, a == a.job.main
	d.bodyAt = -1
	d.scratch = a.scratch[:0]
	d.keeper = keeper{keep: a.job.keep, each: a.job.each}
	if d.main {
		a.job.kit.scanner.report++
	}
	d.names, d.job, d.from = &a.job.kit.names, a.job, a.job.lines.offset
	return d
}

// string copies bytes, once for each distinct text.
func (d *draft) string(b []byte) string { return d.names.name(b) }

func (d *draft) problem(code string, line int, text []byte) { d.problems(code, line, 1, text) }

// problems counts lines under a code; each code is one entry.
func (d *draft) problems(code string, line, count int, text []byte) {
	for i := range d.report.Problems {
		if p := &d.report.Problems[i]; p.Code == code {
			p.Count += count
			return
		}
	}
	d.report.Problems = append(d.report.Problems, Problem{
		Code: code, Line: line, Count: count, Text: strings.ToValidUTF8(string(clip(text)), "\uFFFD"),
	})
}

// cause records the headline a report begins with.
func (d *draft) cause(c cause) {
	d.kind = c.kind
	d.report.Recovered = c.recovered
	if c.kind == KindSignal {
		d.report.Signal.Name = c.signal
		d.report.Signal.exceptionFields(c.message)
	}
	if c.kind == KindRace || c.kind == KindSignal {
		return
	}
	d.link(c.message, c.kind == KindFatal)
}

func (d *draft) link(message []byte, fatal bool) {
	l := link{first: string(message), fatal: fatal}
	if len(l.first) > maxMessage {
		l.first, l.truncated = strings.ToValidUTF8(l.first[:maxMessage], ""), true
	}
	if n := len(d.links); n > 0 {
		d.links[n-1].rest = bytes.Clone(d.links[n-1].rest)
	}
	l.rest = d.scratch[:0]
	d.links = append(d.links, l)
}

// nested recognises the further headlines of a chain, which stand behind a tab,
// or what became of it: "\tpanic: " and, from Go 1.26, "\tfatal error: ".
func (d *draft) nested(indented []byte) bool {
	line := bytes.TrimLeft(indented, " \t")
	lead := indented[:len(indented)-len(line)]
	if len(lead) > 8 || lead[0] == '\t' && len(lead) > 1 {
		return false
	}
	if d.kind != KindPanic && d.kind != KindFatal || d.report.Recovered || len(d.links) >= maxLinks {
		return false
	}
	if message, ok := bytes.CutPrefix(line, []byte("panic: ")); ok {
		d.link(message, false)
	} else if message, ok := bytes.CutPrefix(line, []byte("fatal error: ")); ok {
		d.link(message, true)
	} else {
		return false
	}
	d.links[len(d.links)-1].lead = string(lead)
	return true
}

// joins reports whether a second headline belongs to the same death: threads
// that fail at once print theirs before the first stack, one right under the
// other (gap says that something stands between them), and a throw during a
// panic prints its own.
func (d *draft) joins(c cause, gap bool) bool {
	switch {
	case d.kind == KindFatal && c.kind == KindFatal:
		return !gap
	case d.kind == KindFatal && c.kind == KindSignal && d.report.Signal.Name == "":
		if gap {
			return false
		}
		d.report.Signal.Name = c.signal // by which the runtime aborted
		return true
	case d.kind == KindPanic && c.kind == KindFatal && !d.report.Recovered && len(d.links) < maxLinks:
		d.link(c.message, true)
		return true
	case d.kind == KindSignal && c.kind == KindFatal:
		d.kind = KindFatal
		d.link(c.message, true)
		return true
	}
	return false
}

// duplicate reports whether a headline among stacks is that of a second thread
// that died of the same.
func (d *draft) duplicate(c cause) bool {
	if c.kind != KindFatal || len(d.links) == 0 || d.links[0].first != string(c.message) {
		return false
	}
	n := len(d.report.Goroutines)
	return n == 0 || len(d.report.Goroutines[n-1].Frames) == 0 && !d.call.set
}

// setMark notes where the message would end if the current line began a stack.
func (d *draft) setMark() {
	d.before, d.mark = d.mark, 0
	if n := len(d.links); n > 0 {
		d.mark = len(d.links[n-1].rest)
	}
}

// messageText adds a line to the message under way. Among stacks it goes on for
// a while, because what looked like a stack may prove to be message.
func (d *draft) messageText(line []byte) {
	if d.kind != KindPanic || len(d.links) == 0 {
		return
	}
	d.keeper.body += len(line) + 1
	l := &d.links[len(d.links)-1]
	if l.full || len(l.first)+len(l.rest)+1+len(line) > maxMessage {
		l.full = true
		l.truncated = l.truncated || d.bodyAt < 0
		return
	}
	l.rest = append(append(l.rest, '\n'), line...)
	d.scratch = l.rest
}

// messageLines is messageText for the whole lines of a text among stacks.
func (d *draft) messageLines(text []byte) {
	if d.kind != KindPanic || len(d.links) == 0 {
		return
	}
	l := &d.links[len(d.links)-1]
	if !l.full && len(l.first)+len(l.rest)+len(text) <= maxMessage {
		d.keeper.body += len(text)
		l.rest = append(append(l.rest, '\n'), text[:len(text)-1]...)
		d.scratch = l.rest
		return
	}
	for !l.full {
		line, rest, ok := bytes.Cut(text, []byte{'\n'})
		if !ok {
			return
		}
		d.messageText(line)
		text = rest
	}
	d.keeper.body += len(text)
}

// signalDetail reads the lines under a signal's headline.
func (d *draft) signalDetail(line []byte) bool {
	switch {
	case bytes.HasPrefix(line, []byte("PC=0x")):
		if d.report.Signal.PC == "" {
			for _, field := range strings.Fields(string(line)) {
				d.report.Signal.field(field)
			}
		}
		return true
	case string(line) == "signal arrived during cgo execution", string(line) == "signal arrived during external code execution":
		d.report.Signal.InCgo = true
		return true
	case bytes.HasPrefix(line, []byte("instruction bytes:")), bytes.HasPrefix(line, []byte("Time: ")) && d.kind == KindSignal:
		return true
	}
	return false
}

func (d *draft) goroutine(g Goroutine, blank bool) {
	d.flush()
	d.stacksBegin()
	g.State = d.string([]byte(g.State))
	d.add(&g, blank)
}

// add begins one more goroutine; the one before it is whole.
func (d *draft) add(g *Goroutine, blank bool) {
	d.giveFrames()
	d.seal()
	d.keeper.count++
	if d.mayBeForged() {
		d.starts = append(d.starts, start{at: d.mark, blank: blank, before: d.keeper.count - 1})
	}
	gs := d.report.Goroutines
	if len(gs) == cap(gs) {
		gs = append(make([]Goroutine, 0, d.moreGoroutines(len(gs))), gs...)
	}
	d.report.Goroutines = append(gs, *g)
	d.raceOf, d.to, d.style = 0, toGoroutine, plainCall
}

// leastGoroutine is how many bytes of text a goroutine takes, at the least, that
// room is made for ahead of it.
const leastGoroutine = 64

// moreGoroutines returns for how many goroutines there should be room behind the
// first n. Where the length of the text is known it tells: most of what it costs
// to read very many goroutines is to move them.
func (d *draft) moreGoroutines(n int) int {
	if d.keeper.keep == keepAll {
		if read, left := d.job.lines.progress(d.from, d.job.ahead); read > 0 && left > 0 {
			// Those so far may have come in fewer bytes than the rest can: glued, or
			// held back, so that what was read of them is a line.
			guess := min(float64(n)*1.02*float64(left)/float64(read), float64(left/leastGoroutine))
			return max(n+int(guess)+16, 2*n)
		}
	}
	return 2 * n
}

// giveFrames hands back what the last goroutine leaves of a block of frames.
func (d *draft) giveFrames() {
	if d.taken {
		g := d.last()
		g.Frames = d.job.kit.scanner.give(g.Frames)
		d.taken = false
	}
}

func (d *draft) last() *Goroutine { return &d.report.Goroutines[len(d.report.Goroutines)-1] }

func (d *draft) runtimeStack() {
	d.flush()
	d.stacksBegin()
	d.to = toRuntime
}

func (d *draft) loose() {
	d.flush()
	d.stacksBegin()
	d.to = toLoose
}

// stacksBegin notes where the message ends, unless a header proves forged.
func (d *draft) stacksBegin() {
	if d.bodyAt >= 0 {
		return
	}
	d.bodyAt = d.mark
}

// ancestor begins a stack printed because of GODEBUG=tracebackancestors:
// "[originating from goroutine 7]:".
func (d *draft) ancestor(line []byte) {
	d.flush()
	if d.to == toLoose || d.to == toRuntime || len(d.report.Goroutines) == 0 {
		return
	}
	number := bytes.TrimPrefix(line, []byte("[originating from goroutine "))
	id, err := strconv.ParseInt(string(number[:digits(number)]), 10, 64)
	if err != nil {
		id = 0 // unknown
	}
	g := d.last()
	g.Ancestors = append(g.Ancestors, Ancestor{ID: id})
	d.to = toAncestor
}

// frames returns where frames go at the moment.
func (d *draft) frames() *[]Frame {
	switch d.to {
	case toRuntime:
		return &d.report.RuntimeStack
	case toGoroutine:
		g := d.last()
		if g.Frames == nil && d.main {
			g.Frames, d.taken = d.job.kit.scanner.take(), true
		}
		return &g.Frames
	case toAncestor:
		g := d.last()
		return &g.Ancestors[len(g.Ancestors)-1].Frames
	default:
		return &d.report.Loose
	}
}

func (d *draft) pend(fn, args []byte) {
	d.flush()
	d.style = plainCall
	d.call = call{name: d.string(mendName(fn)), args: string(args), set: true}
}

func (d *draft) pendCall(c callLine) {
	if c.c {
		d.pendBare(d.string(c.fn))
	} else {
		d.pend(c.fn, c.args)
		d.style = c.style
	}
}

func (d *draft) pendBare(name string) {
	d.flush()
	d.call = call{name: name, set: true, bare: true}
}

func (d *draft) createdBy(fn []byte, goroutine int64) {
	d.flush()
	d.call = call{name: d.string(mendName(fn)), goroutine: goroutine, created: true, set: true}
}

// position completes the call that waits for its file line.
func (d *draft) position(p filePos) {
	c := d.call
	d.call = call{}
	if c.created {
		d.creator(CreatedBy{Func: c.name, File: d.string(p.file), Line: p.line, Goroutine: c.goroutine})
		return
	}
	frames := d.frames()
	*frames = append(*frames, Frame{
		Func: c.name, File: d.string(p.file), Line: p.line,
		Args: c.args, Offset: p.offset, Inlined: c.args == "...",
	})
}

func (d *draft) creator(by CreatedBy) {
	if d.kind == KindRace {
		d.raceCreated(by)
		return
	}
	switch d.to {
	case toGoroutine:
		d.last().CreatedBy = &by
	case toAncestor:
		g := d.last()
		g.Ancestors[len(g.Ancestors)-1].CreatedBy = &by
	}
}

// flush commits a call whose file line never came.
func (d *draft) flush() {
	c := d.call
	if !c.set {
		return
	}
	if !c.bare {
		d.problem("missing_position", 0, []byte(c.name))
	}
	d.position(filePos{})
}

// closed reports whether the goroutine under way has ended with its creator: a
// call that follows without a header is none of its frames.
func (d *draft) closed() bool {
	return d.to == toGoroutine && !d.call.set && d.last().CreatedBy != nil
}

func (d *draft) elided(n int) {
	d.flush()
	if d.to != toGoroutine {
		return
	}
	g := d.last()
	g.Elided, g.ElidedAt = n, len(g.Frames)
}

// mayQuote reports whether what looks like the output of debug.Stack is part of
// a message: golang.org/x/sync/singleflight, among others, panics with the text
// of a stack it recovered. No panic's own stack begins so.
func (d *draft) mayQuote() bool { return d.kind == KindPanic && !d.report.Recovered }

// single reports whether the report holds the stack of one goroutine that
// printed itself, as debug.Stack does: another header is another crash.
func (d *draft) single() bool {
	if len(d.report.Goroutines) != 1 {
		return false
	}
	return printedItself(d.report.Goroutines[0].Frames)
}

func printedItself(stack []Frame) bool { return len(stack) > 0 && printsStack(stack[0].Func) }

// printsStack reports whether a function prints the stack it is called on.
func printsStack(fn string) bool {
	switch fn {
	case "runtime/debug.Stack", "runtime/debug.PrintStack", "runtime.Stack", "runtime/pprof.writeGoroutineStacks":
		return true
	}
	return false
}

// complete reports whether nothing is missing at the end of the text so far.
func (d *draft) complete() bool {
	if d.call.set {
		return false
	}
	if n := len(d.report.Goroutines); n > 0 {
		return len(d.report.Goroutines[n-1].Frames) > 0
	}
	return len(d.report.RuntimeStack)+len(d.report.Loose) > 0
}
