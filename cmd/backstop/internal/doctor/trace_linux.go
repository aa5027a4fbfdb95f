package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc/ptrace"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/probe"
	"github.com/backstop-go/backstop/internal/gobin"
)

// tryTime bounds each try.
const tryTime = 5 * time.Second

// tryProbes attaches to this very process, panics, recovers, and reads what the
// kernel saw. It returns how long attaching took.
func tryProbes(ctx context.Context, single bool) (took time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, tryTime)
	defer cancel()
	const self = "/proc/self/exe"
	f, err := gobin.Open(self)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	l, err := goproc.LayoutOf(f)
	if err != nil {
		return 0, err
	}
	sites, err := probe.Find(f, l)
	if err != nil {
		return 0, err
	}
	tracer, err := bpf.Load(bpf.Options{Ring: 1 << 16, Places: 64, Open: 64, Single: single})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, tracer.Close()) }()
	target := sites.Target(self)
	target.PID, target.NoStacks = os.Getpid(), true
	began := time.Now()
	if _, err := tracer.Attach(target); err != nil {
		return 0, err
	}
	took = time.Since(began).Round(100 * time.Microsecond)
	panicAndRecover()
	for {
		r, err := tracer.Read(ctx)
		if err != nil {
			return 0, fmt.Errorf("a panic of this process was not seen: %w", err)
		}
		if r.Kind == bpf.Panic {
			return took, nil
		}
	}
}

// errTry is the value of the panic that is to be seen.
var errTry = errors.New("a panic of backstop doctor, to be seen by a probe")

func panicAndRecover() {
	defer func() {
		if r := recover(); r != nil && r != errTry { //nolint:errorlint // the very same
			panic(r)
		}
	}()
	panic(errTry)
}

// tryProcesses starts a child, kills it, and waits until the kernel has told of
// both.
func tryProcesses(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, tryTime)
	defer cancel()
	h, err := bpf.OpenHost(bpf.HostOptions{})
	if err != nil {
		return err
	}
	// Close is what wakes a reader.
	stop := context.AfterFunc(ctx, func() { _ = h.Close() })
	defer stop()
	defer func() { err = errors.Join(err, h.Close()) }()
	if err := h.Partial(); err != nil {
		return err
	}
	pid, end, err := waitingChild(ctx)
	if err != nil {
		return err
	}
	defer end()
	killed := false
	for {
		r, err := h.Read()
		switch {
		case err != nil:
			return fmt.Errorf("start and end of a child were not seen: %w", err)
		case int(r.PID) != pid:
		case r.Kind == bpf.Exec:
			end()
		case r.Kind == bpf.Signal:
			killed = int(r.Peer) == os.Getpid() && r.Code == int64(syscall.SIGKILL)
		case r.Kind == bpf.Exit && killed:
			return nil
		}
	}
}

// tryPtrace stops a child and lets it go on.
func tryPtrace(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, tryTime)
	defer cancel()
	pid, end, err := waitingChild(ctx)
	if err != nil {
		return err
	}
	defer end()
	s, err := ptrace.Stop(ctx, pid)
	if err != nil {
		return err
	}
	return s.Release()
}

// waitingChild starts this executable again, as a process that waits to be killed.
func waitingChild(ctx context.Context) (pid int, end func(), err error) {
	cmd := child(ctx, "wait")
	in, err := cmd.StdinPipe()
	if err != nil {
		return 0, nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, nil, err
	}
	if err := cmd.Start(); err != nil {
		return 0, nil, err
	}
	ended := false
	end = func() {
		if ended {
			return
		}
		ended = true
		_ = cmd.Process.Kill()
		_ = in.Close()
		_ = cmd.Wait() // it was killed
	}
	if _, err := io.ReadFull(out, make([]byte, 1)); err != nil {
		end()
		return 0, nil, fmt.Errorf("a child does not run: %w", err)
	}
	return cmd.Process.Pid, end, nil
}

// tryMemory asks for the memory of a process, of which nothing is read.
func tryMemory(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return f.Close()
}
