package vet

import (
	"bufio"
	"encoding/json"
	"io"

	"github.com/backstop-go/backstop/analysis/driver"
	"github.com/backstop-go/backstop/analysis/rule"
)

// A finding as docs/reference/json.md describes it.
type finding struct {
	Rule    string                  `json:"rule"`
	Tier    rule.Tier               `json:"tier"`
	File    string                  `json:"file"`
	Line    int                     `json:"line"`
	Column  int                     `json:"column"`
	Message string                  `json:"message"`
	Package string                  `json:"package"`
	Go      map[string]rule.Verdict `json:"go,omitempty"`
	Path    []place                 `json:"path"`
	Related []place                 `json:"related"`
	Fixes   []fix                   `json:"fixes,omitempty"`
	Ignored string                  `json:"ignored,omitempty"`
}

type place struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
}

type fix struct {
	Message string `json:"message"`
	Edits   []edit `json:"edits"`
}

type edit struct {
	File  string `json:"file"`
	Start int    `json:"start"`
	End   int    `json:"end"`
	New   string `json:"new"`
}

// WriteJSON writes the findings, one object a line.
func (out *Outcome) WriteJSON(w io.Writer) error {
	b := bufio.NewWriter(w)
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	for _, f := range out.Findings {
		if err := enc.Encode(toJSON(f)); err != nil {
			return err
		}
	}
	return b.Flush()
}

func toJSON(f driver.Finding) finding {
	j := finding{
		Rule: f.Rule, Tier: f.Tier, File: f.File, Line: f.Line, Column: f.Column, Message: f.Message,
		Package: f.Package, Go: f.Go, Path: places(f.Path), Related: places(f.Related), Ignored: f.Ignored,
	}
	for _, x := range f.Fixes {
		out := fix{Message: x.Message}
		for _, e := range x.Edits {
			out.Edits = append(out.Edits, edit{e.File, e.Start, e.End, e.New})
		}
		j.Fixes = append(j.Fixes, out)
	}
	return j
}

func places(list []driver.Place) []place {
	out := make([]place, 0, len(list))
	for _, p := range list {
		out = append(out, place{p.File, p.Line, p.Column, p.Message})
	}
	return out
}
