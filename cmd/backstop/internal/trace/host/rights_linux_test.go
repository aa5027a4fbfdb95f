package host

import (
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

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/probe"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/rights"
	"github.com/backstop-go/backstop/internal/crashtest"
)

// modest is a tracer of one executable with few rights: it gives up what it has
// too much of, watches, attaches, starts a program that panics, and says what it
// saw.
func modest(args []string) {
	must(rights.Keep(rights.BPF, rights.Perfmon))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	tracer, err := bpf.Load(bpf.Options{})
	must(err)
	w, err := Watch(ctx, Options{Selection: Selection{Exes: args}})
	must(err)
	cmd := exec.Command(args[0])
	cmd.Env = []string{"BACKSTOP_CRASHTEST=die"}
	in, err := cmd.StdinPipe()
	must(err)
	must(cmd.Start())
	e := <-w.Events()
	for e.Kind == Seen && e.Target == nil { // others end, too
		e = <-w.Events()
	}
	if e.Kind != Added {
		must(fmt.Errorf("event %d, %s", e.Kind, e.Text))
	}
	l, err := goproc.LayoutOf(e.Target.Executable.Binary)
	must(err)
	sites, err := probe.Find(e.Target.Executable.Binary, l)
	must(err)
	_, err = tracer.Attach(sites.Target(e.Target.Executable.Path()))
	must(err)
	must(in.Close())
	r, err := tracer.Read(ctx)
	must(err)
	fmt.Println(r.Kind == bpf.Panic, int(r.PID) == cmd.Process.Pid)
	for e := range w.Events() {
		if e.Kind == Seen && e.Record.Kind == bpf.Exit && int(e.Record.PID) == cmd.Process.Pid {
			fmt.Println("exit", syscall.WaitStatus(e.Record.Code).ExitStatus())
			break
		}
	}
	must(w.Close())
	must(tracer.Close())
}

// public makes a directory that every user may enter and write to.
func public(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "backstop-host-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestFewRights traces as a user without any right but those named.
func TestFewRights(t *testing.T) {
	if os.Geteuid() != 0 {
		crashtest.Skip(t, "only root gives others rights")
	}
	dir := public(t)
	exe := filepath.Join(dir, "shop")
	data, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(exe, data, 0o755); err != nil {
		t.Fatal(err)
	}
	const both = "load programs for probes: "
	for _, test := range []struct {
		name       string
		have       []rights.Capability
		begin, end string
	}{
		{"both", []rights.Capability{rights.BPF, rights.Perfmon}, "true true\nexit 2\n", ""},
		{"too many", []rights.Capability{rights.BPF, rights.Perfmon, rights.Kill, rights.SysPtrace}, "true true\nexit 2\n", ""},
		{"CAP_BPF alone", []rights.Capability{rights.BPF}, both, ": CAP_PERFMON is missing\n"},
		{"CAP_PERFMON alone", []rights.Capability{rights.Perfmon}, both, ": CAP_BPF is missing\n"},
		{"none", nil, both, ": CAP_BPF and CAP_PERFMON are missing\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			cmd := crashtest.Command(t, "modest", &crashtest.Options{Args: []string{exe}, Dir: public(t)})
			cmd.Path = "/proc/self/exe" // another user may not reach the directory of the test
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
			for _, c := range test.have {
				cmd.SysProcAttr.AmbientCaps = append(cmd.SysProcAttr.AmbientCaps, uintptr(c))
			}
			var stderr strings.Builder
			cmd.Stderr = &stderr
			stdout, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			out, err := io.ReadAll(stdout)
			if err != nil {
				t.Error(err)
			}
			cmd.Wait() //nolint:errcheck // what it says counts
			if text := string(out); !strings.HasPrefix(text, test.begin) || !strings.HasSuffix(text, test.end) {
				t.Errorf("it says %q, want %q … %q; %s", text, test.begin, test.end, stderr.String())
			}
		})
	}
}
