package host

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
)

// The main goroutine of leaderless stays on the first thread of the process: it is
// there while packages are initialized.
func init() {
	if os.Getenv("BACKSTOP_CRASHTEST") == "leaderless" {
		runtime.LockOSThread()
	}
}

// leaderless ends its first thread and goes on in others, as a process does for a
// moment when it ends. It ends with its standard input.
func leaderless([]string) {
	go func() {
		for {
			if s, err := proc("/proc").stat(os.Getpid()); err == nil && s.state == 'Z' {
				break
			}
			time.Sleep(time.Millisecond)
		}
		fmt.Println("up")
		io.Copy(io.Discard, os.Stdin) //nolint:errcheck // its end is all that counts
		os.Exit(3)
	}()
	syscall.Syscall(syscall.SYS_EXIT, 0, 0, 0) //nolint:errcheck // it does not return
}

// TestTargetBeforeAdded asks for a process whose start nobody has read of yet.
func TestTargetBeforeAdded(t *testing.T) {
	path := executable(t, "watched-shop")
	for name, o := range map[string]Options{
		"kernel": {},
		"proc":   {WithoutKernel: true, Poll: time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			o.Exes = []string{path}
			w := watch(t, o)
			first := start(t, path)
			first.up(t)
			// Nobody reads events: the watcher waits with that of the first, and the
			// second has to be looked at by who asks.
			second := start(t, path)
			second.up(t)
			found := w.Target(second.Process.Pid)
			if found == nil || found.PID != second.Process.Pid || found.Path != path {
				t.Fatalf("%+v", found)
			}
			added := map[int]int{}
			for range 2 {
				added[next(t, w, Added).Target.PID]++
			}
			if added[first.Process.Pid] != 1 || added[second.Process.Pid] != 1 {
				t.Errorf("added: %v", added)
			}
			first.end(t)
			next(t, w, Removed)
			second.end(t)
			next(t, w, Removed)
		})
	}
}

// TestEndOfUnseen is of a process that is about to end when its start is read: the
// first thread and the memory are gone already. How it ends is told all the same.
func TestEndOfUnseen(t *testing.T) {
	path := executable(t, "watched-shop")
	w := watch(t, Options{Selection: Selection{Exes: []string{path}}})
	first := start(t, path)
	first.up(t)
	// Nobody reads events: the watcher waits with that of the first.
	second := startProgram(t, "leaderless", path)
	second.up(t)
	if e := next(t, w, Added); e.Target.PID != first.Process.Pid {
		t.Fatalf("%+v", e.Target)
	}
	for timeout := time.After(30 * time.Second); ; {
		select {
		case e := <-w.Events():
			if e.Kind == Notice && strings.Contains(e.Text, "before it could be looked at") {
				second.in.Close() //nolint:errcheck // the child sees it
			}
			if e.Kind != Seen || e.Record.Kind != bpf.Exit || int(e.Record.PID) != second.Process.Pid {
				continue
			}
			if status := syscall.WaitStatus(e.Record.Code).ExitStatus(); status != 3 || e.Target != nil {
				t.Errorf("status %d, target %+v", status, e.Target)
			}
			return
		case <-timeout:
			t.Fatal("its end was not told")
		}
	}
}
