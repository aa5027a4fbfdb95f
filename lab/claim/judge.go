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

// Verdicts lists the verdicts of record, those that surprise first.
func Verdicts() []Verdict {
	return []Verdict{False, Misleading, VersionDependent, True, Untestable}
}

// A Cell is a toolchain under one setting.
type Cell struct {
	Toolchain string // "go1.26.8"
	Minor     int
	Variant   Variant
}

// Values are what was measured in a cell, by [Check.ID].
type Values map[string]Value

// A Value is what a measurement gave, or why there is none.
type Value struct {
	Text   string
	NotRun string
}

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
	NotRun    string `json:"not_run,omitempty"` // why there is no value

	Check int `json:"-"` // its index in Literal or Implied
}

// Judge finds the verdict of a claim and the evidence for it. In a cell Literal,
// or Implied, holds when each of its checks that concern that release does; it
// fails when one of them fails; else the cell says nothing.
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
			items, err := weigh(part.checks, cell, cells[cell], part.implied)
			if err != nil {
				return "", nil, fmt.Errorf("claim %s: %w", c.ID, err)
			}
			part.tally.add(items)
			evidence = append(evidence, items...)
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

// A tally counts cells in which checks hold together, and in which they do not.
type tally struct{ yes, no int }

func (t *tally) add(items []Item) {
	measured := len(items) > 0
	for _, i := range items {
		if i.NotRun == "" && !i.Holds {
			t.no++
			return
		}
		measured = measured && i.NotRun == ""
	}
	if measured {
		t.yes++
	}
}

// weigh applies the checks that concern the release of a cell.
func weigh(checks []Check, cell Cell, values Values, implied bool) ([]Item, error) {
	var items []Item
	for i, check := range checks {
		if !check.On(cell.Minor) {
			continue
		}
		setting := cell.Variant
		if check.Under != (Variant{}) {
			setting = check.Under
		}
		item := Item{
			Toolchain: cell.Toolchain, Setting: setting.String(), Shows: check.Shows,
			Measure: check.Measure.String(), Expected: string(check.Op) + " " + check.Want,
			Implied: implied, Check: i,
		}
		switch value, ok := values[check.ID()]; {
		case !ok:
			item.NotRun = "it was not measured"
		case value.NotRun != "":
			item.NotRun = value.NotRun
		default:
			holds, err := check.Holds(value.Text)
			if err != nil {
				return nil, err
			}
			item.Value, item.Holds = value.Text, holds
		}
		items = append(items, item)
	}
	return items, nil
}

func sorted(cells map[Cell]Values) []Cell {
	all := make([]Cell, 0, len(cells))
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
