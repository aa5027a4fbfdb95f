package vet

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/backstop-go/backstop/analysis/driver"
)

// A Baseline is findings that are known and shall not be told again. They are
// recognised by rule, file and message, without the numbers in it: code that
// moves stays known.
type Baseline struct {
	known map[pattern]int
	names renamer
}

// A renamer names files relative to the directory of the baseline, so that it is
// the same from wherever vet runs.
type renamer struct {
	run, baseline string // directories, absolute
}

func newRenamer(run, baseline string) renamer {
	abs := func(dir string) string {
		if a, err := filepath.Abs(dir); err == nil {
			dir = a
		}
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			dir = real
		}
		return dir
	}
	return renamer{abs(run), abs(filepath.Dir(baseline))}
}

func (r renamer) pattern(f driver.Finding) pattern {
	p := patternOf(f)
	name := filepath.FromSlash(p.File)
	if !filepath.IsAbs(name) {
		name = filepath.Join(r.run, name)
	}
	if rel, err := filepath.Rel(r.baseline, name); err == nil {
		p.File = filepath.ToSlash(rel)
	}
	return p
}

type pattern struct {
	Rule    string `json:"rule"`
	File    string `json:"file"`
	Message string `json:"message"`
}

type baselineLine struct {
	pattern
	Count int `json:"count"`
}

var number = regexp.MustCompile(`\d+`)

func patternOf(f driver.Finding) pattern {
	return pattern{f.Rule, f.File, number.ReplaceAllString(f.Message, "N")}
}

// ReadBaseline reads a file that WriteBaseline wrote. Findings that are held
// against it name files relative to dir.
func ReadBaseline(name, dir string) (*Baseline, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read baseline: %w", err)
	}
	b := &Baseline{known: make(map[pattern]int), names: newRenamer(dir, name)}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var l baselineLine
		dec := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&l); err != nil {
			return nil, fmt.Errorf("baseline %s:%d: %w", name, n, err)
		}
		if l.Rule == "" || l.Count < 1 {
			return nil, fmt.Errorf("baseline %s:%d: wants rule, file, message and a count of at least 1", name, n)
		}
		b.known[l.pattern] += l.Count
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read baseline %s: %w", name, err)
	}
	return b, nil
}

// filter takes out what is known. It returns how many were, and how many of the
// baseline were not found.
func (b *Baseline) filter(findings []driver.Finding) (fresh []driver.Finding, known, stale int) {
	left := maps.Clone(b.known)
	for _, f := range findings {
		k := b.names.pattern(f)
		if left[k] > 0 {
			left[k]--
			known++
			continue
		}
		fresh = append(fresh, f)
	}
	for _, n := range left {
		stale += n
	}
	return fresh, known, stale
}

// WriteBaseline writes findings as a baseline, one a line, sorted, so that
// changes of it can be read in a review. The file is replaced as a whole; findings
// name files relative to dir.
func WriteBaseline(name, dir string, findings []driver.Finding) error {
	counts := make(map[pattern]int)
	names := newRenamer(dir, name)
	for _, f := range findings {
		counts[names.pattern(f)]++
	}
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b pattern) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Message, b.Message))
	})
	return replaceFile(name, 0o644, func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		for _, k := range keys {
			if err := enc.Encode(baselineLine{k, counts[k]}); err != nil {
				return err
			}
		}
		return nil
	})
}

func replaceFile(name string, mode os.FileMode, write func(io.Writer) error) error {
	file, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".new-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }() // nothing is there when all went well
	err = write(file)
	if err == nil {
		err = file.Chmod(mode)
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(file.Name(), name)
	}
	return err
}
