//go:build !linux

package goproc

import (
	"errors"
	"fmt"
	"io"
)

// A Process is a live process: what it runs, and its memory.
type Process struct {
	*Program
	PID    int
	Memory io.ReaderAt
}

// OpenProcess opens a live process, which is possible on Linux only.
func OpenProcess(pid int) (*Process, error) {
	return nil, &OpenError{fmt.Sprintf("process %d", pid), errors.ErrUnsupported}
}
