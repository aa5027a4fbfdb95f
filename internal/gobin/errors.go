package gobin

import (
	"errors"
	"fmt"
)

var (
	// ErrNotGo says that a file is no executable of ELF, PE or Mach-O, or one
	// without the tables of the Go runtime.
	ErrNotGo = errors.New("not a Go executable")
	// ErrNotFound says that an executable has no function of that name or at
	// that address.
	ErrNotFound = errors.New("no such function")
)

// An UnknownReleaseError says that an executable was made by a Go release whose
// tables this package does not know.
type UnknownReleaseError struct {
	GoVersion string // as the executable states it; "" when it does not
	Detail    string
}

func (e *UnknownReleaseError) Error() string {
	version := e.GoVersion
	if version == "" {
		version = "an unknown release"
	}
	return fmt.Sprintf("tables of %s are not known: %s", version, e.Detail)
}

// A CorruptError says that a Go executable contradicts itself or ends early.
type CorruptError struct {
	Table string // what was being read
	Err   error
}

func (e *CorruptError) Error() string { return fmt.Sprintf("damaged %s: %v", e.Table, e.Err) }

// Unwrap returns the reason.
func (e *CorruptError) Unwrap() error { return e.Err }

func corrupt(table, format string, args ...any) error {
	return &CorruptError{table, fmt.Errorf(format, args...)}
}
