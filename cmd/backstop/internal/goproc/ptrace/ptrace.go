// Package ptrace stops the threads of a live process for a moment, to read their
// registers and the memory in one state. Start with [Stop].
//
// Stopping is with PTRACE_SEIZE and PTRACE_INTERRUPT, which send no signal: what
// the process had pending stays pending, a process that was stopped by SIGSTOP
// stays stopped, and when whoever stops it dies, the kernel lets it go on
// (kernel/ptrace.c, exit_ptrace), with the signals that threads were about to get, see
// Next. The one thing that a process may see is that a system call which the
// kernel does not restart after a stop returns EINTR, as it does after SIGSTOP and SIGCONT (signal(7)); the Go runtime repeats those.
//
// It does not read memory, sets no breakpoints and changes no register.
package ptrace

import (
	"fmt"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
)

// A Thread is a thread of a stopped process.
type Thread struct {
	ID        int
	Registers goproc.Registers
	// R14 holds the running goroutine's g while Go code of the internal ABI
	// runs (the Go ABI, abi-internal.md), and anything at all otherwise.
	R14 uint64
}

// Stopped is a process all of whose threads are stopped. Release must be called.
type Stopped struct {
	PID     int
	Threads []Thread
	// Frozen says that the process was stopped by a signal already, and will be
	// again after Release.
	Frozen bool

	start   time.Time
	release chan struct{}
	done    chan error
	held    time.Duration
}

// A Refusal says why a process cannot be stopped, before anything was done to it
// or after everything was undone.
type Refusal struct {
	PID    int
	Reason string
	Hint   string // the next step a person can take; may be empty
	Err    error  // what the system said; may be nil
	Gone   bool   // there is no such process, or no longer
}

func (r *Refusal) Error() string {
	if r.Err != nil {
		return fmt.Sprintf("stop process %d: %s: %v", r.PID, r.Reason, r.Err)
	}
	return fmt.Sprintf("stop process %d: %s", r.PID, r.Reason)
}

func (r *Refusal) Unwrap() error { return r.Err }

// DefaultTimeout bounds how long Stop waits for threads to stop where its
// context has no deadline; it is looked at every 20 ms. A thread stops within microseconds unless it waits
// uninterruptibly, for a disk or in vfork.
const DefaultTimeout = 5 * time.Second
