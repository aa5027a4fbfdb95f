package vet

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"go/token"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/backstop-go/backstop/analysis/audit"
	"github.com/backstop-go/backstop/analysis/driver"
	"github.com/backstop-go/backstop/analysis/rule"
	"github.com/backstop-go/backstop/cmd/backstop/internal/textview"
)

// A Recover is one call of recover() as docs/reference/json.md describes it.
type Recover struct {
	File     string                  `json:"file"`
	Line     int                     `json:"line"`
	Column   int                     `json:"column"`
	Package  string                  `json:"package"`
	Func     string                  `json:"func"`
	Status   audit.Status            `json:"status"`
	Go       map[string]rule.Verdict `json:"go,omitempty"`
	Why      string                  `json:"why"`
	Deferred []place                 `json:"deferred"`
	Callers  []place                 `json:"callers"`
	Fates    []audit.Fate            `json:"fates"`
}

// Collector gathers the recovers of each package.
func Collector() driver.Collector {
	return driver.Collector{Name: "audit", Analyzer: audit.Analyzer, Encode: func(fset *token.FileSet, result any) ([]byte, error) {
		all := result.(*audit.Recovers)
		list := make([]Recover, 0, len(all.Calls))
		for _, c := range all.Calls {
			at := fset.Position(c.Pos)
			list = append(list, Recover{
				File: at.Filename, Line: at.Line, Column: at.Column, Func: c.Func, Status: c.Status, Go: c.Go, Why: c.Why,
				Deferred: positions(fset, c.Deferred), Callers: positions(fset, c.Callers), Fates: append([]audit.Fate{}, c.Fates...),
			})
		}
		return json.Marshal(list)
	}}
}

func positions(fset *token.FileSet, list []token.Pos) []place {
	out := make([]place, 0, len(list))
	for _, p := range list {
		at := fset.Position(p)
		out = append(out, place{File: at.Filename, Line: at.Line, Column: at.Column})
	}
	return out
}

// Recovers lists what the collector gathered, in the order of files and lines,
// with the names of files relative to dir.
func Recovers(res *driver.Result, dir string) ([]Recover, error) {
	var all []Recover
	seen := make(map[string]bool) // a file may be part of a package and of its tests
	for _, p := range res.Packages {
		if !p.Target || p.Collected["audit"] == nil {
			continue
		}
		var list []Recover
		if err := json.Unmarshal(p.Collected["audit"], &list); err != nil {
			return nil, fmt.Errorf("read what is kept of %s: %w", p.Path, err)
		}
		for _, r := range list {
			r.Package = p.Path
			key := fmt.Sprintf("%s:%d:%d", r.File, r.Line, r.Column)
			if seen[key] {
				continue
			}
			seen[key] = true
			r.File = relative(dir, r.File)
			for _, places := range [][]place{r.Deferred, r.Callers} {
				for i := range places {
					places[i].File = relative(dir, places[i].File)
				}
			}
			all = append(all, r)
		}
	}
	slices.SortStableFunc(all, func(a, b Recover) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return all, nil
}

func relative(dir, file string) string {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return file
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		abs = real
	}
	rel, err := filepath.Rel(abs, file)
	if err != nil || len(rel) >= len(file) {
		return file
	}
	return filepath.ToSlash(rel)
}

// WriteRecoversJSON writes one object a line.
func WriteRecoversJSON(w io.Writer, all []Recover) error {
	b := bufio.NewWriter(w)
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	for _, r := range all {
		if err := enc.Encode(r); err != nil {
			return err
		}
	}
	return b.Flush()
}

var statusWords = map[audit.Status]struct{ words, color string }{
	audit.Works:      {"works", "32"},
	audit.ByAccident: {"works by accident", "1;31"},
	audit.Never:      {"never works", "1;31"},
	audit.Depends:    {"depends on callers", "33"},
}

// WriteRecovers writes the audit for people.
func WriteRecovers(w io.Writer, all []Recover, s Style) error {
	b := bufio.NewWriter(w)
	counts := make(map[audit.Status]int)
	for _, r := range all {
		counts[r.Status]++
		words := statusWords[r.Status]
		fmt.Fprintf(b, "%s: %s: %s", s.paint("1", at(driver.Place{File: r.File, Line: r.Line, Column: r.Column})), s.paint(words.color, words.words), textview.Escape(r.Why))
		if len(r.Fates) > 0 {
			fmt.Fprintf(b, "; the value is %s", fateWords(r.Fates))
		}
		fmt.Fprintln(b)
		if v := Verdicts(r.Go); v != "" && r.Status == audit.ByAccident {
			fmt.Fprintf(b, "    %s\n", v)
		}
		for i, d := range r.Deferred {
			if i == 3 {
				fmt.Fprintf(b, "    %s\n", s.paint("2", fmt.Sprintf("and %d more", len(r.Deferred)-3)))
				break
			}
			fmt.Fprintf(b, "    %s %s\n", at(driver.Place{File: d.File, Line: d.Line, Column: d.Column}), s.paint("2", "deferred here"))
		}
	}
	fmt.Fprintf(b, "%s", count(len(all), "recover"))
	var parts []string
	for _, st := range []audit.Status{audit.Works, audit.ByAccident, audit.Never, audit.Depends} {
		if counts[st] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[st], statusWords[st].words))
		}
	}
	if len(parts) > 0 {
		fmt.Fprintf(b, ": %s", strings.Join(parts, ", "))
	}
	fmt.Fprintln(b)
	return b.Flush()
}

func fateWords(fates []audit.Fate) string {
	words := map[audit.Fate]string{
		audit.Dropped: "dropped", audit.Logged: "logged", audit.Repanicked: "panicked with again",
		audit.AsError: "made an error", audit.Kept: "kept", audit.Passed: "passed on",
	}
	var out []string
	for _, f := range fates {
		out = append(out, words[f])
	}
	return strings.Join(out, " and ")
}
