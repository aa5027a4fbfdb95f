//go:build unix

package supervise

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// TestEveryStatus: the status of the program is ours.
func TestEveryStatus(t *testing.T) {
	t.Parallel()
	for n := range 256 {
		got := supervise(t, Options{}, "exit", fmt.Sprint(n))
		want := []string{fmt.Sprintf("exit.os_exit %q exit=%d", fmt.Sprint("exit status ", n), n)}
		if n == 0 {
			want = []string{}
		}
		if s := summary(got.all); got.Code != n || got.Exit.Status != n || !slices.Equal(s, want) {
			t.Errorf("status %d became %d, events %q", n, got.Code, s)
		}
	}
}

// harmless signals do not end a process that has no handler: it ignores them,
// or is stopped.
var harmless = []syscall.Signal{
	syscall.SIGCHLD, syscall.SIGCONT, syscall.SIGURG, syscall.SIGWINCH,
	syscall.SIGSTOP, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU,
}

// TestEverySignal: a death by a signal is 128 and its number, as of a shell.
func TestEverySignal(t *testing.T) {
	t.Parallel()
	for n := syscall.Signal(1); n <= lastSignal; n++ {
		// 32 and 33 are the C library's own (signal(7), nptl(7)): a thread of a
		// program with cgo may have them blocked, and its children inherit that.
		if slices.Contains(harmless, n) || n == 32 || n == 33 {
			continue
		}
		got := supervise(t, Options{Limits: noCore}, "exec", "/bin/sh", "-c", fmt.Sprintf("kill -%d $$", n))
		name := signalName(n)
		want := fmt.Sprintf("kill.%s \"killed by %s\" exit=-1%s", strings.ToLower(name), name, name)
		if s := summary(got.all); got.Code != 128+int(n) || got.Exit.Signal != name || len(s) != 1 || s[0] != want {
			t.Errorf("signal %d became %d, %q, events %q, want %q", n, got.Code, got.Exit.Signal, s, want)
		}
	}
}
