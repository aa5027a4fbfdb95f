package labrun

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/backstop-go/backstop/lab/scenario"
)

// WriteDocs writes what is generated from a whole matrix into a checkout:
// docs/lab/matrix.md, docs/lab/releases.md, lab/baseline, and docs/lab/settings.md
// from rows of one toolchain under each of DocumentedSettings and the default.
func WriteDocs(root string, rows, settings []Row) error {
	if err := WriteBaselines(filepath.Join(root, "lab", "baseline"), rows); err != nil {
		return err
	}
	for _, page := range []struct {
		name  string
		write func(io.Writer, []Row) error
		rows  []Row
	}{
		{"matrix.md", writeMatrixPage, rows},
		{"releases.md", writeReleasesPage, rows},
		{"settings.md", writeSettingsPage, settings},
	} {
		var text bytes.Buffer
		if err := page.write(&text, page.rows); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(root, "docs", "lab", page.name), text.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func writeMatrixPage(w io.Writer, rows []Row) error {
	stable := make([]Row, len(rows))
	for i, r := range rows {
		stable[i] = r.Stable()
	}
	p := &printer{w: w}
	p.line("# How Go programs die")
	p.line("")
	p.line("<!-- written by `make lab`; do not edit -->")
	p.line("")
	p.line("Each row is a real process, run plain and once more under a deferred recover in")
	p.line("the goroutine that calls it; [README.md](README.md) says how to read it. Show one with")
	p.line("`backstop lab run NAME`, look inside with `backstop lab explain NAME`. Releases stand")
	p.line("in one row where nothing in it differs; what else they change is in")
	p.line("[releases.md](releases.md).")
	p.line("")
	if p.err != nil {
		return p.err
	}
	if err := WriteMarkdown(w, stable); err != nil {
		return err
	}
	if len(scenario.Missing) > 0 {
		p.line("")
		p.line("## Not in the lab")
		p.line("")
		for _, m := range scenario.Missing {
			p.line("- `%s`: %s", m.Name, m.Why)
		}
	}
	return p.err
}

// writeReleasesPage writes release notes from each toolchain to the next.
func writeReleasesPage(w io.Writer, rows []Row) error {
	by := make(map[string][]Row)
	for _, r := range rows {
		by[r.Toolchain] = append(by[r.Toolchain], r.Stable())
	}
	names := Summarize(rows).Toolchains
	p := &printer{w: w}
	p.line("# What releases of Go change about crashes")
	p.line("")
	p.line("<!-- written by `make lab`; do not edit -->")
	p.line("")
	p.line("Measured, not read: every scenario on %s.", strings.Join(names, ", "))
	p.line("The newest release stands first. The same for any two toolchains, and for patch")
	p.line("releases: `backstop lab diff 1.25 1.26`.")
	for i, name := range slices.Backward(names) {
		if i == 0 {
			break
		}
		p.line("")
		if p.err != nil {
			return fmt.Errorf("write release notes: %w", p.err)
		}
		if err := Compare(names[i-1], name, by[names[i-1]], by[name]).Markdown(w); err != nil {
			return err
		}
	}
	return p.err
}
