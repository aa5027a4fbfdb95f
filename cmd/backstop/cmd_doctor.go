package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/backstop-go/backstop/cmd/backstop/internal/doctor"
)

func doctorCommand() command {
	return command{
		name:    "doctor",
		args:    "[EXECUTABLE]",
		summary: "say which crashes can be captured here, and what is missing",
		help: `
Tries what capturing crashes needs, on this host and as this user: a second
process, crash output through a pipe, memory that outlives a process, exit
statuses, a place for events, the counter of OOM kills, a collector. Each check is
one line with what to do about it. The table at the end says which ways of
capturing work.

  backstop doctor                   this host, or this container
  backstop doctor ./shop            what is known of an executable, too
  backstop doctor -pid 4711         a running process: its environment and limits
  backstop doctor -collector http://collector:7070 -key KEY
  kubectl exec shop-0 -- backstop doctor -pid 1
  backstop doctor -format json | jq '.checks[] | select(.status != "ok")'

With an EXECUTABLE it also says whether the tracebacks of that build name every
function, and whether backstop trace knows where to attach to it. It starts
children that end at once, attaches to itself, writes files that it removes, and
sends a collector a request without events. It changes nothing.

Status 1 means that something essential is missing.`,
		setup: func(fs *flag.FlagSet) runFunc {
			f := doctorFlags{set: fs}
			fs.StringVar(&f.format, "format", "text", "`text` for people, or json: one object")
			fs.IntVar(&f.options.PID, "pid", 0, "examine the running process of this `number`, and its executable")
			fs.StringVar(&f.options.Collector, "collector", "", "`URL` of the collector that events shall reach")
			fs.StringVar(&f.options.Key, "key", "", "project `key` for the collector")
			fs.StringVar(&f.options.Spool, "spool", "", "the spool `directory`, where it is not one that the SDK finds")
			return f.run
		},
	}
}

type doctorFlags struct {
	set     *flag.FlagSet
	format  string
	options doctor.Options
}

func (f *doctorFlags) run(ctx context.Context, std stdio, args []string) error {
	doctor.Probe()
	args, err := trailingFlags(f.set, args)
	if err != nil {
		return err
	}
	switch {
	case f.format != "text" && f.format != "json":
		return withHint(usageError("unknown format %q", f.format), "-format text or -format json")
	case len(args) > 1:
		return withHint(usageError("doctor takes one executable, got %d", len(args)), "run doctor once for each")
	case len(args) == 1 && f.options.PID != 0:
		return withHint(usageError("an executable and -pid exclude each other"), "-pid finds the executable of the process")
	case f.options.PID < 0:
		return withHint(usageError("-pid %d is no process", f.options.PID), "-pid takes a number that ps shows")
	case len(args) == 1:
		f.options.Executable = args[0]
	}
	report, err := doctor.Examine(ctx, f.options)
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		return fmt.Errorf("doctor: %w", err)
	}
	if err != nil {
		return withHint(fmt.Errorf("doctor: %w", err), "EXECUTABLE is a Go program, -pid the number of a running one")
	}
	if err := f.write(std.out, report); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	if report.Missing > 0 {
		return &exitError{code: exitFail}
	}
	return nil
}

func (f *doctorFlags) write(w io.Writer, r *doctor.Report) error {
	if f.format == "json" {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		return e.Encode(r)
	}
	return r.Text(w, doctor.Style{Width: terminalWidth(w), Color: isTerminal(w)})
}
