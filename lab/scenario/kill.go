package scenario

var kills = []Scenario{
	{
		Name: "oom-cgroup", Group: "kill",
		Shows:  "memory cgroup OOM kill (64 MiB)",
		Class:  "kill.oom",
		Needs:  []Need{Root, MemoryCgroup},
		Limits: Limits{Memory: 64 << 20},
		Lesson: "The process cannot say a word: only the counter of the cgroup tells it from any other SIGKILL.",
	},
}
