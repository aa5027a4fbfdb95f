package claim

// Sections 3.1 to 4.4 and chapter 5 of article A0: the machinery of defer, and what
// the article recommends to build on it. Where a mechanism is claimed that has no
// name of its own, a probe provokes what it would do: it overwrites the runtime's
// own records, or registers deferred calls in a storm of signals.

var a0Defer = []Claim{
	{
		ID: "A0-3.1-a", Where: "A0 3.1",
		Says: "deferreturn stops when _defer.siz == 0.",
		Literal: []Check{
			{Shows: "a _defer has the field", Measure: Declared("runtime", "_defer.siz"), Op: Is, Want: "true"},
			{Shows: "deferreturn looks at it", Measure: Source(panicGo, "deferreturn", `\bsiz\b`), Op: Is, Want: "true"},
			{Shows: "deferred functions without arguments, for which it would be 0, do not run", Measure: Probed("defer-stop", "no_arguments"), Op: Is, Want: "0"},
		},
		Instead: "A _defer has no size of arguments: the compiler wraps every deferred call into a func() without any. deferreturn ends when the frame it was called from has no deferred call left.",
	},
	{
		ID: "A0-3.1-b", Where: "A0 3.1",
		Says: "deferreturn stops when fn == nil.",
		Literal: []Check{
			{Shows: "deferreturn compares fn with nil", Measure: Source(panicGo, "deferreturn", `fn == nil`), Op: Is, Want: "true"},
			{Shows: "a deferred nil function is skipped in silence", Measure: Probed("defer-stop", "nil_function"), Op: Is, Want: "skipped"},
			{Shows: "and those deferred before it do not run", Measure: Probed("defer-stop", "around_nil_function"), Op: Is, Want: "3"},
		},
		Instead:   "A deferred nil function is called like any other, when the function returns, and raises the panic of a nil dereference; the calls deferred before it then run because of that panic.",
		Scenarios: []string{"defer-nil-func"},
	},
	{
		ID: "A0-3.1-c", Where: "A0 3.1",
		Says: "deferreturn stops when sp < _defer.sp.",
		Literal: []Check{
			{Shows: "a function that returns leaves the records of its caller, whose sp is higher, alone", Measure: Probed("defer-stop", "at_the_inner_return"), Op: Is, Want: "inner, inner"},
			{Shows: "they run when the caller returns", Measure: Probed("defer-stop", "at_the_outer_return"), Op: Is, Want: "inner, inner, outer, outer"},
			{Shows: "the runtime compares the two", Measure: Source(panicGo, "", `d\.sp (==|!=|<|>) (uintptr\(p\.)?sp|sp (==|!=|<|>) d\.sp`), Op: Is, Want: "true"},
		},
		Implied: []Check{
			{Shows: "the comparison is one of order", Measure: Source(panicGo, "", `d\.sp > (uintptr\(p\.)?sp|sp < (uintptr\()?d\.sp`), Op: Is, Want: "true"},
		},
		Instead: "It stops at a record of another frame, and a caller's has the higher sp. But nothing is compared by size: the record's sp must equal that of the frame (d.sp != sp ends the loop in Go 1.21, d.sp == uintptr(p.sp) takes a record since 1.22), so a record with a lower sp would stop it just as well.",
	},
	{
		ID: "A0-3.1-d", Where: "A0 3.1",
		Says: "deferreturn is assembly in asm_amd64.s.",
		Literal: []Check{
			{Shows: "asm_amd64.s has the function", Measure: Source("runtime/asm_amd64.s", "", `(?m)^TEXT\s+runtime·deferreturn\(SB\)`), Op: Is, Want: "true"},
			{Shows: "a running program's own table says so", Measure: Probed("defer-runtime", "deferreturn_file"), Op: Is, Want: "asm_amd64.s"},
		},
		Instead: "It is Go, in runtime/panic.go.",
	},
	{
		ID: "A0-3.1-e", Where: "A0 3.1",
		Says: "Deferred calls without arguments are not executed.",
		Literal: []Check{
			{Shows: "of two deferred functions without parameters none runs", Measure: Probed("defer-stop", "no_arguments"), Op: Is, Want: "0"},
		},
		Instead: "They all run: arguments make no difference, since the compiler turns every deferred call into one without.",
	},
	{
		ID: "A0-3.2-a", Where: "A0 3.2",
		Says: "defer records are linked on the goroutine and tied to sp.",
		Literal: []Check{
			{Shows: "a g has the head of the list", Measure: Declared("runtime", "g._defer"), Op: Is, Want: "true"},
			{Shows: "a _defer has the next one", Measure: Declared("runtime", "_defer.link"), Op: Is, Want: "true"},
			{Shows: "and the sp of its frame", Measure: Declared("runtime", "_defer.sp"), Op: Is, Want: "true"},
			{Shows: "deferproc links it in front", Measure: Source(panicGo, "deferproc", `d\.link = gp\._defer\s+gp\._defer = d`), Op: Is, Want: "true"},
			{Shows: "a call whose record gets another sp does not run when its function returns", Measure: Probed("forged-defer", "return_with_other_sp"), Op: Is, Want: "skipped"},
		},
		Instead: "That is so for calls that have a record: those in loops, and those of functions with more than eight. Most deferred calls have none; they are a bit and a slot in their function's frame.",
	},
	{
		ID: "A0-3.2-b", Where: "A0 3.2",
		Says: "Overwriting d.sp makes the runtime skip defers.",
		Literal: []Check{
			{Shows: "a function returns without the call whose d.sp was changed", Measure: Probed("forged-defer", "return_with_other_sp"), Op: Is, Want: "skipped"},
		},
		Instead: "No field of it can be reached by a program in the language; the probe finds it through debug information. When such a function panics, Go 1.21 still makes the call, and dies of a bad stack pointer when it recovers; later releases skip it and die of the panic.",
	},
	{
		ID: "A0-3.2-c", Where: "A0 3.2",
		Says: "gctrace shows defer execution counts.",
		Literal: []Check{
			{Shows: "GODEBUG=gctrace=1 prints a line for each collection", Measure: Probed("gctrace", "prints_collections"), Op: Is, Want: "true"},
			{Shows: "defer is mentioned there, in a program that made a thousand deferred calls", Measure: Probed("gctrace", "mentions_defer"), Op: Is, Want: "true"},
		},
		Instead: "It prints times, heap sizes and processors of each garbage collection, and nothing of defer. No setting of GODEBUG counts deferred calls.",
	},
	{
		ID: "A0-3.2-d", Where: "A0 3.2",
		Says: "The defer chain can be read off the goroutine profile.",
		Literal: []Check{
			{Shows: "the profile has the function that deferred", Measure: Probed("defer-profile", "names_deferring_function"), Op: Is, Want: "true"},
			{Shows: "and the pending deferred function", Measure: Probed("defer-profile", "names_deferred_function"), Op: Is, Want: "true"},
		},
		Instead: "It has the stack of each goroutine: what runs, and not what is still to run. A deferred function shows up there once it is running.",
	},
	{
		ID: "A0-3.3-a", Where: "A0 3.3",
		Says: "Stack growth while defers run leaves dangling defer links.",
		Literal: []Check{
			{Shows: "of 5000 deferred calls some are lost, when the stack grows and is collected while they run", Measure: Probed("defer-growth", "lost"), Op: AtLeast, Want: "1"},
			{Shows: "or run out of order", Measure: Probed("defer-growth", "out_of_order"), Op: AtLeast, Want: "1"},
		},
		Instead: "None is lost, and the order stays. When a stack moves, the runtime adjusts the sp and the links in its records (adjustdefers in runtime/stack.go).",
	},
	{
		ID: "A0-3.3-b", Where: "A0 3.3",
		Says: "getg().dying guards the traversal.",
		Literal: []Check{
			{Shows: "a g has a field dying", Measure: Declared("runtime", "g.dying"), Op: Is, Want: "true"},
			{Shows: "panic.go looks at the g's field", Measure: Source(panicGo, "", `(getg\(\)|\bgp)\.dying`), Op: Is, Want: "true"},
		},
		Instead: "dying is a field of the thread, m. startpanic_m sets it when deferred calls have run and the traceback is about to be printed, so that a crash while printing ends. No traversal of deferred calls looks at it.",
	},
	{
		ID: "A0-4.1-a", Where: "A0 4.1",
		Says: "CALL pushes the return address (SP-8) and jumps.",
		Literal: []Check{
			{Shows: "in the function called, SP is lower by 8", Measure: Probed("call-instruction", "sp_moves_by"), Op: Is, Want: "-8"},
			{Shows: "the word there is an address in the caller", Measure: Probed("call-instruction", "pushes_an_address_in_the_caller"), Op: Is, Want: "true"},
			{Shows: "that of the instruction behind the CALL", Measure: Probed("call-instruction", "behind_the_call"), Op: Is, Want: "true"},
		},
		Instead: "On amd64, where it was measured. arm64 puts the return address into a register.",
	},
	{
		ID: "A0-4.1-b", Where: "A0 4.1",
		Says: "Between CALL and deferproc a defer can be lost to a signal or stack growth.",
		Literal: []Check{
			{Shows: "more than a thousand signals arrive meanwhile", Measure: Probed("defer-lost", "enough_signals"), Op: Is, Want: "true"},
			{Shows: "more than ten thousand deferred calls are registered on growing stacks", Measure: Probed("defer-lost", "enough_calls"), Op: Is, Want: "true"},
			{Shows: "at least one of them is lost", Measure: Probed("defer-lost", "lost"), Op: AtLeast, Want: "1"},
		},
		Instead: "None is lost. A signal handler runs on a stack of its own and goes back to the interrupted instruction, a stack that grows is copied with its return addresses, and a record is linked before the function goes on.",
	},
	{
		ID: "A0-4.2-a", Where: "A0 4.2",
		Says: "Go 1.22 introduced strict frame pointer checks via -d=checkptr.",
		Literal: []Check{
			{Shows: "Go 1.21 does not know the flag", Measure: Tool("build -gcflags=-d=checkptr .", "status", plainPanic), Op: IsNot, Want: "0", Max: 21},
			{Shows: "the compiler knows the flag", Measure: Tool("build -gcflags=-d=checkptr .", "status", plainPanic), Op: Is, Want: "0", Min: 22},
			{Shows: "what it turns on looks at frame pointers", Measure: Source("runtime/checkptr.go", "", `(?i)frame ?pointer|getfp|\bbp\b`), Op: Is, Want: "true"},
		},
		Instead:   "-d=checkptr is older than Go 1.21. It checks conversions and arithmetic of unsafe.Pointer, for alignment and for leaving the allocated object, and no frame pointers.",
		Scenarios: []string{"checkptr-arith", "checkptr-misaligned", "checkptr-straddle"},
	},
	{
		ID: "A0-4.2-b", Where: "A0 4.2",
		Says: "Runtime throws \"invalid stack pointer\".",
		Literal: []Check{
			{Shows: "a text of the runtime has these words", Measure: Source("runtime", "", `"[^"\n]*invalid stack pointer`), Op: Is, Want: "true"},
		},
		Instead: "There is no such text. The nearest is printed when a stack is copied: \"runtime: found invalid frame pointer\", followed by the throw \"bad frame pointer\", if debugging of the copy is compiled in.",
	},
	{
		ID: "A0-4.2-c", Where: "A0 4.2",
		Says: "$GOROOT/pkg/linux_amd64/runtime.a exists for objdump.",
		Literal: []Check{
			{Shows: "a program finds the file", Measure: Tool("run .", "output", runtimeArchive), Op: Matches, Want: `(?m)^there$`},
		},
		Instead: "Since Go 1.20 the standard library is not installed as archives: it is built into the build cache when it is needed. `go list -export -f {{.Export}} runtime` says where; go tool objdump takes an executable as well.",
	},
	{
		ID: "A0-4.2-d", Where: "A0 4.2",
		Says: "deferproc begins with cmpq %rbp,%rsp as a frame check.",
		Literal: []Check{
			{Shows: "the machine code of deferproc in a running program compares the two", Measure: Probed("defer-runtime", "deferproc_begins"), Op: Is, Want: "compares SP with BP"},
		},
		Instead: "It begins like any other Go function: SP is compared with the end of the goroutine's stack (CMPQ SP, 0x10(R14)), in order to grow it.",
	},
	{
		ID: "A0-4.2-e", Where: "A0 4.2",
		Says: "defer in a cgo callback triggers the frame check panic.",
		Literal: []Check{
			{Shows: "a callback from C with a deferred recover ends the process", Measure: Observed("c-callback-recover", "exit"), Op: IsNot, Want: "0"},
			{Shows: "a text says why", Measure: Observed("c-callback-recover", "headline"), Op: IsNot, Want: ""},
		},
		Instead:   "A deferred call works in a callback as anywhere: one that recovers stops a panic there, and C goes on.",
		Scenarios: []string{"c-callback-recover", "c-callback-panic"},
	},
	{
		ID: "A0-4.3-a", Where: "A0 4.3",
		Says: "A forged _defer record makes recover return nil.",
		Literal: []Check{
			{Shows: "recover in the function of a record made by hand returns nil", Measure: Probed("forged-defer", "recover_in_forged_record"), Op: Is, Want: "<nil>"},
			{Shows: "recover in a function whose record has another sp returns nil", Measure: Probed("forged-defer", "recover_with_other_sp"), Op: Is, Want: "<nil>"},
		},
		Instead: "A record made by hand that has the sp of its frame is as good as a real one: its recover gets the value, and the function returns. With a wrong sp the deferred function is not called at all since Go 1.22, so that the panic ends the process; Go 1.21 calls it, recover returns the value, and the process dies on the way back.",
	},
	{
		ID: "A0-4.3-b", Where: "A0 4.3",
		Says: "recover consults stack maps through findRecover / addStackMap.",
		Literal: []Check{
			{Shows: "the runtime has findRecover", Measure: Declared("runtime", "findRecover"), Op: Is, Want: "true"},
			{Shows: "the runtime has addStackMap", Measure: Declared("runtime", "addStackMap"), Op: Is, Want: "true"},
			{Shows: "gorecover speaks of a stack map", Measure: Source(panicGo, "gorecover", `(?i)stack_?map`), Op: Is, Want: "true"},
		},
		Instead: "Neither exists. Stack maps tell the garbage collector where pointers are. gorecover compares the caller's argument pointer with that of the deferred call (up to Go 1.25), or walks up the stack to gopanic (since 1.26).",
	},
	{
		ID: "A0-4.4-a", Where: "A0 4.4",
		Says: "Go 1.22 adds .eh_frame unwind metadata used by the runtime.",
		Literal: []Check{
			{Shows: "an executable has the section", Measure: Probed("defer-runtime", "section.eh_frame"), Op: Is, Want: "true", Min: 22},
			{Shows: "before, it had not", Measure: Probed("defer-runtime", "section.eh_frame"), Op: Is, Want: "false", Max: 21},
			{Shows: "the runtime names it", Measure: Source("runtime", "", `eh_frame`), Op: Is, Want: "true"},
		},
		Instead: "No release has it: the runtime unwinds with its own table, .gopclntab. Only what a C linker adds to a cgo program has .eh_frame, and the Go runtime does not read it.",
	},
	{
		ID: "A0-4.4-b", Where: "A0 4.4",
		Says: "Before 1.22 an outer defer was lost when an inner deferred call panicked.",
		Literal: []Check{
			{Shows: "on Go 1.21 the outer deferred call does not run", Measure: Probed("defer-inner-panic", "outer_ran"), Op: Is, Want: "false", Max: 21},
		},
		Instead:   "On Go 1.21 and on every later release they run: those of the same function, then those of its callers, and a recover there gets the newer panic.",
		Scenarios: []string{"nested-panic-in-defer"},
	},
	{
		ID: "A0-4.4-c", Where: "A0 4.4",
		Says: "Defer call-site recognition rose from 82 % to 99.7 %.",
		Literal: []Check{
			{Shows: "on Go 1.21 82 % of the deferred calls run", Measure: Probed("defer-lost", "percent_run"), Op: Matches, Want: `^8[12]\.`, Max: 21},
			{Shows: "since Go 1.22 99.7 % do", Measure: Probed("defer-lost", "percent_run"), Op: Matches, Want: `^99\.7`, Min: 22},
		},
		Instead: "No release recognises call sites by a rate: deferproc, or the bits in the frame, say exactly which calls are due. In a storm of signals and growing stacks 100.0 % of them ran, on every release.",
	},
	{
		ID: "A0-5-a", Where: "A0 ch.5",
		Says: "runtime.SetPanicHandler catches unhandled panics.",
		Literal: []Check{
			{Shows: "package runtime has it", Measure: Declared("runtime", "SetPanicHandler"), Op: Is, Want: "true"},
			{Shows: "a program that calls it compiles", Measure: Compiled(setPanicHandler), Op: Is, Want: "ok"},
		},
		Instead: "No package of the standard library has such a function. What comes nearest since Go 1.23 is debug.SetCrashOutput: it duplicates the text of a crash into a file, and stops nothing.",
	},
	{
		ID: "A0-5-b", Where: "A0 ch.5",
		Says: "rate(go_panic_total[1h]) > 0.1 is a sensible alert for the described spike.",
		Literal: []Check{
			{Shows: "it fires for a service that panics 6.2 times a minute", Measure: Probed("panic-alert", "fires_at_6.2_a_minute"), Op: Is, Want: "true"},
			{Shows: "it fires for the described 3.2 panics a minute", Measure: Probed("panic-alert", "fires_at_3.2_a_minute"), Op: Is, Want: "true"},
			{Shows: "it fires for 300 panics within a minute", Measure: Probed("panic-alert", "fires_for_300_in_a_minute"), Op: Is, Want: "true"},
		},
		Instead: "rate is by second: 0.1 means more than 360 panics within the hour. Computed as Prometheus does, the spike of the article stays below, and so do 300 panics in one minute. Nor does it see panics counted before the first scrape of a process. Take a shorter window and a count, such as increase(go_panic_total[10m]) > 5, over series that exist at 0 from the start.",
	},
	{
		ID: "A0-5-c", Where: "A0 ch.5",
		Says: "go_panic_total is available from the runtime.",
		Literal: []Check{
			{Shows: "runtime/metrics has a metric of that name", Measure: Probed("panic-metrics", "has_go_panic_total"), Op: Is, Want: "true"},
			{Shows: "or another that counts panics", Measure: Probed("panic-metrics", "counts_panics"), Op: Is, Want: "true"},
		},
		Instead: "The runtime counts no panics. Somebody who sees them has to: a guard those it recovers, a supervisor or a collector those that end the process, since a counter in the process dies with it.",
	},
	{
		ID: "A0-5-d", Where: "A0 ch.5",
		Says: "SIGUSR1 can trigger a planted panic.",
		Literal: []Check{
			{Shows: "a program that asked for it by signal.Notify, and panics then, ends with status 2", Measure: Observed("notify-usr1-drill", "exit"), Op: Is, Want: "2"},
			{Shows: "of that panic", Measure: Observed("notify-usr1-drill", "headline"), Op: Matches, Want: `^panic: `},
		},
		Instead:   "It has to be planted: in a program that did not ask for it, SIGUSR1 does nothing, and a drill that sends it would pass without having tested anything.",
		Scenarios: []string{"notify-usr1-drill", "sig-usr1"},
	},
	{
		ID: "A0-5-e", Where: "A0 ch.5",
		Says: "A deferred recover in main closes the silent-loss gap.",
		Literal: []Check{
			{Shows: "it stops a panic of main's own goroutine", Measure: Observed("panic-string", "recovered"), Op: Is, Want: "true"},
			{Shows: "it stops a panic of another goroutine", Measure: Observed("panic-in-goroutine", "recovered"), Op: Is, Want: "true"},
			{Shows: "it stops a fatal error", Measure: Observed("map-write-write", "recovered"), Op: Is, Want: "true"},
		},
		Instead:   "It sees panics of the main goroutine only. Those of every other goroutine, fatal errors, os.Exit and signals pass it by: each goroutine needs a guard of its own, and the process somebody who watches it from outside.",
		Scenarios: []string{"panic-string", "panic-in-goroutine", "map-write-write"},
	},
	{
		ID: "A0-5-f", Where: "A0 ch.5",
		Says: "Without -gcflags=-l panic stacks lose function names.",
		Literal: []Check{
			{Shows: "the function that panics was inlined", Measure: Probed("inlined-stack", "is_inlined"), Op: Is, Want: "true"},
			{Shows: "its name is not in the stack", Measure: Probed("inlined-stack", "names_inlined_function"), Op: Is, Want: "false"},
		},
		Instead: "Inlined functions stand in tracebacks with name, file and line, and (...) in place of arguments: each function carries a table of what was inlined into it. -l only makes the program slower.",
	},
	{
		ID: "A0-5-g", Where: "A0 ch.5",
		Says: "-gcflags can be set in go.mod.",
		Literal: []Check{
			{Shows: "the go command takes a line gcflags", Measure: Tool("build .", "status", gcflagsInMod), Op: Is, Want: "0"},
			{Shows: "it knows the word", Measure: Tool("build .", "output", gcflagsInMod), Op: Lacks, Want: `unknown directive`},
		},
		Instead: "go.mod has no place for flags of a build: the go command refuses the line (\"unknown directive\"). They belong on the command line, or into GOFLAGS, which go env -w keeps.",
	},
	{
		ID: "A0-5-h", Where: "A0 ch.5",
		Says: "The PanicRecovery middleware recovers handler panics.",
		Literal: []Check{
			{Shows: "the client of a handler that panics gets status 500", Measure: Probed("middleware", "status"), Op: Is, Want: "500"},
			{Shows: "that of another one gets what it wrote", Measure: Probed("middleware", "status_without_panic"), Op: Is, Want: "404"},
		},
		Instead:   "Those of the goroutine that serves the request. A goroutine that the handler starts is out of its reach, and a middleware should raise http.ErrAbortHandler again.",
		Scenarios: []string{"http-handler", "http-handler-goroutine", "http-abort-handler"},
	},
}

const (
	runtimeArchive = `package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

func main() {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, dir := range []string{"linux_amd64", "linux_arm64"} {
		if _, err := os.Stat(strings.TrimSpace(string(root)) + "/pkg/" + dir + "/runtime.a"); err == nil {
			fmt.Println("there")
			return
		}
	}
	fmt.Println("missing")
}
`
	setPanicHandler = `package main

import "runtime"

func main() { runtime.SetPanicHandler(func(v any) { println("panic") }) }
`
	gcflagsInMod = `-- go.mod --
module example.com/flags

go 1.21

gcflags all=-l
-- main.go --
package main

func main() {}
`
)
