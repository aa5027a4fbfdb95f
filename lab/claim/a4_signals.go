package claim

const callsAbort = `package main

import "runtime"

func main() { runtime.Abort() }
`

const callsSigNotify = `package main

import "runtime"

func main() { runtime.SigNotify() }
`

var a4Signals = []Claim{
	{
		ID: "A4-3.1-a", Where: "A4 3.1",
		Says: "SIGQUIT and SIGABRT end the process without running defers.",
		Literal: []Check{
			{Shows: "SIGQUIT ends it", Measure: Observed("sig-quit", "returned"), Op: Is, Want: "false"},
			{Shows: "no deferred call runs", Measure: Observed("sig-quit", "deferred"), Op: Is, Want: "false"},
			{Shows: "SIGABRT ends it", Measure: Observed("sig-abrt", "returned"), Op: Is, Want: "false"},
			{Shows: "no deferred call runs", Measure: Observed("sig-abrt", "deferred"), Op: Is, Want: "false"},
		},
		Scenarios: []string{"sig-quit", "sig-abrt", "notify-quit", "notify-abrt"},
	},
	{
		ID: "A4-3.1-b", Where: "A4 3.1",
		Says: "The path is panicwrap, sigfwd, runtime.abort.",
		Literal: []Check{
			{Shows: "the signal handler calls panicwrap", Measure: Source("runtime/signal_unix.go", "sighandler", `\bpanicwrap\(`), Op: Is, Want: "true"},
			{Shows: "it forwards the signal to another handler", Measure: Source("runtime/signal_unix.go", "sighandler", `\bsigfwd\(`), Op: Is, Want: "true"},
			{Shows: "it ends in abort instead of exit", Measure: Source("runtime/signal_unix.go", "sighandler", `\bexit\(2\)`), Op: Is, Want: "false"},
		},
		Instead:   "sigtrampgo calls sighandler, which prints the signal, the tracebacks and the registers, and ends in exit(2). The three names exist for something else: panicwrap reports a nil receiver in a wrapper method, sigfwd calls a handler that C had installed, abort is for code that must not be reached.",
		Scenarios: []string{"sig-abrt", "sig-quit"},
	},
	{
		ID: "A4-3.1-c", Where: "A4 3.1",
		Says: "runtime.Abort() raises SIGABRT.",
		Literal: []Check{
			{Shows: "package runtime has a function Abort", Measure: Declared("runtime", "Abort"), Op: Is, Want: "true"},
			{Shows: "a program that calls it compiles", Measure: Compiled(callsAbort), Op: Is, Want: "ok"},
		},
		Instead: "There is no runtime.Abort. The runtime's own abort runs a breakpoint or a bad instruction, which is SIGTRAP or SIGSEGV. To raise SIGABRT, a program sends it to itself with syscall.Kill.",
	},
	{
		ID: "A4-3.1-d", Where: "A4 3.1",
		Says: "The final step is exit(2).",
		Literal: []Check{
			{Shows: "SIGABRT ends in status 2", Measure: Observed("sig-abrt", "exit"), Op: Is, Want: "2"},
			{Shows: "SIGQUIT ends in status 2", Measure: Observed("sig-quit", "exit"), Op: Is, Want: "2"},
			{Shows: "the signal handler ends in exit(2)", Measure: Source("runtime/signal_unix.go", "sighandler", `\bexit\(2\)\s*\}\s*$`), Op: Is, Want: "true"},
		},
		Scenarios: []string{"sig-abrt", "sig-quit"},
	},
	{
		ID: "A4-3.2-a", Where: "A4 3.2",
		Says: "runtime.SigNotify exists.",
		Literal: []Check{
			{Shows: "package runtime declares it", Measure: Declared("runtime", "SigNotify"), Op: Is, Want: "true"},
			{Shows: "a program that calls it compiles", Measure: Compiled(callsSigNotify), Op: Is, Want: "ok"},
		},
		Instead: "Programs ask for signals with signal.Notify of package os/signal. The runtime has a flag _SigNotify in its table of signals, which is something else, and no function of the name.",
	},
	{
		ID: "A4-3.2-b", Where: "A4 3.2",
		Says: "signal.Notify(SIGSEGV) breaks nil-dereference handling: crash without a trace.",
		Literal: []Check{
			{Shows: "after Notify, a nil dereference can no longer be recovered", Measure: Observed("notify-segv-nil-deref", "recovered"), Op: Is, Want: "false"},
			{Shows: "there is no traceback", Measure: Observed("notify-segv-nil-deref", "stderr_traceback"), Op: Is, Want: "false"},
			{Shows: "the channel takes the fault instead", Measure: Probed("notify-fault", "fault_in_channel"), Op: Is, Want: "true"},
		},
		Instead:   "Nothing changes: a nil dereference is a panic with its traceback, recover gets it, and the channel hears nothing. Only a SIGSEGV that another process sends goes to the channel.",
		Scenarios: []string{"notify-segv-nil-deref", "notify-segv-external", "notify-segv-unmapped", "ignore-segv-nil-deref"},
	},
	{
		ID: "A4-3.2-c", Where: "A4 3.2",
		Says: "Synchronous faults must be handled in the faulting context by the runtime.",
		Literal: []Check{
			{Shows: "a fault is a panic of the goroutine that caused it", Measure: Probed("notify-fault", "fault_recovered"), Op: Is, Want: "true"},
			{Shows: "a channel that asked for the signal does not get it", Measure: Probed("notify-fault", "fault_in_channel"), Op: Is, Want: "false"},
			{Shows: "it gets the same signal when somebody sent it", Measure: Probed("notify-fault", "sent_in_channel"), Op: Is, Want: "true"},
			{Shows: "the handler makes the faulting code call sigpanic", Measure: Source("runtime", "sigctxt.preparePanic", `\bsigpanic`), Op: Is, Want: "true"},
		},
		Scenarios: []string{"notify-segv-nil-deref", "notify-segv-unmapped"},
	},
	{
		ID: "A4-3.3-a", Where: "A4 3.3",
		Says: "recover cannot stop kill -6.",
		Literal: []Check{
			{Shows: "a deferred recover gets nothing", Measure: Observed("sig-abrt", "recovered"), Op: Is, Want: "false"},
			{Shows: "the process ends under a guard as well", Measure: Observed("sig-abrt", "guarded_exit"), Op: Is, Want: "2"},
		},
		Scenarios: []string{"sig-abrt", "notify-abrt"},
	},
	{
		ID: "A4-3.3-b", Where: "A4 3.3",
		Says: "Go has no SIGABRT handler; exit code is 134.",
		Literal: []Check{
			{Shows: "a Go process has no handler for SIGABRT", Measure: Probed("signal-handlers", "SIGABRT"), Op: Is, Want: "false"},
			{Shows: "SIGABRT kills it, which a shell calls 134", Measure: Observed("sig-abrt", "signal"), Op: Is, Want: "SIGABRT"},
		},
		Instead:   "The runtime installs a handler for SIGABRT, prints every goroutine it may print, and exits with status 2. Only with GOTRACEBACK=crash does it raise SIGABRT at the end, which a shell shows as 134.",
		Scenarios: []string{"sig-abrt", "gotraceback-crash"},
	},
	{
		ID: "A4-3.3-c", Where: "A4 3.3",
		Says: "An uncaught panic exits with 2.",
		Literal: []Check{
			{Shows: "a run-time panic does", Measure: Observed("send-closed-chan", "exit"), Op: Is, Want: "2"},
			{Shows: "an explicit panic does", Measure: Observed("panic-string", "exit"), Op: Is, Want: "2"},
			{Shows: "a panic in another goroutine does", Measure: Observed("panic-in-goroutine", "exit"), Op: Is, Want: "2"},
		},
		Scenarios: []string{"send-closed-chan", "panic-string", "panic-in-goroutine", "gotraceback-crash"},
	},
	{
		ID: "A4-3.3-d", Where: "A4 3.3",
		Says: "SIGABRT is a synchronous signal.",
		Literal: []Check{
			{Shows: "the runtime's table makes a panic of it, as of synchronous signals", Measure: Source("runtime", "sigtable", `\{[^}]*_SigPanic[^}]*"SIGABRT`), Op: Is, Want: "true"},
			{Shows: "sigpanic, which gives a fault to the goroutine, knows it", Measure: Source("runtime/signal_unix.go", "sigpanic", `_SIGABRT`), Op: Is, Want: "true"},
			{Shows: "a channel that asked for it gets nothing, as with a fault", Measure: Observed("notify-abrt", "stdout"), Op: Lacks, Want: `got abort`},
		},
		Instead:   "The synchronous signals, those that the program's own instructions cause, are SIGBUS, SIGFPE and SIGSEGV (os/signal). SIGABRT is asynchronous: it is sent, by kill or by C's abort, and signal.Notify gets it.",
		Scenarios: []string{"sig-abrt", "notify-abrt"},
	},
}
