package bpf

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	"github.com/backstop-go/backstop/internal/crashtest"
)

func openHost(t *testing.T, o HostOptions) *Host {
	t.Helper()
	if os.Geteuid() != 0 {
		crashtest.Skip(t, "only root loads programs into the kernel")
	}
	h, err := OpenHost(o)
	var rejected *ebpf.VerifierError // says "permission denied" of programs that are wrong
	if errors.Is(err, os.ErrPermission) && !errors.As(err, &rejected) {
		crashtest.Skip(t, "%v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	if err := h.Partial(); err != nil {
		t.Fatal(err)
	}
	return h
}

// next returns the next record of a process.
func next(t *testing.T, h *Host, pid int, kind Kind) Record {
	t.Helper()
	for {
		r, err := h.Read()
		if err != nil {
			t.Fatal(err)
		}
		if int(r.PID) == pid && r.Kind == kind {
			return r
		}
	}
}

func TestHostSeesKill(t *testing.T) {
	h := openHost(t, HostOptions{})
	cmd := exec.Command("/bin/sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid := cmd.Process.Pid
	if r := next(t, h, pid, Exec); r.Comm != "sleep" || r.Stopped || r.Time == 0 {
		t.Errorf("exec: %+v", r)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	r := next(t, h, pid, Signal)
	if r.Code != 9 || int(r.Peer) != os.Getpid() || r.SigCode != 0 || r.Comm != "sleep" || r.PeerUID != 0 || r.PeerComm == "" {
		t.Errorf("signal: %+v", r)
	}
	r = next(t, h, pid, Exit)
	if w := syscall.WaitStatus(r.Code); !w.Signaled() || w.Signal() != syscall.SIGKILL {
		t.Errorf("exit: %+v", r)
	}
	cmd.Wait() //nolint:errcheck // it was killed
	if lost := h.Lost(); len(lost) > 0 {
		t.Errorf("lost: %v", lost)
	}
}

func TestHostSeesStatus(t *testing.T) {
	h := openHost(t, HostOptions{})
	cmd := exec.Command("/bin/sh", "-c", "exit 3")
	cmd.Run() //nolint:errcheck // it ends with 3
	if r := next(t, h, cmd.Process.Pid, Exit); syscall.WaitStatus(r.Code).ExitStatus() != 3 {
		t.Errorf("exit: %+v", r)
	}
}

// TestHostIgnores lets a process get signals that are nobody's concern: records
// come in order, so that what was ignored is missing before what is not.
func TestHostIgnores(t *testing.T) {
	h := openHost(t, HostOptions{})
	cmd := exec.Command("/bin/sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid := cmd.Process.Pid
	if err := h.Ignore(uint32(pid)); err != nil {
		t.Fatal(err)
	}
	for _, s := range []syscall.Signal{syscall.SIGWINCH, syscall.SIGSTOP, syscall.SIGCONT} {
		if err := syscall.Kill(pid, s); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Watch(uint32(pid)); err != nil {
		t.Fatal(err)
	}
	for _, s := range []syscall.Signal{syscall.SIGURG, syscall.SIGCONT, syscall.SIGTERM} {
		if err := syscall.Kill(pid, s); err != nil {
			t.Fatal(err)
		}
	}
	if r := next(t, h, pid, Signal); r.Code != int64(syscall.SIGTERM) {
		t.Errorf("not the first that counts: %+v", r)
	}
	cmd.Wait() //nolint:errcheck // it was killed
}

// TestHostCatches has a name of its own: programs of that name are stopped on the
// whole machine.
func TestHostCatches(t *testing.T) {
	data, err := os.ReadFile("/bin/sleep")
	if err != nil {
		crashtest.Skip(t, "%v", err)
	}
	path := filepath.Join(t.TempDir(), "backstop-sleep")
	if err := os.WriteFile(path, data, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]HostOptions{
		"whole name":   {CatchNames: []string{"backstop-sleep"}},
		"beginning":    {CatchNames: []string{"backstop-sle*"}},
		"another name": {CatchNames: []string{"backstop-sle", "backstop-sleeper", "backstop-true*"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := openHost(t, o)
			cmd := exec.Command(path, "0.5") // the signal may come late
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			pid := cmd.Process.Pid
			r := next(t, h, pid, Exec)
			if want := name != "another name"; r.Stopped != want {
				t.Errorf("stopped: %v, want %v", r.Stopped, want)
			}
			noted, err := h.Stopped().Noted()
			if err != nil {
				t.Fatal(err)
			}
			if at, ok := noted[uint32(pid)]; ok != r.Stopped || ok && at != r.Time {
				t.Errorf("noted: %v", noted)
			}
			if r.Stopped {
				var status syscall.WaitStatus
				if got, err := syscall.Wait4(pid, &status, syscall.WUNTRACED, nil); got != pid || !status.Stopped() {
					t.Fatalf("not stopped: %d, %v, %#x", got, err, status)
				}
				syscall.Kill(pid, syscall.SIGCONT) //nolint:errcheck // Wait would hang
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("it does not end as it would have: %v", err)
			}
			if err := h.Stopped().Forget(uint32(pid)); err != nil {
				t.Error(err)
			}
			if noted, err := h.Stopped().Noted(); err != nil || len(noted) > 0 {
				t.Errorf("still noted: %v, %v", noted, err)
			}
		})
	}
}

// TestHostOptionsRefused takes what would stop everything.
func TestHostOptionsRefused(t *testing.T) {
	openHost(t, HostOptions{})
	if h, err := OpenHost(HostOptions{CatchNames: []string{"*"}}); err == nil {
		h.Close()
		t.Error("every program is stopped")
	}
}

func TestHostClose(t *testing.T) {
	h := openHost(t, HostOptions{})
	done := make(chan error, 1)
	go func() {
		for {
			if _, err := h.Read(); err != nil {
				done <- err
				return
			}
		}
	}()
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; !errors.Is(err, os.ErrClosed) {
		t.Errorf("read after close: %v", err)
	}
}

// TestVictim decides what mark_victim passes, for kernels that differ.
func TestVictim(t *testing.T) {
	pid := &btf.Int{Name: "int", Size: 4, Encoding: btf.Signed}
	task := &btf.Pointer{Target: &btf.Struct{Name: "task_struct", Size: 8}}
	for name, test := range map[string]struct {
		args []btf.FuncParam
		want bool
		err  bool
	}{
		"a task":  {[]btf.FuncParam{{Type: &btf.Pointer{Target: &btf.Void{}}}, {Type: task}, {Type: pid}}, true, false},
		"a pid":   {[]btf.FuncParam{{Type: &btf.Pointer{Target: &btf.Void{}}}, {Type: &btf.Typedef{Name: "pid_t", Type: pid}}}, false, false},
		"nothing": {[]btf.FuncParam{{Type: &btf.Pointer{Target: &btf.Void{}}}}, false, true},
	} {
		b, err := btf.NewBuilder([]btf.Type{&btf.Typedef{
			Name: "btf_trace_mark_victim",
			Type: &btf.Pointer{Target: &btf.FuncProto{Return: &btf.Void{}, Params: test.args}},
		}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := b.Marshal(nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		spec, err := btf.LoadSpecFromReader(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		got, err := victimIsTask(spec)
		if got != test.want || (err != nil) != test.err {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// TestVictimByPID loads what kernels before 6.10 get: the verifier of this one
// takes it, too.
func TestVictimByPID(t *testing.T) {
	openHost(t, HostOptions{}) // skips where nothing can be loaded
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(hostObject))
	if err != nil {
		t.Fatal(err)
	}
	if err := configureHost(spec, HostOptions{CatchCgroups: []uint64{1}}); err != nil {
		t.Fatal(err)
	}
	if err := spec.Variables["victim_is_task"].Set(uint32(0)); err != nil {
		t.Fatal(err)
	}
	c, err := ebpf.NewCollection(spec)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}
