package labrun

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/host"
	"github.com/backstop-go/backstop/lab/bounded"
	"github.com/backstop-go/backstop/lab/harness"
	"github.com/backstop-go/backstop/lab/scenario"
)

func readUpTo(f *os.File, n int64) ([]byte, error) { return io.ReadAll(io.LimitReader(f, n)) }

// fill writes what two runs showed into a row.
func fill(row *Row, plain, guarded *Trace) {
	row.Exit, row.Signal = ending(&plain.Result)
	row.GuardedExit, row.GuardedSignal = ending(&guarded.Result)
	_, row.Returned = plain.marked(harness.Returned)
	_, row.Deferred = plain.marked(harness.Deferred)
	row.Recovered, row.Value = recovered(guarded)
	row.Memory, row.Wall = plain.Result.Memory, plain.Result.Wall
	row.CPU = plain.Result.User + plain.Result.System

	report := mainReport(plain.Stderr)
	row.StderrTraceback = report != nil && hasFrames(report)
	row.CrashOutput = "n/a"
	if _, ok := plain.marked(harness.Watched); ok {
		row.CrashOutput = contents(plain.CrashOutput)
	}
	if report == nil {
		report = mainReport(plain.CrashOutput)
	}
	row.ClassifiedAs = classify(plain, report)
	if row.ClassifiedAs == "race" { // the detector chose the status, long after
		row.Recovered = nil
	}
	row.Header, row.TopFrames = stackOf(plain, report)
	row.Headline = headline(plain, report)
	if row.StderrTraceback && (row.CrashOutput == "trace" || row.CrashOutput == "text") {
		row.Missing = lacks(plain.Stderr, plain.CrashOutput)
	}
}

// stackOf returns the header of the crashing goroutine as printed, and the first
// functions of its stack.
func stackOf(t *Trace, report *crash.Report) (header string, top []string) {
	if report == nil {
		return "", nil
	}
	if g := report.CrashGoroutine(); g != nil {
		text := t.Stderr
		if len(text) == 0 {
			text = t.CrashOutput
		}
		re := regexp.MustCompile(fmt.Sprintf(`(?m)^goroutine %d [^\n]*`, g.ID))
		header = number.ReplaceAllString(clean(string(re.Find(text))), "N")
	}
	top = report.TopFrames()
	for i := range top {
		top[i] = exported.ReplaceAllString(top[i], "_cgoexp_N_")
	}
	return header, top
}

// exported is the name of a Go function that C calls: its number is another one
// with each build.
var exported = regexp.MustCompile(`^_cgoexp_[0-9a-f]+_`)

// ending returns the exit status and signal of a row.
func ending(r *bounded.Result) (exit Exit, signal *string) {
	switch {
	case r.Hung:
		return Hang, nil
	case r.Stopped:
		return Stopped, nil
	case r.Exit != nil:
		return Exit(strconv.Itoa(*r.Exit)), nil
	}
	name := signalName(syscall.Signal(r.Signal))
	return "", &name
}

func recovered(t *Trace) (*bool, string) {
	yes, no := true, false
	if value, ok := t.marked(harness.Recovered); ok {
		return &yes, value
	}
	_, returned := t.marked(harness.Returned)
	switch r := &t.Result; {
	case r.Hung, r.Stopped:
		return nil, ""
	case r.Exit != nil && *r.Exit == 0 && returned:
		return nil, ""
	}
	return &no, ""
}

// mainReport returns the report that ended the process: the first that was not
// recovered, else the last one.
func mainReport(text []byte) *crash.Report {
	var last *crash.Report
	for reader := crash.NewReader(bytes.NewReader(text)); ; {
		report, err := reader.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				return nil // a bytes.Reader has no other error
			}
			return last
		}
		if !report.Recovered && report.Kind != crash.KindFragment {
			return report
		}
		last = report
	}
}

func hasFrames(r *crash.Report) bool {
	return r.GoroutineCount > 0 || len(r.RuntimeStack) > 0
}

// contents says what the crash output holds.
func contents(text []byte) string {
	if len(bytes.TrimSpace(text)) == 0 {
		return "empty"
	}
	if r := mainReport(text); r != nil && hasFrames(r) {
		return "trace"
	}
	return "text"
}

// classify finds the class of a run as the supervisor does: from the text, else
// from how the process ended.
func classify(t *Trace, report *crash.Report) string {
	if report != nil {
		return string(report.Class)
	}
	r := &t.Result
	exit := event.Exit{OOM: t.OOM}
	switch {
	case r.Hung:
		return "hang"
	case r.Stopped:
		return scenario.None
	case r.Exit != nil:
		exit.Status = *r.Exit
	default:
		exit.Signal = signalName(syscall.Signal(r.Signal))
	}
	class, _ := host.Death(&exit)
	if class == "" {
		return scenario.None
	}
	if class == "exit.os_exit" && exit.Status == 1 && len(bytes.TrimSpace(t.Stderr)) > 0 {
		return "exit.log_fatal"
	}
	return string(class)
}

// headline is the line that says why, cut where nobody reads on.
func headline(t *Trace, report *crash.Report) string {
	if report == nil {
		return ""
	}
	text := t.Stderr
	if len(text) == 0 {
		text = t.CrashOutput
	}
	for _, line := range strings.Split(string(text), "\n") {
		if cause.MatchString(line) {
			return clean(line)
		}
	}
	return ""
}

var cause = regexp.MustCompile(`^(panic: |\[?fatal error: |fatal: |SIG[A-Z0-9]+: |unexpected fault|runtime: goroutine stack exceeds|WARNING: DATA RACE|.*panic serving )`)

// The lines of two runs differ in addresses, ports, the time of day and the size
// of the heap.
var (
	address  = regexp.MustCompile(`0x[0-9a-f]+`)
	maxLine  = 160
	logTime  = regexp.MustCompile(`^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d `)
	ephemera = regexp.MustCompile(`\b(127\.0\.0\.1|\[::1\]):[0-9]+`)
	inUse    = regexp.MustCompile(`\([0-9]+ in use\)`)
	number   = regexp.MustCompile(`\b[0-9]+\b`)
)

func clean(line string) string {
	line = visible(line)
	line = address.ReplaceAllString(line, "0x?")
	line = logTime.ReplaceAllString(line, "")
	line = ephemera.ReplaceAllString(line, "$1:?")
	line = inUse.ReplaceAllString(line, "(? in use)")
	if r := []rune(line); len(r) > maxLine {
		line = string(r[:maxLine]) + "…"
	}
	return line
}

// visible writes what a terminal would obey, and what is no text, as escapes.
func visible(line string) string {
	var b strings.Builder
	for i, r := range line {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(line[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, line[i])
		case r != '\t' && !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

const maxMissing = 20

// lacks returns the lines of standard error that the crash output does not have:
// headlines, and what the program or C said before it died. N stands for each
// number: goroutines, threads and sizes differ from run to run.
func lacks(stderr, crashOutput []byte) []string {
	have := make(map[string]int)
	for _, line := range strings.Split(string(crashOutput), "\n") {
		have[line]++
	}
	var missing []string
	for _, line := range strings.Split(strings.TrimRight(string(stderr), "\n"), "\n") {
		if have[line] > 0 {
			have[line]--
			continue
		}
		if strings.TrimSpace(line) == "" {
			continue
		}
		if len(missing) == maxMissing {
			break
		}
		missing = append(missing, number.ReplaceAllString(clean(line), "N"))
	}
	return missing
}
