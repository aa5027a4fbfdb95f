package claim

// Chapters 1 to 2.3 of article A1: a hook for panics that Go 1.22 is said to have.
// There is none, so the checks ask for the name, and let programs do what the hook
// is said to change.

// Programs that use the hook. But for that line they compile.
const (
	usesPanicHandler = `package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

func main() {
	debug.SetPanicOnFault(false)
	fmt.Println(runtime.PanicHandler)
}
`
	usesSetPanicHandler = `package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

func main() {
	debug.SetPanicOnFault(false)
	runtime.SetPanicHandler(func(v any) { fmt.Println(v) })
}
`
	guardedWorker = `package main

import "fmt"

func main() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { fmt.Println("recovered:", recover()) }()
		panic("boom")
	}()
	<-done
	fmt.Println("main goes on")
}
`
)

// hookNames matches the declaration of a function that registers something for
// panics. debug.SetPanicOnFault is none.
const hookNames = `(?i)func (Set|On|Register|Add|Handle|Notify)Panic(Handler|Hook|Func|Callback)?s?\(`

var a1Handler = []Claim{
	{
		ID: "A1-1-a", Where: "A1 ch.1",
		Says: "Go 1.22 introduced runtime.PanicHandler.",
		Literal: []Check{
			{Shows: "package runtime declares PanicHandler", Measure: Declared("runtime", "PanicHandler"), Op: Is, Want: "true", Min: 22},
			{Shows: "a program that names it compiles", Measure: Compiled(usesPanicHandler), Op: Is, Want: "ok", Min: 22},
		},
		Instead: "No release has it: \"undefined: runtime.PanicHandler\". What changed near it: *runtime.PanicNilError came with Go 1.21, debug.SetCrashOutput with Go 1.23; neither is called when something panics.",
	},
	{
		ID: "A1-1-b", Where: "A1 ch.1",
		Says: "GODEBUG=panicnil=1 enables the new handler.",
		Literal: []Check{
			{Shows: "there is a handler to enable", Measure: Declared("runtime", "PanicHandler"), Op: Is, Want: "true"},
			{Shows: "with panicnil=1 an unrecovered panic ends in another way than status 2", Measure: Observed("panic-string", "exit"), Op: IsNot, Want: "2", Under: Variant{Env: "GODEBUG=panicnil=1"}},
			{Shows: "with panicnil=1 a panic is printed in another way", Measure: Observed("panic-string", "headline"), Op: IsNot, Want: "panic: price list is empty", Under: Variant{Env: "GODEBUG=panicnil=1"}},
		},
		Instead:   "panicnil=1 concerns panic(nil) alone: recover returns nil for it again, as before Go 1.21. Every other panic is as it was, and there is no handler.",
		Scenarios: []string{"panic-nil", "panic-nil-panicnil1", "panic-string"},
	},
	{
		ID: "A1-1-c", Where: "A1 ch.1",
		Says: "From 1.22, without a handler the goroutine dies and its defers are skipped, recover never catches.",
		Literal: []Check{
			{Shows: "a deferred recover does not stop a panic", Measure: Observed("panic-string", "recovered"), Op: Is, Want: "false", Min: 22},
			{Shows: "a deferred call of a panicking goroutine does not run", Measure: Observed("panic-string", "deferred"), Op: Is, Want: "false", Min: 22},
			{Shows: "the process outlives an unrecovered panic of another goroutine", Measure: Observed("panic-in-goroutine", "exit"), Op: Is, Want: "0", Min: 22},
		},
		Instead:   "On every release deferred calls run and a deferred recover of the same goroutine stops a panic. Without one not the goroutine dies but the process, with status 2.",
		Scenarios: []string{"panic-string", "panic-in-goroutine", "panic-in-goroutine-own-recover"},
	},
	{
		ID: "A1-1-d", Where: "A1 ch.1",
		Says: "The minimal verification program reproduces the failure.",
		Literal: []Check{
			{Shows: "a worker that panics under its own deferred recover is not recovered", Measure: Tool("run .", "output", guardedWorker), Op: Lacks, Want: `recovered: boom`},
			{Shows: "and its program does not go on", Measure: Tool("run .", "output", guardedWorker), Op: Lacks, Want: `main goes on`},
		},
		Instead:   "A goroutine that panics under a deferred recover of its own prints \"recovered: boom\" and the program goes on, on each release.",
		Scenarios: []string{"panic-in-goroutine-own-recover"},
	},
	{
		ID: "A1-1-e", Where: "A1 ch.1",
		Says: "HTTP recovery middleware stops working in 1.22.",
		Literal: []Check{
			{Shows: "the middleware does not get the panic of the handler", Measure: Probed("http-recovery", "wrapper_caught"), Op: IsNot, Want: "boom", Min: 22},
			{Shows: "the client does not get its 500", Measure: Probed("http-recovery", "wrapped_handler"), Op: IsNot, Want: "500", Min: 22},
		},
		Instead: "A recover around the handler gets the panic and the client gets its 500, on 1.21 and on all later releases alike.",
	},
	{
		ID: "A1-1-f", Where: "A1 ch.1",
		Says: "A worker without handler exits silently while the pool continues.",
		Literal: []Check{
			{Shows: "the program goes on when another goroutine panics", Measure: Observed("panic-in-goroutine", "exit"), Op: Is, Want: "0"},
			{Shows: "nothing is printed", Measure: Observed("panic-in-goroutine", "stderr_traceback"), Op: Is, Want: "false"},
		},
		Instead:   "A worker that panics without a recover ends the whole process with status 2 and a traceback: loudly, and with the pool.",
		Scenarios: []string{"panic-in-goroutine"},
	},
	{
		ID: "A1-1-g", Where: "A1 ch.1",
		Says: "GODEBUG=panicnil=0 restores the old behaviour.",
		Literal: []Check{
			{Shows: "with panicnil=0 recover returns nil for panic(nil), as it did before Go 1.21", Measure: Observed("panic-nil", "recovered_value"), Op: Is, Want: "<nil>", Under: Variant{Env: "GODEBUG=panicnil=0"}},
			{Shows: "it changes something", Measure: Observed("panic-nil", "recovered_value"), Op: Lacks, Want: "PanicNilError", Under: Variant{Env: "GODEBUG=panicnil=0"}},
		},
		Instead:   "0 is the new behaviour, and the default: panic(nil) becomes a *runtime.PanicNilError. The old one is restored by panicnil=1, or by a go line below 1.21.",
		Scenarios: []string{"panic-nil", "panic-nil-panicnil1"},
	},
	{
		ID: "A1-1-h", Where: "A1 ch.1",
		Says: "Stack overflow and memory corruption are dispatched to the handler.",
		Literal: []Check{
			{Shows: "there is a handler", Measure: Declared("runtime", "PanicHandler"), Op: Is, Want: "true"},
			{Shows: "a stack overflow runs deferred calls", Measure: Observed("stack-overflow-setmaxstack", "deferred"), Op: Is, Want: "true"},
			{Shows: "a heap that is corrupt runs deferred calls", Measure: Observed("bad-heap-pointer", "deferred"), Op: Is, Want: "true"},
		},
		Instead:   "Both are fatal errors of the runtime: no deferred call runs, no recover stops them, and nobody is asked. All that a program can do is to duplicate the text (debug.SetCrashOutput, Go 1.23), or to be watched from outside.",
		Scenarios: []string{"stack-overflow-setmaxstack", "bad-heap-pointer"},
	},
	{
		ID: "A1-2.1-a", Where: "A1 2.1",
		Says: "A panic propagates only inside its goroutine (<= 1.21).",
		Literal: []Check{
			{Shows: "a deferred recover of the goroutine that started it gets nothing", Measure: Observed("panic-in-goroutine", "recovered"), Op: Is, Want: "false"},
			{Shows: "nor does one of any other goroutine", Measure: Probed("recover-places", "other_goroutine"), Op: Is, Want: "nil"},
			{Shows: "one of its own goroutine stops it", Measure: Observed("panic-in-goroutine-own-recover", "exit"), Op: Is, Want: "0"},
		},
		Instead:   "The same holds after 1.21. Only the unwinding stays inside: where nobody recovers, the process ends.",
		Scenarios: []string{"panic-in-goroutine", "panic-in-goroutine-own-recover"},
	},
	{
		ID: "A1-2.1-b", Where: "A1 2.1",
		Says: "A child panic prints to stderr and does not interrupt other goroutines.",
		Literal: []Check{
			{Shows: "standard error gets the panic", Measure: Observed("panic-in-goroutine", "stderr"), Op: Matches, Want: `(?m)^panic: `},
			{Shows: "the main goroutine goes on", Measure: Observed("panic-in-goroutine", "exit"), Op: Is, Want: "0"},
		},
		Instead:   "It prints to standard error, and then the process exits with status 2: all other goroutines are gone, without their deferred calls.",
		Scenarios: []string{"panic-in-goroutine"},
	},
	{
		ID: "A1-2.1-c", Where: "A1 2.1",
		Says: "No public panic hook API exists in <= 1.21.",
		Literal: []Check{
			{Shows: "package runtime has no function that registers a hook for panics", Measure: Source("runtime", "", hookNames), Op: Is, Want: "false"},
			{Shows: "nor has runtime/debug", Measure: Source("runtime/debug", "", hookNames), Op: Is, Want: "false"},
			{Shows: "though it has a function that changes what panics", Measure: Declared("runtime/debug", "SetPanicOnFault"), Op: Is, Want: "true"},
			{Shows: "crash output cannot be duplicated either", Measure: Declared("runtime/debug", "SetCrashOutput"), Op: Is, Want: "false", Max: 21},
		},
		Instead: "Nor does one exist in any later release, up to 1.27. The nearest thing is debug.SetCrashOutput (Go 1.23): a file that gets the text of a death, no function that is called.",
	},
	{
		ID: "A1-2.2-a", Where: "A1 2.2",
		Says: "SetPanicHandler: last registration wins, runs on the panicking goroutine, recover in it crashes.",
		Literal: []Check{
			{Shows: "package runtime declares SetPanicHandler", Measure: Declared("runtime", "SetPanicHandler"), Op: Is, Want: "true"},
			{Shows: "or something that registers a hook for panics", Measure: Source("runtime", "", hookNames), Op: Is, Want: "true"},
			{Shows: "a program that registers one compiles", Measure: Compiled(usesSetPanicHandler), Op: Is, Want: "ok"},
		},
		Instead: "There is no such function (\"undefined: runtime.SetPanicHandler\"), so none of its rules. What runs on the panicking goroutine are deferred calls, and recover belongs there.",
	},
	{
		ID: "A1-2.2-b", Where: "A1 2.2",
		Says: "Only explicit panic() reaches it, not runtime errors.",
		Literal: []Check{
			{Shows: "there is a handler", Measure: Declared("runtime", "SetPanicHandler"), Op: Is, Want: "true"},
			{Shows: "what the code of panics hands out differs for a runtime error", Measure: Observed("index-out-of-range", "recovered"), Op: Is, Want: "false"},
		},
		Instead:   "There is no handler. What there is, a deferred recover, gets both: an explicit panic and a runtime error go the same way through gopanic, and a type switch on runtime.Error tells them apart.",
		Scenarios: []string{"panic-string", "index-out-of-range"},
	},
	{
		ID: "A1-2.3-a", Where: "A1 2.3",
		Says: "Preemption inside deferproc leaves a dangling defer, so recover returns nil.",
		Literal: []Check{
			{Shows: "a goroutine can be preempted inside the runtime's own functions", Measure: Source("runtime/preempt.go", "isAsyncSafePoint", `"runtime\."`), Op: Is, Want: "false"},
			{Shows: "the world is stopped 500 times", Measure: Probed("defer-under-stops", "at_least_500_stops"), Op: Is, Want: "true"},
			{Shows: "while there are 20,000 panics", Measure: Probed("defer-under-stops", "at_least_20000_panics"), Op: Is, Want: "true"},
			{Shows: "and one recover returns nil", Measure: Probed("defer-under-stops", "recover_returned_nil"), Op: AtLeast, Want: "1"},
		},
		Instead: "isAsyncSafePoint refuses to preempt in functions of the runtime, deferproc among them. Four goroutines that deferred in loops and panicked 20,000 times, while the world was stopped 500 times: recover returned the value each time.",
	},
	{
		ID: "A1-2.3-b", Where: "A1 2.3",
		Says: "Under heavy concurrency the defer chain breaks.",
		Literal: []Check{
			{Shows: "of 100,000 goroutines that panic at once, one runs its deferred calls incompletely or out of order", Measure: Probed("panic-storm", "broken_chains"), Op: AtLeast, Want: "1"},
		},
		Instead: "Each goroutine has a chain of its own, and concurrency does not reach it: 100,000 goroutines that panicked at once ran all their deferred calls in order.",
	},
}
