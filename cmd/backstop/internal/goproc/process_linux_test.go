package goproc

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
	"github.com/backstop-go/backstop/internal/crashtest"
	"github.com/backstop-go/backstop/internal/gobin"
	"github.com/backstop-go/backstop/internal/gobin/layout"
)

// held starts testdata/stacks so that a goroutine stays in a state, and returns
// the open process and the address of the goroutine's g, or 0.
func held(t *testing.T, exe, state string) (p *Process, g uint64) {
	t.Helper()
	cmd := exec.Command(exe, state)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=2") // some states need two, whatever the machine has
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	main := uint64(0)
	for lines := bufio.NewScanner(stdout); lines.Scan() && lines.Text() != "ready"; {
		n, err := strconv.ParseUint(lines.Text(), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if main == 0 {
			main = n
		}
		g = n
	}
	if p, err = OpenProcess(cmd.Process.Pid); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	funcs, err := p.File.Lookup("main.main")
	if err != nil || main-funcs[0].Entry != p.Bias {
		t.Fatalf("moved by %#x; main.main, which is at %#x, says %#x: %v", p.Bias, funcs[0].Entry, main, err)
	}
	return p, g
}

// saved are the registers that a goroutine has when it runs again.
func saved(t *testing.T, p *Process, g uint64) Registers {
	t.Helper()
	word := func(o layout.Offset) uint64 {
		w, err := readWord(p.Memory, g+uint64(o))
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	return Registers{PC: word(p.Layout.G.SchedPC), SP: word(p.Layout.G.SchedSP), BP: word(p.Layout.G.SchedBP)}
}

func names(s Stack) string {
	var all []string
	for _, f := range s.Visible() {
		all = append(all, f.Func)
	}
	return strings.Join(all, " ")
}

// TestProcess unwinds goroutines of live processes: one that waits, one that was
// interrupted, one on the stack of its thread.
func TestProcess(t *testing.T) {
	const waits = "main.recurseWait main.recurseWait main.recurseWait main.recurseWait main.recurseWait main.recurseWait main.hold.func1 runtime.goexit"
	each(t, func(t *testing.T, exe string) {
		p, g := held(t, exe, "parked")
		s := p.Unwind(p.Memory, saved(t, p, g), nil, 0)
		if got := names(s); !strings.HasSuffix(got, " "+waits) || s.Why != "" {
			t.Errorf("parked: %s: %s", got, s.Why)
		}
		if s := p.Unwind(p.Memory, saved(t, p, g), nil, 3); len(s.Frames) != 3 || s.Why == "" {
			t.Errorf("three calls of it: %+v", s)
		}

		p, g = held(t, exe, "preempted")
		// The other goroutine may yet wait for its processor.
		for end := time.Now().Add(10 * time.Second); ; {
			if s = p.Unwind(p.Memory, saved(t, p, g), nil, 0); s.Why == "" || time.Now().After(end) {
				break
			}
		}
		if got := names(s); !strings.HasSuffix(got, "runtime.asyncPreempt main.spin main.hold.func2 runtime.goexit") || s.Why != "" {
			t.Errorf("preempted: %s: %s", got, s.Why)
		}
		for _, f := range s.Frames {
			if f.Trap != (f.Func == "main.spin") {
				t.Errorf("preempted: %+v", f)
			}
		}
	})
}

// TestSystemStack goes on from the stack of a thread to that of its goroutine.
func TestSystemStack(t *testing.T) {
	each(t, func(t *testing.T, exe string) {
		p, g := held(t, exe, "stopping")
		var r Registers
		var alone Stack
		crashtest.Eventually(t, "a thread waits for the others to stop", func() (found bool) {
			r, found = stopping(t, p)
			alone = p.Unwind(p.Memory, r, nil, 0) // it may have gone on meanwhile
			return found && strings.HasSuffix(names(alone), " runtime.systemstack")
		})
		user := saved(t, p, g)
		if !strings.HasSuffix(names(alone), " runtime.systemstack") || alone.Why == "" {
			t.Errorf("the thread: %s: %s", names(alone), alone.Why)
		}
		var whole Stack
		for end := time.Now().Add(10 * time.Second); ; { // the thread goes on meanwhile
			r.User = &user
			if whole = p.Unwind(p.Memory, r, nil, 0); whole.Why == "" || time.Now().After(end) {
				break
			}
			if again, found := stopping(t, p); found {
				r, user = again, saved(t, p, g)
				alone = p.Unwind(p.Memory, r, nil, 0)
			}
		}
		if got := names(whole); !strings.HasPrefix(got, names(alone)+" runtime.") || !strings.HasSuffix(got, " runtime.GC main.collect main.hold.func4 runtime.goexit") || whole.Why != "" {
			t.Errorf("thread and goroutine: %s: %s", got, whole.Why)
		}
	})
}

// stopping returns the registers of the thread that waits for the others to stop.
func stopping(t *testing.T, p *Process) (r Registers, found bool) {
	t.Helper()
	tasks, err := filepath.Glob(p.path("task/*/syscall"))
	if err != nil || len(tasks) == 0 {
		t.Fatalf("threads of process %d: %d, %v", p.PID, len(tasks), err)
	}
	for _, task := range tasks {
		text, err := os.ReadFile(task)
		if err != nil {
			crashtest.Skip(t, "what threads do is not told: %v", err)
		}
		words := strings.Fields(string(text))
		if len(words) < 3 {
			continue // it runs
		}
		r = Registers{Trap: true}
		if _, err := fmt.Sscan(words[len(words)-2]+" "+words[len(words)-1], &r.SP, &r.PC); err != nil {
			t.Fatal(err)
		}
		if s := p.Unwind(p.Memory, r, nil, 0); strings.Contains(names(s), "runtime.stopTheWorldWithSema") {
			return r, true
		}
	}
	return r, false
}

// TestOpenErrors asks for what cannot be read.
func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o755); err != nil {
			t.Fatal(err)
		}
		return path
	}
	exe, err := os.ReadFile(tracee.BuildFrom(t, os.DirFS("testdata/values"), tracee.Toolchains[5], tracee.Stripped))
	if err != nil {
		t.Fatal(err)
	}
	other := append([]byte(nil), exe...)
	binary.LittleEndian.PutUint16(other[18:], 183) // EM_AARCH64
	future := []byte(strings.Replace(string(exe), "go1.26.8", "go1.99.8", -1))
	var unknown *layout.UnknownReleaseError
	var arch *ArchError
	for _, c := range []struct {
		path string
		is   func(error) bool
	}{
		{file("script", []byte("#!/bin/sh\n")), func(err error) bool { return errors.Is(err, gobin.ErrNotGo) }},
		{file("short", exe[:100]), func(err error) bool { return err != nil }},
		{file("other", other), func(err error) bool { return errors.As(err, &arch) && arch.Arch == "arm64" }},
		{file("future", future), func(err error) bool { return errors.As(err, &unknown) }},
		{filepath.Join(dir, "none"), func(err error) bool { return errors.Is(err, fs.ErrNotExist) }},
	} {
		p, err := Open(c.path)
		var open *OpenError
		if p != nil || !c.is(err) || !errors.As(err, &open) || strings.Count(err.Error(), c.path) != 1 {
			t.Errorf("%s: %v", c.path, err)
		}
	}
	for _, pid := range []int{-1, 0, 1 << 30} {
		if p, err := OpenProcess(pid); p != nil || !errors.Is(err, ErrNoProcess) {
			t.Errorf("process %d: %v", pid, err)
		}
	}
	sleep := exec.Command("sleep", "60")
	if err := sleep.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = sleep.Process.Kill()
		_ = sleep.Wait()
	}()
	var open *OpenError
	if p, err := OpenProcess(sleep.Process.Pid); p != nil || !errors.Is(err, gobin.ErrNotGo) || !errors.As(err, &open) || open.Hint() == "" {
		t.Errorf("sleep: %v", err)
	}
}

// TestProcessGone opens a process whose executable is deleted, and reads it after
// its end.
func TestProcessGone(t *testing.T) {
	exe, err := os.ReadFile(tracee.BuildFrom(t, os.DirFS("testdata/values"), tracee.Toolchains[5], tracee.PIEStripped))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "with space (deleted)")
	if err := os.WriteFile(path, exe, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	first, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	p, err := OpenProcess(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	funcs, err := p.File.Lookup("main.main")
	if err != nil || strconv.FormatUint(funcs[0].Entry+p.Bias, 10) != strings.TrimSpace(first) {
		t.Errorf("moved by %#x, main.main is at %s: %v", p.Bias, first, err)
	}
	_ = stdin.Close()
	go io.Copy(io.Discard, stdout) //nolint:errcheck // so that it can end
	var info syscall.WaitStatus
	if _, err := syscall.Wait4(cmd.Process.Pid, &info, 0, nil); err != nil {
		t.Fatal(err)
	}
	if n, err := p.Memory.ReadAt(make([]byte, 8), int64(funcs[0].Entry+p.Bias)); n != 0 || err == nil {
		t.Errorf("%d bytes of a process that has ended, %v", n, err)
	}
	if p, err := OpenProcess(cmd.Process.Pid); p != nil || !errors.Is(err, ErrNoProcess) {
		t.Errorf("a process that has ended: %v", err)
	}
}

// TestNoRights asks as a user who may not.
func TestNoRights(t *testing.T) {
	if os.Getuid() != 0 {
		crashtest.Skip(t, "only root can become another user")
	}
	p, _ := held(t, tracee.BuildFrom(t, os.DirFS("testdata/stacks"), tracee.Toolchains[5], tracee.Stripped), "parked")
	opened := make(chan error)
	go func() {
		// The user of this thread alone, which ends with the goroutine.
		runtime.LockOSThread()
		const nobody = 65534
		if _, _, errno := syscall.RawSyscall(syscall.SYS_SETRESUID, nobody, nobody, nobody); errno != 0 {
			opened <- errno
			return
		}
		_, err := OpenProcess(p.PID)
		opened <- err
	}()
	err := <-opened
	var open *OpenError
	if !errors.Is(err, fs.ErrPermission) || !errors.As(err, &open) || open.Hint() == "" {
		t.Errorf("%v", err)
	}
}
