// Package corpus is the measure of backstop vet: cases with a label at every line
// that fails and at lines that only look so, and a score of the rules over them.
//
// Start with [Read]. The cases stand below testdata, each a small package in the
// shape of a service; README.md says where they come from and how labels read.
// Many are rebuilt from public bug reports. The package does not decide what a
// rule should be: cases are written without a look at the rules.
package corpus

import (
	"bufio"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A Kind is what a label says of its line.
type Kind string

// Kinds of labels.
const (
	Fault Kind = "FAULT" // fails, and a rule must say so here
	Alt   Kind = "ALT"   // another line where a report of the fault with the same tag counts
	Also  Kind = "ALSO"  // a report is right, and nobody must make it
	Fine  Kind = "FINE"  // looks like a fault and is none
)

// A Label is one statement about one rule at one line.
type Label struct {
	Kind Kind
	Rule string
	Or   []string // rules that count as well
	Tag  string   // ties the label to what provokes it, and to an incident
	Note string   // of a fault: how it ends; of others: the reason
	Go   string   // of recover-depth: "accident" or "dead"
	File string   // relative to testdata
	Line int
}

func (l Label) String() string { return fmt.Sprintf("%s:%d: %s", l.File, l.Line, l.Rule) }

// A Case is one package with labels.
type Case struct {
	Name      string
	Module    string // directory below testdata: "cases" or "old"
	Held      bool   // held out: nobody who writes rules is told of it
	Labels    []Label
	Incidents map[string]string // by tag: the report it is rebuilt from, as owner/repository#number
}

// Incident is the public report that a label is rebuilt from, or empty.
func (c *Case) Incident(l Label) string {
	if l.Tag == "" {
		return ""
	}
	return c.Incidents[l.Tag]
}

var (
	labelPattern    = regexp.MustCompile(`// (FAULT|ALT|ALSO|FINE) ([a-z][a-z0-9,| -]*?)(?: #(\w+))?(?:: (.+)| (panic|fatal|dies|exit|leak|hang|spin|shown)(: .+?| \d+)?)?(?: go=(accident|dead))?$`)
	incidentPattern = regexp.MustCompile(`^// Incident ((?:#\w+,? ?)+): ([\w.-]+/[\w.-]+#\d+)$`)
)

// Read reads the cases of the testdata directory.
func Read(testdata string) ([]*Case, error) {
	var cases []*Case
	for _, module := range []string{"cases", "old"} {
		for _, part := range []string{"dev", "held"} {
			dirs, err := os.ReadDir(filepath.Join(testdata, module, part))
			if os.IsNotExist(err) {
				continue
			} else if err != nil {
				return nil, fmt.Errorf("read cases: %w", err)
			}
			for _, d := range dirs {
				c := &Case{Name: d.Name(), Module: module, Held: part == "held", Incidents: make(map[string]string)}
				if err := c.read(testdata, filepath.Join(module, part, d.Name())); err != nil {
					return nil, err
				}
				cases = append(cases, c)
			}
		}
	}
	return cases, nil
}

func (c *Case) read(testdata, dir string) error {
	return filepath.WalkDir(filepath.Join(testdata, dir), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		rel, err := filepath.Rel(testdata, path)
		if err != nil {
			return err
		}
		return c.readFile(path, filepath.ToSlash(rel))
	})
}

func (c *Case) readFile(path, rel string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	scanner := bufio.NewScanner(file)
	for n := 1; scanner.Scan(); n++ {
		text := scanner.Text()
		if m := incidentPattern.FindStringSubmatch(text); m != nil {
			for tag := range strings.FieldsFuncSeq(m[1], func(r rune) bool { return r == '#' || r == ',' || r == ' ' }) {
				c.Incidents[tag] = m[2]
			}
			continue
		}
		m := labelPattern.FindStringSubmatch(text)
		if m == nil {
			if looksLikeLabel(text) {
				return fmt.Errorf("%s:%d: cannot read the label", rel, n)
			}
			continue
		}
		line := n
		if strings.HasPrefix(strings.TrimSpace(text), "//") {
			line++ // a label that stands alone speaks of the line below
		}
		for list := range strings.SplitSeq(m[2], ", ") {
			rules := strings.Split(list, "|")
			c.Labels = append(c.Labels, Label{
				Kind: Kind(m[1]), Rule: rules[0], Or: rules[1:], Tag: m[3], Note: m[4] + m[5] + m[6], Go: m[7], File: rel, Line: line,
			})
		}
	}
	return scanner.Err()
}

func looksLikeLabel(text string) bool {
	return slices.ContainsFunc([]Kind{Fault, Alt, Also, Fine}, func(k Kind) bool {
		return strings.Contains(text, "// "+string(k)+" ")
	}) || strings.HasPrefix(text, "// Incident ")
}

// OfIncidents keeps the labels that are rebuilt from public reports. A report at
// another label is neither right nor wrong then.
func OfIncidents(cases []*Case) []*Case {
	var out []*Case
	for _, c := range cases {
		only := *c
		only.Labels = slices.Clone(c.Labels)
		for i, l := range only.Labels {
			if c.Incident(l) == "" && (l.Kind == Fault || l.Kind == Fine) {
				only.Labels[i].Kind = Also
			}
		}
		out = append(out, &only)
	}
	return out
}
