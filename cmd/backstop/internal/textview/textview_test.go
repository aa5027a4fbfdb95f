package textview

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/backstop-go/backstop/crash"
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
