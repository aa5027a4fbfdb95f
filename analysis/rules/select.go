package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/backstop-go/backstop/analysis/rule"
)

// Select chooses rules by a list with commas: identifiers, tiers (A, B, C),
// profiles, "all" and "default", each with a minus in front to leave it out.
// Empty means the default: tiers A and B.
func Select(list string) ([]*rule.Rule, error) {
	chosen := make(map[*rule.Rule]bool)
	words := strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
	if len(words) == 0 || strings.HasPrefix(words[0], "-") {
		words = append([]string{"default"}, words...)
	}
	for _, w := range words {
		name, out := strings.CutPrefix(w, "-")
		set, err := named(name)
		if err != nil {
			return nil, err
		}
		for _, r := range set {
			if out {
				delete(chosen, r)
			} else {
				chosen[r] = true
			}
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("no rule is left of %q", list)
	}
	return slices.DeleteFunc(All(), func(r *rule.Rule) bool { return !chosen[r] }), nil
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
