package goproc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"github.com/backstop-go/backstop/internal/gobin"
)

// A Process is a live process: what it runs, and its memory. It is not stopped,
// so that what is read may change meanwhile.
type Process struct {
	*Program
	PID int
	// Memory reads /proc/PID/mem: the address space the process had when it was
	// opened, which ends with the process or when it executes another program.
	Memory io.ReaderAt

	exe, mem *os.File
}

// OpenProcess opens a live process, in whatever mount namespace it is, also when
// its executable has been replaced or deleted. The error is an [*OpenError].
// Close it after use.
func OpenProcess(pid int) (*Process, error) {
	p := &Process{PID: pid}
	if err := p.open(); err != nil {
		_ = p.Close()
		return nil, &OpenError{fmt.Sprintf("process %d", pid), p.explain(err)}
	}
	return p, nil
}

// OpenProgram does the same for a process that runs a program which has been read,
// so that it need not be read again. The number may be that of any of its threads:
// where the first has ended before the others, nothing is found under that of the
// process.
func OpenProgram(pid int, program *Program) (*Process, error) {
	own := *program
	own.exe = nil
	p := &Process{PID: pid, Program: &own}
	if err := p.open(); err != nil {
		_ = p.Close()
		return nil, &OpenError{fmt.Sprintf("process %d", pid), p.explain(err)}
	}
	return p, nil
}

func (p *Process) open() error {
	if p.PID <= 0 {
		return ErrNoProcess
	}
	// The memory comes first: should the process execute another program now,
	// what is read of that does not fit this memory, and verification fails.
	var err error
	if p.mem, err = os.Open(p.path("mem")); err != nil {
		return err
	}
	if p.exe, err = os.Open(p.path("exe")); err != nil {
		return err
	}
	if p.Program == nil {
		if p.Program, err = programOf(p.exe); err != nil {
			return err
		}
	}
	if p.Bias, err = p.bias(); err != nil {
		return err
	}
	p.Memory = p.mem
	return p.verify()
}

func (p *Process) path(name string) string { return fmt.Sprintf("/proc/%d/%s", p.PID, name) }

// Close closes the executable and the memory.
func (p *Process) Close() error {
	var errs []error
	for _, f := range []*os.File{p.exe, p.mem} {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	return errors.Join(errs...)
}

// explain replaces what the system says of files in /proc.
func (p *Process) explain(err error) error {
	var path *fs.PathError
	switch {
	case errors.Is(err, syscall.ESRCH):
		return ErrNoProcess
	case !errors.As(err, &path):
		return err
	case errors.Is(err, fs.ErrNotExist):
		if _, statErr := os.Stat(p.path("stat")); statErr == nil {
			return fmt.Errorf("%w: it runs no program: a thread of the kernel, or a process that has ended", gobin.ErrNotGo)
		}
		return ErrNoProcess
	default:
		return fmt.Errorf("%s: %w", path.Op, path.Err)
	}
}

// Entries of the auxiliary vector (getauxval(3)), and where ELF headers have the
// entry point.
const (
	auxEntry    = 9 // AT_ENTRY
	maxAux      = 4 << 10
	entryOffset = 24
)

// bias returns by how much the executable was moved: the kernel told the process
// where its entry point is. Mappings are not asked: they name files as the mount
// namespace of the process has them, and overlays by other numbers than stat.
func (p *Process) bias() (uint64, error) {
	if !p.File.PIE() {
		return 0, nil
	}
	var header [8]byte
	if _, err := p.exe.ReadAt(header[:], entryOffset); err != nil {
		return 0, err
	}
	f, err := os.Open(p.path("auxv"))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	vector, err := io.ReadAll(io.LimitReader(f, maxAux))
	if err != nil {
		return 0, err
	}
	for ; len(vector) >= 16; vector = vector[16:] {
		if binary.LittleEndian.Uint64(vector) == auxEntry {
			return binary.LittleEndian.Uint64(vector[8:]) - binary.LittleEndian.Uint64(header[:]), nil
		}
	}
	return 0, ErrNoProcess // the vector is empty once the process has ended
}

// verify compares names of functions in memory with those in the file.
func (p *Process) verify() error {
	addr, want, err := p.File.Witness()
	if err != nil {
		return err
	}
	got := make([]byte, len(want))
	if n, err := p.mem.ReadAt(got, int64(addr+p.Bias)); n < len(got) { //nolint:gosec // what is no offset is an error
		if n == 0 && errors.Is(err, io.EOF) {
			return ErrNoProcess // its memory is gone
		}
		return fmt.Errorf("its executable is not at %#x: %w", addr+p.Bias, err)
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("its executable is not at %#x", addr+p.Bias)
	}
	return nil
}
