package goproc

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/backstop-go/backstop/internal/gobin"
	"github.com/backstop-go/backstop/internal/gobin/layout"
)

// ErrNoProcess says that there is no process of that number, or no longer.
var ErrNoProcess = errors.New("no such process")

// An OpenError says why an executable or a process cannot be read. It wraps
// [ErrNoProcess], [fs.ErrPermission], [gobin.ErrNotGo], a [*gobin.CorruptError],
// an [*ArchError], a [*layout.UnknownReleaseError], or what the system said.
type OpenError struct {
	What string // "process 1234", a path
	Err  error
}

func (e *OpenError) Error() string { return e.What + ": " + e.Err.Error() }

// Unwrap returns the reason.
func (e *OpenError) Unwrap() error { return e.Err }

// Hint says what a person can do about it, or "".
func (e *OpenError) Hint() string {
	var unknown *layout.UnknownReleaseError
	var tables *gobin.UnknownReleaseError
	var arch *ArchError
	switch {
	case errors.Is(e.Err, ErrNoProcess):
		return "pgrep NAME prints the numbers of processes"
	case errors.Is(e.Err, fs.ErrPermission):
		return "run it as the user of the process, or with CAP_SYS_PTRACE"
	case errors.Is(e.Err, gobin.ErrNotGo):
		return "only programs built by the Go toolchain can be read"
	case errors.As(e.Err, &unknown), errors.As(e.Err, &tables):
		return "a newer backstop may know that release"
	case errors.As(e.Err, &arch):
		return "only programs for Linux on amd64 can be read"
	}
	return ""
}

// An ArchError says that a program is for another machine or system.
type ArchError struct {
	Arch   string // as GOARCH
	Format string // "elf", "pe", "macho"
}

func (e *ArchError) Error() string {
	return fmt.Sprintf("it is for %s (%s)", e.Arch, e.Format)
}

// Open opens the executable at a path. It is not known where a process has it:
// Bias is 0. The error is an [*OpenError]. Close it after use.
func Open(path string) (*Program, error) {
	r, err := os.Open(path)
	if err != nil {
		var named *fs.PathError
		if errors.As(err, &named) {
			err = named.Err
		}
		return nil, &OpenError{path, err}
	}
	p, err := programOf(r)
	if err != nil {
		_ = r.Close()
		return nil, &OpenError{path, err}
	}
	return p, nil
}

// programOf makes a Program of an executable that can be read.
func programOf(r *os.File) (*Program, error) {
	f, err := gobin.New(r)
	if err != nil {
		return nil, err
	}
	if f.Arch() != "amd64" || f.Format() != "elf" {
		return nil, &ArchError{f.Arch(), f.Format()}
	}
	l, err := LayoutOf(f)
	if err != nil {
		return nil, err
	}
	return &Program{File: f, Layout: l, exe: r}, nil
}

// Close closes the executable that [Open] or [OpenProcess] opened.
func (p *Program) Close() error {
	if p.exe == nil {
		return nil
	}
	return p.exe.Close()
}
