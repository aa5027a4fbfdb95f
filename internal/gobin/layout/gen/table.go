package main

import (
	"bytes"
	"fmt"
	"sort"
	"strings"

	"github.com/backstop-go/backstop/internal/gobin/layout"
)

// A table is what is written. Cells are by architecture ("any" for what is the
// same everywhere), then by row and release.
type table struct {
	releases    []string
	cells       map[string]map[string]map[string]string
	same        map[string][]string
	experiments map[string][]string
}

func newTable(releases []string) *table {
	return &table{releases: releases, cells: map[string]map[string]map[string]string{}, same: map[string][]string{}}
}

// column is what one release says: by architecture and row.
type column map[string]map[string]string

// extract builds programs with a toolchain and reads them.
func extract(toolchain string) (column, error) {
	c := column{"any": {}}
	for _, arch := range archs {
		t, err := build(toolchain, []string{"GOARCH=" + arch})
		if err != nil {
			return nil, err
		}
		if err := c.fill(arch, t); err != nil {
			return nil, fmt.Errorf("%s on %s: %w", toolchain, arch, err)
		}
	}
	reasons, err := waitReasons(toolchain)
	if err != nil {
		return nil, err
	}
	for text, n := range reasons {
		c["any"][fmt.Sprintf("waitreason %q", text)] = fmt.Sprint(n)
	}
	return c, nil
}

func (c column) fill(arch string, t *types) error {
	c[arch] = map[string]string{}
	for _, r := range layout.Rows() {
		cell, err := t.value(r)
		if err != nil {
			return err
		}
		to := arch
		if r.Const {
			to = "any"
		}
		if before, ok := c[to][r.Name]; ok && before != cell {
			return fmt.Errorf("%s differs between architectures: %s and %s", r.Name, before, cell)
		}
		c[to][r.Name] = cell
	}
	form, err := t.labelForm()
	c["any"]["labels"] = form
	return err
}

// add extracts a release into a column of its own.
func (t *table) add(release string) error {
	c, err := extract(release)
	if err != nil {
		return err
	}
	t.put(release, c)
	return nil
}

// put makes c the column of a release.
func (t *table) put(release string, c column) {
	for arch, rows := range c {
		if t.cells[arch] == nil {
			t.cells[arch] = map[string]map[string]string{}
		}
		for row, cell := range rows {
			if t.cells[arch][row] == nil {
				t.cells[arch][row] = map[string]string{}
			}
			t.cells[arch][row][release] = cell
		}
	}
}

// compare extracts a release that has no column, and notes which one of its minor
// release it is like, as it must be.
func (t *table) compare(release string) error {
	minor := release[:strings.LastIndex(release, ".")+1]
	c, err := extract(release)
	if err != nil {
		return err
	}
	difference := "there is none of that minor release"
	for _, r := range t.releases {
		if !strings.HasPrefix(r, minor) {
			continue
		}
		if difference = t.difference(r, c); difference == "" {
			t.same[r] = append(t.same[r], release)
			return nil
		}
	}
	return fmt.Errorf("%s needs a column of its own: %s", release, difference)
}

// difference returns the first cell in which a column is not that of a release.
func (t *table) difference(release string, c column) string {
	for _, arch := range sorted(c) {
		for _, row := range sorted(c[arch]) {
			if have := t.cell(arch, row, release); have != c[arch][row] {
				return fmt.Sprintf("%s, %s: %s and %s", row, arch, have, c[arch][row])
			}
		}
	}
	return ""
}

func (t *table) cell(arch, row, release string) string {
	if cell, ok := t.cells[arch][row][release]; ok {
		return cell
	}
	return "-"
}

// text returns the table as it is written.
func (t *table) text() []byte {
	var b bytes.Buffer
	b.WriteString("# Where the structures of the Go runtime have their fields. Made by gen; do not edit.\n" +
		"# Columns are releases; - is what a release does not have.\n")
	fmt.Fprintf(&b, "releases\t%s\n", strings.Join(t.releases, "\t"))
	for _, r := range t.releases {
		if same := t.same[r]; len(same) > 0 {
			fmt.Fprintf(&b, "same\t%s\t%s\n", r, strings.Join(same, "\t"))
		}
	}
	for _, r := range t.releases {
		if x := t.experiments[r]; len(x) > 0 {
			fmt.Fprintf(&b, "experiments\t%s\t%s\n", r, strings.Join(x, "\t"))
		}
	}
	t.share()
	for _, arch := range append([]string{"any"}, archs...) {
		fmt.Fprintf(&b, "arch\t%s\n", arch)
		for _, row := range sorted(t.cells[arch]) {
			b.WriteString(row)
			for _, release := range t.releases {
				b.WriteString("\t" + t.cell(arch, row, release))
			}
			b.WriteByte('\n')
		}
	}
	return b.Bytes()
}

// share moves the rows that are the same on all architectures.
func (t *table) share() {
	for row := range t.cells[archs[0]] {
		if !t.agrees(row) {
			continue
		}
		t.cells["any"][row] = t.cells[archs[0]][row]
		for _, arch := range archs {
			delete(t.cells[arch], row)
		}
	}
}

func (t *table) agrees(row string) bool {
	for _, release := range t.releases {
		for _, arch := range archs[1:] {
			if t.cell(arch, row, release) != t.cell(archs[0], row, release) {
				return false
			}
		}
	}
	return true
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
