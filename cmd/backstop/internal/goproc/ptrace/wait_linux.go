//go:build amd64

package ptrace

import (
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A Report is what the kernel says of a thread: that it waits, or has ended.
type Report struct {
	Thread  int
	Stopped bool
	Event   int         // PTRACE_EVENT_*; 0 when it is about to get the signal
	Signal  unix.Signal // of a thread that waits
	Status  int         // of one that has ended, as wait(2) has it
}

// Next waits for a report of a tracee of the calling thread: of the one with that
// number, or of any one when it is 0. When it is not to wait and there is none, the
// thread of the report is 0. The error is EINTR after the bell (see [Ring]), and ECHILD
// when there is no such tracee.
//
// It leaves the report where it is. Were it taken, as wait4 does, the kernel would
// forget with it which signal the thread is about to get, and should we be killed
// before we pass that on, it would be lost (kernel/exit.c, wait_task_stopped;
// kernel/signal.c, ptrace_stop). A signal that was passed on needs no taking.
func Next(id int, poll bool) (r Report, err error) {
	// Of this thread alone: other tracees, and the children of others, are somebody
	// else's to wait for.
	flags := unix.WEXITED | unix.WSTOPPED | unix.WNOWAIT | unix.WALL | unix.WNOTHREAD
	if poll {
		flags |= unix.WNOHANG
	}
	which := unix.P_ALL
	if id != 0 {
		which = unix.P_PID
	}
	var info [128]byte // siginfo_t
	_, _, errno := unix.Syscall6(unix.SYS_WAITID, uintptr(which), uintptr(id), uintptr(unsafe.Pointer(&info)), uintptr(flags), 0, 0)
	if errno != 0 {
		return r, errno
	}
	word := func(at int) int { return int(int32(binary.LittleEndian.Uint32(info[at:]))) }
	const exited, dumped, trapped = 1, 3, 4 // CLD_*
	code, status := word(8), word(24)
	r.Thread, r.Stopped = word(16), code == trapped
	switch code {
	case trapped:
		r.Event, r.Signal = status>>8, unix.Signal(status&0x7f)
	case exited:
		r.Status = status << 8
	case dumped:
		r.Status = status | 0x80
	default:
		r.Status = status
	}
	return r, nil
}

// Take takes a report. One of a thread that is about to get a signal must not be taken,
// see [Next].
func (r *Report) Take() {
	var status unix.WaitStatus
	_, _ = unix.Wait4(r.Thread, &status, unix.WALL|unix.WNOTHREAD|unix.WNOHANG, nil) // it is known
}
