// Package claims measures what decides the statements of package claim, on real
// toolchains, and draws the verdicts for people.
//
// Start with [Judge]. It runs scenarios, probes, compilers and tools, reads the
// toolchains' own source, and keeps every value under what it depends on, so that
// only what is new is measured again. It decides nothing: that is claim.Judge.
package claims

import (
	"context"
	"fmt"

	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun"
	"github.com/backstop-go/backstop/lab/claim"
)

// A Plan says what to judge.
type Plan struct {
	Claims     []claim.Claim
	Toolchains []string // names
	// Progress is told each time something was measured, never from two
	// goroutines.
	Progress func(done, total int, what string)
}

// A Result is a claim with its verdict.
type Result struct {
	Claim      claim.Claim
	Verdict    claim.Verdict
	Evidence   []claim.Item
	Toolchains []string // those the plan named
}

// Judge measures whatever the claims of a plan ask for, and judges them. A
// toolchain, a compiler or a right that is missing leaves evidence that says so;
// an error is a fault of the lab.
func Judge(ctx context.Context, lab *labrun.Lab, p Plan) ([]Result, error) {
	e := newEngine(ctx, lab, p.Toolchains)
	units := e.plan(p.Claims)
	if err := e.measure(ctx, units, p.Progress); err != nil {
		return nil, err
	}
	var results []Result
	for _, c := range p.Claims {
		verdict, evidence, err := c.Judge(e.cells(&c))
		if err != nil {
			return nil, fmt.Errorf("judge: %w", err)
		}
		results = append(results, Result{c, verdict, evidence, p.Toolchains})
	}
	return results, nil
}

// cells collects the values of a claim.
func (e *engine) cells(c *claim.Claim) map[claim.Cell]claim.Values {
	cells := make(map[claim.Cell]claim.Values)
	for _, t := range e.toolchains {
		for _, v := range settingsOf(c) {
			values := make(claim.Values)
			for _, check := range checks(c) {
				if check.On(t.Minor) {
					values[check.ID()] = e.values[place(t, v, check)]
				}
			}
			cells[claim.Cell{Toolchain: t.Name, Minor: t.Minor, Variant: v}] = values
		}
	}
	return cells
}

// settingsOf are the default one and those a claim adds.
func settingsOf(c *claim.Claim) []claim.Variant {
	return append([]claim.Variant{{}}, c.Variants...)
}

func checks(c *claim.Claim) []claim.Check {
	return append(append([]claim.Check{}, c.Literal...), c.Implied...)
}
