package spool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/backstop-go/backstop/internal/crashtest"
)

func init() {
	programs["drain-unremovable"] = drainUnremovable
	programs["out-of-descriptors"] = outOfDescriptors
	programs["count"] = count
}

// tmpfs mounts a small file system, which only root may.
func tmpfs(t *testing.T, options string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("none", dir, "tmpfs", 0, options); err != nil {
		crashtest.Skip(t, "mount a tmpfs: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// TestFullDisk fills a real file system: what is there stays, what does not fit
// is counted exactly, and nothing half written is left.
func TestFullDisk(t *testing.T) {
	s := open(t, filepath.Join(tmpfs(t, "size=64k"), "spool"), Options{})
	c := crashtest.NewCollector(t)
	event := func(i int) []byte {
		return []byte(fmt.Sprintf(`{"event_id":"%032x","panic_value":"%s"}`, i, strings.Repeat("x", 6000)))
	}
	const tries = 40
	var kept uint64
	for i := range tries {
		err := s.Add(event(i))
		switch {
		case err == nil:
			kept++
		case !errors.Is(err, syscall.ENOSPC):
			t.Fatalf("event %d: %v, want no space left", i, err)
		}
	}
	if kept == 0 || kept == tries {
		t.Fatalf("%d of %d fit into 64 kB", kept, tries)
	}
	if left, _ := filepath.Glob(filepath.Join(s.Dir(), tmpPrefix+"*")); len(left) > 0 {
		t.Errorf("half an event was left: %q", left)
	}
	// Another process sees the count while the disk is still full.
	if n := open(t, s.Dir(), Options{}).Dropped(); n != tries-kept {
		t.Errorf("%d drops on the full disk, want %d", n, tries-kept)
	}
	out := Sender{URL: c.URL}
	if sent, err := out.Drain(context.Background(), s); uint64(sent) != kept || err != nil {
		t.Fatalf("Drain: %d, %v, want %d", sent, err, kept)
	}
	if err := s.Add(event(99)); err != nil { // there is room again
		t.Fatal(err)
	}
	if _, err := out.Drain(context.Background(), s); err != nil {
		t.Fatal(err)
	}
	got, dropped := ids(t, c)
	if uint64(len(got)) != kept+1 || dropped != tries-kept || s.Dropped() != 0 {
		t.Errorf("%d events and %d drops arrived, %d untold; want %d, %d, 0", len(got), dropped, s.Dropped(), kept+1, tries-kept)
	}
}

// TestReadOnlyFileSystem makes the spool unwritable while it is in use.
func TestReadOnlyFileSystem(t *testing.T) {
	mount := tmpfs(t, "size=1m")
	s := open(t, filepath.Join(mount, "spool"), Options{})
	c := crashtest.NewCollector(t)
	out := Sender{URL: c.URL}
	fill(t, s, 2)
	remount := func(flags uintptr) {
		if err := syscall.Mount("none", mount, "tmpfs", syscall.MS_REMOUNT|flags, "size=1m"); err != nil {
			t.Fatal(err)
		}
	}
	remount(syscall.MS_RDONLY)
	for i := range 3 {
		if err := s.Add(payload(i)); !errors.Is(err, syscall.EROFS) {
			t.Errorf("Add: %v, want EROFS", err)
		}
	}
	// What cannot be removed must not be sent: it would be sent again.
	for range 2 {
		if sent, err := out.Drain(context.Background(), s); sent != 0 || err == nil {
			t.Errorf("Drain: %d, %v, want an error", sent, err)
		}
	}
	if n := c.Tries(); n != 0 {
		t.Errorf("the collector had %d requests", n)
	}
	remount(0)
	fill(t, s, 1)
	if sent, err := out.Drain(context.Background(), s); sent != 3 || err != nil {
		t.Errorf("Drain: %d, %v, want 3", sent, err)
	}
	fill(t, s, 1)
	if _, err := out.Drain(context.Background(), s); err != nil {
		t.Fatal(err)
	}
	if got, dropped := ids(t, c); len(got) != 4 || dropped != 3 {
		t.Errorf("%d events and %d drops arrived, want 4 and 3", len(got), dropped)
	}
}

// TestUnremovable has a directory in which files can be read and locked, and
// none removed. What was delivered is not sent again.
func TestUnremovable(t *testing.T) {
	dir, err := os.MkdirTemp("", "backstop-spool-") // that nobody can reach
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := open(t, dir, Options{})
	fill(t, s, 3)
	c := crashtest.NewCollector(t)
	r := crashtest.Run(t, "drain-unremovable", crashtest.Options{Args: []string{dir, c.URL}})
	if r.Exit != 0 {
		t.Fatalf("exit %d\n%s", r.Exit, r.Stderr)
	}
	if got, _ := ids(t, c); len(got) != 3 {
		t.Errorf("%d events arrived, want each of 3 once", len(got))
	}
}

// drainUnremovable drains a directory that it may not write to, three times. As
// root it becomes nobody first, whom permissions bind.
func drainUnremovable(args []string) {
	dir, url := args[0], args[1]
	if os.Geteuid() == 0 {
		const nobody = 65534
		must(filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
			return errors.Join(err, os.Chown(path, nobody, nobody))
		}))
		must(syscall.Setgroups(nil))
		must(syscall.Setgid(nobody))
		must(syscall.Setuid(nobody))
	}
	s, err := Open(dir, Options{})
	must(err)
	unlock, err := s.lock(context.Background(), lockFile, 1) // makes the file
	must(err)
	unlock()
	must(os.Chmod(dir, 0o500))
	for range 3 {
		_, err := (&Sender{URL: url}).Drain(context.Background(), s)
		fmt.Fprintln(os.Stderr, err)
	}
	if _, err := Open(dir, Options{}); err == nil {
		must(errors.New("Open took a directory that cannot be written to"))
	}
	must(os.Chmod(dir, 0o700))
}

// TestOutOfDescriptors drains with no descriptor left: nothing is rejected.
func TestOutOfDescriptors(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Options{})
	fill(t, s, 3)
	r := crashtest.Run(t, "out-of-descriptors", crashtest.Options{Args: []string{dir}})
	if r.Exit != 0 || pending(t, s) != 3 || s.Rejected() != 0 {
		t.Errorf("exit %d, %d wait, %d rejected; want 0, 3, 0\n%s", r.Exit, pending(t, s), s.Rejected(), r.Stderr)
	}
}

// outOfDescriptors tries to read an event at every number of free descriptors.
func outOfDescriptors(args []string) {
	s, err := Open(args[0], Options{})
	must(err)
	unlock, err := tryLock(filepath.Join(args[0], lockFile))
	must(err)
	unlock()
	must(syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 40, Max: 40}))
	var held []*os.File
	for {
		f, err := os.Open(os.DevNull)
		if err != nil {
			break
		}
		held = append(held, f)
	}
	for free := 0; free < 4; free++ {
		if _, err := (&Sender{URL: "http://127.0.0.1:1"}).Drain(context.Background(), s); err == nil {
			must(fmt.Errorf("drained with %d descriptors", free))
		}
		held[free].Close()
	}
	held[0], err = os.Open(os.DevNull)
	must(err)
}

// TestCountsFromManyProcesses counts from several processes while a collector is
// told, and wants every drop exactly once.
func TestCountsFromManyProcesses(t *testing.T) {
	dir := t.TempDir()
	c := crashtest.NewCollector(t)
	const processes, each = 4, 200
	var running sync.WaitGroup
	for range processes {
		running.Add(1)
		go func() {
			defer running.Done()
			r := crashtest.Run(t, "count", crashtest.Options{Args: []string{dir, fmt.Sprint(each)}})
			if r.Exit != 0 {
				t.Errorf("exit %d\n%s", r.Exit, r.Stderr)
			}
		}()
	}
	done := make(chan struct{})
	go func() { running.Wait(); close(done) }()
	s := open(t, dir, Options{})
	out := Sender{URL: c.URL}
	for last := false; ; {
		fill(t, s, 1)
		if _, err := out.Drain(context.Background(), s); err != nil {
			t.Fatal(err)
		}
		if last {
			break
		}
		select {
		case <-done:
			last = true
		default:
		}
	}
	if _, dropped := ids(t, c); dropped != processes*each || s.Dropped() != 0 {
		t.Errorf("told of %d drops with %d untold, want %d and 0", dropped, s.Dropped(), processes*each)
	}
}

func count(args []string) {
	s, err := Open(args[0], Options{})
	must(err)
	var n int
	_, err = fmt.Sscan(args[1], &n)
	must(err)
	for range n {
		s.CountDropped(1) //nolint:errcheck // waits in memory then
	}
	for s.CountDropped(0) != nil {
	}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(4)
	}
}
