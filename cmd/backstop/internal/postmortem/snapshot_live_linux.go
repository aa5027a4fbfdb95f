//go:build amd64

package postmortem

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc/ptrace"
	"github.com/backstop-go/backstop/internal/host"
)

// Take takes a snapshot of a live process: it stops all its threads, copies what
// is needed, lets them go on, and makes the snapshot of the copy. A process that
// SIGSTOP had stopped is left stopped. The error is a [*ptrace.Refusal] for a
// process that cannot be stopped. A cancelled context ends the wait for threads
// to stop.
func Take(ctx context.Context, pid int, o Options) (*Snapshot, error) {
	if err := ptrace.Examine(pid); err != nil {
		return nil, err
	}
	p, err := open(pid)
	if err != nil {
		return nil, err
	}
	defer p.close()
	prepare(p.Program)
	// What was read of the executable is of this process: it has not executed
	// another program since.
	before := host.Process(pid)
	stopped, err := ptrace.Stop(ctx, pid)
	if err != nil {
		return nil, err
	}
	t, at, err := p.take(stopped, before.Start)
	if err := errors.Join(err, stopped.Release()); err != nil {
		return nil, fmt.Errorf("snapshot of process %d: %w", pid, err)
	}
	s := t.build(o)
	s.TakenAt, s.Process, s.Stopped, s.Frozen = at, before, stopped.Held(), stopped.Frozen
	p.describe(s)
	return s, nil
}

// TakeStopped takes a snapshot of a process all of whose threads somebody else has
// stopped, and keeps stopped: since when, and with which registers. One of them is
// asked where the first has ended already.
func TakeStopped(pid, thread int, since time.Time, threads []ptrace.Thread, o Options) (*Snapshot, error) {
	from := pid
	if _, err := os.Stat(fmt.Sprintf("/proc/%d/exe", pid)); err != nil {
		from = thread
	}
	p, err := open(from)
	if err != nil {
		return nil, err
	}
	defer p.close()
	t, at, err := p.take(&ptrace.Stopped{PID: from, Threads: threads}, host.Process(from).Start)
	if err != nil {
		return nil, fmt.Errorf("snapshot of process %d: %w", pid, err)
	}
	s := t.build(o)
	s.TakenAt, s.Process, s.Stopped = at, host.Process(pid), time.Since(since)
	p.describe(s)
	return s, nil
}

// take copies what is needed of a process that is stopped.
func (p *process) take(stopped *ptrace.Stopped, start uint64) (*taken, time.Time, error) {
	at := time.Now()
	if exe, err := os.Stat(fmt.Sprintf("/proc/%d/exe", p.PID)); err != nil || !os.SameFile(exe, p.info) || host.Process(p.PID).Start != start {
		return nil, at, errors.New("it has ended or executed another program meanwhile: try again")
	}
	im := &Image{Program: p.Program, Memory: p.Memory, Threads: make(map[int]goproc.Registers, len(stopped.Threads)), Now: monotonic()}
	for _, th := range stopped.Threads {
		im.Threads[th.ID] = th.Registers
	}
	t, err := take(im)
	if err != nil {
		return nil, at, err
	}
	t.addTable(p.PID, start)
	return t, at, nil
}

// monotonic is the clock that the runtime measures waits by (runtime/time_nofake.go,
// nanotime), 0 if there is none.
func monotonic() int64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		return 0
	}
	return ts.Nano()
}
