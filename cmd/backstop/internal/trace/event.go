package trace

import (
	"time"

	"github.com/backstop-go/backstop/crash"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
)

// A Kind is what happened. Kinds are part of the JSON, see docs/trace.md.
type Kind string

// The kinds of events.
const (
	Panic  Kind = "panic"               // Outcome says what became of it
	Vain   Kind = "ineffective_recover" // recover was called while a panic was in flight, and returned nil
	Fatal  Kind = "fatal"               // a fatal error of the runtime: the process dies
	Signal Kind = "signal"              // the runtime dies of a signal, and prints a traceback
	Goexit Kind = "goexit"              // runtime.Goexit
	Exit   Kind = "exit"                // the process ended by itself
	Kill   Kind = "kill"                // a signal without a traceback, or the OOM killer
)

// An Outcome is what became of a panic.
type Outcome string

// The outcomes.
const (
	Recovered Outcome = "recovered"
	Uncaught  Outcome = "uncaught" // the process died of it
	Replaced  Outcome = "replaced" // a later panic of the goroutine stands for it
	Open      Outcome = "open"     // what became of it was not seen
)

// A Way is how processes are looked at.
type Way string

// The ways.
const (
	Auto   Way = ""       // by probes, and where that cannot be by ptrace
	EBPF   Way = "ebpf"   // probes in the kernel: everything
	Ptrace Way = "ptrace" // ends, and signals
)

// A Place is a function and a line in it.
type Place struct {
	Func string `json:"func"`
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	// Start is the line of the func keyword, End the last one with code; 0 when
	// they are not known.
	Start int `json:"start_line,omitempty"`
	End   int `json:"end_line,omitempty"`
}

// A Frame is one call of a stack. PC is 0 when the address says nothing.
type Frame struct {
	Place
	Inlined bool   `json:"inlined,omitempty"`
	PC      uint64 `json:"-"`
	Entry   uint64 `json:"-"` // of the function with code that holds PC
	bias    uint64
}

// A Recovery says who ended a panic, or tried to.
type Recovery struct {
	By     *Place        `json:"by"`                 // who called recover; nil when it is not known
	Resume *Place        `json:"resumes,omitempty"`  // the function that returned to its caller after it
	After  time.Duration `json:"after_ns,omitempty"` // since the panic
	Panics int           `json:"panics,omitempty"`   // how many of the goroutine it ended; 1 where it is 0
}

// A Process is somebody on this host.
type Process struct {
	PID  uint32 `json:"pid"`
	Comm string `json:"comm,omitempty"`
	Exe  string `json:"exe,omitempty"`
	UID  *int   `json:"uid,omitempty"`
}

// A Sent is a signal and its sender.
type Sent struct {
	Signal string   `json:"signal"`           // "SIGKILL"
	By     *Process `json:"by,omitempty"`     // nil when it is not known
	Kernel bool     `json:"kernel,omitempty"` // the kernel sent it by itself
}

// An End is how a process ended.
type End struct {
	Status int      `json:"status"`           // -1 when a signal ended it
	Signal string   `json:"signal,omitempty"` // that ended it
	OOM    bool     `json:"oom,omitempty"`    // the kernel's OOM killer chose it
	By     *Process `json:"by,omitempty"`     // who sent the signal, that of a [Signal] too; for the OOM killer, who asked for memory
	Kernel bool     `json:"kernel,omitempty"` // the kernel sent the signal by itself
	Core   bool     `json:"core,omitempty"`   // a core file was written
	Asked  *Sent    `json:"asked,omitempty"`  // a signal shortly before an end of its own accord
}

// An Event is one thing that happened, with all that belongs to it. Its text
// has passed the mask of the [Engine].
type Event struct {
	Kind Kind `json:"kind"`
	// Via says how it was seen, where that was not by probes: "ptrace".
	Via       Way       `json:"via,omitempty"`
	At        time.Time `json:"at"`
	PID       uint32    `json:"pid"`
	TID       uint32    `json:"tid,omitempty"`
	Comm      string    `json:"comm,omitempty"`
	Exe       string    `json:"exe,omitempty"`
	GoVersion string    `json:"go_version,omitempty"`
	Container string    `json:"container,omitempty"` // id
	Pod       string    `json:"pod,omitempty"`       // uid
	Unit      string    `json:"unit,omitempty"`      // service of systemd

	Goroutine uint64            `json:"goroutine,omitempty"`
	CreatedBy *Place            `json:"created_by,omitempty"` // the go statement; nil for the main goroutine
	Parent    uint64            `json:"parent_goroutine,omitempty"`
	Entry     *Place            `json:"entry,omitempty"` // the function that the goroutine began with
	Labels    map[string]string `json:"labels,omitempty"`
	TraceID   string            `json:"trace_id,omitempty"`

	Class   crash.Class   `json:"class,omitempty"`
	Message *string       `json:"message,omitempty"` // as the runtime prints it, or would
	Value   *goproc.Value `json:"value,omitempty"`   // of a panic
	// Exact says that Message is what was printed. What the methods of a value
	// that was recovered would have said is not known without calling them.
	Exact bool `json:"exact,omitempty"`

	Frames     []Frame  `json:"frames,omitempty"` // innermost call first
	Incomplete string   `json:"incomplete,omitempty"`
	App        *Place   `json:"first_app_frame,omitempty"`
	Before     []string `json:"before,omitempty"` // panics of the goroutine that this one stands for, oldest first

	Signal   string        `json:"signal,omitempty"` // that the runtime dies of
	Outcome  Outcome       `json:"outcome,omitempty"`
	Recovery *Recovery     `json:"recovery,omitempty"`
	Late     bool          `json:"late,omitempty"` // was told with outcome open before
	End      *End          `json:"end,omitempty"`
	Lived    time.Duration `json:"lived_ns,omitempty"` // from the start of the process to the event

	Snapshot    string `json:"snapshot,omitempty"`       // what holds the state it died in
	SnapshotErr string `json:"snapshot_error,omitempty"` // why there is none

	Fingerprints *crash.Fingerprints `json:"fingerprints,omitempty"`
	Site         string              `json:"site"` // equal for what happened at the same place in the same way
	Seen         uint64              `json:"seen"` // how many there were, this one included

	system []Frame // the stack of the runtime
	who    *process
	report *crash.Report
	count  Count         // the newest of the kernel's
	deadly int           // the number of Signal
	boot   time.Duration // when the runtime took that signal, since boot
}
