package explain

import (
	"regexp"
	"slices"
	"strings"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/internal/gobin"
	"github.com/backstop-go/backstop/lab/scenario"

	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun"
)

// A Step is one function on the way to the end.
type Step struct {
	Part string `json:"part"` // heading: how it was raised, what happens then
	Func string `json:"func"`
	File string `json:"file"` // below GOROOT/src, or below the lab's module
	Line int    `json:"line"` // where the function is declared
	End  int    `json:"end"`
	Says string `json:"says,omitempty"`

	// At is the line in it where it went on, as the traceback has it; Seen says
	// that the traceback shows this step.
	At     int    `json:"at,omitempty"`
	AtText string `json:"at_text,omitempty"`
	Seen   bool   `json:"seen"`

	// Caller and CallLine say where an earlier step calls this one, for what no
	// traceback shows.
	Caller   string  `json:"caller,omitempty"`
	CallLine int     `json:"call_line,omitempty"`
	Quotes   []Quote `json:"quotes,omitempty"`

	decl *Decl
}

// A Quote is a line of the installed toolchain.
type Quote struct {
	Line int    `json:"line"`
	Text string `json:"text"`
}

const (
	maxQuotes = 4
	maxQuote  = 66 // characters

	partRaised   = "how it was raised"
	partUnwind   = "then the deferred calls run"
	partDie      = "nobody recovered: the end"
	partFatal    = "what a fatal error does"
	partRecover  = "when a deferred call recovers"
	partSignal   = "what a signal does"
	partExit     = "the end of the process"
	partDeadlock = "how it was noticed"
	partThread   = "what the thread did, on its own stack"
)

// path finds the functions that the run went through: those of the traceback,
// and those that the ones before them call, as this toolchain's source says.
func (m *maker) path() {
	r := m.deep
	row := m.e.Row
	switch {
	case row.Exit == labrun.Hang && r == nil:
		m.e.NoPath = "Nothing was raised: the process was alive and made no progress until the lab killed it. SIGQUIT would show where its goroutines wait."
	case row.Exit == labrun.Stopped:
		m.e.NoPath = "Nothing was raised: the kernel stopped the process, and no instruction of it ran any more."
	case r == nil && row.Signal != nil:
		m.killPath(*row.Signal)
	case r == nil:
		m.exitPath()
	case r.Kind == crash.KindRace:
		m.e.NoPath = "The report was printed by the race detector's own runtime, which is not written in Go and stops nobody: the process goes on."
	default:
		m.crashPath(r)
	}
}

func (m *maker) crashPath(r *crash.Report) {
	raised := m.frames(r)
	switch {
	case len(r.RuntimeStack) > 0 && r.Kind == crash.KindFatal:
		m.frameSteps("where the goroutine was", raised)
		raised = fold(reversed(r.RuntimeStack))
		m.frameSteps(partThread, raised)
	case r.Kind == crash.KindSignal:
		m.frameSteps("where it was when the signal came", raised)
	case has(raised, "runtime.sigpanic"):
		i := slices.IndexFunc(raised, func(f crash.Frame) bool { return f.Func == "runtime.sigpanic" })
		m.frameSteps(partRaised, raised[:i])
		m.chain("the processor faults, and the signal comes", "", "runtime.sigtramp", "runtime.sigtrampgo", "runtime.sighandler", "runtime.(*sigctxt).preparePanic")
		m.frameSteps("which becomes", raised[i:])
	case r.Kind == crash.KindFatal && !has(raised, "runtime.throw") && !has(raised, "runtime.fatal"):
		m.frameSteps("where the goroutine was", raised)
	default:
		m.frameSteps(partRaised, raised)
	}
	if r.Class == "fatal.deadlock" {
		m.chain(partDeadlock, "", "runtime.checkdead", "runtime.fatal?")
	}
	switch {
	case r.Kind == crash.KindSignal:
		m.signalPath()
	case r.Kind == crash.KindFatal || m.onPath("runtime.throw") != nil || m.onPath("runtime.fatal") != nil:
		m.chain(partFatal, "", "runtime.fatal?", "runtime.fatalthrow", "runtime.startpanic_m", "runtime.dopanic_m")
		m.lastCalls(partFatal)
	case r.Kind == crash.KindPanic:
		m.panicPath(r)
	}
}

func (m *maker) panicPath(r *crash.Report) {
	m.chain(partUnwind, "runtime.gopanic", "runtime.(*_panic).start", "runtime.addOneOpenDeferFrame", "runtime.(*_panic).nextDefer", "runtime.(*_panic).nextFrame", "runtime.runOpenDeferFrame")
	if !r.Recovered {
		m.chain(partDie, "", "runtime.preprintpanics", "runtime.fatalpanic", "runtime.startpanic_m", "runtime.printpanics", "runtime.dopanic_m")
		m.lastCalls(partDie)
	}
	if caught := m.e.Row.Recovered; r.Recovered || caught != nil && *caught {
		m.chain(partRecover, "", "runtime.gorecover", "runtime.recovery", "runtime.deferreturn")
	}
}

// lastCalls are how the runtime leaves: by exit, or of SIGABRT where
// GOTRACEBACK=crash, or a host in C, asks for a core file.
func (m *maker) lastCalls(part string) {
	if m.e.Row.Signal != nil {
		m.chain(part, "", "runtime.crash", "runtime.dieFromSignal", "runtime.raise")
		return
	}
	m.chain(part, "", "runtime.exit")
}

// frames are those of the crash from the scenario's function inwards, outermost
// first.
func (m *maker) frames(r *crash.Report) []crash.Frame {
	frames := r.Loose
	if g := r.CrashGoroutine(); g != nil {
		frames = g.Frames
	}
	stack := reversed(frames)
	from := slices.IndexFunc(stack, func(f crash.Frame) bool { return m.isScenario(f.Func) })
	if from < 0 {
		from = slices.IndexFunc(stack, func(f crash.Frame) bool { return !startsGoroutine(f.Func) })
	}
	return fold(stack[max(from, 0):])
}

// startsGoroutine knows the frames that only lead to a scenario.
func startsGoroutine(fn string) bool {
	switch fn {
	case "runtime.goexit", "runtime.main", "main.main", "testing.tRunner":
		return true
	}
	return strings.HasPrefix(fn, modulePath+"harness.")
}

func (m *maker) isScenario(fn string) bool {
	return slices.ContainsFunc(m.funcs, func(f gobin.Func) bool { return f.Name == fn })
}

func reversed(frames []crash.Frame) []crash.Frame {
	out := slices.Clone(frames)
	slices.Reverse(out)
	return out
}

// fold leaves of a recursion its first and its last call.
func fold(stack []crash.Frame) []crash.Frame {
	var out []crash.Frame
	for i, f := range stack {
		inner := i > 0 && i+1 < len(stack) && stack[i-1].Func == f.Func && stack[i+1].Func == f.Func
		if !inner {
			out = append(out, f)
		}
	}
	return out
}

func has(frames []crash.Frame, fn string) bool {
	return slices.ContainsFunc(frames, func(f crash.Frame) bool { return f.Func == fn })
}

func (m *maker) frameSteps(part string, frames []crash.Frame) {
	for _, f := range frames {
		m.frameStep(part, f)
	}
}

func (m *maker) frameStep(part string, f crash.Frame) {
	name := f.Func
	if name == "panic" {
		name = "runtime.gopanic"
	}
	s := Step{Part: part, Func: name, File: strings.TrimPrefix(f.File, modulePath), At: f.Line, AtText: clip(m.sourceLine(f.File, f.Line), maxQuote), Seen: true}
	if d := m.declOf(name, f); d != nil {
		again := m.onPath(name) != nil
		m.declare(&s, d)
		if again {
			s.Says, s.Quotes = "once more", nil
		}
	} else {
		s.Line = m.startLine(name, f)
		s.Says = m.role(name)
	}
	m.e.Path = append(m.e.Path, s)
}

// declOf finds a frame's function in the toolchain: where the frame stands, or by
// its name.
func (m *maker) declOf(name string, f crash.Frame) *Decl {
	if strings.HasPrefix(f.File, modulePath) {
		return nil
	}
	if d := m.goroot.at(f.File, f.Line); d != nil {
		return d
	}
	return m.goroot.find(name)
}

// startLine finds where a function of the program is declared.
func (m *maker) startLine(name string, f crash.Frame) int {
	if m.bin == nil {
		return f.Line
	}
	funcs, err := m.bin.Lookup(name)
	if err != nil || len(funcs) == 0 || funcs[0].StartLine == 0 {
		return f.Line
	}
	return funcs[0].StartLine
}

var wrapperPart = regexp.MustCompile(`\.(gowrap|deferwrap)[0-9]+$`)

// role says what a function of the program is for.
func (m *maker) role(fn string) string {
	switch {
	case fn == "main.main":
		return "the program's main: it only chooses the scenario"
	case strings.Contains(fn, "._Cfunc_"):
		return "made by cgo: it calls the C function"
	case strings.HasPrefix(fn, "_cgoexp_"):
		return "made by cgo: C calls the exported function through it"
	case strings.HasPrefix(fn, modulePath+"harness."):
		return "the lab's harness: it calls the scenario's function"
	case len(m.e.Source) > 0 && m.isScenario(fn) && strings.HasSuffix(fn, "."+m.e.Source[0].Func):
		return "the scenario's function"
	case m.isScenario(fn) && wrapperPart.MatchString(fn):
		return "made by the compiler around a deferred or started call"
	case m.isScenario(fn) && closurePart.MatchString(fn):
		return "a function literal of the scenario"
	case m.isScenario(fn):
		return "a function of the scenario"
	}
	return ""
}

func (m *maker) declare(s *Step, d *Decl) {
	s.decl, s.File, s.Line, s.End = d, d.File, d.Line, d.End
	s.Says = says(s.Func, d)
	for _, key := range knownFuncs[s.Func].keys {
		if len(s.Quotes) == maxQuotes {
			break
		}
		if n := d.first(key); n > 0 && n != s.At && !slices.ContainsFunc(s.Quotes, func(q Quote) bool { return q.Line == n }) {
			s.Quotes = append(s.Quotes, Quote{n, clip(d.text(n), maxQuote)})
		}
	}
	slices.SortFunc(s.Quotes, func(a, b Quote) int { return a.Line - b.Line })
}

// first returns the first line of the body that matches, comments left out.
func (d *Decl) first(re *regexp.Regexp) int {
	for n := d.Line + 1; n <= d.End; n++ {
		if l := d.text(n); !strings.HasPrefix(l, "//") && re.MatchString(l) {
			return n
		}
	}
	return 0
}

// chain adds functions of the runtime that this release has and that an earlier
// step mentions. The first of a chain needs no caller; with a caller named, all
// do. A question mark leaves a function out that the path has already.
func (m *maker) chain(part, caller string, names ...string) {
	start := len(m.e.Path)
	for _, name := range names {
		name, optional := strings.CutSuffix(name, "?")
		if m.onPath(name) != nil {
			continue
		}
		if optional && !m.printedBy(name) {
			continue
		}
		d := m.goroot.find(name)
		if d == nil {
			continue
		}
		s := Step{Part: part, Func: name}
		m.declare(&s, d)
		s.Caller, s.CallLine = m.caller(name)
		if s.Caller == "" && (caller != "" || start < len(m.e.Path) && !called(name)) {
			continue // this release does without it
		}
		m.e.Path = append(m.e.Path, s)
	}
}

// called knows functions whose callers are no functions of the runtime: the
// compiler's code, the kernel, another name for the same code.
func called(name string) bool {
	switch name {
	case "runtime.gorecover", "runtime.deferreturn", "runtime.recovery", "runtime.sigtrampgo", "runtime.exit", "runtime.os_beforeExit", "runtime.syscall_Exit":
		return true
	}
	return false
}

// printedBy says whether throw or fatal raised a fatal error that the traceback
// does not show: fatal leaves the runtime's frames out.
func (m *maker) printedBy(name string) bool {
	return m.onPath("runtime.throw") == nil && m.onPath("runtime.fatal") == nil && name == "runtime.fatal"
}

func (m *maker) onPath(name string) *Step {
	for i := range m.e.Path {
		if m.e.Path[i].Func == name {
			return &m.e.Path[i]
		}
	}
	return nil
}

// caller finds the last step that mentions a function, and the line.
func (m *maker) caller(name string) (fn string, line int) {
	if byCompiler(name) {
		return "", 0
	}
	for i := len(m.e.Path) - 1; i >= 0; i-- {
		s := &m.e.Path[i]
		if s.decl == nil || name == "runtime.exit" && !exits(s.Func) {
			continue
		}
		if n := s.decl.mentions(name); n > 0 {
			return s.Func, n
		}
	}
	return "", 0
}

// byCompiler knows functions that compiled code calls, for the words recover and
// defer.
func byCompiler(name string) bool {
	return name == "runtime.gorecover" || name == "runtime.deferreturn"
}

// exits knows the functions that call exit as their last act, and not only when
// all else failed.
func exits(name string) bool {
	switch name {
	case "runtime.startpanic_m", "runtime.fatalsignal", "runtime.dieFromSignal":
		return false
	}
	return true
}

func (m *maker) signalPath() {
	m.sigtable(m.deep.Signal.Name)
	m.chain(partSignal, "", "runtime.sigtramp", "runtime.sigtrampgo", "runtime.sighandler", "runtime.fatalsignal", "runtime.tracebackothers")
	m.lastCalls(partSignal)
}

// killPath is for processes that a signal ended without a word.
func (m *maker) killPath(signal string) {
	flags := m.sigtable(signal)
	switch {
	case m.plain.OOM:
		m.e.NoPath = "There is no path through Go: the kernel's OOM killer sent SIGKILL when the cgroup had no memory left. No instruction of the process ran any more: no handler, no deferred call, no traceback."
	case signal == "SIGPIPE":
		m.chain(partSignal, "", "os.epipecheck", "runtime.os_sigpipe", "runtime.sigpipe", "runtime.dieFromSignal", "runtime.raise")
	case flags == "0" || flags == "":
		m.e.NoPath = "There is no path through Go: Go installs no handler for " + signal + ", and the kernel ended the process between two instructions: no deferred call, no traceback."
	case strings.Contains(flags, "_SigKill") && m.scenario.Program == "app":
		m.chain(partSignal, "", "runtime.sigtramp", "runtime.sigtrampgo", "runtime.sighandler", "runtime.dieFromSignal", "runtime.raise")
	default:
		m.e.NoPath = "The signal's default action ended the process: whatever raised it, the runtime printed nothing and no deferred call ran."
	}
}

// sigtable notes what the runtime's table says of a signal.
func (m *maker) sigtable(signal string) (flags string) {
	const file = "runtime/sigtab_linux_generic.go"
	row := regexp.MustCompile(`\{(.*), "` + regexp.QuoteMeta(signal) + `:`)
	for i, l := range m.goroot.lines(file) {
		if f := row.FindStringSubmatch(l); f != nil {
			m.e.Path = append(m.e.Path, Step{
				Part: partSignal, Func: "runtime.sigtable", File: file, Line: i + 1, End: i + 1, Says: sigFlags(f[1]),
				Quotes: []Quote{{i + 1, clip(strings.TrimSpace(l), maxQuote)}},
			})
			return f[1]
		}
	}
	return ""
}

func sigFlags(flags string) string {
	switch {
	case flags == "0":
		return "no flag: Go installs no handler, the kernel does what it does by default"
	case strings.Contains(flags, "_SigPanic"):
		return "_SigPanic: a panic when an instruction of Go raised it; when it was sent from outside, a traceback and exit"
	case strings.Contains(flags, "_SigThrow"):
		return "_SigThrow: a traceback and exit status 2, unless os/signal asked for it"
	case strings.Contains(flags, "_SigKill"):
		return "_SigKill: die of it in silence, unless os/signal asked for it"
	}
	return "neither kill nor throw: it is only handed to os/signal"
}

// exitCalls are what ends a process in a scenario's source, and the path from
// there.
var exitCalls = []struct {
	call *regexp.Regexp
	path []string
}{
	{regexp.MustCompile(`\blog\.Fatalf\(`), []string{"log.Fatalf"}},
	{regexp.MustCompile(`\blog\.Fatalln\(`), []string{"log.Fatalln"}},
	{regexp.MustCompile(`\blog\.Fatal\(`), []string{"log.Fatal"}},
	{regexp.MustCompile(`\bflag\.Parse\(`), []string{"flag.Parse", "flag.(*FlagSet).Parse"}},
	{regexp.MustCompile(`\bExitOnError\b`), []string{"flag.(*FlagSet).Parse"}},
	{regexp.MustCompile(`\bos\.Exit\(`), nil},
}

// exitPath is for processes that ended by themselves and printed no traceback.
func (m *maker) exitPath() {
	text := m.sourceText()
	if m.e.Row.Returned || m.e.Row.ClassifiedAs == scenario.None && m.e.Row.Exit == "0" && !strings.Contains(text, "os.Exit(") {
		m.chain(partExit, "", "runtime.main", "runtime.exit")
		return
	}
	for _, c := range exitCalls {
		if !c.call.MatchString(text) {
			continue
		}
		for _, name := range append(slices.Clone(c.path), "os.Exit") {
			m.chainAlways(name)
		}
		m.chain(partExit, "", "runtime.os_beforeExit", "runtime.syscall_Exit", "runtime.exit")
		return
	}
	m.e.NoPath = "There is no path through Go: " + m.otherWay(text)
}

// otherWay is how a process ended that did not ask the runtime.
func (m *maker) otherWay(text string) string {
	switch {
	case m.e.Row.Exit == "2" && len(m.plain.Stderr) == 0 && !strings.Contains(text, "Exit"):
		return "status 2 is what the runtime exits with after a traceback, but nobody got the text."
	case strings.Contains(text, "syscall.Exec("):
		return "the process became another program, which ended."
	case slices.Contains(m.program.Needs, scenario.CC):
		return "C code, or the C library, ended the process, and the Go runtime was not asked: no deferred call, no traceback."
	}
	return "the process left by a system call of its own, and the runtime was not asked: no deferred call, no traceback."
}

// chainAlways adds a function that the scenario calls itself, or the step before.
func (m *maker) chainAlways(name string) {
	d := m.goroot.find(name)
	if d == nil {
		return
	}
	s := Step{Part: partExit, Func: name}
	m.declare(&s, d)
	s.Caller, s.CallLine = m.caller(name)
	m.e.Path = append(m.e.Path, s)
}

func (m *maker) sourceText() string {
	var b strings.Builder
	for _, x := range m.e.Source {
		for _, l := range x.Lines {
			code, _, _ := strings.Cut(l, "//")
			b.WriteString(code + "\n")
		}
	}
	return b.String()
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
