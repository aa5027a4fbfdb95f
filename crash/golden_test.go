package crash

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the header lines of the golden files anew")

// goldenFiles returns the golden files: header lines, a blank line, and the
// text as a program left it.
func goldenFiles(tb testing.TB) []string {
	tb.Helper()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		tb.Fatalf("golden files: %d found, error %v", len(files), err)
	}
	return files
}

func readGolden(tb testing.TB, file string) (header string, text []byte) {
	tb.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	if data[0] == '\n' {
		return "", data[1:] // freshly recorded
	}
	head, text, ok := bytes.Cut(data, []byte("\n\n"))
	if !ok {
		tb.Fatalf("%s has no header", file)
	}
	return string(head) + "\n", text
}

// parseGolden parses as the observer of the text would.
func parseGolden(file string, text []byte) (*Report, error) {
	if strings.Contains(file, "-output.") {
		return ParseCrashOutput(bytes.NewReader(text))
	}
	return Parse(bytes.NewReader(text))
}

// describe writes what matters of a report as header lines.
func describe(r *Report) string {
	var b strings.Builder
	line := func(key string, value any) { fmt.Fprintf(&b, "%s: %v\n", key, value) }
	line("CLASS", r.Class)
	line("KIND", r.Kind)
	if r.HasMessage {
		line("MESSAGE", strconv.Quote(r.Message))
	}
	if len(r.Panics) > 1 {
		for _, p := range r.Panics {
			line("PANIC", fmt.Sprintf("%q recovered=%v repanicked=%v", p.Message, p.Recovered, p.Repanicked))
		}
	}
	if r.Signal.Name != "" {
		line("SIGNAL", fmt.Sprintf("%s code=%s cgo=%v", r.Signal.Name, r.Signal.Code, r.Signal.InCgo))
	}
	line("GOROUTINES", r.GoroutineCount)
	if g := r.CrashGoroutine(); g != nil {
		line("CRASHED", fmt.Sprintf("%d [%s] frames=%d", g.ID, g.State, len(g.Frames)))
		keys := make([]string, 0, len(g.Labels))
		for k := range g.Labels {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		for _, k := range keys {
			line("LABEL", fmt.Sprintf("%q=%q", k, g.Labels[k]))
		}
		if c := g.CreatedBy; c != nil {
			line("CREATED_BY", fmt.Sprintf("%s %s:%d in %d", c.Func, c.File, c.Line, c.Goroutine))
		}
		if g.Elided != 0 {
			line("ELIDED", fmt.Sprintf("%d at %d", g.Elided, g.ElidedAt))
		}
		for _, a := range g.Ancestors {
			line("ANCESTOR", fmt.Sprintf("%d frames=%d", a.ID, len(a.Frames)))
		}
	}
	if n := len(r.RuntimeStack); n > 0 {
		line("RUNTIME_STACK", n)
	}
	line("TOP", strings.Join(r.TopFrames(), " "))
	if f := r.FirstAppFrame(); f != nil {
		line("FIRST_APP", fmt.Sprintf("%s %s:%d", f.Func, f.File, f.Line))
	}
	if r.Recovered {
		line("RECOVERED", true)
	}
	if r.Truncated {
		line("TRUNCATED", true)
	}
	for _, p := range r.Problems {
		line("PROBLEM", fmt.Sprintf("%s line=%d count=%d %q", p.Code, p.Line, p.Count, p.Text))
	}
	line("FINGERPRINT", r.Fingerprints.Tolerant)
	line("STRICT", r.Fingerprints.Strict)
	line("STACK", StackHash(r))
	return b.String()
}

func TestGolden(t *testing.T) {
	for _, file := range goldenFiles(t) {
		header, text := readGolden(t, file)
		r, err := parseGolden(file, text)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		got := describe(r)
		if *update {
			if err := os.WriteFile(file, append([]byte(got+"\n"), text...), 0o666); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if got != header {
			t.Errorf("%s: the header is not what the text says; -update writes it anew\ngot:\n%swant:\n%s", file, got, header)
		}
	}
}

// A crash keeps its fingerprint when only the Go version changes.
func TestFingerprintAcrossVersions(t *testing.T) {
	// What the texts of old and new versions do not have in common.
	exceptions := map[string]string{
		"traceback-system":   "the function that a go statement with arguments makes is called func1, as a closure is, and gowrap1 from Go 1.22",
		"relic-system":       "so is it from Go 1.17; before, there is none",
		"relic-crash":        "as relic-system",
		"relic-sigquit":      "the signal reached another thread",
		"relic-bad-pointer":  "another part of the collector found the pointer",
		"relic-test-timeout": "the alarm of package testing is another function",
		"relic-struct-value": "Go 1.18 prints the address of a value of any type in another way",
		"native-segv":        "until Go 1.20 a signal in C was one in the runtime",
		"native-divide":      "as native-segv",
		"native-symbols":     "as native-segv",
		"native-traceback":   "as native-segv",
		"native-others":      "the signal reached another thread",
		"native-crash":       "as native-others",
		"native-abort":       "Go 1.13 cannot unwind the stack",
		"native-callback":    "cgo's wrapper of an exported function has a hash in its name, and shows until Go 1.16",
	}

	type sighting struct{ file, fingerprint, stack string }
	seen := make(map[string][]sighting)
	for _, file := range goldenFiles(t) {
		name, version, ok := strings.Cut(filepath.Base(file), ".go1.")
		if !ok || version == "" {
			continue
		}
		_, text := readGolden(t, file)
		r, err := parseGolden(file, text)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		seen[name] = append(seen[name], sighting{file, r.Fingerprints.Tolerant, StackHash(r)})
	}
	compared := 0
	for name, all := range seen {
		same := true
		for _, s := range all[1:] {
			compared++
			if s.fingerprint == all[0].fingerprint && s.stack == all[0].stack {
				continue
			}
			same = false
			if exceptions[name] == "" {
				t.Errorf("%s and %s are one bug: fingerprints %s, %s, stacks %s, %s", all[0].file, s.file, all[0].fingerprint, s.fingerprint, all[0].stack, s.stack)
			}
		}
		if same && exceptions[name] != "" {
			t.Errorf("%s is no exception any more", name)
		}
	}
	if compared < 30 {
		t.Errorf("only %d pairs compared", compared)
	}
}

// What the crash output lacks does not change which bug it was.
func TestCrashOutputMatchesStderr(t *testing.T) {
	compared := 0
	for _, file := range goldenFiles(t) {
		name, _, ok := strings.Cut(filepath.Base(file), "-output.go")
		if !ok {
			continue
		}
		others, err := filepath.Glob("testdata/" + name + ".go1.*.txt")
		if err != nil {
			t.Fatal(err)
		}
		_, text := readGolden(t, file)
		out, err := parseGolden(file, text)
		if err != nil {
			t.Fatal(err)
		}
		for _, other := range others {
			_, text := readGolden(t, other)
			r, err := parseGolden(other, text)
			if err != nil {
				t.Fatal(err)
			}
			compared++
			if r.Fingerprints.Tolerant != out.Fingerprints.Tolerant || StackHash(r) != StackHash(out) {
				t.Errorf("%s and %s differ: %s, %s", file, other, r.Class, out.Class)
			}
			if v := Same(r, out); !v.Same {
				t.Errorf("Same(%s, %s): %v", file, other, v.Reasons)
			}
		}
	}
	if compared < 10 {
		t.Errorf("only %d pairs compared", compared)
	}
}
