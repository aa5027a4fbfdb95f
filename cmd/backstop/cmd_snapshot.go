package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc/ptrace"
	"github.com/backstop-go/backstop/cmd/backstop/internal/postmortem"
	"github.com/backstop-go/backstop/cmd/backstop/internal/source"
	"github.com/backstop-go/backstop/cmd/backstop/internal/textview"
)

func snapshotCommand() command {
	return command{
		name:    "snapshot",
		args:    "PID | FILE | diff A B | diff PID",
		summary: "take all goroutines of a running process, stripped or not",
		help: `
Stops a running Go process for some milliseconds and shows what it was doing: all
goroutines folded by stack, what runs, the requests in flight (HTTP, gRPC), what is
suspicious. The process needs no change, no symbols and no debug information, and
may hang in a loop or be stopped; it goes on as it was.

  backstop snapshot 4711                  what it is doing now
  backstop snapshot -goroutine 18 4711    one goroutine, with lines of source
  backstop snapshot -format json -o a.json 4711
  backstop snapshot a.json                the same, later
  backstop snapshot -format traceback 4711 | backstop parse -all
  backstop snapshot diff a.json b.json    what grew, and what did not move
  backstop snapshot diff -every 30s 4711  two of one process, compared

It takes the right to trace the process: the same user, or CAP_SYS_PTRACE; where
kernel.yama.ptrace_scope is 1 or 2, always CAP_SYS_PTRACE. Texts of the program, such as
labels and the addresses of requests, are redacted unless -raw is given.

snapshot diff returns 1 when something speaks for a fault: goroutines of one go
statement that became many, a request or a wait for one lock that is in both, a
loop that does not end, a stack near its limit. 2 when they cannot be compared.`,
		setup: func(fs *flag.FlagSet) runFunc {
			f := snapshotFlags{set: fs}
			fs.StringVar(&f.format, "format", "text", "`text` for people, json, or traceback: as the runtime prints it")
			fs.StringVar(&f.out, "o", "", "write into this `file`, not to standard output")
			fs.Int64Var(&f.goroutine, "goroutine", 0, "show the goroutine of this `number` alone")
			fs.BoolVar(&f.all, "all", false, "show every frame, and every kind of goroutine with its stack")
			fs.BoolVar(&f.raw, "raw", false, "keep texts of the program as they are: nothing is redacted")
			fs.DurationVar(&f.timeout, "timeout", ptrace.DefaultTimeout, "give up when the process has not stopped after this `time`")
			fs.DurationVar(&f.every, "every", 30*time.Second, "with diff PID: the `time` between the two snapshots")
			fs.StringVar(&f.src, "src", "", "look for source files below this `directory`")
			fs.StringVar(&f.color, "color", "auto", "`when` to use colours: auto, always or never")
			return f.run
		},
		verbs: []verb{{name: "diff", files: true}},
	}
}

type snapshotFlags struct {
	set                     *flag.FlagSet
	format, out, src, color string
	goroutine               int64
	all, raw                bool
	timeout, every          time.Duration
}

func (f *snapshotFlags) run(ctx context.Context, std stdio, args []string) error {
	args, err := trailingFlags(f.set, args)
	if err != nil {
		return err
	}
	if err := f.check(); err != nil {
		return err
	}
	if err := f.checkEvery(args); err != nil {
		return err
	}
	if len(args) > 0 && args[0] == "diff" {
		return f.diff(ctx, std, args[1:])
	}
	if len(args) != 1 {
		return withHint(usageError("snapshot takes one process, got %d arguments", len(args)), "backstop snapshot PID")
	}
	s, err := f.load(ctx, args[0])
	if err != nil {
		return err
	}
	return f.write(std, func(w io.Writer) error { return f.show(w, s) })
}

// check finds what is wrong with the flags before anything is stopped.
func (f *snapshotFlags) check() error {
	switch f.format {
	case "text", "json", "traceback":
	default:
		return withHint(usageError("unknown format %q", f.format), "-format text, -format json or -format traceback")
	}
	if err := checkColor(f.color); err != nil {
		return err
	}
	if f.src != "" {
		if info, err := os.Stat(f.src); err != nil || !info.IsDir() {
			return withHint(usageError("-src %s is not a directory", f.src), "-src names the root of a source tree, such as a checkout")
		}
	}
	if f.goroutine != 0 && f.format != "text" {
		return withHint(usageError("-goroutine shows text"), "leave -format out, or pick it from the JSON: jq '.goroutines[] | select(.id == %d)'", f.goroutine)
	}
	return nil
}

// checkEvery says that -every on the command line has nothing to separate: two
// snapshots are taken of one process alone. A value of the environment is for
// whatever call it fits.
func (f *snapshotFlags) checkEvery(args []string) error {
	if _, ambient := os.LookupEnv(envName("every")); ambient || !given(f.set)["every"] {
		return nil
	}
	const hint = "backstop snapshot diff -every 30s PID takes two of one process"
	switch {
	case f.every < 0:
		return withHint(usageError("-every %v is negative", f.every), hint)
	case len(args) == 0 || args[0] != "diff":
		return withHint(usageError("-every is for snapshot diff"), hint)
	case len(args) > 2:
		return withHint(usageError("-every is for one process, got %d arguments: two are compared as they are", len(args)-1), hint)
	}
	return nil
}

// load takes a snapshot of a process, or reads one from a file.
func (f *snapshotFlags) load(ctx context.Context, name string) (*postmortem.Snapshot, error) {
	pid, err := strconv.Atoi(name)
	if err != nil {
		return readSnapshot(name)
	}
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	s, err := postmortem.Take(ctx, pid, postmortem.Options{Raw: f.raw})
	return s, hinted(err)
}

// hinted takes the next step from an error that has one.
func hinted(err error) error {
	var refusal *ptrace.Refusal
	if errors.As(err, &refusal) && refusal.Hint != "" {
		return withHint(err, "%s", refusal.Hint)
	}
	return err
}

func readSnapshot(name string) (*postmortem.Snapshot, error) {
	file, err := os.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, withHint(fmt.Errorf("%q is neither the number of a process nor a file", name), "backstop snapshot PID; pgrep NAME prints the numbers of processes")
	}
	if err != nil {
		return nil, fmt.Errorf("read snapshot: %w", err)
	}
	defer file.Close()
	const hint = "name a file that backstop snapshot -format json -o FILE PID wrote"
	if info, err := file.Stat(); err == nil && info.IsDir() {
		return nil, withHint(fmt.Errorf("%s is a directory", name), hint)
	}
	s, err := postmortem.Read(bufio.NewReader(file))
	if err != nil {
		return nil, withHint(fmt.Errorf("read %s: %w", name, err), hint)
	}
	return s, nil
}

// write writes to where -o says. A file is there whole or not at all: a snapshot
// that was cut would be taken for one of another program.
func (f *snapshotFlags) write(std stdio, show func(io.Writer) error) error {
	if f.out == "" || f.out == "-" {
		return show(std.out)
	}
	file, err := os.OpenFile(f.out, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return withHint(fmt.Errorf("write snapshot: %w", err), "-o names a file in a directory that can be written to")
	}
	b := bufio.NewWriter(file)
	err = show(b)
	if err == nil {
		err = b.Flush()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		os.Remove(f.out) //nolint:errcheck // the error is that it could not be written
		return fmt.Errorf("write snapshot: %w", err)
	}
	return nil
}

func (f *snapshotFlags) show(w io.Writer, s *postmortem.Snapshot) error {
	switch {
	case f.format == "json":
		return json.NewEncoder(w).Encode(s)
	case f.format == "traceback":
		return postmortem.WriteTraceback(w, "", s.Report())
	case f.goroutine != 0:
		return postmortem.WriteGoroutine(w, s, f.goroutine, f.style(w))
	}
	return postmortem.WriteText(w, s, f.style(w))
}

func (f *snapshotFlags) style(w io.Writer) textview.Options {
	return textview.Options{
		All: f.all, Width: terminalWidth(w),
		Color:  wantsColor(f.color, w),
		Source: source.New(source.Options{Dir: f.src}).Excerpt,
	}
}

// diff compares two snapshots. What goes wrong has status 2, because 1 would say
// that there is something to worry about.
func (f *snapshotFlags) diff(ctx context.Context, std stdio, args []string) error {
	before, after, err := f.pair(ctx, std, args)
	if err != nil {
		return &exitError{code: exitUsage, err: err}
	}
	d := postmortem.Compare(before, after)
	err = f.write(std, func(w io.Writer) error {
		if f.format == "json" {
			return json.NewEncoder(w).Encode(d)
		}
		return postmortem.WriteDiff(w, d, f.style(w))
	})
	if err != nil {
		return &exitError{code: exitUsage, err: err}
	}
	if len(d.Concerns) > 0 {
		return &exitError{code: exitFail}
	}
	return nil
}

// pair loads the two, the earlier one first.
func (f *snapshotFlags) pair(ctx context.Context, std stdio, args []string) (before, after *postmortem.Snapshot, err error) {
	if f.format == "traceback" {
		return nil, nil, withHint(errors.New("a comparison is no traceback"), "-format text or -format json")
	}
	if len(args) == 0 || len(args) > 2 {
		return nil, nil, withHint(fmt.Errorf("snapshot diff takes two files or one process, got %d arguments", len(args)), "backstop snapshot diff A B, or backstop snapshot diff -every 30s PID")
	}
	if before, err = f.load(ctx, args[0]); err != nil {
		return nil, nil, err
	}
	second := args[len(args)-1]
	if len(args) == 1 {
		if _, err := strconv.Atoi(second); err != nil {
			return nil, nil, withHint(errors.New("snapshot diff takes two files"), "backstop snapshot diff A B")
		}
		fmt.Fprintf(std.err, "the second snapshot follows in %s\n", f.every)
		select {
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		case <-time.After(f.every):
		}
	}
	if after, err = f.load(ctx, second); err != nil {
		return nil, nil, err
	}
	if before.TakenAt.Equal(after.TakenAt) && before.Process == after.Process {
		return nil, nil, withHint(errors.New("both are one and the same snapshot"), "take another one a while later")
	}
	if before.TakenAt.After(after.TakenAt) {
		before, after = after, before
	}
	return before, after, nil
}
