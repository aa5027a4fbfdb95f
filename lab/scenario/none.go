package scenario

var nones = []Scenario{
	{
		Name: "gomemlimit-exceeded", Group: "none",
		Shows: "64 MiB live heap under GOMEMLIMIT=16MiB",
		Class: "TODO",
		// TODO needs: env GOMEMLIMIT=16MiB
	},
	{
		Name: "goroutine-leak", Group: "none",
		Shows: "1000 leaked goroutines",
		Class: "TODO",
	},
	{
		Name: "locked-thread-exit", Group: "none",
		Shows: "goroutine exits while locked to its thread",
		Class: "TODO",
	},
}
