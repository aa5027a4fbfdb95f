package scenario

import "time"

var fatals = []Scenario{
	{
		Name: "bad-func-pointer", Group: "fatal",
		Shows:  "call through a func value with a garbage PC",
		Class:  "fatal.fault",
		Lesson: "The traceback begins at the caller: where the code pointer leads there is no function to name.",
	},
	{
		Name: "bad-heap-pointer", Group: "fatal",
		Varies: "The garbage collector finds the pointer: on which goroutine and in which of its functions is chance.",
		Shows:  "pointer into an unallocated span, then GC",
		Class:  "fatal.bad_pointer",
		Env:    []string{"GODEBUG=invalidptr=1"},
		Lesson: "The collector finds the pointer long after the mistake. The dump shows the object that holds it, which is where to look.",
	},
	{
		Name: "crypto-rand-failure", Group: "fatal",
		Shows:  "crypto/rand.Read with a failing Reader",
		Class:  "fatal.crypto_rand",
		Min:    24,
		Lesson: "Since Go 1.24 rand.Read does not return errors: code behind if err != nil is dead, and a broken rand.Reader in a test ends the test binary.",
	},
	{
		Name: "deadlock-all-goroutines", Group: "fatal",
		Shows:  "ABBA lock order deadlock of all goroutines",
		Class:  "fatal.deadlock",
		Lesson: "Only a deadlock of every goroutine is found. One listener, ticker or signal.Notify in the process, and the same two goroutines hang for ever.",
	},
	{
		Name: "deadlock-mutex", Group: "fatal",
		Shows:  "self-deadlock on a mutex",
		Class:  "fatal.deadlock",
		Lesson: "A Go mutex has no owner, so locking it twice is a wait for somebody else. Methods that lock should not call methods that lock.",
	},
	{
		Name: "deadlock-nil-chan", Group: "fatal",
		Shows:  "main blocked on a nil channel",
		Class:  "fatal.deadlock",
		Lesson: "The wait reason in the goroutine header names the mistake: chan receive (nil chan).",
	},
	{
		Name: "deadlock-select", Group: "fatal",
		Shows:  "main blocked in select{} with no other goroutine",
		Class:  "fatal.deadlock",
		Lesson: "select{} keeps a program alive only as long as another goroutine can still run.",
	},
	{
		Name: "deadlock-waitgroup", Group: "fatal",
		Shows:  "WaitGroup.Wait that never ends",
		Class:  "fatal.deadlock",
		Lesson: "defer wg.Done() as the first line of the goroutine; WaitGroup.Go (Go 1.25) does it for you.",
	},
	{
		Name: "fatal-while-panicking", Group: "fatal",
		Shows:  "fatal error raised by a deferred call during a panic",
		Class:  "fatal.sync_unlock",
		Lesson: "The fatal error ends the process before a recover further up can run. Up to Go 1.25 the panic it hides is not even printed.",
	},
	{
		Name: "gc-while-pinned", Group: "fatal",
		Shows:  "runtime.GC while pinned to a P (procPin)",
		Class:  "fatal.sched",
		Env:    []string{"GOMAXPROCS=1"}, // or another thread runs it on before this one complains
		Lesson: "Anything that may reschedule is forbidden while pinned, and nothing in the signature of runtime.GC says that it does.",
	},
	{
		Name: "go-nil-func", Group: "fatal",
		Shows:  "go of nil func value",
		Class:  "fatal.go_nil_func",
		Lesson: "Calling a nil func is a panic, starting one is a fatal error: the new goroutine has no stack to panic on.",
	},
	{
		Name: "goexit-main", Group: "fatal",
		Shows:  "runtime.Goexit in main, no other goroutine",
		Class:  "fatal.deadlock",
		Lesson: "Goexit in main runs the deferred calls, and the process ends with the last other goroutine: as a deadlock with status 2, in one line without any stack, of which the crash output gets nothing.",
	},
	{
		Name: "map-clear-write", Group: "fatal",
		Varies: "Either side may notice, as clear is a write: its stack is reported.",
		Env:    []string{"GOMAXPROCS=2"}, // on one, nobody gets between the two halves of an access
		Shows:  "concurrent clear(m) and map write",
		Class:  "fatal.concurrent_map_writes",
		Lesson: "clear is a write. The check finds accesses that meet, not those that might: silence proves nothing, -race does.",
	},
	{
		Name: "map-iterate-write", Group: "fatal",
		Env:    []string{"GOMAXPROCS=2"}, // on one, nobody gets between the two halves of an access
		Shows:  "concurrent map iteration and map write",
		Class:  "fatal.concurrent_map_iter_write",
		Lesson: "The goroutine that is shown is the one that noticed, here the reader; who wrote must be found among the others, and may be gone.",
	},
	{
		Name: "map-read-write", Group: "fatal",
		Env:    []string{"GOMAXPROCS=2"}, // on one, nobody gets between the two halves of an access
		Shows:  "concurrent map read and map write",
		Class:  "fatal.concurrent_map_read_write",
		Lesson: "No recover stops it: net/http's guard for handlers does not protect a server from one map without a lock.",
	},
	{
		Name: "map-write-write", Group: "fatal",
		Env:    []string{"GOMAXPROCS=2"}, // on one, nobody gets between the two halves of an access
		Varies: "Either writer may notice: its stack is reported.",
		Shows:  "concurrent map writes",
		Class:  "fatal.concurrent_map_writes",
		Lesson: "It looks like a panic and is a fatal error: deferred calls do not run and recover gets nothing.",
	},
	{
		Name: "mutex-unlock", Group: "fatal",
		Shows:  "sync: unlock of unlocked mutex",
		Class:  "fatal.sync_unlock",
		Lesson: "No panic, although it is a mistake of one goroutine only. Pair Lock with defer Unlock in the next line.",
	},
	{
		Name: "newosproc-eagain", Group: "fatal",
		Shows:  "clone() fails at the pids cgroup limit",
		Class:  "fatal.newosproc",
		Needs:  []Need{Root, PidsCgroup},
		Limits: Limits{Tasks: 12},
		Lesson: "The limit on pids of a container counts threads. Goroutines in blocking system calls or in C each take one.",
	},
	{
		Name: "noncanonical-address", Group: "fatal",
		Shows:  "read at a non-canonical address",
		Class:  "fatal.fault",
		Needs:  []Need{AMD64},
		Lesson: "\"unexpected fault address 0x0\" is not a nil dereference: the processor does not say which address it was.",
	},
	{
		Name: "oom-huge-make", Group: "fatal",
		Shows:  "one make beyond physical address space",
		Class:  "fatal.oom",
		Limits: Limits{AddressSpace: 2 << 30}, // it would take the runtime seconds to find out
		Lesson: "Whether a bad length is a panic or the end depends on its size: one that cannot be addressed panics, one the system refuses is fatal. Check lengths that come from outside.",
	},
	{
		Name: "oom-ulimit", Group: "fatal",
		Shows:  "heap exhaustion under RLIMIT_AS",
		Class:  "fatal.oom",
		Limits: Limits{AddressSpace: 1500 << 20},
		Lesson: "With ulimit -v the runtime notices and leaves a traceback; a container limit kills without a word.",
	},
	{
		Name: "procpin-block", Group: "fatal",
		Shows:  "block on a channel while pinned to a P (procPin)",
		Class:  "fatal.sched",
		Env:    []string{"GOMAXPROCS=1"}, // or another thread runs it on before this one complains
		Lesson: "\"schedule: holding locks\" counts locks of the runtime on a thread, such as procPin's. No sync.Mutex can cause it.",
	},
	{
		Name: "procpin-gosched", Group: "fatal",
		Shows:  "reschedule (Gosched) while pinned to a P (procPin)",
		Class:  "fatal.sched",
		Env:    []string{"GOMAXPROCS=1"}, // or another thread runs it on before this one complains
		Lesson: "The stack of the scheduler comes first; the goroutine that caused it follows, as [runnable], with the frames of the program.",
	},
	{
		Name: "procpin-gosched-main-returns", Group: "fatal",
		Shows:  "as procpin-gosched, but in a goroutine, and main returns on another thread",
		Class:  "fatal.sched",
		Varies: "the fatal error races with the end of main, which waits 20 ms for it",
		Lesson: "A crash in the last microseconds of a program may leave half a line and status 0, or nothing: when main did not wait, that was so in 52 of 60 runs with Go 1.27.",
	},
	{
		Name: "rwmutex-runlock", Group: "fatal",
		Shows:  "sync: RUnlock of unlocked RWMutex",
		Class:  "fatal.sync_unlock",
		Lesson: "A fatal error, not a panic, from the unlock that was one too many, which need not be the wrong one.",
	},
	{
		Name: "rwmutex-unlock", Group: "fatal",
		Shows:  "sync: Unlock of unlocked RWMutex",
		Class:  "fatal.sync_unlock",
		Lesson: "RLock wants RUnlock. The mutex cannot tell who holds it, only that nobody holds it for writing.",
	},
	{
		Name: "setfinalizer-misuse", Group: "fatal",
		Shows:  "runtime.SetFinalizer on a non-pointer",
		Class:  "fatal.finalizer",
		Lesson: "Misuse of SetFinalizer is a throw in every form: try it in a test, not in a branch that runs once a month.",
	},
	{
		Name: "setfinalizer-twice", Group: "fatal",
		Shows:  "runtime.SetFinalizer: finalizer already set",
		Class:  "fatal.finalizer",
		Lesson: "An object has one finalizer. Since Go 1.24 runtime.AddCleanup has any number.",
	},
	{
		Name: "setmaxthreads", Group: "fatal",
		Shows:  "debug.SetMaxThreads exceeded",
		Class:  "fatal.thread_exhaustion",
		Lesson: "The default limit is 10,000 threads. What is blocked in system calls or C needs a semaphore in front.",
	},
	{
		Name: "sigbus-mmap-truncated", Group: "fatal",
		Shows:  "read of an mmap'd file after truncate",
		Class:  "fatal.fault",
		Lesson: "Mapped files are the one ordinary reason for this fatal error; debug.SetPanicOnFault makes a panic of it, in one goroutine.",
	},
	{
		Name: "sigill", Group: "fatal",
		Shows:  "illegal instruction in generated code",
		Class:  "signal.sigill",
		Lesson: "No fatal error line, but the name of the signal and the registers; PC leads to no function of Go.",
	},
	{
		Name: "sigtrap", Group: "fatal",
		Shows:  "runtime.Breakpoint()",
		Class:  "signal.sigtrap",
		Lesson: "A Breakpoint left in the code ends the program when no debugger is attached.",
	},
	{
		Name: "stack-overflow", Group: "fatal",
		Shows:  "infinite recursion, default 1 GB limit",
		Class:  "fatal.stack_overflow",
		Limits: Limits{AddressSpace: 6 << 30},
		Wait:   2 * time.Minute,
		Lesson: "Up to the limit the stack is copied and doubled, so the process needs about 1 GB. In a smaller container the OOM killer comes first and nothing is printed: lower it with debug.SetMaxStack.",
	},
	{
		Name: "stack-overflow-error-method", Group: "fatal",
		Shows:  "Error() method recursing into itself",
		Class:  "fatal.stack_overflow",
		Lesson: "fmt recovers panics of the methods it calls, and cannot recover this. go vet finds %v of the receiver in its own Error method.",
	},
	{
		Name: "stack-overflow-in-goroutine", Group: "fatal",
		Shows:  "infinite recursion in a goroutine, SetMaxStack(1 MiB)",
		Class:  "fatal.stack_overflow",
		Lesson: "It ends the process, whichever goroutine it is; the traceback shows the first and the last 50 frames.",
	},
	{
		Name: "stack-overflow-setmaxstack", Group: "fatal",
		Shows:  "infinite recursion, debug.SetMaxStack(1 MiB)",
		Class:  "fatal.stack_overflow",
		Lesson: "A limit that fits the program turns seconds and a gigabyte into milliseconds, and the crash into one that is seen.",
	},
	{
		Name: "throw-in-goroutine-while-main-exits", Group: "fatal",
		Shows:  "fatal error in a goroutine as main returns",
		Class:  "fatal.sync_unlock",
		Env:    []string{"GOMAXPROCS=1"},
		Lesson: "A fatal error stops the world before it prints: main, about to return, does not get to it.",
	},
	{
		Name: "unmapped-address", Group: "fatal",
		Shows:  "read at an unmapped non-nil address",
		Class:  "fatal.fault",
		Lesson: "A fault below address 4096 is a panic, any other is fatal: it means that a pointer is wrong, not missing.",
	},
	{
		Name: "write-rodata", Group: "fatal",
		Shows:  "write into a string literal",
		Class:  "fatal.fault",
		Lesson: "Bytes made of a string by unsafe must never be written; only for literals does anybody notice.",
	},
}
