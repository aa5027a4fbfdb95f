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
	// Both files have a line "oom_kill N".
	for _, f := range append(memoryFiles(pid, "memory.oom_control", "memory.events"), "/proc/vmstat") {
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
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil
	}
	return cgroupFiles(string(cgroups), string(mounts), v1, v2)
}

// cgroupFiles lists the files of a memory cgroup and of those above it as far
// as they are visible, from the innermost to the outermost, given
// /proc/PID/cgroup (cgroups(7)) and /proc/self/mountinfo
// (proc_pid_mountinfo(5)). In a container the path is that of the host or "/",
// and the mount shows the container's own part.
func cgroupFiles(cgroups, mountinfo, v1, v2 string) (files []string) {
	for _, line := range strings.Split(cgroups, "\n") {
		parts := strings.SplitN(line, ":", 3)
		if len(parts) != 3 {
			continue
		}
		for _, mount := range strings.Split(mountinfo, "\n") {
			before, after, _ := strings.Cut(mount, " - ")
			f, t := strings.Fields(before), strings.Fields(after)
			if len(f) < 5 || len(t) < 3 {
				continue
			}
			file := v1
			switch {
			case t[0] == "cgroup2" && parts[0] == "0":
				file = v2
			case t[0] != "cgroup" || !hasWord(parts[1], "memory") || !hasWord(t[2], "memory"):
				continue
			}
			root, dir := f[3], parts[2]
			if rel, ok := strings.CutPrefix(dir, root); ok && root != "/" {
				dir = rel
			}
			for dir = path.Clean("/" + dir); ; dir = path.Dir(dir) {
				files = append(files, path.Join(f[4], dir, file))
				if dir == "/" {
					break
				}
			}
		}
	}
	return files
}

func hasWord(list, word string) bool {
	return strings.Contains(","+list+",", ","+word+",")
}
