// Gen writes the table of the standard library from the toolchain that runs it, as
// seen on linux/amd64 without cgo.
package main

import (
	"bytes"
	"compress/flate"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/backstop-go/backstop/analysis/surface/internal/load"
	"github.com/backstop-go/backstop/analysis/surface/summary"
)

func main() {
	out := flag.String("out", "std.bin", "the `file` to write")
	flag.Parse()
	if err := run(*out); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(out string) error {
	all, err := makeTable("std")
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		return fmt.Errorf("compress: %w", err)
	}
	if _, err := w.Write(summary.EncodeAll(all)); err != nil {
		return fmt.Errorf("compress: %w", err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("compress: %w", err)
	}
	if err := os.WriteFile(out, packed.Bytes(), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(filepath.Dir(out), "version.txt"), []byte(runtime.Version()), 0o644)
}

// makeTable summarises packages of the standard library and what they import.
func makeTable(patterns ...string) ([]*summary.Summary, error) {
	roots, err := load.PackagesFor([]string{"GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0"}, ".", patterns...)
	if err != nil {
		return nil, err
	}
	all, err := load.Summaries(roots, func(*packages.Package) bool { return true })
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		prune(s)
	}
	slices.SortFunc(all, func(a, b *summary.Summary) int { return bytes.Compare([]byte(a.Path), []byte(b.Path)) })
	return all, nil
}

// guarded lists functions whose guard contains what they call, although it may
// panic again: fmt does when a panic is formatted, and that panics too.
var guarded = []string{"(*fmt.pp).handleMethods"}

// told reports whether a function calls only what the model says of its callers:
// sort.Slice keeps the function it is given in a struct, and by types each call of
// it would reach the functions of all.
func told(name string) bool {
	return strings.HasPrefix(name, "sort.") && strings.HasSuffix(name, "_func")
}

// prune drops what nobody asks of the standard library: places, and where it
// panics by itself.
func prune(s *summary.Summary) {
	s.Files = nil
	for i := range s.Funcs {
		f := &s.Funcs[i]
		f.Pos, f.Sites = summary.Pos{}, nil
		if told(f.Name) {
			f.Calls = slices.DeleteFunc(f.Calls, func(c summary.Call) bool { return c.Callee == "" })
		}
		for j := range f.Calls {
			f.Calls[j].Pos = summary.Pos{}
			if slices.Contains(guarded, f.Name) && f.Calls[j].Mode == summary.Plain {
				f.Guard, f.Calls[j].Covered = summary.Guarded, true
			}
		}
	}
}
