package doctor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/backstop-go/backstop/internal/goid"
	"github.com/backstop-go/backstop/internal/inflight"
)

const groupHost = "host"

// host looks at the kernel and at what this process may do.
func (x *examiner) host() {
	ctx := context.Background()
	x.kernel()
	x.reexec(ctx)
	x.crashOutput(ctx)
	x.pipe()
	x.table()
	x.goroutineNumbers()
	x.sharedMemory()
	x.coreFiles()
	x.clock(time.Now())
	x.rights()
}

func (x *examiner) kernel() {
	if runtime.GOOS != "linux" {
		x.add(groupHost, "kernel", Degraded, runtime.GOOS+"/"+runtime.GOARCH, "exit statuses, cgroups and the OOM killer are looked at on Linux only")
		return
	}
	release := x.read("/proc/sys/kernel/osrelease")
	var major, minor int
	if _, err := fmt.Sscanf(release, "%d.%d", &major, &minor); err != nil {
		x.add(groupHost, "kernel", Degraded, "/proc cannot be read", "mount /proc")
		return
	}
	version := major*1000 + minor
	what := "Linux " + release + ", " + runtime.GOARCH
	if version < 5003 {
		x.add(groupHost, "kernel", Degraded, what+": without pidfd_open", "Linux 5.3 has it; without, the monitor looks less precisely")
		return
	}
	x.add(groupHost, "kernel", OK, what, "")
	if err := probePidfd(); err != nil {
		x.add(groupHost, "pidfd_open", Degraded, "refused: "+reason(err), "allow pidfd_open in the seccomp profile; without, the monitor looks less precisely")
		return
	}
	x.found.pidfd = true
	x.add(groupHost, "pidfd_open", OK, "a monitor can watch for the end of its program", "")
}

// wantPipe is what the monitor asks for.
const wantPipe = 1 << 20

func (x *examiner) pipe() {
	got, err := probePipe(wantPipe)
	limits := ""
	if soft := x.read("/proc/sys/fs/pipe-user-pages-soft"); soft != "" {
		limits = fmt.Sprintf(" (pipe-max-size %s, pipe-user-pages-soft %s)", x.read("/proc/sys/fs/pipe-max-size"), soft)
	}
	if err != nil || got < wantPipe {
		x.add(groupHost, "pipe", Degraded, fmt.Sprintf("a pipe holds %d kB, not 1 MB%s: a program with a larger traceback waits for its monitor", got>>10, limits),
			"raise fs.pipe-max-size or fs.pipe-user-pages-soft; this user may have many pipes")
		return
	}
	x.add(groupHost, "pipe", OK, "1 MB: a dying program never waits for its monitor", "")
}

// table makes the table of requests in flight, as the SDK would.
func (x *examiner) table() {
	const name = "in-flight table"
	f, path, err := inflight.Create()
	if err != nil {
		x.add(groupHost, name, Degraded, "no memory that outlives the process: "+reason(err), "allow memfd_create, or give the process a /dev/shm or TMPDIR it may write to")
		return
	}
	defer f.Close()
	x.found.memory = true
	if strings.HasPrefix(path, "/proc/") {
		x.add(groupHost, name, OK, "memory that outlives the process (memfd_create)", "")
		return
	}
	os.Remove(path) //nolint:errcheck // a file in a directory of temporary ones
	x.add(groupHost, name, OK, "a file in "+filepath.Dir(path)+", since memfd_create is refused", "")
}

func (x *examiner) goroutineNumbers() {
	const name = "goroutine ids"
	if err := goid.Calibrate(); err != nil {
		x.add(groupHost, name, Degraded, err.Error(), "requests are then found by their context only")
		return
	}
	x.found.goid = true
	x.add(groupHost, name, OK, fmt.Sprintf("found by experiment (%s, %s)", runtime.Version(), runtime.GOARCH), "")
}

func (x *examiner) sharedMemory() {
	if runtime.GOOS != "linux" {
		return
	}
	const dir = "/dev/shm"
	free, err := x.tryDirectory(dir)
	if err != nil {
		x.add(groupHost, dir, Info, "cannot be written to: "+reason(err), "")
		return
	}
	x.add(groupHost, dir, OK, size(free)+" free", "")
}

// tryDirectory writes a file into a directory, removes it, and returns the room
// on its file system.
func (x *examiner) tryDirectory(dir string) (free uint64, err error) {
	f, err := os.CreateTemp(x.path(dir), ".backstop-doctor-*")
	if err != nil {
		return 0, err
	}
	_ = f.Close()
	if err := os.Remove(f.Name()); err != nil {
		return 0, err
	}
	return room(x.path(dir)), nil
}

func (x *examiner) coreFiles() {
	if runtime.GOOS != "linux" {
		return
	}
	pattern := x.read("/proc/sys/kernel/core_pattern")
	limit := x.limitOf("Max core file size")
	switch {
	case limit == "0" && !strings.HasPrefix(pattern, "|"):
		x.add(groupHost, "core files", Info, "none, the limit is 0 (Backstop needs none)", "")
	case strings.HasPrefix(pattern, "|") && strings.Contains(pattern, "systemd-coredump"):
		x.add(groupHost, "core files", Info, "go to systemd-coredump, with GOTRACEBACK=crash; backstop core reads what it keeps in /var/lib/systemd/coredump", "")
	case strings.HasPrefix(pattern, "|"):
		x.add(groupHost, "core files", Info, "go to "+filepath.Base(strings.Fields(pattern[1:] + " ?")[0])+", with GOTRACEBACK=crash", "")
	default:
		x.add(groupHost, "core files", Info, fmt.Sprintf("%q, limit %s, with GOTRACEBACK=crash", pattern, limit), "")
	}
}

// limitOf returns a soft limit of /proc/PID/limits by its name.
func (x *examiner) limitOf(name string) string {
	for line := range strings.Lines(x.read("/proc/" + strconv.Itoa(x.pid) + "/limits")) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			if f := strings.Fields(rest); len(f) > 0 {
				return f[0]
			}
		}
	}
	return "unknown"
}

// born is before anybody had this command.
var born = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func (x *examiner) clock(now time.Time) {
	if now.Before(born) {
		x.add(groupHost, "clock", Degraded, "says "+now.UTC().Format(time.DateOnly), "set the clock: events carry its time, and the spool is ordered by it")
		return
	}
	x.add(groupHost, "clock", OK, now.UTC().Format("2006-01-02 15:04 UTC"), "")
}

// rights are of interest to those who look from outside.
func (x *examiner) rights() {
	if runtime.GOOS != "linux" {
		return
	}
	ptrace := "debuggers attach to any process of the user"
	if scope := x.read("/proc/sys/kernel/yama/ptrace_scope"); scope != "" && scope != "0" {
		ptrace = "debuggers attach to their children only"
		if scope == "3" {
			ptrace = "no debugger attaches"
		}
	}
	dmesg := "all read the kernel log"
	if x.read("/proc/sys/kernel/dmesg_restrict") == "1" {
		dmesg = "root reads the kernel log"
	}
	x.add(groupHost, "ptrace", Info, ptrace, "")
	x.add(groupHost, "kernel log", Info, dmesg, "")
}

// size writes a number of bytes for people.
func size(n uint64) string {
	switch {
	case n >= 10<<30:
		return fmt.Sprintf("%d GB", n>>30)
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%d MB", n>>20)
	}
	return fmt.Sprintf("%d kB", n>>10)
}
