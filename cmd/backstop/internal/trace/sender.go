package trace

import (
	"fmt"
	"slices"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
)

// signalled notes a signal that a process was sent.
func (p *process) signalled(r *bpf.Record) {
	if p.own(r) {
		// A runtime that crashes sends one to each of its threads (runtime/signal_unix.go,
		// crashing). They must not take the place of those that others have sent.
		p.signals = slices.DeleteFunc(p.signals, func(s *bpf.Record) bool { return p.own(s) && s.Code == r.Code })
	}
	if len(p.signals) == maxSignals {
		p.signals = slices.Delete(p.signals, 0, 1)
	}
	p.signals = append(p.signals, r)
}

// own reports whether a process has sent itself a signal.
func (p *process) own(r *bpf.Record) bool { return r.Peer == p.pid }

// killer is the record of the signal that a process died of at a time. The runtime
// handles signals, and then sends itself the same one to die of it
// (runtime/signal_unix.go, dieFromSignal): who sent the first is asked for.
func (p *process) killer(signal int, at time.Duration) *bpf.Record {
	return p.newest(at, func(r *bpf.Record) bool { return r.Code == int64(signal) })
}

// asked is the record of a signal for which a process may have ended by itself at a
// time. Those that stop a process do not ask for its end.
func (p *process) asked(at time.Duration) *bpf.Record {
	return p.newest(at, func(r *bpf.Record) bool { return r.Code < sigstop || r.Code > sigttou })
}

// newest is the newest of the signals in question until a time, one that somebody
// else has sent if there is any. Nil when there is none.
func (p *process) newest(until time.Duration, in func(*bpf.Record) bool) (found *bpf.Record) {
	for _, r := range slices.Backward(p.signals) {
		switch {
		case !in(r) || r.Time > until || until-r.Time > recent:
		case !p.own(r):
			return r
		case found == nil:
			found = r
		}
	}
	return found
}

// sentBy notes who sent the signal that the runtime of a process dies of. It prints,
// and ends with status 2, or of another signal (GOTRACEBACK=crash).
func (p *process) sentBy(e *Event) {
	e.End.By, e.End.Kernel, e.End.Asked = nil, false, nil
	if r := p.killer(e.deadly, e.boot); r != nil {
		e.End.By, e.End.Kernel = sender(r), byKernel(r)
	}
}

const (
	sigkill = 9
	sigstop = 19 // the first of those that stop: SIGTSTP, SIGTTIN and SIGTTOU follow
	sigttou = 22
)

// byKernel reports whether the kernel sent a signal by itself (SI_KERNEL,
// include/uapi/asm-generic/siginfo.h; faults have codes between), or a timer or a
// file did that the process has set up (SI_TIMER, SI_ASYNCIO, SI_SIGIO): then who
// ran when it did has nothing to do with it.
func byKernel(r *bpf.Record) bool {
	return r.SigCode > 0 || r.SigCode == -2 || r.SigCode == -4 || r.SigCode == -5
}

// sender is who sent a signal; nil for the kernel.
func sender(r *bpf.Record) *Process {
	if r.Peer == 0 || byKernel(r) {
		return nil
	}
	uid := int(r.PeerUID)
	return &Process{PID: r.Peer, Comm: r.PeerComm, UID: &uid}
}

// signalNames are the signals of Linux on amd64 (signal(7)).
var signalNames = [...]string{
	1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE",
	9: "SIGKILL", 10: "SIGUSR1", 11: "SIGSEGV", 12: "SIGUSR2", 13: "SIGPIPE", 14: "SIGALRM", 15: "SIGTERM",
	16: "SIGSTKFLT", 17: "SIGCHLD", 18: "SIGCONT", 19: "SIGSTOP", 20: "SIGTSTP", 21: "SIGTTIN", 22: "SIGTTOU",
	23: "SIGURG", 24: "SIGXCPU", 25: "SIGXFSZ", 26: "SIGVTALRM", 27: "SIGPROF", 28: "SIGWINCH", 29: "SIGIO",
	30: "SIGPWR", 31: "SIGSYS",
}

// SignalName names a signal: "SIGKILL", or "signal 40" where it has no name.
func SignalName(n int) string {
	if n > 0 && n < len(signalNames) {
		return signalNames[n]
	}
	return fmt.Sprintf("signal %d", n)
}
