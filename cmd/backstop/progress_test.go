package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A slowReader lets a clock go on with each read.
type slowReader struct {
	r   io.Reader
	now *time.Time
	per time.Duration
}

func (s slowReader) Read(p []byte) (int, error) {
	*s.now = s.now.Add(s.per)
	return s.r.Read(p[:min(len(p), 1<<20)])
}

func TestMeter(t *testing.T) {
	var screen bytes.Buffer
	now := time.Unix(0, 0)
	m := &meter{w: &screen, width: 80, now: func() time.Time { return now }}
	const size = 40 << 20
	r := m.reader(slowReader{strings.NewReader(strings.Repeat("x", size)), &now, 50 * time.Millisecond}, "crash\x1b.log", size)
	if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, r, make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	m.clear()
	drawn := strings.Split(screen.String(), "\r")[1:]
	// 40 reads of 50 ms: from 300 ms on, every 100 ms, and the clearing.
	if len(drawn) != 18+1 {
		t.Errorf("drawn %d times", len(drawn))
	}
	if want := ` 15 %  [###---------------------]  21 MB/s, 2 s left  crash\x1b.log` + "\x1b[K"; drawn[0] != want {
		t.Errorf("first %q, want %q", drawn[0], want)
	}
	if last := drawn[len(drawn)-1]; last != "\x1b[K" {
		t.Errorf("last %q is no clearing", last)
	}
	screen.Reset()
	if m.clear(); screen.Len() > 0 {
		t.Errorf("cleared twice: %q", screen.String())
	}
}

// The line never wraps: a wrapped line cannot be taken back.
func TestMeterFitsTheTerminal(t *testing.T) {
	for width := range 120 {
		m := &meter{width: width, name: strings.Repeat("n", 50), size: 100, done: 42, start: time.Unix(0, 0)}
		if line := m.line(time.Unix(100, 0)); width > 0 && len(line) >= width {
			t.Errorf("width %d: %q", width, line)
		}
	}
}

// Nobody looks at a file, and small files need no bar.
func TestNoMeter(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if m := newMeter(f, false); m != nil {
		t.Error("a meter on a file")
	}
	if m := newMeter(&bytes.Buffer{}, false); m != nil {
		t.Error("a meter on a buffer")
	}
	var none *meter
	none.clear()
	r := strings.NewReader("x")
	if got := none.reader(r, "x", 1<<30); got != io.Reader(r) {
		t.Error("no meter, and yet it reads along")
	}
	m := &meter{now: time.Now}
	if got := m.reader(r, "x", meterMin-1); got != io.Reader(r) {
		t.Error("a bar for a small file")
	}
}

func TestParallel(t *testing.T) {
	for _, n := range []int{0, 1, 7, 100} {
		var sum, calls atomic.Int64
		parallel(n, func(i int) {
			sum.Add(int64(i))
			calls.Add(1)
		})
		if got, want := sum.Load(), int64(n*(n-1)/2); got != want || calls.Load() != int64(n) {
			t.Errorf("%d tasks: %d calls, sum %d, want %d", n, calls.Load(), got, want)
		}
	}
}
