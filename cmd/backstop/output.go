package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
)

// An output is standard output. It remembers that it could not be written to, so
// that no command ends as if it had been read which is not.
type output struct {
	w io.Writer

	mu     sync.Mutex
	failed error // the first
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	n, err := o.w.Write(p)
	if err != nil {
		o.mu.Lock()
		if o.failed == nil {
			o.failed = err
		}
		o.mu.Unlock()
	}
	return n, err //nolint:wrapcheck // handed on as it is
}

// failure is why something could not be written, nil if all was.
func (o *output) failure() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.failed
}

// result is what a command ends with that returned err and may have lost output. A
// command that noticed keeps its status, for 1 is the answer of some.
func (o *output) result(err error) error {
	lost := o.failure()
	if lost == nil {
		return err
	}
	code, noticed := exitFail, causedBy(err, lost)
	var exit *exitError
	switch {
	case noticed && errors.As(err, &exit):
		code = exit.code
	case noticed:
	case errors.As(err, &exit) && exit.err != nil, err != nil && exit == nil:
		return err // something else went wrong, too, and is told
	}
	if errors.Is(lost, syscall.EPIPE) { // who read it has enough, as head has
		if noticed {
			return &exitError{code: code}
		}
		return err
	}
	var path *os.PathError // the name in front says nothing more
	if errors.As(lost, &path) {
		lost = path.Err
	}
	return &exitError{code: code, err: withHint(fmt.Errorf("write standard output: %w", lost), "what was printed is not complete: look at where it goes (df shows full disks, ulimit -f limits files)")}
}

// causedBy says whether err is of that cause, and of nothing besides. Who writes on
// gets another error for the same cause.
func causedBy(err, cause error) bool { return err != nil && innermost(err) == innermost(cause) } //nolint:errorlint // Is looks into what was joined, too

// innermost unwraps an error, up to where several were joined.
func innermost(err error) error {
	for {
		next := errors.Unwrap(err)
		if joined, ok := err.(interface{ Unwrap() []error }); ok && len(joined.Unwrap()) == 1 { //nolint:errorlint // one after the other
			next = joined.Unwrap()[0]
		}
		if next == nil {
			return err
		}
		err = next
	}
}

// underlying is the writer itself: a program that is started writes to the same file,
// and what is a terminal stays one.
func underlying(w io.Writer) io.Writer {
	if o, ok := w.(*output); ok {
		return o.w
	}
	return w
}
