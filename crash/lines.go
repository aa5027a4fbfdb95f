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

const (
	firstBuffer = 8 << 10   // bytes
	bulkBuffer  = 256 << 10 // for those who deliver as much as they are asked for

	// maxLine is how much of one line is kept, in bytes: a record of a log may
	// hold a whole traceback. The rest of a longer line is skipped and the line
	// counted as a problem.
	maxLine = 4 << 20

	knownLines = 512 // whose offsets are remembered: more than a zone has
)

// lineReader cuts a stream into lines. Its buffer grows with the longest line,
// up to maxLine.
type lineReader struct {
	r          io.Reader
	buf        []byte
	start, end int
	err        error              // what the reader returned last, other than ErrPause
	bulk       bool               // the last read brought all that it could
	paused     bool               // the reader has said ErrPause, and nobody has heard it yet
	offset     int64              // of buf[start] in the stream
	number     int                // of the line returned last, counted from 1
	from       int64              // offset of the line returned last
	starts     *[knownLines]int64 // offsets of the last lines, by number
	skipping   bool               // inside the rest of an over-long line
	long       bool               // the line returned last was cut
}

// next returns the next line without its line end. The line is valid until the
// next call. The error is that of the reader; io.EOF only after the last line.
func (l *lineReader) next() ([]byte, error) {
	scanned := 0 // bytes of the pending line known to hold no line end
	for {
		if i := bytes.IndexByte(l.buf[l.start+scanned:l.end], '\n'); i >= 0 {
			line := l.buf[l.start : l.start+scanned+i]
			skipped := l.skipping
			l.take(scanned + i + 1)
			scanned = 0
			if l.skipping = false; skipped {
				continue
			}
			return l.line(line, false), nil
		}
		scanned = l.end - l.start
		if l.skipping {
			l.take(scanned)
			scanned = 0
		}
		if scanned >= maxLine {
			line := l.buf[l.start : l.start+maxLine]
			l.take(scanned)
			l.skipping = true
			return l.line(line, true), nil
		}
		if l.err != nil {
			if scanned == 0 {
				return nil, l.err
			}
			line := l.buf[l.start:l.end]
			l.take(scanned)
			return l.line(line, false), nil
		}
		if l.paused {
			l.paused = false
			return nil, ErrPause
		}
		l.fill()
	}
}

// take moves on by n bytes.
func (l *lineReader) take(n int) {
	l.from = l.offset
	l.start += n
	l.offset += int64(n)
}

func (l *lineReader) line(line []byte, long bool) []byte {
	l.number++
	l.starts[l.number%knownLines] = l.from
	l.long = long
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line
}

// fill reads once, behind what is still pending.
func (l *lineReader) fill() {
	if l.err != nil || l.paused {
		return
	}
	pending := l.end - l.start
	switch {
	case pending == len(l.buf) || l.bulk && len(l.buf) < bulkBuffer:
		size := max(2*len(l.buf), firstBuffer)
		if l.bulk {
			size = max(size, bulkBuffer)
		}
		buf := make([]byte, size)
		copy(buf, l.buf[l.start:l.end])
		l.buf, l.start, l.end = buf, 0, pending
	case l.start > 0:
		copy(l.buf, l.buf[l.start:l.end])
		l.start, l.end = 0, pending
	}
	for empty := 0; ; empty++ {
		room := l.buf[l.end:]
		n, err := l.r.Read(room)
		l.end += n
		l.bulk = n == len(room)
		switch {
		case errors.Is(err, ErrPause):
			l.paused = true
		case err != nil:
			l.err = err
		case n == 0 && empty == 99:
			l.err = io.ErrNoProgress
		case n == 0:
			continue
		}
		return
	}
}

// pending is what was read and not returned yet. For those who deliver in bulk
// it is at least least bytes, as far as the stream has them.
func (l *lineReader) pending(least int) []byte {
	if l.end-l.start < least && l.bulk && !l.skipping {
		l.fill()
	}
	return l.buf[l.start:l.end]
}

// gather is pending for very much text.
func (l *lineReader) gather(size int) []byte {
	for l.end-l.start < size && l.bulk && !l.skipping && l.err == nil {
		if len(l.buf) < size {
			buf := make([]byte, size)
			l.end = copy(buf, l.buf[l.start:l.end])
			l.buf, l.start = buf, 0
		}
		l.fill()
	}
	return l.buf[l.start:l.end]
}

// skip moves on over whole lines.
func (l *lineReader) skip(size, lines int) {
	l.take(size)
	l.number += lines
	l.long = false
}

// progress returns how many bytes were read since an offset, the given number of
// pending ones included, and how many are left, 0 when the reader does not know.
func (l *lineReader) progress(since int64, ahead int) (read, left int64) {
	sized, ok := l.r.(interface{ Len() int })
	if !ok {
		return 0, 0
	}
	return l.offset + int64(ahead) - since, int64(sized.Len() + l.end - l.start - ahead)
}

// span returns where a line begins and ends in the stream. It is the span of the
// last line for those that are too long ago.
func (l *lineReader) span(number int) (from, to int64) {
	if number >= l.number || number <= l.number-knownLines || number <= 0 {
		return l.from, l.offset
	}
	return l.starts[number%knownLines], l.starts[(number+1)%knownLines]
}
