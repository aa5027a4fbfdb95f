package vet

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/backstop-go/backstop/analysis/driver"
	"github.com/backstop-go/backstop/analysis/rule"
)

// fingerprint recognises a finding when lines have moved.
func fingerprint(f driver.Finding) string {
	p := patternOf(f)
	sum := sha256.Sum256([]byte(p.Rule + "\x00" + p.File + "\x00" + p.Message))
	return hex.EncodeToString(sum[:16])
}

// TierMeaning says what a tier is, in a few words.
func TierMeaning(t rule.Tier) string { return tierMeaning[t] }

var tierMeaning = map[rule.Tier]string{
	rule.TierA: "an error, on by default",
	rule.TierB: "a warning, on by default",
	rule.TierC: "audit or policy, off by default",
}

// Explain tells all that is known of a rule.
func Explain(r *rule.Rule, s Style) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", s.paint("1", r.ID), r.Doc.Summary)
	fmt.Fprintf(&b, "tier %s: %s\n\n%s\n", r.Tier, tierMeaning[r.Tier], strings.TrimSpace(r.Doc.Why))
	fmt.Fprintf(&b, "\n%s\n\n%s\n", s.paint("1", "Reported"), indent(r.Doc.Bad))
	fmt.Fprintf(&b, "\n%s\n\n%s\n", s.paint("1", "As it should be"), indent(r.Doc.Good))
	fmt.Fprintf(&b, "\n%s\n\n", s.paint("1", "Left alone"))
	for _, l := range r.Doc.LeftAlone {
		fmt.Fprintf(&b, "  - %s\n", l)
	}
	if len(r.Doc.Scenarios) > 0 {
		fmt.Fprintf(&b, "\n%s\n\n", s.paint("1", "See it happen"))
		for _, name := range r.Doc.Scenarios {
			fmt.Fprintf(&b, "  backstop lab explain %s\n", name)
		}
	}
	for _, c := range r.Doc.Claims {
		fmt.Fprintf(&b, "  backstop lab claims %s\n", c)
	}
	fmt.Fprintf(&b, "\n%s\n\n  %s %s REASON\n", s.paint("1", "To ignore one finding, on its line or the line above"), rule.Prefix, r.ID)
	return b.String()
}

// Markdown is Explain for code hosts.
func Markdown(r *rule.Rule) string {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s** (tier %s): %s\n\n%s\n\nReported:\n\n```go\n%s\n```\n\nAs it should be:\n\n```go\n%s\n```\n\nLeft alone:\n\n",
		r.ID, r.Tier, r.Doc.Summary, strings.TrimSpace(r.Doc.Why), strings.TrimSpace(r.Doc.Bad), strings.TrimSpace(r.Doc.Good))
	for _, l := range r.Doc.LeftAlone {
		fmt.Fprintf(&b, "- %s\n", l)
	}
	return b.String()
}

func indent(code string) string {
	return "    " + strings.ReplaceAll(strings.TrimSpace(code), "\n", "\n    ")
}

// ExplainDirective tells all about comments that ignore a finding.
func ExplainDirective(s Style) string {
	return s.paint("1", Directive) + `: a comment that ignores nothing

A finding is ignored by a comment at the end of its line, or alone on the line above:

    ` + rule.Prefix + ` RULE REASON

Rule and reason are not optional, there is no space behind the slashes, and one
comment is for one rule; several may stand one below the other. With -rules all, a
comment that ignores nothing any more is told, too.
`
}
