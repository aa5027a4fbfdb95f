package doctor

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/backstop-go/backstop/internal/crashtest"
)

// tree makes files for an examiner that looks at no others.
func tree(t *testing.T, files map[string]string) *examiner {
	t.Helper()
	x := &examiner{root: t.TempDir(), pid: 100, env: environment{}}
	for path, text := range files {
		full := filepath.Join(x.root, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return x
}

const (
	mountV2 = "30 29 0:26 / /sys/fs/cgroup ro - cgroup2 cgroup rw\n"
	// A container's mount shows its own part.
	mountV1 = "30 29 0:26 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n" +
		"31 29 0:27 /docker/abc /sys/fs/cgroup/pids ro - cgroup cgroup rw,pids\n"
)

func TestCgroups(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  map[string]string // name of a check: its status and a text
	}{
		"version 2, in a namespace": {map[string]string{
			"proc/100/cgroup": "0::/\n", "proc/self/mountinfo": mountV2,
			"sys/fs/cgroup/cgroup.controllers": "cpu memory pids\n",
			"sys/fs/cgroup/memory.events":      "low 0\nhigh 0\nmax 0\noom 0\noom_kill 3\n", "sys/fs/cgroup/memory.oom.group": "0\n",
			"sys/fs/cgroup/memory.max": "536870912\n", "sys/fs/cgroup/pids.max": "max\n", "sys/fs/cgroup/pids.current": "7\n",
		}, map[string]string{"OOM counter": "ok memory.events", "memory limit": "degraded 512 MB, of the cgroup", "pids limit": "ok none"}},
		"version 2, group kill and a limit above": {map[string]string{
			"proc/100/cgroup": "0::/pod/app\n", "proc/self/mountinfo": mountV2,
			"sys/fs/cgroup/cgroup.controllers":    "cpu memory pids\n",
			"sys/fs/cgroup/pod/memory.max":        "2147483648\n",
			"sys/fs/cgroup/pod/app/memory.events": "oom_kill 0\n", "sys/fs/cgroup/pod/app/memory.oom.group": "1\n",
			"sys/fs/cgroup/pod/app/memory.max": "max\n", "sys/fs/cgroup/pod/app/pids.max": "50\n", "sys/fs/cgroup/pod/app/pids.current": "45\n",
		}, map[string]string{"OOM group": "degraded memory.oom.group is 1", "memory limit": "ok 2.0 GB", "pids limit": "degraded 45 of 50"}},
		"version 1, in a container": {map[string]string{
			"proc/100/cgroup": "9:pids:/docker/abc\n4:memory:/docker/abc\n0::/\n", "proc/self/mountinfo": mountV1,
			"sys/fs/cgroup/memory/memory.oom_control":    "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
			"sys/fs/cgroup/pids/pids.max":                "100\n", "sys/fs/cgroup/pids/pids.current": "10\n",
		}, map[string]string{"OOM counter": "ok memory.oom_control", "memory limit": "ok none", "pids limit": "ok 10 of 100"}},
		"none": {map[string]string{"proc/100/cgroup": "0::/\n"}, map[string]string{"OOM counter": "degraded no memory cgroup", "memory limit": "ok none"}},
		"resource limits": {map[string]string{
			"proc/100/cgroup": "0::/\n", "proc/100/statm": "262144 100 1 1 0 1 0\n",
			"proc/100/limits": "Limit                     Soft Limit           Hard Limit           Units     \n" +
				"Max data size             1073741824           unlimited            bytes     \n" +
				"Max address space         2097152000           unlimited            bytes     \n",
		}, map[string]string{"memory limit": "degraded " + size(2097152000-262144*uint64(os.Getpagesize())) + ", left of RLIMIT_AS"}},
	} {
		t.Run(name, func(t *testing.T) {
			x := tree(t, c.files)
			x.memory()
			x.pids()
			for check, want := range c.want {
				status, says, _ := strings.Cut(want, " ")
				if got := x.report.find(t, check); string(got.Status) != status || !strings.Contains(got.Detail, says) {
					t.Errorf("%+v, want %s", got, want)
				}
			}
		})
	}
}

// TestRealCgroup looks at a process in a memory cgroup of this machine.
func TestRealCgroup(t *testing.T) {
	dir := crashtest.MemoryCgroup(t, 512<<20)
	cmd := crashtest.Command(t, "wait", &crashtest.Options{Cgroup: dir, AddressSpace: math.MaxUint64})
	pid := waiting(t, cmd)
	x := &examiner{pid: pid, env: environment{}}
	x.memory()
	if c := x.report.find(t, "memory limit"); c.Status != Degraded || !strings.HasPrefix(c.Detail, "512 MB") {
		t.Errorf("limit: %+v", c)
	}
	if c := x.report.find(t, "OOM counter"); c.Status != OK {
		t.Errorf("counter: %+v", c)
	}
}

// waiting starts a program that waits for the end of its input.
func waiting(t *testing.T, cmd *exec.Cmd) (pid int) {
	t.Helper()
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
	t.Cleanup(func() {
		in.Close()
		cmd.Wait() //nolint:errcheck // it was told to end
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "up\n" {
		t.Fatalf("the program says %q (%v)", line, err)
	}
	return cmd.Process.Pid
}

func TestPIDOne(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		comm, args string
		exe        string
		pid        int
		want       Status
		dies       bool
	}{
		"systemd":          {"systemd", "/sbin/init\x00", "", 100, OK, false},
		"backstop run":     {"backstop", "/usr/bin/backstop\x00run\x00--\x00shop\x00", self, 100, OK, false},
		"a Go program":     {"shop", "/shop\x00", self, 100, Degraded, true},
		"a shell":          {"sh", "sh\x00-c\x00shop\x00", "", 100, OK, false},
		"the one examined": {"shop", "/shop\x00", "", 1, Degraded, true},
		"out of sight":     {"", "", "", 100, Info, false},
	} {
		t.Run(name, func(t *testing.T) {
			x := tree(t, map[string]string{"proc/1/comm": c.comm + "\n", "proc/1/cmdline": c.args})
			x.pid = c.pid
			if c.exe != "" {
				if err := os.Symlink(c.exe, filepath.Join(x.root, "proc/1/exe")); err != nil {
					t.Fatal(err)
				}
			}
			x.pidOne()
			if got := x.report.find(t, "PID 1"); got.Status != c.want || x.found.pidOne != c.dies {
				t.Errorf("%+v, dies with it: %v", got, x.found.pidOne)
			}
		})
	}
}

// TestRunIsNotExamined: backstop run stands for the program below it.
func TestRunIsNotExamined(t *testing.T) {
	const run = "/usr/bin/backstop\x00run\x00--\x00shop\x00"
	files := func(cmdline, supervisor string) map[string]string {
		return map[string]string{
			"proc/1/cmdline": cmdline, "proc/1/stat": "1 (x) S 0 1",
			"proc/7/stat": "7 (orphan) S 1 7", "proc/7/environ": "A=b\x00",
			"proc/8/stat": "8 (mon) S 1 8", "proc/8/comm": monitorName + "\n", "proc/8/environ": "BACKSTOP_SUPERVISOR=1\x00",
			"proc/9/stat": "9 (shop) S 1 9", "proc/9/comm": "shop\n", "proc/9/environ": "A=b\x00BACKSTOP_SUPERVISOR=" + supervisor + "\x00",
		}
	}
	for name, c := range map[string]struct {
		cmdline, supervisor string
		want                int
	}{
		"its program":       {run, "1", 9},
		"another's program": {run, "4", 1},
		"a program":         {"/shop\x00run\x00", "1", 1},
	} {
		if got := tree(t, files(c.cmdline, c.supervisor)).supervised(1); got != c.want {
			t.Errorf("%s: process %d, want %d", name, got, c.want)
		}
	}
}

func TestContainerSigns(t *testing.T) {
	x := tree(t, map[string]string{".dockerenv": "", "proc/1/cgroup": "0::/kubepods/pod1\n"})
	x.detectContainer()
	if c := x.report.find(t, "container"); !strings.Contains(c.Detail, "/.dockerenv, kubepods") {
		t.Errorf("%+v", c)
	}
	x = tree(t, nil)
	x.detectContainer()
	if c := x.report.find(t, "container"); c.Detail != "no sign of one" {
		t.Errorf("%+v", c)
	}
}

// TestPlacesOfAnother looks for the spool of another user's process where that
// user has it.
func TestPlacesOfAnother(t *testing.T) {
	x := tree(t, map[string]string{"proc/100/status": "Name:\tshop\nUmask:\t0022\nUid:\t1000\t1000\t1000\t1000\n"})
	x.options.PID, x.env = 100, environment{"HOME": "/home/shop", "TMPDIR": "/scratch"}
	var got []string
	for _, p := range x.places() {
		got = append(got, filepath.Join(p.dir, p.prefix))
	}
	want := "/home/shop/.cache/backstop /scratch/backstop-1000- /dev/shm/backstop-1000-"
	if strings.Join(got, " ") != want {
		t.Errorf("places %q, want %s", got, want)
	}
}

func TestKernelBefore53(t *testing.T) {
	x := tree(t, map[string]string{"proc/sys/kernel/osrelease": "4.19.0-26-amd64\n"})
	x.kernel()
	if c := x.report.find(t, "kernel"); c.Status != Degraded || !strings.Contains(c.Detail, "4.19.0-26-amd64") || x.found.pidfd {
		t.Errorf("%+v", c)
	}
}

// TestProcess examines real processes: this one's child, with streams of every
// kind.
func TestProcess(t *testing.T) {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for want, stderr := range map[string]*os.File{"/dev/null": null, "the file " + file.Name(): file} {
		cmd := crashtest.Command(t, "wait", &crashtest.Options{Env: []string{"GOTRACEBACK=none", "BACKSTOP_COLLECTOR=http://127.0.0.1:1"}})
		cmd.Stderr = stderr
		pid := waiting(t, cmd)
		r := examine(t, Options{PID: pid})
		if c := r.find(t, "stderr"); !strings.HasPrefix(c.Detail, want) || (c.Status == Degraded) != (stderr == null) {
			t.Errorf("stderr: %+v, want %s", c, want)
		}
		// The environment is that of the process, not ours.
		if c := r.find(t, "GOTRACEBACK"); c.Status != Degraded {
			t.Errorf("GOTRACEBACK: %+v", c)
		}
		if c := r.find(t, "collector"); c.Status != Missing {
			t.Errorf("collector: %+v", c)
		}
		if c := r.find(t, "process"); !strings.HasPrefix(c.Detail, fmt.Sprint(pid)) {
			t.Errorf("process: %+v", c)
		}
		if p := r.path(t, "supervisor"); p.Works != No {
			t.Errorf("supervisor: %+v", p)
		}
	}
}

// TestShopUnderExamination starts a program with the SDK, and finds its monitor,
// running and stopped.
func TestShopUnderExamination(t *testing.T) {
	shop := crashtest.Build(t, "../../../../examples/shop")
	ready := filepath.Join(t.TempDir(), "ready")
	cmd := exec.Command(shop, "-listen", "127.0.0.1:0", "-ready-file", ready, "-until-eof")
	cmd.Env = append(os.Environ(), "BACKSTOP_SPOOL="+filepath.Join(t.TempDir(), "spool"))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		cmd.Wait() //nolint:errcheck // it was told to end
	})
	crashtest.Eventually(t, "the shop is open", func() bool { _, err := os.Stat(ready); return err == nil })
	monitor := 0
	crashtest.Eventually(t, "the monitor is up", func() bool {
		x := &examiner{}
		children, _ := x.children(cmd.Process.Pid)
		for _, pid := range children {
			if x.read(fmt.Sprintf("/proc/%d/comm", pid)) == monitorName {
				monitor = pid
			}
		}
		return monitor != 0
	})
	r := examine(t, Options{PID: cmd.Process.Pid})
	if c := r.find(t, "monitor"); c.Status != OK || c.Detail != fmt.Sprintf("process %d", monitor) {
		t.Errorf("monitor: %+v, want process %d", c, monitor)
	}
	if p := r.path(t, "monitor"); p.Works != Yes {
		t.Errorf("monitor: %+v", p)
	}
	if err := syscall.Kill(monitor, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	defer syscall.Kill(monitor, syscall.SIGCONT) //nolint:errcheck // it ends with the shop
	crashtest.Eventually(t, "a stopped monitor is noticed", func() bool {
		x := &examiner{pid: cmd.Process.Pid, program: &program{sdk: "x"}}
		x.monitor()
		c := x.report.find(t, "monitor")
		return c.Status == Degraded && strings.HasSuffix(c.Detail, "stopped")
	})
}
