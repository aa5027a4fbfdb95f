package claim

// Chapters 3 and 4 of article A1: HTTP, channels, faults, tools.

const (
	recoverAsValue = `package main

func main() {
	old := recover
	_ = old
}
`
	usesRuntimeSetTraceback = `package main

import (
	"runtime"
	"runtime/debug"
)

func main() {
	debug.SetTraceback("all")
	runtime.SetTraceback("all")
}
`
	logsTwoFields = `package main

import (
	"context"
	"runtime/trace"
)

func main() {
	trace.Log(context.Background(), "panic", "value=boom")
	trace.Log(context.Background(), "panic", "value", "boom", "user", "u-17")
}
`
	nothing = "package main\n\nfunc main() {}\n"
)

var a1Faults = []Claim{
	{
		ID: "A1-3.1-a", Where: "A1 3.1",
		Says: "A goroutine started by a handler outlives the request and its recover lacks request context.",
		Literal: []Check{
			{Shows: "it runs on, and panics, after the client has its answer", Measure: Probed("handler-goroutine", "panics_after_the_response"), Op: Is, Want: "true"},
			{Shows: "the client was told that all is well", Measure: Probed("handler-goroutine", "response"), Op: Is, Want: "200"},
			{Shows: "the stack at its recover has nothing of the handler", Measure: Probed("handler-goroutine", "stack_has_the_handler"), Op: Is, Want: "false"},
			{Shows: "the request's context is over by then", Measure: Probed("handler-goroutine", "context_after_the_request"), Op: Is, Want: "context canceled"},
		},
		Instead:   "A context that is handed over is cancelled when the handler returns, but its values can still be read: a trace id gets as far as the recover if somebody passes it on (context.WithoutCancel keeps the rest alive).",
		Scenarios: []string{"http-handler-goroutine"},
	},
	{
		ID: "A1-3.1-b", Where: "A1 3.1",
		Says: "A panic recovered and logged in a child goroutine is swallowed silently.",
		Literal: []Check{
			{Shows: "the process goes on", Measure: Observed("panic-in-goroutine-own-recover", "exit"), Op: Is, Want: "0"},
			{Shows: "the runtime prints nothing", Measure: Observed("panic-in-goroutine-own-recover", "stderr_traceback"), Op: Is, Want: "false"},
			{Shows: "whoever asked is told that all is well", Measure: Probed("handler-goroutine", "response"), Op: Is, Want: "200"},
		},
		Implied: []Check{
			{Shows: "the log has nothing of it", Measure: Probed("handler-goroutine", "logged"), Op: Lacks, Want: "boom"},
		},
		Instead:   "Swallowed it is: the parent, the client and the exit status learn nothing. Silent it is not: what was logged is in the log, and what the recover leaves out (the stack, a counter, an alert) is lost.",
		Scenarios: []string{"panic-in-goroutine-own-recover"},
	},
	{
		ID: "A1-3.2-a", Where: "A1 3.2",
		Says: "Send on a closed channel inside select is an uncatchable throw.",
		Literal: []Check{
			{Shows: "a deferred recover does not stop it", Measure: Observed("select2-send-closed-chan", "recovered"), Op: Is, Want: "false"},
			{Shows: "it is printed as a fatal error", Measure: Observed("select2-send-closed-chan", "headline"), Op: Matches, Want: `^fatal error: `},
			{Shows: "nor does one stop it in a select with one case", Measure: Observed("select-send-closed-chan", "recovered"), Op: Is, Want: "false"},
			{Shows: "nor in one with a default", Measure: Observed("select-default-send-closed-chan", "recovered"), Op: Is, Want: "false"},
		},
		Instead:   "It is the same panic as outside of a select, \"send on closed channel\", and a deferred recover stops it: with one case, with two, with a default.",
		Scenarios: []string{"select-send-closed-chan", "select2-send-closed-chan", "select-default-send-closed-chan"},
	},
	{
		ID: "A1-3.2-b", Where: "A1 3.2",
		Says: "Repeated receive from a closed channel in select throws.",
		Literal: []Check{
			{Shows: "a thousand receives in a select end otherwise than with a thousand zero values", Measure: Probed("closed-channel", "receives_in_select"), Op: IsNot, Want: "1000 zero values, then <nil>"},
		},
		Instead: "Each receive gives the zero value and false, for ever. It throws nothing; what it does is to spin, when the loop does not look at that false.",
	},
	{
		ID: "A1-3.2-c", Where: "A1 3.2",
		Says: "Plain ch <- x on a closed channel is not recoverable (table).",
		Literal: []Check{
			{Shows: "a deferred recover does not stop it", Measure: Observed("send-closed-chan", "recovered"), Op: Is, Want: "false"},
		},
		Instead:   "It is an ordinary panic and a deferred recover stops it; so it does when the channel is closed while the send waits.",
		Scenarios: []string{"send-closed-chan", "blocked-send-then-close"},
	},
	{
		ID: "A1-3.2-d", Where: "A1 3.2",
		Says: "close(nil channel) is a standard, recoverable panic.",
		Literal: []Check{
			{Shows: "a deferred recover stops it", Measure: Observed("close-nil-chan", "recovered"), Op: Is, Want: "true"},
			{Shows: "unrecovered, it ends the process as a panic", Measure: Observed("close-nil-chan", "headline"), Op: Is, Want: "panic: close of nil channel"},
			{Shows: "with status 2", Measure: Observed("close-nil-chan", "exit"), Op: Is, Want: "2"},
		},
		Scenarios: []string{"close-nil-chan"},
	},
	{
		ID: "A1-3.3-a", Where: "A1 3.3",
		Says: "A deferred recover in Server.Serve's loop cannot catch handler panics.",
		Literal: []Check{
			{Shows: "one around Serve gets nothing of a handler's panic", Measure: Probed("http-recovery", "guard_around_serve"), Op: Is, Want: "<nil>"},
			{Shows: "Serve goes on with the next request", Measure: Probed("http-recovery", "next_request"), Op: Is, Want: "200"},
			{Shows: "each connection is served by a goroutine of its own", Measure: Source("net/http/server.go", "Server.Serve", `go c\.serve\(`), Op: Is, Want: "true"},
		},
		Scenarios: []string{"http-handler"},
	},
	{
		ID: "A1-3.3-b", Where: "A1 3.3",
		Says: "So an unguarded handler panic escapes to the process.",
		Literal: []Check{
			{Shows: "a panic in a handler ends the process", Measure: Observed("http-handler", "exit"), Op: Is, Want: "2"},
			{Shows: "the server does not answer the next request", Measure: Probed("http-recovery", "next_request"), Op: IsNot, Want: "200"},
		},
		Instead:   "net/http recovers it for each connection and logs \"http: panic serving\" with a stack: the process lives, this client gets no answer, the next one does. What escapes is the panic of a goroutine that a handler started.",
		Scenarios: []string{"http-handler", "http-handler-goroutine"},
	},
	{
		ID: "A1-3.3-c", Where: "A1 3.3",
		Says: "A wrapper handler with recover is the right fix.",
		Literal: []Check{
			{Shows: "it gets the panic of the handler", Measure: Probed("http-recovery", "wrapper_caught"), Op: Is, Want: "boom"},
			{Shows: "and the client gets a 500", Measure: Probed("http-recovery", "wrapped_handler"), Op: Is, Want: "500"},
			{Shows: "where it gets no answer without the wrapper", Measure: Probed("http-recovery", "unguarded_handler"), Op: Is, Want: "no answer"},
		},
		Instead:   "What it gives is an answer and a place to report from; the process is not in danger without it. It has to raise http.ErrAbortHandler again, and does not reach goroutines that the handler starts.",
		Scenarios: []string{"http-handler", "http-abort-handler", "http-handler-goroutine"},
	},
	{
		ID: "A1-4.1-a", Where: "A1 4.1",
		Says: "semaphore.Acquire(ctx) returns an error when the context ends.",
		Literal: []Check{
			{Shows: "the copy of golang.org/x/sync/semaphore in the toolchain waits for the end of the context", Measure: Source(semaphore, "Weighted.Acquire", `(?s)done := ctx\.Done\(\).*case <-done:|case <-ctx\.Done\(\):`), Op: Is, Want: "true"},
			{Shows: "and returns its error then", Measure: Source(semaphore, "Weighted.Acquire", `return ctx\.Err\(\)|err = ctx\.Err\(\)`), Op: Is, Want: "true"},
			{Shows: "as an error", Measure: Source(semaphore, "Weighted.Acquire", `^func \(s \*Weighted\) Acquire\(ctx context\.Context, n int64\) error`), Op: Is, Want: "true"},
		},
		Instead: "Its second argument is a weight: Acquire(ctx, 1).",
	},
	{
		ID: "A1-4.2-a", Where: "A1 4.2",
		Says: "By default Go turns illegal memory access into SIGABRT and no defer/recover runs.",
		Literal: []Check{
			{Shows: "a fault at an address that is not nil ends the process by SIGABRT", Measure: Observed("unmapped-address", "signal"), Op: Is, Want: "SIGABRT"},
			{Shows: "no deferred call runs then", Measure: Observed("unmapped-address", "deferred"), Op: Is, Want: "false"},
			{Shows: "a nil dereference is not recovered either", Measure: Observed("nil-deref", "recovered"), Op: Is, Want: "false"},
		},
		Instead:   "A nil dereference is an ordinary panic, and recover stops it. A fault at another address is a fatal error: no deferred call runs, and the process exits with status 2. SIGABRT comes with GOTRACEBACK=crash only.",
		Scenarios: []string{"nil-deref", "unmapped-address", "gotraceback-crash"},
	},
	{
		ID: "A1-4.2-b", Where: "A1 4.2",
		Says: "SetPanicOnFault(true) turns SIGSEGV/SIGBUS into a recoverable panic.",
		Literal: []Check{
			{Shows: "without it a fault at an unmapped address is not recovered", Measure: Observed("unmapped-address", "recovered"), Op: Is, Want: "false"},
			{Shows: "with it, it is (SIGSEGV)", Measure: Observed("unmapped-address-panicfault", "recovered"), Op: Is, Want: "true"},
			{Shows: "without it a mapped file that was truncated is not (SIGBUS)", Measure: Observed("sigbus-mmap-truncated", "recovered"), Op: Is, Want: "false"},
			{Shows: "with it, it is", Measure: Observed("sigbus-mmap-panicfault", "recovered"), Op: Is, Want: "true"},
		},
		Instead:   "It does for faults of Go code in the goroutine that called it. A fault in C code, or a SIGSEGV that another process sends, stays fatal.",
		Scenarios: []string{"unmapped-address-panicfault", "sigbus-mmap-panicfault", "c-segv-panicfault"},
	},
	{
		ID: "A1-4.2-c", Where: "A1 4.2",
		Says: "Calling it once in init() protects the program.",
		Literal: []Check{
			{Shows: "after a call in init, a fault in the main goroutine is recovered", Measure: Probed("panic-on-fault", "main_goroutine"), Op: Is, Want: "survives"},
			{Shows: "and one in another goroutine too", Measure: Probed("panic-on-fault", "other_goroutine"), Op: Is, Want: "survives"},
		},
		Instead: "The setting belongs to a goroutine. init runs in the main goroutine, so that one is protected; every other one dies as before, of \"fatal error: fault\", and has to call it itself.",
	},
	{
		ID: "A1-4.2-d", Where: "A1 4.2",
		Says: "The panic value is the string \"fault\".",
		Literal: []Check{
			{Shows: "the recovered value is a string", Measure: Probed("panic-on-fault", "value_is_string"), Op: Is, Want: "true"},
			{Shows: "it reads \"fault\"", Measure: Probed("panic-on-fault", "value"), Op: Is, Want: "fault"},
		},
		Instead:   "It is a runtime.Error with a method Addr() uintptr, the faulting address, and reads \"runtime error: invalid memory address or nil pointer dereference\". \"fault\" is what the fatal error says without the setting.",
		Scenarios: []string{"unmapped-address-panicfault", "unmapped-address"},
	},
	{
		ID: "A1-4.2-e", Where: "A1 4.2",
		Says: "It is not supported on Windows.",
		Literal: []Check{
			{Shows: "the runtime's handler for Windows does not look at the setting", Measure: Source("runtime/signal_windows.go", "sigpanic", `if gp\.paniconfault`), Op: Is, Want: "false"},
			{Shows: "the documentation of the function", Measure: Tool("doc runtime/debug.SetPanicOnFault", "output", nothing), Op: Matches, Want: `func SetPanicOnFault`},
			{Shows: "says so", Measure: Tool("doc runtime/debug.SetPanicOnFault", "output", nothing), Op: Matches, Want: `(?i)windows`},
		},
		Instead: "sigpanic in signal_windows.go looks at it for access violations and in-page errors, just as the Unix one does for SIGSEGV and SIGBUS, and the documentation names no exception.",
	},
	{
		ID: "A1-4.2-f", Where: "A1 4.2",
		Says: "old := recover stores the builtin.",
		Literal: []Check{
			{Shows: "such a program compiles", Measure: Compiled(recoverAsValue), Op: Is, Want: "ok"},
		},
		Instead: "The compiler refuses: a builtin can be called and nothing else (\"recover (built-in) must be called\").",
	},
	{
		ID: "A1-4.3-a", Where: "A1 4.3",
		Says: "runtime.SetTraceback(\"all\") exists.",
		Literal: []Check{
			{Shows: "package runtime declares it", Measure: Declared("runtime", "SetTraceback"), Op: Is, Want: "true"},
			{Shows: "a program that calls it compiles", Measure: Compiled(usesRuntimeSetTraceback), Op: Is, Want: "ok"},
		},
		Instead: "The function is debug.SetTraceback, of runtime/debug.",
	},
	{
		ID: "A1-4.3-b", Where: "A1 4.3",
		Says: "trace.Log(ctx, \"panic\", k1, v1, k2, v2 ...) attaches several fields.",
		Literal: []Check{
			{Shows: "a call with several fields compiles", Measure: Compiled(logsTwoFields), Op: Is, Want: "ok"},
		},
		Instead: "trace.Log takes a category and one message. Several fields are several calls, or trace.Logf.",
	},
	{
		ID: "A1-4.3-c", Where: "A1 4.3",
		Says: "pprof.Lookup(\"goroutine\").WriteTo captures goroutine state.",
		Literal: []Check{
			{Shows: "with debug=2 it writes the frames of a waiting goroutine", Measure: Probed("waiting-in-profile", "tracebacks_have_its_frame"), Op: Is, Want: "true"},
			{Shows: "and what it waits for", Measure: Probed("waiting-in-profile", "tracebacks_have_its_state"), Op: Is, Want: "true"},
			{Shows: "with debug=1 it writes the frames", Measure: Probed("waiting-in-profile", "counts_have_its_frame"), Op: Is, Want: "true"},
		},
	},
	{
		ID: "A1-4.4-a", Where: "A1 4.4",
		Says: "A tool godebug run --go-version isolates Go versions from each other.",
		Literal: []Check{
			{Shows: "the toolchain has a tool godebug", Measure: Tool("tool -n godebug", "status", nothing), Op: Is, Want: "0"},
			{Shows: "or its source", Measure: Tool("list cmd/godebug", "status", nothing), Op: Is, Want: "0"},
		},
		Instead: "No toolchain has such a tool (\"no such tool \\\"godebug\\\"\"). GODEBUG is a variable that turns single behaviours back; whole releases are chosen by GOTOOLCHAIN=go1.22.12 or by the toolchain line of go.mod.",
	},
	{
		ID: "A1-4.4-b", Where: "A1 4.4",
		Says: "1.20+ and 1.22+ differ in panic handling API.",
		Literal: []Check{
			{Shows: "with a go line of 1.20 recover returns nil for panic(nil)", Measure: Observed("panic-nil", "recovered_value"), Op: Is, Want: "<nil>", Under: Variant{GoLine: "1.20"}},
			{Shows: "later it returns a value of a type that 1.20 did not have", Measure: Observed("panic-nil", "recovered_value"), Op: Matches, Want: "PanicNilError"},
		},
		Implied: []Check{
			{Shows: "the newer releases have a handler for panics", Measure: Source("runtime", "", hookNames), Op: Is, Want: "true"},
		},
		Instead:   "What differs is panic(nil), and that came with Go 1.21: it raises a *runtime.PanicNilError unless the go line is older. Go 1.22 added nothing for panics, and a handler exists in no release.",
		Scenarios: []string{"panic-nil", "panic-nil-panicnil1"},
	},
}

const semaphore = "cmd/vendor/golang.org/x/sync/semaphore"
