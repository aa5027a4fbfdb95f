package claim

import (
	"fmt"
	"sort"
)

// A Verdict is what the measurements say of a claim.
type Verdict string

// The verdicts.
const (
	True             Verdict = "true"              // as worded, on every toolchain and setting
	False            Verdict = "false"             // nowhere
	VersionDependent Verdict = "version_dependent" // the toolchain, the go line or GODEBUG changes it
	Misleading       Verdict = "misleading"        // literally right, but its condition or conclusion is wrong
	Untestable       Verdict = "untestable"        // neither an experiment nor the source can decide
	NotRun           Verdict = "not_run"           // nothing was measured here; never a verdict of record
)

// A Cell is a toolchain under one setting.
type Cell struct {
	Toolchain string // "go1.26.8"
	Minor     int
	Variant   Variant
}

// Values are what was measured in a cell, by [Measure.ID]. What could not be
// measured is not there.
type Values map[string]string

// An Item of evidence is one check in one cell.
type Item struct {
	Toolchain string `json:"toolchain"`
	Setting   string `json:"setting,omitempty"`
	Shows     string `json:"shows"`
	Measure   string `json:"measure"`
	Value     string `json:"value"`
	Expected  string `json:"expected"`
	Holds     bool   `json:"holds"`
	Implied   bool   `json:"implied,omitempty"`
	NotRun    bool   `json:"not_run,omitempty"`
}

// Judge finds the verdict of a claim and the evidence for it. A cell counts for
// Literal, or Implied, when each of its checks that concern that release was
// measured there.
func (c *Claim) Judge(cells map[Cell]Values) (Verdict, []Item, error) {
	if len(c.Literal) == 0 {
		if c.Untestable == "" {
			return "", nil, fmt.Errorf("claim %s: no check, and no reason why", c.ID)
		}
		return Untestable, nil, nil
	}
	var evidence []Item
	var literal, implied tally
	for _, cell := range sorted(cells) {
		for _, part := range []struct {
			checks  []Check
			tally   *tally
			implied bool
		}{{c.Literal, &literal, false}, {c.Implied, &implied, true}} {
			holds, measured, items, err := weigh(part.checks, cell, cells[cell])
			if err != nil {
				return "", nil, fmt.Errorf("claim %s: %w", c.ID, err)
			}
			for i := range items {
				items[i].Implied = part.implied
			}
			evidence = append(evidence, items...)
			if measured {
				part.tally.add(holds)
			}
		}
	}
	return verdict(literal, implied), evidence, nil
}

func verdict(literal, implied tally) Verdict {
	switch {
	case literal.yes+literal.no == 0:
		return NotRun
	case literal.yes == 0:
		return False
	case literal.no > 0:
		return VersionDependent
	case implied.no > 0 && implied.yes > 0:
		return VersionDependent
	case implied.no > 0:
		return Misleading
	}
	return True
}

type tally struct{ yes, no int }

func (t *tally) add(holds bool) {
	if holds {
		t.yes++
	} else {
		t.no++
	}
}

// weigh applies checks in one cell. They hold together or not at all.
func weigh(checks []Check, cell Cell, values Values) (holds, measured bool, items []Item, err error) {
	holds = true
	for _, check := range checks {
		if cell.Minor < check.Min || check.Max > 0 && cell.Minor > check.Max {
			continue
		}
		item := Item{
			Toolchain: cell.Toolchain, Setting: cell.Variant.String(), Shows: check.Shows,
			Measure: check.Measure.ID(), Expected: string(check.Op) + " " + check.Want,
		}
		value, ok := values[check.Measure.ID()]
		if !ok {
			item.NotRun = true
			items = append(items, item)
			measured, holds = false, false
			return holds, measured, items, nil
		}
		item.Value = value
		if item.Holds, err = check.Holds(value); err != nil {
			return false, false, nil, err
		}
		holds = holds && item.Holds
		measured = true
		items = append(items, item)
	}
	return holds, measured, items, nil
}

func sorted(cells map[Cell]Values) []Cell {
	var all []Cell
	for c := range cells {
		all = append(all, c)
	}
	sort.Slice(all, func(i, j int) bool {
		a, b := all[i], all[j]
		if a.Minor != b.Minor {
			return a.Minor < b.Minor
		}
		if a.Toolchain != b.Toolchain {
			return a.Toolchain < b.Toolchain
		}
		return a.Variant.String() < b.Variant.String()
	})
	return all
}
