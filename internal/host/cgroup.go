package host

import (
	"os"
	"path"
	"strconv"
	"strings"
)

// An OOMWatch tells whether the kernel's OOM killer struck in a process' memory
// cgroup, by its counter before and after: the OOM killer leaves no other trace
// that an unprivileged process can read. Where no cgroup can be read, the
// counter of the whole host is taken (/proc/vmstat, "oom_kill").
type OOMWatch struct {
	file   string // "" when there is no counter
	before uint64
}

// WatchOOM begins to watch. It is to be called while the process lives: a dead
// one has no cgroup of version 1 any more.
func WatchOOM(pid int) OOMWatch {
	return WatchOOMIn(append(memoryFiles(pid, "memory.oom_control", "memory.events"), "/proc/vmstat")...)
}

// WatchOOMIn watches the first of the files that has the line "oom_kill N".
func WatchOOMIn(files ...string) OOMWatch {
	for _, f := range files {
		if n, ok := oomKills(f); ok {
			return OOMWatch{f, n}
		}
	}
	return OOMWatch{}
}

// Rose reports whether somebody was killed since.
func (w *OOMWatch) Rose() bool {
	now, ok := oomKills(w.file)
	return ok && now > w.before
}

// oomKills reads the line "oom_kill N" of a file.
func oomKills(file string) (uint64, bool) {
	data, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	for _, line := range strings.Split(string(data), "\n") {
		if v, ok := strings.CutPrefix(line, "oom_kill "); ok {
			n, err := strconv.ParseUint(v, 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}

// memoryFiles lists where a file of a process' memory cgroup may be, which
// version 1 and version 2 call differently.
func memoryFiles(pid int, v1, v2 string) []string {
	cgroups, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cgroup")
	if err != nil {
		return nil
	}
	return cgroupFiles(string(cgroups), v1, v2)
}

// cgroupFiles lists the files of a memory cgroup and of those above it, from the
// innermost to the outermost, given /proc/PID/cgroup (cgroups(7)). In a
// container without a cgroup namespace the path is that of the host, and what is
// mounted is the container's own part: there the outermost is its own.
func cgroupFiles(cgroups, v1, v2 string) (files []string) {
	for _, line := range strings.Split(cgroups, "\n") {
		f := strings.SplitN(line, ":", 3)
		if len(f) < 3 {
			continue
		}
		mount, file := "/sys/fs/cgroup", v2
		if f[1] != "" {
			if !strings.Contains(","+f[1]+",", ",memory,") {
				continue
			}
			mount, file = "/sys/fs/cgroup/memory", v1
		}
		for dir := path.Clean("/" + f[2]); ; dir = path.Dir(dir) {
			files = append(files, path.Clean(mount+dir+"/"+file))
			if dir == "/" {
				break
			}
		}
	}
	return files
}
