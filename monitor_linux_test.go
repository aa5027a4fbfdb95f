package backstop_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/crashtest"
)

// A puppet is the program "obey", and its monitor.
type puppet struct {
	t       *testing.T
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	monitor int
}

// obeying starts the program. spool is its spool directory.
func obeying(t *testing.T, spool, collector string, change func(*exec.Cmd), args ...string) *puppet {
	t.Helper()
	needMonitor(t)
	cmd := crashtest.Command(t, "obey", &crashtest.Options{Args: args, Env: []string{"BACKSTOP_COLLECTOR=" + collector, "BACKSTOP_SPOOL=" + spool, "BACKSTOP_SERVICE=svc"}})
	if change != nil {
		change(cmd)
	}
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
	p := &puppet{t: t, cmd: cmd, in: in, out: bufio.NewReader(out)}
	t.Cleanup(func() {
		in.Close()
		cmd.Process.Kill()
		cmd.Wait()
		if p.monitor != 0 { // it writes into the directory that the test removes
			syscall.Kill(p.monitor, syscall.SIGKILL)
			crashtest.Eventually(t, "the monitor is gone", func() bool { return !alive(p.monitor) })
		}
	})
	if line := p.line(); line != "up" {
		t.Fatalf("the program says %q", line)
	}
	p.monitor = onlyChild(t, cmd.Process.Pid)
	crashtest.Eventually(t, "the monitor is up", func() bool { return comm(p.monitor) == "backstop-mon" })
	return p
}

func (p *puppet) line() string {
	line, _ := p.out.ReadString('\n')
	return strings.TrimSuffix(line, "\n")
}

// do sends a word and returns the answer, "" when the program died of it.
func (p *puppet) do(word string) string {
	fmt.Fprintln(p.in, word)
	return p.line()
}

func onlyChild(t *testing.T, pid int) int {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	children := strings.Fields(string(data))
	if err == nil && len(children) == 0 {
		// Started by another thread of the program.
		tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
		for _, path := range tasks {
			data, _ := os.ReadFile(path)
			children = append(children, strings.Fields(string(data))...)
		}
	}
	if len(children) != 1 {
		t.Fatalf("children %q (%v), want one monitor", children, err)
	}
	child, err := strconv.Atoi(children[0])
	if err != nil {
		t.Fatal(err)
	}
	return child
}

func comm(pid int) string {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	return strings.TrimSpace(string(data))
}

// alive reports whether a process runs or still has open files. A zombie has
// none, unless that is only its first thread and others are on their way out.
func alive(pid int) bool {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(data), ") ")
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	return !strings.HasPrefix(rest, "Z") || err == nil && len(threads) > 1
}

func fds(t *testing.T, pid int) map[string]string {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, e := range entries {
		if target, err := os.Readlink(filepath.Join(dir, e.Name())); err == nil {
			all[e.Name()] = target
		}
	}
	return all
}

// TestMonitorHoldsOnToNothing looks at the monitor from outside: what it kept
// of the program would keep `app | cat` from ending, or a port in use.
func TestMonitorHoldsOnToNothing(t *testing.T) {
	c := crashtest.NewCollector(t)
	leakR, leakW, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer leakR.Close()
	defer leakW.Close()
	p := obeying(t, crashtest.SpoolDir(t), c.URL, func(cmd *exec.Cmd) {
		// Descriptors that a shell left open arrive without close-on-exec.
		cmd.ExtraFiles = []*os.File{leakW, leakW, leakW, leakW}
	})
	crashtest.Eventually(t, "hello: the monitor is past its beginning", func() bool { return len(c.Hellos()) == 1 })
	leak := fmt.Sprintf("/proc/self/fd/%d", leakW.Fd())
	leaked, err := os.Readlink(leak)
	if err != nil {
		t.Fatal(err)
	}
	program := fds(t, p.cmd.Process.Pid)
	for fd, target := range fds(t, p.monitor) {
		if n, _ := strconv.Atoi(fd); n <= 2 && target != "/dev/null" {
			t.Errorf("descriptor %s of the monitor is %s", fd, target)
		}
		if target == leaked || target == program["0"] || target == program["1"] || target == program["2"] && target != "/dev/null" {
			t.Errorf("descriptor %s of the monitor is the program's %s", fd, target)
		}
	}
	if cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", p.monitor)); err != nil || cwd != "/" {
		t.Errorf("the monitor stands in %s (%v)", cwd, err)
	}
	if pgid, err := syscall.Getpgid(p.monitor); err != nil || pgid != p.monitor {
		t.Errorf("the monitor is in process group %d (%v), want one of its own", pgid, err)
	}
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		if err := syscall.Kill(p.monitor, sig); err != nil {
			t.Fatal(err)
		}
	}
	if answer := p.do("print-env"); strings.Contains(answer, "BACKSTOP_MONITOR=") || !strings.HasSuffix(answer, "done") {
		t.Errorf("the program's children would inherit the monitor's configuration: %s", answer)
	}
	p.do("recover")
	crashtest.Eventually(t, "the event, in spite of the signals", func() bool { return len(c.Events()) == 1 })
	p.in.Close()
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("the program: %v", err)
	}
	crashtest.Eventually(t, "the monitor ends with its program", func() bool { return !alive(p.monitor) })
}

func TestMonitorSurvivesItsSurroundings(t *testing.T) {
	for _, what := range []string{"cwd-gone", "exe-gone"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			c := crashtest.NewCollector(t)
			// A copy, because the program deletes its executable.
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			// Made by another process: a file that this one wrote is busy as long
			// as a child that was just forked holds a copy of its descriptor.
			exe := filepath.Join(t.TempDir(), "copy")
			if out, err := exec.Command("cp", self, exe).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			p := obeying(t, crashtest.SpoolDir(t), c.URL, func(cmd *exec.Cmd) {
				cmd.Path = exe
				cmd.Dir = t.TempDir()
			}, what)
			p.do("panic")
			crashtest.Eventually(t, "the crash arrives", func() bool { return len(c.Events()) == 1 })
		})
	}
}

// TestOutage has the collector fail, hang and come back while the program
// lives.
func TestOutage(t *testing.T) {
	t.Parallel()
	c := crashtest.NewCollector(t)
	c.Answer(func([][]byte) int { return http.StatusInternalServerError })
	p := obeying(t, crashtest.SpoolDir(t), c.URL, nil)
	for range 3 {
		if answer := p.do("recover"); answer != "done" {
			t.Fatalf("the program says %q", answer)
		}
	}
	crashtest.Eventually(t, "the monitor tries again", func() bool { return c.Tries() > 3 })
	if n := len(c.Events()); n != 0 {
		t.Fatalf("%d events were accepted", n)
	}
	c.Answer(nil)
	crashtest.Eventually(t, "the events arrive", func() bool { return len(c.Events()) >= 3 })
	seen := map[string]bool{}
	for _, e := range decode(t, c.Events()) {
		if seen[e.ID] {
			t.Errorf("event %s was sent twice", e.ID)
		}
		seen[e.ID] = true
	}
}

// TestCrashDuringOutage dies while the collector is away: the event waits for
// the next start.
func TestCrashDuringOutage(t *testing.T) {
	t.Parallel()
	for name, hang := range map[string]bool{"down": false, "hanging": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := crashtest.NewCollector(t)
			url := "http://127.0.0.1:1"
			if hang {
				url = c.URL
				c.Stall()
			}
			spool := crashtest.SpoolDir(t)
			p := obeying(t, spool, url, nil)
			p.do("panic")
			crashtest.Eventually(t, "the monitor gives up", func() bool { return !alive(p.monitor) })
			if got := spooled(t, spool); len(got) != 1 || got[0].Class != "panic.index" {
				t.Fatalf("want the crash in the spool, have:\n%s", show(got))
			}
			c.Resume()
			obeying(t, spool, c.URL, nil)
			crashtest.Eventually(t, "the next start delivers", func() bool { return len(c.Events()) == 1 })
		})
	}
}

// TestMonitorKilled kills the monitor: the program takes over.
func TestMonitorKilled(t *testing.T) {
	t.Parallel()
	c := crashtest.NewCollector(t)
	p := obeying(t, crashtest.SpoolDir(t), c.URL, nil)
	if err := syscall.Kill(p.monitor, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	crashtest.Eventually(t, "the monitor is dead", func() bool { return !alive(p.monitor) })
	p.do("recover")
	crashtest.Eventually(t, "the event arrives all the same", func() bool { return len(c.Events()) == 1 })
	if zombie := comm(p.monitor); zombie != "" {
		t.Errorf("the dead monitor is still in the process table")
	}
	// A crash without a monitor must still be an ordinary, prompt death.
	p.do("panic")
	p.cmd.Wait()
	if code := p.cmd.ProcessState.ExitCode(); code != 2 {
		t.Errorf("exit %d, want 2", code)
	}
}

func TestLargeCrash(t *testing.T) {
	t.Parallel()
	c := crashtest.NewCollector(t)
	p := obeying(t, crashtest.SpoolDir(t), c.URL, nil)
	p.do("many")
	crashtest.Eventually(t, "the crash arrives", func() bool { return len(c.Events()) == 1 })
	if n := len(c.Events()[0]); n > event.MaxEncoded {
		t.Errorf("the event has %d bytes", n)
	}
	e := decode(t, c.Events())[0]
	if e.Report.GoroutineCount < 20000 || !e.Report.Truncated || len(e.Text) > event.MaxText {
		t.Errorf("%d goroutines counted, truncated %v, %d bytes of text", e.Report.GoroutineCount, e.Report.Truncated, len(e.Text))
	}
}

func TestHostileCrash(t *testing.T) {
	t.Parallel()
	c := crashtest.NewCollector(t)
	p := obeying(t, crashtest.SpoolDir(t), c.URL, nil)
	p.do("hostile")
	crashtest.Eventually(t, "the crash arrives", func() bool { return len(c.Events()) == 1 })
	e := decode(t, c.Events())[0]
	if e.Class != "panic.custom" || e.Report.FirstAppFrame() == nil || !strings.HasSuffix(e.Report.FirstAppFrame().Func, ".obey") {
		t.Errorf("the message was taken for the stack:\n%s", show([]event.Event{e}))
	}
}
