package crash

import (
	"fmt"
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

// The variants of a goroutine with two frames, or as many as are given, all of
// which must be found whatever else stands around them.
func TestVariants(t *testing.T) {
	const (
		head = "goroutine 7 [chan receive]:\n"
		two  = "main.f(0x1)\n\t/src/main.go:12 +0x1d\nmain.main()\n\t/src/main.go:9 +0x20\n"
		by   = "created by main.g in goroutine 1\n\t/src/main.go:3 +0x5\n"
	)
	for _, v := range []struct {
		name, text         string
		goroutines, frames int
		problems           bool
	}{
		{"plain", head + two, 1, 2, false},
		{"minutes", "goroutine 7 [chan receive, 12 minutes]:\n" + two, 1, 2, false},
		{"minutes and locked", "goroutine 7 [chan receive, 1 minutes, locked to thread]:\n" + two, 1, 2, false},
		{"scan", "goroutine 7 [runnable (scan)]:\n" + two, 1, 2, false},
		{"gp, m, mp", "goroutine 7 gp=0xc000002380 m=3 mp=0xc000100008 [running]:\n" + two, 1, 2, false},
		{"m=nil", "goroutine 7 gp=0xc000002380 m=nil [runnable]:\n" + two, 1, 2, false},
		{"synctest group", "goroutine 7 [chan receive, synctest group 7]:\n" + two, 1, 2, false},
		{"synctest bubble", "goroutine 7 [chan receive (durable), synctest bubble 7]:\n" + two, 1, 2, false},
		{"leaked", "goroutine 7 [chan receive (leaked)]:\n" + two, 1, 2, false},
		{"labels", "goroutine 7 [running labels:{\"a\": \"b\"}]:\n" + two, 1, 2, false},
		{"labels with a bracket", "goroutine 7 [running labels:{\"a\": \"x]:\"}]:\n" + two, 1, 2, false},
		{"labels with a brace", "goroutine 7 [running] {a: \"x]: {}}\"}:\n" + two, 1, 2, false},
		{"created by", head + two + by, 1, 2, false},
		{"created by, old", head + two + "created by main.g\n\t/src/main.go:3 +0x5\n", 1, 2, false},
		{"ancestors", head + two + by + "[originating from goroutine 1]:\nmain.g(...)\n\t/src/main.go:3 +0x5\n", 1, 2, false},
		{"frames elided", head + two + "...additional frames elided...\n" + by, 1, 2, false},
		{"N frames elided", head + two + "...23 frames elided...\n" + two + by, 1, 4, false},
		{"other thread", "goroutine 7 [running]:\n\tgoroutine running on other thread; stack unavailable\n" + by, 1, 0, false},
		{"registers", head + strings.ReplaceAll(two, "\nmain.main", " fp=0xc000 sp=0xc001 pc=0x48\nmain.main"), 1, 2, false},
		{"entry, no offset", head + "main.f(0x1)\n\t/src/main.go:12 fp=0xc000 sp=0xc001 pc=0x48\n" + two, 1, 3, false},
		{"arguments", head + "main.f({0x1?, {0x2, ...}}, _, ..., 0x3)\n\t/src/main.go:12 +0x1d\n", 1, 1, false},
		{"inlined", head + "main.f(...)\n\t/src/main.go:12\n", 1, 1, false},
		{"generic", head + "main.f[...](0x1)\n\t/src/main.go:12 +0x1\nmain.(*T[go.shape.int]).g(...)\n\t/src/main.go:13\n", 1, 2, false},
		{"goexit", head + two + "runtime.goexit({})\n\t/go/src/runtime/asm_amd64.s:1700 +0x1\n", 1, 3, false},
		{"non-Go function", head + "non-Go function at pc=7f1a\nnon-Go function\n\tpc=0x7f1b\n" + two, 1, 4, false},
		{"C frame", head + "crash_it\n\t/src/crash.c:9 pc=0x48\n" + two, 1, 3, false},
		{"C++ frame", head + "std::vector<int, std::allocator<int> >::at(unsigned long)\n\t/src/v.hpp:9 pc=0x48\n" + two, 1, 3, false},
		{"cgo", head + "main._Cfunc_f()\n\t_cgo_gotypes.go:46 +0x3a\n", 1, 1, false},
		{"autogenerated", head + "main.(*T).f(0x1)\n\t<autogenerated>:1 +0x26\n", 1, 1, false},
		{"unknown file", head + "main._Cfunc_f()\n\t??:0 +0x3c\nmain.g()\n\t/:62 +0x1\n", 1, 2, false},
		{"Windows", head + "main.f()\n\tC:/Users/ann/My Shop/main.go:12 +0x1d\nmain.g()\n\tC:\\shop\\main.go:9\n", 1, 2, false},
		{"generated from other languages", head + "main.f()\n\tgrammar.y:12 +0x1d\nmain.g()\n\t/src/x.cpp:9 +0x1\nmain.h()\n\t/src/x.templ:9 +0x1\n", 1, 3, false},
		{"CRLF", strings.ReplaceAll(head+two+by, "\n", "\r\n"), 1, 2, false},
		{"spaces", strings.ReplaceAll(head+two+by, "\t", "        "), 1, 2, false},
		{"spaces that do not break", strings.ReplaceAll(head+two+by, "\t", "\u00a0\u00a0 \u00a0"), 1, 2, false},
		{"no indentation", strings.ReplaceAll(head+two+by, "\t", ""), 1, 2, true},
		{"runtime stack only", "fatal error: x\n\nruntime stack:\n" + two, 0, 2, false},
		{"text below", head + two + "exit status 2\nmain: done (ok)\n", 1, 2, false},
		{"log line inside", head + strings.Replace(two, "main.main", "2026/11/20 12:00:00 hello\nmain.main", 1), 1, 2, true},
		{"log line within a frame", head + strings.Replace(two, "\t/src/main.go:12", "level=info msg=hello\n\t/src/main.go:12", 1), 1, 2, true},
		{"no blank line", head + two + "goroutine 8 [select]:\n" + two, 2, 2, false},
		{"long line", head + "main.f(" + strings.Repeat("0x1, ", 20000) + "0x1)\n\t/src/main.go:12 +0x1d\n" + two, 1, 3, false},
		{"name with spaces", head + "type..eq.struct { a string; b interface {} }(0x1, 0x2)\n\t<autogenerated>:1 +0x7c\n" + two, 1, 3, false},
		{"name of a local type", head + "main.f.func1·dwrap·1()\n\t/src/main.go:12 +0x1d\nmain.(*T·2).g(0x1)\n\t/src/main.go:13 +0x1d\n", 1, 2, false},
		{"name with escapes", head + "gopkg.in/yaml%2ev3.(*Decoder).Decode(0x1)\n\t/src/main.go:12 +0x1d\n", 1, 1, false},
		{"method value", head + "main.(*T).f-fm(0x1)\n\t/src/main.go:12 +0x1d\nmain.T.g-fm()\n\t<autogenerated>:1 +0x26\n", 1, 2, false},
		{"segments", head + "main.f(0x1)\n\t/src/main.go:12 +0x1d\n----- stack segment boundary -----\nmain.g()\n\t/src/main.go:9 +0x1\n", 1, 2, false},
		{"no colon", "panic: x\n\n" + strings.Replace(head, ":", "", 1) + two + "\ngoroutine 8 [select]\n" + two, 2, 2, false},
		{"one character for three", head + "main.f[…](0x1, …)\n\t/src/main.go:12 +0x1\nmain.g(…)\n\t/src/main.go:13\n…additional frames elided…\n" + by, 1, 2, false},
		{"unavailable, no indentation", "panic: x\n\n" + head + two + "\ngoroutine 8 [running]:\ngoroutine running on other thread; stack unavailable\n" + by, 2, 2, false},
		{"trace disabled", head + "main.f(0x1)\n\t/src/main.go:12 +0x1d\n(...)\n", 1, 1, false},
	} {
		r := parseOne(t, v.text)
		frames := len(r.CrashStack())
		if r.GoroutineCount != v.goroutines || frames != v.frames || (len(r.Problems) > 0) != v.problems {
			t.Errorf("%s: %d goroutines, %d frames, problems %v; want %d, %d, %v", v.name, r.GoroutineCount, frames, r.Problems, v.goroutines, v.frames, v.problems)
		}
	}
}

// Crashes that follow each other without a line between them are apart.
func TestBackToBack(t *testing.T) {
	// Stacks of one goroutine after the other and no headline may be part of the
	// message of a panic above them, or of its traceback.
	mayBelong := map[string]bool{
		"goroutine-profile-2.txt": true, "profile-2.go1.26.txt": true, "leaked.go1.27.txt": true, "stack-all.go1.26.txt": true, "relic-stack-all.go1.9.txt": true,
	}
	// Two threads that die of the same print their headlines one after the other.
	mayRepeat := map[string]bool{"goexit-main.go1.21.txt": true, "windows-early.txt": true}
	files := goldenFiles(t)
	var texts []string
	var names []string
	for _, file := range files {
		if strings.Contains(file, "-output.") || strings.Contains(file, "damage-powershell") {
			continue // has no headline, or another encoding
		}
		_, text := readGolden(t, file)
		names = append(names, filepath.Base(file))
		texts = append(texts, strings.TrimRight(string(text), "\n")+"\n")
	}
	for i := range texts {
		for _, j := range []int{i, (i + 1) % len(texts), (i + 17) % len(texts)} {
			if mayBelong[names[j]] && i != j || names[i] == names[j] && mayRepeat[names[i]] {
				continue
			}
			want := countReports(texts[i]) + countReports(texts[j])
			if got := countReports(texts[i] + texts[j]); got != want {
				t.Errorf("%s and %s: %d crashes, want %d", names[i], names[j], got, want)
			}
		}
	}
}

// One line that is no part of a traceback costs no goroutine, wherever it stands.
func TestOddLineCostsNoGoroutine(t *testing.T) {
	// Lines of a message may look like stacks until Go 1.22; then a blank line
	// before the real one is all that tells. A signal's headline without one is
	// another crash's.
	ambiguous := map[string]bool{
		"forged": true, "relic-forged": true, "relic-forged-twice": true, "relic-quoted-crash": true, "quoted-stack": true, "forged-system": true,
		"native-threads": true, "morestack-g0": true,
	}
	for _, file := range goldenFiles(t) {
		name, _, _ := strings.Cut(filepath.Base(file), ".")
		if strings.HasSuffix(name, "-output") || strings.HasPrefix(name, "library-") || ambiguous[name] {
			continue
		}
		_, text := readGolden(t, file)
		lines := strings.SplitAfter(string(text), "\n")
		if len(lines) > 150 {
			continue
		}
		want := goroutinesOf(string(text))
		for i := 1; i < len(lines); i++ {
			damaged := strings.Join(lines[:i], "") + "2026/01/02 03:04:05 worker: tick 7 done\n" + strings.Join(lines[i:], "")
			if got := goroutinesOf(damaged); got != want {
				t.Errorf("%s: %s, and %s with a line before %q", file, want, got, lines[i])
				break
			}
		}
	}
}

// goroutinesOf tells the reports of a text by their goroutines.
func goroutinesOf(text string) string {
	var b strings.Builder
	r := NewReader(strings.NewReader(text))
	for {
		report, err := r.Next()
		if err != nil {
			return b.String()
		}
		fmt.Fprintf(&b, "%s of %d, crashed %d; ", report.Kind, report.GoroutineCount, report.Crash)
	}
}

// Tabs that became spaces, or nothing, cost nothing in the forms of libraries.
func TestLibraryIndentation(t *testing.T) {
	files, err := filepath.Glob("testdata/library-*.txt")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, error %v", len(files), err)
	}
	for _, file := range files {
		_, data := readGolden(t, file)
		text := string(data)
		want := gist(parseAll(t, text, false))
		for tab, name := range map[string]string{"        ": "eight spaces", "    ": "four spaces", " ": "one space", "": "nothing"} {
			if tab == "" && (strings.Contains(file, "zap") || strings.Contains(file, "pkg-errors")) {
				continue // then nothing tells a call from a word
			}
			if got := gist(parseAll(t, strings.ReplaceAll(text, "\n\t", "\n"+tab), false)); got != want {
				t.Errorf("%s, %s for a tab:\ngot\n%swant\n%s", file, name, got, want)
			}
		}
	}
}
