package postmortem

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/cmd/backstop/internal/postmortem/corefile"
	"github.com/backstop-go/backstop/cmd/backstop/internal/postmortem/packed"
	"github.com/backstop-go/backstop/internal/gobin"
)

// CoreOptions say how to read a core.
type CoreOptions struct {
	// Executable is the file that died. Default: where the core says it was.
	Executable string
	// Sysroot is a directory in which files that the core names are looked for.
	// Default: the root.
	Sysroot string
	// Raw leaves texts of the program as they are. Otherwise what looks like a
	// secret or like personal data is masked.
	Raw bool
	// All shows frames and goroutines of the runtime's own, too.
	All bool
	// Unpacked is what UnpackCore made of the file, nil for one that is not
	// compressed.
	Unpacked *packed.File
}

// A Core is the core file of a Go program, with its executable.
type Core struct {
	Path, Executable string

	options  CoreOptions
	file     *corefile.Core
	binary   *gobin.File
	program  goproc.Program
	unwinder *goproc.Unwinder
	rt       *goproc.Runtime // from Examine on; nil when the scheduler cannot be read
	problems []string
}

// A CoreError says why a core cannot be read as that of a Go program, and what to
// do about it.
type CoreError struct {
	Err    error
	Advice string
}

func (e *CoreError) Error() string { return e.Err.Error() }

// Hint is what to do about it.
func (e *CoreError) Hint() string { return e.Advice }

// Unwrap returns the reason.
func (e *CoreError) Unwrap() error { return e.Err }

func coreError(hint string, format string, args ...any) error {
	return &CoreError{fmt.Errorf(format, args...), hint}
}

// OpenCore opens a core and its executable, and makes sure that they belong
// together. Close it after use. Errors about which there is something to be done say
// so in a method Hint.
func OpenCore(path string, o CoreOptions) (*Core, error) {
	file, err := openFile(path, o)
	if err != nil {
		return nil, err
	}
	return newCore(file, path, o)
}

func newCore(file *corefile.Core, path string, o CoreOptions) (*Core, error) {
	c := &Core{Path: path, options: o, file: file}
	if err := c.open(); err != nil {
		c.Close() //nolint:errcheck // the error that counts is the first
		return nil, err
	}
	return c, nil
}

// Close closes the files.
func (c *Core) Close() error {
	if c.binary != nil {
		c.binary.Close() //nolint:errcheck // it was only read
	}
	if c.options.Unpacked != nil {
		c.options.Unpacked.Close() //nolint:errcheck // the space comes back with the process
	}
	return c.file.Close() //nolint:wrapcheck // it names the file
}

func (c *Core) open() error {
	c.problems = append(c.problems, c.file.Problems...)
	if err := c.findExecutable(); err != nil {
		return err
	}
	bias, proved, err := c.file.UseExecutable(c.Executable)
	if err != nil {
		return c.executableError(err)
	}
	if !proved {
		c.problem("nothing in the core tells whether %s is the build that ran", c.Executable)
	}
	c.file.UseSharedFiles(c.options.Sysroot)
	if c.binary, err = gobin.Open(c.Executable); err != nil {
		if errors.Is(err, gobin.ErrNotGo) {
			return coreError("cores of Go programs are read; for others there is gdb EXE CORE", "read executable %s: %w", c.Executable, err)
		}
		return fmt.Errorf("read executable %s: %w", c.Executable, err)
	}
	c.program = goproc.Program{File: c.binary, Bias: bias}
	if c.program.Layout, err = goproc.LayoutOf(c.binary); err != nil {
		return coreError("a newer backstop may know it", "%s: %w", c.Executable, err)
	}
	c.unwinder = goproc.NewUnwinder(&c.program)
	return nil
}

// findExecutable finds the executable that the core is of.
func (c *Core) findExecutable() error {
	if c.options.Executable != "" {
		c.Executable = c.options.Executable
		return nil
	}
	path, removed := c.file.Executable()
	if path == "" {
		return coreError("name it: backstop core EXE CORE", "the core does not say which executable it is of (%s)", c.name())
	}
	c.Executable = filepath.Join(c.options.Sysroot, path)
	if removed {
		c.problem("%s was removed or replaced while it ran", path)
	}
	return nil
}

// name is what the process was called.
func (c *Core) name() string {
	if c.file.Process.Name == "" {
		return "its name is not known"
	}
	return "its name was " + printable(c.file.Process.Name)
}

func (c *Core) executableError(err error) error {
	var mismatch *corefile.MismatchError
	switch {
	case errors.As(err, &mismatch):
		hint := "name the executable of that build"
		if path, _ := c.file.Executable(); path != "" {
			hint += ": the process ran " + printable(path)
		}
		return &CoreError{err, hint + "; go version -m EXE tells what it was built from"}
	case c.options.Executable == "" && errors.Is(err, fs.ErrNotExist):
		return &CoreError{err, "the executable is not where it was when the process ran: backstop core EXE CORE, or -sysroot DIR when it ran in a container whose files are below DIR"}
	}
	return err
}

func (c *Core) problem(format string, args ...any) {
	const enough = 64
	text := fmt.Sprintf(format, args...)
	if len(c.problems) < enough {
		c.problems = append(c.problems, text)
	}
}
