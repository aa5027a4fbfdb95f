package scenario

var exits = []Scenario{
	{
		Name: "exec-replace", Group: "exit",
		Shows:  "syscall.Exec replaces the process",
		Class:  "exit.os_exit",
		Lesson: "The process stays and the program goes: no deferred call runs, and the status is that of another program.",
	},
	{
		Name: "flag-exit2", Group: "exit",
		Shows:  "flag parse error",
		Class:  "exit.os_exit",
		Lesson: "Status 2 is a bad flag as well as a panic: the text decides.",
	},
	{
		Name: "log-fatal", Group: "exit",
		Shows:  "log.Fatal",
		Class:  "exit.log_fatal",
		Lesson: "log.Fatal is os.Exit(1): no deferred call runs, no guard sees it, there is no stack.",
	},
	{
		Name: "log-panic", Group: "exit",
		Shows:  "log.Panic",
		Class:  "panic.log",
		Lesson: "log.Panic writes its text twice, as a log line and as a panic: one event, not two.",
	},
	{
		Name: "os-exit-0", Group: "exit",
		Shows:  "os.Exit(0) from a helper",
		Class:  None,
		Lesson: "Work that ends half-way with status 0 looks like work that is done.",
	},
	{
		Name: "os-exit-2", Group: "exit",
		Shows:  "os.Exit(2)",
		Class:  "exit.os_exit",
		Lesson: "Status 2 alone is no proof of a panic: os.Exit(2) leaves no text.",
	},
	{
		Name: "os-exit-3", Group: "exit",
		Shows:  "os.Exit(3) with pending defers",
		Class:  "exit.os_exit",
		Lesson: "os.Exit runs no deferred call: buffers are not flushed, locks on disk stay.",
	},
	{
		Name: "syscall-exit-group", Group: "exit",
		Shows:  "raw exit_group(5)",
		Class:  "exit.os_exit",
		Lesson: "From outside it cannot be told from os.Exit; coverage data and whatever else hangs on os.Exit are lost.",
	},
}
