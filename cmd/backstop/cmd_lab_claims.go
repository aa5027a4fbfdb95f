package main

import (
	"context"
	"errors"
	"fmt"
	"path"

	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun/claims"
	"github.com/backstop-go/backstop/lab/claim"
)

// claims judges what the articles say.
func (f *labFlags) claims(ctx context.Context, std stdio, args []string) error {
	chosen, err := chosenClaims(args)
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
	return withHint(errors.New("lab: nothing was measured"), "the evidence says why; the go command downloads toolchains when it may")
}

// chosenClaims returns the claims whose ids match one of the patterns; no
// pattern means all.
func chosenClaims(patterns []string) ([]claim.Claim, error) {
	if len(patterns) == 0 {
		return claim.All(), nil
	}
	var found []claim.Claim
	used := make(map[string]bool)
	for _, c := range claim.All() {
		take := false
		for _, p := range patterns {
			ok, err := path.Match(p, c.ID)
			if err != nil {
				return nil, usageError("pattern %q: %v", p, err)
			}
			used[p] = used[p] || ok
			take = take || ok
		}
		if take {
			found = append(found, c)
		}
	}
	for _, p := range patterns {
		if !used[p] {
			return nil, withHint(usageError("no claim is called %q", p), "docs/claims lists them; a * stands for anything, as in 'A1-2.*'")
		}
	}
	return found, nil
}
