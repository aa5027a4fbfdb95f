//go:build amd64

package coretest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/backstop-go/backstop/internal/crashtest"
)

const (
	envTracer = "BACKSTOP_CORETEST"
	// EnvOwn makes the tracer write cores where the kernel would, too.
	EnvOwn = "BACKSTOP_OWN_CORES"
	// limit of cores that the kernel writes, in blocks of 512 bytes: 1 GiB, holes not
	// counted.
	limit = "2097152"
	// hangs is after how long a program is killed that does not end.
	hangs = 2 * time.Minute
)

// Main runs the tracer, if this process was started as one, and exits.
func Main() {
	if os.Getenv(envTracer) == "" {
		return
	}
	os.Unsetenv(envTracer) //nolint:errcheck // its name is well-formed
	leave(os.Args[1:])
}

// leave runs the tracer, and ends as the program does.
func leave(args []string) {
	status, err := trace(args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "coretest: %v; %s\n", err, advice)
		status = 97
	}
	os.Exit(status)
}

// Command returns a command that runs a program, which leaves its core in the working
// directory as core, or core.PID. Signals that the command is sent reach the program.
func Command(tb testing.TB, exe string, args ...string) *exec.Cmd {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), hangs)
	tb.Cleanup(cancel)
	if os.Getenv(EnvOwn) == "" && KernelWrites() {
		return exec.CommandContext(ctx, "/bin/sh", append([]string{"-c", "ulimit -c " + limit + `; exec "$0" "$@"`, exe}, args...)...)
	}
	tracing(tb)
	self, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, self, append([]string{exe}, args...)...)
	cmd.Env = append(os.Environ(), envTracer+"=1")
	return cmd
}

// tracing skips the test where a tracer is forbidden.
func tracing(tb testing.TB) {
	tb.Helper()
	scope, _ := os.ReadFile("/proc/sys/kernel/yama/ptrace_scope") // kernels without have none
	if s := strings.TrimSpace(string(scope)); s == "3" || s == "2" && os.Geteuid() != 0 {
		crashtest.Skip(tb, "no cores here: kernel.yama.ptrace_scope is %s; %s", s, advice)
	}
}

// advice is what to set where a tracer cannot write cores.
const advice = "sysctl kernel.core_pattern=core and ulimit -c unlimited let the kernel write them"

// Leave runs a program in place of this one, as [Command] does.
func Leave(args []string) {
	if os.Getenv(EnvOwn) != "" || !KernelWrites() {
		leave(args)
	}
	const size = 1 << 30
	err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{Cur: size, Max: size})
	if err == nil {
		err = unix.Exec(args[0], args, os.Environ())
	}
	fmt.Fprintln(os.Stderr, "coretest:", err)
	os.Exit(97)
}

// KernelWrites says whether the kernel writes cores of programs into their working
// directory.
func KernelWrites() bool {
	pattern, err := os.ReadFile("/proc/sys/kernel/core_pattern")
	if err != nil || !strings.HasPrefix(string(pattern), "core") || strings.Contains(string(pattern), "/") {
		return false
	}
	return exec.Command("/bin/sh", "-c", "ulimit -c "+limit).Run() == nil
}

// trace runs a program until it ends, and returns a status as shells have it. If a
// signal ends it that leaves a core, that is written to the file core.
func trace(args []string) (int, error) {
	runtime.LockOSThread() // the tracer of a program is a thread
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true, Pdeathsig: syscall.SIGKILL}
	// 1 byte: no core of the kernel's, not to a pipe either (fs/coredump.c).
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{Cur: 1, Max: 1}); err != nil {
		return 0, fmt.Errorf("forbid the kernel's core: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("start %s: %w", args[0], err)
	}
	t := &tracer{pid: cmd.Process.Pid}
	forward := make(chan os.Signal, 16)
	signal.Notify(forward, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGINT, syscall.SIGUSR1, syscall.SIGUSR2)
	go func() {
		for s := range forward {
			_ = syscall.Kill(t.pid, s.(syscall.Signal)) // it may be gone
		}
	}()
	return t.run()
}

// A tracer follows all threads of a program.
type tracer struct {
	pid     int
	dumped  bool
	started bool
}

func (t *tracer) run() (int, error) {
	for {
		var status unix.WaitStatus
		tid, err := unix.Wait4(-1, &status, unix.WALL, nil)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return 0, fmt.Errorf("wait: %w", err)
		case status.Exited() || status.Signaled():
			if tid != t.pid {
				continue
			}
			if status.Signaled() {
				return 128 + int(status.Signal()), nil
			}
			return status.ExitStatus(), nil
		case !status.Stopped():
			continue
		}
		pass, err := t.stopped(tid, status)
		if err != nil {
			return 0, err
		}
		if err := unix.PtraceCont(tid, pass); err != nil && !errors.Is(err, unix.ESRCH) {
			return 0, fmt.Errorf("let thread %d go on: %w", tid, err)
		}
	}
}

// stopped looks at a thread that has stopped, and returns the signal that it gets.
func (t *tracer) stopped(tid int, status unix.WaitStatus) (pass int, err error) {
	s := status.StopSignal()
	switch {
	case !t.started: // by execve
		t.started = true
		if err := unix.PtraceSetOptions(tid, unix.PTRACE_O_TRACECLONE|unix.PTRACE_O_EXITKILL); err != nil {
			return 0, fmt.Errorf("trace: %w", err)
		}
		return 0, nil
	case s == unix.SIGTRAP && status.TrapCause() > 0, s == unix.SIGSTOP: // a new thread
		return 0, nil
	case !t.dumped && t.ends(s):
		t.dumped = true
		return int(s), t.dump(tid)
	}
	return int(s), nil
}

// ends says whether a signal leaves a core: by itself, and because nobody handles it.
func (t *tracer) ends(s unix.Signal) bool {
	switch s {
	case unix.SIGQUIT, unix.SIGILL, unix.SIGTRAP, unix.SIGABRT, unix.SIGBUS, unix.SIGFPE, unix.SIGSEGV, unix.SIGXCPU, unix.SIGXFSZ, unix.SIGSYS:
	default:
		return false
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", t.pid))
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(status)) {
		key, value, _ := strings.Cut(line, ":")
		if key != "SigCgt" && key != "SigIgn" {
			continue
		}
		mask, err := strconv.ParseUint(strings.TrimSpace(value), 16, 64)
		if err != nil || mask>>(s-1)&1 == 1 {
			return false
		}
	}
	return true
}

// dump writes the core while all threads stand. That which dies comes first.
func (t *tracer) dump(dying int) error {
	tids := []int{dying}
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", t.pid))
	if err != nil {
		return fmt.Errorf("list threads: %w", err)
	}
	for _, task := range tasks {
		tid, err := strconv.Atoi(task.Name())
		if err != nil || tid == dying {
			continue
		}
		if stand(t.pid, tid) {
			tids = append(tids, tid)
		}
	}
	w, err := newWriter(t.pid)
	if err != nil {
		return err
	}
	for _, tid := range tids {
		var regs unix.PtraceRegs
		if err := unix.PtraceGetRegs(tid, &regs); err != nil {
			return fmt.Errorf("read registers of thread %d: %w", tid, err)
		}
		w.thread(tid, &regs)
		if tid != dying {
			continue
		}
		info, err := signalInfo(tid)
		if err != nil {
			return err
		}
		w.signal(info)
	}
	return w.write("core")
}

// stand stops a thread. It may have stopped by itself, or end meanwhile.
func stand(pid, tid int) bool {
	if err := unix.Tgkill(pid, tid, unix.SIGSTOP); err != nil {
		return false
	}
	for {
		var status unix.WaitStatus
		_, err := unix.Wait4(tid, &status, unix.WALL, nil)
		if !errors.Is(err, unix.EINTR) {
			return err == nil && status.Stopped()
		}
	}
}

// A Thread of a process that another tracer has stopped.
type Thread struct {
	TID        int
	PC, SP, BP uint64
}

// Living writes a core of a process that goes on, as debuggers do: no signal has ended
// it, and of the registers those are there that tell where a thread is.
func Living(tb testing.TB, path string, pid int, threads []Thread) {
	tb.Helper()
	w, err := newWriter(pid)
	if err != nil {
		tb.Fatal(err)
	}
	for _, t := range threads {
		w.thread(t.TID, &unix.PtraceRegs{Rip: t.PC, Rsp: t.SP, Rbp: t.BP})
	}
	if err := w.write(path); err != nil {
		tb.Fatal(err)
	}
}
