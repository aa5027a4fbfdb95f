//go:build amd64

package attend

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc/ptrace"
)

// Attended is a process that is attended. Its threads are tracees of one thread of
// ours, which does nothing else: a tracer is a thread (ptrace(2)).
type Attended struct {
	Threads int // that it had at first

	pid     int
	options Options
	tracer  atomic.Int64 // our thread; 0 before there is one
	leaving atomic.Bool
	ended   chan struct{}

	threads map[int]*thread
	seizing bool
	denied  int // how often a thread could not be seized that had not ended
	death   departure
	looked  time.Time     // when decide last looked at threads that do not leave
	look    time.Duration // for how long it does not look again
}

// A thread is one of the process.
type thread struct {
	leaving *Thread // waits on its way out; nil before
}

// Attend begins to attend a process. The error is a [*ptrace.Refusal] for one that
// may not be, and then nothing of it is attended. Leave it after use.
func Attend(pid int, o Options) (*Attended, error) {
	if err := ptrace.Examine(pid); err != nil {
		return nil, err //nolint:wrapcheck // it says which process, and why
	}
	if ptrace.ParentOf(pid) == os.Getpid() {
		// Whoever waits for its end would be told of its stops, too (kernel/exit.c,
		// wait_task_stopped).
		return nil, &ptrace.Refusal{PID: pid, Reason: "it is a child of this process"}
	}
	if err := ptrace.Prepare(); err != nil {
		return nil, err
	}
	a := &Attended{pid: pid, options: o, ended: make(chan struct{}), threads: make(map[int]*thread)}
	begun := make(chan error, 1)
	go onOwnThread(func() { a.own(begun) }) //backstop:ignore goroutine-unguarded a fault of ours shall end the tracer: the kernel lets the process go on
	if err := a.await(begun); err != nil {
		<-a.ended
		return nil, err
	}
	return a, nil
}

// await waits until all threads are seized. It wakes our thread now and then, for
// that may wait for what cannot come before it has handled reports, see seizeListed.
func (a *Attended) await(begun <-chan error) error {
	ticks := time.NewTicker(20 * time.Millisecond)
	defer ticks.Stop()
	for {
		select {
		case err := <-begun:
			return err
		case <-ticks.C:
			if tracer := a.tracer.Load(); tracer != 0 {
				ptrace.Ring(int(tracer))
			}
		}
	}
}

// onOwnThread runs a function on a thread that ends with it.
func onOwnThread(f func()) {
	runtime.LockOSThread()
	if !suitable() {
		// The thread stays taken until another goroutine has got another one.
		moved := make(chan struct{})
		go func() { close(moved); onOwnThread(f) }() //backstop:ignore goroutine-unguarded as in Attend
		<-moved
		runtime.UnlockOSThread()
		return
	}
	f()
}

// own attends the process, and lets go of it with the end of its thread.
func (a *Attended) own(begun chan<- error) {
	a.tracer.Store(int64(unix.Gettid()))
	a.seizing = true
	err := a.seize()
	a.seizing = false
	a.Threads = len(a.threads)
	begun <- err
	if err == nil {
		a.attend()
	}
	if a.options.OnEnd != nil && err == nil {
		a.options.OnEnd()
	}
	close(a.ended)
}

// suitable reports whether this thread can be a tracer. The first thread of a program
// never ends (runtime/proc.go, mexit), and gets the children of threads that do
// (kernel/exit.c, find_alive_thread). One that has started a program would wait for
// the end of that as well, and take it away from who started it.
func suitable() bool {
	if unix.Gettid() == os.Getpid() {
		return false
	}
	const look = unix.WEXITED | unix.WSTOPPED | unix.WNOHANG | unix.WNOWAIT | unix.WALL | unix.WNOTHREAD
	return errors.Is(unix.Waitid(unix.P_ALL, 0, nil, look, nil), unix.ECHILD)
}

// maxRounds bounds how often threads are looked for that started meanwhile. Those
// that a seized one starts come by themselves.
const maxRounds = 1000

// maxDenied is how often EPERM is not believed.
const maxDenied = 10

// options of PTRACE_SEIZE. Children are not followed, for PTRACE_O_TRACEFORK and
// PTRACE_O_TRACEVFORK are not among them.
const seizeOptions = unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_TRACEEXEC | unix.PTRACE_O_TRACEEXIT

// seize makes us the tracer of all threads. The list of threads is cut short when the
// one that it has got to ends (fs/proc/base.c, next_tid): it is believed when it has
// brought nothing new twice, and as many threads as there are.
func (a *Attended) seize() error {
	complete := 0
	for range maxRounds {
		fresh, err := a.seizeListed()
		if err != nil {
			return err
		}
		if len(a.threads) == 0 {
			// The first thread may have ended, and another be about to take its number.
			if err := ptrace.Examine(a.pid); err != nil && ptrace.Count(a.pid) < 2 {
				return err //nolint:wrapcheck // it says which process, and why
			}
			pause(time.Millisecond)
		}
		if complete++; fresh || len(a.threads) == 0 || ptrace.Count(a.pid) > len(a.threads) {
			complete = 0
		}
		if complete == 2 {
			return nil
		}
	}
	return &ptrace.Refusal{PID: a.pid, Reason: "it starts threads, or executes programs, faster than it can be attended"}
}

// seizeListed makes us the tracer of the threads that are listed. It reports whether
// there were new ones, or may be.
//
// A thread that executes a program holds a lock that PTRACE_SEIZE waits for
// (cred_guard_mutex), and waits for the end of all the others (fs/exec.c, de_thread).
// Those that are ours already wait for us on their way out. So seizing is given up
// when the bell rings, and they are let go.
func (a *Attended) seizeListed() (fresh bool, err error) {
	ids, err := ptrace.Threads(a.pid)
	if errors.Is(err, os.ErrNotExist) {
		return false, ptrace.Examine(a.pid) //nolint:wrapcheck // as below
	}
	if err != nil {
		return false, ptrace.Refused(a.pid, err) //nolint:wrapcheck // it says which process, and why
	}
	for _, id := range ids {
		if a.threads[id] != nil {
			continue
		}
		_, _, errno := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_SEIZE, uintptr(id), 0, seizeOptions, 0, 0)
		switch {
		case errno == unix.EINTR:
			a.meanwhile()
			return true, nil
		case errno == 0:
			a.threads[id], fresh = new(thread), true
		case errno == unix.EPERM && a.ours(id): // as a child of one that is ours
			a.threads[id] = new(thread)
		case errno == unix.ESRCH, errno == unix.EPERM && !a.has(id): // it has ended
		case errno == unix.EPERM && a.denied < maxDenied:
			// The first thread may have ended just now, and another have taken its number
			// to execute a program.
			a.denied++
			pause(time.Millisecond)
			return true, nil
		default:
			return false, ptrace.Refused(a.pid, errno) //nolint:wrapcheck // as above
		}
	}
	return fresh, nil
}

// maxMeanwhile bounds how many reports are handled before seizing goes on: one
// thread may get signals all the time.
const maxMeanwhile = 10_000

// meanwhile handles what is reported of threads that are ours already.
func (a *Attended) meanwhile() {
	for range maxMeanwhile {
		what, err := ptrace.Next(0, true)
		if err == nil && what.Thread != 0 {
			a.handle(what)
		} else if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

// request asks for something that concerns a thread that is ours. It does not wait.
func request(what int, id int, data uintptr) unix.Errno {
	_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, uintptr(what), uintptr(id), 0, data, 0, 0)
	return errno
}

// ours reports whether a thread is traced by this thread.
func (a *Attended) ours(id int) bool {
	return ptrace.TracerOf(a.pid, id) == int(a.tracer.Load())
}

// has reports whether a thread is one of the process, and has not ended.
func (a *Attended) has(id int) bool {
	state := ptrace.StateOf(a.pid, id)
	return state != 0 && state != 'Z' && state != 'X'
}

// attend waits for what happens until nothing is left, or Leave is called.
func (a *Attended) attend() {
	for !a.leaving.Load() {
		what, err := ptrace.Next(0, a.death.undecided())
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil: // ECHILD: nothing is left
			return
		case what.Thread == 0:
			a.decide()
			pause(time.Millisecond)
		default:
			a.handle(what)
		}
	}
}

// pause lets the thread sleep: a goroutine that has it locked is switched away from
// and back for one of the scheduler's.
func pause(d time.Duration) {
	step := unix.NsecToTimespec(int64(d))
	unix.Nanosleep(&step, nil) //nolint:errcheck // a shorter pause is as good
}

// handle does what a report of the kernel asks for.
func (a *Attended) handle(what ptrace.Report) {
	id := what.Thread
	if a.threads[id] == nil && what.Stopped {
		if !a.has(id) { // a process of its own that was made as if it were a thread
			what.Take()
			request(unix.PTRACE_DETACH, id, 0)
			return
		}
		a.threads[id] = new(thread)
	}
	if what.Stopped && what.Event == 0 {
		if !a.seizing { // nobody listens yet
			a.signal(id, what.Signal)
		}
		request(unix.PTRACE_CONT, id, uintptr(what.Signal))
		return // the report is not taken: see there
	}
	what.Take()
	switch {
	case !what.Stopped:
		if t := a.threads[id]; t != nil && t.leaving != nil {
			a.death.waits-- // killed while it waited
		}
		delete(a.threads, id)
		a.decide()
		if id == a.pid && !a.death.over && !a.seizing { // all others are gone, and none has waited
			a.death.status = uint(what.Status)
			a.dies(true)
		}
	case what.Event == unix.PTRACE_EVENT_STOP && stops(what.Signal):
		// The process was stopped, and stays so until SIGCONT.
		request(unix.PTRACE_LISTEN, id, 0)
	case what.Event == unix.PTRACE_EVENT_EXIT:
		a.exits(id)
	case what.Event == unix.PTRACE_EVENT_EXEC:
		// The others are gone, and this one has the number of the process now.
		a.threads = map[int]*thread{id: new(thread)}
		a.death = departure{}
		request(unix.PTRACE_CONT, id, 0)
	default:
		request(unix.PTRACE_CONT, id, 0)
	}
}

func stops(signal unix.Signal) bool {
	switch signal {
	case unix.SIGSTOP, unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU:
		return true
	}
	return false
}

// Leave lets go of the process, and returns when that is done. Calling it again does
// nothing. It must not be called by a function of [Options].
func (a *Attended) Leave() {
	a.leaving.Store(true)
	for {
		select {
		case <-a.ended:
			awaitEnd(int(a.tracer.Load()))
			return
		case <-time.After(time.Millisecond):
			ptrace.Ring(int(a.tracer.Load())) // it may just be about to wait: once is not enough
		}
	}
}

// awaitEnd waits until a thread of this process has ended, which comes right after
// it said that it would. It leaves /proc after it has let go of those it traced
// (kernel/exit.c, exit_notify before release_task).
func awaitEnd(thread int) {
	path := "/proc/self/task/" + strconv.Itoa(thread)
	for deadline := time.Now().Add(time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Microsecond) {
		if _, err := os.Stat(path); err != nil {
			return
		}
	}
}

// registersOf reads the registers of a thread that waits.
func registersOf(id int) (t Thread, err error) {
	var r unix.PtraceRegs
	if err := unix.PtraceGetRegs(id, &r); err != nil {
		return t, fmt.Errorf("registers of thread %d: %w", id, err)
	}
	return Thread{ID: id, Call: int64(r.Orig_rax), Registers: Registers{
		R15: r.R15, R14: r.R14, R13: r.R13, R12: r.R12, RBP: r.Rbp, RBX: r.Rbx, R11: r.R11, R10: r.R10, R9: r.R9, R8: r.R8,
		RAX: r.Rax, RCX: r.Rcx, RDX: r.Rdx, RSI: r.Rsi, RDI: r.Rdi, RIP: r.Rip, CS: r.Cs, Flags: r.Eflags, RSP: r.Rsp,
	}}, nil
}
