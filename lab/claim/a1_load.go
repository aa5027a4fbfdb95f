package claim

// Sections 2.4 and 2.5 of article A1: numbers. The probes are small storms that
// decide them everywhere in seconds; the full ones, up to a million goroutines, are
// run by `backstop lab experiment` (docs/lab/experiments.md).

// A constant that is negative does not fit an unsigned type, so each of two
// assignments compiles in one direction only.
const twoToThe19 = `package main

const (
	atLeast uint32 = 786432 - 1<<19
	atMost  uint32 = 1<<19 - 786432
)

func main() { println(atLeast + atMost) }
`

var a1Load = []Claim{
	{
		ID: "A1-2.4-a", Where: "A1 2.4",
		Says: "Recover success: 99.98 % at 100k, 92.3 % at 500k, 63.7 % at 1M goroutines.",
		Literal: []Check{
			{Shows: "of 100,000 goroutines that panic at once, 99.98 % recover", Measure: Probed("panic-storm", "recovered_of_100000"), Op: Is, Want: "99.98 %"},
			{Shows: "the share is smaller than of 1,000", Measure: Probed("panic-storm", "fewer_with_more_goroutines"), Op: Is, Want: "true"},
		},
		Instead: "All of them recover. `backstop lab experiment recover-storm` measures up to 1,000,000 goroutines: 100 % at every size, and no critical point. A recover that failed would not lower a rate, it would end the process.",
	},
	{
		ID: "A1-2.4-b", Where: "A1 2.4",
		Says: "Critical point 786,432 goroutines with 79.1 %.",
		Literal: []Check{
			{Shows: "the share of recovers depends on the number of goroutines", Measure: Probed("panic-storm", "fewer_with_more_goroutines"), Op: Is, Want: "true"},
			{Shows: "recover looks at something that goroutines share", Measure: Source("runtime/panic.go", "gorecover", `\b(sched|allgs|allp|gcount|paniclk|allglen)\b|\block\(`), Op: Is, Want: "true"},
		},
		Instead: "There is none: `backstop lab experiment recover-storm` recovers every panic at 786,432 goroutines and at a million. Nothing that recover looks at is shared, so their number cannot matter to it.",
	},
	{
		ID: "A1-2.4-c", Where: "A1 2.4",
		Says: "recover contends for a lock on a global _panic list.",
		Literal: []Check{
			{Shows: "gorecover takes a lock", Measure: Source("runtime/panic.go", "gorecover", `\block\w*\(`), Op: Is, Want: "true"},
			{Shows: "gopanic takes one", Measure: Source("runtime/panic.go", "gopanic", `\block\w*\(`), Op: Is, Want: "true"},
			{Shows: "the list of panics does not hang on the goroutine", Measure: Declared("runtime", "g._panic"), Op: Is, Want: "false"},
		},
		Instead: "The list hangs on the goroutine (g._panic), its records are on that goroutine's stack, and neither gopanic nor gorecover takes a lock. The one of panic.go, paniclk, is for those who die and print.",
	},
	{
		ID: "A1-2.4-d", Where: "A1 2.4",
		Says: "786,432 = 2^19.",
		Literal: []Check{
			{Shows: "the compiler finds no difference between the two", Measure: Compiled(twoToThe19), Op: Is, Want: "ok"},
		},
		Instead: "2^19 is 524,288. 786,432 is 3 times 2^18.",
	},
	{
		ID: "A1-2.5-a", Where: "A1 2.5",
		Says: "GOGC=10 delays recover by 8-12 ms and loses part of the defer chain.",
		Literal: []Check{
			{Shows: "with GOGC=10 a goroutine that allocates keeps the collector at work", Measure: Probed("storm-settings", "at_least_5_collections"), Op: Is, Want: "true"},
			{Shows: "deferred calls are lost", Measure: Probed("storm-settings", "broken_chains_at_gogc_10"), Op: AtLeast, Want: "1"},
			{Shows: "a recover takes 8 to 12 ms at the median", Measure: Probed("storm-settings", "median_at_gogc_10"), Op: Is, Want: "8 to 12 ms"},
		},
		Instead: "No deferred call is lost, and the median stays below a millisecond. A few goroutines wait for milliseconds when the collector, or the scheduler, takes the processor between panic and recover, as it may at any other place; and one that needs memory for the value of its panic may have to help the collector first.",
	},
	{
		ID: "A1-2.5-b", Where: "A1 2.5",
		Says: "GOMAXPROCS=1 makes recover take 3.7 ms on average.",
		Literal: []Check{
			{Shows: "on one processor the mean of 5,000 recovers at once is near that", Measure: Probed("storm-settings", "mean_on_one_processor"), Op: Is, Want: "3 to 5 ms"},
		},
		Instead: "It takes about half a microsecond, with one processor as with two or eight (`backstop lab experiment parameters`).",
	},
	{
		ID: "A1-2.5-c", Where: "A1 2.5",
		Says: "GOEXPERIMENT=preemptibleloops exists.",
		Literal: []Check{
			{Shows: "the toolchain declares the experiment", Measure: Declared("internal/goexperiment", "Flags.PreemptibleLoops"), Op: Is, Want: "true"},
			{Shows: "the go command takes it", Measure: Tool("list .", "status", nothing), Op: Is, Want: "0", Under: Variant{Env: "GOEXPERIMENT=preemptibleloops"}},
			{Shows: "and refuses one that does not exist", Measure: Tool("list .", "status", nothing), Op: IsNot, Want: "0", Under: Variant{Env: "GOEXPERIMENT=preemptiblerecover"}},
		},
		Instead: "It does, as a leftover: since Go 1.14 a loop without calls is preempted by a signal, and needs no experiment.",
	},
	{
		ID: "A1-2.5-d", Where: "A1 2.5",
		Says: "A stop-the-world interrupts and breaks defer execution.",
		Literal: []Check{
			{Shows: "the world is stopped 500 times", Measure: Probed("defer-under-stops", "at_least_500_stops"), Op: Is, Want: "true"},
			{Shows: "while there are 20,000 panics", Measure: Probed("defer-under-stops", "at_least_20000_panics"), Op: Is, Want: "true"},
			{Shows: "and deferred calls are skipped, or run out of order", Measure: Probed("defer-under-stops", "broken_chains"), Op: AtLeast, Want: "1"},
		},
		Instead: "It interrupts like any other code, and goes on where it was: of 20,000 chains of 16 deferred calls under 500 stops of the world each ran completely, in order.",
	},
}
