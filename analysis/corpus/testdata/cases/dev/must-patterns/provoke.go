//go:build provoke

package match

import (
	"net/http/httptest"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"ruleset":      func() { (&Ruleset{"regexp", []string{"*a"}}).Match("a") },
		"exclude":      func() { Exclude(map[string]string{"exclude": "("}) },
		"agents":       func() { Agents([]string{"["}) },
		"route":        func() { Route(httptest.NewRecorder(), httptest.NewRequest("GET", "/?t={{", nil)) },
		"allow":        func() { Allow(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)) },
		"rulesetfixed": func() { (&Ruleset{"regexp", []string{"*a"}}).MatchFixed("a") },
		"literal":      func() { Literal("*a(") },
		"fixed":        func() { Fixed("v1") },
	}
}
