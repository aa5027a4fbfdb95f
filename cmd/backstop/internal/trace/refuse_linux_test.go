package trace_test

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/host"
	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
	"github.com/backstop-go/backstop/internal/crashtest"
)

// A badFile cannot be traced; text is a part of what is said of it.
type badFile struct{ path, text string }

func badFiles(t *testing.T) map[string]badFile {
	t.Helper()
	exe := tracee.Build(t, tracee.Toolchains[5], tracee.Stripped)
	changed := func(f func([]byte) []byte) string { return duplicate(t, exe, f) }
	table, last := landmarks(t, exe)
	return map[string]badFile{
		"directory":     {t.TempDir(), "is a directory"},
		"device":        {"/dev/null", "is no file"},
		"empty":         {changed(func([]byte) []byte { return nil }), "not a Go executable"},
		"script":        {changed(func([]byte) []byte { return []byte("#!/bin/sh\nsleep 9\n") }), "not a Go executable"},
		"truncated":     {changed(func(b []byte) []byte { return b[:len(b)/3] }), "it ends within the segment"},
		"header-only":   {changed(func(b []byte) []byte { return b[:100] }), "damaged program headers"},
		"no-table":      {changed(func(b []byte) []byte { clear(b[table.Offset : table.Offset+table.Size]); return b }), "no table header was found"},
		"half-a-table":  {changed(func(b []byte) []byte { clear(b[table.Offset+table.Size/2 : table.Offset+table.Size]); return b }), "damaged function table"},
		"arm":           {changed(func(b []byte) []byte { b[18] = byte(elf.EM_AARCH64); return b }), "on arm64 are not known"},
		"big-endian":    {changed(func(b []byte) []byte { b[5] = byte(elf.ELFDATA2MSB); return b }), "not a Go executable"},
		"other-release": {changed(func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("go1.26.8"), []byte("go1.99.8")) }), "go1.99.8"},
		"changed-code":  {changed(func(b []byte) []byte { b[last] = 0x90; return b }), "os.Exit"},
		"386":           {build386(t), "386"},
		"not-go":        {"/bin/sh", "not a Go executable"},
	}
}

// landmarks are where an executable has its table of functions, and the last of
// its sites.
func landmarks(t *testing.T, exe string) (table *elf.Section, last uint64) {
	t.Helper()
	f, err := elf.Open(exe)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it was read only
	table = f.Section(".gopclntab")
	if table == nil {
		t.Fatal("no .gopclntab")
	}
	sites := mustFind(t, exe).Sites
	return table, sites[len(sites)-1].Offset
}

// build386 builds a Go program of 32 bits.
func build386(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module example.com/small\n\ngo 1.21\n", "main.go": "package main\n\nimport \"time\"\n\nfunc main() { time.Sleep(time.Hour) }\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", "build", "-o", "program", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOARCH=386", "GOWORK=off", "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		crashtest.Skip(t, "go build for 386: %v\n%s", err, out)
	}
	return filepath.Join(dir, "program")
}

// runShortly runs the tracer on a selection for a short time, and returns what it
// told of executables.
func runShortly(t *testing.T, s host.Selection) (told []trace.Attachment, err error) {
	t.Helper()
	if os.Geteuid() != 0 {
		crashtest.Skip(t, "loading programs into the kernel needs root")
	}
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
	defer stop()
	_, err = trace.Run(ctx, trace.LiveOptions{
		Host:     host.Options{Selection: s},
		OnEvent:  func(e *trace.Event) { t.Errorf("an event of what is not traced: %+v", e) },
		OnTarget: func(a trace.Attachment) { told = append(told, a); stop() },
		OnNotice: func(text string) { t.Log(text) },
		OnTick:   func(trace.Status, []*trace.Site) {},
	})
	return told, err
}

// What is no executable that can be traced is refused at once, with a hint.
func TestRefusedFiles(t *testing.T) {
	for name, bad := range badFiles(t) {
		t.Run(name, func(t *testing.T) {
			told, err := runShortly(t, host.Selection{Exes: []string{bad.path}})
			var h trace.Hinted
			if err == nil || len(told) != 0 || !strings.Contains(err.Error(), bad.text) || !strings.Contains(err.Error(), bad.path) {
				t.Fatalf("%v, %+v; not %q", err, told, bad.text)
			}
			if !errors.As(err, &h) || len(h.Hint()) < 20 {
				t.Errorf("no hint: %v", err)
			}
			t.Logf("%v\nhint: %s", err, h.Hint())
		})
	}
}

// So is a process that cannot be traced; it goes on, and has no probe.
func TestRefusedProcesses(t *testing.T) {
	exe := tracee.Build(t, tracee.Toolchains[5], tracee.Stripped)
	sites := mustFind(t, exe)
	last := len(sites.Sites) - 1
	changed := tracee.Start(t, duplicate(t, exe, func(b []byte) []byte { b[sites.Sites[last].Offset] = 0x90; return b }))
	strange := tracee.Start(t, duplicate(t, exe, func(b []byte) []byte {
		return bytes.ReplaceAll(b, []byte("go1.26.8"), []byte("go1.99.8"))
	}))
	ended := exec.Command("/bin/true")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]struct {
		pid  int
		text string
	}{
		"changed-code":  {changed.PID, "os.Exit"},
		"other-release": {strange.PID, "go1.99.8"},
		"386":           {running(t, build386(t)), "on 386"},
		"not-go":        {running(t, "/bin/sleep", "100"), "not a Go executable"},
		"script":        {running(t, duplicate(t, exe, func([]byte) []byte { return []byte("#!/bin/sh\nsleep 100\n:\n") })), "not a Go executable"},
		"ended":         {ended.Process.Pid, "there is no process"},
		"kernel-thread": {kernelThread(t), "thread of the kernel"},
		"itself":        {os.Getpid(), "is this one"},
	} {
		t.Run(name, func(t *testing.T) {
			told, err := runShortly(t, host.Selection{PIDs: []int{bad.pid}})
			var h trace.Hinted
			text, hint := "", ""
			if errors.As(err, &h) {
				text, hint = err.Error(), h.Hint()
			}
			for _, a := range told {
				if a.Attached {
					t.Errorf("attached to %+v", a)
				}
				text, hint = a.Reason, a.Hint
			}
			if !strings.Contains(text, bad.text) || len(hint) < 20 {
				t.Errorf("%v, %+v; not %q with a hint", err, told, bad.text)
			}
			t.Logf("%s\nhint: %s", text, hint)
		})
	}
	for _, p := range []*tracee.Process{changed, strange} {
		p.Do("storm 10")
	}
	sites.Sites = sites.Sites[:last] // the last one was changed
	for _, p := range []*tracee.Process{changed, strange} {
		if n := probed(t, p.PID, sites); n != 0 {
			t.Errorf("%d probes in a process that was refused", n)
		}
	}
}

// running starts a program that runs until the test ends.
func running(t *testing.T, args ...string) (pid int) {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // a script has a child
		_ = cmd.Wait()                                      // it was killed
	})
	// Until it has become that program it is this one.
	self, err := os.Readlink("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	crashtest.Eventually(t, "the program runs", func() bool {
		exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", cmd.Process.Pid))
		return err == nil && exe != self
	})
	return cmd.Process.Pid
}

// kernelThread is kthreadd, where this process sees it.
func kernelThread(t *testing.T) int {
	t.Helper()
	if comm, err := os.ReadFile("/proc/2/comm"); err != nil || string(comm) != "kthreadd\n" {
		t.Skip("threads of the kernel are not seen in this pid namespace")
	}
	return 2
}
