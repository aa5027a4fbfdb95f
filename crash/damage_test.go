package crash

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"
)

const logLines = "2026/01/02 03:04:05 served GET /x in 3ms (ok)\n{\"level\":\"info\",\"msg\":\"done: ok (x.y)\"}\n"

// What clipboards, terminals and log shippers do to a text must not change what
// is read out of it.
func TestDamageDoesNotChangeTheReport(t *testing.T) {
	damages := map[string]func(string) string{
		"CRLF":            func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
		"four spaces":     func(s string) string { return strings.ReplaceAll(s, "\n\t", "\n    ") },
		"one space":       func(s string) string { return strings.ReplaceAll(s, "\n\t", "\n ") },
		"trailing space":  func(s string) string { return strings.ReplaceAll(s, "\n", " \n") },
		"byte order mark": func(s string) string { return "\ufeff" + s },
		"no blank lines":  func(s string) string { return regexp.MustCompile("\n\n+").ReplaceAllString(s, "\n") },
		"no last newline": func(s string) string { return strings.TrimRight(s, "\n") },
		"log around":      func(s string) string { return logLines + s + logLines },
		"go run":          func(s string) string { return s + "exit status 2\n" + logLines },
	}
	for _, file := range []string{
		"goroutine.go1.22.txt", "nested.go1.21.txt", "nested.go1.26.txt", "repanicked-deep.go1.23.txt", "repanicked-deep.go1.27.txt",
		"fatal-in-defer.go1.26.txt", "deadlock-mutex.go1.24.txt", "map-writes.go1.27.txt", "stack-overflow.go1.27.txt",
		"sigquit.go1.27.txt", "goexit-main.go1.21.txt", "fault-panic.go1.26.txt", "traceback-crash.go1.27.txt", "threads.go1.27.txt",
	} {
		_, text := readGolden(t, "testdata/"+file)
		want := describe(parseOne(t, string(text)))
		for name, damage := range damages {
			got := describe(parseOne(t, damage(string(text))))
			if name == "trailing space" { // a message may end with one
				got = strings.NewReplacer(" \"\n", "\"\n", " \" rec", "\" rec").Replace(got)
			}
			if got != want {
				t.Errorf("%s, %s:\ngot\n%swant\n%s", file, name, got, want)
			}
		}
	}
}

// Each crash of a log is its own, whatever stands between them.
func TestCrashTwiceInOneLog(t *testing.T) {
	files, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name := f.Name()
		switch {
		case !strings.HasSuffix(name, ".txt"), strings.Contains(name, "-output."), // other rules
			name == "damage-powershell.txt": // log lines in another encoding between them
			continue
		}
		_, text := readGolden(t, "testdata/"+name)
		once := countReports(string(text))
		twice := string(text) + logLines + string(text)
		if got := countReports(twice); got != 2*once {
			t.Errorf("%s: %d crashes, and %d with a copy below", name, once, got)
		}
	}
}

func countReports(text string) int {
	r := NewReader(bytes.NewReader([]byte(text)))
	n := 0
	for {
		if _, err := r.Next(); err != nil {
			return n
		}
		n++
	}
}

func TestHeadlinesWithoutStacksStayApart(t *testing.T) {
	r := NewReader(strings.NewReader("fatal error: first\nexit status 2\nfatal error: second\n" + logLines + "fatal error: third\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:1\n"))
	for _, want := range []struct {
		message    string
		goroutines int
	}{{"first", 0}, {"second", 0}, {"third", 1}} {
		report, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if report.Message != want.message || report.GoroutineCount != want.goroutines {
			t.Errorf("got %q with %d goroutines, want %q with %d", report.Message, report.GoroutineCount, want.message, want.goroutines)
		}
	}
}

// Messages of the application that begin as those of the library do.
func TestClassOfMessages(t *testing.T) {
	for message, want := range map[string]Class{
		"time: invalid duration \"5 parsecs\"":                                     "panic.custom",
		"time: Reset called on uninitialized Timer":                                "panic.timer",
		"deadlock: transaction 7 was rolled back":                                  "panic.custom",
		"deadlock: all goroutines in bubble are blocked":                           "panic.synctest",
		"deadlock: main bubble goroutine has exited but blocked goroutines remain": "panic.synctest",
		"our synctest failed":                                                      "panic.custom",
		"bytes.Buffer.Grow: negative count":                                        "panic.buffer_size",
		"strings: negative Repeat count":                                           "panic.buffer_size",
		"strings: illegal use of non-zero Builder copied by value":                 "panic.custom",
		"runtime error: panic called with nil argument":                            "panic.nil_value",
		"nil":                            "panic.nil_value",
		"nil map of prices":              "panic.custom",
		"send on closed channel":         "panic.closed_chan",
		"send on closed channel: orders": "panic.custom",
	} {
		if got := Classify(&Report{Kind: KindPanic, Message: message, HasMessage: true, Crash: -1}); got != want {
			t.Errorf("%q: class %s, want %s", message, got, want)
		}
	}
}

// A nil pointer leads to a small address; others are no nil pointers.
func TestFaultIsNoNilPointer(t *testing.T) {
	for signal, want := range map[Signal]Class{
		{}: "panic.nil_deref", // a guard sees no signal
		{Name: "SIGSEGV", Code: "0x1", Addr: "0x0"}:           "panic.nil_deref",
		{Name: "SIGSEGV", Code: "0x1", Addr: "0xfff"}:         "panic.nil_deref",
		{Name: "0xc0000005", Code: "0x0", Addr: "0x18"}:       "panic.nil_deref",
		{Name: "SIGSEGV", Code: "0x1", Addr: "0x1000"}:        "panic.fault",
		{Name: "SIGSEGV", Code: "0x80", Addr: "0x0"}:          "panic.fault",
		{Name: "SIGBUS", Code: "0x2", Addr: "0x7f0000001000"}: "panic.fault",
	} {
		r := &Report{Kind: KindPanic, Message: "runtime error: invalid memory address or nil pointer dereference", HasMessage: true, Signal: signal, Crash: -1}
		if r.Class = Classify(r); r.Class != want {
			t.Errorf("%+v: class %s, want %s", signal, r.Class, want)
		}
		if in := FingerprintInputs(r); in.Family != "panic.nil_deref" {
			t.Errorf("%+v: a guard would compute another fingerprint than for %s", signal, in.Family)
		}
	}
}

func TestReadErrorTruncates(t *testing.T) {
	_, text := readGolden(t, "testdata/goroutine.go1.26.txt")
	r := NewReader(&failing{strings.NewReader(string(text[:len(text)/2]))})
	report, err := r.Next()
	if err != nil || !report.Truncated {
		t.Errorf("report %+v, error %v", report, err)
	}
}

type failing struct{ *strings.Reader }

func (f *failing) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	if err != nil {
		err = os.ErrClosed
	}
	return n, err
}

// The goroutine of the runtime that is printed first has not crashed.
func TestGoexitMainHasNoCrashGoroutine(t *testing.T) {
	_, plain := readGolden(t, "testdata/goexit-main.go1.21.txt")
	_, system := readGolden(t, "testdata/goexit-main-system.go1.26.txt")
	a, b := parseOne(t, string(plain)), parseOne(t, string(system))
	if b.CrashGoroutine() != nil {
		t.Errorf("crash goroutine %d", b.CrashGoroutine().ID)
	}
	if v := Same(a, b); !v.Same {
		t.Errorf("the traceback level makes another bug of it: %q", v.Reasons)
	}
}
