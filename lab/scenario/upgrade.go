package scenario

// upgrades are no crashes: each ends with status 0 when what it checks still
// holds. `backstop lab diff` reads them as the checklist of an upgrade.
var upgrades = []Scenario{
	{
		Name: "upgrade-concurrent-panics", Group: "upgrade",
		Shows:  "1,000 goroutines panic at once, each recovers; all end, none leaks",
		Class:  None,
		Lesson: "Recovering takes no lock that other goroutines could wait for.",
	},
	{
		Name: "upgrade-service-version", Group: "upgrade",
		Shows:  "while a panic is handled, the version that the linker set is there, and the build information names module and release of Go",
		Class:  None,
		Lesson: "What -ldflags=-X set and what debug.ReadBuildInfo says is there in a deferred call: a report can name its release.",
	},
	{
		Name: "upgrade-trace-id", Group: "upgrade",
		Shows:  "a trace id in a context reaches the guard, and the parent of a goroutine through an error",
		Class:  None,
		Lesson: "A guard sees what its function's variables held; a context survives the panic.",
	},
}

// Checklist lists the scenarios of an upgrade's checklist, with what holds when
// they end with status 0.
func Checklist() []Group {
	return []Group{
		{"upgrade-trace-id", "trace id kept"},
		{"upgrade-concurrent-panics", "concurrent panics safe"},
		{"upgrade-service-version", "service version kept"},
	}
}
