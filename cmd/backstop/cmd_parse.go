package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/backstop-go/backstop/cmd/backstop/internal/program"
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
compressed with gzip or bzip2. Each crash is explained as soon as it is
complete. With no FILE, or "-", it reads standard input.

  app 2>&1 | backstop parse              explain crashes as they happen
  backstop parse crash.log.gz            explain those in a file
  backstop parse -src ~/shop crash.log   with lines of source from that tree
  backstop parse -all crash.log | less   every frame and every goroutine
  backstop parse -html out.html *.log    one page that needs nothing else
  backstop parse -summary *.log.gz       one line for each issue, counted
  backstop parse -format json crash.log | jq .class
  backstop parse -watch -- ./app -v      run it, show its crashes, not their text
  app 2>&1 | backstop parse -watch       the same for what comes through a pipe

The file given to debug.SetCrashOutput lacks the headline of a fatal error, and
logs may lose it. -exe finds it in the executable.

Lines of source are shown where the files are on this machine: under the path
that the traceback names, in the module around the working directory, in the
module cache, or below -src wherever the program was built.

-watch passes output through as it comes, byte for byte, and shows crashes where
their text would stand. It runs COMMAND as backstop run does, watches its
standard error and returns its status.

Status 1 means that no crash was found; with -watch that is no failure.`,
		setup: func(fs *flag.FlagSet) runFunc {
			f := parseFlags{set: fs}
			fs.StringVar(&f.format, "format", "text", "`text` for people, or json: one object a line")
			fs.BoolVar(&f.all, "all", false, "show every frame, and every kind of goroutine with its stack")
			fs.StringVar(&f.html, "html", "", "write one self-contained page into this `file`; - is standard output")
			fs.BoolVar(&f.summary, "summary", false, "show one line for each issue: how often, which class, where")
			fs.StringVar(&f.src, "src", "", "look for source files below this `directory`")
			fs.StringVar(&f.exe, "exe", "", "the `executable` that crashed: it has headlines that text lacks")
			fs.StringVar(&f.color, "color", "auto", "`when` to use colours: auto, always or never")
			fs.BoolVar(&f.watch, "watch", false, "pass output through, and show crashes instead of their text")
			fs.BoolVar(&f.raw, "raw", false, "with -watch: pass the text of crashes, too")
			fs.BoolVar(&f.quiet, "quiet", false, "show no progress, and nothing else that is not asked for")
			return f.run
		},
	}
}

type parseFlags struct {
	format, html, src, exe, color string
	all, summary, quiet           bool
	watch, raw                    bool

	set *flag.FlagSet
}

func (f *parseFlags) run(ctx context.Context, std stdio, args []string) error {
	if f.watch { // what follows belongs to the command
		if err := f.check(); err != nil {
			return err
		}
		return f.runWatch(ctx, std, args)
	}
	// Flags are welcome behind the files too: parse crash.log -format json.
	args, err := trailingFlags(f.set, args)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		args = []string{"-"}
	}
	if err := f.check(); err != nil {
		return err
	}
	if f.watch || f.raw {
		return withHint(usageError("parse: -watch and -raw take no file"), "backstop parse -watch -- COMMAND, or COMMAND 2>&1 | backstop parse -watch")
	}
	exe, err := f.executable()
	if err != nil {
		return err
	}
	defer exe.Close()
	meter := newMeter(std.err, f.quiet)
	p := parser{exe: exe, stdin: std.in, names: args, sink: f.sink(std, args), meter: meter, crashOnly: f.summary, late: f.summary || f.html != ""}
	return p.run(ctx)
}

// executable opens the executable that -exe names.
func (f *parseFlags) executable() (program.Program, error) {
	if f.exe == "" {
		return program.Program{}, nil
	}
	exe, err := program.OpenExecutable(f.exe)
	if err != nil {
		return program.Program{}, withHint(fmt.Errorf("-exe: %w", err), "-exe names the Go executable that crashed")
	}
	return program.Program{Executable: exe}, nil
}

// check finds what is wrong with the flags before anything is read.
func (f *parseFlags) check() error {
	if err := checkColor(f.color); err != nil {
		return err
	}
	if f.format != "text" && f.format != "json" {
		return withHint(usageError("unknown format %q", f.format), "-format text or -format json")
	}
	if f.src != "" {
		if info, err := os.Stat(f.src); err != nil || !info.IsDir() {
			return withHint(usageError("-src %s is not a directory", f.src), "-src names the root of a source tree, such as a checkout")
		}
	}
	var outputs []string
	for _, o := range []struct {
		name  string
		given bool
	}{{"-format json", f.format == "json"}, {"-html", f.html != ""}, {"-summary", f.summary}} {
		if o.given {
			outputs = append(outputs, o.name)
		}
	}
	if len(outputs) > 1 {
		return withHint(usageError("%s exclude each other", strings.Join(outputs, " and ")), "run parse once for each")
	}
	return nil
}

// sink returns what shows the reports.
func (f *parseFlags) sink(std stdio, names []string) sink {
	finder := source.New(source.Options{Dir: f.src})
	switch {
	case f.format == "json":
		return newJSONSink(std.out)
	case f.summary:
		return &summarySink{w: std.out, style: f.style(std.out)}
	case f.html != "":
		s := &htmlSink{file: f.html, out: std.out, names: names, source: finder.Excerpt}
		if !f.quiet {
			s.notes = std.err
		}
		return s
	}
	style := f.style(std.out)
	style.Source = finder.Excerpt
	return &textSink{w: std.out, style: style, several: len(names) > 1}
}

// style is how text for people looks on w.
func (f *parseFlags) style(w io.Writer) textview.Options {
	return textview.Options{
		All:   f.all,
		Width: terminalWidth(w),
		Color: wantsColor(f.color, w),
	}
}

// A sink shows reports.
type sink interface {
	show(input string, r *crash.Report) error
	// finish is called once, with what was found in each input.
	finish(inputs []found) error
}

// found counts what an input held.
type found struct {
	name      string
	crashes   int
	recovered int
	issues    map[string]bool // by tolerant fingerprint
	err       error
}

func (f *found) add(r *crash.Report) {
	f.crashes++
	if r.Recovered {
		f.recovered++
	}
	if f.issues == nil {
		f.issues = make(map[string]bool)
	}
	f.issues[r.Fingerprints.Tolerant] = true
}

// A parser reads inputs one after the other.
type parser struct {
	exe       program.Program
	stdin     io.Reader
	names     []string
	sink      sink
	meter     *meter
	crashOnly bool
	late      bool // the sink writes when it finishes
}

// run shows every crash of every input. One that cannot be read does not keep
// the others from being shown.
func (p *parser) run(ctx context.Context) error {
	var all []found
	var failures []error
	crashes := 0
	for _, name := range p.names {
		in := found{name: inputName(name)}
		in.err = p.read(ctx, name, &in)
		p.meter.clear()
		var unwritten *writeError
		if errors.As(in.err, &unwritten) {
			return in.err
		}
		if in.err != nil {
			failures = append(failures, in.err)
		}
		crashes += in.crashes
		all = append(all, in)
	}
	if err := p.sink.finish(all); err != nil {
		return &writeError{err}
	}
	switch {
	case len(failures) > 0:
		return withHint(oneLine(failures), "%s", readHint(failures, crashes))
	case crashes == 0:
		return withHint(fmt.Errorf("no crash found in %s", inputNames(p.names)),
			"a traceback begins with a line such as \"panic: ...\" or \"goroutine 1 [running]:\"; it goes to standard error: app 2>&1 | backstop parse")
	}
	return nil
}

func readHint(failures []error, shown int) string {
	for _, err := range failures {
		var packed *packedError
		if errors.Is(err, errDirectory) {
			return "name the files in it, as in: backstop parse logs/*.log"
		}
		if errors.As(err, &packed) {
			return packed.tool + " | backstop parse"
		}
	}
	hint := "FILE is a text file, one compressed with gzip or bzip2, or - for standard input"
	if shown > 0 {
		hint = "what could be read is shown above; " + hint
	}
	return hint
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

func (p *parser) read(ctx context.Context, name string, in *found) error {
	input, err := openInput(p.stdin, name, p.meter)
	if err != nil {
		return err
	}
	defer input.Close()
	reader := crash.NewReader(input)
	reader.CrashOnly, reader.Parallel = p.crashOnly, parallel
	for ctx.Err() == nil {
		report, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return readError(name, err)
		}
		p.exe.Headline(report)
		in.add(report)
		if !p.late {
			p.meter.clear()
		}
		if err := p.sink.show(in.name, report); err != nil {
			return &writeError{err}
		}
	}
	return ctx.Err()
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
