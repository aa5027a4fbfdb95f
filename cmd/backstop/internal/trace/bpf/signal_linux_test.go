package bpf_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
	"github.com/backstop-go/backstop/internal/crashtest"
)

// busiest returns the thread of a process that has used most processor time, once
// it has used some tenths of a second.
func busiest(t *testing.T, pid int) (tid int) {
	t.Helper()
	crashtest.Eventually(t, "a thread is busy", func() bool {
		tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range tasks {
			b, err := os.ReadFile(path)
			if err != nil {
				continue // it has ended
			}
			_, rest, _ := strings.Cut(string(b), ") ")
			fields := strings.Fields(rest)
			user, err := strconv.Atoi(fields[11]) // utime, in hundredths of a second
			if err == nil && user >= 20 && fields[0] == "R" {
				tid, err = strconv.Atoi(filepath.Base(filepath.Dir(path)))
				return err == nil
			}
		}
		return false
	})
	return tid
}

// A signal from outside kills a program in the middle of its code: the stack is
// that of the code that was interrupted.
func TestSignalDeath(t *testing.T) {
	w := load(t, bpf.Options{})
	for i, toolchain := range tracee.Toolchains {
		mode := tracee.Modes[(i+3)%len(tracee.Modes)]
		t.Run(toolchain+"/"+string(mode), func(t *testing.T) {
			exe := tracee.Private(t, tracee.Build(t, toolchain, mode))
			w.attach(target(t, exe))
			// It may come while the thread is in the scheduler and runs no goroutine.
			crashtest.Eventually(t, "a signal hits a goroutine", func() bool {
				r := quit(t, w, exe)
				if r.Goid == 0 {
					return false
				}
				if r.Regs.Trap != (r.System.SP == 0) {
					t.Errorf("%+v", r)
				}
				checkStack(t, exe, r, "main.spin")
				checkStack(t, exe, r, "main.main")
				return true
			})
		})
	}
}

// quit kills a program by a signal to the thread that is busy.
func quit(t *testing.T, w *watch, exe string) bpf.Record {
	t.Helper()
	p := tracee.Start(t, exe)
	p.Send("hang")
	tid := busiest(t, p.PID)
	if _, _, errno := syscall.Syscall(syscall.SYS_TGKILL, uintptr(p.PID), uintptr(tid), uintptr(syscall.SIGQUIT)); errno != 0 {
		t.Fatal(errno)
	}
	if err := p.Wait(); err == nil {
		t.Fatal("it lives")
	}
	r := w.await(1, ofProcess(p))[0]
	if r.Kind != bpf.SignalDeath || r.Code != int64(syscall.SIGQUIT) || int(r.TID) != tid {
		t.Errorf("%+v", r)
	}
	return r
}
