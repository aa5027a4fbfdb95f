//go:build amd64

package attend

import (
	"encoding/binary"
	"slices"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// deadly are the signals that end or stop a Go program which does not ask for them
// (runtime/sigtab_linux_generic.go), faults those of them that its own instructions
// raise.
const (
	deadly = 1<<unix.SIGHUP | 1<<unix.SIGINT | 1<<unix.SIGQUIT | 1<<unix.SIGILL | 1<<unix.SIGTRAP | 1<<unix.SIGABRT | 1<<unix.SIGBUS |
		1<<unix.SIGFPE | 1<<unix.SIGSEGV | 1<<unix.SIGTERM | 1<<unix.SIGSTKFLT | 1<<unix.SIGSTOP | 1<<unix.SIGTSTP | 1<<unix.SIGTTIN |
		1<<unix.SIGXCPU | 1<<unix.SIGXFSZ | 1<<unix.SIGSYS
	faults = 1<<unix.SIGTRAP | 1<<unix.SIGBUS | 1<<unix.SIGFPE | 1<<unix.SIGSEGV
)

// sent are the codes that come with a sender: SI_USER, SI_QUEUE, SI_MESGQ and SI_TKILL.
// Timers have other things there (asm-generic/siginfo.h).
var sent = []int32{0, -1, -3, -6}

// signal tells of a signal that a thread is about to get.
func (a *Attended) signal(id int, number unix.Signal) {
	if a.options.OnSignal == nil || number < 0 || number > 31 || deadly>>number&1 == 0 {
		return
	}
	var info [128]byte // siginfo_t
	_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_GETSIGINFO, uintptr(id), 0, uintptr(unsafe.Pointer(&info)), 0, 0)
	if errno != 0 {
		return // killed meanwhile
	}
	s := Signal{Thread: id, Number: int(number), Code: int32(binary.LittleEndian.Uint32(info[8:])), At: time.Now()}
	if s.Code > 0 {
		if faults>>number&1 == 1 {
			return // an instruction did it: that is a panic or a fatal error
		}
	} else if slices.Contains(sent, s.Code) {
		s.Sender, s.UID = int(int32(binary.LittleEndian.Uint32(info[16:]))), binary.LittleEndian.Uint32(info[20:])
	}
	a.options.OnSignal(s)
}
