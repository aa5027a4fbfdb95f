package supervise

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// An oomWatch tells whether the kernel's OOM killer struck in the child's
// memory cgroup, by its counter before and after. The OOM killer leaves no
// other trace that an unprivileged process can read. Where no cgroup can be
// read, the counter of the whole host is taken (proc_vmstat "oom_kill").
type oomWatch struct {
	file   string // "" when there is no counter
	before uint64
	host   uint64 // of the whole host, read before the start
}

// The counters live in memory.oom_control (version 1) and memory.events
// (version 2), each with a line "oom_kill N".
const (
	oomFileV1 = "memory.oom_control"
	oomFileV2 = "memory.events"
)

func (w *oomWatch) prepare() { w.host, _ = oomKills("/proc/vmstat") }

// start is called as soon as the child has a pid. A dead process has no cgroup
// of version 1 any more, so it cannot be asked later.
func (w *oomWatch) start(pid int) {
	w.file, w.before = "", 0
	cgroups, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cgroup")
	if err != nil {
		return
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return
	}
	for _, f := range oomFiles(string(cgroups), string(mounts)) {
		if n, ok := oomKills(f); ok {
			w.file, w.before = f, n
			return
		}
	}
}

// rose reports whether somebody was killed since the start.
func (w *oomWatch) rose() bool {
	if w.file == "" {
		now, ok := oomKills("/proc/vmstat")
		return ok && now > w.host
	}
	now, ok := oomKills(w.file)
	return ok && now > w.before
}

// oomFiles lists where the counter of a process may be, best first, given
// /proc/PID/cgroup (cgroups(7)) and /proc/self/mountinfo (proc_pid_mountinfo(5)).
// In a container the path is that of the host or "/", and the mount shows the
// container's own part, so the mount's root is tried as well.
func oomFiles(cgroups, mountinfo string) []string {
	var files []string
	add := func(mount, file, path string) {
		files = append(files, filepath.Join(mount, path, file))
		if path != "/" {
			files = append(files, filepath.Join(mount, file))
		}
	}
	for line := range strings.Lines(cgroups) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		for _, m := range cgroupMounts(mountinfo) {
			path := parts[2]
			if rel, ok := strings.CutPrefix(path, m.root); ok && m.root != "/" {
				path = "/" + rel
			}
			switch {
			case m.memory && hasWord(parts[1], "memory"):
				add(m.dir, oomFileV1, path)
			case m.v2 && parts[0] == "0":
				add(m.dir, oomFileV2, path)
			}
		}
	}
	return files
}

type cgroupMount struct {
	root, dir  string
	v2, memory bool
}

func cgroupMounts(mountinfo string) []cgroupMount {
	var mounts []cgroupMount
	for line := range strings.Lines(mountinfo) {
		before, after, ok := strings.Cut(line, " - ")
		f, t := strings.Fields(before), strings.Fields(after)
		if !ok || len(f) < 5 || len(t) < 1 {
			continue
		}
		m := cgroupMount{root: f[3], dir: f[4], v2: t[0] == "cgroup2"}
		m.memory = t[0] == "cgroup" && len(t) >= 3 && hasWord(t[2], "memory")
		if m.v2 || m.memory {
			mounts = append(mounts, m)
		}
	}
	return mounts
}

func hasWord(list, word string) bool {
	for _, w := range strings.Split(list, ",") {
		if w == word {
			return true
		}
	}
	return false
}

// oomKills reads the line "oom_kill N" of a file.
func oomKills(file string) (uint64, bool) {
	data, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	sc := bufio.NewScanner(bytes.NewReader(data))
	for sc.Scan() {
		if v, ok := strings.CutPrefix(sc.Text(), "oom_kill "); ok {
			n, err := strconv.ParseUint(strings.TrimSpace(v), 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}
