package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/backstop-go/backstop/analysis/driver"
	"github.com/backstop-go/backstop/analysis/rules"
	"github.com/backstop-go/backstop/cmd/backstop/internal/textview"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/inventory"
	"github.com/backstop-go/backstop/cmd/backstop/internal/vet"
)

// report is backstop trace report: what recordings, or a trace that is made now,
// tell of who swallows which panics.
func (f *traceFlags) report(ctx context.Context, std stdio, files []string) error {
	if f.vet != "" && f.src != "" {
		return withHint(usageError("trace report: -vet and -src exclude each other"), "-vet FILE has findings, -src DIR has them made")
	}
	live := f.selects()
	switch {
	case live && len(files) > 0:
		return withHint(usageError("trace report: files, or processes to trace"), "backstop trace report FILE..., or backstop trace report -all -for 30s")
	case live && f.period == 0:
		return withHint(usageError("trace report: how long to trace is missing"), "add -for 30s; Ctrl-C ends it early")
	case !live && len(files) == 0:
		return withHint(usageError("trace report: nothing to report"), "backstop trace report FILE... for recordings (- is standard input), or backstop trace report -all -for 30s")
	}
	findings, err := f.findings(ctx, std)
	if err != nil {
		return err
	}
	var rec *trace.Recording
	var failed error
	if live {
		rec, failed = f.record(ctx, std)
		if rec == nil {
			return failed
		}
	} else if rec, err = f.readRecordings(ctx, std, files); err != nil {
		return err
	}
	inv := inventory.Make(rec)
	if findings != nil {
		inv.Compare(findings)
	}
	if f.format == "json" {
		enc := json.NewEncoder(std.out)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(inv); err != nil {
			return fmt.Errorf("trace report: %w", err)
		}
		return failed
	}
	if err := inv.Text(std.out, inventory.Style{Color: isTerminal(std.out), Width: terminalWidth(std.out), All: f.full}); err != nil {
		return err
	}
	return failed
}

// readRecordings reads all files into one recording.
func (f *traceFlags) readRecordings(ctx context.Context, std stdio, files []string) (*trace.Recording, error) {
	rec := trace.NewRecording()
	for _, name := range files {
		if err := f.readRecording(ctx, std, rec, name); err != nil {
			return nil, err
		}
	}
	if rec.Unknown > 0 {
		fmt.Fprintf(std.err, "warning: %s of a kind that this version does not know\n", count(rec.Unknown, "line is", "lines are"))
	}
	return rec, nil
}

func (f *traceFlags) readRecording(ctx context.Context, std stdio, rec *trace.Recording, name string) error {
	m := newMeter(std.err, f.quiet)
	defer m.clear()
	r := std.in
	if name != "-" {
		file, err := f.openPatiently(ctx, std, name)
		if err != nil {
			return withHint(readError(name, err), "name a file that backstop trace -out FILE or -format json wrote; - is standard input")
		}
		defer file.Close()
		r = metered(file, name, m)
	}
	in, err := unpack(r, io.NopCloser(nil))
	if err == nil {
		err = rec.Read(in)
	}
	if err != nil {
		return withHint(fmt.Errorf("read recording %s: %w", textview.Escape(name), err), "recordings are the JSON lines of backstop trace -out FILE or -format json")
	}
	return nil
}

// patience is how long opening a file may take before it is said what is waited for.
const patience = 300 * time.Millisecond

// openPatiently opens a file. A pipe with a name opens when somebody opens it to write,
// which may be never: so that is said.
func (f *traceFlags) openPatiently(ctx context.Context, std stdio, name string) (*os.File, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, errDirectory
	case info.Mode()&os.ModeNamedPipe == 0:
		return os.Open(name)
	}
	type opened struct {
		file *os.File
		err  error
	}
	done := make(chan opened, 1)
	go func() { // ends with the process when nobody ever writes
		file, err := os.Open(name)
		done <- opened{file, err}
	}()
	said := time.After(patience)
	for {
		select {
		case o := <-done:
			return o.file, o.err
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-said:
			if !f.quiet {
				fmt.Fprintf(std.err, "backstop: %s is a pipe that nobody writes into yet: waiting for that; Ctrl-C ends it\n", textview.Escape(name))
			}
		}
	}
}

// findings are those of -vet or of -src; nil when neither is given.
func (f *traceFlags) findings(ctx context.Context, std stdio) ([]inventory.Finding, error) {
	switch {
	case f.vet != "":
		file, err := f.openPatiently(ctx, std, f.vet)
		if err != nil {
			return nil, withHint(readError(f.vet, err), "make it: backstop vet -rules all -format json ./... > vet.jsonl")
		}
		defer file.Close()
		list, err := inventory.ReadFindings(file)
		if err != nil {
			return nil, withHint(fmt.Errorf("read findings %s: %w", textview.Escape(f.vet), err), "make it: backstop vet -rules all -format json ./... > vet.jsonl")
		}
		if list == nil {
			list = []inventory.Finding{} // vet ran, and found nothing
		}
		return list, nil
	case f.src != "":
		return f.vetSource(ctx, std)
	}
	return nil, nil
}

// vetSource runs vet over all packages below a directory.
func (f *traceFlags) vetSource(ctx context.Context, std stdio) ([]inventory.Finding, error) {
	if info, err := os.Stat(f.src); err != nil || !info.IsDir() {
		return nil, withHint(usageError("-src %s: no such directory", f.src), "-src names the directory of the program's module")
	}
	chosen, err := rules.Select("all")
	if err != nil {
		return nil, fmt.Errorf("select rules: %w", err)
	}
	v := &vetFlags{releases: "1.21..1.27", dir: f.src, cache: driver.DefaultCache(), quiet: f.quiet}
	cfg, err := v.config([]string{"./..."})
	if err != nil {
		return nil, err
	}
	cfg.Rules = chosen.Rules
	res, err := v.load(ctx, std, cfg)
	if err != nil {
		return nil, err
	}
	out := vet.Judge(res, vet.Options{Audit: chosen.Audit, AllRules: true})
	v.problems(std, out)
	if out.Packages == 0 {
		return nil, withHint(errors.New("trace report: no package could be read"), "-src names the directory of the program's module")
	}
	return inventory.FromDriver(out.Findings), nil
}
