package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/backstop-go/backstop/cmd/backstop/internal/textview"
	"github.com/backstop-go/backstop/crash"
)

func parseCommand() command {
	return command{
		name:    "parse",
		args:    "[FILE...]",
		summary: "read Go tracebacks from files or a pipe and explain them",
		help: `
Reads Go tracebacks out of any text: logs, the output of a program, files
compressed with gzip. Each crash is explained as soon as it is complete. With
no FILE, or "-", it reads standard input.

  app 2>&1 | backstop parse             explain crashes as they happen
  backstop parse crash.log.gz           explain those in a file
  backstop parse -format json crash.log | jq .class

Status 1 means that no crash was found.`,
		setup: func(fs *flag.FlagSet) runFunc {
			format := fs.String("format", "text", "`text` for people, or json: one object a line")
			return func(ctx context.Context, std stdio, args []string) error {
				// Flags are welcome behind the files too: parse crash.log -format json.
				args, err := trailingFlags(fs, args)
				if err != nil {
					return err
				}
				show, err := reportWriter(std.out, *format)
				if err != nil {
					return err
				}
				return parseFiles(ctx, std.in, args, show)
			}
		},
	}
}

// reportWriter returns what writes one report in a format.
func reportWriter(w io.Writer, format string) (func(*crash.Report) error, error) {
	switch format {
	case "json":
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		return func(r *crash.Report) error { return encoder.Encode(r) }, nil
	case "text":
		opts := textview.Options{Color: isTerminal(w)}
		first := true
		return func(r *crash.Report) error {
			if !first {
				if _, err := fmt.Fprintln(w, "\n"+strings.Repeat("-", 72)+"\n"); err != nil {
					return err
				}
			}
			first = false
			return textview.Write(w, r, opts)
		}, nil
	}
	return nil, withHint(usageError("unknown format %q", format), "-format text or -format json")
}

// parseFiles shows every crash of every file. A file that cannot be read does
// not keep the others from being shown.
func parseFiles(ctx context.Context, stdin io.Reader, names []string, show func(*crash.Report) error) error {
	if len(names) == 0 {
		names = []string{"-"}
	}
	found := 0
	var failures []error
	for _, name := range names {
		n, err := parseFile(ctx, stdin, name, show)
		found += n
		var unwritten *writeError
		if errors.As(err, &unwritten) {
			return err
		}
		if err != nil {
			failures = append(failures, err)
		}
	}
	switch {
	case len(failures) > 0:
		return withHint(oneLine(failures), "what could be read is shown above; FILE is a text file, one compressed with gzip, or - for standard input")
	case found == 0:
		return withHint(fmt.Errorf("no crash found in %s", inputNames(names)),
			"a traceback begins with a line such as \"panic: ...\" or \"goroutine 1 [running]:\"; it goes to standard error: app 2>&1 | backstop parse")
	}
	return nil
}

// oneLine joins errors on one line: errors.Join puts each on a line of its own.
func oneLine(errs []error) error {
	all := errs[0]
	for _, err := range errs[1:] {
		all = fmt.Errorf("%w; %w", all, err)
	}
	return all
}

// A writeError ends everything: nobody would see the next report.
type writeError struct{ err error }

func (e *writeError) Error() string { return fmt.Sprintf("write report: %v", e.err) }
func (e *writeError) Unwrap() error { return e.err }

func parseFile(ctx context.Context, stdin io.Reader, name string, show func(*crash.Report) error) (found int, err error) {
	in, err := openInput(stdin, name)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	reader := crash.NewReader(in)
	for ctx.Err() == nil {
		report, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return found, readError(name, err)
		}
		found++
		if err := show(report); err != nil {
			return found, &writeError{err}
		}
	}
	return found, ctx.Err()
}

func inputNames(names []string) string {
	if len(names) == 1 {
		return inputName(names[0])
	}
	return fmt.Sprintf("%d files", len(names))
}

func inputName(name string) string {
	if name == "-" {
		return "standard input"
	}
	return name
}
