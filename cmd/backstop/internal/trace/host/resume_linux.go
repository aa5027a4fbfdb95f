package host

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/rights"
)

// Stopped is the map of those that wait for Continue, for a [Guardian]; nil
// without CatchFirst.
func (w *Watcher) Stopped() *bpf.Stopped {
	if w.host == nil || !w.options.CatchFirst {
		return nil
	}
	return w.host.Stopped()
}

// Continue lets a target go on that was stopped when it started.
func (w *Watcher) Continue(t *Target) error {
	if w.host == nil {
		return nil
	}
	return Resume(w.host.Stopped(), t.PID)
}

// late is how long a process may take from being noted to being stopped. The
// signal is not always sent by the program that notes it: in a tracepoint, an
// interrupt that follows does (bpf_send_signal_common in kernel/trace/bpf_trace.c,
// since Linux 6.14), and it is acted upon when the process returns to itself.
const late = 2 * time.Second

// Resume lets a process go on that a program in the kernel has stopped and noted in
// s. It waits until it has really stopped, for a SIGCONT that comes before the
// SIGSTOP would be lost. Only then the note is taken away: should we die in
// between, the guardian does it again.
func Resume(s *bpf.Stopped, pid int) error {
	const look = 200 * time.Microsecond
	for end := time.Now().Add(late); time.Now().Before(end); time.Sleep(look) {
		stat, err := proc("/proc").stat(pid)
		if err != nil || stat.state == 'T' || stat.state == 'Z' {
			break // stopped, or ended
		}
	}
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil && !errors.Is(err, syscall.ESRCH) {
		return rights.Explain(fmt.Errorf("let process %d go on: %w", pid, err), rights.Kill)
	}
	return s.Forget(uint32(pid))
}
