package trace

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/postmortem"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/host"
)

// thawed is a process that may go on, and what became of its state.
type thawed struct {
	e    *Event
	file string
	err  error
	of   *attended // nil when a probe has stopped it
}

// freezeTime is how long taking the state of a dying process may take. It does not
// die meanwhile: others may be waiting for it to.
const freezeTime = 20 * time.Second

// freeze takes the state of a process that a probe has stopped, and lets it go
// on. The records of others are read meanwhile.
func (l *live) freeze(r *bpf.Record, e *Event) {
	l.freezing++
	pid, name, cause := int(r.PID), snapshotName(e), causeOf(e)
	go func() { //backstop:ignore goroutine-unguarded a fault of ours shall end the tracer: the guardian lets the process go on
		file, err := l.snapshot(pid, name, cause)
		if cont := l.resume(pid); cont != nil {
			err = errors.Join(err, cont)
		}
		l.frozen <- thawed{e: e, file: file, err: err}
	}()
}

// snapshot takes the state of a process that a probe has stopped.
func (l *live) snapshot(pid int, name, cause string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), freezeTime)
	defer cancel()
	s, err := postmortem.Take(ctx, pid, postmortem.Options{Raw: l.o.Raw})
	if err != nil {
		return "", fmt.Errorf("take the state of process %d: %w", pid, err)
	}
	s.Dying = cause
	return writeSnapshot(s, pid, l.o.Freeze, name)
}

// writeSnapshot writes the state of a process into a file of a directory that
// appears whole or not at all, and that its owner alone may read.
func writeSnapshot(s *postmortem.Snapshot, pid int, dir, name string) (string, error) {
	data, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("write the state of process %d: %w", pid, err)
	}
	file := filepath.Join(dir, name)
	tmp := filepath.Join(dir, "."+name+".tmp")
	err = os.WriteFile(tmp, append(data, '\n'), 0o600)
	if err == nil {
		err = os.Rename(tmp, file)
	}
	if err != nil {
		_ = os.Remove(tmp) // the error that counts is the one above
		return "", fmt.Errorf("write the state of process %d: %w", pid, err)
	}
	return file, nil
}

// causeOf says in a few words, as far as it is known by now, what a process dies of.
func causeOf(e *Event) string {
	what := "a panic"
	switch e.Kind {
	case Signal:
		return e.Signal
	case Fatal:
		what = "a fatal error"
	}
	if text, _, _ := strings.Cut(e.Headline(), "\n"); text != "" {
		what += ": " + clip(text, 300)
	}
	return what
}

// snapshotName sorts by time and names the program and its process.
func snapshotName(e *Event) string {
	program := strings.Map(func(r rune) rune {
		if r < ' ' || r == '/' || r == 0x7f {
			return '_'
		}
		return r
	}, firstOf(baseName(e.Exe), e.Comm, "process"))
	return fmt.Sprintf("%s-%s-%d.snapshot.json", e.At.UTC().Format("20060102T150405.000000Z"), clip(program, 64), e.PID)
}

// thaw takes note of a process that goes on.
func (l *live) thaw(t thawed) {
	l.freezing = max(l.freezing-1, 0)
	l.engine.Frozen(t.e, t.file, t.err)
}

// awaitFrozen waits, for a bounded time, until no state is being taken any more. thaw
// takes what is ready, and counts it down.
func awaitFrozen(freezing *int, frozen <-chan thawed, thaw func(thawed)) {
	deadline := time.After(lastSnapshot)
	for *freezing > 0 {
		select {
		case t := <-frozen:
			thaw(t)
		case <-deadline:
			*freezing = 0
		}
	}
}

// resume lets a process go on that a probe has stopped.
func (l *live) resume(pid int) error {
	return host.Resume(l.tracer.Stopped(), pid) //nolint:wrapcheck // it says what it did
}

// letGo detaches the probes, so that nothing is stopped any more, and lets go on
// what was.
func (l *live) letGo() error {
	if l.o.Freeze == "" {
		return nil
	}
	var errs []error
	for _, a := range l.attached {
		if a.err == nil {
			errs = append(errs, l.tracer.Detach(a.exe))
		}
	}
	noted, err := l.tracer.Stopped().Noted()
	errs = append(errs, err)
	for pid := range noted {
		errs = append(errs, l.resume(int(pid)))
	}
	return errors.Join(errs...)
}

// guard starts the process that lets stopped ones go on should we be killed.
func (l *live) guard(caught *bpf.Stopped) (err error) {
	l.caught = caught
	maps := []*bpf.Stopped{caught}
	if l.o.Freeze != "" {
		maps = append(maps, l.tracer.Stopped())
	}
	l.guardian, err = host.StartGuardian(maps...)
	return err //nolint:wrapcheck // it says what it did
}

// reguard starts another guardian when somebody has ended the one that was. It
// returns what tells of the end of that.
func (l *live) reguard() <-chan struct{} {
	if err := l.guard(l.caught); err != nil {
		l.guardian = nil
		l.o.OnNotice(fmt.Sprintf("the guardian has ended, and no other starts (%v): should this tracer be killed, processes may stay stopped", err))
		return nil
	}
	return l.guardian.Done()
}

func (l *live) unguard() error {
	if l.guardian == nil {
		return nil
	}
	return l.guardian.Close() //nolint:wrapcheck // it says what it did
}
