package labrun

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/backstop-go/backstop/lab/bounded"
)

func ptr[T any](v T) *T { return &v }

// died is a row of a panic that a guard catches.
func died() Row {
	return Row{
		Scenario: "send-closed-chan", Toolchain: "go1.25.14", GoLine: DefaultGoLine,
		Exit: "2", Recovered: ptr(true), CrashOutput: "trace", StderrTraceback: true,
		ClassifiedAs: "panic.closed_chan", ExpectedClass: "panic.closed_chan",
		Deferred: true, Headline: "panic: send on closed channel",
		GuardedExit: "0", Value: "runtime.plainError",
		Memory: 5 << 20, CPU: 3000, Wall: 5000,
	}
}

func TestRowJSON(t *testing.T) {
	killed := died()
	killed.Exit, killed.Signal, killed.Recovered = "", ptr("SIGKILL"), nil
	hung := died()
	hung.Exit = Hang
	rows := []Row{died(), killed, hung}
	var text bytes.Buffer
	if err := WriteRows(&text, rows); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(text.String(), "\n")
	for i, want := range []string{`"exit":2,"signal":null,"recovered":true`, `"exit":null,"signal":"SIGKILL","recovered":null`, `"exit":"hang"`} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("row %d lacks %s: %s", i, want, lines[i])
		}
	}
	back, err := ReadRows(&text)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(rows, back); d != "" {
		t.Error(d)
	}
}

func TestExitRefusesNonsense(t *testing.T) {
	var e Exit
	if err := json.Unmarshal([]byte(`[2]`), &e); err == nil {
		t.Errorf("a list was taken for %q", e)
	}
}

// TestEveryFieldMatters changes one field of a row at a time: each must be seen
// as a difference, except for what varies between two runs.
func TestEveryFieldMatters(t *testing.T) {
	for name, change := range map[string]func(r *Row){
		"exit":                 func(r *Row) { r.Exit = "1" },
		"signal":               func(r *Row) { r.Exit, r.Signal = "", ptr("SIGABRT") },
		"recovered":            func(r *Row) { r.Recovered = ptr(false) },
		"recovered to nothing": func(r *Row) { r.Recovered = nil },
		"crash output":         func(r *Row) { r.CrashOutput = "empty" },
		"traceback":            func(r *Row) { r.StderrTraceback = false },
		"class":                func(r *Row) { r.ClassifiedAs = "panic.custom" },
		"deferred":             func(r *Row) { r.Deferred = false },
		"returned":             func(r *Row) { r.Returned = true },
		"headline":             func(r *Row) { r.Headline = "panic: close of closed channel" },
		"value":                func(r *Row) { r.Value = "string" },
		"guarded exit":         func(r *Row) { r.GuardedExit = "2" },
		"guarded signal":       func(r *Row) { r.GuardedExit, r.GuardedSignal = "", ptr("SIGKILL") },
		"what is missing":      func(r *Row) { r.Missing = []string{"fatal error: x"} },
	} {
		a, b := died(), died()
		change(&b)
		if len(changes(&a, &b)) == 0 {
			t.Errorf("a change of %s is no difference", name)
		}
	}
	a, b := died(), died()
	b.Memory, b.CPU, b.Wall, b.Toolchain = 1, 1, 1, "go1.26.8"
	if c := changes(&a, &b); len(c) > 0 {
		t.Errorf("what varies is a difference: %+v", c)
	}
	b.CrashOutput = "n/a"
	if c := changes(&a, &b); len(c) != 1 || c[0].Field != "crash_output" {
		t.Errorf("crash output that was lost: %+v", c)
	}
	b.Toolchain = "go1.22.12"
	if c := changes(&a, &b); len(c) > 0 {
		t.Errorf("crash output that cannot be had is a difference: %+v", c)
	}
}

func TestRecovered(t *testing.T) {
	zero, two := 0, 2
	for _, c := range []struct {
		name   string
		result bounded.Result
		marks  string
		want   string
	}{
		{"caught", bounded.Result{Exit: &zero}, "recovered deferred", "yes"},
		{"caught, and died of something else", bounded.Result{Exit: &two}, "recovered deferred", "yes"},
		{"died", bounded.Result{Exit: &two}, "", "no"},
		{"died after it returned", bounded.Result{Exit: &two}, "returned deferred", "no"},
		{"killed", bounded.Result{Signal: 9}, "", "no"},
		{"left with status 0", bounded.Result{Exit: &zero}, "", "no"},
		{"lives", bounded.Result{Exit: &zero}, "returned deferred", "-"},
		{"hangs", bounded.Result{Hung: true}, "", "-"},
		{"stopped", bounded.Result{Stopped: true}, "", "-"},
	} {
		trace := &Trace{Result: c.result}
		trace.Marks = append(trace.Marks, strings.Fields(c.marks)...)
		row := Row{}
		row.Recovered, _ = recovered(trace)
		if got := row.Guard(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestHostileHeadlines(t *testing.T) {
	evil := died()
	evil.Headline = "panic: <script>alert(1)</script> | `x` \x1b[31m"
	rows := []Row{evil}
	var html, markdown bytes.Buffer
	if err := WriteHTML(&html, rows); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(html.String(), "<script") || !strings.Contains(html.String(), "&lt;script") {
		t.Error("a headline became part of the page")
	}
	if err := WriteMarkdown(&markdown, rows); err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(markdown.String(), "\n") {
		if strings.Contains(line, "script") && (strings.ContainsRune(line, 0x1b) || strings.Count(strings.ReplaceAll(line, `\|`, ""), "|") != 9) {
			t.Errorf("a headline broke its row: %q", line)
		}
	}
}

// TestHostileReasons: what a compiler says is as hostile as what a program says.
func TestHostileReasons(t *testing.T) {
	row := died()
	row.NotRun = "cc: \x1b[2J|<b>[x](javascript:y)\nline"
	var text, cards, markdown, html bytes.Buffer
	for w, write := range map[*bytes.Buffer]func(w io.Writer) error{
		&text:     func(w io.Writer) error { return WriteText(w, []Row{row}, Style{}) },
		&cards:    func(w io.Writer) error { return WriteCards(w, []Row{row}, Style{}) },
		&markdown: func(w io.Writer) error { return WriteMarkdown(w, []Row{row}) },
		&html:     func(w io.Writer) error { return WriteHTML(w, []Row{row}) },
	} {
		if err := write(w); err != nil {
			t.Fatal(err)
		}
		if strings.ContainsRune(w.String(), 0x1b) || !strings.Contains(w.String(), "cc: ") {
			t.Errorf("a reason reached the reader as it was: %q", w)
		}
	}
	if strings.Contains(markdown.String(), "[x](") || strings.Contains(markdown.String()+html.String(), "<b>[") {
		t.Errorf("a reason became markup:\n%s", &markdown)
	}
}

// What differs in each run of one build must not make a row differ.
func TestLinesOfTwoRuns(t *testing.T) {
	for _, pair := range [][2]string{
		{"panic: (main.failure) 0xc000012030", "panic: (main.failure) 0xc000014030"},
		{"2026/01/02 03:04:05 http: panic serving 127.0.0.1:4021: stop", "2026/01/02 03:04:06 http: panic serving 127.0.0.1:4023: stop"},
		{"runtime: out of memory: cannot allocate 4096-byte block (3899392 in use)", "runtime: out of memory: cannot allocate 4096-byte block (8093696 in use)"},
	} {
		if a, b := clean(pair[0]), clean(pair[1]); a != b {
			t.Errorf("%q and %q differ", a, b)
		}
	}
	if a, b := clean("panic: order 7"), clean("panic: order 8"); a == b {
		t.Errorf("both are %q", a)
	}
}
