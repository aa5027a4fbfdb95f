package bpf_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
	"github.com/backstop-go/backstop/internal/crashtest"
)

// breakpoints is how many of the sites are breakpoints in the memory of a process
// that was loaded where the file says.
func breakpoints(t *testing.T, pid int, to bpf.Target) int {
	t.Helper()
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer mem.Close() //nolint:errcheck // it was read only
	n := 0
	for _, s := range to.Sites {
		b := make([]byte, 1)
		if _, err := mem.ReadAt(b, int64(s.Addr)); err != nil {
			t.Fatal(err)
		}
		if b[0] == 0xcc {
			n++
		}
	}
	return n
}

// Probes come and go while the program panics all the time. It is unharmed, what
// is seen is a part of what happened, and afterwards its code is as it was.
func TestAttachDetachUnderLoad(t *testing.T) {
	w := load(t, bpf.Options{})
	exe := tracee.Private(t, tracee.Build(t, tracee.Toolchains[len(tracee.Toolchains)-1], tracee.Stripped))
	to := target(t, exe)
	p := tracee.Start(t, exe)
	stop, stopped := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		defer func() { stopped <- n }()
		for {
			select {
			case <-stop:
				return
			default:
				n += p.Do("storm 500 10").Count + p.Do("grow 100").Count
			}
		}
	}()
	for range 40 {
		id := w.attach(to)
		if n := breakpoints(t, p.PID, to); n != len(to.Sites) {
			t.Errorf("%d breakpoints of %d", n, len(to.Sites))
		}
		crashtest.Eventually(t, "a panic is seen", func() bool { return totals(t, w, id)[bpf.Panic].Seen > 0 })
		if err := w.Detach(id); err != nil {
			t.Fatal(err)
		}
		if n := breakpoints(t, p.PID, to); n != 0 {
			t.Errorf("%d breakpoints are left", n)
		}
	}
	close(stop)
	panics := uint64(<-stopped)
	all, err := w.Counts()
	if err != nil {
		t.Fatal(err)
	}
	seen := uint64(0)
	for _, c := range all {
		if c.Kind == bpf.Panic {
			seen += c.Seen
		}
	}
	if seen == 0 || seen > panics {
		t.Errorf("%d panics seen, of %d", seen, panics)
	}
	for _, r := range w.records() {
		if r.Kind == bpf.Recover && r.Panics > 1 {
			t.Errorf("one recovery ends %d panics", r.Panics)
		}
	}
	checkLosses(t, w, bpf.Losses{})
}

const envToKill = "BACKSTOP_TRACER_TO_KILL" // the executable that it attaches to

// TestTracerToKill is the tracer that TestKill kills.
func TestTracerToKill(t *testing.T) {
	exe := os.Getenv(envToKill)
	if exe == "" {
		return // it is a program, not a test
	}
	w := load(t, bpf.Options{})
	to := target(t, exe)
	to.Freeze = true
	w.attach(to)
	fmt.Println("attached")
	select {}
}

// A tracer that is killed leaves nothing behind in the program.
func TestKill(t *testing.T) {
	loadOnly(t, bpf.Options{}) // skips where there are no rights
	exe := tracee.Private(t, tracee.Build(t, tracee.Toolchains[0], tracee.Default))
	p := tracee.Start(t, exe)
	to := target(t, exe)
	cmd := exec.Command(os.Args[0], "-test.run=^TestTracerToKill$")
	cmd.Env = append(os.Environ(), envToKill+"="+exe)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "attached\n" {
		t.Fatalf("the tracer says %q, %v", line, err)
	}
	p.Do("storm 100")
	if n := breakpoints(t, p.PID, to); n != len(to.Sites) {
		t.Errorf("%d breakpoints", n)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	crashtest.Eventually(t, "the breakpoints are gone", func() bool { return breakpoints(t, p.PID, to) == 0 })
	if a := p.Do("storm 100"); a.Count != 100 {
		t.Errorf("%+v", a)
	}
}

// With CAP_BPF and CAP_PERFMON alone, an executable that may be read can be
// traced.
func TestCapabilities(t *testing.T) {
	loadOnly(t, bpf.Options{})
	setpriv, err := exec.LookPath("setpriv")
	if err != nil {
		crashtest.Skip(t, "no setpriv: %v", err)
	}
	exe := copyForAll(t, tracee.Build(t, tracee.Toolchains[0], tracee.Stripped))
	self := copyForAll(t, os.Args[0])
	p := tracee.Start(t, exe)
	to := target(t, exe)
	for caps, want := range map[string]bool{"+bpf,+perfmon": true, "+bpf": false, "+perfmon": false} {
		t.Run(caps, func(t *testing.T) {
			cmd := exec.Command(setpriv, "--reuid", strconv.Itoa(65534), "--clear-groups", "--bounding-set", "-all,"+caps,
				"--inh-caps", "-all,"+caps, "--ambient-caps", "-all,"+caps, self, "-test.run=^TestTracerWithout$")
			cmd.Env = []string{envToKill + "=" + exe, "TMPDIR=/tmp"}
			cmd.Dir = "/"
			out, err := cmd.CombinedOutput()
			if (err == nil) != want {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	if n := breakpoints(t, p.PID, to); n != 0 {
		t.Errorf("%d breakpoints are left", n)
	}
}

// TestTracerWithout is the tracer that TestCapabilities starts without most
// rights.
func TestTracerWithout(t *testing.T) {
	exe := os.Getenv(envToKill)
	if exe == "" {
		return // it is a program, not a test
	}
	tracer, err := bpf.Load(bpf.Options{})
	if err != nil {
		if !errors.Is(err, os.ErrPermission) {
			t.Log("the error is not os.ErrPermission")
		}
		t.Fatal(err)
	}
	defer tracer.Close() //nolint:errcheck // the process ends
	if _, err := tracer.Attach(target(t, exe)); err != nil {
		t.Fatal(err)
	}
	p := tracee.Start(t, exe)
	p.Do("storm 10")
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for n := 0; n < 20; {
		r, err := tracer.Read(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if int(r.PID) == p.PID {
			n++
		}
	}
}

// copyForAll copies an executable to where every user may run it.
func copyForAll(t *testing.T, exe string) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "backstop-for-all-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	b, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "program")
	if err := errors.Join(os.Chmod(dir, 0o755), os.WriteFile(path, b, 0o755)); err != nil {
		t.Fatal(err)
	}
	return path
}
