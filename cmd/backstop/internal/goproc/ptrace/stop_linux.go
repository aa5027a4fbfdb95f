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
	"sync/atomic"
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
	if err := Prepare(); err != nil {
		return nil, fmt.Errorf("stop process %d: %w", pid, err)
	}
	s := &Stopped{PID: pid, release: make(chan struct{}), done: make(chan error, 1)}
	var tracer atomic.Int64
	stopped := make(chan error, 1)
	go onOwnThread(func() { s.own(ctx, &tracer, stopped) })
	if err := untilStopped(stopped, &tracer); err != nil {
		awaitEnd(int(tracer.Load())) // some threads are let go by that only
		return nil, err
	}
	return s, nil
}

// untilStopped waits until threads are stopped. It wakes the thread that stops them now and
// then, for that may wait for what cannot come before it has handled reports, see
// seizeOne.
func untilStopped(stopped <-chan error, tracer *atomic.Int64) error {
	ticks := time.NewTicker(20 * time.Millisecond)
	defer ticks.Stop()
	for {
		select {
		case err := <-stopped:
			return err
		case <-ticks.C:
			if thread := tracer.Load(); thread != 0 {
				Ring(int(thread))
			}
		}
	}
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

// onOwnThread runs a function on a thread that ends with it. A tracer is a thread, not a
// process (ptrace(2)), so it has its thread for itself, and lets it end: should a thread
// of the process not have been let go, the kernel does that then.
func onOwnThread(f func()) {
	runtime.LockOSThread()
	if unix.Gettid() == os.Getpid() {
		// The first thread of a program never ends (runtime/proc.go, mexit):
		// it stays taken until another goroutine has got another one.
		moved := make(chan struct{})
		go func() { close(moved); onOwnThread(f) }()
		<-moved
		runtime.UnlockOSThread()
		return
	}
	f()
}

// own traces.
func (s *Stopped) own(ctx context.Context, thread *atomic.Int64, stopped chan<- error) {
	thread.Store(int64(unix.Gettid()))
	t := tracer{pid: s.PID, threads: make(map[int]*tracee)}
	err := t.stop(ctx)
	for whole := false; err == nil && !whole; {
		if s.Threads, whole, err = t.registers(ctx); err == nil && !whole {
			err = t.stop(ctx)
		}
	}
	s.start, s.Frozen = t.start, t.frozen
	if err != nil {
		stopped <- errs.And(err, t.detach())
		return
	}
	release := s.release
	stopped <- nil
	<-release
	err = t.detach()
	s.held = time.Since(t.start)
	s.done <- err
}

// A tracer holds the threads that were seized.
type tracer struct {
	pid     int
	threads map[int]*tracee
	start   time.Time // when the first thread was told to stop
	frozen  bool
	denied  int // how often a thread could not be seized that had not ended
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

// maxDenied is how often EPERM is not believed.
const maxDenied = 10

// stop seizes and stops threads until there is no other one. All that are known are
// seized before the first is stopped: seizing goes unnoticed, so a process that
// we have no right to is not touched at all.
func (t *tracer) stop(ctx context.Context) error {
	for range maxRounds {
		fresh, leaderless, err := t.seize(ctx)
		if err != nil {
			return err
		}
		if len(fresh) == 0 {
			all, err := t.complete(leaderless)
			if err != nil || all {
				return err
			}
			rest(time.Millisecond)
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
func (t *tracer) seize(ctx context.Context) (fresh []int, leaderless bool, err error) {
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
		switch err := t.seizeOne(ctx, id); {
		case err == nil:
			t.threads[id] = new(tracee)
			fresh = append(fresh, id)
		case errors.Is(err, unix.ESRCH):
			// It has ended.
		case errors.Is(err, unix.EINTR):
			return nil, false, t.stuck(ctx, id)
		case errors.Is(err, unix.EPERM) && ended(t.pid, id):
			// The same for one that is ending (kernel/ptrace.c, ptrace_attach).
			leaderless = leaderless || id == t.pid
		case errors.Is(err, unix.EPERM) && TracerOf(t.pid, id) == unix.Gettid():
			// It had another number when it became ours, and has executed a program.
			t.threads[id] = new(tracee)
			fresh = append(fresh, id)
		case errors.Is(err, unix.EPERM) && t.denied < maxDenied:
			// The first thread may have ended just now, and another have taken its
			// number to execute a program.
			t.denied++
			rest(time.Millisecond)
		default:
			return nil, false, Refused(t.pid, err)
		}
	}
	return fresh, leaderless, nil
}

// seizeOne seizes a thread. The error is EINTR when the context ends before that can
// be done.
//
// A thread that executes a program holds a lock that PTRACE_SEIZE waits for
// (cred_guard_mutex), and waits for the end of all the others (fs/exec.c, de_thread).
// Of those that are ours it hears when we have taken the report of their end. So seizing
// is interrupted when the bell rings, and the reports are taken.
func (t *tracer) seizeOne(ctx context.Context, id int) error {
	for {
		err := unix.PtraceSeize(id)
		if !errors.Is(err, unix.EINTR) || ctx.Err() != nil {
			return err //nolint:wrapcheck // seize tells it apart
		}
		t.reap()
	}
}

// reap takes the reports of threads that have ended. One that the kernel tells nothing of
// is the first thread: not before the others are gone (kernel/exit.c,
// delay_group_leader).
func (t *tracer) reap() {
	for id := range t.threads {
		what, err := Next(id, true)
		switch {
		case err != nil: // ECHILD; or EINTR, and then there is a next time
			if errors.Is(err, unix.ECHILD) {
				delete(t.threads, id)
			}
		case what.Thread == 0:
			if id == t.pid && StateOf(t.pid, id) == 'Z' {
				delete(t.threads, id)
			}
		case !what.Stopped:
			what.Take()
			delete(t.threads, id)
		}
	}
}

// rest lets the thread sleep: a goroutine that has it locked is switched away from and
// back for one of the scheduler's.
func rest(d time.Duration) {
	step := unix.NsecToTimespec(int64(d))
	unix.Nanosleep(&step, nil) //nolint:errcheck // a shorter pause is as good
}

// wait waits until a thread has stopped. The thread must be asked for by its
// number: waiting for any child would take those of other goroutines. What is said of a
// thread that is about to get a signal is not taken, see [Next].
//
// The bell rings now and then: it may be the thread that waits for others, see seizeOne.
func (t *tracer) wait(ctx context.Context, id int) error {
	for poll := false; ; {
		th := t.threads[id]
		if th == nil { // ended
			return nil
		}
		what, err := Next(id, poll)
		switch {
		case errors.Is(err, unix.EINTR):
			t.reap()
			poll = ctx.Err() != nil // and then it is the last look
		case errors.Is(err, unix.ECHILD): // ended, and reaped with its process
			delete(t.threads, id)
		case err != nil:
			return fmt.Errorf("wait for thread %d of process %d: %w", id, t.pid, err)
		case what.Thread == 0:
			return t.stuck(ctx, id)
		case !what.Stopped:
			what.Take()
			delete(t.threads, id)
		default:
			t.stopped(th, &what)
			return nil
		}
	}
}

// stopped notes that a thread has stopped, and for what.
func (t *tracer) stopped(th *tracee, what *Report) {
	th.stopped = true
	if what.Event == 0 { // about to be delivered
		th.signal = what.Signal
		return
	}
	if what.Signal != unix.SIGTRAP { // PTRACE_EVENT_STOP in a process stopped by that signal
		t.frozen = true
	}
	what.Take()
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

// registers reads the registers of all threads, and reports whether all were there. Those
// that are not were killed while they were stopped, with the whole process or because
// another thread executed a program before it was stopped. They are waited for then: one of
// them may be that other thread by now, which has the number of the first.
func (t *tracer) registers(ctx context.Context) (all []Thread, whole bool, err error) {
	all, whole = make([]Thread, 0, len(t.threads)), true
	for id := range t.threads {
		var r unix.PtraceRegs
		err := unix.PtraceGetRegs(id, &r)
		if errors.Is(err, unix.ESRCH) {
			whole = false
			*t.threads[id] = tracee{}
			_ = unix.PtraceInterrupt(id) // waiting tells
			if err := t.wait(ctx, id); err != nil {
				return nil, false, err
			}
			continue
		}
		if err != nil {
			return nil, false, fmt.Errorf("registers of thread %d of process %d: %w", id, t.pid, err)
		}
		all = append(all, Thread{ID: id, Registers: goproc.Registers{PC: r.Rip, SP: r.Rsp, BP: r.Rbp, Trap: true}, R14: r.R14})
	}
	if !whole && ctx.Err() != nil {
		return nil, false, &Refusal{
			PID: t.pid, Reason: "its threads end while they are stopped: it executes programs, or is being killed",
			Hint: "try again", Err: ctx.Err(),
		}
	}
	if whole && len(all) == 0 {
		return nil, false, gone(t.pid)
	}
	slices.SortFunc(all, func(a, b Thread) int { return a.ID - b.ID })
	return all, whole, nil
}

// detach lets all threads go, each with the signal that it was about to get. A
// thread that never stopped cannot be let go by hand: that happens when the
// thread we are ends.
func (t *tracer) detach() (first error) {
	for id, th := range t.threads {
		if !th.stopped {
			continue
		}
		_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_DETACH, uintptr(id), 0, uintptr(th.signal), 0, 0)
		if errno != 0 && errno != unix.ESRCH && first == nil { // ESRCH: it was killed
			first = fmt.Errorf("let go of thread %d of process %d: %w", id, t.pid, errno)
		}
	}
	t.threads = nil
	return first
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
