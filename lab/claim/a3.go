package claim

// The runtime's own file that article A3 is about.
const panicGo = "runtime/panic.go"

var a3 = []Claim{
	{
		ID: "A3-1-a", Where: "A3 ch.1",
		Says: "panic() compiles to CALL runtime.gopanic.",
		Literal: []Check{
			{Shows: "the assembly of panic(x) has the call", Measure: Assembly(plainPanic, `CALL\s+runtime\.gopanic\(SB\)`), Op: Is, Want: "true"},
			{Shows: "the function is declared", Measure: Declared("runtime", "gopanic"), Op: Is, Want: "true"},
		},
		Scenarios: []string{"panic-string"},
	},
	{
		ID: "A3-1-b", Where: "A3 ch.1",
		Says: "gopanic walks gp._defer with d.started / d._panic.",
		Literal: []Check{
			{Shows: "gopanic takes the head of gp._defer", Measure: Source(panicGo, "gopanic", `d := gp\._defer`), Op: Is, Want: "true"},
			{Shows: "gopanic looks at d.started", Measure: Source(panicGo, "gopanic", `if d\.started`), Op: Is, Want: "true"},
			{Shows: "gopanic keeps itself in d._panic", Measure: Source(panicGo, "gopanic", `d\._panic = `), Op: Is, Want: "true"},
		},
		Instead: "Up to Go 1.21 it did. Since Go 1.22 gopanic asks nextDefer for one deferred call after the other, which goes from stack frame to stack frame and finds those of open-coded defers in the frame itself and the others on gp._defer; the fields started and _panic are gone.",
	},
	{
		ID: "A3-1-c", Where: "A3 ch.1",
		Says: "The panic is inserted at the head of gp._panic.",
		Literal: []Check{
			{Shows: "gopanic links it in front", Measure: Source(panicGo, "gopanic", `p\.link = gp\._panic\s+gp\._panic = `), Op: Is, Want: "true", Max: 21},
			{Shows: "gopanic starts the panic", Measure: Source(panicGo, "gopanic", `p\.start\(`), Op: Is, Want: "true", Min: 22},
			{Shows: "start links it in front", Measure: Source(panicGo, "_panic.start", `p\.link = gp\._panic\s+gp\._panic = `), Op: Is, Want: "true", Min: 22},
			{Shows: "recover gets the newest of two panics", Measure: Observed("nested-panic-in-defer", "recovered_value"), Op: Matches, Want: "rollback"},
		},
		Scenarios: []string{"nested-panic-in-defer"},
	},
	{
		ID: "A3-1-d", Where: "A3 ch.1",
		Says: "Deferred functions run through reflectcall with deferArgs(d), d.siz.",
		Literal: []Check{
			{Shows: "a deferred call is a _defer with a function", Measure: Declared("runtime", "_defer.fn"), Op: Is, Want: "true"},
			{Shows: "a _defer has siz", Measure: Declared("runtime", "_defer.siz"), Op: Is, Want: "true"},
			{Shows: "deferArgs is declared", Measure: Declared("runtime", "deferArgs"), Op: Is, Want: "true"},
			{Shows: "the code of panics calls reflectcall", Measure: Source(panicGo, "", `reflectcall\(`), Op: Is, Want: "true"},
		},
		Instead: "The compiler wraps a deferred call into a func() without arguments, and the runtime calls it like any other function: fn(). deferArgs and siz were gone before Go 1.21; reflectcall still exists, for package reflect and finalizers.",
	},
	{
		ID: "A3-1-e", Where: "A3 ch.1",
		Says: "Unrecovered: preprintpanics, fatalpanic, exit(2).",
		Literal: []Check{
			{Shows: "gopanic ends with preprintpanics and fatalpanic", Measure: Source(panicGo, "gopanic", `preprintpanics\(.*\)\s+fatalpanic\(`), Op: Is, Want: "true"},
			{Shows: "fatalpanic exits with status 2", Measure: Source(panicGo, "fatalpanic", `exit\(2\)`), Op: Is, Want: "true"},
			{Shows: "so does a program", Measure: Observed("panic-string", "exit"), Op: Is, Want: "2"},
		},
		Scenarios: []string{"panic-string", "gotraceback-crash"},
	},
	{
		ID: "A3-1-f", Where: "A3 ch.1",
		Says: `gopanic throws "bad defer entry in panic".`,
		Literal: []Check{
			{Shows: "gopanic has that throw", Measure: Source(panicGo, "gopanic", `throw\("bad defer entry in panic"\)`), Op: Is, Want: "true"},
		},
		Instead: `Only up to Go 1.21. Since Go 1.22 there is no such text; what nextDefer checks is that its panic is the newest one ("bad panic stack").`,
	},
	{
		ID: "A3-2-a", Where: "A3 ch.2",
		Says: "A simple deferred closure compiles to runtime.deferprocStack.",
		Literal: []Check{
			{Shows: "the ninth defer of a function does", Measure: Assembly(nineDefers, `CALL\s+runtime\.deferprocStack\(SB\)`), Op: Is, Want: "true"},
			{Shows: "a simple deferred closure does", Measure: Assembly(simpleDefer, `CALL\s+runtime\.deferprocStack\(SB\)`), Op: Is, Want: "true"},
		},
		Instead: "A simple defer is open-coded: the compiler calls the closure itself where the function returns, and leaves a bit in the frame for panics; the only call into the runtime is deferreturn, which runs after a recovered panic. deferprocStack is for functions with more than eight defers and the like, deferproc for those in loops.",
	},
	{
		ID: "A3-2-b", Where: "A3 ch.2",
		Says: "gorecover takes argp and compares it with p.argp.",
		Literal: []Check{
			{Shows: "gorecover takes argp", Measure: Source(panicGo, "gorecover", `func gorecover\(argp uintptr\)`), Op: Is, Want: "true"},
			{Shows: "gorecover compares it with p.argp", Measure: Source(panicGo, "gorecover", `argp == uintptr\(p\.argp\)`), Op: Is, Want: "true"},
		},
		Instead:   "Up to Go 1.25. Since Go 1.26 gorecover takes no argument: it unwinds the stack and demands exactly one frame, other than wrappers of the compiler, between gopanic and itself. Guards that had worked by a mistake of the comparison stopped working.",
		Scenarios: []string{"recover-by-accident", "recover-in-helper"},
	},
	{
		ID: "A3-2-c", Where: "A3 ch.2",
		Says: "recovery uses gp.sigcode0/1 and returns 1 from deferproc.",
		Literal: []Check{
			{Shows: "recovery takes the stack pointer from gp.sigcode0", Measure: Source(panicGo, "recovery", `gp\.sigcode0`), Op: Is, Want: "true"},
			{Shows: "and the program counter from gp.sigcode1", Measure: Source(panicGo, "recovery", `gp\.sigcode1`), Op: Is, Want: "true"},
			{Shows: "recovery makes deferproc return 1", Measure: Source(panicGo, "recovery", `gp\.sched\.ret = 1`), Op: Is, Want: "true"},
		},
		Instead: "Only in Go 1.21. Since Go 1.22 recovery takes both from the panic itself (p.retpc, p.sp), and since Go 1.25 nothing returns 1: it jumps to the function's call of deferreturn.",
	},
	{
		ID: "A3-2-d", Where: "A3 ch.2",
		Says: `throw("recovery failed") follows mcall(recovery).`,
		Literal: []Check{
			{Shows: "the throw stands behind the call", Measure: Source(panicGo, "", `mcall\(recovery\)\s+throw\("recovery failed"\)`), Op: Is, Want: "true"},
		},
	},
	{
		ID: "A3-2-e", Where: "A3 ch.2",
		Says: "recover only sets p.recovered = true.",
		Literal: []Check{
			{Shows: "gorecover sets the flag", Measure: Source(panicGo, "gorecover", `p\.recovered = true`), Op: Is, Want: "true"},
			{Shows: "gorecover changes nothing else of the goroutine or the panic", Measure: Source(panicGo, "gorecover", `\b(gp|p)\.(_panic|_defer|arg|link|sched\S*|sig\S*) = `), Op: Is, Want: "false"},
			{Shows: "gorecover leaves no frame: it may walk up the stack, and goes back to its caller", Measure: Source(panicGo, "gorecover", `mcall\(|gogo\(|recovery\(`), Op: Is, Want: "false"},
			{Shows: "the rest of the deferred call runs before anything else", Measure: Probed("recover-order", "order"), Op: Matches, Want: "^the rest of the deferred call, "},
		},
	},
	{
		ID: "A3-2-f", Where: "A3 ch.2",
		Says: "Aborted panics stay on the list with an aborted flag.",
		Literal: []Check{
			{Shows: "a _panic has the flag", Measure: Declared("runtime", "_panic.aborted"), Op: Is, Want: "true"},
			{Shows: "gopanic sets the flag of an older one", Measure: Source(panicGo, "gopanic", `_panic\.aborted = true`), Op: Is, Want: "true"},
		},
		Instead:   "The flag is gone since Go 1.22. A panic that a newer one replaced stays linked behind it, and is printed with it; recovery drops all those whose frames it leaves.",
		Scenarios: []string{"nested-panic-in-defer"},
	},
	{
		ID: "A3-3-a", Where: "A3 ch.3",
		Says: "A recovered panic that is followed by another one is printed with [recovered].",
		Literal: []Check{
			{Shows: "a panic replaced by one with another value is marked", Measure: Observed("repanic-other", "headline"), Op: Matches, Want: `\[recovered\]$`},
			{Shows: "a panic raised again is marked", Measure: Observed("repanic-same", "headline"), Op: Matches, Want: `\[recovered(, repanicked)?\]$`},
			{Shows: "one that nobody recovered is not", Measure: Observed("panic-string", "headline"), Op: Lacks, Want: `\[recovered`},
		},
		Scenarios: []string{"repanic-other", "repanic-same"},
	},
	{
		ID: "A3-4-a", Where: "A3 ch.4",
		Says: "recover must be on the panicking goroutine's call chain (sibling calls do not help).",
		Literal: []Check{
			{Shows: "a deferred recover of the caller gets the value", Measure: Probed("recover-reach", "caller"), Op: Is, Want: "the value"},
			{Shows: "one of a sibling call gets nothing", Measure: Probed("recover-reach", "sibling"), Op: Is, Want: "nil"},
			{Shows: "one of another goroutine gets nothing", Measure: Probed("recover-reach", "other_goroutine"), Op: Is, Want: "nil"},
			{Shows: "a guard of the creator does not stop it", Measure: Observed("panic-in-goroutine", "recovered"), Op: Is, Want: "false"},
		},
		Scenarios: []string{"panic-in-goroutine"},
	},
	{
		ID: "A3-4-b", Where: "A3 ch.4",
		Says: "After recovery the goroutine re-enters the scheduling loop.",
		Literal: []Check{
			{Shows: "giving way goes through schedule", Measure: Source("runtime/proc.go", "goschedImpl", `\bschedule\(\)`), Op: Is, Want: "true"},
			{Shows: "so does recovery", Measure: Source(panicGo, "recovery", `\bschedule\(\)|goschedImpl\(|gosched_m\(|goready\(`), Op: Is, Want: "true"},
			{Shows: "another goroutine that is ready gets the one processor at runtime.Gosched", Measure: Probed("recover-schedules", "ran_at_gosched"), Op: Is, Want: "nearly always"},
			{Shows: "so it does at a recovered panic", Measure: Probed("recover-schedules", "ran_at_recover"), Op: Is, Want: "nearly always"},
		},
		Instead: "recovery sets stack pointer and program counter and jumps there with gogo, on the same thread. With one processor another goroutine that was ready ran meanwhile in fewer than 10 % of 1000 recovered panics, and in more than 90 % of the calls of runtime.Gosched.",
	},
	{
		ID: "A3-4-c", Where: "A3 ch.4",
		Says: "Execution continues with earlier defers, then in the caller.",
		Literal: []Check{
			{Shows: "the order is the rest of the deferred call, those deferred before it, the caller", Measure: Probed("recover-order", "order"), Op: Is, Want: "the rest of the deferred call, the call deferred before, the caller"},
		},
	},
	{
		ID: "A3-5-a", Where: "A3 ch.5",
		Says: "Concurrent map read/write is fatal.",
		Literal: []Check{
			{Shows: "the process dies with that fatal error", Measure: Observed("map-read-write", "class"), Op: Is, Want: "fatal.concurrent_map_read_write"},
			{Shows: "a deferred recover does not stop it", Measure: Observed("map-read-write", "recovered"), Op: Is, Want: "false"},
		},
		Scenarios: []string{"map-read-write", "map-write-write", "map-iterate-write"},
	},
	{
		ID: "A3-5-b", Where: "A3 ch.5",
		Says: "Stack exhaustion is fatal with the 1000000000-byte message.",
		Literal: []Check{
			{Shows: "the message is printed", Measure: Observed("stack-overflow", "headline"), Op: Is, Want: "runtime: goroutine stack exceeds 1000000000-byte limit"},
			{Shows: "the process dies with that fatal error", Measure: Observed("stack-overflow", "class"), Op: Is, Want: "fatal.stack_overflow"},
			{Shows: "a deferred recover does not stop it", Measure: Observed("stack-overflow", "recovered"), Op: Is, Want: "false"},
		},
		Scenarios: []string{"stack-overflow", "stack-overflow-setmaxstack"},
	},
	{
		ID: "A3-5-c", Where: "A3 ch.5",
		Says: "go of a nil func is fatal.",
		Literal: []Check{
			{Shows: "the process dies with a fatal error", Measure: Observed("go-nil-func", "headline"), Op: Is, Want: "fatal error: go of nil func value"},
			{Shows: "a deferred recover does not stop it", Measure: Observed("go-nil-func", "recovered"), Op: Is, Want: "false"},
		},
		Scenarios: []string{"go-nil-func", "nil-func-call", "defer-nil-func"},
	},
	{
		ID: "A3-5-d", Where: "A3 ch.5",
		Says: "Global deadlock is fatal.",
		Literal: []Check{
			{Shows: "goroutines that all wait for each other end the process", Measure: Observed("deadlock-all-goroutines", "headline"), Op: Is, Want: "fatal error: all goroutines are asleep - deadlock!"},
			{Shows: "a deferred recover does not stop it", Measure: Observed("deadlock-all-goroutines", "recovered"), Op: Is, Want: "false"},
		},
		Implied: []Check{
			{Shows: "so they do in a program with cgo", Measure: Observed("cgo-deadlock-select", "exit"), Op: Is, Want: "2"},
			{Shows: "so they do after signal.Notify", Measure: Observed("deadlock-masked-by-notify", "exit"), Op: Is, Want: "2"},
		},
		Instead:   "Only where the runtime can know that nothing will wake them: not in a program with cgo, nor after signal.Notify, nor while any goroutine waits for a timer or the network. A service nearly always has one of these, and then the deadlock is a silent hang.",
		Scenarios: []string{"deadlock-all-goroutines", "cgo-deadlock-select", "deadlock-masked-by-ticker", "deadlock-masked-by-notify", "deadlock-masked-by-listener"},
	},
	{
		ID: "A3-5-e", Where: "A3 ch.5",
		Says: `Thread limit is fatal "thread exhaustion".`,
		Literal: []Check{
			{Shows: "the process dies with that text", Measure: Observed("setmaxthreads", "headline"), Op: Is, Want: "fatal error: thread exhaustion"},
			{Shows: "a deferred recover does not stop it", Measure: Observed("setmaxthreads", "recovered"), Op: Is, Want: "false"},
			{Shows: "the limit is 10000 threads by default", Measure: Source("runtime/proc.go", "schedinit", `sched\.maxmcount = 10000`), Op: Is, Want: "true"},
		},
		Scenarios: []string{"setmaxthreads", "newosproc-eagain"},
	},
	{
		ID: "A3-5-f", Where: "A3 ch.5",
		Says: `Out of memory is fatal "runtime: out of memory".`,
		Literal: []Check{
			{Shows: "memory that the system refuses ends the process with a fatal error", Measure: Observed("oom-ulimit", "headline"), Op: Matches, Want: "^fatal error: (runtime: )?out of memory$"},
			{Shows: "the text is printed before it", Measure: Source("runtime/mheap.go", "mheap.grow", `print\("runtime: out of memory: cannot allocate "`), Op: Is, Want: "true"},
			{Shows: "or is that of the fatal error", Measure: Source("runtime/mem_linux.go", "sysMapOS", `throw\("runtime: out of memory"\)`), Op: Is, Want: "true"},
			{Shows: "a deferred recover does not stop it", Measure: Observed("oom-ulimit", "recovered"), Op: Is, Want: "false"},
		},
		Implied: []Check{
			{Shows: "so does memory beyond the limit of a container", Measure: Observed("oom-cgroup", "stderr"), Op: Matches, Want: "runtime: out of memory"},
		},
		Instead:   "Linux refuses memory only in rare cases: a size beyond the address space, or a limit such as ulimit -v. Beyond the limit of a container, or of the machine, it kills the process with SIGKILL: no text, no traceback, nothing runs.",
		Scenarios: []string{"oom-huge-make", "oom-ulimit", "append-huge", "oom-cgroup"},
	},
	{
		ID: "A3-5-g", Where: "A3 ch.5",
		Says: `Every unrecoverable case prints "fatal error: ...".`,
		Literal: []Check{
			{Shows: "go of a nil func prints it", Measure: Observed("go-nil-func", "headline"), Op: Matches, Want: "^fatal error: "},
			{Shows: "an illegal instruction prints it", Measure: Observed("sigill", "headline"), Op: Matches, Want: "^fatal error: "},
			{Shows: "a panic in another goroutine prints it", Measure: Observed("panic-in-goroutine", "headline"), Op: Matches, Want: "^fatal error: "},
			{Shows: "os.Exit prints it", Measure: Observed("os-exit-2", "headline"), Op: Matches, Want: "^fatal error: "},
		},
		Instead:   `Throws of the runtime do. What a guard cannot stop either: signals such as SIGILL, which print "SIGILL: illegal instruction"; a panic in another goroutine, which prints "panic: "; os.Exit and SIGKILL, which print nothing.`,
		Scenarios: []string{"go-nil-func", "sigill", "panic-in-goroutine", "os-exit-2", "oom-cgroup"},
	},
	{
		ID: "A3-6-a", Where: "A3 ch.6",
		Says: "An uncaught child panic bubbles to the main goroutine where recover could catch it.",
		Literal: []Check{
			{Shows: "the process ends", Measure: Observed("panic-in-goroutine", "exit"), Op: Is, Want: "2"},
			{Shows: "a deferred recover in main, which waits for the child, stops it", Measure: Observed("panic-in-goroutine", "recovered"), Op: Is, Want: "true"},
		},
		Instead:   "A panic ends on the stack that it happened on. With a deferred recover in main, which was waiting, the process died with status 2 all the same, and main's deferred calls did not run.",
		Scenarios: []string{"panic-in-goroutine", "panic-in-goroutine-own-recover"},
	},
	{
		ID: "A3-6-b", Where: "A3 ch.6",
		Says: "Main's deferred calls do not run when a child panics.",
		Literal: []Check{
			{Shows: "the child's panic ends the process", Measure: Observed("panic-in-goroutine", "exit"), Op: Is, Want: "2"},
			{Shows: "a deferred call of main, which waits, has not run", Measure: Observed("panic-in-goroutine", "deferred"), Op: Is, Want: "false"},
			{Shows: "it runs when main itself panics", Measure: Observed("panic-string", "deferred"), Op: Is, Want: "true"},
		},
		Scenarios: []string{"panic-in-goroutine", "main-returns-first"},
	},
	{
		ID: "A3-6-c", Where: "A3 ch.6",
		Says: "os.Exit skips all deferred calls.",
		Literal: []Check{
			{Shows: "the process exits", Measure: Observed("os-exit-2", "exit"), Op: Is, Want: "2"},
			{Shows: "a deferred call has not run", Measure: Observed("os-exit-2", "deferred"), Op: Is, Want: "false"},
			{Shows: "os.Exit during a panic leaves those out that are yet to come", Measure: Observed("wrapped-exit-in-defer", "deferred"), Op: Is, Want: "false"},
		},
		Scenarios: []string{"os-exit-2", "wrapped-exit-in-defer"},
	},
	{
		ID: "A3-6-d", Where: "A3 ch.6",
		Says: `The trace says "created by main.main in goroutine 1".`,
		Literal: []Check{
			{Shows: "a goroutine that main started and that panics", Measure: Tool("run .", "output", childPanic), Op: Matches, Want: `(?m)^created by main\.main in goroutine 1$`},
		},
		Scenarios: []string{"panic-in-goroutine"},
	},
	{
		ID: "A3-7-a", Where: "A3 ch.7",
		Says: "A caller's recover catches the callee's panic.",
		Literal: []Check{
			{Shows: "a deferred recover of the caller gets the value", Measure: Probed("recover-reach", "caller"), Op: Is, Want: "the value"},
			{Shows: "even one 500 calls above", Measure: Observed("panic-deep-stack", "recovered"), Op: Is, Want: "true"},
		},
		Scenarios: []string{"panic-deep-stack"},
	},
	{
		ID: "A3-8-a", Where: "A3 ch.8",
		Says: "panic first runs the goroutine's defers, then ends the whole program.",
		Literal: []Check{
			{Shows: "a deferred call of the goroutine has run", Measure: Observed("panic-string", "deferred"), Op: Is, Want: "true"},
			{Shows: "the process ends", Measure: Observed("panic-string", "exit"), Op: Is, Want: "2"},
			{Shows: "so it does when another goroutine than main panics", Measure: Observed("panic-in-goroutine", "exit"), Op: Is, Want: "2"},
			{Shows: "the process does not end before the deferred calls have returned", Measure: Observed("defer-blocks-forever", "exit"), Op: Is, Want: "hang"},
		},
		Scenarios: []string{"panic-string", "panic-in-goroutine", "defer-blocks-forever"},
	},
	{
		ID: "A3-8-b", Where: "A3 ch.8",
		Says: "_panic has argp, arg, link, recovered, aborted.",
		Literal: []Check{
			{Shows: "argp is a field", Measure: Declared("runtime", "_panic.argp"), Op: Is, Want: "true"},
			{Shows: "arg is a field", Measure: Declared("runtime", "_panic.arg"), Op: Is, Want: "true"},
			{Shows: "link is a field", Measure: Declared("runtime", "_panic.link"), Op: Is, Want: "true"},
			{Shows: "recovered is a field", Measure: Declared("runtime", "_panic.recovered"), Op: Is, Want: "true"},
			{Shows: "aborted is a field", Measure: Declared("runtime", "_panic.aborted"), Op: Is, Want: "true"},
		},
		Instead: "Go 1.21 has all five. aborted is gone since Go 1.22 and argp since Go 1.26; arg, link and recovered are there on every release. New ones say which frame is being unwound (startPC, startSP, sp, fp, retpc).",
	},
	{
		ID: "A3-8-c", Where: "A3 ch.8",
		Says: "_defer has started and _panic.",
		Literal: []Check{
			{Shows: "started is a field", Measure: Declared("runtime", "_defer.started"), Op: Is, Want: "true"},
			{Shows: "_panic is a field", Measure: Declared("runtime", "_defer._panic"), Op: Is, Want: "true"},
		},
		Instead: "Only up to Go 1.21. Since Go 1.22 a deferred call is taken off its list before it runs, so that there is no state to keep in it.",
	},
	{
		ID: "A3-8-d", Where: "A3 ch.8",
		Says: "recover in another goroutine's defer has no effect.",
		Literal: []Check{
			{Shows: "a recover deferred by a goroutine that runs during the panic gets nothing", Measure: Probed("recover-reach", "other_goroutine"), Op: Is, Want: "nil"},
			{Shows: "and the panic is still there for the caller's", Measure: Probed("recover-reach", "caller"), Op: Is, Want: "the value"},
			{Shows: "a guard of the creator does not stop it", Measure: Observed("panic-in-goroutine", "recovered"), Op: Is, Want: "false"},
		},
		Scenarios: []string{"panic-in-goroutine"},
	},
}

// The programs that are compiled, or run.
const (
	plainPanic = `package main

import "os"

func main() {
	if len(os.Args) > 1 {
		panic(os.Args[1])
	}
}
`
	simpleDefer = `package main

import "os"

func main() {
	name := os.TempDir()
	defer func() { println("done with", name) }()
	os.Remove(name + "/none")
}
`
	nineDefers = `package main

import "os"

func main() {
	name := os.TempDir()
	defer func() { println(1, name) }()
	defer func() { println(2, name) }()
	defer func() { println(3, name) }()
	defer func() { println(4, name) }()
	defer func() { println(5, name) }()
	defer func() { println(6, name) }()
	defer func() { println(7, name) }()
	defer func() { println(8, name) }()
	defer func() { println(9, name) }()
	os.Remove(name + "/none")
}
`
	childPanic = `package main

func main() {
	go func() { panic("price feed lost") }()
	select {}
}
`
)
