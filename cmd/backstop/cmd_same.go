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

func sameCommand() command {
	return command{
		name:    "same",
		args:    "A B",
		summary: "say whether two crashes are the same bug",
		help: `
Compares the first crash of two files. Lines, addresses, goroutine numbers,
closure numbers and the depth of a recursion do not count; the class, the
functions of the application and the shape of the message do.

  backstop same monday.log tuesday.log && echo "the same bug"
  backstop same -explain a.txt b.txt    what was compared, and what decided

Status 0: the same, 1: different, 2: unreadable or no crash in it.`,
		setup: func(fs *flag.FlagSet) runFunc {
			format := fs.String("format", "text", "`text` or json")
			explain := fs.Bool("explain", false, "show what was compared")
			return func(_ context.Context, std stdio, args []string) error {
				args, err := trailingFlags(fs, args)
				if err != nil {
					return err
				}
				if *format != "text" && *format != "json" {
					return withHint(usageError("unknown format %q", *format), "-format text or -format json")
				}
				if len(args) != 2 {
					return withHint(usageError("same takes two files, got %d", len(args)), "backstop same A B")
				}
				if args[0] == "-" && args[1] == "-" {
					return withHint(usageError("only one of the two can be standard input"), "save one of them to a file")
				}
				a, err := firstCrash(std.in, args[0])
				if err != nil {
					return err
				}
				b, err := firstCrash(std.in, args[1])
				if err != nil {
					return err
				}
				verdict := crash.Same(a, b)
				if err := writeVerdict(std.out, verdict, *format, *explain); err != nil {
					return &exitError{code: exitUsage, err: fmt.Errorf("write verdict: %w", err)} // 1 would mean "different"
				}
				if !verdict.Same {
					return &exitError{code: exitFail}
				}
				return nil
			}
		},
	}
}

// firstCrash reads the first crash of a file. Its errors end with status 2: the
// question could not be answered.
func firstCrash(stdin io.Reader, name string) (*crash.Report, error) {
	in, err := openInput(stdin, name, nil)
	if err != nil {
		return nil, withHint(&exitError{code: exitUsage, err: err}, "A and B are files that hold a traceback; - is standard input")
	}
	defer in.Close()
	report, err := crash.Parse(in)
	if errors.Is(err, crash.ErrNoCrash) {
		return nil, withHint(&exitError{code: exitUsage, err: fmt.Errorf("no crash found in %s", inputName(name))},
			"`backstop parse %s` shows what is found in a file", name)
	}
	if err != nil {
		return nil, withHint(&exitError{code: exitUsage, err: readError(name, err)}, "is it a text file, or one compressed with gzip?")
	}
	return report, nil
}

func writeVerdict(w io.Writer, v crash.Verdict, format string, explain bool) error {
	if format == "json" {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(v)
	}
	var b strings.Builder
	if v.Same {
		b.WriteString("same issue\n")
	} else {
		b.WriteString("different issues\n")
	}
	for _, reason := range v.Reasons {
		fmt.Fprintf(&b, "  %s\n", textview.Escape(reason))
	}
	if explain {
		writeInputs(&b, "A", v.A)
		writeInputs(&b, "B", v.B)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeInputs(b *strings.Builder, name string, in crash.Inputs) {
	fmt.Fprintf(b, "\n%s\n  class     %s\n", name, in.Family)
	if in.Template != "" {
		fmt.Fprintf(b, "  message   %s\n", textview.Escape(in.Template))
	}
	for i, frame := range in.Frames {
		label := "         "
		if i == 0 {
			label = "frames   "
		}
		fmt.Fprintf(b, "  %s %s\n", label, textview.Escape(frame))
	}
	for i, line := range in.Lines {
		label := "         "
		if i == 0 {
			label = "lines    "
		}
		fmt.Fprintf(b, "  %s %s\n", label, textview.Escape(line))
	}
}
