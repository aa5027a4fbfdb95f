package claim

const oneFile = `package main

func main() {}
`

var a4Sched = []Claim{
	{
		ID: "A4-5-a", Where: "A4 ch.5",
		Says: "\"fatal error: schedule: holding locks\" exists.",
		Literal: []Check{
			{Shows: "a program that reschedules while it is pinned dies of it", Measure: Observed("procpin-gosched", "headline"), Op: Is, Want: "fatal error: schedule: holding locks"},
			{Shows: "the scheduler throws it", Measure: Source("runtime/proc.go", "schedule", `throw\("schedule: holding locks"\)`), Op: Is, Want: "true"},
		},
		Scenarios: []string{"procpin-gosched", "procpin-block", "gc-while-pinned"},
	},
	{
		ID: "A4-5-b", Where: "A4 ch.5",
		Says: "Holding a sync.Mutex across Gosched and GC triggers it.",
		Literal: []Check{
			{Shows: "a goroutine that is pinned, and yields and collects, dies of it", Measure: Probed("locks", "hold-pin"), Op: Is, Want: "fatal error: schedule: holding locks"},
			{Shows: "a goroutine that holds a Mutex while it yields and collects, 100 times, dies of it", Measure: Probed("locks", "hold-mutex"), Op: Is, Want: "fatal error: schedule: holding locks"},
		},
		Instead:   "A goroutine may hold a sync.Mutex across Gosched, GC, channel operations and anything else. The message is about locks of the runtime on a thread: the same loop under procPin dies at once.",
		Scenarios: []string{"procpin-gosched"},
	},
	{
		ID: "A4-5-c", Where: "A4 ch.5",
		Says: "sync.RWMutex + GC inside the lock triggers it.",
		Literal: []Check{
			{Shows: "a goroutine that holds an RWMutex for writing and one for reading while it collects, 100 times, dies of it", Measure: Probed("locks", "hold-rwmutex"), Op: Is, Want: "fatal error: schedule: holding locks"},
		},
		Instead:   "It survives. Only a collection while the goroutine is pinned to its processor (procPin) ends in this error.",
		Scenarios: []string{"gc-while-pinned"},
	},
	{
		ID: "A4-5-d", Where: "A4 ch.5",
		Says: "sync.Mutex raises m.locks.",
		Literal: []Check{
			{Shows: "m.locks of the thread, read out of the runtime, is 1 while the goroutine is pinned", Measure: Probed("m-locks", "pinned"), Op: Is, Want: "1"},
			{Shows: "it is not 0 while mutexes are held", Measure: Probed("m-locks", "mutexes_held"), Op: AtLeast, Want: "1"},
		},
		Instead: "m.locks is 0 while a Mutex and an RWMutex are held, and 1 between procPin and procUnpin, read out of the running process. It counts locks of the runtime and other reasons not to move a goroutine; package sync keeps its state in the mutex itself.",
	},
	{
		ID: "A4-5-e", Where: "A4 ch.5",
		Says: "go tool runtime -d core prints scheduler state.",
		Literal: []Check{
			{Shows: "the go command has such a tool", Measure: Tool("tool runtime -d core", "output", oneFile), Op: Lacks, Want: `no such tool`},
			{Shows: "it ends well", Measure: Tool("tool runtime -d core", "status", oneFile), Op: Is, Want: "0"},
		},
		Instead: "There is no such tool. GODEBUG=schedtrace=1000,scheddetail=1 prints the state of the scheduler while a program runs and when it dies; core files are for Delve or gdb.",
	},
	{
		ID: "A4-5-f", Where: "A4 ch.5",
		Says: "Fixed in Go 1.22.3 as #62187.",
		Literal: []Check{
			{Shows: "from the last release of Go 1.22 on, nothing dies of it any more", Measure: Observed("procpin-gosched", "exit"), Op: Is, Want: "0", Min: 22},
			{Shows: "the scheduler no longer has the check", Measure: Source("runtime/proc.go", "schedule", `holding locks`), Op: Is, Want: "false", Min: 22},
		},
		Instead:   "There was nothing to fix: the error is a check of the runtime, and Go 1.22.12 to 1.27 die of it exactly as Go 1.21 does.",
		Scenarios: []string{"procpin-gosched"},
	},
	{
		ID: "A4-5-g", Where: "A4 ch.5",
		Says: "Scheduler crash logs contain m->locks, gomaxprocs, runqsize and end in goexit/mstart without user files.",
		Literal: []Check{
			{Shows: "the log has the stack of the scheduler", Measure: Probed("scheduler-log", "scheduler_frames"), Op: Is, Want: "true"},
			{Shows: "it has the count of locks, gomaxprocs and runqsize", Measure: Probed("scheduler-log", "words"), Op: Is, Want: "locks= gomaxprocs= runqsize="},
			{Shows: "it names no function or file of the program", Measure: Probed("scheduler-log", "program_frames"), Op: Is, Want: "false"},
		},
		Variants:  []Variant{{Env: "GODEBUG=schedtrace=100000,scheddetail=1"}},
		Instead:   "By default the log has none of these words, only the stack of the scheduler and then the goroutine that caused it, with its file and line. With GODEBUG=schedtrace=1000,scheddetail=1 the words are there (gomaxprocs=, runqsize=, locks=), and the file of the program is, too.",
		Scenarios: []string{"procpin-gosched", "procpin-block"},
	},
	{
		ID: "A4-5-h", Where: "A4 ch.5",
		Says: "go_sched_panic_total etc. can be scraped.",
		Literal: []Check{
			{Shows: "the runtime has metrics of the scheduler: the number of goroutines", Measure: Probed("metric-names", "goroutines"), Op: AtLeast, Want: "1"},
			{Shows: "it has one of panics of the scheduler", Measure: Probed("metric-names", "sched_panic"), Op: AtLeast, Want: "1"},
			{Shows: "it has one of the locks of threads", Measure: Probed("metric-names", "m_locks"), Op: AtLeast, Want: "1"},
			{Shows: "its source knows the name", Measure: Source("runtime/metrics", "", `sched_panic`), Op: Is, Want: "true"},
		},
		Instead: "No release has such a metric, and none could be scraped: an error of the scheduler ends the process before anybody asks. Only who watches from outside can count it. What runtime/metrics has of the scheduler are goroutines (by state from Go 1.26 on), threads and latencies.",
	},
	{
		ID: "A4-5-i", Where: "A4 ch.5",
		Says: "Recover cannot stop a scheduler throw.",
		Literal: []Check{
			{Shows: "a deferred recover gets nothing when it yields while pinned", Measure: Observed("procpin-gosched", "recovered"), Op: Is, Want: "false"},
			{Shows: "nor when it blocks", Measure: Observed("procpin-block", "recovered"), Op: Is, Want: "false"},
			{Shows: "nor when it collects", Measure: Observed("gc-while-pinned", "recovered"), Op: Is, Want: "false"},
			{Shows: "the process ends", Measure: Observed("procpin-gosched", "guarded_exit"), Op: Is, Want: "2"},
		},
		Scenarios: []string{"procpin-gosched", "procpin-block", "gc-while-pinned"},
	},
}
