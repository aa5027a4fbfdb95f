package crash

// libraryClasses are panics raised by the standard library.
var libraryClasses = map[Class]Info{
	"panic.test_timeout": {
		Title:       "test timed out",
		Explanation: "go test ended the test binary because it ran longer than -timeout.",
		Recoverable: RecoverNo, // it happens in a goroutine of package testing
		Causes:      []string{"a deadlock or endless wait in a test", "a slow machine and a short -timeout"},
		FirstCheck:  "The message lists the running tests; look for their goroutines and what they wait for.",
		Scenarios:   []string{"gotest-timeout"},
	},
	"panic.waitgroup": {
		Title:       "misuse of sync.WaitGroup",
		Explanation: "The counter went below zero, or Add was called concurrently with Wait.",
		Causes:      []string{"Done is called twice on one path", "Add is called inside the goroutine it counts", "the WaitGroup was copied"},
		FirstCheck:  "Call Add before the go statement and defer Done as the goroutine's first statement.",
		Scenarios:   []string{"waitgroup-negative", "waitgroup-reuse"},
	},
	"panic.sync_copied": {
		Title:       "copied sync.Cond",
		Explanation: "A sync.Cond was copied after its first use.",
		Causes:      []string{"a struct holding it was passed by value"},
		FirstCheck:  "Run go vet: its copylocks check finds the copy.",
		Scenarios:   []string{"cond-copied"},
	},
	"panic.atomic": {
		Title:       "misuse of sync/atomic",
		Explanation: "An atomic.Value was given nil or values of different types, or a 64-bit atomic was not aligned.",
		Causes:      []string{"different concrete error types stored in one atomic.Value", "a 64-bit counter in the middle of a struct on a 32-bit platform"},
		FirstCheck:  "Use atomic.Pointer, or atomic.Int64, which are typed and aligned.",
		Scenarios:   []string{"atomic-value-type", "unaligned-atomic-386"},
	},
	"panic.http_abort": {
		Title:       "handler aborted on purpose",
		Explanation: "A handler panicked with http.ErrAbortHandler to cut the connection. It is no bug: net/http does not even log it.",
		Causes:      []string{"a reverse proxy whose backend died in the middle of a response"},
		FirstCheck:  "Nothing, unless a middleware reports or swallows it.",
		// No scenario: net/http neither logs it nor dies of it (http-abort-handler).

	},
	"panic.http_route": {
		Title:       "bad or conflicting HTTP route",
		Explanation: "A pattern was registered twice, conflicts with another one, or has no handler.",
		Causes:      []string{"two packages register on http.DefaultServeMux", "a registration runs twice"},
		FirstCheck:  "The message names the pattern and where it was registered first.",
		Scenarios:   []string{"http-mux-duplicate"},
	},
	"panic.registered_twice": {
		Title:       "registered twice",
		Explanation: "A driver, flag, variable or type was registered under a name that is taken.",
		Causes:      []string{"two versions of one package are linked in", "a registration runs twice"},
		FirstCheck:  "go mod graph: is the package there twice?",
		Scenarios:   []string{"sql-register-twice"},
	},
	"panic.must": {
		Title:       "Must function given something bad",
		Explanation: "A pattern or template that is compiled by a Must function is malformed.",
		Causes:      []string{"a pattern from configuration or input", "a typing error no test reached"},
		FirstCheck:  "Use Compile or Parse and handle the error when the text is no constant.",
		Scenarios:   []string{"regexp-mustcompile"},
	},
	"panic.reflect": {
		Title:       "misuse of reflect",
		Explanation: "A reflect.Value was used in a way its kind or origin does not allow.",
		Causes:      []string{"a nil pointer or interface was inspected", "an unexported field was set"},
		FirstCheck:  "Check IsValid, CanSet and Kind before the call named in the message.",
		Scenarios:   []string{"reflect-zero-value", "reflect-unexported-set"},
	},
	"panic.timer": {
		Title:       "misuse of a timer or ticker",
		Explanation: "A ticker was given an interval of zero or less, or a timer was used without being made.",
		Causes:      []string{"an interval from configuration that defaults to 0", "integer division of a duration"},
		FirstCheck:  "Where does the interval come from?",
		Scenarios:   []string{"newticker-zero", "timer-uninit-reset"},
	},
	"panic.buffer_size": {
		Title:       "impossible size given to bytes or strings",
		Explanation: "A buffer was to grow too large, or a repeat count was negative.",
		Causes:      []string{"an unchecked length or width"},
		FirstCheck:  "Bound the size before the call.",
		Scenarios:   []string{"bytes-buffer-too-large", "strings-repeat-neg"},
	},
	"panic.nil_context": {
		Title:       "nil context",
		Explanation: "A context was derived from a nil parent.",
		Causes:      []string{"a nil passed for a context", "a struct field that was never set"},
		FirstCheck:  "Pass context.Background or context.TODO, never nil.",
	},
	"panic.synctest": {
		Title:       "testing/synctest bubble violated or deadlocked",
		Explanation: "All goroutines of a synctest bubble were blocked for ever, or something of a bubble was used from outside.",
		Causes:      []string{"a real deadlock that the test found", "a channel or timer made outside the bubble"},
		FirstCheck:  "Which goroutine of the bubble should have made progress?",
		Scenarios:   []string{"synctest-deadlock"},
	},
	"panic.log": {
		Title:       "log.Panic",
		Explanation: "The program called log.Panic, which logs and then panics with the text.",
		Causes:      []string{"an error the author could not go on from"},
		FirstCheck:  "Return the error instead, and let the caller decide.",
		Scenarios:   []string{"log-panic"},
	},
	"panic.sync_unlock": {
		Title:       "unlock of an unlocked mutex (Go 1.7 and older)",
		Explanation: "A Mutex or RWMutex was unlocked that was not locked. From Go 1.8 that is a fatal error.",
		Causes:      []string{"Unlock on a path that did not lock", "a struct with a mutex was copied"},
		FirstCheck:  "Pair every Lock with defer Unlock; run go vet for copied locks.",
	},
	"panic.arena": {
		Title:       "misuse of an arena",
		Explanation: "A function of package arena was given something it does not take, or an arena was freed twice.",
		Causes:      []string{"arena.Free on two paths", "arena.Clone of a value that is no pointer, slice or string"},
		FirstCheck:  "The message says which rule was broken.",
	},
	"panic.cleanup": {
		Title:       "misuse of runtime.AddCleanup",
		Explanation: "A cleanup was added to a pointer that cannot have one, or that would keep its own object alive.",
		Causes:      []string{"a nil pointer", "the pointer itself, or a part of the object, given to the cleanup"},
		FirstCheck:  "The message says which rule was broken.",
	},
	"panic.map_corruption": {
		Title:       "inside of a map is corrupt",
		Explanation: "A map, a sync.Map or the table of package unique was in a state that must not occur.",
		Causes:      []string{"unsynchronised use of a map that was not noticed earlier", "a key that changed while it was in the map", "memory corruption by C or unsafe"},
		FirstCheck:  "Run the tests with -race; look at keys of pointer types and at unsafe.",
	},
	"panic.windows_callback": {
		Title:       "function unfit for a Windows callback",
		Explanation: "syscall.NewCallback was given a function whose arguments or result Windows cannot pass.",
		Causes:      []string{"a function without exactly one result of pointer size", "a floating point argument"},
		FirstCheck:  "The message says which argument; use uintptr.",
	},
	"panic.file_operations": {
		Title:       "too many operations on one file or socket",
		Explanation: "More than a million goroutines were reading, writing or closing one file or socket.", // internal/poll/fd_mutex.go
		Causes:      []string{"logging to a pipe or console that nobody reads", "one connection written to by a goroutine per message"},
		FirstCheck:  "Which file do most goroutines wait for? Its reader is stuck.",
	},
	"panic.cgo_annotation": {
		Title:       "callback from a nocallback C function",
		Explanation: "A C function that is declared with #cgo nocallback called back into Go.",
		Causes:      []string{"the annotation was added to a function that may call back"},
		FirstCheck:  "Remove #cgo nocallback from that function.",
	},
}
