package crash

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// testdata/README.md is the list of formats. Each row has golden files, and
// each golden file made for a row is in the list.
func TestEveryFormatHasGoldenFiles(t *testing.T) {
	data, err := os.ReadFile("testdata/README.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := make(map[string]bool)
	for _, line := range strings.Split(string(data), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) < 5 || strings.HasPrefix(cells[1], "-") || strings.TrimSpace(cells[3]) == "golden files" {
			continue
		}
		names := strings.Fields(strings.ReplaceAll(cells[3], "`", ""))
		if len(names) == 0 {
			t.Errorf("no golden file for %q", cells[1])
		}
		for _, name := range names {
			found, err := filepath.Glob("testdata/" + name + "*.txt")
			if err != nil || len(found) == 0 {
				t.Errorf("%q names %s, which is not there", cells[1], name)
			}
			listed[name] = true
		}
	}
	for _, file := range goldenFiles(t) {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		if before, _, ok := strings.Cut(name, ".go1."); ok {
			name = before
		}
		if !listed[name] {
			t.Errorf("%s is in no row of the list", file)
		}
	}
}

// A stack whose header was cut off, or never printed, belongs to the headline
// above it, unless the panic has a stack of its own.
func TestStackWithoutHeader(t *testing.T) {
	const stack = "main.load(0x1)\n\t/src/load.go:12 +0x1d\nmain.main()\n\t/src/main.go:9 +0x20\n"
	for text, want := range map[string]string{
		"panic: lost\n\n" + stack:                                                                                        "lost|main.load|0",
		"fatal error: lost\n\n" + stack:                                                                                  "lost|main.load|0",
		"panic: lost\n\n" + strings.ReplaceAll(stack, "\t", ""):                                                          "lost|main.load|0",
		"panic: lost\n\n" + stack + "\ngoroutine 7 [select]:\nmain.other()\n\t/src/x.go:1\n":                             "lost|main.load|1",
		"panic: quotes\n" + stack + "\ngoroutine 7 [running]:\nmain.other()\n\t/src/x.go:1\n":                            "quotes\n" + strings.TrimSuffix(stack, "\n") + "|main.other|1",
		"Exception 0xc0000005 0x1 0x8 0x7ff8\nPC=0x7ff8\n\n" + stack + "\ngoroutine 7 [select]:\nm.o()\n\t/src/x.go:1\n": "|main.load|1",
	} {
		r := parseOne(t, text)
		got := r.Message + "|" + strings.Join(r.TopFrames()[:min(1, len(r.TopFrames()))], " ") + "|" + string(rune('0'+r.GoroutineCount))
		if got != want {
			t.Errorf("%q:\ngot  %q\nwant %q", text, got, want)
		}
	}
}

// What go run, go test, make and shells print below a traceback ends it.
func TestEndMarks(t *testing.T) {
	const crash = "goroutine 1 [running]:\nmain.main()\n\t/src/main.go:9 +0x20\n"
	for _, mark := range []string{
		"exit status 2", "exit code: 2", "signal: killed", "signal: segmentation fault (core dumped)", "FAIL\texample.com/shop\t0.012s",
		"make: *** [Makefile:9: test] Error 2", "make[1]: *** [test] Error 2", "*** Test killed with quit: ran too long (11m0s).", "Aborted (core dumped)",
	} {
		// The goroutine below it is another program's.
		text := "panic: first\n\n" + crash + mark + "\n" + strings.Replace(crash, "running", "select", 1)
		if n := countReports(text); n != 2 {
			t.Errorf("%q: %d crashes", mark, n)
		}
	}
	for _, other := range []string{"signal: got 3 of them", "FAIL", "exit status unknown", "making tea"} {
		text := "panic: first\n\n" + crash + other + "\n" + strings.Replace(crash, "running", "select", 1)
		if n := countReports(text); n != 1 {
			t.Errorf("%q: %d crashes", other, n)
		}
	}
}
