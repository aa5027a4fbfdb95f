//go:build go1.23

package monitor

import (
	"os"
	"strconv"
	"syscall"
	"unsafe"

	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/host"
)

const (
	sysPidfdOpen = 434 // pidfd_open(2), Linux 5.3; MIPS and Alpha, which count otherwise, refuse it

	// Of linux/pidfd.h: _IOWR(0xFF, 11, struct pidfd_info), and the bit of its
	// mask that asks for the exit status (Linux 6.15).
	pidfdGetInfo  = 0xC040FF0B
	pidfdInfoExit = 1 << 3
)

// pidfdInfo is struct pidfd_info in its first version.
type pidfdInfo struct {
	mask, cgroup uint64
	_            [11]uint32 // pid, tgid, ppid and the user and group ids
	exitCode     int32
}

// openSelf opens a descriptor of this process, which the child can ask how the
// process ended. The child could not open it by itself: the process may have
// died before.
func openSelf() (*os.File, error) {
	fd, _, errno := syscall.Syscall(sysPidfdOpen, uintptr(os.Getpid()), 0, 0)
	if errno != 0 {
		return nil, errno
	}
	return os.NewFile(fd, "pidfd"), nil
}

// awaitEnd returns once the process has ended, or when it cannot wait for that.
// It waits in the network poller, as reading a pipe does.
func awaitEnd(pidfd *os.File) {
	if conn, err := pidfd.SyscallConn(); err == nil {
		_ = conn.Read(ended) // an error is no end
	}
}

// ended reports whether a process descriptor is readable: the process is a
// zombie, or gone.
func ended(fd uintptr) bool {
	poll := struct {
		fd              int32
		events, revents int16
	}{fd: int32(fd), events: 1} // POLLIN
	var now syscall.Timespec
	n, _, errno := syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&poll)), 1, uintptr(unsafe.Pointer(&now)), 0, 0, 0)
	return n > 0 && errno == 0
}

// look looks how the process is: alive, or ended and how, if that can be known
// already. The kernel tells once the process was waited for, and has its status
// in /proc until then. pidfd may be nil.
func look(pidfd *os.File, p event.Process) (status syscall.WaitStatus, known, alive bool) {
	if pidfd != nil {
		// Not pidfd.Fd(), which would make the descriptor blocking.
		conn, err := pidfd.SyscallConn()
		if err == nil {
			err = conn.Control(func(fd uintptr) {
				info := pidfdInfo{mask: pidfdInfoExit}
				alive = !ended(fd)
				_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, fd, pidfdGetInfo, uintptr(unsafe.Pointer(&info)))
				known = errno == 0 && info.mask&pidfdInfoExit != 0
				status = syscall.WaitStatus(info.exitCode)
			})
		}
		if known || alive || err != nil {
			return status, known, alive
		}
	}
	state, status := stat(p)
	known = state == 'Z' || state == 'X'
	return status, known, state != 0 && !known
}

// executes reports whether a process executes a program. A dying one has lost
// its memory before it closes its files (kernel/exit.c, do_exit), and with it the
// name of its executable; one that became another program (execve) has the name
// of that.
func executes(pid int) bool {
	_, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/exe")
	return err == nil
}

// stat reads the state and the exit code (fields 3 and 52 of /proc/PID/stat,
// proc_pid_stat(5)). The state is 0 when the process is gone: a process of
// another start time (field 22) is another one.
func stat(p event.Process) (state byte, code syscall.WaitStatus) {
	f := host.Stat(p.PID)
	if len(f) == 0 || string(f[19]) != strconv.FormatUint(p.Start, 10) {
		return 0, 0
	}
	n, _ := strconv.Atoi(string(f[49])) // a number that the kernel wrote
	return f[0][0], syscall.WaitStatus(n)
}

// signals are the names of signals. Constants as keys make it data, not code.
var signals = [...]string{
	syscall.SIGHUP: "HUP", syscall.SIGINT: "INT", syscall.SIGQUIT: "QUIT", syscall.SIGILL: "ILL",
	syscall.SIGTRAP: "TRAP", syscall.SIGABRT: "ABRT", syscall.SIGBUS: "BUS", syscall.SIGFPE: "FPE",
	syscall.SIGKILL: "KILL", syscall.SIGUSR1: "USR1", syscall.SIGSEGV: "SEGV", syscall.SIGUSR2: "USR2",
	syscall.SIGPIPE: "PIPE", syscall.SIGALRM: "ALRM", syscall.SIGTERM: "TERM", syscall.SIGXCPU: "XCPU",
	syscall.SIGXFSZ: "XFSZ", syscall.SIGVTALRM: "VTALRM", syscall.SIGPROF: "PROF", syscall.SIGIO: "IO",
	syscall.SIGPWR: "PWR", syscall.SIGSYS: "SYS",
}

// signalName names a signal as C does; those without a name of theirs "SIG34".
func signalName(s syscall.Signal) string {
	if int(s) < len(signals) && signals[s] != "" {
		return "SIG" + signals[s]
	}
	return "SIG" + strconv.Itoa(int(s))
}
