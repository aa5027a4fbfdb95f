package host

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
)

// A usageError is a selection that cannot be made.
type usageError struct{ text, hint string }

func (e *usageError) Error() string { return e.text }

// Hint says what to do instead.
func (e *usageError) Hint() string { return e.hint }

// A selector decides which processes are selected.
type selector struct {
	Selection
	proc    proc
	cgroups []string // as /proc/PID/cgroup has them
	files   []string // Exes that are paths of files: absolute, without symbolic links
}

func newSelector(s Selection, p proc) (*selector, error) {
	if len(s.PIDs) == 0 && len(s.Exes) == 0 && len(s.Cgroups) == 0 && !s.All {
		return nil, &usageError{"no process is selected", "-pid, -exe, -cgroup or -all"}
	}
	sel := &selector{Selection: s, proc: p}
	sel.Exes = slices.Clone(s.Exes)
	for i, exe := range sel.Exes {
		if _, err := filepath.Match(exe, ""); err != nil {
			return nil, &usageError{fmt.Sprintf("-exe %q is no pattern", exe), "* ? [a-z] stand for something, \\ before them for themselves"}
		}
		if !strings.Contains(exe, "/") {
			continue
		}
		path, err := filepath.Abs(exe)
		if err != nil {
			return nil, fmt.Errorf("-exe %s: %w", exe, err)
		}
		sel.Exes[i] = path
		if real, err := filepath.EvalSymlinks(path); err == nil {
			sel.files = append(sel.files, real)
		}
	}
	mounts := cgroupMounts()
	for _, c := range s.Cgroups {
		path := filepath.Clean("/" + c)
		for _, m := range mounts {
			if rest, ok := strings.CutPrefix(path, m); ok && (rest == "" || rest[0] == '/') {
				path = filepath.Clean("/" + rest)
				break
			}
		}
		sel.cgroups = append(sel.cgroups, path)
	}
	return sel, nil
}

// cgroupMounts lists where hierarchies are mounted, the longest path first.
func cgroupMounts() (mounts []string) {
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(text)) {
		before, after, _ := strings.Cut(line, " - ")
		if f := strings.Fields(before); len(f) >= 5 && strings.HasPrefix(after, "cgroup") {
			mounts = append(mounts, f[4])
		}
	}
	slices.SortFunc(mounts, func(a, b string) int { return len(b) - len(a) })
	return mounts
}

// selected reports whether a process is selected, if its program is one of Go. path
// is that of its executable.
func (s *selector) selected(pid int, path string) bool {
	switch {
	case pid == os.Getpid():
		return false
	case s.All, slices.Contains(s.PIDs, pid):
	case s.exe(pid, path):
	case len(s.Exes) == 0 && len(s.PIDs) == 0: // the cgroup alone
	default:
		return false
	}
	return s.inCgroups(pid)
}

func (s *selector) inCgroups(pid int) bool {
	if len(s.cgroups) == 0 {
		return true
	}
	text, err := s.proc.read(pid, "cgroup")
	return err == nil && inCgroup(text, s.cgroups)
}

func (s *selector) exe(pid int, path string) bool {
	for _, pattern := range s.Exes {
		name := path
		if !strings.Contains(pattern, "/") {
			name = filepath.Base(path)
		}
		if ok, err := filepath.Match(pattern, name); err == nil && ok {
			return true
		}
	}
	// The same file under another name, as in a container that has it mounted.
	for _, file := range s.files {
		if file == path {
			return true
		}
		a, err := os.Stat(file)
		if err != nil {
			continue
		}
		if b, err := os.Stat(s.proc.path(pid, "exe")); err == nil && os.SameFile(a, b) {
			return true
		}
	}
	return false
}

// commSize is how much of its executable's name a process is called by
// (TASK_COMM_LEN without the 0).
const commSize = 15

// maybe reports whether a process of which only the name is known may be selected.
func (s *selector) maybe(pid int, comm string) bool {
	if !s.inCgroups(pid) {
		return false
	}
	if s.All || len(s.Exes) == 0 && len(s.PIDs) == 0 || slices.Contains(s.PIDs, pid) {
		return true
	}
	for _, exe := range append(slices.Clone(s.Exes), s.files...) {
		name := filepath.Base(exe)
		beginning, _, wild := cutWildcards(name)
		if wild && strings.HasPrefix(comm, beginning[:min(len(beginning), commSize)]) || comm == name[:min(len(name), commSize)] {
			return true
		}
	}
	return false
}

// cutWildcards splits a pattern before its first wildcard.
func cutWildcards(pattern string) (beginning, rest string, wild bool) {
	if i := strings.IndexAny(pattern, wildcards); i >= 0 {
		return pattern[:i], pattern[i:], true
	}
	return pattern, "", false
}

// wildcards begin what in a pattern is not itself (filepath.Match).
const wildcards = `*?[\`

// catch says what the kernel is to stop at exec. It stops too many rather than too
// few: what is not selected goes on at once.
func (s *selector) catch() (o bpf.HostOptions, err error) {
	const hint = "-catch-first needs -exe with the name of a file, or -cgroup"
	switch {
	case s.All && len(s.Cgroups) == 0:
		return o, &usageError{"-catch-first would stop every program that starts", hint}
	case len(s.Exes) == 0 && len(s.Cgroups) == 0:
		return o, &usageError{"-catch-first has nothing to wait for: the processes run already", hint}
	case len(s.Exes) == 0 || s.All:
		return s.catchCgroups()
	}
	for _, exe := range append(slices.Clone(s.Exes), s.files...) {
		name := filepath.Base(exe)
		if beginning, _, wild := cutWildcards(name); wild {
			name = beginning + "*"
		}
		if name == "*" {
			return o, &usageError{fmt.Sprintf("-catch-first with -exe %s would stop every program that starts", exe), hint}
		}
		o.CatchNames = append(o.CatchNames, name)
	}
	return o, nil
}

func (s *selector) catchCgroups() (o bpf.HostOptions, err error) {
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return o, fmt.Errorf("find cgroups of version 2: %w", err)
	}
	mount := ""
	for line := range strings.Lines(string(text)) {
		before, after, _ := strings.Cut(line, " - ")
		if f := strings.Fields(before); len(f) >= 5 && strings.HasPrefix(after, "cgroup2 ") {
			mount = f[4]
		}
	}
	if mount == "" {
		return o, &usageError{"-catch-first knows cgroups of version 2 only, and none are mounted", "give -exe as well"}
	}
	for _, c := range s.cgroups {
		info, err := os.Stat(filepath.Join(mount, c))
		if err != nil {
			return o, &usageError{fmt.Sprintf("-catch-first: %s is no cgroup of version 2", c), "give -exe as well"}
		}
		id, err := identityOf(info)
		if err != nil {
			return o, err
		}
		o.CatchCgroups = append(o.CatchCgroups, id.Inode)
	}
	if len(o.CatchCgroups) == 0 {
		return o, errors.New("-catch-first: no cgroup")
	}
	return o, nil
}
