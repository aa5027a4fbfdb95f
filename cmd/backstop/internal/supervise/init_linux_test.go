package supervise

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/backstop-go/backstop/internal/crashtest"
)

// asInit makes a stand-in the init process of a pid namespace of its own.
func asInit(t *testing.T, cmd *exec.Cmd) *exec.Cmd {
	t.Helper()
	return wrap(t, cmd, "unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
}

// wrap runs a command by another one.
func wrap(t *testing.T, cmd *exec.Cmd, by ...string) *exec.Cmd {
	t.Helper()
	outer := exec.Command(by[0], slices.Concat(by[1:], cmd.Args)...)
	outer.Env = cmd.Env
	return outer
}

// needsNamespaces skips where no pid namespace can be made.
func needsNamespaces(t *testing.T) {
	t.Helper()
	if out, err := exec.Command("unshare", "--pid", "--fork", "--mount-proc", "true").CombinedOutput(); err != nil {
		crashtest.Skip(t, "no pid namespace can be made, which takes root and unshare(1): %v %s", err, out)
	}
}

// TestReaps: what the program leaves behind does not stay a zombie, and the
// program itself keeps its status.
func TestReaps(t *testing.T) {
	for _, as := range []string{"subreaper", "init"} {
		t.Run(as, func(t *testing.T) {
			t.Parallel()
			cmd := standInCommand(t, "orphans", "25")
			if as == "init" {
				needsNamespaces(t)
				cmd = asInit(t, cmd)
			}
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.HasPrefix(string(out), "all gone\n") || !strings.Contains(string(out), "end: 7 ") {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// TestStatusUnderReaper: the reaper never takes the status of the program,
// however short its life.
func TestStatusUnderReaper(t *testing.T) {
	needsNamespaces(t)
	cmd := asInit(t, standInCommand(t, "exit", "11"))
	cmd.Env = append(cmd.Env, standInEnv+"=50")
	out, err := cmd.CombinedOutput()
	if n := strings.Count(string(out), "end: 11 "); err != nil || n != 50 {
		t.Errorf("%v, %d of 50 runs ended with the status\n%s", err, n, out)
	}
}

// TestInitForwards: the kernel drops signals for an init process that has no
// handler, so each has to be asked for.
func TestInitForwards(t *testing.T) {
	needsNamespaces(t)
	out, err := asInit(t, standInCommand(t, "signal-parent")).CombinedOutput()
	want := "15\n2\n1\n3\n10\n12\n28\n18\n30\n37\n64\nend: 9 stopped: true"
	if err != nil || !strings.HasPrefix(string(out), want) {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestMonitorDelivers: whatever still runs when an init process ends is killed,
// so a monitor has to be waited for.
func TestMonitorDelivers(t *testing.T) {
	needsNamespaces(t)
	file := filepath.Join(t.TempDir(), "file")
	out, err := asInit(t, standInCommand(t, "leave-monitor", file)).CombinedOutput()
	data, _ := os.ReadFile(file) // empty when it is missing
	if err != nil || string(data) != "delivered" || !strings.Contains(string(out), "end: 2 ") {
		t.Errorf("%v, the monitor wrote %q\n%s", err, data, out)
	}
}

// TestMonitorHangs: it is not waited for without end.
func TestMonitorHangs(t *testing.T) {
	needsNamespaces(t)
	out, err := asInit(t, standInCommand(t, "leave-monitor")).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "end: 2 ") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestStopWhileMonitorHangs: whoever asks twice does not wait.
func TestStopWhileMonitorHangs(t *testing.T) {
	exe, err := crasher()
	if err != nil {
		t.Fatal(err)
	}
	r := startReaper()
	defer r.close()
	cmd := exec.Command(exe, "monitor")
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = r.start(func() (int, error) {
			err := cmd.Start()
			return cmd.Process.Pid, err
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fscanln(stdout) //nolint:errcheck // an empty line: it has its name
	signals := make(chan os.Signal, 2)
	signals <- syscall.SIGWINCH
	signals <- syscall.SIGTERM
	r.awaitMonitors(time.Hour, signals)
	if n := monitors(os.Getpid()); n != 1 {
		t.Errorf("%d monitors", n)
	}
	_ = cmd.Process.Kill() // it lives: it was just counted
	_ = cmd.Wait()         // with the status of a kill
	r.release()
}

func TestMonitors(t *testing.T) {
	exe, err := crasher()
	if err != nil {
		t.Fatal(err)
	}
	before := monitors(os.Getpid())
	cmd := exec.Command(exe, "monitor")
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fscanln(stdout) //nolint:errcheck // an empty line: it has its name
	if n := monitors(os.Getpid()); n != before+1 {
		t.Errorf("%d monitors, %d before", n, before)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	awaitEnd(cmd.Process.Pid)
	if n := monitors(os.Getpid()); n != before {
		t.Errorf("%d monitors, one of them a zombie", n)
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != -1 {
		t.Errorf("the status was taken: %v", err)
	}
}

// TestMonitorWithoutAName: a program that dies at once leaves a monitor that has
// not named itself yet.
func TestMonitorWithoutAName(t *testing.T) {
	exe, err := crasher()
	if err != nil {
		t.Fatal(err)
	}
	for env, want := range map[string]int{"BACKSTOP_MONITOR={}": 1, "BACKSTOP_MONITOR_LOG=/dev/null": 0, "OLD_BACKSTOP_MONITOR={}": 0} {
		before := monitors(os.Getpid())
		cmd := exec.Command(exe, "sleep")
		cmd.Env = append(os.Environ(), env)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if n := monitors(os.Getpid()) - before; n != want {
			t.Errorf("%s: %d monitors, want %d", env, n, want)
		}
		_ = cmd.Process.Kill() // it sleeps
		_ = cmd.Wait()         // with the status of a kill
	}
}

// TestLimits: the kernel ends programs at their resource limits, which they may
// set themselves.
func TestLimits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		want string
	}{
		// A Go program does not follow SIGXCPU (runtime/sigtab_linux_generic.go).
		{[]string{"spin", "1,2"}, `kill.sigkill "killed by SIGKILL: its processor time was limited to 2s (..." exit=-1SIGKILL by rlimit`},
		{[]string{"exec", "/bin/sh", "-c", "ulimit -S -t 1; while :; do :; done"}, `kill.sigxcpu "killed by SIGXCPU: its processor time was limited to 1s (..." exit=-1SIGXCPU by rlimit`},
		{[]string{"exec", "/bin/sh", "-c", "ulimit -t 9; kill -XCPU $$"}, `kill.sigxcpu "killed by SIGXCPU" exit=-1SIGXCPU`},
		{[]string{"exec", "/bin/sh", "-c", "ulimit -t 9; kill -KILL $$"}, `kill.sigkill "killed by SIGKILL" exit=-1SIGKILL`},
		{[]string{"exec", "/bin/sh", "-c", "ulimit -f 1; exec head -c 9999 /dev/zero >$0", filepath.Join(t.TempDir(), "file")}, `kill.sigxfsz "killed by SIGXFSZ: its files were limited to 512 bytes (R..." exit=-1SIGXFSZ by rlimit`},
		{[]string{"exec", "/bin/sh", "-c", "kill -XFSZ $$"}, `kill.sigxfsz "killed by SIGXFSZ" exit=-1SIGXFSZ`},
		// And gets an error instead of SIGXFSZ.
		{[]string{"write", filepath.Join(t.TempDir(), "file")}, `exit.log_fatal "`},
	} {
		t.Run(strings.Join(c.args, "_"), func(t *testing.T) {
			t.Parallel()
			got := supervise(t, Options{Limits: Limits{NoCore: true}}, c.args...)
			if s := summary(got.Events); len(s) != 1 || !strings.HasPrefix(s[0], c.want) {
				t.Errorf("events %q, want %q\n%.500s", s, c.want, got.stderr)
			}
		})
	}
}

// pidsCgroup makes a cgroup that may hold a number of tasks and returns the file
// that takes its members.
func pidsCgroup(t *testing.T, limit int) (procs string) {
	t.Helper()
	for _, root := range []string{"/sys/fs/cgroup/pids", "/sys/fs/cgroup"} {
		dir, err := os.MkdirTemp(root, "backstop-test-")
		if err != nil {
			continue
		}
		t.Cleanup(func() {
			crashtest.Eventually(t, "the cgroup can be removed", func() bool { return os.Remove(dir) == nil })
		})
		f, err := os.OpenFile(filepath.Join(dir, "pids.max"), os.O_WRONLY, 0)
		if err != nil {
			continue
		}
		_, err = fmt.Fprint(f, limit)
		f.Close()
		if err == nil {
			return filepath.Join(dir, "cgroup.procs")
		}
	}
	crashtest.Skip(t, "no pids cgroup can be made: this needs root and a writable cgroup file system")
	return ""
}

// TestTaskLimit: program and supervisor share a limit of tasks, as in a
// container, and the program uses it up.
func TestTaskLimit(t *testing.T) {
	for way, want := range map[string]string{
		"threads":   "event: fatal.newosproc \"newosproc\" exit=2 oom: false\nend: 2 ",
		"processes": "event: panic.custom ",
	} {
		t.Run(way, func(t *testing.T) {
			for range 5 {
				procs := pidsCgroup(t, 40)
				cmd := standInCommand(t, way)
				cmd.Args[0] = os.Args[0]
				out, err := wrap(t, cmd, "sh", "-c", `echo $$ >"$0" && exec "$@"`, procs).CombinedOutput()
				if err != nil || !strings.Contains(string(out), want) || !strings.Contains(string(out), "end: 2 ") {
					t.Fatalf("%v\n%.3000s", err, out)
				}
			}
		})
	}
}

// TestShellTellsOfOOM: a shell that runs the program does not die with it.
func TestShellTellsOfOOM(t *testing.T) {
	exe, err := crasher()
	if err != nil {
		t.Fatal(err)
	}
	procs := filepath.Join(crashtest.MemoryCgroup(t, 64<<20), "cgroup.procs")
	cmd := standInCommand(t, "exec", "/bin/sh", "-c", `"$0" hog; exit $?`, exe)
	out, err := wrap(t, cmd, "sh", "-c", `echo $$ >"$0" && exec "$@"`, procs).CombinedOutput()
	want := `event: kill.oom "the kernel's OOM killer killed a child of it; exit status..." exit=137 by oom_killer oom: true` + "\nend: 137 "
	if err != nil || !strings.Contains(string(out), want) {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestReapsNothingOfOurs: without Reap a Run leaves the other children of its
// process alone.
func TestReapsNothingOfOurs(t *testing.T) {
	cmd := exec.Command("/bin/sh", "-c", "exit 5")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	awaitEnd(cmd.Process.Pid)
	supervise(t, Options{}, "exit", "0")
	if cmd.Wait(); cmd.ProcessState.ExitCode() != 5 { //nolint:errcheck // its status is the point
		t.Errorf("state %v", cmd.ProcessState)
	}
}
