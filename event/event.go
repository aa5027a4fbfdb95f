// Package event defines what travels: one occurrence of a crash, with
// everything that is known about the service, the release and the request it
// happened in.
//
// Start with [Event]. [New] makes one from a parsed or captured report, [Decode]
// reads and checks what came over the wire, and [Merge] joins two observations
// of the same occurrence. The package does no I/O.
package event

import (
	"time"

	"github.com/backstop-go/backstop/crash"
)

// An Observer is a part of Backstop that saw a crash.
type Observer string

// The observers, from the innermost to the outermost.
const (
	Guard      Observer = "guard"      // a deferred recover of the SDK, inside the process
	Monitor    Observer = "monitor"    // the child that reads debug.SetCrashOutput
	Supervisor Observer = "supervisor" // backstop run, the parent
	Log        Observer = "log"        // found in container logs
	Trace      Observer = "trace"      // backstop trace, in the kernel
	Core       Observer = "core"       // backstop core, afterwards
)

// An Event is one occurrence of a crash. It is also the JSON contract of
// POST /api/v1/events.
type Event struct {
	ID         string      `json:"event_id"` // 32 lower-case hexadecimal digits
	Class      crash.Class `json:"class"`
	Message    *string     `json:"message"`     // nil when the crash left none
	OccurredAt time.Time   `json:"occurred_at"` // by the clock of the host it happened on

	// ReportedAt is what that clock said, kept when it cannot be right (in the
	// future, or long past) and the collector set OccurredAt to the time it
	// received the event. Senders leave it nil.
	ReportedAt *time.Time `json:"reported_at,omitempty"`

	Service     string `json:"service"`
	Release     string `json:"release"`
	Environment string `json:"environment"`
	Instance    string `json:"instance"`

	Request *Request `json:"request"` // nil when no request is known
	Exit    *Exit    `json:"exit"`    // nil while the process lives, or when its end was not seen

	// InFlight are the requests that were being served when the process ended,
	// oldest first, at most MaxInFlight; InFlightCount is how many there were.
	InFlight      []InFlight `json:"in_flight,omitempty"`
	InFlightCount int        `json:"in_flight_count,omitempty"`

	Observers  []Observer `json:"observers"`
	StackHash  string     `json:"stack_hash"`            // crash.StackHash of the report
	PanicValue string     `json:"panic_value,omitempty"` // type and text of a recovered value

	Process     Process `json:"process"`
	GoroutineID int64   `json:"goroutine_id,omitempty"` // 0 when unknown

	Build  Build         `json:"build"`
	Report *crash.Report `json:"report"`

	// Text is the traceback as printed, cut in the middle to at most MaxText
	// bytes; the report's Truncated then says so.
	Text string `json:"text,omitempty"`

	// What programs send for the collector to make the report of: see
	// [Evidence] and [Interpret]. TextGzip is the whole traceback; TextCut
	// says that it has lost its end. Memory is what the executable's read-only
	// data holds where arguments in the text point to: the headline of a fatal
	// error may be there, for the crash output lacks it (golang/go#76859). No
	// event that was interpreted has them. TableGzip are the requests in flight
	// as the program kept them (internal/inflight), which become InFlight.
	Captured  *Captured `json:"captured,omitempty"`
	TextGzip  []byte    `json:"text_gzip,omitempty"`
	TextCut   bool      `json:"text_cut,omitempty"`
	Memory    []Memory  `json:"memory,omitempty"`
	TableGzip []byte    `json:"table_gzip,omitempty"`

	// Dropped is the number of events that this sender had to give up since
	// the last one it delivered.
	Dropped uint64 `json:"dropped,omitempty"`
}

// MaxText is the largest raw traceback an event carries, in bytes.
const MaxText = 256 << 10

// A Request is what is known of the request that was being served.
type Request struct {
	Method    string `json:"method"`
	URL       string `json:"url"`   // path only; the query stays in the process
	Route     string `json:"route"` // the pattern it matched, when known
	TraceID   string `json:"trace_id"`
	RequestID string `json:"request_id"`

	// Via says how the request was found when it was not by the goroutine that
	// serves it, or by its context or labels.
	Via Via `json:"via,omitempty"`
}

// Via is an indirect way to a request.
type Via string

// The indirect ways.
const (
	// ViaCreator: the goroutine that started the crashed one serves this request,
	// or served it last. It may have started it for another, or for all of them.
	ViaCreator Via = "creator"
	// ViaOnly: it was the only request in flight when the process ended.
	ViaOnly Via = "only_in_flight"
)

// An InFlight is a request that was being served when its process ended.
type InFlight struct {
	GoroutineID int64     `json:"goroutine_id"`
	StartedAt   time.Time `json:"started_at"`
	// Ended says that the request was served already. It helps to find out what
	// a goroutine worked for, and is in no event.
	Ended   bool    `json:"-"`
	Request Request `json:"request"`
}

// MaxInFlight is how many requests in flight an event lists.
const MaxInFlight = 64

// A Memory is a piece of an executable's read-only data.
type Memory struct {
	Addr  uint64 `json:"addr"` // as the crashed process had it
	Bytes []byte `json:"bytes"`
}

// An Exit is how a process ended.
type Exit struct {
	Status int    `json:"status"`           // -1 when a signal ended it
	Signal string `json:"signal,omitempty"` // "SIGKILL"
	OOM    bool   `json:"oom"`              // the kernel's OOM killer did it

	// By says who ended the process with a signal, where that is known.
	By Killer `json:"by,omitempty"`
}

// A Killer is who ended a process.
type Killer string

// The killers that can be known.
const (
	ByOOMKiller  Killer = "oom_killer" // the kernel, for want of memory
	ByLimit      Killer = "rlimit"     // the kernel, at a resource limit
	BySupervisor Killer = "supervisor" // backstop run, on a forwarded stop or after the grace
	BySelf       Killer = "self"       // the process itself
)

// A Process names one run of one program on one boot of one host, so that
// observers that never met can agree on it.
type Process struct {
	BootID string `json:"boot_id,omitempty"`
	PID    int    `json:"pid,omitempty"`
	Start  uint64 `json:"start,omitempty"` // clock ticks since boot, field 22 of /proc/PID/stat
	Host   string `json:"host,omitempty"`
}

// A Build says what was running.
type Build struct {
	GoVersion string `json:"go_version,omitempty"`
	OS        string `json:"os,omitempty"`
	Arch      string `json:"arch,omitempty"`
	Module    string `json:"module,omitempty"`
	Revision  string `json:"revision,omitempty"`
	Modified  bool   `json:"modified,omitempty"`
}

// A Hello announces an instance before anything happened to it, so that its
// counters exist at 0. It is the body of POST /api/v1/hello.
type Hello struct {
	Service     string `json:"service"`
	Release     string `json:"release"`
	Environment string `json:"environment"`
	Instance    string `json:"instance"`
	Build       Build  `json:"build"`
}
