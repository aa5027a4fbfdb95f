//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package inflight

import (
	"errors"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"github.com/backstop-go/backstop/internal/errs"
)

// New makes a table for this process. It is in no directory, so it goes with the
// last process that has its file.
func New() (*Table, error) {
	f, name, err := create()
	if err != nil {
		return nil, failed("make", err)
	}
	if name != "" {
		os.Remove(name) //nolint:errcheck // then it stays, with no more in it
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
		return nil, failed("open", err)
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
	if err != nil {
		return nil, "", failed("make", err)
	}
	if path == "" {
		path = "/proc/" + strconv.Itoa(os.Getpid()) + "/fd/" + strconv.Itoa(int(f.Fd()))
	}
	return f, path, nil
}

// create returns an empty table: in memory without a name, else in a file.
func create() (f *os.File, name string, err error) {
	if f, err = memory(); err == nil {
		if err = prepare(f, strictOvercommit()); err == nil {
			return f, "", nil
		}
		_ = f.Close() // the error is that there is no table
	}
	for _, dir := range [...]string{"/dev/shm", os.TempDir()} {
		f, fault := os.CreateTemp(dir, "backstop-requests-*")
		if fault == nil {
			if fault = prepare(f, true); fault == nil {
				return f, f.Name(), nil
			}
			_ = f.Close()
			os.Remove(f.Name()) //nolint:errcheck // the error is that there is no table
		}
		err = errs.And(err, fault)
	}
	return nil, "", err
}

// prepare gives the file its size and header. With full, every page is written:
// to touch one for which there is no room later would be SIGBUS.
func prepare(f *os.File, full bool) error {
	err := f.Truncate(fileSize)
	var page [pageSize]byte
	for at := int64(0); full && err == nil && at < fileSize; at += pageSize {
		_, err = f.WriteAt(page[:], at)
	}
	if err == nil {
		_, err = f.WriteAt(bytesOf(&header{shape: here}), 0)
	}
	seal(f)
	return err
}

// Reset empties a table that Create made, once its writer has ended, for the
// next one.
func Reset(f *os.File) error {
	var h header
	err := readHeader(f, &h)
	if err == nil {
		h.writer.Store(h.writer.Load()/epoch*epoch + epoch)
		h.overflow.Store(0)
		_, err = f.WriteAt(bytesOf(&h), 0)
	}
	if err != nil {
		return failed("reset", err)
	}
	return nil
}

// claim maps the file and enters this process as its writer.
func claim(f *os.File) (*Table, error) {
	t, err := mapped(f)
	if err != nil {
		_ = f.Close()
		return nil, failed("claim", err)
	}
	return t, nil
}

func mapped(f *os.File) (*Table, error) {
	var h header
	if err := readHeader(f, &h); err != nil {
		return nil, err
	}
	// Memory beyond the end of a file is SIGBUS.
	if info, err := f.Stat(); err != nil || info.Size() != fileSize {
		return nil, errNoTable
	}
	memory, err := syscall.Mmap(int(f.Fd()), 0, fileSize, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, errs.In("mmap", err)
	}
	t := &Table{
		head:  (*header)(unsafe.Pointer(&memory[0])),
		slots: (*[slots]slot)(unsafe.Pointer(&memory[pageSize])),
		file:  f,
	}
	t.clock.base = time.Now()
	// A bucket's slots are one page. Few homes touch little memory; with many
	// processors they would contend for them.
	homes := 32
	for homes < 8*runtime.GOMAXPROCS(0) && homes < buckets {
		homes *= 2
	}
	t.near = uint64(homes - 1)
	writer := t.head.writer.Load()
	holder, self := int(writer%epoch), os.Getpid()
	next := writer - writer%epoch + epoch + uint64(self)
	held := holder != 0 && holder != self && syscall.Kill(holder, 0) != syscall.ESRCH
	if held || !t.head.writer.CompareAndSwap(writer, next) {
		syscall.Munmap(memory) //nolint:errcheck // it was mapped
		return nil, errors.New("process " + strconv.Itoa(holder) + " has it")
	}
	t.epoch = uint32(next / epoch)
	t.head.overflow.Store(0)
	t.head.born.Store(0)
	return t, nil
}
