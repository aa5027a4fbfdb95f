package rules

import (
	"slices"

	"github.com/backstop-go/backstop/analysis/rule"
)

// A ProfileSet is a set of rules with a name, for teams that agree on one.
type ProfileSet struct {
	Name    string
	Summary string
	Rules   []string // identifiers
}

// Profiles lists the profiles.
func Profiles() []ProfileSet {
	return []ProfileSet{
		{
			Name:    "coding",
			Summary: "coding rules for handlers and libraries: no bare panic in handlers, third-party calls wrapped, goroutines bound to a context, nothing of Must at run time",
			Rules: []string{
				"handler-panic", "third-party-unwrapped", "goroutine-context", "must-runtime",
				"goroutine-unguarded", "handler-spawn", "exit-outside-main",
			},
		},
		{
			Name:    "guards",
			Summary: "every rule about recover: for an audit of what a code base recovers",
			Rules: []string{
				"recover-builtin-deferred", "recover-depth", "recover-not-deferred", "recover-eager-arg", "guard-late", "recover-swallow",
				"recover-no-stack", "recover-hot-loop", "repanic-stack-lost", "repanic-unconditional", "recover-unchecked-assert", "guard-order", "aborthandler",
			},
		},
		{
			Name:    "upgrade",
			Summary: "what a newer release of Go changes: guards that worked by accident, timers in loops",
			Rules:   []string{"recover-depth", "panic-nil", "timer-in-loop"},
		},
	}
}

// Profile returns the rules of a profile.
func Profile(name string) ([]*rule.Rule, bool) {
	for _, p := range Profiles() {
		if p.Name == name {
			return slices.DeleteFunc(All(), func(r *rule.Rule) bool { return !slices.Contains(p.Rules, r.ID) }), true
		}
	}
	return nil, false
}
