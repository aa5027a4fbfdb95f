package crash

// signals are what the runtime prints a traceback for: the names of
// runtime/sigtab_*.go and the exceptions of Windows.
var signals = rows{
	{"Exception 0x", "signal.exception"},
	{"SIGABRT\n", "signal.sigabrt"},
	{"SIGBUS\n", "signal.sigbus"},
	{"SIGFPE\n", "signal.sigfpe"},
	{"SIGILL\n", "signal.sigill"},
	{"SIGQUIT\n", "signal.sigquit"},
	{"SIGSEGV\n", "signal.sigsegv"},
	{"SIGSYS\n", "signal.sigsys"},
	{"SIGTRAP\n", "signal.sigtrap"},
}

// cgoSignals are those that mean something else while a goroutine is in C.
var cgoSignals = rows{
	{"Exception 0x", "signal.exception_cgo"},
	{"SIGABRT\n", "signal.abort_cgo"},
	{"SIGBUS\n", "signal.segv_cgo"},
	{"SIGSEGV\n", "signal.segv_cgo"},
}

// kills are deaths by a signal without text, seen by the supervisor.
var kills = rows{
	{"SIGABRT\n", "kill.sigabrt"},
	{"SIGBUS\n", "kill.sigbus"},
	{"SIGHUP\n", "kill.sighup"},
	{"SIGINT\n", "kill.sigint"},
	{"SIGKILL\n", "kill.sigkill"},
	{"SIGPIPE\n", "kill.sigpipe"},
	{"SIGSEGV\n", "kill.sigsegv"},
	{"SIGTERM\n", "kill.sigterm"},
	{"SIGXCPU\n", "kill.sigxcpu"},
	{"SIGXFSZ\n", "kill.sigxfsz"},
}
