package main

// toolchains are those that build the programs. Before 1.21 only those of
// testdata that say so are built: the others need newer language features.
var toolchains = []string{
	"go1.9.7", "go1.13.15", "go1.16.15", "go1.17.13", "go1.18.10", "go1.20.14",
	"go1.21.13", "go1.22.12", "go1.23.6", "go1.24.9", "go1.25.4", "go1.26.1", "go1.27.0",
}

// A recording is one golden file for each of its toolchains.
type recording struct {
	name    string
	program string   // its folder in testdata; "crasher" when empty
	from    string   // the program's case, when it is not name
	env     []string // GOTRACEBACK and the like
	on      []string // minor versions; 1.21 and all later ones when empty
	target  string   // GOOS/GOARCH, when it is not this machine
	out     bool     // the text of debug.SetCrashOutput, not that of standard error
	race    bool     // built with -race
	test    string   // the test to run in the test binary
	gcflags string   // for the compiler
}

func (rec *recording) wanted(minor string) bool {
	if len(rec.on) > 0 {
		return contains(rec.on, minor)
	}
	return contains([]string{"1.21", "1.22", "1.23", "1.24", "1.25", "1.26", "1.27"}, minor)
}

var recordings = []recording{
	{name: "goroutine"},
	{name: "nested"},
	{name: "repanicked-deep"},
	{name: "map-writes"},
	{name: "deadlock-mutex"},
	{name: "index", on: []string{"1.21", "1.24", "1.27"}},
	{name: "nil-deref", on: []string{"1.21", "1.24", "1.27"}},
	{name: "closed-chan", on: []string{"1.21", "1.27"}},
	{name: "custom-error", on: []string{"1.21", "1.27"}},
	{name: "custom-struct", on: []string{"1.21", "1.27"}},
	{name: "generic", on: []string{"1.21", "1.27"}},
	{name: "stack-overflow", on: []string{"1.21", "1.24", "1.27"}},
	{name: "deep", on: []string{"1.21", "1.27"}},
	{name: "multiline", on: []string{"1.22", "1.23"}},
	{name: "forged", on: []string{"1.22", "1.27"}},
	{name: "quoted-stack", on: []string{"1.22", "1.27"}},
	{name: "forged-headline", on: []string{"1.23", "1.27"}},
	{name: "forged-headline-system", from: "forged-headline", env: []string{"GOTRACEBACK=system"}, on: []string{"1.26"}},
	{name: "forged-system", from: "forged", env: []string{"GOTRACEBACK=system"}, on: []string{"1.22"}},
	{name: "fatal-in-defer-system", from: "fatal-in-defer", env: []string{"GOTRACEBACK=system"}, on: []string{"1.27"}},
	{name: "unknown-pc", on: []string{"1.21", "1.26"}},
	{name: "fault-panic", on: []string{"1.26"}},
	{name: "close-in-defer", on: []string{"1.27"}},
	{name: "recovered-other", on: []string{"1.25"}},
	{name: "fatal-in-defer", on: []string{"1.25", "1.26"}},
	{name: "error-panics", on: []string{"1.26"}},
	{name: "goexit-main", on: []string{"1.21"}},
	{name: "goexit-main-system", from: "goexit-main", env: []string{"GOTRACEBACK=system"}, on: []string{"1.26"}},
	{name: "threads", on: []string{"1.27"}},
	{name: "oom-limit", on: []string{"1.23", "1.26"}},
	{name: "fault", on: []string{"1.22"}},
	{name: "labels", from: "nil-map", env: []string{"CRASH_LABELS=1", "GODEBUG=tracebacklabels=1"}, on: []string{"1.26", "1.27"}},
	{name: "labels-odd", from: "nil-map", env: []string{"CRASH_LABELS=odd", "GODEBUG=tracebacklabels=1"}, on: []string{"1.26", "1.27"}},
	{name: "ancestors", from: "goroutine", env: []string{"GODEBUG=tracebackancestors=5"}, on: []string{"1.26"}},
	{name: "traceback-system", from: "goroutine", env: []string{"GOTRACEBACK=system"}, on: []string{"1.21", "1.26"}},
	{name: "traceback-crash", from: "goroutine", env: []string{"GOTRACEBACK=crash"}, on: []string{"1.27"}},
	{name: "traceback-none", from: "goroutine", env: []string{"GOTRACEBACK=none"}, on: []string{"1.26"}},
	{name: "http-serving", on: []string{"1.21", "1.27"}},
	{name: "debug-stack", on: []string{"1.24"}},
	{name: "stack-all", on: []string{"1.26"}},
	{name: "sigquit", on: []string{"1.21", "1.27"}},
	{name: "sigill", on: []string{"1.21", "1.27"}},
	{name: "custom-named", on: []string{"1.21", "1.27"}},
	{name: "binary", on: []string{"1.22", "1.27"}},
	{name: "sigabrt", on: []string{"1.26"}},
	{name: "race", race: true, on: []string{"1.26"}},
	{name: "test-timeout", test: "TestEndless", on: []string{"1.22", "1.26"}},
	{name: "unlock-output", from: "unlock", out: true, on: []string{"1.23", "1.27"}},
	{name: "map-writes-output", from: "map-writes", out: true, on: []string{"1.23", "1.27"}},
	{name: "deadlock-mutex-output", from: "deadlock-mutex", out: true, on: []string{"1.26"}},
	{name: "stack-overflow-output", from: "stack-overflow", out: true, on: []string{"1.26"}},
	{name: "fault-output", from: "fault", out: true, on: []string{"1.26"}},
	{name: "goroutine-output", from: "goroutine", out: true, on: []string{"1.26"}},
	{name: "threads-output", from: "threads", out: true, on: []string{"1.27"}},
	{name: "oom-limit-output", from: "oom-limit", out: true, on: []string{"1.23", "1.27"}},
	{name: "runlock", on: []string{"1.27"}},
	{name: "runlock-output", from: "runlock", out: true, on: []string{"1.23", "1.27"}},
	{name: "finalizer-twice", on: []string{"1.27"}},
	{name: "finalizer-twice-output", from: "finalizer-twice", out: true, on: []string{"1.23", "1.27"}},
	{name: "go-nil-func", on: []string{"1.27"}},
	{name: "go-nil-func-output", from: "go-nil-func", out: true, on: []string{"1.23", "1.27"}},
	{name: "error-panics-output", from: "error-panics", out: true, on: []string{"1.23", "1.27"}},

	// Throws of the runtime, with and without their headline.
	{name: "throws-pinned-panic", program: "throws", from: "pinned-panic", on: []string{"1.27"}},
	{name: "throws-pinned-panic-output", program: "throws", from: "pinned-panic", out: true, on: []string{"1.23", "1.27"}},
	{name: "throws-pinned-nil", program: "throws", from: "pinned-nil", on: []string{"1.27"}},
	{name: "throws-pinned-nil-output", program: "throws", from: "pinned-nil", out: true, on: []string{"1.23", "1.27"}},
	{name: "throws-pinned-block", program: "throws", from: "pinned-block", on: []string{"1.27"}},
	{name: "throws-pinned-block-output", program: "throws", from: "pinned-block", out: true, on: []string{"1.23", "1.27"}},
	{name: "throws-bad-pointer", program: "throws", from: "bad-pointer", on: []string{"1.27"}},
	{name: "throws-bad-pointer-output", program: "throws", from: "bad-pointer", out: true, on: []string{"1.27"}},
	{name: "throws-freed-pointer", program: "throws", from: "freed-pointer", on: []string{"1.27"}},
	{name: "throws-freed-pointer-output", program: "throws", from: "freed-pointer", out: true, on: []string{"1.23", "1.27"}},
	{name: "throws-checkptr", program: "throws", from: "checkptr", gcflags: "all=-d=checkptr", on: []string{"1.27"}},
	{name: "throws-checkptr-output", program: "throws", from: "checkptr", gcflags: "all=-d=checkptr", out: true, on: []string{"1.23", "1.27"}},
	{name: "throws-copy-fault", program: "throws", from: "copy-fault", on: []string{"1.27"}},
	{name: "throws-copy-fault-output", program: "throws", from: "copy-fault", out: true, on: []string{"1.23", "1.27"}},
	{name: "throws-pull-locked", program: "throws", from: "pull-locked", on: []string{"1.27"}},
	{name: "throws-pull-locked-output", program: "throws", from: "pull-locked", out: true, on: []string{"1.23", "1.27"}},
	{name: "throws-no-descriptors", program: "throws", from: "no-descriptors", on: []string{"1.27"}},
	{name: "throws-no-descriptors-output", program: "throws", from: "no-descriptors", out: true, on: []string{"1.23", "1.27"}},
	{name: "throws-random-failure", program: "throws", from: "random-failure", on: []string{"1.27"}},
	{name: "throws-random-failure-output", program: "throws", from: "random-failure", out: true, on: []string{"1.24", "1.27"}},
	{name: "throws-map-clone", program: "throws", from: "map-clone", on: []string{"1.27"}},
	{name: "throws-map-clone-output", program: "throws", from: "map-clone", out: true, on: []string{"1.23", "1.27"}},
	{name: "throws-memory-limit", program: "throws", from: "memory-limit", on: []string{"1.27"}},
	{name: "throws-memory-limit-output", program: "throws", from: "memory-limit", out: true, on: []string{"1.23", "1.27"}},

	{name: "synctest-left", test: "TestBubbleLeft", env: []string{"GODEBUG=asynctimerchan=0"}, on: []string{"1.25", "1.27"}},
	{name: "synctest-stuck", test: "TestBubbleStuck", env: []string{"GODEBUG=asynctimerchan=0"}, on: []string{"1.27"}},
	{name: "synctest-panic", test: "TestBubblePanics", env: []string{"GODEBUG=asynctimerchan=0", "GOTRACEBACK=all"}, on: []string{"1.25"}},
	{name: "leaked", on: []string{"1.27"}},
	{name: "coroutine-waits", env: []string{"GOTRACEBACK=all"}, on: []string{"1.23", "1.27"}},
	{name: "library-profile-1", from: "profile-1", on: []string{"1.21", "1.27"}},
	{name: "profile-2", on: []string{"1.26"}},

	// Old toolchains.
	{name: "relic-index", program: "relic", from: "index", on: []string{"1.9", "1.13", "1.16", "1.17", "1.18", "1.20", "1.27"}},
	{name: "relic-nil-deref", program: "relic", from: "nil-deref", on: []string{"1.9", "1.16", "1.17", "1.18", "1.20"}},
	{name: "relic-nested", program: "relic", from: "nested", on: []string{"1.9", "1.13", "1.16", "1.18"}},
	{name: "relic-repanicked", program: "relic", from: "repanicked", on: []string{"1.9", "1.18"}},
	{name: "relic-struct-name", program: "relic", from: "struct-name", on: []string{"1.9", "1.16", "1.18", "1.20"}},
	{name: "relic-embedded", program: "relic", from: "embedded", on: []string{"1.9", "1.13"}},
	{name: "relic-forged", program: "relic", from: "forged", on: []string{"1.9", "1.20"}},
	{name: "relic-forged-twice", program: "relic", from: "forged-twice", on: []string{"1.16", "1.20", "1.27"}},
	{name: "relic-quoted-crash", program: "relic", from: "quoted-crash", on: []string{"1.17"}},
	{name: "relic-map-writes", program: "relic", from: "map-writes", on: []string{"1.9", "1.16", "1.20"}},
	{name: "relic-stack-overflow", program: "relic", from: "stack-overflow", on: []string{"1.9", "1.16", "1.18", "1.20"}},
	{name: "relic-bad-pointer", program: "relic", from: "bad-pointer", on: []string{"1.9", "1.20"}},
	{name: "relic-sigquit", program: "relic", from: "sigquit", on: []string{"1.9", "1.16", "1.20"}},
	{name: "relic-stack-all", program: "relic", from: "stack-all", on: []string{"1.9"}},
	{name: "relic-print-stack", program: "relic", from: "print-stack", on: []string{"1.9", "1.18"}},
	{name: "relic-goexit", program: "relic", from: "goexit", on: []string{"1.9"}},
	{name: "relic-goexit-panic", program: "relic", from: "goexit-panic", on: []string{"1.9", "1.16"}},
	{name: "relic-struct-value", program: "relic", from: "struct-value", on: []string{"1.9", "1.18"}},
	{name: "relic-deep", program: "relic", from: "deep", on: []string{"1.9", "1.20"}},
	{name: "relic-fault", program: "relic", from: "fault", on: []string{"1.9"}},
	{name: "relic-main-locked", program: "relic", from: "main-locked", on: []string{"1.9"}},
	{name: "relic-system", program: "relic", from: "index", env: []string{"GOTRACEBACK=system"}, on: []string{"1.9", "1.18"}},
	{name: "relic-crash", program: "relic", from: "index", env: []string{"GOTRACEBACK=crash"}, on: []string{"1.9", "1.20"}},
	{name: "relic-ancestors", program: "relic", from: "index", env: []string{"GODEBUG=tracebackancestors=5"}, on: []string{"1.13", "1.20"}},
	{name: "relic-test-timeout", program: "relic", test: "TestEndless", on: []string{"1.9", "1.13", "1.20"}},
	{name: "relic-test-panic", program: "relic", test: "TestPanics", on: []string{"1.9", "1.13", "1.20", "1.27"}},

	// Other machines and systems.
	{name: "arm64-sigquit", program: "relic", from: "sigquit", target: "linux/arm64", on: []string{"1.27"}},
	{name: "arm-sigquit", program: "relic", from: "sigquit", target: "linux/arm", on: []string{"1.27"}},
	{name: "386-sigquit", program: "relic", from: "sigquit", target: "linux/386", on: []string{"1.9"}},
	{name: "ppc64le-sigquit", program: "relic", from: "sigquit", target: "linux/ppc64le", on: []string{"1.27"}},
	{name: "s390x-sigquit", program: "relic", from: "sigquit", target: "linux/s390x", on: []string{"1.27"}},
	{name: "riscv64-sigquit", program: "relic", from: "sigquit", target: "linux/riscv64", on: []string{"1.27"}},
	{name: "mips64-sigquit", program: "relic", from: "sigquit", target: "linux/mips64", on: []string{"1.27"}},
	{name: "mipsle-sigquit", program: "relic", from: "sigquit", target: "linux/mipsle", on: []string{"1.20"}},
	{name: "loong64-sigquit", program: "relic", from: "sigquit", target: "linux/loong64", on: []string{"1.27"}},
	{name: "windows-nil-deref", program: "relic", from: "nil-deref", target: "windows/amd64", on: []string{"1.9", "1.20"}},
	{name: "windows-fault", program: "relic", from: "fault", target: "windows/amd64", on: []string{"1.13"}},
	{name: "windows-deadlock", program: "relic", from: "deadlock", target: "windows/amd64", on: []string{"1.16"}},
	{name: "wasm-nil-deref", program: "relic", from: "nil-deref", target: "js/wasm", on: []string{"1.27"}},
	{name: "wasm-deadlock", program: "relic", from: "deadlock", target: "js/wasm", on: []string{"1.27"}},

	// C code.
	{name: "native-segv", program: "native", from: "segv", on: []string{"1.9", "1.20", "1.27"}},
	{name: "native-abort", program: "native", from: "abort", on: []string{"1.9", "1.13", "1.20"}},
	{name: "native-divide", program: "native", from: "divide", on: []string{"1.9", "1.27"}},
	{name: "native-callback", program: "native", from: "callback", on: []string{"1.9", "1.13", "1.27"}},
	{name: "native-quit", program: "native", from: "quit", on: []string{"1.20"}},
	{name: "native-threads", program: "native", from: "threads", on: []string{"1.16", "1.27"}}, // as root
	{name: "native-others", program: "native", from: "others", on: []string{"1.9", "1.27"}},
	{name: "native-crash", program: "native", from: "others", env: []string{"GOTRACEBACK=crash"}, on: []string{"1.13", "1.27"}},
	{name: "native-symbols", program: "native", from: "segv", env: []string{"NATIVE_SYMBOLS=1"}, on: []string{"1.9", "1.20", "1.27"}},
	{name: "native-traceback", program: "native", from: "segv", env: []string{"NATIVE_TRACEBACK=1"}, on: []string{"1.9", "1.27"}},
}
