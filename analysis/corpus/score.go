package corpus

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/backstop-go/backstop/analysis/driver"
	"github.com/backstop-go/backstop/analysis/rule"
)

// A Tally is how one rule did on a set of cases.
type Tally struct {
	Rule      string
	Tier      rule.Tier
	Faults    int
	Found     int
	Missed    []Label
	Wrong     []Label // found, with wrong verdicts for the releases of Go
	Alikes    int
	Flagged   []Label          // look-alikes that were reported
	Elsewhere []driver.Finding // reports at lines that no label speaks of
}

// A Score is how rules did on a set of cases.
type Score struct {
	Tallies []*Tally // by rule, those of the tiers A, B, C in this order
}

// Findings runs the rules over all cases: findings by file, relative to testdata.
// Findings of tier C count for rules of tier C only, as by default.
func Findings(ctx context.Context, testdata string, list []*rule.Rule) (map[string][]driver.Finding, []string, error) {
	found := make(map[string][]driver.Finding)
	var problems []string
	for _, module := range []string{"cases", "old"} {
		res, err := driver.Run(ctx, driver.Config{
			Dir: filepath.Join(testdata, module), Patterns: []string{"./..."},
			Env: append(os.Environ(), "GOWORK=off", "GOFLAGS="), Rules: list,
		})
		if err != nil {
			return nil, nil, fmt.Errorf("run rules: %w", err)
		}
		for _, p := range res.Problems {
			problems = append(problems, p.Package+": "+p.Message)
		}
		for _, p := range res.Packages {
			for _, pr := range p.Problems {
				problems = append(problems, p.Path+": "+pr.Message)
			}
			for _, f := range p.Findings {
				if f.Ignored == "" {
					name := module + "/" + filepath.ToSlash(f.File)
					found[name] = append(found[name], f)
				}
			}
		}
	}
	return found, problems, nil
}

// Rate holds findings against the labels of cases.
func Rate(cases []*Case, list []*rule.Rule, found map[string][]driver.Finding) *Score {
	tallies := make(map[string]*Tally)
	for _, r := range list {
		tallies[r.ID] = &Tally{Rule: r.ID, Tier: r.Tier}
	}
	for _, c := range cases {
		rateCase(c, tallies, found)
	}
	s := &Score{Tallies: slices.Collect(maps.Values(tallies))}
	s.Tallies = slices.DeleteFunc(s.Tallies, func(t *Tally) bool {
		// Policies that the corpus has no cases of report what they are asked to.
		return t.Tier == rule.TierC && t.Faults+t.Alikes == 0
	})
	slices.SortFunc(s.Tallies, func(a, b *Tally) int {
		return cmp.Or(cmp.Compare(a.Tier, b.Tier), cmp.Compare(a.Rule, b.Rule))
	})
	return s
}

type at struct {
	rule, file string
	line       int
}

func rateCase(c *Case, tallies map[string]*Tally, found map[string][]driver.Finding) {
	reported := make(map[at]driver.Finding)
	files := make(map[string]bool)
	for _, l := range c.Labels {
		files[l.File] = true
	}
	for file := range files {
		for _, f := range found[file] {
			if t := tallies[f.Rule]; t != nil && (f.Tier != rule.TierC || t.Tier == rule.TierC) {
				reported[at{f.Rule, file, f.Line}] = f
			}
		}
	}
	told := make(map[at]bool)
	for _, l := range c.Labels {
		told[at{l.Rule, l.File, l.Line}] = true
		t := tallies[l.Rule]
		if t == nil {
			// The rule does not exist (yet): its faults are missed all the same.
			t = &Tally{Rule: l.Rule, Tier: "-"}
			tallies[l.Rule] = t
		}
		f, hit := reported[at{l.Rule, l.File, l.Line}]
		for _, or := range l.Or {
			told[at{or, l.File, l.Line}] = true
			if _, ok := reported[at{or, l.File, l.Line}]; ok {
				hit = true
			}
		}
		switch l.Kind {
		case Fault:
			t.rateFault(l, f, hit || c.alternative(l, reported))
		case Fine:
			t.Alikes++
			if hit {
				t.Flagged = append(t.Flagged, l)
			}
		}
	}
	for where, f := range reported {
		if !told[where] {
			f.File = where.file
			tallies[f.Rule].Elsewhere = append(tallies[f.Rule].Elsewhere, f)
		}
	}
}

func (t *Tally) rateFault(l Label, f driver.Finding, hit bool) {
	t.Faults++
	if !hit {
		t.Missed = append(t.Missed, l)
		return
	}
	t.Found++
	if l.Go != "" && !verdictsAre(l.Go, f.Go) {
		t.Wrong = append(t.Wrong, l)
	}
}

// alternative says whether the fault was reported at another line that will do.
func (c *Case) alternative(fault Label, reported map[at]driver.Finding) bool {
	return slices.ContainsFunc(c.Labels, func(l Label) bool {
		if l.Kind != Alt || l.Rule != fault.Rule || l.Tag != fault.Tag || l.File != fault.File {
			return false
		}
		_, hit := reported[at{l.Rule, l.File, l.Line}]
		return hit
	})
}

func verdictsAre(label string, got map[string]rule.Verdict) bool {
	for _, release := range []string{"1.21", "1.22", "1.23", "1.24", "1.25", "1.26", "1.27"} {
		want := rule.Dead
		if label == "accident" && release >= "1.22" && release <= "1.25" {
			want = rule.ByAccident
		}
		if got[release] != want {
			return false
		}
	}
	return true
}

// Sum adds up the tallies of the tiers; none means all.
func (s *Score) Sum(tiers ...rule.Tier) Tally {
	var sum Tally
	for _, t := range s.Tallies {
		if len(tiers) > 0 && !slices.Contains(tiers, t.Tier) {
			continue
		}
		sum.Faults += t.Faults
		sum.Found += t.Found
		sum.Alikes += t.Alikes
		sum.Missed = append(sum.Missed, t.Missed...)
		sum.Wrong = append(sum.Wrong, t.Wrong...)
		sum.Flagged = append(sum.Flagged, t.Flagged...)
		sum.Elsewhere = append(sum.Elsewhere, t.Elsewhere...)
	}
	return sum
}

// Recall is the part of the faults that was found.
func (t *Tally) Recall() float64 { return part(t.Found, t.Faults, 1) }

// FlaggedPart is the part of the look-alikes that was reported.
func (t *Tally) FlaggedPart() float64 { return part(len(t.Flagged), t.Alikes, 0) }

func part(n, of int, none float64) float64 {
	if of == 0 {
		return none
	}
	return float64(n) / float64(of)
}
