//go:build amd64

package ptrace

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/backstop-go/backstop/internal/crashtest"
)

func TestMain(m *testing.M) {
	crashtest.Main(m, map[string]crashtest.Program{
		"answers": answers,
		"breeds":  breeds,
		"catches": catches,
		"exec":    executes,
		"holds":   holds,
		"urges":   urges,
	})
}

// answers writes a line for each SIGUSR1, while other threads run, sleep and wait.
func answers([]string) {
	anybody()
	usr1 := make(chan os.Signal, 1)
	signal.Notify(usr1, syscall.SIGUSR1)
	go func() {
		for n := 0; ; n++ { // never yields
			if n < 0 {
				return
			}
		}
	}()
	for range 3 {
		go func() {
			runtime.LockOSThread()
			for {
				time.Sleep(time.Millisecond)
			}
		}()
	}
	r, _, _ := os.Pipe()
	go func() { _, _ = r.Read(make([]byte, 1)) }()
	fmt.Println("ready")
	for range usr1 {
		fmt.Println("got it")
	}
}

// breeds starts threads all the time, each of which ends soon.
func breeds([]string) {
	fmt.Println("ready")
	for {
		done := make(chan bool)
		for range 4 {
			go func() {
				runtime.LockOSThread() // the thread ends with the goroutine
				done <- true
			}()
		}
		for range 4 {
			<-done
		}
	}
}

// holds stops a process and keeps it stopped, as a user of its own if it is told.
func holds(args []string) {
	pid, err := strconv.Atoi(args[0])
	if err != nil {
		panic(err)
	}
	if len(args) > 1 {
		if err := syscall.Setuid(65534); err != nil {
			panic(err)
		}
	}
	_, err = Stop(context.Background(), pid)
	if err != nil {
		var r *Refusal
		errors.As(err, &r)
		fmt.Printf("%v; hint: %s\n", err, r.Hint)
		return
	}
	fmt.Println("ready")
	select {}
}

// A process is a program of this file that runs.
type process struct {
	*exec.Cmd
	pid   int
	lines *bufio.Scanner
}

func start(t *testing.T, program string, args ...string) *process {
	t.Helper()
	return begin(t, crashtest.Command(t, program, &crashtest.Options{Args: args}))
}

func begin(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{Cmd: cmd, pid: cmd.Process.Pid, lines: bufio.NewScanner(out)}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	return p
}

// line is the next line that the program writes, within 20 s.
func (p *process) line(t *testing.T) string {
	t.Helper()
	got := make(chan string, 1)
	go func() {
		p.lines.Scan()
		got <- p.lines.Text()
	}()
	select {
	case s := <-got:
		return s
	case <-time.After(20 * time.Second):
		t.Fatalf("process %d is silent; threads %s", p.pid, states(t, p.pid))
		return ""
	}
}

func (p *process) ready(t *testing.T) {
	t.Helper()
	if got := p.line(t); got != "ready" {
		t.Fatalf("process says %q", got)
	}
}

func (p *process) signal(t *testing.T, sig syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(p.pid, sig); err != nil {
		t.Fatal(err)
	}
}

// alive checks that the process answers.
func (p *process) alive(t *testing.T) {
	t.Helper()
	p.signal(t, syscall.SIGUSR1)
	if got := p.line(t); got != "got it" {
		t.Fatalf("process says %q", got)
	}
}

// states has a letter for each thread.
func states(t *testing.T, pid int) string {
	t.Helper()
	ids, err := Threads(pid)
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, id := range ids {
		if s := StateOf(pid, id); s != 0 {
			all = append(all, s)
		}
	}
	return string(all)
}

// await waits until all threads are in a state.
func await(t *testing.T, pid int, state string) {
	t.Helper()
	var got string
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if got = states(t, pid); strings.Trim(got, state) == "" {
			return
		}
	}
	t.Fatalf("states of threads %q, want all %s", got, state)
}

func mustStop(t *testing.T, pid int) *Stopped {
	t.Helper()
	s, err := Stop(context.Background(), pid)
	if err != nil {
		var r *Refusal
		if errors.As(err, &r) && errors.Is(err, syscall.EPERM) && os.Getuid() != 0 {
			crashtest.Skip(t, "%v: %s", err, r.Hint)
		}
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Release() })
	return s
}

func release(t *testing.T, s *Stopped) {
	t.Helper()
	if err := s.Release(); err != nil {
		t.Error(err)
	}
}

// touch stops a process and lets it go on, or skips the test where that is not
// allowed.
func touch(t *testing.T, pid int) {
	t.Helper()
	release(t, mustStop(t, pid))
}

func TestStop(t *testing.T) {
	p := start(t, "answers")
	p.ready(t)
	s := mustStop(t, p.pid)
	if got := states(t, p.pid); strings.Trim(got, "t") != "" || len(got) != len(s.Threads) || len(got) < 5 {
		t.Errorf("states %q of %d threads", got, len(s.Threads))
	}
	if s.Frozen {
		t.Error("frozen")
	}
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", p.pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, th := range s.Threads {
		if !mapped(string(maps), th.Registers.PC, "x") || !mapped(string(maps), th.Registers.SP, "w") {
			t.Errorf("thread %d: pc %#x, sp %#x", th.ID, th.Registers.PC, th.Registers.SP)
		}
	}
	if err := s.Release(); err != nil {
		t.Fatal(err)
	}
	if err := s.Release(); err != nil {
		t.Error("released twice:", err)
	}
	if held := s.Held(); held <= 0 || s.Held() != held { // the clock has stopped
		t.Errorf("held for %v, then for %v", held, s.Held())
	}
	p.alive(t)
	if status, err := statusOf(strconv.Itoa(p.pid)); err != nil || status["TracerPid"] != "0" {
		t.Errorf("tracer %s, %v", status["TracerPid"], err)
	}
}

// mapped reports whether an address lies in memory with a permission.
func mapped(maps string, addr uint64, permission string) bool {
	for line := range strings.Lines(maps) {
		var from, to uint64
		var perms string
		if _, err := fmt.Sscanf(line, "%x-%x %s", &from, &to, &perms); err == nil && from <= addr && addr < to {
			return strings.Contains(perms, permission)
		}
	}
	return false
}

// A process that SIGSTOP had stopped stays stopped, and goes on at SIGCONT.
func TestFrozen(t *testing.T) {
	p := start(t, "answers")
	p.ready(t)
	p.signal(t, syscall.SIGSTOP)
	await(t, p.pid, "T")
	for range 20 {
		s := mustStop(t, p.pid)
		if !s.Frozen || len(s.Threads) < 5 {
			t.Fatalf("frozen %v, %d threads", s.Frozen, len(s.Threads))
		}
		if err := s.Release(); err != nil {
			t.Fatal(err)
		}
		await(t, p.pid, "T")
	}
	p.signal(t, syscall.SIGUSR1) // stays pending
	s := mustStop(t, p.pid)
	if err := s.Release(); err != nil {
		t.Fatal(err)
	}
	await(t, p.pid, "T")
	p.signal(t, syscall.SIGCONT)
	if got := p.line(t); got != "got it" {
		t.Errorf("the pending signal: %q", got)
	}
	p.alive(t)
}

// No signal is lost that comes while threads are stopped or about to be.
func TestSignals(t *testing.T) {
	p := start(t, "answers")
	p.ready(t)
	touch(t, p.pid)
	quit, done := make(chan bool), make(chan error, 1)
	var stops atomic.Int64
	go func() {
		for {
			select {
			case <-quit:
				done <- nil
				return
			default:
			}
			s, err := Stop(context.Background(), p.pid)
			if err == nil {
				err = s.Release()
			}
			if err != nil {
				done <- err
				return
			}
			stops.Add(1)
		}
	}()
	signals := 0
	for ; signals < 500 || stops.Load() < 20 && len(done) == 0; signals++ {
		p.alive(t)
	}
	close(quit)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	t.Logf("stopped %d times during %d signals", stops.Load(), signals)
}

// Threads that appear while others are being stopped are stopped as well.
func TestNewThreads(t *testing.T) {
	p := start(t, "breeds")
	p.ready(t)
	seen := 0
	for range 100 {
		s := mustStop(t, p.pid)
		got := states(t, p.pid)
		if strings.Trim(got, "tZX") != "" {
			t.Fatalf("states %q", got)
		}
		seen += len(s.Threads)
		if err := s.Release(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d threads in 100 stops", seen)
}

// When the tracer is killed the process goes on: one that was stopped before
// stays so.
func TestKilled(t *testing.T) {
	for _, frozen := range []bool{false, true} {
		p := start(t, "answers")
		p.ready(t)
		touch(t, p.pid)
		if frozen {
			p.signal(t, syscall.SIGSTOP)
			await(t, p.pid, "T")
		}
		tracer := start(t, "holds", strconv.Itoa(p.pid))
		tracer.ready(t)
		await(t, p.pid, "t")
		tracer.Process.Kill()
		tracer.Wait()
		if frozen {
			await(t, p.pid, "T")
			p.signal(t, syscall.SIGCONT)
		}
		p.alive(t)
	}
}

// A context that has ended leaves nothing stopped.
func TestCancelled(t *testing.T) {
	p := start(t, "answers")
	p.ready(t)
	touch(t, p.pid)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for range 20 {
		s, err := Stop(ctx, p.pid)
		if err == nil { // all had stopped by the first look
			release(t, s)
			continue
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	p.alive(t)
}

func BenchmarkStop(b *testing.B) {
	cmd := crashtest.Command(b, "answers", &crashtest.Options{})
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	bufio.NewScanner(out).Scan()
	var held time.Duration
	for b.Loop() {
		s, err := Stop(context.Background(), cmd.Process.Pid)
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Release(); err != nil {
			b.Fatal(err)
		}
		held += s.Held()
	}
	b.ReportMetric(float64(held.Nanoseconds())/float64(b.N), "held-ns/op")
}
