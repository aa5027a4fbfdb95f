package redact_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/internal/redact"
)

func TestCrash(t *testing.T) {
	const in = `panic: connect: password=hunter2
	goroutine of bob@example.com [recovered]
	panic: open "https://x.example/?k=v" [recovered]
	panic: Authorization: Bearer abc [recovered, repanicked]
	panic: password="not closed [recovered]

goroutine 7 gp=0xc0 m=3 mp=0xc008 [running labels:{"backstop.path": "/users/bob@example.com", "token": "abc1"}]:
main.password=hunter2(...)
	/src/password=hunter2.go:7 +0x1d
goroutine 8 [select, 5 minutes] {route: /cart, secret: abc1}:
main.f({0xc000012340, 0x5})
	/src/main.go:7 +0x1d
this line has token=abc1
created by main.main in goroutine 1
	/src/main.go:3 +0x1d

runtime stack:
runtime.throw({0x1, 0x2})
	/src/token=abc1.go:7 +0x1d

log: bob@example.com logged in
exit status 2
`
	const want = `panic: connect: password=[redacted]
	goroutine of [redacted email] [recovered]
	panic: open "https://x.example/?k=[redacted]" [recovered]
	panic: Authorization: [redacted] [recovered, repanicked]
	panic: password="[redacted] [recovered]

goroutine 7 gp=0xc0 m=3 mp=0xc008 [running labels:{"backstop.path": "/users/[redacted email]", "token": "[redacted]"}]:
main.password=hunter2(...)
	/src/password=hunter2.go:7 +0x1d
goroutine 8 [select, 5 minutes] {route: /cart, secret: [redacted]}:
main.f({0xc000012340, 0x5})
	/src/main.go:7 +0x1d
this line has token=[redacted]
created by main.main in goroutine 1
	/src/main.go:3 +0x1d

runtime stack:
runtime.throw({0x1, 0x2})
	/src/token=abc1.go:7 +0x1d

log: [redacted email] logged in
exit status 2
`
	text := []byte(in)
	got := redact.Crash(text)
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if string(text) != in {
		t.Error("the text itself was changed")
	}
	if again := redact.Crash(got); &again[0] != &got[0] {
		t.Errorf("masked again:\n%s", again)
	}
	r, err := crash.Parse(bytes.NewReader(got))
	if err != nil {
		t.Fatal(err)
	}
	if g := r.CrashGoroutine(); g == nil || g.Labels["token"] != "[redacted]" || g.Labels["backstop.path"] != "/users/[redacted email]" {
		t.Errorf("goroutine %+v", g)
	}
}

// TestCrashKeepsClasses reads each golden file of package crash, which are the
// crashes of all Go versions, before and after.
func TestCrashKeepsClasses(t *testing.T) {
	files, err := filepath.Glob("../../crash/testdata/*.txt")
	if err != nil || len(files) < 100 {
		t.Fatalf("%d golden files, error %v", len(files), err)
	}
	changed := map[string]bool{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, text, _ := bytes.Cut(data, []byte("\n\n"))
		masked := redact.Crash(text)
		if bytes.Equal(masked, text) {
			continue
		}
		changed[filepath.Base(file)] = true
		before, after := reports(t, text), reports(t, masked)
		if len(before) != len(after) {
			t.Errorf("%s: %d crashes became %d", file, len(before), len(after))
			continue
		}
		for i := range before {
			b, a := before[i], after[i]
			if b.Class != a.Class || crash.StackHash(b) != crash.StackHash(a) || b.Fingerprints != a.Fingerprints {
				t.Errorf("%s: %s %s %v became %s %s %v", file, b.Class, crash.StackHash(b), b.Fingerprints, a.Class, crash.StackHash(a), a.Fingerprints)
			}
		}
	}
	t.Logf("%d of %d files hold something to mask: %v", len(changed), len(files), changed)
}

func reports(t *testing.T, text []byte) []*crash.Report {
	t.Helper()
	var all []*crash.Report
	rd := crash.NewReader(bytes.NewReader(text))
	for {
		r, err := rd.Next()
		if r != nil {
			all = append(all, r)
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
			return all
		}
	}
}

// TestCrashMasksMessages puts a secret behind the message of each golden file.
func TestCrashMasksMessages(t *testing.T) {
	files, err := filepath.Glob("../../crash/testdata/*.go1.2[3-9].txt")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d golden files, error %v", len(files), err)
	}
	n := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, text, _ := bytes.Cut(data, []byte("\n\n"))
		head, rest, ok := bytes.Cut(text, []byte("\n"))
		if !ok || !bytes.HasPrefix(head, []byte("panic: ")) {
			continue
		}
		n++
		dirty := append(append([]byte(nil), head...), "\n\tpassword=hunter2 and bob@example.com\n\tCookie: a=hunter2 [recovered]\n"...)
		dirty = append(dirty, rest...)
		masked := redact.Crash(dirty)
		if bytes.Contains(masked, []byte("hunter2")) || bytes.Contains(masked, []byte("bob@")) || !bytes.HasSuffix(masked, rest) {
			t.Errorf("%s:\n%s", file, masked)
		}
		before, after := reports(t, dirty), reports(t, masked)
		if !bytes.Contains(masked, []byte(" [recovered]\n")) {
			t.Errorf("%s lost its remark:\n%s", file, masked)
		}
		if len(before) != len(after) || before[0].Class != after[0].Class || before[0].Fingerprints != after[0].Fingerprints || crash.StackHash(before[0]) != crash.StackHash(after[0]) {
			t.Errorf("%s: %s became %s", file, before[0].Class, after[0].Class)
		}
	}
	if n < 10 {
		t.Errorf("%d files of panics only", n)
	}
}

func TestCrashAllocates(t *testing.T) {
	text := []byte("panic: x\n\n" + strings.Repeat("goroutine 7 [select]:\nmain.f(0x1)\n\t/src/main.go:7 +0x1\n\n", 1000))
	if n := testing.AllocsPerRun(10, func() { redact.Crash(text) }); n != 0 {
		t.Errorf("%v allocations for a text without secrets", n)
	}
	for _, empty := range [][]byte{nil, {}} {
		if got := redact.Crash(empty); len(got) != 0 {
			t.Errorf("%q of nothing", got)
		}
	}
}

func BenchmarkCrash(b *testing.B) {
	block := "goroutine 7 [select, 5 minutes]:\nmain.(*server).serve(0xc000012340, {0x1, 0x2})\n\t/src/main.go:7 +0x1d\ncreated by main.main in goroutine 1\n\t/src/main.go:3 +0x1d\n\n"
	text := []byte("panic: password=hunter2\n\n" + strings.Repeat(block, 100_000))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		redact.Crash(text)
	}
}

func FuzzCrash(f *testing.F) {
	f.Add([]byte("panic: token=abc1\n\ngoroutine 1 [running] {a: bob@example.com}:\nmain.f()\n\t/x.go:1\n\nlog: secret=abc1\n"))
	f.Add([]byte("panic: a\ngoroutine 1 [running]:\ntoken=abc1\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		before := string(text)
		once := redact.Crash(text)
		if string(text) != before {
			t.Error("the text itself was changed")
		}
		if twice := redact.Crash(once); !bytes.Equal(once, twice) {
			t.Errorf("not idempotent\n text %q\n once %q\ntwice %q", text, once, twice)
		}
	})
}
