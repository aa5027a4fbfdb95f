//go:build go1.23

package backstop_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/backstop-go/backstop"
	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/crashtest"
)

func init() {
	programs["ends"] = func(args []string) { end(args[0], args[1:]) }
	programs["dies-without-spool"] = func([]string) {
		var degraded *backstop.DegradedError
		if err := backstop.Start(backstop.Options{}); !errors.As(err, &degraded) {
			check(fmt.Errorf("start: %w", err))
		}
		explode(3)
	}
	programs["ends-as-pid-1"] = func(args []string) {
		if os.Getpid() == 1 { // and not the monitor
			check(syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""))
			check(syscall.Mount("proc", "/proc", "proc", 0, ""))
		}
		end(args[0], args[1:])
	}
}

// end starts the SDK, names its monitor, and ends in one of many ways.
func end(how string, args []string) {
	mustStart(backstop.Options{})
	tasks, err := filepath.Glob("/proc/self/task/*/children")
	check(err)
	monitor := ""
	for _, path := range tasks {
		data, err := os.ReadFile(path)
		check(err)
		monitor += strings.TrimSpace(string(data))
	}
	fmt.Println(monitor)
	switch how {
	case "return":
	case "exit":
		status, err := strconv.Atoi(args[0])
		check(err)
		os.Exit(status)
	case "signal":
		n, err := strconv.Atoi(args[0])
		check(err)
		check(syscall.Kill(os.Getpid(), syscall.Signal(n)))
		select {}
	case "stop":
		stopFully()
		os.Exit(3)
	case "exec":
		// Another program of the same process lives on until the monitor is gone.
		const outlive = "while readlink /proc/$0/exe; do :; done >/dev/null; exit 3"
		check(syscall.Exec("/bin/sh", []string{"sh", "-c", outlive, monitor}, os.Environ()))
	case "recover":
		func() {
			defer backstop.Recover()
			explode(3)
		}()
		os.Exit(1)
	case "panic":
		explode(3)
	case "guard":
		defer backstop.Guard()
		explode(3)
	case "take-over":
		// The crash output is somebody else's from here on.
		check(debug.SetCrashOutput(nil, debug.CrashOptions{}))
		func() {
			defer backstop.Recover()
			explode(3)
		}()
		os.Exit(7)
	case "stranger":
		// A process that goes on has all our pipes, as one that a C library
		// forked has them.
		sleep := exec.Command("sleep", "60")
		fds, err := os.ReadDir("/proc/self/fd")
		check(err)
		for _, e := range fds {
			fd, _ := strconv.Atoi(e.Name())
			if target, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && fd > 2 && strings.HasPrefix(target, "pipe:") {
				sleep.ExtraFiles = append(sleep.ExtraFiles, os.NewFile(uintptr(fd), target))
			}
		}
		check(sleep.Start())
		fmt.Fprintln(os.Stderr, sleep.Process.Pid)
		os.Exit(5)
	case "hog":
		func() {
			defer backstop.Recover()
			explode(3)
		}()
		for left := []string{""}; len(left) > 0; { // until the monitor works
			left, err = filepath.Glob(os.Getenv("BACKSTOP_SPOOL") + "/*.json")
			check(err)
		}
		var all [][]byte
		for {
			piece := make([]byte, 1<<20)
			for i := 0; i < len(piece); i += 4096 {
				piece[i] = 1
			}
			all = append(all, piece)
			runtime.KeepAlive(all)
		}
	}
}

// monitorOf reads from the output of "ends" which process its monitor is.
func monitorOf(t *testing.T, r crashtest.Result) int {
	t.Helper()
	pid, err := strconv.Atoi(strings.TrimSpace(r.Stdout))
	if err != nil {
		t.Fatalf("the program says %q and %q", r.Stdout, r.Stderr)
	}
	return pid
}

// needEndings skips where the kernel tells nobody but the parent how a process
// ended (Linux 6.15, PIDFD_INFO_EXIT).
func needEndings(t *testing.T) {
	t.Helper()
	needMonitor(t)
	data, err := os.ReadFile("/proc/sys/kernel/osrelease")
	check(err)
	var major, minor int
	if n, _ := fmt.Sscanf(string(data), "%d.%d", &major, &minor); n != 2 || major*100+minor < 615 {
		crashtest.Skip(t, "Linux %s tells only the parent how a process ended", data)
	}
}

// endOf runs "ends" until its monitor has ended as well, and tells each event
// in one line.
func endOf(t *testing.T, o crashtest.Options) (lines []string, events []event.Event) {
	t.Helper()
	needEndings(t)
	c := crashtest.NewCollector(t)
	o.Env = append(o.Env, "BACKSTOP_COLLECTOR="+c.URL, "BACKSTOP_SERVICE=svc", "BACKSTOP_SPOOL="+crashtest.SpoolDir(t))
	r := crashtest.Run(t, "ends", o)
	monitor := monitorOf(t, r)
	crashtest.Eventually(t, "the monitor ends", func() bool { return !alive(monitor) })
	events = decode(t, c.Events())
	for i := range events {
		e := &events[i]
		line := string(e.Class)
		if e.Message != nil {
			line += ": " + *e.Message
		}
		if e.Exit != nil {
			line += fmt.Sprintf(" (%d%s %s)", e.Exit.Status, e.Exit.Signal, e.Exit.By)
		}
		if e.Report != nil && e.Report.Truncated {
			line += " cut"
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines, events
}

// joined counts crashes as the collector does: by joining what is the same one.
func joined(events []event.Event) int {
	for i := range events {
		for j := range i {
			if event.Same(&events[i], &events[j]) {
				events[j] = event.Merge(events[i], events[j])
				return joined(slices.Delete(events, i, i+1))
			}
		}
	}
	return len(events)
}

const index = "panic.index: runtime error: index out of range [3] with length 3"

// TestEnding has programs end in many ways. Most of them do it before their
// monitor has begun to run.
func TestEnding(t *testing.T) {
	t.Parallel()
	none := []string{}
	for _, c := range []struct {
		args []string
		env  string
		want []string
	}{
		{[]string{"return"}, "", none},
		{[]string{"exit", "0"}, "", none},
		{[]string{"exit", "1"}, "", []string{"exit.os_exit: exit status 1 (1 )"}},
		{[]string{"exit", "2"}, "", []string{"exit.os_exit: exit status 2 (2 )"}},
		{[]string{"signal", "9"}, "", []string{"kill.sigkill: killed by SIGKILL (-1SIGKILL )"}},
		{[]string{"signal", "15"}, "", []string{"kill.sigterm: killed by SIGTERM (-1SIGTERM )"}},
		{[]string{"stop"}, "", none},
		{[]string{"exec"}, "", none},
		{[]string{"panic"}, "", []string{index + " (2 )"}},
		{[]string{"panic"}, "GOTRACEBACK=crash", []string{index + " (-1SIGABRT self)"}},
		{[]string{"guard"}, "", []string{index, index + " (2 )"}},
		{[]string{"take-over"}, "", []string{"exit.os_exit: exit status 7 (7 )", index}},
		{[]string{"recover"}, "", []string{"exit.os_exit: exit status 1 (1 )", index}},
	} {
		t.Run(strings.Join(c.args, "-")+c.env, func(t *testing.T) {
			t.Parallel()
			o := crashtest.Options{Args: c.args, Env: []string{c.env}}
			got, events := endOf(t, o)
			if !slices.Equal(got, c.want) {
				t.Errorf("events %q, want %q", got, c.want)
			}
			crashes := len(c.want)
			if c.args[0] == "guard" {
				crashes = 1 // that guard and monitor saw
			}
			if n := joined(events); n != crashes {
				t.Errorf("%d crashes after joining %q, want %d", n, got, crashes)
			}
		})
	}
}

// TestEndingByOOMKiller has the kernel kill a program for want of memory.
func TestEndingByOOMKiller(t *testing.T) {
	o := crashtest.Options{Args: []string{"hog"}, Cgroup: crashtest.MemoryCgroup(t, 64<<20)}
	want := []string{"kill.oom: killed by the kernel's OOM killer (-1SIGKILL oom_killer)", index}
	if got, _ := endOf(t, o); !slices.Equal(got, want) {
		t.Errorf("events %q, want %q", got, want)
	}
}

// TestEndingUnderSupervisor plays the supervisor: it hears of deaths without
// text itself.
func TestEndingUnderSupervisor(t *testing.T) {
	t.Parallel()
	mine, another := strconv.Itoa(os.Getpid()), strconv.Itoa(os.Getppid())
	exit := []string{"exit.os_exit: exit status 4 (4 )"}
	for _, c := range []struct {
		supervisor string
		args       []string
		want       []string
	}{
		{mine, []string{"exit", "4"}, []string{}},
		{mine, []string{"panic"}, []string{index + " (2 )"}},
		{another, []string{"exit", "4"}, exit}, // it waits for somebody in between
		{"none", []string{"exit", "4"}, exit},
	} {
		o := crashtest.Options{Args: c.args, Env: []string{"BACKSTOP_SUPERVISOR=" + c.supervisor}}
		if got, _ := endOf(t, o); !slices.Equal(got, c.want) {
			t.Errorf("supervisor %s, %s: events %q, want %q", c.supervisor, c.args, got, c.want)
		}
	}
}

// TestEndingOfZombie has a program end that nobody waits for.
func TestEndingOfZombie(t *testing.T) {
	t.Parallel()
	c := crashtest.NewCollector(t)
	p := obeying(t, crashtest.SpoolDir(t), c.URL, nil)
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	crashtest.Eventually(t, "the event", func() bool { return len(c.Events()) == 1 })
	if e := decode(t, c.Events())[0]; e.Class != "kill.sigkill" || e.Exit == nil || e.Exit.Signal != "SIGKILL" || e.Exit.OOM {
		t.Errorf("a kill became\n%s", show([]event.Event{e}))
	}
}

// TestEndingAsPID1 has process 1 of a namespace crash, as in a container. The
// kernel takes its monitor with it: nothing may hang, and what a guard wrote is
// delivered by the next start, unless the monitor was faster.
func TestEndingAsPID1(t *testing.T) {
	t.Parallel()
	needMonitor(t)
	c := crashtest.NewCollector(t)
	spool := crashtest.SpoolDir(t)
	env := []string{"BACKSTOP_COLLECTOR=" + c.URL, "BACKSTOP_SERVICE=svc", "BACKSTOP_SPOOL=" + spool}
	for _, how := range []string{"panic", "guard"} {
		o := crashtest.Options{Args: []string{how}, Env: env}
		cmd := crashtest.Command(t, "ends-as-pid-1", &o)
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS}
		if err := cmd.Start(); err != nil {
			crashtest.Skip(t, "no PID namespace: %v", err)
		}
		hung := time.AfterFunc(o.Timeout, func() { cmd.Process.Kill() })
		cmd.Wait()
		if hung.Stop(); cmd.ProcessState.ExitCode() != 2 {
			t.Errorf("%s: %v, want exit status 2", how, cmd.ProcessState)
		}
	}
	r := crashtest.Run(t, "ends", crashtest.Options{Args: []string{"return"}, Env: env})
	crashtest.Eventually(t, "the monitor of the next start ends", func() bool { return !alive(monitorOf(t, r)) })
	guarded := map[string]bool{}
	for _, e := range decode(t, c.Events()) {
		if e.Saw(event.Guard) && e.Class == "panic.index" && e.Process.PID == 1 {
			guarded[e.ID] = true
		}
	}
	if len(guarded) != 1 {
		t.Errorf("%d guarded panics arrived, want one:\n%s", len(guarded), show(decode(t, c.Events())))
	}
}

// TestCrashWithoutSpool has nowhere to write to: the monitor still has the
// network.
func TestCrashWithoutSpool(t *testing.T) {
	t.Parallel()
	needMonitor(t)
	c := crashtest.NewCollector(t)
	r := crashtest.Run(t, "dies-without-spool", crashtest.Options{Env: []string{"BACKSTOP_COLLECTOR=" + c.URL, "BACKSTOP_SPOOL=/proc/no/spool"}})
	if r.Exit != 2 {
		t.Fatalf("exit %d: %s", r.Exit, r.Stderr)
	}
	crashtest.Eventually(t, "the crash and a hello", func() bool { return len(c.Events()) == 1 && len(c.Hellos()) == 1 })
	if e := decode(t, c.Events())[0]; e.Class != "panic.index" || e.Exit == nil && e.Report.Truncated {
		t.Errorf("it is\n%s", show([]event.Event{e}))
	}
}

// TestKilledWhilePrinting kills a program whose traceback nobody reads, in the
// middle of it: what the monitor has is no whole traceback, and says so.
func TestKilledWhilePrinting(t *testing.T) {
	t.Parallel()
	needEndings(t)
	c := crashtest.NewCollector(t)
	stderr, w, err := os.Pipe()
	check(err)
	defer stderr.Close()
	p := obeying(t, crashtest.SpoolDir(t), c.URL, func(cmd *exec.Cmd) { cmd.Stderr = w })
	w.Close()
	fmt.Fprintln(p.in, "many")
	crashtest.Eventually(t, "the pipe fills", func() bool {
		const readable = 0x541B // FIONREAD, ioctl_tty(2)
		var n int32
		_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, stderr.Fd(), readable, uintptr(unsafe.Pointer(&n)))
		return errno == 0 && n > 32<<10
	})
	check(p.cmd.Process.Kill())
	p.cmd.Wait()
	crashtest.Eventually(t, "the event", func() bool { return len(c.Events()) == 1 })
	e := decode(t, c.Events())[0]
	if e.Class != "panic.index" || !e.Report.Truncated || e.Exit == nil || e.Exit.Signal != "SIGKILL" {
		t.Errorf("%s, truncated %v, exit %+v", e.Class, e.Report.Truncated, e.Exit)
	}
}

// TestEndingDespiteStrangers ends a program whose pipes stay open.
func TestEndingDespiteStrangers(t *testing.T) {
	t.Parallel()
	needEndings(t)
	c := crashtest.NewCollector(t)
	r := crashtest.Run(t, "ends", crashtest.Options{Args: []string{"stranger"}, Env: []string{"BACKSTOP_COLLECTOR=" + c.URL, "BACKSTOP_SPOOL=" + crashtest.SpoolDir(t)}})
	stranger, err := strconv.Atoi(strings.TrimSpace(r.Stderr))
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Kill(stranger, syscall.SIGKILL) //nolint:errcheck // it sleeps
	crashtest.Eventually(t, "the event", func() bool { return len(c.Events()) == 1 })
	if e := decode(t, c.Events())[0]; e.Exit == nil || e.Exit.Status != 5 || !alive(stranger) {
		t.Errorf("exit %+v", e.Exit)
	}
}
