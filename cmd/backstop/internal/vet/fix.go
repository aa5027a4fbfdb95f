package vet

import (
	"bytes"
	"cmp"
	"fmt"
	"go/format"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/backstop-go/backstop/analysis/driver"
)

// Fixed is what Fix did.
type Fixed struct {
	Findings int              // mended
	Files    []string         // changed
	Left     []driver.Finding // without a fix, or with one that overlaps with that of another
}

// Fix applies the first fix of each finding to the files below dir. A file is
// replaced as a whole, or, when an edit does not fit it, left as it is.
func Fix(dir string, findings []driver.Finding) (Fixed, error) {
	var done Fixed
	byFile := make(map[string][]driver.Edit)
	for _, f := range findings {
		if len(f.Fixes) == 0 || overlaps(byFile, f.Fixes[0].Edits) {
			done.Left = append(done.Left, f)
			continue
		}
		for _, e := range f.Fixes[0].Edits {
			if !slices.Contains(byFile[e.File], e) { // two findings may want one import
				byFile[e.File] = append(byFile[e.File], e)
			}
		}
		done.Findings++
	}
	for file, edits := range byFile {
		name := file
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, filepath.FromSlash(file))
		}
		if err := apply(name, edits); err != nil {
			return done, fmt.Errorf("fix %s: %w", file, err)
		}
		done.Files = append(done.Files, file)
	}
	slices.Sort(done.Files)
	return done, nil
}

// overlaps reports whether an edit touches what another one changes, unless it
// is the same.
func overlaps(byFile map[string][]driver.Edit, edits []driver.Edit) bool {
	for _, e := range edits {
		for _, o := range byFile[e.File] {
			if e != o && e.Start < o.End && o.Start < e.End {
				return true
			}
		}
	}
	return false
}

func apply(name string, edits []driver.Edit) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	slices.SortStableFunc(edits, func(a, b driver.Edit) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End)) })
	var out bytes.Buffer
	at := 0
	for _, e := range edits {
		if e.Start < at || e.End < e.Start || e.End > len(text) {
			return fmt.Errorf("the file has changed since it was read")
		}
		out.Write(text[at:e.Start])
		out.WriteString(e.New)
		at = e.End
	}
	out.Write(text[at:])
	pretty, err := format.Source(out.Bytes())
	if err != nil {
		return fmt.Errorf("the result would not compile: %w", err)
	}
	// What was not formatted before stays as it is, line ends and all, but for the fix.
	if before, err := format.Source(text); err != nil || !bytes.Equal(before, text) {
		pretty = out.Bytes()
	}
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	return replaceFile(name, info.Mode().Perm(), func(w io.Writer) error {
		_, err := w.Write(pretty)
		return err
	})
}
