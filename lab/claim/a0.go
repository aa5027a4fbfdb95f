package claim

var a0 = []Claim{
	{
		ID: "A0-1-a", Where: "A0 ch.1",
		Says: "Index out of range, nil dereference and sending on a closed channel raise an ordinary panic.",
	},
	{
		ID: "A0-1-b", Where: "A0 ch.1",
		Says: "A panic stops the current goroutine and unwinds it, running its deferred calls.",
	},
	{
		ID: "A0-1-c", Where: "A0 ch.1",
		Says: "Panics do not propagate across goroutines; that isolation protects the rest of the program.",
	},
	{
		ID: "A0-1-d", Where: "A0 ch.1",
		Says: "recover works only when called in a deferred function of the panicking goroutine.",
	},
	{
		ID: "A0-1-e", Where: "A0 ch.1",
		Says: "safeDivide: panic in the body is turned into ok=false by the deferred recover.",
	},
	{
		ID: "A0-1-f", Where: "A0 ch.1",
		Says: "After one deferred call recovered, the remaining deferred calls still run.",
	},
	{
		ID: "A0-1-g", Where: "A0 ch.1",
		Says: "Unwinding one goroutine does not stop or preempt the others.",
	},
	{
		ID: "A0-1-h", Where: "A0 ch.1",
		Says: "recover only ever yields non-nil values.",
	},
	{
		ID: "A0-1-i", Where: "A0 ch.1",
		Says: "recover with no active panic returns nil without side effects.",
	},
	{
		ID: "A0-1-j", Where: "A0 ch.1",
		Says: "panic/recover costs nothing unless a panic happens.",
	},
	{
		ID: "A0-1-k", Where: "A0 title",
		Says: "\"defer + recover cannot catch panic\": goroutine and main-goroutine panics differ.",
	},
	{
		ID: "A0-2.1-a", Where: "A0 2.1",
		Says: "runtime has var panicking uint32 in panic.go.",
	},
	{
		ID: "A0-2.1-b", Where: "A0 2.1",
		Says: "gopanic stores panicking=1 as its first action.",
	},
	{
		ID: "A0-2.1-c", Where: "A0 2.1",
		Says: "It must be uint32 because atomics cannot operate on bool.",
	},
	{
		ID: "A0-2.1-d", Where: "A0 2.1",
		Says: "_panic is heap allocated with malloc in gopanic.",
	},
	{
		ID: "A0-2.1-e", Where: "A0 2.1",
		Says: "The new _panic is pushed at the head of the goroutine's _panic list.",
	},
	{
		ID: "A0-2.1-f", Where: "A0 2.1",
		Says: "gorecover tests panicking==1 as well as gp._panic.",
	},
	{
		ID: "A0-2.1-g", Where: "A0 2.1",
		Says: "panicking goes back to 0 once the deferred calls are done.",
	},
	{
		ID: "A0-2.2-a", Where: "A0 2.2",
		Says: "Each g has a panicking field, at offset 0x140 in Go 1.22 amd64.",
	},
	{
		ID: "A0-2.2-b", Where: "A0 2.2",
		Says: "User code can call getg().",
	},
	{
		ID: "A0-2.2-c", Where: "A0 2.2",
		Says: "Writing 2 into the flag makes gopanic skip the recover check.",
	},
	{
		ID: "A0-2.2-d", Where: "A0 2.2",
		Says: "GODEBUG=gctrace=1 interacts with panic handling (flush order, hook).",
	},
	{
		ID: "A0-2.3-a", Where: "A0 2.3",
		Says: "Go source accepts asm volatile(\"nop\" ...).",
	},
	{
		ID: "A0-2.3-b", Where: "A0 2.3",
		Says: "dlv trace -p PID regexp --follow follows flag reads.",
	},
	{
		ID: "A0-2.3-c", Where: "A0 2.3",
		Says: "The code sequence computes a panicActive flag.",
	},
	{
		ID: "A0-2.4-a", Where: "A0 2.4",
		Says: "g has a field panicwrap.",
	},
	{
		ID: "A0-2.4-b", Where: "A0 2.4",
		Says: "newpanic() and addPanicWrap() exist.",
	},
	{
		ID: "A0-2.4-c", Where: "A0 2.4",
		Says: "Main goroutine's panic record is prepared at start; workers allocate lazily.",
	},
	{
		ID: "A0-2.5-a", Where: "A0 2.5",
		Says: "runtime.Gosched has no effect once a goroutine panics.",
	},
	{
		ID: "A0-2.5-b", Where: "A0 2.5",
		Says: "gopanic contains gp.panicking = 1 and a yield check.",
	},
	{
		ID: "A0-2.5-c", Where: "A0 2.5",
		Says: "runtime.checkmcount skips panicking goroutines.",
	},
	{
		ID: "A0-2.5-d", Where: "A0 2.5",
		Says: "Status _Gpanic exists.",
	},
	{
		ID: "A0-2.5-e", Where: "A0 2.5",
		Says: "schedule() bypasses goroutines that are panicking.",
	},
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
