//go:build go1.23

package monitor

import (
	"os"
	"strconv"
	"syscall"
	"unsafe"
)

// widen lets the crash pipe hold a large traceback, so that a program that dies
// before its monitor is up, or while the monitor is slow, need not wait for it.
// Pipe sizes are limited per user (fcntl(2), F_SETPIPE_SZ); it reports whether
// the pipe got what was asked for.
func widen(fd uintptr) (large bool) {
	const setPipeSize = 1031 // F_SETPIPE_SZ, not in package syscall
	_, _, errno := syscall.Syscall(syscall.SYS_FCNTL, fd, setPipeSize, 1<<20)
	return errno == 0
}

// brimful reports whether the pipe held so much, with what was just read of it, that
// a write may have found no room: once it is large, it does not make a dying program
// wait. Pages that a short write did not fill count as full, hence less than all.
func brimful(pipe *os.File, read int) bool {
	const pending = 0x541B // FIONREAD, not in package syscall
	var n int32
	conn, err := pipe.SyscallConn()
	if err != nil {
		return false
	}
	err = conn.Control(func(fd uintptr) {
		syscall.Syscall(syscall.SYS_IOCTL, fd, pending, uintptr(unsafe.Pointer(&n))) //nolint:errcheck // n stays 0
	})
	return err == nil && int(n)+read > 1<<20/16*15
}

// closeInherited closes descriptors that came from the parent by accident. Go
// opens everything close-on-exec, so what is not came through exec: a pipe that
// would keep `app | cat` from ending, or a listening socket.
func closeInherited() {
	dir, err := os.Open("/proc/self/fd")
	if err != nil {
		return
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return
	}
	for _, name := range names {
		fd, err := strconv.Atoi(name)
		if err != nil || fd <= lastFD {
			continue
		}
		flags, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_GETFD, 0)
		if errno == 0 && flags&syscall.FD_CLOEXEC == 0 {
			syscall.Close(fd) //nolint:errcheck // nothing to do about it
		}
	}
}

// rename gives the process a name of its own in ps and top; the command line
// stays that of the program.
func rename() {
	os.WriteFile("/proc/self/comm", []byte("backstop-mon"), 0) //nolint:errcheck // cosmetic
}
