package crash

import (
	"errors"
	"io"
	"strings"
	"testing"
)

// A lineByLine reader yields a line at a time and notes, before each, how much of
// what it gave is settled.
type lineByLine struct {
	rest    string
	given   int64
	settled func() int64
	note    func(given, settled int64, next string)
}

func (r *lineByLine) Read(p []byte) (int, error) {
	line, rest, _ := strings.Cut(r.rest, "\n")
	r.note(r.given, r.settled(), line)
	if r.rest == "" {
		return 0, io.EOF
	}
	n := copy(p, r.rest[:len(r.rest)-len(rest)])
	r.rest = r.rest[n:]
	r.given += int64(n)
	return n, nil
}

// Text between crashes is settled at once, and that of a crash when it has been
// returned.
func TestSettled(t *testing.T) {
	const text = "starting\n" +
		"main.go:12: listening\n" +
		"panic: boom\n" +
		"\n" +
		"goroutine 1 [running]:\n" +
		"main.main()\n" +
		"\t/x.go:1 +0x1\n" +
		"exit status 2\n" +
		"stopped(now)\n" +
		"main.f(0x1)\n" +
		"again\n"
	held := make(map[string]int64) // by the line that comes next: bytes that wait
	in := &lineByLine{rest: text, note: func(given, settled int64, next string) { held[next] = given - settled }}
	r := NewReader(in)
	in.settled = r.Settled
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	if got, want := r.Settled(), int64(strings.Index(text, "stopped")); got != want {
		t.Errorf("after the crash %d bytes are settled, want %d", got, want)
	}
	if _, err := r.Next(); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	if got := r.Settled(); got != int64(len(text)) {
		t.Errorf("at the end %d bytes of %d are settled", got, len(text))
	}
	for next, want := range map[string]int64{
		"starting": 0, "main.go:12: listening": 0, "panic: boom": 0,
		"goroutine 1 [running]:": int64(len("panic: boom\n\n")),
		"stopped(now)":           0,
		"main.f(0x1)":            0,
		"again":                  int64(len("main.f(0x1)\n")), // a file line may follow
	} {
		if got, ok := held[next]; !ok || got != want {
			t.Errorf("before %q %d bytes wait, want %d", next, got, want)
		}
	}
}

// Whatever a text is, what was settled stays so, never exceeds what was read,
// and is all of it at the end.
func FuzzSettled(f *testing.F) {
	for _, file := range goldenFiles(f) {
		_, text := readGolden(f, file)
		f.Add(string(text[:min(len(text), 4000)]))
	}
	for _, text := range oddities {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		last := int64(0)
		in := &lineByLine{rest: text, note: func(given, settled int64, _ string) {
			if settled < last || settled > given {
				t.Fatalf("settled %d after %d, of %d", settled, last, given)
			}
			last = settled
		}}
		r := NewReader(in)
		in.settled = r.Settled
		for {
			report, err := r.Next()
			if err != nil {
				break
			}
			if report.Start < last {
				t.Errorf("a crash from %d on, and %d was settled", report.Start, last)
			}
			last = r.Settled()
		}
		if got := r.Settled(); got != int64(len(text)) {
			t.Fatalf("at the end %d bytes of %d are settled", got, len(text))
		}
	})
}
