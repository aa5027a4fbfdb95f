package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/backstop-go/backstop/crash"
)

// A step of a script: what a program writes, or a pause, and what the watcher
// must have passed on before it asks for more.
type step struct {
	write string // empty is a pause
	shown string // in all, so far
}

// A scripted pauser plays steps and looks at the screen before each.
type scripted struct {
	t      *testing.T
	steps  []step
	at     int
	screen *bytes.Buffer
	wait   time.Duration
}

func (s *scripted) patience(d time.Duration) { s.wait = d }

func (s *scripted) Read(p []byte) (int, error) {
	if s.at > 0 {
		if before := s.steps[s.at-1]; before.shown != s.screen.String() {
			s.t.Errorf("after step %d, %q:\n%q is shown, want\n%q", s.at, before.write, s.screen.String(), before.shown)
		}
	}
	if s.at == len(s.steps) {
		return 0, io.EOF
	}
	s.at++
	if s.steps[s.at-1].write == "" {
		return 0, crash.ErrPause
	}
	return copy(p, s.steps[s.at-1].write), nil
}

const (
	boom = "panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/x.go:1 +0x1\n"
	view = "<panic.custom: boom>\n"
)

// mark is a view that tests can find again.
func mark(w io.Writer) func(*crash.Report) error {
	return func(r *crash.Report) error {
		_, err := fmt.Fprintf(w, "<%s: %s>\n", r.Class, strings.ReplaceAll(r.Message, "\n", "|"))
		return err
	}
}

func TestWatch(t *testing.T) {
	for _, c := range []struct {
		name  string
		raw   bool
		steps []step
		end   string // behind the last step
	}{
		{"text passes at once", false, []step{{"one\ntwo\n", "one\ntwo\n"}, {"three\n", "one\ntwo\nthree\n"}}, ""},
		{"so do lines that are not finished", false, []step{{"name> ", "name> "}, {"me\n\r10 %", "name> me\n\r10 %"}, {"\r20 %", "name> me\n\r10 %\r20 %"}}, ""},
		{"bytes stay as they are", false, []step{{"\x00\xff\r\n\x1b[1mx\n", "\x00\xff\r\n\x1b[1mx\n"}}, ""},
		{"a crash", false, []step{{"one\n" + boom, "one\n"}}, view},
		{"a crash that came in pieces", false, []step{{"one\npan", "one\n"}, {boom[3:20], "one\n"}, {boom[20:50], "one\n"}, {boom[50:], "one\n"}}, view},
		{"its text as well", true, []step{{"one\n" + boom[:20], "one\n" + boom[:20]}, {boom[20:], "one\n" + boom}}, view},
		{"the program lives on", false, []step{
			{"x http: panic serving 1.2.3.4:5: boom\ngoroutine 5 [running]:\nmain.f()\n\t/x.go:1 +0x1\n", ""},
			{"", view},
			{"working\n", view + "working\n"},
		}, ""},
		{"a crash behind a line that is not finished", false, []step{{"10 % ", "10 % "}, {"\n" + boom, "10 % \n"}}, view},
		{"a crash glued to one", false, []step{{"10 % ", "10 % "}, {boom, "10 % "}}, "\n" + view},
		{"no crash after all", false, []step{{"panic: is a word\n", ""}, {"", "panic: is a word\n"}, {"on\n", "panic: is a word\non\n"}, {"and on", "panic: is a word\non\nand on"}}, ""},
		{"no crash, and a pause in the line", false, []step{{"goroutine pool", ""}, {"", "goroutine pool"}, {" ready\n", "goroutine pool ready\n"}}, ""},
		{"a crash behind a false alarm", false, []step{{"panic: no\n", ""}, {"", "panic: no\n"}, {"well\n", "panic: no\nwell\n"}, {boom, "panic: no\nwell\n"}}, "<panic.custom: no|well|panic: boom>\n"},
		{"a call and no file line", false, []step{{"main.f(0x1)\n", ""}, {"done\n", "main.f(0x1)\ndone\n"}}, ""},
		{"two crashes", false, []step{{boom + "exit status 2\nagain\n" + boom, view + "exit status 2\nagain\n"}}, view},
		{"nothing", false, []step{{"", ""}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var screen bytes.Buffer
			in := &scripted{t: t, steps: c.steps, screen: &screen}
			if err := watch(in, &screen, c.raw, mark(&screen)); err != nil {
				t.Fatal(err)
			}
			if want := c.steps[len(c.steps)-1].shown + c.end; screen.String() != want {
				t.Errorf("at the end\n%q is shown, want\n%q", screen.String(), want)
			}
		})
	}
}

// How long a silence counts depends on what was said before it.
func TestPatience(t *testing.T) {
	for held, want := range map[string]time.Duration{
		"":                      quiet,
		"panic: boom\n":         quiet,
		"panic: boom\n\n":       quietPanic,
		boom:                    quietPanic,
		"fatal error: x\n\nrun": quietFatal,
		"x\npanic: boom\n\n":    quietPanic,
		"x panic: boom\n\n":     quiet,
	} {
		if got := patienceFor([]byte(held)); got != want {
			t.Errorf("%q: %v, want %v", held, got, want)
		}
	}
}

// Lines that begin as a crash and go on for long are not held for as long as
// they might be: a second is enough.
func TestWatchIsNotHeldUpByTalk(t *testing.T) {
	var screen bytes.Buffer
	w := &watcher{in: steady{strings.NewReader("")}, out: &screen, show: mark(&screen)}
	w.reader = crash.NewReader(w)
	read := func(text string) {
		w.chunk = []byte(text)
		if _, err := w.Read(make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
	}
	read("panic: he said\n")
	read("a\n")
	if screen.Len() > 0 {
		t.Fatalf("%q is passed on at once", screen.String())
	}
	w.since = w.since.Add(-2 * maxUnsure)
	read("b\n")
	if got := screen.String(); got != "panic: he said\na\n" {
		t.Errorf("after a while %q is passed on", got)
	}
}

// A crash that is too long to be held is passed on as it came, and shown.
func TestWatchOfEndlessCrash(t *testing.T) {
	var long strings.Builder
	long.WriteString(boom)
	for i := 2; long.Len() < maxHeld+1<<20; i++ {
		fmt.Fprintf(&long, "\ngoroutine %d [select]:\nmain.f(%s)\n\t/x.go:1 +0x1\n", i, strings.Repeat("0x1, ", 1000))
	}
	text := long.String()
	var screen bytes.Buffer
	if err := watch(steady{strings.NewReader(text)}, &screen, false, mark(&screen)); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(screen.String(), text[:maxHeld]) || strings.Count(screen.String(), view) != 1 {
		t.Errorf("%d bytes are shown of %d", screen.Len(), len(text))
	}
}

// When nobody reads what it writes, it reads on: the program must not hang.
func TestWatchReadsOn(t *testing.T) {
	in := strings.NewReader("one\n" + boom + "two\n")
	err := watch(steady{in}, fullWriter{}, false, mark(fullWriter{}))
	if err == nil || err.Error() != "disk full" || in.Len() > 0 {
		t.Errorf("error %v, %d bytes not read", err, in.Len())
	}
	in = strings.NewReader("x")
	broken := errors.New("broken")
	if err := watch(steady{io.MultiReader(in, failing{broken})}, io.Discard, false, mark(io.Discard)); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// Whatever comes, in whatever pieces, nothing of it is lost: with the text of
// crashes passed on as well, what is shown without the views is what came; and
// without, what is missing is what the reports say they stand for.
func FuzzWatch(f *testing.F) {
	files, err := filepath.Glob("../../crash/testdata/*.txt")
	if err != nil || len(files) == 0 {
		f.Fatalf("golden files: %d, %v", len(files), err)
	}
	for i, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		_, text, _ = bytes.Cut(text, []byte("\n\n"))
		f.Add("before\n"+string(text[:min(len(text), 3000)])+"after\n", uint64(i))
	}
	f.Add("panic: a\nb\ngoroutine 1\n\n\n"+boom+boom+"x", uint64(7))
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		for _, raw := range []bool{true, false} {
			var screen bytes.Buffer
			var missing int64
			show := func(r *crash.Report) error {
				if !raw {
					missing += r.End - r.Start
				}
				screen.WriteString("\x01\n")
				return nil
			}
			if err := watch(&pieces{text, seed}, &screen, raw, show); err != nil {
				t.Fatal(err)
			}
			got := strings.ReplaceAll(strings.ReplaceAll(screen.String(), "\n\x01\n", "\n"), "\x01\n", "")
			if raw && strings.ReplaceAll(got, "\n", "") != strings.ReplaceAll(strings.ReplaceAll(text, "\x01", ""), "\n", "") {
				t.Fatalf("shown\n%q of\n%q", got, text)
			}
			if shown := int64(len(got)); !raw && shown < int64(len(strings.ReplaceAll(text, "\x01\n", "")))-missing-int64(strings.Count(text, "\n")) {
				t.Fatalf("%d bytes are shown of %d, and %d stand for crashes:\n%q", shown, len(text), missing, got)
			}
		}
	})
}

// pieces yields a text in pieces, with pauses.
type pieces struct {
	rest string
	seed uint64
}

func (*pieces) patience(time.Duration) {}

func (p *pieces) Read(b []byte) (int, error) {
	p.seed = p.seed*6364136223846793005 + 1442695040888963407
	if p.rest == "" {
		return 0, io.EOF
	}
	n := int(p.seed>>33) % 64
	if n == 0 {
		return 0, crash.ErrPause
	}
	n = copy(b, p.rest[:min(n, len(p.rest))])
	p.rest = p.rest[n:]
	return n, nil
}
