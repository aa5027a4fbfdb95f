package crash

import (
	"errors"
	"io"
)

// ErrNoCrash is returned by [Parse] when the text holds no crash at all.
var ErrNoCrash = errors.New("no crash found")

// Parse reads the first crash of a stream, whole: every goroutine is in the
// report, so that it needs memory in proportion to the text ([Reader.Next] does
// not). Text before the crash is skipped, text after it is not looked at further
// than needed to know that it has ended.
//
// The error is [ErrNoCrash] when there is none, or what the reader returned;
// what was understood until then is returned with it. Damage is no error: it
// is counted in the report's Problems.
func Parse(r io.Reader) (*Report, error) {
	reader := NewReader(r)
	defer reader.returnKit()
	return reader.Parse()
}

// ParseCrashOutput is [Parse] for text that the runtime wrote to the file given
// to debug.SetCrashOutput; see [Reader.CrashOutput].
func ParseCrashOutput(r io.Reader) (*Report, error) {
	reader := NewReader(r)
	reader.CrashOutput = true
	defer reader.returnKit()
	return reader.Parse()
}

// A Reader yields the crashes of a stream, in order. The exported fields may be
// set before the first call of a method, and not later.
type Reader struct {
	// CrashOutput says that the runtime wrote the text to the file given to
	// debug.SetCrashOutput. Until at least Go 1.27 the headline of a fatal error
	// is missing there (golang/go#76859), so a stack without a cause is that of
	// a fatal error and not a fragment.
	CrashOutput bool

	// CrashOnly leaves all goroutines but the crashing one out of the reports.
	// They are counted and not read, which is several times faster.
	CrashOnly bool

	// Goroutine, when it is not nil, is called for each goroutine of a crash in
	// printed order, the crashing one included, before Next returns the crash.
	// What it is given must not be kept, nor changed. CrashOnly takes the others
	// away from it too.
	Goroutine func(*Goroutine)

	// Parallel, when it is not nil, lets large inputs be read on several
	// processors: it calls task(0) to task(n-1), at the same time if it can, and
	// returns when all have returned. This package starts no goroutine itself.
	Parallel func(n int, task func(i int))

	job   job
	lines lineReader
	asm   assembler
	wraps unwrapper // stands before asm
	crew  *crew     // for Parallel
	err   error

	settled int64 // see Settled
}

// NewReader returns a Reader of r. It buffers: r may be read further than the
// crash that Next returned.
func NewReader(r io.Reader) *Reader {
	reader := &Reader{lines: lineReader{r: r}}
	reader.asm.job, reader.job.main, reader.job.lines = &reader.job, &reader.asm, &reader.lines
	reader.wraps = unwrapper{plain: &reader.asm, out: &reader.asm}
	return reader
}

// Next returns the next crash. The error is io.EOF at the end, or what the
// reader returned; a crash that was cut short by an error comes first.
//
// A crash ends where the next one begins, at an "exit status" line, after 32
// lines that are no part of a traceback, or at the end. See [ErrPause] for
// streams that stand still.
//
// Memory is bounded by a few megabytes and the largest goroutine, whatever the
// length of the stream: of a crash with very many goroutines the report holds
// the crashing one and the first others one by one, 1,000 or those of the first
// megabyte; [Report.Fold] has the rest too.
func (r *Reader) Next() (*Report, error) {
	r.job.keep = keepSome
	if r.CrashOnly {
		r.job.keep = keepCrash
	}
	return r.next()
}

// Parse is [Parse] with the settings of the Reader: it returns the next crash
// with all of its goroutines, or [ErrNoCrash].
func (r *Reader) Parse() (*Report, error) {
	r.job.keep = keepAll
	if r.CrashOnly {
		r.job.keep = keepCrash
	}
	report, err := r.next()
	if errors.Is(err, io.EOF) {
		return nil, ErrNoCrash
	}
	return report, err
}

func (r *Reader) next() (*Report, error) {
	r.job.crashOutput, r.job.each = r.CrashOutput, r.Goroutine
	for {
		if report := r.asm.pop(); report != nil {
			return report, nil
		}
		if r.err != nil {
			return nil, r.err
		}
		r.takeKit()
		if r.scan() {
			continue
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
			r.returnKit()
		}
	}
}
