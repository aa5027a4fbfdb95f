package claim

var a0Defer = []Claim{
	{
		ID: "A0-3.1-a", Where: "A0 3.1",
		Says: "deferreturn stops when _defer.siz == 0.",
	},
	{
		ID: "A0-3.1-b", Where: "A0 3.1",
		Says: "deferreturn stops when fn == nil.",
	},
	{
		ID: "A0-3.1-c", Where: "A0 3.1",
		Says: "deferreturn stops when sp < _defer.sp.",
	},
	{
		ID: "A0-3.1-d", Where: "A0 3.1",
		Says: "deferreturn is assembly in asm_amd64.s.",
	},
	{
		ID: "A0-3.1-e", Where: "A0 3.1",
		Says: "Deferred calls without arguments are not executed.",
	},
	{
		ID: "A0-3.2-a", Where: "A0 3.2",
		Says: "defer records are linked on the goroutine and tied to sp.",
	},
	{
		ID: "A0-3.2-b", Where: "A0 3.2",
		Says: "Overwriting d.sp makes the runtime skip defers.",
	},
	{
		ID: "A0-3.2-c", Where: "A0 3.2",
		Says: "gctrace shows defer execution counts.",
	},
	{
		ID: "A0-3.2-d", Where: "A0 3.2",
		Says: "The defer chain can be read off the goroutine profile.",
	},
	{
		ID: "A0-3.3-a", Where: "A0 3.3",
		Says: "Stack growth while defers run leaves dangling defer links.",
	},
	{
		ID: "A0-3.3-b", Where: "A0 3.3",
		Says: "getg().dying guards the traversal.",
	},
	{
		ID: "A0-4.1-a", Where: "A0 4.1",
		Says: "CALL pushes the return address (SP-8) and jumps.",
	},
	{
		ID: "A0-4.1-b", Where: "A0 4.1",
		Says: "Between CALL and deferproc a defer can be lost to a signal or stack growth.",
	},
	{
		ID: "A0-4.2-a", Where: "A0 4.2",
		Says: "Go 1.22 introduced strict frame pointer checks via -d=checkptr.",
	},
	{
		ID: "A0-4.2-b", Where: "A0 4.2",
		Says: "Runtime throws \"invalid stack pointer\".",
	},
	{
		ID: "A0-4.2-c", Where: "A0 4.2",
		Says: "$GOROOT/pkg/linux_amd64/runtime.a exists for objdump.",
	},
	{
		ID: "A0-4.2-d", Where: "A0 4.2",
		Says: "deferproc begins with cmpq %rbp,%rsp as a frame check.",
	},
	{
		ID: "A0-4.2-e", Where: "A0 4.2",
		Says: "defer in a cgo callback triggers the frame check panic.",
	},
	{
		ID: "A0-4.3-a", Where: "A0 4.3",
		Says: "A forged _defer record makes recover return nil.",
	},
	{
		ID: "A0-4.3-b", Where: "A0 4.3",
		Says: "recover consults stack maps through findRecover / addStackMap.",
	},
	{
		ID: "A0-4.4-a", Where: "A0 4.4",
		Says: "Go 1.22 adds .eh_frame unwind metadata used by the runtime.",
	},
	{
		ID: "A0-4.4-b", Where: "A0 4.4",
		Says: "Before 1.22 an outer defer was lost when an inner deferred call panicked.",
	},
	{
		ID: "A0-4.4-c", Where: "A0 4.4",
		Says: "Defer call-site recognition rose from 82 % to 99.7 %.",
	},
	{
		ID: "A0-5-a", Where: "A0 ch.5",
		Says: "runtime.SetPanicHandler catches unhandled panics.",
	},
	{
		ID: "A0-5-b", Where: "A0 ch.5",
		Says: "rate(go_panic_total[1h]) > 0.1 is a sensible alert for the described spike.",
	},
	{
		ID: "A0-5-c", Where: "A0 ch.5",
		Says: "go_panic_total is available from the runtime.",
	},
	{
		ID: "A0-5-d", Where: "A0 ch.5",
		Says: "SIGUSR1 can trigger a planted panic.",
	},
	{
		ID: "A0-5-e", Where: "A0 ch.5",
		Says: "A deferred recover in main closes the silent-loss gap.",
	},
	{
		ID: "A0-5-f", Where: "A0 ch.5",
		Says: "Without -gcflags=-l panic stacks lose function names.",
	},
	{
		ID: "A0-5-g", Where: "A0 ch.5",
		Says: "-gcflags can be set in go.mod.",
	},
	{
		ID: "A0-5-h", Where: "A0 ch.5",
		Says: "The PanicRecovery middleware recovers handler panics.",
	},
}
