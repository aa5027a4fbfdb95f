package host

import (
	"path"
	"strings"
)

// cgroupOf takes from /proc/PID/cgroup (cgroups(7)) the path that says most: where
// there are several hierarchies, that of a container's or, failing that, of
// version 2, of the memory controller, of systemd.
func cgroupOf(text string) string {
	paths := make(map[string]string)
	for line := range strings.Lines(text) {
		parts := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(parts) != 3 || !strings.HasPrefix(parts[2], "/") {
			continue
		}
		if parts[0] == "0" {
			paths["v2"] = parts[2]
			continue
		}
		for _, controller := range strings.Split(parts[1], ",") {
			paths[controller] = parts[2]
		}
	}
	best := "/"
	for _, name := range []string{"name=systemd", "memory", "v2"} {
		p, ok := paths[name]
		switch {
		case !ok || p == "/":
		case containerOf(p).ID != "" || containerOf(best).ID == "":
			best = p
		}
	}
	return best
}

// allCgroups lists every path of /proc/PID/cgroup.
func allCgroups(text string) (paths []string) {
	for line := range strings.Lines(text) {
		if parts := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3); len(parts) == 3 {
			paths = append(paths, parts[2])
		}
	}
	return paths
}

// scopes are how runtimes name the scope of a container when systemd manages
// cgroups: prefix-ID.scope.
var scopes = map[string]string{"docker": "docker", "cri-containerd": "containerd", "nerdctl": "containerd", "crio": "cri-o", "libpod": "podman"}

// containerOf reads the path of a cgroup. The forms:
//
//	/docker/ID
//	/system.slice/docker-ID.scope
//	/kubepods/burstable/podUID/ID
//	/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podUID.slice/cri-containerd-ID.scope
//	/machine.slice/libpod-ID.scope/container, /libpod_parent/libpod-ID
//	/default/ID (containerd and its namespace, moby is docker's)
//	/system.slice/NAME.service
func containerOf(cgroup string) (c Container) {
	parts := strings.Split(strings.Trim(path.Clean("/"+cgroup), "/"), "/")
	for i, part := range parts {
		if uid := podOf(part); uid != "" {
			c.Pod = uid
		}
		if strings.HasPrefix(part, "crio-conmon-") || strings.HasPrefix(part, "libpod-conmon-") {
			continue // who looks after a container is not in it
		}
		name := strings.TrimSuffix(part, ".scope")
		// containerd writes SLICE:PREFIX:ID where it is told of systemd and does not use it.
		if j := strings.LastIndexByte(name, ':'); j >= 0 {
			name = strings.ReplaceAll(name[strings.LastIndexByte(name[:j], ':')+1:], ":", "-")
		}
		prefix, id := "", name
		if j := strings.LastIndexByte(name, '-'); j >= 0 {
			prefix, id = name[:j], name[j+1:]
		}
		if isID(id) {
			c.ID, c.Runtime = id, scopes[prefix]
			if c.Runtime == "" && i > 0 {
				c.Runtime = map[string]string{"docker": "docker", "moby": "docker", "default": "containerd", "k8s.io": "containerd", "libpod_parent": "podman"}[parts[i-1]]
			}
		}
	}
	if c.ID != "" {
		return c
	}
	for i := len(parts) - 1; i >= 0; i-- {
		if unit := parts[i]; strings.HasSuffix(unit, ".service") && !strings.HasPrefix(unit, "user@") {
			return Container{Runtime: "systemd", Name: unit}
		}
	}
	return Container{Pod: c.Pod}
}

// isID reports whether a word is the number of a container.
func isID(word string) bool {
	return len(word) == 64 && strings.Trim(word, "0123456789abcdef") == ""
}

// podOf finds the UID of a pod in "podUID" or in the name of a slice, where its
// hyphens are written as underscores.
func podOf(part string) string {
	part, _, _ = strings.Cut(part, ":")
	name, slice := strings.CutSuffix(part, ".slice")
	i := strings.LastIndex(name, "pod")
	if i < 0 || i > 0 && (!slice || name[i-1] != '-') {
		return ""
	}
	uid := strings.ReplaceAll(name[i+len("pod"):], "_", "-")
	if len(uid) < 32 || strings.Trim(uid, "0123456789abcdef-") != "" {
		return "" // "kubepods" is none
	}
	return uid
}

// inCgroup reports whether one of the cgroups of a process (the text of
// /proc/PID/cgroup) is one of those asked for, or below it.
func inCgroup(text string, wanted []string) bool {
	for _, p := range allCgroups(text) {
		for _, w := range wanted {
			if p == w || strings.HasPrefix(p, strings.TrimSuffix(w, "/")+"/") {
				return true
			}
		}
	}
	return false
}
