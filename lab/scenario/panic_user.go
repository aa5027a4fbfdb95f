package scenario

var panicUser = []Scenario{
	{
		Name: "defer-blocks-forever", Group: "panic-user",
		Shows: "deferred function blocks forever during a panic",
		Class: "hang",
	},
	{
		Name: "defer-recover-directly", Group: "panic-user",
		Shows: "defer recover() written directly",
		Class: "panic.custom",
	},
	{
		Name: "goexit-during-panic", Group: "panic-user",
		Shows: "runtime.Goexit in a deferred function during a panic",
		Class: "fatal.deadlock",
	},
	{
		Name: "leak-blocked-send-then-close", Group: "panic-user",
		Shows: "A4 chapter 1 program: leaked sender, then close(ch), no recover in the leaked goroutine",
		Class: "panic.closed_chan",
	},
	{
		Name: "main-returns-first", Group: "panic-user",
		Shows: "goroutine panics, its slow deferred call runs while main returns",
		Class: "TODO",
	},
	{
		Name: "nested-panic-in-defer", Group: "panic-user",
		Shows: "second panic raised by a deferred function",
		Class: "panic.custom",
	},
	{
		Name: "panic-1000-goroutines", Group: "panic-user",
		Shows: "panic with 1000 idle goroutines, GOTRACEBACK=all",
		Class: "panic.custom",
		// TODO needs: env GOTRACEBACK=all
	},
	{
		Name: "panic-ansi-nul", Group: "panic-user",
		Shows: "panic text with NUL, ESC and invalid UTF-8",
		Class: "panic.custom",
	},
	{
		Name: "panic-deep-stack", Group: "panic-user",
		Shows: "panic 500 frames deep",
		Class: "panic.custom",
	},
	{
		Name: "panic-error", Group: "panic-user",
		Shows: "panic(error)",
		Class: "panic.custom",
	},
	{
		Name: "panic-error-method-panics", Group: "panic-user",
		Shows: "Error() of the panic value panics while the crash is printed",
		Class: "fatal.panic_during_panic",
	},
	{
		Name: "panic-huge-text", Group: "panic-user",
		Shows: "panic text of 1 MiB",
		Class: "panic.custom",
	},
	{
		Name: "panic-in-goroutine", Group: "panic-user",
		Shows: "panic in a goroutine; the guard is in the creator",
		Class: "panic.custom",
	},
	{
		Name: "panic-in-goroutine-own-recover", Group: "panic-user",
		Shows: "panic in a goroutine with its own deferred recover",
		Class: "TODO",
	},
	{
		Name: "panic-int", Group: "panic-user",
		Shows: "panic(int)",
		Class: "panic.custom",
	},
	{
		Name: "panic-multiline", Group: "panic-user",
		Shows: "panic text with newlines imitating a goroutine header (spoof)",
		Class: "panic.custom",
	},
	{
		Name: "panic-nil", Group: "panic-user",
		Shows: "panic(nil), default GODEBUG",
		Class: "panic.nil_value",
	},
	{
		Name: "panic-nil-error-ptr", Group: "panic-user",
		Shows: "typed-nil error whose Error() dereferences nil",
		Class: "panic.nil_receiver",
	},
	{
		Name: "panic-nil-panicnil1", Group: "panic-user",
		Shows: "panic(nil) with GODEBUG=panicnil=1, with and without a guard",
		Class: "panic.nil_value",
		// TODO needs: env GODEBUG=panicnil=1
	},
	{
		Name: "panic-string", Group: "panic-user",
		Shows: "panic(string)",
		Class: "panic.custom",
	},
	{
		Name: "panic-struct", Group: "panic-user",
		Shows: "panic(struct value)",
		Class: "panic.custom",
	},
	{
		Name: "panic-wrapped-error", Group: "panic-user",
		Shows: "panic(fmt.Errorf %w)",
		Class: "panic.custom",
	},
	{
		Name: "recover-as-argument", Group: "panic-user",
		Shows: "defer f(recover()): recover as an argument of the deferred call",
		Class: "panic.custom",
	},
	{
		Name: "recover-in-helper", Group: "panic-user",
		Shows: "recover() one frame below the deferred function",
		Class: "panic.custom",
	},
	{
		Name: "recover-in-helper-of-helper", Group: "panic-user",
		Shows: "recover() two frames below the deferred function",
		Class: "panic.custom",
	},
	{
		Name: "recover-method-value", Group: "panic-user",
		Shows: "defer of a method that itself calls recover",
		Class: "TODO",
	},
	{
		Name: "recover-not-deferred", Group: "panic-user",
		Shows: "recover() called before the panic in plain code",
		Class: "TODO",
	},
	{
		Name: "repanic-other", Group: "panic-user",
		Shows: "recover then panic(other value)",
		Class: "panic.custom",
	},
	{
		Name: "repanic-same", Group: "panic-user",
		Shows: "recover then panic(same value)",
		Class: "panic.custom",
	},
	{
		Name: "two-goroutines-panic", Group: "panic-user",
		Shows: "two goroutines panic at the same time",
		Class: "panic.custom",
	},
	{
		Name: "wrapped-exit-in-defer", Group: "panic-user",
		Shows: "deferred os.Exit(0) during a panic",
		Class: "TODO",
	},
}
