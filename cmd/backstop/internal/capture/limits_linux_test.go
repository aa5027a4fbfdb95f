package capture

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/backstop-go/backstop/cmd/backstop/internal/cgroup"
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
			errs = append(errs, cgroup.Remove(dir))
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
		dir, file, err := cgroup.Make(g.controller, name, g.v1, g.v2)
		if dir != "" {
			dirs = append(dirs, dir)
		}
		if err == nil {
			err = cgroup.Write(filepath.Join(dir, file), strconv.Itoa(g.limit))
		}
		if err != nil {
			return nil, nil, errors.Join(fmt.Errorf("make a %s cgroup: %w", g.controller, err), remove())
		}
		procs = append(procs, filepath.Join(dir, "cgroup.procs"))
	}
	return procs, remove, nil
}
