package main

import (
	"context"
	"errors"
	"flag"
	"os"
	"os/signal"
	"syscall"

	"github.com/backstop-go/backstop/cmd/backstop/internal/demo"
)

func demoCommand() command {
	return command{
		name:    "demo",
		summary: "watch a sample shop crash in many ways, and every crash arrive",
		help: `
Builds the sample shop of this checkout, runs it under supervision against a
collector of its own, and makes it crash: recovered panics, panics that nobody
recovers, fatal errors, exits and kills. Each row shows the class, who saw it,
the request it happened in, its page, and the time from death until the
collector's API returned it. At the end everything is checked against a list
written by hand, and the pages stay up until Ctrl-C. Nothing is left behind.

  go run ./cmd/backstop demo           # pages on ` + demo.DefaultListen + `
  go run ./cmd/backstop demo -once     # status 0 if every crash arrived exactly once
  go run ./cmd/backstop demo -once -format json | jq .class`,
		setup: func(fs *flag.FlagSet) runFunc {
			var o demo.Options
			fs.BoolVar(&o.Once, "once", false, "end after the summary, with status 0 if every crash arrived as declared")
			fs.StringVar(&o.Listen, "listen", "", "`address` of the collector and its pages (default "+demo.DefaultListen+", with -once any free port)")
			format := fs.String("format", "text", "`text` for people, or json: one object a line")
			return func(ctx context.Context, std stdio, args []string) error {
				if len(args) > 0 {
					return withHint(usageError("demo takes no arguments"), "run `backstop help demo` for its flags")
				}
				switch *format {
				case "text":
				case "json":
					o.JSON = true
				default:
					return withHint(usageError("demo: no format %q", *format), "-format text or -format json")
				}
				return runDemo(ctx, std, o)
			}
		},
	}
}

func runDemo(ctx context.Context, std stdio, o demo.Options) error {
	o.Out, o.Progress = std.out, std.err
	o.ColourOut, o.TerminalProgress = isTerminal(std.out), isTerminal(std.err)
	o.Width = terminalWidth(std.out)

	ctx, release := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer release()
	// From the first Ctrl-C on, the second one ends the process at once.
	defer context.AfterFunc(ctx, release)()

	err := demo.Run(ctx, o)
	var hinted *demo.Error
	switch {
	case errors.As(err, &hinted):
		return withHint(err, "%s", hinted.Hint)
	case errors.Is(err, context.Canceled):
		return errors.New("interrupted before the demo was over")
	}
	return err
}
