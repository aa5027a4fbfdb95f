// Package bpf holds the programs that run in the kernel, attaches them, and
// reads what they write.
package bpf

import (
	"io"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
)

// A Kind is what a probe has seen. The numbers are those of the C source.
type Kind uint32

// The kinds of records.
const (
	_           Kind = iota
	Panic            // gopanic: Type and Data are the value
	Recover          // recovery, after a recover that works: Panic is the record it closes, Site its site
	Ineffective      // gorecover that returned nil although a panic is in flight
	Fatal            // throw, fatal: Data and Code are address and length of the message
	Uncaught         // fatalpanic: Type and Data are what the runtime prints
	SignalDeath      // fatalsignal: Code is the signal
	Goexit           // runtime.Goexit
	OSExit           // os.Exit: Code is the status
	Exec             // a process has a new program
	Exit             // a process ended: Code is its wait status
	Signal           // a signal was sent that ends a Go process: Code is the signal, Peer the sender
	OOM              // the kernel chose the process as a victim
)

// MaxOpen is how many open panics of a goroutine are kept (MAX_OPEN of wire.h).
const MaxOpen = 8

// A Record is one event as the kernel saw it.
type Record struct {
	Kind     Kind
	Time     time.Duration // since boot (CLOCK_BOOTTIME)
	PID, TID uint32        // in the tracer's pid namespace's root; PID is the thread group
	Comm     string
	Exe      uint32 // what Attach returned; 0 for records of the host
	Bias     uint64 // what was added to the addresses of the file when it was loaded

	G         uint64 // address of the g
	Goid      uint64
	Parent    uint64 // goroutine that created this one; 0 when it is not known
	CreatedBy uint64 // program counter of its go statement
	LabelsAt  uint64 // address of its labels; 0 when it has none
	StackHi   uint64 // top of its stack, above which nothing of it stands

	// Site tells one place from another: a hash of the first return addresses, as
	// the file has them, and for Panic of the type of the value. For Recover it is
	// that of the panic.
	Site uint64
	// Seen counts what happened at this place, this one included; records are
	// limited, counts are not.
	Seen uint64

	Type, Data uint64 // the two words of an interface value
	Code       int64
	Regs       goproc.Registers // where the stack begins
	// System is where the stack of the runtime begins that was running when
	// something happened to the goroutine below: Fatal, Uncaught and SignalDeath;
	// otherwise it is zero. A Goid of 0 says that there was no goroutine.
	System    goproc.Registers
	Stack     goproc.Pieces // of the stack, values, strings and labels
	Links     []goproc.Link // frame-pointer chain behind the copied stack
	Truncated bool          // the chain goes on

	// Recover: where the function with the deferred call goes on, who called
	// recover (return addresses, innermost first), and when the panic began: the
	// Time of its Panic record, 0 when that was not seen. Type and Data are what it
	// was; Data may have been moved since. Panics counts those that this one
	// recovery ends. Ineffective has Recoverer, as far out as was walked.
	//
	// Of a goroutine the newest MaxOpen open panics are kept. Nested says of a
	// recovery that there were more and none of those is left: then Panics is what is
	// known, and Since 0 where it is not even known which panic it was.
	//
	// Panic and OSExit have Recoverer and Since of another panic, where a function
	// has recovered that one and then panics again or exits: it does not return, so
	// that there is no Recover.
	Resume    uint64
	Recoverer []uint64
	Since     time.Duration
	Panics    uint32
	Nested    bool
	// Depth is how far from the top of its stack a goroutine was when it called
	// gopanic (Panic), or where it goes on (Recover), in bytes: a recovery ends the
	// panics of its goroutine that are further down. It stays when a stack moves.
	Depth uint64

	Peer     uint32 // Signal: the sender, 0 for the kernel; OOM: who allocated
	PeerComm string // with Peer 0, who ran when the kernel sent it
	PeerUID  uint32
	SigCode  int32 // Signal: si_code
	Stopped  bool  // the process was stopped by this event and waits

	// Of a process that is looked at by other means than probes: all of its memory,
	// instead of Stack, and the text that was printed, where it has been read.
	Memory io.ReaderAt
	Text   string
}

// Read returns the memory that there is.
func (r *Record) Read() io.ReaderAt {
	if r.Memory != nil {
		return r.Memory
	}
	return r.Stack
}
