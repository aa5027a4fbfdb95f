package supervise

import (
	"fmt"
	"syscall"
	"time"

	"github.com/backstop-go/backstop/event"
)

// remains are what a dead process can still be asked before somebody waits for
// it. A zero limit is none.
type remains struct {
	cpu        time.Duration // its own, without its children
	soft, hard time.Duration // RLIMIT_CPU
	fileSize   uint64        // RLIMIT_FSIZE, in bytes
}

// reached reports whether a process has used up a limit of processor time, or
// nearly. The kernel compares the limit with what it samples at clock ticks
// (kernel/time/posix-cpu-timers.c, check_process_timers); on a busy machine, what
// it counts exactly is up to a quarter of a second less.
func (r *remains) reached(limit time.Duration) bool {
	return r.cpu+250*time.Millisecond+limit/10 >= limit
}

// killer says who ended a process with a signal, where that is certain, and why
// in a few words. A parent never learns who sent a signal; but it knows what it
// sent itself, and what the kernel counts.
func (l *life) killer(sig syscall.Signal, exit event.Exit, left remains) (by event.Killer, why string) {
	switch {
	case exit.OOM:
		return event.ByOOMKiller, ""
	case sig == 0:
		return "", ""
	case l.killed:
		return event.BySupervisor, l.overdue
	case l.asked[sig]:
		return event.BySupervisor, ""
	case sig == cpuLimitSignal && left.soft > 0 && left.reached(left.soft-time.Second):
		// Each SIGXCPU moves the soft limit on by a second.
		return event.ByLimit, fmt.Sprintf("its processor time was limited to %v (RLIMIT_CPU)", min(left.soft, left.cpu.Round(time.Second)))
	case sig == syscall.SIGKILL && left.hard > 0 && left.reached(left.hard):
		return event.ByLimit, fmt.Sprintf("its processor time was limited to %v (RLIMIT_CPU)", left.hard)
	case sig == fileLimitSignal && left.fileSize > 0:
		return event.ByLimit, fmt.Sprintf("its files were limited to %d bytes (RLIMIT_FSIZE)", left.fileSize)
	}
	return "", ""
}
