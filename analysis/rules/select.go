package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/backstop-go/backstop/analysis/rule"
)

// A Selection is the rules that somebody asked for.
type Selection struct {
	Rules []*rule.Rule
	audit map[string]bool // identifiers
}

// Audit reports whether findings of tier C of the rule are asked for, whatever
// the tier of the rule is: it was named, or part of a profile, of C or of all.
func (s Selection) Audit(id string) bool { return s.audit[id] }

// Select chooses rules by a list with commas: identifiers, tiers (A, B, C),
// profiles, "all" and "default", each with a minus in front to leave it out.
// Empty means the default: tiers A and B.
func Select(list string) (Selection, error) {
	s := Selection{audit: make(map[string]bool)}
	chosen := make(map[*rule.Rule]bool)
	words := strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
	if len(words) == 0 || strings.HasPrefix(words[0], "-") {
		words = append([]string{"default"}, words...)
	}
	for _, w := range words {
		name, out := strings.CutPrefix(w, "-")
		set, err := named(name)
		if err != nil {
			return s, err
		}
		for _, r := range set {
			if out {
				delete(chosen, r)
				continue
			}
			chosen[r] = true
			s.audit[r.ID] = s.audit[r.ID] || name != "default" && name != "A" && name != "B"
		}
	}
	if len(chosen) == 0 {
		return s, fmt.Errorf("no rule is left of %q", list)
	}
	s.Rules = slices.DeleteFunc(All(), func(r *rule.Rule) bool { return !chosen[r] })
	return s, nil
}

func named(name string) ([]*rule.Rule, error) {
	switch name {
	case "all":
		return All(), nil
	case "default":
		return Default(), nil
	case "A", "B", "C":
		return slices.DeleteFunc(All(), func(r *rule.Rule) bool { return r.Tier != rule.Tier(name) }), nil
	}
	if p, ok := Profile(name); ok {
		return p, nil
	}
	if r, ok := Find(name); ok {
		return []*rule.Rule{r}, nil
	}
	return nil, UnknownError(name)
}

// An UnknownError is the name of a rule that does not exist.
type UnknownError string

func (e UnknownError) Error() string { return fmt.Sprintf("unknown rule %q", string(e)) }

// Names lists what Select takes, for completion and hints.
func Names() []string {
	names := []string{"all", "default", "A", "B", "C"}
	for _, p := range Profiles() {
		names = append(names, p.Name)
	}
	for _, r := range All() {
		names = append(names, r.ID)
	}
	return names
}
