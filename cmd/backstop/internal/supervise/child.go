package supervise

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/host"
	"github.com/backstop-go/backstop/internal/inflight"
)

const (
	defaultGrace = 10 * time.Second
	// waitDelay bounds the copying of stdin and stdout that are not files
	// after the process has ended: a grandchild may keep them open.
	waitDelay = 2 * time.Second
)

// A supervisor is what the processes of one Run have in common.
type supervisor struct {
	o      Options        // with defaults
	given  Options        // as they came
	told   inflight.Names // by them or by the child's environment
	path   string         // of the executable
	env    []string
	build  event.Build
	log    *slog.Logger
	random func() float64
	reaper *reaper
	table  *table
	seen   int // events handed out; owned by the analyst while one runs
}

func newSupervisor(o Options) (*supervisor, error) {
	name := o.Command[0]
	path, err := exec.LookPath(name)
	if err != nil {
		return nil, startError(name, err)
	}
	if err := o.Limits.supported(); err != nil {
		return nil, err
	}
	s := &supervisor{o: o, given: o, path: path, log: o.Logger, random: rand.Float64}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	executable := path
	if o.Dir != "" && !filepath.IsAbs(path) {
		executable = filepath.Join(o.Dir, path)
	}
	var release string
	s.build, release = executableBuild(executable)
	s.fill(release)
	s.env = s.childEnv()
	return s, nil
}

// fill sets the defaults. What the child's environment says about the service
// holds for us as well, so that the SDK inside and we outside agree.
func (s *supervisor) fill(release string) {
	env := s.o.Env
	if env == nil {
		env = os.Environ()
	}
	s.env = env[:len(env):len(env)]
	hostname, _ := os.Hostname() // an empty name is no reason not to run
	service := strings.TrimSuffix(filepath.Base(s.o.Command[0]), ".exe")
	for _, f := range []struct {
		field, told    *string
		key, otherwise string
	}{
		{&s.o.Service, &s.told.Service, "BACKSTOP_SERVICE", service},
		{&s.o.Release, &s.told.Release, "BACKSTOP_RELEASE", release},
		{&s.o.Environment, &s.told.Environment, "BACKSTOP_ENVIRONMENT", "production"},
		{&s.o.Instance, &s.told.Instance, "BACKSTOP_INSTANCE", hostname},
	} {
		if *f.field == "" {
			*f.field, _ = lookup(s.env, f.key)
		}
		*f.told = *f.field
		if *f.field == "" {
			*f.field = f.otherwise
		}
	}
	if s.o.Grace <= 0 {
		s.o.Grace = defaultGrace
	}
}

// lookup finds a variable as the child will: the last setting counts
// (os/exec, dedupEnv).
func lookup(env []string, key string) (string, bool) {
	for i := len(env) - 1; i >= 0; i-- {
		if k, v, _ := strings.Cut(env[i], "="); k == key {
			return v, true
		}
	}
	return "", false
}

// startError sorts the reasons why a program cannot be started as shells do.
func startError(name string, err error) *StartError {
	var inner *exec.Error
	if errors.As(err, &inner) {
		err = inner.Err
	}
	err = unwrapPath(err)
	code := 126
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		code = 127
	}
	return &StartError{name, code, err}
}

// childEnv adds what the child should know and does not know yet. The release is
// left to the SDK, which reads the same build information, unless it was given.
func (s *supervisor) childEnv() []string {
	env := s.env
	sendValues := ""
	if s.o.SendValues {
		sendValues = "1"
	}
	for _, add := range []struct{ key, value string }{
		{"GOTRACEBACK", "all"},
		{"BACKSTOP_SERVICE", s.o.Service},
		{"BACKSTOP_RELEASE", s.given.Release},
		{"BACKSTOP_ENVIRONMENT", s.o.Environment},
		{"BACKSTOP_INSTANCE", s.given.Instance},
		{"BACKSTOP_COLLECTOR", s.o.Collector},
		{"BACKSTOP_KEY", s.o.Key},
		{"BACKSTOP_SEND_VALUES", sendValues},
	} {
		if _, has := lookup(s.env, add.key); !has && add.value != "" {
			env = append(env, add.key+"="+add.value)
		}
	}
	return env
}

// warmThreads makes the runtime create the threads that supervision needs. The
// child may use up the process limit we share; the runtime keeps idle threads
// for ever and so needs no new ones then (runtime/proc.go, stopm).
func warmThreads() {
	const threads = 6 // wait, stderr in and out, stdin and stdout copies, signals
	var all, ready sync.WaitGroup
	ready.Add(threads)
	for range threads {
		all.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			ready.Done()
			ready.Wait()
		})
	}
	all.Wait()
}

// A life is one process from its start to its end.
type life struct {
	s       *supervisor
	cmd     *exec.Cmd
	process event.Process
	stderr  *drain
	analyst *analyst
	oom     host.OOMWatch
	started time.Time
	writer  atomic.Pointer[writer] // of the table, when there is one

	asked   map[syscall.Signal]bool // stops that were passed on
	overdue string                  // which stop it did not follow, and for how long
	killed  bool                    // by us, for that
	stopped bool                    // by the context
	grace   <-chan time.Time        // when it will be killed; nil: never
}

// runOnce starts the process and sees it through to its end.
func (s *supervisor) runOnce(ctx context.Context) (Result, error) {
	l := &life{s: s, asked: make(map[syscall.Signal]bool)}
	if err := l.start(); err != nil {
		return Result{}, err
	}
	return l.see(ctx), nil
}

func (l *life) start() error {
	s := l.s
	r, w, err := os.Pipe()
	if err != nil {
		return &StartError{s.o.Command[0], 126, err}
	}
	l.cmd = &exec.Cmd{
		Path: s.path, Args: s.o.Command, Dir: s.o.Dir, Env: s.env,
		Stdin: s.o.Stdin, Stdout: s.o.Stdout, Stderr: w, WaitDelay: waitDelay,
	}
	if !s.o.SharedGroup {
		ownGroup(l.cmd)
	}
	if err := s.table.clear(); err != nil {
		s.log.Warn("requests in flight", "err", err)
	}
	l.started = time.Now()
	err = s.reaper.start(func() (int, error) {
		if err := l.cmd.Start(); err != nil {
			return 0, err
		}
		return l.cmd.Process.Pid, nil
	})
	w.Close() //nolint:errcheck // the child's end; there is nothing to flush in a pipe
	if err != nil {
		r.Close() //nolint:errcheck // the error that counts is Start's
		return startError(s.o.Command[0], err)
	}
	pid := l.cmd.Process.Pid
	if err := s.o.Limits.apply(pid); err != nil {
		s.log.Warn("limits", "pid", pid, "err", err)
	}
	l.process = host.Process(pid) // nobody has waited for it yet: the entry is there
	l.oom = host.WatchOOM(pid)
	if s.o.OnStart != nil {
		s.o.OnStart(l.process)
	}
	l.analyst = startAnalyst(l)
	l.stderr = startDrain(r, s.o.Stderr, l.analyst.take)
	return nil
}

// unwrapPath drops "fork/exec PATH:" and its kind, which repeat the name.
func unwrapPath(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// see forwards signals until the process has ended, and tells how it did.
func (l *life) see(ctx context.Context) Result {
	type end struct {
		left remains
		err  error
	}
	ended := make(chan end, 1)
	go func() {
		pid := l.cmd.Process.Pid
		awaitEnd(pid)
		left := examine(pid)
		ended <- end{left, l.cmd.Wait()}
	}()

	cancelled := ctx.Done()
	for {
		select {
		case e := <-ended:
			l.s.reaper.release()
			var exit *exec.ExitError
			if e.err != nil && !errors.As(e.err, &exit) && !errors.Is(e.err, exec.ErrWaitDelay) {
				l.s.log.Warn("wait", "pid", l.process.PID, "err", e.err) // copying stdin or stdout failed
			}
			return l.finish(e.left)
		case sig := <-l.s.o.Signals:
			l.forward(sig)
		case <-cancelled:
			cancelled = nil
			l.stopped = true
			l.asked[syscall.SIGTERM] = true
			_ = terminate(l.cmd.Process) // fails only when it is gone already
			l.expectEnd(syscall.SIGTERM, l.s.o.Grace)
		case <-l.grace:
			l.killed = true
			killAll(l.cmd.Process, !l.s.o.SharedGroup)
		}
	}
}

// expectEnd gives the process time to follow a stop; the first one counts.
func (l *life) expectEnd(sig syscall.Signal, grace time.Duration) {
	if l.grace == nil && grace > 0 {
		l.grace = time.After(grace)
		l.overdue = fmt.Sprintf("it did not end within %v of %s", grace, signalName(sig))
	}
}

func (l *life) forward(sig os.Signal) {
	if sig == nil { // the channel was closed
		l.s.o.Signals = nil
		return
	}
	if n, ok := sig.(syscall.Signal); ok && asksToStop(sig) {
		l.asked[n] = true
		if n != syscall.SIGHUP {
			l.expectEnd(n, l.s.o.StopGrace)
		}
	}
	if l.s.o.SharedGroup && sentByTerminal(sig) {
		return
	}
	if err := forward(l.cmd.Process, sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		l.s.log.Warn("forward signal", "signal", sig.String(), "err", err)
	}
}

// finish collects what is left after the process has ended.
func (l *life) finish(left remains) Result {
	res := Result{Process: l.process, Started: l.started, Ended: time.Now()}
	var sig syscall.Signal
	res.Exit.Status, sig, res.MaxRSS, res.CPU = ending(l.cmd.ProcessState)
	res.Code = res.Exit.Status
	if res.Exit.Status < 0 {
		res.Exit.Signal = signalName(sig)
		res.Code = 128 + int(sig)
	}
	// A shell tells with its own status that its last program was killed.
	res.Exit.OOM = res.Code == 128+int(syscall.SIGKILL) && !l.killed && l.oom.Rose()
	d := death{sig: sig, at: res.Ended, asked: l.asked}
	res.Exit.By, d.why = l.killer(sig, res.Exit, left)
	d.exit, d.stopped = res.Exit, l.askedFor(sig, res.Exit)
	d.inFlight = l.lastRequests()
	text, found := l.stderr.finish()
	d.last, d.library = l.stderr.lastLine(), l.stderr.library()
	if found {
		d.text = &text
	}
	res.Events = l.analyst.finish(d)
	res.Stopped = d.stopped || l.wantsEnd()
	return res
}

// wantsEnd reports whether whoever runs us wants an end, however it came.
func (l *life) wantsEnd() bool {
	return l.stopped || l.asked[syscall.SIGTERM] || l.asked[syscall.SIGINT] || l.asked[syscall.SIGQUIT]
}

// askedFor reports whether the end is a stop that went through us. A HUP asks
// many programs to read their configuration again, so only a death by it
// counts; a death by a signal that nobody passed on is not a stop.
func (l *life) askedFor(sig syscall.Signal, exit event.Exit) bool {
	switch {
	case exit.OOM, l.killed:
		return false
	case sig != 0:
		return l.asked[sig]
	}
	return l.wantsEnd()
}
