package claim

var a4Leaks = []Claim{
	{
		ID: "A4-1-a", Where: "A4 ch.1",
		Says: "A panic in a leaked goroutine can never be recovered.",
		Literal: []Check{
			{Shows: "a guard in another goroutine does not stop it", Measure: Observed("leak-blocked-send-then-close", "recovered"), Op: Is, Want: "false"},
			{Shows: "a guard in the leaked goroutine does not stop it either", Measure: Probed("leaked-sender", "own_guard_recovers"), Op: Is, Want: "<nil>"},
		},
		Instead:   "That a goroutine is leaked changes nothing: a deferred recover in the goroutine itself stops its panic, one in any other does not.",
		Scenarios: []string{"leak-blocked-send-then-close", "panic-in-goroutine-own-recover"},
	},
	{
		ID: "A4-1-b", Where: "A4 ch.1",
		Says: "Leaked goroutines exhaust Ms and Ps.",
		Literal: []Check{
			{Shows: "ten thousand that wait for a channel take many threads", Measure: Probed("leaked-goroutines", "threads_for_10000_at_a_channel"), Op: Is, Want: "many"},
			{Shows: "some processor is left without work", Measure: Probed("leaked-goroutines", "all_processors_work"), Op: Is, Want: "false"},
		},
		Instead:   "A goroutine that waits for a channel, lock or timer has neither an M nor a P: ten thousand of them add memory and not a thread. Only those that block in a system call or in C hold a thread each, and none holds a P.",
		Scenarios: []string{"goroutine-leak", "setmaxthreads"},
	},
	{
		ID: "A4-1-c", Where: "A4 ch.1",
		Says: "A sender blocked on a channel panics when it is closed.",
		Literal: []Check{
			{Shows: "it waits in the send", Measure: Probed("leaked-sender", "state"), Op: Is, Want: "chan send"},
			{Shows: "it gets a panic at the close", Measure: Probed("leaked-sender", "own_guard_recovers"), Op: Is, Want: "send on closed channel"},
			{Shows: "without a guard the program dies", Measure: Observed("leak-blocked-send-then-close", "headline"), Op: Is, Want: "panic: send on closed channel"},
		},
		Scenarios: []string{"leak-blocked-send-then-close"},
	},
	{
		ID: "A4-1-d", Where: "A4 ch.1",
		Says: "Concurrent map writes in such a goroutine bypass recover.",
		Literal: []Check{
			{Shows: "a fatal error is found", Measure: Observed("map-write-write", "class"), Op: Is, Want: "fatal.concurrent_map_writes"},
			{Shows: "a guard does not stop it", Measure: Observed("map-write-write", "recovered"), Op: Is, Want: "false"},
			{Shows: "two writers under guards of their own end the program", Measure: Tool("run .", "output", guardedWriters), Op: Matches, Want: `fatal error: concurrent map writes`},
			{Shows: "neither guard got anything", Measure: Tool("run .", "output", guardedWriters), Op: Lacks, Want: `recovered`},
		},
		Scenarios: []string{"map-write-write"},
	},
	{
		ID: "A4-1-e", Where: "A4 ch.1",
		Says: "\"Continuing after Goexit\" raises an uncatchable panic.",
		Literal: []Check{
			{Shows: "a deferred call that goes on after Goexit meets a panic", Measure: Probed("goexit-deferred", "deferred_call_recovers"), Op: Is, Want: "a panic"},
			{Shows: "Goexit in main is a panic", Measure: Observed("goexit-main", "class"), Op: Matches, Want: `^panic\.`},
		},
		Instead:   "The statement after runtime.Goexit is never run, the deferred calls are, and recover returns nil in them; then the goroutine ends and the program goes on. In main it is a fatal error (a deadlock) once no other goroutine is left, which is no panic.",
		Scenarios: []string{"goexit-main", "goexit-main-others", "goexit-during-panic"},
	},
	{
		ID: "A4-1-f", Where: "A4 ch.1",
		Says: "An unread time.After leaks.",
		Literal: []Check{
			{Shows: "timers of an hour stay although nobody has their channels", Measure: Probed("leaked-timers", "of_an_hour"), Op: Is, Want: "kept"},
		},
		Variants: []Variant{{GoLine: "1.23"}},
		Instead:  "Before Go 1.23 the timer stays until it fires, and is freed then; no goroutine is involved. With a go line of 1.23 or later, and in Go 1.27 always, the collector takes a timer that nobody refers to.",
	},
	{
		ID: "A4-1-g", Where: "A4 ch.1",
		Says: "range over a never-closed channel blocks forever.",
		Literal: []Check{
			{Shows: "the loop took what was sent", Measure: Probed("open-channel", "received"), Op: Is, Want: "3"},
			{Shows: "then it waits", Measure: Probed("open-channel", "state"), Op: Is, Want: "chan receive"},
			{Shows: "it does not end, nor is it collected", Measure: Probed("open-channel", "loop_ends"), Op: Is, Want: "false"},
		},
		Scenarios: []string{"goroutine-leak"},
	},
	{
		ID: "A4-1-h", Where: "A4 ch.1",
		Says: "runtime.NumGoroutine shows leaks.",
		Literal: []Check{
			{Shows: "25 leaked goroutines raise it by 25", Measure: Probed("goroutine-profile", "number_grows_by"), Op: Is, Want: "25"},
			{Shows: "ten thousand raise it by ten thousand", Measure: Probed("leaked-goroutines", "goroutines_added"), Op: Is, Want: "10000"},
		},
		Scenarios: []string{"goroutine-leak"},
	},
	{
		ID: "A4-1-i", Where: "A4 ch.1",
		Says: "go vet -shadow finds them.",
		Literal: []Check{
			{Shows: "go vet has a flag -shadow", Measure: Tool("vet -shadow .", "output", leakyProgram), Op: Lacks, Want: `flag provided but not defined: -shadow`},
			{Shows: "go vet finds a goroutine that waits for ever", Measure: Tool("vet .", "status", leakyProgram), Op: IsNot, Want: "0"},
		},
		Instead: "go vet has no flag -shadow. The analyzer of that name is a tool of its own, and looks for variables that hide others. go vet says nothing of a goroutine that leaks.",
	},
	{
		ID: "A4-1-j", Where: "A4 ch.1",
		Says: "/debug/pprof/goroutine?debug=2 lists stacks.",
		Literal: []Check{
			{Shows: "net/http/pprof answers", Measure: Probed("goroutine-profile", "status"), Op: Is, Want: "200"},
			{Shows: "each of 25 leaked goroutines stands there with state and function", Measure: Probed("goroutine-profile", "stacks"), Op: Is, Want: "25"},
		},
	},
}

// Programs that are checked in chapter 1.
const (
	guardedWriters = `package main

import (
	"fmt"
	"runtime/debug"
	"time"
)

func main() {
	debug.SetTraceback("none")
	visits := map[string]int{}
	for i := 0; i < 2; i++ {
		go func() {
			defer func() {
				if recover() != nil {
					fmt.Println("recovered")
				}
			}()
			for {
				visits["/"]++
			}
		}()
	}
	time.Sleep(20 * time.Second)
}
`
	leakyProgram = `package main

import "errors"

func main() {
	err := errors.New("first")
	orders := make(chan int)
	go func() {
		err := errors.New("second")
		_ = err
		orders <- 1
	}()
	_ = err
}
`
)

var a4Frames = []Claim{
	{
		ID: "A4-2.3-a", Where: "A4 2.3",
		Says: "400-500 nested defers overflow the stack.",
		Literal: []Check{
			{Shows: "500 deferred calls on top of each other end the program", Measure: Probed("nested-defers", "status_of_500"), Op: IsNot, Want: "0"},
		},
		Instead: "500 nested deferred calls run, and so do a hundred thousand, under a limit of 256 MiB that is a quarter of the usual one.",
	},
	{
		ID: "A4-2.3-b", Where: "A4 2.3",
		Says: "_StackMin=128, StackGuard=256.",
		Literal: []Check{
			{Shows: "the constant is called _StackMin", Measure: Declared("runtime", "_StackMin"), Op: Is, Want: "true"},
			{Shows: "the smallest stack has 128 bytes", Measure: Source("runtime/stack.go", "stackMin", `= 128$`), Op: Is, Want: "true"},
			{Shows: "the guard has 256", Measure: Source("runtime/stack.go", "stackGuard", `= 256$`), Op: Is, Want: "true"},
			{Shows: "stackMin is where it was looked for", Measure: Source("runtime/stack.go", "stackMin", `^stackMin = [0-9]+$`), Op: Is, Want: "true"},
		},
		Instead: "stackMin is 2048. stackGuard is a sum (stackNosplit, stackSystem, abi.StackSmall), 928 bytes on Linux. 128 is abi.StackSmall, by which a small frame may go below the guard.",
	},
	{
		ID: "A4-2.4-a", Where: "A4 2.4",
		Says: "An 8 MB local array in an exported callback silently overflows the C stack.",
		Literal: []Check{
			{Shows: "the callback does not return well", Measure: Observed("c-callback-8mb-array", "returned"), Op: Is, Want: "false"},
			{Shows: "nor does it on a thread of C with 256 KiB of stack", Measure: Observed("c-thread-callback-8mb-array", "returned"), Op: Is, Want: "false"},
		},
		Instead:   "An exported Go function runs on a goroutine's stack, which grows to hold the array, also when a thread of C with a stack of 256 KiB calls it. The C stack is not touched by Go's variables.",
		Scenarios: []string{"c-callback-8mb-array", "c-thread-callback-8mb-array"},
	},
	{
		ID: "A4-2.4-b", Where: "A4 2.4",
		Says: "C stack overflow is never reported.",
		Literal: []Check{
			{Shows: "nothing is printed", Measure: Observed("c-stack-overflow", "stderr_traceback"), Op: Is, Want: "false"},
		},
		Instead:   "On a thread of the Go runtime it is SIGSEGV in C code: a traceback that names the C call, and exit status 2. Only the word \"stack\" is missing; the faulting address lies at the stack pointer.",
		Scenarios: []string{"c-stack-overflow"},
	},
	{
		ID: "A4-2.5-a", Where: "A4 2.5",
		Says: "-gcflags=\"-m -l\" prints \"moved to heap: a\" for [8192]int returned by value.",
		Literal: []Check{
			{Shows: "the compiler says that a moved", Measure: Tool("tool compile -p main -m -l -o main.o main.go", "output", tableByValue), Op: Matches, Want: `moved to heap: a\b`},
		},
		Instead: "It prints nothing: the array is returned by copying, its address goes nowhere, and 64 KiB are below what a variable on the stack may have (128 KiB to 10 MiB, by release). Returning &a would move it.",
	},
	{
		ID: "A4-2.5-b", Where: "A4 2.5",
		Says: "-N disables escape analysis and then it overflows.",
		Literal: []Check{
			{Shows: "under -N no variable moves to the heap", Measure: Tool("tool compile -p main -N -l -m -o main.o main.go", "output", escapingVariable), Op: Lacks, Want: `moved to heap: x\b`},
			{Shows: "the program of before dies under -N", Measure: Tool("run -gcflags=-N .", "status", tableByValue), Op: IsNot, Want: "0"},
		},
		Instead: "-N switches optimizations off, and escape analysis is not one of them: a variable whose address is returned still moves to the heap. The program runs under -N as well.",
	},
	{
		ID: "A4-2.5-c", Where: "A4 2.5",
		Says: "-gccgoflags controls cgo code generation.",
		Literal: []Check{
			{Shows: "a flag that does not exist disturbs the build of a cgo program", Measure: Compiled(withC, "-gccgoflags=-no-such-flag"), Op: IsNot, Want: "ok"},
			{Shows: "go help build speaks of cgo there", Measure: Tool("help build", "output", ""), Op: Matches, Want: `-gccgoflags [^\n]*\n[^\n]*\bcgo\b`},
		},
		Instead: "-gccgoflags goes to gccgo, another Go compiler; the usual one says so and ignores it. C code of cgo is controlled by CGO_CFLAGS, #cgo CFLAGS and their like.",
	},
	{
		ID: "A4-2.5-d", Where: "A4 2.5",
		Says: "A huge local (2 GiB) is reported as \"stack frame too large\".",
		Literal: []Check{
			{Shows: "a parameter of 2 GiB is reported so", Measure: Compiled(hugeParameter), Op: Matches, Want: `^stack frame too large`},
			{Shows: "a local variable of 2 GiB is", Measure: Compiled(hugeLocal), Op: Matches, Want: `^stack frame too large`},
		},
		Instead: "A local variable of that size is put on the heap and compiles. The message is for what must be in the frame, such as a parameter of 2 GiB.",
	},
}

// Programs that are checked in sections 2.3 to 2.5.
const (
	tableByValue = `package main

func table() [8192]int {
	var a [8192]int
	for i := range a {
		a[i] = i
	}
	return a
}

func main() { println(table()[17]) }
`
	escapingVariable = `package main

var kept *int

func escape() *int {
	x := 17
	return &x
}

func main() { kept = escape() }
`
	withC = `package main

// static int seven(void) { return 7; }
import "C"

func main() { println(C.seven()) }
`
	hugeLocal = `package main

func huge(i int) byte {
	var a [2 << 30]byte
	a[i] = 1
	return a[i/2]
}

func main() { println(huge(17)) }
`
	hugeParameter = `package main

type huge [2 << 30]byte

func first(h huge) byte { return h[17] }

func main() {
	var h huge
	println(first(h))
}
`
)

var a4Native = []Claim{
	{
		ID: "A4-4.1-a", Where: "A4 4.1",
		Says: "C double free aborts the process and cannot be recovered.",
		Literal: []Check{
			{Shows: "abort was called in C", Measure: Observed("c-double-free", "class"), Op: Is, Want: "signal.abort_cgo"},
			{Shows: "the process ends with status 2", Measure: Observed("c-double-free", "exit"), Op: Is, Want: "2"},
			{Shows: "a guard does not stop it", Measure: Observed("c-double-free", "recovered"), Op: Is, Want: "false"},
			{Shows: "no deferred call runs", Measure: Observed("c-double-free", "deferred"), Op: Is, Want: "false"},
		},
		Scenarios: []string{"c-double-free"},
	},
	{
		ID: "A4-4.2-a", Where: "A4 4.2",
		Says: "Go memory passed to a C call may be collected during the call.",
		Literal: []Check{
			{Shows: "memory is collected whose address C got as a number", Measure: Tool("run .", "output", collectDuringCall), Op: Matches, Want: `(?m)^number: collected$`},
			{Shows: "so is memory that C got a pointer to", Measure: Tool("run .", "output", collectDuringCall), Op: Matches, Want: `(?m)^pointer: collected$`},
		},
		Instead: "cgo keeps alive what a pointer argument points to until the call returns, however often the collector runs. Only an address in disguise, as a uintptr, keeps nothing alive.",
	},
	{
		ID: "A4-4.2-b", Where: "A4 4.2",
		Says: "runtime.KeepAlive only extends the scope.",
		Literal: []Check{
			{Shows: "without it, an object goes while its variable is in scope", Measure: Probed("keep-alive", "without_it"), Op: Is, Want: "collected"},
			{Shows: "with it, the object lives until the call", Measure: Probed("keep-alive", "before_the_call"), Op: Is, Want: "alive"},
			{Shows: "and not longer", Measure: Probed("keep-alive", "after_the_call"), Op: Is, Want: "collected"},
		},
		Instead: "What it extends is how long the object counts as reachable, which the scope of a variable does not tell.",
	},
	{
		ID: "A4-4.2-c", Where: "A4 4.2",
		Says: "cgo does not notice unsafe pointer passing.",
		Literal: []Check{
			{Shows: "C gets a pointer to memory with an unpinned Go pointer in it", Measure: Observed("cgocheck-go-pointer", "returned"), Op: Is, Want: "true"},
		},
		Instead:   "By default (GODEBUG=cgocheck=1) the arguments of each call are checked, unsafe.Pointer included: a pointer to Go memory that holds an unpinned Go pointer is a panic. Not noticed are pointers in disguise and what C does with them later; GOEXPERIMENT=cgocheck2 checks more.",
		Scenarios: []string{"cgocheck-go-pointer", "c-free-go-pointer"},
	},
	{
		ID: "A4-4.3-a", Where: "A4 4.3",
		Says: "LDFLAGS conflicts crash in _dl_fixup.",
		Literal: []Check{
			{Shows: "a function of the program that a library of LDFLAGS has as well ends it", Measure: Tool("run .", "status", conflictWithLibrary), Op: IsNot, Want: "0"},
			{Shows: "two definitions in the program are not found when it is linked", Measure: Compiled(definedTwice), Op: Is, Want: "ok"},
		},
		Instead: "Two definitions in the program are an error of the linker. Where a shared library has the name as well, the first definition is used, silently: a wrong function may run, and nothing dies in the dynamic linker.",
	},
	{
		ID: "A4-4.4-a", Where: "A4 4.4",
		Says: "A C++ exception crossing cgo calls runtime.abort / SIGABRT.",
		Literal: []Check{
			{Shows: "the process dies of SIGABRT", Measure: Observed("cxx-throw", "headline"), Op: Is, Want: "SIGABRT: abort"},
			{Shows: "it was raised in C", Measure: Observed("cxx-throw", "class"), Op: Is, Want: "signal.abort_cgo"},
		},
		Implied: []Check{
			{Shows: "runtime.abort is on the stack", Measure: Observed("cxx-throw", "stderr"), Op: Matches, Want: `(?m)^runtime\.abort\(`},
		},
		Instead:   "std::terminate calls abort of the C library, which raises SIGABRT. runtime.abort has no part in it: that is a trap instruction for states that cannot be.",
		Scenarios: []string{"cxx-throw", "cxx-noexcept"},
	},
	{
		ID: "A4-4.4-b", Where: "A4 4.4",
		Says: "It is not recoverable in Go; catching inside C++ is safe.",
		Literal: []Check{
			{Shows: "a guard in Go does not stop it", Measure: Observed("cxx-throw", "recovered"), Op: Is, Want: "false"},
			{Shows: "a catch in C++ does", Measure: Observed("cxx-caught", "returned"), Op: Is, Want: "true"},
			{Shows: "and the program ends well", Measure: Observed("cxx-caught", "exit"), Op: Is, Want: "0"},
		},
		Scenarios: []string{"cxx-throw", "cxx-caught"},
	},
}

// Programs that are checked in chapter 4.
const (
	// The address of memory goes to C, as a pointer and as a number, and C calls
	// back while the collector runs.
	collectDuringCall = `-- main.go --
package main

// #include <stdint.h>
// void with_pointer(void *);
// void with_number(uintptr_t);
import "C"

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"
)

var gone atomic.Bool
var during string

//export goMeanwhile
func goMeanwhile() {
	during = "alive"
	for i := 0; i < 50; i++ {
		runtime.GC()
		if gone.Load() {
			during = "collected"
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func tracked() *[64]byte {
	gone.Store(false)
	b := new([64]byte)
	runtime.SetFinalizer(b, func(*[64]byte) { gone.Store(true) })
	return b
}

//go:noinline
func pointer() { C.with_pointer(unsafe.Pointer(tracked())) }

//go:noinline
func number() { C.with_number(C.uintptr_t(uintptr(unsafe.Pointer(tracked())))) }

func main() {
	pointer()
	fmt.Println("pointer:", during)
	number()
	fmt.Println("number:", during)
}
-- call.c --
#include <stdint.h>

extern void goMeanwhile(void);

void with_pointer(void *p) { (void)p; goMeanwhile(); }
void with_number(uintptr_t p) { (void)p; goMeanwhile(); }
`
	conflictWithLibrary = `-- main.go --
package main

// #cgo LDFLAGS: -lm
// double cbrt(double);
import "C"

func main() {
	if C.cbrt(27) != 42 {
		panic("the library's function ran")
	}
}
-- cbrt.c --
double cbrt(double x) { (void)x; return 42; }
`
	definedTwice = `-- main.go --
package main

// int level(void);
import "C"

func main() { println(C.level()) }
-- one.c --
int level(void) { return 1; }
-- two.c --
int level(void) { return 2; }
`
)
