package crash

// runtimeClasses are fatal errors by which one part of the runtime says that it
// found itself broken, or that the program, the build or the operating system
// broke a rule of it. Most are rare.
var runtimeClasses = map[Class]Info{
	"fatal.gc_corruption": {
		Title:       "memory of the garbage collector is corrupt",
		Explanation: "The allocator or the garbage collector found its own structures damaged: spans, mark bits, free lists.",
		Causes:      []string{"C code or unsafe wrote beyond its memory", "a data race on a slice, interface or map", "bad hardware when it is one host only"},
		FirstCheck:  "Does it happen on more than one host? Then run with -race and look at cgo and unsafe.",
	},
	"fatal.sched": {
		Title:       "inconsistent scheduler",
		Explanation: "The scheduler, or a lock, timer or wait list of the runtime, was in a state that must not occur.",
		Causes:      []string{"runtime internals reached by linkname (procPin)", "memory corruption", "a bug of the runtime"},
		FirstCheck:  "Which dependency uses go:linkname or assembly? Is the Go release the newest patch?",
		Scenarios:   []string{"procpin-gosched", "procpin-block", "gc-while-pinned", "procpin-gosched-main-returns"},
	},
	"fatal.map_corruption": {
		Title:       "inside of a map is corrupt",
		Explanation: "The implementation of maps before Go 1.26 found a table in a state that must not occur.",
		Causes:      []string{"unsynchronised use of the map that was not noticed earlier", "memory corruption by C or unsafe"},
		FirstCheck:  "Which map in the first application frame is reached from other goroutines? Run the tests with -race.",
	},
	"fatal.unwind": {
		Title:       "a stack could not be unwound",
		Explanation: "The runtime met a return address on a stack that belongs to no function, or no description of a frame.",
		Causes:      []string{"stack memory was overwritten by C, assembly or unsafe", "a dependency that rewrites machine code (monkey patching, JIT)"},
		FirstCheck:  "Look at assembly, cgo and machine code made at run time on the stack.",
	},
	"fatal.system_stack": {
		Title:       "the runtime's own stack overflowed",
		Explanation: "A function of the runtime, a signal handler or a callback ran out of the fixed stack it runs on, or ran on the wrong one.",
		Causes:      []string{"assembly or a linknamed function that is not marked nosplit", "a C library that changes stacks", "a profiler or signal handler on a small stack"},
		FirstCheck:  "Which dependency has assembly, go:linkname or a C signal handler?",
	},
	"fatal.defer": {
		Title:       "inconsistent defers or panics",
		Explanation: "The runtime lost track of the deferred calls or panics of a goroutine.",
		Causes:      []string{"stack memory was overwritten", "assembly that changes the stack pointer", "a bug of the compiler"},
		FirstCheck:  "Build without assembly and unsafe dependencies; try the newest patch release of Go.",
	},
	"fatal.runtime_panic": {
		Title:       "run-time panic where it cannot be one",
		Explanation: "A panic was raised inside the runtime, on its system stack, or while it held locks, where no deferred call can run. The panic's own text stands before the headline.",
		Causes:      []string{"memory corruption by C or unsafe", "a data race", "a panic in a callback the runtime makes, such as one given to it by linkname"},
		FirstCheck:  "Read the line above the headline; run with -race; look at cgo and unsafe.",
	},
	"fatal.module_data": {
		Title:       "tables of the executable do not fit",
		Explanation: "A symbol table, type or interface table of the program or a plugin is damaged or does not belong to this runtime.",
		Causes:      []string{"a plugin built with another toolchain or other dependencies", "an executable that was packed, stripped or obfuscated after linking", "a dependency that loads code by itself (a JIT, a go-loader)"},
		FirstCheck:  "Compare go version -m of the program and its plugins; run the executable as the linker wrote it.",
	},
	"fatal.startup": {
		Title:       "the runtime's checks at start failed",
		Explanation: "The program ended before main: the runtime found that it cannot work here.",
		Causes:      []string{"an emulator or sandbox that behaves unlike a kernel", "a damaged or badly linked executable", "a C library linked in an unsupported way"},
		FirstCheck:  "Does the same executable start on another host? Was it changed after linking?",
	},
	"fatal.os_call": {
		Title:       "the operating system refused the runtime a call",
		Explanation: "A system call the runtime cannot do without failed: to poll, to sleep, to wait, to set a signal handler, to start a timer.",
		Causes:      []string{"a seccomp profile or sandbox older than the Go release", "no file descriptors left when the network poller started", "an emulator"},
		FirstCheck:  "The lines above the headline have the error number. Compare with the sandbox profile and ulimit -n.",
	},
	"fatal.diagnostics": {
		Title:       "inconsistent tracer or profiler",
		Explanation: "The execution tracer, a profiler, the heap dump or the debug log of the runtime was in a state that must not occur.",
		Causes:      []string{"a bug of the runtime", "memory corruption"},
		FirstCheck:  "Does it stop when tracing and profiling are off? Is the Go release the newest patch?",
	},
	"fatal.toolchain": {
		Title:       "code that this build must never run",
		Explanation: "A function was called that exists for other builds only, or that the compiler promised never to reach.",
		Causes:      []string{"a dependency that calls runtime internals by linkname", "a mixed build (-race, -msan, -asan)", "a bug of the compiler or linker"},
		FirstCheck:  "Clean the build cache and build anew; which dependency uses go:linkname?",
	},
	"fatal.signal_handler": {
		Title:       "C code broke Go's signal handling",
		Explanation: "A signal arrived on a thread or by a handler that other code had set up without an alternate signal stack.",
		Causes:      []string{"a C library that installs handlers without SA_ONSTACK", "a C library that turns sigaltstack off", "an agent or profiler loaded into the process"},
		FirstCheck:  "Which C library calls sigaction or sigaltstack? It must pass SA_ONSTACK.",
	},
	"fatal.cgo_stack": {
		Title:       "C code broke the runtime's stack discipline",
		Explanation: "A return from C or from a system call did not find the stack or the thread it had left.",
		Causes:      []string{"longjmp or an exception over Go frames", "a thread that ended inside a callback", "a callback into Go before the runtime has started"},
		FirstCheck:  "Which C function returns by another way than return?",
		Scenarios:   []string{"c-longjmp-over-go"},
	},
	"fatal.cgo_pointer": {
		Title:       "Go pointer stored in C memory",
		Explanation: "An unpinned Go pointer was written to memory that the collector does not see; GOEXPERIMENT=cgocheck2 checks every such write.",
		Causes:      []string{"a Go pointer kept in a C struct", "memory from mmap used for Go values"},
		FirstCheck:  "Use runtime/cgo.Handle, or pin the value with runtime.Pinner.",
	},
	"fatal.bad_pointer": {
		Title:       "invalid pointer in Go memory",
		Explanation: "The garbage collector, or checkptr, met a pointer that points to nothing valid.",
		Causes:      []string{"an integer or C address stored in a pointer type", "unsafe conversions", "a data race on an interface or slice"},
		FirstCheck:  "Run the tests with -race and -gcflags=all=-d=checkptr.",
		Scenarios:   []string{"bad-heap-pointer", "checkptr-arith", "checkptr-misaligned", "checkptr-straddle"},
	},
	"fatal.timer": {
		Title:       "timer used by two goroutines at once",
		Explanation: "The runtime found its heap of timers corrupt, presumably by racy use of a time.Timer or Ticker.", // runtime/time.go, badTimer
		Causes:      []string{"Reset and Stop of one timer in several goroutines", "a timer struct that was copied"},
		FirstCheck:  "Which timers are shared between goroutines? Run the tests with -race.",
	},
	"fatal.coroutine": {
		Title:       "iter.Pull on the wrong thread",
		Explanation: "The functions of an iter.Pull were called while the goroutine was locked to another thread than when they were made.",
		Causes:      []string{"runtime.LockOSThread between iter.Pull and next", "next called inside a callback from C"},
		FirstCheck:  "Call next and stop under the same LockOSThread as iter.Pull.",
	},
	"fatal.goexit": {
		Title:       "runtime.Goexit in a callback from C",
		Explanation: "Goexit was called on a thread that C had made; there is nothing to return to.",
		Causes:      []string{"t.FailNow, or an assertion that calls it, inside a callback"},
		FirstCheck:  "Return from the callback, and fail in the goroutine that called C.",
	},
	"fatal.pinner": {
		Title:       "object unpinned twice",
		Explanation: "The counter of a pinned object went below zero.", // runtime/pinner.go, setPinned
		Causes:      []string{"a runtime.Pinner that was copied", "a Pinner used by two goroutines"},
		FirstCheck:  "Keep a Pinner in one place and one goroutine.",
	},
	"fatal.string_size": {
		Title:       "string concatenation too long",
		Explanation: "The length of a concatenation does not fit an int.", // runtime/string.go, concatstrings
		Causes:      []string{"building one text of gigabytes on a 32-bit platform"},
		FirstCheck:  "Bound the parts, or write them out one by one.",
	},
	"fatal.windows_callback": {
		Title:       "too many Windows callbacks",
		Explanation: "syscall.NewCallback was called for more than 2,000 functions; a callback is never given back.", // runtime/zcallback_windows.go
		Causes:      []string{"NewCallback with a closure in a function that runs often"},
		FirstCheck:  "Make each callback once, in a package-level variable.",
	},
	"fatal.godebug": {
		Title:       "setting that the runtime refuses",
		Explanation: "An environment variable such as GODEBUG or GOMEMLIMIT asks for something malformed or no longer supported.",
		Causes:      []string{"a GODEBUG setting removed in this Go release", "GOMEMLIMIT without a unit the runtime knows (MiB, GiB)"},
		FirstCheck:  "The message names the variable; see https://go.dev/doc/godebug.",
	},
	"fatal.fips": {
		Title:       "FIPS 140-3 self-test failed",
		Explanation: "The cryptographic module failed one of its own tests, and must not be used.",
		Causes:      []string{"bad hardware", "an executable that was changed after linking"},
		FirstCheck:  "Does it happen on another host with the same executable?",
	},
}
