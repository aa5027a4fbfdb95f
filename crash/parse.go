package crash

import (
	"errors"
	"io"
)

// ErrNoCrash is returned by [Parse] when the text holds no crash at all.
var ErrNoCrash = errors.New("no crash found")

// Parse reads the first crash of a stream. Text before it is skipped, text
// after it is not looked at further than needed to know that it has ended.
//
// The error is [ErrNoCrash] when there is none, or what the reader returned;
// what was understood until then is returned with it. Damage is no error: it
// is counted in the report's Problems.
func Parse(r io.Reader) (*Report, error) {
	report, err := NewReader(r).Next()
	if errors.Is(err, io.EOF) {
		return nil, ErrNoCrash
	}
	return report, err
}

// ParseCrashOutput is [Parse] for text that the runtime wrote to the file given
// to debug.SetCrashOutput. Until at least Go 1.27 the headline of a fatal error
// is missing there (golang/go#76859), so a stack without a cause is that of a
// fatal error and not a fragment.
func ParseCrashOutput(r io.Reader) (*Report, error) {
	reader := NewReader(r)
	reader.asm.crashOutput = true
	report, err := reader.Next()
	if errors.Is(err, io.EOF) {
		return nil, ErrNoCrash
	}
	return report, err
}

// A Reader yields the crashes of a stream, in order.
type Reader struct {
	lines lineReader
	asm   assembler
	wraps unwrapper // stands before asm
	err   error
}

// NewReader returns a Reader of r. It buffers: r may be read further than the
// crash that Next returned.
func NewReader(r io.Reader) *Reader {
	reader := &Reader{lines: lineReader{r: r}}
	reader.wraps = unwrapper{plain: &reader.asm, out: &reader.asm}
	return reader
}

// Next returns the next crash. The error is io.EOF at the end, or what the
// reader returned; a crash that was cut short by an error comes first.
//
// A crash ends where the next one begins, at an "exit status" line, after 32
// lines that are no part of a traceback, or at the end. See [ErrPause] for
// streams that stand still.
func (r *Reader) Next() (*Report, error) {
	for {
		if report := r.asm.pop(); report != nil {
			return report, nil
		}
		if r.err != nil {
			return nil, r.err
		}
		line, err := r.lines.next()
		switch {
		case err == nil:
			r.wraps.line(line, r.lines.number, r.lines.long)
		case errors.Is(err, ErrPause):
			if r.lines.start == r.lines.end { // not in the middle of a line
				r.wraps.pause()
			}
		default:
			r.err = err
			if !errors.Is(err, io.EOF) {
				r.wraps.truncate()
			}
			r.wraps.end()
		}
	}
}
