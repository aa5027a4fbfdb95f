package scenario

var hangs = []Scenario{
	{
		Name: "busy-loop", Group: "hang",
		Shows: "infinite loop, asynchronously preemptible",
		Class: "hang",
	},
	{
		Name: "deadlock-masked-by-listener", Group: "hang",
		Shows: "deadlocked goroutines while a network listener is open",
		Class: "hang",
	},
	{
		Name: "deadlock-masked-by-notify", Group: "hang",
		Shows: "deadlocked goroutines with signal.Notify registered",
		Class: "hang",
	},
	{
		Name: "deadlock-masked-by-ticker", Group: "hang",
		Shows: "deadlocked goroutines while a ticker goroutine lives",
		Class: "hang",
	},
	{
		Name: "goexit-main-others", Group: "hang",
		Shows: "runtime.Goexit in main while another goroutine keeps running",
		Class: "hang",
	},
	{
		Name: "partial-deadlock", Group: "hang",
		Shows: "two goroutines deadlocked, main keeps serving",
		Class: "hang",
	},
}
