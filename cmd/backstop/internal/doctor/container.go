package doctor

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/backstop-go/backstop/internal/gobin"
)

const groupContainer = "container"

func (x *examiner) container() {
	if runtime.GOOS != "linux" {
		return
	}
	x.detectContainer()
	x.pidOne()
	x.memory()
	x.pids()
}

func (x *examiner) detectContainer() {
	var signs []string
	for _, file := range []string{"/.dockerenv", "/run/.containerenv"} {
		if x.exists(file) {
			signs = append(signs, file)
		}
	}
	if x.env["KUBERNETES_SERVICE_HOST"] != "" {
		signs = append(signs, "KUBERNETES_SERVICE_HOST")
	}
	cgroups := x.read("/proc/self/cgroup") + x.read("/proc/1/cgroup")
	for _, word := range []string{"kubepods", "docker", "containerd", "libpod", "lxc"} {
		if strings.Contains(cgroups, word) {
			signs = append(signs, word+" in the name of the cgroup")
			break
		}
	}
	if len(signs) == 0 {
		x.add(groupContainer, "container", Info, "no sign of one", "")
		return
	}
	x.add(groupContainer, "container", Info, "yes: "+strings.Join(signs, ", "), "")
}

// inits are programs that live on when a service below them dies, and wait for
// orphans.
var inits = map[string]bool{
	"systemd": true, "init": true, "tini": true, "dumb-init": true, "docker-init": true, "catatonit": true,
	"s6-svscan": true, "runit": true, "pause": true, "supervisord": true, "launchd": true, "openrc-init": true,
}

// pidOne finds out what happens to a monitor when its program dies: with PID 1
// of a namespace everything in it dies.
func (x *examiner) pidOne() {
	const name = "PID 1"
	comm := x.read("/proc/1/comm")
	args := strings.Split(x.read("/proc/1/cmdline"), "\x00")
	const hint = "start it as: backstop run -- PROGRAM; or under an init (docker run --init)"
	switch {
	case x.pid == 1:
		x.found.pidOne = true
		x.add(groupContainer, name, Degraded, "the program itself: when it dies, the kernel kills its monitor at once", hint)
	case len(args) > 1 && filepath.Base(args[0]) == "backstop" && args[1] == "run":
		x.add(groupContainer, name, OK, "backstop run", "")
	case inits[comm]:
		x.add(groupContainer, name, OK, comm+", an init", "")
	case x.isGo("/proc/1/exe"):
		x.found.pidOne = true
		x.add(groupContainer, name, Degraded, comm+", a Go program: when it dies, the kernel kills its monitor at once", hint)
	case comm == "":
		x.add(groupContainer, name, Info, "unknown: /proc/1 cannot be read", "")
	default:
		x.add(groupContainer, name, OK, comm+", neither an init nor a Go program", "")
	}
}

func (x *examiner) isGo(path string) bool {
	f, err := gobin.Open(x.path(path))
	if err != nil {
		return false
	}
	_ = f.Close()
	return true
}

// stackNeeds is how much memory a stack overflow may take before the runtime
// ends the program, on 64 bits (the SDK has the same figure, and its reasons).
const stackNeeds = 1200 << 20

func (x *examiner) memory() {
	g, ok := x.cgroupOf(x.pid, "memory")
	defer func() { x.memoryLimit(g) }()
	if !ok {
		x.add(groupContainer, "OOM counter", Degraded, "no memory cgroup can be read: that of the whole host is taken", "mount /sys/fs/cgroup into the container (read-only will do)")
		return
	}
	file, version := "memory.oom_control", "1"
	if g.v2 {
		file, version = "memory.events", "2"
	}
	if text := x.cgroupFile(g, file); strings.Contains("\n"+text, "\noom_kill ") {
		x.found.oomCounter = true
		x.add(groupContainer, "OOM counter", OK, file+" can be read, cgroup version "+version, "")
	} else {
		x.add(groupContainer, "OOM counter", Degraded, file+" cannot be read, cgroup version "+version+": that of the whole host is taken",
			"mount /sys/fs/cgroup into the container (read-only will do)")
	}
	if g.v2 && x.cgroupFile(g, "memory.oom.group") == "1" {
		x.found.oomGroup = true
		x.add(groupContainer, "OOM group", Degraded, "memory.oom.group is 1: the OOM killer takes monitor and supervisor along", "run backstop run in a cgroup above the program's, or set memory.oom.group to 0")
	}
}

// memoryLimit finds the smallest limit of a process, as the SDK does.
func (x *examiner) memoryLimit(g cgroup) {
	name := "memory.limit_in_bytes"
	if g.v2 {
		name = "memory.max"
	}
	limit, ok := x.limit(g, name)
	what, end := "of the cgroup", "an OOM kill"
	for _, l := range []struct {
		name, what string
		used       uint64
	}{{"Max data size", "RLIMIT_DATA", 0}, {"Max address space", "left of RLIMIT_AS", x.addresses()}} {
		n, err := strconv.ParseUint(x.limitOf(l.name), 10, 64)
		if err != nil {
			continue // unlimited
		}
		if n -= min(n, l.used); !ok || n < limit {
			limit, ok, what, end = n, true, l.what, "running out of memory"
		}
	}
	switch {
	case !ok:
		x.add(groupContainer, "memory limit", OK, "none", "")
	case limit >= stackNeeds:
		x.add(groupContainer, "memory limit", OK, size(limit)+", "+what, "")
	default:
		x.add(groupContainer, "memory limit", Degraded, size(limit)+", "+what+": a stack overflow ends in "+end+", and is not seen for what it is",
			"the SDK lowers runtime/debug.SetMaxStack by itself; without it, do so in main, or allow 1.2 GB")
	}
}

// addresses is how many bytes of address space the process has taken
// (proc_pid_statm(5)).
func (x *examiner) addresses() uint64 {
	pages, _, _ := strings.Cut(x.read("/proc/"+strconv.Itoa(x.pid)+"/statm"), " ")
	n, err := strconv.ParseUint(pages, 10, 64)
	if err != nil {
		return 0
	}
	return n * uint64(os.Getpagesize())
}

// roomForPids is what a monitor and a supervisor need, threads included.
const roomForPids = 20

func (x *examiner) pids() {
	g, ok := x.cgroupOf(x.pid, "pids")
	if !ok {
		return
	}
	limit, limited := x.limit(g, "pids.max")
	used, err := strconv.ParseUint(x.cgroupFile(g, "pids.current"), 10, 64)
	switch {
	case !limited || err != nil:
		x.add(groupContainer, "pids limit", OK, "none", "")
	case used+roomForPids > limit:
		x.add(groupContainer, "pids limit", Degraded, fmt.Sprintf("%d of %d processes and threads are in use", used, limit), "a monitor needs about ten more: raise pids.max")
	default:
		x.add(groupContainer, "pids limit", OK, fmt.Sprintf("%d of %d processes and threads are in use", used, limit), "")
	}
}

func readlink(path string) string {
	target, _ := os.Readlink(path) // "" says that it is unknown
	return target
}
