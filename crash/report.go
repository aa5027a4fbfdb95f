package crash

// Kind is the coarsest answer to "how did it die?".
type Kind string

// The kinds of a crash. They are part of the JSON contract and never change.
const (
	KindPanic    Kind = "panic"    // a Go panic; recover could have stopped it
	KindFatal    Kind = "fatal"    // a runtime throw or fatal error; recover cannot stop it
	KindSignal   Kind = "signal"   // the runtime printed a traceback for a signal
	KindKill     Kind = "kill"     // died of a signal without any text
	KindExit     Kind = "exit"     // ended by itself with a status other than 0
	KindRace     Kind = "race"     // a data race report; the process goes on
	KindHang     Kind = "hang"     // made no progress until somebody ended it
	KindFragment Kind = "fragment" // frames without a line that says why
)

// Kinds lists every kind, in the order people should see them.
func Kinds() []Kind {
	return []Kind{KindPanic, KindFatal, KindSignal, KindKill, KindExit, KindRace, KindHang, KindFragment}
}

// A Report is one crash: what the runtime printed, taken apart.
//
// The zero value of a field means that the text did not say. Reports made from
// a recovered value, and not from text, fill the same fields.
type Report struct {
	Kind  Kind
	Class Class

	// Message is the text after "panic: " or "fatal error: " without markers
	// such as "[recovered]". HasMessage tells an empty message from none.
	Message    string
	HasMessage bool

	// Panics is the chain of panics in printed order, the first one first. It
	// is empty for crashes of other kinds.
	Panics []Panic

	Signal    Signal
	GoVersion string // as in runtime.Version, when the text gives it away; else empty

	// Goroutines are in printed order. Crash is the index of the one that
	// crashed, -1 when the text has no header for it.
	Goroutines []Goroutine
	Crash      int

	// GoroutineCount is the number of goroutine headers in the text; for a
	// race, the number of accessors. It exceeds len(Goroutines) when Reader.Next
	// did not keep all, and when a report was shortened on its way.
	GoroutineCount int
	folded         []Bucket // those that Reader.Next did not keep
	awake          bool     // one of those that were not kept waits for no goroutine

	// RuntimeStack is the g0 stack printed under "runtime stack:".
	RuntimeStack []Frame
	// Loose are frames that stand under no header at all.
	Loose []Frame

	Recovered bool // the process survived this crash
	Truncated bool // the text was cut at either end

	// Start and End are the offsets in the stream, in bytes, between which the
	// lines of the crash stand, End behind the last line end. Other lines may
	// stand between them. They are of a Reader, and no part of the JSON.
	Start, End int64

	// Fingerprints are filled by Parse and by Fingerprint's callers, so that
	// a report read back from JSON shows what its writer computed.
	Fingerprints Fingerprints

	Problems []Problem
}

// A Panic is one link of a chain of panics.
type Panic struct {
	Message    string
	Recovered  bool // "[recovered]": a deferred call had recovered it
	Repanicked bool // the same value was raised again ("[recovered, repanicked]" from Go 1.25)
	Goexit     bool // ended by runtime.Goexit
}

// A Signal is what the runtime printed about the signal that killed or
// panicked the process. Numbers stay text, as printed: they are evidence.
type Signal struct {
	Name string // "SIGSEGV"; empty when no signal was involved
	Code string
	Addr string
	PC   string

	InCgo bool // "signal arrived during cgo execution"
}

// A Goroutine is one stack with its header.
type Goroutine struct {
	ID     int64
	State  string // wait reason: "running", "chan receive", "select (no cases)"
	Labels map[string]string

	WaitMinutes    int
	LockedToThread bool
	Scan           bool   // "(scan)"
	Leaked         bool   // "(leaked)", Go 1.26
	Durable        bool   // "(durable)", Go 1.25
	Bubble         int64  // synctest group or bubble; 0 is none
	Thread         string // "gp=0xc000002380 m=3 mp=0xc000080008", as printed

	Frames    []Frame
	CreatedBy *CreatedBy // goroutines that one statement started may share it

	// Elided is the number of frames the runtime left out, -1 when it did not
	// say how many; ElidedAt is the index in Frames before which they belong.
	Elided   int
	ElidedAt int

	// Ancestors are the stacks of the go statements that led here, printed
	// with GODEBUG=tracebackancestors; the creator first.
	Ancestors []Ancestor
}

// An Ancestor is the stack a goroutine's creator had when it started it.
type Ancestor struct {
	ID        int64
	Frames    []Frame
	CreatedBy *CreatedBy
}

// CreatedBy says which go statement started a goroutine.
type CreatedBy struct {
	Func      string
	File      string
	Line      int
	Goroutine int64 // 0 before Go 1.21
}

// A Frame is one call. Func is the full name as printed, import path and
// receiver included, arguments left out.
type Frame struct {
	Func string
	File string
	Line int

	Args    string // as printed between the parentheses; "..." for an inlined call
	Offset  uint32 // distance of the pc from the function's entry, in bytes; 0 when not printed
	Inlined bool
}

// A Problem is something in the text that was not understood. Nothing is lost
// silently: each problem counts the lines it stands for.
type Problem struct {
	Code  string `json:"code"`           // stable word, such as "unparsed_line"
	Line  int    `json:"line,omitempty"` // first line it was met on, counted from 1
	Count int    `json:"count"`          // how many lines it stands for
	Text  string `json:"text,omitempty"` // the first such line, at most 200 bytes
}

// CrashGoroutine returns the goroutine that crashed, nil when the text has no
// header for it.
func (r *Report) CrashGoroutine() *Goroutine {
	if r.Crash < 0 || r.Crash >= len(r.Goroutines) {
		return nil
	}
	return &r.Goroutines[r.Crash]
}

// CrashStack returns the frames of the crashing stack: those of the crash
// goroutine, else the runtime's own stack, else frames without a header.
func (r *Report) CrashStack() []Frame {
	if g := r.CrashGoroutine(); g != nil {
		return g.Frames
	}
	if len(r.RuntimeStack) > 0 {
		return r.RuntimeStack
	}
	return r.Loose
}

// TopFrames returns the first five function names of the crashing stack.
func (r *Report) TopFrames() []string {
	stack := r.CrashStack()
	top := make([]string, 0, 5)
	for i := 0; i < len(stack) && i < 5; i++ {
		top = append(top, stack[i].Func)
	}
	return top
}

// FirstAppFrame returns the first frame of the crashing stack outside the
// runtime and the standard library, nil when there is none. Dependencies count
// as application; Backstop's own guards do not.
func (r *Report) FirstAppFrame() *Frame {
	stack := r.CrashStack()
	for i := range stack {
		if IsApp(stack[i].Func) {
			return &stack[i]
		}
	}
	return nil
}

// Origin returns the application frame where it began: the first one below the
// oldest panic of the crashing stack. Unlike [Report.FirstAppFrame] it passes
// over deferred functions that ran, or recovered, because of that panic.
func (r *Report) Origin() *Frame {
	stack := r.CrashStack()
	if r.Kind == KindPanic {
		stack = stack[panicAt(stack)+1:]
	}
	for i := range stack {
		if IsApp(stack[i].Func) {
			return &stack[i]
		}
	}
	return r.FirstAppFrame()
}
