package host

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
	"github.com/backstop-go/backstop/internal/crashtest"
)

func TestMain(m *testing.M) {
	Guard()
	crashtest.Main(m, map[string]crashtest.Program{
		"catcher": catcher,
		"freezer": freezer,
		"modest":  modest,
		// inside looks for processes from a pid namespace of its own.
		"inside": func([]string) {
			_, err := Watch(context.Background(), Options{Selection: Selection{All: true}})
			fmt.Println(err)
		},
		// die panics when it is told to.
		"die": func([]string) {
			fmt.Println("up")
			io.Copy(io.Discard, os.Stdin) //nolint:errcheck // its end is all that counts
			panic("as it was told")
		},
		// wait says that it is there and ends with its standard input.
		"wait": func([]string) {
			fmt.Println("up")
			io.Copy(io.Discard, os.Stdin) //nolint:errcheck // its end is all that counts
		},
		"leaderless": leaderless,
		// eat takes memory without end when it is told to.
		"eat": func([]string) {
			fmt.Println("up")
			io.Copy(io.Discard, os.Stdin) //nolint:errcheck // its end is all that counts
			var all [][]byte
			for {
				b := make([]byte, 1<<20)
				for i := range b {
					b[i] = 1
				}
				all = append(all, b)
				if len(all) > 1000 {
					panic("there is no limit")
				}
			}
		},
	})
}

// A child is a Go program that runs.
type child struct {
	*exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader

	stderr *strings.Builder // complete after Wait
}

// executable copies the test binary: a Go program of another name and inode. The
// name must be nobody else's: programs are looked for on the whole machine.
func executable(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// start starts program "wait". The child may be stopped at once.
func start(t *testing.T, path string) *child {
	t.Helper()
	return startProgram(t, "wait", path)
}

func startProgram(t *testing.T, program, path string, args ...string) *child {
	t.Helper()
	return startWith(t, program, &crashtest.Options{Executable: path, Args: args})
}

func startWith(t *testing.T, program string, o *crashtest.Options) *child {
	t.Helper()
	cmd := crashtest.Command(t, program, o)
	stderr := new(strings.Builder)
	cmd.Stderr = stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &child{cmd, in, bufio.NewReader(out), stderr}
	t.Cleanup(func() {
		if c.ProcessState == nil {
			c.Process.Kill() //nolint:errcheck // it may have ended
			c.Wait()         //nolint:errcheck // it was killed
		}
	})
	return c
}

// up waits until the child runs.
func (c *child) up(t *testing.T) {
	t.Helper()
	if line, err := c.out.ReadString('\n'); line != "up\n" {
		t.Fatalf("the child says %q, %v", line, err)
	}
}

// end lets the child end by itself.
func (c *child) end(t *testing.T) {
	t.Helper()
	c.in.Close() //nolint:errcheck // the child sees it
	if err := c.Wait(); err != nil {
		t.Errorf("the child ends with %v", err)
	}
}

func watch(t *testing.T, o Options) *Watcher {
	t.Helper()
	if !o.WithoutKernel && os.Geteuid() != 0 {
		crashtest.Skip(t, "only root loads programs into the kernel")
	}
	w, err := Watch(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return w
}

// next returns the next event of a kind, and fails at a notice nobody waits for.
func next(t *testing.T, w *Watcher, kind EventKind) Event {
	t.Helper()
	timeout := time.After(30 * time.Second)
	for {
		select {
		case e, ok := <-w.Events():
			switch {
			case !ok:
				t.Fatal("no more events")
			case e.Kind == Seen && e.Target == nil: // of processes that are no concern of the test
			case e.Kind == kind:
				return e
			case e.Kind == Notice:
				t.Fatalf("notice: %s", e.Text)
			case e.Kind == Seen && (kind == Removed || e.Record.Kind == bpf.Exec):
			default:
				t.Fatalf("event %+v, want kind %d", e, kind)
			}
		case <-timeout:
			t.Fatalf("no event of kind %d", kind)
		}
	}
}

// seen returns the next record of a kind.
func seen(t *testing.T, w *Watcher, kind bpf.Kind) Event {
	t.Helper()
	for {
		if e := next(t, w, Seen); e.Record.Kind == kind {
			return e
		}
	}
}

func TestWatch(t *testing.T) {
	path := executable(t, "watched-shop")
	before := start(t, path)
	before.up(t)
	w := watch(t, Options{Selection: Selection{Exes: []string{path}}})
	e := next(t, w, Added)
	p := e.Target
	if p.PID != before.Process.Pid || p.Path != path || p.Comm != "watched-shop" || p.NSPID != p.PID || p.Parent != os.Getpid() ||
		p.Exec != 0 || p.Stopped || p.Start == 0 || p.UID != uint32(os.Getuid()) || p.Cgroup == "" {
		t.Errorf("at the start: %+v", p)
	}
	if v := p.Executable.Binary.GoVersion(); v == "" || p.Executable.BuildID == "" || p.Executable.Display != path {
		t.Errorf("executable: %q, %+v", v, p.Executable)
	}
	after := start(t, path)
	after.up(t)
	e = next(t, w, Added)
	if q := e.Target; q.PID != after.Process.Pid || q.Executable != p.Executable || q.Exec == 0 || q.Exec < p.Start {
		t.Errorf("later: %+v", q)
	}
	if w.Target(after.Process.Pid) != e.Target || w.Target(os.Getpid()) != nil || w.Target(1<<22) != nil {
		t.Error("not found by pid")
	}
	// What the executable is can be read by its path when it was removed.
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(p.Executable.Path()); err != nil || info.Size() != p.Executable.Size {
		t.Errorf("a removed executable: %v", err)
	}
	// One is killed by us, the other ends.
	if err := after.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	e = seen(t, w, bpf.Signal)
	if e.Target.PID != after.Process.Pid || e.Record.Code != 9 || int(e.Record.Peer) != os.Getpid() {
		t.Errorf("signal: %+v", e)
	}
	e = seen(t, w, bpf.Exit)
	if s := syscall.WaitStatus(e.Record.Code); e.Target.PID != after.Process.Pid || s.Signal() != syscall.SIGKILL {
		t.Errorf("exit: %+v", e)
	}
	if e = next(t, w, Removed); e.Target.PID != after.Process.Pid {
		t.Errorf("removed: %+v", e.Target)
	}
	if w.Target(after.Process.Pid) != e.Target {
		t.Error("forgotten at once: its last records are still to be read")
	}
	before.end(t)
	if e = seen(t, w, bpf.Exit); e.Target.PID != before.Process.Pid || e.Record.Code != 0 {
		t.Errorf("exit: %+v", e)
	}
	next(t, w, Removed)
}

// TestWatchPolls does without the kernel.
func TestWatchPolls(t *testing.T) {
	path := executable(t, "watched-shop")
	w := watch(t, Options{Selection: Selection{Exes: []string{"watched-sh?p"}}, WithoutKernel: true, Poll: 10 * time.Millisecond})
	c := start(t, path)
	c.up(t)
	if e := next(t, w, Added); e.Target.PID != c.Process.Pid || e.Target.Exec != 0 {
		t.Errorf("%+v", e.Target)
	}
	c.end(t)
	if e := next(t, w, Removed); e.Target.PID != c.Process.Pid {
		t.Errorf("%+v", e.Target)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if _, ok := <-w.Events(); ok {
		t.Error("events after the end")
	}
}

// TestWatchInside is in a pid namespace of its own, as in a container.
func TestWatchInside(t *testing.T) {
	if os.Geteuid() != 0 {
		crashtest.Skip(t, "only root makes namespaces")
	}
	cmd := crashtest.Command(t, "inside", &crashtest.Options{})
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
	out, err := cmd.CombinedOutput()
	if err != nil || string(out) != "the kernel's numbers of processes are not those of this container\n" {
		t.Errorf("%s, %v", out, err)
	}
}

// TestExpire closes what nobody runs any more, and nothing else.
func TestExpire(t *testing.T) {
	one, two := executable(t, "watched-one"), executable(t, "watched-two")
	w := watch(t, Options{Selection: Selection{Exes: []string{one, two}}, WithoutKernel: true, Poll: time.Hour})
	stays := start(t, one)
	stays.up(t)
	first, err := w.index.lookup(stays.Process.Pid, one)
	if err != nil {
		t.Fatal(err)
	}
	ends := start(t, two)
	ends.up(t)
	second, err := w.index.lookup(ends.Process.Pid, two)
	if err != nil {
		t.Fatal(err)
	}
	ends.end(t)
	w.index.expire(time.Now().Add(Idle-time.Minute), map[*Executable]bool{first: true})
	if _, err := second.ReadAt(make([]byte, 4), 0); err != nil {
		t.Errorf("too early: %v", err)
	}
	w.index.expire(time.Now().Add(Idle+time.Minute), map[*Executable]bool{first: true})
	if _, err := second.ReadAt(make([]byte, 4), 0); err == nil {
		t.Error("it is still open")
	}
	if _, err := first.ReadAt(make([]byte, 4), 0); err != nil {
		t.Errorf("one that runs: %v", err)
	}
	if again, err := w.index.lookup(stays.Process.Pid, one); err != nil || again != first {
		t.Errorf("another one: %v, %v", again, err)
	}
	stays.end(t)
}

// TestWatchExec has a process run one program after the other.
func TestWatchExec(t *testing.T) {
	one, two := executable(t, "watched-one"), executable(t, "watched-two")
	w := watch(t, Options{Selection: Selection{Exes: []string{one, two}}})
	cmd := exec.Command("/bin/sh", "-c", fmt.Sprintf("exec %s", two))
	cmd.Env = crashtest.Command(t, "wait", &crashtest.Options{}).Env
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if e := next(t, w, Added); e.Target.PID != cmd.Process.Pid || e.Target.Comm != "watched-two" {
		t.Errorf("%+v", e.Target)
	}
	in.Close() //nolint:errcheck // the child sees it
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	next(t, w, Removed)
	_ = one
}

func TestWatchPID(t *testing.T) {
	path := executable(t, "watched-shop")
	c, other := start(t, path), start(t, path)
	c.up(t)
	other.up(t)
	w := watch(t, Options{Selection: Selection{PIDs: []int{c.Process.Pid}}})
	if e := next(t, w, Added); e.Target.PID != c.Process.Pid {
		t.Errorf("%+v", e.Target)
	}
	if w.Target(other.Process.Pid) != nil {
		t.Error("another process of the executable is selected")
	}
	other.end(t)
	c.end(t)
	if e := seen(t, w, bpf.Exit); e.Target.PID != c.Process.Pid {
		t.Errorf("%+v", e)
	}
}

func TestWatchOOM(t *testing.T) {
	dir := crashtest.MemoryCgroup(t, 64<<20)
	path := executable(t, "watched-eater")
	w := watch(t, Options{Selection: Selection{Exes: []string{path}}})
	c := startWith(t, "eat", &crashtest.Options{Executable: path, Cgroup: dir})
	c.up(t)
	next(t, w, Added) // before it can die
	c.in.Close()      //nolint:errcheck // the child sees it
	c.Wait()          //nolint:errcheck // it is killed, as its record says
	pid := c.Process.Pid
	var victim, signal, exit bool
	for !exit {
		switch e := next(t, w, Seen); e.Record.Kind {
		case bpf.Exec:
		case bpf.OOM:
			victim = int(e.Record.PID) == pid && int(e.Record.Peer) == pid && e.Record.Comm == "watched-eater" && e.Record.PeerComm == "watched-eater"
		case bpf.Signal: // the kernel's
			signal = e.Record.Code == 9 && e.Record.Peer == 0 && e.Record.SigCode == 0x80
		case bpf.Exit:
			if exit = true; syscall.WaitStatus(e.Record.Code).Signal() != syscall.SIGKILL {
				t.Errorf("%+v", e.Record)
			}
		default:
			t.Errorf("%+v", e.Record)
		}
	}
	if !victim || !signal {
		t.Errorf("victim %v, signal %v", victim, signal)
	}
}

// TestWatchCgroup selects by cgroup alone.
func TestWatchCgroup(t *testing.T) {
	dir := crashtest.MemoryCgroup(t, 512<<20)
	path := executable(t, "watched-shop")
	w := watch(t, Options{Selection: Selection{Cgroups: []string{dir}}})
	outside := start(t, path)
	outside.up(t)
	cmd := exec.Command("/bin/sh", "-c", "echo $$ > "+dir+"/cgroup.procs; exec "+path)
	cmd.Env = outside.Env
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if e := next(t, w, Added); e.Target.PID != cmd.Process.Pid || !strings.HasSuffix(e.Target.Cgroup, "/"+filepath.Base(dir)) {
		t.Errorf("%+v", e.Target)
	}
	in.Close() //nolint:errcheck // the child sees it
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	outside.end(t)
	next(t, w, Removed)
}

// TestRefusals names what cannot be watched.
func TestRefusals(t *testing.T) {
	sleep := exec.Command("/bin/sleep", "60")
	if err := sleep.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		sleep.Process.Kill() //nolint:errcheck // it runs
		sleep.Wait()         //nolint:errcheck // it was killed
	})
	refused := map[string]Options{
		"no process is selected":             {},
		"there is no process 4194305":        {Selection: Selection{PIDs: []int{4194305}}},
		"is this one":                        {Selection: Selection{PIDs: []int{os.Getpid()}}},
		"not a Go executable":                {Selection: Selection{PIDs: []int{sleep.Process.Pid}}},
		`-exe "[" is no pattern`:             {Selection: Selection{Exes: []string{"["}}},
		"would stop every program":           {Selection: Selection{All: true}, CatchFirst: true},
		"-catch-first with -exe /srv/*":      {Selection: Selection{Exes: []string{"/srv/*"}}, CatchFirst: true},
		"-catch-first has nothing to wait":   {Selection: Selection{PIDs: []int{sleep.Process.Pid}}, CatchFirst: true},
		"/no/such is no cgroup of version 2": {Selection: Selection{Cgroups: []string{"/no/such"}}, CatchFirst: true},
	}
	if comm, err := os.ReadFile("/proc/2/comm"); err == nil && string(comm) == "kthreadd\n" { // not in a container
		refused["is a thread of the kernel"] = Options{Selection: Selection{PIDs: []int{2}}}
	}
	for want, o := range refused {
		w, err := Watch(context.Background(), o)
		if err == nil {
			w.Close()
			t.Errorf("%+v is taken, want %q", o, want)
			continue
		}
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
