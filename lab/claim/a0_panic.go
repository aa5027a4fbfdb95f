package claim

// Chapter 1 and sections 2.1 to 2.5 of article A0: what recover does, and the
// machinery behind it that the article believes in. Much of that is names, so the
// checks ask the toolchain's source for the declaration, and the running program
// for the variable or the field.

var a0Panic = []Claim{
	{
		ID: "A0-1-a", Where: "A0 ch.1",
		Says: "Index out of range, nil dereference and sending on a closed channel raise an ordinary panic.",
		Literal: []Check{
			{Shows: "a deferred recover stops an index out of range", Measure: Observed("index-out-of-range", "recovered"), Op: Is, Want: "true"},
			{Shows: "unrecovered, it ends the process with a panic", Measure: Observed("index-out-of-range", "headline"), Op: Matches, Want: `^panic: runtime error: index out of range`},
			{Shows: "a deferred recover stops a nil dereference", Measure: Observed("nil-deref", "recovered"), Op: Is, Want: "true"},
			{Shows: "unrecovered, it ends the process with a panic", Measure: Observed("nil-deref", "headline"), Op: Matches, Want: `^panic: runtime error: invalid memory address`},
			{Shows: "a deferred recover stops a send on a closed channel", Measure: Observed("send-closed-chan", "recovered"), Op: Is, Want: "true"},
			{Shows: "unrecovered, it ends the process with a panic", Measure: Observed("send-closed-chan", "headline"), Op: Is, Want: "panic: send on closed channel"},
		},
		Scenarios: []string{"index-out-of-range", "nil-deref", "send-closed-chan"},
	},
	{
		ID: "A0-1-b", Where: "A0 ch.1",
		Says: "A panic stops the current goroutine and unwinds it, running its deferred calls.",
		Literal: []Check{
			{Shows: "the function that panics does not return", Measure: Observed("panic-string", "returned"), Op: Is, Want: "false"},
			{Shows: "a deferred call further up runs, though nobody recovers", Measure: Observed("panic-string", "deferred"), Op: Is, Want: "true"},
			{Shows: "deferred calls of all frames run from the innermost to the outermost, and no code behind the call", Measure: Probed("unwinding", "order"), Op: Is, Want: "inner 2, inner 1, middle, outer"},
		},
		Scenarios: []string{"panic-string"},
	},
	{
		ID: "A0-1-c", Where: "A0 ch.1",
		Says: "Panics do not propagate across goroutines; that isolation protects the rest of the program.",
		Literal: []Check{
			{Shows: "a deferred recover in the goroutine that started it does not see the panic", Measure: Observed("panic-in-goroutine", "recovered"), Op: Is, Want: "false"},
		},
		Implied: []Check{
			{Shows: "the program goes on when another goroutine panics", Measure: Observed("panic-in-goroutine", "exit"), Op: Is, Want: "0"},
		},
		Instead:   "A panic does not reach the goroutine that started the one that panics, and therefore nobody else can stop it: it ends the whole process with status 2. It is a lack of protection; each goroutine needs a deferred recover of its own.",
		Scenarios: []string{"panic-in-goroutine", "panic-in-goroutine-own-recover"},
	},
	{
		ID: "A0-1-d", Where: "A0 ch.1",
		Says: "recover works only when called in a deferred function of the panicking goroutine.",
		Literal: []Check{
			{Shows: "called by the deferred function it returns the value", Measure: Probed("recover-places", "deferred_function"), Op: Is, Want: "caught"},
			{Shows: "called in plain code it does nothing", Measure: Probed("recover-places", "plain_code"), Op: Is, Want: "nil"},
			{Shows: "called in a deferred function of another goroutine it does nothing", Measure: Probed("recover-places", "other_goroutine"), Op: Is, Want: "nil"},
			{Shows: "called by a helper of the deferred function it does nothing", Measure: Probed("recover-places", "helper"), Op: Is, Want: "nil"},
			{Shows: "nor when helper and deferred function are small and the deferred call has an argument", Measure: Probed("recover-places", "inlined_helper"), Op: Is, Want: "nil"},
		},
		Instead:   "recover has to be called by the deferred function itself; in a helper of it, it returns nil. Go 1.22 to 1.25 had a bug: where deferred call and helper are inlined and the call has an argument, a helper's recover works too. Guards that live on it are dead from 1.26 on, as they were on 1.21.",
		Scenarios: []string{"recover-not-deferred", "recover-in-helper", "panic-in-goroutine"},
	},
	{
		ID: "A0-1-e", Where: "A0 ch.1",
		Says: "safeDivide: panic in the body is turned into ok=false by the deferred recover.",
		Literal: []Check{
			{Shows: "a division by zero gives 0 and ok=false", Measure: Probed("safe-divide", "1/0"), Op: Is, Want: "0 false"},
			{Shows: "another division gives its quotient and ok=true", Measure: Probed("safe-divide", "6/3"), Op: Is, Want: "2 true"},
		},
		Scenarios: []string{"div-zero"},
	},
	{
		ID: "A0-1-f", Where: "A0 ch.1",
		Says: "After one deferred call recovered, the remaining deferred calls still run.",
		Literal: []Check{
			{Shows: "those deferred before it run after it", Measure: Probed("unwinding", "order_with_recover"), Op: Is, Want: "fourth, recovered stop, second, first"},
		},
	},
	{
		ID: "A0-1-g", Where: "A0 ch.1",
		Says: "Unwinding one goroutine does not stop or preempt the others.",
		Literal: []Check{
			{Shows: "a deferred call of a panicking goroutine gets a hundred answers from another one, on one processor", Measure: Probed("others-run", "answers_while_unwinding"), Op: Is, Want: "100"},
			{Shows: "while a slow deferred call runs, main goes on, and may even end the process", Measure: Observed("main-returns-first", "exit"), Op: Is, Want: "0"},
		},
		Scenarios: []string{"main-returns-first"},
	},
	{
		ID: "A0-1-h", Where: "A0 ch.1",
		Says: "recover only ever yields non-nil values.",
		Literal: []Check{
			{Shows: "recover returns a value after panic(nil)", Measure: Observed("panic-nil", "recovered_value"), Op: IsNot, Want: "<nil>"},
		},
		Variants: []Variant{{GoLine: "1.20"}, {Env: "GODEBUG=panicnil=1"}},
		Instead:  "With a go line of 1.21 or later, panic(nil) raises a *runtime.PanicNilError, so a recovered value is never nil. With go 1.20 in go.mod, or GODEBUG=panicnil=1, recover stops a panic(nil) and returns nil, as if nothing had happened. Without a panic it returns nil anyway.",
		Scenarios: []string{
			"panic-nil", "panic-nil-panicnil1",
		},
	},
	{
		ID: "A0-1-i", Where: "A0 ch.1",
		Says: "recover with no active panic returns nil without side effects.",
		Literal: []Check{
			{Shows: "in plain code it returns nil", Measure: Probed("recover-idle", "plain"), Op: Is, Want: "<nil>"},
			{Shows: "in a deferred call it returns nil", Measure: Probed("recover-idle", "deferred"), Op: Is, Want: "<nil>"},
			{Shows: "a panic that follows is caught as ever", Measure: Probed("recover-idle", "panic_afterwards"), Op: Is, Want: "stop"},
			{Shows: "it allocates nothing", Measure: Probed("recover-idle", "allocations"), Op: Is, Want: "0"},
		},
	},
	{
		ID: "A0-1-j", Where: "A0 ch.1",
		Says: "panic/recover costs nothing unless a panic happens.",
		Literal: []Check{
			{Shows: "a call takes no longer for a deferred recover (20 % allowed)", Measure: Probed("guard-cost", "guarded_costs_more"), Op: Is, Want: "false"},
			{Shows: "the compiler inlines a small function that has one", Measure: Tool("build -gcflags=-m .", "output", costCode), Op: Matches, Want: `(?m)can inline guarded$`},
		},
		Implied: []Check{
			{Shows: "a panic that is recovered takes more than five times as long", Measure: Probed("guard-cost", "panic_costs_more"), Op: Is, Want: "true"},
		},
		Instead: "It costs little, not nothing: a function with a deferred recover cannot be inlined, and each call sets up the deferred call and runs it: on an idle machine, two to three times a plain call of a nanosecond or two. It allocates nothing. A panic that is recovered takes some fifty times that.",
	},
	{
		ID: "A0-1-k", Where: "A0 title",
		Says: "\"defer + recover cannot catch panic\": goroutine and main-goroutine panics differ.",
		Literal: []Check{
			{Shows: "in the main goroutine a deferred recover does not stop a panic", Measure: Observed("panic-string", "recovered"), Op: Is, Want: "false"},
			{Shows: "in another goroutine its own deferred recover does not stop a panic", Measure: Observed("panic-in-goroutine-own-recover", "exit"), Op: IsNot, Want: "0"},
		},
		Instead:   "A deferred recover in the same goroutine stops a panic, in the main goroutine and in every other alike. What it never stops is a panic of another goroutine, or a fatal error of the runtime.",
		Scenarios: []string{"panic-string", "panic-in-goroutine-own-recover", "panic-in-goroutine"},
	},
	{
		ID: "A0-2.1-a", Where: "A0 2.1",
		Says: "runtime has var panicking uint32 in panic.go.",
		Literal: []Check{
			{Shows: "panic.go has a variable panicking, an unsigned number of 32 bits", Measure: Source("runtime/panic.go", "panicking", `^panicking\s+(atomic\.)?[Uu]int32$`), Op: Is, Want: "true"},
			{Shows: "a running program has it", Measure: Probed("panicking-flag", "idle"), Op: Is, Want: "0"},
		},
		Implied: []Check{
			{Shows: "its type is plain uint32", Measure: Source("runtime/panic.go", "panicking", `^panicking\s+uint32$`), Op: Is, Want: "true"},
			{Shows: "it says that a panic is on its way", Measure: Probed("panicking-flag", "in_deferred_call"), Op: Is, Want: "1"},
		},
		Instead: "There is a variable of that name, of type atomic.Uint32, and no flag of a panic: it is 0 while the deferred calls of one run. It counts the threads that are dying right now. startpanic_m raises it when nothing has recovered and the traceback is about to be printed.",
	},
	{
		ID: "A0-2.1-b", Where: "A0 2.1",
		Says: "gopanic stores panicking=1 as its first action.",
		Literal: []Check{
			{Shows: "gopanic touches panicking", Measure: Source("runtime/panic.go", "gopanic", `\bpanicking\b`), Op: Is, Want: "true"},
			{Shows: "in a deferred call of a panic, runtime.panicking is 1", Measure: Probed("panicking-flag", "in_deferred_call"), Op: Is, Want: "1"},
		},
		Instead: "gopanic begins with the value (a nil becomes a PanicNilError) and with checks that a panic is allowed here; it never touches panicking. Read from a running program, the variable is 0 while the deferred calls of a panic run.",
	},
	{
		ID: "A0-2.1-c", Where: "A0 2.1",
		Says: "It must be uint32 because atomics cannot operate on bool.",
		Literal: []Check{
			{Shows: "sync/atomic has no boolean", Measure: Declared("sync/atomic", "Bool"), Op: Is, Want: "false"},
			{Shows: "a program that stores to an atomic boolean does not compile", Measure: Compiled(atomicBoolCode), Op: IsNot, Want: "ok"},
			{Shows: "panicking takes nothing but 0 and 1", Measure: Source("runtime/panic.go", "", `panicking\.Add\(`), Op: Is, Want: "false"},
		},
		Instead: "sync/atomic has a Bool since Go 1.19, and the runtime has one of its own. panicking is a number because it counts: several threads may die at the same time, each adds 1, and the last one to finish printing ends the process.",
	},
	{
		ID: "A0-2.1-d", Where: "A0 2.1",
		Says: "_panic is heap allocated with malloc in gopanic.",
		Literal: []Check{
			{Shows: "gopanic makes the record on the heap", Measure: Source("runtime/panic.go", "gopanic", `new\(_panic\)|&_panic\{|mallocgc|newobject`), Op: Is, Want: "true"},
			{Shows: "a panic that is recovered allocates", Measure: Probed("guard-cost", "allocations_of_panic"), Op: AtLeast, Want: "1"},
		},
		Instead: "The record is a local variable of gopanic (\"var p _panic\") and lives on the stack. A panic of a constant string, recovered, allocates nothing at all.",
	},
	{
		ID: "A0-2.1-e", Where: "A0 2.1",
		Says: "The new _panic is pushed at the head of the goroutine's _panic list.",
		Literal: []Check{
			{Shows: "g has a field _panic", Measure: Declared("runtime", "g._panic"), Op: Is, Want: "true"},
			{Shows: "the record's link is the goroutine's last record, and then it takes its place", Measure: Source("runtime/panic.go", "", `p\.link = gp\._panic\n\s*gp\._panic = `), Op: Is, Want: "true"},
			{Shows: "a panic raised by a deferred call is printed below the one before", Measure: Observed("nested-panic-in-defer", "stderr"), Op: Matches, Want: `(?m)^panic: .*\n\tpanic: `},
		},
		Scenarios: []string{"nested-panic-in-defer"},
	},
	{
		ID: "A0-2.1-f", Where: "A0 2.1",
		Says: "gorecover tests panicking==1 as well as gp._panic.",
		Literal: []Check{
			{Shows: "gorecover looks at gp._panic", Measure: Source("runtime/panic.go", "gorecover", `gp\._panic`), Op: Is, Want: "true"},
			{Shows: "gorecover looks at panicking", Measure: Source("runtime/panic.go", "gorecover", `\bpanicking\b`), Op: Is, Want: "true"},
		},
		Instead: "gorecover looks at the goroutine's newest panic record only: whether there is one, whether it was recovered already, and whether its caller is the deferred function. While it works, runtime.panicking is 0.",
	},
	{
		ID: "A0-2.1-g", Where: "A0 2.1",
		Says: "panicking goes back to 0 once the deferred calls are done.",
		Literal: []Check{
			{Shows: "it is 1 while deferred calls run", Measure: Probed("panicking-flag", "in_deferred_call"), Op: Is, Want: "1"},
			{Shows: "it is 0 after the recover", Measure: Probed("panicking-flag", "after_recover"), Op: Is, Want: "0"},
		},
		Instead: "It is 0 before, while and after deferred calls run, as nothing on that way touches it. It rises when an unrecovered panic is about to be printed, and the thread that brings it back to 0 then ends the process.",
	},
	{
		ID: "A0-2.2-a", Where: "A0 2.2",
		Says: "Each g has a panicking field, at offset 0x140 in Go 1.22 amd64.",
		Literal: []Check{
			{Shows: "the source of g has the field", Measure: Declared("runtime", "g.panicking"), Op: Is, Want: "true"},
			{Shows: "the debug information of a program has it", Measure: Probed("g-fields", "has_panicking"), Op: Is, Want: "true"},
			{Shows: "it is at 0x140", Measure: Probed("g-fields", "field_at_0x140"), Op: Is, Want: "panicking", Min: 22, Max: 22},
		},
		Instead: "g has no such field. What it has of panics are _panic, the list of its records, _defer, and paniconfault. At offset 0x140 of Go 1.22 on amd64 stands cgoCtxt.",
	},
	{
		ID: "A0-2.2-b", Where: "A0 2.2",
		Says: "User code can call getg().",
		Literal: []Check{
			{Shows: "a program that calls getg compiles", Measure: Compiled(getgCode), Op: Is, Want: "ok"},
			{Shows: "a program that pulls it in with go:linkname links", Measure: Compiled(getgLinknameCode), Op: Is, Want: "ok"},
		},
		Instead: "getg is known to the compiler in package runtime only, and there is no function behind it that one could link to: \"undefined\" in plain code, \"relocation target runtime.getg not defined\" with go:linkname.",
	},
	{
		ID: "A0-2.2-c", Where: "A0 2.2",
		Says: "Writing 2 into the flag makes gopanic skip the recover check.",
		Literal: []Check{
			{Shows: "with 2 in runtime.panicking, a deferred recover gets nothing", Measure: Probed("panicking-flag", "recovered_at_2"), Op: IsNot, Want: "stop"},
			{Shows: "gopanic compares panicking with something", Measure: Source("runtime/panic.go", "gopanic", `\bpanicking\b`), Op: Is, Want: "true"},
		},
		Instead: "With 2 in runtime.panicking, a panic is recovered as ever: neither gopanic nor gorecover reads the variable.",
	},
	{
		ID: "A0-2.2-d", Where: "A0 2.2",
		Says: "GODEBUG=gctrace=1 interacts with panic handling (flush order, hook).",
		Literal: []Check{
			{Shows: "the source of panics knows gctrace", Measure: Source("runtime/panic.go", "", `gctrace`), Op: Is, Want: "true"},
			{Shows: "with gctrace=1 a deferred recover does not stop a panic", Measure: Observed("send-closed-chan", "recovered"), Op: Is, Want: "false", Under: Variant{Env: "GODEBUG=gctrace=1"}},
			{Shows: "with gctrace=1 something else is printed of it", Measure: Observed("send-closed-chan", "headline"), Op: IsNot, Want: "panic: send on closed channel", Under: Variant{Env: "GODEBUG=gctrace=1"}},
		},
		Instead:   "gctrace prints a line for each garbage collection, from the collector. The code of panics does not know it: with gctrace=1 the same panic is recovered, or printed, as without.",
		Scenarios: []string{"send-closed-chan"},
	},
	{
		ID: "A0-2.3-a", Where: "A0 2.3",
		Says: "Go source accepts asm volatile(\"nop\" ...).",
		Literal: []Check{
			{Shows: "a program with asm volatile compiles", Measure: Compiled("package main\n\nfunc main() {\n\tasm volatile(\"nop\" ::: \"memory\")\n}\n"), Op: Is, Want: "ok"},
			{Shows: "nor is asm a function that one could call", Measure: Compiled("package main\n\nfunc main() {\n\tasm(\"nop\")\n}\n"), Op: Is, Want: "ok"},
		},
		Instead: "asm volatile is C, as gcc knows it; Go's compiler calls it a syntax error. Assembly stands in files of its own (.s), in the syntax of Go's assembler.",
	},
	{
		ID: "A0-2.3-b", Where: "A0 2.3",
		Says: "dlv trace -p PID regexp --follow follows flag reads.",
		Literal: []Check{
			{Shows: "gopanic reads the flag that is to be followed", Measure: Source("runtime/panic.go", "gopanic", `\bpanicking\b`), Op: Is, Want: "true"},
			{Shows: "gorecover reads it", Measure: Source("runtime/panic.go", "gorecover", `\bpanicking\b`), Op: Is, Want: "true"},
			{Shows: "while deferred calls run it has another value than at rest", Measure: Probed("panicking-flag", "in_deferred_call"), Op: IsNot, Want: "0"},
		},
		Instead: "There are no such reads to follow: neither function knows the flag. And dlv trace stops at calls of the functions that match, not at reads of memory; it has --follow-calls DEPTH, and no --follow (source of delve 1.27.2).",
	},
	{
		ID: "A0-2.3-c", Where: "A0 2.3",
		Says: "The code sequence computes a panicActive flag.",
		Literal: []Check{
			{Shows: "the runtime has something called panicActive", Measure: Source("runtime", "", `(?i)\bpanic_?active\b`), Op: Is, Want: "true"},
			{Shows: "gorecover combines a flag with the goroutine's record", Measure: Source("runtime/panic.go", "gorecover", `\bpanicking\b`), Op: Is, Want: "true"},
		},
		Instead: "Nothing of that name is in the runtime, and no flag is combined with anything: that a panic is active means that the goroutine's _panic is not nil.",
	},
	{
		ID: "A0-2.4-a", Where: "A0 2.4",
		Says: "g has a field panicwrap.",
		Literal: []Check{
			{Shows: "the source of g has the field", Measure: Declared("runtime", "g.panicwrap"), Op: Is, Want: "true"},
			{Shows: "the debug information of a program has it", Measure: Probed("g-fields", "has_panicwrap"), Op: Is, Want: "true"},
		},
		Instead: "panicwrap is a function: the one that panics when a method with a value receiver is called through a nil pointer. g has _panic and _defer.",
	},
	{
		ID: "A0-2.4-b", Where: "A0 2.4",
		Says: "newpanic() and addPanicWrap() exist.",
		Literal: []Check{
			{Shows: "the runtime declares newpanic", Measure: Declared("runtime", "newpanic"), Op: Is, Want: "true"},
			{Shows: "the runtime declares addPanicWrap", Measure: Declared("runtime", "addPanicWrap"), Op: Is, Want: "true"},
		},
		Instead: "Neither exists. A panic's record is a local variable of gopanic, so there is nothing to make or to add.",
	},
	{
		ID: "A0-2.4-c", Where: "A0 2.4",
		Says: "Main goroutine's panic record is prepared at start; workers allocate lazily.",
		Literal: []Check{
			{Shows: "what starts the main goroutine touches its panic record", Measure: Source("runtime/proc.go", "main", `_panic\b`), Op: Is, Want: "true"},
			{Shows: "a panic in another goroutine allocates", Measure: Probed("guard-cost", "allocations_of_panic_in_goroutine"), Op: AtLeast, Want: "1"},
		},
		Instead: "No goroutine has a record before it panics, and none allocates one: it is a local variable of gopanic, in the main goroutine and in others alike. Measured: no allocation in either.",
	},
	{
		ID: "A0-2.5-a", Where: "A0 2.5",
		Says: "runtime.Gosched has no effect once a goroutine panics.",
		Literal: []Check{
			{Shows: "called in a deferred call of a panic, on one processor, it lets no other goroutine run", Measure: Probed("gosched-in-panic", "others_ran"), Op: Is, Want: "0"},
		},
		Instead: "It yields as ever: a hundred calls in a deferred call of a panic let a hundred other goroutines run.",
	},
	{
		ID: "A0-2.5-b", Where: "A0 2.5",
		Says: "gopanic contains gp.panicking = 1 and a yield check.",
		Literal: []Check{
			{Shows: "it sets gp.panicking", Measure: Source("runtime/panic.go", "gopanic", `gp\.panicking`), Op: Is, Want: "true"},
			{Shows: "it yields, or looks whether it should", Measure: Source("runtime/panic.go", "gopanic", `(?i)gosched|yield|preempt\b`), Op: Is, Want: "true"},
		},
		Instead: "gopanic does neither; g has no field panicking. It runs deferred calls, and whoever else is to run is up to the scheduler as for any other code.",
	},
	{
		ID: "A0-2.5-c", Where: "A0 2.5",
		Says: "runtime.checkmcount skips panicking goroutines.",
		Literal: []Check{
			{Shows: "there is a function checkmcount", Measure: Declared("runtime", "checkmcount"), Op: Is, Want: "true"},
			{Shows: "it knows panics", Measure: Source("runtime/proc.go", "checkmcount", `\bpanicking\b|_panic\b`), Op: Is, Want: "true"},
			{Shows: "it looks at goroutines", Measure: Source("runtime/proc.go", "checkmcount", `\bgp\b|allgs|_Grun`), Op: Is, Want: "true"},
		},
		Instead:   "checkmcount compares the number of threads with the limit of debug.SetMaxThreads, and dies with \"thread exhaustion\" beyond it. Goroutines, panicking or not, are none of its business.",
		Scenarios: []string{"setmaxthreads"},
	},
	{
		ID: "A0-2.5-d", Where: "A0 2.5",
		Says: "Status _Gpanic exists.",
		Literal: []Check{
			{Shows: "the runtime declares _Gpanic", Measure: Declared("runtime", "_Gpanic"), Op: Is, Want: "true"},
			{Shows: "the status of goroutines in tracebacks can be that of a panic", Measure: Source("runtime/traceback.go", "gStatusStrings", `(?i)panic`), Op: Is, Want: "true"},
		},
		Instead: "A goroutine that panics is _Grunning as before, and its traceback says \"running\". The statuses are _Gidle, _Grunnable, _Grunning, _Gsyscall, _Gwaiting, _Gdead, _Gcopystack and _Gpreempted, since Go 1.26 _Gleaked and _Gdeadextra, and _Gscan with them.",
	},
	{
		ID: "A0-2.5-e", Where: "A0 2.5",
		Says: "schedule() bypasses goroutines that are panicking.",
		Literal: []Check{
			{Shows: "schedule knows panics", Measure: Source("runtime/proc.go", "schedule", `\bpanicking\b|_panic\b`), Op: Is, Want: "true"},
			{Shows: "a panicking goroutine that yields does not run again", Measure: Probed("gosched-in-panic", "resumed"), Op: Is, Want: "0"},
		},
		Instead: "The scheduler does not know whether a goroutine panics. One that yields in a deferred call is taken up again each of a hundred times.",
	},
}

// costCode has a small function with a deferred recover, and the same without.
const costCode = `package main

func plain(n int) int { return n + 1 }

func guarded(n int) int {
	defer func() { _ = recover() }()
	return n + 1
}

func main() { println(plain(1), guarded(1)) }
`

const atomicBoolCode = `package main

import "sync/atomic"

func main() {
	var panicking atomic.Bool
	panicking.Store(true)
	println(panicking.Load())
}
`

const getgCode = `package main

func main() {
	println(getg())
}
`

// An assembly file, though empty, lets a function have no body.
const getgLinknameCode = `-- main.go --
package main

import _ "unsafe"

//go:linkname getg runtime.getg
func getg() uintptr

func main() {
	println(getg())
}
-- empty.s --
`
