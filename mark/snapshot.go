package mark

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/backstop-go/backstop"
)

// A Recorder keeps the last seconds of the execution trace in memory.
// *trace.FlightRecorder of Go 1.25 is one.
type Recorder interface {
	Enabled() bool
	WriteTo(w io.Writer) (n int64, err error)
}

// SnapshotOptions say where snapshots go and how many. The zero value works.
type SnapshotOptions struct {
	// Dir is the directory of the snapshots: backstop/snapshots in the user's
	// cache directory when empty, or below the temporary directory if there is
	// none. It is made when the first snapshot is taken.
	Dir string
	// Every is the least time between two snapshots: a minute when 0.
	Every time.Duration
	// MaxFiles is how many snapshots the directory may have: 10 when 0.
	MaxFiles int
	// MaxBytes is how large they may be together: 64 MiB when 0. A snapshot
	// that is larger alone is given up.
	MaxBytes int64
	// Logger is told of snapshots that failed; nil is silence.
	Logger *slog.Logger
}

func (o SnapshotOptions) withDefaults() SnapshotOptions {
	if o.Every <= 0 {
		o.Every = time.Minute
	}
	if o.MaxFiles <= 0 {
		o.MaxFiles = 10
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = 64 << 20
	}
	return o
}

// Snapshots returns a hook that writes what the recorder holds to a file when
// there is a panic: what the program did in the seconds before. Register it
// behind [Trace], so that the snapshot has the mark. The program starts and
// stops the recorder; while it is not enabled, nothing is written.
//
// Writing is done by a goroutine that exists for that time, one at a time, and
// neither delays the panic nor outlives the process: the panic that ends a
// program usually leaves no snapshot. Files are named
// panic-TIME-PID-STACKHASH.trace and are complete once they have that name; the
// oldest are removed. They are readable by their owner only, and hold function
// names, not values, apart from the marks and the program's own trace messages.
func Snapshots(r Recorder, o SnapshotOptions) func(ctx context.Context, c *backstop.Crash) {
	s := &snapshots{recorder: r, options: o.withDefaults(), began: time.Now()}
	return s.take
}

type snapshots struct {
	recorder Recorder
	options  SnapshotOptions
	began    time.Time
	next     atomic.Int64 // when the next one may be taken, in nanoseconds since began
	busy     atomic.Bool
	made     string // the directory, once it was made; of who is busy
}

func (s *snapshots) take(_ context.Context, c *backstop.Crash) {
	now := int64(time.Since(s.began))
	if now < s.next.Load() || !s.recorder.Enabled() || !s.busy.CompareAndSwap(false, true) {
		return
	}
	s.next.Store(now + int64(s.options.Every))
	name := fmt.Sprintf("%s%s-%d-%s%s", prefix, c.At.UTC().Format("20060102T150405.000"), os.Getpid(), PlaceOf(c).StackHash, suffix)
	go func() {
		defer s.busy.Store(false)
		defer func() {
			if v := recover(); v != nil {
				s.failed(fmt.Errorf("fault: %v\n%s", v, debug.Stack()))
			}
		}()
		if err := s.write(name); err != nil {
			s.failed(err)
		}
	}()
}

func (s *snapshots) failed(err error) {
	if s.options.Logger == nil {
		return
	}
	defer func() { recover() }() //backstop:ignore recover-swallow a handler of the program's, which may be at fault itself
	s.options.Logger.Warn("backstop: no snapshot of the flight recorder", "error", err)
}

const (
	prefix = "panic-"
	suffix = ".trace"
	unborn = ".unfinished"
)

func (s *snapshots) write(name string) error {
	dir, err := s.dir()
	if err != nil {
		return fmt.Errorf("make directory for snapshots: %w", err)
	}
	path := filepath.Join(dir, name)
	f, err := os.OpenFile(path+unborn, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	whole := false
	defer func() { // also when the recorder panics
		if !whole {
			f.Close()                //nolint:errcheck // it goes anyway
			os.Remove(path + unborn) //nolint:errcheck // the next snapshot tries again
		}
	}()
	_, err = s.recorder.WriteTo(&limited{f, s.options.MaxBytes})
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	if err := os.Rename(path+unborn, path); err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	whole = true
	return s.tidy(dir)
}

// dir makes the directory when it is first needed.
func (s *snapshots) dir() (string, error) {
	if s.made != "" {
		return s.made, nil
	}
	dir := s.options.Dir
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			// Everybody's directory: a name that nobody can have made before.
			s.made, err = os.MkdirTemp("", "backstop-snapshots-")
			return s.made, err
		}
		dir = filepath.Join(cache, "backstop", "snapshots")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	s.made = dir
	return dir, nil
}

var errTooLarge = errors.New("larger than all snapshots may be together")

// limited refuses more than left bytes.
type limited struct {
	w    io.Writer
	left int64
}

// Write writes all of b or nothing.
func (l *limited) Write(b []byte) (int, error) {
	if int64(len(b)) > l.left {
		return 0, errTooLarge
	}
	l.left -= int64(len(b))
	return l.w.Write(b)
}

// tidy removes the oldest snapshots until those that stay, the latest among
// them, fit; names sort by time. What dead processes left unfinished goes too.
func (s *snapshots) tidy(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("remove old snapshots: %w", err)
	}
	slices.Reverse(entries) // os.ReadDir sorts by name
	var errs []error
	remove := func(name string) {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err) // else another process was faster
		}
	}
	files, bytes := 0, int64(0)
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !strings.HasPrefix(e.Name(), prefix) {
			continue
		}
		switch {
		case strings.HasSuffix(e.Name(), suffix+unborn):
			if time.Since(info.ModTime()) > time.Hour { // else another process may be writing it
				remove(e.Name())
			}
		case strings.HasSuffix(e.Name(), suffix):
			files++
			bytes += info.Size()
			if files > s.options.MaxFiles || bytes > s.options.MaxBytes {
				remove(e.Name())
			}
		}
	}
	if len(errs) > 0 {
		return fmt.Errorf("remove old snapshots: %w", errors.Join(errs...))
	}
	return nil
}
