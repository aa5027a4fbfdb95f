package supervise

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

const traceback = `panic: boom

goroutine 1 [running]:
main.main()
	/app/main.go:5 +0x1d
exit status 2
`

const httpPanic = `2026/11/20 10:00:00 http: panic serving 127.0.0.1:41234: cart is nil
goroutine 35 [running]:
net/http.(*conn).serve.func1()
	/go/src/net/http/server.go:1947 +0xbe
panic({0x6c3e20?, 0x7a5f10?})
	/go/src/runtime/panic.go:787 +0x132
main.handler({0x7a8a50, 0xc0000fc000}, 0xc0000f8000)
	/app/main.go:21 +0x29
created by net/http.(*Server).Serve in goroutine 1
	/go/src/net/http/server.go:3454 +0x485
`

// splitAll feeds text in pieces cut by next and returns what was collected
// while the process lived and at its end.
func splitAll(text string, next func(left int) int) (lived []string, last string) {
	s := splitter{emit: func(c captured) { lived = append(lived, string(c.text)) }}
	now := time.Unix(0, 0)
	for len(text) > 0 {
		n := next(len(text))
		s.write([]byte(text[:n]), now)
		text = text[n:]
	}
	if c, ok := s.end(now); ok {
		last = string(c.text)
	}
	return lived, last
}

func whole(left int) int { return left }

func TestSplitterFindsTheBeginning(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "starting\nlistening on :80\n", ""},
		{"panic", "starting\n" + traceback, traceback},
		{"no newline at the end", "starting\npanic: boom", "panic: boom"},
		{"glued behind a progress line", "50%" + traceback, "50%" + traceback},
		{"line before the headline", "x\nruntime: goroutine stack exceeds 1000000000-byte limit\nfatal error: stack overflow\n", "runtime: goroutine stack exceeds 1000000000-byte limit\nfatal error: stack overflow\n"},
		{"fault address", "x\nunexpected fault address 0x7f\nfatal error: fault\n", "unexpected fault address 0x7f\nfatal error: fault\n"},
		{"signal", "x\nSIGABRT: abort\nPC=0x1 m=0 sigcode=0\n", "SIGABRT: abort\nPC=0x1 m=0 sigcode=0\n"},
		{"runtime stack", "x\nruntime stack:\nruntime.throw()\n", "runtime stack:\nruntime.throw()\n"},
		{"header only", "x\ngoroutine 7 [running]:\nmain.f()\n", "goroutine 7 [running]:\nmain.f()\n"},
		{"header with gp", "x\ngoroutine 7 gp=0x1 m=0 mp=0x2 [running]:\n", "goroutine 7 gp=0x1 m=0 mp=0x2 [running]:\n"},
		{"race", "x\nWARNING: DATA RACE\nWrite at 0x1\n", "WARNING: DATA RACE\nWrite at 0x1\n"},
		{"logged", "x\n" + httpPanic, httpPanic},
		{"carriage returns", "x\r\npanic: boom\r\n\r\ngoroutine 1 [running]:\r\n", "panic: boom\r\n\r\ngoroutine 1 [running]:\r\n"},
		{"words that look alike", "goroutine pool is full\nSIGnal lost\nSIGHUP received\nruntimes: 3\ndon't panic\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, next := range []func(int) int{whole, func(int) int { return 1 }} {
				lived, last := splitAll(c.text, next)
				if last != c.want || len(lived) > 0 {
					t.Errorf("collected %q and %q, want %q", lived, last, c.want)
				}
			}
		})
	}
}

// TestSplitterPieces checks that it does not matter how the stream is cut.
func TestSplitterPieces(t *testing.T) {
	text := "start\n" + httpPanic + httpPanic + strings.Repeat("GET / 200\n", maxNoise+1) + "50%" + traceback
	wantLived, wantLast := splitAll(text, whole)
	if len(wantLived) != 2 || !strings.HasPrefix(wantLast, "50%panic") {
		t.Fatalf("lived %q, last %q", wantLived, wantLast)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		lived, last := splitAll(text, func(left int) int { return min(left, 1+rnd.IntN(1<<rnd.IntN(10))) })
		if fmt.Sprint(lived) != fmt.Sprint(wantLived) || last != wantLast {
			t.Fatalf("lived %q, last %q", lived, last)
		}
	}
}

func TestSplitterSeparatesLoggedPanics(t *testing.T) {
	lived, last := splitAll(strings.Repeat(httpPanic, 5), whole)
	if len(lived) != 4 || last != httpPanic {
		t.Fatalf("%d texts while alive and %d bytes at the end", len(lived), len(last))
	}
	for _, text := range lived {
		if text != httpPanic {
			t.Errorf("got %q", text)
		}
	}
}

// TestSplitterLetsGo: a busy process never goes quiet, and whatever was
// collected has to end all the same.
func TestSplitterLetsGo(t *testing.T) {
	busy := strings.Repeat("2026/11/20 10:00:00 GET /cart 200\n", 4096)
	lived, last := splitAll(httpPanic+busy, whole)
	if len(lived) != 1 || last != "" || !strings.HasPrefix(lived[0], httpPanic) || len(lived[0]) > len(httpPanic)+8192 {
		t.Errorf("after a stack: %d texts, %d bytes left", len(lived), len(last))
	}
	lived, last = splitAll("customer says panic: help\n"+busy, whole)
	if len(lived) != 1 || last != "" || len(lived[0]) > maxWeak+8192 {
		t.Errorf("after a hint: %d texts, %d bytes left", len(lived), len(last))
	}
	// What ends a process is kept while its death may not have been noticed.
	if lived, last = splitAll(traceback+busy, whole); len(lived) != 0 || last != traceback+busy {
		t.Errorf("after a deadly text: %d texts, %d bytes left", len(lived), len(last))
	}
	var n int
	s := splitter{emit: func(captured) { n++ }}
	s.write([]byte(traceback), time.Unix(0, 0))
	s.write([]byte(busy), time.Unix(0, 0).Add(maxHeld+1))
	if n != 1 || s.gap() != 0 {
		t.Errorf("a process that lives on after a deadly text: %d texts", n)
	}
	// A long message is not let go of before its stack has come.
	long := "panic: " + strings.Repeat("line\n", 1<<16) + "\ngoroutine 1 [running]:\nmain.main()\n"
	if lived, last = splitAll(long, whole); len(lived) != 0 || last != long {
		t.Errorf("a long message: %d texts, %d bytes left", len(lived), len(last))
	}
}

func TestSplitterGap(t *testing.T) {
	now := time.Unix(0, 0)
	for _, c := range []struct {
		text string
		want time.Duration
	}{
		{"hello\n", 0},
		{httpPanic, gapLogged},
		{"goroutine 1 [running]:\n", gapLogged},
		{"runtime: goroutine stack exceeds 1000000000-byte limit\n", gapLogged},
		{"runtime: goroutine stack exceeds 1000000000-byte limit\nfatal error: stack overflow\n", gapDying},
		{"panic: boom\n", gapDying},
		{"SIGQUIT: quit\n", gapDying},
	} {
		var n int
		s := splitter{emit: func(captured) { n++ }}
		s.write([]byte(c.text), now)
		if got := s.gap(); got != c.want {
			t.Errorf("%q: gap %v, want %v", c.text, got, c.want)
		}
		if s.idle(); (n == 1) != (c.want > 0) {
			t.Errorf("%q: %d texts after the gap", c.text, n)
		}
		if s.gap() != 0 {
			t.Errorf("%q: still collecting", c.text)
		}
	}
}

// TestSplitterMemory: one endless line must not be kept.
func TestSplitterMemory(t *testing.T) {
	var s splitter
	s.emit = func(captured) {}
	chunk := []byte(strings.Repeat("x", 1<<16))
	now := time.Unix(0, 0)
	for range 256 {
		s.write(chunk, now)
	}
	if cap(s.line) > 4*maxPending {
		t.Errorf("%d bytes kept of a line without an end", cap(s.line))
	}
	s.write([]byte("panic: boom\n\ngoroutine 1 [running]:\n"), now)
	if c, ok := s.end(now); !ok || !strings.Contains(string(c.text), "panic: boom") {
		t.Error("the headline glued behind it was missed")
	}

	s = splitter{emit: func(captured) {}, text: headTail{max: 1 << 20}}
	s.write([]byte("panic: "), now)
	for range 256 {
		s.write(chunk, now)
	}
	s.write([]byte("\n\ngoroutine 1 [running]:\n"), now)
	c, ok := s.end(now)
	if !ok || !c.cut || len(c.text) > 1<<20+128 || !strings.HasSuffix(string(c.text), "[running]:\n") || !strings.HasPrefix(string(c.text), "panic: x") {
		t.Errorf("a huge message: %v, cut %v, %d bytes", ok, c.cut, len(c.text))
	}
}

func TestSplitterLastLine(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"a\nb\n\n \n", "b"},
		{"a\nb", "b"},
		{"a\n" + strings.Repeat("x", 5000) + "\n", strings.Repeat("x", maxLast)},
	} {
		var s splitter
		s.emit = func(captured) {}
		s.write([]byte(c.text), time.Unix(0, 0))
		s.end(time.Unix(0, 0))
		if string(s.last) != c.want {
			t.Errorf("last line of %.20q is %.20q, want %.20q", c.text, s.last, c.want)
		}
	}
}

func FuzzSplitter(f *testing.F) {
	f.Add([]byte(traceback), 3)
	f.Add([]byte(httpPanic+httpPanic), 100)
	f.Fuzz(func(t *testing.T, text []byte, step int) {
		step = 1 + (step&0x7fffffff)%4096
		kept := 0
		s := splitter{emit: func(c captured) { kept += len(c.text) }}
		for rest := text; len(rest) > 0; {
			n := min(step, len(rest))
			s.write(rest[:n], time.Unix(0, 0))
			rest = rest[n:]
		}
		c, _ := s.end(time.Unix(0, 0))
		if kept+len(c.text) > len(text) {
			t.Errorf("%d bytes collected out of %d", kept+len(c.text), len(text))
		}
	})
}

func TestHeadTail(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		h := headTail{max: 100}
		var all []byte
		for range rnd.IntN(20) {
			p := make([]byte, rnd.IntN(1<<rnd.IntN(9)))
			for i := range p {
				p[i] = 'a' + byte(rnd.IntN(26))
			}
			all = append(all, p...)
			h.write(p)
		}
		text, cut := h.text()
		if len(all) <= 100 {
			if cut || string(text) != string(all) {
				t.Fatalf("%q became %q", all, text)
			}
			continue
		}
		want := fmt.Sprintf("%s\n...%d bytes left out...\n%s", all[:50], len(all)-100, all[len(all)-50:])
		if !cut || string(text) != want {
			t.Fatalf("%q became %q", all, text)
		}
	}
}

func BenchmarkSplitter(b *testing.B) {
	log := []byte(strings.Repeat("2026/11/20 10:00:00 INFO request served method=GET path=/cart status=200 ms=3\n", 800))
	dump := []byte(traceback + strings.Repeat("goroutine 7 [chan receive]:\nmain.worker(0xc0000)\n\t/app/main.go:12 +0x2f\ncreated by main.main in goroutine 1\n\t/app/main.go:9 +0x1d\n\n", 500))
	for _, c := range []struct {
		name string
		text []byte
	}{{"log", log}, {"traceback", dump}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.text)))
			s := splitter{emit: func(captured) {}}
			now := time.Now()
			for b.Loop() {
				s.write(c.text, now)
				s.idle()
			}
		})
	}
}
