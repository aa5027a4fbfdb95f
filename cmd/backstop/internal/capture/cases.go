package capture

import "github.com/backstop-go/backstop/crash"

// Counted is how many crash classes there are: those of a survey of what the
// tools of others deliver.
const Counted = 46

// Cases lists the ways to end: first what must not be reported, then the
// crashes. Names are those of the scenarios.
func Cases() []Case {
	var all []Case
	for _, list := range [][]Case{controls, handlers, goroutines, fatals, signals, ends} {
		all = append(all, list...)
	}
	return all
}

// Crashes lists the cases that are to be reported.
func Crashes() []Case {
	var all []Case
	for _, c := range Cases() {
		if !c.Silent {
			all = append(all, c)
		}
	}
	return all
}

func classes(c ...crash.Class) []crash.Class { return c }

var controls = []Case{
	{Name: "http-abort-handler", Group: "control", Silent: true},
	{Name: "http-handler-swallows", Group: "control", Silent: true},
	{Name: "exit-0", Group: "control", Silent: true},
}

const nilMap = `^assignment to entry in nil map$`

// handlers panic where net/http recovers, and the program goes on.
var handlers = []Case{
	{Name: "http-handler", Group: "handler", Class: classes("panic.nil_map"), Reason: nilMap, Func: "main.addToCart", Request: true},
	{Name: "http-handler-after-write", Group: "handler", Class: classes("panic.custom"), Reason: `^cart is nil$`, Func: "main.afterWrite", Request: true},
	{Name: "http-hijacked", Group: "handler", Class: classes("panic.custom"), Reason: `^upgrade failed$`, Func: "main.hijacked", Request: true},
}

// goroutines panic where nobody recovers.
var goroutines = []Case{
	{Name: "index-out-of-range", Group: "goroutine", Class: classes("panic.index"), Reason: `index out of range \[5\] with length 3`, Func: "main.indexOutOfRange", Request: true},
	{Name: "nil-map-write", Group: "goroutine", Class: classes("panic.nil_map"), Reason: nilMap, Func: "main.nilMapWrite", Request: true},
	{Name: "send-closed-chan", Group: "goroutine", Class: classes("panic.closed_chan"), Reason: `^send on closed channel$`, Func: "main.sendClosedChan", Request: true},
	{Name: "nil-deref", Group: "goroutine", Class: classes("panic.nil_deref"), Reason: `nil pointer dereference`, Func: "main.nilDeref", Request: true},
	{Name: "type-assert", Group: "goroutine", Class: classes("panic.iface_conversion"), Reason: `is int, not string`, Func: "main.typeAssert", Request: true},
	{Name: "div-zero", Group: "goroutine", Class: classes("panic.divide"), Reason: `integer divide by zero`, Func: "main.divZero", Request: true},
	{Name: "slice-bounds", Group: "goroutine", Class: classes("panic.slice_bounds"), Reason: `slice bounds out of range \[2:1\]`, Func: "main.sliceBounds", Request: true},
	{Name: "panic-error", Group: "goroutine", Class: classes("panic.custom"), Reason: `reserve A-17: out of stock`, Func: "main.panicError", Request: true},
	{Name: "panic-multiline", Group: "goroutine", Class: classes("panic.custom"), Reason: `(?s)^bad input.*goroutine 1 \[running\]`, Func: "main.panicMultiline", Request: true},
	{Name: "nested-panic-in-defer", Group: "goroutine", Class: classes("panic.custom"), Reason: `(?s)order is incomplete.*rollback failed too`, Func: "main.nestedPanic", Request: true},
	{Name: "waitgroup-negative", Group: "goroutine", Class: classes("panic.waitgroup"), Reason: `^sync: negative WaitGroup counter$`, Func: "main.waitGroupNegative", Request: true},
	{Name: "afterfunc", Group: "goroutine", Class: classes("panic.custom"), Reason: `^session expired$`, Func: "main.timeIsUp", Request: true},
	{Name: "finalizer", Group: "goroutine", Class: classes("panic.custom"), Reason: `^customer 0 was not closed$`, Func: "main.finalize", Request: true},
	{Name: "io-pipe-writer-panic", Group: "goroutine", Class: classes("panic.custom"), Reason: `^template is broken$`, Func: "main.writePipe", Request: true},
	{Name: "c-callback-panic", Group: "goroutine", Class: classes("panic.nil_map"), Reason: nilMap, Func: "main.callback", Request: true, Cgo: true},

	{Name: "panic-in-guarded-goroutine", Group: "guarded", Class: classes("panic.custom"), Reason: `^card terminal is gone$`, Func: "main.chargeCard", Request: true},
	{Name: "panic-in-main", Group: "guarded", Class: classes("panic.custom"), Reason: `^main lost its database$`, Func: "main.mainPanics", Request: true},

	{Name: "panic-in-init", Group: "init", Class: classes("panic.nil_map"), Reason: nilMap, Func: "example.com/capture/early.loadConfig"},

	{Name: "panic-error-method-panics", Group: "error method", Class: classes("fatal.panic_during_panic"), Reason: `^panic while printing panic value`, Func: "main.errorMethodPanics", Request: true},
}

var fatals = []Case{
	{Name: "mutex-unlock", Group: "sync", Class: classes("fatal.sync_unlock"), Reason: `^sync: unlock of unlocked mutex$`, Func: "main.mutexUnlock", Request: true},
	{Name: "map-write-write", Group: "sync", Class: classes("fatal.concurrent_map_writes"), Reason: `^concurrent map writes$`, Func: "main.writeMap", Request: true},
	{Name: "map-iterate-write", Group: "sync", Class: classes("fatal.concurrent_map_iter_write"), Reason: `^concurrent map iteration and map write$`, Func: "main.iterateMap", Request: true},

	// A server waits for connections and so is never asleep: here main itself
	// serves.
	{Name: "deadlock-mutex", Group: "deadlock", Class: classes("fatal.deadlock"), Reason: `^all goroutines are asleep - deadlock!$`, Func: "main.deadlock", Request: true},
	{Name: "goexit-main", Group: "deadlock", Class: classes("fatal.deadlock"), Reason: `deadlock!$`},

	{Name: "stack-overflow", Group: "resource", Class: classes("fatal.stack_overflow"), Reason: `^stack overflow$`, Func: "main.overflow", Request: true, Limits: Limits{AddressSpace: 6_000_000}, Slow: true},
	{Name: "oom-ulimit", Group: "resource", Class: classes("fatal.oom"), Reason: `out of memory`, Func: "main.outOfMemory", Request: true, Limits: Limits{AddressSpace: 3_000_000}},
	{Name: "setmaxthreads", Group: "resource", Class: classes("fatal.thread_exhaustion"), Reason: `^thread exhaustion$`, Request: true},

	{Name: "newosproc-eagain", Group: "threads", Class: classes("fatal.newosproc"), Reason: `newosproc|pthread_create failed`, Request: true, Limits: Limits{Tasks: 64}, WithC: true},

	{Name: "unmapped-address", Group: "fault", Class: classes("fatal.fault"), Reason: `^fault$`, Func: "main.unmappedAddress", Request: true},
	{Name: "sigbus-mmap-truncated", Group: "fault", Class: classes("fatal.fault"), Reason: `^fault$`, Func: "main.truncatedMmap", Request: true},
}

const native = "example.com/capture/native."

// signals come from outside, or from C.
var signals = []Case{
	{Name: "sig-abrt", Group: "signal", Class: classes("signal.sigabrt"), Reason: ``, Request: true},
	{Name: "sig-quit", Group: "signal", Class: classes("signal.sigquit"), Reason: ``, Request: true},
	{Name: "sig-segv", Group: "signal", Class: classes("signal.sigsegv"), Reason: ``, Request: true},

	{Name: "c-segv", Group: "C", Class: classes("signal.segv_cgo"), Reason: ``, Func: native + "Segv", Request: true, Cgo: true},
	{Name: "c-abort", Group: "C", Class: classes("signal.abort_cgo"), Reason: ``, Func: native + "Abort", Request: true, Cgo: true},
	{Name: "c-double-free", Group: "C", Class: classes("signal.abort_cgo"), Reason: `double free`, Func: native + "DoubleFree", Request: true, Cgo: true},
	{Name: "cxx-throw", Group: "C", Class: classes("signal.abort_cgo"), Reason: `stock ledger is corrupt`, Func: native + "Throw", Request: true, Cgo: true},
}

// ends leave no traceback at all.
var ends = []Case{
	{Name: "sig-kill", Group: "end", Class: classes("kill.sigkill"), Reason: `SIGKILL`, Request: true},
	{Name: "oom-cgroup", Group: "end", Class: classes("kill.oom"), Reason: `OOM killer`, Request: true, Limits: Limits{Memory: 64 << 20}},
	{Name: "sig-term", Group: "end", Class: classes("kill.sigterm"), Reason: `SIGTERM`, Request: true},
	{Name: "stdout-broken-pipe", Group: "end", Class: classes("kill.sigpipe"), Reason: `SIGPIPE`, Request: true},
	{Name: "os-exit-3", Group: "end", Class: classes("exit.os_exit"), Reason: `3`, Request: true},
	{Name: "log-fatal", Group: "end", Class: classes("exit.log_fatal"), Reason: `open config.yaml: no such file$`, Request: true},
}
