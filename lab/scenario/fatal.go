package scenario

var fatals = []Scenario{
	{
		Name: "bad-func-pointer", Group: "fatal",
		Shows: "call through a func value with a garbage PC",
		Class: "fatal.fault",
	},
	{
		Name: "bad-heap-pointer", Group: "fatal",
		Shows: "pointer into an unallocated span, then GC",
		Class: "fatal.bad_pointer",
		// TODO needs: env GODEBUG=invalidptr=1
	},
	{
		Name: "crypto-rand-failure", Group: "fatal",
		Shows: "crypto/rand.Read with a failing Reader",
		Class: "fatal.crypto_rand",
		Min:   24,
	},
	{
		Name: "deadlock-all-goroutines", Group: "fatal",
		Shows: "ABBA lock order deadlock of all goroutines",
		Class: "fatal.deadlock",
	},
	{
		Name: "deadlock-mutex", Group: "fatal",
		Shows: "self-deadlock on a mutex",
		Class: "fatal.deadlock",
	},
	{
		Name: "deadlock-nil-chan", Group: "fatal",
		Shows: "main blocked on a nil channel",
		Class: "fatal.deadlock",
	},
	{
		Name: "deadlock-select", Group: "fatal",
		Shows: "main blocked in select{} with no other goroutine",
		Class: "fatal.deadlock",
	},
	{
		Name: "deadlock-waitgroup", Group: "fatal",
		Shows: "WaitGroup.Wait that never ends",
		Class: "fatal.deadlock",
	},
	{
		Name: "fatal-while-panicking", Group: "fatal",
		Shows: "fatal error raised by a deferred call during a panic",
		Class: "fatal.sync_unlock",
	},
	{
		Name: "gc-while-pinned", Group: "fatal",
		Shows: "runtime.GC while pinned to a P (procPin)",
		Class: "fatal.sched",
	},
	{
		Name: "go-nil-func", Group: "fatal",
		Shows: "go of nil func value",
		Class: "fatal.go_nil_func",
	},
	{
		Name: "goexit-main", Group: "fatal",
		Shows: "runtime.Goexit in main, no other goroutine",
		Class: "fatal.deadlock",
	},
	{
		Name: "map-clear-write", Group: "fatal",
		Shows: "concurrent clear(m) and map write",
		Class: "fatal.concurrent_map_writes",
	},
	{
		Name: "map-iterate-write", Group: "fatal",
		Shows: "concurrent map iteration and map write",
		Class: "fatal.concurrent_map_iter_write",
	},
	{
		Name: "map-read-write", Group: "fatal",
		Shows: "concurrent map read and map write",
		Class: "fatal.concurrent_map_read_write",
	},
	{
		Name: "map-write-write", Group: "fatal",
		Shows: "concurrent map writes",
		Class: "fatal.concurrent_map_writes",
	},
	{
		Name: "mutex-unlock", Group: "fatal",
		Shows: "sync: unlock of unlocked mutex",
		Class: "fatal.sync_unlock",
	},
	{
		Name: "newosproc-eagain", Group: "fatal",
		Shows: "clone() fails at the pids cgroup limit",
		Class: "fatal.newosproc",
		// TODO needs: root, pids cgroup limit 12
	},
	{
		Name: "noncanonical-address", Group: "fatal",
		Shows: "read at a non-canonical address",
		Class: "fatal.fault",
	},
	{
		Name: "oom-huge-make", Group: "fatal",
		Shows: "one make beyond physical address space",
		Class: "fatal.oom",
	},
	{
		Name: "oom-ulimit", Group: "fatal",
		Shows: "heap exhaustion under RLIMIT_AS",
		Class: "fatal.oom",
		// TODO needs: RLIMIT_AS: ulimit -v 1500000 (KiB)
	},
	{
		Name: "procpin-block", Group: "fatal",
		Shows: "block on a channel while pinned to a P (procPin)",
		Class: "fatal.sched",
	},
	{
		Name: "procpin-gosched", Group: "fatal",
		Shows: "reschedule (Gosched) while pinned to a P (procPin)",
		Class: "fatal.sched",
	},
	{
		Name: "procpin-gosched-main-returns", Group: "fatal",
		Shows: "as procpin-gosched, but main returns at once on another thread",
		Class: "fatal.sched",
	},
	{
		Name: "rwmutex-runlock", Group: "fatal",
		Shows: "sync: RUnlock of unlocked RWMutex",
		Class: "fatal.sync_unlock",
	},
	{
		Name: "rwmutex-unlock", Group: "fatal",
		Shows: "sync: Unlock of unlocked RWMutex",
		Class: "fatal.sync_unlock",
	},
	{
		Name: "setfinalizer-misuse", Group: "fatal",
		Shows: "runtime.SetFinalizer on a non-pointer",
		Class: "fatal.finalizer",
	},
	{
		Name: "setfinalizer-twice", Group: "fatal",
		Shows: "runtime.SetFinalizer: finalizer already set",
		Class: "fatal.finalizer",
	},
	{
		Name: "setmaxthreads", Group: "fatal",
		Shows: "debug.SetMaxThreads exceeded",
		Class: "fatal.thread_exhaustion",
	},
	{
		Name: "sigbus-mmap-truncated", Group: "fatal",
		Shows: "read of an mmap'd file after truncate",
		Class: "fatal.fault",
	},
	{
		Name: "sigill", Group: "fatal",
		Shows: "illegal instruction in generated code",
		Class: "signal.sigill",
	},
	{
		Name: "sigtrap", Group: "fatal",
		Shows: "runtime.Breakpoint()",
		Class: "signal.sigtrap",
	},
	{
		Name: "stack-overflow", Group: "fatal",
		Shows: "infinite recursion, default 1 GB limit",
		Class: "fatal.stack_overflow",
		// TODO needs: RLIMIT_AS: ulimit -v 6000000 (KiB)
	},
	{
		Name: "stack-overflow-error-method", Group: "fatal",
		Shows: "Error() method recursing into itself",
		Class: "fatal.stack_overflow",
	},
	{
		Name: "stack-overflow-in-goroutine", Group: "fatal",
		Shows: "infinite recursion in a goroutine, SetMaxStack(1 MiB)",
		Class: "fatal.stack_overflow",
	},
	{
		Name: "stack-overflow-setmaxstack", Group: "fatal",
		Shows: "infinite recursion, debug.SetMaxStack(1 MiB)",
		Class: "fatal.stack_overflow",
	},
	{
		Name: "throw-in-goroutine-while-main-exits", Group: "fatal",
		Shows: "fatal error in a goroutine as main returns",
		Class: "fatal.sync_unlock",
	},
	{
		Name: "unmapped-address", Group: "fatal",
		Shows: "read at an unmapped non-nil address",
		Class: "fatal.fault",
	},
	{
		Name: "write-rodata", Group: "fatal",
		Shows: "write into a string literal",
		Class: "fatal.fault",
	},
}
