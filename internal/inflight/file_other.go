//go:build !linux && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly

package inflight

import (
	"errors"
	"os"
	"runtime"
)

var errUnsupported = errors.New("table of requests: not made on " + runtime.GOOS + ", where memory is not shared as on Unix")

// New needs Unix.
func New() (*Table, error) { return nil, errUnsupported }

// Open needs Unix.
func Open(string) (*Table, error) { return nil, errUnsupported }

// Create needs Unix.
func Create() (f *os.File, path string, err error) { return nil, "", errUnsupported }

// Reset needs Unix.
func Reset(*os.File) error { return errUnsupported }
