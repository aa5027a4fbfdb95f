package scenario

var natives = []Scenario{
	{
		Name: "c-_exit", Group: "cgo",
		Shows: "C _exit(8)",
		Class: "exit.os_exit",
		// TODO needs: cgo, gcc
		Program: "native",
	},
	{
		Name: "c-abort", Group: "cgo",
		Shows: "C abort()",
		Class: "signal.abort_cgo",
		// TODO needs: cgo, gcc
		Program: "native",
	},
	{
		Name: "c-callback-8mb-array", Group: "cgo",
		Shows: "A4 2.4: 8 MiB local array in a callback",
		Class: "TODO",
		// TODO needs: cgo, gcc
		Program: "native",
	},
	{
		Name: "c-callback-panic", Group: "cgo",
		Shows: "Go panic in a callback from C, guard above the C frames",
		Class: "panic.custom",
		// TODO needs: cgo, gcc
		Program: "native",
	},
	{
		Name: "c-callback-recover", Group: "cgo",
		Shows: "Go panic in a callback, recovered inside the callback",
		Class: "TODO",
		// TODO needs: cgo, gcc
		Program: "native",
	},
	{
		Name: "c-double-free", Group: "cgo",
		Shows: "C double free",
		Class: "signal.abort_cgo",
		// TODO needs: cgo, gcc
		Program: "native",
	},
	{
		Name: "c-exit", Group: "cgo",
		Shows: "C exit(7)",
		Class: "exit.os_exit",
		// TODO needs: cgo, gcc
		Program: "native",
	},
	{
		Name: "c-free-go-pointer", Group: "cgo",
		Shows: "C.free of a Go pointer",
		Class: "signal.abort_cgo",
		// TODO needs: cgo, gcc
		Program: "native",
	},
	{
		Name: "c-heap-smash", Group: "cgo",
		Shows: "C heap overflow",
		Class: "signal.abort_cgo",
		// TODO needs: cgo, gcc
		Program: "native",
	},
	{
		Name: "c-longjmp-over-go", Group: "cgo",
		Shows: "C longjmp over Go frames",
		Class: "fatal.cgo_stack",
		// TODO needs: cgo, gcc
		Program: "native",
	},
	{
		Name: "c-malloc-fail", Group: "cgo",
		Shows: "C.malloc failure",
		Class: "fatal.oom",
		// TODO needs: cgo, gcc; RLIMIT_AS: ulimit -v 2000000 (KiB)
		Program: "native",
	},
	{
		Name: "c-own-segv-handler", Group: "cgo",
		Shows: "C replaces the SIGSEGV handler, then Go nil dereference",
		Class: "kill.sigsegv",
		// TODO needs: cgo, gcc
		Program: "native",
	},
	{
		Name: "c-pthread-exit", Group: "cgo",
		Shows: "C pthread_exit on a Go thread",
		Class: "hang",
		// TODO needs: cgo, gcc
		Program: "native",
	},
	{
		Name: "c-raise-abrt", Group: "cgo",
		Shows: "C raise(SIGABRT)",
		Class: "signal.abort_cgo",
		// TODO needs: cgo, gcc
		Program: "native",
	},
	{
		Name: "c-raise-kill", Group: "cgo",
		Shows: "C raise(SIGKILL)",
		Class: "kill.sigkill",
		// TODO needs: cgo, gcc
		Program: "native",
	},
	{
		Name: "c-segv", Group: "cgo",
		Shows: "C null dereference",
		Class: "signal.segv_cgo",
		// TODO needs: cgo, gcc
		Program: "native",
	},
	{
		Name: "c-segv-addr", Group: "cgo",
		Shows: "C access to an unmapped address",
		Class: "signal.segv_cgo",
		// TODO needs: cgo, gcc
		Program: "native",
	},
	{
		Name: "c-segv-blocked-signals", Group: "cgo",
		Shows: "C null dereference with all signals blocked",
		Class: "kill.sigsegv",
		// TODO needs: cgo, gcc
		Program: "native",
	},
	{
		Name: "c-segv-default", Group: "cgo",
		Shows: "C resets SIGSEGV to SIG_DFL, then Go nil dereference",
		Class: "kill.sigsegv",
		// TODO needs: cgo, gcc
		Program: "native",
	},
	{
		Name: "c-segv-panicfault", Group: "cgo",
		Shows: "C null dereference with SetPanicOnFault(true)",
		Class: "signal.segv_cgo",
		// TODO needs: cgo, gcc
		Program: "native",
	},
	{
		Name: "c-sigfpe", Group: "cgo",
		Shows: "C integer division by zero",
		Class: "signal.sigfpe",
		// TODO needs: cgo, gcc
		Program: "native",
	},
	{
		Name: "c-stack-overflow", Group: "cgo",
		Shows: "C infinite recursion",
		Class: "signal.segv_cgo",
		// TODO needs: cgo, gcc
		Program: "native",
	},
	{
		Name: "c-stack-smash", Group: "cgo",
		Shows: "C stack buffer overflow (built with stack protector)",
		Class: "signal.abort_cgo",
		// TODO needs: cgo, gcc
		Program: "native",
	},
	{
		Name: "c-thread-abort", Group: "cgo",
		Shows: "abort() on a thread created by C",
		Class: "kill.sigabrt",
		// TODO needs: cgo, gcc
		Program: "native",
	},
	{
		Name: "c-thread-callback-8mb-array", Group: "cgo",
		Shows: "8 MiB local array in a callback on a C thread with 256 KiB stack",
		Class: "TODO",
		// TODO needs: cgo, gcc
		Program: "native",
	},
	{
		Name: "c-thread-callback-panic", Group: "cgo",
		Shows: "Go panic in a callback on a C thread",
		Class: "panic.custom",
		// TODO needs: cgo, gcc
		Program: "native",
	},
	{
		Name: "c-thread-segv", Group: "cgo",
		Shows: "SIGSEGV on a thread created by C",
		Class: "kill.sigsegv",
		// TODO needs: cgo, gcc
		Program: "native",
	},
	{
		Name: "c-trap", Group: "cgo",
		Shows: "C __builtin_trap",
		Class: "signal.sigill",
		// TODO needs: cgo, gcc
		Program: "native",
	},
	{
		Name: "c-use-after-free", Group: "cgo",
		Shows: "C use after free",
		Class: "signal.segv_cgo",
		// TODO needs: cgo, gcc
		Program: "native",
	},
	{
		Name: "c-usr1-default", Group: "cgo",
		Shows: "C sets SIGUSR1 to SIG_DFL and raises it",
		Class: "kill.other",
		// TODO needs: cgo, gcc
		Program: "native",
	},
	{
		Name: "cgo-deadlock-select", Group: "cgo",
		Shows: "main blocked in select{} in a cgo binary",
		Class: "hang",
		// TODO needs: cgo, gcc
		Program: "native",
	},
	{
		Name: "cgo-nil-deref", Group: "cgo",
		Shows: "Go nil dereference in a cgo binary",
		Class: "panic.nil_deref",
		// TODO needs: cgo, gcc
		Program: "native",
	},
	{
		Name: "cgo-panic", Group: "cgo",
		Shows: "Go panic in a cgo binary",
		Class: "panic.custom",
		// TODO needs: cgo, gcc
		Program: "native",
	},
	{
		Name: "cgocheck-go-pointer", Group: "cgo",
		Shows: "cgo argument has Go pointer to unpinned Go pointer",
		Class: "panic.cgo_pointer",
		// TODO needs: cgo, gcc
		Program: "native",
	},
	{
		Name: "cxx-caught", Group: "cgo",
		Shows: "C++ exception caught in C++",
		Class: "TODO",
		// TODO needs: cgo, g++
		Program: "native",
	},
	{
		Name: "cxx-noexcept", Group: "cgo",
		Shows: "C++ throw out of noexcept",
		Class: "signal.abort_cgo",
		// TODO needs: cgo, g++
		Program: "native",
	},
	{
		Name: "cxx-pure-virtual", Group: "cgo",
		Shows: "C++ pure virtual call",
		Class: "signal.abort_cgo",
		// TODO needs: cgo, g++
		Program: "native",
	},
	{
		Name: "cxx-throw", Group: "cgo",
		Shows: "C++ exception crossing into Go",
		Class: "signal.abort_cgo",
		// TODO needs: cgo, g++
		Program: "native",
	},
}
