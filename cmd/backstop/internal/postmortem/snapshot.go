package postmortem

import (
	"time"

	"github.com/backstop-go/backstop/event"
)

// Version is the version of the JSON of a [Snapshot]. Fields may be added within
// one; none is renamed or removed.
const Version = 1

// A Snapshot is the state of a Go program at one moment. Its JSON is documented
// in docs/reference/json.md.
type Snapshot struct {
	Version int       `json:"version"`
	TakenAt time.Time `json:"taken_at"`

	Process    event.Process `json:"process"`
	Executable string        `json:"executable"` // path, as the process was started with it
	GoVersion  string        `json:"go_version"`
	Module     string        `json:"module,omitempty"`   // path of the main module
	Revision   string        `json:"revision,omitempty"` // of the version control system
	Stripped   bool          `json:"stripped"`           // the executable has no debug information

	// Stopped is how long the process was held, in nanoseconds. Frozen says that
	// it was stopped before, by a signal or by trace -freeze, and was left so.
	Stopped time.Duration `json:"stopped_ns"`
	Frozen  bool          `json:"frozen,omitempty"`
	// Dying is what it died of when trace -freeze froze it for this snapshot, such
	// as "SIGQUIT" or the text of a panic; "" otherwise.
	Dying string `json:"dying,omitempty"`
	// Raw says that texts of the program stand here as they are: nothing is
	// redacted.
	Raw bool `json:"raw,omitempty"`

	// Goroutines are those that are not dead, in the order of their making.
	Goroutines []Goroutine `json:"-"`
	// Requests are in flight, the oldest first. RequestsMore counts those beyond
	// the limit.
	Requests     []Request `json:"requests"`
	RequestsMore int       `json:"requests_more,omitempty"`

	Scheduler *Scheduler `json:"scheduler,omitempty"`
	Memory    *Memory    `json:"memory,omitempty"`

	// Problems say what could not be read, each once.
	Problems []string `json:"problems"`
}

// A Goroutine is one goroutine. Stacks and creators are shared by those that
// have them in common; they must not be changed.
type Goroutine struct {
	ID int64
	// State is the wait reason, or what it does otherwise, in the runtime's words
	// (runtime/traceback.go, goroutineheader): "chan receive", "running".
	State string
	// Wait is how long it has been waiting, 0 when that is not known: the
	// collector sets the time the first time it comes by (runtime/mgcmark.go,
	// markroot), so a wait is at least that long.
	Wait   time.Duration
	Labels map[string]string

	LockedToThread bool
	Scan           bool // the collector is at its stack
	Leaked         bool // nothing can wake it any more (Go 1.26, GOEXPERIMENT=goroutineleakprofile)
	Durable        bool
	Bubble         bool // of testing/synctest
	System         bool // of the runtime's own

	Stack     *Stack
	CreatedBy *Creator
	Parent    int64 // that created it; 0 when not known

	StackSize uint64 // bytes of memory for its stack
	StackUsed uint64 // bytes of it in use; 0 when not known
	Thread    int    // number of the system's thread that runs it, 0 when none does

	// WaitsFor is the address of the channel or of the lock that it waits for, 0
	// when it waits for none, for several, or that is not known.
	WaitsFor uint64
	// Holds are the locks that it has locked and others wait for, by what those wait
	// for, as far as that is known (locks.go).
	Holds []uint64
	// Since is the runtime's mark of when it began to wait, 0 when it has none:
	// the same in two snapshots means the same wait.
	Since int64
	// G is the address of its structure in the runtime.
	G uint64
}

// A Stack is the calls of one or more goroutines, innermost first.
type Stack struct {
	Frames []Frame `json:"frames"`
	// Elided says that there are more calls than these, further out.
	Elided bool `json:"elided,omitempty"`
	// Why says why the stack ends early; "" for one that is complete.
	Why string `json:"why,omitempty"`
}

// A Frame is one call.
type Frame struct {
	Func    string `json:"func"`
	File    string `json:"file"`
	Line    int    `json:"line"`
	Inlined bool   `json:"inlined,omitempty"`
	// Hidden says that tracebacks leave it out: it is the runtime's own.
	Hidden bool `json:"hidden,omitempty"`
	// Offset is the distance of the program counter from the function's entry.
	Offset uint32 `json:"offset,omitempty"`
}

// A Creator is a go statement.
type Creator struct {
	Func string `json:"func"`
	File string `json:"file"`
	Line int    `json:"line"`
	// Offset is the distance of the return address from the function's entry.
	Offset uint32 `json:"offset,omitempty"`
}

// A Request is a request that the program was serving.
type Request struct {
	Goroutine int64  `json:"goroutine"` // that serves it
	Method    string `json:"method"`
	Host      string `json:"host,omitempty"`
	URL       string `json:"url"` // as in the request line; the path alone unless raw
	Route     string `json:"route,omitempty"`
	// Remote is the address of the client; left out unless raw.
	Remote    string `json:"remote,omitempty"`
	TraceID   string `json:"trace_id,omitempty"`
	RequestID string `json:"request_id,omitempty"`
	// StartedAt is zero when it is not known, and exact to a second where it is
	// net/http that tells.
	StartedAt time.Time `json:"started_at,omitzero"`
	// Via says who knew of it: "net/http" and "grpc", a server's own variables in
	// memory; "sdk", the table that the SDK keeps.
	Via string `json:"via"`
	// Protocol is "HTTP/1", "HTTP/2" or "gRPC"; "" when it is not known.
	Protocol string `json:"protocol,omitempty"`
	// Kind is what a call of gRPC is: "unary", "server stream", "client stream",
	// "bidirectional stream"; "" when it is not known.
	Kind string `json:"kind,omitempty"`
	// Deadline is when a call of gRPC is to be cancelled; zero for none.
	Deadline time.Time `json:"deadline,omitzero"`
	// Connection is the address of what stands for the connection, and Stream the
	// number of the stream on it, of HTTP/2 and gRPC.
	Connection string `json:"connection,omitempty"`
	Stream     uint32 `json:"stream,omitempty"`
	// StreamClosed says that nobody waits for the answer any more, although it is
	// still being worked on: the client has gone or cancelled, the time is over, or
	// all was sent before the handler returned.
	StreamClosed bool `json:"stream_closed,omitempty"`
	// Queued says that it waits for other requests of its connection to end, and
	// has no goroutine.
	Queued bool `json:"queued,omitempty"`
}

// Sources of requests.
const (
	ViaHTTP = "net/http"
	ViaGRPC = "grpc"
	ViaSDK  = "sdk"
)

// Protocols of requests.
const (
	HTTP1 = "HTTP/1"
	HTTP2 = "HTTP/2"
	GRPC  = "gRPC"
)

// Memory is how much memory the process has, as the kernel counts it.
type Memory struct {
	Resident uint64 `json:"resident_bytes"`
	Swapped  uint64 `json:"swapped_bytes,omitempty"`
	Limit    uint64 `json:"limit_bytes,omitempty"` // of its control group
	// Stacks is what the stacks of goroutines take.
	Stacks uint64 `json:"goroutine_stacks_bytes"`
	// Collecting says that the collector was at work.
	Collecting bool `json:"collecting"`
}

// A Scheduler is the state of the runtime's scheduler.
type Scheduler struct {
	Threads    []Thread    `json:"threads"`
	Processors []Processor `json:"processors"`
	// Runnable is how many goroutines wait in the queue that is shared.
	Runnable int `json:"runnable"`
	// StopTheWorld says that the world was stopped, or being stopped.
	StopTheWorld bool `json:"stop_the_world,omitempty"`

	// Locked says that somebody held the lock of the scheduler; Queue are the
	// first of the goroutines that wait in the queue that is shared. Both are of
	// cores only.
	Locked bool    `json:"locked,omitempty"`
	Queue  []int64 `json:"queue,omitempty"`
}

// A Thread is a runtime.m.
type Thread struct {
	ID        int64 `json:"id"`  // the runtime's number
	TID       int   `json:"tid"` // the system's number
	Goroutine int64 `json:"goroutine,omitempty"`
	Processor *int  `json:"processor,omitempty"`
	LockedTo  int64 `json:"locked_to,omitempty"` // goroutine
	Spinning  bool  `json:"spinning,omitempty"`
	Blocked   bool  `json:"blocked,omitempty"` // asleep until it is needed
	InC       bool  `json:"in_c,omitempty"`
	Locks     int   `json:"locks,omitempty"` // of the runtime that it holds

	// The rest is of cores only. Throwing is "user" or "runtime" while it ends the
	// process with a fatal error, by whose fault; PreemptOff is why it must not be
	// interrupted.
	Throwing   string `json:"throwing,omitempty"`
	Dying      bool   `json:"dying,omitempty"`
	Allocating bool   `json:"allocating,omitempty"`
	PreemptOff string `json:"preempt_off,omitempty"`
}

// A Processor is a runtime.p, the right to run Go code.
type Processor struct {
	ID       int    `json:"id"`
	Status   string `json:"status"`
	Thread   *int64 `json:"thread,omitempty"`
	Runnable int    `json:"runnable"` // goroutines in its own queue
	Tick     uint32 `json:"tick"`     // grows with each goroutine that it runs

	Queue []int64 `json:"queue,omitempty"` // the goroutines, in their order; of cores only
}
