package claim

var a0Panic = []Claim{
	{
		ID: "A0-1-a", Where: "A0 ch.1",
		Says: "Index out of range, nil dereference and sending on a closed channel raise an ordinary panic.",
	},
	{
		ID: "A0-1-b", Where: "A0 ch.1",
		Says: "A panic stops the current goroutine and unwinds it, running its deferred calls.",
	},
	{
		ID: "A0-1-c", Where: "A0 ch.1",
		Says: "Panics do not propagate across goroutines; that isolation protects the rest of the program.",
	},
	{
		ID: "A0-1-d", Where: "A0 ch.1",
		Says: "recover works only when called in a deferred function of the panicking goroutine.",
	},
	{
		ID: "A0-1-e", Where: "A0 ch.1",
		Says: "safeDivide: panic in the body is turned into ok=false by the deferred recover.",
	},
	{
		ID: "A0-1-f", Where: "A0 ch.1",
		Says: "After one deferred call recovered, the remaining deferred calls still run.",
	},
	{
		ID: "A0-1-g", Where: "A0 ch.1",
		Says: "Unwinding one goroutine does not stop or preempt the others.",
	},
	{
		ID: "A0-1-h", Where: "A0 ch.1",
		Says: "recover only ever yields non-nil values.",
	},
	{
		ID: "A0-1-i", Where: "A0 ch.1",
		Says: "recover with no active panic returns nil without side effects.",
	},
	{
		ID: "A0-1-j", Where: "A0 ch.1",
		Says: "panic/recover costs nothing unless a panic happens.",
	},
	{
		ID: "A0-1-k", Where: "A0 title",
		Says: "\"defer + recover cannot catch panic\": goroutine and main-goroutine panics differ.",
	},
	{
		ID: "A0-2.1-a", Where: "A0 2.1",
		Says: "runtime has var panicking uint32 in panic.go.",
	},
	{
		ID: "A0-2.1-b", Where: "A0 2.1",
		Says: "gopanic stores panicking=1 as its first action.",
	},
	{
		ID: "A0-2.1-c", Where: "A0 2.1",
		Says: "It must be uint32 because atomics cannot operate on bool.",
	},
	{
		ID: "A0-2.1-d", Where: "A0 2.1",
		Says: "_panic is heap allocated with malloc in gopanic.",
	},
	{
		ID: "A0-2.1-e", Where: "A0 2.1",
		Says: "The new _panic is pushed at the head of the goroutine's _panic list.",
	},
	{
		ID: "A0-2.1-f", Where: "A0 2.1",
		Says: "gorecover tests panicking==1 as well as gp._panic.",
	},
	{
		ID: "A0-2.1-g", Where: "A0 2.1",
		Says: "panicking goes back to 0 once the deferred calls are done.",
	},
	{
		ID: "A0-2.2-a", Where: "A0 2.2",
		Says: "Each g has a panicking field, at offset 0x140 in Go 1.22 amd64.",
	},
	{
		ID: "A0-2.2-b", Where: "A0 2.2",
		Says: "User code can call getg().",
	},
	{
		ID: "A0-2.2-c", Where: "A0 2.2",
		Says: "Writing 2 into the flag makes gopanic skip the recover check.",
	},
	{
		ID: "A0-2.2-d", Where: "A0 2.2",
		Says: "GODEBUG=gctrace=1 interacts with panic handling (flush order, hook).",
	},
	{
		ID: "A0-2.3-a", Where: "A0 2.3",
		Says: "Go source accepts asm volatile(\"nop\" ...).",
	},
	{
		ID: "A0-2.3-b", Where: "A0 2.3",
		Says: "dlv trace -p PID regexp --follow follows flag reads.",
	},
	{
		ID: "A0-2.3-c", Where: "A0 2.3",
		Says: "The code sequence computes a panicActive flag.",
	},
	{
		ID: "A0-2.4-a", Where: "A0 2.4",
		Says: "g has a field panicwrap.",
	},
	{
		ID: "A0-2.4-b", Where: "A0 2.4",
		Says: "newpanic() and addPanicWrap() exist.",
	},
	{
		ID: "A0-2.4-c", Where: "A0 2.4",
		Says: "Main goroutine's panic record is prepared at start; workers allocate lazily.",
	},
	{
		ID: "A0-2.5-a", Where: "A0 2.5",
		Says: "runtime.Gosched has no effect once a goroutine panics.",
	},
	{
		ID: "A0-2.5-b", Where: "A0 2.5",
		Says: "gopanic contains gp.panicking = 1 and a yield check.",
	},
	{
		ID: "A0-2.5-c", Where: "A0 2.5",
		Says: "runtime.checkmcount skips panicking goroutines.",
	},
	{
		ID: "A0-2.5-d", Where: "A0 2.5",
		Says: "Status _Gpanic exists.",
	},
	{
		ID: "A0-2.5-e", Where: "A0 2.5",
		Says: "schedule() bypasses goroutines that are panicking.",
	},
}
