package claim

var a2 = []Claim{
	{
		ID: "A2-1-a", Where: "A2 ch.1",
		Says: "Go allows a default parameter value _ = recover().",
	},
	{
		ID: "A2-1-b", Where: "A2 ch.1",
		Says: "recover in a deferred closure inside the handler works.",
	},
	{
		ID: "A2-1-c", Where: "A2 ch.1",
		Says: "recover() evaluated as an argument before the panic returns nil.",
	},
	{
		ID: "A2-1-d", Where: "A2 ch.1",
		Says: "recover affects only the current goroutine's latest unrecovered panic.",
	},
	{
		ID: "A2-1-e", Where: "A2 ch.1",
		Says: "runtime.newproc1 evaluates parameter expressions.",
	},
	{
		ID: "A2-1-f", Where: "A2 ch.1",
		Says: "Compiler output shows a call to runtime.recover.",
	},
	{
		ID: "A2-1-g", Where: "A2 ch.1",
		Says: "deferproc registers only after function entry, so arguments never take part in defer.",
	},
	{
		ID: "A2-2.1-a", Where: "A2 2.1",
		Says: "A closure keeps its own captured environment by reference.",
	},
	{
		ID: "A2-2.2-a", Where: "A2 2.2",
		Says: "Go passes closures by the System V ABI, environment in RSI.",
	},
	{
		ID: "A2-2.3-a", Where: "A2 2.3",
		Says: "The parent's deferred recover cannot catch a panic in a new goroutine.",
	},
	{
		ID: "A2-2.3-b", Where: "A2 2.3",
		Says: "recover does not work for panics in callbacks such as http.HandlerFunc.",
	},
	{
		ID: "A2-2.4-a", Where: "A2 2.4",
		Says: "A handler panic travels outwards through the middleware chain to the first recover.",
	},
	{
		ID: "A2-2.4-b", Where: "A2 2.4",
		Says: "If none recovers, the goroutine/process dies.",
	},
	{
		ID: "A2-2.5-a", Where: "A2 2.5",
		Says: "Go 1.21 decoupled goexit from defers: a panicking goroutine may skip its inner defers.",
	},
	{
		ID: "A2-2.5-b", Where: "A2 2.5",
		Says: "Goexit terminates without running defers.",
	},
	{
		ID: "A2-2.5-c", Where: "A2 2.5",
		Says: "(implied) Goexit and panic interact.",
	},
	{
		ID: "A2-3.1-a", Where: "A2 3.1",
		Says: "Deferred calls do not run while a goroutine is parked; they run when the function returns.",
	},
	{
		ID: "A2-3.1-b", Where: "A2 3.1",
		Says: "A defer statement after a blocking call is not registered while blocked.",
	},
	{
		ID: "A2-3.1-c", Where: "A2 3.1",
		Says: "time.Sleep ends in nanosleep and goparkunlock.",
	},
	{
		ID: "A2-3.1-d", Where: "A2 3.1",
		Says: "A parked goroutine's stack cannot change.",
	},
	{
		ID: "A2-3.2-a", Where: "A2 3.2",
		Says: "A panic in another goroutine is invisible to recover.",
	},
	{
		ID: "A2-3.2-b", Where: "A2 3.2",
		Says: "In the sample, the child's own deferred recover never fires.",
	},
	{
		ID: "A2-3.3-a", Where: "A2 3.3",
		Says: "recover fails during the GC mark phase.",
	},
	{
		ID: "A2-3.3-b", Where: "A2 3.3",
		Says: "gctrace lines end with \"preempted\".",
	},
	{
		ID: "A2-4.1-a", Where: "A2 4.1",
		Says: "reflect.Call registers defers late, so recover misses.",
	},
	{
		ID: "A2-4.1-b", Where: "A2 4.1",
		Says: "callInterface/callReflect decide when defers register.",
	},
	{
		ID: "A2-4.2-a", Where: "A2 4.2",
		Says: "Taking the address of a captured variable makes it escape to the heap.",
	},
	{
		ID: "A2-4.2-b", Where: "A2 4.2",
		Says: "That moves the insertion point of defers.",
	},
	{
		ID: "A2-4.3-a", Where: "A2 4.3",
		Says: "go:noinline middleware cannot recover.",
	},
	{
		ID: "A2-4.4-a", Where: "A2 4.4",
		Says: "An interface call before return triggers \"defer return address not in stack\".",
	},
	{
		ID: "A2-5-a", Where: "A2 ch.5",
		Says: "RFC 868 on UDP 37 is queried with a 48-byte NTP packet and returns NTP fields.",
	},
	{
		ID: "A2-5-b", Where: "A2 ch.5",
		Says: "This calibrates clients to +-17 ms.",
	},
	{
		ID: "A2-5-c", Where: "A2 ch.5",
		Says: "t + (time.time() - time.monotonic()) compensates clock drift.",
	},
	{
		ID: "A2-5-d", Where: "A2 ch.5",
		Says: "A time difference over 200 ms is detectable at the gateway from event time alone.",
	},
}
