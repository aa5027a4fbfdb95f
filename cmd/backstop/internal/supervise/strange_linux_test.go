package supervise

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/backstop-go/backstop/internal/crashtest"
)

// TestKilledWhilePrinting: half a traceback is worth more than a signal.
func TestKilledWhilePrinting(t *testing.T) {
	t.Parallel()
	r := start(t, Options{Service: "shop"}, "half-dump")
	pid := r.pid()
	r.line()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	got := r.wait()
	if s := summary(got.all); len(s) != 1 || s[0] != `panic.custom "cut short" exit=-1SIGKILL` || got.Code != 137 {
		t.Errorf("code %d, events %q", got.Code, s)
	}
}

// TestSupervisorKilled: the program does not hang on a stderr that nobody reads.
func TestSupervisorKilled(t *testing.T) {
	cmd := standInCommand(t, "alone")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	_, _ = fmt.Fscan(out, &pid) // 0 when it fails
	if err := cmd.Process.Kill(); err != nil || pid == 0 {
		t.Fatal(pid, err)
	}
	_ = cmd.Wait() // it was killed
	crashtest.Eventually(t, "the program ends by itself", func() bool { return !alive(pid) })
}

// TestDaemon: a program that goes into the background has ended, as far as we
// can see; it lives on, without its stderr.
func TestDaemon(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	out, err := standInCommand(t, "daemonise", file).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "end: 0 ") {
		t.Errorf("%v\n%s", err, out)
	}
	crashtest.Eventually(t, "the daemon notices", func() bool {
		text, _ := os.ReadFile(file) // empty until it is there
		return strings.Contains(string(text), "broken pipe")
	})
}

// TestSetUserID: the runtime prints no traceback for a program with more rights
// than its user, whose limits we may not read either.
func TestSetUserID(t *testing.T) {
	exe, err := crasher()
	if err != nil {
		t.Fatal(err)
	}
	if os.Getuid() != 0 {
		crashtest.Skip(t, "only root can make a set-user-ID program for another user to run")
	}
	dir, err := os.MkdirTemp("", "setuid") // t.TempDir is closed to others
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	self, suid := filepath.Join(dir, "supervisor"), filepath.Join(dir, "shop")
	copyFile(t, os.Args[0], self, 0o755)
	copyFile(t, exe, suid, 0o755|os.ModeSetuid)
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (*exec.Cmd, *bufio.Reader) {
		cmd := exec.CommandContext(context.Background(), self, append([]string{suid}, args...)...)
		cmd.Env = append(os.Environ(), standInEnv+"=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		return cmd, bufio.NewReader(out)
	}
	for way, want := range map[string]string{
		"panic":      `event: panic.custom "boom" exit=2 oom: false`,
		"map-writes": `event: fatal.concurrent_map_writes "concurrent map writes" exit=2 oom: false`,
		"log-fatal":  `event: exit.log_fatal "open config.yaml: no such file" exit=1 oom: false`,
	} {
		cmd, out := run(way)
		text, _ := io.ReadAll(out)
		if err := cmd.Wait(); err != nil || !strings.HasPrefix(string(text), want) {
			t.Errorf("%s: %v\n%s", way, err, text)
		}
	}
	// The user who started it may stop it.
	cmd, out := run("sleep")
	if line, err := out.ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatal(line, err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(out)
	if err := cmd.Wait(); err != nil || !strings.HasPrefix(string(text), "end: 143 stopped: true") {
		t.Errorf("%v\n%s", err, text)
	}
}

func copyFile(t *testing.T, from, to string, mode os.FileMode) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o700)
	}
	if err == nil {
		err = os.Chmod(to, mode)
	}
	if err != nil {
		t.Fatal(err)
	}
}
