package scenario

import "time"

// variants are programs of their own, because they are built in another way.
var variants = []Scenario{
	{
		Name: "arena-uaf", Group: "variant", Program: "arenas",
		Shows:  "arena slice used after Free (chunk not full)",
		Class:  None,
		Lesson: "Free makes full chunks inaccessible. The last one, which is not full, goes to the next arena: use after free is silent there, except under -race, -msan and -asan.",
	},
	{
		Name: "arena-uaf-panicfault", Group: "variant", Program: "arenas",
		Shows:  "arena slice used after Free with debug.SetPanicOnFault(true)",
		Class:  "panic.fault",
		Lesson: "In a chunk that was full, use after free is a fault, unless a collection was running when it was freed. debug.SetPanicOnFault makes that a panic, which a recover stops.",
	},
	{
		Name: "asan", Group: "variant", Program: "asan",
		Shows:  "C heap overflow under -asan",
		Class:  "exit.log_fatal",
		Lesson: "AddressSanitizer ends the process itself, with status 1 and its own report: there is no traceback of Go, no crash output, and nothing to recover.",
	},
	{
		Name: "checkptr-arith", Group: "variant", Program: "checkptr",
		Shows:  "pointer arithmetic past the object, checkptr",
		Class:  "fatal.bad_pointer",
		Lesson: "-d=checkptr (part of -race) finds pointers that leave their object, and throws: a guard does not keep a test alive.",
	},
	{
		Name: "checkptr-misaligned", Group: "variant", Program: "checkptr",
		Shows:  "misaligned unsafe conversion, checkptr",
		Class:  "fatal.bad_pointer",
		Lesson: "A conversion to a type with pointers must be aligned. Without checkptr the program goes on.",
	},
	{
		Name: "checkptr-straddle", Group: "variant", Program: "checkptr",
		Shows:  "conversion straddling allocations, checkptr",
		Class:  "fatal.bad_pointer",
		Lesson: "Seeing a larger type in a smaller object reads its neighbours. Only checkptr says so.",
	},
	{
		Name: "cshared-0", Group: "variant", Program: "cshared",
		Shows:  "Go panic inside a c-shared library, C host",
		Class:  "panic.custom",
		Lesson: "A panic in a Go library ends the whole host, and by SIGABRT: in a library the runtime behaves as under GOTRACEBACK=crash. The exported function is the last place for a guard.",
	},
	{
		Name: "cshared-1", Group: "variant", Program: "cshared",
		Shows:  "deadlock inside a c-shared library",
		Class:  "hang",
		Wait:   1500 * time.Millisecond,
		Lesson: "In a library the runtime does not look for deadlocks: the host may call in at any time. The call never returns.",
	},
	{
		Name: "cshared-2", Group: "variant", Program: "cshared",
		Shows:  "Go nil dereference inside a c-shared library",
		Class:  "panic.nil_deref",
		Lesson: "The library takes SIGSEGV for its own code, so a nil dereference in it is a panic in somebody else's program too.",
	},
	{
		Name: "cshared-3", Group: "variant", Program: "cshared",
		Shows:  "C host segfault while a Go library is loaded",
		Class:  "kill.sigsegv",
		Lesson: "A fault in the host's code is passed on to what was there before the library: by default the process dies without a word of Go.",
	},
	{
		Name: "cshared-4", Group: "variant", Program: "cshared",
		Shows:  "C host abort while a Go library is loaded",
		Class:  "kill.sigabrt",
		Lesson: "abort in a host that has a Go library loaded is what it is without one: no traceback, no crash output.",
	},
	{
		Name: "gotest-TestGoroutinePanic", Group: "variant", Program: "gotest",
		Shows:  "panic in a goroutine of a test",
		Class:  "panic.custom",
		Args:   []string{"-test.run=^TestGoroutinePanic$"},
		Lesson: "testing guards the goroutine of a test only. A panic in another one ends the test binary, and the tests after it do not run.",
	},
	{
		Name: "gotest-TestPanic", Group: "variant", Program: "gotest",
		Shows:  "panic in a test",
		Class:  "panic.custom",
		Args:   []string{"-test.run=^TestPanic$"},
		Lesson: "testing recovers a panic to print the test's name, and panics again: the binary ends, and the tests after it do not run.",
	},
	{
		Name: "gotest-timeout", Group: "variant", Program: "gotest",
		Shows:  "go test timeout",
		Class:  "panic.test_timeout",
		Args:   []string{"-test.run=^TestTimeout$", "-test.timeout=1s"},
		Lesson: "The timeout is a panic in a goroutine of its own, so no recover in the test stops it. The traceback shows where the test stood.",
	},
	{
		Name: "race", Group: "variant", Program: "race",
		Shows:  "data race under -race",
		Class:  "race",
		Lesson: "The race detector reports and goes on. The exit status, 66 at the end, is all that fails a job that does not read its output.",
	},
	{
		Name: "secure-fatal", Group: "variant", Program: "secure",
		Shows:  "fatal error in a set-user-ID process",
		Class:  "fatal.sync_unlock",
		Lesson: "A set-user-ID program prints the headline of its death and no stack, whatever GOTRACEBACK says.",
	},
	{
		Name: "secure-panic", Group: "variant", Program: "secure",
		Shows:  "panic in a set-user-ID process (AT_SECURE)",
		Class:  "panic.custom",
		Lesson: "A set-user-ID program prints the headline of its death and no stack, whatever GOTRACEBACK says.",
	},
	{
		Name: "synctest-deadlock", Group: "variant", Program: "gotest",
		Shows: "deadlocked testing/synctest bubble",
		Class: "panic.synctest",
		Min:   25, Env: []string{"GODEBUG=asynctimerchan=0"},
		Args:   []string{"-test.run=^TestBubbleDeadlock$"},
		Lesson: "A bubble knows its goroutines, so it finds a deadlock of some of them: a panic that names those left behind.",
	},
	{
		Name: "unaligned-atomic-386", Group: "variant", Program: "i386",
		Shows:  "unaligned 64-bit atomic on GOARCH=386",
		Class:  "panic.atomic",
		Lesson: "On 32-bit processors a 64-bit atomic must be aligned to 8 bytes, which a struct does not promise. atomic.Int64 does.",
	},
}
