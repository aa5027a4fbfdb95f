package main

import (
	"bytes"
	"errors"
	"io"
	"time"

	"github.com/backstop-go/backstop/crash"
)

const (
	// maxUnsure is how long text is held, while more comes, that begins as a
	// crash and has no stack.
	maxUnsure = time.Second

	// maxHeld bounds what is held, in bytes. A longer crash is passed on as it
	// came.
	maxHeld = 64 << 20
)

// A watcher passes a stream through as it comes, and shows crashes instead of
// their text. Text that may be part of a crash is held until the reader has
// decided, or until nothing follows for a while; text that turns out to be part
// of none is passed on unchanged.
type watcher struct {
	in   pauser
	out  io.Writer
	show func(*crash.Report) error // writes to out
	raw  bool                      // the text of crashes is passed on as well

	reader  *crash.Reader
	chunk   []byte    // read, and not given to the reader
	ended   error     // of in, once chunk is used up
	paused  bool      // the reader was told of a pause
	held    []byte    // given to the reader, and not passed on
	since   time.Time // when it began to be held
	stack   bool      // it has a line of a stack in it
	leak    bool      // a stack was passed on: the rest of its crash is, too
	from    int64     // offset of held in the stream
	begun   int64     // offset of the line that is not finished, or of what comes next
	midline bool      // what was passed on last is no whole line
	broken  error     // of out: nobody sees the rest
}

// A pauser says crash.ErrPause when nothing came for as long as it is told to
// wait; once, until something comes again.
type pauser interface {
	io.Reader
	patience(d time.Duration)
}

// watch passes in to out until it ends, and shows the crashes in it. When nobody
// takes what it writes it reads on: whoever writes must not be stopped.
func watch(in pauser, out io.Writer, raw bool, show func(*crash.Report) error) error {
	w := &watcher{in: in, out: out, show: show, raw: raw}
	w.reader = crash.NewReader(w)
	for {
		report, err := w.reader.Next()
		if err == nil {
			w.crash(report)
			continue
		}
		w.pass(len(w.held))
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return errors.Join(err, w.broken)
	}
}

// Read gives the reader the next line, or the piece of one that is there. Before,
// it passes on what has been decided about.
func (w *watcher) Read(p []byte) (int, error) {
	w.settle()
	if len(w.chunk) == 0 {
		if err := w.fetch(); err != nil {
			return 0, err
		}
	}
	n := len(w.chunk)
	if end := bytes.IndexByte(w.chunk, '\n'); end >= 0 {
		n = end + 1
	}
	n = copy(p, w.chunk[:n])
	if len(w.held) == 0 {
		w.since = time.Now()
	}
	w.held = append(w.held, w.chunk[:n]...)
	if w.chunk[n-1] == '\n' {
		line := w.held[max(w.begun-w.from, 0):]
		w.stack = w.stack || hasStack(line)
		w.begun = w.from + int64(len(w.held))
	}
	w.chunk = w.chunk[n:]
	if w.raw {
		w.pass(len(w.held))
	}
	return n, nil
}

func (w *watcher) fetch() error {
	if w.ended != nil {
		return w.ended
	}
	w.in.patience(patienceFor(w.held))
	buf := make([]byte, 32<<10)
	n, err := w.in.Read(buf)
	w.chunk = buf[:n]
	switch {
	case errors.Is(err, crash.ErrPause):
		if n > 0 {
			return nil
		}
		w.paused = true
	case err != nil:
		w.ended = err
		if n > 0 {
			return nil
		}
	}
	return err //nolint:wrapcheck // handed on as it is
}

// patienceFor is how long to wait for more behind text that is held.
func patienceFor(held []byte) time.Duration {
	_, rest, _ := bytes.Cut(held, []byte("\n"))
	if !bytes.Contains(rest, []byte("\n")) {
		return quiet // no blank line ends the message
	}
	return patienceAfter(held[:min(len(held), 64)])
}

// settle passes on what is part of no crash to come, and what cannot wait for
// that to be known.
func (w *watcher) settle() {
	settled := w.reader.Settled()
	if n := settled - w.from; n >= 0 {
		w.leak = false
		w.pass(int(n))
	}
	paused := w.paused
	w.paused = false
	switch {
	case len(w.held) == 0:
	case paused, len(w.held) > maxHeld, w.leak:
		w.leak = w.leak || w.stack
	case settled >= w.begun:
		if mayBegin(w.held) {
			return
		}
		// A prompt, a bar: nobody waits for the end of its line.
	case w.stack:
		return
	case settled < w.from && !mayBegin(w.held):
		// What it would belong to was passed on before.
	case time.Since(w.since) < maxUnsure:
		return
	}
	w.pass(len(w.held))
}

// pass writes the first n bytes of what is held.
func (w *watcher) pass(n int) {
	n = min(n, len(w.held))
	if n <= 0 {
		return
	}
	if w.broken == nil {
		_, w.broken = w.out.Write(w.held[:n])
		w.midline = w.held[n-1] != '\n'
	}
	w.drop(n)
}

func (w *watcher) drop(n int) {
	w.held = w.held[:copy(w.held, w.held[n:])]
	w.from += int64(n)
	w.since = time.Now()
	w.stack = w.stack && len(w.held) > 0
}

// crash shows a crash where its text would stand.
func (w *watcher) crash(r *crash.Report) {
	start, end := r.Start-w.from, r.End-w.from
	if end <= 0 && len(r.CrashStack()) == 0 && !w.raw {
		return // a line that was passed on, and nothing came of it
	}
	w.pass(int(start))
	if w.midline && w.broken == nil {
		w.midline = false
		_, w.broken = io.WriteString(w.out, "\n")
	}
	if w.broken == nil {
		w.broken = w.show(r)
	}
	w.leak = false
	if n := end - max(start, 0); n > 0 {
		w.drop(int(min(n, int64(len(w.held)))))
	}
}

// beginnings are what the first line of a crash holds.
var beginnings = []string{
	"panic", "fatal error: ", "goroutine ", "runtime stack:", "runtime: ", "[signal ", "SIG", "Signal ",
	"WARNING: DATA RACE", "==================", "Exception 0x", "unexpected fault address", "stack_trace", "stacktrace",
}

// hasStack reports whether a line shows that a stack is being printed, or the
// report of the race detector, which ends with a line of its own.
func hasStack(line []byte) bool {
	for _, word := range [...]string{"goroutine ", "runtime stack:", "WARNING: DATA RACE"} {
		if bytes.Contains(line, []byte(word)) {
			return true
		}
	}
	return false
}

// mayBegin reports whether a line that is not finished may become the first one
// of a crash.
func mayBegin(line []byte) bool {
	for _, word := range beginnings {
		if bytes.Contains(line, []byte(word)) {
			return true
		}
		for n := min(len(word)-1, len(line)); n > 0; n-- {
			if n < 3 && n < len(line) {
				break // as good as any text ends so
			}
			if bytes.HasSuffix(line, []byte(word[:n])) {
				return true
			}
		}
	}
	return false
}

// steady is a pauser that never pauses.
type steady struct{ io.Reader }

func (steady) patience(time.Duration) {}
