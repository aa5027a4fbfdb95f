package mark_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/backstop-go/backstop/internal/crashtest"
	"github.com/backstop-go/backstop/mark"
)

// A recorder stands in for the flight recorder.
type recorder struct {
	off    bool
	write  func(w io.Writer) error
	mu     sync.Mutex
	writes int
}

func (r *recorder) Enabled() bool { return !r.off }

func (r *recorder) WriteTo(w io.Writer) (int64, error) {
	r.mu.Lock()
	r.writes++
	r.mu.Unlock()
	if r.write != nil {
		return 0, r.write(w)
	}
	n, err := w.Write([]byte("trace"))
	return int64(n), err
}

func (r *recorder) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.writes
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func explodeOnce() { recovered(context.Background(), func() { explode(2) }) }

func TestSnapshotNeverBlocksAndIsOneAtATime(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "dir")
	release := make(chan struct{})
	r := &recorder{write: func(w io.Writer) error {
		<-release
		_, err := w.Write([]byte("trace"))
		return err
	}}
	stop := start(t, mark.Snapshots(r, mark.SnapshotOptions{Dir: dir, Every: time.Nanosecond}))
	explodeOnce()
	explodeOnce() // the first is still being written
	if list := names(t, dir); len(list) == 1 && strings.HasSuffix(list[0], ".trace") {
		t.Errorf("%v has its name before it is complete", list)
	}
	close(release)
	crashtest.Eventually(t, "a snapshot", func() bool {
		list := names(t, dir)
		return len(list) == 1 && strings.HasSuffix(list[0], ".trace")
	})
	if n := r.count(); n != 1 {
		t.Errorf("the recorder was asked %d times", n)
	}
	name := names(t, dir)[0]
	if events := stop(); len(events) != 2 || !strings.Contains(name, events[0].StackHash) {
		t.Errorf("%d events, snapshot %s", len(events), name)
	}
	if data, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(data) != "trace" {
		t.Errorf("%q, %v", data, err)
	}
}

func TestSnapshotsAreRateLimited(t *testing.T) {
	dir := t.TempDir()
	r := &recorder{}
	start(t, mark.Snapshots(r, mark.SnapshotOptions{Dir: dir}))
	explodeOnce()
	crashtest.Eventually(t, "a whole snapshot", func() bool {
		list := names(t, dir)
		return len(list) == 1 && strings.HasSuffix(list[0], ".trace")
	})
	for range 100 {
		explodeOnce()
	}
	if n := r.count(); n != 1 {
		t.Errorf("%d snapshots within a minute", n)
	}
}

func TestNoSnapshotWithoutRecorder(t *testing.T) {
	dir := t.TempDir()
	r := &recorder{off: true}
	start(t, mark.Snapshots(r, mark.SnapshotOptions{Dir: dir}))
	explodeOnce()
	if n := r.count(); n != 0 {
		t.Errorf("a recorder that is off was asked %d times", n)
	}
}

func TestOldSnapshotsAreRemoved(t *testing.T) {
	for name, c := range map[string]struct {
		options mark.SnapshotOptions
		keep    int
	}{
		"by number": {mark.SnapshotOptions{MaxFiles: 2}, 2},
		"by size":   {mark.SnapshotOptions{MaxBytes: 3*5 + 4}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, other := range []string{"notes.txt", "panic-notes.txt"} {
				if err := os.WriteFile(filepath.Join(dir, other), []byte("of somebody else"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			left := filepath.Join(dir, "panic-20200101T000000.000-1-0.trace.unfinished")
			if err := os.WriteFile(left, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(left, time.Time{}, time.Now().Add(-2*time.Hour)); err != nil {
				t.Fatal(err)
			}
			r := &recorder{}
			c.options.Dir, c.options.Every = dir, time.Nanosecond
			start(t, mark.Snapshots(r, c.options))
			var want []string
			for i := 1; i <= 5; i++ {
				crashtest.Eventually(t, "another snapshot", func() bool {
					explodeOnce()
					return r.count() >= i
				})
			}
			crashtest.Eventually(t, "as many snapshots as may be, and the files of others", func() bool {
				want = names(t, dir)
				return len(want) == c.keep+2
			})
			for _, n := range want {
				if strings.HasPrefix(n, "panic-2020") {
					t.Errorf("%s was left", n)
				}
			}
		})
	}
}

// TestSnapshotsThatFail wants the reason in the log, nothing on disk, and the
// program to go on.
func TestSnapshotsThatFail(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		dir    string
		write  func(io.Writer) error
		logged string
	}{
		"too large": {t.TempDir(), func(w io.Writer) error { _, err := w.Write(make([]byte, 101)); return err }, "larger than all"},
		"refused":   {t.TempDir(), func(io.Writer) error { return errors.New("call in progress") }, "call in progress"},
		"a panic":   {t.TempDir(), func(io.Writer) error { panic("recorder broke") }, "recorder broke"},
		"no place":  {filepath.Join(file, "dir"), nil, "make directory"},
	} {
		t.Run(name, func(t *testing.T) {
			var log lockedBuffer
			start(t, mark.Snapshots(&recorder{write: c.write}, mark.SnapshotOptions{
				Dir: c.dir, MaxBytes: 100, Logger: slog.New(slog.NewTextHandler(&log, nil)),
			}))
			explodeOnce()
			crashtest.Eventually(t, "a line in the log", func() bool { return strings.Contains(log.String(), c.logged) })
			if c.dir == filepath.Join(file, "dir") {
				return
			}
			if list := names(t, c.dir); len(list) != 0 {
				t.Errorf("left behind: %v", list)
			}
		})
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
