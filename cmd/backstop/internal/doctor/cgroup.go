package doctor

import (
	"bufio"
	"path/filepath"
	"strconv"
	"strings"
)

// A cgroup is where a controller keeps the files of a process.
type cgroup struct {
	dirs []string // from the process' own towards the root, as far as visible
	v2   bool
}

// cgroupOf finds the cgroup of a process for a controller, from /proc/PID/cgroup
// (cgroups(7)) and /proc/self/mountinfo (proc_pid_mountinfo(5)). In a container
// the path is that of the host or "/", and the mount shows the container's own
// part: what does not exist is left out.
func (x *examiner) cgroupOf(pid int, controller string) (g cgroup, ok bool) {
	for _, v2 := range []bool{false, true} {
		path, found := cgroupPath(x.read("/proc/"+strconv.Itoa(pid)+"/cgroup"), controller, v2)
		if !found {
			continue
		}
		root, mount := cgroupMount(x.read("/proc/self/mountinfo"), controller, v2)
		if mount == "" {
			continue
		}
		g = cgroup{v2: v2}
		rel := strings.TrimPrefix(path, root)
		if !strings.HasPrefix(path, root) {
			rel = "/"
		}
		for dir := filepath.Join("/", rel); ; dir = filepath.Dir(dir) {
			if full := filepath.Join(mount, dir); x.exists(full) {
				g.dirs = append(g.dirs, full)
			}
			if dir == "/" {
				break
			}
		}
		if v2 && len(g.dirs) > 0 && !hasWord(strings.Fields(x.read(g.dirs[len(g.dirs)-1]+"/cgroup.controllers")), controller) && !x.exists(g.dirs[0]+"/"+controller+".events") {
			continue // mounted beside version 1, without controllers
		}
		if len(g.dirs) > 0 {
			return g, true
		}
	}
	return cgroup{}, false
}

func cgroupPath(text, controller string, v2 bool) (path string, ok bool) {
	for line := range strings.Lines(text) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		if v2 && parts[0] == "0" || !v2 && hasWord(strings.Split(parts[1], ","), controller) {
			return parts[2], true
		}
	}
	return "", false
}

func cgroupMount(mountinfo, controller string, v2 bool) (root, dir string) {
	sc := bufio.NewScanner(strings.NewReader(mountinfo))
	for sc.Scan() {
		before, after, ok := strings.Cut(sc.Text(), " - ")
		f, t := strings.Fields(before), strings.Fields(after)
		if !ok || len(f) < 5 || len(t) < 3 {
			continue
		}
		if v2 && t[0] == "cgroup2" || !v2 && t[0] == "cgroup" && hasWord(strings.Split(t[2], ","), controller) {
			return strings.TrimSuffix(f[3], "/"), f[4]
		}
	}
	return "", ""
}

func hasWord(words []string, word string) bool {
	for _, w := range words {
		if w == word {
			return true
		}
	}
	return false
}

// file returns the content of a cgroup's own file.
func (x *examiner) cgroupFile(g cgroup, name string) string {
	if len(g.dirs) == 0 {
		return ""
	}
	return x.read(filepath.Join(g.dirs[0], name))
}

// limit returns the smallest number in a file of a cgroup and those above it.
// Version 1 writes a number just below 2^63 for "no limit".
func (x *examiner) limit(g cgroup, name string) (n uint64, ok bool) {
	for _, dir := range g.dirs {
		v, err := strconv.ParseUint(x.read(filepath.Join(dir, name)), 10, 64)
		if err == nil && v < 1<<62 && (!ok || v < n) {
			n, ok = v, true
		}
	}
	return n, ok
}
