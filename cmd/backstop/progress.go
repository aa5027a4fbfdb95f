package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/backstop-go/backstop/cmd/backstop/internal/textview"
)

// When a bar is drawn: not for what is read in a blink.
const (
	meterMin   = 16 << 20 // bytes of the smallest file that gets one
	meterFirst = 300 * time.Millisecond
	meterEvery = 100 * time.Millisecond
)

// A meter shows on a terminal how far a file has been read: "42 %  [####    ]
// 212 MB/s, 3 s left". It is drawn when the file is read, and taken away by
// clear, so it needs no goroutine and cannot tear a report that goes to the same
// terminal, which the progress libraries do not promise. A nil meter shows
// nothing.
type meter struct {
	w     io.Writer
	width int
	now   func() time.Time

	name       string
	size, done int64
	start      time.Time
	drawn      time.Time // zero while nothing is shown
	shown      bool
}

// newMeter returns a meter on w, nil where nobody would see it.
func newMeter(w io.Writer, quiet bool) *meter {
	f, ok := w.(*os.File)
	if !ok || quiet || os.Getenv("TERM") == "dumb" || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	return &meter{w: w, width: terminalWidth(w), now: time.Now}
}

// reader returns r with its reading shown; size is what there is to read.
func (m *meter) reader(r io.Reader, name string, size int64) io.Reader {
	if m == nil || size < meterMin {
		return r
	}
	m.name, m.size, m.done, m.start, m.drawn = name, size, 0, m.now(), time.Time{}
	return &meteredReader{r, m}
}

type meteredReader struct {
	r io.Reader
	m *meter
}

func (r *meteredReader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	r.m.add(int64(n))
	return n, err //nolint:wrapcheck // handed on as it is
}

func (m *meter) add(n int64) {
	m.done += n
	now := m.now()
	if now.Sub(m.start) < meterFirst || now.Sub(m.drawn) < meterEvery {
		return
	}
	m.drawn, m.shown = now, true
	fmt.Fprintf(m.w, "\r%s\x1b[K", m.line(now))
}

// line is what is shown, no wider than the terminal.
func (m *meter) line(now time.Time) string {
	part := min(float64(m.done)/float64(m.size), 1)
	seconds := now.Sub(m.start).Seconds()
	text := fmt.Sprintf("%3.0f %%  ", 100*part)
	rate := fmt.Sprintf("  %.0f MB/s", float64(m.done)/1e6/max(seconds, 1e-3))
	if part > 0 {
		rate += ", " + timeLeft(time.Duration((seconds/part-seconds)*float64(time.Second)))
	}
	const bar = 24
	if m.width == 0 || len(text)+bar+2+len(rate) < m.width {
		full := int(part * bar)
		text += "[" + strings.Repeat("#", full) + strings.Repeat("-", bar-full) + "]"
	}
	text += rate
	if name := "  " + textview.Escape(m.name); m.width == 0 || len(text)+len(name) < m.width {
		text += name
	}
	if m.width > 0 && len(text) >= m.width {
		text = text[:max(m.width-1, 0)]
	}
	return text
}

func timeLeft(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%d s left", int(d.Seconds())+1)
	}
	return fmt.Sprintf("%d min left", int(d.Minutes())+1)
}

// clear takes the bar away, so that a report can be printed.
func (m *meter) clear() {
	if m == nil || !m.shown {
		return
	}
	m.shown, m.drawn = false, time.Time{}
	fmt.Fprint(m.w, "\r\x1b[K")
}

// parallel runs tasks on all processors: it is what crash.Reader.Parallel asks
// for.
func parallel(n int, task func(i int)) {
	var all sync.WaitGroup
	next := make(chan int)
	for range min(n, runtime.GOMAXPROCS(0)) {
		all.Go(func() {
			for i := range next {
				task(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	all.Wait()
}
