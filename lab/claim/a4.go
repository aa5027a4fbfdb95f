package claim

var a4Leaks = []Claim{
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
}

var a4Frames = []Claim{
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
}

var a4Native = []Claim{
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
}
