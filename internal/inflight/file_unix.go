//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package inflight

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
)

// New makes a table for this process. It is in no directory, so it goes with the
// last process that has its file.
func New() (*Table, error) {
	f, name, err := create()
	if err != nil {
		return nil, err
	}
	if name != "" {
		if err := os.Remove(name); err != nil {
			f.Close()
			return nil, fmt.Errorf("table of requests: %w", err)
		}
	}
	return claim(f)
}

// Open opens the table at a path that Create returned and claims it for this
// process. It is refused while another living process has it; what a dead one
// left in it is wiped. A process that opens one table twice, or again after
// execve, wipes it as well.
func Open(path string) (*Table, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("table of requests: %w", err)
	}
	return claim(f)
}

// Create makes an empty table for another process, and returns a path by which
// that can Open it while f is open. On Linux that is /proc/PID/fd/N, which needs
// no more than a /proc that is the same for both. Where memory without a name is
// not to be had, it is a file of mode 0600. To remove the path is up to the
// caller; os.Remove does no harm to the first kind.
func Create() (f *os.File, path string, err error) {
	f, path, err = create()
	if err == nil && path == "" {
		path = fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), f.Fd())
	}
	return f, path, err
}

// create returns an empty table: without a name, or a file in a directory.
func create() (f *os.File, name string, err error) {
	f, err = memory()
	if err == nil {
		if err = prepare(f, strictOvercommit()); err == nil {
			return f, "", nil
		}
		f.Close()
	}
	errs := []error{err}
	for _, dir := range []string{"/dev/shm", os.TempDir()} {
		f, err := os.CreateTemp(dir, "backstop-requests-*")
		if err == nil {
			if err = prepare(f, true); err == nil {
				return f, f.Name(), nil
			}
			f.Close()
			os.Remove(f.Name())
		}
		errs = append(errs, err)
	}
	return nil, "", fmt.Errorf("table of requests: %w", errors.Join(errs...))
}

// prepare gives the file its size and header. With full, every page is written:
// to touch one for which there is no room later would be SIGBUS.
func prepare(f *os.File, full bool) error {
	if err := f.Truncate(fileSize); err != nil {
		return err
	}
	if full {
		var zeros [16 * pageSize]byte
		for at := int64(0); at < fileSize; at += int64(len(zeros)) {
			if _, err := f.WriteAt(zeros[:min(int64(len(zeros)), fileSize-at)], at); err != nil {
				return err
			}
		}
	}
	h := header{magic: magic, version: version, slots: slots, slotSize: slotSize}
	if _, err := f.WriteAt(bytesOf(&h), 0); err != nil {
		return err
	}
	seal(f)
	return nil
}

// Reset empties a table that Create made, once its writer has ended, for the
// next one.
func Reset(f *os.File) error {
	if err := wipe(f); err != nil {
		return fmt.Errorf("reset table of requests: %w", err)
	}
	h := header{magic: magic, version: version, slots: slots, slotSize: slotSize}
	if _, err := f.WriteAt(bytesOf(&h), 0); err != nil {
		return fmt.Errorf("reset table of requests: %w", err)
	}
	return nil
}

// wipe zeroes what was written of the slots, and nothing else: zeros where there
// was nothing would take memory.
func wipe(f *os.File) error {
	part, zeros := new([chunk]slot), new([chunk]slot)
	for at := 0; at < slots; at += chunk {
		if err := readAt(f, offset(at), bytesOf(part)); err != nil {
			return err
		}
		for i := range part {
			if part[i].state.Load() != 0 {
				if _, err := f.WriteAt(bytesOf(&zeros[i]), offset(at+i)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// claim maps the file and enters this process as its writer.
func claim(f *os.File) (*Table, error) {
	t, err := mapped(f)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("table of requests: %w", err)
	}
	return t, nil
}

func mapped(f *os.File) (*Table, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() != fileSize {
		return nil, fmt.Errorf("%s is not a table of version %d", f.Name(), version)
	}
	var h header
	if err := readAt(f, 0, bytesOf(&h)); err != nil {
		return nil, err
	}
	if !h.fits() {
		return nil, fmt.Errorf("%s is not a table of version %d", f.Name(), version)
	}
	memory, err := syscall.Mmap(int(f.Fd()), 0, fileSize, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, os.NewSyscallError("mmap", err)
	}
	t := on(f, memory, runtime.GOMAXPROCS(0))
	holder, self := t.head.pid.Load(), int64(os.Getpid())
	if holder != 0 && holder != self && alive(holder) || !t.head.pid.CompareAndSwap(holder, self) {
		syscall.Munmap(memory) //nolint:errcheck // it was mapped
		return nil, fmt.Errorf("process %d has %s", holder, f.Name())
	}
	if holder != 0 {
		if err := wipe(f); err != nil {
			syscall.Munmap(memory) //nolint:errcheck // it was mapped
			return nil, err
		}
		t.head.overflow.Store(0)
	}
	return t, nil
}

func alive(pid int64) bool {
	return pid == int64(int32(pid)) && pid > 0 && !errors.Is(syscall.Kill(int(pid), 0), syscall.ESRCH)
}
