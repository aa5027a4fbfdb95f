package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc/ptrace"
)

const groupProcess = "process"

// monitorName is what the SDK's monitor calls itself (internal/monitor, rename).
const monitorName = "backstop-mon"

// openProcess finds the executable and the environment of the process.
func (x *examiner) openProcess() error {
	x.pid = x.supervised(x.pid)
	dir := "/proc/" + strconv.Itoa(x.pid)
	if !x.exists(dir) {
		return fmt.Errorf("there is no process %d", x.pid)
	}
	if target := readlink(x.path(dir + "/exe")); target == "" {
		if comm := x.read(dir + "/comm"); x.read(dir+"/cmdline") == "" {
			return fmt.Errorf("process %d (%s) is a thread of the kernel, or has ended", x.pid, comm)
		}
		return unreadable(x.pid)
	} else {
		x.report.Path = target
	}
	x.options.Executable = x.path(dir + "/exe")
	x.env = nil
	if data, err := os.ReadFile(x.path(dir + "/environ")); err == nil {
		x.env = parseEnvironment(strings.Split(string(data), "\x00"))
	}
	return nil
}

// An unreadableError is of a process that may not be looked at.
type unreadableError struct{ *ptrace.Refusal }

func (e *unreadableError) Error() string {
	return fmt.Sprintf("the executable of process %d may not be read: %s", e.PID, e.Reason)
}

// Hint says what a person can do about it.
func (e *unreadableError) Hint() string { return e.Refusal.Hint }

// unreadable says why, as a snapshot of the process would.
func unreadable(pid int) error {
	refused := ptrace.Refused(pid, fs.ErrPermission)
	var r *ptrace.Refusal
	if errors.As(refused, &r) && r.Hint != "" {
		return &unreadableError{r}
	}
	return fmt.Errorf("the executable of process %d may not be read: %w", pid, refused)
}

// supervised is the program that a process runs, if that is backstop run (PID 1
// of a container, mostly: nobody wants to know what can be captured of it), and
// else the process. The program is the child whose environment says so.
func (x *examiner) supervised(pid int) int {
	args := strings.Split(x.read("/proc/"+strconv.Itoa(pid)+"/cmdline"), "\x00")
	if len(args) < 2 || filepath.Base(args[0]) != "backstop" || args[1] != "run" {
		return pid
	}
	children, _ := x.children(pid)
	for _, child := range children {
		dir := "/proc/" + strconv.Itoa(child)
		data, err := os.ReadFile(x.path(dir + "/environ"))
		if err == nil && parseEnvironment(strings.Split(string(data), "\x00"))["BACKSTOP_SUPERVISOR"] == strconv.Itoa(pid) && x.read(dir+"/comm") != monitorName {
			return child
		}
	}
	return pid
}

// process looks at what surrounds a running program.
func (x *examiner) process() {
	dir := "/proc/" + strconv.Itoa(x.pid)
	comm := x.read(dir + "/comm")
	x.add(groupProcess, "process", Info, fmt.Sprintf("%d %s, parent %d %s", x.pid, comm, x.parent(x.pid), x.read("/proc/"+strconv.Itoa(x.parent(x.pid))+"/comm")), "")
	x.stderr(dir)
	x.supervisor()
	x.monitor()
	var limits []string
	for _, l := range []struct{ name, short string }{{"Max address space", "address space"}, {"Max open files", "open files"}, {"Max processes", "processes"}, {"Max file size", "file size"}} {
		if v := x.limitOf(l.name); v != "unlimited" {
			limits = append(limits, l.short+" "+v)
		}
	}
	if len(limits) == 0 {
		limits = []string{"none"}
	}
	x.add(groupProcess, "limits", Info, strings.Join(limits, ", "), "")
}

func (x *examiner) stderr(dir string) {
	const name = "stderr"
	target := readlink(x.path(dir + "/fd/2"))
	switch {
	case target == "":
		x.add(groupProcess, name, Degraded, "closed, or not to be read: what the runtime prints is lost", "leave standard error open")
	case target == "/dev/null":
		x.add(groupProcess, name, Degraded, "/dev/null: what the runtime prints is lost; only a monitor sees it", "send standard error to a log, or run the program under backstop run")
	case strings.HasPrefix(target, "pipe:"):
		x.add(groupProcess, name, OK, "a pipe, which somebody has to read", "")
	case strings.HasPrefix(target, "/dev/pts/") || strings.HasPrefix(target, "/dev/tty"):
		x.add(groupProcess, name, OK, "a terminal", "")
	case strings.HasPrefix(target, "socket:"):
		x.add(groupProcess, name, OK, "a socket, such as that of journald", "")
	default:
		x.add(groupProcess, name, OK, "the file "+target+": on a full disk, tracebacks are cut", "")
	}
}

// supervisor looks for backstop run above the process.
func (x *examiner) supervisor() {
	const name = "supervisor"
	for pid, steps := x.parent(x.pid), 0; pid > 0 && steps < 20; pid, steps = x.parent(pid), steps+1 {
		args := strings.Split(x.read("/proc/"+strconv.Itoa(pid)+"/cmdline"), "\x00")
		if len(args) > 1 && filepath.Base(args[0]) == "backstop" && (args[1] == "run" || args[1] == "demo" || args[1] == "parse") {
			x.found.supervised = true
			x.add(groupProcess, name, OK, fmt.Sprintf("backstop %s, process %d", args[1], pid), "")
			return
		}
	}
	if x.env["BACKSTOP_SUPERVISOR"] != "" {
		x.found.supervised = true
		x.add(groupProcess, name, OK, "process "+x.env["BACKSTOP_SUPERVISOR"]+", by the environment", "")
		return
	}
	x.add(groupProcess, name, Info, "none: os.Exit, kills and package initialisation are seen by nobody, or by a monitor only", "start it as: backstop run -- PROGRAM")
}

// monitor looks for the second process of the SDK.
func (x *examiner) monitor() {
	const name = "monitor"
	children, err := x.children(x.pid)
	for _, pid := range children {
		if x.read("/proc/"+strconv.Itoa(pid)+"/comm") != monitorName {
			continue
		}
		if _, rest, ok := strings.Cut(x.read("/proc/"+strconv.Itoa(pid)+"/stat"), ") "); ok && (rest[0] == 'T' || rest[0] == 't') {
			x.add(groupProcess, name, Degraded, fmt.Sprintf("process %d, stopped", pid), fmt.Sprintf("kill -CONT %d", pid))
			return
		}
		x.found.monitored = true
		x.add(groupProcess, name, OK, fmt.Sprintf("process %d", pid), "")
		return
	}
	switch {
	case err != nil:
		x.add(groupProcess, name, Info, "unknown: "+reason(err), "")
	case x.program.sdk == "":
		x.add(groupProcess, name, Info, "none, since the SDK is not linked", "")
	default:
		x.add(groupProcess, name, Degraded, "none: Start was not called, or could not start it, or it was killed", "look at what backstop.Start returns")
	}
}

func (x *examiner) parent(pid int) int {
	_, rest, _ := strings.Cut(x.read("/proc/"+strconv.Itoa(pid)+"/stat"), ") ")
	f := strings.Fields(rest)
	if len(f) < 2 {
		return 0
	}
	n, err := strconv.Atoi(f[1])
	if err != nil {
		return 0
	}
	return n
}

// children lists the processes whose parent is pid.
func (x *examiner) children(pid int) (list []int, err error) {
	entries, err := os.ReadDir(x.path("/proc"))
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if n, err := strconv.Atoi(e.Name()); err == nil && x.parent(n) == pid {
			list = append(list, n)
		}
	}
	return list, nil
}
