// Package errs adds to errors. Start with [In].
//
// It exists for the size of programs: from Go 1.26 on, fmt.Errorf and errors.Join
// are inlined into whatever calls them; these are not.
package errs

import "fmt"

// In says what was being done when err happened; nil stays nil.
//
//go:noinline
func In(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// And is two errors on one line, either of which may be nil.
//
//go:noinline
func And(a, b error) error {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return fmt.Errorf("%w; %w", a, b)
}

// New is fmt.Errorf without an error to wrap.
//
//go:noinline
func New(format string, args ...any) error { return fmt.Errorf(format, args...) }
