package scenario

var reports = []Scenario{
	{
		Name: "gotraceback-crash", Group: "report",
		Shows: "panic with GOTRACEBACK=crash",
		Class: "panic.custom",
		// TODO needs: env GOTRACEBACK=crash
	},
	{
		Name: "gotraceback-none", Group: "report",
		Shows: "panic with GOTRACEBACK=none",
		Class: "panic.custom",
		// TODO needs: env GOTRACEBACK=none
	},
	{
		Name: "gotraceback-system", Group: "report",
		Shows: "panic with GOTRACEBACK=system",
		Class: "panic.custom",
		// TODO needs: env GOTRACEBACK=system
	},
	{
		Name: "log-line-interleaved", Group: "report",
		Shows: "other goroutine keeps writing to stderr during the crash",
		Class: "panic.custom",
	},
	{
		Name: "settraceback-crash", Group: "report",
		Shows: "debug.SetTraceback(crash) then fatal error",
		Class: "fatal.sync_unlock",
	},
	{
		Name: "stderr-closed", Group: "report",
		Shows: "panic after os.Stderr.Close()",
		Class: "TODO",
	},
	{
		Name: "stderr-closed-fd2", Group: "report",
		Shows: "panic in a process started with fd 2 closed",
		Class: "TODO",
		// TODO needs: started with fd 2 closed
	},
	{
		Name: "stderr-not-read", Group: "report",
		Shows: "panic with a large trace while nobody reads the stderr pipe",
		Class: "TODO",
		// TODO needs: stderr is a pipe nobody reads
	},
	{
		Name: "stderr-redirected", Group: "report",
		Shows: "panic after dup2 of fd 2 to /dev/null (log rotation mistake)",
		Class: "TODO",
	},
	{
		Name: "trimmed-by-head", Group: "report",
		Shows: "1 MiB stderr noise before the panic",
		Class: "panic.custom",
	},
}
