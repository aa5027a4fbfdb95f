package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/backstop-go/backstop/analysis/rule"
	"github.com/backstop-go/backstop/analysis/rules"
	"github.com/backstop-go/backstop/crash"

	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

// A tier is the rules of one tier, for the page that lists them.
type tier struct {
	Name  rule.Tier
	Means string
	Rules []*rule.Rule
}

type rulePage struct {
	Rule      *rule.Rule
	Why       []string // paragraphs
	Bad, Good string
	Classes   []crash.Info // what a program dies of that breaks the rule
}

func (a *app) rules(w http.ResponseWriter, _ *http.Request) error {
	tiers := []tier{
		{Name: rule.TierA, Means: "Errors. On by default: of a hundred findings, at least ninety-eight are right."},
		{Name: rule.TierB, Means: "Warnings. On by default: at least ninety of a hundred are right."},
		{Name: rule.TierC, Means: "Audit and policy. Off unless named."},
	}
	for i := range tiers {
		for _, r := range rules.All() {
			if r.Tier == tiers[i].Name {
				tiers[i].Rules = append(tiers[i].Rules, r)
			}
		}
	}
	return a.render(w, http.StatusOK, "page_rules.html", view{Title: "Rules of vet", Section: "rules", Data: tiers})
}

func (a *app) rule(w http.ResponseWriter, r *http.Request) error {
	found, ok := rules.Find(r.PathValue("rule"))
	if !ok {
		return store.ErrNotFound
	}
	page := rulePage{Rule: found, Bad: strings.TrimSpace(found.Doc.Bad), Good: strings.TrimSpace(found.Doc.Good)}
	for p := range strings.SplitSeq(strings.TrimSpace(found.Doc.Why), "\n\n") {
		page.Why = append(page.Why, strings.TrimSpace(p))
	}
	for _, info := range crash.Classes() {
		if sharesScenario(found, info) {
			page.Classes = append(page.Classes, explain(info.Class))
		}
	}
	return a.render(w, http.StatusOK, "page_rule.html", view{Title: found.ID, Section: "rules", Data: page})
}

// rulesFor are the rules that find such a crash in the source: those that name a
// scenario of the class.
func rulesFor(info crash.Info) []*rule.Rule {
	return slices.DeleteFunc(rules.All(), func(r *rule.Rule) bool { return !sharesScenario(r, info) })
}

func sharesScenario(r *rule.Rule, info crash.Info) bool {
	return slices.ContainsFunc(r.Doc.Scenarios, func(s string) bool { return slices.Contains(info.Scenarios, s) })
}
