package doctor

import (
	"os"
	"syscall"
	"unsafe"
)

const (
	sysPidfdOpen  = 434        // pidfd_open(2), on every architecture that Go has but MIPS
	pidfdGetInfo  = 0xC040FF0B // linux/pidfd.h: _IOWR(0xFF, 11, struct pidfd_info)
	pidfdInfoExit = 1 << 3
	setPipeSize   = 1031 // fcntl(2), F_SETPIPE_SZ
	getPipeSize   = 1032
)

func openPidfd(pid int) (fd uintptr, err error) {
	fd, _, errno := syscall.Syscall(sysPidfdOpen, uintptr(pid), 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return fd, nil
}

func probePidfd() error {
	fd, err := openPidfd(os.Getpid())
	if err != nil {
		return err
	}
	return syscall.Close(int(fd))
}

// exitAsker takes hold of a process and returns who asks the kernel, once it has
// ended, with which status.
func exitAsker(pid int) func() (status int, err error) {
	fd, err := openPidfd(pid)
	return func() (int, error) {
		if err != nil {
			return 0, err
		}
		defer syscall.Close(int(fd)) //nolint:errcheck // nothing was written
		// struct pidfd_info in its first version (linux/pidfd.h).
		info := struct {
			mask, cgroup uint64
			_            [11]uint32 // ids
			exitCode     int32
		}{mask: pidfdInfoExit}
		_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, fd, pidfdGetInfo, uintptr(unsafe.Pointer(&info)))
		if errno != 0 {
			return 0, errno
		}
		if info.mask&pidfdInfoExit == 0 {
			return 0, syscall.ENOTSUP
		}
		return syscall.WaitStatus(info.exitCode).ExitStatus(), nil
	}
}

// probePipe asks for a pipe of a size and returns what it got.
func probePipe(want int) (got int, err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	defer r.Close()
	defer w.Close()
	conn, err := w.SyscallConn()
	if err != nil {
		return 0, err
	}
	cerr := conn.Control(func(fd uintptr) {
		_, _, errno := syscall.Syscall(syscall.SYS_FCNTL, fd, setPipeSize, uintptr(want))
		if errno != 0 {
			err = errno
		}
		n, _, _ := syscall.Syscall(syscall.SYS_FCNTL, fd, getPipeSize, 0)
		got = int(n)
	})
	if cerr != nil {
		return got, cerr
	}
	return got, err
}

// room returns how many bytes a file system has left for this user.
func room(dir string) uint64 {
	var st syscall.Statfs_t
	if syscall.Statfs(dir, &st) != nil {
		return 0
	}
	return st.Bavail * uint64(st.Bsize)
}
