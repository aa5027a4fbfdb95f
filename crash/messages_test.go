package crash

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A message is one row of testdata/messages.tsv: a text that a Go program can
// die with, as the sources of the toolchains have it.
type message struct {
	kind     string // throw, fatal, panic; stderr, cgo: written by hand before the end
	versions string // "1.4-1.8,1.21-1.27"
	text     string
	open     bool // more follows the text
	places   []place
}

// A place is where a message comes from. A file is given only where it tells
// something.
type place struct {
	function, file string
}

// readMessages reads the table that internal/gen made.
func readMessages(tb testing.TB) []message {
	tb.Helper()
	data, err := os.ReadFile("testdata/messages.tsv")
	if err != nil {
		tb.Fatal(err)
	}
	var all []message
	for _, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, "\t")
		if len(fields) != 4 {
			tb.Fatalf("messages.tsv: %q has %d fields", line, len(fields))
		}
		m := message{kind: fields[0], versions: fields[1]}
		quoted, open := strings.CutSuffix(fields[2], "...")
		if m.text, err = strconv.Unquote(quoted); err != nil {
			tb.Fatalf("messages.tsv: %s: %v", fields[2], err)
		}
		m.open = open
		for _, s := range strings.Fields(fields[3]) {
			p := place{function: s}
			if i := strings.LastIndexByte(s, '('); strings.HasSuffix(s, ")") {
				p = place{s[:i], s[i+1 : len(s)-1]}
			}
			// Linked into the runtime by this name (internal/runtime/maps/runtime.go).
			p.function = strings.Replace(p.function, "internal/runtime/maps.runtime_", "runtime.", 1)
			if p.function == "runtime.gopanic" {
				p.function = "panic" // runtime/traceback.go, printFuncName
			}
			m.places = append(m.places, p)
		}
		all = append(all, m)
	}
	if len(all) < 2000 {
		tb.Fatalf("messages.tsv has %d rows only", len(all))
	}
	return all
}

// since reports whether a message occurs in a Go 1 minor version or a later one.
func (m *message) since(minor int) bool {
	last := m.versions[strings.LastIndexAny(m.versions, ".")+1:]
	n, err := strconv.Atoi(last)
	return err == nil && n >= minor
}

// report is what the headline alone makes of a message.
func (m *message) report() *Report {
	r := &Report{Kind: KindFatal, Crash: -1, Message: strings.TrimPrefix(m.text, "fatal: "), HasMessage: true}
	if m.kind == "panic" {
		r.Kind = KindPanic
	}
	switch {
	case m.text == "value method ": // runtime/error.go, panicwrap: from the caller's name
		r.Message = "value method main.T.M called using nil *T pointer"
	case m.open:
		r.Message += "what varies"
	}
	return r
}

// thrownAt adds the frames that a traceback shows of a throw: those of the
// runtime, whatever GOTRACEBACK says (runtime/traceback.go, showframe). What
// runtime.fatal ends shows none of them, but those of other packages.
func (m *message) thrownAt(r *Report, p place) *Report {
	pkg, _ := cutFunc(p.function)
	if pkg == "" {
		pkg = "runtime"
	}
	stack := []Frame{{Func: "main.f", File: "/src/main.go"}}
	if m.kind == "throw" || pkg != "runtime" {
		stack = append([]Frame{{Func: pkg + "." + m.kind, File: pkg + "/panic.go"}, {Func: p.function, File: pkg + "/" + p.file}}, stack...)
	}
	r.Goroutines, r.Crash = []Goroutine{{ID: 1, State: "running", Frames: stack}}, 0
	return r
}

// headless is a message's report without its headline. All frames are shown
// from GOTRACEBACK=system on.
func (m *message) headless(p place, all bool) *Report {
	r := m.thrownAt(&Report{Kind: KindFatal}, p)
	if m.kind != "panic" && !all {
		return r
	}
	first := "runtime.fatal"
	if m.kind == "panic" {
		r.Kind, first = KindPanic, "panic"
	}
	r.Goroutines[0].Frames = []Frame{{Func: first}, {Func: p.function, File: "runtime/" + p.file}, {Func: "main.f"}}
	return r
}

// generic reports whether a class says no more than the kind does.
func generic(c Class) bool {
	return c == "fatal.runtime" || c == "panic.runtime" || c == "panic.custom"
}

// inRuntime reports whether a panic is one of the runtime's, or of the packages
// below the standard library that share its work.
func (m *message) inRuntime() bool {
	for _, p := range m.places {
		for _, prefix := range []string{"runtime.", "sync.", "sync/atomic.", "internal/"} {
			if strings.HasPrefix(p.function, prefix) {
				return true
			}
		}
	}
	return false
}

// Every text that a fatal error or a panic of the runtime can have is of a
// class that says what happened, by itself or with the frames that stand below
// it, or is one of those of which no more can be said.
func TestEveryMessageHasAClass(t *testing.T) {
	type message struct {
		kind Kind
		text string
	}
	reviewed := make(map[message]bool)
	for _, g := range genericMessages {
		for _, text := range g.texts {
			if reviewed[message{g.kind, text}] {
				t.Errorf("%q stands in genericMessages twice", text)
			}
			reviewed[message{g.kind, text}] = true
		}
	}
	checked := 0
	met := make(map[message]bool)
	for _, m := range readMessages(t) {
		if m.kind == "panic" && !m.inRuntime() {
			continue
		}
		checked++
		id := message{m.report().Kind, m.text}
		met[id] = true
		said := !generic(Classify(m.report()))
		if !said && m.kind == "throw" && len(m.places) > 0 {
			said = !slices.ContainsFunc(m.places, func(p place) bool { return generic(Classify(m.thrownAt(m.report(), p))) })
		}
		switch {
		case said && reviewed[id]:
			t.Errorf("%q has class %s and stands in genericMessages: take it out there", m.text, Classify(m.report()))
		case !said && !reviewed[id] && m.kind == "panic":
			t.Errorf("%q, a panic of Go %s in %v, has no class. Give it a row in panicTexts (crash/rules.go), or, when nothing can be said of it but what it says itself, add it to genericMessages (crash/generic_test.go)", m.text, m.versions, m.places)
		case !said && !reviewed[id]:
			t.Errorf("%q, a fatal error of Go %s in %v, has no class. Give it a row in fatalTexts (crash/rules_fatal.go), or its function or file one in fatalFuncs or fatalFiles (crash/rules_throw.go), or, when nothing can be said of it but what it says itself, add it to genericMessages (crash/generic_test.go)", m.text, m.versions, m.places)
		}
	}
	for id := range reviewed {
		if !met[id] {
			t.Errorf("%q stands in genericMessages, and no toolchain has it", id.text)
		}
	}
	if checked < 1500 {
		t.Errorf("only %d messages checked", checked)
	}
}

// moreReports are crashes that the table of messages cannot show.
func moreReports() []*Report {
	panicked := func(message string) *Report {
		return &Report{Kind: KindPanic, Crash: -1, Message: message, HasMessage: true}
	}
	called := func(kind Kind, functions ...string) *Report {
		r := &Report{Kind: kind, Goroutines: []Goroutine{{State: "running"}}}
		for _, fn := range functions {
			r.Goroutines[0].Frames = append(r.Goroutines[0].Frames, Frame{Func: fn})
		}
		return r
	}
	fault := called(KindPanic, "panic", "runtime.panicmem", "main.f")
	fault.Signal = Signal{Name: "SIGSEGV", Addr: "0x123456000"}
	all := []*Report{
		fault,
		// runtime/cgocall.go, cgoFormatErr (Go 1.26): built up piece by piece.
		panicked("runtime error: argument of cgo function has Go pointer to unpinned Go pointer"),
		panicked("runtime error: /src/main.go:12: result of Go function f called from cgo is unpinned Go map or points to unpinned Go map"),
		// runtime/error.go until Go 1.20: the value of a variable.
		panicked("panic called with nil argument (use GODEBUG=panicnil=1 to disable)"),
		// runtime/error.go, printpanicval: panic(nil) with GODEBUG=panicnil=1.
		panicked("nil"),
		// net/http/server.go: ErrAbortHandler, and mux.register by way of an error.
		panicked("net/http: abort Handler"),
		panicked(`pattern "/" (registered at a.go:1) conflicts with pattern "/" (registered at b.go:2):`),
		// expvar/expvar.go, Publish, by way of log.Panicln.
		panicked("Reuse of exported var name: requests"),
		// flag/flag.go, FlagSet.Var: with and without the name of the set.
		panicked("flag redefined: v"),
		panicked("/usr/bin/app flag redefined: v"),
		// text/template/parse, Tree.errorf, by way of template.Must.
		panicked("template: page:1: unexpected EOF"),
		called(KindPanic, "log.Panicf", "main.f"),
		called(KindPanic, "log.(*Logger).Panicln", "main.f"),
		called(KindPanic, "regexp.MustCompilePOSIX", "main.f"),
		called(KindPanic, "text/template.Must", "main.f"),
		called(KindPanic, "html/template.Must", "main.f"),
		called(KindPanic, "net/netip.MustParseAddr", "main.f"),
		called(KindPanic, "net/http.(*ServeMux).register", "main.f"),
		called(KindPanic, "net/http.Handle", "main.f"),
		called(KindPanic, "net/http.HandleFunc", "main.f"),
		called(KindPanic, "panic", "runtime.panicBounds64", "runtime.panicBounds", "main.f"), // from Go 1.26
		called(KindFatal, "runtime.throw", "runtime.panicCheck1", "runtime.goPanicIndex", "runtime.gcDrain"),
		called(KindFatal, "runtime.throw", "runtime.sigpanic", "main.f"),
		called(KindFatal, "runtime.throw", "runtime.sigpanic", "runtime.gcDrain", "main.f"),
		called(KindFatal, "internal/runtime/maps.fatal", "main.f"),
		called(KindFatal, "maps.clone", "maps.Clone[...]", "main.f"), // until Go 1.23: runtime/map.go, mapclone
	}
	// runtime/panic.go, panic32.go and iface.go: panics whose value is a struct.
	for _, fn := range []string{
		"goPanicIndexU", "goPanicExtendIndex", "goPanicSliceAlen", "goPanicExtendSliceAcap", "goPanicSliceConvert",
		"panicIndex", "panicExtendIndex", "panicSlice3C", "panicExtendSlice3Alen", "panicSliceConvert",
		"panicdottypeE", "panicnildottype", "assertE2I2", "assertI2I", "typeAssert", "getitab",
	} {
		all = append(all, called(KindPanic, "panic", "runtime."+fn, "main.f"))
	}
	return all
}

// A row that no text and no frame of any toolchain leads to is wrong, or of no
// use any more.
func TestNoRowIsIdle(t *testing.T) {
	decided := make(map[*row]bool)
	note := func(r *Report) { decided[decide(r)] = true }
	for _, r := range moreReports() {
		note(r)
		r.Message, r.HasMessage = "some value", true
		note(r)
	}
	for _, m := range readMessages(t) {
		note(m.report())
		for _, p := range m.places {
			note(m.headless(p, false))
			note(m.headless(p, true))
		}
	}
	for name, table := range tables() {
		if table.kind != KindFatal && table.kind != KindPanic || name == "memoryFuncs" {
			continue
		}
		for i := range table.rows {
			if r := &table.rows[i]; !decided[r] {
				t.Errorf("%s: nothing leads to %q", name, r.text)
			}
		}
	}
	for _, r := range single() {
		if !decided[r] {
			t.Errorf("nothing leads to %q", r.text)
		}
	}
}

// guesses are what the frames make of fatal errors of other classes, because one
// function, or one file, of the runtime throws for several reasons. The class
// that is guessed is the one that happens to programs; the others, all but a few,
// happen to nobody but the runtime's authors.
var guesses = map[Class][]Class{
	"fatal.stack_overflow": {"fatal.system_stack"}, // newstack
	"fatal.oom":            {"fatal.gc_corruption", "fatal.arena", "fatal.os_call", "fatal.startup"},
	"fatal.newosproc":      {"fatal.startup", "fatal.sched"}, // newm
	"fatal.fault":          {"fatal.signal_in_runtime"},      // sigpanic, when there is no signal line either
	"fatal.sched":          {"fatal.startup", "fatal.gc_corruption", "fatal.synctest", "fatal.toolchain", "fatal.goexit", "fatal.os_call", "fatal.diagnostics"},
	"fatal.gc_corruption":  {"fatal.oom", "fatal.toolchain", "fatal.diagnostics", "fatal.arena"},
	"fatal.os_call":        {"fatal.system_stack", "fatal.toolchain", "fatal.sched", "fatal.signal_in_runtime"},
	"fatal.arena":          {"fatal.gc_corruption", "fatal.oom"},
	"fatal.startup":        {"fatal.gc_corruption", "fatal.module_data", "fatal.arena"},
	"fatal.system_stack":   {"fatal.unwind", "fatal.sched"},
	"fatal.diagnostics":    {"fatal.oom"},
	"fatal.unwind":         {"fatal.module_data"},
	"fatal.module_data":    {"fatal.gc_corruption"},
	"fatal.runtime_panic":  {"fatal.defer"}, // gopanic
	"fatal.cgo_stack":      {"fatal.toolchain"},
	"fatal.cgo_pointer":    {"fatal.toolchain"},
}

// Without its headline a fatal error gets the class it has with it, but for the
// guesses. Only from Go 1.23 can the headline be missing while all else is there
// (debug.SetCrashOutput).
func TestFramesSayWhatTheHeadlineSays(t *testing.T) {
	checked := 0
	used := make(map[[2]Class]int)
	for _, m := range readMessages(t) {
		if m.kind != "throw" && m.kind != "fatal" || !m.since(23) {
			continue
		}
		want := Classify(m.report())
		for _, p := range m.places {
			if pkg, _ := cutFunc(p.function); m.kind == "fatal" && pkg == "runtime" {
				continue // nothing of it is shown
			}
			if strings.HasSuffix(p.file, "c") {
				continue // the runtime of Go 1.4 and before
			}
			checked++
			got := Classify(m.headless(p, false))
			if got == want || generic(want) && got == Classify(m.thrownAt(m.report(), p)) {
				continue
			}
			used[[2]Class{got, want}]++
			if !slices.Contains(guesses[got], want) {
				t.Errorf("%s %q in %s of %s is %s, without its headline %s", m.kind, m.text, p.function, p.file, want, got)
			}
		}
	}
	for got, all := range guesses {
		for _, want := range all {
			if used[[2]Class{got, want}] == 0 {
				t.Errorf("nothing that is %s is taken for %s", want, got)
			}
		}
	}
	if checked < 1000 {
		t.Errorf("only %d checked", checked)
	}
}
