package claim

var a1 = []Claim{
	{
		ID: "A1-1-a", Where: "A1 ch.1",
		Says: "Go 1.22 introduced runtime.PanicHandler.",
	},
	{
		ID: "A1-1-b", Where: "A1 ch.1",
		Says: "GODEBUG=panicnil=1 enables the new handler.",
	},
	{
		ID: "A1-1-c", Where: "A1 ch.1",
		Says: "From 1.22, without a handler the goroutine dies and its defers are skipped, recover never catches.",
	},
	{
		ID: "A1-1-d", Where: "A1 ch.1",
		Says: "The minimal verification program reproduces the failure.",
	},
	{
		ID: "A1-1-e", Where: "A1 ch.1",
		Says: "HTTP recovery middleware stops working in 1.22.",
	},
	{
		ID: "A1-1-f", Where: "A1 ch.1",
		Says: "A worker without handler exits silently while the pool continues.",
	},
	{
		ID: "A1-1-g", Where: "A1 ch.1",
		Says: "GODEBUG=panicnil=0 restores the old behaviour.",
	},
	{
		ID: "A1-1-h", Where: "A1 ch.1",
		Says: "Stack overflow and memory corruption are dispatched to the handler.",
	},
	{
		ID: "A1-2.1-a", Where: "A1 2.1",
		Says: "A panic propagates only inside its goroutine (<= 1.21).",
	},
	{
		ID: "A1-2.1-b", Where: "A1 2.1",
		Says: "A child panic prints to stderr and does not interrupt other goroutines.",
	},
	{
		ID: "A1-2.1-c", Where: "A1 2.1",
		Says: "No public panic hook API exists in <= 1.21.",
	},
	{
		ID: "A1-2.2-a", Where: "A1 2.2",
		Says: "SetPanicHandler: last registration wins, runs on the panicking goroutine, recover in it crashes.",
	},
	{
		ID: "A1-2.2-b", Where: "A1 2.2",
		Says: "Only explicit panic() reaches it, not runtime errors.",
	},
	{
		ID: "A1-2.3-a", Where: "A1 2.3",
		Says: "Preemption inside deferproc leaves a dangling defer, so recover returns nil.",
	},
	{
		ID: "A1-2.3-b", Where: "A1 2.3",
		Says: "Under heavy concurrency the defer chain breaks.",
	},
	{
		ID: "A1-2.4-a", Where: "A1 2.4",
		Says: "Recover success: 99.98 % at 100k, 92.3 % at 500k, 63.7 % at 1M goroutines.",
	},
	{
		ID: "A1-2.4-b", Where: "A1 2.4",
		Says: "Critical point 786,432 goroutines with 79.1 %.",
	},
	{
		ID: "A1-2.4-c", Where: "A1 2.4",
		Says: "recover contends for a lock on a global _panic list.",
	},
	{
		ID: "A1-2.4-d", Where: "A1 2.4",
		Says: "786,432 = 2^19.",
	},
	{
		ID: "A1-2.5-a", Where: "A1 2.5",
		Says: "GOGC=10 delays recover by 8-12 ms and loses part of the defer chain.",
	},
	{
		ID: "A1-2.5-b", Where: "A1 2.5",
		Says: "GOMAXPROCS=1 makes recover take 3.7 ms on average.",
	},
	{
		ID: "A1-2.5-c", Where: "A1 2.5",
		Says: "GOEXPERIMENT=preemptibleloops exists.",
	},
	{
		ID: "A1-2.5-d", Where: "A1 2.5",
		Says: "A stop-the-world interrupts and breaks defer execution.",
	},
	{
		ID: "A1-3.1-a", Where: "A1 3.1",
		Says: "A goroutine started by a handler outlives the request and its recover lacks request context.",
	},
	{
		ID: "A1-3.1-b", Where: "A1 3.1",
		Says: "A panic recovered and logged in a child goroutine is swallowed silently.",
	},
	{
		ID: "A1-3.2-a", Where: "A1 3.2",
		Says: "Send on a closed channel inside select is an uncatchable throw.",
	},
	{
		ID: "A1-3.2-b", Where: "A1 3.2",
		Says: "Repeated receive from a closed channel in select throws.",
	},
	{
		ID: "A1-3.2-c", Where: "A1 3.2",
		Says: "Plain ch <- x on a closed channel is not recoverable (table).",
	},
	{
		ID: "A1-3.2-d", Where: "A1 3.2",
		Says: "close(nil channel) is a standard, recoverable panic.",
	},
	{
		ID: "A1-3.3-a", Where: "A1 3.3",
		Says: "A deferred recover in Server.Serve's loop cannot catch handler panics.",
	},
	{
		ID: "A1-3.3-b", Where: "A1 3.3",
		Says: "So an unguarded handler panic escapes to the process.",
	},
	{
		ID: "A1-3.3-c", Where: "A1 3.3",
		Says: "A wrapper handler with recover is the right fix.",
	},
	{
		ID: "A1-4.1-a", Where: "A1 4.1",
		Says: "semaphore.Acquire(ctx) returns an error when the context ends.",
	},
	{
		ID: "A1-4.2-a", Where: "A1 4.2",
		Says: "By default Go turns illegal memory access into SIGABRT and no defer/recover runs.",
	},
	{
		ID: "A1-4.2-b", Where: "A1 4.2",
		Says: "SetPanicOnFault(true) turns SIGSEGV/SIGBUS into a recoverable panic.",
	},
	{
		ID: "A1-4.2-c", Where: "A1 4.2",
		Says: "Calling it once in init() protects the program.",
	},
	{
		ID: "A1-4.2-d", Where: "A1 4.2",
		Says: "The panic value is the string \"fault\".",
	},
	{
		ID: "A1-4.2-e", Where: "A1 4.2",
		Says: "It is not supported on Windows.",
	},
	{
		ID: "A1-4.2-f", Where: "A1 4.2",
		Says: "old := recover stores the builtin.",
	},
	{
		ID: "A1-4.3-a", Where: "A1 4.3",
		Says: "runtime.SetTraceback(\"all\") exists.",
	},
	{
		ID: "A1-4.3-b", Where: "A1 4.3",
		Says: "trace.Log(ctx, \"panic\", k1, v1, k2, v2 ...) attaches several fields.",
	},
	{
		ID: "A1-4.3-c", Where: "A1 4.3",
		Says: "pprof.Lookup(\"goroutine\").WriteTo captures goroutine state.",
	},
	{
		ID: "A1-4.4-a", Where: "A1 4.4",
		Says: "A tool godebug run --go-version isolates Go versions from each other.",
	},
	{
		ID: "A1-4.4-b", Where: "A1 4.4",
		Says: "1.20+ and 1.22+ differ in panic handling API.",
	},
}
