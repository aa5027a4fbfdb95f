package claim

var a4Signals = []Claim{
	{
		ID: "A4-3.1-a", Where: "A4 3.1",
		Says: "SIGQUIT and SIGABRT end the process without running defers.",
	},
	{
		ID: "A4-3.1-b", Where: "A4 3.1",
		Says: "The path is panicwrap, sigfwd, runtime.abort.",
	},
	{
		ID: "A4-3.1-c", Where: "A4 3.1",
		Says: "runtime.Abort() raises SIGABRT.",
	},
	{
		ID: "A4-3.1-d", Where: "A4 3.1",
		Says: "The final step is exit(2).",
	},
	{
		ID: "A4-3.2-a", Where: "A4 3.2",
		Says: "runtime.SigNotify exists.",
	},
	{
		ID: "A4-3.2-b", Where: "A4 3.2",
		Says: "signal.Notify(SIGSEGV) breaks nil-dereference handling: crash without a trace.",
	},
	{
		ID: "A4-3.2-c", Where: "A4 3.2",
		Says: "Synchronous faults must be handled in the faulting context by the runtime.",
	},
	{
		ID: "A4-3.3-a", Where: "A4 3.3",
		Says: "recover cannot stop kill -6.",
	},
	{
		ID: "A4-3.3-b", Where: "A4 3.3",
		Says: "Go has no SIGABRT handler; exit code is 134.",
	},
	{
		ID: "A4-3.3-c", Where: "A4 3.3",
		Says: "An uncaught panic exits with 2.",
	},
	{
		ID: "A4-3.3-d", Where: "A4 3.3",
		Says: "SIGABRT is a synchronous signal.",
	},
}
