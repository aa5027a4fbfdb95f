package scenario

var signals = []Scenario{
	{
		Name: "ignore-segv-nil-deref", Group: "signal",
		Shows: "signal.Ignore(SIGSEGV) then nil dereference",
		Class: "panic.nil_deref",
	},
	{
		Name: "notify-abrt", Group: "signal",
		Shows: "signal.Notify(SIGABRT) then kill -ABRT",
		Class: "signal.sigabrt",
	},
	{
		Name: "notify-quit", Group: "signal",
		Shows: "signal.Notify(SIGQUIT) then kill -QUIT",
		Class: "signal.sigquit",
	},
	{
		Name: "notify-segv-external", Group: "signal",
		Shows: "signal.Notify(SIGSEGV) then kill -SEGV",
		Class: "signal.sigsegv",
	},
	{
		Name: "notify-segv-nil-deref", Group: "signal",
		Shows: "signal.Notify(SIGSEGV) then nil dereference",
		Class: "panic.nil_deref",
	},
	{
		Name: "notify-segv-unmapped", Group: "signal",
		Shows: "signal.Notify(SIGSEGV) then read of an unmapped address",
		Class: "fatal.fault",
	},
	{
		Name: "notify-usr1-drill", Group: "signal",
		Shows: "signal.Notify(SIGUSR1), handler goroutine panics (A0 drill)",
		Class: "panic.custom",
	},
	{
		Name: "sig-abrt", Group: "signal",
		Shows: "SIGABRT sent by kill(2), nothing registered",
		Class: "signal.sigabrt",
	},
	{
		Name: "sig-alrm", Group: "signal",
		Shows: "SIGALRM sent by kill(2), nothing registered",
		Class: "kill.other",
	},
	{
		Name: "sig-bus", Group: "signal",
		Shows: "SIGBUS sent by kill(2), nothing registered",
		Class: "signal.sigbus",
	},
	{
		Name: "sig-chld", Group: "signal",
		Shows: "SIGCHLD sent by kill(2), nothing registered",
		Class: "TODO",
	},
	{
		Name: "sig-cont", Group: "signal",
		Shows: "SIGCONT sent by kill(2), nothing registered",
		Class: "TODO",
	},
	{
		Name: "sig-fpe", Group: "signal",
		Shows: "SIGFPE sent by kill(2), nothing registered",
		Class: "signal.sigfpe",
	},
	{
		Name: "sig-hup", Group: "signal",
		Shows: "SIGHUP sent by kill(2), nothing registered",
		Class: "kill.sighup",
	},
	{
		Name: "sig-ill", Group: "signal",
		Shows: "SIGILL sent by kill(2), nothing registered",
		Class: "signal.sigill",
	},
	{
		Name: "sig-int", Group: "signal",
		Shows: "SIGINT sent by kill(2), nothing registered",
		Class: "kill.sigint",
	},
	{
		Name: "sig-io", Group: "signal",
		Shows: "SIGIO sent by kill(2), nothing registered",
		Class: "kill.other",
	},
	{
		Name: "sig-kill", Group: "signal",
		Shows: "SIGKILL sent by kill(2), nothing registered",
		Class: "kill.sigkill",
	},
	{
		Name: "sig-pipe", Group: "signal",
		Shows: "SIGPIPE sent by kill(2), nothing registered",
		Class: "kill.sigpipe",
	},
	{
		Name: "sig-prof", Group: "signal",
		Shows: "SIGPROF sent by kill(2), nothing registered",
		Class: "TODO",
	},
	{
		Name: "sig-pwr", Group: "signal",
		Shows: "SIGPWR sent by kill(2), nothing registered",
		Class: "kill.other",
	},
	{
		Name: "sig-quit", Group: "signal",
		Shows: "SIGQUIT sent by kill(2), nothing registered",
		Class: "signal.sigquit",
	},
	{
		Name: "sig-rt34", Group: "signal",
		Shows: "SIGRT34 sent by kill(2), nothing registered",
		Class: "kill.other",
	},
	{
		Name: "sig-rt40", Group: "signal",
		Shows: "SIGRT40 sent by kill(2), nothing registered",
		Class: "TODO",
	},
	{
		Name: "sig-segv", Group: "signal",
		Shows: "SIGSEGV sent by kill(2), nothing registered",
		Class: "signal.sigsegv",
	},
	{
		Name: "sig-stkflt", Group: "signal",
		Shows: "SIGSTKFLT sent by kill(2), nothing registered",
		Class: "signal.other",
	},
	{
		Name: "sig-stop", Group: "signal",
		Shows: "SIGSTOP sent by kill(2), nothing registered",
		Class: "TODO",
	},
	{
		Name: "sig-sys", Group: "signal",
		Shows: "SIGSYS sent by kill(2), nothing registered",
		Class: "signal.sigsys",
	},
	{
		Name: "sig-term", Group: "signal",
		Shows: "SIGTERM sent by kill(2), nothing registered",
		Class: "kill.sigterm",
	},
	{
		Name: "sig-trap", Group: "signal",
		Shows: "SIGTRAP sent by kill(2), nothing registered",
		Class: "signal.sigtrap",
	},
	{
		Name: "sig-urg", Group: "signal",
		Shows: "SIGURG sent by kill(2), nothing registered",
		Class: "TODO",
	},
	{
		Name: "sig-usr1", Group: "signal",
		Shows: "SIGUSR1 sent by kill(2), nothing registered",
		Class: "kill.other",
	},
	{
		Name: "sig-usr2", Group: "signal",
		Shows: "SIGUSR2 sent by kill(2), nothing registered",
		Class: "kill.other",
	},
	{
		Name: "sig-vtalrm", Group: "signal",
		Shows: "SIGVTALRM sent by kill(2), nothing registered",
		Class: "kill.other",
	},
	{
		Name: "sig-winch", Group: "signal",
		Shows: "SIGWINCH sent by kill(2), nothing registered",
		Class: "TODO",
	},
	{
		Name: "sig-xcpu", Group: "signal",
		Shows: "SIGXCPU sent by kill(2), nothing registered",
		Class: "TODO",
	},
	{
		Name: "sig-xfsz", Group: "signal",
		Shows: "SIGXFSZ sent by kill(2), nothing registered",
		Class: "TODO",
	},
	{
		Name: "stderr-broken-pipe", Group: "signal",
		Shows: "panic when stderr is a broken pipe",
		Class: "kill.sigpipe",
		// TODO needs: stderr is a pipe whose reader is closed
	},
	{
		Name: "stdout-broken-pipe", Group: "signal",
		Shows: "write to a broken stdout pipe",
		Class: "kill.sigpipe",
		// TODO needs: stdout is a pipe whose reader is closed
	},
	{
		Name: "xcpu-rlimit", Group: "signal",
		Shows: "RLIMIT_CPU exceeded",
		Class: "kill.other",
		// TODO needs: RLIMIT_CPU: ulimit -t 1 (s)
	},
	{
		Name: "xfsz-rlimit", Group: "signal",
		Shows: "RLIMIT_FSIZE exceeded",
		Class: "kill.other",
		// TODO needs: RLIMIT_FSIZE: ulimit -f 8 (blocks)
	},
}
