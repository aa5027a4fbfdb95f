// Package attend is with a running process until it ends, by ptrace: it sees the
// signals that the process gets, and its threads on their way out, when memory and
// registers are there still. Start with [Attend].
//
// It uses PTRACE_SEIZE, never PTRACE_ATTACH: no signal is sent, nothing is stopped
// to begin with, and nothing is written into the process. What stops is a thread
// that starts another one, gets a signal, or ends, for as long as it takes to be
// told to go on; signals are passed on as they are. Children are not followed. When
// whoever attends ends, in whatever way, the kernel lets all threads go
// (kernel/ptrace.c, exit_ptrace); signals that were about to be delivered still are.
//
// It knows nothing of Go and reads no memory.
package attend

import "time"

// A Signal is one that a process is about to get.
type Signal struct {
	Thread int // that gets it
	Number int
	Code   int32 // si_code of sigaction(2): 0 or less when a process sent it
	// Sender is the number of the process that sent it as the receiver would see it,
	// 0 for the kernel and for those outside of the receiver's pid namespace.
	Sender int
	UID    uint32
	At     time.Time
}

// A Death is a process whose threads are on their way out. They wait, with all that
// they had, until the function that was given the Death returns.
type Death struct {
	Status int // as wait(2) has it
	// Threads are those that wait, that which ended the process first. A thread that
	// is killed while something was just told of it may not wait, so that there may
	// be none. Whole says that no others will come; else some are busy in the kernel
	// still.
	Threads []Thread
	Whole   bool
	At      time.Time
}

// A Thread is a thread that is about to end.
type Thread struct {
	ID        int
	Registers Registers
	// Call is the number of the system call that it is in, -1 for none.
	Call int64
}

// Registers are those of struct user_regs_struct that tell where a thread was.
type Registers struct {
	R15, R14, R13, R12, RBP, RBX, R11, R10, R9, R8, RAX, RCX, RDX, RSI, RDI uint64
	RIP, CS, Flags, RSP                                                     uint64
}

// Options say who wants to know. All functions may be nil. They are called one
// after the other, by the thread that the process waits for: what they take, it
// waits.
type Options struct {
	// OnSignal takes a signal that ends or stops a Go program which does not ask for
	// it, except for faults of its own instructions. The signal is delivered when
	// the function has returned.
	OnSignal func(Signal)
	// OnDeath is called once. SIGKILL comes without a Signal before.
	OnDeath func(*Death)
	// OnEnd is called when nothing of the process is attended any more: it has
	// ended, or Leave was called.
	OnEnd func()
}
