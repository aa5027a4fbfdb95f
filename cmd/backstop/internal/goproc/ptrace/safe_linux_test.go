//go:build amd64

package ptrace

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/backstop-go/backstop/internal/crashtest"
)

// anybody may look at this process, where Yama asks, and not only its parents.
func anybody() { _ = unix.Prctl(unix.PR_SET_PTRACER, unix.PR_SET_PTRACER_ANY, 0, 0, 0) }

// urges sends a signal to itself, waits for it and begins anew, for ever. It says how
// often for each line that it is told.
func urges([]string) {
	anybody()
	usr1 := make(chan os.Signal, 1)
	signal.Notify(usr1, syscall.SIGUSR1)
	var n atomic.Int64
	go func() {
		runtime.LockOSThread()
		for ; ; n.Add(1) {
			_ = unix.Tgkill(os.Getpid(), unix.Gettid(), unix.SIGUSR1)
			<-usr1
		}
	}()
	fmt.Println("ready")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		for from := n.Load(); n.Load() < from+3; {
			time.Sleep(time.Millisecond)
		}
		fmt.Println("goes on")
	}
}

// catches stops a process in the way that Stop does, at the moment when it is about to get
// a signal, and keeps it so.
func catches(args []string) {
	runtime.LockOSThread()
	fail := func(err error) {
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
	pid, err := strconv.Atoi(args[0])
	fail(err)
	sig, err := strconv.Atoi(args[1])
	fail(err)
	ctx := context.Background()
	t := tracer{pid: pid, threads: make(map[int]*tracee)}
	fresh, _, err := t.seize(ctx)
	fail(err)
	fail(syscall.Kill(pid, syscall.Signal(sig)))
	for range 20_000 {
		for _, id := range fresh {
			if StateOf(pid, id) != 't' {
				continue
			}
			fail(t.wait(ctx, id))
			if got := t.threads[id].signal; got != syscall.Signal(sig) {
				// The runtime's own, see runtime/signal_unix.go, sigPreempt.
				_, _, _ = unix.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_CONT, uintptr(id), 0, uintptr(got), 0, 0)
				t.threads[id] = new(tracee)
				continue
			}
			fmt.Println("ready")
			time.Sleep(time.Hour)
		}
		rest(time.Millisecond)
	}
	fail(errors.New("no thread is about to get the signal"))
}

// executes has 50 threads and executes itself: at once and for ever; or when it gets a
// signal, to say so and end.
func executes(args []string) {
	anybody()
	env := append(os.Environ(), "PTRACE_TEST_ROUND=2")
	if len(args) > 0 && os.Getenv("PTRACE_TEST_ROUND") == "2" {
		fmt.Println("again")
		return
	}
	usr1 := make(chan os.Signal, 1)
	signal.Notify(usr1, syscall.SIGUSR1)
	var wg sync.WaitGroup
	for range 50 {
		wg.Add(1)
		go func() { runtime.LockOSThread(); wg.Done(); select {} }()
	}
	wg.Wait()
	if len(args) > 0 || os.Getenv("PTRACE_TEST_ROUND") == "" {
		fmt.Println("ready")
	}
	if len(args) > 0 {
		<-usr1
	} else {
		time.Sleep(2 * time.Millisecond)
	}
	fmt.Println(syscall.Exec("/proc/self/exe", os.Args, env)) // returns with an error only
}

// holding starts a program that holds a process, and kills it.
func holding(t *testing.T, program string, args ...string) {
	t.Helper()
	tracer := start(t, program, args...)
	if got := tracer.line(t); got != "ready" {
		t.Fatalf("%s: %s", program, got)
	}
	_ = tracer.Process.Kill() // it sleeps
	_ = tracer.Wait()
}

// Who is killed while a thread is about to get a signal takes it with him, if he is not
// careful.
func TestKilledInSignal(t *testing.T) {
	p := start(t, "answers")
	p.ready(t)
	touch(t, p.pid)
	holding(t, "catches", strconv.Itoa(p.pid), strconv.Itoa(int(syscall.SIGUSR1)))
	if got := p.line(t); got != "got it" {
		t.Errorf("process says %q", got)
	}
	p.alive(t)
	holding(t, "catches", strconv.Itoa(p.pid), strconv.Itoa(int(syscall.SIGTERM)))
	ended := make(chan bool)
	go func() {
		_ = p.Wait() // the status tells
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Fatal("SIGTERM was lost")
	}
	if status := p.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != syscall.SIGTERM {
		t.Errorf("it ended with %#x", status)
	}
}

// The same with Stop itself, of a process that has signals all the time.
func TestKilledAmongSignals(t *testing.T) {
	cmd := crashtest.Command(t, "urges", &crashtest.Options{})
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p := begin(t, cmd)
	p.ready(t)
	touch(t, p.pid)
	for range 10 {
		holding(t, "holds", strconv.Itoa(p.pid))
		if _, err := in.Write([]byte("?\n")); err != nil {
			t.Fatal(err)
		}
		if got := p.line(t); got != "goes on" {
			t.Fatalf("process says %q", got)
		}
	}
}

// A thread that executes a program waits until all others are gone. Half of them are ours
// when it begins, and are so when we have been told; the next one cannot be seized before.
func TestStopWhatExecutes(t *testing.T) {
	p := start(t, "exec", "once")
	p.ready(t)
	touch(t, p.pid)
	var thread atomic.Int64
	half, begun := make(chan error, 1), make(chan error, 1)
	go onOwnThread(func() {
		thread.Store(int64(unix.Gettid()))
		tr := tracer{pid: p.pid, threads: make(map[int]*tracee)}
		half <- tr.seizeHalf()
		if !tr.awaitZombie() {
			begun <- errors.New("no thread of it has ended")
			return
		}
		err := tr.stop(context.Background())
		_ = tr.detach() // or the end of this thread
		begun <- err
	})
	if err := <-half; err != nil {
		t.Fatal(err)
	}
	p.signal(t, syscall.SIGUSR1)
	stopped := make(chan error, 1)
	go func() { stopped <- untilStopped(begun, &thread) }()
	select {
	case err := <-stopped:
		var refusal *Refusal // it may have ended already
		if err != nil && !errors.As(err, &refusal) {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("neither can the process go on nor can we")
	}
	if got := p.line(t); got != "again" {
		t.Errorf("process says %q", got)
	}
}

// seizeHalf seizes the threads that started last.
func (t *tracer) seizeHalf() error {
	ids, err := Threads(t.pid)
	if err != nil {
		return err
	}
	slices.Sort(ids)
	for _, id := range ids[len(ids)/2:] {
		if err := unix.PtraceSeize(id); err != nil {
			return fmt.Errorf("seize thread %d of %v: %w", id, ids, err)
		}
		t.threads[id] = new(tracee)
	}
	return nil
}

// awaitZombie waits until threads of ours have ended.
func (t *tracer) awaitZombie() bool {
	for range 20_000 {
		for id := range t.threads {
			if StateOf(t.pid, id) == 'Z' {
				return true
			}
		}
		rest(time.Millisecond)
	}
	return false
}

// A process that executes itself all the time goes on doing so, and is stopped now and
// then.
func TestStopWhatExecutesAllTheTime(t *testing.T) {
	p := start(t, "exec")
	p.ready(t)
	touch(t, p.pid)
	stops, refused := 0, make(map[string]int)
	var longest time.Duration
	for range 150 {
		began := time.Now()
		s, err := Stop(context.Background(), p.pid)
		longest = max(longest, time.Since(began))
		var refusal *Refusal
		switch {
		case err == nil:
			if got := states(t, p.pid); len(s.Threads) == 0 || got == "" || slices.ContainsFunc([]byte(got), func(b byte) bool { return b != 't' }) {
				t.Errorf("states %q, %d threads", got, len(s.Threads))
			}
			stops++
			release(t, s)
		case errors.As(err, &refusal):
			refused[err.Error()]++
			time.Sleep(time.Millisecond) // its first thread has ended, and another is about to be that
		default:
			t.Fatal(err)
		}
	}
	t.Logf("stopped %d times, refused %v, at most %v", stops, refused, longest)
	crashtest.Eventually(t, "it goes on", func() bool {
		s, err := Stop(context.Background(), p.pid)
		if err == nil {
			release(t, s)
		}
		return err == nil
	})
	if stops == 0 || longest > 4*DefaultTimeout {
		t.Errorf("stopped %d times, refused %v, at most %v", stops, refused, longest)
	}
}
