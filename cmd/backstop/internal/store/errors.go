package store

import (
	"errors"
	"fmt"
)

// Errors of opening a store.
var (
	// ErrLocked says that another process uses the data directory.
	ErrLocked = errors.New("the data directory is in use by another collector")
	// ErrNewer says that a later version made the database.
	ErrNewer = errors.New("the database was made by a newer version of backstop")
)

// A BrokenError says that a database file cannot be read. It has not been
// touched.
type BrokenError struct {
	Path string
	Err  error
}

func (e *BrokenError) Error() string { return fmt.Sprintf("database %s is broken: %v", e.Path, e.Err) }
func (e *BrokenError) Unwrap() error { return e.Err }

// ErrExists says that there is a project of that name.
var ErrExists = errors.New("already exists")
