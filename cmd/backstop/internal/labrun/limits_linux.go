package labrun

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/cgroup"
	"github.com/backstop-go/backstop/internal/host"
	"github.com/backstop-go/backstop/lab/bounded"
	"github.com/backstop-go/backstop/lab/scenario"
)

// check says why a scenario cannot be run on this host, nil when it can.
func (l *Lab) check(s scenario.Scenario) error {
	p, err := findProgram(s.Program)
	if err != nil {
		return err
	}
	for _, n := range append(p.Needs, s.Needs...) {
		err := l.once("need "+string(n), func() error { return have(n) })
		if err != nil {
			return cannot("needs %s: %v", n, err)
		}
	}
	return nil
}

func have(n scenario.Need) error {
	switch n {
	case scenario.Root:
		return beRoot()
	case scenario.SetUID:
		return errors.Join(beRoot(), allowSetUID())
	case scenario.CC:
		return inPath("CC", "gcc")
	case scenario.CXX:
		return inPath("CXX", "g++")
	case scenario.Glibc:
		return useGlibc()
	case scenario.I386:
		return run386()
	case scenario.Loopback:
		return useLoopback()
	case scenario.AMD64:
		if runtime.GOARCH != "amd64" {
			return fmt.Errorf("this is %s", runtime.GOARCH)
		}
		return nil
	case scenario.MemoryCgroup, scenario.PidsCgroup:
		controller := strings.Fields(string(n))[0]
		dir, _, err := cgroup.Make(controller, fmt.Sprintf("backstop-lab-try-%d-%d", os.Getpid(), time.Now().UnixNano()), "", "")
		if err != nil {
			return err
		}
		return cgroup.Remove(dir)
	}
	return fmt.Errorf("the lab does not know this need")
}

// exit386 is a whole program for 32-bit x86 processors: exit(0).
var exit386 = "\x7fELF\x01\x01\x01" + strings.Repeat("\x00", 9) +
	"\x02\x00\x03\x00\x01\x00\x00\x00\x54\x80\x04\x08\x34\x00\x00\x00" + // executable, 386; entry, headers
	strings.Repeat("\x00", 8) + "\x34\x00\x20\x00\x01\x00" + strings.Repeat("\x00", 6) +
	"\x01\x00\x00\x00\x00\x00\x00\x00\x00\x80\x04\x08\x00\x80\x04\x08" + // load all of it at 0x8048000
	"\x5b\x00\x00\x00\x5b\x00\x00\x00\x05\x00\x00\x00\x00\x10\x00\x00" +
	"\x31\xdb\x31\xc0\x40\xcd\x80" // xor ebx, ebx; xor eax, eax; inc eax; int 0x80

// run386 says why the kernel does not run such programs: another processor, or
// built or told not to.
func run386() error {
	dir, err := os.MkdirTemp("", "backstop-lab-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "exit")
	if err := os.WriteFile(file, []byte(exit386), 0o755); err != nil {
		return err
	}
	return exec.Command(file).Run()
}

// useGlibc says that the C library is another one: musl has its loader there.
func useGlibc() error {
	if musl, err := filepath.Glob("/lib/ld-musl-*"); err == nil && len(musl) > 0 {
		if glibc, err := filepath.Glob("/lib*/ld-linux*"); err == nil && len(glibc) == 0 {
			return errors.New("the C library is musl")
		}
	}
	return nil
}

// useLoopback talks to itself. A sandbox may have no network, not even that.
func useLoopback() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	c, err := net.DialTimeout("tcp", l.Addr().String(), time.Second)
	if err != nil {
		return err
	}
	return c.Close()
}

func beRoot() error {
	if os.Geteuid() != 0 {
		return errors.New("we are not root")
	}
	return nil
}

// allowSetUID says why the kernel would not heed the bit: the directory for
// temporary files is mounted so, or we, and all that we start, may gain nothing.
func allowSetUID() error {
	const noSetUID = 2 // ST_NOSUID of statvfs(3)
	var fs syscall.Statfs_t
	if err := syscall.Statfs(os.TempDir(), &fs); err != nil {
		return fmt.Errorf("look at %s: %w", os.TempDir(), err)
	}
	if fs.Flags&noSetUID != 0 {
		return fmt.Errorf("%s is mounted nosuid", os.TempDir())
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	if strings.Contains(string(status), "\nNoNewPrivs:\t1\n") {
		return errors.New("we run without new privileges (no_new_privs)")
	}
	return nil
}

// enoughRoom is more than all programs that run at once print.
const enoughRoom = 64 << 20

// roomIn says why a program must not run in a directory: on a full disk its
// traceback is cut without a word, and the row would say that there was none.
func roomIn(dir string) error {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return fmt.Errorf("look at %s: %w", dir, err)
	}
	if fs.Bavail*uint64(fs.Bsize) < enoughRoom {
		return cannot("less than %d MB are free below %s", enoughRoom>>20, os.TempDir())
	}
	return nil
}

// inPath looks for the compiler that the go command will use.
func inPath(variable, usual string) error {
	name := usual
	if f := strings.Fields(os.Getenv(variable)); len(f) > 0 {
		name = f[0]
	}
	_, err := exec.LookPath(name)
	return err
}

// A cage is the cgroups of one run.
type cage struct {
	dirs []string
	oom  host.OOMWatch
}

// enter makes the cgroups that limits need, and adds them to what is launched.
func enter(limits scenario.Limits, spec *bounded.Spec, name string) (*cage, error) {
	c := new(cage)
	for _, g := range []struct {
		controller, v1, v2 string
		limit              uint64
	}{
		{"memory", "memory.limit_in_bytes", "memory.max", limits.Memory},
		{"pids", "pids.max", "pids.max", limits.Tasks},
	} {
		if g.limit == 0 {
			continue
		}
		dir, file, err := cgroup.Make(g.controller, name, g.v1, g.v2)
		if dir != "" {
			c.dirs = append(c.dirs, dir)
		}
		if err == nil {
			err = cgroup.Write(filepath.Join(dir, file), strconv.FormatUint(g.limit, 10))
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("make a %s cgroup: %w", g.controller, err), c.remove())
		}
		spec.Cgroups = append(spec.Cgroups, filepath.Join(dir, "cgroup.procs"))
		if g.controller == "memory" {
			// Without swap, or it would be moved there instead of killed. Where the
			// kernel does not account for swap there is no such file.
			for _, swap := range []struct{ file, limit string }{
				{"memory.memsw.limit_in_bytes", strconv.FormatUint(g.limit, 10)}, {"memory.swap.max", "0"},
			} {
				_ = cgroup.Write(filepath.Join(dir, swap.file), swap.limit)
			}
			c.oom = host.WatchOOMIn(filepath.Join(dir, "memory.oom_control"), filepath.Join(dir, "memory.events"))
		}
	}
	return c, nil
}

func (c *cage) oomKilled() bool { return len(c.dirs) > 0 && c.oom.Rose() }

func (c *cage) remove() error {
	var errs []error
	for _, dir := range c.dirs {
		errs = append(errs, cgroup.Remove(dir))
	}
	return errors.Join(errs...)
}
