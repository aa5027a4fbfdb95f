package explain

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/lab/scenario"

	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun"
)

// A Line is one of the traceback, with what it means.
type Line struct {
	Text string `json:"text"`
	Says string `json:"says,omitempty"`
	// Source is the line of source that a position names.
	Source string `json:"source,omitempty"`
	// Hidden is the number of lines that were left out behind it.
	Hidden int `json:"hidden,omitempty"`
}

const (
	maxGoroutines = 2  // shown with frames
	maxFrames     = 14 // of one goroutine
	maxLines      = 80
	maxLine       = 600 // bytes
)

// The forms of lines.
var (
	goroutineLine = regexp.MustCompile(`^goroutine (\d+) (?:(gp=\S+ m=\S+(?: mp=\S+)?) )?\[([^\]]+)\](.*):$`)
	positionLine  = regexp.MustCompile(`^\t(.+):(\d+)( \+0x[0-9a-f]+)?( fp=\S+ sp=\S+ pc=\S+)?$`)
	createdLine   = regexp.MustCompile(`^created by (.+?)( in goroutine \d+)?$`)
	signalLine    = regexp.MustCompile(`^\[signal (SIG\w+)`)
	sigNameLine   = regexp.MustCompile(`^SIG[A-Z0-9]+: `)
	pcLine        = regexp.MustCompile(`^PC=0x[0-9a-f]+ m=`)
	registerLine  = regexp.MustCompile(`^(r\w+|[cfg]s|eflags|rflags) +0x[0-9a-f]+$`)
	dumpLine      = regexp.MustCompile(`^[0-9a-f]{8,16}:  |^ {10,}|^stack: frame=`)
	elidedLine    = regexp.MustCompile(`^\.\.\.(\d+|additional) .*frames elided`)
)

// annotator goes through a traceback line by line. What was explained once is
// not explained again.
type annotator struct {
	m          *maker
	out        []Line
	told       map[string]bool
	goroutines int
	frames     int
	hiding     bool
	lastFunc   string
}

func (m *maker) traceback() {
	text := m.plain.Stderr
	if len(text) == 0 {
		text = m.plain.CrashOutput
	}
	if strings.TrimSpace(string(text)) == "" {
		return
	}
	a := &annotator{m: m, told: make(map[string]bool)}
	for _, l := range strings.Split(strings.TrimRight(string(text), "\n"), "\n") {
		a.line(l)
	}
	m.e.Traceback = a.out
	m.ending()
}

// ending says what the parent learns, which is no part of the text.
func (m *maker) ending() {
	r := m.e.Row
	switch {
	case r.Signal != nil:
		m.e.Traceback = append(m.e.Traceback, Line{Text: "signal: " + *r.Signal, Says: "not part of the text: the wait status that the parent gets; go run prints it"})
	case r.Exit != "" && r.Exit != "0" && r.Exit != labrun.Hang && r.Exit != labrun.Stopped:
		m.e.Traceback = append(m.e.Traceback, Line{Text: "exit status " + string(r.Exit), Says: "not part of the text: the wait status that the parent gets; go run prints it like this"})
	}
}

// once says something the first time.
func (a *annotator) once(key, text string) string {
	if a.told[key] {
		return ""
	}
	a.told[key] = true
	return text
}

func (a *annotator) add(text, says string) { a.out = append(a.out, Line{Text: text, Says: says}) }

func (a *annotator) hide() {
	if n := len(a.out); n > 0 {
		a.out[n-1].Hidden++
	}
}

func (a *annotator) line(l string) {
	if len(l) > maxLine {
		l = strings.ToValidUTF8(l[:maxLine], "") + fmt.Sprintf(" … (%d more bytes)", len(l)-maxLine)
	}
	if len(a.out) >= maxLines {
		a.hide()
		return
	}
	if g := goroutineLine.FindStringSubmatch(l); g != nil {
		a.goroutine(l, g)
		return
	}
	if a.hiding {
		if l == "" || strings.HasPrefix(l, "panic: ") || strings.HasPrefix(l, "fatal error: ") {
			a.hiding = false
		} else {
			a.hide()
			return
		}
	}
	switch {
	case l == "":
		a.add("", "")
	case strings.HasPrefix(strings.TrimLeft(l, "\t"), "panic: "):
		a.add(l, a.panicLine(l))
	case strings.HasPrefix(strings.TrimLeft(l, "\t"), "fatal error: "):
		a.add(l, "the headline: the runtime gave up by throw or fatal. There is no panic, so no recover sees it"+a.lacking(l))
	case signalLine.MatchString(l):
		a.add(l, "the panic began as a signal from the processor: code says why (1: nothing is mapped there), addr is the address touched, pc the instruction")
	case sigNameLine.MatchString(l):
		a.add(l, "the headline of a signal: the runtime's handler prints, nothing was raised")
	case pcLine.MatchString(l):
		a.add(l, "where the thread was when the signal came; sigcode 0 says that kill(2) sent it")
	case l == "runtime stack:":
		a.frames = 0
		a.add(l, "the stack of the thread itself (g0), on which the runtime works; no goroutine stands here")
	case strings.HasPrefix(l, "created by "):
		a.created(l)
	case positionLine.MatchString(l):
		a.position(l)
	case elidedLine.MatchString(l):
		a.add(l, "the runtime prints the innermost 50 and the outermost 50 frames of a deep stack")
	case registerLine.MatchString(l):
		if says := a.once("registers", "the registers of the thread when the signal came"); says != "" {
			a.add(l, says)
		} else {
			a.hide()
		}
	case dumpLine.MatchString(l):
		if says := a.once("dump", "memory around the frame, for those who debug the runtime"); says != "" {
			a.add(l, says)
		} else {
			a.hide()
		}
	case frameForm.MatchString(l):
		a.frame(l)
	case strings.Contains(l, "panic serving"):
		a.add(l, "net/http logs a panic that its own deferred recover caught: the value, then debug.Stack; the process goes on")
	default:
		a.add(l, a.otherLine(l))
	}
}

var frameForm = regexp.MustCompile(`^[\p{L}_].*\)$`)

func (a *annotator) panicLine(l string) string {
	var says string
	switch {
	case strings.HasPrefix(l, "\t"):
		says = "a later panic, raised while the one above was running its deferred calls"
	case a.told["headline"]:
		says = "one more panic of the chain"
	default:
		says = "the headline: the value of the panic, printed by runtime.printpanics"
	}
	a.told["headline"] = true
	switch {
	case strings.HasSuffix(l, "[recovered, repanicked]"):
		says += "; it was recovered, and the same value was raised again"
	case strings.HasSuffix(l, "[recovered]"):
		says += "; a deferred call had recovered it before the next one was raised"
	}
	if strings.Contains(l, "panic: runtime error: ") {
		says += "; \"runtime error\" says that the value is a runtime.Error"
	}
	if strings.HasSuffix(l, " [recovered]") || !strings.HasPrefix(l, "\t") {
		says += a.lacking(l)
	}
	return says
}

// lacking says whether the crash output is without a line.
func (a *annotator) lacking(l string) string {
	for _, missing := range a.m.e.Row.Missing {
		if missing == numbers.ReplaceAllString(l, "0x?") {
			return "; debug.SetCrashOutput does not get this line"
		}
	}
	return ""
}

func (a *annotator) goroutine(l string, g []string) {
	a.goroutines++
	a.frames, a.hiding = 0, a.goroutines > maxGoroutines
	state, _, _ := strings.Cut(g[3], ",")
	says := "a goroutine, its number and its state"
	switch {
	case a.m.report != nil && a.m.report.Recovered && a.goroutines == 1:
		says = "the goroutine whose panic was caught, by its number"
	case state == "running" && a.goroutines == 1:
		says = "the goroutine that died, by its number (1 is main's); running: it was on a thread"
	case a.goroutines > maxGoroutines:
		says = "one more goroutine"
	case state != "running" && state != "runnable" && state != "syscall":
		says = "a goroutine that waits; in brackets what for, and for how many minutes when it is one or more"
	}
	if strings.Contains(g[3], "locked to thread") {
		says += "; locked to thread: it called runtime.LockOSThread"
	}
	if g[2] != "" {
		says += a.once("gp", "; gp, m and mp are addresses and the number of its g and its thread: since Go 1.22, for throws and signals")
	}
	a.add(l, says)
}

func (a *annotator) frame(l string) {
	a.frames++
	if a.frames > maxFrames {
		a.hide()
		return
	}
	fn, args := splitCall(l)
	a.lastFunc = fn
	says := a.m.role(fn)
	if fn == "panic" {
		says = "gopanic, for the panic before it"
		if text := a.once("panic frame", "runtime.gopanic, under the name of the builtin: it is running deferred calls, or dying"); text != "" {
			says = text
		}
	} else if says == "" {
		says = tells(fn, a.m)
	}
	says = strings.TrimPrefix(says+a.arguments(args), "; ")
	a.add(l, says)
}

// tells is says for the toolchain at hand; of a function that we have no
// sentence for, it says whose it is.
func tells(name string, m *maker) string {
	d := m.goroot.find(name)
	if text := says(name, d); text != "" {
		return text
	}
	if dir, _ := splitFunc(name); len(m.goroot.files(dir)) > 0 {
		return "package " + dir
	}
	return ""
}

func (a *annotator) arguments(args string) string {
	switch {
	case args == "...":
		return a.once("inlined", "; (...): inlined, it has no frame of its own, and arguments are not known")
	case args == "":
		return ""
	}
	text := a.once("args", "; in parentheses the words of the arguments, in hexadecimal")
	if strings.Contains(args, "{") {
		text += a.once("braces", "; {} is one argument of several words: a string, slice, interface or struct")
	}
	if strings.Contains(args, "?") {
		text += a.once("stale", "; ? says that the word may be old: it was passed in a register that was used again")
	}
	return text
}

func splitCall(l string) (fn, args string) {
	depth := 0
	for i := len(l) - 1; i >= 0; i-- {
		switch l[i] {
		case ')':
			depth++
		case '(':
			if depth--; depth == 0 {
				return l[:i], l[i+1 : len(l)-1]
			}
		}
	}
	return l, ""
}

func (a *annotator) position(l string) {
	if a.frames > maxFrames {
		a.hide()
		return
	}
	p := positionLine.FindStringSubmatch(l)
	if p == nil {
		return
	}
	var line int
	_, _ = fmt.Sscan(p[2], &line)
	says := ""
	if p[3] != "" && a.atFault() {
		says = "file and line of the instruction at which the signal came; " + strings.TrimSpace(p[3]) + " is that instruction, counted from the function's first"
	} else if p[3] != "" {
		says = a.once("offset", "file and line of the call that did not return; "+strings.TrimSpace(p[3])+" is the return address, counted from the function's first instruction")
	} else if a.lastFunc != "" {
		says = a.once("no offset", "without +0x: the place inside an inlined call")
	}
	if p[4] != "" {
		says += a.once("fp", "; fp and sp are the ends of the frame on the stack, pc the address of the instruction")
	}
	a.out = append(a.out, Line{Text: l, Says: strings.TrimPrefix(says, "; "), Source: a.m.sourceLine(p[1], line)})
}

// atFault reports whether this is the frame that a signal interrupted: the
// first one of the goroutine that died, frames of the runtime left out.
func (a *annotator) atFault() bool {
	return a.goroutines <= 1 && a.frames == 1 && a.m.report != nil && a.m.report.Signal.Name != "" && a.lastFunc != "panic" && !strings.HasPrefix(a.lastFunc, "runtime.")
}

func (a *annotator) created(l string) {
	c := createdLine.FindStringSubmatch(l)
	a.lastFunc = ""
	a.frames = 0
	says := "not a frame: the go statement that started this goroutine stands in that function. Its stack is elsewhere, or gone"
	if c != nil && c[2] != "" {
		says += a.once("in goroutine", "; since Go 1.21 the goroutine that ran it is named")
	}
	a.add(l, says)
}

func (a *annotator) otherLine(l string) string {
	switch {
	case strings.HasPrefix(l, "exit status "):
		return "printed by go run or go test"
	case strings.HasPrefix(l, "runtime: "):
		return "what the runtime found before it gave up" + a.lacking(l)
	case strings.HasPrefix(l, "unexpected fault address"):
		return "the address that was touched: no nil dereference, so no panic"
	case strings.HasPrefix(l, "stack: frame="), strings.HasPrefix(l, "\t") && a.told["headline"] && a.goroutines == 0:
		return "the value goes on: its lines are indented by a tab since Go 1.23"
	case l == "signal arrived during cgo execution":
		return "the thread was in C code: the frames are those of the Go code that called it"
	case l == "==================", strings.HasPrefix(l, "WARNING: DATA RACE"):
		return a.once("race", "a report of the race detector, which is a runtime of its own and not written in Go")
	case raceAccess.MatchString(l):
		return "one of the two accesses, then its stack; frames here are indented, and have no arguments"
	case strings.HasPrefix(l, "Goroutine ") && strings.HasSuffix(l, "created at:"):
		return "where that goroutine was started"
	case strings.Contains(l, "AddressSanitizer"):
		return a.once("asan", "a report of the address sanitizer, a C library: nothing of Go prints it")
	case strings.HasPrefix(l, "terminate called"):
		return "printed by the C++ runtime, before it calls abort"
	case strings.HasPrefix(l, "[originating from goroutine") || strings.HasPrefix(l, "[goroutine "):
		return "where an ancestor was started"
	}
	switch {
	case a.goroutines > 0 || a.frames > 0 || a.told["race"]:
		return ""
	case slices.Contains(a.m.program.Needs, scenario.CC):
		return a.once("own text", "text of the program, or of the C library")
	case a.told["headline"] && a.m.report != nil && a.m.report.Kind == crash.KindPanic:
		return a.once("value", "the value goes on in this line")
	}
	return a.once("own text", "text of the program, or what the runtime found before it gave up")
}

var raceAccess = regexp.MustCompile(`^(Previous |Atomic |Previous atomic )?(Read|Write|read|write) (at 0x|of size)`)
