package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/backstop-go/backstop/cmd/backstop/internal/postmortem"
	"github.com/backstop-go/backstop/cmd/backstop/internal/postmortem/locals"
	"github.com/backstop-go/backstop/cmd/backstop/internal/source"
	"github.com/backstop-go/backstop/cmd/backstop/internal/textview"
)

func coreCommand() command {
	return command{
		name:    "core",
		args:    "[EXE] CORE",
		summary: "explain the core file of a Go program, stripped or not",
		help: `
Reads a core file of a Go program: why it ended, the value of the panic, all
goroutines with their stacks, the state of the scheduler when the runtime failed,
requests in flight, threads in C. The executable may be stripped; without EXE it is
looked for where the core says it was.

  GOTRACEBACK=crash ./shop                      leaves a core where ulimit -c allows it
  backstop core ./shop core                     explain it
  backstop core core -sysroot /mnt/container    files of the process are below there
  backstop core -locals ./shop core             with arguments and variables (DWARF)
  backstop core -format json ./shop core | jq .core.scheduler
  backstop core -format traceback ./shop core | backstop same - old.log

Cores of systemd come from: coredumpctl dump PID -o core. Those of a living process,
which goes on: gcore PID.

A core holds the memory of the process, with its secrets. Texts of the program, such
as the panic, variables and the command line, are redacted unless -raw is given.
Linux on amd64, Go 1.21 and later.`,
		setup: func(fs *flag.FlagSet) runFunc {
			f := coreFlags{set: fs}
			fs.StringVar(&f.format, "format", "text", "`text` for people, json, or traceback: as the runtime prints it")
			fs.BoolVar(&f.all, "all", false, "show every frame, goroutine and thread, those of the runtime's own, too")
			fs.BoolVar(&f.locals, "locals", false, "show the arguments and variables of the goroutine that crashed")
			fs.Int64Var(&f.goroutine, "goroutine", 0, "with -locals: of the goroutine of this `number`")
			fs.IntVar(&f.frames, "frames", 10, "with -locals: of this `many` calls")
			fs.BoolVar(&f.raw, "raw", false, "keep texts of the program as they are: nothing is redacted")
			fs.StringVar(&f.sysroot, "sysroot", "", "look for files that the core names below this `directory`")
			fs.StringVar(&f.src, "src", "", "look for source files below this `directory`")
			fs.StringVar(&f.color, "color", "auto", "`when` to use colours: auto, always or never")
			return f.run
		},
	}
}

type coreFlags struct {
	set                         *flag.FlagSet
	format, sysroot, src, color string
	all, locals, raw            bool
	goroutine                   int64
	frames                      int
}

func (f *coreFlags) run(ctx context.Context, std stdio, args []string) error {
	args, err := trailingFlags(f.set, args)
	if err != nil {
		return err
	}
	if err := f.check(args); err != nil {
		return err
	}
	o := postmortem.CoreOptions{Sysroot: f.sysroot, Raw: f.raw, All: f.all}
	if len(args) == 2 {
		o.Executable = args[0]
	}
	core, err := postmortem.OpenCore(args[len(args)-1], o)
	if err != nil {
		return err
	}
	defer core.Close() //nolint:errcheck // it was only read
	a, err := core.Examine(ctx)
	if err != nil {
		return err
	}
	if f.locals {
		if err := a.ReadLocals(core, f.goroutine, locals.Options{Frames: f.frames}); err != nil {
			return fmt.Errorf("read variables: %w", err)
		}
	}
	w := bufio.NewWriter(std.out)
	if err := f.show(w, std.out, a); err != nil {
		return &writeError{err}
	}
	if err := w.Flush(); err != nil {
		return &writeError{err}
	}
	return nil
}

// check finds what is wrong with how it was called before anything is read.
func (f *coreFlags) check(args []string) error {
	if len(args) < 1 || len(args) > 2 {
		return withHint(usageError("core takes an executable and its core, got %d arguments", len(args)), "backstop core EXE CORE")
	}
	switch f.format {
	case "text", "json", "traceback":
	default:
		return withHint(usageError("unknown format %q", f.format), "-format text, -format json or -format traceback")
	}
	switch f.color {
	case "auto", "always", "never":
	default:
		return withHint(usageError("unknown choice of colours %q", f.color), "-color auto, -color always or -color never")
	}
	for _, dir := range []struct{ flag, path, what string }{
		{"src", f.src, "the root of a source tree, such as a checkout"}, {"sysroot", f.sysroot, "the root of the file system that the process saw"},
	} {
		if info, err := os.Stat(dir.path); dir.path != "" && (err != nil || !info.IsDir()) {
			return withHint(usageError("-%s %s is not a directory", dir.flag, dir.path), "-%s names %s", dir.flag, dir.what)
		}
	}
	if !f.locals && (f.goroutine != 0 || given(f.set)["frames"]) {
		return withHint(usageError("-goroutine and -frames choose the calls whose variables are shown"), "add -locals")
	}
	if f.locals && f.format == "traceback" {
		return withHint(usageError("tracebacks have no variables"), "-format text or -format json")
	}
	if f.frames < 1 {
		return withHint(usageError("-frames %d shows nothing", f.frames), "-frames 10")
	}
	return nil
}

// show writes what was found; out is where it ends up.
func (f *coreFlags) show(w, out io.Writer, a *postmortem.Autopsy) error {
	switch f.format {
	case "json":
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(a)
	case "traceback":
		return postmortem.WriteTraceback(w, a.Headline, a.Report)
	}
	style := textview.Options{
		All: f.all, Width: terminalWidth(out), Color: f.color == "always" || f.color == "auto" && isTerminal(out),
		Source: source.New(source.Options{Dir: f.src}).Excerpt,
	}
	return postmortem.WriteCore(w, a, style)
}
