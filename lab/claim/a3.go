package claim

var a3 = []Claim{
	{
		ID: "A3-1-a", Where: "A3 ch.1",
		Says: "panic() compiles to CALL runtime.gopanic.",
	},
	{
		ID: "A3-1-b", Where: "A3 ch.1",
		Says: "gopanic walks gp._defer with d.started / d._panic.",
	},
	{
		ID: "A3-1-c", Where: "A3 ch.1",
		Says: "The panic is inserted at the head of gp._panic.",
	},
	{
		ID: "A3-1-d", Where: "A3 ch.1",
		Says: "Deferred functions run through reflectcall with deferArgs(d), d.siz.",
	},
	{
		ID: "A3-1-e", Where: "A3 ch.1",
		Says: "Unrecovered: preprintpanics, fatalpanic, exit(2).",
	},
	{
		ID: "A3-1-f", Where: "A3 ch.1",
		Says: "gopanic throws \"bad defer entry in panic\".",
	},
	{
		ID: "A3-2-a", Where: "A3 ch.2",
		Says: "A simple deferred closure compiles to runtime.deferprocStack.",
	},
	{
		ID: "A3-2-b", Where: "A3 ch.2",
		Says: "gorecover takes argp and compares it with p.argp.",
	},
	{
		ID: "A3-2-c", Where: "A3 ch.2",
		Says: "recovery uses gp.sigcode0/1 and returns 1 from deferproc.",
	},
	{
		ID: "A3-2-d", Where: "A3 ch.2",
		Says: "throw(\"recovery failed\") follows mcall(recovery).",
	},
	{
		ID: "A3-2-e", Where: "A3 ch.2",
		Says: "recover only sets p.recovered = true.",
	},
	{
		ID: "A3-2-f", Where: "A3 ch.2",
		Says: "Aborted panics stay on the list with an aborted flag.",
	},
	{
		ID: "A3-3-a", Where: "A3 ch.3",
		Says: "A recovered panic that is followed by another one is printed with [recovered].",
	},
	{
		ID: "A3-4-a", Where: "A3 ch.4",
		Says: "recover must be on the panicking goroutine's call chain (sibling calls do not help).",
	},
	{
		ID: "A3-4-b", Where: "A3 ch.4",
		Says: "After recovery the goroutine re-enters the scheduling loop.",
	},
	{
		ID: "A3-4-c", Where: "A3 ch.4",
		Says: "Execution continues with earlier defers, then in the caller.",
	},
	{
		ID: "A3-5-a", Where: "A3 ch.5",
		Says: "Concurrent map read/write is fatal.",
	},
	{
		ID: "A3-5-b", Where: "A3 ch.5",
		Says: "Stack exhaustion is fatal with the 1000000000-byte message.",
	},
	{
		ID: "A3-5-c", Where: "A3 ch.5",
		Says: "go of a nil func is fatal.",
	},
	{
		ID: "A3-5-d", Where: "A3 ch.5",
		Says: "Global deadlock is fatal.",
	},
	{
		ID: "A3-5-e", Where: "A3 ch.5",
		Says: "Thread limit is fatal \"thread exhaustion\".",
	},
	{
		ID: "A3-5-f", Where: "A3 ch.5",
		Says: "Out of memory is fatal \"runtime: out of memory\".",
	},
	{
		ID: "A3-5-g", Where: "A3 ch.5",
		Says: "Every unrecoverable case prints \"fatal error: ...\".",
	},
	{
		ID: "A3-6-a", Where: "A3 ch.6",
		Says: "An uncaught child panic bubbles to the main goroutine where recover could catch it.",
	},
	{
		ID: "A3-6-b", Where: "A3 ch.6",
		Says: "Main's deferred calls do not run when a child panics.",
	},
	{
		ID: "A3-6-c", Where: "A3 ch.6",
		Says: "os.Exit skips all deferred calls.",
	},
	{
		ID: "A3-6-d", Where: "A3 ch.6",
		Says: "The trace says \"created by main.main in goroutine 1\".",
	},
	{
		ID: "A3-7-a", Where: "A3 ch.7",
		Says: "A caller's recover catches the callee's panic.",
	},
	{
		ID: "A3-8-a", Where: "A3 ch.8",
		Says: "panic first runs the goroutine's defers, then ends the whole program.",
	},
	{
		ID: "A3-8-b", Where: "A3 ch.8",
		Says: "_panic has argp, arg, link, recovered, aborted.",
	},
	{
		ID: "A3-8-c", Where: "A3 ch.8",
		Says: "_defer has started and _panic.",
	},
	{
		ID: "A3-8-d", Where: "A3 ch.8",
		Says: "recover in another goroutine's defer has no effect.",
	},
}
