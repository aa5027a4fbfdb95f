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

// OpenProgram opens a live process, which is possible on Linux only.
func OpenProgram(pid int, _ *Program) (*Process, error) { return OpenProcess(pid) }

// Close does nothing here.
func (p *Process) Close() error { return nil }
