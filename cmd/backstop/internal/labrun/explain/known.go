package explain

import "regexp"

// known is what we say of a function of the runtime or the standard library, in
// our own words. Where releases differ, a sentence has a pattern that the
// function's source must match in the toolchain at hand; the first that does is
// said.
type known struct {
	says []sentence
	keys []*regexp.Regexp // lines of it that are worth a look
}

type sentence struct {
	when *regexp.Regexp // nil: always
	text string
}

func always(text string, keys ...string) known {
	return known{says: []sentence{{text: text}}, keys: patterns(keys)}
}

func patterns(keys []string) []*regexp.Regexp {
	var all []*regexp.Regexp
	for _, k := range keys {
		all = append(all, regexp.MustCompile(k))
	}
	return all
}

var knownFuncs = map[string]known{
	// Raising a panic.
	"runtime.gopanic": {
		says: []sentence{
			{regexp.MustCompile(`nextDefer\(`), "what the compiler calls for panic(v): makes a _panic record on the goroutine, runs the deferred calls one by one, and gives up when none is left"},
			{regexp.MustCompile(`addOneOpenDeferFrame`), "what the compiler calls for panic(v): makes a _panic record on the goroutine, walks the list of _defer records, scanning the stack for open-coded ones, and gives up when none is left"},
			{nil, "what the compiler calls for panic(v)"},
		},
		keys: patterns([]string{`nextDefer\(\)`, `addOneOpenDeferFrame\(gp, getcallerpc`, `^fn\(\)$`, `d\.fn\(\)`, `^fatalpanic\(`}),
	},
	"runtime.sigpanic":     always("runs in place of the instruction that faulted, as if the function had called it, and turns the signal into a panic or a fatal error", `^panicmem\(\)`, `throw\("fault"\)`, `^panicdivide\(\)`, `gp\.sigcode1 < 0x1000`),
	"runtime.panicmem":     always("raises the panic of a nil dereference: the address was below 4096", `panic\(`),
	"runtime.panicmemAddr": always("the same for another address, where debug.SetPanicOnFault asks for a panic", `panic\(`),
	"runtime.panicdivide":  always("raises the panic of an integer division by zero; the compiler calls it behind a comparison", `panic\(`),
	"runtime.panicshift":   always("raises the panic of a negative shift", `panic\(`),
	"runtime.panicfloat":   always("raises the panic of a floating-point exception", `panic\(`),
	"runtime.panicBounds":  always("the one stub for all bounds checks: saves the registers, in which the index is"),
	"runtime.panicBounds64": always("finds out from the call's address which check failed and where index and length are, and raises the panic",
		`panic\(boundsError`),
	"runtime.panicIndex":      always("saves index and length for goPanicIndex: the compiler jumps here when an index is out of range"),
	"runtime.goPanicIndex":    always("raises the panic of an index that is out of range", `panic\(`),
	"runtime.goPanicIndexU":   always("the same for an unsigned index", `panic\(`),
	"runtime.panicCheck1":     always("makes it a fatal error when the runtime itself is at fault", `throw\(`),
	"runtime.panicdottypeE":   always("raises the panic of a type assertion that fails", `panic\(`),
	"runtime.panicdottypeI":   always("raises the panic of a type assertion on an interface with methods that fails", `panicdottypeE\(`),
	"runtime.panicnildottype": always("raises the panic of a type assertion on a nil interface", `panic\(`),
	"runtime.panicwrap":       always("raises the panic of a value method called through a nil pointer", `panic\(`),
	"runtime.typeAssert":      always("looks a type assertion up that the compiler could not decide", `panic\(`),
	"runtime.assertE2I":       always("looks a type assertion to an interface up", `panic\(`),
	"runtime.chansend":        always("sends on a channel: waits, copies, or panics when it is closed", `panic\(plainError`),
	"runtime.chansend1":       always("what the compiler calls for c <- v", `chansend\(`),
	"runtime.chanrecv":        always("receives from a channel", `gopark\(`),
	"runtime.chanrecv1":       always("what the compiler calls for <-c", `chanrecv\(`),
	"runtime.closechan":       always("closes a channel; panics when it is nil or closed", `panic\(`),
	"runtime.makechan":        always("makes a channel; panics on a size that cannot be", `panic\(`),
	"runtime.makeslice":       always("makes a slice; panics on a length or capacity that cannot be", `panicmakeslice`),
	"runtime.makeslice64":     always("makes a slice", `makeslice\(`),
	"runtime.growslice":       always("makes room for append", `panic\(`),
	"runtime.mapassign":       always("finds the place for a key in a map; panics on a nil map, dies on concurrent writes", `panic\(`, `fatal\(`),
	"runtime.mapaccess1":      always("looks a key up in a map", `fatal\(`),
	"runtime.mapiternext":     always("goes on to the next entry of a map", `fatal\(`),
	"runtime.selectgo":        always("carries a select statement out", `panic\(`, `gopark\(`),
	"runtime.block":           always("waits for ever: what select {} compiles to", `gopark\(`),

	// Running deferred calls.
	"runtime.(*_panic).start":           always("puts the record on the goroutine's list and looks for the first frame with deferred calls", `gp\._panic =`, `nextFrame\(\)`),
	"runtime.(*_panic).nextDefer":       always("finds the next deferred call: a bit and a slot in the frame for an open-coded one, a _defer record for the others; goes to recovery when one has recovered", `p\.recovered`, `mcall\(recovery\)`, `deferBitsPtr != nil`, `popDefer\(`),
	"runtime.(*_panic).nextFrame":       always("walks up the stack to the next frame with deferred calls", `initOpenCodedDefers`, `u\.next\(\)`),
	"runtime.addOneOpenDeferFrame":      always("scans the stack for a frame with open-coded deferred calls and makes a record for it", `openDefer = true`),
	"runtime.deferCallSave":             always("calls a deferred function and keeps its panic record up to date"),
	"runtime.mapassign_faststr":         always("finds the place for a string key in a map; panics on a nil map, dies on concurrent writes", `panic\(`, `fatal\(`),
	"runtime.mapassign_fast64":          always("finds the place for an 8-byte key in a map; panics on a nil map, dies on concurrent writes", `panic\(`, `fatal\(`),
	"runtime.mapassign_fast32":          always("finds the place for a 4-byte key in a map; panics on a nil map, dies on concurrent writes", `panic\(`, `fatal\(`),
	"runtime.runOpenDeferFrame":         always("runs the open-coded deferred calls of a frame by their bits", `deferCallSave\(`),
	"runtime.deferproc":                 always("makes a _defer record on the heap: for a defer in a loop", `newdefer\(\)`),
	"runtime.deferprocStack":            always("links a _defer record that stands in the frame of its function", `gp\._defer`),
	"runtime.deferprocat":               always("links a deferred call of a loop body that ranges over a function to the outer function", `rangefunc|head`),
	"runtime.deferreturn":               always("runs what deferred calls are left when a function returns, and when it was recovered", `nextDefer\(\)`, `fn\(\)`),
	"runtime.Goexit":                    always("runs the deferred calls as a panic does, and ends the goroutine", `goexit1\(\)`, `nextDefer\(\)`),
	"runtime.goexit1":                   always("ends a goroutine", `mcall\(goexit0\)`),
	"runtime.goexit":                    always("where a goroutine's function returns to"),
	"runtime.main":                      always("runs init functions and main.main; when that returns, the process exits, whoever else runs", `main_main|fn\(\)`, `runningPanicDefers\.Load`, `^exit\(0\)`),
	"runtime.park_m":                    always("puts the goroutine away and looks for another", `schedule\(\)`),
	"runtime.schedule":                  always("looks for a goroutine to run, and runs it", `execute\(`),
	"runtime.findRunnable":              always("looks in all queues, the network and the timers for work"),
	"runtime.stopm":                     always("lets the thread sleep: there is no work", `mput\(`),
	"runtime.mput":                      always("puts the thread on the list of idle ones", `checkdead\(`),
	"runtime.exitsyscall0":              always("a thread comes back from a system call and finds no processor"),
	"runtime.incidlelocked":             always("counts a thread as idle", `checkdead\(`),
	"runtime.mcall":                     always("goes on on the thread's own stack"),
	"runtime.goexit0":                   always("cleans an ended goroutine up"),
	"runtime.gopark":                    always("parks a goroutine until somebody makes it ready again", `mcall\(park_m\)`),
	"runtime.semacquire1":               always("waits for a semaphore", `goparkunlock\(`),
	"sync.runtime_SemacquireMutex":      always("the semaphore of sync.Mutex"),
	"sync.runtime_Semacquire":           always("the semaphore of sync.WaitGroup before Go 1.24"),
	"sync.runtime_SemacquireWaitGroup":  always("the semaphore of sync.WaitGroup"),
	"sync.(*WaitGroup).Wait":            always("waits until the counter is zero", `runtime_Semacquire`),
	"sync.(*WaitGroup).Add":             always("adds to the counter; panics when it gets negative", `panic\(`),
	"sync.(*WaitGroup).Done":            always("takes one from the counter", `Add\(-1\)`),
	"sync.(*WaitGroup).Go":              always("starts a goroutine that counts", `panic\(`, `recover\(\)`),
	"sync.(*Mutex).Lock":                always("locks, or waits in lockSlow", `lockSlow|mu\.Lock`),
	"sync.(*Mutex).Unlock":              always("unlocks; goes the slow way when somebody waits or nothing was locked", `unlockSlow|mu\.Unlock`),
	"sync.(*Mutex).unlockSlow":          always("finds that nothing was locked", `fatal\(`),
	"internal/sync.(*Mutex).Unlock":     always("unlocks; goes the slow way when somebody waits or nothing was locked", `unlockSlow`),
	"internal/sync.(*Mutex).unlockSlow": always("finds that nothing was locked", `fatal\(`),
	"internal/sync.(*Mutex).lockSlow":   always("spins, then waits for the semaphore", `runtime_SemacquireMutex`),
	"sync.(*Mutex).lockSlow":            always("spins, then waits for the semaphore", `runtime_SemacquireMutex`),
	"sync.(*RWMutex).Unlock":            always("unlocks for writing", `fatal\(`),
	"sync.(*RWMutex).RUnlock":           always("unlocks for reading", `rUnlockSlow\(`),
	"sync.(*RWMutex).rUnlockSlow":       always("finds that nothing was locked", `fatal\(`),

	// Recovering.
	"runtime.gorecover": {
		says: []sentence{
			{regexp.MustCompile(`argp == uintptr\(p\.argp\)`), "what the compiler calls for recover(): gives the value out only when the caller's argument pointer is that of the deferred call which gopanic runs, so that recover works in the deferred function itself and nowhere deeper"},
			{regexp.MustCompile(`nonWrapperFrames`), "what the compiler calls for recover(): walks up the stack and gives the value out only when exactly one function, wrappers of the compiler not counted, stands between it and gopanic"},
			{nil, "what the compiler calls for recover()"},
		},
		keys: patterns([]string{`argp == uintptr\(p\.argp\)`, `nonWrapperFrames > 0`, `nonWrapperFrames > 1`, `p\.recovered = true`}),
	},
	"runtime.recovery": {
		says: []sentence{
			{regexp.MustCompile(`gotoPc|f\.deferreturn`), "drops the frames above the function that deferred, and goes on at its call of deferreturn: it returns to its caller with what its results hold"},
			{regexp.MustCompile(`sched\.ret = 1`), "drops the frames above the function that deferred, and goes on behind its deferproc, which returns 1 this time, or, for an open-coded call, at deferreturn: the function returns to its caller"},
			{nil, "drops the frames above the function that deferred"},
		},
		keys: patterns([]string{`gotoPc :?=`, `f\.deferreturn\)`, `sched\.ret = 1`, `gogo\(&gp\.sched\)`}),
	},

	// Dying of a panic, of a fatal error.
	"runtime.preprintpanics":      always("calls Error and String of the values now, while user code may still run", `\.Error\(\)`, `\.String\(\)`, `repanicked = true`),
	"runtime.fatalpanic":          always("the end of a panic that nobody recovered: prints, and exits with status 2", `printpanics\(`, `dopanic_m\(`, `exit\(2\)`),
	"runtime.startpanic_m":        always("forbids allocation and stops the other goroutines as well as it can, so that what is printed is of one moment", `freezetheworld\(\)`, `panicking\.Add\(1\)`),
	"runtime.printpanics":         always("prints the chain of panics, the first one first: the headline", `print\("panic: "\)`, `\[recovered`),
	"runtime.dopanic_m":           always("prints the signal line, the goroutine that died, and the others if GOTRACEBACK asks for them", `print\("\[signal`, `goroutineheader\(gp\)`, `tracebackothers\(gp\)`),
	"runtime.exit":                always("the system call exit_group: no deferred call, no hook runs any more"),
	"runtime.throw":               always("prints \"fatal error: \" and ends the process; it makes no _panic record and runs no deferred call, so recover has nothing to find", `fatal error: `, `fatalthrow\(`),
	"runtime.fatal":               always("as throw, for mistakes of the program rather than of the runtime: frames of the runtime are left out unless GOTRACEBACK=system", `fatal error: `, `fatalthrow\(`),
	"runtime.fatalthrow":          always("stops the others, prints the stacks, exits with status 2", `startpanic_m\(\)`, `dopanic_m\(`),
	"runtime.checkdead":           always("runs when a thread goes idle: no goroutine can run, no timer and no network poll is left to wake one", `fatal\(`),
	"runtime.morestack":           always("what every function calls first when its frame does not fit on the stack"),
	"runtime.newstack":            always("copies the goroutine to a stack of twice the size, unless that is more than debug.SetMaxStack allows", `maxstacksize|maxstackceiling`, `throw\("stack overflow"\)`),
	"runtime.mallocgc":            always("allocates memory"),
	"runtime.sysMap":              always("asks the kernel for memory"),
	"runtime.sync_fatal":          always("hands a fatal error of package sync to the runtime", `fatal\(`),
	"runtime.maps_fatal":          always("hands a fatal error of the map package to the runtime", `fatal\(`),
	"sync.fatal":                  always("is runtime.fatal under another name", `fatal\(`),
	"internal/sync.fatal":         always("is runtime.fatal under another name"),
	"internal/runtime/maps.fatal": always("is runtime.fatal under another name"),
	"runtime.systemstack":         always("runs a function on the thread's own stack"),
	"runtime.newproc":             always("what the compiler calls for a go statement", `newproc1\(`),
	"runtime.newproc1":            always("makes a goroutine", `fatal\(`, `throw\(`),

	// Signals.
	"runtime.sigtramp":                always("where the kernel enters: the handler of every signal that Go catches"),
	"runtime.sigtrampgo":              always("takes the signal over on the thread's signal stack", `sighandler\(`),
	"runtime.sighandler":              always("decides by the flags of the signal in sigtable: make it a panic, hand it to os/signal, die of it, or print a traceback", `_SigPanic != 0`, `preparePanic\(`, `dieFromSignal\(`, `fatalsignal\(`, `^exit\(2\)`),
	"runtime.(*sigctxt).preparePanic": always("changes the registers of the interrupted code, so that it goes on in sigpanic", `sigpanic`),
	"runtime.fatalsignal":             always("prints the name of the signal, PC and code", `print\("PC="`, `sigtable\[sig\]\.name`),
	"runtime.dieFromSignal":           always("lets the kernel have its way: default action, signal raised again, so that the parent sees death by signal and not a status", `raise\(sig\)`, `_SIG_DFL`),
	"runtime.raise":                   always("sends the signal to its own thread"),
	"runtime.sigpipe":                 always("a write to a broken pipe at descriptor 1 or 2 ends the process", `dieFromSignal\(`),
	"runtime.tracebackothers":         always("prints the other goroutines"),
	"os.epipecheck":                   always("looks at each failed write: EPIPE on descriptor 1 or 2 is fatal", `sigpipe\(\)`),
	"runtime.os_sigpipe":              always("lets package os reach sigpipe", `sigpipe`),
	"runtime.crash":                   always("dies of SIGABRT, for a core file", `dieFromSignal\(`),

	// Exits.
	"os.Exit":               always("ends the process at once: no deferred call runs, no other goroutine is asked", `runtime_beforeExit\(`, `syscall\.Exit\(`),
	"runtime.os_beforeExit": always("flushes coverage and race reports, nothing of the program", `runExitHooks\(`),
	"runtime.syscall_Exit":  always("syscall.Exit, which is declared without a body, is this", `exit\(`),
	"log.Fatal":             always("prints, then os.Exit(1)", `os\.Exit\(1\)`),
	"log.Fatalf":            always("prints, then os.Exit(1)", `os\.Exit\(1\)`),
	"log.Fatalln":           always("prints, then os.Exit(1)", `os\.Exit\(1\)`),
	"log.Panic":             always("prints, then panics with the same text", `panic\(`),
	"log.Panicf":            always("prints, then panics with the same text", `panic\(`),
	"log.Panicln":           always("prints, then panics with the same text", `panic\(`),
	"flag.Parse":            always("parses the command line; what follows an error is decided by the set", `CommandLine\.Parse`),
	"flag.(*FlagSet).Parse": always("with ExitOnError ends the process: status 2, or 0 for -h", `os\.Exit\(2\)`),

	// On many stacks.
	"time.Sleep":                     always("parks the goroutine until its timer fires", `gopark\(`),
	"runtime.asyncPreempt":           always("a signal asked the goroutine to give way"),
	"net/http.(*conn).serve":         always("serves one connection; a deferred recover logs a handler's panic and closes the connection", `recover\(\)`),
	"net/http.HandlerFunc.ServeHTTP": always("calls the handler"),
	"reflect.Value.call":             always("calls a function by reflection"),
	"runtime.cgocall":                always("leaves Go for C", `asmcgocall\(`),
	"runtime.cgocallback":            always("comes back from C"),
	"runtime.cgocallbackg":           always("runs Go called from C on the goroutine that called C", `cgocallbackg1\(`),
	"runtime.cgocallbackg1":          always("calls the exported function; a deferred call of its own undoes what a panic leaves", `defer unwindm`),
	"runtime.GC":                     always("runs a garbage collection"),
}

// says returns our sentence on a function as this toolchain has it.
func says(fn string, d *Decl) string {
	k, ok := knownFuncs[fn]
	if !ok {
		return ""
	}
	for _, s := range k.says {
		if s.when == nil || d != nil && d.matches(s.when) {
			return s.text
		}
	}
	return ""
}
