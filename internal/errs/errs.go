// Package errs adds to errors. Start with [In].
//
// It exists for the size of programs: from Go 1.26 on, fmt.Errorf and errors.Join
// are inlined into whatever calls them, to which these are not.
package errs

import (
	"errors"
	"fmt"
)

// In says what was being done when err happened; nil stays nil.
//
//go:noinline
func In(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// Join is errors.Join.
//
//go:noinline
func Join(all ...error) error { return errors.Join(all...) }

// New is fmt.Errorf without an error to wrap.
//
//go:noinline
func New(format string, args ...any) error { return fmt.Errorf(format, args...) }
