package bpf_test

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
	"github.com/backstop-go/backstop/internal/crashtest"
)

// state is the state of a process as /proc has it: "T" when it was stopped.
func state(t *testing.T, pid int) string {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	return rest[:1]
}

// A process that dies is stopped before it prints, is noted as stopped, and dies
// as it would have when it is let go.
func TestFreeze(t *testing.T) {
	w := load(t, bpf.Options{})
	for i, toolchain := range tracee.Toolchains {
		t.Run(toolchain, func(t *testing.T) {
			exe := tracee.Private(t, tracee.Build(t, toolchain, tracee.Modes[i%len(tracee.Modes)]))
			to := target(t, exe)
			to.Freeze = true
			w.attach(to)
			for name, kind := range map[string]bpf.Kind{"die-string": bpf.Uncaught, "unlock": bpf.Fatal, "abort": bpf.SignalDeath} {
				t.Run(name, func(t *testing.T) { freeze(t, w, exe, name, kind) })
			}
		})
	}
}

// freeze lets a program begin to die.
func freeze(t *testing.T, w *watch, exe, name string, kind bpf.Kind) {
	t.Helper()
	p := tracee.Start(t, exe)
	p.Do("string")
	p.Send(name)
	r := w.await(1, func(r bpf.Record) bool { return ofProcess(p)(r) && r.Kind == kind })[0]
	if !r.Stopped {
		t.Fatal("the record says that it was not stopped")
	}
	crashtest.Eventually(t, "the process is stopped", func() bool { return state(t, p.PID) == "T" })
	noted, err := w.Stopped().Noted()
	if err != nil || noted[uint32(p.PID)] != r.Time {
		t.Errorf("noted %v, %v; stopped at %v", noted, err, r.Time)
	}
	if err := syscall.Kill(p.PID, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if err := w.Stopped().Forget(uint32(p.PID)); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err == nil || err.Error() != "exit status 2" {
		t.Errorf("it ended with %v", err)
	}
	if text := p.Stderr.String(); !strings.Contains(text, "goroutine ") || r.Kind == bpf.Uncaught && !strings.Contains(text, "panic: a text") {
		t.Errorf("it printed %q", text)
	}
}
