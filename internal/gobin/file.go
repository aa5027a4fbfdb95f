package gobin

import (
	"fmt"
	"io"
	"os"
	"runtime/debug"
)

// A File is an open executable. It is safe for concurrent use.
type File struct {
	t       *tables
	version string
	modules string
	close   func() error

	index index
	types typeIndex
}

// Open opens the executable at path. Close it after use.
func Open(path string) (*File, error) {
	r, err := os.Open(path)
	if err != nil {
		return nil, err // it names the path
	}
	f, err := New(r)
	if err != nil {
		_ = r.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f.close = r.Close
	return f, nil
}

// New reads the executable in r, which must stay readable while the File is in
// use. The error is [ErrNotGo], an [UnknownReleaseError], a [CorruptError] or
// what r returned.
func New(r io.ReaderAt) (*File, error) {
	m, err := load(r)
	if err != nil {
		return nil, err
	}
	found, err := m.find()
	if err != nil {
		return nil, err
	}
	switch {
	case found.module != nil:
	case found.endErr != nil:
		return nil, found.endErr
	case found.unknownMagic != 0:
		return nil, &UnknownReleaseError{found.version, fmt.Sprintf("table header %#x", found.unknownMagic)}
	case found.hasInfo:
		return nil, &UnknownReleaseError{found.version, "no table header was found"}
	default:
		return nil, fmt.Errorf("%w: no tables of the Go runtime", ErrNotGo)
	}
	t, err := found.finish(m)
	if err != nil {
		return nil, err
	}
	return &File{t: t, version: found.version, modules: found.modules}, nil
}

// Close closes the file that Open opened.
func (f *File) Close() error {
	if f.close == nil {
		return nil
	}
	return f.close()
}

// GoVersion returns the release that built the executable, such as "go1.26.1",
// or "" if the executable does not state it.
func (f *File) GoVersion() string { return f.version }

// BuildInfo returns what debug/buildinfo would: modules, versions and settings
// of the build. Executables built outside a module have little more than the
// version.
func (f *File) BuildInfo() (*debug.BuildInfo, error) { return parseBuildInfo(f.version, f.modules) }

// Format returns "elf", "pe" or "macho".
func (f *File) Format() string { return f.t.format }

// Arch returns the architecture as GOARCH names it.
func (f *File) Arch() string { return f.t.arch }

// PointerSize returns 4 or 8.
func (f *File) PointerSize() int { return int(f.t.ptr) }

// PIE says whether the executable may be loaded at another address than that of
// the file.
func (f *File) PIE() bool { return f.t.pie }

// Text returns the range of addresses of Go code, end excluded.
func (f *File) Text() (start, end uint64) { return f.t.text, f.t.etext }

// NumFuncs returns how many functions have code.
func (f *File) NumFuncs() int { return int(f.t.nfunc) }
