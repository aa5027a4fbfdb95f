package capture

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// wrap returns the command line of a shell that limits itself and becomes the
// command. Supervisor, program and monitor share the limits, as in a container.
func (l Limits) wrap(groups []string, command []string) []string {
	script := "ulimit -c 0\n"
	if l.AddressSpace > 0 {
		script += fmt.Sprintf("ulimit -v %d\n", l.AddressSpace)
	}
	for i := range groups {
		script += fmt.Sprintf("echo $$ >\"$%d\" || exit 99\n", i+1)
	}
	if len(groups) > 0 {
		script += fmt.Sprintf("shift %d\n", len(groups))
	}
	script += `exec "$@"`
	return append(append([]string{"/bin/sh", "-c", script, "sh"}, groups...), command...)
}

// groups makes the cgroups that the limits need and returns the files that take
// their members, and what removes them again.
func (l Limits) groups(name string) (procs []string, remove func() error, err error) {
	var dirs []string
	remove = func() error {
		var errs []error
		for _, dir := range dirs {
			errs = append(errs, removeGroup(dir))
		}
		return errors.Join(errs...)
	}
	for _, g := range []struct {
		controller, v1, v2 string
		limit              int
	}{
		{"memory", "memory.limit_in_bytes", "memory.max", l.Memory},
		{"pids", "pids.max", "pids.max", l.Tasks},
	} {
		if g.limit == 0 {
			continue
		}
		dir, file, err := makeGroup(g.controller, name, g.v1, g.v2)
		if dir != "" {
			dirs = append(dirs, dir)
		}
		if err == nil {
			err = writeExisting(filepath.Join(dir, file), strconv.Itoa(g.limit))
		}
		if err != nil {
			return nil, nil, errors.Join(fmt.Errorf("make a %s cgroup: %w", g.controller, err), remove())
		}
		procs = append(procs, filepath.Join(dir, "cgroup.procs"))
	}
	return procs, remove, nil
}

// makeGroup makes a cgroup below our own: of version 1 where the controller is
// mounted, else of version 2.
func makeGroup(controller, name, v1, v2 string) (dir, file string, err error) {
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", "", err
	}
	parent, file := "", v1
	for _, line := range strings.Split(string(own), "\n") {
		parts := strings.SplitN(line, ":", 3)
		switch {
		case len(parts) != 3:
		case parts[1] == controller:
			parent, file = filepath.Join("/sys/fs/cgroup", controller, parts[2]), v1
		case parts[0] == "0" && parent == "":
			parent, file = filepath.Join("/sys/fs/cgroup", parts[2]), v2
		}
	}
	if parent == "" {
		return "", "", errors.New("there are no cgroups")
	}
	dir = filepath.Join(parent, name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", "", err
	}
	return dir, file, nil
}

// writeExisting makes no file: without the controller there is none.
func writeExisting(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// removeGroup waits for the last member, which may still be dying.
func removeGroup(dir string) error {
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(pollEvery) {
		err := syscall.Rmdir(dir)
		if err == nil || time.Now().After(end) {
			return err
		}
	}
}
