package scenario

var panicLib = []Scenario{
	{
		Name: "addcleanup", Group: "panic-lib",
		Shows: "panic in a runtime.AddCleanup function",
		Class: "panic.custom",
		Min:   24,
	},
	{
		Name: "afterfunc", Group: "panic-lib",
		Shows: "panic in a time.AfterFunc callback",
		Class: "panic.custom",
	},
	{
		Name: "atomic-value-type", Group: "panic-lib",
		Shows: "atomic.Value: store of inconsistently typed value",
		Class: "panic.atomic",
	},
	{
		Name: "bytes-buffer-too-large", Group: "panic-lib",
		Shows: "bytes.Buffer: too large",
		Class: "panic.buffer_size",
	},
	{
		Name: "cond-copied", Group: "panic-lib",
		Shows: "sync.Cond is copied",
		Class: "panic.sync_copied",
	},
	{
		Name: "context-afterfunc", Group: "panic-lib",
		Shows: "panic in a context.AfterFunc callback",
		Class: "panic.custom",
	},
	{
		Name: "finalizer", Group: "panic-lib",
		Shows: "panic in a finalizer",
		Class: "panic.custom",
	},
	{
		Name: "fmt-swallows-string-panic", Group: "panic-lib",
		Shows: "panic in a String() method called by fmt",
		Class: "TODO",
	},
	{
		Name: "gob-encode-panic", Group: "panic-lib",
		Shows: "encoding/gob GobEncode panic",
		Class: "panic.custom",
	},
	{
		Name: "http-abort-handler", Group: "panic-lib",
		Shows: "panic(http.ErrAbortHandler) in a net/http handler",
		Class: "panic.http_abort",
	},
	{
		Name: "http-handler", Group: "panic-lib",
		Shows: "panic in a net/http handler",
		Class: "panic.custom",
	},
	{
		Name: "http-handler-after-write", Group: "panic-lib",
		Shows: "panic after the handler flushed a 200 status",
		Class: "panic.custom",
	},
	{
		Name: "http-handler-goexit", Group: "panic-lib",
		Shows: "runtime.Goexit in a net/http handler",
		Class: "TODO",
	},
	{
		Name: "http-handler-goroutine", Group: "panic-lib",
		Shows: "panic in a goroutine started by a handler",
		Class: "panic.custom",
	},
	{
		Name: "http-hijacked", Group: "panic-lib",
		Shows: "panic in a handler after Hijack",
		Class: "panic.custom",
	},
	{
		Name: "http-mux-duplicate", Group: "panic-lib",
		Shows: "http: multiple registrations for a pattern",
		Class: "panic.http_route",
	},
	{
		Name: "http-roundtripper-panic", Group: "panic-lib",
		Shows: "http.Client callback (RoundTripper) panics in the caller",
		Class: "panic.custom",
	},
	{
		Name: "http-timeouthandler", Group: "panic-lib",
		Shows: "panic inside http.TimeoutHandler before the timeout",
		Class: "panic.custom",
	},
	{
		Name: "http-timeouthandler-late", Group: "panic-lib",
		Shows: "panic inside http.TimeoutHandler after the timeout",
		Class: "TODO",
	},
	{
		Name: "io-pipe-writer-panic", Group: "panic-lib",
		Shows: "io.Pipe: panic in writer goroutine while reader blocks",
		Class: "panic.custom",
	},
	{
		Name: "iter-pull-goexit", Group: "panic-lib",
		Shows: "runtime.Goexit in an iter.Pull sequence",
		Class: "fatal.deadlock",
		Min:   23,
	},
	{
		Name: "iter-pull-panic", Group: "panic-lib",
		Shows: "panic in an iter.Pull sequence",
		Class: "panic.custom",
		Min:   23,
	},
	{
		Name: "json-marshaler-panic", Group: "panic-lib",
		Shows: "panic in a MarshalJSON method called by encoding/json",
		Class: "panic.custom",
	},
	{
		Name: "net-rpc-method", Group: "panic-lib",
		Shows: "panic in a net/rpc method",
		Class: "panic.custom",
	},
	{
		Name: "newticker-zero", Group: "panic-lib",
		Shows: "time.NewTicker(0)",
		Class: "panic.timer",
	},
	{
		Name: "panic-in-init", Group: "panic-lib",
		Shows: "panic in a package init function",
		Class: "panic.custom",
	},
	{
		Name: "rangefunc-body-panic", Group: "panic-lib",
		Shows: "panic in a range-over-func body",
		Class: "panic.custom",
		Min:   23,
	},
	{
		Name: "rangefunc-continued", Group: "panic-lib",
		Shows: "range-over-func: iterator continues after the body returned false",
		Class: "panic.range_func",
		Min:   23,
	},
	{
		Name: "rangefunc-iter-swallows", Group: "panic-lib",
		Shows: "iterator function recovers the loop body's panic",
		Class: "panic.range_func",
		Min:   23,
	},
	{
		Name: "reflect-unexported-set", Group: "panic-lib",
		Shows: "reflect: set of unexported field",
		Class: "panic.reflect",
	},
	{
		Name: "reflect-zero-value", Group: "panic-lib",
		Shows: "reflect: call of method on zero Value",
		Class: "panic.reflect",
	},
	{
		Name: "regexp-mustcompile", Group: "panic-lib",
		Shows: "regexp.MustCompile of a bad pattern",
		Class: "panic.must",
	},
	{
		Name: "sql-register-twice", Group: "panic-lib",
		Shows: "sql.Register called twice",
		Class: "panic.registered_twice",
	},
	{
		Name: "strings-repeat-neg", Group: "panic-lib",
		Shows: "strings.Repeat negative count",
		Class: "panic.buffer_size",
	},
	{
		Name: "sync-once-panic", Group: "panic-lib",
		Shows: "sync.Once: panic in the first Do, then a second Do",
		Class: "panic.custom",
	},
	{
		Name: "sync-oncefunc", Group: "panic-lib",
		Shows: "sync.OnceFunc: a panicking function called repeatedly",
		Class: "panic.custom",
	},
	{
		Name: "template-swallows-panic", Group: "panic-lib",
		Shows: "panic in a function called by text/template",
		Class: "TODO",
	},
	{
		Name: "timer-uninit-reset", Group: "panic-lib",
		Shows: "Reset on an uninitialised time.Timer",
		Class: "panic.timer",
	},
	{
		Name: "waitgroup-go", Group: "panic-lib",
		Shows: "panic in a sync.WaitGroup.Go function",
		Class: "panic.custom",
		Min:   25,
	},
	{
		Name: "waitgroup-go-main-returns", Group: "panic-lib",
		Shows: "panic in wg.Go while main returns right after Wait",
		Class: "panic.custom",
		Min:   25,
	},
	{
		Name: "waitgroup-negative", Group: "panic-lib",
		Shows: "sync: negative WaitGroup counter",
		Class: "panic.waitgroup",
	},
	{
		Name: "waitgroup-reuse", Group: "panic-lib",
		Shows: "sync.WaitGroup misuse: Add concurrently with Wait",
		Class: "panic.waitgroup",
	},
}
