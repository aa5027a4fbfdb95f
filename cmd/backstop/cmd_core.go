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
	"os/signal"
	"syscall"

	"github.com/backstop-go/backstop/cmd/backstop/internal/postmortem"
	"github.com/backstop-go/backstop/cmd/backstop/internal/postmortem/locals"
	"github.com/backstop-go/backstop/cmd/backstop/internal/postmortem/packed"
	"github.com/backstop-go/backstop/cmd/backstop/internal/source"
	"github.com/backstop-go/backstop/cmd/backstop/internal/textview"
)

func coreCommand() command {
	return command{
		name:    "core",
		config:  true,
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
  backstop core -collector http://127.0.0.1:7070 -key KEY ./shop core

A core that is compressed (zstd, lz4, xz, gzip, bzip2) is unpacked into a temporary
file first, which is gone when the command ends. systemd keeps cores so:

  backstop core /var/lib/systemd/coredump/core.shop.*.zst
  ssh host cat core.zst | backstop core ./shop -

gcore PID writes one of a living process, which goes on.

A core holds the memory of the process, with its secrets. Texts of the program, such
as the panic, variables and the command line, are redacted unless -raw is given.
Linux on amd64, Go 1.21 and later.`,
		setup: func(fs *flag.FlagSet) runFunc {
			f := coreFlags{set: fs, unpackMax: packed.DefaultMax}
			fs.StringVar(&f.format, "format", "text", "`text` for people, json, or traceback: as the runtime prints it")
			fs.BoolVar(&f.all, "all", false, "show every frame, goroutine and thread, those of the runtime's own, too")
			fs.BoolVar(&f.locals, "locals", false, "show the arguments and variables of the goroutine that crashed")
			fs.Int64Var(&f.goroutine, "goroutine", 0, "with -locals: of the goroutine of this `number`")
			fs.IntVar(&f.frames, "frames", 10, "with -locals: of this `many` calls")
			fs.BoolVar(&f.raw, "raw", false, "keep texts of the program as they are: nothing is redacted")
			fs.StringVar(&f.sysroot, "sysroot", "", "look for files that the core names below this `directory`")
			fs.StringVar(&f.src, "src", "", "look for source files below this `directory`")
			fs.StringVar(&f.unpackDir, "unpack-dir", "", "where a compressed core is unpacked: a `directory` (default $TMPDIR or /var/tmp)")
			fs.Var(&f.unpackMax, "unpack-max", "unpack no core that is larger than this `size`")
			fs.StringVar(&f.collector, "collector", "", "send the crash to the collector at this `URL`")
			fs.StringVar(&f.key, "key", "", "project `key` for the collector")
			fs.StringVar(&f.spool, "spool", "", "keep what could not be sent in this `directory` (default in the user's cache)")
			fs.StringVar(&f.service, "service", "", "`name` of the service (default the base name of the executable)")
			fs.StringVar(&f.environment, "env", "", "`name` of the environment (default production)")
			fs.StringVar(&f.release, "release", "", "`version` that ran (default from the program's build information)")
			fs.StringVar(&f.instance, "instance", "", "`name` of the instance (default the host name)")
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
	unpackDir                   string
	unpackMax                   byteSize
	collector, key, spool       string
	service, release            string
	environment, instance       string
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
	path := args[len(args)-1]
	if o.Unpacked, err = f.unpack(ctx, std, path); err != nil {
		return err
	}
	core, err := postmortem.OpenCore(path, o)
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
	return f.send(std, core, a)
}

// send sends the crash to the collector, if there is one, or keeps it for the next
// time.
func (f *coreFlags) send(std stdio, core *postmortem.Core, a *postmortem.Autopsy) error {
	if f.collector == "" {
		return nil
	}
	e, err := core.Event(a, postmortem.Service{Name: f.service, Release: f.release, Environment: f.environment, Instance: f.instance})
	if err != nil {
		return fmt.Errorf("make an event of the core: %w", err)
	}
	if e == nil {
		return withHint(errors.New("nothing was sent to the collector: the core does not tell of a crash"), "what it tells is above; a collector counts crashes by their cause")
	}
	d, err := newDelivery(&runFlags{collector: f.collector, key: f.key, spool: f.spool}, "core", std.err)
	if err != nil {
		return err
	}
	d.add(*e)
	d.finish()
	return nil
}

// unpack unpacks a compressed core, and stores what comes from standard input; the file
// is nil for another core. Ctrl-C ends it.
func (f *coreFlags) unpack(ctx context.Context, std stdio, path string) (*packed.File, error) {
	meter := newMeter(std.err, false)
	defer meter.clear()
	o := packed.Options{
		Dir: f.unpackDir, Max: int64(f.unpackMax),
		Progress: func(r io.Reader) io.Reader { return metered(r, path, meter) },
	}
	if path == "-" { // it may wait for input, so that signals are left to end it
		return postmortem.StoreCore(ctx, std.in, path, o)
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	return postmortem.UnpackCore(ctx, path, o)
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
	if err := checkColor(f.color); err != nil {
		return err
	}
	for _, dir := range []struct{ flag, path, what string }{
		{"src", f.src, "the root of a source tree, such as a checkout"},
		{"sysroot", f.sysroot, "the root of the file system that the process saw"},
		{"unpack-dir", f.unpackDir, "where there is room for a core"},
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
	return checkCollector("core", f.collector)
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
		All: f.all, Width: terminalWidth(out), Color: wantsColor(f.color, out),
		Source: source.New(source.Options{Dir: f.src}).Excerpt,
	}
	return postmortem.WriteCore(w, a, style)
}
