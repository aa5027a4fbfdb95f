package crash

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

// FuzzParse: no text makes the parser panic, lose its place or disagree with
// itself, and what it makes of it survives JSON.
func FuzzParse(f *testing.F) {
	for _, file := range goldenFiles(f) {
		_, text := readGolden(f, file)
		f.Add(text[:min(len(text), 4000)])
	}
	for _, text := range oddities {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		all := readAll(t, bytes.NewReader(text))
		headers := bytes.Count(text, []byte("goroutine ")) + bytes.Count(text, []byte(" @"))
		if bytes.ContainsAny(text, "\x00\x1b\\&#") {
			headers = len(text) // there may be more in another notation
		}
		for _, r := range all {
			check(t, r, headers)
			if r.Start < 0 || r.Start > r.End || r.End > int64(len(text)) {
				t.Fatalf("from %d to %d of %d bytes", r.Start, r.End, len(text))
			}
		}
		// How the text arrives makes no difference.
		if len(text) < 2000 {
			again := readAll(t, iotest.OneByteReader(bytes.NewReader(text)))
			if len(again) != len(all) {
				t.Fatalf("%d crashes, read byte by byte %d", len(all), len(again))
			}
			for i := range all {
				if a, b := marshal(t, all[i]), marshal(t, again[i]); a != b {
					t.Fatalf("read byte by byte, crash %d differs:\n%s\n%s", i, a, b)
				}
			}
		}
		first, err := Parse(bytes.NewReader(text))
		if len(all) == 0 {
			if err != ErrNoCrash {
				t.Fatalf("Parse: %v, %v", first, err)
			}
		} else if err != nil || marshal(t, first) != marshal(t, all[0]) {
			t.Fatalf("Parse and Next differ: %v", err)
		}
	})
}

func readAll(t *testing.T, in io.Reader) []*Report {
	t.Helper()
	var all []*Report
	r := NewReader(in)
	for {
		report, err := r.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, report)
	}
}

func marshal(t *testing.T, r *Report) string {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func check(t *testing.T, r *Report, headers int) {
	t.Helper()
	if _, ok := lookup(r.Class); !ok {
		t.Fatalf("class %q is not in the table", r.Class)
	}
	if kindOf(r.Class) != r.Kind {
		t.Fatalf("class %s in a report of kind %s", r.Class, r.Kind)
	}
	kept := len(r.Goroutines)
	for i := range r.folded {
		kept += r.folded[i].Count
		headers += r.folded[i].Count // of a profile, which has one line for many
	}
	if r.Crash < -1 || r.Crash >= len(r.Goroutines) || r.GoroutineCount != kept {
		t.Fatalf("crash %d, count %d of %d goroutines", r.Crash, r.GoroutineCount, kept)
	}
	if r.Kind != KindRace && r.GoroutineCount > headers {
		t.Fatalf("%d goroutines of %d headers", r.GoroutineCount, headers)
	}
	if len(r.Message) > maxMessage {
		t.Fatalf("message of %d bytes", len(r.Message))
	}
	for _, p := range r.Problems {
		if p.Count <= 0 || p.Code == "" || len(p.Text) > 600 || !utf8.ValidString(p.Text) {
			t.Fatalf("problem %+v", p)
		}
	}
	for i := range r.Goroutines {
		g := &r.Goroutines[i]
		if g.ElidedAt < 0 || g.ElidedAt > len(g.Frames) {
			t.Fatalf("elided at %d of %d frames", g.ElidedAt, len(g.Frames))
		}
	}
	// What is written can be read, and says the same when written again.
	first := marshal(t, r)
	if strings.Contains(first, `"problems":null`) || strings.Contains(first, `"top_frames":null`) {
		t.Fatalf("null for a list: %s", first)
	}
	var back Report
	if err := json.Unmarshal([]byte(first), &back); err != nil {
		t.Fatalf("%v in %s", err, first)
	}
	if second := marshal(t, &back); second != first {
		t.Fatalf("JSON is not stable:\n%s\n%s", first, second)
	}
	if v := Same(r, r); !v.Same {
		t.Fatalf("a report is not the same as itself: %v", v.Reasons)
	}
}

// oddities are texts that once were, or might be, read wrongly.
var oddities = []string{
	"\ngoroutine 20 [running]:\ninternal/runtime/maps.fata\x00(6d53e7?, 0x0?})\n\truntime/panic.go:1195 +0x18\nmain.i\x7f\xff\xfffunc13.2(0x0",
	"panic: x",
	"panic: \n\ngoroutine 1 [running]:\nmain.main()\n\t/x.go:1 +0x1\n",
	"panic: a [recovered]\n\tpanic: b [recovered]\n\tpanic: c\n\ngoroutine 1 [running]:\n",
	"fatal error: a\nfatal error: b\n\ngoroutine 1 [running]:\nmain.f()\n",
	"goroutine 1 [running labels:{\"a\": \"b]\", \"c\": \"d\"}]:\nmain.f()\n\t/x.go:1\n",
	"goroutine 1 [select (no cases), 5 minutes, locked to thread, synctest bubble 3] {a: b}:\nmain.f()\n\t/x.go:1\n",
	"[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x1]\n\ngoroutine 1 [running]:\n",
	"runtime stack:\nruntime.throw({0x1, 0x2})\n\truntime/panic.go:1 +0x1\n\ngoroutine 1 [sleep]:\n",
	"main.f()\n\t/x.go:1 +0x1\nmain.g()\n\t/x.go:2 +0x1\ncreated by main.main\n\t/x.go:3 +0x1\n",
	"==================\nWARNING: DATA RACE\nWrite at 0x00c000 by goroutine 7:\n  main.f()\n      /x.go:1 +0x1\n\nPrevious read at 0x00c000 by main goroutine:\n  main.g()\n      /x.go:2 +0x1\n\nGoroutine 7 (running) created at:\n  main.main()\n      /x.go:3 +0x1\n==================\n",
	"SIGABRT: abort\nPC=0x1 m=0 sigcode=0\nsignal arrived during cgo execution\n\ngoroutine 1 [syscall]:\nnon-Go function\n\tpc=0x12\ncrash\n\t/x.c:9 pc=0x13\n",
	"goroutine 1 [running]:\nmain.f()\n\t/x.go:1 +0x1\n...additional frames elided...\ncreated by main.g\n\t/x.go:2\n\n[originating from goroutine 3]:\nmain.h()\n\t/x.go:3\n",
	"panic: x\r\n\r\ngoroutine 1 [running]:\r\nmain.main()\r\n\t/x.go:1 +0x1\r\nexit status 2\r\n",
	"Exception 0xc0000005 0x0 0x0 0x7ffe\nPC=0x7ffe\nsignal arrived during external code execution\n\nruntime.cgocall(0x1, 0x2)\n\truntime/cgocall.go:1 +0x1\n",
	"http: panic serving [::1]:80: x\nline two\ngoroutine 1 [running]:\nmain.f()\n\t/x.go:1\n",
}
