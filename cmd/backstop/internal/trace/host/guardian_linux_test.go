package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/probe"
	"github.com/backstop-go/backstop/internal/crashtest"
	"github.com/backstop-go/backstop/internal/gobin"
)

// must ends a program of the tests.
func must(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// catcher is a tracer that stops programs of an executable at exec and never lets
// them go on. It says its guardian's pid.
func catcher(args []string) {
	w, err := Watch(context.Background(), Options{Selection: Selection{Exes: args}, CatchFirst: true})
	must(err)
	g, err := StartGuardian(nil, w.Stopped())
	must(err)
	fmt.Println("up", g.cmd.Process.Pid)
	for range w.Events() { //nolint:revive // it only reads
	}
}

// freezer is a tracer that stops processes of an executable when they die.
func freezer(args []string) {
	f, err := gobin.Open(args[0])
	must(err)
	l, err := goproc.LayoutOf(f)
	must(err)
	sites, err := probe.Find(f, l)
	must(err)
	tracer, err := bpf.Load(bpf.Options{})
	must(err)
	target := sites.Target(args[0])
	target.Freeze = true
	_, err = tracer.Attach(target)
	must(err)
	g, err := StartGuardian(tracer.Stopped())
	must(err)
	fmt.Println("up", g.cmd.Process.Pid)
	select {}
}

// startTracer starts one of the tracers above and returns its guardian's pid.
func startTracer(t *testing.T, program string, args ...string) (tracer *child, guardian int) {
	t.Helper()
	if os.Geteuid() != 0 {
		crashtest.Skip(t, "only root loads programs into the kernel")
	}
	tracer = startProgram(t, program, "", args...)
	line, err := tracer.out.ReadString('\n')
	if err != nil {
		t.Fatalf("the tracer says %q, %v", line, err)
	}
	if _, err := fmt.Sscanf(line, "up %d\n", &guardian); err != nil {
		t.Fatalf("the tracer says %q, %v", line, err)
	}
	return tracer, guardian
}

// state is the letter in /proc/PID/stat, 0 for a process that is none any more.
func state(pid int) byte {
	s, err := proc("/proc").stat(pid)
	if err != nil {
		return 0
	}
	return s.state
}

func kill(t *testing.T, c *child) {
	t.Helper()
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	c.Wait() //nolint:errcheck // it was killed
}

// ended waits until a process that is nobody's child here has ended.
func ended(t *testing.T, pid int) {
	t.Helper()
	crashtest.Eventually(t, "the guardian ends", func() bool { s := state(pid); return s == 0 || s == 'Z' })
}

func TestGuardianOfCaught(t *testing.T) {
	path := executable(t, "backstop-caught")
	tracer, guardian := startTracer(t, "catcher", path)
	var children []*child
	for range 3 {
		children = append(children, start(t, path))
	}
	for _, c := range children {
		crashtest.Eventually(t, "the program is stopped", func() bool { return state(c.Process.Pid) == 'T' })
	}
	// What a terminal sends reaches tracer and guardian alike; it must not take the
	// guardian.
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		if err := syscall.Kill(guardian, s); err != nil {
			t.Fatal(err)
		}
	}
	if session, err := syscall.Getpgid(guardian); err != nil || session != guardian {
		t.Errorf("the guardian's process group is %d, %v", session, err)
	}
	kill(t, tracer)
	for _, c := range children {
		c.up(t)
		c.end(t)
	}
	ended(t, guardian)
	// And nothing is stopped any more.
	after := start(t, path)
	after.up(t)
	after.end(t)
}

func TestGuardianOfFrozen(t *testing.T) {
	path := executable(t, "backstop-caught")
	tracer, guardian := startTracer(t, "freezer", path)
	c := startProgram(t, "die", path)
	c.up(t)
	c.in.Close() //nolint:errcheck // the child sees it
	crashtest.Eventually(t, "the dying process is stopped", func() bool { return state(c.Process.Pid) == 'T' })
	kill(t, tracer)
	err := c.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 2 {
		t.Errorf("it ends with %v, not as it would have", err)
	}
	if text := c.stderr.String(); !strings.HasPrefix(text, "panic: as it was told\n\ngoroutine 1 [running]:\n") {
		t.Errorf("it prints %q", text)
	}
	ended(t, guardian)
}

// TestGuardianClose ends one in peace.
func TestGuardianClose(t *testing.T) {
	path := executable(t, "backstop-caught")
	w := watch(t, Options{Selection: Selection{Exes: []string{path}}, CatchFirst: true})
	g, err := StartGuardian(w.Stopped())
	if err != nil {
		t.Fatal(err)
	}
	c := start(t, path)
	if e := next(t, w, Added); !e.Target.Stopped || e.Target.PID != c.Process.Pid {
		t.Errorf("%+v", e.Target)
	}
	// Nobody lets it go on: Close does.
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	c.up(t)
	c.end(t)
	if err := g.Close(); err != nil {
		t.Error(err)
	}
	if _, ok := <-g.Done(); ok {
		t.Error("it is not done")
	}
}

// TestCatch measures how long a program waits that nobody has seen before, when
// all that is done meanwhile is to read its executable.
func TestCatch(t *testing.T) {
	// Names that nobody else has: what begins so is stopped on the whole machine.
	path := executable(t, "backstop-shop")
	w := watch(t, Options{Selection: Selection{Exes: []string{filepath.Dir(path) + "/backstop-s*p"}}, CatchFirst: true})
	// Of the same beginning, and not selected: it goes on at once. Many of them, for
	// the signals that stop and continue them race.
	same := executable(t, "backstop-ship")
	strange := executable(t, "stranger")
	unwanted := make(chan struct{})
	go func() {
		defer close(unwanted)
		for range 30 {
			other := start(t, same)
			other.up(t)
			other.end(t)
		}
		stranger := start(t, strange)
		stranger.up(t)
		stranger.end(t)
	}()
	none(t, w, unwanted)
	for i := range 2 {
		c := start(t, path)
		e := next(t, w, Added)
		if !e.Target.Stopped || e.Target.PID != c.Process.Pid {
			t.Fatalf("%+v", e.Target)
		}
		now, err := sinceBoot()
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("start %d: known %v after it got its program", i, (now - e.Target.Exec).Round(time.Microsecond))
		if err := w.Continue(e.Target); err != nil {
			t.Fatal(err)
		}
		c.up(t)
		c.end(t)
		next(t, w, Removed)
	}
	if noted, err := w.Stopped().Noted(); err != nil || len(noted) > 0 {
		t.Errorf("still noted: %v, %v", noted, err)
	}
}

// none reads events until done, and fails at one of a target.
func none(t *testing.T, w *Watcher, done <-chan struct{}) {
	t.Helper()
	for {
		select {
		case e := <-w.Events():
			if e.Kind != Seen || e.Target != nil {
				t.Errorf("event %+v", e)
			}
		case <-done:
			return
		}
	}
}

// TestCatchCgroup stops by cgroup alone.
func TestCatchCgroup(t *testing.T) {
	const root = "/sys/fs/cgroup/unified"
	dir, err := os.MkdirTemp(root, "backstop-test-")
	if err != nil {
		if dir, err = os.MkdirTemp("/sys/fs/cgroup", "backstop-test-"); err != nil {
			crashtest.Skip(t, "no cgroup of version 2 can be made: %v", err)
		}
	}
	t.Cleanup(func() {
		crashtest.Eventually(t, "the cgroup can be removed", func() bool { return os.Remove(dir) == nil })
	})
	if _, err := os.Stat(filepath.Join(dir, "cgroup.procs")); err != nil {
		crashtest.Skip(t, "cgroups of version 2 are mounted elsewhere: %v", err)
	}
	below := filepath.Join(dir, "a")
	if err := os.Mkdir(below, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		crashtest.Eventually(t, "the cgroup can be removed", func() bool { return os.Remove(below) == nil })
	})
	path := executable(t, "backstop-caught")
	w := watch(t, Options{Selection: Selection{Cgroups: []string{dir}}, CatchFirst: true})
	outside := start(t, path)
	done := make(chan struct{})
	go func() {
		defer close(done)
		outside.up(t)
		outside.end(t)
	}()
	none(t, w, done)
	cmd := exec.Command("/bin/sh", "-c", "echo $$ > "+below+"/cgroup.procs; exec "+path)
	cmd.Env = outside.Env
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	e := next(t, w, Added)
	for !e.Target.Stopped {
		// The record of the shell was read when the process was the shop already.
		next(t, w, Removed)
		e = next(t, w, Added)
	}
	if e.Target.PID != cmd.Process.Pid {
		t.Errorf("%+v", e.Target)
	}
	if err := w.Continue(e.Target); err != nil {
		t.Error(err)
	}
	in.Close() //nolint:errcheck // the child sees it
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

func TestGuardianRefuses(t *testing.T) {
	for _, text := range []string{"x", "-1", "17", "1"} {
		// No map is at that descriptor, or no number is in the text.
		cmd := exec.Command("/proc/self/exe")
		cmd.Env = append(os.Environ(), envGuardian+"="+text)
		out, err := cmd.Output()
		if err == nil || !strings.HasPrefix(string(out), "guardian: ") {
			t.Errorf("%s: %q, %v", strconv.Quote(text), out, err)
		}
	}
}
