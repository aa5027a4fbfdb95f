//go:build amd64

package ptrace

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/internal/errs"
)

// Stop stops all threads of a process and reads their registers. It returns a
// [*Refusal] for a process that cannot or must not be stopped. The process goes
// on when Release is called, when this process ends in any way, and at once when
// Stop returns an error. A cancelled context ends the wait for threads; it does
// not end the stop.
func Stop(ctx context.Context, pid int) (*Stopped, error) {
	if err := Examine(pid); err != nil {
		return nil, err
	}
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, DefaultTimeout)
		defer cancel()
	}
	s := &Stopped{PID: pid, release: make(chan struct{}), done: make(chan error, 1)}
	stopped := make(chan outcome, 1)
	go s.own(ctx, stopped)
	out := <-stopped
	if out.err == nil {
		return s, nil
	}
	if out.pending {
		awaitEnd(out.thread)
	}
	return nil, out.err
}

// An outcome is how stopping went.
type outcome struct {
	err     error
	thread  int  // that traced
	pending bool // some threads are let go by the end of that thread only
}

// awaitEnd waits until a thread of this process has ended, which comes right
// after it said that it would. It leaves /proc after it has let go of those it
// traced (kernel/exit.c, exit_notify before release_task).
func awaitEnd(thread int) {
	path := fmt.Sprintf("/proc/self/task/%d", thread)
	for deadline := time.Now().Add(time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Microsecond) {
		if _, err := os.Stat(path); err != nil {
			return
		}
	}
}

// Release lets the process go on as it was, and returns once all its threads are
// let go. Calling it again does nothing.
func (s *Stopped) Release() error {
	if s.release == nil {
		return nil
	}
	close(s.release)
	s.release = nil
	return <-s.done
}

// Held is how long the process was stopped, from the first thread to the last:
// until now, or until Release. For a process that was frozen already it is how
// long its threads were held.
func (s *Stopped) Held() time.Duration {
	if s.release != nil {
		return time.Since(s.start)
	}
	return s.held
}

// own is the goroutine that traces. A tracer is a thread, not a process
// (ptrace(2)), so it keeps its thread for itself, and lets it end with it: should
// a thread of the process not have been let go, the kernel does that then.
func (s *Stopped) own(ctx context.Context, stopped chan<- outcome) {
	runtime.LockOSThread()
	if unix.Gettid() == os.Getpid() {
		// The first thread of a program never ends (runtime/proc.go, mexit):
		// it stays taken until another goroutine has got another one.
		moved := make(chan struct{})
		go func() { close(moved); s.own(ctx, stopped) }()
		<-moved
		runtime.UnlockOSThread()
		return
	}
	t := tracer{pid: s.PID, threads: make(map[int]*tracee)}
	err := t.stop(ctx)
	if err == nil {
		s.Threads, err = t.registers()
	}
	s.start, s.Frozen = t.start, t.frozen
	if err != nil {
		pending, detachErr := t.detach()
		stopped <- outcome{err: errs.And(err, detachErr), thread: unix.Gettid(), pending: pending}
		return
	}
	release := s.release
	stopped <- outcome{}
	<-release
	_, err = t.detach()
	s.held = time.Since(t.start)
	s.done <- err
}

// A tracer holds the threads that were seized.
type tracer struct {
	pid     int
	threads map[int]*tracee
	start   time.Time // when the first thread was told to stop
	frozen  bool
}

type tracee struct {
	stopped bool
	// signal is what was about to be delivered when the thread stopped; it is
	// handed back when the thread is let go.
	signal unix.Signal
}

// maxRounds bounds how often threads are looked for that appeared meanwhile: only
// those not yet stopped can start more, so each round finds those of one instant.
const maxRounds = 1000

// stop seizes and stops threads until there is no other one. All that are known are
// seized before the first is stopped: seizing goes unnoticed, so a process that
// we have no right to is not touched at all.
func (t *tracer) stop(ctx context.Context) error {
	for range maxRounds {
		fresh, leaderless, err := t.seize()
		if err != nil {
			return err
		}
		if len(fresh) == 0 {
			all, err := t.complete(leaderless)
			if err != nil || all {
				return err
			}
			pause := unix.NsecToTimespec(int64(time.Millisecond)) // see wait
			unix.Nanosleep(&pause, nil)                           //nolint:errcheck // a shorter pause is as good
			continue
		}
		if t.start.IsZero() {
			t.start = time.Now()
		}
		for _, id := range fresh {
			// ESRCH: it has ended, or is stopped already. Waiting tells.
			if err := unix.PtraceInterrupt(id); err != nil && !errors.Is(err, unix.ESRCH) {
				return fmt.Errorf("interrupt thread %d of process %d: %w", id, t.pid, err)
			}
		}
		for _, id := range fresh {
			if err := t.wait(ctx, id); err != nil {
				return err
			}
		}
	}
	return &Refusal{PID: t.pid, Reason: "it starts threads faster than they can be stopped"}
}

// complete reports whether the threads that were stopped are all there are. The list
// of threads does not tell: it is cut short when the thread that it has got to ends
// (fs/proc/base.c, next_tid), and is then without threads that run. The number of
// threads cannot change once all of them are stopped.
func (t *tracer) complete(leaderless bool) (bool, error) {
	status, err := statusOf(strconv.Itoa(t.pid))
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ESRCH) {
		return false, gone(t.pid)
	}
	if err != nil {
		return false, Refused(t.pid, err)
	}
	n, err := strconv.Atoi(status["Threads"])
	if err != nil {
		return false, fmt.Errorf("number of threads of process %d: %w", t.pid, err)
	}
	if leaderless {
		n-- // it ended, and stays until the others have
	}
	if n <= 0 {
		return false, gone(t.pid)
	}
	return n <= len(t.threads), nil
}

// seize makes us the tracer of the threads that are not traced by us yet. The first
// thread of a process may have ended before the others.
func (t *tracer) seize() (fresh []int, leaderless bool, err error) {
	ids, err := Threads(t.pid)
	if errors.Is(err, os.ErrNotExist) {
		return nil, false, gone(t.pid)
	}
	if err != nil {
		return nil, false, err
	}
	for _, id := range ids {
		if t.threads[id] != nil {
			continue
		}
		switch err := unix.PtraceSeize(id); {
		case err == nil:
			t.threads[id] = new(tracee)
			fresh = append(fresh, id)
		case errors.Is(err, unix.ESRCH):
			// It has ended.
		case errors.Is(err, unix.EPERM) && ended(t.pid, id):
			// The same for one that is ending (kernel/ptrace.c, ptrace_attach).
			leaderless = leaderless || id == t.pid
		default:
			return nil, false, Refused(t.pid, err)
		}
	}
	return fresh, leaderless, nil
}

// wait waits until a thread has stopped. The thread must be asked for by its
// number: waiting for any child would take those of other goroutines.
func (t *tracer) wait(ctx context.Context, id int) error {
	th := t.threads[id]
	for pause := 5 * time.Microsecond; ; {
		var status unix.WaitStatus
		got, err := unix.Wait4(id, &status, unix.WALL|unix.WNOHANG, nil)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.ECHILD): // ended, and reaped with its process
			delete(t.threads, id)
			return nil
		case err != nil:
			return fmt.Errorf("wait for thread %d of process %d: %w", id, t.pid, err)
		case got == 0:
			if ctx.Err() != nil {
				return t.stuck(ctx, id)
			}
			// A sleep of the thread, because a goroutine that has it locked
			// is switched away from and back for one of the scheduler's.
			step := unix.NsecToTimespec(int64(pause))
			unix.Nanosleep(&step, nil) //nolint:errcheck // a shorter pause is as good
			pause = min(pause*2, time.Millisecond)
			continue
		case status.Exited() || status.Signaled():
			delete(t.threads, id)
			return nil
		}
		th.stopped = true
		switch sig := status.StopSignal(); {
		case status>>16 == 0: // about to be delivered
			th.signal = sig
		case sig != unix.SIGTRAP: // PTRACE_EVENT_STOP in a process stopped by that signal
			t.frozen = true
		}
		return nil
	}
}

// stuck says which thread does not stop, and why.
func (t *tracer) stuck(ctx context.Context, id int) error {
	r := &Refusal{PID: t.pid, Reason: fmt.Sprintf("thread %d does not stop", id), Err: ctx.Err()}
	if state := StateOf(t.pid, id); state == 'D' {
		r.Reason += ": it waits uninterruptibly in the kernel (state D)"
		r.Hint = "it waits for a disk, a network file system or a child that was just started; try again"
	}
	return r
}

// registers reads the registers of all threads.
func (t *tracer) registers() ([]Thread, error) {
	all := make([]Thread, 0, len(t.threads))
	for id := range t.threads {
		var r unix.PtraceRegs
		if err := unix.PtraceGetRegs(id, &r); err != nil {
			if errors.Is(err, unix.ESRCH) { // killed while it was stopped
				continue
			}
			return nil, fmt.Errorf("registers of thread %d of process %d: %w", id, t.pid, err)
		}
		all = append(all, Thread{ID: id, Registers: goproc.Registers{PC: r.Rip, SP: r.Rsp, BP: r.Rbp, Trap: true}, R14: r.R14})
	}
	if len(all) == 0 {
		return nil, gone(t.pid)
	}
	slices.SortFunc(all, func(a, b Thread) int { return a.ID - b.ID })
	return all, nil
}

// detach lets all threads go, each with the signal that it was about to get. A
// thread that never stopped cannot be let go by hand: that happens when the
// thread we are ends.
func (t *tracer) detach() (pending bool, first error) {
	for id, th := range t.threads {
		if !th.stopped {
			pending = true
			continue
		}
		_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_DETACH, uintptr(id), 0, uintptr(th.signal), 0, 0)
		if errno != 0 && errno != unix.ESRCH && first == nil { // ESRCH: it was killed
			first = fmt.Errorf("let go of thread %d of process %d: %w", id, t.pid, errno)
		}
	}
	t.threads = nil
	return pending, first
}

// Threads lists the threads of a process.
func Threads(pid int) ([]int, error) {
	dir, err := os.Open(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return nil, fmt.Errorf("list threads: %w", err)
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if errors.Is(err, unix.ESRCH) { // it ended under our hands
		err = os.ErrNotExist
	}
	if err != nil {
		return nil, fmt.Errorf("list threads: %w", err)
	}
	ids := make([]int, 0, len(names))
	for _, name := range names {
		if id, err := strconv.Atoi(name); err == nil {
			ids = append(ids, id)
		}
	}
	return ids, nil
}
