package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/signal"
	"path"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/supervise"
	"github.com/backstop-go/backstop/event"
)

func runCommand() command {
	return command{
		name:    "run",
		args:    "-- COMMAND [ARG...]",
		summary: "run a program and report how it dies",
		config:  true,
		help: `
Runs any program, passes its output through unchanged, forwards signals and
returns its exit status. Every traceback on stderr, every exit status other than
0 and every death by signal becomes an event, with who killed the program where
that can be known; a stop that was forwarded does not. The program needs no
change. One that uses the SDK also tells which requests were in flight.

  backstop run -- ./shop -listen :8080
  backstop run -out /var/crash -- ./shop            one JSON file for each event
  backstop run -collector http://127.0.0.1:7070 -key KEY -release 1.4.2 -- ./shop
  backstop run -restart on-failure -max-restarts 5 -- ./shop
  backstop run -grace 25s -- ./shop                 report a stop that hangs

As the first process of a container it reaps orphans, and waits for the SDK to
deliver before it ends: ENTRYPOINT ["backstop", "run", "--", "/shop"].

The exit status is the program's own, 128+n when signal n ended it, 127 when it
was not found and 126 when it could not be executed. Its stderr is a pipe, so it
is no terminal; stdin and stdout are passed as they are. Events that cannot be
delivered wait on disk for the next run.`,
		setup: func(fs *flag.FlagSet) runFunc {
			var f runFlags
			fs.StringVar(&f.out, "out", "", "write each event as a JSON file into this `directory`")
			fs.StringVar(&f.collector, "collector", "", "send events to the collector at this `URL`")
			fs.StringVar(&f.key, "key", "", "project `key` for the collector")
			fs.StringVar(&f.spool, "spool", "", "keep events that could not be sent in this `directory` (default in the user's cache)")
			fs.StringVar(&f.service, "service", "", "`name` of the service (default what the SDK in the program calls itself, else the base name of the command)")
			fs.StringVar(&f.environment, "env", "", "`name` of the environment (default production)")
			fs.StringVar(&f.release, "release", "", "`version` that runs (default from the program's build information)")
			fs.StringVar(&f.instance, "instance", "", "`name` of this instance (default the host name)")
			fs.StringVar(&f.restart, "restart", "never", "start again after an end: `policy` never, on-failure or always")
			fs.IntVar(&f.maxRestarts, "max-restarts", 0, "give up after `n` restarts; 0 never does")
			fs.DurationVar(&f.backoff, "backoff", 500*time.Millisecond, "`time` before the first restart, up to half of it less at random; it doubles up to a minute")
			fs.DurationVar(&f.grace, "grace", 0, "kill the program when it has not ended this `time` after a forwarded stop; 0 never does")
			fs.BoolVar(&f.sendValues, "send-values", false, "send texts as they are; otherwise secrets and personal data in them are masked")
			fs.BoolVar(&f.quiet, "quiet", false, "say nothing of our own on stderr unless something is wrong")
			return f.run
		},
	}
}

type runFlags struct {
	out, collector, key, spool, service, environment, release, instance string

	restart     string
	maxRestarts int
	backoff     time.Duration
	grace       time.Duration
	quiet       bool
	sendValues  bool
}

// check finds what is wrong with the flags before anything is started.
func (f *runFlags) check(args []string) error {
	if len(args) == 0 || args[0] == "" {
		return withHint(usageError("run: no command given"), "backstop run [flags] -- COMMAND [ARG...]")
	}
	switch supervise.Policy(f.restart) {
	case supervise.Never, supervise.OnFailure, supervise.Always:
	default:
		return withHint(usageError("run: unknown restart policy %q", f.restart), "-restart never, -restart on-failure or -restart always")
	}
	if f.maxRestarts < 0 {
		return withHint(usageError("run: -max-restarts %d is negative", f.maxRestarts), "0 means that there is no limit")
	}
	if f.backoff <= 0 {
		return withHint(usageError("run: -backoff %v is not a positive time", f.backoff), "-backoff 500ms")
	}
	if f.grace < 0 {
		return withHint(usageError("run: -grace %v is negative", f.grace), "-grace 25s")
	}
	if f.collector == "" {
		return nil
	}
	u, err := url.Parse(f.collector)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return withHint(usageError("run: %q is not the URL of a collector", f.collector), "-collector http://127.0.0.1:7070")
	}
	return nil
}

func (f *runFlags) run(ctx context.Context, std stdio, args []string) error {
	if err := f.check(args); err != nil {
		return err
	}
	// Not f.service: there a default would pass for what the user says.
	name := cmp.Or(f.service, strings.TrimSuffix(path.Base(args[0]), ".exe"))
	notes := newNoteWriter(std.err)
	deliver, err := newDelivery(f, name, notes)
	if err != nil {
		return err
	}
	shared := supervise.Foreground()
	signals := make(chan os.Signal, 64)
	signal.Notify(signals, supervise.Signals(shared)...)
	defer signal.Stop(signals)
	defer surviveBrokenPipe()()

	alone := std.err == io.Writer(os.Stderr) // not called by a test in its process
	if alone {
		fewThreads()
	}
	tell := &teller{w: notes, quiet: f.quiet, name: name}
	res, err := supervise.Run(ctx, supervise.Options{
		Command: args,
		Stdin:   std.in, Stdout: underlying(std.out), Stderr: std.err,
		Service: f.service, Release: f.release, Environment: f.environment, Instance: f.instance,
		Collector: f.collector, Key: f.key,
		SendValues:  f.sendValues,
		Signals:     signals,
		SharedGroup: shared,
		Reap:        alone,
		StopGrace:   f.grace,
		Restart:     supervise.Restart{Policy: supervise.Policy(f.restart), Max: f.maxRestarts, MinBackoff: f.backoff},
		OnHello:     deliver.hello,
		OnEvent: func(e event.Event) {
			deliver.add(e)
			tell.event(e)
		},
		OnRestart: tell.restart,
	})
	deliver.finish()
	var start *supervise.StartError
	switch {
	case errors.As(err, &start):
		return startFailure("run", start, args)
	case err != nil:
		return fmt.Errorf("run: %w", err)
	}
	tell.end(res)
	if f.maxRestarts > 0 && res.Restarts == f.maxRestarts && !res.Stopped && (f.restart == string(supervise.Always) || res.Code != 0) {
		tell.say("gave up on %s after %s", name, count(res.Restarts, "restart", "restarts"))
	}
	if res.Code != 0 {
		return &exitError{code: res.Code}
	}
	return nil
}

// startFailure is the error of a command that could not be started.
func startFailure(verb string, e *supervise.StartError, args []string) error {
	return withHint(&exitError{e.Code, fmt.Errorf("%s: %w", verb, e)}, "%s", startHint(verb, e, args))
}

func startHint(verb string, e *supervise.StartError, args []string) string {
	switch {
	case strings.ContainsAny(e.Name, " \t") && len(args) == 1:
		return "give program and arguments as words of their own, or run a shell: backstop " + verb + " -- sh -c 'COMMAND'"
	case e.Code == 127 && !strings.ContainsRune(e.Name, '/'):
		return "programs are looked up in PATH; for one in this directory write ./" + e.Name
	case e.Code == 127:
		return "check the path"
	case errors.Is(e.Err, syscall.EAGAIN), errors.Is(e.Err, syscall.EMFILE), errors.Is(e.Err, syscall.ENFILE), errors.Is(e.Err, syscall.ENOMEM):
		return "a limit of this process or its container was reached: see ulimit -a, and pids.max and memory.max of the cgroup"
	}
	return "the file must be executable (chmod +x) and built for this system"
}

// fewThreads bounds the threads that our own runtime may want, whatever the
// number of processors: the program shares our limit of processes, and when it
// has used that up, a thread that cannot be made would be the end of us
// (runtime/os_linux.go, newosproc).
func fewThreads() { runtime.GOMAXPROCS(min(runtime.GOMAXPROCS(0), 2)) }

// surviveBrokenPipe keeps a write to a closed stderr from killing us (os/signal,
// "SIGPIPE"): the program we supervise goes on, and so do we.
func surviveBrokenPipe() (undo func()) {
	broken := make(chan os.Signal, 1)
	signal.Notify(broken, syscall.SIGPIPE)
	return func() { signal.Stop(broken) }
}

// A teller says what happened, one line each, on stderr.
type teller struct {
	w        io.Writer
	quiet    bool
	name     string
	survived int
}

func (t *teller) say(format string, args ...any) {
	if !t.quiet {
		fmt.Fprintf(t.w, "backstop: "+format+"\n", args...)
	}
}

func (t *teller) event(e event.Event) {
	if e.Exit == nil {
		t.survived++
		return
	}
	t.say("%s[%d] died: %s, event %s", t.name, e.Process.PID, describe(&e), e.ID)
}

func (t *teller) restart(n int, after time.Duration) {
	t.say("restart %d of %s in %v", n, t.name, after.Round(time.Millisecond))
}

func (t *teller) end(res supervise.Result) {
	if t.survived > 0 {
		t.say("%s[%d] survived %s that only the log knew of", t.name, res.Process.PID, count(t.survived, "crash", "crashes"))
	}
}

// describe says on one line what an event is: class, message, place. The text
// comes from the crashed program and goes to a terminal.
func describe(e *event.Event) string {
	var b strings.Builder
	b.WriteString(string(e.Class))
	if e.Message != nil && *e.Message != "" {
		b.WriteString(": ")
		b.WriteString(supervise.OneLine(*e.Message, 200))
	}
	if f := e.Report.FirstAppFrame(); f != nil && f.File != "" {
		fmt.Fprintf(&b, " (%s:%d)", supervise.OneLine(path.Base(f.File), 80), f.Line)
	}
	describeRequests(&b, e)
	return b.String()
}

// describeRequests names the request of a crash, and how many were in flight
// when the process ended.
func describeRequests(b *strings.Builder, e *event.Event) {
	name := func(r *event.Request) string {
		s := strings.TrimSpace(r.Method + " " + cmp.Or(r.URL, r.Route))
		if r.TraceID != "" {
			s += ", trace " + r.TraceID
		}
		return supervise.OneLine(s, 160)
	}
	switch r := e.Request; {
	case r == nil:
	case r.Via == event.ViaCreator:
		fmt.Fprintf(b, ", started by a goroutine that last served %s", name(r)) // it may have served others before
	case r.Via == event.ViaOnly:
		fmt.Fprintf(b, ", 1 request in flight (%s)", name(r))
		return
	default:
		fmt.Fprintf(b, ", serving %s", name(r))
	}
	if n := e.InFlightCount; n > 0 {
		fmt.Fprintf(b, ", %s in flight", count(n, "request", "requests"))
		switch {
		case e.Request != nil || len(e.InFlight) == 0:
		case n == 1:
			fmt.Fprintf(b, " (%s)", name(&e.InFlight[0].Request))
		default:
			fmt.Fprintf(b, " (the oldest %s)", name(&e.InFlight[0].Request))
		}
	}
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
