package inflight

import (
	"bytes"
	"errors"
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"github.com/backstop-go/backstop/internal/errs"
)

// Flags of memfd_create and fcntl (linux/memfd.h, linux/fcntl.h).
const (
	mfdCloexec      = 0x1
	mfdAllowSealing = 0x2
	mfdNoexecSeal   = 0x8 // Linux 6.3; the sysctl vm.memfd_noexec may demand it

	fAddSeals   = 1033
	fSealSeal   = 0x1
	fSealShrink = 0x2
	fSealGrow   = 0x4
)

// memfdCreate is the number of the system call memfd_create, which package
// syscall does not name (sysnum tables of golang.org/x/sys/unix).
func memfdCreate() uintptr {
	switch runtime.GOARCH {
	case "386":
		return 356
	case "amd64":
		return 319
	case "arm":
		return 385
	case "arm64", "loong64", "riscv64":
		return 279
	case "mips", "mipsle":
		return 4354
	case "mips64", "mips64le":
		return 5314
	case "ppc64", "ppc64le":
		return 360
	case "s390x":
		return 350
	}
	return 0
}

// memory makes a file in memory.
func memory() (*os.File, error) {
	number := memfdCreate()
	if number == 0 {
		return nil, errors.New("memfd_create: unknown on " + runtime.GOARCH)
	}
	name, err := syscall.BytePtrFromString("backstop-requests")
	if err != nil {
		return nil, err
	}
	var errno syscall.Errno
	for _, flags := range [...]uintptr{mfdCloexec | mfdAllowSealing | mfdNoexecSeal, mfdCloexec | mfdAllowSealing} {
		var fd uintptr
		fd, _, errno = syscall.Syscall(number, uintptr(unsafe.Pointer(name)), flags, 0)
		if errno == 0 {
			return os.NewFile(fd, "memfd:backstop-requests"), nil
		}
	}
	return nil, errs.In("memfd_create", errno)
}

// seal keeps the size of a file in memory: were it cut, to write would be
// SIGBUS. Other files cannot be sealed, and are nobody else's to cut.
func seal(f *os.File) {
	_, _, _ = syscall.Syscall(syscall.SYS_FCNTL, f.Fd(), fAddSeals, fSealSeal|fSealShrink|fSealGrow)
}

// strictOvercommit reports whether memory that was not reserved may be refused
// when it is touched (Documentation/mm/overcommit-accounting.rst, mode 2).
func strictOvercommit() bool {
	mode, err := os.ReadFile("/proc/sys/vm/overcommit_memory")
	return err == nil && bytes.HasPrefix(mode, []byte("2"))
}
