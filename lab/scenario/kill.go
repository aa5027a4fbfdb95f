package scenario

var kills = []Scenario{
	{
		Name: "oom-cgroup", Group: "kill",
		Shows: "memory cgroup OOM kill (64 MiB)",
		Class: "kill.oom",
		// TODO needs: root, memory cgroup limit 64 MiB
	},
}
