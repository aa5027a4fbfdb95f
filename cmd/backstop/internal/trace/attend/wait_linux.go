//go:build amd64

package attend

import (
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A report is what the kernel says of a thread: that it waits, or has ended.
type report struct {
	thread  int
	stopped bool
	event   int         // PTRACE_EVENT_*; 0 when it is about to get the signal
	signal  unix.Signal // of a thread that waits
	status  int         // of one that has ended, as wait(2) has it
}

// next waits for a report; when it is not to wait and there is none, the thread is
// 0. It leaves the report where it is. Were it taken, as wait4 does, the kernel would
// forget with it which signal the thread is about to get, and should we be killed
// before we pass that on, it would be lost (kernel/exit.c, wait_task_stopped;
// kernel/signal.c, ptrace_stop). A signal that was passed on needs no taking.
func next(poll bool) (r report, err error) {
	// Of this thread alone: other tracees, and the children of others, are somebody
	// else's to wait for.
	flags := unix.WEXITED | unix.WSTOPPED | unix.WNOWAIT | unix.WALL | unix.WNOTHREAD
	if poll {
		flags |= unix.WNOHANG
	}
	var info [128]byte // siginfo_t
	_, _, errno := unix.Syscall6(unix.SYS_WAITID, unix.P_ALL, 0, uintptr(unsafe.Pointer(&info)), uintptr(flags), 0, 0)
	if errno != 0 {
		return r, errno
	}
	word := func(at int) int { return int(int32(binary.LittleEndian.Uint32(info[at:]))) }
	const exited, dumped, trapped = 1, 3, 4 // CLD_*
	code, status := word(8), word(24)
	r.thread, r.stopped = word(16), code == trapped
	switch code {
	case trapped:
		r.event, r.signal = status>>8, unix.Signal(status&0x7f)
	case exited:
		r.status = status << 8
	case dumped:
		r.status = status | 0x80
	default:
		r.status = status
	}
	return r, nil
}

// take takes a report.
func (r *report) take() {
	var status unix.WaitStatus
	_, _ = unix.Wait4(r.thread, &status, unix.WALL|unix.WNOTHREAD|unix.WNOHANG, nil) // it is known
}
