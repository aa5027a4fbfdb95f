package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

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
	} else if rec, err = readRecordings(std, files); err != nil {
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
func readRecordings(std stdio, files []string) (*trace.Recording, error) {
	rec := trace.NewRecording()
	for _, name := range files {
		if err := readRecording(std, rec, name); err != nil {
			return nil, err
		}
	}
	if rec.Unknown > 0 {
		fmt.Fprintf(std.err, "warning: %s of a kind that this version does not know\n", count(rec.Unknown, "line is", "lines are"))
	}
	return rec, nil
}

func readRecording(std stdio, rec *trace.Recording, name string) error {
	var r io.Reader = std.in
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return withHint(readError(name, err), "name a file that backstop trace -out FILE or -format json wrote; - is standard input")
		}
		defer file.Close()
		r = file
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

// findings are those of -vet or of -src; nil when neither is given.
func (f *traceFlags) findings(ctx context.Context, std stdio) ([]inventory.Finding, error) {
	switch {
	case f.vet != "":
		file, err := os.Open(f.vet)
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
