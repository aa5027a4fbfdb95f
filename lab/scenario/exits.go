package scenario

var exits = []Scenario{
	{
		Name: "exec-replace", Group: "exit",
		Shows: "syscall.Exec replaces the process",
		Class: "TODO",
	},
	{
		Name: "flag-exit2", Group: "exit",
		Shows: "flag parse error",
		Class: "exit.os_exit",
	},
	{
		Name: "log-fatal", Group: "exit",
		Shows: "log.Fatal",
		Class: "exit.log_fatal",
	},
	{
		Name: "log-panic", Group: "exit",
		Shows: "log.Panic",
		Class: "panic.log",
	},
	{
		Name: "os-exit-0", Group: "exit",
		Shows: "os.Exit(0) from a helper",
		Class: "TODO",
	},
	{
		Name: "os-exit-2", Group: "exit",
		Shows: "os.Exit(2)",
		Class: "exit.os_exit",
	},
	{
		Name: "os-exit-3", Group: "exit",
		Shows: "os.Exit(3) with pending defers",
		Class: "exit.os_exit",
	},
	{
		Name: "syscall-exit-group", Group: "exit",
		Shows: "raw exit_group(5)",
		Class: "exit.os_exit",
	},
}
