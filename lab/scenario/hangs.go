package scenario

import "time"

var hangs = []Scenario{
	{
		Name: "busy-loop", Group: "hang",
		Shows:  "infinite loop, asynchronously preemptible",
		Class:  "hang",
		Wait:   1500 * time.Millisecond,
		Lesson: "One goroutine is lost and one processor burns; all else goes on, so no liveness check sees it. A processor profile does.",
	},
	{
		Name: "deadlock-masked-by-listener", Group: "hang",
		Needs:  []Need{Loopback},
		Shows:  "deadlocked goroutines while a network listener is open",
		Class:  "hang",
		Wait:   1500 * time.Millisecond,
		Lesson: "A goroutine in Accept could always go on: no server is ever told of its deadlocks.",
	},
	{
		Name: "deadlock-masked-by-notify", Group: "hang",
		Shows:  "deadlocked goroutines with signal.Notify registered",
		Class:  "hang",
		Wait:   1500 * time.Millisecond,
		Lesson: "signal.Notify turns the deadlock detector off for good: a signal could always arrive.",
	},
	{
		Name: "deadlock-masked-by-ticker", Group: "hang",
		Shows:  "deadlocked goroutines while a ticker goroutine lives",
		Class:  "hang",
		Wait:   1500 * time.Millisecond,
		Lesson: "One goroutine that wakes up now and then is enough: \"all goroutines are asleep\" is never true.",
	},
	{
		Name: "goexit-main-others", Group: "hang",
		Shows:  "runtime.Goexit in main while another goroutine keeps running",
		Class:  "hang",
		Wait:   1500 * time.Millisecond,
		Lesson: "Goexit in main runs its deferred calls and leaves a process without a main goroutine, which lives on.",
	},
	{
		Name: "partial-deadlock", Group: "hang",
		Shows:  "two goroutines deadlocked, main keeps serving",
		Class:  "hang",
		Wait:   1500 * time.Millisecond,
		Lesson: "The runtime looks for a deadlock of all goroutines. Two that wait for each other are a leak: count goroutines by what they wait for.",
	},
}
