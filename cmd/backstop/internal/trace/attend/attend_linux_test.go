//go:build amd64

package attend_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/backstop-go/backstop/internal/crashtest"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc/ptrace"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/attend"
)

// tracers are the threads that trace the threads of a process, each once.
func tracers(t *testing.T, pid int) map[string]bool {
	t.Helper()
	all := make(map[string]bool)
	files, err := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/status")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(text), "TracerPid:")
		all[strings.Fields(rest)[0]] = true
	}
	return all
}

// free waits until nobody traces a process.
func free(t *testing.T, pid int) {
	t.Helper()
	crashtest.Eventually(t, "nobody traces the process", func() bool {
		all := tracers(t, pid)
		return len(all) == 1 && all["0"]
	})
}

// Threads, children and other programs come and go; the end is seen with all
// threads, and who asked for it first.
func TestExit(t *testing.T) {
	p := run(t, "target")
	p.want("ready")
	a := attending(t, p.pid)
	p.does("threads")
	p.tell("children")
	p.want("TracerPid: 0 <nil>")
	p.tell("exec")
	p.want("ready")
	p.does("many")
	if all := tracers(t, p.pid); len(all) != 1 || all["0"] {
		t.Errorf("threads are traced by %v", all)
	}
	p.tell("exit")
	if status := p.ends(); status.ExitStatus() != 7 {
		t.Errorf("it ended with %#x", status)
	}
	d, signals := a.untilDeath()
	if d.Status != 7<<8 || !d.Whole || len(d.Threads) < 100 || d.Threads[0].Call != syscall.SYS_EXIT_GROUP {
		t.Errorf("status %#x, %d threads, all: %t, first %+v", d.Status, len(d.Threads), d.Whole, d.Threads[0])
	}
	if len(signals) != 0 {
		t.Errorf("signals %+v", signals)
	}
	if after := a.next(); !after.Ended {
		t.Errorf("after the death: %+v", after)
	}
}

// Signals are told with their sender and delivered.
func TestSignals(t *testing.T) {
	p := run(t, "target")
	p.want("ready")
	a := attending(t, p.pid)
	p.does("catch")
	send := func(s syscall.Signal) {
		if err := syscall.Kill(p.pid, s); err != nil {
			t.Fatal(err)
		}
	}
	send(syscall.SIGTERM)
	p.want("caught")
	send(syscall.SIGSTOP)
	state := func(want byte) {
		t.Helper()
		crashtest.Eventually(t, "it is stopped, or is not", func() bool { return (ptrace.StateOf(p.pid, p.pid) == 't') == (want == 't') })
	}
	state('t')
	send(syscall.SIGCONT)
	p.does("threads")
	send(syscall.SIGHUP)
	if status := p.ends(); status.Signal() != syscall.SIGHUP {
		t.Errorf("it ended with %#x", status)
	}
	d, signals := a.untilDeath()
	if d.Status != int(syscall.SIGHUP) {
		t.Errorf("status %#x", d.Status)
	}
	var told []int
	for _, s := range signals {
		told = append(told, s.Number)
		if s.Sender != os.Getpid() && s.Sender != p.pid || int(s.UID) != os.Getuid() || s.Code > 0 {
			t.Errorf("signal %+v", s)
		}
	}
	// The runtime dies of the signal by sending it again.
	if len(told) < 3 || told[0] != int(syscall.SIGTERM) || told[1] != int(syscall.SIGSTOP) || told[2] != int(syscall.SIGHUP) {
		t.Errorf("signals %v", told)
	}
}

// SIGKILL tells nobody who sent it, but leaves time to look.
func TestKill(t *testing.T) {
	p := run(t, "target")
	p.want("ready")
	a := attending(t, p.pid)
	p.does("many")
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	p.ends()
	if d, _ := a.untilDeath(); d.Status != int(syscall.SIGKILL) || !d.Whole || len(d.Threads) < 100 {
		t.Errorf("status %#x, %d threads, all: %t", d.Status, len(d.Threads), d.Whole)
	}
}

// A process that was let go of is as it was, however busy.
func TestLeave(t *testing.T) {
	p := run(t, "target")
	p.want("ready")
	p.does("urge")
	p.does("many")
	a := attending(t, p.pid)
	for range 10 {
		p.does("threads")
		a.tell("leave and come again")
		for _, want := range []told{{Ended: true}, {Attends: true}} {
			if got := a.next(); got.Ended != want.Ended || got.Attends != want.Attends {
				t.Fatalf("the attender says %+v, not %+v", got, want)
			}
		}
	}
	if err := a.in.Close(); err != nil {
		t.Fatal(err)
	}
	a.ends()
	free(t, p.pid)
	p.tell("exit")
	if status := p.ends(); status.ExitStatus() != 7 {
		t.Errorf("it ended with %#x", status)
	}
}

// Children of the attender are theirs to wait for who started them.
func TestOwnChildren(t *testing.T) {
	p := run(t, "target")
	p.want("ready")
	p.does("urge")
	a := attending(t, p.pid)
	a.tell("run")
	if got := a.next(); !got.Ended {
		t.Errorf("the attender says %+v", got)
	}
	p.does("threads")
}

// Who is killed while he attends leaves the process as it would have been.
func TestAttenderKilled(t *testing.T) {
	for name, test := range map[string]struct {
		prepare string
		hold    string
		then    func(*program)
		check   func(syscall.WaitStatus) bool
	}{
		"idle":         {"ready", "", func(p *program) { p.does("threads"); p.tell("exit") }, exited},
		"busy":         {"urge", "", func(p *program) { p.does("threads"); p.tell("exit") }, exited},
		"many threads": {"many", "", func(p *program) { p.does("threads"); p.tell("exit") }, exited},
		"in a signal":  {"urge", "signal", nil, func(s syscall.WaitStatus) bool { return s.Signal() == syscall.SIGTERM }},
		"in death":     {"many", "death", nil, exited},
		"in SIGSTOP": {"many", "", func(p *program) {
			_ = syscall.Kill(p.pid, syscall.SIGCONT) // the answers tell
			p.does("threads")
			p.tell("exit")
		}, exited},
	} {
		t.Run(name, func(t *testing.T) {
			p := run(t, "target")
			p.want("ready")
			p.does(test.prepare)
			a := attending(t, p.pid, test.hold)
			switch test.hold {
			case "signal":
				if err := syscall.Kill(p.pid, syscall.SIGTERM); err != nil {
					t.Fatal(err)
				}
				if got := a.next(); got.Signal == nil {
					t.Fatalf("the attender says %+v", got)
				}
			case "death":
				p.tell("exit")
				a.untilDeath()
			}
			if name == "in SIGSTOP" {
				if err := syscall.Kill(p.pid, syscall.SIGSTOP); err != nil {
					t.Fatal(err)
				}
				crashtest.Eventually(t, "it is stopped", func() bool { return ptrace.StateOf(p.pid, p.pid) == 't' })
			}
			if err := a.cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			a.ends()
			if test.then != nil {
				free(t, p.pid)
				test.then(p)
			}
			if status := p.ends(); !test.check(status) {
				t.Errorf("it ended with %#x", status)
			}
		})
	}
}

func exited(s syscall.WaitStatus) bool { return s.ExitStatus() == 7 }

// One tracer at a time: the second is told who the first is.
func TestTraced(t *testing.T) {
	p := run(t, "target")
	p.want("ready")
	a := attending(t, p.pid)
	second := run(t, "attender", strconv.Itoa(p.pid))
	if got := second.next(); !strings.Contains(got.Refused, "traced by process "+strconv.Itoa(a.pid)) {
		t.Errorf("the second attender says %+v", got)
	}
	for name, pid := range map[string]int{"this process": os.Getpid(), "a child": p.pid, "none": 1<<22 + 1, "of the kernel": 2} {
		var r *ptrace.Refusal
		if _, err := attend.Attend(pid, attend.Options{}); !errors.As(err, &r) || r.Gone != (name == "none") && name != "of the kernel" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
