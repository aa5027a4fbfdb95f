package vet

import (
	"bytes"
	"encoding/json"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"unicode/utf16"

	"github.com/backstop-go/backstop/analysis/driver"
	"github.com/backstop-go/backstop/analysis/rule"
)

// The parts of SARIF 2.1.0 that code hosts read.
type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool        sarifTool         `json:"tool"`
	ColumnKind  string            `json:"columnKind"`
	Results     []sarifResult     `json:"results"`
	Invocations []sarifInvocation `json:"invocations"`
}

type sarifInvocation struct {
	Successful    bool                `json:"executionSuccessful"`
	Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
}

type sarifNotification struct {
	Level     string          `json:"level"`
	Message   sarifText       `json:"message"`
	Locations []sarifLocation `json:"locations,omitempty"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name    string      `json:"name"`
	URI     string      `json:"informationUri"`
	Version string      `json:"semanticVersion,omitempty"`
	Rules   []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID         string         `json:"id"`
	Short      sarifText      `json:"shortDescription"`
	Full       sarifText      `json:"fullDescription"`
	Help       sarifHelp      `json:"help"`
	Default    sarifLevel     `json:"defaultConfiguration"`
	Properties map[string]any `json:"properties"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifHelp struct {
	Text     string `json:"text"`
	Markdown string `json:"markdown"`
}

type sarifLevel struct {
	Level string `json:"level"`
}

type sarifResult struct {
	RuleID       string             `json:"ruleId"`
	RuleIndex    *int               `json:"ruleIndex,omitempty"`
	Level        string             `json:"level"`
	Message      sarifText          `json:"message"`
	Locations    []sarifLocation    `json:"locations"`
	Related      []sarifLocation    `json:"relatedLocations,omitempty"`
	Flows        []sarifFlow        `json:"codeFlows,omitempty"`
	Fingerprints map[string]string  `json:"partialFingerprints"`
	Suppressions []sarifSuppression `json:"suppressions,omitempty"`
	Properties   map[string]any     `json:"properties,omitempty"`
}

type sarifSuppression struct {
	Kind          string `json:"kind"`
	Justification string `json:"justification"`
}

type sarifFlow struct {
	Threads []sarifThread `json:"threadFlows"`
}

type sarifThread struct {
	Locations []sarifStep `json:"locations"`
}

type sarifStep struct {
	Location sarifLocation `json:"location"`
}

type sarifLocation struct {
	Physical sarifPhysical `json:"physicalLocation"`
	Message  *sarifText    `json:"message,omitempty"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   *sarifRegion  `json:"region,omitempty"`
}

type sarifArtifact struct {
	URI string `json:"uri"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn,omitempty"`
	EndLine     int `json:"endLine,omitempty"`
	EndColumn   int `json:"endColumn,omitempty"`
}

var sarifLevels = map[rule.Tier]string{rule.TierA: "error", rule.TierB: "warning", rule.TierC: "note"}

// WriteSARIF writes the findings, and the rules that ran, as SARIF 2.1.0. Names of
// files are relative to dir, where they are read to count columns as SARIF does.
func (out *Outcome) WriteSARIF(w io.Writer, dir, version string, ran []*rule.Rule) error {
	x := &sarif{dir: dir, files: make(map[string][][]byte)}
	run := sarifRun{
		Tool:       sarifTool{sarifDriver{Name: "backstop", URI: "https://github.com/backstop-go/backstop", Version: version, Rules: []sarifRule{}}},
		ColumnKind: "utf16CodeUnits", Results: []sarifResult{},
		Invocations: []sarifInvocation{{Successful: len(out.Problems) == 0}},
	}
	index := make(map[string]int)
	for i, r := range ran {
		index[r.ID] = i
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{
			ID: r.ID, Short: sarifText{r.Doc.Summary}, Full: sarifText{r.Doc.Why},
			Help:       sarifHelp{Text: Explain(r, Style{}), Markdown: Markdown(r)},
			Default:    sarifLevel{sarifLevels[r.Tier]},
			Properties: map[string]any{"tier": r.Tier, "tags": []string{"panic"}},
		})
	}
	for _, p := range out.Problems {
		n := sarifNotification{Level: "warning", Message: sarifText{p.Package + ": " + p.Message}}
		if p.File != "" {
			n.Locations = []sarifLocation{x.location(p.Place, 0, 0)}
		}
		run.Invocations[0].Notifications = append(run.Invocations[0].Notifications, n)
	}
	for _, f := range out.Findings {
		run.Results = append(run.Results, x.result(f, index))
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(sarifLog{
		Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run},
	})
}

// sarif counts columns of files that it reads once.
type sarif struct {
	dir   string
	files map[string][][]byte
}

func (x *sarif) result(f driver.Finding, index map[string]int) sarifResult {
	r := sarifResult{
		RuleID: f.Rule, Level: sarifLevels[f.Tier], Message: sarifText{f.Message},
		Locations:    []sarifLocation{x.location(f.Place, f.EndLine, f.EndColumn)},
		Fingerprints: map[string]string{"backstop/v1": fingerprint(f)},
	}
	if i, ok := index[f.Rule]; ok {
		r.RuleIndex = &i
	}
	for _, p := range f.Related {
		r.Related = append(r.Related, x.message(p))
	}
	if len(f.Path) > 0 {
		var steps []sarifStep
		for _, p := range append(f.Path[:len(f.Path):len(f.Path)], f.Place) {
			steps = append(steps, sarifStep{x.message(p)})
		}
		r.Flows = []sarifFlow{{[]sarifThread{{steps}}}}
	}
	if len(f.Go) > 0 {
		r.Properties = map[string]any{"go": f.Go}
	}
	if f.Ignored != "" {
		r.Suppressions = []sarifSuppression{{"inSource", f.Ignored}}
	}
	return r
}

func (x *sarif) message(p driver.Place) sarifLocation {
	l := x.location(p, 0, 0)
	l.Message = &sarifText{p.Message}
	return l
}

func (x *sarif) location(p driver.Place, endLine, endColumn int) sarifLocation {
	l := sarifLocation{Physical: sarifPhysical{Artifact: sarifArtifact{uri(p.File)}}}
	if p.Line > 0 {
		l.Physical.Region = &sarifRegion{p.Line, x.column(p.File, p.Line, p.Column), endLine, x.column(p.File, endLine, endColumn)}
	}
	return l
}

// column turns a column in bytes into one in UTF-16 code units, which SARIF
// counts; 0, which leaves it out, when the line cannot be read.
func (x *sarif) column(file string, line, column int) int {
	if line == 0 || column == 0 {
		return 0
	}
	lines, ok := x.files[file]
	if !ok {
		name := file
		if !filepath.IsAbs(name) {
			name = filepath.Join(x.dir, filepath.FromSlash(name))
		}
		if text, err := os.ReadFile(name); err == nil {
			lines = bytes.Split(text, []byte("\n"))
		}
		x.files[file] = lines
	}
	if line > len(lines) || column-1 > len(lines[line-1]) {
		return 0
	}
	return 1 + len(utf16.Encode([]rune(string(lines[line-1][:column-1]))))
}

func uri(file string) string {
	u := url.URL{Path: file}
	if path.IsAbs(file) {
		u.Scheme = "file"
	}
	return u.String()
}
