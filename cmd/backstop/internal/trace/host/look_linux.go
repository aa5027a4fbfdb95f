package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
	"github.com/backstop-go/backstop/internal/gobin"
	"golang.org/x/sys/unix"
)

// look decides about a process with a program that was not looked at yet. r is the
// record of its start, with kind 0 when /proc told of it.
func (w *Watcher) look(ctx context.Context, pid int, r bpf.Record) {
	if t := w.current(pid); t != nil && !w.announce(pid) {
		if r.Kind == bpf.Exec && r.Time < t.found && !r.Stopped {
			// It was looked at before this record was read. By now it may have
			// ended; what else is recorded of it still counts.
			w.send(ctx, Event{Kind: Seen, Target: t, Record: r})
			return
		}
		w.remove(ctx, t) // another program, or the same from the beginning
	}
	t, err := w.examine(pid)
	if err != nil {
		w.decline(ctx, pid, r, err)
		return
	}
	t.Exec, t.Stopped = r.Time, r.Stopped
	if w.host != nil && r.Kind == 0 {
		if err := w.host.Watch(uint32(pid)); err != nil {
			w.tell(ctx, "watch", err.Error())
		}
	}
	w.mu.Lock()
	w.targets[pid] = t
	w.mu.Unlock()
	w.send(ctx, Event{Kind: Added, Target: t})
	if r.Kind == bpf.Exec {
		w.send(ctx, Event{Kind: Seen, Target: t, Record: r})
	}
}

// decline leaves a process alone.
func (w *Watcher) decline(ctx context.Context, pid int, r bpf.Record, why error) {
	if r.Stopped {
		if err := Resume(w.host.Stopped(), pid); err != nil {
			w.tell(ctx, "continue", err.Error())
		}
	}
	w.mu.Lock()
	delete(w.targets, pid)
	w.mu.Unlock()
	var refused *refusedError
	if errors.Is(why, errNotSelected) || errors.As(why, &refused) || errors.Is(why, fs.ErrPermission) {
		w.ignore(pid)
	}
	switch {
	case errors.Is(why, errNotSelected):
		w.passed(pid)
	case errors.As(why, &refused):
		w.refused(ctx, pid, refused)
		w.passed(pid)
	case errors.Is(why, fs.ErrPermission):
		w.forbid(pid)
	default:
		// It has ended, or is about to: the first of its threads loses its memory
		// before the last one has ended. The kernel will tell how, and forgets it then;
		// those who have seen what it did wait for that.
		w.missed(ctx, r)
	}
}

// ignore has the kernel tell nothing more of a process. It only saves records.
func (w *Watcher) ignore(pid int) {
	if w.host != nil {
		_ = w.host.Ignore(uint32(pid)) // then they come, and are nobody's
	}
}

var errNotSelected = errors.New("the process is not selected")

// A refusedError is of a program that is selected and cannot be traced.
type refusedError struct {
	path string
	err  error
}

func (e *refusedError) Error() string { return e.err.Error() }
func (e *refusedError) Unwrap() error { return e.err }

// examine returns the target that a process is.
func (w *Watcher) examine(pid int) (*Target, error) {
	now, err := sinceBoot()
	if err != nil {
		return nil, err
	}
	path, err := w.index.proc.link(pid)
	if err != nil {
		return nil, err
	}
	if !w.selector.selected(pid, path) {
		return nil, errNotSelected
	}
	exe, err := w.index.lookup(pid, path)
	if err != nil {
		return nil, &refusedError{path, err}
	}
	p, err := w.index.proc.process(pid)
	if err != nil {
		return nil, err
	}
	p.Path = path
	return &Target{Process: p, Executable: exe, found: now}, nil
}

// sinceBoot is the time that records have.
func sinceBoot() (time.Duration, error) {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &now); err != nil {
		return 0, fmt.Errorf("read the clock: %w", err)
	}
	return time.Duration(now.Nano()), nil
}

// passed remembers a process that is no target, for the next scan.
func (w *Watcher) passed(pid int) {
	id, err := w.index.identity(pid)
	if err != nil {
		return
	}
	if s, err := w.index.proc.stat(pid); err == nil {
		w.looked[pid] = looked{s.start, id}
	}
}

// refused tells of a selected program that cannot be traced. With -all and
// cgroups, that a program is not of Go is no news.
func (w *Watcher) refused(ctx context.Context, pid int, why *refusedError) {
	if errors.Is(why, fs.ErrPermission) {
		w.forbid(pid)
		return
	}
	named := w.selector.exe(pid, why.path) || slices.Contains(w.options.PIDs, pid)
	if errors.Is(why, gobin.ErrNotGo) && !named || errors.Is(why, fs.ErrNotExist) {
		return
	}
	w.deny(why.path)
	w.tell(ctx, "refused "+why.path, fmt.Sprintf("process %d is not traced: %v", pid, why))
}

// missed tells of a program that had ended before it could be looked at, when its
// name is one that was asked for.
func (w *Watcher) missed(ctx context.Context, r bpf.Record) {
	for _, exe := range w.options.Exes {
		name := filepath.Base(exe)
		if len(name) > commSize {
			name = name[:commSize]
		}
		if r.Kind == bpf.Exec && !strings.ContainsAny(name, wildcards) && name == r.Comm {
			w.tell(ctx, "missed "+name, fmt.Sprintf("process %d (%s) had ended before it could be looked at: -catch-first stops such programs until they are attached to", r.PID, r.Comm))
		}
	}
}
