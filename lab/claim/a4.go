package claim

var a4 = []Claim{
	{
		ID: "A4-1-a", Where: "A4 ch.1",
		Says: "A panic in a leaked goroutine can never be recovered.",
	},
	{
		ID: "A4-1-b", Where: "A4 ch.1",
		Says: "Leaked goroutines exhaust Ms and Ps.",
	},
	{
		ID: "A4-1-c", Where: "A4 ch.1",
		Says: "A sender blocked on a channel panics when it is closed.",
	},
	{
		ID: "A4-1-d", Where: "A4 ch.1",
		Says: "Concurrent map writes in such a goroutine bypass recover.",
	},
	{
		ID: "A4-1-e", Where: "A4 ch.1",
		Says: "\"Continuing after Goexit\" raises an uncatchable panic.",
	},
	{
		ID: "A4-1-f", Where: "A4 ch.1",
		Says: "An unread time.After leaks.",
	},
	{
		ID: "A4-1-g", Where: "A4 ch.1",
		Says: "range over a never-closed channel blocks forever.",
	},
	{
		ID: "A4-1-h", Where: "A4 ch.1",
		Says: "runtime.NumGoroutine shows leaks.",
	},
	{
		ID: "A4-1-i", Where: "A4 ch.1",
		Says: "go vet -shadow finds them.",
	},
	{
		ID: "A4-1-j", Where: "A4 ch.1",
		Says: "/debug/pprof/goroutine?debug=2 lists stacks.",
	},
	{
		ID: "A4-2.1-a", Where: "A4 2.1",
		Says: "A goroutine starts with a 2 KB stack.",
	},
	{
		ID: "A4-2.1-b", Where: "A4 2.1",
		Says: "Overflow is a panic \"goroutine stack exceeds\".",
	},
	{
		ID: "A4-2.1-c", Where: "A4 2.1",
		Says: "Each function checks the stack bound and calls morestack.",
	},
	{
		ID: "A4-2.1-d", Where: "A4 2.1",
		Says: "Growth maps a new segment and switches the pointer.",
	},
	{
		ID: "A4-2.1-e", Where: "A4 2.1",
		Says: "runtime.Stack(buf, true) covers all goroutines, false only the caller.",
	},
	{
		ID: "A4-2.2-a", Where: "A4 2.2",
		Says: "deepRecursion(1_000_000) exceeds the 1 GB limit.",
	},
	{
		ID: "A4-2.2-b", Where: "A4 2.2",
		Says: "Critical point about 1.3 million levels.",
	},
	{
		ID: "A4-2.2-c", Where: "A4 2.2",
		Says: "The 64-bit limit is 1 GB (10^9 bytes).",
	},
	{
		ID: "A4-2.3-a", Where: "A4 2.3",
		Says: "400-500 nested defers overflow the stack.",
	},
	{
		ID: "A4-2.3-b", Where: "A4 2.3",
		Says: "_StackMin=128, StackGuard=256.",
	},
	{
		ID: "A4-2.4-a", Where: "A4 2.4",
		Says: "An 8 MB local array in an exported callback silently overflows the C stack.",
	},
	{
		ID: "A4-2.4-b", Where: "A4 2.4",
		Says: "C stack overflow is never reported.",
	},
	{
		ID: "A4-2.5-a", Where: "A4 2.5",
		Says: "-gcflags=\"-m -l\" prints \"moved to heap: a\" for [8192]int returned by value.",
	},
	{
		ID: "A4-2.5-b", Where: "A4 2.5",
		Says: "-N disables escape analysis and then it overflows.",
	},
	{
		ID: "A4-2.5-c", Where: "A4 2.5",
		Says: "-gccgoflags controls cgo code generation.",
	},
	{
		ID: "A4-2.5-d", Where: "A4 2.5",
		Says: "A huge local (2 GiB) is reported as \"stack frame too large\".",
	},
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
	{
		ID: "A4-4.1-a", Where: "A4 4.1",
		Says: "C double free aborts the process and cannot be recovered.",
	},
	{
		ID: "A4-4.2-a", Where: "A4 4.2",
		Says: "Go memory passed to a C call may be collected during the call.",
	},
	{
		ID: "A4-4.2-b", Where: "A4 4.2",
		Says: "runtime.KeepAlive only extends the scope.",
	},
	{
		ID: "A4-4.2-c", Where: "A4 4.2",
		Says: "cgo does not notice unsafe pointer passing.",
	},
	{
		ID: "A4-4.3-a", Where: "A4 4.3",
		Says: "LDFLAGS conflicts crash in _dl_fixup.",
	},
	{
		ID: "A4-4.4-a", Where: "A4 4.4",
		Says: "A C++ exception crossing cgo calls runtime.abort / SIGABRT.",
	},
	{
		ID: "A4-4.4-b", Where: "A4 4.4",
		Says: "It is not recoverable in Go; catching inside C++ is safe.",
	},
	{
		ID: "A4-5-a", Where: "A4 ch.5",
		Says: "\"fatal error: schedule: holding locks\" exists.",
	},
	{
		ID: "A4-5-b", Where: "A4 ch.5",
		Says: "Holding a sync.Mutex across Gosched and GC triggers it.",
	},
	{
		ID: "A4-5-c", Where: "A4 ch.5",
		Says: "sync.RWMutex + GC inside the lock triggers it.",
	},
	{
		ID: "A4-5-d", Where: "A4 ch.5",
		Says: "sync.Mutex raises m.locks.",
	},
	{
		ID: "A4-5-e", Where: "A4 ch.5",
		Says: "go tool runtime -d core prints scheduler state.",
	},
	{
		ID: "A4-5-f", Where: "A4 ch.5",
		Says: "Fixed in Go 1.22.3 as #62187.",
	},
	{
		ID: "A4-5-g", Where: "A4 ch.5",
		Says: "Scheduler crash logs contain m->locks, gomaxprocs, runqsize and end in goexit/mstart without user files.",
	},
	{
		ID: "A4-5-h", Where: "A4 ch.5",
		Says: "go_sched_panic_total etc. can be scraped.",
	},
	{
		ID: "A4-5-i", Where: "A4 ch.5",
		Says: "Recover cannot stop a scheduler throw.",
	},
}
