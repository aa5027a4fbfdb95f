//go:build unix && !aix && go1.23

package monitor

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/spool"
)

func TestClippingKeepsHeadAndTail(t *testing.T) {
	var small clipping
	for _, part := range []string{"a", "", "bc"} {
		small.write([]byte(part))
	}
	if got := string(small.text); got != "abc" || small.cut {
		t.Errorf("small text %q, cut %v", got, small.cut)
	}

	var big clipping
	big.write([]byte("HEAD\n"))
	chunk := bytes.Repeat([]byte("0123456789abcdef"), 4<<10)
	for range (maxHead + 3*maxTail) / len(chunk) {
		big.write(chunk)
	}
	big.write([]byte("TAIL"))
	got := big.text
	if !big.cut || len(got) > maxHead+2*maxTail || !bytes.HasPrefix(got, []byte("HEAD\n")) || !bytes.HasSuffix(got, []byte("TAIL")) {
		t.Errorf("%d bytes kept, cut %v", len(got), big.cut)
	}
}

func eventOf(t *testing.T, text string) event.Event {
	t.Helper()
	k := keeper{config: &Config{Event: event.Evidence{Service: "svc", Build: event.Build{GoVersion: "go1.26.8"}}}, over: make(chan bool, 1)}
	k.over <- true
	var clip clipping
	clip.write([]byte(text))
	sent, err := k.death(&clip, time.Now())
	if err != nil || sent == nil {
		t.Fatal(sent, err)
	}
	data, err := sent.Encode()
	if err != nil {
		t.Fatal(err)
	}
	e, err := event.Decode(data)
	if err != nil {
		t.Fatalf("what the monitor writes is refused: %v", err)
	}
	return e
}

// TestNothingIsLost feeds what no parser can know.
func TestNothingIsLost(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		class string
		kind  string
	}{
		"a panic":   {"panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/m.go:1 +0x1\n", "panic.custom", "panic"},
		"noise":     {"\x00\xffwhatever\n", "fragment", "fragment"},
		"headless":  {"\ngoroutine 7 [running]:\nmain.f()\n\t/m.go:1 +0x1\n", "fatal.unknown", "fatal"},
		"all sleep": {"\ngoroutine 7 [chan receive]:\nmain.f()\n\t/m.go:1 +0x1\n\ngoroutine 8 [sync.WaitGroup.Wait]:\nmain.g()\n\t/m.go:2 +0x1\n", "fatal.deadlock", "fatal"},
	} {
		e := eventOf(t, c.text)
		event.Interpret(&e) // as the collector does
		if string(e.Class) != c.class || string(e.Report.Kind) != c.kind || e.Report.Class != e.Class {
			t.Errorf("%s: class %s of kind %s, want %s of %s", name, e.Class, e.Report.Kind, c.class, c.kind)
		}
		if want, _ := event.CutText([]byte(c.text)); e.Text != want {
			t.Errorf("%s: text %q", name, e.Text)
		}
		if e.Service != "svc" || e.Report.GoVersion != "go1.26.8" || !e.Saw(event.Monitor) || e.Report.Fingerprints.Tolerant == "" {
			t.Errorf("%s: incomplete: %+v", name, e)
		}
	}
}

// TestReadCrashDoesNotWaitForStrangers has somebody else hold the writing end
// of the pipe after the parent is dead.
func TestReadCrashDoesNotWaitForStrangers(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close() // held, as a child forked by a C library would
	if _, err := w.WriteString("panic: x\n"); err != nil {
		t.Fatal(err)
	}
	notOurParent := os.Getppid() + 1<<20
	text, at := readCrash(r, notOurParent)
	if got := string(text.text); got != "panic: x\n" || time.Since(at) < time.Second {
		t.Errorf("read %q, first at %v", got, at)
	}
}

// TestPipeIsDrainedWithoutSpool has a program print more than anybody keeps
// while the disk does not answer: it must not wait.
func TestPipeIsDrainedWithoutSpool(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	k := keeper{config: &Config{Event: event.Evidence{Service: "svc"}}, opened: make(chan struct{}), over: make(chan bool, 1), ended: make(chan struct{})}
	k.over <- true
	watched := make(chan struct{})
	go func() {
		k.watch(r)
		close(watched)
	}()
	line := strings.Repeat("goroutine", 7) + "\n"
	part := []byte(strings.Repeat(line, 1<<20/len(line)))
	for n := 0; n < maxHead+3*maxTail; n += len(part) {
		if _, err := w.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	if k.spool, err = spool.Open(t.TempDir(), spool.Options{}); err != nil {
		t.Fatal(err)
	}
	close(k.opened)
	<-watched
	if n, err := k.spool.Pending(); n != 1 || err != nil {
		t.Errorf("%d events in the spool (%v)", n, err)
	}
}

func TestSplit(t *testing.T) {
	one := "panic: a\n\tpanic: b\n\ngoroutine 1 [running]:\nmain.f()\n\t/m.go:1 +0x1\n"
	two := "panic: c\n\ngoroutine 2 [running]:\nmain.g()\n\t/m.go:2 +0x1\n"
	fatal := "\ngoroutine 3 [running]:\nmain.h()\n\t/m.go:3 +0x1\n"
	hostile := "panic: x\n\tgoroutine 9 [running]:\n\tpanic: y\n\ngoroutine 1 [running]:\nmain.f()\n"
	for _, parts := range [][]string{{one}, {one, two}, {one, two, two}, {fatal, two}, {hostile}, {hostile, one}, {""}, {"noise\npanic: \n"}} {
		var got []string
		first, rest := split([]byte(strings.Join(parts, "")))
		got = append(got, string(first))
		for len(rest) > 0 {
			first, rest = split(rest)
			got = append(got, string(first))
		}
		if strings.Join(got, "|") != strings.Join(parts, "|") {
			t.Errorf("parts %q, want %q", got, parts)
		}
	}
}

func FuzzCrashEvent(f *testing.F) {
	f.Add("panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/m.go:1 +0x1\n")
	f.Add("\nruntime stack:\nruntime.throw({0x1, 0x2})\n")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.TrimSpace(text) == "" {
			return
		}
		eventOf(t, text)
	})
}
