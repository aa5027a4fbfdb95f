package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"os/signal"
	"strings"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun"
	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun/compat"
)

var compatHelp = command{
	name:    "lab compat",
	args:    "-- COMMAND [ARG...]",
	summary: "your own program or tests on several Go toolchains, with planned panics",
	help: `
Runs COMMAND as built by each toolchain: first as it is, then once for each of its
SDK points (backstop.Point, docs/sdk.md) with that point armed to panic. Checks
that the panic arrives at a collector of the lab's own, once, as panic.custom, with
the trace id of its request, service, release and environment; that requests which
panic at once keep their own trace ids; that the next request is answered, no
goroutine stays behind, and the program ends when it should. A run in which the
planned panic did not happen is invalid, never a pass.

COMMAND is go test ARGS, go run PACKAGE ARGS, a directory or import path with a
main package, or an executable built from the module around, which is built again.
Your module is not changed. A service needs -request; ` + compat.Addr + ` in COMMAND and in
requests stands for a free address.

  backstop lab compat -- go test ./...
  backstop lab compat -go 1.25..1.27 -request 'GET http://{addr}/buy' -- ./cmd/svc -listen {addr}
  backstop lab compat -request 'POST http://{addr}/buy {"sku":"A1"}' -points checkout.charge -- ./svc -listen {addr}
  backstop lab compat -baseline compat.json -update -- go test ./...   keep the results
  backstop lab compat -baseline compat.json -- go test ./...           and compare with them

The status is 0 when every check that could be made passed. A toolchain that cannot
be had, or is older than the module's go line asks for, is not run; one that cannot
build the module otherwise has failed.`,
}

// compatFlags are its own, read before "--": what is behind belongs to the command.
// They are not taken from the environment, where BACKSTOP_POINTS arms points.
type compatFlags struct {
	toolchains, points, format, baseline string
	update                               bool
	options                              compat.Options
}

func (f *compatFlags) declare(fs *flag.FlagSet) {
	fs.StringVar(&f.toolchains, "go", f.toolchains, "`releases` of Go, as for the other verbs (default 1.22..1.27: the SDK needs 1.22)")
	fs.StringVar(&f.points, "points", "all", "`names` of the points to arm, with commas; all: those that are passed without faults")
	fs.Func("request", "`METHOD URL [BODY]`, sent with a trace id to a program that serves; several times for several, in this order", func(s string) error {
		r, err := compat.ParseRequest(s)
		f.options.Requests = append(f.options.Requests, r)
		return err
	})
	fs.IntVar(&f.options.AtOnce, "at-once", 8, "let `n` requests panic at once")
	fs.DurationVar(&f.options.Wait, "wait", 10*time.Second, "`time` for an answer, for an event, and for an end after SIGTERM")
	fs.DurationVar(&f.options.Limit, "limit", 10*time.Minute, "`time` for tests, or a program without requests, to end by themselves")
	fs.StringVar(&f.baseline, "baseline", "", "say what differs from the results in this `file`")
	fs.BoolVar(&f.update, "update", false, "write the results to the -baseline file")
	fs.StringVar(&f.format, "format", f.format, "`text` for people, or json: one object for each check")
}

func (f *labFlags) compat(ctx context.Context, std stdio, args []string) error {
	c := compatFlags{toolchains: f.toolchains, format: f.format}
	fs := flag.NewFlagSet(compatHelp.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	c.declare(fs)
	if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
		compatHelp.printHelp(std.out, fs)
		return nil
	} else if err != nil {
		return withHint(usageError("lab compat: %v", err), "run `backstop lab compat -help` for its flags")
	}
	c.options.Command = fs.Args()
	if err := c.check(); err != nil {
		return err
	}
	// However often: what was started is ended first, which takes -wait at most.
	ctx, release := signal.NotifyContext(ctx, stopSignals()...)
	defer release()
	return c.run(ctx, std)
}

func (f *compatFlags) check() error {
	switch {
	case len(f.options.Command) == 0 || f.options.Command[0] == "":
		return withHint(usageError("lab compat: no command given"), "backstop lab compat [flags] -- COMMAND; run `backstop lab compat -help` for what it may be")
	case f.format != "text" && f.format != "json":
		return withHint(usageError("lab compat has no format %q", f.format), "-format text or -format json")
	case f.update && f.baseline == "":
		return withHint(usageError("lab compat: -update needs a file"), "-baseline FILE -update")
	case f.options.AtOnce < 2:
		return withHint(usageError("lab compat: -at-once %d is too few", f.options.AtOnce), "-at-once 8")
	case f.options.Wait <= 0 || f.options.Limit <= 0:
		return withHint(usageError("lab compat: times must be positive"), "-wait 10s -limit 10m")
	}
	if f.points != "all" {
		for _, p := range strings.Split(f.points, ",") {
			if p = strings.TrimSpace(p); p == "" || strings.ContainsAny(p, "=;*") {
				return withHint(usageError("lab compat: %q is no name of a point", p), "-points checkout.charge,mail.send")
			}
			f.options.Points = append(f.options.Points, p)
		}
	}
	if f.toolchains == "" {
		f.toolchains = "1.22..1.27"
	}
	names, err := labrun.Select(f.toolchains)
	if err != nil {
		return withHint(usageError("lab compat: %v", err), "1.26, 1.22..1.27, go1.24.1, or several with commas")
	}
	f.options.Toolchains = names
	return nil
}

func (f *compatFlags) run(ctx context.Context, std stdio) error {
	progress := newCounter(std.err)
	f.options.Note, f.options.Done = progress.say, progress.count
	report, err := compat.Run(ctx, f.options)
	progress.clear()
	var hinted *compat.Hinted
	switch {
	case errors.As(err, &hinted):
		return withHint(err, "%s", hinted.Hint)
	case errors.Is(err, context.Canceled):
		return errors.New("lab: interrupted before it was through")
	case err != nil:
		return err
	}
	if f.baseline != "" {
		err := report.Compare(f.baseline)
		if err != nil && !(f.update && errors.Is(err, compat.ErrNoSnapshot)) {
			return withHint(err, "-update writes it")
		}
	}
	if f.format == "json" {
		if err := report.WriteJSON(std.out); err != nil {
			return err
		}
	} else {
		report.WriteText(std.out)
	}
	if f.update {
		if err := report.Save(f.baseline); err != nil {
			return err
		}
	}
	if !report.OK() {
		return &exitError{code: exitFail}
	}
	return nil
}
