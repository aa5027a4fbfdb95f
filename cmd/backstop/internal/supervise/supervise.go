// Package supervise runs a program, reads the tracebacks it leaves on stderr,
// and says how it died. It is what `backstop run` does, as a library.
//
// Start with [Run]. It passes stdout and stderr through unchanged, forwards
// signals, mirrors the exit status and hands every crash to Options.OnEvent: a
// traceback on stderr, an exit status other than 0, a death by signal, the
// kernel's OOM killer. A program that is not written in Go is supervised just
// as well; its deaths are kills and exits.
//
// What it does not do: it does not follow programs that put themselves into the
// background, it does not reap orphans as an init process would, and it does
// not send events anywhere.
//
// # Standard error
//
// The child's stderr is a pipe, hence not a terminal. It is always drained: a
// crashing process hangs in write when nobody reads. What was read goes to
// Options.Stderr byte for byte. When that is slow, the child is slowed down as
// it would be without a supervisor; when it takes nothing at all for two
// seconds, output is dropped, counted, and the count is written once it flows
// again; when it is closed, the rest is only read for crashes. So the child
// never hangs because of whoever reads our stderr.
package supervise

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/backstop-go/backstop/event"
)

// Options say what to run and how. Only Command is needed.
type Options struct {
	Command []string // program and arguments; the program is looked up in PATH
	Dir     string   // working directory; default: ours
	Env     []string // "KEY=value"; default: os.Environ()

	// Stdin, Stdout and Stderr: nil means the null device. An *os.File is
	// handed to the child as it is (stdin and stdout), so that it stays a
	// terminal; anything else is copied.
	Stdin          io.Reader
	Stdout, Stderr io.Writer

	// Service and the rest go into each event, and into the child's
	// environment for the SDK (BACKSTOP_SERVICE, ...) unless set there.
	// Defaults: what the child's environment says, else the base name of the
	// command, the version in the executable's build information (else
	// "unknown"), "production", the host name. Where it comes to the default,
	// what the SDK in the program calls itself goes into events instead.
	Service, Release, Environment, Instance string

	// Collector and Key are only put into the child's environment
	// (BACKSTOP_COLLECTOR, BACKSTOP_KEY), unless set there.
	Collector, Key string

	// SendValues leaves the texts in events as they are. By default what looks
	// like a secret or like personal data is masked in them (package redact).
	// It reaches the SDK in the child as BACKSTOP_SEND_VALUES.
	SendValues bool

	// OnHello is called once, before the first start, with what is known of
	// the instance. OnStart is called with each process as soon as it runs; OnEvent with
	// each event, one at a time and in order, the last one before Run returns.
	// Both must not block for long: the child's output waits behind OnStart,
	// and further crashes behind OnEvent.
	OnHello func(event.Hello)
	OnStart func(event.Process)
	OnEvent func(event.Event)

	// OnRestart is called before the wait that comes before restart number n.
	OnRestart func(n int, after time.Duration)

	// Signals are forwarded to the child as they arrive; nil forwards none.
	// A death after TERM, INT, QUIT (or by HUP) that came this way is a stop
	// that was asked for: no event and no restart.
	Signals <-chan os.Signal

	// Reap adopts orphans of the command, as an init process does in any case,
	// and takes their status when they end. After the last process has ended,
	// Run then waits for the SDK's monitor in it, at most MonitorWait. Linux
	// only. It is not for a process that starts children besides the command:
	// they would lose their status.
	Reap bool

	// SharedGroup leaves the child in our process group. It is meant for a
	// terminal's foreground job (see Foreground): the terminal then sends INT
	// and QUIT to both, so they are noted and not forwarded. Default: the
	// child gets a process group of its own.
	SharedGroup bool

	Restart Restart // default: never
	Limits  Limits  // resource limits of the child; default: ours

	// Grace is the time from a stop by context to SIGKILL, 10 s by default;
	// StopGrace that from a forwarded TERM, INT or QUIT, by default without
	// end. A death by that SIGKILL is an event: what was in flight is lost.
	Grace, StopGrace time.Duration

	Logger *slog.Logger // default: silent
}

// A Result is how the last process ended.
type Result struct {
	Process event.Process
	Exit    event.Exit

	// Code is the status to exit with: the child's own, or 128+n for signal n.
	Code int

	// Stopped is set when the process ended because it was asked to, by a
	// forwarded signal or by the context.
	Stopped bool

	// Events describe the end of the last process: none when it ended well or
	// was stopped, several when several goroutines crashed at once.
	Events []event.Event

	Seen     int // events given to OnEvent, over all restarts
	Restarts int // how often a process was started again

	Started, Ended time.Time
	MaxRSS         int64         // largest resident set in bytes; 0 when unknown
	CPU            time.Duration // user and system time
}

// A StartError says that the command could not be started at all.
type StartError struct {
	Name string
	Code int // 127: there is no such program; 126: it cannot be executed
	Err  error
}

func (e *StartError) Error() string { return fmt.Sprintf("start %s: %v", e.Name, e.Err) }
func (e *StartError) Unwrap() error { return e.Err }

// ErrNoCommand is returned by Run when Options.Command is empty.
var ErrNoCommand = errors.New("no command to run")

// Run starts the command, waits for its end, and starts it again as
// Options.Restart says. It returns how the last process ended. The error is a
// *StartError when the command could not be started, or ErrNoCommand; a child
// that fails is not an error.
//
// Cancelling the context stops the child: SIGTERM, then SIGKILL after
// Options.Grace to it (and to its process group when it has one of its own).
func Run(ctx context.Context, o Options) (Result, error) {
	if len(o.Command) == 0 || o.Command[0] == "" {
		return Result{}, ErrNoCommand
	}
	s, err := newSupervisor(o)
	if err != nil {
		return Result{}, err
	}
	if o.OnHello != nil {
		o.OnHello(event.Hello{
			Service: s.o.Service, Release: s.o.Release, Environment: s.o.Environment, Instance: s.o.Instance,
			Build: s.build,
		})
	}
	s.makeTable()
	defer s.table.close()
	if o.Reap {
		s.reaper = startReaper()
		defer s.reaper.close()
	}
	warmThreads()
	res, err := s.loop(ctx)
	wait := MonitorWait
	if res.Stopped {
		wait /= 3 // whoever wants us to stop wants it soon
	}
	s.reaper.awaitMonitors(wait, s.o.Signals)
	return res, err
}

// MonitorWait is how long Run waits for a monitor to deliver what it saw, at
// most; after a stop a third of it.
const MonitorWait = 6 * time.Second

// loop runs process after process until the restart policy or a stop ends it.
func (s *supervisor) loop(ctx context.Context) (Result, error) {
	failures := 0 // in a row, each before the process was healthy
	var last Result
	for n := 0; ; n++ {
		res, err := s.runOnce(ctx)
		if err != nil && n == 0 {
			return Result{}, err
		}
		if err != nil { // the program went away between two starts
			s.log.Warn("restart", "err", err)
			res = last
			res.Ended, res.Started = time.Now(), time.Now()
		}
		res.Restarts, res.Seen = n, s.seen
		last = res
		if res.Stopped || !s.o.Restart.again(res.Exit, err != nil, n) {
			return res, err
		}
		if res.Ended.Sub(res.Started) >= s.o.Restart.healthy() {
			failures = 0
		}
		delay := s.o.Restart.delay(failures, s.random())
		failures++
		s.log.Info("restart", "command", s.o.Command[0], "after", delay, "restarts", n+1)
		if s.o.OnRestart != nil {
			s.o.OnRestart(n+1, delay)
		}
		if s.stopWhile(ctx, delay) {
			last.Stopped = true
			return last, nil
		}
	}
}

// stopWhile waits and reports whether a stop came meanwhile.
func (s *supervisor) stopWhile(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return true
		case sig := <-s.o.Signals:
			if asksToStop(sig) {
				return true
			}
		case <-timer.C:
			return false
		}
	}
}
