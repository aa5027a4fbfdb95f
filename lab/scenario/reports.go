package scenario

import "time"

var reports = []Scenario{
	{
		Name: "gotraceback-crash", Group: "report",
		Shows:  "panic with GOTRACEBACK=crash",
		Class:  "panic.custom",
		Env:    []string{"GOTRACEBACK=crash"},
		Lesson: "GOTRACEBACK=crash ends the process by SIGABRT instead of status 2, and prints the goroutines once more, thread by thread, to standard error only.",
	},
	{
		Name: "gotraceback-none", Group: "report",
		Shows:  "panic with GOTRACEBACK=none",
		Class:  "panic.custom",
		Env:    []string{"GOTRACEBACK=none"},
		Lesson: "The headline is all there is, on standard error and in the crash output: fingerprints have only the message.",
	},
	{
		Name: "gotraceback-system", Group: "report",
		Shows:  "panic with GOTRACEBACK=system",
		Class:  "panic.custom",
		Env:    []string{"GOTRACEBACK=system"},
		Lesson: "Frames and goroutines of the runtime appear: a fingerprint must not take runtime.gopanic for the place of the crash.",
	},
	{
		Name: "log-line-interleaved", Group: "report",
		Shows:  "other goroutine keeps writing to stderr during the crash",
		Class:  "panic.custom",
		Varies: "how many lines of the log come after the headline is a race: none in most runs",
		Lesson: "The runtime freezes the other goroutines before it prints, but a thread that is within a write still finishes it: a line may fall into the traceback. The crash output has nobody else in it.",
	},
	{
		Name: "settraceback-crash", Group: "report",
		Shows:  "debug.SetTraceback(crash) then fatal error",
		Class:  "fatal.sync_unlock",
		Lesson: "A program may decide itself to end by SIGABRT: do not rely on status 2 for fatal errors.",
	},
	{
		Name: "stderr-closed", Group: "report",
		Shows: "panic after os.Stderr.Close()",
		Class: "panic.custom", // only the crash output tells; before Go 1.23 there is a status and nothing else
		Classes: []Until{
			{22, "exit.os_exit"},
		},
		Lesson: "Without descriptor 2 a panic is a bare status 2; the crash output of Go 1.23 still has it.",
	},
	{
		Name: "stderr-closed-fd2", Group: "report",
		Shows:  "panic in a process started with fd 2 closed",
		Class:  "panic.custom", // as above
		Stderr: Closed,
		Classes: []Until{
			{22, "exit.os_exit"},
		},
		Lesson: "Who is started without descriptor 2 writes its tracebacks nowhere; the crash output still has them.",
	},
	{
		Name: "stderr-not-read", Group: "report",
		Shows:  "panic with a large trace while nobody reads the stderr pipe",
		Class:  "panic.custom", // the process hangs all the same: before Go 1.23 nobody knows why
		Env:    []string{"GOTRACEBACK=all"},
		Stderr: UnreadPipe,
		Wait:   1500 * time.Millisecond,
		Classes: []Until{
			{22, "hang"},
		},
		Lesson: "A panic waits for whoever reads standard error: if nobody does, the process neither serves nor dies. A supervisor must read to the end.",
	},
	{
		Name: "stderr-redirected", Group: "report",
		Shows: "panic after dup2 of fd 2 to /dev/null (log rotation mistake)",
		Class: "panic.custom",
		Classes: []Until{
			{22, "exit.os_exit"},
		},
		Lesson: "The runtime writes to descriptor 2, wherever it leads by now; the crash output is a descriptor of its own.",
	},
	{
		Name: "trimmed-by-head", Group: "report",
		Shows:  "1 MiB stderr noise before the panic",
		Class:  "panic.custom",
		Lesson: "Where the text is bounded, keep its end: that is where the traceback stands.",
	},
}
