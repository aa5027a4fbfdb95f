package claim

// plainFunction has a frame and calls another function; leafFunction has neither.
const plainFunction = `package main

//go:noinline
func other(n int) int { return n }

//go:noinline
func plain(n int) int { return other(n) + 1 }

func main() { println(plain(1)) }
`

const leafFunction = `package main

//go:noinline
func leaf(n int) int { return n + 1 }

func main() {}
`

var a4Stack = []Claim{
	{
		ID: "A4-2.1-a", Where: "A4 2.1",
		Says: "A goroutine starts with a 2 KB stack.",
		Literal: []Check{
			{Shows: "in a program that has just started, a new goroutine takes 2048 bytes of stack", Measure: Probed("start-stack", "fresh_bytes"), Op: Is, Want: "2048"},
			{Shows: "the runtime's smallest stack has 2048 bytes", Measure: Source("runtime", "stackMin", `= 2048`), Op: Is, Want: "true"},
		},
		Implied: []Check{
			{Shows: "it does after a collection, too, when other goroutines use more", Measure: Probed("start-stack", "after_gc_bytes"), Op: Is, Want: "2048"},
		},
		Instead: "2048 bytes is where a program begins. Each collection sets the first size anew, to what stacks used on average: with 1000 goroutines that use 8 KiB and more, new ones start with 32 KiB here. GODEBUG=adaptivestackstart=0 turns that off.",
	},
	{
		ID: "A4-2.1-b", Where: "A4 2.1",
		Says: "Overflow is a panic \"goroutine stack exceeds\".",
		Literal: []Check{
			{Shows: "the text is printed", Measure: Observed("stack-overflow-setmaxstack", "headline"), Op: Matches, Want: `goroutine stack exceeds \d+-byte limit`},
			{Shows: "a deferred recover gets it", Measure: Observed("stack-overflow-setmaxstack", "recovered"), Op: Is, Want: "true"},
			{Shows: "deferred calls run", Measure: Observed("stack-overflow-setmaxstack", "deferred"), Op: Is, Want: "true"},
		},
		Instead:   "The text is printed, but it is a fatal error, \"fatal error: stack overflow\": no deferred call runs, recover gets nothing, and the process ends with status 2, whichever goroutine it was.",
		Scenarios: []string{"stack-overflow", "stack-overflow-setmaxstack", "stack-overflow-in-goroutine"},
	},
	{
		ID: "A4-2.1-c", Where: "A4 2.1",
		Says: "Each function checks the stack bound and calls morestack.",
		Literal: []Check{
			{Shows: "a function that calls another one calls morestack", Measure: Assembly(plainFunction, `main\.plain STEXT(.|\n\t)*runtime\.morestack`), Op: Is, Want: "true"},
			{Shows: "morestack leads to newstack, which gets more", Measure: Source("runtime", "runtime·morestack", `runtime·newstack`), Op: Is, Want: "true"},
		},
		Implied: []Check{
			{Shows: "a small function that calls nothing does, too", Measure: Assembly(leafFunction, `main\.leaf STEXT(.|\n\t)*runtime\.morestack`), Op: Is, Want: "true"},
		},
		Instead: "Not each: the compiler leaves the check out where the frame is small and nothing is called, and where a function is marked nosplit. The check compares the stack pointer with a guard in g, and morestack is called only when it is passed; the same guard serves preemption.",
	},
	{
		ID: "A4-2.1-d", Where: "A4 2.1",
		Says: "Growth maps a new segment and switches the pointer.",
		Literal: []Check{
			{Shows: "the frames stay where they are, as with segments", Measure: Probed("stack-growth", "local_moved"), Op: Is, Want: "false"},
			{Shows: "the runtime links segments instead of copying the stack", Measure: Source("runtime/stack.go", "copystack", `memmove\(`), Op: Is, Want: "false"},
		},
		Instead: "A stack is one piece. A stack of twice the size is allocated, all frames are copied and every pointer into them is adjusted: a local variable is at another address afterwards, and pointers to it still lead there. Segments were given up in Go 1.3.",
	},
	{
		ID: "A4-2.1-e", Where: "A4 2.1",
		Says: "runtime.Stack(buf, true) covers all goroutines, false only the caller.",
		Literal: []Check{
			{Shows: "with false it shows one goroutine of six", Measure: Probed("runtime-stack", "false"), Op: Is, Want: "1"},
			{Shows: "with true it shows six", Measure: Probed("runtime-stack", "true"), Op: Is, Want: "6"},
			{Shows: "there are six", Measure: Probed("runtime-stack", "running"), Op: Is, Want: "6"},
		},
	},
	{
		ID: "A4-2.2-a", Where: "A4 2.2",
		Says: "deepRecursion(1_000_000) exceeds the 1 GB limit.",
		Literal: []Check{
			{Shows: "a million levels of a plain recursive function end in a stack overflow", Measure: Probed("recursion", "plain_1000000"), Op: Is, Want: "fatal error: stack overflow"},
			{Shows: "they need more than half a gigabyte", Measure: Probed("recursion", "stack_for_1000000_levels"), Op: AtLeast, Want: "536870913"},
		},
		Instead: "A million levels of a function without large local variables run on a stack of 32 MiB. What counts is levels times the size of a frame: with 640 bytes of local variables a million levels do overflow, at 512 MiB, because stacks double and 1 GiB is more than the limit of 10^9 bytes.",
	},
	{
		ID: "A4-2.2-b", Where: "A4 2.2",
		Says: "Critical point about 1.3 million levels.",
		Literal: []Check{
			{Shows: "1.6 million levels of a plain recursive function end in a stack overflow", Measure: Probed("recursion", "plain_1600000"), Op: Is, Want: "fatal error: stack overflow"},
			{Shows: "a million levels whose frames have 640 bytes do not", Measure: Probed("recursion", "frames_of_640_bytes_1000000"), Op: Is, Want: "survives"},
		},
		Instead: "There is no number of levels; there are bytes. A plain function survives 1.6 million levels easily (32 bytes each), one with 640 bytes of local variables survives 500,000 and not a million. The point is 512 MiB divided by the frame.",
	},
	{
		ID: "A4-2.2-c", Where: "A4 2.2",
		Says: "The 64-bit limit is 1 GB (10^9 bytes).",
		Literal: []Check{
			{Shows: "the runtime says so when it dies of it", Measure: Observed("stack-overflow", "headline"), Op: Matches, Want: `goroutine stack exceeds 1000000000-byte limit`},
			{Shows: "the runtime sets it before main", Measure: Source("runtime/proc.go", "main", `maxstacksize = 1000000000`), Op: Is, Want: "true"},
		},
		Scenarios: []string{"stack-overflow"},
	},
}
