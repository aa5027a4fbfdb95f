package textview

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/backstop-go/backstop/crash"

	"github.com/backstop-go/backstop/cmd/backstop/internal/source"
)

// Every crash that is kept as an example can be shown, and nothing in it
// reaches the terminal as a control character.
func TestWriteGolden(t *testing.T) {
	files, err := filepath.Glob("../../../../crash/testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("golden files: %d, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, text, _ = bytes.Cut(text, []byte("\n\n"))
		r, err := crash.Parse(bytes.NewReader(text))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		var b bytes.Buffer
		if err := Write(&b, r, Options{}); err != nil {
			t.Fatal(err)
		}
		out := b.String()
		if strings.Count(out, "\n") > 150 {
			t.Errorf("%s: %d lines are more than anybody reads", file, strings.Count(out, "\n"))
		}
		if i := strings.IndexFunc(out, func(c rune) bool { return c != '\n' && unicode.IsControl(c) }); i >= 0 {
			t.Errorf("%s: control character %q", file, out[i])
		}
		for _, want := range []string{string(r.Class), "What happened:", "Could recover have caught it?", r.Fingerprints.Tolerant} {
			if !strings.Contains(out, want) {
				t.Errorf("%s: %q is missing in\n%s", file, want, out)
			}
		}
	}
}

func TestEscape(t *testing.T) {
	for text, want := range map[string]string{
		"plain":            "plain",
		"größe 漢字":         "größe 漢字",
		"\x1b[2J\x07":      `\x1b[2J\x07`,
		"a\nb\r":           `a\x0ab\x0d`,
		"\u202eevil\u2066": `\u202eevil\u2066`,
		"\u009b31m":        `\u009b31m`,
		"\xff":             `\xff`,
		"tab\there":        "tab    here",
		"\u2028":           `\u2028`,
	} {
		if got := Escape(text); got != want {
			t.Errorf("Escape(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestRecursionIsFolded(t *testing.T) {
	var frames []crash.Frame
	for i := 0; i < 40; i++ {
		frames = append(frames, crash.Frame{Func: "main.ping", File: "/x.go", Line: 1}, crash.Frame{Func: "main.pong", File: "/x.go", Line: 2})
	}
	r := &crash.Report{Kind: crash.KindFatal, Class: "fatal.stack_overflow", Goroutines: []crash.Goroutine{{ID: 1, State: "running", Frames: frames}}}
	var b bytes.Buffer
	if err := Write(&b, r, Options{Color: true}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(b.String(), "main.ping"); got != 1 || !strings.Contains(b.String(), "39 times more: recursion") {
		t.Errorf("main.ping is shown %d times:\n%s", got, b.String())
	}
}

func TestColumns(t *testing.T) {
	for s, want := range map[string]int{"": 0, "plain": 5, "größe": 5, "漢字": 4, "e\u0301": 1, "🙂": 2} {
		if got := columns(s); got != want {
			t.Errorf("columns(%q) = %d, want %d", s, got, want)
		}
	}
	for _, c := range []struct {
		s     string
		width int
		want  string
	}{{"plain", 0, "plain"}, {"plain", 5, "plain"}, {"plain", 4, "pla…"}, {"漢字漢字", 5, "漢字…"}, {"漢字", 1, "…"}, {"größe", 5, "größe"}} {
		if got := fit(c.s, c.width); got != c.want {
			t.Errorf("fit(%q, %d) = %q, want %q", c.s, c.width, got, c.want)
		}
	}
}

// Text that explains is wrapped to the terminal, and so is what stands beside
// the names; the names themselves stay whole, to be copied.
func TestWidth(t *testing.T) {
	r := &crash.Report{
		Kind: crash.KindPanic, Class: "panic.nil_map", HasMessage: true, Message: "assignment to entry in nil map",
		Goroutines: []crash.Goroutine{
			{ID: 1, State: "running", Frames: []crash.Frame{{Func: "runtime.mapassign_faststr", File: "/usr/lib/go/src/runtime/map_faststr.go", Line: 1}, {Func: "main.main", File: "/x.go", Line: 1}}},
			{ID: 2, State: "chan receive", Frames: []crash.Frame{{Func: "example.com/shop/mail.(*Queue).worker", File: "/src/shop/mail/queue.go", Line: 74}}},
		},
		GoroutineCount: 2,
	}
	for _, width := range []int{68, 80, 120} {
		var b bytes.Buffer
		if err := Write(&b, r, Options{Width: width}); err != nil {
			t.Fatal(err)
		}
		for _, l := range strings.Split(b.String(), "\n") {
			if columns(l) > width {
				t.Errorf("width %d: %q", width, l)
			}
		}
		if !strings.Contains(b.String(), "example.com/shop/mail.(*Queue).worker") {
			t.Errorf("width %d: a name was cut:\n%s", width, b.String())
		}
	}
}

// One kind beyond the limit is shown: a line that leaves it out is no shorter.
func TestOneKindMoreThanShown(t *testing.T) {
	for extra, want := range map[int]string{1: "1  [select]  main.f10  /x.go:10\n", 2: "2  in 2 more kinds (-all shows them)\n"} {
		r := &crash.Report{Kind: crash.KindPanic, Class: "panic.custom", Goroutines: []crash.Goroutine{{ID: 1, State: "running"}}}
		for i := range maxKinds + extra {
			frame := crash.Frame{Func: fmt.Sprintf("main.f%d", i), File: "/x.go", Line: i}
			r.Goroutines = append(r.Goroutines, crash.Goroutine{ID: int64(2 + i), State: "select", Frames: []crash.Frame{frame}})
		}
		var b bytes.Buffer
		if err := Write(&b, r, Options{}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
}

// Goroutines that would make the same line are one line, and none is lost.
func TestKindsThatLookAlike(t *testing.T) {
	r := &crash.Report{Kind: crash.KindPanic, Class: "panic.custom", Goroutines: []crash.Goroutine{{ID: 1, State: "running"}}}
	wait := crash.Frame{Func: "main.wait", File: "/x.go", Line: 7}
	for i := range 40 {
		g := crash.Goroutine{ID: int64(2 + i), State: "select", WaitMinutes: i, Frames: []crash.Frame{wait, {Func: fmt.Sprintf("main.f%d", i%4)}}}
		if i >= 20 {
			g.Frames = []crash.Frame{{Func: fmt.Sprintf("main.g%d", i), File: "/x.go", Line: 1}}
		}
		r.Goroutines = append(r.Goroutines, g)
	}
	var b bytes.Buffer
	if err := Write(&b, r, Options{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"40 other goroutines of 24 kinds, the longest wait 39 minutes\n",
		"      20  [select, up to 19 minutes]  main.wait  /x.go:7  by 4 ways\n",
		"      11  in 11 more kinds (-all shows them)\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
	b.Reset()
	if err := Write(&b, r, Options{All: true}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "[select"); n != 24 || strings.Contains(b.String(), " ways") {
		t.Errorf("%d kinds with -all, want 24:\n%s", n, b.String())
	}
}

// Everything in a report may have been written by somebody else.
func TestHostileText(t *testing.T) {
	const evil = "\x1b]0;pwn\x07\r\n\u202eevil\u009b31m\x00"
	frame := crash.Frame{Func: "main." + evil, File: "/" + evil + ".go", Line: 2, Args: evil}
	by := &crash.CreatedBy{Func: evil, File: evil, Line: 1, Goroutine: 3}
	g := crash.Goroutine{
		ID: 2, State: evil, Labels: map[string]string{evil: evil}, WaitMinutes: 3, Thread: evil,
		Frames: []crash.Frame{{Func: "runtime." + evil}, frame}, CreatedBy: by, Elided: 1, ElidedAt: 1,
	}
	withAncestors := g
	withAncestors.ID = 7
	withAncestors.Ancestors = []crash.Ancestor{{ID: 3, Frames: []crash.Frame{frame}, CreatedBy: by}}
	excerpt := func(*crash.Frame, int) *source.Excerpt {
		return &source.Excerpt{File: evil, First: 1, Focus: 2, Lines: []string{evil, "\t" + evil}}
	}
	for _, kind := range crash.Kinds() {
		r := &crash.Report{
			Kind: kind, Class: crash.Class(kind) + crash.Class("."+evil), Message: evil, HasMessage: true,
			Panics:       []crash.Panic{{Message: evil + "1", Recovered: true}, {Message: evil}},
			Signal:       crash.Signal{Name: evil, Code: evil, Addr: evil, PC: evil, InCgo: true},
			GoVersion:    evil,
			Goroutines:   []crash.Goroutine{withAncestors, g, {ID: 3, State: evil}},
			RuntimeStack: []crash.Frame{frame}, Loose: []crash.Frame{frame},
			Fingerprints: crash.Fingerprints{Tolerant: evil, Strict: evil},
			Problems:     []crash.Problem{{Code: evil, Line: 1, Count: 2, Text: evil}},
		}
		for _, crashed := range []int{0, 1, -1} {
			r.Crash = crashed
			for _, all := range []bool{false, true} {
				var b bytes.Buffer
				if err := Write(&b, r, Options{All: all, Width: 80, Source: excerpt}); err != nil {
					t.Fatal(err)
				}
				if i := strings.IndexFunc(b.String(), func(c rune) bool { return c != '\n' && (unicode.IsControl(c) || unicode.Is(unicode.Cf, c)) }); i >= 0 {
					t.Fatalf("%s, all %v: %q reaches the terminal in\n%q", kind, all, b.String()[i:i+1], b.String())
				}
				if strings.Contains(b.String(), "\nevil") {
					t.Errorf("%s: a line end of the crash reaches the terminal", kind)
				}
			}
		}
	}
}
