package labrun

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/backstop-go/backstop/lab"
)

// Stable returns a row without what differs between two runs of one build: it is
// what a baseline holds.
func (r Row) Stable() Row {
	r.Memory, r.CPU, r.Wall = 0, 0, 0
	r.Missing = slices.Clone(r.Missing[:min(len(r.Missing), maxStableMissing)])
	return r
}

// maxStableMissing: what the crash output lacks stands at its beginning. The
// lines further down are frames.
const maxStableMissing = 4

// Baseline returns the rows that were measured when the lab's programs were
// written, for a toolchain, or for another patch of its release, and which they are from;
// nil when there are none.
func Baseline(toolchain string) (rows []Row, from string, err error) {
	name, err := baselineOf(toolchain)
	if name == "" || err != nil {
		return nil, "", err
	}
	text, err := lab.Baseline.ReadFile("baseline/" + name)
	if err != nil {
		return nil, "", err
	}
	rows, err = ReadRows(bytes.NewReader(text))
	return rows, strings.TrimSuffix(name, ".jsonl"), err
}

func baselineOf(toolchain string) (string, error) {
	entries, err := fs.ReadDir(lab.Baseline, "baseline")
	if err != nil {
		return "", err
	}
	near := ""
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), ".jsonl")
		switch {
		case name == toolchain:
			return e.Name(), nil
		case minorOf(name) == minorOf(toolchain):
			near = e.Name()
		}
	}
	return near, nil
}

// ReadRows reads rows as WriteRows wrote them.
func ReadRows(r io.Reader) ([]Row, error) {
	var rows []Row
	for d := json.NewDecoder(r); ; {
		var row Row
		err := d.Decode(&row)
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", len(rows)+1, err)
		}
		rows = append(rows, row)
	}
}

// WriteRows writes one object a line.
func WriteRows(w io.Writer, rows []Row) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for _, r := range rows {
		if err := e.Encode(r); err != nil {
			return err
		}
	}
	return nil
}

// WriteBaselines writes the stable form of rows into a directory, one file for
// each toolchain. Rows that were not run keep those files from being written: a
// baseline with holes would hide a difference.
func WriteBaselines(dir string, rows []Row) error {
	by := make(map[string][]Row)
	for _, r := range rows {
		if r.NotRun != "" {
			return fmt.Errorf("%s with %s was not run: %s", r.Scenario, r.Toolchain, r.NotRun)
		}
		by[r.Toolchain] = append(by[r.Toolchain], r.Stable())
	}
	for name, list := range by {
		var text bytes.Buffer
		if err := WriteRows(&text, list); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name+".jsonl"), text.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}
