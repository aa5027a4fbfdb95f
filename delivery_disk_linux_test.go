package backstop_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/crashtest"
	"github.com/backstop-go/backstop/internal/spool"
)

// TestTwoGuardsAtOnce has two goroutines panic at the same moment, each under a
// guard that writes before the process dies.
func TestTwoGuardsAtOnce(t *testing.T) {
	t.Parallel()
	for i := range 5 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			c := crashtest.NewCollector(t)
			p := delivering(t, crashtest.SpoolDir(t), c.URL)
			p.dies("two-guarded")
			crashtest.Eventually(t, "the monitor ends", func() bool { return !alive(p.monitor) })
			events := decode(t, c.Events())
			once(t, events)
			classes := map[string]bool{}
			for _, e := range merged(events) {
				classes[string(e.Class)] = true
			}
			// Whoever is first ends the process, at a moment when the other may
			// not have got to its guard.
			if len(classes) == 0 || len(merged(events)) != len(classes) {
				t.Errorf("want each crash once:\n%s", show(events))
			}
		})
	}
}

// TestTwoPanicsAtOnce has two goroutines panic at the same moment that nobody
// guards. Whoever is first ends the process; what the runtime printed of the
// other one until then is an event of its own.
func TestTwoPanicsAtOnce(t *testing.T) {
	t.Parallel()
	both := false
	for i := 0; i < 100 && !both; i++ {
		c := crashtest.NewCollector(t)
		p := delivering(t, crashtest.SpoolDir(t), c.URL)
		p.dies("two-bare")
		crashtest.Eventually(t, "the monitor ends", func() bool { return !alive(p.monitor) })
		events := decode(t, c.Events())
		once(t, events)
		for _, e := range events {
			if e.Class != "panic.index" && e.Class != "panic.nil_map" || strings.Count(e.Text, "panic: ") != 1 || e.Report.Recovered {
				t.Errorf("not one of the two panics:\n%s", show(events))
			}
		}
		if len(events) == 0 || len(merged(events)) != len(events) {
			t.Fatalf("want each panic once:\n%s", show(events))
		}
		both = len(events) == 2
	}
	if !both && runtime.NumCPU() > 1 {
		t.Error("the runtime printed two panics in none of 100 deaths")
	}
}

// TestManyProcessesOneSpool has processes capture and crash at the same time in
// one directory.
func TestManyProcessesOneSpool(t *testing.T) {
	t.Parallel()
	c := crashtest.NewCollector(t)
	dir := t.TempDir()
	const processes, each = 4, 5
	var all []*puppet
	for range processes {
		all = append(all, delivering(t, dir, c.URL))
	}
	var running sync.WaitGroup
	for _, p := range all {
		running.Add(1)
		go func() {
			defer running.Done()
			for range each {
				p.do("recover")
			}
			p.do("panic")
		}()
	}
	running.Wait()
	for _, p := range all {
		crashtest.Eventually(t, "the monitor ends", func() bool { return !alive(p.monitor) })
	}
	events := decode(t, c.Events())
	if n, dropped := once(t, events); n != processes*(each+1) || dropped != 0 {
		t.Errorf("%d events and %d drops, want %d and 0", n, dropped, processes*(each+1))
	}
	if left := spooled(t, dir); len(left) > 0 {
		t.Errorf("left in the spool:\n%s", show(left))
	}
}

// smallDisk mounts a file system of 64 kB, which only root may.
func smallDisk(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=64k"); err != nil {
		crashtest.Skip(t, "mount a tmpfs: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// TestFullDisk captures and crashes while the spool's disk is full. The crash
// needs no disk; what the guards had to drop is counted, and told with a later
// event.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	f := newFaulty(t, answering(503, "", ""))
	dir := filepath.Join(smallDisk(t), "spool")
	p := delivering(t, dir, f.url)
	const captured = 20
	p.must("recover-big", captured)
	kept := len(spooled(t, dir))
	if kept == 0 || kept == captured {
		t.Fatalf("%d of %d events fit on the disk", kept, captured)
	}
	fillUp(t, dir)
	f.mended.Store(true)
	p.dies("panic")
	crashtest.Eventually(t, "the monitor ends", func() bool { return !alive(p.monitor) })
	next := delivering(t, dir, f.url)
	next.must("recover", 1)
	crashtest.Eventually(t, "the events arrive", func() bool { return len(f.Events()) >= kept+2 && len(spooled(t, dir)) == 0 })
	next.must("recover", 1) // with the last of the counts
	crashtest.Eventually(t, "the last event arrives", func() bool { return len(f.Events()) >= kept+3 })
	events := decode(t, f.Events())
	crashes := 0
	for _, e := range events {
		if !e.Report.Recovered {
			crashes++
		}
	}
	if n, dropped := once(t, events); n != kept+3 || crashes != 1 || dropped != uint64(captured-kept) {
		t.Errorf("%d events (%d crashes) and %d drops, want %d (1) and %d", n, crashes, dropped, kept+3, captured-kept)
	}
}

// fillUp leaves no room on a disk.
func fillUp(t *testing.T, dir string) {
	t.Helper()
	f, err := os.Create(filepath.Join(filepath.Dir(dir), "filler"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for err == nil {
		_, err = f.Write(make([]byte, 1024))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
}

// TestNowhereToWrite has no directory that the SDK could use: the monitor
// delivers the crash all the same.
func TestNowhereToWrite(t *testing.T) {
	t.Parallel()
	c := crashtest.NewCollector(t)
	file := filepath.Join(t.TempDir(), "file")
	service := "nowhere-" + fmt.Sprint(os.Getpid())
	shm := fmt.Sprintf("/dev/shm/backstop-%d-%s", os.Getuid(), service)
	for _, path := range []string{file, shm} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { os.Remove(shm) })
	p := obeying(t, file, c.URL, func(cmd *exec.Cmd) {
		cmd.Env = append(cmd.Env, "BACKSTOP_CRASHTEST=deliver", "BACKSTOP_SERVICE="+service, "HOME="+file, "TMPDIR="+file)
	}, "degraded")
	p.must("recover", 2)
	p.dies("panic")
	crashtest.Eventually(t, "the crash arrives", func() bool { return len(c.Events()) == 1 })
	if e := decode(t, c.Events())[0]; e.Class != "panic.index" || e.Report.Recovered {
		t.Errorf("not the crash:\n%s", show([]event.Event{e}))
	}
	crashtest.Eventually(t, "the monitor ends", func() bool { return !alive(p.monitor) })
}

// TestSpoolTakenAway removes the directory, and then makes its file system
// read-only, while the program runs.
func TestSpoolTakenAway(t *testing.T) {
	t.Parallel()
	c := crashtest.NewCollector(t)
	mount := smallDisk(t)
	dir := filepath.Join(mount, "spool")
	p := delivering(t, dir, c.URL)
	p.must("recover", 1)
	crashtest.Eventually(t, "the first event", func() bool { return len(c.Events()) == 1 })
	// What was delivered is being tidied up meanwhile, so once may not be enough.
	crashtest.Eventually(t, "the directory is gone", func() bool { return os.RemoveAll(dir) == nil })
	p.must("recover", 1)
	crashtest.Eventually(t, "the second event, from a new directory", func() bool { return len(c.Events()) == 2 })

	remount := func(flags uintptr) {
		crashtest.Eventually(t, "nobody writes", func() bool {
			err := syscall.Mount("none", mount, "tmpfs", syscall.MS_REMOUNT|flags, "size=64k")
			return err == nil
		})
	}
	remount(syscall.MS_RDONLY)
	p.must("recover", 3)
	remount(0)
	p.must("recover", 1)
	p.dies("panic")
	crashtest.Eventually(t, "the monitor ends", func() bool { return !alive(p.monitor) })
	events := decode(t, c.Events())
	if n, dropped := once(t, events); n != 4 || dropped != 3 {
		t.Errorf("%d events and %d drops, want 4 and 3\n%s", n, dropped, show(events))
	}
}

// TestStoppedMonitor stops the monitor: the program dies all the same, of a
// crash that is larger than the pipe between them too, and the monitor has it
// when it goes on.
func TestStoppedMonitor(t *testing.T) {
	for _, word := range []string{"panic", "many"} {
		t.Run(word, func(t *testing.T) {
			t.Parallel()
			c := crashtest.NewCollector(t)
			p := delivering(t, crashtest.SpoolDir(t), c.URL)
			if err := syscall.Kill(p.monitor, syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
			crashtest.Eventually(t, "the monitor stands still", func() bool {
				stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.monitor))
				return err == nil && strings.Contains(string(stat), ") T ")
			})
			p.must("recover", 2)
			if n := len(c.Events()); n != 0 {
				t.Fatalf("a stopped monitor sent %d events", n)
			}
			p.dies(word)
			// It goes on by itself where its process group is an orphan now: the kernel
			// sends SIGHUP and SIGCONT to what is stopped there (kernel/exit.c,
			// kill_orphaned_pgrp). Where it has already ended, nobody is left to be told.
			if err := syscall.Kill(p.monitor, syscall.SIGCONT); err != nil && !errors.Is(err, syscall.ESRCH) {
				t.Fatal(err)
			}
			crashtest.Eventually(t, "the monitor ends", func() bool { return !alive(p.monitor) })
			events := decode(t, c.Events())
			if n, _ := once(t, events); n != 3 {
				t.Errorf("%d events arrived, want 3", n)
			}
			cut := 0
			for _, raw := range c.Events() {
				cut += strings.Count(string(raw), `"text_cut":true`)
			}
			if want := map[string]int{"panic": 0, "many": 1}[word]; cut != want {
				t.Errorf("%d texts are said to have lost something, want %d", cut, want)
			}
			for _, e := range events {
				if f := e.Report.FirstAppFrame(); f == nil || !strings.HasSuffix(f.Func, ".explode") {
					t.Errorf("first application frame %+v, want explode", f)
				}
			}
		})
	}
}

// TestSpoolOfTheDead has a program killed in the middle of writing: what it left
// half written is no event, and what is whole is delivered.
func TestSpoolOfTheDead(t *testing.T) {
	t.Parallel()
	c := crashtest.NewCollector(t)
	dir := t.TempDir()
	sp, err := spool.Open(dir, spool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := sp.Add([]byte(`{"event_id":"0123456789abcdef0123456789abcdef"}`)); err != nil {
		t.Fatal(err)
	}
	torn := "00000000000000000001-1-1-500.json"
	for name, text := range map[string]string{torn: `{"event_id":"0123`, ".tmp-" + torn: "{", "README": "not ours"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := delivering(t, dir, c.URL)
	p.must("recover", 1)
	crashtest.Eventually(t, "both events arrive", func() bool { return len(c.Events()) == 2 })
	p.must("recover", 1)
	crashtest.Eventually(t, "another one", func() bool { return len(c.Events()) == 3 })
	if _, dropped := once(t, decode(t, c.Events())); dropped != 1 {
		t.Errorf("%d drops were told, want the torn event", dropped)
	}
	if got := names(filepath.Join(dir, "rejected")); len(got) != 1 || got[0] != torn {
		t.Errorf("set aside: %q, want %s", got, torn)
	}
	if _, err := os.Stat(filepath.Join(dir, "README")); err != nil {
		t.Error("somebody else's file was touched")
	}
}
