//go:build linux

// Program launch runs one program of the lab, bounded in every way, and tells how
// it ended, as one line of JSON on standard output. It is a process of its own,
// and a small one, because the kernel counts the memory of whoever starts a
// process as that process's first peak (ru_maxrss), and because os/exec does not
// tell of a stop.
//
// The one argument is a bounded.Spec in JSON.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/backstop-go/backstop/lab/bounded"
)

func main() {
	var spec bounded.Spec
	var result bounded.Result
	if len(os.Args) != 2 {
		result.Error = "usage: launch SPEC"
	} else if err := json.Unmarshal([]byte(os.Args[1]), &spec); err != nil {
		result.Error = "spec: " + err.Error()
	} else if err := run(&spec, &result); err != nil {
		result.Error = err.Error()
	}
	_ = json.NewEncoder(os.Stdout).Encode(result)
}

func run(spec *bounded.Spec, result *bounded.Result) error {
	// The kernel ties the signal of a parent's death to the thread that forked.
	runtime.LockOSThread()
	files, err := open(spec)
	if err != nil {
		return err
	}
	// A signal that whoever started us ignores (nohup, a job in the background of a
	// script) would be ignored by the program, too. What is caught is not: the kernel
	// sets it back when a program is started.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP, syscall.SIGINT)
	argv := shell(spec)
	attr := &syscall.ProcAttr{Dir: spec.Dir, Env: spec.Env, Files: files, Sys: &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}}
	if spec.UID != 0 {
		attr.Sys.Credential = &syscall.Credential{Uid: spec.UID, Gid: spec.UID}
	}
	start := time.Now()
	pid, err := syscall.ForkExec(argv[0], argv, attr)
	if err != nil {
		return fmt.Errorf("start %s: %w", argv[0], err)
	}
	for _, fd := range files[1:] {
		_ = syscall.Close(int(fd))
	}
	await(pid, time.Duration(spec.Wait)*time.Millisecond, result)
	result.Began, result.Wall = start.UnixMicro(), time.Since(start).Microseconds()
	if result.Exit != nil && (*result.Exit == noCage || *result.Exit == 126 || *result.Exit == 127) {
		result.NotStarted = true
	}
	return nil
}

// noCage is the status of the shell when it cannot set a limit or enter a cgroup;
// 126 and 127 are those of a program that it cannot start. No scenario has them.
const noCage = 96

// await waits for the end of a process, or puts one to a process that is stopped
// or takes too long. Its whole group goes with it.
func await(pid int, patience time.Duration, result *bounded.Result) {
	timer := time.AfterFunc(patience, func() { _ = syscall.Kill(-pid, syscall.SIGKILL) })
	started := time.Now()
	var status syscall.WaitStatus
	var usage syscall.Rusage
	for {
		_, err := syscall.Wait4(pid, &status, syscall.WUNTRACED, &usage)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			result.Error = "wait: " + err.Error()
			return
		}
		if !status.Stopped() {
			break
		}
		result.Stopped = true
		_ = syscall.Kill(-pid, syscall.SIGKILL)
	}
	timedOut := !timer.Stop() || time.Since(started) >= patience
	_ = syscall.Kill(-pid, syscall.SIGKILL) // whoever it left behind
	result.Memory = usage.Maxrss << 10
	result.User = usage.Utime.Nano() / 1000
	result.System = usage.Stime.Nano() / 1000
	switch {
	case result.Stopped:
	case status.Signaled() && status.Signal() == syscall.SIGKILL && timedOut:
		result.Hung = true
	case status.Signaled():
		result.Signal = int(status.Signal())
	default:
		code := status.ExitStatus()
		result.Exit = &code
	}
}

// shell wraps the command so that limits hold from its first instruction.
func shell(s *bounded.Spec) []string {
	script := "ulimit -c 0\n"
	if s.AddressSpace > 0 {
		script += fmt.Sprintf("ulimit -v %d || exit %d\n", s.AddressSpace>>10, noCage)
	}
	if s.CPU > 0 {
		script += fmt.Sprintf("ulimit -t %d || exit %d\n", s.CPU, noCage)
	}
	if s.FileSize > 0 {
		script += fmt.Sprintf("ulimit -f %d || exit %d\n", (s.FileSize+511)/512, noCage)
	}
	for i := range s.Cgroups {
		script += fmt.Sprintf("echo $$ >\"$%d\" || exit %d\n", i+1, noCage)
	}
	if len(s.Cgroups) > 0 {
		script += fmt.Sprintf("shift %d\n", len(s.Cgroups))
	}
	if s.Stderr == "closed" {
		script += "exec 2>&-\n"
	}
	if s.Stdout == "closed" {
		script += "exec 1>&-\n"
	}
	script += `exec "$@"`
	argv := append([]string{"/bin/sh", "-c", script, "sh"}, s.Cgroups...)
	return append(argv, s.Argv...)
}

// open makes the descriptors of the program: the null device, standard output,
// standard error, marks and crash output.
func open(s *bounded.Spec) ([]uintptr, error) {
	var files []uintptr
	null, err := syscall.Open("/dev/null", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open the null device: %w", err)
	}
	files = append(files, uintptr(null))
	for _, name := range []string{s.Stdout, s.Stderr, s.Marks, s.CrashOutput} {
		fd, err := stream(name)
		if err != nil {
			return nil, err
		}
		files = append(files, uintptr(fd))
	}
	return files, nil
}

func stream(name string) (fd int, err error) {
	switch name {
	case "broken pipe", "unread pipe":
		var p [2]int
		if err := syscall.Pipe2(p[:], syscall.O_CLOEXEC); err != nil {
			return 0, fmt.Errorf("make a pipe: %w", err)
		}
		if name == "broken pipe" {
			_ = syscall.Close(p[0])
		}
		return p[1], nil
	case "closed", "":
		name = "/dev/null"
	}
	fd, err = syscall.Open(name, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_APPEND|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return 0, fmt.Errorf("open %s: %w", name, err)
	}
	return fd, nil
}
