//go:build amd64

package postmortem

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc/ptrace"
	"github.com/backstop-go/backstop/internal/gobin"
)

// openProcess opens a live process and what it runs.
func openProcess(pid int) (*goproc.Program, io.ReaderAt, func(), error) {
	f, err := gobin.Open(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil {
		return nil, nil, nil, err
	}
	l, err := goproc.LayoutOf(f)
	if err != nil {
		return nil, nil, nil, err
	}
	p := &goproc.Program{File: f, Layout: l}
	if f.PIE() {
		maps, _ := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
		exe, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
		for line := range strings.Lines(string(maps)) {
			if strings.HasSuffix(strings.TrimSpace(line), exe) {
				lo, _, _ := strings.Cut(line, "-")
				p.Bias, _ = strconv.ParseUint(lo, 16, 64)
				break
			}
		}
	}
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		return nil, nil, nil, err
	}
	return p, mem, func() { mem.Close(); f.Close() }, nil
}

// Take takes a snapshot of a live process: it stops all its threads, copies what
// is needed, lets them go on, and makes the snapshot of the copy. A process that
// SIGSTOP had stopped is left stopped. The error is a [*ptrace.Refusal] for a
// process that cannot be stopped.
func Take(ctx context.Context, pid int, o Options) (*Snapshot, error) {
	program, mem, done, err := openProcess(pid)
	if err != nil {
		return nil, err
	}
	defer done()
	stopped, err := ptrace.Stop(ctx, pid)
	if err != nil {
		return nil, err
	}
	defer stopped.Release() //nolint:errcheck // it was released before, unless there is an error already
	im := &Image{Program: program, Memory: mem, Threads: make(map[int]goproc.Registers), Now: monotonic()}
	for _, th := range stopped.Threads {
		im.Threads[th.ID] = th.Registers
	}
	at := time.Now()
	t, err := take(im)
	if err != nil {
		return nil, err
	}
	if err := stopped.Release(); err != nil {
		return nil, err
	}
	s := t.build(o)
	s.TakenAt, s.Stopped, s.Frozen = at, stopped.Held(), stopped.Frozen
	s.Process.PID = pid
	return s, nil
}

// monotonic is the clock that the runtime measures waits by.
func monotonic() int64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		return 0
	}
	return ts.Nano()
}
