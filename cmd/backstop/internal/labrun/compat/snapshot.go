package compat

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A Change is a cell that differs from the snapshot.
type Change struct {
	Toolchain, Point string
	Check            Check
	Before, After    string // result and value; "" where there was or is no such cell
}

// snapshotVersion changes with the meaning of the file.
const snapshotVersion = 1

// A snapshot is what a report is compared with. What differs from run to run is
// not in it.
type snapshot struct {
	Version int      `json:"version"`
	Command []string `json:"command"`
	Cells   []Cell   `json:"cells"`
}

// ErrNoSnapshot is returned by Compare where there is no file yet.
var ErrNoSnapshot = errors.New("there is no snapshot yet")

// Compare notes in the report what differs from a snapshot. Toolchains are matched
// by their release: go1.26.8 with go1.26.7. What the snapshot has on releases that
// were not run now is left alone.
func (r *Report) Compare(file string) error {
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", file, ErrNoSnapshot)
	}
	if err != nil {
		return err
	}
	var s snapshot
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return fmt.Errorf("read snapshot %s: %w", file, err)
	}
	if s.Version != snapshotVersion {
		return fmt.Errorf("read snapshot %s: it has version %d, this program knows %d", file, s.Version, snapshotVersion)
	}
	r.compare(s.Cells)
	return nil
}

type key struct {
	release, point string
	check          Check
}

func keyOf(c Cell) key { return key{release(c.Toolchain), c.Point, c.Check} }

// release is "go1.26" of "go1.26.8".
func release(toolchain string) string {
	parts := strings.SplitN(toolchain, ".", 3)
	return strings.Join(parts[:min(2, len(parts))], ".")
}

func (r *Report) compare(before []Cell) {
	old := make(map[key]Cell)
	for _, c := range before {
		old[keyOf(c)] = c
	}
	now := make(map[string]bool)
	for _, c := range r.Cells {
		now[release(c.Toolchain)] = true
		was, ok := old[keyOf(c)]
		delete(old, keyOf(c))
		if !ok || said(was) != said(c) {
			r.change(c, was, said(c))
		}
	}
	for _, c := range before { // in their order
		if _, gone := old[keyOf(c)]; gone && now[release(c.Toolchain)] {
			r.change(c, c, "")
		}
	}
}

func (r *Report) change(at, was Cell, after string) {
	r.Changes = append(r.Changes, Change{at.Toolchain, at.Point, at.Check, said(was), after})
}

// said is a cell in words that can be compared.
func said(c Cell) string {
	if c.Value == "" {
		return string(c.Result)
	}
	return string(c.Result) + " (" + c.Value + ")"
}

// Save writes the snapshot, whole or not at all.
func (r *Report) Save(file string) error {
	s := snapshot{Version: snapshotVersion, Command: r.Command}
	for _, c := range r.Cells {
		c.Detail = ""
		s.Cells = append(s.Cells, c)
	}
	data, err := json.MarshalIndent(s, "", "\t")
	if err != nil {
		return err
	}
	draft, err := os.CreateTemp(filepath.Dir(file), ".snapshot-*")
	if err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	defer func() { _ = os.Remove(draft.Name()) }() // it has moved, when all went well
	_, err = draft.Write(append(data, '\n'))
	if err = errors.Join(err, draft.Chmod(0o644), draft.Close()); err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	return os.Rename(draft.Name(), file)
}
