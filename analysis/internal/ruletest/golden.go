package ruletest

import (
	"cmp"
	"errors"
	"fmt"
	"go/format"
	"io/fs"
	"os"
	"slices"

	"github.com/backstop-go/backstop/analysis/driver"
)

// compareGolden holds what fixes make of files against the golden files beside
// them, and says where they differ.
func compareGolden(files []string, findings []driver.Finding) (differences []string) {
	differ := func(format string, args ...any) { differences = append(differences, fmt.Sprintf(format, args...)) }
	edits := make(map[string][]driver.Edit)
	for _, f := range findings {
		for _, fix := range f.Fixes {
			for _, e := range fix.Edits {
				edits[e.File] = append(edits[e.File], e)
			}
		}
	}
	for _, name := range files {
		want, err := os.ReadFile(name + ".golden")
		switch {
		case errors.Is(err, fs.ErrNotExist) && len(edits[name]) == 0:
		case err != nil:
			differ("what fixes should make of %s: %v", name, err)
		default:
			got, err := apply(name, edits[name])
			if err == nil {
				want, err = format.Source(want)
			}
			if err != nil {
				differ("mend %s: %v", name, err)
			} else if string(got) != string(want) {
				differ("fixes make of %s\n%s\nwant\n%s", name, got, want)
			}
		}
	}
	return differences
}

// apply makes edits in what a file holds. Two that are the same are one.
func apply(name string, edits []driver.Edit) ([]byte, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	edits = slices.Clone(edits)
	slices.SortFunc(edits, func(a, b driver.Edit) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End), cmp.Compare(a.New, b.New))
	})
	var out []byte
	done := 0
	for _, e := range slices.Compact(edits) {
		if e.Start < done || e.End < e.Start || e.End > len(text) {
			return nil, fmt.Errorf("the edit of %d to %d begins before %d, or ends behind %d", e.Start, e.End, done, len(text))
		}
		out = append(append(out, text[done:e.Start]...), e.New...)
		done = e.End
	}
	return format.Source(append(out, text[done:]...))
}
