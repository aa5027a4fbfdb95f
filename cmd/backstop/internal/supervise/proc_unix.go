//go:build unix

package supervise

import (
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Foreground reports whether we are the foreground job of a terminal: its keys
// then send signals to our whole process group, the child included.
func Foreground() bool {
	tty, err := os.Open("/dev/tty")
	if err != nil {
		return false // no terminal controls us: a service, a container, a test
	}
	defer tty.Close()
	group, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// Signals lists what to pass to signal.Notify for Options.Signals. Signals that
// we were started with ignored (nohup, background jobs of a plain sh) stay
// ignored, for the child as well, and so are left out. In a terminal's
// foreground the job control keys reach the child by themselves.
func Signals(sharedGroup bool) []os.Signal {
	all := []os.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2}
	if !sharedGroup {
		all = append(all, syscall.SIGWINCH, syscall.SIGCONT, syscall.SIGTSTP)
	}
	all = append(all, systemSignals()...)
	var wanted []os.Signal
	for _, s := range all {
		if !signal.Ignored(s) {
			wanted = append(wanted, s)
		}
	}
	return wanted
}

// asksToStop reports whether a signal is a request to end.
func asksToStop(s os.Signal) bool {
	return s == syscall.SIGTERM || s == syscall.SIGINT || s == syscall.SIGQUIT || s == syscall.SIGHUP
}

// sentByTerminal reports whether a signal that reached us in the foreground of
// a terminal has reached the child as well. Nothing tells a key from a kill(2)
// of another process; to stop from outside, send TERM. A hangup is the
// terminal's only when the terminal is gone.
func sentByTerminal(s os.Signal) bool {
	if s == syscall.SIGHUP {
		return !Foreground()
	}
	return s == syscall.SIGINT || s == syscall.SIGQUIT
}

func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// forward passes a signal on. A stop of the job stops us as well: we continue
// when the job is continued.
func forward(p *os.Process, s os.Signal) error {
	err := p.Signal(s)
	if s == syscall.SIGTSTP {
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP) // ignored for an init process, which cannot be stopped
	}
	return err
}

func terminate(p *os.Process) error { return p.Signal(syscall.SIGTERM) }

// killAll ends a process and, when it leads a group of its own, what it left
// behind in the group.
func killAll(p *os.Process, group bool) {
	if group {
		_ = syscall.Kill(-p.Pid, syscall.SIGKILL) // not reaped yet, so the number is not taken again
	}
	_ = p.Kill() // fails only when it is gone already
}

// alive reports whether there is such a process. A zombie counts, but not for
// long.
func alive(pid int) bool { return pid > 0 && syscall.Kill(pid, 0) != syscall.ESRCH }

// ending takes a process state apart.
func ending(st *os.ProcessState) (status int, sig syscall.Signal, rss int64, cpu time.Duration) {
	cpu = st.UserTime() + st.SystemTime()
	if ru, ok := st.SysUsage().(*syscall.Rusage); ok {
		rss = int64(ru.Maxrss) * maxRSSUnit //nolint:unconvert // 32 bits on some platforms
	}
	if ws, ok := st.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return -1, ws.Signal(), rss, cpu
	}
	return st.ExitCode(), 0, rss, cpu
}

// signalName is "SIGKILL" for 9; numbers without a name stay numbers.
func signalName(s syscall.Signal) string {
	if name := unix.SignalName(s); name != "" {
		return name
	}
	return "SIG" + strings.ReplaceAll(s.String(), "signal ", "")
}
