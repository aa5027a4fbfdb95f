package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/backstop-go/backstop/analysis/rule"
	"github.com/backstop-go/backstop/analysis/rules"
	"github.com/backstop-go/backstop/cmd/backstop/internal/vet"
)

// listRules lists rules and profiles, or tells all about those that are named.
func (f *vetFlags) listRules(std stdio, names []string) error {
	if len(names) > 0 {
		for i, name := range names {
			if i > 0 {
				fmt.Fprintln(std.out)
			}
			if err := f.explainRule(std, name); err != nil {
				return err
			}
		}
		return nil
	}
	if f.format == "json" {
		return listRulesJSON(std)
	}
	tw := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	for _, tier := range []rule.Tier{rule.TierA, rule.TierB, rule.TierC} {
		fmt.Fprintf(tw, "tier %s: %s\n", tier, vet.TierMeaning(tier))
		for _, r := range rules.All() {
			if r.Tier == tier {
				fmt.Fprintf(tw, "  %s\t%s\n", r.ID, r.Doc.Summary)
			}
		}
		fmt.Fprintln(tw)
	}
	fmt.Fprintln(tw, "profiles")
	for _, p := range rules.Profiles() {
		fmt.Fprintf(tw, "  %s\t%s\n", p.Name, p.Summary)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(std.out, "\nbackstop vet -explain RULE tells all about one.")
	return nil
}

func listRulesJSON(std stdio) error {
	enc := json.NewEncoder(std.out)
	enc.SetEscapeHTML(false)
	for _, r := range rules.All() {
		in := []string{}
		for _, p := range rules.Profiles() {
			if slices.Contains(p.Rules, r.ID) {
				in = append(in, p.Name)
			}
		}
		if err := enc.Encode(struct {
			Rule      string    `json:"rule"`
			Tier      rule.Tier `json:"tier"`
			Summary   string    `json:"summary"`
			Why       string    `json:"why"`
			Bad       string    `json:"bad"`
			Good      string    `json:"good"`
			LeftAlone []string  `json:"left_alone"`
			Scenarios []string  `json:"scenarios"`
			Claims    []string  `json:"claims"`
			Profiles  []string  `json:"profiles"`
		}{r.ID, r.Tier, r.Doc.Summary, r.Doc.Why, r.Doc.Bad, r.Doc.Good, r.Doc.LeftAlone, append([]string{}, r.Doc.Scenarios...), append([]string{}, r.Doc.Claims...), in}); err != nil {
			return err
		}
	}
	return nil
}
