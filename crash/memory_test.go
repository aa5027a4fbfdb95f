package crash

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
)

// A repeater is a long stream that nobody holds in memory.
type repeater struct {
	head, unit []byte
	times      int
	rest       []byte
	read       int
	tell       func() // called every 8 MB
}

func (r *repeater) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if len(r.rest) == 0 {
			switch {
			case len(r.head) > 0:
				r.rest, r.head = r.head, nil
			case r.times > 0:
				r.rest = r.unit
				r.times--
			case n == 0:
				return 0, io.EOF
			default:
				return n, nil
			}
		}
		m := copy(p[n:], r.rest)
		r.rest = r.rest[m:]
		n += m
		if r.read += m; r.read >= 8<<20 {
			r.read = 0
			r.tell()
		}
	}
	return n, nil
}

// What Next needs does not depend on how much there is to read.
func TestNextMemory(t *testing.T) {
	text := dump(500)
	at := bytes.Index(text, []byte("\ngoroutine 8 ")) + 1
	distinct := adversary(adversaries[len(adversaries)-1].unit, 4<<20)
	for _, c := range []struct {
		name       string
		head, unit []byte
	}{
		{"goroutines", text[:at], append(text[at:len(text):len(text)], '\n')},
		{"distinct goroutines", text[:at], distinct},
		{"crashes", nil, append(text[:len(text):len(text)], "exit status 2\n"...)},
		{"log", nil, []byte("2026/11/20 19:44:07 GET /cart/17 200 1.2ms user=bob\n")},
		{"one line", []byte("panic: "), bytes.Repeat([]byte("x"), 1000)},
		{"a message", []byte("panic: a\n"), []byte("and so on\n")},
		{"prefixed", []byte("app_1  | panic: x\napp_1  | \napp_1  | goroutine 1 [running]:\n"), []byte("app_1  | main.f()\napp_1  | \t/src/main.go:1 +0x1\napp_1  | \napp_1  | goroutine 2 [select]:\n")},
	} {
		const size = 64 << 20
		least, most := ^uint64(0), uint64(0)
		measure := func() {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			least, most = min(least, m.HeapAlloc), max(most, m.HeapAlloc)
		}
		measure()
		r := NewReader(&repeater{head: c.head, unit: c.unit, times: size / len(c.unit), tell: measure})
		for {
			if _, err := r.Next(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
		if most-least > 24<<20 {
			t.Errorf("%s: reading %d MB took %d MB", c.name, size>>20, (most-least)>>20)
		}
	}
}

// How many goroutines are still to come is only guessed: a line that holds many
// of them, and much text behind it, make no room for millions.
func TestParseMemory(t *testing.T) {
	var b strings.Builder
	b.WriteString("panic: x  ")
	for i := 1; i < 64; i++ {
		fmt.Fprintf(&b, "goroutine %d [running]: main.f(0x1) \t/src/main.go:12 +0x1d  ", i)
	}
	b.WriteByte('\n')
	for i := 64; i < 300; i++ {
		fmt.Fprintf(&b, "goroutine %d [select]:\n", i)
	}
	b.WriteString(strings.Repeat("2026/11/20 19:44:07 GET /cart/17 200\n", 300_000))
	text := b.String()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	report, err := Parse(strings.NewReader(text))
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	if n := report.GoroutineCount; n < 250 {
		t.Errorf("%d goroutines", n)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 6*uint64(len(text)) {
		t.Errorf("a text of %d MB took %d MB", len(text)>>20, took>>20)
	}
	if n := len(report.Goroutines); cap(report.Goroutines) > 2*n+16 {
		t.Errorf("room for %d goroutines, and %d of them", cap(report.Goroutines), n)
	}
}

// The promise is two allocations for each goroutine; few goroutines pay for the
// report, so that a thousand are asked for.
func TestParseAllocations(t *testing.T) {
	const goroutines = 1000
	text := dump(goroutines)
	n := testing.AllocsPerRun(10, func() {
		if _, err := Parse(bytes.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	})
	if n > 2*goroutines {
		t.Errorf("%.0f allocations for %d goroutines", n, goroutines)
	}
}
