package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/internal/crashtest"
	"github.com/backstop-go/backstop/internal/gobin/layout"
)

// committed is the table as it stands beside the generator, each cell by
// architecture, row and release; and its text.
func committed(t *testing.T) (cells map[string]map[string]map[string]string, text string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "table.txt"))
	if err != nil {
		t.Fatal(err)
	}
	cells = map[string]map[string]map[string]string{}
	var names []string
	arch := ""
	for _, line := range strings.Split(string(b), "\n") {
		c := strings.Split(line, "\t")
		switch {
		case c[0] == "releases":
			names = c[1:]
		case c[0] == "arch":
			arch = c[1]
			cells[arch] = map[string]map[string]string{}
		case arch != "" && len(c) == len(names)+1:
			row := map[string]string{}
			for i, n := range names {
				row[n] = c[i+1]
			}
			cells[arch][c[0]] = row
		}
	}
	return cells, string(b)
}

// cell is that of an architecture, or that of all.
func cell(cells map[string]map[string]map[string]string, arch, row, release string) string {
	for _, a := range []string{arch, "any"} {
		if c, ok := cells[a][row]; ok {
			return c[release]
		}
	}
	return "-"
}

// TestRegenerate extracts each release again and compares it with what is
// committed; with all of them, the text is the same to the byte.
func TestRegenerate(t *testing.T) {
	cells, text := committed(t)
	all := newTable(releases)
	all.experiments = experimentsOf(text)
	complete := t.Run("releases", func(t *testing.T) {
		for _, release := range releases {
			t.Run(release, func(t *testing.T) {
				crashtest.NeedToolchain(t, release)
				c, err := extract(release)
				if err != nil {
					t.Fatal(err)
				}
				for arch, rows := range c {
					for row, have := range rows {
						if want := cell(cells, arch, row, release); have != want {
							t.Errorf("%s, %s: %s now, %s in the table: run go generate", row, arch, have, want)
						}
					}
				}
				all.put(release, c)
			})
		}
	})
	if !complete || len(all.cells["any"]["labels"]) != len(releases) {
		return // a toolchain is missing; its subtest says so
	}
	for _, line := range strings.Split(text, "\n") {
		if c := strings.Split(line, "\t"); c[0] == "same" {
			all.same[c[1]] = c[2:]
		}
	}
	if got := string(all.text()); got != text {
		t.Error("the table is not what gen writes: run go generate")
	}
}

// TestOthers extracts the patch releases beside the columns again, of which the
// toolchain is at hand: it is not worth a download.
func TestOthers(t *testing.T) {
	cells, text := committed(t)
	for _, line := range strings.Split(text, "\n") {
		c := strings.Split(line, "\t")
		if c[0] != "same" {
			continue
		}
		for _, release := range c[2:] {
			t.Run(release, func(t *testing.T) {
				if !crashtest.HasToolchain(t, release) {
					t.Skipf("toolchain %s was not downloaded", release)
				}
				got, err := extract(release)
				if err != nil {
					t.Fatal(err)
				}
				for arch, rows := range got {
					for row, have := range rows {
						if want := cell(cells, arch, row, c[1]); have != want {
							t.Errorf("%s, %s: %s, but %s in %s", row, arch, have, want, c[1])
						}
					}
				}
			})
		}
	}
}

// TestBuildModes compares the layout with what the debug information of programs
// says that were built in other ways.
func TestBuildModes(t *testing.T) {
	modes := map[string]struct{ env, flags []string }{
		"pie":      {nil, []string{"-buildmode=pie"}},
		"external": {[]string{"CGO_ENABLED=1"}, []string{"-ldflags=-linkmode=external"}},
		"race":     {[]string{"CGO_ENABLED=1"}, []string{"-race"}},
	}
	for _, release := range releases {
		for name, mode := range modes {
			if name == "race" && release != releases[len(releases)-1] {
				continue // it compiles the standard library anew
			}
			t.Run(release+"/"+name, func(t *testing.T) {
				crashtest.NeedToolchain(t, release)
				if _, err := exec.LookPath("gcc"); err != nil && name != "pie" {
					crashtest.Skip(t, "no C compiler: %v", err)
				}
				types, err := build(release, mode.env, mode.flags...)
				if err != nil {
					t.Fatal(err)
				}
				compare(t, release, types)
			})
		}
	}
}

// compare holds what a program says against the layout of its release.
func compare(t *testing.T, release string, types *types) {
	t.Helper()
	l, err := layout.For(release)
	if err != nil {
		t.Fatal(err)
	}
	rows := layout.Rows()
	if len(rows) < 150 {
		t.Errorf("%d rows", len(rows))
	}
	for _, r := range rows {
		cell, err := types.value(r)
		if err != nil {
			t.Error(err)
		}
		want := int64(-1)
		if cell != "-" {
			if want, err = strconv.ParseInt(cell, 10, 64); err != nil {
				t.Fatal(err)
			}
		}
		if got := r.Value(l); got != want {
			t.Errorf("%s: %d, but %d in the program", r.Name, got, want)
		}
	}
}
