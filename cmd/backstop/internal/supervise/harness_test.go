package supervise

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/backstop-go/backstop/event"
)

// crasher is built once, without cgo: a program with cgo never notices that all
// its goroutines are asleep.
var crasher = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "crasher")
	if err != nil {
		return "", err
	}
	exe := filepath.Join(dir, "shop")
	cmd := exec.Command("go", "build", "-o", exe, "./testdata/crasher")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build crasher: %w\n%s", err, out)
	}
	return exe, nil
})

func TestMain(m *testing.M) {
	if os.Getenv(standInEnv) != "" {
		standIn()
	}
	code := m.Run()
	if exe, err := crasher(); err == nil {
		os.RemoveAll(filepath.Dir(exe))
	}
	os.Exit(code)
}

// standInEnv makes the test binary a supervisor of its arguments, for tests that
// need one in a process of its own: in a cgroup, behind a terminal. Its value is
// how many times the program is run.
const standInEnv = "SUPERVISE_STAND_IN"

func standIn() {
	shared := Foreground()
	signals := make(chan os.Signal, 64)
	signal.Notify(signals, Signals(shared)...)
	times, _ := strconv.Atoi(os.Getenv(standInEnv))
	for range times {
		res, err := Run(context.Background(), Options{
			Command: os.Args[1:],
			Stdin:   os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
			Signals: signals, SharedGroup: shared, Reap: true,
			OnEvent: func(e event.Event) { fmt.Println("event:", summary([]event.Event{e})[0], "oom:", e.Exit.OOM) },
		})
		fmt.Println("end:", res.Code, "stopped:", res.Stopped, "error:", err, "terminal:", shared)
	}
	os.Exit(0)
}

// standInCommand returns a supervisor of the crasher.
func standInCommand(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := crasher()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], append([]string{exe}, args...)...)
	cmd.Env = append(os.Environ(), standInEnv+"=1")
	return cmd
}

// A seen is what came out of one supervised run.
type seen struct {
	Result
	all            []event.Event // given to OnEvent
	stdout, stderr string
}

// tooLong is when a supervised crasher counts as hanging. Nothing is measured
// with it.
const tooLong = time.Minute

// supervise runs the crasher and waits for its end.
func supervise(t *testing.T, o Options, args ...string) seen {
	t.Helper()
	r := start(t, o, args...)
	return r.wait()
}

// A running is a supervised crasher.
type running struct {
	t      *testing.T
	pids   chan int
	lines  chan string // of stdout
	stop   context.CancelFunc
	stderr *lockedBuffer
	done   chan seen
}

func start(t *testing.T, o Options, args ...string) *running {
	t.Helper()
	exe, err := crasher()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{t: t, pids: make(chan int, 100), lines: make(chan string, 1000), stop: cancel, stderr: new(lockedBuffer), done: make(chan seen, 1)}
	t.Cleanup(cancel)
	o.Command = append([]string{exe}, args...)
	if o.Stderr == nil {
		o.Stderr = r.stderr
	}
	var stdout lockedBuffer
	o.Stdout = &lineWriter{&stdout, r.lines}
	o.OnStart = func(p event.Process) { r.pids <- p.PID }
	var all []event.Event
	o.OnEvent = func(e event.Event) { all = append(all, e) }
	go func() {
		res, err := Run(ctx, o)
		if err != nil {
			t.Errorf("run %v: %v", args, err)
		}
		r.done <- seen{res, all, stdout.String(), r.stderr.String()}
	}()
	return r
}

func (r *running) wait() seen {
	r.t.Helper()
	select {
	case s := <-r.done:
		return s
	case <-time.After(tooLong):
		buf := make([]byte, 1<<20)
		r.t.Fatalf("still running\nstderr: %s\n%s", r.stderr.String(), buf[:runtime.Stack(buf, true)])
		panic("unreachable")
	}
}

// line waits for the next line on stdout.
func (r *running) line() string {
	r.t.Helper()
	select {
	case l := <-r.lines:
		return l
	case <-time.After(tooLong):
		r.t.Fatal("no line on stdout")
		panic("unreachable")
	}
}

func (r *running) pid() int {
	r.t.Helper()
	select {
	case p := <-r.pids:
		return p
	case <-time.After(tooLong):
		r.t.Fatal("no process")
		panic("unreachable")
	}
}

// A lineWriter tells of whole lines. Lines of the crasher are written at once.
type lineWriter struct {
	*lockedBuffer
	lines chan string
}

func (w *lineWriter) Write(p []byte) (int, error) {
	for l := range strings.Lines(string(p)) {
		w.lines <- strings.TrimSpace(l)
	}
	return w.lockedBuffer.Write(p)
}

// summary is what the tests compare: class, message, recovered, exit.
func summary(events []event.Event) []string {
	lines := make([]string, len(events))
	for i, e := range events {
		message := "-"
		if e.Message != nil {
			message = OneLine(*e.Message, 60)
		}
		lines[i] = fmt.Sprintf("%s %q", e.Class, message)
		if e.Report.Recovered {
			lines[i] += " recovered"
		}
		if e.Exit != nil {
			lines[i] += fmt.Sprintf(" exit=%d%s", e.Exit.Status, e.Exit.Signal)
			if e.Exit.By != "" {
				lines[i] += " by " + string(e.Exit.By)
			}
		}
	}
	return lines
}
