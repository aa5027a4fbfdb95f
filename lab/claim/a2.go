package claim

// Article A2: where recover does not reach, and why. It explains by arguments,
// closures, parked goroutines, the collector, reflection and escape analysis, none
// of which has anything to do with it; and it ends with clocks.

var a2 = []Claim{
	{
		ID: "A2-1-a", Where: "A2 ch.1",
		Says: "Go allows a default parameter value _ = recover().",
		Literal: []Check{
			{Shows: "a function without the default value compiles", Measure: Compiled(parameterCode), Op: Is, Want: "ok"},
			{Shows: "a function with it compiles", Measure: Compiled(defaultParameterCode), Op: Is, Want: "ok"},
		},
		Instead: "Go has no default values of parameters: it is a syntax error. recover has to be called by a deferred function.",
	},
	{
		ID: "A2-1-b", Where: "A2 ch.1",
		Says: "recover in a deferred closure inside the handler works.",
		Literal: []Check{
			{Shows: "a handler that recovers its own panic answers with the status it chose", Measure: Probed("handlers", "guard_inside"), Op: Is, Want: "500 Internal Server Error"},
			{Shows: "without it the client gets no answer", Measure: Probed("handlers", "no_guard"), Op: Is, Want: "EOF"},
		},
		Scenarios: []string{"http-handler"},
	},
	{
		ID: "A2-1-c", Where: "A2 ch.1",
		Says: "recover() evaluated as an argument before the panic returns nil.",
		Literal: []Check{
			{Shows: "the function that is called gets nil", Measure: Probed("arguments", "recover_as_argument"), Op: Is, Want: "<nil>"},
			{Shows: "and its panic goes on", Measure: Probed("arguments", "panic_behind_it"), Op: Is, Want: "stop"},
			{Shows: "as the argument of a deferred call it does not stop a panic either", Measure: Observed("recover-as-argument", "exit"), Op: Is, Want: "2"},
		},
		Scenarios: []string{"recover-as-argument"},
	},
	{
		ID: "A2-1-d", Where: "A2 ch.1",
		Says: "recover affects only the current goroutine's latest unrecovered panic.",
		Literal: []Check{
			{Shows: "while another goroutine panics it returns nil", Measure: Probed("other-panics", "other_goroutine"), Op: Is, Want: "<nil>"},
			{Shows: "in the goroutine itself it returns the value", Measure: Probed("other-panics", "own_goroutine"), Op: Is, Want: "stop"},
			{Shows: "of a second panic within a deferred call of the first, it returns the second", Measure: Probed("other-panics", "inner_recover"), Op: Is, Want: "second"},
			{Shows: "and the first goes on", Measure: Probed("other-panics", "panic_that_goes_on"), Op: Is, Want: "first"},
			{Shows: "where a second panic has left the deferred call of the first, it returns the second", Measure: Probed("other-panics", "after_both"), Op: Is, Want: "second"},
		},
		Scenarios: []string{"nested-panic-in-defer", "panic-in-goroutine"},
	},
	{
		ID: "A2-1-e", Where: "A2 ch.1",
		Says: "runtime.newproc1 evaluates parameter expressions.",
		Literal: []Check{
			{Shows: "newproc1 deals with arguments", Measure: Source("runtime/proc.go", "newproc1", `memmove|narg|argsize|argp`), Op: Is, Want: "true"},
			{Shows: "the caller does not evaluate the argument of a go statement before it calls newproc", Measure: Assembly(goArgumentCode, `(?s)CALL\s+main\.price\(SB\).*CALL\s+runtime\.newproc\(SB\)`), Op: Is, Want: "false"},
			{Shows: "it is evaluated by the new goroutine", Measure: Probed("arguments", "go_argument"), Op: Is, Want: "the new goroutine"},
		},
		Instead: "The goroutine with the go statement evaluates the arguments, before it calls newproc: the compiler makes a closure without parameters of them. newproc1 gets that closure, and a panic in an argument is the caller's.",
	},
	{
		ID: "A2-1-f", Where: "A2 ch.1",
		Says: "Compiler output shows a call to runtime.recover.",
		Literal: []Check{
			{Shows: "the compiled program calls the runtime to recover", Measure: Assembly(recoverCode, `CALL\s+runtime\.\w*recover\(SB\)`), Op: Is, Want: "true"},
			{Shows: "what it calls is runtime.recover", Measure: Assembly(recoverCode, `CALL\s+runtime\.recover\(SB\)`), Op: Is, Want: "true"},
			{Shows: "package runtime declares it", Measure: Declared("runtime", "recover"), Op: Is, Want: "true"},
		},
		Instead: "The call is to runtime.gorecover, and stands in the deferred function. What goes on after a recovered panic is runtime.recovery, which no compiled code calls.",
	},
	{
		ID: "A2-1-g", Where: "A2 ch.1",
		Says: "deferproc registers only after function entry, so arguments never take part in defer.",
		Literal: []Check{
			{Shows: "a panic in an argument is not caught by the function it is meant for", Measure: Probed("arguments", "panic_in_argument"), Op: Is, Want: "missed by the called function"},
			{Shows: "a panic before the defer statement is not caught by what it defers", Measure: Probed("escape-defer", "on_stack"), Op: Matches, Want: `^before: nil`},
		},
		Implied: []Check{
			{Shows: "a defer statement calls deferproc", Measure: Assembly(recoverCode, `CALL\s+runtime\.deferproc\(SB\)`), Op: Is, Want: "true"},
			{Shows: "the arguments of a deferred call are evaluated when it runs, not when it is deferred", Measure: Probed("arguments", "deferred_argument"), Op: Is, Want: "evaluated by the deferred call"},
		},
		Instead: "It is true that arguments of a call are evaluated outside of the called function, where its deferred calls do not exist yet. But a plain defer registers nothing at run time since Go 1.14 (the compiler writes the call at the end and sets a bit), and the arguments of a deferred call do take part: they are evaluated by the defer statement.",
	},
	{
		ID: "A2-2.1-a", Where: "A2 2.1",
		Says: "A closure keeps its own captured environment by reference.",
		Literal: []Check{
			{Shows: "a closure sees what the function writes to the variable later", Measure: Probed("capture", "closure_sees_later_write"), Op: Is, Want: "true"},
			{Shows: "the function sees what the closure writes", Measure: Probed("capture", "function_sees_closures_write"), Op: Is, Want: "true"},
		},
		Instead: "That is how it behaves. Two closures that capture one variable share it, and variables that nobody assigns again are copied into the closure, which cannot be told apart.",
	},
	{
		ID: "A2-2.2-a", Where: "A2 2.2",
		Says: "Go passes closures by the System V ABI, environment in RSI.",
		Literal: []Check{
			{Shows: "a closure finds its captured variable through SI", Measure: Assembly(closureCode, `MOVQ\s+8\(SI\),`), Op: Is, Want: "true"},
			{Shows: "it does not find it through DX", Measure: Assembly(closureCode, `MOVQ\s+8\(DX\),`), Op: Is, Want: "false"},
		},
		Instead: "Go has calling conventions of its own, ABI0 and ABIInternal, and neither is that of System V. The environment of a closure is in DX on amd64: \"MOVQ 8(DX), ...\" is how it reads its first captured variable.",
	},
	{
		ID: "A2-2.3-a", Where: "A2 2.3",
		Says: "The parent's deferred recover cannot catch a panic in a new goroutine.",
		Literal: []Check{
			{Shows: "a deferred recover of the goroutine that started it does not stop it", Measure: Observed("panic-in-goroutine", "recovered"), Op: Is, Want: "false"},
			{Shows: "nor does that of net/http stop one of a handler's goroutine", Measure: Observed("http-handler-goroutine", "exit"), Op: Is, Want: "2"},
		},
		Scenarios: []string{"panic-in-goroutine", "http-handler-goroutine"},
	},
	{
		ID: "A2-2.3-b", Where: "A2 2.3",
		Says: "recover does not work for panics in callbacks such as http.HandlerFunc.",
		Literal: []Check{
			{Shows: "middleware does not recover a panic of the handler it calls", Measure: Probed("handlers", "guard_around"), Op: IsNot, Want: "500 Internal Server Error"},
			{Shows: "nor does net/http itself", Measure: Observed("http-handler", "exit"), Op: IsNot, Want: "0"},
		},
		Instead:   "A callback that is called in the same goroutine is a call like any other: middleware recovers the panic of its handler, and net/http does when nobody else did. What cannot be recovered are callbacks that run in a goroutine of their own, as those of time.AfterFunc do.",
		Scenarios: []string{"http-handler", "http-roundtripper-panic", "afterfunc"},
	},
	{
		ID: "A2-2.4-a", Where: "A2 2.4",
		Says: "A handler panic travels outwards through the middleware chain to the first recover.",
		Literal: []Check{
			{Shows: "deferred calls run from the handler outwards", Measure: Probed("handlers", "chain_unwound"), Op: Is, Want: "fifth, third, first"},
			{Shows: "of two layers that recover, the inner one gets it, and the outer one nothing", Measure: Probed("handlers", "chain_recovered_by"), Op: Is, Want: "fourth"},
			{Shows: "the client gets that layer's answer", Measure: Probed("handlers", "chain"), Op: Is, Want: "500 Internal Server Error"},
		},
		Scenarios: []string{"http-handler"},
	},
	{
		ID: "A2-2.4-b", Where: "A2 2.4",
		Says: "If none recovers, the goroutine/process dies.",
		Literal: []Check{
			{Shows: "a panic that nobody recovers ends the process", Measure: Observed("panic-string", "exit"), Op: Is, Want: "2"},
			{Shows: "so does one in a goroutine that a handler started", Measure: Observed("http-handler-goroutine", "exit"), Op: Is, Want: "2"},
		},
		Implied: []Check{
			{Shows: "a handler's panic that no middleware recovers ends the process", Measure: Observed("http-handler", "exit"), Op: Is, Want: "2"},
		},
		Instead:   "At the end of every chain stands net/http, which recovers, logs and cuts the connection: the client gets an EOF, the next request is served as ever. The process dies of panics in other goroutines only.",
		Scenarios: []string{"http-handler", "http-handler-goroutine"},
	},
	{
		ID: "A2-2.5-a", Where: "A2 2.5",
		Says: "Go 1.21 decoupled goexit from defers: a panicking goroutine may skip its inner defers.",
		Literal: []Check{
			{Shows: "Goexit does not know deferred calls", Measure: Source("runtime/panic.go", "Goexit", `_defer|nextDefer`), Op: Is, Want: "false"},
			{Shows: "a panicking goroutine skips one of three nested deferred calls", Measure: Probed("goexit", "deferred_at_panic"), Op: IsNot, Want: "3 of 3"},
		},
		Instead:   "A panicking goroutine runs all its deferred calls, from the innermost to the outermost, and so does Goexit, whose code works through the same records as a panic.",
		Scenarios: []string{"goexit-main"},
	},
	{
		ID: "A2-2.5-b", Where: "A2 2.5",
		Says: "Goexit terminates without running defers.",
		Literal: []Check{
			{Shows: "three nested deferred calls do not run", Measure: Probed("goexit", "deferred_at_goexit"), Op: Is, Want: "0 of 3"},
			{Shows: "in the main goroutine a deferred call does not run", Measure: Observed("goexit-main", "deferred"), Op: Is, Want: "false"},
		},
		Instead:   "Goexit runs every deferred call of the goroutine and then ends it. What runs none is os.Exit.",
		Scenarios: []string{"goexit-main", "goexit-main-others", "os-exit-3"},
	},
	{
		ID: "A2-2.5-c", Where: "A2 2.5",
		Says: "(implied) Goexit and panic interact.",
		Literal: []Check{
			{Shows: "a Goexit in a deferred call of a panic makes an end of the panic", Measure: Probed("goexit", "goexit_while_panicking"), Op: Is, Want: "the panic is gone"},
			{Shows: "a recovered panic in a deferred call of a Goexit does not make an end of the Goexit", Measure: Probed("goexit", "recover_while_goexit"), Op: Is, Want: "the goroutine ends"},
			{Shows: "a Goexit is no panic: recover returns nil", Measure: Probed("goexit", "recover_at_goexit"), Op: Is, Want: "<nil>"},
		},
		Scenarios: []string{"goexit-during-panic", "http-handler-goexit"},
	},
	{
		ID: "A2-3.1-a", Where: "A2 3.1",
		Says: "Deferred calls do not run while a goroutine is parked; they run when the function returns.",
		Literal: []Check{
			{Shows: "while the goroutine waits for a channel its deferred call has not run", Measure: Probed("parked", "deferred_while_parked"), Op: Is, Want: "false"},
			{Shows: "after the function has returned it has", Measure: Probed("parked", "deferred_after_return"), Op: Is, Want: "true"},
		},
	},
	{
		ID: "A2-3.1-b", Where: "A2 3.1",
		Says: "A defer statement after a blocking call is not registered while blocked.",
		Literal: []Check{
			{Shows: "when the send it waits in panics, only what was deferred before runs", Measure: Probed("parked", "deferred_when_blocked_send_panics"), Op: Is, Want: "before the send"},
		},
		Scenarios: []string{"blocked-send-then-close"},
	},
	{
		ID: "A2-3.1-c", Where: "A2 3.1",
		Says: "time.Sleep ends in nanosleep and goparkunlock.",
		Literal: []Check{
			{Shows: "the code of time.Sleep calls nanosleep or goparkunlock", Measure: Source("runtime/time.go", "timeSleep", `\b(nanosleep|goparkunlock)\b`), Op: Is, Want: "true"},
			{Shows: "a sleeping goroutine stands in one of them", Measure: Probed("sleep-frames", "frames"), Op: Matches, Want: `nanosleep|goparkunlock`},
		},
		Instead: "time.Sleep sets a timer and parks the goroutine with gopark: its stack is runtime.gopark, time.Sleep. No thread sleeps for it, and goparkunlock has no part in it.",
	},
	{
		ID: "A2-3.1-d", Where: "A2 3.1",
		Says: "A parked goroutine's stack cannot change.",
		Literal: []Check{
			{Shows: "a variable on it is at the same address after a few collections", Measure: Probed("parked-stack", "moved"), Op: Is, Want: "false"},
			{Shows: "the collector does not shrink stacks", Measure: Declared("runtime", "shrinkstack"), Op: Is, Want: "false"},
		},
		Instead: "The garbage collector shrinks stacks of which less than a quarter is in use, those of parked goroutines as well: it copies them to another place. And who sends to a goroutine that waits writes the value to its stack.",
	},
	{
		ID: "A2-3.2-a", Where: "A2 3.2",
		Says: "A panic in another goroutine is invisible to recover.",
		Literal: []Check{
			{Shows: "recover returns nil while another goroutine panics", Measure: Probed("other-panics", "other_goroutine"), Op: Is, Want: "<nil>"},
			{Shows: "a deferred recover in main does not stop a panic elsewhere", Measure: Observed("panic-in-goroutine", "recovered"), Op: Is, Want: "false"},
		},
		Scenarios: []string{"panic-in-goroutine"},
	},
	{
		ID: "A2-3.2-b", Where: "A2 3.2",
		Says: "In the sample, the child's own deferred recover never fires.",
		Literal: []Check{
			{Shows: "a deferred recover in the goroutine that panics gets nothing", Measure: Probed("other-panics", "own_goroutine"), Op: Is, Want: "<nil>"},
			{Shows: "and the process ends", Measure: Observed("panic-in-goroutine-own-recover", "exit"), Op: IsNot, Want: "0"},
		},
		Instead:   "A deferred recover in the goroutine that panics is the one that works, whoever started the goroutine.",
		Scenarios: []string{"panic-in-goroutine-own-recover"},
	},
	{
		ID: "A2-3.3-a", Where: "A2 3.3",
		Says: "recover fails during the GC mark phase.",
		Literal: []Check{
			{Shows: "there were 10,000 panics while the collector marked", Measure: Probed("recover-in-mark", "10000_panics_in_5_collections"), Op: Is, Want: "true"},
			{Shows: "one of them was not recovered", Measure: Probed("recover-in-mark", "not_recovered"), Op: AtLeast, Want: "1"},
		},
		Instead: "The collector marks while the program runs, and has no part in panics: of 10,000 that met the mark phase, each was recovered.",
	},
	{
		ID: "A2-3.3-b", Where: "A2 3.3",
		Says: "gctrace lines end with \"preempted\".",
		Literal: []Check{
			{Shows: "the lines of a program that collects by itself and when asked end so", Measure: Probed("gctrace-lines", "ends"), Op: Matches, Want: `preempted`},
			{Shows: "they end in something else than the number of processors, and \"(forced)\" where the program asked", Measure: Probed("gctrace-lines", "ends"), Op: IsNot, Want: "N P; N P (forced)"},
		},
		Instead:   "They end with the number of processors, as in \"4 P\", and with \"(forced)\" behind it where the program asked for the collection.",
		Scenarios: []string{"gomemlimit-exceeded"},
	},
	{
		ID: "A2-4.1-a", Where: "A2 4.1",
		Says: "reflect.Call registers defers late, so recover misses.",
		Literal: []Check{
			{Shows: "a deferred recover in the function that is called misses its panic", Measure: Probed("reflect-call", "guard_in_called_function"), Op: IsNot, Want: "recovered stop"},
			{Shows: "one around the call misses it", Measure: Probed("reflect-call", "guard_around_call"), Op: IsNot, Want: "recovered stop"},
		},
		Instead: "A function does not know whether it was called through reflect: its defer statements do what they do in any call, and both a guard in it and one around the call recover its panic.",
	},
	{
		ID: "A2-4.1-b", Where: "A2 4.1",
		Says: "callInterface/callReflect decide when defers register.",
		Literal: []Check{
			{Shows: "reflect has a callReflect", Measure: Declared("reflect", "callReflect"), Op: Is, Want: "true"},
			{Shows: "reflect has a callInterface", Measure: Declared("reflect", "callInterface"), Op: Is, Want: "true"},
			{Shows: "callReflect deals with defer", Measure: Source("reflect/value.go", "callReflect", `(?i)defer`), Op: Is, Want: "true"},
		},
		Instead: "There is no callInterface, and callReflect, which calls functions made by reflect.MakeFunc, moves arguments and results. A deferred call is registered by its defer statement: a guard in a function from MakeFunc works as ever.",
	},
	{
		ID: "A2-4.2-a", Where: "A2 4.2",
		Says: "Taking the address of a captured variable makes it escape to the heap.",
		Literal: []Check{
			{Shows: "a captured variable whose address is kept is moved to the heap", Measure: Tool("build -gcflags=-m .", "output", keptAddressCode), Op: Matches, Want: `moved to heap: keptAddress`},
		},
		Implied: []Check{
			{Shows: "so is one whose address is taken and given up again", Measure: Tool("build -gcflags=-m .", "output", usedAddressCode), Op: Matches, Want: `moved to heap: usedAddress`},
			{Shows: "one whose address nobody takes stays, though its closure is kept", Measure: Tool("build -gcflags=-m .", "output", noAddressCode), Op: Lacks, Want: `moved to heap: noAddress`},
		},
		Instead: "What decides is whether the variable may be needed after its function has returned. Taking its address is not enough: used and given up, it stays on the stack. Nor is it needed: captured by a closure that is kept, it goes to the heap without any &.",
	},
	{
		ID: "A2-4.2-b", Where: "A2 4.2",
		Says: "That moves the insertion point of defers.",
		Literal: []Check{
			{Shows: "where the variable escapes, a panic before or behind the defer statement ends otherwise than where it stays", Measure: Probed("escape-defer", "on_heap"), Op: IsNot, Want: "before: nil, behind: caught"},
		},
		Instead: "Whether or not a variable escapes: a panic before the defer statement is missed, one behind it is caught.",
	},
	{
		ID: "A2-4.3-a", Where: "A2 4.3",
		Says: "go:noinline middleware cannot recover.",
		Literal: []Check{
			{Shows: "middleware with go:noinline does not recover a panic of its handler", Measure: Probed("handlers", "guard_around_noinline"), Op: IsNot, Want: "500 Internal Server Error"},
		},
		Instead: "It recovers as any other. A function with a deferred recover is never inlined anyway.",
	},
	{
		ID: "A2-4.4-a", Where: "A2 4.4",
		Says: "An interface call before return triggers \"defer return address not in stack\".",
		Literal: []Check{
			{Shows: "the runtime has messages on deferred calls", Measure: Source("runtime", "", `"defer on system stack"`), Op: Is, Want: "true"},
			{Shows: "that is one of them", Measure: Source("runtime", "", `defer return address not in stack`), Op: Is, Want: "true"},
			{Shows: "a function with a deferred recover that ends in an interface call does not return", Measure: Probed("interface-return", "returns"), Op: IsNot, Want: "<nil>"},
			{Shows: "nor does it recover what that call panics with", Measure: Probed("interface-return", "panics"), Op: IsNot, Want: "recovered stop"},
		},
		Instead: "No release has the message. A call through an interface as the last thing before return is ordinary: its result is returned, its panic is recovered.",
	},
	{
		ID: "A2-5-a", Where: "A2 ch.5",
		Says: "RFC 868 on UDP 37 is queried with a 48-byte NTP packet and returns NTP fields.",
		Literal: []Check{
			{Shows: "asked with 48 bytes, a server of RFC 868 answers with 48", Measure: Probed("time-protocols", "rfc868_answer_bytes"), Op: Is, Want: "48"},
			{Shows: "a server of NTP answers an empty request as RFC 868 has it", Measure: Probed("time-protocols", "ntp_answer_to_empty_bytes"), Op: AtLeast, Want: "4"},
		},
		Instead: "They are two protocols. RFC 868, on port 37, answers anything, even an empty datagram, with four bytes: seconds since 1900. NTP, on port 123, answers a request of 48 bytes with 48, in which there are receive and transmit time with fractions. Tried with servers of the lab's own that follow the two protocols.",
	},
	{
		ID: "A2-5-b", Where: "A2 ch.5",
		Says: "This calibrates clients to +-17 ms.",
		Literal: []Check{
			{Shows: "without any delay, what RFC 868 tells is off by 17 ms at most", Measure: Probed("time-protocols", "rfc868_worst_error_ms"), Op: AtMost, Want: "17"},
		},
		Instead: "RFC 868 tells whole seconds: even without a network between, the time is up to 999 ms old. NTP was off by less than a millisecond in the same place. Both servers are the lab's own.",
	},
	{
		ID: "A2-5-c", Where: "A2 ch.5",
		Says: "t + (time.time() - time.monotonic()) compensates clock drift.",
		Literal: []Check{
			{Shows: "of 4.32 s that a clock has gained in a day, 10 ms at most are left", Measure: Probed("clock-drift", "error_with_ms"), Op: AtMost, Want: "10"},
			{Shows: "wall clock and monotonic clock of this machine drift apart", Measure: Probed("clock-drift", "difference_moves"), Op: Is, Want: "true"},
		},
		Instead: "Both clocks count the same oscillator, so their difference says when the machine was started and nothing of drift. The sum is the wall clock's own time, with all of its error: 4,320 ms a day at 50 millionths. Drift shows only against another clock.",
	},
	{
		ID: "A2-5-d", Where: "A2 ch.5",
		Says: "A time difference over 200 ms is detectable at the gateway from event time alone.",
		Literal: []Check{
			{Shows: "a clock that is 300 ms behind shows as a difference of more than 200 ms", Measure: Probed("event-time", "gap_of_slow_clock_ms"), Op: AtLeast, Want: "200"},
		},
		Implied: []Check{
			{Shows: "that can be told from a network that takes 300 ms", Measure: Probed("event-time", "clock_told_from_network"), Op: Is, Want: "true"},
			{Shows: "a clock that is 300 ms ahead shows behind a network that takes 300 ms", Measure: Probed("event-time", "gap_of_fast_clock_behind_slow_network_ms"), Op: IsNot, Want: "0"},
		},
		Instead: "The gateway sees arrival minus event time, which is the clock's error plus the way. A slow clock and a slow network look alike, a fast clock behind a slow network looks right; only an event from the future gives a clock away. A round trip with four times, as of NTP, tells them apart.",
	},
}

const parameterCode = `package main

func handle(path string) {}

func main() { handle("/") }
`

const defaultParameterCode = `package main

func handle(path string, _ = recover()) {}

func main() { handle("/") }
`

// recoverCode has one plain guard.
const recoverCode = `package main

func guarded(f func()) {
	defer func() { _ = recover() }()
	f()
}

func main() { guarded(func() { panic("stop") }) }
`

const goArgumentCode = `package main

//go:noinline
func price() int { return 3 }

//go:noinline
func show(n int) { println(n) }

func main() { go show(price()) }
`

const closureCode = `package main

//go:noinline
func counter(start int) func() int {
	return func() int {
		start++
		return start
	}
}

func main() { println(counter(1)()) }
`

// Three captured variables: what the compiler says of each is asked with -m.

const keptAddressCode = `package main

var address *int

//go:noinline
func call(f func()) { f() }

func keeps() {
	keptAddress := 1
	call(func() { address = &keptAddress })
}

func main() { keeps() }
`

const usedAddressCode = `package main

//go:noinline
func call(f func()) { f() }

func uses() int {
	usedAddress := 1
	call(func() { p := &usedAddress; *p++ })
	return usedAddress
}

func main() { println(uses()) }
`

const noAddressCode = `package main

var closure func()

func captures() {
	noAddress := 1
	closure = func() { noAddress++ }
}

func main() { captures() }
`
