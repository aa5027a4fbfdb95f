package doctor

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"time"
)

// envProbe tells a process that it is a child of an examination, and which.
const envProbe = "BACKSTOP_DOCTOR_PROBE"

// probeExit is a status that nothing else ends with.
const probeExit = 7

// probeTime bounds each child.
const probeTime = 10 * time.Second

// Probe is to be called before anything else by the program that calls Examine:
// in a child of an examination it does that child's work and ends the process.
func Probe() {
	switch os.Getenv(envProbe) {
	case "exit":
		os.Exit(probeExit)
	case "crash":
		if err := debug.SetCrashOutput(os.NewFile(3, "crash"), debug.CrashOptions{}); err != nil {
			os.Exit(1)
		}
		panic("probe of backstop doctor")
	case "wait":
		fmt.Print("w")
		_, _ = io.Copy(io.Discard, os.Stdin) // its end is all that counts
		os.Exit(0)
	}
}

// child prepares this executable, started again as the monitor is.
func child(ctx context.Context, what string) *exec.Cmd {
	exe := "/proc/self/exe"
	if _, err := os.Stat(exe); err != nil {
		if exe, err = os.Executable(); err != nil {
			exe = os.Args[0]
		}
	}
	cmd := exec.CommandContext(ctx, exe)
	cmd.Args = []string{os.Args[0], "doctor"}
	cmd.Env = append(os.Environ(), envProbe+"="+what, "GOTRACEBACK=all")
	cmd.WaitDelay = time.Second
	return cmd
}

// reexec starts this executable again and has it end with a status of its own.
func (x *examiner) reexec(ctx context.Context) {
	const name = "second process"
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	cmd := child(ctx, "exit")
	if err := cmd.Start(); err != nil {
		x.add(groupHost, name, Missing, "this executable cannot be started a second time: "+reason(err),
			"the monitor is the program itself, started again: allow clone and execve in the seccomp profile, mount its file system without noexec, leave room for processes")
		return
	}
	ask := exitAsker(cmd.Process.Pid)
	cmd.Wait() //nolint:errcheck // the status counts
	if code := cmd.ProcessState.ExitCode(); code != probeExit {
		x.add(groupHost, name, Missing, fmt.Sprintf("this executable, started again, ended with %v", cmd.ProcessState), "see what runs before main, and what the kernel log says")
		return
	}
	x.found.reexec = true
	x.add(groupHost, name, OK, "the same executable, started again, runs", "")
	x.exitStatus(ask)
}

// exitStatus asks the kernel how a process ended that was waited for already.
func (x *examiner) exitStatus(ask func() (status int, err error)) {
	const name = "exit status"
	status, err := ask()
	switch {
	case err == nil && status == probeExit:
		x.found.exitStatus = true
		x.add(groupHost, name, OK, "the kernel tells that of any process (pidfd)", "")
	case err == nil:
		x.add(groupHost, name, Degraded, fmt.Sprintf("the kernel says %d of a process that ended with %d", status, probeExit), "run the program under backstop run, its parent")
	default:
		x.add(groupHost, name, Degraded, "not of a process that was reaped: "+reason(err), "Linux 6.15 has PIDFD_INFO_EXIT; or run the program under backstop run, its parent")
	}
}

// crashOutput has a child die of a panic, and reads what the runtime writes for
// a monitor.
func (x *examiner) crashOutput(ctx context.Context) {
	const name = "crash output"
	if !x.found.reexec {
		return // said already
	}
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	r, w, err := os.Pipe()
	if err != nil {
		x.add(groupHost, name, Missing, "no pipe: "+reason(err), "raise the limit of open files")
		return
	}
	defer r.Close()
	cmd := child(ctx, "crash")
	cmd.ExtraFiles = []*os.File{w}
	err = cmd.Start()
	_ = w.Close()
	if err != nil {
		x.add(groupHost, name, Missing, reason(err), "")
		return
	}
	text, _ := io.ReadAll(io.LimitReader(r, 1<<20)) // what came is what counts
	cmd.Wait()                                      //nolint:errcheck // it died, as it should
	if !bytes.HasPrefix(text, []byte("panic: probe of backstop doctor")) || !bytes.Contains(text, []byte(".Probe(")) {
		x.add(groupHost, name, Missing, fmt.Sprintf("a child that panicked left %d bytes in the pipe of its monitor", len(text)), "run the program under backstop run")
		return
	}
	x.found.crashOutput = true
	x.add(groupHost, name, OK, "the traceback of a child came through a pipe", "")
}

// reason is an error without the path of this executable in it.
func reason(err error) string {
	text := err.Error()
	if i := strings.LastIndex(text, ": "); i >= 0 {
		text = text[i+2:]
	}
	return text
}
