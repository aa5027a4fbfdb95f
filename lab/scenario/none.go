package scenario

var nones = []Scenario{
	{
		Name: "gomemlimit-exceeded", Group: "none",
		Shows:  "64 MiB live heap under GOMEMLIMIT=16MiB",
		Class:  None,
		Env:    []string{"GOMEMLIMIT=16MiB"},
		Lesson: "GOMEMLIMIT is a goal of the garbage collector, not a bound: live memory goes beyond it, at the price of processor time.",
	},
	{
		Name: "goroutine-leak", Group: "none",
		Shows:  "1000 leaked goroutines",
		Class:  None,
		Lesson: "Leaked goroutines are no error of the runtime, not even at the end: watch their number.",
	},
	{
		Name: "locked-thread-exit", Group: "none",
		Shows:  "goroutine exits while locked to its thread",
		Class:  None,
		Lesson: "A goroutine that ends locked takes its thread with it, which is how to get rid of a thread whose state was changed.",
	},
}
