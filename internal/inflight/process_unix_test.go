//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package inflight

import (
	"bufio"
	"io"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/backstop-go/backstop/internal/crashtest"
)

func created(t *testing.T) (f *os.File, path string) {
	t.Helper()
	f, path, err := Create()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		f.Close()
		os.Remove(path)
	})
	return f, path
}

func start(t *testing.T, program string, args ...string) (cmd *exec.Cmd, stdin io.Closer) {
	t.Helper()
	cmd = crashtest.Command(t, program, &crashtest.Options{Args: args})
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if program == "hold" {
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if line, _ := bufio.NewReader(out).ReadString('\n'); line != "held\n" {
				t.Fatalf("%s says %q", program, line)
			}
		}()
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, in
}

// TestKilled kills a process in the middle of it, again and again, and reads
// what it was serving.
func TestKilled(t *testing.T) {
	const rounds, goroutines = 20, 24
	f, path := created(t)
	random := rand.New(rand.NewSource(time.Now().UnixNano()))
	entries, torn, live := 0, 0, 0
	for range rounds {
		if err := Reset(f); err != nil {
			t.Fatal(err)
		}
		if s := mustRead(t, f); s.PID != 0 || len(s.Entries)+s.Torn > 0 || s.Overflow != 0 {
			t.Fatalf("after Reset: %+v", s)
		}
		cmd, stdin := start(t, "serve", path, "24")
		crashtest.Eventually(t, "requests are in flight", func() bool { return len(mustRead(t, f).Entries) > 0 })
		for range random.Intn(20) { // some moment
			snap := mustRead(t, f)
			live += len(snap.Entries)
			for i := range snap.Entries {
				check(t, &snap.Entries[i])
			}
		}
		cmd.Process.Kill() //nolint:errcheck // Wait tells
		if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
			t.Fatalf("serve: %v", err)
		}
		stdin.Close()
		snap := mustRead(t, f)
		if snap.PID != cmd.Process.Pid || len(snap.Entries) > goroutines || snap.Torn > goroutines {
			t.Errorf("after the kill: %+v", snap)
		}
		for i := range snap.Entries {
			check(t, &snap.Entries[i])
			if i > 0 && snap.Entries[i].StartedAt.Before(snap.Entries[i-1].StartedAt) {
				t.Error("not the oldest first")
			}
		}
		for i := range snap.Left {
			check(t, &snap.Left[i])
		}
		entries, torn = entries+len(snap.Entries), torn+snap.Torn
	}
	if entries < rounds {
		t.Errorf("%d deaths left only %d entries", rounds, entries)
	}
	t.Logf("%d deaths: %d entries, %d of them in the middle of a change; %d read before", rounds, entries, torn, live)
}

// TestClaim has several processes want one table.
func TestClaim(t *testing.T) {
	f, path := created(t)
	held, stdin := start(t, "hold", path)
	if s := mustRead(t, f); s.PID != held.Process.Pid || len(s.Entries) != 1 || s.Entries[0].Request.URL != "/held" {
		t.Errorf("%+v", s)
	}
	if table, err := Open(path); err == nil || !strings.Contains(err.Error(), "process ") {
		t.Errorf("Open while another process has it: %v, %v", table, err)
	}
	second := crashtest.Run(t, "leave", crashtest.Options{Args: []string{path}})
	if second.Exit != 1 || !strings.Contains(second.Stdout, "has it") {
		t.Errorf("a second process: %+v", second)
	}
	if s := mustRead(t, f); s.PID != held.Process.Pid || len(s.Entries) != 1 {
		t.Errorf("after others wanted it: %+v", s)
	}
	stdin.Close()
	if err := held.Wait(); err != nil {
		t.Fatal(err)
	}
	// It is dead; what it left is not the next one's.
	third := crashtest.Run(t, "leave", crashtest.Options{Args: []string{path}})
	s := mustRead(t, f)
	if third.Exit != 7 || s.PID != third.PID || len(s.Entries) != 50 || s.Entries[0].Request.URL != "/left" {
		t.Errorf("a third process: %+v, %+v", third, s)
	}
	table, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	empty(t, table)
	if s := mustRead(t, f); s.PID != os.Getpid() {
		t.Errorf("%+v", s)
	}
	// Slots in which the dead one was still busy are as good as others.
	for gid := int64(1); gid <= 50; gid++ {
		e := consistent(gid, 1)
		table.Enter(gid, &e)
	}
	s = mustRead(t, f)
	if len(s.Entries) != 50 || s.Torn != 0 {
		t.Fatalf("%+v", s)
	}
	for i := range s.Entries {
		check(t, &s.Entries[i])
	}
}

// TestHandedOn reads the table of New through a descriptor, as a monitor does.
func TestHandedOn(t *testing.T) {
	table := newTable(t)
	table.Enter(1, &typical)
	fd, err := syscall.Dup(int(table.File().Fd()))
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), "table")
	defer f.Close()
	if s := mustRead(t, f); len(s.Entries) != 1 || s.PID != os.Getpid() {
		t.Errorf("%+v", s)
	}
}

func TestOpenWhatIsNoTable(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string][]byte{
		"empty":     nil,
		"short":     []byte("BkstopIF"),
		"other":     make([]byte, fileSize),
		"truncated": append(bytesOf(&header{shape: here}), make([]byte, 9000)...),
		"version":   append(bytesOf(&header{shape: shape{here.magic, version + 1, slots, slotSize}}), make([]byte, fileSize)...)[:fileSize],
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if table, err := Open(path); err == nil {
			t.Errorf("%s: opened: %v", name, table)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if s, err := Read(f); err == nil {
			t.Errorf("%s: read: %+v", name, s)
		}
		if name != "truncated" { // whose header is right
			if err := Reset(f); err == nil {
				t.Errorf("%s: reset", name)
			}
		}
		f.Close()
	}
	if _, err := Open(filepath.Join(dir, "nowhere")); err == nil {
		t.Error("opened a file that does not exist")
	}
	if _, err := Open(dir); err == nil {
		t.Error("opened a directory")
	}
}

// TestFile uses a file with a name, as where there is no memory without one.
func TestFile(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "table")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := prepare(f, true); err != nil {
		t.Fatal(err)
	}
	table, err := Open(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	for gid := int64(1); gid <= 100; gid++ {
		e := consistent(gid, 1)
		table.Enter(gid, &e)
	}
	s := mustRead(t, f)
	if len(s.Entries) != 100 {
		t.Fatalf("%d entries", len(s.Entries))
	}
	for i := range s.Entries {
		check(t, &s.Entries[i])
	}
	if err := Reset(f); err != nil {
		t.Fatal(err)
	}
	if s := mustRead(t, f); len(s.Entries) != 0 {
		t.Errorf("after Reset: %+v", s)
	}
}
