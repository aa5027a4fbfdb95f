//go:build amd64

package attend

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/backstop-go/backstop/internal/crashtest"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc/ptrace"
)

// A thread that executes a program waits for the others. Half of them are ours when it
// begins, and wait for us; the next one cannot be seized before they are gone.
func TestSeizeWhatExecutes(t *testing.T) {
	cmd := crashtest.Command(t, "target", &crashtest.Options{})
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	want := func(line string) {
		t.Helper()
		if !lines.Scan() || lines.Text() != line {
			t.Fatalf("it says %q, not %q: %v", lines.Text(), line, lines.Err())
		}
	}
	tell := func(word string) {
		t.Helper()
		if _, err := io.WriteString(in, word+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	want("ready")
	tell("many")
	want("many")
	if err := ptrace.Prepare(); err != nil {
		t.Fatal(err)
	}
	a := &Attended{pid: cmd.Process.Pid, threads: make(map[int]*thread), seizing: true}
	half, begun, seized := make(chan error, 1), make(chan error, 1), make(chan error, 1)
	go onOwnThread(func() {
		a.tracer.Store(int64(unix.Gettid()))
		half <- a.seizeHalf()
		if a.awaitExit() {
			begun <- a.seize()
		} else {
			begun <- errors.New("no thread of it waits on its way out")
		}
	})
	if err := <-half; err != nil {
		t.Fatal(err)
	}
	tell("exec")
	go func() { seized <- a.await(begun) }()
	select {
	case err := <-seized:
		var refusal *ptrace.Refusal // it may have been seen while it had no first thread
		if err != nil && !errors.As(err, &refusal) {
			t.Fatal(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("neither can the process go on nor can we")
	}
	// Whoever waits for a child is told of its stops as long as a thread of the same
	// process traces it.
	awaitEnd(int(a.tracer.Load()))
	want("ready")
	tell("exit")
	_ = cmd.Wait() // the status tells
	if status := cmd.ProcessState.ExitCode(); status != 7 {
		t.Errorf("it ended with %d", status)
	}
}

// seizeHalf makes us the tracer of the threads that started last.
func (a *Attended) seizeHalf() error {
	ids, err := ptrace.Threads(a.pid)
	if err != nil {
		return err
	}
	slices.Sort(ids)
	for _, id := range ids[len(ids)/2:] {
		if errno := request(unix.PTRACE_SEIZE, id, seizeOptions); errno != 0 {
			return fmt.Errorf("seize thread %d of %v: %w", id, ids, errno)
		}
		a.threads[id] = new(thread)
	}
	return nil
}

// awaitExit waits until threads of ours wait on their way out.
func (a *Attended) awaitExit() bool {
	for range 60_000 {
		for id := range a.threads {
			if ptrace.StateOf(a.pid, id) == 't' {
				return true
			}
		}
		pause(time.Millisecond)
	}
	return false
}
