package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/textview"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/host"
)

func traceCommand() command {
	return command{
		name:    "trace",
		args:    "[report [FILE...]]",
		summary: "watch panics, recoveries and kills of running Go programs, which need no change",
		config:  true,
		help: `
Puts probes into the kernel that are hit when a Go program panics, recovers, calls
recover in vain, dies or exits, and shows what happened: the value, the stack, who
recovered it and how long after, who sent the signal. Programs are not changed and
not restarted, and need no symbols; code that does not panic costs nothing. Linux on
amd64; root, or CAP_BPF and CAP_PERFMON (backstop doctor says what is missing).

  backstop trace -pid 4711                  one process, until it ends or Ctrl-C
  backstop trace -exe /usr/local/bin/shop   all that run it, now and later
  backstop trace -all -for 30s              every Go program of this host
  backstop trace -all -cgroup /kubepods     of some containers only
  backstop trace -exe shop -v               with the stack of each first event
  backstop trace -all -out night.jsonl      record, too
  backstop trace report night.jsonl         who swallows which panics, and how often
  backstop trace report -src . night.jsonl  next to what vet says of the same lines
  backstop trace report -all -for 10m -vet vet.jsonl
  backstop trace -all -format json | jq 'select(.outcome == "recovered")'
  backstop trace -exe shop -collector http://127.0.0.1:7070 -key KEY
  backstop trace -exe shop -freeze -freeze-dir /var/crash
  backstop trace -exe shop -catch-first     from the first instruction on
  backstop trace -exe shop -by ptrace       without probes: how processes end

What happens again at the same place is counted and not shown again: full records
are limited (-rate), counts are exact, and what was lost is said. Secrets in texts
are masked unless -raw is given. -freeze stops a process that dies, writes the state
of all its goroutines to a file, and lets it die. -catch-first stops programs when
they start until the probes are there.

Where there can be no probes, it says what is missing and watches the processes that
were named by ptrace (-by), for which the same user is enough: it sees how they end and
who sent the signal, and no panic that is recovered. -all and -catch-first need probes.

Status 0 when it ended as asked; 1 when something could not be traced.`,
		verbs: []verb{{name: "report", files: true}},
		setup: func(fs *flag.FlagSet) runFunc {
			f := &traceFlags{set: fs}
			f.declare(fs)
			return f.run
		},
	}
}

type traceFlags struct {
	set *flag.FlagSet

	pids, exes, cgroups   words
	by                    string
	all, catchFirst       bool
	period                time.Duration
	format, out           string
	rate                  int
	raw, noStacks, stacks bool
	quiet                 bool
	freeze                bool
	freezeDir             string
	collector, key, spool string
	service, release      string
	environment, instance string
	vet, src              string
	full                  bool
	reporting             bool
}

// words is a flag that takes several values, with commas or given again.
type words []string

func (w *words) String() string { return strings.Join(*w, ",") }

func (w *words) Set(s string) error {
	for _, word := range strings.Split(s, ",") {
		if word = strings.TrimSpace(word); word == "" {
			return errors.New("is empty")
		}
		*w = append(*w, word)
	}
	return nil
}

func (f *traceFlags) declare(fs *flag.FlagSet) {
	fs.Var(&f.pids, "pid", "trace the process of this `number`; several with commas")
	fs.Var(&f.exes, "exe", "trace what runs this `executable`, now and later: a path or, without a slash, a name; * is a wildcard")
	fs.BoolVar(&f.all, "all", false, "trace every Go program")
	fs.Var(&f.cgroups, "cgroup", "only what is in this `cgroup`, such as a container's, or below it")
	fs.DurationVar(&f.period, "for", 0, "end after this `time`; 0 ends at Ctrl-C")
	fs.BoolVar(&f.catchFirst, "catch-first", false, "stop programs of -exe or -cgroup when they start, until probes are there")
	fs.StringVar(&f.by, "by", "auto", "`auto`, ebpf (probes in the kernel: everything) or ptrace (ends of processes only); auto takes ptrace where there can be no probes")
	fs.StringVar(&f.format, "format", "text", "`text` or json (one object a line)")
	fs.StringVar(&f.out, "out", "", "record into this `file`, as lines of JSON, besides what is shown")
	fs.IntVar(&f.rate, "rate", 20, "full records of one place a second, at most `n`; 0 is no limit. Counts are exact in any case")
	fs.BoolVar(&f.raw, "raw", false, "leave texts as they are; otherwise secrets and personal data in them are masked")
	fs.BoolVar(&f.noStacks, "no-stacks", false, "copy no stacks: cheaper for programs that panic all the time")
	fs.BoolVar(&f.stacks, "v", false, "show stacks, and ends without failure")
	fs.BoolVar(&f.quiet, "quiet", false, "say nothing on stderr unless something is wrong")
	fs.BoolVar(&f.freeze, "freeze", false, "stop a process that dies, and write the state of all its goroutines before it does")
	fs.StringVar(&f.freezeDir, "freeze-dir", ".", "`directory` for what -freeze writes")
	fs.StringVar(&f.collector, "collector", "", "send events to the collector at this `URL`")
	fs.StringVar(&f.key, "key", "", "project `key` for the collector")
	fs.StringVar(&f.spool, "spool", "", "keep events that could not be sent in this `directory` (default in the user's cache)")
	fs.StringVar(&f.service, "service", "", "`name` of the service (default the base name of the executable)")
	fs.StringVar(&f.environment, "env", "", "`name` of the environment (default production)")
	fs.StringVar(&f.release, "release", "", "`version` that runs (default from the program's build information)")
	fs.StringVar(&f.instance, "instance", "", "`name` of this instance (default the host name)")
	fs.StringVar(&f.vet, "vet", "", "report: compare with this `file` of backstop vet -format json")
	fs.StringVar(&f.src, "src", "", "report: compare with what vet says of the module in this `directory`")
	fs.BoolVar(&f.full, "full", false, "report: all of each list, not only the most frequent")
}

func (f *traceFlags) run(ctx context.Context, std stdio, args []string) error {
	args, err := trailingFlags(f.set, args)
	if err != nil {
		return err
	}
	f.reporting = len(args) > 0 && args[0] == "report"
	if err := f.check(f.reporting); err != nil {
		return err
	}
	if f.selects() {
		if err := f.giveUpRights(); err != nil {
			return err
		}
	}
	if f.reporting {
		return f.report(ctx, std, args[1:])
	}
	if len(args) > 0 {
		return withHint(usageError("trace: unexpected argument %q", args[0]), "backstop trace -pid N, -exe PATH or -all; backstop trace report FILE")
	}
	if !f.selects() {
		return withHint(usageError("trace: nothing to trace"), "-pid N, -exe PATH, -cgroup PATH or -all")
	}
	_, err = f.record(ctx, std)
	return err
}

// selects reports whether processes are to be traced now.
func (f *traceFlags) selects() bool {
	return f.all || len(f.pids)+len(f.exes)+len(f.cgroups) > 0
}

// check finds what is wrong with the flags before anything is touched.
func (f *traceFlags) check(report bool) error {
	name := "trace"
	if report {
		name = "trace report"
	}
	switch {
	case f.format != "text" && f.format != "json":
		return withHint(usageError("%s: unknown format %q", name, f.format), "-format text or -format json")
	case f.by != "auto" && f.by != "ebpf" && f.by != "ptrace":
		return withHint(usageError("%s: unknown way -by %q", name, f.by), "-by auto, ebpf or ptrace")
	case f.by == "ptrace" && f.all:
		return withHint(usageError("%s: -all needs probes in the kernel", name), "by ptrace those are watched that are named: -pid N, -exe PATH or -cgroup PATH")
	case f.by == "ptrace" && f.catchFirst:
		return withHint(usageError("%s: -catch-first needs probes in the kernel", name), "by ptrace programs are found a moment after they start: leave -catch-first out")
	case f.catchFirst && f.selects() && len(f.exes)+len(f.cgroups) == 0:
		text := "has nothing to wait for: the processes run already"
		if f.all {
			text = "would stop every program that starts"
		}
		return withHint(usageError("%s: -catch-first %s", name, text), "-catch-first needs -exe with the name of a file, or -cgroup")
	case f.period < 0:
		return withHint(usageError("%s: -for %v is negative", name, f.period), "-for 30s")
	case f.rate < 0:
		return withHint(usageError("%s: -rate %d is negative", name, f.rate), "0 is no limit")
	case !report && (f.vet != "" || f.src != "" || f.full):
		return withHint(usageError("trace: -vet, -src and -full are for trace report"), "backstop trace report -all -for 30s -src .")
	case f.all && len(f.pids)+len(f.exes) > 0:
		return withHint(usageError("%s: -all is everything: -pid and -exe add nothing", name), "-all -cgroup PATH narrows it")
	case f.noStacks && f.freeze:
		return withHint(usageError("%s: -freeze takes stacks, -no-stacks does not", name), "leave one of them out")
	}
	for _, word := range f.pids {
		if n, err := strconv.Atoi(word); err != nil || n <= 0 {
			return withHint(usageError("%s: %q is not the number of a process", name, word), "-pid 4711, as ps and pgrep print them")
		}
	}
	return checkCollector(name, f.collector)
}

// checkCollector says whether events can be sent to a URL, which may be empty.
func checkCollector(command, url string) error {
	run := runFlags{collector: url, restart: "never", backoff: time.Second}
	if url != "" && run.check([]string{command}) != nil {
		return withHint(usageError("%s: %q is not the URL of a collector", command, url), "-collector http://127.0.0.1:7070")
	}
	return nil
}

func (f *traceFlags) selection() host.Selection {
	s := host.Selection{Exes: f.exes, All: f.all, Cgroups: f.cgroups}
	for _, word := range f.pids {
		n, _ := strconv.Atoi(word) // check has looked
		s.PIDs = append(s.PIDs, n)
	}
	return s
}

// record traces, shows what happens, and returns it.
func (f *traceFlags) record(ctx context.Context, std stdio) (*trace.Recording, error) {
	if f.freeze {
		if err := tryDirectory(f.freezeDir); err != nil {
			return nil, withHint(fmt.Errorf("trace: -freeze-dir %s: %w", f.freezeDir, err), "name a directory that you may write to; it is made when it is missing")
		}
	}
	out, err := f.sinks(std)
	if err != nil {
		return nil, err
	}
	ctx, stop := f.context(ctx)
	defer stop()
	o := trace.LiveOptions{
		Host: host.Options{Selection: f.selection(), CatchFirst: f.catchFirst},
		Rate: f.rate, Raw: f.raw, NoStacks: f.noStacks,
		By:      f.way(),
		OnEvent: out.event, OnTarget: out.target, OnNotice: out.notice, OnTick: out.tick,
	}
	if f.rate == 0 {
		o.Rate = -1
	}
	if f.freeze {
		o.Freeze = f.freezeDir
	}
	summary, err := trace.Run(ctx, o)
	if summary == nil {
		return nil, errors.Join(traceError(err), out.close(nil))
	}
	return out.rec, errors.Join(out.close(summary), traceError(err), f.refused(summary))
}

// way is how processes are to be looked at.
func (f *traceFlags) way() trace.Way {
	if f.by == "auto" {
		return trace.Auto
	}
	return trace.Way(f.by)
}

// context ends with -for, and with the first of the signals; the second one ends
// the process.
func (f *traceFlags) context(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	if f.period > 0 {
		ctx, cancel = context.WithTimeout(ctx, f.period)
	}
	ctx, restore := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	unwatch := context.AfterFunc(ctx, restore) // the next one is not caught
	return ctx, func() { unwatch(); restore(); cancel() }
}

// refused is the error of executables that could not be traced: one of those that
// were named, or all of -all.
func (f *traceFlags) refused(s *trace.Summary) error {
	if s.Refused == 0 || f.all && s.Targets > 0 {
		return nil
	}
	return &exitError{code: exitFail} // each was told when it was met
}

// traceError adds what to do to an error that knows.
func traceError(err error) error {
	var h trace.Hinted
	switch {
	case err == nil:
		return nil
	case errors.As(err, &h):
		return withHint(fmt.Errorf("trace: %w", err), "%s", h.Hint())
	}
	return withHint(fmt.Errorf("trace: %w", err), "backstop doctor says what this host and this user lack")
}

// sinks are where events go.
type sinks struct {
	f       *traceFlags
	std     stdio
	view    *trace.View   // nil for JSON, and for a report
	lines   *trace.Writer // of standard output; nil for text
	file    *os.File
	record  *trace.Writer // of -out; nil without
	rec     *trace.Recording
	deliver *delivery
	service trace.Service
	sites   []*trace.Site
	lost    trace.Losses
}

func (f *traceFlags) sinks(std stdio) (*sinks, error) {
	s := &sinks{f: f, std: std, service: trace.Service{Name: f.service, Release: f.release, Environment: f.environment, Instance: f.instance}}
	switch {
	case f.reporting:
		s.rec = trace.NewRecording()
	case f.format == "json":
		s.lines = trace.NewWriter(std.out)
	default:
		s.view = trace.NewView(std.out, trace.ViewOptions{
			Color: isTerminal(std.out), Live: isTerminal(std.out), Stacks: f.stacks,
			Width: func() int { return terminalWidth(std.out) },
		})
	}
	if f.out != "" {
		file, err := openRecording(f.out)
		if err != nil {
			return nil, withHint(fmt.Errorf("trace: -out: %w", err), "name a file that you may write to; what is recorded is added to it")
		}
		s.file, s.record = file, trace.NewWriter(file)
	}
	if f.collector != "" {
		d, err := newDelivery(&runFlags{collector: f.collector, key: f.key, spool: f.spool}, "trace", std.err)
		if err != nil {
			return nil, err
		}
		s.deliver = d
	}
	return s, nil
}

func (s *sinks) writers(write func(*trace.Writer)) {
	for _, w := range []*trace.Writer{s.lines, s.record} {
		if w != nil {
			write(w)
		}
	}
}

func (s *sinks) event(e *trace.Event) {
	s.writers(func(w *trace.Writer) { w.Event(e) })
	if s.view != nil {
		s.view.Event(e)
	}
	if s.rec != nil {
		s.rec.Add(e)
	}
	if s.deliver == nil {
		return
	}
	if out := trace.Send(e, s.service); out != nil {
		s.deliver.add(*out)
	}
}

func (s *sinks) say(format string, args ...any) {
	line := "backstop: " + fmt.Sprintf(format, args...)
	if s.view != nil {
		s.view.Say(s.std.err, line)
		return
	}
	fmt.Fprintln(s.std.err, line)
}

func (s *sinks) target(a trace.Attachment) {
	s.writers(func(w *trace.Writer) { w.Target(a) })
	exe := textview.Escape(a.Exe)
	switch {
	case a.Attached && s.f.quiet:
	case a.Attached && a.Via == trace.Ptrace:
		s.say("tracing %s (%s, process %d) by ptrace: %s, attached in %s", exe, textview.Escape(a.GoVersion), a.PID, count(a.Threads, "thread", "threads"), trace.Round(a.Attach))
	case a.Attached:
		s.say("tracing %s (%s, process %d): %d probes, read in %s, attached in %s", exe, textview.Escape(a.GoVersion), a.PID, a.Probes, trace.Round(a.Index), trace.Round(a.Attach))
	case !a.Attached:
		s.say("warning: not traced: %s (process %d)", textview.Escape(a.Reason), a.PID)
		if a.Hint != "" {
			s.say("hint: %s", textview.Escape(a.Hint))
		}
	}
}

func (s *sinks) notice(text string) { s.say("warning: %s", textview.Escape(text)) }

func (s *sinks) tick(st trace.Status, sites []*trace.Site) {
	s.sites = sites
	if s.view != nil {
		s.view.Tick(st, sites)
	}
	if st.Losses != s.lost {
		s.lost = st.Losses
		s.writers(func(w *trace.Writer) { w.Lost(trace.LostLine{At: st.Now, Losses: st.Losses}) })
	}
}

// close says how much there was, and how much of it was lost.
func (s *sinks) close(sum *trace.Summary) error {
	if s.view != nil {
		s.view.Close(time.Now(), s.sites)
	}
	if sum != nil {
		for _, site := range s.sites {
			if site.Seen > site.Told {
				s.writers(func(w *trace.Writer) { w.Seen(site) })
			}
			if s.rec != nil {
				s.rec.See(site)
			}
		}
		s.writers(func(w *trace.Writer) { w.Summary(*sum) })
		if s.rec != nil {
			s.rec.End(*sum)
		}
	}
	if s.deliver != nil {
		s.deliver.finish()
	}
	var errs []error
	if s.lines != nil && !errors.Is(s.lines.Err(), syscall.EPIPE) {
		errs = append(errs, s.lines.Err())
	}
	if s.file != nil {
		errs = append(errs, s.record.Err(), s.file.Close())
	}
	if sum != nil && !s.f.quiet {
		s.summarise(s.std.err, sum)
	}
	return errors.Join(errs...)
}

func (s *sinks) summarise(w io.Writer, sum *trace.Summary) {
	n := trace.Thousands
	of := func(k uint64, one, many string) string {
		if k == 1 {
			return "1 " + one
		}
		return n(k) + " " + many
	}
	fmt.Fprintf(w, "backstop: traced %s for %v: %s (%s recovered, %s uncaught), %s, %s, %s, %s\n",
		count(sum.Targets, "executable", "executables"), sum.For.Round(100*time.Millisecond),
		of(sum.Panics, "panic", "panics"), n(sum.Recovered), n(sum.Uncaught),
		of(sum.Ineffective, "useless recover", "useless recovers"), of(sum.Fatal, "fatal error", "fatal errors"),
		of(sum.Signals+sum.Kills, "death by signal", "deaths by signal"), of(sum.Exits, "exit", "exits"))
	if sum.Refused > 0 {
		fmt.Fprintf(w, "backstop: warning: %s could not be traced\n", count(sum.Refused, "executable", "executables"))
	}
	if l := sum.Losses; l.Ring > 0 {
		fmt.Fprintf(w, "backstop: %s records found no room and were counted only\n", n(l.Ring))
	}
	if l := sum.Losses; l.Nested > 0 {
		fmt.Fprintf(w, "backstop: %s nested deeper than the kernel keeps: counted; which of them was recovered is known as far as they were recorded\n", of(l.Nested, "panic was", "panics were"))
	}
	if l := sum.Losses; l.Busy+l.Unreadable+l.Places > 0 {
		fmt.Fprintf(w, "backstop: warning: counts are too small: %s events found no buffer, %s goroutines could not be read, %s events were at more places than are told apart\n", n(l.Busy), n(l.Unreadable), n(l.Places))
	}
	if sum.Unnamed > 0 {
		fmt.Fprintf(w, "backstop: %s of these were at places of which no full record came\n", n(sum.Unnamed))
	}
	if s.f.out != "" {
		fmt.Fprintf(w, "backstop: recorded in %s; backstop trace report %s tells who swallows what\n", textview.Escape(s.f.out), textview.Escape(s.f.out))
	}
}
