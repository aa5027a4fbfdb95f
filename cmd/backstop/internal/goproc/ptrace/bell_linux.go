//go:build amd64

package ptrace

import (
	"fmt"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// bell is the signal that wakes a thread which waits. It is one of the real-time
// signals, which nobody sends by accident.
const bell = 60

// onBellAt is the address of its handler.
var onBellAt uintptr

// Flags of sigaction(2).
const (
	noChildStop = 1          // SA_NOCLDSTOP
	restart     = 0x10000000 // SA_RESTART
)

// A sigaction is struct sigaction as the kernel has it.
type sigaction struct {
	handler, flags, restorer, mask uint64
}

// Prepare makes waitid and PTRACE_SEIZE return when the bell rings. The runtime
// installs all its handlers so that system calls are begun anew after them
// (runtime/os_linux.go, setsig); for this one signal that is taken back. It also
// spares this process a SIGCHLD for each stop of a thread that it traces: waiting
// tells of them.
var Prepare = sync.OnceValue(func() error {
	err := change(bell, func(a *sigaction) {
		a.flags &^= restart
		a.handler = uint64(onBellAt)
	})
	if err != nil {
		return err
	}
	return change(int(unix.SIGCHLD), func(a *sigaction) { a.flags |= noChildStop })
})

// change changes how the runtime handles a signal.
func change(signal int, how func(*sigaction)) error {
	var a sigaction
	if err := action(signal, nil, &a); err != nil {
		return fmt.Errorf("look at the handler of signal %d: %w", signal, err)
	}
	if a.handler <= 1 { // SIG_DFL, SIG_IGN
		return fmt.Errorf("the runtime does not handle signal %d", signal)
	}
	how(&a)
	if err := action(signal, &a, nil); err != nil {
		return fmt.Errorf("change the handler of signal %d: %w", signal, err)
	}
	return nil
}

func action(signal int, set, old *sigaction) error {
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(signal), uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(old)), unsafe.Sizeof(sigaction{}.mask), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// Ring wakes a thread of this process that waits in waitid or PTRACE_SEIZE, after
// [Prepare]: those end with EINTR. It may come just before the thread waits, so once is
// not enough.
func Ring(thread int) {
	_ = unix.Tgkill(os.Getpid(), thread, bell) // it may have ended, and then nobody waits
}
