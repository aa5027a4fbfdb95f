package scenario

var variants = []Scenario{
	{
		Name: "arena-uaf", Group: "variant",
		Shows: "arena slice used after Free (chunk not full)",
		Class: "fatal.fault",
		// TODO needs: GOEXPERIMENT=arenas
	},
	{
		Name: "arena-uaf-panicfault", Group: "variant",
		Shows: "arena slice used after Free with debug.SetPanicOnFault(true)",
		Class: "panic.fault",
		// TODO needs: GOEXPERIMENT=arenas
	},
	{
		Name: "asan", Group: "variant",
		Shows: "C heap overflow under -asan",
		Class: "TODO",
		// TODO needs: -asan, cgo, C compiler
	},
	{
		Name: "checkptr-arith", Group: "variant",
		Shows: "pointer arithmetic past the object, checkptr",
		Class: "fatal.bad_pointer",
		// TODO needs: -d=checkptr
	},
	{
		Name: "checkptr-misaligned", Group: "variant",
		Shows: "misaligned unsafe conversion, checkptr",
		Class: "fatal.bad_pointer",
		// TODO needs: -d=checkptr
	},
	{
		Name: "checkptr-straddle", Group: "variant",
		Shows: "conversion straddling allocations, checkptr",
		Class: "fatal.bad_pointer",
		// TODO needs: -d=checkptr
	},
	{
		Name: "cshared-0", Group: "variant",
		Shows: "Go panic inside a c-shared library, C host",
		Class: "panic.custom",
		// TODO needs: -buildmode=c-shared, gcc
	},
	{
		Name: "cshared-1", Group: "variant",
		Shows: "deadlock inside a c-shared library",
		Class: "hang",
		// TODO needs: -buildmode=c-shared, gcc
	},
	{
		Name: "cshared-2", Group: "variant",
		Shows: "Go nil dereference inside a c-shared library",
		Class: "panic.nil_deref",
		// TODO needs: -buildmode=c-shared, gcc
	},
	{
		Name: "cshared-3", Group: "variant",
		Shows: "C host segfault while a Go library is loaded",
		Class: "kill.sigsegv",
		// TODO needs: -buildmode=c-shared, gcc
	},
	{
		Name: "cshared-4", Group: "variant",
		Shows: "C host abort while a Go library is loaded",
		Class: "kill.sigabrt",
		// TODO needs: -buildmode=c-shared, gcc
	},
	{
		Name: "gotest-TestGoroutinePanic", Group: "variant",
		Shows: "panic in a goroutine of a test",
		Class: "panic.custom",
		// TODO needs: go test
	},
	{
		Name: "gotest-TestPanic", Group: "variant",
		Shows: "panic in a test",
		Class: "panic.custom",
		// TODO needs: go test
	},
	{
		Name: "gotest-timeout", Group: "variant",
		Shows: "go test timeout",
		Class: "panic.test_timeout",
		// TODO needs: go test
	},
	{
		Name: "race", Group: "variant",
		Shows: "data race under -race",
		Class: "race",
		// TODO needs: -race, cgo
	},
	{
		Name: "secure-fatal", Group: "variant",
		Shows: "fatal error in a set-user-ID process",
		Class: "fatal.sync_unlock",
		// TODO needs: set-user-ID binary (root to create it, run as another user)
	},
	{
		Name: "secure-panic", Group: "variant",
		Shows: "panic in a set-user-ID process (AT_SECURE)",
		Class: "panic.custom",
		// TODO needs: set-user-ID binary (root to create it, run as another user)
	},
	{
		Name: "synctest-deadlock", Group: "variant",
		Shows: "deadlocked testing/synctest bubble",
		Class: "panic.synctest",
		Min:   25,
		// TODO needs: go test
	},
	{
		Name: "unaligned-atomic-386", Group: "variant",
		Shows: "unaligned 64-bit atomic on GOARCH=386",
		Class: "panic.atomic",
		// TODO needs: GOARCH=386
	},
}
