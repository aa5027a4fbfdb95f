package crash

import (
	"bytes"
	"errors"
	"io"
)

// ErrPause may be returned by the reader under a [Reader] to say that the
// writer has stopped writing for the moment. Next then returns the crash it
// has, when that one looks complete, instead of waiting for a line that
// follows it; otherwise it reads on.
var ErrPause = errors.New("no more text for now")

// maxLine is how much of one line is kept, in bytes. The rest of a longer line
// is skipped and the line counted as a problem.
const maxLine = 64 << 10

// lineReader cuts a stream into lines. It holds at most one buffer, whatever
// the length of a line.
type lineReader struct {
	r          io.Reader
	buf        []byte
	start, end int
	err        error // what the reader returned last, other than ErrPause
	number     int   // of the line returned last, counted from 1
	skipping   bool  // inside the rest of an over-long line
	long       bool  // the line returned last was cut
}

// next returns the next line without its line end. The line is valid until the
// next call. The error is that of the reader; io.EOF only after the last line.
func (l *lineReader) next() ([]byte, error) {
	if l.buf == nil {
		l.buf = make([]byte, maxLine)
	}
	scanned := 0 // bytes of the pending line known to hold no line end
	empty := 0
	for {
		if i := bytes.IndexByte(l.buf[l.start+scanned:l.end], '\n'); i >= 0 {
			line := l.buf[l.start : l.start+scanned+i]
			l.start += scanned + i + 1
			scanned = 0
			if l.skipping {
				l.skipping = false
				continue
			}
			return l.take(line, false), nil
		}
		scanned = l.end - l.start
		if l.skipping {
			l.start, l.end, scanned = 0, 0, 0
		}
		if scanned == len(l.buf) {
			l.skipping = true
			l.start, l.end = 0, 0
			return l.take(l.buf, true), nil
		}
		if l.err != nil {
			if scanned == 0 {
				return nil, l.err
			}
			line := l.buf[l.start:l.end]
			l.start = l.end
			return l.take(line, false), nil
		}
		if scanned == 0 {
			l.start, l.end = 0, 0
		}
		if l.start > 0 && l.end == len(l.buf) {
			copy(l.buf, l.buf[l.start:l.end])
			l.start, l.end = 0, scanned
		}
		n, err := l.r.Read(l.buf[l.end:])
		l.end += n
		switch {
		case errors.Is(err, ErrPause):
			if n == 0 {
				return nil, ErrPause
			}
		case err != nil:
			l.err = err
		case n == 0:
			if empty++; empty == 100 {
				l.err = io.ErrNoProgress
			}
		}
	}
}

func (l *lineReader) take(line []byte, long bool) []byte {
	l.number++
	l.long = long
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line
}
