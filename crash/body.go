package crash

import "bytes"

// An oddRun is a run of lines that were not understood. Whether they cost
// anything is known only later: a traceback that goes on behind them was
// interrupted, and one that does not had ended.
type oddRun struct {
	count int
	first int
	text  []byte
}

func (a *assembler) oddLine(line []byte) {
	if a.odd.count == 0 {
		a.odd.first = a.number
		a.odd.text = append(a.odd.text[:0], clip(line)...)
	}
	a.odd.count++
	a.remember(line)
	if a.odd.count > maxOdd {
		a.end()
	}
}

// good commits the odd lines before a line that was understood.
func (a *assembler) good() {
	if a.odd.count > 0 {
		a.cur.problems("unparsed_line", a.odd.first, a.odd.count, a.odd.text)
		a.odd.count = 0
	}
	a.nearby = false
	a.touch()
}

// bodyLine handles a line among stacks.
func (a *assembler) bodyLine(line []byte) {
	d := a.cur
	d.setMark()
	d.messageText(line)
	line = bytes.TrimRight(line, " \t")
	if len(line) == 0 {
		return
	}
	fence := a.fence
	a.fence = false
	if line[0] == '\t' || line[0] == ' ' {
		a.indented(line)
		return
	}
	switch line[0] {
	case 'g':
		if g, ok := a.looseHeader(line); ok {
			a.header(g)
			return
		}
		if isProfile(line) {
			a.begin(inProfile).profile = true
			return
		}
		if isUnavailable(line) {
			a.good()
			return
		}
	case 'c':
		if fn, id, ok := parseCreatedBy(line); ok {
			a.good()
			d.createdBy(fn, id)
			return
		}
	case '.', 0xe2:
		if n, ok := parseElided(line); ok {
			a.good()
			d.elided(n)
			return
		}
	case '[':
		if bytes.HasPrefix(line, []byte("[originating from goroutine ")) {
			a.good()
			d.ancestor(line)
			return
		}
		line = cutFP(line)
		if s, ok := parseBracketSignal(line); ok && d.report.Signal.Name == "" {
			a.good()
			d.report.Signal = s
			return
		}
	case 'n':
		if bytes.HasPrefix(line, []byte("non-Go function")) {
			a.good()
			d.pendBare("non-Go function")
			return
		}
	case 'r':
		if isRuntimeStack(line) {
			a.good()
			d.runtimeStack()
			return
		}
	case '-':
		if string(line) == "-----" {
			a.threads, a.fence = true, true
		} else if !isStackMark(line) {
			break
		}
		a.good()
		return
	case 'S':
		if fence && bytes.HasPrefix(line, []byte("SIG")) {
			a.good() // another thread, told to print its stack
			return
		}
	}
	odd := a.odd.count
	if a.otherLine(line); a.odd.count > odd {
		a.fence = fence
	}
}

// otherLine handles the lines of a body that have no first letter of their own.
func (a *assembler) otherLine(line []byte) {
	d := a.cur
	line = dots(line)
	if fn, args, ok := cutCall(line); ok && plausibleFunc(fn) && !d.closed() {
		if string(fn) == "runtime/debug.Stack" && len(*d.frames()) > 0 {
			d = a.begin(inBody) // it calls nobody: this is another stack
			d.report.Truncated = true
		}
		a.good()
		d.pend(fn, args)
		return
	}
	if isEndMark(line) {
		a.end()
		return
	}
	if fn, pos, ok := cutAt(line); ok && !d.closed() {
		a.good()
		d.pend(fn, nil)
		d.position(pos)
		return
	}
	if signal := d.report.Signal; a.threads && d.signalDetail(line) {
		d.report.Signal = signal // that of another thread
		a.good()
		return
	}
	if c, ok := parseCause(line); ok {
		if a.odd.count == 0 && d.duplicate(c) {
			return
		}
		a.nearby = false
		a.start(line)
		return
	}
	if pos, ok := parsePos(line); ok && looksLikePos(line, pos) {
		if d.call.set && !d.call.bare || a.takeAbove(pos) {
			a.good()
			d.problem("unindented_position", a.number, line)
			d.position(pos)
			return
		}
	}
	if isRegister(line) || isHexdump(line) || bytes.HasPrefix(line, []byte("runtime: ")) || d.signalDetail(line) {
		return
	}
	a.oddLine(line)
}

// takeAbove turns the line above, which was not understood, into the call whose
// file line has come: C functions have no parentheses, functions of the runtime
// written in C have no package (until Go 1.4), and names with a struct type in
// them hold spaces (until Go 1.17).
func (a *assembler) takeAbove(pos filePos) bool {
	if a.odd.count == 0 || !a.nearby || a.cur.closed() {
		return false
	}
	c, ok := cutAbove(a.before, pos)
	if !ok || !a.cur.continues(c) || a.blank && c.style == bareCall {
		return false
	}
	a.odd.count-- // it was no odd line after all
	a.good()
	a.cur.pendCall(c)
	return true
}

// anotherStack reports whether the file line of a frame belongs to a stack of
// its own: lines stand between that and the last one, and it is written in
// another way, or it is the stack of an error that wraps the last one's
// (github.com/pkg/errors, "%+v").
func (a *assembler) anotherStack(pos filePos) bool {
	d := a.cur
	if a.odd.count < 2 || d.call.set || !a.nearby || a.blank {
		return false
	}
	c, ok := cutAbove(a.before, pos)
	if !ok {
		return false
	}
	wrapped := d.kind == "" && len(d.report.Goroutines)+len(d.report.RuntimeStack) == 0 && !d.report.Truncated
	return wrapped || !d.closed() && !d.continues(c)
}

// indented handles file lines and the few other lines that stand under others.
func (a *assembler) indented(line []byte) {
	d := a.cur
	text := bytes.TrimSpace(line)
	if pos, ok := parseBelow(line); ok {
		if a.anotherStack(pos) && a.headless(pos) {
			return
		}
		if d.call.set || a.takeAbove(pos) {
			a.good()
			d.position(pos)
			return
		}
	}
	switch {
	case isUnavailable(text):
		a.good()
		return
	case isHexdumpNote(text):
		return
	case d.call.set && d.call.bare && bytes.HasPrefix(text, []byte("pc=0x")):
		a.good()
		d.position(filePos{})
		return
	}
	a.oddLine(line)
}

// looseHeader is parseHeader for places where a header is likely: the colon may
// have been cut off.
func (a *assembler) looseHeader(line []byte) (Goroutine, bool) {
	if g, ok := parseHeader(line); ok || line[len(line)-1] != ']' && line[len(line)-1] != '}' {
		return g, ok
	}
	a.colon = append(append(a.colon[:0], line...), ':')
	return parseHeader(a.colon)
}

// header handles a goroutine header among stacks: one more goroutine, or the
// beginning of another crash without a headline.
func (a *assembler) header(g Goroutine) {
	d := a.cur
	interrupted := a.nearby && !a.blank && len(d.report.Goroutines) > 0 && d.headed()
	// A traceback that has blank lines between its goroutines begins with a
	// running one and no blank line.
	spliced := !a.blank && a.spaced && !a.threads && !d.mayForge()
	a.spaced = a.spaced || a.blank
	if g.State == "running" && !d.mayQuote() && d.single() || d.report.Recovered && len(d.report.Goroutines) > 0 ||
		g.State == "running" && (interrupted || spliced) && d.complete() {
		a.begin(inBody).goroutine(g, a.blank)
		return
	}
	a.good()
	d.goroutine(g, a.blank)
}

// isUnavailable recognises what stands instead of a stack that cannot be walked
// (runtime/traceback.go, tracebackothers).
func isUnavailable(text []byte) bool {
	return bytes.HasPrefix(text, []byte("goroutine running on other thread")) || bytes.HasPrefix(text, []byte("goroutine in C code"))
}

// isEndMark recognises what stands below the traceback of a dead process: what
// go run, go test, make and shells say about it.
func isEndMark(line []byte) bool {
	line = bytes.TrimRight(line, " \t")
	if len(line) < 5 {
		return false
	}
	switch line[0] {
	case 'e':
		number, ok := bytes.CutPrefix(line, []byte("exit status "))
		if !ok {
			number, ok = bytes.CutPrefix(line, []byte("exit code: ")) // lib/wasm/wasm_exec.js
		}
		return ok && len(number) > 0 && digits(number) == len(number)
	case 's':
		name, ok := bytes.CutPrefix(line, []byte("signal: ")) // os/exec, ExitError
		return ok && deathNames[string(bytes.TrimSuffix(name, []byte(" (core dumped)")))]
	case 'F':
		return bytes.HasPrefix(line, []byte("FAIL\t")) || bytes.HasPrefix(line, []byte("FAIL    ")) // cmd/go, test.go
	case '*':
		return bytes.HasPrefix(line, []byte("*** Test killed"))
	case 'm':
		return bytes.HasPrefix(line, []byte("make")) && bytes.Contains(line, []byte(": *** ["))
	}
	return bytes.HasSuffix(line, []byte("(core dumped)")) && len(line) < 50
}

// deathNames are the names of the signals that kill (syscall/zerrors_*.go).
var deathNames = map[string]bool{
	"abort trap": true, "aborted": true, "bus error": true, "floating point exception": true,
	"hangup": true, "illegal instruction": true, "interrupt": true, "killed": true, "quit": true,
	"segmentation fault": true, "terminated": true, "trace/BPT trap": true, "trace/breakpoint trap": true,
}

// isRegister recognises a line of the register dump printed for signals
// (runtime/signal_*.go, dumpregs): "rax    0x0", and on some architectures two
// registers in a line, "r0   0x0\tr1   0x0".
func isRegister(line []byte) bool {
	pairs := 0
	for {
		line = bytes.TrimLeft(line, " \t")
		if len(line) == 0 {
			return pairs > 0
		}
		if pairs++; pairs > 2 {
			return false
		}
		name := bytes.IndexAny(line, " \t")
		if name <= 0 || name > 8 {
			return false
		}
		value, ok := bytes.CutPrefix(bytes.TrimLeft(line[name:], " \t"), []byte("0x"))
		n := digitsHex(value)
		if !ok || n == 0 || n < len(value) && value[n] != ' ' && value[n] != '\t' {
			return false
		}
		line = value[n:]
	}
}

// isStackMark recognises what Go 1.0 to 1.3 printed where a stack of several
// segments went on in another one (runtime/traceback_x86.c, gentraceback):
// "----- stack segment boundary -----".
func isStackMark(line []byte) bool {
	text, ok := bytes.CutPrefix(line, []byte("----- "))
	if !ok {
		return false
	}
	text, ok = bytes.CutSuffix(text, []byte(" -----"))
	return ok && (string(text) == "stack segment boundary" || bytes.Contains(text, []byte("stack called from goroutine ")))
}

// cutFP drops the frame pointer that Go 1.0 printed before the calls of a
// thread that threw: "[fp=0x7fff5fbff6c8] runtime.throw(0x5b1e6f, 0x0)".
func cutFP(line []byte) []byte {
	if rest, ok := bytes.CutPrefix(line, []byte("[fp=0x")); ok {
		if rest, ok := bytes.CutPrefix(rest[digitsHex(rest):], []byte("] ")); ok {
			return rest
		}
	}
	return line
}

// isHexdump recognises the stack memory that the runtime shows when it cannot
// unwind a stack (runtime/traceback.go, tracebackHexdump):
//
//	stack: frame={sp:0xc00006be40, fp:0x0} stack=[0xc00006a000,0xc00006c000)
//	                   7 6 5 4  3 2 1 0   f e d c  b a 9 8  0123456789abcdef
//	000000c00006bd40: 000000c0 0006bda0  00000000 00410ba5  .}1.G.....A.....
//	                                     ^ <main.main+0x15e>
//
// Until Go 1.25 addresses begin with 0x and notes stand beside their words.
func isHexdump(line []byte) bool {
	if bytes.HasPrefix(line, []byte("stack: frame={sp:")) {
		return true
	}
	line = bytes.TrimPrefix(line, []byte("0x"))
	n := digitsHex(line)
	return (n == 16 || n == 8) && len(line) > n+2 && line[n] == ':' && line[n+1] == ' '
}

// isHexdumpNote recognises the indented lines of a hexdump, without the
// indentation.
func isHexdumpNote(text []byte) bool {
	for _, prefix := range [...]string{"^ <", "^ SP", "^ FP", "^ bad", "7 6 5 4  3 2 1 0", "3 2 1 0  7 6 5 4"} {
		if bytes.HasPrefix(text, []byte(prefix)) {
			return true
		}
	}
	return false
}

// clip bounds a line kept as an example.
func clip(line []byte) []byte { return line[:min(len(line), 200)] }
