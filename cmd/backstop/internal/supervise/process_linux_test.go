package supervise

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/backstop-go/backstop/internal/crashtest"
)

// TestOOMKill has the kernel kill a program that shares its limited cgroup with
// the supervisor, as in a container.
func TestOOMKill(t *testing.T) {
	procs := filepath.Join(crashtest.MemoryCgroup(t, 64<<20), "cgroup.procs")
	cmd := standInCommand(t, "hog")
	cmd.Args = append([]string{"sh", "-c", `echo $$ >"$0" && exec "$@"`, procs}, cmd.Args...)
	cmd.Path = "/bin/sh"
	out, err := cmd.CombinedOutput()
	want := "event: kill.oom \"killed by the kernel's OOM killer\" exit=-1SIGKILL by oom_killer oom: true\n" +
		"end: 137 stopped: false error: <nil> terminal: false\n"
	if err != nil || string(out) != want {
		t.Errorf("got %s (%v), want %s", out, err, want)
	}
}

// TestKillIsNoOOM is the control: the same end without the OOM killer.
func TestKillIsNoOOM(t *testing.T) {
	procs := filepath.Join(crashtest.MemoryCgroup(t, 512<<20), "cgroup.procs")
	cmd := standInCommand(t, "exec", "/bin/sh", "-c", "kill -KILL $$")
	cmd.Args = append([]string{"sh", "-c", `echo $$ >"$0" && exec "$@"`, procs}, cmd.Args...)
	cmd.Path = "/bin/sh"
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), `event: kill.sigkill "killed by SIGKILL" exit=-1SIGKILL oom: false`) {
		t.Errorf("got %s (%v)", out, err)
	}
}

// A terminal is our end of a pseudo terminal and all that came out of it.
type terminal struct {
	*os.File
	out lockedBuffer
}

// openTerminal makes a pseudo terminal; the other end is for a session leader.
func openTerminal(t *testing.T) (ours *terminal, theirs *os.File) {
	t.Helper()
	m, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		crashtest.Skip(t, "no pseudo terminal: %v", err)
	}
	t.Cleanup(func() { m.Close() })
	fd := int(m.Fd())
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		theirs, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		crashtest.Skip(t, "no pseudo terminal: %v", err)
	}
	ours = &terminal{File: m}
	go func() { _, _ = io.Copy(&ours.out, m) }() // ends with an error when the other end is closed
	return ours, theirs
}

func (tm *terminal) press(t *testing.T, keys string) {
	t.Helper()
	if _, err := tm.WriteString(keys); err != nil {
		t.Fatal(err)
	}
}

func (tm *terminal) await(t *testing.T, text string) {
	t.Helper()
	crashtest.Eventually(t, fmt.Sprintf("%q on the terminal", text), func() bool { return strings.Contains(tm.out.String(), text) })
}

// TestCtrlC: a key reaches the program once, whether the terminal sends it to
// both of us or to the supervisor alone.
func TestCtrlC(t *testing.T) {
	ours, theirs := openTerminal(t)
	cmd := standInCommand(t, "interactive")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = theirs, theirs, theirs
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirs.Close()
	ours.await(t, "ready")
	const presses = 10 // two that come close together may be taken as one
	for n := 1; n <= presses; n++ {
		ours.press(t, "\x03")
		crashtest.Eventually(t, "INT", func() bool { return strings.Count(ours.out.String(), "got INT") >= n })
	}
	ours.press(t, "hello\n")
	ours.await(t, "line hello") // the program is in the foreground: it may read
	ours.press(t, "\x04")       // Ctrl-D
	err := cmd.Wait()
	ours.await(t, "end: ")
	out := ours.out.String()
	if n := strings.Count(out, "got INT"); err != nil || n != presses || !strings.Contains(out, "end: 5 stopped: true error: <nil> terminal: true") {
		t.Errorf("%v, INT came %d times\n%s", err, n, out)
	}
}

// TestStdoutStaysATerminal: files are handed down as they are.
func TestStdoutStaysATerminal(t *testing.T) {
	ours, theirs := openTerminal(t)
	cmd := standInCommand(t, "tty")
	cmd.Stdout = theirs
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	err := cmd.Run()
	ours.await(t, "end: ")
	theirs.Close()
	if out := ours.out.String(); err != nil || !strings.HasPrefix(out, "true") {
		t.Errorf("%v: %s%s", err, out, stderr.String())
	}
}
