package claim

var a4Sched = []Claim{
	{
		ID: "A4-5-a", Where: "A4 ch.5",
		Says: "\"fatal error: schedule: holding locks\" exists.",
	},
	{
		ID: "A4-5-b", Where: "A4 ch.5",
		Says: "Holding a sync.Mutex across Gosched and GC triggers it.",
	},
	{
		ID: "A4-5-c", Where: "A4 ch.5",
		Says: "sync.RWMutex + GC inside the lock triggers it.",
	},
	{
		ID: "A4-5-d", Where: "A4 ch.5",
		Says: "sync.Mutex raises m.locks.",
	},
	{
		ID: "A4-5-e", Where: "A4 ch.5",
		Says: "go tool runtime -d core prints scheduler state.",
	},
	{
		ID: "A4-5-f", Where: "A4 ch.5",
		Says: "Fixed in Go 1.22.3 as #62187.",
	},
	{
		ID: "A4-5-g", Where: "A4 ch.5",
		Says: "Scheduler crash logs contain m->locks, gomaxprocs, runqsize and end in goexit/mstart without user files.",
	},
	{
		ID: "A4-5-h", Where: "A4 ch.5",
		Says: "go_sched_panic_total etc. can be scraped.",
	},
	{
		ID: "A4-5-i", Where: "A4 ch.5",
		Says: "Recover cannot stop a scheduler throw.",
	},
}
