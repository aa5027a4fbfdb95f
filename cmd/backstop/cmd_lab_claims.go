package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun/claims"
	"github.com/backstop-go/backstop/lab/claim"
)

// claims judges what the articles say.
func (f *labFlags) claims(ctx context.Context, std stdio, args []string) error {
	patterns, verdicts := splitVerdicts(args)
	chosen, err := chosenClaims(patterns)
	if err != nil {
		return err
	}
	names, err := f.names(f.toolchains)
	if err != nil {
		return err
	}
	if f.docs != "" && (len(args) > 0 || f.toolchains != "") {
		return withHint(usageError("lab claims: -docs wants everything: all claims, all toolchains"), "leave patterns and -go away")
	}
	l, progress, err := f.open(std)
	if err != nil {
		return err
	}
	defer progress.clear()
	results, err := claims.Judge(ctx, l, claims.Plan{
		Claims: chosen, Toolchains: names,
		Progress: func(done, total int, what string) {
			progress.say(what)
			progress.count(done, total)
		},
	})
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	progress.clear()
	results = ofVerdicts(results, verdicts)
	if f.docs != "" {
		if err := claims.WriteDocs(f.docs, results); err != nil {
			return fmt.Errorf("write documents: %w", err)
		}
	}
	write := func() error { return claims.WriteText(std.out, results, f.style(std)) }
	if f.format == "json" {
		write = func() error { return claims.WriteJSON(std.out, results) }
	}
	if err := write(); err != nil {
		return err
	}
	for _, r := range results {
		if r.Verdict != claim.NotRun {
			return nil
		}
	}
	if len(results) == 0 {
		return withHint(errors.New("lab: no claim has that verdict"), "backstop lab claims shows all")
	}
	return withHint(errors.New("lab: nothing was measured"), "the evidence says why; the go command downloads toolchains when it may")
}

// splitVerdicts takes the words that are verdicts out of the patterns.
func splitVerdicts(args []string) (patterns []string, verdicts []claim.Verdict) {
	all := []claim.Verdict{claim.True, claim.False, claim.VersionDependent, claim.Misleading, claim.Untestable, claim.NotRun}
	for _, a := range args {
		if v := claim.Verdict(a); slices.Contains(all, v) {
			verdicts = append(verdicts, v)
		} else {
			patterns = append(patterns, a)
		}
	}
	return patterns, verdicts
}

func ofVerdicts(results []claims.Result, verdicts []claim.Verdict) []claims.Result {
	if len(verdicts) == 0 {
		return results
	}
	return slices.DeleteFunc(results, func(r claims.Result) bool { return !slices.Contains(verdicts, r.Verdict) })
}

// chosenClaims returns the claims that one of the patterns names: by id, where *
// stands for anything, by article, or else by words of the statement. No pattern
// means all.
func chosenClaims(patterns []string) ([]claim.Claim, error) {
	all := claim.All()
	if len(patterns) == 0 {
		return all, nil
	}
	take := make(map[string]bool)
	for _, p := range patterns {
		ids, err := claimsNamed(all, p)
		if err != nil {
			return nil, err
		}
		if len(ids) == 0 {
			return nil, withHint(usageError("no claim is called %q or speaks of it", p), "an id (A0-1-d), several ('A1-2.*'), an article (A2), a word of the statement (recover), a verdict (false)")
		}
		for _, id := range ids {
			take[id] = true
		}
	}
	return slices.DeleteFunc(all, func(c claim.Claim) bool { return !take[c.ID] }), nil
}

// claimsNamed returns the ids that a pattern means.
func claimsNamed(all []claim.Claim, pattern string) (ids []string, err error) {
	for _, c := range all {
		ok, err := path.Match(pattern, c.ID)
		if err != nil {
			return nil, usageError("pattern %q: %v", pattern, err)
		}
		if ok || strings.HasPrefix(c.ID, strings.ToUpper(pattern)+"-") {
			ids = append(ids, c.ID)
		}
	}
	if len(ids) > 0 {
		return ids, nil
	}
	word := strings.ToLower(strings.Trim(pattern, "*"))
	if word == "" {
		return nil, nil
	}
	for _, text := range []func(*claim.Claim) string{statement, everything} {
		for i := range all {
			if strings.Contains(strings.ToLower(text(&all[i])), word) {
				ids = append(ids, all[i].ID)
			}
		}
		if len(ids) > 0 {
			break
		}
	}
	return ids, nil
}

func statement(c *claim.Claim) string { return c.Says }

// everything is all that is written about a claim.
func everything(c *claim.Claim) string {
	text := []string{c.Instead}
	for _, check := range slices.Concat(c.Literal, c.Implied) {
		text = append(text, check.Shows)
	}
	return strings.Join(text, "\n")
}
