package capture

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/server"
	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

const (
	hangs     = 30 * time.Second // when a program counts as hanging
	slowHangs = 3 * time.Minute  // one that has seconds of work to do before it dies
	pollEvery = 5 * time.Millisecond
)

// A lab is a collector, and the programs that report to it.
type lab struct {
	app      *server.App
	dir      string
	backstop string
	bin      string
	runs     atomic.Int64
	expected []Expectation
}

func newLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{dir: t.TempDir(), bin: t.TempDir()}
	l.backstop = buildBackstop(t, l.bin)
	app, err := server.New(server.Options{
		DataDir: filepath.Join(l.dir, "data"),
		Listen:  "127.0.0.1:0",
		Logger:  slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	app.Start()
	l.app = app
	t.Cleanup(func() {
		if err := app.Stop(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// A run is one program that ends in one way under one set-up.
type run struct {
	Case      Case
	Setup     Setup
	toolchain string
	cgo       bool          // there is a program with C
	pid1      bool          // first in a pid namespace of its own
	patience  time.Duration // default hangs or slowHangs

	lab     *lab
	dir     string
	service string
	trace   string
	output  string
}

// observe runs a program and returns what the collector has of it, once
// nothing more can come. An error is a fault of the lab.
func (l *lab) observe(ctx context.Context, r run) (Observation, error) {
	n := l.runs.Add(1)
	r.lab = l
	r.service = fmt.Sprintf("run-%d-%d", os.Getpid(), n)
	r.dir = filepath.Join(l.dir, r.service)
	r.output = filepath.Join(r.dir, "output")
	id := make([]byte, 16)
	rand.Read(id)
	r.trace = hex.EncodeToString(id)
	switch {
	case r.patience > 0:
	case r.Case.Slow:
		r.patience = slowHangs
	default:
		r.patience = hangs
	}
	if err := os.MkdirAll(r.dir, 0o700); err != nil {
		return Observation{}, err
	}
	o := Observation{Sent: event.Request{Method: "POST", URL: "/checkout/" + r.Case.Name, TraceID: r.trace, RequestID: "order-" + r.service}}
	if err := r.execute(ctx, &o); err != nil {
		return o, fmt.Errorf("%s: %w", r.service, err)
	}
	if o.Hung || o.Stuck != "" {
		return o, l.read(ctx, r.service, &o)
	}
	if r.waiting() > 0 {
		o.NextStart = true
		next := r
		next.Case, next.pid1 = Case{Name: "exit-0"}, false
		if err := next.execute(ctx, &o); err != nil {
			return o, fmt.Errorf("%s, started again: %w", r.service, err)
		}
		if left := r.waiting(); left > 0 {
			o.Stuck = fmt.Sprintf("%d events stay in the spool", left)
		}
	}
	return o, l.read(ctx, r.service, &o)
}

// command is what is run, without limits.
func (r *run) command() []string {
	p := program{r.toolchain, r.Setup.SDK(), r.cgo && (r.Case.Cgo || r.Case.WithC)}
	command := []string{filepath.Join(r.lab.bin, p.file()), r.Case.Name, r.trace, "order-" + r.service}
	if r.Setup == Supervisor || r.Setup == All {
		command = append([]string{
			r.lab.backstop, "run", "-quiet", "-collector", r.lab.app.URL(), "-service", r.service,
			"-spool", filepath.Join(r.dir, "spool-run"), "--",
		}, command...)
	}
	if r.pid1 {
		command = container(r.service, command...)
	}
	return command
}

// container returns a command line that runs a command as the first process of
// a pid namespace. As in a container it has a host name of its own: without, two
// of them that start in the same instant are one process to everybody.
func container(name string, command ...string) []string {
	return append([]string{
		"unshare", "--pid", "--uts", "--fork", "--kill-child", "--mount-proc",
		"/bin/sh", "-c", `echo "$0" >/proc/sys/kernel/hostname && exec "$@"`, name,
	}, command...)
}

func (r *run) environ() []string {
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + r.dir, "TMPDIR=" + r.dir,
		"BACKSTOP_COLLECTOR=" + r.lab.app.URL(), "BACKSTOP_SERVICE=" + r.service, "BACKSTOP_SPOOL=" + filepath.Join(r.dir, "spool"),
	}
	if r.Setup == Guard {
		env = append(env, "CAPTURE_NO_MONITOR=1")
	}
	return env
}

// execute runs the program to the end of everything it started.
func (r *run) execute(ctx context.Context, o *Observation) error {
	groups, remove, err := r.Case.Limits.groups("backstop-" + r.service)
	if err != nil {
		return err
	}
	out, err := os.OpenFile(r.output, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return errors.Join(err, remove())
	}
	defer out.Close()
	args := r.Case.Limits.wrap(groups, r.command())
	ctx, cancel := context.WithTimeout(ctx, r.patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir, cmd.Env = r.dir, r.environ()
	cmd.Stdout, cmd.Stderr = out, out // files: nobody who keeps them open delays Wait
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return killAll(r.service) }
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		o.Hung = true
	case err != nil && !errors.As(err, &exit):
		return errors.Join(err, remove())
	case cmd.ProcessState.ExitCode() == 99 || cmd.ProcessState.ExitCode() == 100:
		text, _ := os.ReadFile(r.output) // whatever there is
		return errors.Join(fmt.Errorf("it could not be run: %s", text), remove())
	}
	if left := awaitGone(r.service); len(left) > 0 {
		o.Stuck = fmt.Sprintf("processes %v do not end", left)
		err := killAll(r.service)
		return errors.Join(err, remove())
	}
	return remove()
}

// waiting counts the events that wait on disk.
func (r *run) waiting() int {
	names, _ := filepath.Glob(filepath.Join(r.dir, "spool*", "*.json")) // the pattern is well-formed
	return len(names)
}

// read asks the collector what it has of a service.
func (l *lab) read(ctx context.Context, service string, o *Observation) error {
	db := l.app.Reader()
	issues, err := db.Issues(ctx, store.IssueFilter{Service: service})
	if err != nil {
		return err
	}
	for _, i := range issues {
		o.Count += i.Count
		detail, err := db.Issue(ctx, i.ID)
		if err != nil {
			return err
		}
		for _, s := range detail.Samples {
			e, _, err := db.Event(ctx, s.EventID)
			if err != nil {
				return err
			}
			o.Events = append(o.Events, e)
		}
	}
	return nil
}

// processes lists those that run for a service, by their environment: the
// program, its monitor and its supervisor. The dead have none.
func processes(service string) []int {
	var all []int
	mark := []byte("BACKSTOP_SERVICE=" + service + "\x00")
	entries, _ := os.ReadDir("/proc") // always there
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		env, err := os.ReadFile("/proc/" + e.Name() + "/environ")
		if err == nil && bytes.Contains(append(env, 0), mark) {
			all = append(all, pid)
		}
	}
	return all
}

// awaitGone waits for the end of all processes of a service and returns those
// that do not end.
func awaitGone(service string) []int {
	for end := time.Now().Add(hangs); ; time.Sleep(pollEvery) {
		left := processes(service)
		if len(left) == 0 || time.Now().After(end) {
			return left
		}
	}
}

func killAll(service string) error {
	var errs []error
	for _, pid := range processes(service) {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// printed is the beginning of what a run printed.
func (l *lab) printed(service string) string {
	text, err := os.ReadFile(filepath.Join(l.dir, service, "output"))
	if err != nil {
		return err.Error()
	}
	return string(text[:min(len(text), 4000)])
}
