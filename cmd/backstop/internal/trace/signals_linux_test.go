package trace_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/backstop-go/backstop/internal/crashtest"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/host"
	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
)

// traced starts a program and waits until the tracer has told of a panic of it, so
// that it knows the process.
func (s *session) traced(exe string, env ...string) *tracee.Process {
	s.tb.Helper()
	p := tracee.Start(s.tb, exe, env...)
	s.ready()
	crashtest.Eventually(s.tb, "the process is traced", func() bool {
		p.Do("string")
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, e := range s.events {
			if int(e.PID) == p.PID {
				return true
			}
		}
		return false
	})
	return p
}

// killed waits until a process has ended. Its standard input stays open meanwhile: at
// the end of that it would end by itself, perhaps before the signal.
func killed(t *testing.T, p *tracee.Process) {
	t.Helper()
	crashtest.Eventually(t, "the process has ended", func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID))
		_, rest, _ := strings.Cut(string(stat), ") ")
		return err == nil && strings.HasPrefix(rest, "Z") // nobody has waited for it
	})
	_ = p.Wait() // it was killed
}

// death waits for what a process dies of.
func (s *session) death(pid int) *trace.Event {
	s.tb.Helper()
	return s.await("the death", func(e *trace.Event) bool { return int(e.PID) == pid && e.End != nil })
}

func checkSender(t *testing.T, e *trace.Event, pid int, comm string) {
	t.Helper()
	by := e.End.By
	if by == nil || int(by.PID) != pid || by.Comm != comm || by.UID == nil || *by.UID != os.Getuid() || e.End.Kernel {
		t.Errorf("end %+v, by %v; want process %d %s", e.End, by, pid, comm)
	}
}

// Whatever signal a process dies of, and whether the runtime takes it first, it is
// told who sent it; the sender has ended by then.
func TestSenders(t *testing.T) {
	exe := tracee.Private(t, tracee.BuildSmall(t, tracee.Toolchains[len(tracee.Toolchains)-2], tracee.Stripped))
	s := start(t, trace.LiveOptions{Host: host.Options{Selection: host.Selection{Exes: []string{exe}}}})
	sent := []struct {
		signal syscall.Signal
		kind   trace.Kind
		env    string

		pid, sender int
	}{
		{signal: syscall.SIGHUP, kind: trace.Kill},
		{signal: syscall.SIGINT, kind: trace.Kill},
		{signal: syscall.SIGQUIT, kind: trace.Signal},
		{signal: syscall.SIGQUIT, kind: trace.Signal, env: "GOTRACEBACK=crash"},
		{signal: syscall.SIGILL, kind: trace.Signal},
		{signal: syscall.SIGTRAP, kind: trace.Signal},
		{signal: syscall.SIGABRT, kind: trace.Signal},
		{signal: syscall.SIGBUS, kind: trace.Signal},
		{signal: syscall.SIGFPE, kind: trace.Signal},
		{signal: syscall.SIGKILL, kind: trace.Kill},
		{signal: syscall.SIGSEGV, kind: trace.Signal},
		{signal: syscall.SIGTERM, kind: trace.Kill},
		{signal: syscall.SIGSTKFLT, kind: trace.Signal},
		{signal: syscall.SIGSYS, kind: trace.Signal},
	}
	for i := range sent {
		c := &sent[i]
		p := s.traced(exe, c.env)
		if err := unix.Prlimit(p.PID, unix.RLIMIT_CORE, &unix.Rlimit{}, nil); err != nil {
			t.Fatal(err)
		}
		sender := exec.Command("sh", "-c", fmt.Sprintf("kill -%d %d", c.signal, p.PID))
		if out, err := sender.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		killed(t, p)
		c.pid, c.sender = p.PID, sender.Process.Pid
	}
	for _, c := range sent {
		name := trace.SignalName(int(c.signal))
		t.Run(name+c.env, func(t *testing.T) {
			e := s.death(c.pid)
			if e.Kind != c.kind || e.Kind == trace.Signal && e.Signal != name || e.Kind == trace.Kill && e.End.Signal != name {
				t.Errorf("%s of %s, end %+v", e.Kind, e.Signal, e.End)
			}
			checkSender(t, e, c.sender, "sh")
		})
	}

	t.Run("the kernel", func(t *testing.T) {
		p := s.traced(exe)
		if err := unix.Prlimit(p.PID, unix.RLIMIT_CPU, &unix.Rlimit{Cur: 1, Max: 1}, nil); err != nil {
			t.Fatal(err)
		}
		p.Send("hang")
		_ = p.Wait() // it was killed
		if e := s.death(p.PID); e.Kind != trace.Kill || e.End.Signal != "SIGKILL" || !e.End.Kernel || e.End.By != nil || e.End.OOM {
			t.Errorf("%s, end %+v", e.Kind, e.End)
		}
	})

	// The kernel has no room to keep what it knows of a signal, and delivers it.
	t.Run("without room", func(t *testing.T) {
		p := s.traced(exe)
		if err := unix.Prlimit(p.PID, unix.RLIMIT_SIGPENDING, &unix.Rlimit{}, nil); err != nil {
			t.Fatal(err)
		}
		if err := unix.Tgkill(p.PID, p.PID, unix.SIGTERM); err != nil {
			t.Fatal(err)
		}
		killed(t, p)
		e := s.death(p.PID)
		if e.End.By == nil || int(e.End.By.PID) != os.Getpid() {
			t.Errorf("%s, end %+v", e.Kind, e.End)
		}
	})

	t.Run("in a container", func(t *testing.T) { killInside(t, s, exe) })
	s.end()
}

// killInside kills a process in a pid namespace of its own, from there. Numbers are
// those of the host.
func killInside(t *testing.T, s *session, exe string) {
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close() //nolint:errcheck // the program sees it
	cmd := exec.Command("sh", "-c", `"$0" <&3 >/dev/null 2>&1 & read now; kill -QUIT $!; wait $!`, exe)
	cmd.ExtraFiles = []*os.File{out}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
	now, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		crashtest.Skip(t, "no pid namespace can be made: %v", err)
	}
	defer func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()         // it was killed
	}()
	_ = out.Close() // the program has its own
	known := map[uint32]bool{}
	s.mu.Lock()
	for _, e := range s.events {
		known[e.PID] = true
	}
	s.mu.Unlock()
	if _, err := io.WriteString(in, "string\n"); err != nil {
		t.Fatal(err)
	}
	pid := int(s.await("a panic inside", func(e *trace.Event) bool { return !known[e.PID] }).PID)
	if _, err := io.WriteString(now, "now\n"); err != nil {
		t.Fatal(err)
	}
	e := s.death(pid)
	if e.Signal != "SIGQUIT" {
		t.Errorf("%s of %s", e.Kind, e.Signal)
	}
	checkSender(t, e, cmd.Process.Pid, "sh")
}
