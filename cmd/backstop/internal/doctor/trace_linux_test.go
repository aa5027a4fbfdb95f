package doctor

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/rights"
	"github.com/backstop-go/backstop/internal/crashtest"
)

// TestFromOutside tries everything with the rights of root.
func TestFromOutside(t *testing.T) {
	if os.Geteuid() != 0 || runtime.GOARCH != "amd64" {
		crashtest.Skip(t, "probes need root on amd64")
	}
	r := examine(t, Options{})
	for _, name := range []string{"capabilities", "probes", "process events", "pid namespace", "snapshot of a child"} {
		if c := r.find(t, name); c.Status != OK {
			t.Errorf("%+v", c)
		}
	}
	for _, name := range []string{"trace", "snapshot"} {
		if p := r.path(t, name); p.Works != Yes {
			t.Errorf("%+v", p)
		}
	}
}

// asNobody examines as another user with some capabilities.
func asNobody(t *testing.T, have ...rights.Capability) *Report {
	t.Helper()
	if os.Geteuid() != 0 || runtime.GOARCH != "amd64" {
		crashtest.Skip(t, "only root gives others rights, and probes are for amd64")
	}
	dir, err := os.MkdirTemp("", "backstop-doctor-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	cmd := crashtest.Command(t, "report", &crashtest.Options{Dir: dir})
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	cmd.Path = "/proc/self/exe" // the directory of the test is root's
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	for _, c := range have {
		cmd.SysProcAttr.AmbientCaps = append(cmd.SysProcAttr.AmbientCaps, uintptr(c))
	}
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	r := new(Report)
	if err := json.Unmarshal(out, r); err != nil {
		t.Fatal(err)
	}
	return r
}

// A process of another user cannot be examined: whose it is is said, and what to do.
func TestForeignProcessAsNobody(t *testing.T) {
	if os.Geteuid() != 0 || runtime.GOARCH != "amd64" {
		crashtest.Skip(t, "only root can be somebody else, and the reason is known on amd64")
	}
	dir, err := os.MkdirTemp("", "backstop-doctor-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	pid := strconv.Itoa(os.Getpid())
	cmd := crashtest.Command(t, "report", &crashtest.Options{Dir: dir, Args: []string{pid}})
	cmd.Path = "/proc/self/exe" // the directory of the test is root's
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.Output()
	if err != nil || !strings.HasPrefix(string(out), "the executable of process "+pid+" may not be read: it belongs to user root, and CAP_SYS_PTRACE is missing; run it as that user") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestFromOutsideAsNobody(t *testing.T) {
	r := asNobody(t)
	if c := r.find(t, "probes"); c.Status != Info || !strings.HasSuffix(c.Detail, "CAP_BPF and CAP_PERFMON are missing") || !strings.Contains(c.Hint, "setcap cap_bpf,cap_perfmon+ep") {
		t.Errorf("%+v", c)
	}
	if p := r.path(t, "trace"); p.Works != No || p.Why != "no probes (CAP_BPF, CAP_PERFMON missing); instead: by ptrace, backstop snapshot, core files" {
		t.Errorf("%+v", p)
	}
	if p := r.path(t, "snapshot"); p.Works != Partly {
		t.Errorf("%+v", p)
	}
	r = asNobody(t, rights.BPF)
	if c := r.find(t, "process_events"); c.Status != Info || !strings.HasSuffix(c.Detail, ": CAP_PERFMON is missing") {
		t.Errorf("%+v", c)
	}
	r = asNobody(t, rights.BPF, rights.Perfmon)
	for _, name := range []string{"probes", "process_events"} {
		if c := r.find(t, name); c.Status != OK {
			t.Errorf("%+v", c)
		}
	}
	if c := r.find(t, "capabilities"); c.Detail != "CAP_BPF, CAP_PERFMON; missing: CAP_SYS_PTRACE, CAP_KILL, CAP_DAC_READ_SEARCH" {
		t.Errorf("%+v", c)
	}
	if p := r.path(t, "trace"); p.Works != Partly || !strings.Contains(p.Why, "of this user only") {
		t.Errorf("%+v", p)
	}
}

// TestOutsideOfProcess examines a running program.
func TestOutsideOfProcess(t *testing.T) {
	pid := waiting(t, crashtest.Command(t, "wait", &crashtest.Options{}))
	r := examine(t, Options{PID: pid})
	if os.Geteuid() == 0 {
		if c := r.find(t, "memory"); c.Status != OK {
			t.Errorf("%+v", c)
		}
	}
	if runtime.GOARCH == "amd64" {
		if c := r.find(t, "probe sites"); c.Status != OK || !strings.Contains(c.Detail, runtime.Version()) {
			t.Errorf("%+v", c)
		}
	}
}

func TestKernelSettings(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		links map[string]string
		want  map[string]string
	}{
		"open": {
			map[string]string{"proc/self/mountinfo": "22 29 0:21 / /proc rw shared:1 - proc proc rw\n", "sys/kernel/security/lockdown": "[none] integrity confidentiality\n"},
			map[string]string{"proc/self/ns/pid": hostNamespace},
			map[string]string{"hidepid": "ok off", "lockdown": "ok none", "pid namespace": "ok that of the host"},
		},
		"closed": {
			map[string]string{
				"proc/self/mountinfo": "22 29 0:21 / /proc rw shared:1 - proc proc rw,gid=4,hidepid=invisible\n", "sys/kernel/security/lockdown": "none integrity [confidentiality]\n",
				"proc/sys/kernel/perf_event_paranoid": "4\n",
			},
			map[string]string{"proc/self/ns/pid": "pid:[4026532001]"},
			map[string]string{"hidepid": "info invisible", "lockdown": "info confidentiality", "pid namespace": "info one of a container", "perf_event_paranoid": "ok 4"},
		},
		"nothing to read": {nil, nil, map[string]string{"hidepid": "ok off", "lockdown": "ok not there", "pid namespace": "info unknown"}},
	} {
		t.Run(name, func(t *testing.T) {
			x := tree(t, c.files)
			for path, target := range c.links {
				full := filepath.Join(x.root, path)
				if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.Symlink(target, full); err != nil {
					t.Fatal(err)
				}
			}
			x.kernelSettings()
			x.namespace()
			x.hidepid()
			for check, want := range c.want {
				status, says, _ := strings.Cut(want, " ")
				if got := x.report.find(t, check); string(got.Status) != status || !strings.HasPrefix(got.Detail, says) {
					t.Errorf("%+v, want %s", got, want)
				}
			}
		})
	}
}

func TestCoresWritten(t *testing.T) {
	const limits = "Limit  Soft Limit  Hard Limit  Units\nMax core file size        0                    unlimited            bytes\n"
	for _, c := range []struct {
		pattern, limits, level string
		want                   []string
	}{
		{"core", limits, "crash", []string{"the limit for core files is 0"}},
		{"|/usr/lib/systemd/systemd-coredump %P", limits, "crash", nil},
		{"core", strings.Replace(limits, " 0 ", " unlimited ", 1), "", []string{"Go leaves one only with GOTRACEBACK=crash"}},
		{"", limits, "all", []string{"core_pattern is empty", "Go leaves one"}},
	} {
		x := tree(t, map[string]string{"proc/sys/kernel/core_pattern": c.pattern + "\n", "proc/100/limits": c.limits})
		x.env["GOTRACEBACK"] = c.level
		x.coresWritten()
		got := x.found.outside.cores
		if len(got) != len(c.want) {
			t.Errorf("%q: %q, want %q", c.pattern, got, c.want)
			continue
		}
		for i := range got {
			if !strings.HasPrefix(got[i], c.want[i]) {
				t.Errorf("%q: %q, want %q", c.pattern, got, c.want)
			}
		}
	}
}

// ends is what is said of trace by ptrace where a snapshot can do all.
func ends(snapshot string) string {
	if snapshot == "all goroutines" {
		return "ends of processes"
	}
	return snapshot
}

// TestFallBack draws the conclusions for what cannot be made here.
func TestFallBack(t *testing.T) {
	denied := &rights.Error{Err: os.ErrPermission, Missing: []rights.Capability{rights.Perfmon}}
	unknown := errors.New("unknown release")
	for name, c := range map[string]struct {
		outside               fromOutside
		pid                   int
		trace, snapshot, core Works
		whyTrace, whySnapshot string
	}{
		"no rights":      {fromOutside{probes: denied, processes: denied}, 0, No, Partly, Yes, "no probes (CAP_PERFMON missing); instead: by ptrace, backstop snapshot, core files", "processes of this user only"},
		"and no ptrace":  {fromOutside{probes: denied, ptrace: os.ErrPermission, foreign: true}, 0, No, No, Yes, "no probes (CAP_PERFMON missing); instead: core files", "no process can be stopped (not permitted); instead: core files"},
		"a container":    {fromOutside{inside: true, foreign: true}, 0, No, Yes, Yes, "not in a pid namespace of its own; instead: by ptrace, backstop snapshot, core files", "all goroutines"},
		"unknown build":  {fromOutside{layout: unknown, foreign: true}, 0, No, No, No, "no probe sites in this executable; instead: backstop run", "the structures"},
		"no sites":       {fromOutside{sites: unknown, foreign: true}, 0, No, Yes, Yes, "no probe sites in this executable; instead: by ptrace, backstop snapshot, core files", "all goroutines"},
		"no BTF":         {fromOutside{processes: unknown, foreign: true}, 0, Partly, Yes, Yes, "not who kills, nor how processes end", "all goroutines"},
		"hidden":         {fromOutside{hidden: "2"}, 0, Partly, Partly, Yes, "processes of this user only; hidepid=2", "processes of this user only"},
		"another user's": {fromOutside{memory: denied}, 7, Partly, No, Yes, "processes of this user only", "not of this process (CAP_PERFMON missing)"},
		"all":            {fromOutside{foreign: true}, 7, Yes, Yes, Yes, "every panic", "all goroutines"},
	} {
		x := tree(t, nil)
		x.found.outside, x.options.PID = c.outside, c.pid
		x.pathTrace()
		x.pathPtrace()
		x.pathSnapshot()
		x.pathCore()
		for path, want := range map[string]struct {
			works Works
			why   string
		}{"trace": {c.trace, c.whyTrace}, "trace by ptrace": {c.snapshot, ends(c.whySnapshot)}, "snapshot": {c.snapshot, c.whySnapshot}, "core": {c.core, ""}} {
			if got := x.report.path(t, path); got.Works != want.works || !strings.HasPrefix(got.Why, want.why) {
				t.Errorf("%s: %+v, want %+v", name, got, want)
			}
		}
	}
}
