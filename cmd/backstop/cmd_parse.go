package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/backstop-go/backstop/cmd/backstop/internal/source"
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
  backstop parse -src ~/shop crash.log  with lines of source from that tree
  backstop parse -all crash.log | less  every frame and every goroutine
  backstop parse -format json crash.log | jq .class

Lines of source are shown where the files are on this machine: under the path
that the traceback names, in the module around the working directory, in the
module cache, or below -src wherever the program was built.

Status 1 means that no crash was found.`,
		setup: func(fs *flag.FlagSet) runFunc {
			f := parseFlags{set: fs}
			fs.StringVar(&f.format, "format", "text", "`text` for people, or json: one object a line")
			fs.BoolVar(&f.all, "all", false, "show every frame, and every kind of goroutine with its stack")
			fs.StringVar(&f.src, "src", "", "look for source files below this `directory`")
			fs.StringVar(&f.color, "color", "auto", "`when` to use colours: auto, always or never")
			return f.run
		},
	}
}

type parseFlags struct {
	format, src, color string
	all                bool

	set *flag.FlagSet
}

func (f *parseFlags) run(ctx context.Context, std stdio, args []string) error {
	// Flags are welcome behind the files too: parse crash.log -format json.
	args, err := trailingFlags(f.set, args)
	if err != nil {
		return err
	}
	show, err := f.writer(std.out)
	if err != nil {
		return err
	}
	return parseFiles(ctx, std.in, args, show)
}

// writer returns what writes one report in the format asked for.
func (f *parseFlags) writer(w io.Writer) (func(*crash.Report) error, error) {
	opts := textview.Options{All: f.all, Width: terminalWidth(w)}
	switch f.color {
	case "auto":
		opts.Color = isTerminal(w)
	case "always":
		opts.Color = true
	case "never":
	default:
		return nil, withHint(usageError("unknown choice of colours %q", f.color), "-color auto, -color always or -color never")
	}
	if f.src != "" {
		if info, err := os.Stat(f.src); err != nil || !info.IsDir() {
			return nil, withHint(usageError("-src %s is not a directory", f.src), "-src names the root of a source tree, such as a checkout")
		}
	}
	switch f.format {
	case "json":
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		return func(r *crash.Report) error { return encoder.Encode(r) }, nil
	case "text":
		opts.Source = source.New(source.Options{Dir: f.src}).Excerpt
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
	return nil, withHint(usageError("unknown format %q", f.format), "-format text or -format json")
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
