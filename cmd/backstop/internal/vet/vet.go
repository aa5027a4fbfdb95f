// Package vet is what backstop vet does with the findings of package driver: it
// holds them against a baseline and writes them as text, JSON or SARIF.
package vet

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/backstop-go/backstop/analysis/driver"
	"github.com/backstop-go/backstop/analysis/rule"
	"github.com/backstop-go/backstop/analysis/rules"
)

// Options say which findings count.
type Options struct {
	Generated bool                   // in generated files, too
	Ignored   bool                   // those that a directive ignores, too
	Audit     func(rule string) bool // those of tier C that a rule of another tier has
	AllRules  bool                   // every rule ran, so that a directive that ignores nothing is a finding
	Baseline  *Baseline
}

// An Outcome is the findings that count, and how many do not.
type Outcome struct {
	Findings  []driver.Finding
	Problems  []driver.Problem
	Packages  int // that patterns named
	Lines     int
	Ignored   int
	Generated int
	Known     int // in the baseline
	Stale     int // in the baseline, and gone
}

// Judge picks the findings that count, in the order of files and lines.
func Judge(res *driver.Result, o Options) *Outcome {
	out := &Outcome{Problems: slices.Clone(res.Problems)}
	seen := make(map[string]bool) // a file may be part of two packages: of a package and its tests
	for _, p := range res.Packages {
		if p.Target {
			out.Packages++
			out.Lines += p.Lines
		}
		out.Problems = append(out.Problems, p.Problems...)
		used := make(map[driver.Place]bool)
		for _, f := range p.Findings {
			key := fmt.Sprintf("%s %s:%d:%d %s", f.Rule, f.File, f.Line, f.Column, f.Message)
			if seen[key] {
				continue
			}
			seen[key] = true
			if out.counts(f, o) {
				out.Findings = append(out.Findings, f)
			}
			if f.Ignored != "" {
				used[driver.Place{File: f.File, Line: f.Line}] = true
			}
		}
		out.directives(p, used, o)
	}
	slices.SortStableFunc(out.Findings, func(a, b driver.Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Rule, b.Rule))
	})
	if o.Baseline != nil {
		out.Findings, out.Known, out.Stale = o.Baseline.filter(out.Findings)
	}
	return out
}

func (out *Outcome) counts(f driver.Finding, o Options) bool {
	switch {
	case f.Tier == rule.TierC && (o.Audit == nil || !o.Audit(f.Rule)):
		return false
	case f.Ignored != "" && !o.Ignored:
		out.Ignored++
		return false
	}
	if f.Generated && !o.Generated {
		out.Generated++
		return false
	}
	return true
}

// directives finds ignore comments that ignore nothing: without a reason, of a
// rule that does not exist, or, when every rule ran, of nothing that is there.
func (out *Outcome) directives(p *driver.Package, used map[driver.Place]bool, o Options) {
	for _, d := range p.Ignores {
		message := ""
		switch {
		case d.Spaced && known(d.Rule):
			message = fmt.Sprintf("this comment ignores nothing, because of the space behind //: write %s %s REASON", rule.Prefix, d.Rule)
		case d.Spaced: // a sentence about directives
			continue
		case d.Rule == "":
			message = "this comment ignores nothing: write " + rule.Prefix + " RULE REASON"
		case strings.Contains(d.Rule, ","):
			message = "a comment ignores one rule: write one for each, one below the other"
		case !known(d.Rule):
			message = fmt.Sprintf("there is no rule %q to ignore%s", d.Rule, meant(d.Rule))
		case d.Reason == "":
			message = fmt.Sprintf("this comment ignores nothing, because it gives no reason: write %s %s REASON", rule.Prefix, d.Rule)
		case o.AllRules && !used[driver.Place{File: d.File, Line: d.For}]:
			message = fmt.Sprintf("nothing is left to ignore here: %s finds nothing", d.Rule)
		default:
			continue
		}
		at := d.Place
		at.Message = message
		out.Findings = append(out.Findings, driver.Finding{Rule: Directive, Tier: rule.TierA, Place: at, Package: p.Path})
	}
}

// Directive is the rule under which ignore comments that ignore nothing are told.
const Directive = "ignore-directive"

// meant is the rule that a name without hyphens, as analyzers have, was meant to be.
func meant(id string) string {
	for _, r := range rules.All() {
		if r.Analyzer.Name == strings.ReplaceAll(id, "-", "") {
			return ": it is called " + r.ID
		}
	}
	return ""
}

func known(id string) bool {
	_, ok := rules.Find(id)
	return ok || id == Directive
}

// Releases reads releases of Go with commas and ranges: 1.21..1.27 or 1.26.
func Releases(list string) ([]string, error) {
	var all []string
	for _, word := range strings.Split(list, ",") {
		from, to, isRange := strings.Cut(strings.TrimSpace(word), "..")
		if !isRange {
			to = from
		}
		a, err := minor(from)
		if err != nil {
			return nil, err
		}
		b, err := minor(to)
		if err != nil {
			return nil, err
		}
		if a > b {
			return nil, fmt.Errorf("%s ends before it begins", word)
		}
		for m := a; m <= b; m++ {
			all = append(all, fmt.Sprintf("1.%d", m))
		}
	}
	return all, nil
}

func minor(release string) (int, error) {
	m, err := strconv.Atoi(strings.TrimPrefix(strings.TrimPrefix(release, "go"), "1."))
	if err != nil || m < 18 || m > 99 {
		return 0, fmt.Errorf("%q is no release of Go such as 1.26", release)
	}
	return m, nil
}
